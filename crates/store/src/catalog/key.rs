//! A key that cannot be shown by accident.

use std::fmt;

/// A provider's key: `Debug` hides it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// Keeps `text`, without the white space around it that copying brings along. None: that is no key. A key travels
    /// in a header, so it has visible ASCII characters alone.
    pub fn try_new(text: &str) -> Option<Self> {
        let key = text.trim();
        let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        is_key.then(|| Self(key.to_owned()))
    }

    /// The key itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::ApiKey;

    #[test]
    fn debug_never_shows_it() {
        let key = ApiKey::try_new(" sk-canary\n").unwrap();
        assert_eq!(key.expose(), "sk-canary");
        assert_eq!(format!("{:?}", Some(key)), "Some(ApiKey(***))");
    }

    #[test]
    fn what_no_header_can_carry_is_no_key() {
        for text in ["", " ", "a b", "schlüssel", "a\0b", "a\r\nHost: x"] {
            assert_eq!(ApiKey::try_new(text), None, "{text:?}");
        }
    }
}
