//! A client that does not read is cut off; the others get everything.

use std::time::Duration;

use supervisor::ProcessSpec;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

use crate::world::{Socket, World, shell, sleeper, within};

/// As long as a line may be, so that few of them fill all buffers.
const FLOOD: &str = "line=$(head -c 4000 /dev/zero | tr '\\0' x); echo up; read go < go; \
    for i in $(seq 1 20000); do echo $i $line; done; exec sleep 1000";

async fn cut_off(world: &World) {
    within("cut", async {
        while !world.get("/metrics").await.text.contains("signalbox_clients_cut_off_total 1") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_does_not_read_its_log() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("go");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut flood = shell("flood", FLOOD);
    flood.cwd = directory.path().to_owned();
    let world = World::new(vec![flood, sleeper("a")]).await;
    world.post("/api/processes/flood/start?wait=10").await;
    let mut deaf = Socket::joined(world.address).await;
    deaf.send(r#"420["logs:subscribe",{"process":"flood"}]"#).await;
    while deaf.frame().await.unwrap() != r#"430[{"ok":true}]"# {}
    let mut good = Socket::joined(world.address).await;
    std::fs::write(&pipe, "go\n").unwrap();
    cut_off(&world).await;
    world.post("/api/processes/a/start?wait=10").await;
    for state in ["starting", "running"] {
        assert_eq!(good.event_named("lifecycle:update").await["a"]["state"], state);
    }
    while deaf.frame().await.is_some() {}
    world.end().await;
}

/// Their events are long, so that few of them fill all buffers.
fn many() -> Vec<ProcessSpec> {
    let title = "long ".repeat(1_000);
    (0..60)
        .map(|index| ProcessSpec { title: title.clone(), ..sleeper(&format!("p{index}")) })
        .collect()
}

/// Starts and stops many, again and again.
async fn drive(world: &World) {
    loop {
        world.post("/api/proxy/start").await;
        world.post("/api/proxy/stop").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_does_not_read_its_events() {
    let world = World::new(many()).await;
    let deaf = Socket::joined(world.address).await;
    let mut good = Socket::joined(world.address).await;
    let (_, status) = good.event().await;
    let mut seq = status["status"]["seq"].as_u64().unwrap();
    let reading = async {
        loop {
            seq += 1;
            assert_eq!(good.event_named("lifecycle:update").await["seq"], seq, "none missing");
        }
    };
    tokio::select! {
        () = reading => {}
        () = drive(&world) => {}
        () = cut_off(&world) => {}
    }
    drop(deaf);
    world.end().await;
}

/// What one who polls missed is not kept for ever, nor left out: the session ends, and its client begins anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_polls_too_seldom() {
    let world = World::new(many()).await;
    let polling = world.polling().await;
    assert_eq!(world.say(&polling, "40").await.text, "ok");
    while !world.get(&polling).await.text.contains("proxy:status") {}
    tokio::select! {
        () = drive(&world) => {}
        () = cut_off(&world) => {}
    }
    within("the end of the session", async { while world.get(&polling).await.status == 200 {} })
        .await;
    world.end().await;
}

/// A session that left polling before it joined is known by its WebSocket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_left_polling_and_does_not_read_its_events() {
    let world = World::new(many()).await;
    let polling = world.polling().await;
    let mut deaf = world.upgraded(&polling).await;
    deaf.send("40").await;
    assert!(deaf.frame().await.unwrap().starts_with("40{"));
    tokio::select! {
        () = drive(&world) => {}
        () = cut_off(&world) => {}
    }
    while deaf.frame().await.is_some() {}
    world.end().await;
}

/// Asks for the stream and never reads, with as little room for it as the system lets it have.
async fn deaf_reader(world: &World) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1_024).unwrap();
    let mut stream = socket.connect(world.address).await.unwrap();
    let request = format!("GET /api/events?after=0 HTTP/1.1\r\nHost: {}\r\n\r\n", world.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_of_the_stream_that_does_not_read() {
    let world = World::new(many()).await;
    let deaf = deaf_reader(&world).await;
    tokio::select! {
        () = drive(&world) => {}
        () = cut_off(&world) => {}
    }
    drop(deaf);
    world.end().await;
}
