//! Everything that a process started is found and ended, wherever it went.

use std::collections::BTreeSet;

use crate::common::{
    badchild, both, command, end, is_dead, read_until, sh, spawner, until, within,
};
use process::{Child, ExitStatus, Tree};

fn pids(tree: &Tree) -> BTreeSet<u32> {
    tree.members().into_iter().map(|member| member.pid).collect()
}

/// The pid that the script tells in a line `NAME PID`.
fn told(text: &str, name: &str) -> u32 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().parse().unwrap()
}

/// Starts a script that leaves one process and exits; gives the child, now dead, and who is left.
async fn leave_behind(spawner: &process::Spawner, script: &str) -> (Child, u32) {
    let mut child = sh(spawner, script).await;
    let (mut stdout, _) = child.take_output();
    let text = read_until(&mut stdout, "\n").await;
    assert_eq!(within(child.exited()).await, ExitStatus::Code(0));
    (child, told(&text, "left"))
}

async fn check_left(script: &str) {
    for spawner in both() {
        let (child, left) = leave_behind(&spawner, script).await;
        let tree = child.tree();
        assert!(!tree.is_empty(), "{script}");
        // Shells on the way may yet have to end.
        until(|| pids(&tree) == BTreeSet::from([left])).await;
        assert!(tree.contains(left));
        assert!(!tree.contains(1) && !tree.contains(std::process::id()));
        end(&tree).await;
        assert!(is_dead(left), "{script}");
    }
}

#[tokio::test]
async fn a_background_child_that_outlives_the_leader() {
    check_left("sleep 1000 & echo left $!").await;
}

#[tokio::test]
async fn one_in_a_session_of_its_own() {
    check_left("setsid sh -c 'echo left $$; exec sleep 1000' & sleep 0.05").await;
}

#[tokio::test]
async fn a_daemon_that_forked_twice_and_closed_its_output() {
    check_left(
        "exec 3>&1; (setsid sh -c '(sh -c \"echo left \\$\\$ >&3; exec 3>&-; exec sleep 1000\" \
         >/dev/null 2>&1 &)' & wait)",
    )
    .await;
}

#[tokio::test]
async fn one_without_environment_that_kept_an_output() {
    check_left("env -i setsid sh -c 'echo left $$; exec sleep 1000' & sleep 0.05").await;
}

#[tokio::test]
async fn one_without_environment_session_and_output_that_was_seen_before() {
    for spawner in both() {
        let script =
            "env -i setsid sh -c 'echo left $$; exec sleep 1000 >/dev/null 2>&1' & sleep 1000";
        let mut child = sh(&spawner, script).await;
        let (mut stdout, _) = child.take_output();
        let left = told(&read_until(&mut stdout, "\n").await, "left");
        let tree = child.tree();
        until(|| tree.members().len() == 3).await;
        let leader = rustix::process::Pid::from_raw(child.pid().cast_signed()).unwrap();
        rustix::process::kill_process_group(leader, rustix::process::Signal::TERM).unwrap();
        assert_eq!(within(child.exited()).await, ExitStatus::Signal(15));
        until(|| pids(&tree) == BTreeSet::from([left])).await;
        end(&tree).await;
        assert!(is_dead(left));
    }
}

#[tokio::test]
async fn grandchildren_in_sessions_are_members_while_the_leader_lives() {
    for spawner in both() {
        let script = "setsid sh -c 'echo a; sleep 1000 & exec sleep 1000' & \
            (sh -c 'echo a; exec sleep 1000' &); wait";
        let mut child = sh(&spawner, script).await;
        let (mut stdout, _) = child.take_output();
        read_until(&mut stdout, "a\na\n").await;
        let tree = child.tree();
        until(|| tree.members().iter().filter(|member| member.name == "sleep").count() == 3).await;
        assert!(tree.members().iter().any(|member| member.pid == child.pid()));
        assert!(!tree.is_empty());
        end(&tree).await;
        assert_eq!(within(child.exited()).await, ExitStatus::Signal(9));
    }
}

#[tokio::test]
async fn trees_do_not_claim_each_others_orphans() {
    for spawner in both() {
        let mut second = command(&["sh", "-c", "setsid sleep 1000 & echo up"]);
        second.name = "other".into();
        let mut first = sh(&spawner, "setsid sleep 1000 & echo up").await;
        let mut second = within(spawner.spawn(second)).await.unwrap();
        for child in [&mut first, &mut second] {
            let (mut stdout, _) = child.take_output();
            read_until(&mut stdout, "up").await;
            within(child.exited()).await;
        }
        assert!(pids(&first.tree()).is_disjoint(&pids(&second.tree())));
        assert_eq!(first.tree().members().len(), 1);
        end(&first.tree()).await;
        assert_eq!(second.tree().members().len(), 1);
        end(&second.tree()).await;
    }
}

#[tokio::test]
async fn a_forker_is_stopped() {
    for spawner in both() {
        let script = "trap '' TERM; echo up; while :; do setsid sleep 1000 & sleep 1000 & done";
        let mut limited = command(&["sh", "-c", script]);
        limited.name = "forker".into();
        let mut child = within(spawner.spawn(limited)).await.unwrap();
        let (mut stdout, _) = child.take_output();
        read_until(&mut stdout, "up").await;
        let tree = child.tree();
        until(|| tree.members().len() > 20).await;
        end(&tree).await;
        assert_eq!(within(child.exited()).await, ExitStatus::Signal(9));
    }
}

#[tokio::test]
async fn what_flies_from_session_to_session_is_caught_in_a_cgroup() {
    let spawner = spawner(true);
    if !spawner.has_cgroup() {
        return;
    }
    let mut child = badchild(&spawner, &["comet", "1000000000"]).await;
    within(child.exited()).await;
    assert!(!child.tree().is_empty());
    end(&child.tree()).await;
}

#[tokio::test]
async fn the_end_of_one_member_is_told_by_itself() {
    for spawner in both() {
        let mut child = sh(&spawner, "sleep 1000 & echo left $!; wait; sleep 1000").await;
        let (mut stdout, _) = child.take_output();
        let member = told(&read_until(&mut stdout, "\n").await, "left");
        let tree = child.tree();
        let mut told = Box::pin(tree.member_exited(member));
        tokio::select! {
            biased;
            () = &mut told => panic!("it is alive"),
            () = tokio::task::yield_now() => {}
        }
        rustix::process::kill_process(
            rustix::process::Pid::from_raw(member.cast_signed()).unwrap(),
            rustix::process::Signal::KILL,
        )
        .unwrap();
        within(told).await;
        assert!(is_dead(member) && !tree.is_empty());
        // No process of the tree: at once.
        within(tree.member_exited(member)).await;
        within(tree.member_exited(1)).await;
        end(&tree).await;
    }
}

#[tokio::test]
async fn usage_grows_with_what_is_used() {
    for spawner in both() {
        let mut child = sh(&spawner, "(while :; do :; done) & echo up; wait").await;
        let (mut stdout, _) = child.take_output();
        read_until(&mut stdout, "up").await;
        let tree = child.tree();
        until(|| tree.usage().cpu_seconds > 0.02).await;
        assert!(tree.usage().memory_bytes > 10_000);
        end(&tree).await;
    }
}

#[tokio::test]
async fn processor_time_of_an_earlier_generation_does_not_count() {
    let spawner = spawner(true);
    let busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
    for _ in 0..3 {
        let mut child = sh(&spawner, busy).await;
        within(child.exited()).await;
    }
    let mut child = sh(&spawner, "sleep 1000").await;
    assert!(child.tree().usage().cpu_seconds < 0.05, "{:?}", child.tree().usage());
    end(&child.tree()).await;
    within(child.exited()).await;
}

#[tokio::test]
async fn a_child_that_nobody_wants_any_more_leaves_no_zombie() {
    for spawner in both() {
        let child = sh(&spawner, "sleep 1000").await;
        let (pid, tree) = (child.pid(), child.tree());
        drop(child);
        assert!(!tree.is_empty());
        end(&tree).await;
        until(|| crate::common::state(pid).is_none()).await;
    }
}

#[tokio::test]
async fn orphans_leave_no_zombies() {
    let spawner = spawner(true);
    let mut child = sh(&spawner, "(setsid sh -c 'sleep 0.01' & echo left $!) ; sleep 1000").await;
    let (mut stdout, _) = child.take_output();
    let orphan = told(&read_until(&mut stdout, "\n").await, "left");
    until(|| crate::common::state(orphan).is_none()).await;
    end(&child.tree()).await;
    within(child.exited()).await;
}

#[tokio::test]
async fn a_signal_reaches_what_left_the_group_and_what_is_stopped() {
    for spawner in both() {
        let mut child = sh(&spawner, "setsid sh -c 'kill -STOP $$' & echo up; wait").await;
        let (mut stdout, _) = child.take_output();
        read_until(&mut stdout, "up\n").await;
        let tree = child.tree();
        until(|| tree.members().len() == 2).await;
        tree.signal(libc::SIGTERM).unwrap();
        assert_eq!(within(child.exited()).await, ExitStatus::Signal(15));
        within(tree.emptied()).await;
    }
}
