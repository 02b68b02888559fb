//! What proxies tell of requests, as callers see it: the proxy here is a socket that lines are written to.

use std::io::Write;
use std::os::unix::net::UnixStream;

use serde_json::{Value, json};

use crate::world::{Socket, World, sleeper, within};

const T: u64 = 1_767_225_600_000;

/// A proxy that says what it is told to.
struct Proxy(UnixStream);

impl Proxy {
    fn connect(world: &World, generation: u64) -> Self {
        let mut proxy = Self(UnixStream::connect(world.data_dir().join("requests.sock")).unwrap());
        proxy.say(
            &json!({"hello": {"process": "providerRouter", "generation": generation, "pid": 1}}),
        );
        proxy
    }

    fn say(&mut self, line: &Value) {
        writeln!(self.0, "{line}").unwrap();
    }

    fn begin(&mut self, key: u64) {
        self.tell(key, &json!({"time": T, "path": "/v1/x", "model": "m", "stream": true}));
    }

    fn end(&mut self, key: u64) {
        let entry = json!({
            "time": T, "path": "/v1/x", "client": "c/1", "model": "m", "provider": "p", "status": 200,
            "outcome": "complete", "stream": true, "promptTokens": 3, "completionTokens": 4, "firstTokenMs": 1.5,
            "totalMs": 2.5
        });
        self.tell(key, &entry);
    }

    fn tell(&mut self, key: u64, entry: &Value) {
        self.say(&json!({"row": {"key": key, "entry": entry}}));
    }
}

/// The list once it is as long as this, and nothing or everything in it is in flight.
async fn list(world: &World, query: &str, count: usize) -> Vec<Value> {
    within("list", async {
        loop {
            let answer = world.get(&format!("/api/requests{query}")).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            let requests = answer.json()["requests"].as_array().unwrap().clone();
            if requests.len() == count {
                return requests;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_and_frames_are_the_contracts() {
    let world = World::new(vec![sleeper("a")]).await;
    let mut socket = Socket::joined(world.address).await;
    assert_eq!(socket.event().await.0, "proxy:status");
    socket.send(r#"420["requests:subscribe"]"#).await;
    assert_eq!(socket.frame().await.unwrap(), r#"430[{"ok":true}]"#);
    let mut proxy = Proxy::connect(&world, 7);
    proxy.begin(1);
    let begun = r#"{"id":1,"time":1767225600000,"process":"providerRouter","generation":7,"model":"m","provider":null,"status":null,"outcome":null,"stream":true,"promptTokens":null,"completionTokens":null,"firstTokenMs":null,"totalMs":null,"error":null,"client":null,"path":"/v1/x"}"#;
    let update = |item: &str| {
        format!(r#"42["requests:updated",{{"items":[{item}],"skipped":0,"cleared":null}}]"#)
    };
    assert_eq!(socket.frame().await.unwrap(), update(begun));
    let listed = format!(r#"{{"requests":[{begun}],"next":null}}"#);
    assert_eq!(world.get("/api/requests").await.text, listed);
    proxy.end(1);
    let ended = r#"{"id":1,"time":1767225600000,"process":"providerRouter","generation":7,"model":"m","provider":"p","status":200,"outcome":"complete","stream":true,"promptTokens":3,"completionTokens":4,"firstTokenMs":1.5,"totalMs":2.5,"error":null,"client":"c/1","path":"/v1/x"}"#;
    assert_eq!(socket.frame().await.unwrap(), update(ended));
    let listed = format!(r#"{{"requests":[{ended}],"next":1}}"#);
    assert_eq!(world.get("/api/requests?limit=1").await.text, listed);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_dies_leaves_its_last_words_and_what_crashed() {
    let world = World::new(vec![sleeper("a")]).await;
    let mut proxy = Proxy::connect(&world, 1);
    let _other = {
        let mut other = Proxy::connect(&world, 2);
        other.begin(1);
        other
    };
    (1..=3).for_each(|key| proxy.begin(key));
    proxy.end(2);
    drop(proxy);
    let crashed = list(&world, "?outcome=crashed", 2).await;
    assert!(crashed.iter().all(|row| row["generation"] == 1), "{crashed:?}");
    assert_eq!(list(&world, "?outcome=complete", 1).await[0]["totalMs"], 2.5);
    assert_eq!(list(&world, "?outcome=in_flight", 1).await[0]["generation"], 2);
    let metrics = world.get("/metrics").await.text;
    for line in [
        r#"signalbox_proxy_requests_total{process="providerRouter",provider="p",model="m",outcome="complete"} 1"#,
        r#"signalbox_proxy_requests_total{process="providerRouter",provider="none",model="other",outcome="crashed"} 2"#,
        r#"signalbox_proxy_requests_in_flight{process="providerRouter",provider="none",model="other"} 1"#,
        r#"signalbox_proxy_tokens_total{process="providerRouter",provider="p",model="m",kind="completion"} 4"#,
    ] {
        assert!(metrics.lines().any(|found| found == line), "no {line} in\n{metrics}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_sense_is_passed_over() {
    let world = World::new(vec![sleeper("a")]).await;
    let path = world.data_dir().join("requests.sock");
    let mut nobody = Proxy(UnixStream::connect(path).unwrap());
    nobody.end(1);
    let mut proxy = Proxy::connect(&world, 1);
    proxy.0.write_all(b"\n\0\xff\n{\"row\":{}}\n{\"dropped\":5}\n").unwrap();
    proxy.0.write_all(&vec![b'x'; 1 << 20]).unwrap();
    proxy.0.write_all(b"\n").unwrap();
    proxy.end(1);
    assert_eq!(list(&world, "", 1).await[0]["id"], 1);
    assert!(world.get("/metrics").await.text.contains("signalbox_proxy_notes_lost_total 5"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_follow_each_other_over_what_is_on_disk_and_what_is_not() {
    let world = World::new(vec![sleeper("a")]).await;
    let mut proxy = Proxy::connect(&world, 1);
    (1..=250).for_each(|key| proxy.end(key));
    list(&world, "?limit=1000", 250).await;
    (251..=300).for_each(|key| proxy.end(key));
    proxy.begin(301);
    let all = list(&world, "?limit=1000", 301).await;
    let ids: Vec<_> = all.iter().map(|row| row["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (1..=301).rev().collect::<Vec<_>>());
    let (mut paged, mut next) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("/api/requests?{next}")).await.json();
        paged.extend(page["requests"].as_array().unwrap().clone());
        let Some(before) = page["next"].as_u64() else { break };
        next = format!("before={before}");
    }
    assert!(paged == all, "{} rows", paged.len());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_questions_are_refused() {
    let world = World::new(vec![sleeper("a")]).await;
    for (query, param) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("before=0", "before"),
        ("outcome=x", "outcome"),
    ] {
        let answer = world.get(&format!("/api/requests?{query}")).await;
        assert_eq!((answer.status, &answer.json()["error"]["param"]), (422, &json!(param)));
    }
    world.end().await;
}
