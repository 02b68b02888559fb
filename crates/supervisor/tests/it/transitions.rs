//! Real children through their lives.

use std::time::Duration;

use lifecycle::RestartMode;
use supervisor::{Order, Settled};

use crate::world::{DEADLINE, World, ready_on, shell, text};

#[tokio::test]
async fn a_start_and_a_stop() {
    let mut world = World::new(vec![ready_on("a", "^ready$", "echo ready; exec sleep 1000")]);
    let taken = world.supervisor.order("a", Order::Start).await.unwrap();
    assert_eq!(taken.state.name(), "starting");
    assert_eq!(world.messages(1).await, ["a: Starting..."]);
    let running = world.next().await;
    assert_eq!(running["message"], "Running");
    assert_eq!(running["evidence"]["line"], "ready");
    assert_eq!(running["generation"], 1);
    let pid = running["pid"].as_u64().unwrap();
    assert!(std::path::Path::new(&format!("/proc/{pid}")).exists());
    let settled = world.supervisor.order_and_settle("a", Order::Stop, DEADLINE).await.unwrap();
    assert!(matches!(settled, Settled::InTime(process) if process.message == "Stopped"));
    let stopping = world.next().await;
    assert_eq!(stopping["message"], "Stopping...");
    assert!(stopping["killAt"].is_u64());
    assert_eq!(stopping["survivors"][0]["pid"].as_u64(), Some(pid));
    let stopped = world.next().await;
    assert_eq!(stopped["exit"]["signal"], "SIGTERM");
    assert_eq!(stopped["exit"]["requested"], true);
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    world.end().await;
}

#[tokio::test]
async fn who_is_stopped_before_its_spawn_is_over_has_no_survivors_of_an_earlier_generation() {
    let mut world = World::new(vec![shell("a", "exec sleep 1000")]);
    for generation in 1..=3 {
        world.supervisor.order("a", Order::Start).await.unwrap();
        world.supervisor.order_and_settle("a", Order::Stop, DEADLINE).await.unwrap();
        let stopping = world.until("Stopping...").await;
        assert_eq!(stopping["generation"], generation);
        assert!(stopping["pid"].is_null(), "it was spawned before it was stopped: {stopping}");
        assert_eq!(stopping["survivors"].as_array().map(Vec::len), Some(0), "{stopping}");
    }
    world.end().await;
}

#[tokio::test]
async fn the_ways_to_fail() {
    for (line, message, cause) in [
        ("exit 0", "Process exited with code 0 during startup", "exited_during_startup"),
        ("exit 3", "Process exited with code 3 during startup", "exited_during_startup"),
        (
            "kill -9 $$",
            "Process killed by signal 9 (SIGKILL) during startup",
            "killed_during_startup",
        ),
        ("echo ready; exit 4", "Process exited with code 4", "exited"),
        ("echo ready; sleep 0.05; kill -15 $$", "Process killed by signal 15 (SIGTERM)", "killed"),
    ] {
        let mut world = World::new(vec![ready_on("a", "ready", line)]);
        world.supervisor.order("a", Order::Start).await.unwrap();
        let error = world.until(message).await;
        assert_eq!(error["cause"], cause);
        assert_eq!(error["state"], "error");
        world.end().await;
    }
}

#[tokio::test]
async fn an_error_carries_the_last_words() {
    let line = "for i in 1 2 3 4 5 6; do echo line $i; done; printf unfinished >&2; exit 1";
    let mut world = World::new(vec![ready_on("a", "never", line)]);
    world.supervisor.order("a", Order::Start).await.unwrap();
    let error = world.until("Process exited with code 1 during startup").await;
    let output = error["output"].as_array().unwrap();
    assert_eq!(output.len(), 5);
    assert!(output.iter().any(|line| line["text"] == "unfinished" && line["stream"] == "stderr"));
    world.end().await;
}

#[tokio::test]
async fn a_missing_program_is_named_and_takes_no_number() {
    let mut spec = shell("a", "");
    spec.command = vec!["no-such-program".to_owned()];
    let mut world = World::new(vec![spec]);
    world.supervisor.order("a", Order::Start).await.unwrap();
    assert_eq!(
        world.messages(2).await,
        ["a: Starting...", "a: Cannot start: no-such-program: not found"]
    );
    assert_eq!(world.supervisor.process("a").unwrap().generation, 0);
    world.end().await;
}

#[tokio::test]
async fn what_is_deaf_is_killed_with_all_it_started() {
    let line = "trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 1000' & echo ready; while :; do sleep 1000; done";
    let mut spec = ready_on("a", "ready", line);
    spec.stop.timeout = Duration::from_millis(200);
    let mut world = World::new(vec![spec]);
    world.supervisor.order("a", Order::Start).await.unwrap();
    world.until("Running").await;
    world.supervisor.order("a", Order::Stop).await.unwrap();
    assert_eq!(world.messages(2).await, ["a: Stopping...", "a: Stopped"]);
    world.end().await;
}

#[tokio::test]
async fn what_fails_is_restarted_up_to_its_limit() {
    let mut spec = ready_on("a", "ready", "echo ready; exit 1");
    spec.restart.mode = RestartMode::OnFailure;
    spec.restart.max = 2;
    let mut world = World::new(vec![spec]);
    world.supervisor.order("a", Order::Start).await.unwrap();
    for attempt in 1..=2 {
        let error = world.until("Process exited with code 1").await;
        assert_eq!(error["restart"]["attempt"], attempt);
        assert_eq!(error["restart"]["max"], 2);
        assert!(error["restart"]["at"].is_u64());
    }
    let last = world.until("Process exited with code 1").await;
    assert!(last["restart"].is_null());
    assert_eq!((&last["restarts"], &last["generation"]), (&2.into(), &3.into()));
    world.end().await;
}

#[tokio::test]
async fn what_comes_after_waits_and_stops_first() {
    let first = ready_on("first", "ready", "sleep 0.1; echo ready; exec sleep 1000");
    let mut second = ready_on("second", "ready", "echo ready; exec sleep 1000");
    second.after = vec!["first".to_owned()];
    let mut world = World::new(vec![second, first]);
    world.supervisor.order_all(Order::Start).await.unwrap();
    let mut up = world.messages(4).await;
    up[..2].sort();
    let starting = ["first: Starting...", "second: Starting..."];
    assert_eq!(up, [starting[0], starting[1], "first: Running", "second: Running"]);
    world.supervisor.order_all(Order::Stop).await.unwrap();
    let mut down = world.messages(4).await;
    down[..2].sort();
    let stopping = ["first: Stopping...", "second: Stopping..."];
    assert_eq!(down, [stopping[0], stopping[1], "second: Stopped", "first: Stopped"]);
    world.end().await;
}

#[tokio::test]
async fn numbers_go_on_after_a_restart_of_the_server() {
    let spec = ready_on("a", "ready", "printf 'ready\\nsaid\\n'; exec sleep 1000");
    let mut world = World::new(vec![spec.clone()]);
    let epoch = world.supervisor.epoch().clone();
    world.supervisor.order("a", Order::Start).await.unwrap();
    world.until("Running").await;
    let folder = world.end().await;
    let mut world = World::within(folder, vec![spec]);
    assert_ne!(*world.supervisor.epoch(), epoch);
    assert_eq!(world.supervisor.snapshot().seq, 4);
    let history = world.supervisor.history(None, 1, 2).await.unwrap();
    assert_eq!((history.events.len(), history.next), (2, Some(3)));
    let lines = world.supervisor.logs("a").unwrap().tail(10).await;
    assert_eq!(lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["ready", "said"]);
    world.supervisor.order("a", Order::Start).await.unwrap();
    let running = world.until("Running").await;
    assert_eq!(running["generation"], 2);
    assert_eq!(text(&running["id"]), "a");
    world.end().await;
}
