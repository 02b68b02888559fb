//! How a process ended is known at once, exactly, whatever else it left.

use crate::common::{both, end, read_all, read_until, sh, spawner, within};
use process::ExitStatus;

#[tokio::test]
async fn code_and_signal_are_told_apart() {
    let cases = [
        ("exit 0", ExitStatus::Code(0)),
        ("exit 3", ExitStatus::Code(3)),
        ("exit 255", ExitStatus::Code(255)),
        ("kill -TERM $$", ExitStatus::Signal(15)),
        ("kill -KILL $$", ExitStatus::Signal(9)),
        ("kill -SEGV $$", ExitStatus::Signal(11)),
    ];
    for spawner in both() {
        for (script, expected) in cases {
            let mut child = sh(&spawner, script).await;
            assert_eq!(within(child.exited()).await, expected, "{script}");
            assert_eq!(within(child.exited()).await, expected, "asked again: {script}");
            assert!(child.tree().is_empty());
        }
    }
}

#[tokio::test]
async fn a_dropped_wait_loses_nothing() {
    let spawner = spawner(true);
    let mut child = sh(&spawner, "read line < /dev/null; sleep 0.2; exit 5").await;
    for _ in 0..100 {
        tokio::select! {
            biased;
            status = child.exited() => assert_eq!(status, ExitStatus::Code(5)),
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(within(child.exited()).await, ExitStatus::Code(5));
}

#[tokio::test]
async fn a_grandchild_that_holds_the_output_delays_nothing() {
    for spawner in both() {
        let mut child = sh(&spawner, "sleep 1000 & echo last words; exit 4").await;
        let (mut stdout, _) = child.take_output();
        assert_eq!(within(child.exited()).await, ExitStatus::Code(4));
        let mut bytes = Vec::new();
        assert_eq!(stdout.try_read(&mut bytes).unwrap(), Some(11));
        assert_eq!(bytes, b"last words\n");
        assert_eq!(stdout.try_read(&mut bytes).unwrap(), None);
        assert!(!child.tree().is_empty());
        end(&child.tree()).await;
        assert_eq!(read_all(&mut stdout).await, "");
    }
}

#[tokio::test]
async fn both_streams_are_read_apart_to_their_end() {
    let spawner = spawner(true);
    let mut child =
        sh(&spawner, "echo out; echo err >&2; exec 2>&-; sleep 0.01; printf tail").await;
    let (mut stdout, mut stderr) = child.take_output();
    assert_eq!(read_all(&mut stderr).await, "err\n");
    assert_eq!(read_all(&mut stdout).await, "out\ntail");
    let (mut again, _) = child.take_output();
    assert_eq!(read_all(&mut again).await, "");
    within(child.exited()).await;
}

#[tokio::test]
async fn output_written_before_death_is_there_after_it() {
    let spawner = spawner(true);
    for _ in 0..50 {
        let mut child = sh(&spawner, "echo one; echo two >&2; kill -9 $$").await;
        let (mut stdout, mut stderr) = child.take_output();
        within(child.exited()).await;
        let (mut out, mut err) = (Vec::new(), Vec::new());
        stdout.try_read(&mut out).unwrap();
        stderr.try_read(&mut err).unwrap();
        assert_eq!((&out[..], &err[..]), (&b"one\n"[..], &b"two\n"[..]));
    }
}

#[tokio::test]
async fn one_read_appends_at_most_64_kib() {
    let spawner = spawner(true);
    let mut child = crate::common::badchild(&spawner, &["flood"]).await;
    let (mut stdout, _) = child.take_output();
    let mut bytes = b"kept".to_vec();
    for _ in 0..20 {
        let before = bytes.len();
        let read = within(stdout.read(&mut bytes)).await.unwrap();
        assert!(read > 0 && read <= 65536 && bytes.len() == before + read);
    }
    assert!(bytes.starts_with(b"keptxxx"));
    end(&child.tree()).await;
    within(child.exited()).await;
}

#[tokio::test]
async fn deaf_to_the_signal_and_then_killed() {
    for spawner in both() {
        let mut child = sh(&spawner, "trap '' TERM; echo deaf; while :; do sleep 1000; done").await;
        let (mut stdout, _) = child.take_output();
        read_until(&mut stdout, "deaf").await;
        let tree = child.tree();
        tree.signal(libc::SIGTERM).unwrap();
        assert!(!tree.is_empty());
        assert!(tree.contains(child.pid()));
        end(&tree).await;
        assert_eq!(within(child.exited()).await, ExitStatus::Signal(9));
    }
}

#[tokio::test]
async fn a_signal_reaches_the_whole_group_and_never_fails_for_the_dead() {
    for spawner in both() {
        let mut child = sh(&spawner, "sleep 1000 & sleep 1000 & echo up; wait").await;
        let (mut stdout, _) = child.take_output();
        read_until(&mut stdout, "up").await;
        let tree = child.tree();
        assert!(tree.signal(9999).is_err());
        tree.signal(libc::SIGTERM).unwrap();
        assert_eq!(within(child.exited()).await, ExitStatus::Signal(15));
        within(tree.emptied()).await;
        tree.signal(libc::SIGTERM).unwrap();
        tree.kill().unwrap();
    }
}
