//! How long an upstream asks to be left alone.

use http::HeaderMap;
use std::time::{Duration, SystemTime};

const IN_S_OR_DATE: &str = "retry-after";

/// What OpenAI's and Azure's servers say besides, to the millisecond.
const IN_MS: &str = "retry-after-ms";

/// The longest wait that is believed, in seconds: a day. More is a mistake.
const LONGEST_S: f64 = 86_400.0;

/// The wait that an answer with these headers asks for, if it does.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let precise = text(IN_MS).and_then(|text| text.parse::<f64>().ok()).map(|ms| ms / 1_000.0);
    let rough = text(IN_S_OR_DATE);
    let seconds = precise.or_else(|| rough.and_then(|text| text.parse().ok()));
    match (seconds, rough) {
        (Some(seconds), _) => duration(seconds),
        (None, Some(date)) => until(date, now),
        (None, None) => None,
    }
}

fn duration(seconds: f64) -> Option<Duration> {
    (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(LONGEST_S)))
}

fn until(date: &str, now: SystemTime) -> Option<Duration> {
    let then = httpdate::parse_http_date(date).ok()?;
    duration(then.duration_since(now).unwrap_or_default().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::retry_after;
    use http::HeaderMap;
    use std::time::{Duration, SystemTime};

    #[track_caller]
    fn check(headers: &[(&'static str, &str)], expected: Option<f64>) {
        let map: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")))
            .collect();
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let expected = expected.map(Duration::from_secs_f64);
        assert_eq!(retry_after(&map, now), expected, "{headers:?}");
    }

    #[test]
    fn seconds_milliseconds_and_dates() {
        check(&[], None);
        check(&[("retry-after", "7")], Some(7.0));
        check(&[("retry-after", " 0.5 ")], Some(0.5));
        check(&[("retry-after", "7"), ("retry-after-ms", "250")], Some(0.25));
        check(&[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")], Some(10.0));
        check(&[("retry-after", "Sun, 06 Nov 1994 08:49:27 GMT")], Some(0.0));
        check(&[("retry-after", "1e300")], Some(86_400.0));
        for nonsense in ["-1", "soon", "", "NaN"] {
            check(&[("retry-after", nonsense)], None);
        }
    }
}
