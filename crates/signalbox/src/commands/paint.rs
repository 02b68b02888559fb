//! Colours and times, as all client commands show them.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lifecycle::State;

/// An ANSI colour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Colour(&'static str);

pub(super) const DIM: Colour = Colour("2");

/// Colours that tell processes apart; red is left to errors.
const IDS: [Colour; 5] = [Colour("36"), Colour("33"), Colour("32"), Colour("35"), Colour("34")];

/// Text that is shown in a colour, or as it is where no colours are wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Painted<T>(Option<Colour>, T);

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(Colour(code)) => write!(formatter, "\x1b[{code}m{}\x1b[0m", self.1),
            None => self.1.fmt(formatter),
        }
    }
}

/// `text` in `colour`, if `colours` are wanted.
pub(super) fn paint<T: fmt::Display>(text: T, colour: Colour, colours: bool) -> Painted<T> {
    Painted(colours.then_some(colour), text)
}

/// A state's colour. The state's word stands beside it, so that colour is never the only sign.
pub(super) fn state_colour(state: State) -> Colour {
    match state {
        State::Stopped => DIM,
        State::Starting | State::Stopping => Colour("33"),
        State::Running => Colour("32"),
        State::Error => Colour("31"),
    }
}

/// The colour of the process at `index`.
pub(super) fn id_colour(index: usize) -> Colour {
    IDS[index % IDS.len()]
}

/// A moment, given in ms since the epoch, in the time zone of this machine, to the millisecond.
pub(super) fn moment(ms: u64) -> String {
    let timestamp = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let Some(timestamp) = timestamp else { return ms.to_string() };
    timestamp.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// How long something is so, given in seconds, by its two largest units.
pub(super) fn span(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{minutes}m {}s", seconds % 60),
        3600..86_400 => format!("{hours}h {}m", minutes % 60),
        _ => format!("{days}d {}h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::{paint, span, state_colour};
    use lifecycle::State;

    #[test]
    fn spans_have_two_units_at_most() {
        let shown = [0, 59, 60, 3_599, 3_600, 86_399, 86_400, 900_000].map(span);
        let expected = ["0s", "59s", "1m 0s", "59m 59s", "1h 0m", "23h 59m", "1d 0h", "10d 10h"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn colours_are_there_only_where_they_are_wanted() {
        let colour = state_colour(State::Error);
        assert_eq!(paint("x", colour, false).to_string(), "x");
        assert_eq!(paint("x", colour, true).to_string(), "\u{1b}[31mx\u{1b}[0m");
    }
}
