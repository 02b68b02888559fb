//! The service manager that started this server, if one did and wants to hear of it: `sd_notify`.
//!
//! It is told when connections are accepted, what is so in a line for people, when the end has begun and how long that
//! may take, and, where it asks for that, again and again that this program is alive. It is told by the one thread that
//! does all the work: a server that hangs says nothing.

use std::net::SocketAddr;
use std::time::Duration;

use supervisor::Supervisor;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;

use crate::environment::Environment;
use crate::notify::NotifySocket;

/// The variables by which a service manager says what it wants. They are for this program alone, and for none of those
/// that it runs.
pub(super) const VARIABLES: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/// The shortest time between two lines for people.
const STATUS_PAUSE: Duration = Duration::from_secs(1);

/// The way to a service manager, which leads nowhere if there is none. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct ServiceManager {
    socket: NotifySocket,
    /// How often it wants to hear that this program is alive, at least.
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// The one that the environment names.
    pub(super) fn find(environment: &Environment) -> Self {
        let watchdog = watchdog(environment, std::process::id());
        Self { socket: NotifySocket::find(environment), watchdog }
    }

    /// Connections are accepted: from now on it is kept up to date, until what is returned is dropped.
    pub(super) fn ready(&self, address: SocketAddr, supervisor: &Supervisor) -> JoinSet<()> {
        let mut keeping = JoinSet::new();
        if self.socket.is_there() {
            self.socket.tell("READY=1");
            keeping.spawn(self.clone().show_status(address, supervisor.clone()));
            if let Some(watchdog) = self.watchdog {
                keeping.spawn(self.clone().show_life(watchdog / 2));
            }
        }
        keeping
    }

    /// The end has begun, and may take so long.
    pub(super) fn stopping(&self, at_most: Duration) {
        let microseconds = at_most.as_micros();
        self.socket.tell(&format!(
            "STOPPING=1\nSTATUS=Stopping all processes\nEXTEND_TIMEOUT_USEC={microseconds}"
        ));
    }

    async fn show_life(self, interval: Duration) {
        loop {
            self.socket.tell("WATCHDOG=1");
            tokio::time::sleep(interval).await;
        }
    }

    async fn show_status(self, address: SocketAddr, supervisor: Supervisor) {
        let (_, mut events) = supervisor.subscribe();
        loop {
            let snapshot = supervisor.snapshot();
            let running = snapshot.processes.iter().filter(|process| process.running).count();
            let all = snapshot.processes.len();
            self.socket.tell(&format!("STATUS=Listening on {address}; {running} of {all} running"));
            if matches!(events.recv().await, Err(RecvError::Closed)) {
                return;
            }
            tokio::time::sleep(STATUS_PAUSE).await;
            events = events.resubscribe();
        }
    }
}

/// Within which time something must be heard of the program `pid`; none if that is asked of nobody, or of another one.
fn watchdog(environment: &Environment, pid: u32) -> Option<Duration> {
    let meant = environment.text("WATCHDOG_PID").is_none_or(|meant| meant == pid.to_string());
    let microseconds: u64 = environment.text("WATCHDOG_USEC")?.parse().ok()?;
    (meant && microseconds > 0).then(|| Duration::from_micros(microseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watchdog_is_for_the_process_that_it_names() {
        #[track_caller]
        fn check(variables: &[(&str, &str)], expected: Option<u64>) {
            let found = watchdog(&Environment::of(variables), 7);
            assert_eq!(found, expected.map(Duration::from_micros), "{variables:?}");
        }
        check(&[], None);
        check(&[("WATCHDOG_USEC", "3000")], Some(3_000));
        check(&[("WATCHDOG_USEC", "3000"), ("WATCHDOG_PID", "7")], Some(3_000));
        check(&[("WATCHDOG_USEC", "3000"), ("WATCHDOG_PID", "8")], None);
        check(&[("WATCHDOG_USEC", "0")], None);
        check(&[("WATCHDOG_USEC", "soon")], None);
    }
}
