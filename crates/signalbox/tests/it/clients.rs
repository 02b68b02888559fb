//! `status`, `start`, `stop`, `restart`: what they say and how they exit.

use std::net::TcpListener;

use serde_json::Value;

use crate::bench::{Server, run, signalbox};

const PROCESSES: &str = r#"
[process.good]
command = "echo ready; exec sleep 1000"
ready.stdout = "ready"

[process.bad]
command = "echo boom >&2; exit 3"
ready.stdout = "never"
restart.policy = "never"

[process.slow]
command = "exec sleep 1000"
ready.stdout = "never"
"#;

#[track_caller]
fn check(server: &Server, arguments: &[&str], code: i32, out: &str, err: &str) {
    let ended = server.ask(arguments);
    let seen = (ended.code, ended.out.as_str(), ended.err.as_str());
    assert_eq!(seen, (Some(code), out, err), "{arguments:?}");
}

#[test]
fn orders_wait_until_what_they_want_is_so_or_cannot_be() {
    let server = Server::start(PROCESSES);
    check(&server, &["start", "good"], 0, "good  Running\n", "");
    check(&server, &["start", "good"], 0, "good  Running\n", "");
    check(&server, &["restart", "good"], 0, "good  Running\n", "");
    let said = "bad  Process exited with code 3 during startup\n";
    let told = "bad is not running: Process exited with code 3 during startup\n  | boom\n  See: signalbox logs bad\n";
    check(&server, &["start", "bad"], 4, said, told);
    let told = "slow is not running after 0.1s: Starting...\n  See: signalbox logs slow\n";
    check(&server, &["start", "slow", "--timeout", "0.1"], 4, "slow  Starting...\n", told);
    check(&server, &["stop"], 0, "good  Stopped\nbad   Stopped\nslow  Stopped\n", "");
    check(&server, &["stop", "good", "slow"], 0, "good  Stopped\nslow  Stopped\n", "");
    check(&server, &["start", "slow", "--no-wait"], 0, "slow  Starting...\n", "");
}

#[test]
fn a_restart_of_all_leads_back_to_where_it_began() {
    let both = "[process.one]\ncommand = \"exec sleep 1000\"\n[process.two]\ncommand = \"exec sleep 1000\"\nafter = [\"one\"]";
    let server = Server::start(both);
    check(&server, &["start"], 0, "one  Running\ntwo  Running\n", "");
    check(&server, &["restart"], 0, "one  Running\ntwo  Running\n", "");
    let events = server.ask(&["events", "--after", "4"]).out;
    let of = |state: &str| {
        events
            .lines()
            .filter(|line| line.contains(state))
            .map(|line| line[32..].split(' ').next())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("stopped"), [Some("two"), Some("one")], "{events}");
    assert_eq!(of("running"), [Some("one"), Some("two")], "{events}");
}

#[test]
fn what_has_done_its_work_was_started_all_right() {
    let server = Server::start("[process.once]\ncommand = [\"true\"]");
    let ended = server.ask(&["start", "once"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn status_is_a_table_and_one_document() {
    let server = Server::start(PROCESSES);
    let table = "\
ID    STATE    PORT  PID  UPTIME  RESTARTS  MESSAGE
good  stopped     -    -  -              0  Stopped
bad   stopped     -    -  -              0  Stopped
";
    check(&server, &["status", "good", "bad"], 0, table, "");
    let document: Value = serde_json::from_str(&server.ask(&["status", "--json"]).out).unwrap();
    assert_eq!(document["processes"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        (document["processes"][0]["state"].as_str(), &document["seq"]),
        (Some("stopped"), &Value::from(0))
    );
}

#[test]
fn an_unknown_id_orders_nothing() {
    let server = Server::start(PROCESSES);
    let told = "error: there is no process `goood`; did you mean `good`?\n";
    for command in [&["start", "good", "goood"][..], &["status", "goood"], &["logs", "goood"]] {
        check(&server, command, 2, "", told);
    }
    let told = "error: there is no process `x`; there are: good, bad, slow\n";
    check(&server, &["stop", "x"], 2, "", told);
    assert_eq!(server.ask(&["events"]).out, "");
}

#[test]
fn wrong_usage_is_one_document_too() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, told) in [
        (&["events", "--json", "--after", "abc"][..], "invalid value 'abc' for '--after <SEQ>'"),
        (&["status", "--json", "--bogus"], "unexpected argument '--bogus' found"),
        (&["status", "--json", "--url", "nowhere"], "bad server URL \"nowhere\""),
    ] {
        let mut command = signalbox(home.path());
        command.args(arguments);
        let ended = run(command);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.err.starts_with(&format!("error: {told}")), "{}", ended.err);
        let document: Value = serde_json::from_str(&ended.out).expect(&ended.out);
        assert_eq!(document["success"], false);
        let error = &document["error"];
        assert!(error["message"].as_str().unwrap().starts_with(told), "{document}");
        assert_eq!(
            (&error["type"], &error["code"]),
            (&"invalid_request_error".into(), &"invalid_usage".into())
        );
    }
}

#[test]
fn no_server_is_told_with_what_to_do() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let home = tempfile::tempdir().unwrap();
    let url = format!("http://127.0.0.1:{port}");
    for arguments in [&["status"][..], &["start"], &["logs", "-f"], &["events", "-f"]] {
        let mut command = signalbox(home.path());
        command.args(arguments).args(["--url", &url]);
        let ended = run(command);
        let told = format!("No server answers at {url}. Start one with: signalbox up\n");
        assert_eq!((ended.code, ended.out, ended.err), (Some(3), String::new(), told));
    }
}
