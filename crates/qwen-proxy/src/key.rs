//! What was learnt about a key since it was first used.

use gateway::Refusal;
use http::StatusCode;
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};
use tokio::sync::watch;

use crate::{
    shaper::Shaper,
    standing::{Heard, Standing},
};

/// How many refusals to answer in one piece are remembered.
const MOST_STREAM_ONLY: usize = 1_024;

/// It outlives a change of the catalog that does not change the key.
#[derive(Debug, Default)]
pub(crate) struct Key {
    standing: watch::Sender<Standing>,
    /// How fast each model may be asked.
    pub(crate) shaper: Shaper,
    /// Which models answer in a stream alone, when they are asked to think, not to, or neither.
    stream_only: Mutex<HashSet<(String, Option<bool>)>>,
}

impl Key {
    /// What Model Studio thinks of it.
    pub(crate) fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// The same, as it changes.
    pub(crate) fn watch(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Takes note of an answer, and says what the key is now, if that is news.
    pub(crate) fn hear(&self, heard: &Heard<'_>, now_ms: u64) -> Option<Standing> {
        let mut news = None;
        self.standing.send_if_modified(|standing| {
            let after = standing.after(heard, now_ms);
            if after.word() != standing.word() {
                news = Some(after.clone());
            }
            std::mem::replace(standing, after) != *standing
        });
        news
    }

    /// Lets a request through that has to be paid for, unless it is known that it is not: then one
    /// now and again finds out whether it is by now.
    pub(crate) fn claim(&self, now_ms: u64) -> Result<(), Refusal> {
        let mut refused = None;
        self.standing.send_if_modified(|standing| {
            let after = standing.claim(now_ms);
            match after {
                Ok(after) => *standing = after,
                Err(said) => refused = Some(said),
            }
            false
        });
        refused.map_or(Ok(()), |said| Err(out_of_quota(&said)))
    }

    /// Whether the model is known to answer in a stream alone, when it is asked to think like this.
    pub(crate) fn is_stream_only(&self, model: &str, thinking: Option<bool>) -> bool {
        let known = self.stream_only.lock().unwrap_or_else(PoisonError::into_inner);
        !known.is_empty() && known.contains(&(model.to_owned(), thinking))
    }

    /// Whether anything at all is known to answer in a stream alone.
    pub(crate) fn knows_stream_only(&self) -> bool {
        !self.stream_only.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The model turned out to answer in a stream alone.
    pub(crate) fn learn_stream_only(&self, model: &str, thinking: Option<bool>) {
        let mut known = self.stream_only.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_STREAM_ONLY {
            known.clear();
        }
        known.insert((model.to_owned(), thinking));
    }
}

fn out_of_quota(said: &str) -> Refusal {
    let message = format!(
        "the account of the Qwen API key does not pay for requests, so they are not sent (one a \
         minute is, to find out when it does again). Model Studio said: {said}"
    );
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "insufficient_quota", "insufficient_quota", message)
}

#[cfg(test)]
mod tests {
    use super::{Key, MOST_STREAM_ONLY};
    use crate::{fault::Fault, standing::Heard};
    use http::StatusCode;

    fn unpaid() -> Heard<'static> {
        let (status, fault) = (StatusCode::BAD_REQUEST, Some(Fault::Account));
        Heard { status, fault, said: "pay", is_paid: true }
    }

    #[test]
    fn an_unpaid_account_is_tried_once_a_minute() {
        let key = Key::default();
        key.claim(0).expect("nothing is known");
        assert!(key.hear(&unpaid(), 1_000).is_some());
        for at_ms in [1_000, 60_999] {
            let refusal = key.claim(at_ms).expect_err("not paid");
            assert!(refusal.message().ends_with("said: pay"), "{refusal:?}");
        }
        key.claim(61_000).expect("a minute later");
        key.claim(61_001).expect_err("one is enough");
        assert!(key.hear(&unpaid(), 62_000).is_none(), "that is no news");
        key.claim(121_999).expect_err("not yet");
        let paid = Heard { status: StatusCode::OK, fault: None, said: "", is_paid: true };
        assert!(key.hear(&paid, 123_000).is_some());
        key.claim(123_001).expect("paid");
    }

    #[test]
    fn what_answers_in_a_stream_alone_is_remembered_with_how_it_was_asked() {
        let key = Key::default();
        assert!(!key.knows_stream_only());
        key.learn_stream_only("qwen3", None);
        assert!(key.is_stream_only("qwen3", None));
        assert!(!key.is_stream_only("qwen3", Some(false)));
        assert!(!key.is_stream_only("qwen", None));
        for number in 0..2 * MOST_STREAM_ONLY {
            key.learn_stream_only(&number.to_string(), None);
        }
        assert!(key.stream_only.lock().expect("no panic").len() <= MOST_STREAM_ONLY);
    }
}
