//! Telling processes that what they have read is no longer so.

use std::path::Path;
use std::time::Duration;

use supervisor::{Order, ProcessSpec};
use tokio::time::{sleep, timeout};

use crate::world::{DEADLINE, World, ready_on, shell};

/// Says what it was told, and how often.
const LISTENS: &str =
    "trap 'n=$((n+1)); echo reloaded $n' HUP; echo ready; while :; do sleep 0.02; done";

fn reloading(line: &str) -> ProcessSpec {
    ProcessSpec { builtin: true, ..ready_on("a", "^ready$", line) }
}

async fn wrote(world: &World, line: &str) {
    let written = async {
        loop {
            let lines = world.supervisor.logs("a").unwrap().tail(100).await;
            if lines.iter().any(|one| one.text == line) {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(DEADLINE, written).await.unwrap_or_else(|_| panic!("no line {line:?}"));
}

#[tokio::test]
async fn one_that_runs_is_told_at_once_and_each_time() {
    let mut world = World::new(vec![reloading(LISTENS)]);
    world.supervisor.order("a", Order::Start).await.unwrap();
    world.until("Running").await;
    for count in 1..=3 {
        world.supervisor.reload();
        wrote(&world, &format!("reloaded {count}")).await;
    }
    assert_eq!(world.supervisor.process("a").unwrap().state.name(), "running");
    world.end().await;
}

#[tokio::test]
async fn one_that_starts_is_told_when_it_is_ready() {
    // The signal would end it as long as `go` is not there.
    let line = format!("touch born; while [ ! -e go ]; do sleep 0.01; done; {LISTENS}");
    let folder = tempfile::tempdir().unwrap();
    let spec = ProcessSpec { cwd: folder.path().to_owned(), ..reloading(&line) };
    let mut world = World::new(vec![spec]);
    world.supervisor.order("a", Order::Start).await.unwrap();
    appeared(&folder.path().join("born")).await;
    world.supervisor.reload();
    world.supervisor.reload();
    std::fs::write(folder.path().join("go"), "").unwrap();
    assert_eq!(world.messages(2).await, ["a: Starting...", "a: Running"]);
    wrote(&world, "reloaded 1").await;
    world.end().await;
}

async fn appeared(path: &Path) {
    let there = async {
        while !path.exists() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(DEADLINE, there).await.unwrap();
}

#[tokio::test]
async fn one_that_is_down_and_one_that_is_somebody_elses_are_told_nothing() {
    let mut world = World::new(vec![reloading(LISTENS), shell("b", "exec sleep 1000")]);
    world.supervisor.reload();
    world.supervisor.order_all(Order::Start).await.unwrap();
    while !["a", "b"].iter().all(|id| world.supervisor.process(id).unwrap().running) {
        world.next().await;
    }
    // The first to reach `a` is this one; it would have ended `b`.
    world.supervisor.reload();
    wrote(&world, "reloaded 1").await;
    let stopped = world.supervisor.order_and_settle("b", Order::Stop, DEADLINE).await.unwrap();
    let supervisor::Settled::InTime(process) = stopped else { panic!("not in time") };
    let exit = process.exit.clone().unwrap();
    assert_eq!((exit.requested, exit.signal.as_deref()), (true, Some("SIGTERM")));
    world.end().await;
}
