//! Orders in every phase: taken at once, the last one winning.

use crate::stage::*;

const STARTING: &str = "1 starting Starting...";
const RUNNING: &str = "1 running Running :3001";
const STOPPING: &str = "1 stopping Stopping...";
const STOPPED: &str = "1 stopped Stopped";

fn running() -> Vec<lifecycle::Input> {
    all([vec![start()], up(1, 1)])
}

#[test]
fn start_and_stop() {
    let inputs = all([running(), vec![stop(), exited(1, 143)]]);
    check(plan(), inputs, &[STARTING, RUNNING, STOPPING, STOPPED]);
}

#[test]
fn an_ordered_stop_ends_in_stopped_whatever_the_exit() {
    for end in [exited(1, 0), exited(1, 3), killed(1)] {
        let machine = check(
            plan(),
            all([running(), vec![stop(), end]]),
            &[STARTING, RUNNING, STOPPING, STOPPED],
        );
        assert!(machine.announcement().exit.is_some_and(|exit| exit.requested));
    }
}

#[test]
fn a_second_order_changes_nothing() {
    check(plan(), vec![stop()], &[]);
    check(plan(), all([vec![start(), start()], up(1, 1), vec![start()]]), &[STARTING, RUNNING]);
    let stops = vec![stop(), stop(), exited(1, 0), stop()];
    check(plan(), all([running(), stops]), &[STARTING, RUNNING, STOPPING, STOPPED]);
}

#[test]
fn a_start_while_stopping_follows_the_stop() {
    let inputs = all([running(), vec![stop(), start(), exited(1, 0)], up(2, 2)]);
    check(
        plan(),
        inputs,
        &[
            STARTING,
            RUNNING,
            STOPPING,
            STOPPED,
            "2 starting Starting...",
            "2 running Running :3001",
        ],
    );
}

#[test]
fn the_last_order_wins_while_stopping() {
    let inputs = all([running(), vec![stop(), start(), restart(), stop(), exited(1, 0)]]);
    check(plan(), inputs, &[STARTING, RUNNING, STOPPING, STOPPED]);
}

#[test]
fn a_stop_while_starting() {
    // Before anything was told: nothing happened.
    check(plan(), vec![start(), stop(), clear(1)], &[]);
    // While it waits for its `after`.
    let waits = vec![start(), waiting(1), stop(), clear(1)];
    let unspawned = [STARTING, "0 stopping Stopping...", "0 stopped Stopped"];
    check(plan(), waits, &unspawned);
    // While the child is being created, and while it proves itself.
    let unborn = vec![start(), clear(1), stop(), spawned(1), killed(1)];
    check(plan(), unborn, &[STARTING, STOPPING, STOPPED]);
    let proving = vec![start(), clear(1), spawned(1), stop(), exited(1, 0)];
    check(plan(), proving, &[STARTING, STOPPING, STOPPED]);
    let failed = vec![start(), clear(1), stop(), spawn_failed(1)];
    check(plan(), failed, &[STARTING, STOPPING, "0 stopped Stopped"]);
}

#[test]
fn a_restart_shows_all_its_states() {
    let again = ["2 starting Starting...", "2 running Running :3001"];
    let whole = [&[STARTING, RUNNING, STOPPING, STOPPED], &again[..]].concat();
    check(plan(), all([running(), vec![restart(), exited(1, 0)], up(2, 2)]), &whole);
    let half = [&[STARTING, STOPPING, STOPPED], &again[..]].concat();
    let proving = vec![start(), clear(1), spawned(1), restart(), exited(1, 0)];
    check(plan(), all([proving, up(2, 2)]), &half);
    let stopping = all([running(), vec![stop(), restart(), exited(1, 0)], up(2, 2)]);
    check(plan(), stopping, &whole);
}

#[test]
fn a_restart_of_what_is_down_starts_it() {
    check(plan(), all([vec![restart()], up(1, 1)]), &[STARTING, RUNNING]);
}

#[test]
fn a_restart_of_what_waits_begins_its_wait_again() {
    let inputs = all([vec![start(), waiting(1), restart(), waiting(2)], up(1, 2)]);
    let told = [STARTING, "0 stopping Stopping...", "0 stopped Stopped", STARTING, RUNNING];
    check(plan(), inputs, &told);
}

#[test]
fn an_error_is_left_by_a_stop_order() {
    let error = "1 error Process exited with code 3";
    let inputs = all([running(), vec![exited(1, 3), stop()]]);
    check(plan(), inputs, &[STARTING, RUNNING, error, STOPPED]);
}

#[test]
fn the_fault_is_told_while_a_start_is_looked_at() {
    let error = "1 error Process exited with code 3";
    let inputs = all([running(), vec![exited(1, 3), start()]]);
    let machine = check(plan(), inputs, &[STARTING, RUNNING, error]);
    assert!(machine.announcement().fault.is_some());
}

#[test]
fn a_kill_order_sends_sigkill_at_once() {
    check_last(
        plan(),
        all([running(), vec![kill()]]),
        &[
            "> EndProbes",
            "> Disarm(Kill)",
            "> Kill(Generation(1))",
            "> Arm(Generation(1), Kill, 1s)",
            STOPPING,
        ],
    );
}

#[test]
fn sigkill_follows_the_stop_timeout_again_and_again() {
    let signal = ["> EndProbes", "> Signal(Generation(1))", "> Arm(Generation(1), Kill, 10s)"];
    check_last(plan(), all([running(), vec![stop()]]), &[&signal[..], &[STOPPING]].concat());
    let kill = ["> Disarm(Kill)", "> Kill(Generation(1))", "> Arm(Generation(1), Kill, 1s)"];
    let fired = || fired(1, lifecycle::Timer::Kill);
    check_last(plan(), all([running(), vec![stop(), fired()]]), &kill);
    check_last(plan(), all([running(), vec![stop(), fired(), fired()]]), &kill);
}
