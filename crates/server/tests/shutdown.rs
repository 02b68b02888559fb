//! The end is told to everybody, and waits for nobody.

use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;

use crate::world::{Events, Socket, World, sleeper, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_are_told_and_streams_end() {
    let world = World::new(vec![sleeper("a")]).await;
    let mut reader = Events::open(&world, "/api/events?after=0", &[]).await;
    let mut socket = Socket::joined(world.address).await;
    assert_eq!(socket.event().await.0, "proxy:status");
    world.end().await;
    assert_eq!(reader.next().await, None);
    assert_eq!(socket.frame().await.as_deref(), Some("1"), "a close packet");
    assert_eq!(socket.frame().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_listen_does_not_hold_it_up() {
    let world = World::new(vec![sleeper("a")]).await;
    let reader = Events::open(&world, "/api/events?after=0", &[]).await;
    let mut socket = Socket::joined(world.address).await;
    socket.stream.send(Message::text(r#"420["logs:subscribe",{"process":"a"}]"#)).await.unwrap();
    let half = tokio::net::TcpStream::connect(world.address).await.unwrap();
    within("the end", world.end()).await;
    drop((reader, socket, half));
}
