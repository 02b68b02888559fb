//! What is too long is refused, and costs nobody else anything.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{Socket, World, sleeper, within};

/// The first line of the answer to these bytes; none if the connection only ends.
async fn answer_to(world: &World, head: &str, body: &[u8]) -> Option<String> {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let head = head.replace("HOST", &world.address.to_string());
    // The server may refuse before it has read all of it.
    let _refused = stream.write_all(head.as_bytes()).await;
    let _refused = stream.write_all(body).await;
    let mut answer = [0; 1024];
    let length = within("answer", stream.read(&mut answer)).await.unwrap_or(0);
    String::from_utf8_lossy(&answer[..length]).lines().next().map(str::to_owned)
}

#[tokio::test]
async fn heads_paths_and_bodies() {
    let world = World::new(vec![sleeper("a")]).await;
    let long = "x".repeat(100_000);
    let many = "X: y\r\n".repeat(200);
    let get = "GET /api/processes HTTP/1.1\r\nHost: HOST\r\n";
    let post = "POST /api/providers HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n";
    let body = vec![b' '; 2 << 20];
    let mut chunked = format!("{:x}\r\n", body.len()).into_bytes();
    chunked.extend(&body);
    for (head, body, expected) in [
        (format!("{get}X: {long}\r\n\r\n"), &b""[..], "431"),
        (format!("{get}{many}\r\n"), b"", "431"),
        (format!("GET /{long} HTTP/1.1\r\nHost: HOST\r\n\r\n"), b"", "431"),
        (format!("{post}Content-Length: {}\r\n\r\n", body.len()), &body, "413"),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n"), &chunked, "413"),
        ("\0".repeat(100_000), b"", "400"),
    ] {
        let answer = answer_to(&world, &head, body).await;
        let start: String = head.chars().take(100).collect();
        let fits = answer.as_ref().is_none_or(|line| line.contains(expected));
        assert!(fits, "{start:?} was answered {answer:?}");
    }
    assert_eq!(world.get("/api/health").await.status, 200);
    world.end().await;
}

#[tokio::test]
async fn messages_of_socket_io() {
    let world = World::new(vec![sleeper("a")]).await;
    let mut bystander = Socket::joined(world.address).await;
    bystander.event_named("proxy:status").await;
    let long = "x".repeat(200_000);
    let mut socket = Socket::joined(world.address).await;
    socket.event_named("proxy:status").await;
    socket.send(&format!("420[\"logs:subscribe\",{{\"process\":\"{long}\"}}]")).await;
    assert_eq!(socket.frame().await, None, "it is cut off");
    let answer = world.say(&world.polling().await, &format!("4{long}")).await;
    assert!(matches!(answer.status, 400 | 413), "{}", answer.status);
    world.post("/api/processes/a/start").await;
    assert_eq!(bystander.event_named("lifecycle:update").await["seq"], 1);
    world.end().await;
}

/// Deep JSON would be a deep stack.
#[tokio::test]
async fn deep_json_is_refused() {
    let world = World::new(vec![sleeper("a")]).await;
    let deep = "[".repeat(500_000);
    let json = [("content-type", "application/json")];
    assert_eq!(world.call("POST", "/api/providers", &json, &deep).await.status, 400);
    let mut socket = Socket::joined(world.address).await;
    socket.event_named("proxy:status").await;
    socket.send(&format!("420[\"logs:subscribe\",{}]", "[".repeat(60_000))).await;
    assert_eq!(world.get("/api/health").await.status, 200);
    world.end().await;
}
