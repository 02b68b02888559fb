//! A server that the run starts for itself: it says on its standard output where it listens.
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::failure::{Doing, Outcome, broken};

/// What every such server says once it accepts.
const LISTENING: &str = "Server listening on http://";
/// How long a server may take to end before it is killed.
const END: Duration = Duration::from_secs(20);

/// A server that ends with its owner.
pub(crate) struct Program {
    child: Child,
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
        let mut program = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        program.address = address.map_or_else(|| broken(said(&what, errors)), Ok)?;
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

fn said(what: &str, errors: &Path) -> String {
    let text = std::fs::read_to_string(errors).unwrap_or_default();
    format!("{what}: it never said `{LISTENING}ADDRESS`; its errors: {}", text.trim())
}
