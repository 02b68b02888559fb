//! `provider-router` and `qwen-proxy` as programs of their own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use store::{CATALOG_FILE, Catalog, Change, Setting};
use tokio::time::Instant;

use crate::bench::{Running, run, signalbox};

#[test]
fn each_says_where_it_listens_and_ends_when_told() {
    let home = tempfile::tempdir().unwrap();
    for proxy in ["provider-router", "qwen-proxy"] {
        let mut command = signalbox(home.path());
        command.args([proxy, "--data-dir", "data"]).env("PORT", "0");
        let mut running = Running::start(command);
        let line = running.line();
        let port: u16 = line.strip_prefix("Server listening on port ").unwrap().parse().unwrap();
        assert_ne!(port, 0);
        let mut second = signalbox(home.path());
        second.args([proxy, "--port", &port.to_string()]);
        let refused = run(second);
        assert_eq!(refused.code, Some(1));
        assert!(
            refused.err.contains(&format!(":{port} is already in use by signalbox")),
            "{refused:?}"
        );
        assert_eq!(running.end(Signal::TERM).code, Some(0));
    }
}

fn health(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn catalog(data_dir: &Path) -> Catalog {
    std::fs::create_dir_all(data_dir).unwrap();
    let (catalog, _, warnings) = Catalog::open(&data_dir.join(CATALOG_FILE));
    assert_eq!(warnings, Vec::<String>::new());
    catalog
}

#[test]
fn a_hangup_has_the_catalog_read_again_and_ends_nothing() {
    let home = tempfile::tempdir().unwrap();
    let catalog = catalog(&home.path().join("share/signalbox"));
    let mut command = signalbox(home.path());
    command.args(["provider-router", "--port", "0"]);
    command.env("XDG_DATA_HOME", home.path().join("share"));
    let mut running = Running::start(command);
    let port = running.line().rsplit(' ').next().unwrap().parse().unwrap();
    assert!(health(port).contains("\"lm-studio\""));
    let gone = Change::DeleteProvider("lm-studio".to_owned());
    catalog.apply(&[gone, Change::Unset(Setting::ActiveProvider)]).unwrap();
    running.signal(Signal::HUP);
    let until = Instant::now() + Duration::from_secs(20);
    while health(port).contains("\"lm-studio\"") {
        assert!(Instant::now() < until, "the change is not seen");
        std::thread::yield_now();
    }
    assert_eq!(running.end(Signal::TERM).code, Some(0));
}

#[track_caller]
fn check(arguments: &[&str], variable: (&str, &str), told: &str) {
    let home = tempfile::tempdir().unwrap();
    let mut command = signalbox(home.path());
    command.args(arguments).env(variable.0, variable.1);
    let ended = run(command);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains(told) && !ended.err.contains("canary"), "{}", ended.err);
}

#[test]
fn wrong_settings_are_refused_without_showing_keys() {
    check(&["provider-router"], ("PORT", "http"), "PORT is not a port: \"http\"");
    check(&["provider-router", "--port", "0"], ("SIGNALBOX_UPSTREAM", "nowhere"), "nowhere");
    check(&["qwen-proxy", "--port", "0"], ("DASHSCOPE_API_KEY", "canary\u{1}key"), "key");
    check(&["qwen-proxy", "--port", "70000"], ("X", ""), "--port");
    check(&["qwen-proxy", "--drain", "soon"], ("X", ""), "--drain");
}
