//! Server-sent events and the history.

use std::time::Duration;

use crate::world::{Events, World, sleeper, within};

async fn four(world: &World) {
    world.post("/api/processes/a/start?wait=10").await;
    world.post("/api/processes/a/stop?wait=10").await;
    assert_eq!(world.supervisor.snapshot().seq, 4);
}

#[tokio::test]
async fn a_reader_resumes_where_it_was() {
    let world = World::new(vec![sleeper("a")]).await;
    four(&world).await;
    let mut by_query = Events::open(&world, "/api/events?after=2", &[]).await;
    // A browser repeats the query it began with; the header is what it has by now.
    let mut by_header =
        Events::open(&world, "/api/events?after=0", &[("last-event-id", "2")]).await;
    for reader in [&mut by_query, &mut by_header] {
        for (seq, state) in [(3, "stopping"), (4, "stopped")] {
            let (name, id, data) = reader.next().await.unwrap();
            assert_eq!((name.as_str(), id), ("lifecycle:update", seq));
            assert_eq!(data["a"]["state"], state);
        }
    }
    world.post("/api/processes/a/start").await;
    assert_eq!(by_query.next().await.unwrap().1, 5);
    world.end().await;
}

#[tokio::test]
async fn what_is_not_known_is_answered_with_the_whole_state() {
    let world = World::new(vec![sleeper("a")]).await;
    four(&world).await;
    for (path, header) in
        [("?after=999", None), ("", None), ("?after=4", Some("x")), ("", Some("77"))]
    {
        let headers: Vec<_> = header.map(|value| ("last-event-id", value)).into_iter().collect();
        let mut reader = Events::open(&world, &format!("/api/events{path}"), &headers).await;
        let (name, id, data) = reader.next().await.unwrap();
        assert_eq!((name.as_str(), id), ("snapshot", 4), "{path} {header:?}");
        assert_eq!(data["processes"][0]["state"], "stopped");
        assert_eq!(data["seq"], 4);
        assert_eq!(data["epoch"], **world.supervisor.epoch());
    }
    world.end().await;
}

#[tokio::test]
async fn the_history_has_the_same_events_in_pages() {
    let world = World::new(vec![sleeper("a")]).await;
    let mut reader = Events::open(&world, "/api/events?after=0", &[]).await;
    four(&world).await;
    let mut heard = Vec::new();
    for _ in 0..4 {
        heard.push(reader.next().await.unwrap().2);
    }
    let written = async {
        while world.get("/api/history").await.json()["events"].as_array().unwrap().len() < 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within("journal", written).await;
    let page = world.get("/api/history?limit=3&process=a").await.json();
    assert_eq!(page["events"].as_array().unwrap(), &heard[..3]);
    assert_eq!(page["next"], 3);
    let page = world.get("/api/history?limit=3&after=3").await.json();
    assert_eq!(page["events"].as_array().unwrap(), &heard[3..]);
    assert_eq!(page["next"], serde_json::Value::Null);
    world.end().await;
}
