//! A server that the run starts for itself: it says on its standard output where it listens.
use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::clock::{ms_since, now_ns};
use crate::failure::{Doing, Outcome, broken};

/// What every such server says once it accepts.
const LISTENING: &str = "Server listening on http://";
/// How many of its last lines are shown when something went wrong.
const LAST: usize = 8;
/// An address before there is one.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// Between two looks whether a server accepts.
const LOOK: Duration = Duration::from_micros(500);
/// How long a server may take to end before it is killed.
const END: Duration = Duration::from_secs(20);

/// A server that ends with its owner.
pub(crate) struct Program {
    child: Child,
    errors: PathBuf,
    address: SocketAddr,
}

impl Program {
    /// Starts it and waits for the line that says where it listens; its errors go to `errors`.
    pub(crate) fn start(command: &mut Command, errors: &Path) -> Outcome<Self> {
        let what = format!("starting {}", command.get_program().to_string_lossy());
        let file = File::create(errors).doing("making a file for errors")?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file);
        let mut child = command.spawn().doing(&what)?;
        let address = listening(&mut child);
        let mut program = Self { child, errors: errors.to_owned(), address: NOWHERE };
        let silent = || broken(program.explain(format!("{what}: no `{LISTENING}ADDRESS`")));
        program.address = address.map_or_else(silent, Ok)?;
        Ok(program)
    }

    /// Starts it and waits until it accepts at this address.
    pub(crate) fn start_at(
        command: &mut Command,
        errors: &Path,
        address: SocketAddr,
    ) -> Outcome<Self> {
        let what = format!("starting {}", command.get_program().to_string_lossy());
        let file = File::create(errors).doing("making a file for errors")?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        let child = command.spawn().doing(&what)?;
        let mut program = Self { child, errors: errors.to_owned(), address };
        let start_ns = now_ns();
        while TcpStream::connect(address).is_err() {
            let ended = program.child.try_wait().doing(&what)?.is_some();
            if ended || ms_since(start_ns) > END.as_secs_f64() * 1e3 {
                return broken(program.explain(format!("{what}: it does not accept at {address}")));
            }
            std::thread::sleep(LOOK);
        }
        Ok(program)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its pid.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What went wrong with it, and what it said last on its standard error.
    pub(crate) fn explain(&self, wrong: impl Display) -> String {
        let text = std::fs::read_to_string(&self.errors).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = lines.get(lines.len().saturating_sub(LAST)..).unwrap_or_default();
        format!("{wrong}\nIts errors end with:\n{}", last.join("\n"))
    }

    /// Asks it to end, and says whether it did so in time.
    fn end(&mut self) -> Option<()> {
        let pid = Pid::from_child(&self.child);
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        kill_process(pid, Signal::TERM).ok()?;
        let timeout = Timespec::try_from(END).ok()?;
        let ended = poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&timeout)).ok()?;
        (ended > 0).then_some(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.end().is_none() {
            let _killed = self.child.kill();
        }
        let _reaped = self.child.wait();
    }
}

/// The address in the first line that names one; none if the output ends before.
fn listening(child: &mut Child) -> Option<SocketAddr> {
    let lines = BufReader::new(child.stdout.take()?).lines().map_while(Result::ok);
    let mut addresses = lines.filter_map(|line| line.strip_prefix(LISTENING)?.parse().ok());
    addresses.next()
}
