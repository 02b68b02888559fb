//! The queues of one key, one for each model: waiting for one's turn, and going away while waiting.

use gateway::Refusal;
use http::StatusCode;
use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use crate::{
    lane::{Held, Lane, Ticket, Turn},
    pace::Throttle,
};

/// How long a request may wait for its turns, all together. Their limits recover within a minute.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(90);

/// How many models are kept apart. A caller may invent any number of them.
const MOST_LANES: usize = 256;

/// All queues of one key.
#[derive(Debug)]
pub(crate) struct Shaper {
    began: Instant,
    lanes: Mutex<HashMap<String, Arc<Queue>>>,
}

#[derive(Debug)]
struct Queue {
    lane: Mutex<Lane>,
    /// Somebody went out or away, or something was learnt.
    changed: Notify,
}

/// A request that goes out now.
#[derive(Debug)]
pub(crate) struct Pass {
    queue: Arc<Queue>,
    ticket: Ticket,
    sent_ms: u64,
}

impl Default for Shaper {
    fn default() -> Self {
        Self { began: Instant::now(), lanes: Mutex::default() }
    }
}

impl Shaper {
    /// Waits until a request for this model may go out. `earlier`: its pass of an earlier time,
    /// after which it was refused. Dropping the future gives the place away.
    ///
    /// # Errors
    /// What to tell the caller where waiting is of no use.
    pub(crate) async fn turn(
        &self,
        model: &str,
        earlier: Option<Pass>,
        deadline: Instant,
    ) -> Result<Pass, Refusal> {
        let queue =
            earlier.as_ref().map_or_else(|| self.queue(model), |pass| Arc::clone(&pass.queue));
        let deadline_ms = self.millis(deadline);
        let ticket = earlier.map(|pass| pass.ticket);
        let joined = queue.lane().join(ticket, self.now_ms(), deadline_ms);
        let ticket = joined.map_err(|held| refusal(model, &held))?;
        let place = Place { queue, ticket };
        loop {
            let mut changed = pin!(place.queue.changed.notified());
            changed.as_mut().enable();
            let sent_ms = self.now_ms();
            let turn = place.queue.lane().turn(ticket, sent_ms);
            let until_ms = match turn {
                Turn::Now => {
                    place.queue.changed.notify_waiters();
                    return Ok(Pass { queue: Arc::clone(&place.queue), ticket, sent_ms });
                }
                Turn::At(at_ms) => at_ms.min(deadline_ms),
                Turn::Behind => deadline_ms,
            };
            if sent_ms >= deadline_ms {
                let wait_ms = place.queue.lane().wait_ms(sent_ms);
                return Err(refusal(model, &Held::TooLong { wait_ms }));
            }
            tokio::select! {
                () = sleep_until(self.instant(until_ms)) => {}
                () = changed => {}
            }
        }
    }

    /// What went out with this pass was taken.
    pub(crate) fn taken(&self, pass: &Pass) {
        pass.queue.lane().pace.taken(pass.sent_ms);
    }

    /// What went out with this pass was refused. `asked`: how long to leave them alone. Says how
    /// long whoever comes now would have to wait.
    pub(crate) fn refused(
        &self,
        pass: &Pass,
        throttle: Throttle,
        asked: Option<Duration>,
    ) -> Duration {
        let asked_ms = asked.map(|asked| u64::try_from(asked.as_millis()).unwrap_or(u64::MAX));
        let now_ms = self.now_ms();
        let mut lane = pass.queue.lane();
        lane.pace.refused(throttle, pass.sent_ms, now_ms, asked_ms);
        let wait_ms = lane.wait_ms(now_ms);
        drop(lane);
        pass.queue.changed.notify_waiters();
        Duration::from_millis(wait_ms)
    }

    /// Whoever answers says that nothing more will be taken for so long.
    pub(crate) fn pause(&self, pass: &Pass, wait: Duration) {
        let until_ms = self.millis(Instant::now() + wait);
        pass.queue.lane().pace.pause(until_ms);
    }

    fn queue(&self, model: &str) -> Arc<Queue> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = lanes.get(model) {
            return Arc::clone(queue);
        }
        if lanes.len() >= MOST_LANES {
            let now_ms = self.now_ms();
            lanes.retain(|_, queue| !queue.lane().is_idle(now_ms));
        }
        let queue = Arc::new(Queue { lane: Mutex::new(Lane::new()), changed: Notify::new() });
        // Where all are in use, this one is forgotten with its request.
        if lanes.len() < MOST_LANES {
            lanes.insert(model.to_owned(), Arc::clone(&queue));
        }
        queue
    }

    fn now_ms(&self) -> u64 {
        self.millis(Instant::now())
    }

    fn millis(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.began).as_millis()).unwrap_or(u64::MAX)
    }

    /// The first moment that counts as this number of ms.
    fn instant(&self, at_ms: u64) -> Instant {
        self.began + Duration::from_millis(at_ms)
    }
}

impl Queue {
    fn lane(&self) -> MutexGuard<'_, Lane> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a queue, given away when dropped.
struct Place {
    queue: Arc<Queue>,
    ticket: Ticket,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queue.lane().leave(self.ticket);
        self.queue.changed.notify_waiters();
    }
}

fn refusal(model: &str, held: &Held) -> Refusal {
    let (why, wait_ms) = match held {
        Held::Full { wait_ms } => ("too many requests wait already", *wait_ms),
        Held::TooLong { wait_ms } => ("its turn would come too late", *wait_ms),
    };
    let wait = Duration::from_millis(wait_ms.max(1_000));
    let message = format!(
        "{model:?} is asked more than Model Studio allows this account, and {why}: ask again in about \
         {} s, send fewer requests at a time, use another model, or ask for a higher limit in the \
         console of Model Studio",
        wait.as_secs_f64().ceil()
    );
    let status = StatusCode::TOO_MANY_REQUESTS;
    Refusal::new(status, "rate_limit_error", "rate_limit_exceeded", message).with_retry_after(wait)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_WAIT, Pass, Shaper};
    use crate::pace::Throttle;
    use std::{sync::Arc, time::Duration};
    use tokio::{
        task::JoinSet,
        time::{Instant, timeout},
    };

    async fn pass(shaper: &Shaper) -> Pass {
        shaper.turn("m", None, Instant::now() + LONGEST_WAIT).await.expect("a pass")
    }

    /// A shaper that has just learnt that about one request a second is taken.
    async fn slow() -> Arc<Shaper> {
        let shaper = Shaper::default();
        pass(&shaper).await;
        let refused = pass(&shaper).await;
        shaper.refused(&refused, Throttle::Requests, None);
        Arc::new(shaper)
    }

    #[tokio::test(start_paused = true)]
    async fn requests_are_spaced_and_keep_their_order() {
        let shaper = slow().await;
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for number in 0..5_u64 {
            let shaper = Arc::clone(&shaper);
            tasks.spawn(async move {
                pass(&shaper).await;
                number
            });
            tokio::task::yield_now().await;
        }
        let mut order = Vec::new();
        while let Some(number) = tasks.join_next().await {
            order.push(number.expect("no panic"));
            let least = Duration::from_millis(1_000) * u32::try_from(order.len()).expect("few");
            assert!(began.elapsed() >= least, "{order:?} after {:?}", began.elapsed());
        }
        assert_eq!(order, [0, 1, 2, 3, 4]);
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_away_gives_the_place_to_the_next() {
        let shaper = slow().await;
        let mut first = Box::pin(pass(&shaper));
        let second = pass(&shaper);
        assert!(timeout(Duration::from_millis(10), &mut first).await.is_err());
        let began = Instant::now();
        drop(first);
        second.await;
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn who_would_wait_too_long_is_told_at_once() {
        let shaper = slow().await;
        let began = Instant::now();
        let deadline = began + Duration::from_millis(100);
        let refusal = shaper.turn("m", None, deadline).await.expect_err("too long");
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(refusal.status(), 429);
        assert!(refusal.message().contains("ask again in about 2 s"), "{refusal:?}");
        shaper.turn("other", None, deadline).await.expect("another model has its own pace");
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_holds_also_where_more_is_learnt_meanwhile() {
        let shaper = slow().await;
        let waiting = shaper.turn("m", None, Instant::now() + Duration::from_secs(5));
        let began = Instant::now();
        let mut waiting = std::pin::pin!(waiting);
        assert!(timeout(Duration::from_millis(10), &mut waiting).await.is_err());
        shaper.queue("m").lane().pace.pause(600_000);
        waiting.await.expect_err("too long");
        assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    }
}
