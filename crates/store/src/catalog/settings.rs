//! Settings: which there are, their defaults, and what was set.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::{OwnTimeouts, Seconds};

/// How many requests the log keeps unless somebody says otherwise: some days of one person's work, in 5 MB.
const DEFAULT_LOG_ROWS: u64 = 10_000;

/// The most requests that the log may keep.
const MOST_LOG_ROWS: u64 = 1_000_000;

/// One of the settings there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// The id of the provider for what no other one is known to have; null: none.
    ActiveProvider,
    /// The model that is chosen for people; null: none.
    ActiveModel,
    /// Whether another provider that has the same model answers where the first one fails.
    Fallback,
    /// Which providers that may be, in this order, also where a request names its provider; null:
    /// all that have the model, by priority, where it names none.
    FallbackOrder,
    /// How long a connection to a provider may take, in seconds.
    ConnectTimeout,
    /// How long a provider may take until its answer begins, in seconds.
    FirstByteTimeout,
    /// How long a provider may be silent within an answer, in seconds.
    IdleTimeout,
    /// How many requests that have ended are kept in the log.
    RequestLogMaxRows,
}

impl Setting {
    /// All there are.
    pub const ALL: [Self; 8] = [
        Self::ActiveProvider,
        Self::ActiveModel,
        Self::Fallback,
        Self::FallbackOrder,
        Self::ConnectTimeout,
        Self::FirstByteTimeout,
        Self::IdleTimeout,
        Self::RequestLogMaxRows,
    ];

    /// Its key in the database and on the wire.
    pub fn key(self) -> &'static str {
        match self {
            Self::ActiveProvider => "active_provider",
            Self::ActiveModel => "active_model",
            Self::Fallback => "fallback",
            Self::FallbackOrder => "fallback_order",
            Self::ConnectTimeout => "connect_timeout_s",
            Self::FirstByteTimeout => "first_byte_timeout_s",
            Self::IdleTimeout => "idle_timeout_s",
            Self::RequestLogMaxRows => "request_log_max_rows",
        }
    }

    /// The setting with this key.
    pub fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.key() == key)
    }

    /// What it is where nobody set it.
    pub fn default_value(self) -> Value {
        match self {
            Self::ActiveProvider | Self::ActiveModel | Self::FallbackOrder => Value::Null,
            Self::Fallback => true.into(),
            Self::ConnectTimeout => 10.into(),
            Self::FirstByteTimeout => 600.into(),
            Self::IdleTimeout => 300.into(),
            Self::RequestLogMaxRows => DEFAULT_LOG_ROWS.into(),
        }
    }

    /// What it takes, if `value` is not that.
    ///
    /// # Errors
    ///
    /// If `value` is not that. Whether there is such a provider is not looked at.
    pub fn check(self, value: &Value) -> Result<(), &'static str> {
        match self {
            Self::ActiveProvider if !is_name_or_null(value) => Err("the id of a provider, or null"),
            Self::ActiveModel if !is_name_or_null(value) => Err("the name of a model, or null"),
            Self::Fallback if !value.is_boolean() => Err("true or false"),
            Self::FallbackOrder if !is_list_of_names_or_null(value) => {
                Err("a list of ids of providers, each once, or null")
            }
            Self::ConnectTimeout | Self::FirstByteTimeout | Self::IdleTimeout
                if seconds(value).is_none() =>
            {
                Err(Seconds::TAKES)
            }
            Self::RequestLogMaxRows if rows(value).is_none() => {
                Err("a whole number of requests from 0 to 1000000")
            }
            _ => Ok(()),
        }
    }
}

fn is_name_or_null(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|name| !name.trim().is_empty())
}

fn is_list_of_names_or_null(value: &Value) -> bool {
    let Some(list) = value.as_array() else { return value.is_null() };
    let is_name = |name: &Value| name.is_string() && is_name_or_null(name);
    list.iter().enumerate().all(|(at, name)| is_name(name) && !list[..at].contains(name))
}

fn seconds(value: &Value) -> Option<Duration> {
    value.as_f64().and_then(Seconds::try_new).map(Seconds::duration)
}

fn rows(value: &Value) -> Option<u64> {
    value.as_u64().filter(|rows| *rows <= MOST_LOG_ROWS)
}

/// What was set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings(BTreeMap<Setting, Value>);

impl Settings {
    /// What holds: what was set, else the default.
    pub fn value(&self, setting: Setting) -> Value {
        self.0.get(&setting).cloned().unwrap_or_else(|| setting.default_value())
    }

    /// What was set, each with its value.
    pub fn set_by_hand(&self) -> impl Iterator<Item = (Setting, &Value)> {
        self.0.iter().map(|(setting, value)| (*setting, value))
    }

    /// The id of the active provider.
    pub fn active_provider(&self) -> Option<&str> {
        self.0.get(&Setting::ActiveProvider).and_then(Value::as_str)
    }

    /// The active model.
    pub fn active_model(&self) -> Option<&str> {
        self.0.get(&Setting::ActiveModel).and_then(Value::as_str)
    }

    /// Whether another provider that has the same model answers where the first one fails.
    pub fn fallback(&self) -> bool {
        self.0.get(&Setting::Fallback).and_then(Value::as_bool).unwrap_or(true)
    }

    /// The ids of the providers that may do so, if they were chosen.
    pub fn fallback_order(&self) -> Option<impl Iterator<Item = &str>> {
        let list = self.0.get(&Setting::FallbackOrder).and_then(Value::as_array)?;
        Some(list.iter().filter_map(Value::as_str))
    }

    /// How long a provider with these timeouts of its own may take: `connect`, `first_byte` and
    /// `idle`, in this order.
    pub fn timeouts(&self, own: OwnTimeouts) -> [Duration; 3] {
        [
            (own.connect, Setting::ConnectTimeout),
            (own.first_byte, Setting::FirstByteTimeout),
            (own.idle, Setting::IdleTimeout),
        ]
        .map(|(own, setting)| own.map_or_else(|| self.timeout(setting), Seconds::duration))
    }

    /// One of the timeouts. What is stored and is none counts as not set.
    fn timeout(&self, setting: Setting) -> Duration {
        let set = self.0.get(&setting).and_then(seconds);
        set.or_else(|| seconds(&setting.default_value())).unwrap_or(Duration::MAX)
    }

    /// How many requests that have ended are kept in the log.
    pub fn request_log_max_rows(&self) -> u64 {
        self.0.get(&Setting::RequestLogMaxRows).and_then(rows).unwrap_or(DEFAULT_LOG_ROWS)
    }

    pub(super) fn set(&mut self, setting: Setting, value: Value) {
        self.0.insert(setting, value);
    }
}

/// What a setting does not take counts as not set.
impl FromIterator<(Setting, Value)> for Settings {
    fn from_iter<I: IntoIterator<Item = (Setting, Value)>>(pairs: I) -> Self {
        let good = |(setting, value): &(Setting, Value)| setting.check(value).is_ok();
        Self(pairs.into_iter().filter(good).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(setting: Setting, good: &[Value], bad: &[Value]) {
        for value in good {
            assert_eq!(setting.check(value), Ok(()), "{value}");
        }
        for value in bad {
            assert!(setting.check(value).is_err(), "{value}");
        }
    }

    #[test]
    fn values_are_of_their_kind() {
        check(
            Setting::IdleTimeout,
            &[json!(1), json!(0.5), json!(86_400)],
            &[json!(0), json!(-1), json!("10"), json!(null), json!(1e300), json!(1e-300)],
        );
        let names = [json!("qwen-proxy"), json!(null)];
        check(Setting::ActiveProvider, &names, &[json!(""), json!(1), json!(["a"])]);
        check(Setting::ActiveModel, &names, &[json!(" "), json!({})]);
        check(Setting::Fallback, &[json!(true), json!(false)], &[json!(null), json!("yes")]);
        let orders = [json!(null), json!([]), json!(["b", "a"])];
        check(
            Setting::FallbackOrder,
            &orders,
            &[json!("a"), json!([1]), json!(["a", "a"]), json!([""])],
        );
        check(
            Setting::RequestLogMaxRows,
            &[json!(0), json!(1), json!(1_000_000)],
            &[json!(-1), json!(1.5), json!(1_000_001), json!("10"), json!(null)],
        );
    }

    #[test]
    fn they_are_made_of_what_they_take() {
        let pairs = [(Setting::IdleTimeout, json!(0)), (Setting::ActiveModel, json!("m"))];
        let settings = Settings::from_iter(pairs);
        assert_eq!(settings.active_model(), Some("m"));
        assert_eq!(settings.set_by_hand().count(), 1);
    }

    #[test]
    fn defaults_hold_where_nothing_is_set() {
        let mut settings = Settings::default();
        assert_eq!(settings.timeout(Setting::ConnectTimeout), Duration::from_secs(10));
        assert_eq!(settings.timeout(Setting::FirstByteTimeout), Duration::from_secs(600));
        assert_eq!(settings.timeout(Setting::IdleTimeout), Duration::from_secs(300));
        settings.set(Setting::IdleTimeout, json!(1.5));
        assert_eq!(settings.timeout(Setting::IdleTimeout), Duration::from_millis(1_500));
        let own = OwnTimeouts { first_byte: Seconds::try_new(7.0), ..OwnTimeouts::default() };
        let s = Duration::from_secs_f64;
        assert_eq!(settings.timeouts(own), [s(10.0), s(7.0), s(1.5)]);
        assert_eq!(settings.active_provider(), None);
        assert!(settings.fallback());
        assert!(settings.fallback_order().is_none());
        assert_eq!(settings.request_log_max_rows(), 10_000);
        settings.set(Setting::RequestLogMaxRows, 5.into());
        assert_eq!(settings.request_log_max_rows(), 5);
        for setting in Setting::ALL {
            assert_eq!(Setting::of(setting.key()), Some(setting));
            assert_eq!(setting.check(&setting.default_value()), Ok(()));
        }
    }
}
