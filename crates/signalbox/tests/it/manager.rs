//! Under a service manager: what it is told, and what no child is.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rustix::process::Signal;

use crate::bench::Server;

/// The service manager's end.
struct Manager {
    home: tempfile::TempDir,
    socket: UnixDatagram,
}

impl Manager {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(home.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { home, socket }
    }

    fn address(&self) -> String {
        self.home.path().join("notify").display().to_string()
    }

    /// Reads until something says this.
    fn until(&self, wanted: &str) -> String {
        let mut bytes = [0; 4096];
        let mut heard = String::new();
        loop {
            let Ok(length) = self.socket.recv(&mut bytes) else {
                panic!("{wanted:?} was not said, but: {heard}");
            };
            let said = std::str::from_utf8(&bytes[..length]).unwrap();
            if said.contains(wanted) {
                return said.to_owned();
            }
            heard.push_str(said);
            heard.push('\n');
        }
    }
}

const CHILD: &str = "[process.a]\ncommand = \"env > env.txt; exec sleep 1000\"\nautostart = true\nstop.timeout = \"7s\"\n[process.b]\ncommand = \"exec sleep 1000\"";

#[test]
fn it_is_told_of_the_beginning_of_life_and_of_the_end() {
    let manager = Manager::new();
    let mut server = Server::start_with(CHILD, |command| {
        command.env("NOTIFY_SOCKET", manager.address()).env("WATCHDOG_USEC", "200000");
    });
    assert_eq!(manager.until("READY=1"), "READY=1");
    let status = manager.until("; 1 of 2 running");
    let address = server.url.strip_prefix("http://").unwrap();
    assert_eq!(status, format!("STATUS=Listening on {address}; 1 of 2 running"));
    for _ in 0..3 {
        manager.until("WATCHDOG=1");
    }
    let environment = fs::read_to_string(server.home.path().join("env.txt")).unwrap();
    assert!(environment.contains("SIGNALBOX_PROCESS_ID=a"), "{environment}");
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC"] {
        assert!(!environment.contains(name), "{environment}");
    }
    assert_eq!(server.running.end(Signal::TERM).code, Some(0));
    let stopping = manager.until("STOPPING=1");
    // Both stop timeouts, twice ten seconds for SIGKILL, five for clients.
    assert!(stopping.contains("EXTEND_TIMEOUT_USEC=42000000"), "{stopping}");
}

#[test]
fn a_manager_that_cannot_be_reached_is_no_reason_not_to_start() {
    let mut server = Server::start_with(CHILD, |command| {
        command.env("NOTIFY_SOCKET", "/nowhere/notify").arg("--no-start");
    });
    assert_eq!(server.ask(&["status"]).code, Some(0));
    let ended = server.running.end(Signal::TERM);
    assert!(ended.err.contains("cannot be told anything"), "{}", ended.err);
}
