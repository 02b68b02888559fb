//! Inputs in few words, and the one check that all examples use.

use std::time::Duration;

use lifecycle::{
    Announcement, Attempt, Effect, Exit, Fact, Fault, Generation, Input, Machine, Order, Plan,
    Proof, RestartMode, RestartPolicy, Timer, Waiter,
};

/// A plan with a port and a line to prove, never restarted.
pub(crate) fn plan() -> Plan {
    Plan {
        port: Some(3001),
        ready_line: Some("listening".to_owned()),
        ready_tcp: false,
        ready_http: None,
        ready_notify: false,
        ready_timeout: Duration::from_secs(30),
        stop_timeout: Duration::from_secs(10),
        restart: RestartPolicy {
            mode: RestartMode::Never,
            max: 2,
            window: Duration::from_secs(60),
            backoff: Duration::from_millis(200),
            backoff_max: Duration::from_secs(10),
        },
        liveness_failures: 3,
    }
}

/// The same plan, restarted.
pub(crate) fn restarted(mode: RestartMode) -> Plan {
    let mut plan = plan();
    plan.restart.mode = mode;
    plan
}

pub(crate) fn order(order: Order) -> Input {
    Input::Order { order, waiter: None, dependents_stopping: false }
}

pub(crate) fn held_stop() -> Input {
    Input::Order { order: Order::Stop, waiter: None, dependents_stopping: true }
}

pub(crate) fn waited(kind: Order, waiter: u64) -> Input {
    Input::Order { order: kind, waiter: Some(Waiter(waiter)), dependents_stopping: false }
}

pub(crate) fn start() -> Input {
    order(Order::Start)
}

pub(crate) fn stop() -> Input {
    order(Order::Stop)
}

pub(crate) fn restart() -> Input {
    order(Order::Restart)
}

pub(crate) fn kill() -> Input {
    order(Order::Kill)
}

pub(crate) fn waiting(attempt: u64) -> Input {
    Input::Waiting(Attempt(attempt))
}

pub(crate) fn clear(attempt: u64) -> Input {
    Input::Clear(Attempt(attempt))
}

pub(crate) fn refused(attempt: u64) -> Input {
    Input::Refused(Attempt(attempt), Fault::PortTaken { port: 3001, holder: None })
}

pub(crate) fn fact(generation: u64, fact: Fact) -> Input {
    Input::Fact(Generation(generation), fact)
}

pub(crate) fn spawned(generation: u64) -> Input {
    fact(generation, Fact::Spawned { pid: 7 })
}

pub(crate) fn spawn_failed(generation: u64) -> Input {
    let fault = Fault::CannotStart { program: "it".to_owned(), reason: "not found".to_owned() };
    fact(generation, Fact::SpawnFailed(fault))
}

pub(crate) fn printed(generation: u64) -> Input {
    fact(generation, Fact::Held(Proof::Line("listening on 3001".to_owned())))
}

pub(crate) fn notified(generation: u64) -> Input {
    fact(generation, Fact::Held(Proof::Notified { pid: 7 }))
}

pub(crate) fn withdrawn(generation: u64) -> Input {
    fact(generation, Fact::Withdrawn)
}

pub(crate) fn exited(generation: u64, code: i32) -> Input {
    fact(generation, Fact::Exited { exit: Exit::Code(code), tree_empty: true })
}

pub(crate) fn left_behind(generation: u64, code: i32) -> Input {
    fact(generation, Fact::Exited { exit: Exit::Code(code), tree_empty: false })
}

pub(crate) fn killed(generation: u64) -> Input {
    let exit = Exit::Signal { number: 9, name: "SIGKILL".to_owned() };
    fact(generation, Fact::Exited { exit, tree_empty: true })
}

pub(crate) fn emptied(generation: u64) -> Input {
    fact(generation, Fact::TreeEmptied)
}

pub(crate) fn port_closed(generation: u64) -> Input {
    fact(generation, Fact::PortClosed)
}

pub(crate) fn port_opened(generation: u64) -> Input {
    fact(generation, Fact::PortOpened { listener_pid: 7 })
}

pub(crate) fn missed(generation: u64) -> Input {
    fact(generation, Fact::LivenessFailed { reason: "status 500".to_owned() })
}

pub(crate) fn fired(generation: u64, timer: Timer) -> Input {
    Input::Timer(Generation(generation), timer)
}

/// What brings a generation up, as the n-th attempt.
pub(crate) fn up(generation: u64, attempt: u64) -> Vec<Input> {
    vec![clear(attempt), spawned(generation), printed(generation)]
}

/// One sequence of many parts.
pub(crate) fn all(parts: impl IntoIterator<Item = Vec<Input>>) -> Vec<Input> {
    parts.into_iter().flatten().collect()
}

fn words(told: &Announcement) -> String {
    let error = told.fault.as_ref().map(ToString::to_string);
    let message = told.state.message(Some(3001), error.as_deref());
    let retry = told.retry.map(|retry| format!(" [restart {}/{}]", retry.attempt, retry.max));
    format!("{} {} {message}{}", told.generation.0, told.state.name(), retry.unwrap_or_default())
}

fn said(effect: &Effect) -> String {
    match effect {
        Effect::Announce(told) => words(told),
        other => format!("> {other:?}"),
    }
}

/// Feeds the inputs and compares all that is announced: generation, state, message.
#[track_caller]
pub(crate) fn check(plan: Plan, inputs: Vec<Input>, expected: &[&str]) -> Machine {
    let mut machine = Machine::new(plan, Generation(0));
    let effects: Vec<Effect> = inputs.into_iter().flat_map(|input| machine.step(input)).collect();
    let told: Vec<String> =
        effects.iter().filter(|effect| matches!(effect, Effect::Announce(_))).map(said).collect();
    assert_eq!(told, expected);
    machine
}

/// Feeds the inputs and compares all effects of the last one.
#[track_caller]
pub(crate) fn check_last(plan: Plan, inputs: Vec<Input>, expected: &[&str]) {
    let mut machine = Machine::new(plan, Generation(0));
    let last = inputs.into_iter().map(|input| machine.step(input)).last();
    let said: Vec<String> = last.unwrap_or_default().iter().map(said).collect();
    assert_eq!(said, expected);
}
