//! The server is killed: its processes end with it, or when the next one starts.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use process::{LedgerError, Spawner, SpawnerOptions, end_strays};

use crate::common::{badchild_path, command, is_dead, state, until, within};

/// A server in a process of its own.
struct Served {
    server: Child,
    has_cgroup: bool,
    /// What it started, the leader first.
    pids: Vec<u32>,
}

fn serve(ledger: &Path, cgroup: &str) -> Served {
    let mut server = Command::new(badchild_path());
    server.arg("serve").arg(ledger).arg(cgroup).stdout(Stdio::piped());
    let mut server = server.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let (kind, pids) = line.split_once(' ').unwrap();
    let pids = pids.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
    Served { server, has_cgroup: kind == "cgroup", pids }
}

fn kill(server: &mut Child) {
    server.kill().unwrap();
    server.wait().unwrap();
}

#[tokio::test]
async fn children_die_with_the_server_and_strays_with_the_next() {
    for cgroup in ["cgroup", "nocgroup"] {
        let directory = tempfile::tempdir().unwrap();
        let ledger = directory.path().join("ledger");
        let Served { mut server, has_cgroup, pids } = serve(&ledger, cgroup);
        kill(&mut server);
        until(|| is_dead(pids[0])).await;
        let left: Vec<u32> = pids[1..].iter().copied().filter(|pid| !is_dead(*pid)).collect();
        assert_eq!(left.len(), 2, "{pids:?}");
        let ended = end_strays(&ledger).unwrap();
        let mut known: Vec<u32> = left.clone();
        if !has_cgroup {
            // Nothing proves whose the one without environment was.
            known.retain(|pid| ended.iter().any(|member| member.pid == *pid));
            assert_eq!(known.len(), 1, "{cgroup} {pids:?} {ended:?}");
            left.iter().filter(|pid| !known.contains(pid)).for_each(|pid| end_process(*pid));
        }
        assert_eq!(ended.len(), known.len(), "{ended:?}");
        assert!(known.iter().all(|pid| is_dead(*pid)));
        assert!(ended.iter().all(|member| member.name == "sleep"));
        assert_eq!(end_strays(&ledger).unwrap(), []);
        assert!(!has_group_of(server.id()));
    }
}

fn end_process(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

fn has_group_of(pid: u32) -> bool {
    let name = format!("signalbox-bad{pid}");
    ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
        .iter()
        .any(|root| Path::new(root).join(&name).exists())
}

#[tokio::test]
async fn a_leader_that_outlived_the_server_is_known_by_its_start() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = directory.path().join("ledger");
    let Served { mut server, pids, .. } = serve(&ledger, "nocgroup");
    let written = fs::read(&ledger).unwrap();
    // Before the server dies: the ledger is complete, and everything alive.
    let ended = end_strays(&ledger).unwrap();
    assert!(pids.iter().all(|pid| ended.iter().any(|member| member.pid == *pid)), "{ended:?}");
    kill(&mut server);
    until(|| pids.iter().all(|pid| is_dead(*pid))).await;
    // The same numbers, another start: nobody is harmed.
    let mut stranger = Command::new("sleep").arg("1000").spawn().unwrap();
    let mut forged = written;
    let pid = pids[0].to_le_bytes();
    let at = forged.windows(4).rposition(|bytes| bytes == pid).unwrap();
    forged[at..at + 4].copy_from_slice(&stranger.id().to_le_bytes());
    fs::write(&ledger, forged).unwrap();
    assert_eq!(end_strays(&ledger).unwrap(), []);
    assert!(!is_dead(stranger.id()));
    kill(&mut stranger);
}

#[test]
fn no_ledger_means_nothing_left() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(end_strays(&directory.path().join("none")).unwrap(), []);
}

#[test]
fn a_damaged_ledger_is_named_and_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = directory.path().join("ledger");
    for content in [&b""[..], b"SBXLEDG1", &[0xFF; 5000], &[0; 4096]] {
        fs::write(&ledger, content).unwrap();
        let error = end_strays(&ledger).unwrap_err();
        let inner = error.get_ref().unwrap().downcast_ref::<LedgerError>();
        assert!(matches!(inner, Some(LedgerError::Damaged(_))), "{error}");
        assert!(error.to_string().starts_with("the ledger of running processes is damaged: "));
    }
    let options = SpawnerOptions {
        cgroup: false,
        instance: format!("test-ledger-{}", std::process::id()),
        ledger: Some(ledger.clone()),
    };
    drop(Spawner::start(options).unwrap());
    assert_eq!(end_strays(&ledger).unwrap(), []);
}

#[tokio::test]
async fn without_a_place_for_the_ledger_it_works_all_the_same() {
    for path in ["/proc/nowhere/ledger", "/dev/full"] {
        let options = SpawnerOptions {
            cgroup: true,
            instance: format!("test-noledger-{}", std::process::id()),
            ledger: Some(path.into()),
        };
        let spawner = Spawner::start(options).unwrap();
        let mut child = within(spawner.spawn(command(&["true"]))).await.unwrap();
        within(child.exited()).await;
    }
}

#[tokio::test]
async fn children_die_when_the_spawner_does_and_none_stays_a_zombie() {
    let spawner = crate::common::spawner(true);
    let child = crate::common::sh(&spawner, "sleep 1000").await;
    let pid = child.pid();
    drop(spawner);
    assert!(!is_dead(pid), "the child is still in use");
    drop(child);
    until(|| state(pid).is_none()).await;
}

#[tokio::test]
async fn what_is_left_when_nothing_is_in_use_is_ended() {
    for spawner in crate::common::both() {
        let script = "setsid sleep 1000 & echo $!; exec sleep 1000";
        let mut child = crate::common::sh(&spawner, script).await;
        let (mut stdout, _) = child.take_output();
        let text = crate::common::read_until(&mut stdout, "\n").await;
        let pids = [child.pid(), text.trim().parse().unwrap()];
        drop(spawner);
        drop((child, stdout));
        until(|| pids.iter().all(|pid| state(*pid).is_none())).await;
    }
}
