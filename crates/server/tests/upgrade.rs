//! A client that begins with polling, as browsers' clients do.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, client_async};

use crate::world::{Socket, World, sleeper, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn polling_then_a_web_socket() {
    let world = World::new(vec![sleeper("a")]).await;
    let polling = world.polling().await;
    assert_eq!(world.say(&polling, "40").await.text, "ok");
    let mut heard = String::new();
    while !heard.contains("proxy:status") {
        heard.push_str(&world.get(&polling).await.text);
    }
    // A heartbeat may stand before it; what matters is that CONNECT comes before the state.
    assert!(heard.find("40{") < heard.find("proxy:status"), "{heard}");

    let mut socket = world.upgraded(&polling).await;
    world.post("/api/processes/a/start").await;
    for seq in [1, 2] {
        assert_eq!(socket.event_named("lifecycle:update").await["seq"], seq);
    }
    world.end().await;
}

/// Opens a session that polls on this connection, as a proxy does that has it for many clients; its path.
async fn polling_on(stream: &mut TcpStream, world: &World) -> String {
    let path = "/socket.io/?EIO=4&transport=polling";
    let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", world.address);
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        assert_ne!(within("answer", stream.read_buf(&mut answer)).await.unwrap(), 0);
    }
    let answer = String::from_utf8(answer).unwrap();
    let sid = answer.split("\"sid\":\"").nth(1).unwrap().split('"').next().unwrap();
    format!("{path}&sid={sid}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_another_client_used_before() {
    let world = World::new(vec![sleeper("a")]).await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let polling = polling_on(&mut stream, &world).await;
    assert_eq!(world.say(&polling, "40").await.text, "ok");
    while !world.get(&polling).await.text.contains("proxy:status") {}

    let url = format!("ws://{}/socket.io/?EIO=4&transport=websocket", world.address);
    let connecting = client_async(url, MaybeTlsStream::Plain(stream));
    let (stream, _) = within("WebSocket", connecting).await.unwrap();
    let mut socket = Socket { stream };
    assert!(socket.frame().await.unwrap().starts_with("0{"));
    socket.send("40").await;
    assert!(socket.frame().await.unwrap().starts_with("40{"));
    assert_eq!(socket.event().await.0, "proxy:status");

    world.post("/api/processes/a/start").await;
    for seq in [1, 2] {
        assert_eq!(socket.event_named("lifecycle:update").await["seq"], seq, "each once");
    }
    let mut heard = String::new();
    while heard.matches("lifecycle:update").count() < 2 {
        heard.push_str(&world.get(&polling).await.text);
    }
    world.end().await;
}
