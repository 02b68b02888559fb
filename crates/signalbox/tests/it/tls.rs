//! `up --tls-cert --tls-key`, and client commands over https.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bench::{Ended, Server, run, signalbox};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/tests/tls").join(name)
}

const SLEEPER: &str = "[process.a]\ncommand = \"echo up; exec sleep 1000\"";

#[test]
fn client_commands_speak_https_with_a_server_that_they_trust() {
    let mut server = Server::start_with(SLEEPER, |command| {
        command.arg("--tls-cert").arg(file("certificate.pem"));
        command.arg("--tls-key").arg(file("key.pem"));
    });
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    let authority = file("authority.pem");
    let authority = authority.to_str().unwrap();
    let started = server.ask(&["start", "a", "--ca", authority]);
    assert_eq!((started.code, &*started.out), (Some(0), "a  Running\n"), "{}", started.err);
    let mut following = server.client(&["logs", "a", "-f"]);
    following.env("SIGNALBOX_CA", authority);
    assert_eq!(crate::bench::Running::start(following).line(), "up");
    let distrustful = server.ask(&["status"]);
    assert_eq!(distrustful.code, Some(1), "nobody public vouches for it");
    assert!(distrustful.err.contains("give its authority's certificate"), "{}", distrustful.err);
    let mistaken = server.ask(&["status", "--ca", file("self-signed.pem").to_str().unwrap()]);
    assert_eq!(mistaken.code, Some(1), "another one vouches for it");
    assert!(mistaken.err.contains("self-signed.pem nor a public authority"), "{}", mistaken.err);
    let plain = server.url.replace("https:", "http:");
    let plain = server.ask(&["status", "--url", &plain]);
    assert_eq!(plain.code, Some(1), "{}", plain.err);
    assert!(plain.err.contains(&format!("give --url {}", server.url)), "{}", plain.err);
    let ended = server.running.end(rustix::process::Signal::TERM);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
}

#[test]
fn a_server_that_vouches_for_itself_is_trusted_by_whoever_has_its_certificate() {
    let certificate = file("self-signed.pem");
    let server = Server::start_with(SLEEPER, |command| {
        command.arg("--tls-cert").arg(&certificate);
        command.arg("--tls-key").arg(file("self-signed-key.pem"));
    });
    let trusting = server.ask(&["start", "a", "--ca", certificate.to_str().unwrap()]);
    assert_eq!((trusting.code, &*trusting.out), (Some(0), "a  Running\n"), "{}", trusting.err);
    assert_eq!(server.ask(&["status"]).code, Some(1), "nobody else does");
}

#[test]
fn tls_is_not_spoken_with_a_server_that_does_not() {
    let server = Server::start(SLEEPER);
    let sealed = server.ask(&["status", "--url", &server.url.replace("http:", "https:")]);
    assert_eq!(sealed.code, Some(1), "{}", sealed.err);
    let told = format!("does not speak TLS: give --url {}\n", server.url);
    assert!(sealed.err.ends_with(&told), "{}", sealed.err);
}

#[test]
fn files_that_cannot_be_used_are_named_before_anything_is_started() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("empty.pem"), "").unwrap();
    let up = |certificate: &Path, key: &Path| -> Ended {
        let mut command = signalbox(home.path());
        command.args(["up", "--listen", "127.0.0.1:0", "--tls-cert"]).arg(certificate);
        run({
            command.arg("--tls-key").arg(key);
            command
        })
    };
    let (certificate, key) = (file("certificate.pem"), file("key.pem"));
    for (ended, said) in [
        (up(Path::new("missing.pem"), &key), "cannot read missing.pem"),
        (up(&certificate, Path::new("empty.pem")), "empty.pem has no private key"),
        (up(&certificate, &file("other-key.pem")), "does not belong to the certificate"),
    ] {
        assert_eq!((ended.code, &*ended.out), (Some(2), ""));
        assert!(ended.err.contains(said), "{}", ended.err);
    }
    let mut alone = signalbox(home.path());
    alone.args(["up", "--tls-cert", "x.pem"]);
    let ended = run(alone);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("--tls-key"), "{}", ended.err);
}
