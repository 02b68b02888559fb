//! How fast a client is sent lines.
//!
//! The library's buffer for a client is emptied by a task of its own. Lines come in thousands at once: sent as fast as
//! they can be, they fill it before that task runs, and an acknowledgement or an event would find no room. So lines stop
//! for a moment at an eighth of it: on a busy machine, that task may come late several times in a row.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::BUFFER_PACKETS;

/// How many lines in one go.
const LINES: usize = BUFFER_PACKETS / 8;

/// How long one go takes, at least: 128,000 lines a second are more than anybody reads.
const GO: Duration = Duration::from_millis(2);

/// The pace of one client, over all that it reads.
#[derive(Debug)]
pub(super) struct Pace(Mutex<Go>);

#[derive(Debug)]
struct Go {
    until: Instant,
    left: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self(Mutex::new(Go { until: Instant::now(), left: 0 }))
    }
}

impl Pace {
    /// Takes a turn to send a line; or says when to ask again.
    pub(super) fn next_turn(&self) -> Option<Instant> {
        let mut go = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if go.until <= now {
            *go = Go { until: now + GO, left: LINES };
        }
        match go.left.checked_sub(1) {
            Some(left) => {
                go.left = left;
                None
            }
            None => Some(go.until),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_go_is_a_part_of_the_buffer_and_the_next_one_comes() {
        let pace = Pace::default();
        for _ in 0..3 {
            assert!((0..LINES).all(|_| pace.next_turn().is_none()));
            let turn = pace.next_turn().unwrap();
            assert!(turn > Instant::now());
            advance(GO).await;
        }
    }
}
