//! Whether an attempt's answer counts, and whether its provider is worth asking once more.

use http::{Response, StatusCode};
use std::time::Duration;

use crate::{Refusal, forward::UNREACHABLE, reply::ReplyBody};

/// How long after a failed connection the same provider is tried again: a server that is being
/// started anew is back by then, and nobody notices it.
const CONNECT_PAUSE: Duration = Duration::from_millis(250);

/// The longest wait that a caller is made to sit through. What is longer, the caller is told:
/// every SDK knows how to wait, and people like to know that they do.
const SHORT: Duration = Duration::from_secs(2);

/// How often a provider that asks for a short wait gets it.
const WAITS: u32 = 2;

/// How often a provider that loads a model is asked whether it is done.
const LOADING_PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the caller's answer, good or bad.
    Counts,
    /// Another provider may do better.
    Failed,
}

/// Judges an answer of the provider whose turn it is. Of one that was asked only because another
/// one failed, what speaks of itself rather than of the request does not count either: a caller
/// would be told of a key or a model that it never asked for.
pub(crate) fn verdict(
    answer: &Result<Response<ReplyBody>, Refusal>,
    is_substitute: bool,
) -> Verdict {
    let fails = match answer {
        Err(refusal) => refusal.is_upstreams(),
        Ok(response) => {
            let status = response.status();
            fails(status) || is_substitute && speaks_of_the_provider(status)
        }
    };
    if fails { Verdict::Failed } else { Verdict::Counts }
}

/// Whether an error with this status speaks of the upstream's state rather than of the request.
pub(crate) fn fails(status: StatusCode) -> bool {
    let is_busy = status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT;
    is_busy || status.is_server_error()
}

fn speaks_of_the_provider(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::PAYMENT_REQUIRED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
    )
}

/// How often the same provider was asked again.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    reconnected: bool,
    waited: u32,
}

impl Patience {
    /// How long to wait before the same provider is asked once more, if it is worth it. `asked`:
    /// the wait that it asks for; `loads`: whether its 503 without one means that it loads a model.
    pub(crate) fn pause(
        &mut self,
        answer: &Result<Response<ReplyBody>, Refusal>,
        asked: Option<Duration>,
        loads: bool,
    ) -> Option<Duration> {
        match answer {
            Err(refusal) => {
                let is_first = refusal.code() == UNREACHABLE && !self.reconnected;
                self.reconnected |= is_first;
                is_first.then_some(CONNECT_PAUSE)
            }
            Ok(response) => self.pause_of(response.status(), asked, loads),
        }
    }

    fn pause_of(
        &mut self,
        status: StatusCode,
        asked: Option<Duration>,
        loads: bool,
    ) -> Option<Duration> {
        let is_unavailable = status == StatusCode::SERVICE_UNAVAILABLE;
        if is_unavailable && loads && asked.is_none() {
            return Some(LOADING_PAUSE);
        }
        // A page that says so has become a 502.
        let asks = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
        );
        let pause = asked.filter(|wait| asks && *wait <= SHORT && self.waited < WAITS)?;
        self.waited += 1;
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::{CONNECT_PAUSE, LOADING_PAUSE, Patience, Verdict, verdict};
    use crate::{Refusal, reply};
    use bytes::Bytes;
    use http::{Response, StatusCode};
    use std::time::Duration;

    type Answer = Result<Response<reply::ReplyBody>, Refusal>;

    fn answer(status: u16) -> Answer {
        Ok(reply::json(StatusCode::from_u16(status).expect("a status"), Bytes::new()))
    }

    fn unreachable() -> Answer {
        Err(Refusal::upstream(StatusCode::BAD_GATEWAY, "upstream_unreachable", "p", "no"))
    }

    #[track_caller]
    fn check(status: u16, is_substitute: bool, expected: Verdict) {
        assert_eq!(verdict(&answer(status), is_substitute), expected, "{status}");
    }

    #[test]
    fn what_is_about_the_request_counts() {
        for status in [200, 400, 401, 403, 404, 413, 422] {
            check(status, false, Verdict::Counts);
        }
        for status in [408, 429, 500, 502, 503, 504, 529] {
            check(status, false, Verdict::Failed);
            check(status, true, Verdict::Failed);
        }
        assert_eq!(verdict(&unreachable(), false), Verdict::Failed);
        let ours = Refusal::invalid(StatusCode::BAD_REQUEST, "invalid_path", "no");
        assert_eq!(verdict(&Err(ours), false), Verdict::Counts);
    }

    #[test]
    fn a_substitute_is_not_heard_about_itself() {
        for status in [401, 403, 404] {
            check(status, true, Verdict::Failed);
        }
        for status in [200, 400, 422] {
            check(status, true, Verdict::Counts);
        }
    }

    #[test]
    fn a_connection_is_tried_again_once() {
        let mut patience = Patience::default();
        assert_eq!(patience.pause(&unreachable(), None, false), Some(CONNECT_PAUSE));
        assert_eq!(patience.pause(&unreachable(), None, false), None);
    }

    #[test]
    fn short_waits_are_waited_and_long_ones_told() {
        let (short, long) = (Duration::from_secs(1), Duration::from_secs(3));
        for status in [429, 502, 503] {
            let mut patience = Patience::default();
            assert_eq!(patience.pause(&answer(status), Some(long), false), None);
            assert_eq!(patience.pause(&answer(status), None, false), None);
            assert_eq!(patience.pause(&answer(status), Some(short), false), Some(short));
            assert_eq!(patience.pause(&answer(status), Some(short), false), Some(short));
            assert_eq!(patience.pause(&answer(status), Some(short), false), None, "not for ever");
        }
        assert_eq!(Patience::default().pause(&answer(500), Some(short), false), None);
    }

    #[test]
    fn a_model_that_is_loading_is_waited_for() {
        let mut patience = Patience::default();
        for _ in 0..100 {
            assert_eq!(patience.pause(&answer(503), None, true), Some(LOADING_PAUSE));
        }
        assert_eq!(patience.pause(&answer(429), None, true), None);
    }
}
