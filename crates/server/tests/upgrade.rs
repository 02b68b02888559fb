//! A client that begins with polling, as browsers' clients do.

use tokio_tungstenite::connect_async;

use crate::world::{Socket, World, sleeper, within};

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn polling_then_a_web_socket() {
    let world = World::new(vec![sleeper("a")]).await;
    let open = world.get(POLLING).await.text;
    let open: serde_json::Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    assert_eq!(open["upgrades"][0], "websocket");
    let sid = open["sid"].as_str().unwrap();
    let polling = format!("{POLLING}&sid={sid}");
    let text = [("content-type", "text/plain;charset=UTF-8")];
    assert_eq!(world.call("POST", &polling, &text, "40").await.text, "ok");
    let mut heard = String::new();
    while !heard.contains("proxy:status") {
        heard.push_str(&world.get(&polling).await.text);
    }
    // A heartbeat may stand before it; what matters is that CONNECT comes before the state.
    assert!(heard.find("40{") < heard.find("proxy:status"), "{heard}");

    let url = format!("ws://{}/socket.io/?EIO=4&transport=websocket&sid={sid}", world.address);
    let (stream, _) = within("WebSocket", connect_async(url)).await.unwrap();
    let mut socket = Socket { stream };
    socket.send("2probe").await;
    assert_eq!(socket.frame().await.unwrap(), "3probe");
    socket.send("5").await;
    world.post("/api/processes/a/start").await;
    for seq in [1, 2] {
        assert_eq!(socket.event_named("lifecycle:update").await["seq"], seq);
    }
    world.end().await;
}
