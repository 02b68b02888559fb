//! The state first, then every event in the order of `seq`, the same as over SSE.

use crate::world::{Events, Socket, World, sleeper};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_state_comes_first_then_every_event() {
    let world = World::new(vec![sleeper("a"), sleeper("b")]).await;
    assert_eq!(world.post("/api/processes/a/start?wait=10").await.json()["state"], "running");

    let mut socket = Socket::joined(world.address).await;
    let (name, payload) = socket.event().await;
    assert_eq!(name, "proxy:status");
    let status = &payload["status"];
    assert_eq!(status["status"], "partial");
    assert_eq!(status["a"]["state"], "running");
    assert_eq!(status["message"], "Running");
    let timestamp = payload["timestamp"].as_str().unwrap();
    let pattern = regex::Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$").unwrap();
    assert!(pattern.is_match(timestamp), "{timestamp}");

    let mut seq = status["seq"].as_u64().unwrap();
    let mut sse = Events::open(&world, &format!("/api/events?after={seq}"), &[]).await;
    for _ in 0..5 {
        world.post("/api/processes/a/restart?wait=10").await;
        world.post("/api/proxy/stop").await;
        world.post("/api/processes/b/start?wait=10").await;
    }
    let last = world.supervisor.snapshot().seq;
    while seq < last {
        let update = socket.event_named("lifecycle:update").await;
        seq += 1;
        assert_eq!(update["seq"], seq);
        assert_eq!(update["epoch"], status["epoch"]);
        assert_eq!(sse.next().await.unwrap(), ("lifecycle:update".to_owned(), seq, update));
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_get_the_state_after_every_settled_change() {
    let world = World::new(vec![sleeper("a")]).await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        let mut socket = Socket::joined(world.address).await;
        assert_eq!(socket.event().await.0, "proxy:status");
        sockets.push(socket);
    }
    world.post("/api/processes/a/start").await;
    for socket in &mut sockets {
        let mut heard = Vec::new();
        for _ in 0..3 {
            let (name, payload) = socket.event().await;
            let of = if name == "proxy:status" { &payload["status"]["a"] } else { &payload["a"] };
            heard.push((name, of["state"].as_str().unwrap().to_owned()));
        }
        let expected = [
            ("lifecycle:update", "starting"),
            ("lifecycle:update", "running"),
            ("proxy:status", "running"),
        ];
        assert_eq!(heard, expected.map(|(name, state)| (name.to_owned(), state.to_owned())));
    }
    world.end().await;
}
