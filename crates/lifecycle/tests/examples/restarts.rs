//! Automatic restarts: which ends are followed by one, how many, and what ends the count.

use lifecycle::{Input, RestartMode, Timer};

use crate::stage::*;

fn crash(generation: u64) -> Vec<Input> {
    all([up(generation, generation), vec![exited(generation, 3)]])
}

fn crashes(count: u64) -> Vec<Input> {
    let again = (2..=count).map(|n| all([vec![fired(n - 1, Timer::Backoff)], crash(n)]));
    all([vec![start()], crash(1)].into_iter().chain(again))
}

const CRASHED_TWICE: [&str; 6] = [
    "1 starting Starting...",
    "1 running Running :3001",
    "1 error Process exited with code 3 [restart 1/2]",
    "2 starting Starting...",
    "2 running Running :3001",
    "2 error Process exited with code 3 [restart 2/2]",
];

#[test]
fn a_crash_is_restarted_until_the_window_is_full() {
    let last =
        ["3 starting Starting...", "3 running Running :3001", "3 error Process exited with code 3"];
    let machine =
        check(restarted(RestartMode::OnFailure), crashes(3), &[&CRASHED_TWICE[..], &last].concat());
    assert!(machine.is_settled());
    assert_eq!(machine.announcement().restarts, 2);
}

#[test]
fn a_restart_that_leaves_the_window_makes_room() {
    let last = [
        "3 starting Starting...",
        "3 running Running :3001",
        "3 error Process exited with code 3 [restart 2/2]",
    ];
    let third = all([vec![fired(2, Timer::Backoff), fired(1, Timer::Window)], crash(3)]);
    check(
        restarted(RestartMode::OnFailure),
        all([crashes(2), third]),
        &[&CRASHED_TWICE[..], &last].concat(),
    );
}

#[test]
fn the_wait_doubles() {
    for (count, wait) in [(1, "200ms"), (2, "400ms")] {
        let arm = format!("> Arm(Generation({count}), Backoff, {wait})");
        let told = CRASHED_TWICE[usize::try_from(count).unwrap_or(0) * 3 - 1];
        let expected = ["> EndProbes", "> Disarm(Kill)", arm.as_str(), told];
        check_last(restarted(RestartMode::OnFailure), crashes(count), &expected);
    }
}

#[test]
fn an_exit_with_0_is_followed_by_a_start_under_always_alone() {
    let exit =
        all([vec![start()], up(1, 1), vec![exited(1, 0), fired(1, Timer::Backoff)], up(2, 2)]);
    let once = ["1 starting Starting...", "1 running Running :3001", "1 stopped Stopped"];
    let again = ["2 starting Starting...", "2 running Running :3001"];
    check(restarted(RestartMode::OnFailure), exit.clone(), &once);
    check(restarted(RestartMode::Always), exit, &[&once[..], &again].concat());
}

#[test]
fn what_was_never_spawned_is_not_tried_again() {
    for end in [vec![start(), refused(1)], vec![start(), clear(1), spawn_failed(1)]] {
        let mut machine =
            lifecycle::Machine::new(restarted(RestartMode::Always), Default::default());
        for input in end {
            let _ = machine.step(input);
        }
        assert!(machine.is_settled() && machine.announcement().retry.is_none());
    }
}

#[test]
fn a_stop_order_cancels_the_wait() {
    let inputs = all([crashes(1), vec![stop(), fired(1, Timer::Backoff)]]);
    let told = [&CRASHED_TWICE[..3], &["1 stopped Stopped"]].concat();
    check(restarted(RestartMode::OnFailure), inputs, &told);
}

#[test]
fn an_order_begins_the_count_anew() {
    let told = [
        &CRASHED_TWICE[..],
        &[
            "3 starting Starting...",
            "3 running Running :3001",
            "3 error Process exited with code 3 [restart 1/2]",
        ],
    ]
    .concat();
    // The last wait is cut short by a user; a window of before no longer counts.
    let again = all([vec![start(), fired(1, Timer::Window)], crash(3)]);
    let machine = check(restarted(RestartMode::OnFailure), all([crashes(2), again]), &told);
    assert_eq!(machine.announcement().restarts, 0);
}
