//! The signals that ask this program to end, or a proxy to read its catalog again.

use std::fs;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// SIGTERM, SIGINT and SIGHUP from when this was made. A SIGHUP that was ignored at the start (`nohup`) stays ignored.
#[derive(Debug)]
pub(crate) struct Signals {
    ends: Ends,
    hangup: Option<Signal>,
}

impl Signals {
    /// From now on these signals do not end the program by themselves.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let hangup = if hangup_is_ignored() { None } else { Some(install(SignalKind::hangup())?) };
        Ok(Self { ends: Ends::listen()?, hangup })
    }

    /// Returns at the next one of these signals.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            () = self.ends.next() => {}
            () = received(&mut self.hangup) => {}
        }
    }
}

/// SIGTERM and SIGINT for a proxy, for which SIGHUP means to read its catalog again.
#[derive(Debug)]
pub(crate) struct ProxySignals {
    ends: Ends,
    hangup: Option<Signal>,
    /// Whether it ends with its terminal. Under a control server it does not: that one ends it, or outlives the terminal.
    has_to_follow_terminal: bool,
}

/// What a signal asks a proxy to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    End,
    Reload,
}

impl ProxySignals {
    /// From now on these signals do not end the program by themselves.
    pub(crate) fn listen(is_supervised: bool) -> Result<Self, Failure> {
        let hangup = if hangup_is_ignored() { None } else { Some(install(SignalKind::hangup())?) };
        let has_to_follow_terminal = !is_supervised && has_terminal();
        Ok(Self { ends: Ends::listen()?, hangup, has_to_follow_terminal })
    }

    /// What the next signal asks for. A SIGHUP because the terminal is gone asks to end.
    pub(crate) async fn next(&mut self) -> Wish {
        tokio::select! {
            () = self.ends.next() => Wish::End,
            () = received(&mut self.hangup) => {
                let is_gone = self.has_to_follow_terminal && !has_terminal();
                if is_gone { Wish::End } else { Wish::Reload }
            }
        }
    }
}

/// SIGTERM and SIGINT.
#[derive(Debug)]
struct Ends {
    terminate: Signal,
    interrupt: Signal,
}

impl Ends {
    fn listen() -> Result<Self, Failure> {
        Ok(Self {
            terminate: install(SignalKind::terminate())?,
            interrupt: install(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn install(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| Failure::Failed(format!("cannot listen for signals: {error}")))
}

/// Returns when the signal comes; never, if it is not listened for.
async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether there is a terminal that could take this program with it.
fn has_terminal() -> bool {
    fs::File::open("/dev/tty").is_ok()
}

fn hangup_is_ignored() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hangup(&status))
}

/// SIGHUP is signal 1, so the lowest bit of the mask.
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 == 1))
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_ignored_hangup_is_seen_in_the_mask() {
        assert!(super::ignores_hangup("Name:\tx\nSigIgn:\t0000000000001001\n"));
        assert!(!super::ignores_hangup("Name:\tx\nSigIgn:\t0000000000001000\n"));
        assert!(!super::ignores_hangup("Name:\tx\n"));
    }
}
