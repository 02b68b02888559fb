//! `provider-router` and `qwen-proxy` as programs of their own.

use rustix::process::Signal;

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
