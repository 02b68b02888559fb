//! What comes over a bare connection, byte for byte: no HTTP library stands in between that would mend it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{World, sleeper, within};

/// A request that would be an order, if it were taken for one.
const ORDER: &str =
    "POST /api/processes/a/start HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n";

/// Sends these bytes, `HOST` replaced, and returns all that is answered until the server closes.
async fn exchange(world: &World, request: &str) -> String {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let request = request.replace("HOST", &world.address.to_string());
    // The server may answer and close before it has read all of it.
    let _refused = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _reset = within("end of the connection", stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn statuses(answer: &str) -> Vec<&str> {
    answer.split("HTTP/1.1 ").skip(1).filter_map(|rest| rest.get(..3)).collect()
}

#[tokio::test]
async fn where_a_request_ends_is_never_in_doubt() {
    let world = World::new(vec![sleeper("a")]).await;
    let cases: &[(&str, &str, &str)] = &[
        // Taken by the one rule that counts (RFC 9112, 6.3), and nothing more on this connection.
        ("Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\n", "405"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 4", "0\r\n\r\n", "405"),
        ("Content-Length: 0\r\nContent-Length: 4", "", "400"),
        ("Content-Length: 4, 0", "", "400"),
        ("Content-Length: +0", "", "400"),
        ("Content-Length: -1", "", "400"),
        ("Content-Length: 0x0", "", "400"),
        ("Content-Length: 99999999999999999999", "", "400"),
        ("Transfer-Encoding: chunked, identity", "0\r\n\r\n", "400"),
        ("Transfer-Encoding: xchunked", "0\r\n\r\n", "400"),
        ("Transfer-Encoding : chunked", "0\r\n\r\n", "400"),
        ("X: y\r\n Transfer-Encoding: chunked", "0\r\n\r\n", "400"),
        ("X: \0", "", "400"),
        ("X\r: y", "", "400"),
        (" X: y", "", "400"),
    ];
    for (header, body, status) in cases {
        let head = format!("POST /api/processes HTTP/1.1\r\nHost: HOST\r\n{header}\r\n\r\n");
        let answer = exchange(&world, &format!("{head}{body}{ORDER}")).await;
        assert_eq!(statuses(&answer), [*status], "{header:?}: {answer}");
    }
    let old = "POST /api/processes HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(statuses(&exchange(&world, &format!("{old}0\r\n\r\n{ORDER}")).await), ["400"]);
    assert_eq!(world.supervisor.snapshot().seq, 0, "nothing was started");
    world.end().await;
}

#[tokio::test]
async fn two_requests_in_one_packet_are_two_requests() {
    let world = World::new(vec![sleeper("a")]).await;
    let first = "GET /api/health HTTP/1.1\r\nHost: HOST\r\n\r\n";
    assert_eq!(statuses(&exchange(&world, &format!("{first}{ORDER}")).await), ["200", "200"]);
    world.end().await;
}

#[tokio::test]
async fn the_host_counts_however_it_is_given() {
    let world = World::new(vec![sleeper("a")]).await;
    for head in [
        "GET http://evil.example/api/processes HTTP/1.1\r\nHost: HOST",
        "GET http://HOST/api/processes HTTP/1.1\r\nHost: evil.example",
        "GET /api/processes HTTP/1.1\r\nHost: HOST\r\nHost: evil.example",
        "GET /api/processes HTTP/1.1\r\nHost: evil.example\r\nHost: HOST",
        "GET /api/processes HTTP/1.1\r\nHost: HOST@evil.example",
        "GET /api/processes HTTP/1.1\r\nHost: evil.example#HOST",
    ] {
        let answer = exchange(&world, &format!("{head}\r\nConnection: close\r\n\r\n")).await;
        assert!(matches!(*statuses(&answer), ["403" | "400"]), "{head}: {answer}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_request_names_one_host() {
    let world = World::new(vec![sleeper("a")]).await;
    for (head, status) in [
        ("GET /api/processes HTTP/1.1\r\nConnection: close", "400"),
        ("GET /api/health HTTP/1.1\r\nConnection: close", "400"),
        ("GET /api/processes HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\nConnection: close", "400"),
        ("GET /api/processes HTTP/1.1\r\nHost: HOST\r\nConnection: close", "200"),
        ("GET /api/processes HTTP/1.0\r\nHost: HOST", "200"),
        ("GET /api/processes HTTP/1.0", "200"),
    ] {
        let answer = exchange(&world, &format!("{head}\r\n\r\n")).await;
        assert_eq!(answer.get(9..12), Some(status), "{head}: {answer}");
        let code = r#"{"success":false,"error":{"message":"A request must have a Host"#;
        assert_eq!(answer.contains(code), status == "400", "{head}: {answer}");
    }
    world.end().await;
}

#[tokio::test]
async fn nothing_of_a_request_becomes_a_header_of_the_answer() {
    let world = World::new(vec![sleeper("a")]).await;
    let crlf = "%0d%0aX-Injected:%20yes%0d%0a%0d%0a<script>";
    for path in [
        format!("/{crlf}"),
        format!("/api/processes/{crlf}"),
        format!("/api/{crlf}"),
        format!("/api/processes/a/logs?tail={crlf}"),
        format!("/assets/{crlf}"),
        format!("/socket.io/?EIO=4&transport={crlf}"),
        format!("/api/providers/{crlf}"),
    ] {
        for origin in ["", "Origin: http://a%0d%0aX-Injected: yes\r\n"] {
            let head = format!("GET {path} HTTP/1.1\r\nHost: HOST\r\n{origin}Connection: close");
            let answer = exchange(&world, &format!("{head}\r\n\r\n")).await;
            let (head, _) = answer.split_once("\r\n\r\n").unwrap();
            assert!(!head.to_lowercase().contains("\r\nx-injected"), "{path}: {head}");
            assert!(
                head.contains("x-content-type-options: nosniff") || head.contains(" 400 "),
                "{head}"
            );
        }
    }
    world.end().await;
}

#[tokio::test]
async fn no_path_leads_out_of_what_is_served() {
    let world = World::new(vec![sleeper("a")]).await;
    let catalog = std::fs::read(world.data_dir().join("catalog.db")).unwrap();
    assert!(catalog.starts_with(b"SQLite format 3"));
    for path in [
        "/../../../../etc/passwd",
        "/assets/../../../../etc/passwd",
        "/assets/..%2f..%2f..%2fetc%2fpasswd",
        "/assets/%2e%2e/%2e%2e/catalog.db",
        "/assets/....//....//etc/passwd",
        "/assets//etc/passwd",
        "/catalog.db",
        "/data/catalog.db",
        "/api/processes/..%2f..%2fcatalog.db/logs",
        "/api/processes/a%00/logs",
        "/assets/docs.js%00.css",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n");
        let answer = exchange(&world, &request).await;
        assert!(!answer.contains("root:") && !answer.contains("SQLite format"), "{path}");
        // What could be one of its pages is answered with the dashboard, which says that there is none.
        let name = path.rsplit('/').next().unwrap();
        let is_page = answer.contains("<title>Signalbox</title>") && !name.contains('.');
        let refused = matches!(*statuses(&answer), ["404" | "400"]);
        assert!(refused || is_page, "{path}: {answer}");
    }
    world.end().await;
}
