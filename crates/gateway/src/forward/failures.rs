//! What a caller is told where an upstream has no answer.

use http::{HeaderMap, StatusCode, header, response::Parts};
use request_log::Outcome;
use serde_json::Value;
use std::{error::Error as StdError, time::Duration};

use super::{Call, INVALID, TIMEOUT, UNREACHABLE};
use crate::{
    Refusal,
    client::SendError,
    connector::ConnectError,
    upstream_error::{self, message},
    whole::Lack,
};

/// How much of an answer that is not JSON is shown, in characters.
const EXCERPT: usize = 200;

impl Call<'_> {
    pub(super) fn lacking(&self, status: StatusCode, lack: Lack) -> Refusal {
        match lack {
            Lack::Cut => self.cut(),
            Lack::Silent => {
                let refusal = self.too_slow("sent no answer", self.timeouts.idle);
                refusal.ending(Outcome::IdleTimeout)
            }
            Lack::NotJson(body) => self.not_json(status, &body),
            Lack::NotWhole(body, error) => {
                self.not_what(status, &format!("is not JSON as a whole ({error})"), &body)
            }
            Lack::Unread(refusal) => refusal,
        }
    }

    pub(super) fn failed(&self, error: &SendError) -> Refusal {
        let slow = sources(error).find_map(|cause| match cause.downcast_ref::<ConnectError>() {
            Some(ConnectError::TooSlow(limit)) => Some(*limit),
            Some(ConnectError::Failed(_)) | None => None,
        });
        if let Some(limit) = slow {
            return self.too_slow("could not be connected to", limit);
        }
        match error {
            SendError::Connect(_) => {
                let what = format!("cannot be reached: {}", reach::why(error, self.server()));
                self.refusal(StatusCode::BAD_GATEWAY, UNREACHABLE, &what)
            }
            SendError::Malformed(error) => {
                let what = format!("sent no valid HTTP: {error}");
                self.refusal(StatusCode::BAD_GATEWAY, INVALID, &what)
            }
            SendError::Cut(_) => {
                let what = cut_before_an_answer(error);
                let refusal = self.refusal(StatusCode::BAD_GATEWAY, "upstream_cut", &what);
                refusal.ending(Outcome::UpstreamCut)
            }
        }
    }

    fn server(&self) -> reach::Server<'_> {
        let (name, host, is_tls) =
            (self.upstream.name(), self.upstream.host(), self.upstream.is_tls());
        reach::Server { name, host, is_tls }
    }

    pub(super) fn cut(&self) -> Refusal {
        let what = "closed the connection before its answer was complete";
        let refusal = self.refusal(StatusCode::BAD_GATEWAY, "upstream_cut", what);
        refusal.ending(Outcome::UpstreamCut)
    }

    pub(super) fn too_slow(&self, what: &str, limit: Duration) -> Refusal {
        let what = format!("{what} within {} s", limit.as_secs_f64());
        self.refusal(StatusCode::GATEWAY_TIMEOUT, TIMEOUT, &what)
    }

    /// The upstream's own error, which is in an envelope already.
    pub(super) fn refused(&self, status: StatusCode, envelope: &Value) -> Refusal {
        let (upstream, code) = (self.upstream, "upstream_error");
        let message = upstream_error::reason(upstream, status, message(envelope));
        Refusal::upstream(status, code, upstream.name(), message)
    }

    pub(super) fn redirected(&self, status: StatusCode, headers: &HeaderMap) -> Refusal {
        let location = headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
        let what = match location {
            Some(location) => format!("redirects to {location}; set that as its base URL"),
            None => format!("answered with HTTP {}", status.as_u16()),
        };
        self.refusal(StatusCode::BAD_GATEWAY, INVALID, &what)
    }

    /// Who asks for no compression may get it all the same, and has nothing to read it with.
    pub(super) fn encoded(&self, head: &Parts) -> Refusal {
        let coding =
            head.headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
        let (status, coding) = (head.status.as_u16(), coding.unwrap_or("?"));
        let what = format!(
            "answered HTTP {status} with what is compressed ({coding}), which nobody asked for"
        );
        self.refusal(StatusCode::BAD_GATEWAY, INVALID, &what)
    }

    pub(super) fn not_json(&self, status: StatusCode, body: &[u8]) -> Refusal {
        self.not_what(status, "is not JSON", body)
    }

    fn not_what(&self, status: StatusCode, lack: &str, body: &[u8]) -> Refusal {
        let body = self.upstream.without_key(&body[..body.len().min(4 * EXCERPT)]);
        let text = String::from_utf8_lossy(&body);
        let words: Vec<&str> = text.split_whitespace().collect();
        let excerpt: String = words.join(" ").chars().take(EXCERPT).collect();
        let shown = if excerpt.is_empty() { "nothing" } else { &excerpt };
        let what = format!("answered HTTP {} with what {lack}: {shown}", status.as_u16());
        self.refusal(StatusCode::BAD_GATEWAY, INVALID, &what)
    }

    pub(super) fn refusal(&self, status: StatusCode, code: &'static str, what: &str) -> Refusal {
        let (name, host) = (self.upstream.name(), self.upstream.host());
        let what = self.upstream.without_key(what.as_bytes());
        let what = String::from_utf8_lossy(&what);
        Refusal::upstream(status, code, name, format!("{name} ({host}) {what}"))
    }
}

fn cut_before_an_answer(error: &SendError) -> String {
    let mut errors = sources(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>());
    match errors.find(|error| error.is_parse()) {
        Some(error) => format!("sent no valid HTTP: {error}"),
        None => "closed the connection before it answered: its log may say why".to_owned(),
    }
}

fn sources<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}
