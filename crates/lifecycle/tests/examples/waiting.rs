//! Waiting: for what comes before, for dependents, and who waits for the process itself.

use lifecycle::{Fact, Order, RestartMode, Timer};

use crate::stage::*;

#[test]
fn starting_is_told_while_it_waits_for_its_after() {
    let inputs = all([vec![start(), waiting(1), waiting(1)], up(1, 1)]);
    check(plan(), inputs, &["1 starting Starting...", "1 running Running :3001"]);
}

#[test]
fn a_held_stop_signals_once_dependents_are_down() {
    let running = || all([vec![start()], up(1, 1)]);
    let stopping = "1 stopping Stopping...";
    check_last(
        plan(),
        all([running(), vec![held_stop()]]),
        &["> EndProbes", "> AwaitDependents(Generation(1))", stopping],
    );
    let ended = || fact(1, Fact::DependentsEnded);
    check_last(
        plan(),
        all([running(), vec![held_stop(), ended()]]),
        &["> Signal(Generation(1))", "> Arm(Generation(1), Kill, 10s)"],
    );
    check_last(plan(), all([running(), vec![held_stop(), ended(), ended()]]), &[]);
}

#[test]
fn waiters_are_answered_once_it_has_settled() {
    let (first, second) = (waited(Order::Start, 1), waited(Order::Start, 2));
    let starting = vec![first, second, clear(1), spawned(1), printed(1)];
    check_last(
        plan(),
        starting,
        &[
            "> Disarm(Ready)",
            "1 running Running :3001",
            "> Watch(Generation(1))",
            "> Answer(Waiter(1))",
            "> Answer(Waiter(2))",
        ],
    );
    check_last(plan(), vec![waited(Order::Stop, 3)], &["> Answer(Waiter(3))"]);
    let stopping = all([vec![start()], up(1, 1), vec![waited(Order::Stop, 4), exited(1, 0)]]);
    let told = ["> Disarm(Kill)", "1 stopped Stopped", "> Answer(Waiter(4))"];
    check_last(plan(), stopping, &told);
}

#[test]
fn an_error_with_a_restart_to_come_keeps_waiters() {
    let crash = vec![waited(Order::Start, 1), clear(1), spawned(1), exited(1, 3)];
    let error = "1 error Process exited with code 3 during startup [restart 1/2]";
    let told = ["> Disarm(Ready)", "> EndProbes", "> Disarm(Kill)"];
    let wait = "> Arm(Generation(1), Backoff, 200ms)";
    check_last(
        restarted(RestartMode::OnFailure),
        crash.clone(),
        &[&told[..], &[wait, error]].concat(),
    );
    let again = all([crash, vec![fired(1, Timer::Backoff), refused(2)]]);
    check_last(
        restarted(RestartMode::OnFailure),
        again,
        &[
            "> Arm(Generation(1), Window, 60s)",
            "1 starting Starting...",
            "1 error Port 3001 is already in use",
            "> Answer(Waiter(1))",
        ],
    );
}
