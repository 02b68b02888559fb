//! What every test stands on: the program, a server of its own, and nothing left behind.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long anything may take before the test has failed.
const DEADLINE: Duration = Duration::from_secs(30);

/// The program, with an environment that has nothing of the machine's.
pub(crate) fn signalbox(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signalbox"));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home).current_dir(home);
    command
}

/// What an ended program said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the program to its end.
pub(crate) fn run(mut command: Command) -> Ended {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: status.code(), out: text(stdout), err: text(stderr) }
}

/// A running program whose standard output is read line by line.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    /// Starts the program.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = read_lines(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line of standard output.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        match self.lines.recv_timeout(DEADLINE) {
            Ok(line) => line,
            Err(_) => panic!("no line; standard error: {}", self.end(Signal::KILL).err),
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Sends a signal and returns what was said until the end.
    pub(crate) fn end(&mut self, signal: Signal) -> Ended {
        self.signal(signal);
        self.wait()
    }

    /// Returns what was said until the end.
    pub(crate) fn wait(&mut self) -> Ended {
        let mut err = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut err).unwrap();
        }
        let code = self.child.wait().unwrap().code();
        let out = self.lines.iter().map(|line| line + "\n").collect();
        Ended { code, out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to clear away.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn read_lines(out: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// A control server with a directory of its own.
pub(crate) struct Server {
    pub(crate) home: TempDir,
    pub(crate) running: Running,
    pub(crate) url: String,
}

impl Server {
    /// Starts a server with this configuration.
    pub(crate) fn start(configuration: &str) -> Self {
        Self::start_with(configuration, |_| {})
    }

    /// Starts a server with this configuration, its command changed by `change`.
    pub(crate) fn start_with(configuration: &str, change: impl FnOnce(&mut Command)) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("signalbox.toml"), configuration).unwrap();
        let mut command = signalbox(home.path());
        command.args(["up", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
        change(&mut command);
        let mut running = Running::start(command);
        let line = running.line();
        let url = line.strip_prefix("Server listening on ").expect(&line).to_owned();
        Self { home, running, url }
    }

    /// A client command for this server.
    pub(crate) fn client(&self, arguments: &[&str]) -> Command {
        let mut command = signalbox(self.home.path());
        command.args(arguments).env("SIGNALBOX_URL", &self.url);
        command
    }

    /// Runs a client command for this server.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Ended {
        run(self.client(arguments))
    }
}

impl Drop for Server {
    /// Processes end with their server, so it is asked rather than killed.
    fn drop(&mut self) {
        if self.running.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.running.end(Signal::TERM);
        }
    }
}
