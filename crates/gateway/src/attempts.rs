//! The attempts to have one request answered: by its provider, else by the next one that may.
//!
//! Only what comes before the first byte of an answer is tried again; once one has begun, it is the
//! answer, however it ends. Where others could still answer, a stream begins with its first event
//! rather than with its head, which many servers send before they know whether they can answer.
//!
//! One deadline covers all attempts, so that they never add up: it is as far away as the most patient
//! of the destinations allows. Where others could still answer, an attempt gets half of the time that
//! is left, and the last one gets all of it, but none of them more than its own limit. The same
//! provider is asked again only where there is no other one: once where it could not be connected to,
//! and as it wishes where it asks for a short wait, or loads a model.

use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::BodyExt;
use request_log::Outcome;
use serde_json::Value;
use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};
use tokio::time::{Instant, sleep, timeout_at};

use crate::{
    Destination, Forwarder, Refusal,
    forward::{Outgoing, TIMEOUT},
    gate::Application,
    reply::ReplyBody,
    retry_after::retry_after,
    silence::PING,
    translated::{Asked, Told, without_clients_own},
    upstream_error,
    verdict::{Patience, Verdict, verdict},
};

/// Names the provider whose answer it is.
const PROVIDER: HeaderName = HeaderName::from_static("x-provider");

/// Where a request may go.
#[derive(Clone)]
pub struct Destinations {
    /// Where it goes first.
    pub first: Destination,
    /// Where it goes if that fails, one after the other.
    pub others: Vec<Destination>,
    /// Who could have it and is not asked: for the error where all fail.
    pub left_out: Vec<LeftOut>,
}

/// A provider that could have a request and is not asked.
#[derive(Debug, Clone)]
pub struct LeftOut {
    /// Who it is and why, for people.
    pub reason: String,
    /// For how long, where that is known.
    pub wait: Option<Duration>,
}

impl From<Destination> for Destinations {
    fn from(first: Destination) -> Self {
        Self { first, others: Vec::new(), left_out: Vec::new() }
    }
}

/// What is sent, before it is known where to.
pub(crate) struct Message<'a> {
    /// Without its body and its model.
    pub(crate) outgoing: Outgoing<'a>,
    pub(crate) asked: Asked<'a>,
}

/// An attempt that did not lead to an answer.
struct Failure {
    provider: String,
    status: StatusCode,
    code: &'static str,
    outcome: Outcome,
    /// What happened, with the provider's name.
    reason: String,
    wait: Option<Duration>,
}

pub(crate) struct Attempts<'a, A> {
    pub(crate) application: &'a A,
    pub(crate) forwarder: &'a Forwarder,
    pub(crate) message: Message<'a>,
    deadline: Instant,
}

type Answer = Result<Response<ReplyBody>, Refusal>;

impl<'a, A: Application> Attempts<'a, A> {
    pub(crate) fn new(
        application: &'a A,
        forwarder: &'a Forwarder,
        message: Message<'a>,
        destinations: &Destinations,
    ) -> Self {
        let all = std::iter::once(&destinations.first).chain(&destinations.others);
        let limits = all.map(|destination| destination.timeouts.first_byte);
        let deadline = Instant::now() + limits.max().unwrap_or_default();
        Self { application, forwarder, message, deadline }
    }

    /// Has one destination after the other asked until one answers.
    pub(crate) async fn answer(&self, destinations: Destinations) -> Answer {
        let Destinations { first, others, left_out } = destinations;
        if others.is_empty() {
            return self.last(&first).await;
        }
        let mut failures = Vec::new();
        let last = others.len();
        for (number, destination) in std::iter::once(&first).chain(&others).enumerate() {
            let answer = if number == last {
                self.last(destination).await
            } else {
                self.one_of_several(destination).await
            };
            match verdict(&answer, number > 0) {
                Verdict::Counts => return answer,
                Verdict::Failed => failures.push(failure(destination, answer).await),
            }
            if Instant::now() >= self.deadline {
                break;
            }
        }
        Err(total(&failures, &left_out))
    }

    /// An attempt after which there are others: it gets half of the time.
    async fn one_of_several(&self, destination: &Destination) -> Answer {
        let share = self.left() / 2;
        let limited = limited(destination, share);
        let until = Instant::now() + share;
        let answer = match timeout_at(until, self.ask(&limited)).await {
            Ok(answer) => begun(answer, until).await,
            Err(_) => Err(too_slow(destination, share)),
        };
        self.heard(destination, answer)
    }

    /// An attempt after which there is no other provider to ask.
    async fn last(&self, destination: &Destination) -> Answer {
        let mut patience = Patience::default();
        loop {
            let answer = self.attempt(&limited(destination, self.left())).await;
            let asked = wait_asked(&answer);
            let Some(pause) = patience.pause(&answer, asked, destination.loads) else {
                return answer;
            };
            if pause >= self.left() {
                return answer;
            }
            sleep(pause).await;
        }
    }

    async fn attempt(&self, destination: &Destination) -> Answer {
        self.heard(destination, self.ask(destination).await)
    }

    /// Notes how an attempt went.
    fn heard(&self, destination: &Destination, mut answer: Answer) -> Answer {
        let status = answer.as_ref().map(Response::status);
        self.application.answered(destination, status, wait_asked(&answer));
        if let Ok(response) = &mut answer
            && let Some(name) = destination.upstream.name_as_header()
        {
            response.headers_mut().insert(PROVIDER, HeaderValue::clone(name));
        }
        answer
    }

    /// Asks in the caller's own words where the provider may know them, else for a chat completion,
    /// which few do: in a box, so that the others need not have room for it.
    async fn ask(&self, destination: &Destination) -> Answer {
        let Message { outgoing, asked } = &self.message;
        let Some((path, body)) = asked.as_it_is(destination) else {
            return Box::pin(self.ask_for_chat(destination)).await;
        };
        let outgoing = Outgoing { path, body, model: asked.model(), ..outgoing.clone() };
        let answer = self.application.exchange(self.forwarder, destination, outgoing).await;
        if !asked.is_unknown(&answer, &destination.upstream) {
            return answer;
        }
        let answer = Box::pin(self.ask_for_chat(destination)).await;
        if answer.as_ref().is_ok_and(|response| response.status().is_success()) {
            destination.upstream.responses().note_lack();
        }
        answer
    }

    async fn ask_for_chat(&self, destination: &Destination) -> Answer {
        let Message { outgoing, asked } = &self.message;
        let chat = asked.chat().await?;
        let (path, body) = chat.to(destination)?;
        let headers = &without_clients_own(outgoing.headers);
        let model = asked.model();
        let outgoing = Outgoing { path, query: None, model, headers, body, ..outgoing.clone() };
        let exchange = self.application.exchange(self.forwarder, destination, outgoing);
        let mut response = exchange.await?;
        let (translation, upstream) = (&chat.translation, &destination.upstream);
        let told = Told { translation: translation.clone(), upstream: upstream.clone() };
        response.extensions_mut().insert(told);
        Ok(response)
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// The answer, once there is more of it than the head of a stream. A caller is left without a word
/// for no longer than it is within a stream.
async fn begun(answer: Answer, until: Instant) -> Answer {
    let mut response = answer?;
    if let ReplyBody::Relay(relay) = response.body_mut() {
        relay.begun(until.min(Instant::now() + PING)).await?;
    }
    Ok(response)
}

/// The same, with no more time than this. What is left of the time is never quite all of it, so a
/// first attempt is not made to hurry for what was spent since.
fn limited(destination: &Destination, left: Duration) -> Cow<'_, Destination> {
    const NOTHING_SPENT: Duration = Duration::from_millis(5);
    if destination.timeouts.first_byte <= left + NOTHING_SPENT {
        return Cow::Borrowed(destination);
    }
    let mut limited = destination.clone();
    limited.timeouts.first_byte = left;
    limited.timeouts.connect = limited.timeouts.connect.min(left);
    Cow::Owned(limited)
}

fn wait_asked(answer: &Answer) -> Option<Duration> {
    let response = answer.as_ref().ok().filter(|response| !response.status().is_success())?;
    retry_after(response.headers(), SystemTime::now())
}

fn too_slow(destination: &Destination, limit: Duration) -> Refusal {
    let upstream = &destination.upstream;
    let (name, host, seconds) = (upstream.name(), upstream.host(), limit.as_secs_f64());
    let message = format!("{name} ({host}) did not answer within {seconds:.1} s");
    Refusal::upstream(StatusCode::GATEWAY_TIMEOUT, TIMEOUT, name, message)
        .ending(Outcome::FirstByteTimeout)
}

async fn failure(destination: &Destination, answer: Answer) -> Failure {
    let wait = wait_asked(&answer);
    let upstream = &destination.upstream;
    let provider = upstream.name().to_owned();
    let failure = match answer {
        Err(refusal) => {
            let (status, code, outcome) = (refusal.status(), refusal.code(), refusal.outcome());
            let reason = refusal.message().to_owned();
            Failure { provider, status, code, outcome, reason, wait }
        }
        Ok(response) => {
            let status = response.status();
            let reason = upstream_error::reason(upstream, status, &said(response).await);
            let (code, outcome) = ("upstream_error", Outcome::UpstreamError);
            Failure { provider, status, code, outcome, reason, wait }
        }
    };
    tracing::warn!(
        provider = failure.provider,
        http.status = failure.status.as_u16(),
        code = failure.code,
        "an attempt failed"
    );
    failure
}

/// The message of an error, which is in an envelope already.
async fn said(response: Response<ReplyBody>) -> String {
    let body = response.into_body().collect().await;
    let envelope = body.ok().and_then(|body| serde_json::from_slice(&body.to_bytes()).ok());
    let envelope: Value = envelope.unwrap_or_default();
    envelope.pointer("/error/message").and_then(Value::as_str).unwrap_or("no reason").to_owned()
}

/// What the caller is told where nobody answered: each provider with its reason, and to come again
/// as soon as one of them may answer. The status is that of the provider that was asked first, whose
/// model it is before all.
fn total(failures: &[Failure], left_out: &[LeftOut]) -> Refusal {
    let reasons: Vec<&str> = failures.iter().map(|failure| failure.reason.as_str()).collect();
    let mut message = format!("no provider answered: {}", reasons.join("; "));
    if !left_out.is_empty() {
        let left_out: Vec<&str> = left_out.iter().map(|one| one.reason.as_str()).collect();
        message.push_str("; not asked: ");
        message.push_str(&left_out.join(", "));
    }
    let first = failures.first();
    let status = first.map_or(StatusCode::BAD_GATEWAY, |failure| failure.status);
    let provider = first.map_or("", |failure| failure.provider.as_str());
    let code = first.map_or("upstream_error", |failure| failure.code);
    let outcome = first.map_or(Outcome::UpstreamError, |failure| failure.outcome);
    let refusal = Refusal::upstream(status, code, provider, message).ending(outcome);
    let waits = failures.iter().map(|failure| failure.wait);
    match waits.chain(left_out.iter().map(|one| one.wait)).flatten().min() {
        Some(wait) => refusal.with_retry_after(wait),
        None => refusal,
    }
}
