//! What processes use, to whom wants to know.

use crate::world::{Socket, World, sleeper};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_are_told() {
    let world = World::new(vec![sleeper("a"), sleeper("b")]).await;
    world.post("/api/processes/a/start?wait=10").await;
    let mut socket = Socket::joined(world.address).await;
    assert_eq!(socket.event().await.0, "proxy:status");
    socket.send(r#"420["usage:subscribe"]"#).await;
    assert_eq!(socket.frame().await.unwrap(), r#"430[{"ok":true}]"#);
    let usage = socket.event_named("usage:updated").await;
    assert!(usage["a"]["memory"].as_u64().unwrap() > 0);
    assert!(usage["a"]["cpu"].is_number());
    assert_eq!(usage["b"]["memory"], 0);
    assert!(usage["timestamp"].is_u64());
    socket.send(r#"421["usage:unsubscribe"]"#).await;
    assert_eq!(socket.frame().await.unwrap(), r#"431[{"ok":true}]"#);
    world.end().await;
}
