//! The pace against servers that enforce what Model Studio does, on a clock that only counts.

use super::{Pace, Throttle};
use crate::lane::{Lane, Ticket, Turn};

/// A server's limits, over windows that begin where they like.
#[derive(Default)]
struct Limits {
    per_minute: Option<usize>,
    per_second: Option<usize>,
    /// How many more than in the second before.
    growth: Option<usize>,
}

struct Server {
    limits: Limits,
    taken: Vec<u64>,
}

impl Server {
    fn new(limits: Limits) -> Self {
        Self { limits, taken: Vec::new() }
    }

    fn within(&self, span_ms: u64, until_ms: u64) -> usize {
        let is_within = |at: &&u64| **at <= until_ms && **at + span_ms > until_ms;
        self.taken.iter().filter(is_within).count()
    }

    fn take(&mut self, now_ms: u64) -> Result<(), Throttle> {
        let over = |limit: Option<usize>, count: usize| limit.is_some_and(|limit| count >= limit);
        let second = self.within(1_000, now_ms);
        let before = now_ms.checked_sub(1_000).map_or(0, |then| self.within(1_000, then));
        if over(self.limits.growth.map(|growth| before + growth), second) {
            return Err(Throttle::Growth);
        }
        let is_over = over(self.limits.per_second, second)
            || over(self.limits.per_minute, self.within(60_000, now_ms));
        if is_over {
            return Err(Throttle::Requests);
        }
        self.taken.push(now_ms);
        Ok(())
    }
}

/// How it went: what was refused on the way, and when the last one was taken.
struct Run {
    refused: usize,
    last_ms: u64,
}

/// Sends what arrives at these times, each answered after `latency_ms`, until all are taken.
fn run(limits: Limits, arrivals: &[u64], latency_ms: u64) -> Run {
    let (mut lane, mut server) = (Lane::new(), Server::new(limits));
    let mut waiting: Vec<Ticket> = Vec::new();
    let mut answers: Vec<(u64, u64, Ticket, Result<(), Throttle>)> = Vec::new();
    let (mut refused, mut done, mut last_ms) = (0, 0, 0);
    let mut arriving = arrivals.iter().copied().peekable();
    for now_ms in (0..600_000).step_by(5) {
        while arriving.next_if(|at| *at <= now_ms).is_some() {
            waiting.push(lane.join(None, now_ms, u64::MAX).expect("room"));
        }
        for (_, sent_ms, ticket, answer) in answers.extract_if(.., |answer| answer.0 <= now_ms) {
            match answer {
                Ok(()) => {
                    lane.pace.taken(sent_ms);
                    (done, last_ms) = (done + 1, now_ms);
                }
                Err(throttle) => {
                    refused += 1;
                    lane.pace.refused(throttle, sent_ms, now_ms, None);
                    waiting.push(lane.join(Some(ticket), now_ms, u64::MAX).expect("room"));
                }
            }
        }
        waiting.sort_unstable();
        waiting.retain(|ticket| {
            let goes = lane.turn(*ticket, now_ms) == Turn::Now;
            if goes {
                answers.push((now_ms + latency_ms, now_ms, *ticket, server.take(now_ms)));
            }
            !goes
        });
        if done == arrivals.len() {
            return Run { refused, last_ms };
        }
    }
    panic!("{done} of {} were taken, {refused} refused on the way", arrivals.len());
}

#[track_caller]
fn check(limits: Limits, arrivals: &[u64], most_refused: usize, latest_ms: u64) {
    let Run { refused, last_ms } = run(limits, arrivals, 30);
    assert!(refused <= most_refused, "{refused} were refused, in {last_ms} ms");
    assert!(last_ms <= latest_ms, "it took {last_ms} ms, {refused} were refused");
}

fn burst(count: usize) -> Vec<u64> {
    vec![0; count]
}

/// So many a second, evenly, for so long.
fn steady(per_second: u64, seconds: u64) -> Vec<u64> {
    (0..per_second * seconds).map(|number| number * 1_000 / per_second).collect()
}

#[test]
fn without_limits_nothing_is_held_back() {
    check(Limits::default(), &burst(100), 0, 30);
}

#[test]
fn a_burst_is_spread_over_the_seconds() {
    // Ten of the burst are taken at once, the other ninety come back once each.
    let limits = Limits { per_second: Some(10), per_minute: Some(600), ..Limits::default() };
    check(limits, &burst(100), 92, 14_000);
}

#[test]
fn a_steady_load_above_the_limit_is_kept_below_it() {
    let limits = Limits { per_second: Some(2), per_minute: Some(120), ..Limits::default() };
    check(limits, &steady(3, 30), 8, 70_000);
}

#[test]
fn a_limit_by_the_minute_alone_is_found() {
    let limits = Limits { per_minute: Some(60), ..Limits::default() };
    check(limits, &burst(90), 45, 130_000);
}

#[test]
fn traffic_grows_no_faster_than_it_may() {
    let limits = Limits { growth: Some(4), ..Limits::default() };
    check(limits, &burst(100), 105, 16_000);
    let limits = Limits { growth: Some(1), ..Limits::default() };
    check(limits, &burst(40), 85, 90_000);
}

#[test]
fn all_limits_at_once() {
    let limits = Limits { per_second: Some(10), per_minute: Some(600), growth: Some(5) };
    check(limits, &burst(120), 130, 25_000);
}

#[test]
fn a_single_refusal_costs_little() {
    // Somebody else uses the account at that moment.
    let mut pace = Pace::new();
    pace.send(1_000_000);
    pace.refused(Throttle::Tokens, 1_000_000, 1_000_000, None);
    assert!(pace.next_ms(1_000_000) >= 1_001_000);
    assert!(pace.next_ms(1_000_000) <= 1_005_000);
}

#[test]
fn a_wait_that_is_asked_for_is_kept() {
    let mut pace = Pace::new();
    pace.send(0);
    pace.refused(Throttle::Requests, 0, 10, Some(7_000));
    assert_eq!(pace.next_ms(10), 7_010);
}

#[test]
fn pauses_double_until_something_is_taken() {
    let mut pace = Pace::new();
    let mut now_ms = 0;
    let mut pauses = Vec::new();
    for _ in 0..8 {
        pace.send(now_ms);
        pace.refused(Throttle::Requests, now_ms, now_ms + 10, None);
        pauses.push(pace.paused_until_ms - now_ms - 10);
        now_ms = pace.next_ms(now_ms + 10);
    }
    assert_eq!(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    pace.send(now_ms);
    pace.taken(now_ms);
    pace.send(now_ms + 10);
    pace.refused(Throttle::Requests, now_ms + 10, now_ms + 20, None);
    assert_eq!(pace.paused_until_ms, now_ms + 1_020);
}

#[test]
fn what_was_learnt_is_forgotten() {
    let mut pace = Pace::new();
    pace.send(0);
    pace.refused(Throttle::Growth, 0, 10, None);
    assert!(!pace.is_free(14 * 60_000));
    assert!(pace.is_free(16 * 60_000));
}
