//! Packets that are written straight to a client's socket, between those of the library.

use futures_util::future::join_all;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::world::{Socket, World, shell, sleeper};

/// So many that more than one thread sends to them.
const CROWD: usize = 600;

/// Writes without end, so that the library has something on its way at any moment.
const CHATTER: &str = "while :; do for i in $(seq 1 200); do echo line $i; done; sleep 0.01; done";

fn allow_descriptors(count: u64) {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < count) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(count), ..limit }).unwrap();
    }
}

/// Reads until the event with this number. All events come, in order, and no state comes before what it includes.
async fn follow(socket: &mut Socket, last: u64) {
    let (name, payload) = socket.event().await;
    assert_eq!(name, "proxy:status");
    let mut seq = payload["status"]["seq"].as_u64().unwrap();
    while seq < last {
        let (name, payload) = socket.event().await;
        match name.as_str() {
            "lifecycle:update" => {
                seq += 1;
                assert_eq!(payload["seq"], seq);
            }
            "proxy:status" => assert_eq!(payload["status"]["seq"], seq),
            other => assert_eq!(other, "log:line"),
        }
    }
}

async fn cycles(world: &World, count: usize) -> u64 {
    for _ in 0..count {
        world.post("/api/processes/a/restart?wait=10").await;
    }
    world.supervisor.snapshot().seq
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_gets_every_event_in_order() {
    allow_descriptors(2 * CROWD as u64 + 400);
    let world = World::new(vec![sleeper("a")]).await;
    let mut sockets = join_all((0..CROWD).map(|_| Socket::joined(world.address))).await;
    let last = cycles(&world, 10).await;
    join_all(sockets.iter_mut().map(|socket| follow(socket, last))).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_come_between_lines_of_a_log() {
    let world = World::new(vec![sleeper("a"), shell("chatter", CHATTER)]).await;
    world.post("/api/processes/chatter/start?wait=10").await;
    let mut socket = Socket::joined(world.address).await;
    socket.send(r#"42["logs:subscribe",{"process":"chatter"}]"#).await;
    // The first restart starts, each other one stops first.
    let last = 2 + 2 + 29 * 4;
    let (reached, ()) = tokio::join!(cycles(&world, 30), follow(&mut socket, last));
    assert_eq!(reached, last);
    world.end().await;
}
