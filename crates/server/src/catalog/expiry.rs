//! When Qwen's credentials expire.

use std::time::Duration;

use store::Contents;

/// How long the wall clock is left alone at most: it may be set, and a machine may have slept.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Whether credentials have expired, as it was when they were last looked at. What has expired already when it is seen
/// first is not news.
#[derive(Debug)]
pub(super) struct Expiry {
    is_expired: bool,
}

impl Expiry {
    /// As it is now.
    pub(super) fn new(contents: &Contents, now_ms: u64) -> Self {
        Self { is_expired: is_expired(contents, now_ms) }
    }

    /// Looks. True: they have expired since.
    pub(super) fn look(&mut self, contents: &Contents, now_ms: u64) -> bool {
        let before = std::mem::replace(&mut self.is_expired, is_expired(contents, now_ms));
        self.is_expired && !before
    }

    /// How long until the next look; none if there is nothing to come.
    pub(super) fn wait(&self, contents: &Contents, now_ms: u64) -> Option<Duration> {
        let at = contents.qwen.as_ref()?.expires_at_ms.filter(|_| !self.is_expired)?;
        Some(Duration::from_millis(at.saturating_sub(now_ms)).min(LOOK_AGAIN))
    }
}

fn is_expired(contents: &Contents, now_ms: u64) -> bool {
    contents.qwen.as_ref().is_some_and(|qwen| qwen.is_expired(now_ms))
}

#[cfg(test)]
mod tests {
    use store::{ApiKey, QwenCredentials, Region};

    use super::*;

    fn until(expires_at_ms: Option<u64>) -> Contents {
        let api_key = ApiKey::try_new("sk-x").unwrap();
        let qwen = QwenCredentials {
            api_key,
            expires_at_ms,
            region: Region::China,
            base_url: None,
            created_at_ms: 0,
            updated_at_ms: 0,
        };
        Contents { qwen: Some(qwen), ..Contents::default() }
    }

    #[test]
    fn it_is_told_once_at_its_moment() {
        let contents = until(Some(9_000));
        let mut expiry = Expiry::new(&contents, 1_000);
        assert_eq!(expiry.wait(&contents, 1_000), Some(LOOK_AGAIN), "the clock may be set");
        assert_eq!(expiry.wait(&contents, 8_999), Some(Duration::from_millis(1)));
        assert!(!expiry.look(&contents, 8_999));
        assert!(expiry.look(&contents, 9_000));
        assert!(!expiry.look(&contents, 9_001));
        assert_eq!(expiry.wait(&contents, 9_001), None);
    }

    #[test]
    fn what_had_expired_before_is_not_news() {
        let contents = until(Some(500));
        let mut expiry = Expiry::new(&contents, 1_000);
        assert!(!expiry.look(&contents, 2_000));
        for never in [until(None), Contents::default()] {
            let mut expiry = Expiry::new(&never, 1_000);
            assert!(!expiry.look(&never, u64::MAX));
            assert_eq!(expiry.wait(&never, 1_000), None);
        }
    }
}
