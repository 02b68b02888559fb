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
    world.get("/api/no/such/path").await;
    let metrics = world.get("/metrics").await;
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for line in [
        "# TYPE signalbox_process_state gauge",
        "# TYPE signalbox_events_total counter",
        "# HELP signalbox_events_total Lifecycle events, also of earlier runs",
        "# TYPE signalbox_http_requests_total counter",
        r#"signalbox_process_state{process="a",state="running"} 1"#,
        r#"signalbox_process_state{process="b",state="stopped"} 1"#,
        r#"signalbox_process_generation{process="a"} 1.0"#,
        "signalbox_events_total 2",
        "# TYPE signalbox_tasks gauge",
        r#"signalbox_http_requests_total{method="POST",route="/api/processes/{id}/start",status="200"} 1"#,
        r#"signalbox_http_requests_total{method="GET",route="none",status="404"} 1"#,
    ] {
        assert!(metrics.text.lines().any(|one| one == line), "{line} is not in\n{}", metrics.text);
    }
    let tasks = metrics.text.lines().find_map(|line| line.strip_prefix("signalbox_tasks "));
    assert!(tasks.is_some_and(|count| count.parse::<u32>().unwrap() > 0), "{tasks:?}");
    for alien in ["# EOF", "# TYPE signalbox_events counter", "# UNIT", "_created"] {
        assert!(!metrics.text.contains(alien), "{alien} is in\n{}", metrics.text);
    }
    world.end().await;
}

#[tokio::test]
async fn metrics_come_as_openmetrics_to_those_who_name_it() {
    let world = World::new(vec![sleeper("a")]).await;
    let modern = "text/plain;version=0.0.4;q=0.2, Application/OpenMetrics-Text;version=1.0.0;q=0.5";
    let metrics = world.call("GET", "/metrics", &[("accept", modern)], "").await;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(metrics.header("content-type"), kind);
    assert!(metrics.text.contains("# TYPE signalbox_events counter\nsignalbox_events_total 0\n"));
    assert!(metrics.text.ends_with("# EOF\n"), "{}", metrics.text);
    for other in ["*/*", "text/plain", "application/json", "application/openmetrics-text2"] {
        let metrics = world.call("GET", "/metrics", &[("accept", other)], "").await;
        assert!(metrics.header("content-type").starts_with("text/plain; version=0.0.4"), "{other}");
    }
    world.end().await;
}
