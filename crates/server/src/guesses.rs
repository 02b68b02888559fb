//! How often somebody may be wrong about the token.
//!
//! Each address has a bucket: a wrong token puts a drop in, and ten drops a second leave it. Up to [`PATIENCE`] drops a
//! wrong token is answered 401, as it should be of somebody who mistyped it; above that 429. The right token is let in
//! either way, so that one program with a wrong token locks out no other on the same machine. Only where somebody goes
//! on all the same, up to [`FLOOD`] drops, tokens from that address are not looked at any more until some have left: an
//! address has ten guesses a second then, however many connections it opens.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Wrong tokens until the answer is 429. A program that was given a wrong one tries it on a few paths at most.
const PATIENCE: f64 = 100.0;

/// Wrong tokens until no token is looked at.
const FLOOD: f64 = 1_000.0;

/// How many wrong tokens are forgotten in a second.
const LEAK: f64 = 10.0;

/// How many addresses are remembered: whoever has more of them has more guesses.
const MOST_ADDRESSES: usize = 4_096;

/// The wrong tokens of each address.
#[derive(Debug, Default)]
pub(crate) struct Guesses(Mutex<HashMap<IpAddr, Bucket>>);

/// What is said of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    Wrong,
    /// There were too many wrong ones: not before so long.
    TooMany(Duration),
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    drops: f64,
    at: Instant,
}

impl Bucket {
    fn drops_at(self, now: Instant) -> f64 {
        let left = now.saturating_duration_since(self.at).as_secs_f64() * LEAK;
        (self.drops - left).max(0.0)
    }
}

impl Guesses {
    /// Judges a token from this address; `is_right` is only asked where an answer is still given.
    pub(crate) fn judge(&self, from: IpAddr, is_right: impl FnOnce() -> bool) -> Verdict {
        self.judge_at(Instant::now(), from, is_right)
    }

    fn judge_at(&self, now: Instant, from: IpAddr, is_right: impl FnOnce() -> bool) -> Verdict {
        let from = network(from);
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = buckets.get(&from).map_or(0.0, |bucket| bucket.drops_at(now));
        if before >= FLOOD {
            return Verdict::TooMany(until_patient(before));
        }
        if is_right() {
            return Verdict::Right;
        }
        if buckets.len() >= MOST_ADDRESSES && !buckets.contains_key(&from) {
            make_room(&mut buckets, now);
        }
        let drops = before + 1.0;
        buckets.insert(from, Bucket { drops, at: now });
        if drops > PATIENCE { Verdict::TooMany(until_patient(drops)) } else { Verdict::Wrong }
    }
}

/// How long until a wrong token is only wrong again, in whole seconds.
fn until_patient(drops: f64) -> Duration {
    Duration::from_secs_f64(((drops - PATIENCE + 1.0) / LEAK).ceil().max(1.0))
}

/// Whoever has one address of IPv6 has 2⁶⁴ of them, and whoever is on this machine all of its loopback.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        address if address.is_loopback() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) => {
            let bits = address.to_bits() >> 64 << 64;
            Ipv6Addr::from_bits(bits).into()
        }
        other => other,
    }
}

/// Forgets those that have been right, or silent, for long; else the one that was wrong least.
fn make_room(buckets: &mut HashMap<IpAddr, Bucket>, now: Instant) {
    buckets.retain(|_, bucket| bucket.drops_at(now) > 0.0);
    if buckets.len() < MOST_ADDRESSES {
        return;
    }
    let drops = |bucket: &Bucket| bucket.drops_at(now);
    let least = buckets.iter().min_by(|(_, one), (_, other)| drops(one).total_cmp(&drops(other)));
    if let Some(address) = least.map(|(address, _)| *address) {
        buckets.remove(&address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn wrong(guesses: &Guesses, now: Instant, from: IpAddr) -> Verdict {
        guesses.judge_at(now, from, || false)
    }

    #[tokio::test(start_paused = true)]
    async fn the_right_one_is_let_in_among_many_wrong_ones() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for _ in 0..100 {
            assert_eq!(wrong(&guesses, now, HERE), Verdict::Wrong);
        }
        for _ in 0..800 {
            assert!(matches!(wrong(&guesses, now, HERE), Verdict::TooMany(_)));
            assert_eq!(guesses.judge_at(now, HERE, || true), Verdict::Right);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_on_has_ten_guesses_a_second() {
        let (guesses, begin) = (Guesses::default(), Instant::now());
        while guesses.judge_at(begin, HERE, || false) != Verdict::TooMany(Duration::from_secs(91)) {
        }
        let mut looked_at = 0;
        for ms in 0..20_000 {
            let now = begin + Duration::from_millis(ms);
            guesses.judge_at(now, HERE, || {
                looked_at += 1;
                false
            });
        }
        assert!((195..=205).contains(&looked_at), "{looked_at} guesses in 20 s");
    }

    #[tokio::test(start_paused = true)]
    async fn it_says_when_to_come_back_and_means_it() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        let mut last = Verdict::Wrong;
        for _ in 0..150 {
            last = wrong(&guesses, now, HERE);
        }
        assert_eq!(last, Verdict::TooMany(Duration::from_secs(6)));
        assert_eq!(wrong(&guesses, now + Duration::from_secs(6), HERE), Verdict::Wrong);
    }

    #[tokio::test(start_paused = true)]
    async fn each_address_has_its_own_but_a_network_of_ipv6_is_one() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for number in 0..200u16 {
            wrong(&guesses, now, Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 1, 2, 3, number).into());
        }
        let neighbour = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 9, 9, 9, 9).into();
        assert!(matches!(wrong(&guesses, now, neighbour), Verdict::TooMany(_)));
        let other = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 1, 2, 3, 4).into();
        assert_eq!(wrong(&guesses, now, other), Verdict::Wrong);
        assert_eq!(wrong(&guesses, now, HERE), Verdict::Wrong);
    }

    #[tokio::test(start_paused = true)]
    async fn all_of_this_machine_is_one() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for number in 0..200u8 {
            wrong(&guesses, now, Ipv4Addr::new(127, 1, 2, number).into());
        }
        for address in [HERE, Ipv6Addr::LOCALHOST.into()] {
            assert!(matches!(wrong(&guesses, now, address), Verdict::TooMany(_)), "{address}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_addresses_do_not_take_more_memory_nor_wash_away_the_worst() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for _ in 0..200 {
            wrong(&guesses, now, HERE);
        }
        for number in 0..10_000 {
            wrong(&guesses, now, Ipv4Addr::from_bits(0x0a00_0000 + number).into());
        }
        assert!(guesses.0.lock().unwrap().len() <= MOST_ADDRESSES);
        assert!(matches!(wrong(&guesses, now, HERE), Verdict::TooMany(_)));
    }
}
