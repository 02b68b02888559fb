//! Output over Socket.IO and over HTTP.

use std::time::Duration;

use serde_json::json;

use crate::world::{Socket, World, shell, within};

/// Writes a line for each signal.
const ECHO: &str =
    "trap 'echo poked' USR1; for i in 1 2 3; do echo line $i; done; while :; do sleep 0.02; done";

async fn running(line: &str) -> (World, u32) {
    let mut spec = shell("a", line);
    spec.ready.stdout = Some(regex::Regex::new("line 3").unwrap());
    let world = World::new(vec![spec]).await;
    let process = world.post("/api/processes/a/start?wait=10").await.json();
    assert_eq!(process["state"], "running", "{process}");
    let pid = process["pid"].as_u64().unwrap();
    (world, u32::try_from(pid).unwrap())
}

/// Waits until the log has so many lines.
async fn written(world: &World, lines: usize) {
    let book = world.supervisor.logs("a").unwrap();
    within("line", async {
        while book.tail(lines).await.len() < lines {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

fn poke(pid: u32) {
    let sent = std::process::Command::new("kill").args(["-USR1", &pid.to_string()]).status();
    assert!(sent.unwrap().success());
}

async fn answer(socket: &mut Socket, ask: &str) -> serde_json::Value {
    socket.send(ask).await;
    loop {
        let frame = socket.frame().await.unwrap();
        if let Some(json) = frame.strip_prefix("437") {
            return serde_json::from_str::<serde_json::Value>(json).unwrap()[0].clone();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tail_then_every_line_then_none() {
    let (world, pid) = running(ECHO).await;
    let mut socket = Socket::joined(world.address).await;
    let ok = json!({ "ok": true });
    assert_eq!(answer(&mut socket, r#"427["logs:subscribe",{"process":"a","tail":2}]"#).await, ok);
    for (seq, text) in [(2, "line 2"), (3, "line 3")] {
        let line = socket.event_named("log:line").await;
        assert_eq!((&line["seq"], &line["text"]), (&json!(seq), &json!(text)));
    }
    poke(pid);
    assert_eq!(socket.event_named("log:line").await["text"], "poked");
    // Once more: takes the place of the first one, so that no line comes twice.
    assert_eq!(answer(&mut socket, r#"427["logs:subscribe",{"process":"a"}]"#).await, ok);
    poke(pid);
    assert_eq!(socket.event_named("log:line").await["seq"], 5);
    assert_eq!(answer(&mut socket, r#"427["logs:unsubscribe",{"process":"a"}]"#).await, ok);
    poke(pid);
    written(&world, 6).await;
    world.post("/api/processes/a/stop?wait=10").await;
    loop {
        let (name, payload) = socket.event().await;
        assert_ne!(name, "log:line", "{payload}");
        if payload["a"]["state"] == "stopped" {
            break;
        }
    }
    let lines = world.get("/api/processes/a/logs?tail=2").await.json();
    assert_eq!(lines["lines"][1]["seq"], 6);
    assert_eq!(lines["lines"][1]["stream"], "stdout");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_state_comes_before_what_is_asked_for_at_once() {
    let (world, _) = running(ECHO).await;
    for _ in 0..200 {
        let mut socket = Socket::joined(world.address).await;
        socket.send(r#"427["logs:subscribe",{"process":"a","tail":3}]"#).await;
        let mut next = socket.frame().await.unwrap();
        if next.starts_with("437") {
            next = socket.frame().await.unwrap();
        }
        assert!(next.starts_with(r#"42["proxy:status""#), "{next}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_subscription_is_refused_and_the_connection_stays() {
    let (world, _) = running(ECHO).await;
    let mut socket = Socket::joined(world.address).await;
    for (payload, param) in [
        (r#",{"process":"nobody"}"#, json!(null)),
        (",{}", json!("process")),
        (r#",{"process":7}"#, json!("process")),
        (r#","a""#, json!("process")),
        (",null", json!("process")),
        ("", json!("process")),
        (r#",{"process":"a","tail":"many"}"#, json!("tail")),
        (r#",{"process":"a","tail":-1}"#, json!("tail")),
    ] {
        let refused = answer(&mut socket, &format!(r#"427["logs:subscribe"{payload}]"#)).await;
        assert_eq!(refused["ok"], false, "{payload}");
        assert_eq!(refused["error"]["param"], param, "{payload}: {refused}");
    }
    assert_eq!(answer(&mut socket, r#"427["no:such"]"#).await["error"]["code"], "unknown_event");
    assert_eq!(answer(&mut socket, r#"427["logs:unsubscribe",{"process":"a"}]"#).await["ok"], true);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_tail_comes_whole_and_in_order() {
    let (world, _) = running("seq 1 5000; echo line 3; exec sleep 1000").await;
    written(&world, 5_001).await;
    let mut socket = Socket::joined(world.address).await;
    assert_eq!(
        answer(&mut socket, r#"427["logs:subscribe",{"process":"a","tail":5001}]"#).await["ok"],
        true
    );
    for seq in 1..=5_001 {
        assert_eq!(socket.event_named("log:line").await["seq"], seq);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_cuts_nobody_off_who_reads_on() {
    const BURST: u64 = 15_000;
    let line = format!("trap 'seq {BURST}' USR1; echo line 3; while :; do sleep 0.02; done");
    let (world, pid) = running(&line).await;
    let mut socket = Socket::joined(world.address).await;
    let ok = json!({ "ok": true });
    assert_eq!(answer(&mut socket, r#"427["logs:subscribe",{"process":"a"}]"#).await, ok);
    poke(pid);
    for seq in 2..BURST + 2 {
        assert_eq!(socket.event_named("log:line").await["seq"], seq);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_long_tails_at_once_leave_room_for_what_else_is_said() {
    const LINES: usize = 2_000;
    let ids = ["a", "b", "c", "d", "e", "f"];
    let line = format!("seq {LINES}; echo all; exec sleep 1000");
    let specs = ids.map(|id| {
        let mut spec = shell(id, &line);
        spec.ready.stdout = Some(regex::Regex::new("^all$").unwrap());
        spec
    });
    let world = World::new(specs.into()).await;
    for id in ids {
        world.post(&format!("/api/processes/{id}/start?wait=10")).await;
    }
    let mut socket = Socket::joined(world.address).await;
    for (ack, id) in ids.iter().enumerate() {
        let payload = json!({ "process": id, "tail": LINES });
        socket.send(&format!("42{ack}{}", json!(["logs:subscribe", payload]))).await;
    }
    let (mut acks, mut lines) = (0, 0);
    while acks < ids.len() || lines < LINES * ids.len() {
        let frame = socket.frame().await.expect("not cut off");
        acks += usize::from(frame.starts_with("43") && frame.ends_with(r#"[{"ok":true}]"#));
        lines += usize::from(frame.starts_with(r#"42["log:line""#));
    }
    world.end().await;
}
