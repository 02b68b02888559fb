//! What an answer's headers say about waiting.

use http::HeaderMap;
use std::time::Duration;

/// How long to leave the server alone, after a refusal.
pub(crate) fn asked_for(headers: &HeaderMap) -> Option<Duration> {
    let millis = text(headers, "retry-after-ms").and_then(|text| seconds(text, 0.001));
    millis
        .or_else(|| text(headers, "retry-after").and_then(|text| seconds(text, 1.0)))
        .or_else(|| used_up(headers))
}

/// When there is something to be had again, if there is nothing now.
pub(crate) fn used_up(headers: &HeaderMap) -> Option<Duration> {
    let kinds = ["requests", "tokens"].into_iter();
    let waits = kinds.filter_map(|kind| {
        let left = text(headers, &format!("x-ratelimit-remaining-{kind}"))?;
        let reset = text(headers, &format!("x-ratelimit-reset-{kind}"))?;
        (left.parse() == Ok(0_u64)).then(|| span(reset)).flatten()
    });
    waits.max()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn seconds(text: &str, unit: f64) -> Option<Duration> {
    let number: f64 = text.parse().ok()?;
    Duration::try_from_secs_f64(number * unit).ok()
}

/// A span as `1m30.5s`, `20ms` or `7`, which means seconds.
fn span(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|sign: char| !(sign.is_ascii_digit() || sign == '.'));
        let (number, after) = rest.split_at(digits.unwrap_or(rest.len()));
        let letters = after.find(|sign: char| !sign.is_ascii_alphabetic());
        let (unit, after) = after.split_at(letters.unwrap_or(after.len()));
        let unit = match unit {
            "ms" => 0.001,
            "" | "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            _ => return None,
        };
        total = total.checked_add(seconds(number, unit)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::{asked_for, used_up};
    use http::{HeaderMap, HeaderName};
    use std::time::Duration;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter();
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), value.parse().expect("a value"))
        };
        pairs.map(pair).collect()
    }

    #[track_caller]
    fn asks(pairs: &[(&'static str, &str)], expected_ms: Option<u64>) {
        let expected = expected_ms.map(Duration::from_millis);
        assert_eq!(asked_for(&headers(pairs)), expected, "{pairs:?}");
    }

    #[test]
    fn all_ways_to_ask_for_a_wait() {
        asks(&[], None);
        asks(&[("retry-after", "7")], Some(7_000));
        asks(&[("retry-after", "0.5")], Some(500));
        asks(&[("retry-after-ms", "20"), ("retry-after", "7")], Some(20));
        asks(&[("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT")], None);
        asks(&[("retry-after", "-1")], None);
    }

    #[track_caller]
    fn is_used_up(reset: &str, expected_ms: Option<u64>) {
        let pairs =
            [("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", reset)];
        let expected = expected_ms.map(Duration::from_millis);
        assert_eq!(used_up(&headers(&pairs)), expected, "{reset}");
        asks(&pairs, expected_ms);
    }

    #[test]
    fn when_there_is_something_again() {
        is_used_up("1s", Some(1_000));
        is_used_up("6m0.5s", Some(360_500));
        is_used_up("20ms", Some(20));
        is_used_up("3", Some(3_000));
        is_used_up("soon", None);
        is_used_up("", None);
        let left = [("x-ratelimit-remaining-tokens", "1"), ("x-ratelimit-reset-tokens", "1s")];
        assert_eq!(used_up(&headers(&left)), None);
    }
}
