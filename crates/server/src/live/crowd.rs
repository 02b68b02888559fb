//! The same work for each of many clients, on as many threads as there are processors.
//!
//! Almost all of what an event costs for a thousand clients is the kernel's: ten microseconds or so for each socket. The
//! threads live for one event: making one takes less than a hundredth of that, and few servers ever need any.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How many a thread takes at a time, so that one that is scheduled late holds up nothing.
const PART: usize = 64;

/// For fewer clients than this, making another thread would not pay.
const CLIENTS_PER_THREAD: usize = 256;

/// Does the work for each, in no order, and returns once all is done.
pub(super) fn for_each<T: Send>(items: &mut [T], work: impl Fn(&mut T) + Sync) {
    let helpers = helpers(items.len());
    let parts = Mutex::new(items.chunks_mut(PART));
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || {
        while let Some(part) = next() {
            part.iter_mut().for_each(&work);
        }
    };
    thread::scope(|scope| {
        for _ in 0..helpers {
            let helper = thread::Builder::new().name("fanout".to_owned());
            // Without a helper there is more left for this thread.
            if let Err(error) = helper.spawn_scoped(scope, run) {
                tracing::debug!(%error, "live.no_thread");
            }
        }
        run();
    });
}

/// How many threads beside this one.
fn helpers(items: usize) -> usize {
    let threads = items / CLIENTS_PER_THREAD;
    if threads < 2 {
        return 0;
    }
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    threads.min(processors) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_worked_on_once() {
        for count in [0, 1, PART, PART + 1, 2 * CLIENTS_PER_THREAD, 5_000] {
            let mut items = vec![0; count];
            for_each(&mut items, |item| *item += 1);
            assert!(items.iter().all(|item| *item == 1), "{count}");
        }
    }

    #[test]
    fn few_need_no_thread() {
        assert_eq!(helpers(2 * CLIENTS_PER_THREAD - 1), 0);
    }
}
