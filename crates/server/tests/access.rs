//! Foreign pages and foreign names are refused on every path; own and allowed origins are not.

use crate::world::{World, sleeper};

const CALLS: [(&str, &str); 8] = [
    ("GET", "/api/processes"),
    ("GET", "/api/health"),
    ("POST", "/api/proxy/start"),
    ("POST", "/api/processes/a/start"),
    ("GET", "/api/events"),
    ("GET", "/metrics"),
    ("GET", "/socket.io/?EIO=4&transport=polling"),
    ("GET", "/"),
];

async fn refused(world: &World, headers: &[(&str, &str)]) {
    for (method, path) in CALLS {
        let answer = world.call(method, path, headers, "").await;
        assert_eq!(answer.status, 403, "{method} {path} {headers:?}: {}", answer.text);
        assert_eq!(answer.json()["error"]["type"], "permission_error");
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
    assert_eq!(world.supervisor.snapshot().seq, 0, "nothing was started");
}

#[tokio::test]
async fn foreign_origins_hosts_and_pages_are_refused() {
    let world = World::new(vec![sleeper("a")]).await;
    let port = world.address.port();
    for origin in ["http://evil.example", "null", "http://localhost:1"] {
        refused(&world, &[("origin", origin)]).await;
    }
    for host in
        ["evil.example", &format!("evil.example:{port}"), &format!("127.0.0.1.nip.io:{port}")]
    {
        refused(&world, &[("host", host)]).await;
    }
    refused(&world, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]).await;
    world.end().await;
}

#[tokio::test]
async fn allowed_origins_get_what_a_browser_needs() {
    let origin = "http://app.example:8080";
    let allow = |options: &mut server::Options| options.allowed_origins.push(format!("{origin}/"));
    let world = World::with(vec![sleeper("a")], allow).await;
    let answer = world.call("GET", "/api/processes", &[("origin", origin)], "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, origin));
    let asked = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    let answer = world.call("OPTIONS", "/api/processes/a/start", &asked, "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, origin));
    assert!(answer.header("access-control-allow-methods").contains("POST"));
    assert!(answer.header("access-control-allow-headers").contains("authorization"));
    let polling = "/socket.io/?EIO=4&transport=polling";
    let answer = world.call("GET", polling, &[("origin", origin)], "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, origin));
    world.end().await;
}

#[tokio::test]
async fn only_preflights_of_allowed_origins_go_without_the_token() {
    let origin = "http://app.example:8080";
    let world = World::with(vec![sleeper("a")], |options| {
        options.allowed_origins.push(origin.to_owned());
        options.token = Some(server::Token::new("correct-horse-battery-staple"));
    })
    .await;
    let own = format!("http://{}", world.address);
    let asked = ("access-control-request-method", "POST");
    for headers in [vec![], vec![asked], vec![("origin", origin)], vec![("origin", &own), asked]] {
        for path in ["/api/processes", "/api/no/such/path"] {
            let answer = world.call("OPTIONS", path, &headers, "").await;
            assert_eq!(answer.status, 401, "{path} {headers:?}");
        }
        let answer = world.call("OPTIONS", "/api/health", &headers, "").await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET,HEAD"), "{headers:?}");
    }
    let headers = [("origin", origin), asked];
    let answer = world.call("OPTIONS", "/api/processes", &headers, "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, origin));
    world.end().await;
}
