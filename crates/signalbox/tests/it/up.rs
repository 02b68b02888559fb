//! `up`: how it begins, how it ends, and why it would not begin.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use rustix::process::Signal;

use crate::bench::{Server, run, signalbox};

const SLEEPER: &str = "[process.a]\ncommand = \"exec sleep 1000\"\nautostart = true\n";

#[test]
fn it_starts_what_it_should_and_stops_all_of_it() {
    let mut server = Server::start(SLEEPER);
    assert_eq!(server.ask(&["start", "a"]).out, "a  Running\n");
    let ended = server.running.end(Signal::TERM);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), ""));
    assert!(ended.err.contains("stopping all processes"), "{}", ended.err);
    let mode = fs::metadata(server.home.path().join("data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn with_no_start_nothing_starts() {
    let server = Server::start_with(SLEEPER, |command| {
        command.arg("--no-start");
    });
    assert!(server.ask(&["status"]).out.contains("stopped"));
}

#[test]
fn a_second_signal_kills_at_once_and_still_ends_with_0() {
    let deaf = "[process.a]\ncommand = \"trap '' TERM; echo up; while :; do sleep 1000; done\"\nready.stdout = \"up\"\nstop.timeout = \"1h\"";
    let mut server = Server::start(deaf);
    assert_eq!(server.ask(&["start"]).code, Some(0));
    let mut events = crate::bench::Running::start(server.client(&["events", "-f", "--after", "2"]));
    server.running.signal(Signal::INT);
    assert!(events.line().contains("Stopping..."));
    assert_eq!(server.running.end(Signal::INT).code, Some(0));
}

#[test]
fn the_token_is_kept_while_it_is_in_force_and_no_child_has_it() {
    let configuration =
        "[process.a]\ncommand = \"env; echo up; exec sleep 1000\"\nready.stdout = \"up\"";
    let mut server = Server::start_with(configuration, |command| {
        command.env("SIGNALBOX_TOKEN", "canary-token");
    });
    let kept = server.home.path().join("data/token");
    assert_eq!(fs::read_to_string(&kept).unwrap(), "canary-token\n");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    let refused = server.ask(&["status"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("wants a token: give --token-file FILE"), "{}", refused.err);
    assert_eq!(server.ask(&["start", "a", "--data-dir", "data"]).code, Some(0));
    let logs = server.ask(&["logs", "a", "--token-file", "data/token"]);
    assert!(logs.out.contains("SIGNALBOX_PROCESS_ID=a"), "{logs:?}");
    assert!(!logs.out.contains("canary"), "{logs:?}");
    let ended = server.running.end(Signal::TERM);
    assert!(ended.err.contains("fewer than 16 characters"), "{}", ended.err);
    assert!(!ended.err.contains("canary"), "{}", ended.err);
    assert!(!kept.exists());
}

#[test]
fn others_than_this_machine_are_not_let_in_without_a_token() {
    let home = tempfile::tempdir().unwrap();
    let mut command = signalbox(home.path());
    command.args(["up", "--listen", "0.0.0.0:0"]);
    let ended = run(command);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.err.contains("0.0.0.0:0 is not a loopback address"), "{}", ended.err);
}

#[test]
fn an_address_in_use_is_named_with_who_has_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let home = tempfile::tempdir().unwrap();
    let mut command = signalbox(home.path());
    command.args(["up", "--no-start", "--listen", &address]);
    let ended = run(command);
    assert_eq!(ended.code, Some(1));
    let by = format!("{address} is already in use by ");
    assert!(ended.err.contains(&by), "{}", ended.err);
    assert!(ended.err.contains(&format!("(pid {})", std::process::id())), "{}", ended.err);
}

#[test]
fn a_data_directory_in_use_is_named() {
    let server = Server::start(SLEEPER);
    let mut command = signalbox(server.home.path());
    command.args(["up", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
    let ended = run(command);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("data is in use by another server (pid "), "{}", ended.err);
}

#[test]
fn it_stays_in_use_without_its_lock_file_and_none_that_leads_elsewhere_is_taken() {
    let server = Server::start(SLEEPER);
    let data = server.home.path().join("data");
    let again = || {
        let mut command = signalbox(server.home.path());
        command.args(["up", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
        run(command)
    };
    fs::remove_file(data.join("lock")).unwrap();
    let ended = again();
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("data is in use by another server"), "{}", ended.err);
    let other = server.home.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::set_permissions(&other, PermissionsExt::from_mode(0o777)).unwrap();
    let theirs = server.home.path().join("theirs");
    fs::write(&theirs, "theirs").unwrap();
    std::os::unix::fs::symlink(&theirs, other.join("lock")).unwrap();
    let mut command = signalbox(server.home.path());
    command.args(["up", "--listen", "127.0.0.1:0", "--data-dir", "other"]);
    let ended = run(command);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("others can write to the data directory"), "{}", ended.err);
    assert!(ended.err.contains("other cannot be used: "), "{}", ended.err);
    assert_eq!(fs::read_to_string(theirs).unwrap(), "theirs");
}

#[test]
fn a_wrong_configuration_starts_nothing() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("signalbox.toml"), "[process.a]\ncommand = \"x\"\nprot = 1")
        .unwrap();
    let mut command = signalbox(home.path());
    command.args(["up", "--data-dir", "data"]);
    let ended = run(command);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.err.contains(" --> signalbox.toml:3:1\n"), "{}", ended.err);
    assert!(ended.err.ends_with("1 fault in the configuration\n"), "{}", ended.err);
    assert!(!home.path().join("data").exists());
}
