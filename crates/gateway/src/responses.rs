//! Whether a provider has OpenAI's responses, as far as it has shown.
//!
//! A success shows that it has, for good: what it says is not there after that is not the path. That it
//! has not is believed once a chat completion succeeds where it said that it knows no such path.

use std::sync::atomic::{AtomicU8, Ordering};

const UNKNOWN: u8 = 0;
const LACKS: u8 = 1;
const HAS: u8 = 2;

#[derive(Debug, Default)]
pub(crate) struct Responses(AtomicU8);

impl Responses {
    pub(crate) fn are_lacking(&self) -> bool {
        self.0.load(Ordering::Relaxed) == LACKS
    }

    pub(crate) fn are_there(&self) -> bool {
        self.0.load(Ordering::Relaxed) == HAS
    }

    /// It has answered with one.
    pub(crate) fn note_answer(&self) {
        self.0.store(HAS, Ordering::Relaxed);
    }

    /// It said that it knows no such path, unless it has shown meanwhile that it does.
    pub(crate) fn note_lack(&self) {
        let _ = self.0.compare_exchange(UNKNOWN, LACKS, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// It may be another program by now.
    pub(crate) fn forget(&self) {
        self.0.store(UNKNOWN, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Responses;

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
