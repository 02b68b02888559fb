//! What was said of each process, and what is in doubt of it. No clock and no I/O: time comes in.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use crate::announced::Said;
use crate::verdict::Misfit;

/// How long something announced may differ from what is so before that is a violation. A death is told within
/// milliseconds; a machine under full load may take its time.
const TOLERANCE: Duration = Duration::from_secs(2);

/// Likewise for a port, which may be closed for a second before it is said.
const PORT_TOLERANCE: Duration = Duration::from_secs(4);

/// How many violations are remembered with their words.
const REMEMBERED: usize = 20;

/// Something that was announced and not so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The process.
    pub process: String,
    /// The number of the event that announced it.
    pub seq: u64,
    /// What was announced.
    pub state: &'static str,
    /// What is so.
    pub what: String,
}

/// What was found so far.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How long ago the last look began that was whole; none before the first one.
    pub age: Option<Duration>,
    /// When that was.
    pub at: Option<SystemTime>,
    /// How many announced states were compared with what is so.
    pub checks: u64,
    /// How many of them were not so for longer than can be explained.
    pub violations: u64,
    /// The last ones, oldest first.
    pub last: Vec<Violation>,
    /// How many processes are in doubt at this moment.
    pub doubts: usize,
}

struct Entry {
    said: Said,
    seq: u64,
    doubt: Option<Doubt>,
}

struct Doubt {
    since: Instant,
    /// Whether it was counted as a violation.
    told: bool,
}

/// The state of an audit.
#[derive(Default)]
pub(crate) struct Book {
    entries: BTreeMap<String, Entry>,
    pub(crate) checks: u64,
    pub(crate) violations: u64,
    pub(crate) last: Vec<Violation>,
}

impl Book {
    /// Something is said of a process. Gives how long what was said before had been untrue, if it was.
    pub(crate) fn hear(&mut self, seq: u64, said: Said, now: Instant) -> Option<Duration> {
        let id = said.id.clone();
        let before = self.entries.insert(id, Entry { said, seq, doubt: None });
        before.and_then(|entry| entry.doubt).map(|doubt| now.saturating_duration_since(doubt.since))
    }

    /// The last that was said of each process.
    pub(crate) fn said(&self) -> impl Iterator<Item = &Said> {
        self.entries.values().map(|entry| &entry.said)
    }

    /// Whether something is in doubt that is not counted yet.
    pub(crate) fn doubts(&self) -> usize {
        self.entries
            .values()
            .filter(|entry| entry.doubt.as_ref().is_some_and(|doubt| !doubt.told))
            .count()
    }

    /// A process was looked at. Gives a violation that is one now; or how long it was untrue that fits again.
    pub(crate) fn judge(&mut self, id: &str, misfit: Option<Misfit>, now: Instant) -> Judgement {
        self.checks += 1;
        let Some(entry) = self.entries.get_mut(id) else { return Judgement::Nothing };
        let Some(misfit) = misfit else {
            let untrue = entry.doubt.take().map(|doubt| now.saturating_duration_since(doubt.since));
            return untrue.map_or(Judgement::Nothing, Judgement::FitsAgain);
        };
        let doubt = entry.doubt.get_or_insert(Doubt { since: now, told: false });
        let tolerance = if misfit.port { PORT_TOLERANCE } else { TOLERANCE };
        if doubt.told || now.saturating_duration_since(doubt.since) <= tolerance {
            return Judgement::Nothing;
        }
        doubt.told = true;
        let violation = Violation {
            process: id.to_owned(),
            seq: entry.seq,
            state: entry.said.state.name(),
            what: misfit.what,
        };
        self.violations += 1;
        if self.last.len() == REMEMBERED {
            self.last.remove(0);
        }
        self.last.push(violation.clone());
        Judgement::Violation(violation)
    }
}

/// What came of a look.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    Nothing,
    FitsAgain(Duration),
    Violation(Violation),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::announced::State;

    fn said(state: State) -> Said {
        Said { id: "a".to_owned(), state, generation: 1, pid: Some(7), evidence: None }
    }

    fn misfit(port: bool) -> Option<Misfit> {
        Some(Misfit { what: "not so".to_owned(), port })
    }

    #[test]
    fn the_next_event_settles_a_doubt_and_tells_the_lag() {
        let (mut book, start) = (Book::default(), Instant::now());
        let after = |ms| start + Duration::from_millis(ms);
        assert_eq!(book.hear(1, said(State::Running), start), None);
        assert_eq!(book.judge("a", misfit(false), after(10)), Judgement::Nothing);
        assert_eq!(book.doubts(), 1);
        assert_eq!(book.hear(2, said(State::Error), after(40)), Some(Duration::from_millis(30)));
        assert_eq!((book.doubts(), book.violations), (0, 0));
    }

    #[test]
    fn what_nothing_settles_is_a_violation_once() {
        for (port, tolerance) in [(false, TOLERANCE), (true, PORT_TOLERANCE)] {
            let (mut book, start) = (Book::default(), Instant::now());
            book.hear(5, said(State::Running), start);
            book.judge("a", misfit(port), start);
            assert_eq!(book.judge("a", misfit(port), start + tolerance), Judgement::Nothing);
            let late = start + tolerance + Duration::from_millis(1);
            let violation = Violation {
                process: "a".to_owned(),
                seq: 5,
                state: "running",
                what: "not so".to_owned(),
            };
            assert_eq!(
                book.judge("a", misfit(port), late),
                Judgement::Violation(violation.clone())
            );
            assert_eq!(book.judge("a", misfit(port), late + tolerance), Judgement::Nothing);
            assert_eq!((book.violations, book.last, book.checks), (1, vec![violation], 4));
        }
    }

    #[test]
    fn what_fits_again_was_untrue_for_so_long() {
        let (mut book, start) = (Book::default(), Instant::now());
        book.hear(1, said(State::Running), start);
        book.judge("a", misfit(true), start);
        let again = book.judge("a", None, start + Duration::from_millis(300));
        assert_eq!(again, Judgement::FitsAgain(Duration::from_millis(300)));
        assert_eq!(book.judge("a", None, start + TOLERANCE), Judgement::Nothing);
    }
}
