//! A client that does not read is cut off; the others get everything.

use std::time::Duration;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_does_not_read_its_events() {
    let many: Vec<_> = (0..60).map(|index| sleeper(&format!("p{index}"))).collect();
    let world = World::new(many).await;
    let deaf = Socket::joined(world.address).await;
    let mut good = Socket::joined(world.address).await;
    let (_, status) = good.event().await;
    let mut seq = status["status"]["seq"].as_u64().unwrap();
    let reading = async {
        while !world.shutdown.is_cancelled() {
            let (name, payload) = good.event().await;
            if name == "lifecycle:update" {
                seq += 1;
                assert_eq!(payload["seq"], seq, "none missing");
                if payload["p0"]["state"] == "error" {
                    return;
                }
            }
        }
    };
    let driving = async {
        while !world.get("/metrics").await.text.contains("signalbox_clients_cut_off_total 1") {
            world.post("/api/proxy/start").await;
            world.post("/api/proxy/stop").await;
        }
        world.shutdown.cancelled().await;
    };
    tokio::select! {
        () = reading => {}
        () = within("cut", async { tokio::select! { () = driving => {}, () = cut_off(&world) => {} } }) => {}
    }
    drop(deaf);
    world.end().await;
}
