//! Orders answer at once, or once settled.

use crate::world::{World, shell, sleeper};

#[tokio::test]
async fn all_at_once_with_the_words_of_the_contract() {
    let world = World::new(vec![sleeper("a"), sleeper("b")]).await;
    let answer = world.post("/api/proxy/stop").await.json();
    assert_eq!(
        (answer["success"].clone(), answer["message"].clone()),
        (true.into(), "Proxy servers are not running".into())
    );
    let answer = world.post("/api/proxy/start").await.json();
    assert_eq!(
        (answer["success"].clone(), answer["message"].clone()),
        (true.into(), "Proxy servers are starting".into())
    );
    for id in ["a", "b"] {
        world.post(&format!("/api/processes/{id}/start?wait=10")).await;
    }
    let answer = world.post("/api/proxy/start").await.json();
    assert_eq!(answer["message"], "Proxy servers are already running");
    assert_eq!(answer["status"], "running");
    let answer = world.post("/api/proxy/stop").await.json();
    assert_eq!(answer["message"], "Proxy servers are stopping");
    let status = world.get("/api/proxy/status").await.json();
    assert_eq!(status.get("success"), None);
    world.end().await;
}

#[tokio::test]
async fn a_wait_ends_settled_or_with_504() {
    let mut slow = shell("slow", "exec sleep 1000");
    slow.ready.stdout = Some(regex::Regex::new("never").unwrap());
    let world = World::new(vec![slow, sleeper("a"), shell("bad", "exit 3")]).await;
    let answer = world.post("/api/processes/slow/start?wait=0.05").await;
    assert_eq!(answer.status, 504, "{}", answer.text);
    let error = &answer.json()["error"];
    assert_eq!(error["code"], "not_settled");
    assert_eq!(
        error["message"],
        "The slow has not settled within 0.05 s and is starting; the order stands"
    );
    assert_eq!(world.get("/api/processes/slow").await.json()["state"], "starting");
    let started = world.post("/api/processes/a/start?wait=10").await.json();
    let again = world.post("/api/processes/a/restart?wait=10").await.json();
    assert_eq!((&started["generation"], &again["generation"]), (&1.into(), &2.into()));
    assert_eq!(world.post("/api/processes/a/stop?wait=10").await.json()["state"], "stopped");
    world.end().await;
}

#[tokio::test]
async fn a_server_that_ends_takes_no_orders() {
    let world = World::new(vec![sleeper("a")]).await;
    world.supervisor.shutdown().await;
    for path in ["/api/processes/a/start", "/api/processes/a/start?wait=5", "/api/proxy/start"] {
        let answer = world.post(path).await;
        assert_eq!(answer.status, 503, "{}", answer.text);
        assert_eq!(answer.json()["error"]["code"], "shutting_down");
    }
    world.end().await;
}
