//! The signals that ask this program to end.

use std::fs;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// SIGTERM, SIGINT and SIGHUP from when this was made. A SIGHUP that was ignored at the start (`nohup`) stays ignored.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Option<Signal>,
}

impl Signals {
    /// From now on these signals do not end the program by themselves.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let install = |kind| {
            signal(kind)
                .map_err(|error| Failure::Failed(format!("cannot listen for signals: {error}")))
        };
        Ok(Self {
            terminate: install(SignalKind::terminate())?,
            interrupt: install(SignalKind::interrupt())?,
            hangup: if hangup_is_ignored() { None } else { Some(install(SignalKind::hangup())?) },
        })
    }

    /// Returns at the next one of these signals.
    pub(crate) async fn next(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = hangup => {}
        }
    }
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
