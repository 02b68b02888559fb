//! The plans and the amounts of trouble that worlds are explored with.

use std::time::Duration;

use lifecycle::{Order, Plan, RestartMode, RestartPolicy};

/// What a world is made of.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// For reports.
    pub(crate) name: &'static str,
    /// The process's configuration.
    pub(crate) plan: Plan,
    /// Which orders users give.
    pub(crate) kinds: &'static [Order],
    /// Whether something has this process in its `after`.
    pub(crate) dependents: bool,
    /// Whether this process has something in its `after`.
    pub(crate) after: bool,
    /// How much may happen at all.
    pub(crate) budget: Budget,
}

/// How often what nobody must do may still happen. All else goes on until the world is quiet, so that nothing is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    /// Orders of users.
    pub(crate) orders: u8,
    /// Crashes, refusals, failed spawns, closed ports, failed probes.
    pub(crate) mishaps: u8,
    /// Children of the child, which may outlive it.
    pub(crate) forks: u8,
    /// Restarts that leave the window.
    pub(crate) windows: u8,
}

/// All that a user can order.
pub(crate) const ALL_ORDERS: &[Order] = &[Order::Start, Order::Stop, Order::Restart, Order::Kill];
/// All orders but the one in haste.
pub(crate) const UP_AND_DOWN: &[Order] = &[Order::Start, Order::Stop, Order::Restart];

/// A plan without a condition, a port or a restart.
pub(crate) fn bare() -> Plan {
    Plan {
        port: None,
        ready_line: None,
        ready_tcp: false,
        ready_http: None,
        ready_notify: false,
        ready_timeout: Duration::from_secs(30),
        stop_timeout: Duration::from_secs(10),
        restart: RestartPolicy {
            mode: RestartMode::Never,
            max: 0,
            window: Duration::from_secs(60),
            backoff: Duration::from_millis(200),
            backoff_max: Duration::from_secs(10),
        },
        liveness_failures: 2,
    }
}

/// The plan with this restart policy.
pub(crate) fn restarting(mut plan: Plan, mode: RestartMode, max: u32) -> Plan {
    plan.restart.mode = mode;
    plan.restart.max = max;
    plan
}

/// The plan with a port that must be listened on.
pub(crate) fn listening(mut plan: Plan) -> Plan {
    plan.port = Some(3001);
    plan.ready_tcp = true;
    plan
}

/// The plan with a line that must be printed.
pub(crate) fn printing(mut plan: Plan) -> Plan {
    plan.ready_line = Some("listening".to_owned());
    plan
}

/// The plan with a path that must answer.
pub(crate) fn answering(mut plan: Plan) -> Plan {
    plan.port = Some(3001);
    plan.ready_http = Some("/health".to_owned());
    plan
}

/// The plan with a word of its own that must be said.
pub(crate) fn notifying(mut plan: Plan) -> Plan {
    plan.ready_notify = true;
    plan
}

/// What is explored exhaustively at every run of the tests, the smallest first.
pub(crate) fn exhaustive() -> Vec<Setting> {
    let budget = |orders, mishaps, forks, windows| Budget { orders, mishaps, forks, windows };
    vec![
        Setting {
            name: "a path that must go on answering",
            plan: answering(bare()),
            kinds: UP_AND_DOWN,
            dependents: false,
            after: false,
            budget: budget(1, 3, 0, 0),
        },
        Setting {
            name: "a port that closes, restarted on failure",
            plan: restarting(listening(bare()), RestartMode::OnFailure, 1),
            kinds: &[Order::Start],
            dependents: false,
            after: false,
            budget: budget(1, 2, 0, 0),
        },
        Setting {
            name: "orders alone, four of them",
            plan: bare(),
            kinds: ALL_ORDERS,
            dependents: false,
            after: false,
            budget: budget(4, 1, 0, 0),
        },
        Setting {
            name: "a tree that outlives its child",
            plan: printing(bare()),
            kinds: ALL_ORDERS,
            dependents: false,
            after: false,
            budget: budget(2, 1, 1, 0),
        },
        Setting {
            name: "a tree that outlives its child, restarted on failure",
            plan: restarting(bare(), RestartMode::OnFailure, 1),
            kinds: &[Order::Start, Order::Stop],
            dependents: false,
            after: false,
            budget: budget(2, 1, 2, 0),
        },
        Setting {
            name: "an order that begins the count of restarts anew",
            plan: Plan {
                liveness_failures: 1,
                ..restarting(answering(bare()), RestartMode::OnFailure, 1)
            },
            kinds: &[Order::Start],
            dependents: false,
            after: false,
            budget: budget(2, 2, 0, 0),
        },
        Setting {
            name: "dependents that are let go first",
            plan: bare(),
            kinds: ALL_ORDERS,
            dependents: true,
            after: false,
            budget: budget(3, 1, 1, 0),
        },
        Setting {
            name: "waiting for what it comes after",
            plan: restarting(bare(), RestartMode::OnFailure, 1),
            kinds: ALL_ORDERS,
            dependents: false,
            after: true,
            budget: budget(3, 2, 0, 0),
        },
        Setting {
            name: "always restarted, within a window",
            plan: restarting(bare(), RestartMode::Always, 2),
            kinds: UP_AND_DOWN,
            dependents: false,
            after: false,
            budget: budget(2, 4, 0, 1),
        },
        Setting {
            name: "a word of its own to say, and a port to prove",
            plan: notifying(listening(bare())),
            kinds: UP_AND_DOWN,
            dependents: false,
            after: false,
            budget: budget(2, 1, 0, 0),
        },
        Setting {
            name: "a port and a line to prove",
            plan: printing(listening(bare())),
            kinds: UP_AND_DOWN,
            dependents: false,
            after: false,
            budget: budget(2, 1, 0, 0),
        },
    ]
}
