//! What good configurations say.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lifecycle::RestartMode;
use supervisor::ProcessSpec;

use super::{read, read_in, surroundings};
use crate::config::{Config, Surroundings, parse};

#[track_caller]
fn only(content: &str) -> ProcessSpec {
    let config = read(content).unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(config.processes.len(), 1);
    config.processes.into_iter().next().unwrap()
}

#[test]
fn without_a_file_there_are_the_two_built_in_servers() {
    let config = read("").unwrap();
    assert_eq!(config.server.listen, SocketAddr::from(([127, 0, 0, 1], 3002)));
    assert_eq!(config.server.data_dir, Path::new("/data"));
    let [qwen, router] = config.processes.try_into().unwrap();
    assert_eq!((qwen.id.as_str(), qwen.port, qwen.primary), ("qwenProxy", Some(3000), false));
    assert_eq!(
        (router.id.as_str(), router.port, router.primary),
        ("providerRouter", Some(3001), true)
    );
    assert!(qwen.autostart && router.autostart && router.ready.tcp);
    assert_eq!(router.after, ["qwenProxy"]);
    assert_eq!(router.ready.stdout.unwrap().as_str(), "^Server listening on port 3001$");
    let expected =
        ["/bin/signalbox", "provider-router", "--port=3001", "--data-dir=/data", "--drain=9500ms"];
    assert_eq!(router.command, expected);
}

#[test]
fn a_file_about_the_server_alone_keeps_the_built_in_servers() {
    let config =
        read("[server]\nlisten = \"localhost:0\"\nallowed_origins = [\"http://X:1\"]").unwrap();
    assert_eq!(config.server.listen, SocketAddr::from(([127, 0, 0, 1], 0)));
    assert_eq!(config.processes.len(), 2);
    assert!(config.processes[0].command.contains(&"--allowed-origin=http://x:1".to_owned()));
}

#[test]
fn what_is_kept_is_as_much_as_is_said() {
    let kept = |config: Config| {
        (config.server.log_file_mb, config.server.log_files, config.server.journal_mb)
    };
    let said = read("[server]\nlog_file_mb = 1\nlog_files = 2\njournal_mb = 3").unwrap();
    assert_eq!(kept(said), (1, 2, 3));
    assert_eq!(kept(read("").unwrap()), (10, 5, 100));
}

#[test]
fn what_is_left_out_has_the_contracts_defaults() {
    let spec = only("[process.myServer]\ncommand = \"exec prog\"");
    assert_eq!(spec.command, ["sh", "-c", "exec prog"]);
    assert_eq!((spec.title.as_str(), spec.cwd.as_path()), ("myServer", Path::new("/")));
    assert_eq!((spec.port, spec.autostart, spec.primary), (None, false, true));
    assert!(spec.after.is_empty() && spec.env.is_empty() && spec.liveness.is_none());
    assert!(spec.ready.stdout.is_none() && spec.ready.http.is_none());
    assert!(!spec.ready.tcp && !spec.ready.notify);
    assert_eq!(spec.ready.timeout, Duration::from_secs(30));
    assert_eq!(
        (spec.stop.signal.as_str(), spec.stop.timeout),
        ("SIGTERM", Duration::from_secs(10))
    );
    assert_eq!((spec.restart.mode, spec.restart.max), (RestartMode::OnFailure, 5));
    assert_eq!(spec.restart.window, Duration::from_secs(60));
    assert_eq!(spec.restart.backoff, Duration::from_millis(200));
    assert_eq!(spec.restart.backoff_max, Duration::from_secs(10));
}

#[test]
fn dotted_keys_and_tables_say_the_same() {
    let dotted = only(
        "[process.a]\ncommand = [\"x\", \"--port={port}\"]\nport = 4000\nready.stdout = 'on {port}'\nready.http = \"/h\"\nready.notify = true\nliveness.http = \"/l\"\nstop.signal = \"int\"\nrestart.policy = \"always\"\nrestart.backoff = \"1m30s\"",
    );
    let tables = only(
        "[process.a]\ncommand = [\"x\", \"--port={port}\"]\nport = 4000\n[process.a.ready]\nstdout = 'on {port}'\nhttp = \"/h\"\nnotify = true\n[process.a.liveness]\nhttp = \"/l\"\n[process.a.stop]\nsignal = \"SIGINT\"\n[process.a.restart]\npolicy = \"always\"\nbackoff = \"90s\"\n",
    );
    assert_eq!(format!("{dotted:?}"), format!("{tables:?}"));
    assert_eq!(dotted.command, ["x", "--port=4000"]);
    assert!(dotted.ready.notify);
    assert_eq!(dotted.ready.stdout.unwrap().as_str(), "on 4000");
    assert_eq!(dotted.restart.backoff_max, Duration::from_secs(90));
    let liveness = dotted.liveness.unwrap();
    assert_eq!(
        (liveness.interval, liveness.timeout),
        (Duration::from_secs(5), Duration::from_secs(2))
    );
    assert_eq!(liveness.failures, 3);
}

#[test]
fn any_key_goes_over_what_a_built_in_server_brings() {
    let spec = only(
        "[process.mine]\nbuiltin = \"qwen-proxy\"\nport = 5000\nautostart = false\ntitle = \"Q\"\nready.stdout = \"up\"\nready.tcp = false\nstop.timeout = \"600ms\"",
    );
    assert_eq!((spec.title.as_str(), spec.port, spec.autostart), ("Q", Some(5000), false));
    assert_eq!((spec.ready.stdout.unwrap().as_str(), spec.ready.tcp), ("up", false));
    assert!(spec.command.contains(&"--port=5000".to_owned()), "{:?}", spec.command);
    assert!(spec.command.contains(&"--drain=300ms".to_owned()), "{:?}", spec.command);
}

#[test]
fn processes_keep_the_order_of_the_file() {
    let config =
        read("[process.z]\ncommand = \"z\"\n[process.a]\ncommand = \"a\"\nafter = [\"z\", \"z\"]")
            .unwrap();
    let ids: Vec<_> =
        config.processes.iter().map(|spec| (spec.id.as_str(), spec.primary)).collect();
    assert_eq!(ids, [("z", true), ("a", false)]);
    assert_eq!(config.processes[1].after, ["z"]);
}

#[test]
fn paths_are_relative_to_the_file_and_env_goes_over_env_file() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("sub")).unwrap();
    fs::write(directory.path().join("x.env"), "A=file\nB='kept'\n").unwrap();
    let content = "[server]\ndata_dir = \"./d\"\n[process.a]\ncommand = \"x\"\ncwd = \"./sub\"\nenv_file = \"x.env\"\nenv = { A = \"own\", C = \"\" }";
    let config = read_in(directory.path(), content).unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(config.server.data_dir, directory.path().join("d"));
    let spec = &config.processes[0];
    assert_eq!(spec.cwd, directory.path().join("sub"));
    let pairs: Vec<_> =
        spec.env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(pairs, [("A", "own"), ("B", "kept"), ("C", "")]);
}

#[test]
fn the_command_line_goes_over_the_file() {
    let surroundings = Surroundings {
        listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
        data_dir: Some(PathBuf::from("/other")),
        ..surroundings()
    };
    let content = "[server]\nlisten = \"127.0.0.1:4000\"\ndata_dir = \"/d\"\n[process.a]\ncommand = \"x\"\nport = 4000";
    let config = parse(content, "f", Path::new("/"), &surroundings).unwrap();
    assert_eq!((config.server.listen.port(), config.server.data_dir.to_str()), (0, Some("/other")));
}
