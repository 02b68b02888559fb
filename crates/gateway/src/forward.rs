//! One request to an upstream, and what is made of its answer.
//!
//! An event stream is passed on from its head. Any other success must be JSON: it is read `whole`, or,
//! where it is large, as far as that can be done, and then passed on; what is not JSON becomes a 502
//! that says what came instead. An error is read whole and keeps its status, be it in OpenAI's words,
//! in others, or the page of a server that stands before the provider; a page that says no more than
//! that this server failed is a 502, like all that should be JSON and is not. What is compressed, though
//! nobody asked for that, is not read here: it goes to a caller who reads it as it is.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, response::Parts,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use request_log::Outcome;
use serde_json::Value;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::time::timeout;

mod failures;

use crate::{
    Refusal, Upstream,
    client::{UpstreamBody, UpstreamClient},
    disguise::{self, Disguised},
    event_stream, headers,
    observation::Observation,
    relay::{Begun, RelayBody},
    reply::{self, Answer, ReplyBody},
    upstream_error::{self, UpstreamFault},
    whole::{self, Lack, Read},
};

/// The largest error of an upstream that is read, in bytes.
const ERROR_LIMIT: usize = 1024 * 1024;

/// The largest document that is read whole, in bytes. The longest list of models that we know of,
/// OpenRouter's, has about 1 MB.
const DOCUMENT_LIMIT: usize = 16 * 1024 * 1024;

/// The code of a failure to connect.
pub(crate) const UNREACHABLE: &str = "upstream_unreachable";

/// The code of an upstream that took too long.
pub(crate) const TIMEOUT: &str = "upstream_timeout";

/// The code of an answer that is none.
pub(crate) const INVALID: &str = "upstream_invalid_response";

/// How long an upstream may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Until a new connection is made, TLS included.
    pub connect: Duration,
    /// From sending the request until the answer begins.
    pub first_byte: Duration,
    /// Between two chunks of the answer.
    pub idle: Duration,
}

impl Default for Timeouts {
    /// Ten seconds, ten minutes and five minutes: a local model may first have to be loaded.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(600),
            idle: Duration::from_secs(300),
        }
    }
}

/// Where a request goes, and how.
#[derive(Clone)]
pub struct Destination {
    /// The server that it goes to.
    pub upstream: Arc<Upstream>,
    /// How long that may take.
    pub timeouts: Timeouts,
    /// What the upstream calls the model, if the caller calls it something else.
    pub model: Option<String>,
    /// Whether it answers 503 while it loads a model, and is to be waited for then.
    pub loads: bool,
}

impl Destination {
    /// An upstream that is asked for the model by the caller's name for it.
    #[must_use]
    pub fn new(upstream: Arc<Upstream>, timeouts: Timeouts) -> Self {
        Self { upstream, timeouts, model: None, loads: false }
    }
}

/// A request as the upstream shall get it, but for what depends on the upstream.
#[derive(Clone)]
pub struct Outgoing<'a> {
    /// The request's method.
    pub method: Method,
    /// What follows `/v1`.
    pub path: &'a str,
    /// What follows the question mark, if there is one.
    pub query: Option<&'a str>,
    /// The model that the caller asks for, if it names one.
    pub model: Option<&'a str>,
    /// The caller's.
    pub headers: &'a HeaderMap,
    /// The body, whole.
    pub body: Bytes,
    /// Where to note what becomes of it.
    pub observation: Observation,
}

/// Sends requests to upstreams, over connections that are kept for the next ones.
pub struct Forwarder {
    client: UpstreamClient,
}

impl Default for Forwarder {
    fn default() -> Self {
        Self { client: UpstreamClient::new() }
    }
}

impl Forwarder {
    /// Sends the request and returns once the answer has begun. Dropping the future, or the body
    /// of its response, closes the upstream's connection.
    ///
    /// # Errors
    /// Why the upstream has no answer; one that it refuses has one.
    pub async fn forward(
        &self,
        destination: &Destination,
        outgoing: Outgoing<'_>,
    ) -> Result<Answer, Refusal> {
        let Destination { upstream, timeouts, .. } = destination;
        let Outgoing { path, headers: caller, .. } = outgoing;
        let observation = outgoing.observation.clone();
        let call = Call { upstream, timeouts, path, caller, observation };
        call.observation.goes_to(upstream.name());
        let request = call.request(outgoing)?;
        let sent = self.client.send(request, timeouts.connect);
        match timeout(timeouts.first_byte, sent).await {
            Ok(Ok(answer)) => call.judge(answer).await,
            Ok(Err(error)) => Err(call.failed(&error)),
            Err(_) => {
                let refusal = call.too_slow("did not answer", timeouts.first_byte);
                Err(refusal.ending(Outcome::FirstByteTimeout))
            }
        }
    }

    /// Looks after connections that wait for their next request, for as long as it is polled.
    pub(crate) async fn tend(&self) -> Infallible {
        self.client.tend().await
    }

    /// The JSON document at `path` (such as `/models`), read whole.
    ///
    /// # Errors
    /// What went wrong, also if the upstream answers with an error.
    pub async fn ask(&self, destination: &Destination, path: &str) -> Result<Value, Refusal> {
        let agent = HeaderValue::from_static(concat!("signalbox/", env!("CARGO_PKG_VERSION")));
        let headers = HeaderMap::from_iter([(header::USER_AGENT, agent)]);
        let (method, body, observation) = (Method::GET, Bytes::new(), Observation::of_nobody());
        let (query, model, headers, asked) = (None, None, &headers, observation.clone());
        let outgoing = Outgoing { method, path, query, model, headers, body, observation };
        let (head, body) = self.forward(destination, outgoing).await?.into_parts();
        let Destination { upstream, timeouts, .. } = destination;
        let call = Call { upstream, timeouts, path, caller: headers, observation: asked };
        let body = Limited::new(body, DOCUMENT_LIMIT).collect().await.map_err(|_| call.cut())?;
        let body = body.to_bytes();
        let document: Option<Value> = serde_json::from_slice(&body).ok();
        let document = document.ok_or_else(|| call.not_json(head.status, &body))?;
        if head.status.is_success() {
            Ok(document)
        } else {
            Err(call.refused(head.status, &document))
        }
    }
}

/// What is needed to speak about one request to one upstream.
struct Call<'a> {
    upstream: &'a Arc<Upstream>,
    timeouts: &'a Timeouts,
    path: &'a str,
    /// The caller's headers.
    caller: &'a HeaderMap,
    observation: Observation,
}

impl Call<'_> {
    fn request(&self, outgoing: Outgoing<'_>) -> Result<Request<Bytes>, Refusal> {
        let Outgoing { method, path, query, headers: fields, body, .. } = outgoing;
        let uri = self.upstream.uri(path, query).map_err(|error| {
            let message = format!("the path cannot be passed on: {error}");
            Refusal::invalid(StatusCode::BAD_REQUEST, "invalid_path", message)
        })?;
        let mut fields = headers::for_upstream(fields, self.upstream);
        if method == Method::POST {
            let json = HeaderValue::from_static("application/json");
            fields.entry(header::CONTENT_TYPE).or_insert(json);
        }
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = fields;
        Ok(request)
    }

    async fn judge(&self, answer: Response<UpstreamBody>) -> Result<Response<ReplyBody>, Refusal> {
        let (mut head, mut body) = answer.into_parts();
        headers::for_caller(&mut head.headers);
        if head.status.is_client_error() || head.status.is_server_error() {
            return self.error(head, body).await;
        }
        if !head.status.is_success() {
            return Err(self.redirected(head.status, &head.headers));
        }
        let is_encoded = headers::is_encoded(&head.headers);
        if is_encoded && !headers::are_read(self.caller, &head.headers) {
            return Err(self.encoded(&head));
        }
        let (first, findings) = if headers::is_event_stream(&head.headers) {
            headers::mark_as_stream(&mut head.headers);
            (Vec::new(), None)
        } else if is_encoded {
            (Vec::new(), None)
        } else {
            let read = match whole::read(&mut body, self.timeouts.idle).await {
                Err(Lack::NotJson(begun)) if event_stream::begins(&begun) => {
                    headers::call_stream(&mut head.headers);
                    Read { chunks: vec![begun], whole: None }
                }
                read => read.map_err(|lack| self.lacking(head.status, lack))?,
            };
            let Read { chunks, whole } = read;
            let answer = whole.map(|whole| disguise::answer(self.path, &whole, self.upstream));
            match answer.transpose() {
                Ok(findings) => (chunks, findings),
                Err(Disguised::Error(status, envelope)) => {
                    return Ok(refusing(status, &envelope, head.headers));
                }
                Err(Disguised::Empty(what)) => {
                    let what = format!("answered HTTP {} with {what}", head.status.as_u16());
                    return Err(self.refusal(StatusCode::BAD_GATEWAY, INVALID, &what));
                }
            }
        };
        let (headers, path, idle_limit) = (&head.headers, self.path, self.timeouts.idle);
        let begun = Begun { first, findings, rest: body, headers, path, idle_limit };
        let relay = RelayBody::new(begun, self.upstream, &self.observation);
        let mut response = Response::new(ReplyBody::Relay(Box::new(relay)));
        *response.status_mut() = head.status;
        *response.headers_mut() = head.headers;
        Ok(response)
    }

    /// The upstream's own error, in an envelope.
    async fn error(&self, head: Parts, body: UpstreamBody) -> Result<Answer, Refusal> {
        let (status, envelope) = if headers::is_encoded(&head.headers) {
            let refusal = self.encoded(&head);
            let (message, code) = (refusal.message(), refusal.code());
            (head.status, upstream_error::saying(message, code, self.upstream.name()))
        } else {
            self.read_error(head.status, body).await?
        };
        Ok(refusing(status, &envelope, head.headers))
    }

    /// The status that the caller is told, and the envelope.
    async fn read_error(
        &self,
        status: StatusCode,
        body: UpstreamBody,
    ) -> Result<(StatusCode, Value), Refusal> {
        let reading = Limited::new(body, ERROR_LIMIT).collect();
        let read = match timeout(self.timeouts.idle, reading).await {
            Ok(Ok(read)) => read.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                return Ok(self.page(status, b"more than 1 MiB"));
            }
            Ok(Err(_)) => return Err(self.cut()),
            Err(_) => {
                let refusal = self.too_slow("did not finish its error", self.timeouts.idle);
                return Err(refusal.ending(Outcome::IdleTimeout));
            }
        };
        let read = self.upstream.without_key(&read);
        let envelope = upstream_error::envelope(&read, self.upstream.name());
        Ok(envelope.map_or_else(|| self.page(status, &read), |envelope| (status, envelope)))
    }

    /// The status and the envelope of an error that is not JSON. What it says of the request is so
    /// whoever says it; one that says that the upstream failed is a failure to answer with JSON.
    fn page(&self, status: StatusCode, body: &[u8]) -> (StatusCode, Value) {
        let refusal = self.not_json(status, body);
        let told = if status.is_server_error() { refusal.status() } else { status };
        (told, upstream_error::saying(refusal.message(), refusal.code(), self.upstream.name()))
    }
}

/// An upstream's own error, in an envelope: the record of its request says so, with its message.
#[must_use]
pub fn error_answer(status: StatusCode, envelope: &Value) -> Answer {
    let mut response = reply::json(status, Bytes::from(envelope.to_string()));
    response.extensions_mut().insert(UpstreamFault::of(envelope));
    response
}

/// An error's body is written anew; all that the upstream's headers do not say about it stays.
fn refusing(status: StatusCode, envelope: &Value, mut headers: HeaderMap) -> Answer {
    for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING] {
        headers.remove(name);
    }
    let mut response = error_answer(status, envelope);
    response.headers_mut().extend(headers);
    response
}
