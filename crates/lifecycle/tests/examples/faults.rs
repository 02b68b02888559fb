//! The contract's table: what happened, and what is told.

use lifecycle::{Evidence, ExitRecord, Plan, Timer};

use crate::stage::*;

const UP: [&str; 2] = ["1 starting Starting...", "1 running Running :3001"];

#[track_caller]
fn after_ready(plan: Plan, what: Vec<lifecycle::Input>, expected: &[&str]) -> lifecycle::Machine {
    let expected: Vec<&str> = UP.iter().chain(expected).copied().collect();
    check(plan, all([vec![start()], up(1, 1), what]), &expected)
}

#[test]
fn a_program_that_cannot_be_started() {
    check(
        plan(),
        vec![start(), clear(1), spawn_failed(1)],
        &["1 starting Starting...", "0 error Cannot start: it: not found"],
    );
}

#[test]
fn a_port_that_is_taken_spawns_nothing_and_takes_no_number() {
    check(
        plan(),
        vec![start(), refused(1)],
        &["0 starting Starting...", "0 error Port 3001 is already in use"],
    );
}

#[test]
fn an_exit_before_ready_is_an_error_whatever_its_code() {
    for (code, text) in [
        (0, "1 error Process exited with code 0 during startup"),
        (3, "1 error Process exited with code 3 during startup"),
    ] {
        let inputs = vec![start(), clear(1), spawned(1), exited(1, code)];
        check(plan(), inputs, &["1 starting Starting...", text]);
    }
}

#[test]
fn a_signal_before_ready() {
    check(
        plan(),
        vec![start(), clear(1), spawned(1), killed(1)],
        &["1 starting Starting...", "1 error Process killed by signal 9 (SIGKILL) during startup"],
    );
}

#[test]
fn not_ready_in_time_names_the_open_conditions() {
    let mut plan = plan();
    plan.ready_tcp = true;
    check(
        plan,
        vec![start(), clear(1), spawned(1), fired(1, Timer::Ready), exited(1, 0)],
        &[
            "1 starting Starting...",
            "1 stopping Stopping...",
            "1 error Startup timeout (30s): no output line matched `listening` and nothing of its \
             process tree listens on port 3001",
        ],
    );
}

#[test]
fn what_says_by_itself_that_it_serves_may_take_it_back_before_all_else_holds() {
    let mut plan = plan();
    plan.ready_notify = true;
    let begun = || vec![start(), clear(1), spawned(1), notified(1)];
    check(plan.clone(), all([begun(), vec![printed(1)]]), &UP);
    let taken_back = vec![withdrawn(1), printed(1), fired(1, Timer::Ready), exited(1, 0)];
    check(
        plan.clone(),
        all([begun(), taken_back]),
        &[
            "1 starting Starting...",
            "1 stopping Stopping...",
            "1 error Startup timeout (30s): it did not send READY=1",
        ],
    );
    let again = check(plan, all([begun(), vec![withdrawn(1), notified(1), printed(1)]]), &UP);
    assert_eq!(again.announcement().evidence.and_then(|evidence| evidence.notifier_pid), Some(7));
}

#[test]
fn a_crash_after_ready() {
    after_ready(plan(), vec![exited(1, 3)], &["1 error Process exited with code 3"]);
    after_ready(plan(), vec![killed(1)], &["1 error Process killed by signal 9 (SIGKILL)"]);
}

#[test]
fn an_exit_with_0_after_ready_is_no_error() {
    let machine = after_ready(plan(), vec![exited(1, 0)], &["1 stopped Stopped"]);
    let exit = lifecycle::Exit::Code(0);
    assert_eq!(machine.announcement().exit, Some(ExitRecord { exit, requested: false }));
}

#[test]
fn what_outlives_the_child_is_ended_before_the_end_is_told() {
    let crash = vec![left_behind(1, 3), fired(1, Timer::Kill), emptied(1)];
    after_ready(plan(), crash, &["1 stopping Stopping...", "1 error Process exited with code 3"]);
    let clean = vec![left_behind(1, 0), emptied(1)];
    after_ready(plan(), clean, &["1 stopping Stopping...", "1 stopped Stopped"]);
}

#[test]
fn a_port_that_stays_closed() {
    let closed = vec![port_closed(1), fired(1, Timer::Grace), killed(1)];
    after_ready(
        plan(),
        closed,
        &["1 stopping Stopping...", "1 error Not serving: port 3001 was closed"],
    );
    let reopened = vec![port_closed(1), port_opened(1), port_closed(1), port_opened(1)];
    after_ready(plan(), reopened, &[]);
}

#[test]
fn liveness_counts_failures_in_a_row() {
    let passed = || fact(1, lifecycle::Fact::LivenessPassed);
    after_ready(plan(), vec![missed(1), missed(1), passed(), missed(1), missed(1)], &[]);
    after_ready(
        plan(),
        vec![missed(1), missed(1), missed(1), exited(1, 0)],
        &["1 stopping Stopping...", "1 error Not responding: status 500"],
    );
}

#[test]
fn running_carries_its_evidence() {
    let machine = after_ready(plan(), vec![], &[]);
    let line = Some("listening on 3001".to_owned());
    assert_eq!(machine.announcement().evidence, Some(Evidence { line, ..Evidence::default() }));
}

#[test]
fn a_process_without_conditions_is_ready_once_it_runs() {
    let mut plan = plan();
    plan.ready_line = None;
    check(plan, vec![start(), clear(1), spawned(1)], &UP);
}

#[test]
fn stale_facts_change_nothing() {
    let again = all([vec![exited(1, 3), start()], up(2, 2)]);
    let stale = vec![exited(1, 0), emptied(1), port_closed(1), fired(1, Timer::Kill), clear(1)];
    after_ready(
        plan(),
        all([again, stale]),
        &[
            "1 error Process exited with code 3",
            "2 starting Starting...",
            "2 running Running :3001",
        ],
    );
}
