//! Servers that come, go, and do not read.

use request_log::{KeyNote, KeyState, Line, Outcome, SOCKET_FILE, reporting};
use std::os::unix::fs::PermissionsExt;

use tokio::time::timeout;

use crate::world::{DEADLINE, World, accept, begin, beside, listen, reporter};

#[tokio::test]
async fn the_end_of_a_proxy_waits_for_its_last_word() {
    let world = World::new();
    let (reporter, writer) = reporter(world.path());
    for _ in 0..5_000 {
        begin(&reporter).finish(Outcome::Complete);
    }
    let reading = async {
        let mut connection = world.accept().await;
        let mut count = 0;
        while connection.next().await.is_some() {
            count += 1;
        }
        count
    };
    let ((), count) = tokio::join!(writer.close(), reading);
    assert_eq!(count, 5_000);
}

#[tokio::test]
async fn the_end_of_a_proxy_does_not_wait_for_ever() {
    let world = World::new();
    let (reporter, writer) = reporter(world.path());
    for _ in 0..8_000 {
        begin(&reporter).finish(Outcome::Complete);
    }
    // Nobody reads: the socket takes some, then no more.
    timeout(DEADLINE, writer.close()).await.unwrap();
}

#[tokio::test]
async fn a_new_server_hears_what_the_old_one_did_not() {
    let world = World::new();
    let (reporter, mut writer) = reporter(world.path());
    let record = begin(&reporter);
    let first = beside(&mut writer, async { world.accept().await.next_row().await }).await;
    let (_folder, path) = world.without_listener();
    record.finish(Outcome::Complete);
    let listener = listen(&path);
    let last = beside(&mut writer, async { accept(&listener).await.next_row().await }).await;
    assert_eq!(last.key, first.key);
    assert_eq!(last.entry.outcome, Some(Outcome::Complete));
}

#[tokio::test]
async fn what_holds_of_a_key_is_told_once_and_to_every_server() {
    let world = World::new();
    let (reporter, mut writer) = reporter(world.path());
    let note = KeyNote { written_at: 9, state: KeyState::Rejected };
    reporter.key(KeyNote { state: KeyState::Valid, ..note });
    reporter.key(note);
    beside(&mut writer, async {
        let mut connection = world.accept().await;
        assert_eq!(connection.next().await, Some(Line::Key(note)), "the last one counts");
        reporter.key(note);
        begin(&reporter).finish(Outcome::Complete);
        connection.next_row().await;
    })
    .await;
    let (_folder, path) = world.without_listener();
    let listener = listen(&path);
    begin(&reporter).finish(Outcome::Complete);
    beside(&mut writer, async {
        let mut connection = accept(&listener).await;
        let lines = [connection.next().await, connection.next().await];
        assert!(lines.contains(&Some(Line::Key(note))), "{lines:?}");
    })
    .await;
}

#[tokio::test]
async fn who_reads_late_hears_how_much_was_lost() {
    let world = World::new();
    let (reporter, mut writer) = reporter(world.path());
    for _ in 0..10_000 {
        begin(&reporter).finish(Outcome::Complete);
    }
    beside(&mut writer, async {
        let mut connection = world.accept().await;
        let Some(Line::Dropped(lost)) = connection.next().await else { panic!("nothing lost") };
        let mut last = connection.next_row().await;
        assert_eq!(last.key, lost + 1);
        while last.key < 10_000 {
            last = connection.next_row().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_program_that_nobody_started_tells_nobody() {
    let world = World::new();
    let (reporter, mut writer) = reporting(None, Some(world.path()));
    begin(&reporter).finish(Outcome::Complete);
    beside(&mut writer, tokio::task::yield_now()).await;
    timeout(DEADLINE, writer.close()).await.unwrap();
    drop(world.listener.into_std().unwrap().accept().unwrap_err());
}

#[tokio::test]
async fn a_deep_data_directory_is_no_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("d".repeat(200));
    std::fs::create_dir(&deep).unwrap();
    std::fs::write(deep.join(SOCKET_FILE), "left behind").unwrap();
    let listener = listen(&deep);
    let mode = std::fs::metadata(deep.join(SOCKET_FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (reporter, mut writer) = reporter(&deep);
    begin(&reporter).finish(Outcome::Complete);
    beside(&mut writer, async { accept(&listener).await.next_row().await }).await;
}
