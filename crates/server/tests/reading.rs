//! What can be read of processes: list, one, configuration, metrics, health.

use crate::world::{World, sleeper};

#[tokio::test]
async fn health_says_what_it_is() {
    let world = World::new(vec![sleeper("a")]).await;
    let health = world.get("/api/health").await.json();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert!(health["uptime"].as_f64().unwrap() >= 0.0);
    world.end().await;
}

#[tokio::test]
async fn the_list_is_in_the_order_of_the_configuration() {
    let world = World::new(vec![sleeper("zeta"), sleeper("alpha")]).await;
    let list = world.get("/api/processes").await.json();
    assert_eq!(list["seq"], 0);
    let ids: Vec<_> = list["processes"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, ["zeta", "alpha"]);
    assert_eq!(world.get("/api/processes/alpha").await.json(), list["processes"][1]);
    world.end().await;
}

#[tokio::test]
async fn the_configuration_shows_no_secret() {
    let world = World::new(vec![sleeper("a")]).await;
    let answer = world.get("/api/processes/a/config").await;
    assert!(!answer.text.contains("very-secret"));
    let config = answer.json();
    assert_eq!(config["env"]["API_KEY"], "***");
    assert_eq!(config["command"][2], "exec sleep 1000");
    assert_eq!(config["stop"]["timeout"], "5s");
    assert_eq!(config["restart"]["backoff"], "200ms");
    assert_eq!(config["restart"]["policy"], "never");
    world.end().await;
}

#[tokio::test]
async fn metrics_tell_states_and_requests() {
    let world = World::new(vec![sleeper("a"), sleeper("b")]).await;
    world.post("/api/processes/a/start?wait=10").await;
    world.get("/no/such/path").await;
    let metrics = world.get("/metrics").await;
    assert!(metrics.header("content-type").starts_with("application/openmetrics-text"));
    for line in [
        r#"signalbox_process_state{process="a",state="running"} 1"#,
        r#"signalbox_process_state{process="b",state="stopped"} 1"#,
        r#"signalbox_process_generation{process="a"} 1.0"#,
        "signalbox_events_total 2",
        r#"signalbox_http_requests_total{method="POST",route="/api/processes/{id}/start",status="200"} 1"#,
        r#"signalbox_http_requests_total{method="GET",route="none",status="404"} 1"#,
    ] {
        assert!(metrics.text.lines().any(|one| one == line), "{line} is not in\n{}", metrics.text);
    }
    world.end().await;
}
