//! `logs` and `events`: the past, what follows, and a server that comes back.

use rustix::process::Signal;
use serde_json::Value;

use crate::bench::{Running, Server};

const TALKERS: &str = r#"
[process.one]
command = "echo first; echo second; echo oops >&2; exec sleep 1000"
ready.stdout = "second"
[process.three]
command = "echo third; exec sleep 1000"
ready.stdout = "third"
"#;

#[test]
fn logs_are_lines_as_they_were_written() {
    let server = Server::start(TALKERS);
    assert_eq!(server.ask(&["start"]).code, Some(0));
    let mut follower = Running::start(server.client(&["logs", "one", "-f"]));
    let mut seen = [follower.line(), follower.line(), follower.line()];
    seen.sort();
    assert_eq!(seen, ["first", "oops", "second"]);
    let document: Value =
        serde_json::from_str(&server.ask(&["logs", "one", "--json"]).out).unwrap();
    assert_eq!(document["lines"].as_array().map(Vec::len), Some(3));
    let all = server.ask(&["logs"]).out;
    assert!(all.contains("three | third\n") && all.contains("one   ! oops\n"), "{all}");
    assert_eq!(server.ask(&["logs", "three", "-n", "0"]).out, "");
}

#[test]
fn following_output_goes_on_with_what_is_written() {
    let server = Server::start(TALKERS);
    assert_eq!(server.ask(&["start", "three"]).code, Some(0));
    let mut follower = Running::start(server.client(&["logs", "-f", "-n", "1"]));
    assert_eq!(follower.line(), "three | third");
    assert_eq!(server.ask(&["restart", "three"]).code, Some(0));
    assert_eq!(follower.line(), "three | third");
}

#[test]
fn events_are_told_once_each_and_in_order() {
    let server = Server::start(TALKERS);
    let mut follower = Running::start(server.client(&["events", "-f", "--json", "--after", "0"]));
    assert_eq!(server.ask(&["start", "three"]).code, Some(0));
    assert_eq!(server.ask(&["stop", "three"]).code, Some(0));
    for (seq, state) in ["starting", "running", "stopping", "stopped"].into_iter().enumerate() {
        let event: Value = serde_json::from_str(&follower.line()).unwrap();
        assert_eq!(event["seq"], Value::from(seq + 1));
        assert_eq!(event["three"]["state"], Value::from(state));
    }
    let past = server.ask(&["events", "--after", "2", "--json"]).out;
    let document: Value = serde_json::from_str(&past).unwrap();
    assert_eq!(document["events"].as_array().map(Vec::len), Some(2));
    assert_eq!(server.ask(&["events"]).out.lines().count(), 4);
}

#[test]
fn a_follower_says_that_its_server_went_away() {
    let mut server = Server::start(TALKERS);
    let mut follower = Running::start(server.client(&["events", "-f", "--after", "0"]));
    assert_eq!(server.ask(&["start", "three"]).code, Some(0));
    assert!(follower.line().contains("Starting..."));
    server.running.end(Signal::TERM);
    let ended = follower.wait();
    assert_eq!(ended.code, Some(3));
    assert!(ended.err.starts_with("Disconnected. Reconnecting...\nNo server answers"), "{ended:?}");
}
