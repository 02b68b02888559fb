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

/// How the keys of Model Studio's Coding Plan begin.
const CODING_PLAN_PREFIX: &str = "sk-sp-";

const CODING_PLAN_WARNING: &str = "This key belongs to a Coding Plan. Its terms allow interactive coding tools alone: scripts, \
    back ends, workflows and tests can have the plan suspended. It is valid only at the plan's own base URL, which has \
    to be given: https://coding-intl.dashscope.aliyuncs.com/v1, or https://coding.dashscope.aliyuncs.com/v1 in China";

/// What people should know who use this key with Qwen, if there is something.
pub fn coding_plan_warning(key: &str) -> Option<&'static str> {
    key.trim().starts_with(CODING_PLAN_PREFIX).then_some(CODING_PLAN_WARNING)
}

#[cfg(test)]
mod tests {
    use super::{ApiKey, coding_plan_warning};

    #[test]
    fn debug_never_shows_it() {
        let key = ApiKey::try_new(" sk-canary\n").unwrap();
        assert_eq!(key.expose(), "sk-canary");
        assert_eq!(format!("{:?}", Some(key)), "Some(ApiKey(***))");
    }

    #[test]
    fn a_coding_plans_key_is_known_by_its_beginning() {
        assert!(coding_plan_warning(" sk-sp-canary").is_some_and(|text| !text.contains("canary")));
        assert_eq!(coding_plan_warning("sk-spx"), None);
        assert_eq!(coding_plan_warning("sk-canary"), None);
    }

    #[test]
    fn what_no_header_can_carry_is_no_key() {
        for text in ["", " ", "a b", "schlüssel", "a\0b", "a\r\nHost: x"] {
            assert_eq!(ApiKey::try_new(text), None, "{text:?}");
        }
    }
}
