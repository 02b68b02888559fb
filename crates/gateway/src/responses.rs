//! Whether a provider has OpenAI's responses, as far as it has shown.
//!
//! A success shows that it has, for good: what it says is not there after that is not the path. That it
//! has not is believed once a chat completion succeeds where it said that it knows no such path, and for
//! a while: whoever upgrades a server tells nobody here of it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// For how long a lack is believed. To ask in vain costs one answer that says so, which is little where it
/// comes so seldom, and nobody should wonder for long what an upgrade was good for.
const BELIEVED: Duration = Duration::from_secs(600);

#[derive(Debug, Default)]
pub(crate) struct Responses(Mutex<Known>);

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Known {
    #[default]
    Nothing,
    Lacking {
        since: Instant,
    },
    There,
}

impl Responses {
    pub(crate) fn are_lacking(&self) -> bool {
        matches!(*self.known(), Known::Lacking { since } if since.elapsed() < BELIEVED)
    }

    pub(crate) fn are_there(&self) -> bool {
        *self.known() == Known::There
    }

    /// It has answered with one.
    pub(crate) fn note_answer(&self) {
        *self.known() = Known::There;
    }

    /// It said that it knows no such path, unless it has shown meanwhile that it does.
    pub(crate) fn note_lack(&self) {
        let mut known = self.known();
        if *known != Known::There {
            *known = Known::Lacking { since: Instant::now() };
        }
    }

    /// It may be another program by now.
    pub(crate) fn forget(&self) {
        *self.known() = Known::Nothing;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{BELIEVED, Responses};
    use std::time::Duration;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn what_it_lacks_it_may_have_got_since() {
        let responses = Responses::default();
        for _ in 0..2 {
            responses.note_lack();
            advance(BELIEVED - Duration::from_secs(1)).await;
            assert!(responses.are_lacking());
            advance(Duration::from_secs(1)).await;
            assert!(!responses.are_lacking(), "it is asked once more");
        }
        responses.note_answer();
        advance(BELIEVED).await;
        assert!(responses.are_there());
    }

    #[test]
    fn who_has_shown_that_it_has_them_does_not_lack_them() {
        let responses = Responses::default();
        assert!(!responses.are_there() && !responses.are_lacking());
        responses.note_lack();
        assert!(responses.are_lacking());
        responses.note_answer();
        responses.note_lack();
        assert!(responses.are_there() && !responses.are_lacking());
        responses.forget();
        assert!(!responses.are_there() && !responses.are_lacking());
    }
}
