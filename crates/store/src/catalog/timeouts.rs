//! How long a provider may take, where that is not as the settings say.

use std::time::Duration;

/// The longest timeout, in seconds: a day.
const LONGEST_S: f64 = 86_400.0;

/// A timeout that somebody set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seconds(f64);

impl Seconds {
    /// What [`Seconds::try_new`] takes, for people.
    pub const TAKES: &'static str = "a number of seconds greater than 0, 86400 at most";

    /// So many seconds, if something may take so long.
    pub fn try_new(seconds: f64) -> Option<Self> {
        let duration = Duration::try_from_secs_f64(seconds).ok()?;
        (!duration.is_zero() && seconds <= LONGEST_S).then_some(Self(seconds))
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }

    /// The same as a duration.
    pub fn duration(self) -> Duration {
        Duration::from_secs_f64(self.0)
    }
}

/// A provider's own timeouts, each in place of the setting of its name.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OwnTimeouts {
    /// How long a connection may take.
    pub connect: Option<Seconds>,
    /// How long it may take until an answer begins.
    pub first_byte: Option<Seconds>,
    /// How long it may be silent within an answer.
    pub idle: Option<Seconds>,
}
