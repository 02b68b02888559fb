//! What is told of a request from its beginning to its end.

use std::time::Duration;

use request_log::{Outcome, Reporter};

use crate::world::{World, begin, beside, reporter};

#[tokio::test]
async fn one_that_takes_its_time_is_told_while_it_is_in_flight() {
    let world = World::new();
    let (reporter, mut writer) = reporter(world.path());
    beside(&mut writer, async {
        let mut connection = world.accept().await;
        let mut record = begin(&reporter);
        let first = connection.next_row().await;
        assert_eq!((first.entry.outcome, first.entry.total_ms), (None, None));
        assert_eq!(first.entry.client.as_deref(), Some("test/1"));
        record.model("m");
        record.attempt("p");
        record.stream(true);
        record.first_token();
        record.tell();
        let second = connection.next_row().await;
        assert_eq!(second.key, first.key);
        assert_eq!(second.entry.provider.as_deref(), Some("p"));
        let first_token_ms = second.entry.first_token_ms.unwrap();
        record.first_token();
        record.status(200);
        record.prompt_tokens(3);
        record.completion_tokens(4);
        record.finish(Outcome::Complete);
        let last = connection.next_row().await.entry;
        assert_eq!((last.outcome, last.status), (Some(Outcome::Complete), Some(200)));
        assert_eq!((last.prompt_tokens, last.completion_tokens), (Some(3), Some(4)));
        assert_eq!((last.model.as_deref(), last.stream), (Some("m"), true));
        assert_eq!(last.first_token_ms, Some(first_token_ms));
        assert!(last.total_ms.unwrap() >= first_token_ms);
    })
    .await;
}

#[tokio::test]
async fn one_that_is_over_in_a_moment_is_told_once() {
    let world = World::new();
    let (reporter, mut writer) = reporter(world.path());
    begin(&reporter).finish(Outcome::Refused);
    drop(begin(&reporter));
    beside(&mut writer, async {
        let mut connection = world.accept().await;
        let (first, second) = (connection.next_row().await, connection.next_row().await);
        assert_eq!(first.entry.outcome, Some(Outcome::Refused));
        assert_eq!(second.entry.outcome, Some(Outcome::ClientGone), "it was dropped");
        assert_ne!(first.key, second.key);
    })
    .await;
}

#[tokio::test]
async fn one_that_is_quick_is_told_once_though_the_writer_waits_for_it() {
    let world = World::new();
    let (reporter, mut writer) = reporter(world.path());
    beside(&mut writer, async {
        let mut connection = world.accept().await;
        begin(&reporter).finish(Outcome::Refused);
        connection.next_row().await;
        tokio::time::pause();
        // Long after that, which is waited for no more.
        tokio::time::advance(Duration::from_secs(1)).await;
        let record = begin(&reporter);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        record.finish(Outcome::Complete);
        tokio::time::resume();
        assert_eq!(connection.next_row().await.entry.outcome, Some(Outcome::Complete));
    })
    .await;
}

#[tokio::test]
async fn texts_are_bounded() {
    let world = World::new();
    let (reporter, mut writer) = reporter(world.path());
    let mut record = begin(&reporter);
    record.model(&"é".repeat(100_000));
    record.error(&"x".repeat(100_000));
    record.finish(Outcome::Complete);
    beside(&mut writer, async {
        let entry = world.accept().await.next_row().await.entry;
        assert_eq!(entry.model.unwrap().len(), 256);
        assert_eq!(entry.error.unwrap().len(), 1_024);
    })
    .await;
}

#[test]
fn nobody_need_listen() {
    let mut record = begin(&Reporter::default());
    record.model("m");
    record.tell();
    record.finish(Outcome::Complete);
}
