//! What a generation says of itself, in the words of `sd_notify`.
//!
//! Each generation has a socket of its own, whose name only it is told. A notice counts if the kernel says that a living
//! member of its tree sent it: so neither a stranger nor what is left of an earlier generation can make it ready. A
//! command that sends and ends at once may be gone before anybody looks; `systemd-notify` waits until its notice was
//! taken (`BARRIER=1`), which is answered by taking notices in their order.

use std::time::Duration;

use lifecycle::{Fact, Generation, Proof};
use process::{Notice, NotifySocket, Tree};
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::attend::Reporter;
use crate::said::Said;

/// The wait after a notice that does not count: it cost a look through `/proc`, and whoever sends it could send more.
const STRANGER_WAIT: Duration = Duration::from_millis(5);

/// How much time can be asked for in one notice.
const LONGEST_EXTENSION: Duration = Duration::from_secs(24 * 60 * 60);

/// The wait after the socket could not be read.
const UNREAD_WAIT: Duration = Duration::from_secs(1);

/// Makes the socket for a generation of process `id`.
pub(crate) fn open(id: &str, generation: Generation) -> std::io::Result<NotifySocket> {
    let name = format!("signalbox/{id}/{}/{:016x}", generation.0, fastrand::u64(..));
    NotifySocket::bind(&name)
}

/// What one generation has said so far.
#[derive(Default)]
struct Heard {
    said: Said,
    ready: bool,
    stopping: bool,
}

/// Takes notices, and reports what follows from them, for as long as it is let. They are taken after ready, too: whoever
/// sends waits while nobody does.
pub(crate) async fn heed(socket: NotifySocket, id: String, tree: Tree, reporter: Reporter) {
    let mut heard = Heard::default();
    loop {
        let received = tokio::select! {
            received = socket.receive() => received,
            text = heard.said.due() => {
                reporter.say(text);
                continue;
            }
        };
        match received {
            Ok(notice) => match notice.sender.filter(|pid| tree.contains(*pid)) {
                Some(pid) => take(&notice, pid, &mut heard, &reporter),
                None => {
                    let sender = notice.sender;
                    tracing::debug!(process.id = id, sender, "a notice of a stranger is ignored");
                    sleep(STRANGER_WAIT).await;
                }
            },
            Err(error) => {
                tracing::warn!(process.id = id, %error, "notices cannot be received");
                sleep(UNREAD_WAIT).await;
            }
        }
        yield_now().await;
    }
}

/// The lines of a notice hold together, whatever their order: what it says of itself comes before what follows from the
/// others, so that the event has it. That is once for each of them, or who repeats them would set the pace.
fn take(notice: &Notice, pid: u32, heard: &mut Heard, reporter: &Reporter) {
    let lines = || notice.text.lines().filter_map(|line| line.split_once('='));
    let has = |wanted| lines().any(|line| line == wanted);
    if let Some((_, status)) = lines().rfind(|(name, _)| *name == "STATUS") {
        heard.said.hear(status);
    }
    let is_news = |known: &mut bool, wanted| has(wanted) && !std::mem::replace(known, true);
    let ready = is_news(&mut heard.ready, ("READY", "1"));
    let stopping = is_news(&mut heard.stopping, ("STOPPING", "1"));
    if (ready || stopping)
        && let Some(text) = heard.said.at_once()
    {
        reporter.say(text);
    }
    if let Some((_, wait)) = lines().rfind(|(name, _)| *name == "EXTEND_TIMEOUT_USEC")
        && let Ok(micros) = wait.parse()
    {
        reporter.wants_time(Duration::from_micros(micros).min(LONGEST_EXTENSION));
    }
    for line in lines() {
        match line {
            ("READY", "1") => reporter.report(Fact::Held(Proof::Notified { pid })),
            ("STOPPING", "1") => reporter.report(Fact::Withdrawn),
            _ => {}
        }
    }
}
