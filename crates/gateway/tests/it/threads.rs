//! More connections than one thread has: whichever serves them, they are served alike.

use std::time::Duration;

use crate::support::{Answer, Chunks, FakeUpstream, OneUpstream, Running, listen, within};
use gateway::Listen;

const CHAT: &str = "/v1/chat/completions";

/// Enough for several threads, where there are several processors.
const MANY: usize = 60;

/// Begins as many streams, each over a connection of its own.
async fn begin_many(gateway: &Running, upstream: &mut FakeUpstream) -> Vec<(Answer, Chunks)> {
    let mut streams = Vec::new();
    for _ in 0..MANY {
        let begun = async { upstream.next().await.begin(200, "text/event-stream") };
        streams.push(tokio::join!(gateway.post(CHAT, "{}"), begun));
    }
    streams
}

fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("this process");
    let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).ok();
    tasks.flatten().filter_map(name).filter(|name| name.trim() == "connections").count()
}

#[tokio::test]
async fn many_are_served_at_once_and_may_finish() {
    let mut upstream = FakeUpstream::start().await;
    let mut gateway = Running::gateway(&upstream).await;
    let mut streams = begin_many(&gateway, &mut upstream).await;
    let processors = std::thread::available_parallelism().expect("a number").get();
    assert!(threads() > 0 || processors == 1, "one thread has them all");
    gateway.ask_to_stop();
    for (number, (answer, chunks)) in streams.iter_mut().enumerate() {
        let chunk = format!("data: {number}\n\n");
        chunks.send(chunk.clone()).await;
        assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), chunk);
    }
    for (mut answer, chunks) in streams {
        chunks.send("data: [DONE]\n\n").await;
        drop(chunks);
        answer.chunk().await.expect("a chunk").expect("whole");
        assert!(answer.chunk().await.is_none());
    }
    gateway.stopped().await;
}

#[tokio::test]
async fn a_caller_that_leaves_ends_its_own_request_alone() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let streams = begin_many(&gateway, &mut upstream).await;
    let (leaving, staying): (Vec<_>, Vec<_>) =
        streams.into_iter().enumerate().partition(|(number, _)| number % 2 == 0);
    for (_, (answer, chunks)) in leaving {
        drop(answer);
        chunks.cancelled().await;
    }
    for (_, (mut answer, chunks)) in staying {
        chunks.send("data: 1\n\n").await;
        assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), "data: 1\n\n");
    }
}

#[tokio::test]
async fn what_does_not_finish_is_cut_on_every_thread() {
    let mut upstream = FakeUpstream::start().await;
    let listen = Listen { drain: Duration::from_millis(50), ..listen() };
    let mut gateway = Running::gateway_with(listen, OneUpstream::at(&upstream.base_url())).await;
    let streams = begin_many(&gateway, &mut upstream).await;
    gateway.ask_to_stop();
    gateway.stopped().await;
    for (mut answer, chunks) in streams {
        let event = answer.chunk().await.expect("an event").expect("whole");
        assert!(event.starts_with(b"data: {\"error\""), "{event:?}");
        assert!(answer.chunk().await.expect("no proper end").is_err());
        chunks.cancelled().await;
    }
}

#[tokio::test]
async fn a_gateway_that_is_dropped_ends_all_of_them() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let streams = begin_many(&gateway, &mut upstream).await;
    drop(gateway);
    for (_, chunks) in streams {
        within("the end", chunks.cancelled()).await;
    }
}
