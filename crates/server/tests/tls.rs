//! TLS: https and wss, and what is no certificate or no key.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use server::{Tls, TlsError};
use supervisor::Order;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::world::{World, sleeper, within};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

/// One that speaks TLS.
pub(crate) async fn world() -> World {
    let tls = Tls::load(&file("certificate.pem"), &file("key.pem")).unwrap();
    World::with(vec![sleeper("a")], |options| options.tls = Some(tls)).await
}

/// An encrypted connection of a client that trusts the authority of these tests.
async fn connect(world: &World) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file("authority.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(world.address).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream);
    within("handshake", connecting).await.unwrap()
}

async fn ask(world: &World, head: &str) -> String {
    let mut stream = connect(world).await;
    let head = head.replace("HOST", &world.address.to_string());
    stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Not every server says goodbye in TLS as well.
    let _end = within("answer", stream.read_to_end(&mut answer)).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn its_pages_are_https_and_nothing_is_served_without() {
    let world = world().await;
    let get = "GET /api/processes HTTP/1.1\r\nHost: HOST";
    assert!(ask(&world, get).await.starts_with("HTTP/1.1 200"));
    let own = format!("{get}\r\nOrigin: https://HOST");
    assert!(ask(&world, &own).await.starts_with("HTTP/1.1 200"));
    let foreign = format!("{get}\r\nOrigin: http://HOST");
    assert!(ask(&world, &foreign).await.starts_with("HTTP/1.1 403"), "another scheme");
    let mut plain = TcpStream::connect(world.address).await.unwrap();
    plain.write_all(b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _reset = within("end", plain.read_to_end(&mut answer)).await;
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/"), "{answer:?}");
    world.end().await;
}

/// Events for all clients go straight to their sockets, which an encrypted one must be spared.
#[tokio::test]
async fn socket_io_is_encrypted_too() {
    let world = world().await;
    let url = format!("wss://{}/socket.io/?EIO=4&transport=websocket", world.address);
    let stream = connect(&world).await;
    let (mut socket, _) = within("WebSocket", client_async(url, stream)).await.unwrap();
    socket.send(Message::text("40")).await.unwrap();
    // What happens before the state was told is not told again.
    loop {
        let frame = within("state", socket.next()).await.unwrap().unwrap();
        if frame.to_text().unwrap().starts_with("42[\"proxy:status\"") {
            break;
        }
    }
    world.supervisor.order("a", Order::Start).await.unwrap();
    let mut seqs = Vec::new();
    while seqs.len() < 20 {
        let Message::Text(text) = within("frame", socket.next()).await.unwrap().unwrap() else {
            continue;
        };
        if let Some(json) = text.strip_prefix("42[\"lifecycle:update\",") {
            let event: serde_json::Value =
                serde_json::from_str(json.strip_suffix(']').unwrap()).unwrap();
            seqs.push(event["seq"].as_u64().unwrap());
            if matches!(event["a"]["state"].as_str(), Some("running")) {
                world.supervisor.order("a", Order::Restart).await.unwrap();
            }
        }
    }
    let first = seqs[0];
    assert_eq!(seqs, (first..first + 20).collect::<Vec<_>>(), "in order, without a gap");
    world.end().await;
}

#[test]
fn what_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (file("certificate.pem"), file("key.pem"));
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let load = |certificate: &Path, key: &Path| Tls::load(certificate, key).unwrap_err();
    let missing = folder.path().join("missing.pem");
    assert!(matches!(load(&missing, &key), TlsError::Unreadable { path, .. } if path == missing));
    assert!(
        matches!(load(&certificate, &missing), TlsError::Unreadable { path, .. } if path == missing)
    );
    let empty = write("empty.pem", "");
    assert!(matches!(load(&empty, &key), TlsError::Missing { wanted: "certificate", .. }));
    // The two in each other's place.
    assert!(matches!(load(&key, &certificate), TlsError::Missing { wanted: "certificate", .. }));
    assert!(matches!(load(&certificate, &certificate), TlsError::Missing { .. }));
    let mismatch = load(&certificate, &file("other-key.pem"));
    assert!(matches!(mismatch, TlsError::Mismatch { .. }), "{mismatch}");
    assert!(mismatch.to_string().contains("other-key.pem does not belong to the certificate"));
    let cut = &fs::read_to_string(&certificate).unwrap()[..200];
    assert!(matches!(
        load(&write("cut.pem", cut), &key),
        TlsError::Malformed { .. } | TlsError::Missing { .. }
    ));
    let nonsense = "-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n";
    assert!(matches!(load(&write("nonsense.pem", nonsense), &key), TlsError::Unusable { .. }));
}
