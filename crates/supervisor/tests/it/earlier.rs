//! What a server that was killed could not tell, the next one does.
use store::{JOURNAL_FILE, Journal, Record};
use supervisor::{Order, ReplayStart};

use crate::world::{DEADLINE, World, ready_on, shell};

/// Leaves a journal whose last events these are, as a server that was killed would.
fn journal_with(events: &[(&str, serde_json::Value)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(&folder.path().join(JOURNAL_FILE), 10_000_000);
    for (seq, (id, changes)) in (1..).zip(events) {
        let mut process = serde_json::json!({
            "id": id, "title": id, "state": "stopped", "running": false, "message": "", "error": null, "port": null,
            "pid": null, "generation": 3, "uptime": 0, "since": 1, "startedAt": 70, "readyAt": null, "cause": null,
            "evidence": null, "survivors": null, "killAt": null, "output": null, "restarts": 0, "restart": null,
            "exit": null, "autostart": false
        });
        process.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let payload = serde_json::json!({ *id: process, "timestamp": 1, "seq": seq, "epoch": "e" });
        journal.append(Record {
            seq,
            process: (*id).into(),
            generation: 3,
            payload: payload.to_string().into(),
        });
    }
    drop(journal);
    folder
}

/// What was told after event `after`: the process, its state and its number.
async fn told_after(world: &World, after: u64) -> Vec<(String, String, u64)> {
    let ReplayStart::Events(events) = world.supervisor.replay(after).await.start else {
        panic!("a snapshot")
    };
    let tell = |(seq, json): (u64, std::sync::Arc<str>)| {
        let payload: serde_json::Value = serde_json::from_str(&json).unwrap();
        let process =
            payload.as_object().unwrap().values().find(|value| value.is_object()).unwrap();
        (
            process["id"].as_str().unwrap().to_owned(),
            process["state"].as_str().unwrap().to_owned(),
            seq,
        )
    };
    events.into_iter().map(tell).collect()
}

#[tokio::test]
async fn every_state_that_is_not_so_any_more_is_followed_by_what_is() {
    let exit = serde_json::json!({ "code": 7, "signal": null, "requested": false, "time": 99 });
    let folder = journal_with(&[
        ("starting", serde_json::json!({ "state": "starting" })),
        (
            "running",
            serde_json::json!({ "state": "running", "running": true, "pid": 5, "exit": exit }),
        ),
        ("stopping", serde_json::json!({ "state": "stopping" })),
        ("error", serde_json::json!({ "state": "error", "error": "it failed", "exit": exit })),
        ("stopped", serde_json::json!({ "exit": exit })),
        ("gone", serde_json::json!({ "state": "running" })),
    ]);
    let ids = ["starting", "running", "stopping", "error", "stopped", "fresh"];
    let world = World::within(folder, ids.map(|id| shell(id, "exec sleep 1000")).into());
    let event = |id: &str, state: &str, seq| (id.to_owned(), state.to_owned(), seq);
    let expected = [
        event("starting", "stopping", 7),
        event("starting", "stopped", 8),
        event("running", "stopped", 9),
        event("stopping", "stopped", 10),
        event("error", "stopped", 11),
    ];
    assert_eq!(told_after(&world, 6).await, expected);
    let snapshot = world.supervisor.snapshot();
    assert_eq!(snapshot.seq, 11);
    for process in &snapshot.processes {
        assert_eq!((process.state.name(), process.pid), ("stopped", None), "{}", process.id);
        let code = process.exit.as_ref().and_then(|exit| exit.code);
        let known = ["error", "stopped"].contains(&process.id.as_str());
        assert_eq!(code, known.then_some(7), "{}", process.id);
    }
    world.end().await;
}

#[tokio::test]
async fn how_the_last_generation_ended_is_known_to_the_next_server() {
    let mut world = World::new(vec![ready_on("a", "ready", "echo ready; exit 7")]);
    world.supervisor.order_and_settle("a", Order::Start, DEADLINE).await.unwrap();
    world.until("Process exited with code 7").await;
    let ended = world.supervisor.process("a").unwrap();
    let (exit, seq) = (ended.exit.clone(), world.supervisor.snapshot().seq);
    assert_eq!(exit.as_ref().and_then(|exit| exit.code), Some(7));
    let folder = world.end().await;

    let mut world = World::within(folder, vec![shell("a", "exec sleep 1000")]);
    let process = world.supervisor.process("a").unwrap();
    assert_eq!(process.exit, exit);
    assert_eq!(process.started_at, ended.started_at);
    assert_eq!(told_after(&world, seq).await, [("a".to_owned(), "stopped".to_owned(), seq + 1)]);
    world.supervisor.order("a", Order::Start).await.unwrap();
    assert_eq!(
        world.next().await["exit"]["code"],
        7,
        "`starting` still says how the last one ended"
    );
    world.end().await;
}

#[tokio::test]
async fn what_a_process_did_that_is_configured_no_more_is_still_there() {
    let folder = journal_with(&[("gone", serde_json::json!({})), ("kept", serde_json::json!({}))]);
    let world = World::within(folder, vec![shell("kept", "exec sleep 1000")]);
    let history = async |id: &str| world.supervisor.history(Some(id.to_owned()), 0, 10).await;
    assert_eq!(history("gone").await.unwrap().events.len(), 1);
    assert!(history("never").await.is_err());
    world.end().await;
}
