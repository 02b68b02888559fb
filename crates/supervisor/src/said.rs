//! What a process says of itself in words (`STATUS=` of `sd_notify`), at a pace at which people can read it.

use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The time from one text to the next. Whoever counts something down says more than that, and every text goes to every
/// client.
const PACE: Duration = Duration::from_millis(250);

/// The longest text, in characters: it stands in one line of a page.
const MAX_LENGTH: usize = 200;

/// What one generation has said, and what of that is still to be told.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Empty before the first one.
    told: String,
    latest: Option<String>,
    last: Option<Instant>,
}

impl Said {
    /// Takes what was said; only the last of it is told.
    pub(crate) fn hear(&mut self, status: &str) {
        let text = presentable(status);
        self.latest = (text != self.told).then_some(text);
    }

    /// Takes what is still to be told without a pause: something else is to be told with it.
    pub(crate) fn at_once(&mut self) -> Option<String> {
        self.told.clone_from(self.latest.as_ref()?);
        self.last = Some(Instant::now());
        self.latest.take()
    }

    /// Waits until something is to be told, and takes it. Cancel-safe.
    pub(crate) async fn due(&mut self) -> String {
        if self.latest.is_none() {
            return pending().await;
        }
        if let Some(last) = self.last {
            sleep_until(last + PACE).await;
        }
        self.at_once().unwrap_or_default()
    }
}

/// One line without control characters.
fn presentable(status: &str) -> String {
    let plain: String = status.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = plain.trim();
    match text.char_indices().nth(MAX_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    /// What is told within a day, with the time of it.
    async fn told(said: &mut Said, begun: Instant) -> Option<(String, Duration)> {
        let text = timeout(Duration::from_secs(86_400), said.due()).await.ok()?;
        Some((text, begun.elapsed()))
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_flood_the_last_is_told_after_a_pause() {
        let (mut said, begun) = (Said::default(), Instant::now());
        said.hear("0");
        assert_eq!(told(&mut said, begun).await, Some(("0".to_owned(), Duration::ZERO)));
        (1..10_000).for_each(|count| said.hear(&count.to_string()));
        let (text, at) = told(&mut said, begun).await.unwrap();
        assert_eq!(text, "9999");
        assert!((PACE..PACE * 2).contains(&at), "{at:?}");
        assert_eq!(told(&mut said, begun).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_told_at_once_is_told_once() {
        let (mut said, begun) = (Said::default(), Instant::now());
        assert_eq!(said.at_once(), None);
        said.hear("a");
        told(&mut said, begun).await.unwrap();
        said.hear("b");
        assert_eq!(said.at_once().as_deref(), Some("b"));
        assert_eq!((said.at_once(), told(&mut said, begun).await), (None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_told_already_is_not_told_again() {
        let (mut said, begun) = (Said::default(), Instant::now());
        said.hear("");
        assert_eq!(told(&mut said, begun).await, None);
        said.hear("a");
        told(&mut said, begun).await.unwrap();
        for text in ["b", "a"] {
            said.hear(text);
        }
        assert_eq!(told(&mut said, begun).await, None);
        said.hear(" ");
        assert_eq!(told(&mut said, begun).await.unwrap().0, "");
    }

    #[test]
    fn a_text_is_one_line_of_bounded_length() {
        assert_eq!(presentable(" a\tb\u{1b}[31m\u{7f} "), "a b [31m");
        assert_eq!(presentable(&"ä".repeat(MAX_LENGTH)), "ä".repeat(MAX_LENGTH));
        let long = presentable(&"ä".repeat(MAX_LENGTH + 1));
        assert_eq!(long, format!("{}…", "ä".repeat(MAX_LENGTH)));
    }
}
