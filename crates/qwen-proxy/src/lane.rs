//! The queue of the requests for one model, as data: who is next, and when.
//!
//! Whoever wants to send joins and gets a ticket; tickets go out in their order, at the model's
//! pace. A request that was refused joins again with the ticket that it has, which puts it in front
//! of all that came later.

use std::collections::BTreeSet;

use crate::pace::Pace;

/// How many requests may wait for one model. Each of them keeps its body in memory.
const LONGEST_QUEUE: usize = 128;

/// A place in the order.
pub(crate) type Ticket = u64;

/// What holds for whoever has a ticket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It goes out now, and is not in the queue any more.
    Now,
    /// It is the next one, at this time at the earliest.
    At(u64),
    /// Others are before it.
    Behind,
}

/// Why a request may not wait.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// Too many wait already. In so many ms there is room, about.
    Full { wait_ms: u64 },
    /// Its turn would come too late.
    TooLong { wait_ms: u64 },
}

/// The queue for one model.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) pace: Pace,
    waiting: BTreeSet<Ticket>,
    next: Ticket,
}

impl Lane {
    pub(crate) fn new() -> Self {
        Self { pace: Pace::new(), waiting: BTreeSet::new(), next: 0 }
    }

    /// Joins the queue, with the ticket of an earlier time if there was one.
    pub(crate) fn join(
        &mut self,
        earlier: Option<Ticket>,
        now_ms: u64,
        deadline_ms: u64,
    ) -> Result<Ticket, Held> {
        let ticket = earlier.unwrap_or(self.next);
        let ahead = self.waiting.range(..ticket).count();
        let wait_ms = self.pace.wait_ms(ahead, now_ms);
        if now_ms + wait_ms > deadline_ms {
            return Err(Held::TooLong { wait_ms });
        }
        if earlier.is_none() && self.waiting.len() >= LONGEST_QUEUE {
            return Err(Held::Full { wait_ms });
        }
        self.next = self.next.max(ticket + 1);
        self.waiting.insert(ticket);
        Ok(ticket)
    }

    /// Whether it is this one's turn; if so, it goes out.
    pub(crate) fn turn(&mut self, ticket: Ticket, now_ms: u64) -> Turn {
        if self.waiting.first() != Some(&ticket) {
            return Turn::Behind;
        }
        let at_ms = self.pace.next_ms(now_ms);
        if at_ms > now_ms {
            return Turn::At(at_ms);
        }
        self.waiting.remove(&ticket);
        self.pace.send(now_ms);
        Turn::Now
    }

    /// Whoever has this ticket went away.
    pub(crate) fn leave(&mut self, ticket: Ticket) {
        self.waiting.remove(&ticket);
    }

    /// How long whoever comes now would have to wait, in ms.
    pub(crate) fn wait_ms(&self, now_ms: u64) -> u64 {
        self.pace.wait_ms(self.waiting.len(), now_ms)
    }

    /// Whether nothing would be lost with it.
    pub(crate) fn is_idle(&self, now_ms: u64) -> bool {
        self.waiting.is_empty() && self.pace.is_free(now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::{Held, LONGEST_QUEUE, Lane, Turn};
    use crate::pace::Throttle;

    const LATE: u64 = u64::MAX;

    /// A lane that learnt at 1 s that one request a second is taken.
    fn one_a_second() -> Lane {
        let mut lane = Lane::new();
        for at_ms in [990, 1_000] {
            let ticket = lane.join(None, at_ms, LATE).expect("room");
            assert_eq!(lane.turn(ticket, at_ms), Turn::Now);
        }
        lane.pace.refused(Throttle::Requests, 1_000, 1_000, None);
        lane
    }

    #[test]
    fn nothing_waits_before_anything_was_refused() {
        let mut lane = Lane::new();
        for _ in 0..10_000 {
            let ticket = lane.join(None, 5, 5).expect("room");
            assert_eq!(lane.turn(ticket, 5), Turn::Now);
        }
        assert!(lane.is_idle(5));
    }

    #[test]
    fn tickets_go_out_in_their_order_and_spaced() {
        let mut lane = one_a_second();
        let first = lane.join(None, 1_000, LATE).expect("room");
        let second = lane.join(None, 1_000, LATE).expect("room");
        assert_eq!(lane.turn(second, 3_000), Turn::Behind);
        let Turn::At(at_ms) = lane.turn(first, 1_000) else { panic!("not yet") };
        assert!(at_ms >= 2_000, "{at_ms}");
        assert_eq!(lane.turn(first, at_ms), Turn::Now);
        let Turn::At(next_ms) = lane.turn(second, at_ms) else { panic!("not yet") };
        assert!(next_ms >= at_ms + 1_000, "{next_ms} after {at_ms}");
    }

    #[test]
    fn who_was_refused_goes_first_and_who_left_is_forgotten() {
        let mut lane = one_a_second();
        let refused = lane.join(None, 1_000, LATE).expect("room");
        assert_eq!(lane.turn(refused, 9_000), Turn::Now);
        let later = lane.join(None, 9_000, LATE).expect("room");
        assert_eq!(lane.join(Some(refused), 9_000, LATE), Ok(refused));
        assert_eq!(lane.turn(later, 90_000), Turn::Behind);
        lane.leave(refused);
        assert_eq!(lane.turn(later, 90_000), Turn::Now);
        assert_eq!(lane.turn(refused, 90_000), Turn::Behind, "it is nowhere");
    }

    #[test]
    fn who_would_wait_too_long_need_not_wait_at_all() {
        let mut lane = one_a_second();
        assert!(matches!(lane.join(None, 1_000, 1_500), Err(Held::TooLong { .. })));
        let mut taken = 0;
        while lane.join(None, 1_000, 31_000).is_ok() {
            taken += 1;
        }
        assert!((20..=31).contains(&taken), "{taken}");
    }

    #[test]
    fn the_queue_has_an_end_but_not_for_who_was_in_it() {
        let mut lane = one_a_second();
        let first = lane.join(None, 1_000, LATE).expect("room");
        assert_eq!(lane.turn(first, 9_000), Turn::Now);
        for _ in 0..LONGEST_QUEUE {
            lane.join(None, 9_000, LATE).expect("room");
        }
        let Err(Held::Full { wait_ms }) = lane.join(None, 9_000, LATE) else { panic!("full") };
        assert!(wait_ms > 60_000, "{wait_ms}");
        assert_eq!(lane.join(Some(first), 9_000, LATE), Ok(first));
    }
}
