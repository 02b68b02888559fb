//! How many callers may be connected at a time, and who goes when there are more.
//!
//! Each of them takes a descriptor, and who asks for something mostly another one for the upstream. Were
//! everybody let in, connections that say nothing could take the last ones, and every request would
//! fail. So those that are too many wait in the system's backlog, the first of them here; and whoever
//! has been silent for longest goes for them. Nobody goes who waits for an answer.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

/// For how long, in ms, a connection is silent at least when it has to go: what a client that has just
/// connected, or has just been answered, says next must not be lost.
const SILENCE_MS: u64 = 1_000;

/// How often somebody who may go is looked for while somebody waits.
const LOOK: Duration = Duration::from_millis(100);

/// For how long nothing more is said of there being too many: a log is no place for a flood.
const QUIET: Duration = Duration::from_secs(60);

/// Since when a connection is silent, where it is not: it waits for an answer.
const BUSY: u64 = u64::MAX;

/// All who are connected.
pub(crate) struct Crowd {
    most: usize,
    begun: Instant,
    /// Nobody may stay for another request once this is cancelled.
    draining: CancellationToken,
    inside: Mutex<Inside>,
    /// Somebody has gone.
    room: Notify,
}

#[derive(Default)]
struct Inside {
    guests: HashMap<u64, Arc<Presence>>,
    next: u64,
    /// When it was told last that there are too many.
    told: Option<Instant>,
}

/// What is known of one connection.
struct Presence {
    crowd: Arc<Crowd>,
    /// In ms since the crowd began, or [`BUSY`].
    silent_since_ms: AtomicU64,
    has_asked: AtomicBool,
    leave: CancellationToken,
}

/// A connection's place, for as long as it has it.
pub(crate) struct Guest {
    number: u64,
    presence: Arc<Presence>,
}

/// A request of a connection, up to the end of its answer.
pub(crate) struct Visit(Arc<Presence>);

impl Crowd {
    /// For so many connections at a time, all of which have to go when `draining` is cancelled.
    pub(crate) fn new(most: usize, draining: CancellationToken) -> Arc<Self> {
        let (inside, room) = (Mutex::default(), Notify::new());
        Arc::new(Self { most, begun: Instant::now(), draining, inside, room })
    }

    /// A place, once there is one.
    pub(crate) async fn admit(self: &Arc<Self>) -> Guest {
        if let Some(guest) = self.enter() {
            return guest;
        }
        self.tell();
        loop {
            self.ask_the_most_silent();
            // A place may also be given back by one that was asked before, or has ended by itself.
            let _nobody_has_gone = timeout(LOOK, self.room.notified()).await;
            if let Some(guest) = self.enter() {
                return guest;
            }
        }
    }

    fn enter(self: &Arc<Self>) -> Option<Guest> {
        let mut inside = self.inside();
        if inside.guests.len() >= self.most {
            return None;
        }
        let presence = Arc::new(Presence {
            crowd: Arc::clone(self),
            silent_since_ms: AtomicU64::new(self.now_ms()),
            has_asked: AtomicBool::new(false),
            // One of its own: each turn of a connection asks it, and locks it for that.
            leave: self.draining.child_token(),
        });
        let number = inside.next;
        inside.next += 1;
        inside.guests.insert(number, Arc::clone(&presence));
        Some(Guest { number, presence })
    }

    fn ask_the_most_silent(&self) {
        let now_ms = self.now_ms();
        let inside = self.inside();
        let staying = inside.guests.values().filter(|guest| !guest.leave.is_cancelled());
        let most_silent = staying.min_by_key(|guest| guest.silent_since_ms());
        if let Some(guest) = most_silent.filter(|guest| guest.may_go(now_ms)) {
            guest.leave.cancel();
        }
    }

    fn tell(&self) {
        let mut inside = self.inside();
        if inside.told.is_none_or(|told| told.elapsed() >= QUIET) {
            inside.told = Some(Instant::now());
            tracing::warn!(connections = self.most, "too many connections: silent ones are closed");
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(BUSY - 1)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Presence {
    fn silent_since_ms(&self) -> u64 {
        self.silent_since_ms.load(Ordering::Relaxed)
    }

    fn may_go(&self, now_ms: u64) -> bool {
        self.silent_since_ms().saturating_add(SILENCE_MS) <= now_ms
    }
}

impl Guest {
    /// A request begins.
    pub(crate) fn asks(&self) -> Visit {
        self.presence.has_asked.store(true, Ordering::Relaxed);
        self.presence.silent_since_ms.store(BUSY, Ordering::Relaxed);
        Visit(Arc::clone(&self.presence))
    }

    /// Whether there was no request yet.
    pub(crate) fn has_asked_nothing(&self) -> bool {
        !self.presence.has_asked.load(Ordering::Relaxed)
    }

    /// Completes when this connection shall take nothing new.
    pub(crate) async fn has_to_go(&self) {
        self.presence.leave.cancelled().await;
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let crowd = &self.presence.crowd;
        crowd.inside().guests.remove(&self.number);
        crowd.room.notify_one();
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let now_ms = self.0.crowd.now_ms();
        self.0.silent_since_ms.store(now_ms, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{Crowd, Guest, LOOK, SILENCE_MS};
    use std::{sync::Arc, time::Duration};
    use tokio::time::{Instant, advance, timeout};
    use tokio_util::sync::CancellationToken;

    /// Well within the time that a connection may be silent.
    const MOMENT: Duration = Duration::from_millis(10);

    const SILENCE: Duration = Duration::from_millis(SILENCE_MS);

    async fn full(crowd: &Arc<Crowd>, count: usize) -> Vec<Guest> {
        let mut guests = Vec::new();
        for _ in 0..count {
            guests.push(timeout(MOMENT, crowd.admit()).await.expect("there is room"));
            advance(MOMENT).await;
        }
        guests
    }

    fn has_to_go(guests: &[Guest]) -> Vec<bool> {
        guests.iter().map(|guest| guest.presence.leave.is_cancelled()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_been_silent_for_longest_goes_for_who_waits() {
        let crowd = Crowd::new(3, CancellationToken::new());
        let mut guests = full(&crowd, 3).await;
        drop(guests[0].asks());
        let begun = Instant::now();
        assert!(timeout(SILENCE - 3 * MOMENT, crowd.admit()).await.is_err());
        assert_eq!(has_to_go(&guests), [false; 3], "none of them has been silent for long");
        assert!(timeout(SILENCE / 4, crowd.admit()).await.is_err());
        assert_eq!(has_to_go(&guests)[..2], [false, true], "the first one has asked since");
        assert!(begun.elapsed() < 2 * SILENCE);
        drop(guests.remove(1));
        timeout(MOMENT, crowd.admit()).await.expect("there is room again");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_goes_who_waits_for_an_answer() {
        let crowd = Crowd::new(2, CancellationToken::new());
        let guests = full(&crowd, 2).await;
        let visits: Vec<_> = guests.iter().map(Guest::asks).collect();
        assert!(timeout(100 * SILENCE, crowd.admit()).await.is_err());
        assert_eq!(has_to_go(&guests), [false; 2]);
        drop(visits);
        assert!(timeout(SILENCE + 2 * LOOK, crowd.admit()).await.is_err());
        assert!(has_to_go(&guests).contains(&true), "they are silent now");
    }
}
