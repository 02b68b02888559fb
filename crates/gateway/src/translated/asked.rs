//! What is asked, in the words that a provider understands.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Response, StatusCode, header};
use serde_json::{Map, Value};
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::sync::OnceCell;
use translate::{Fault, Protocol, Translation, count_tokens};

use super::unique;
use crate::{
    Destination, Refusal, Upstream,
    document::{Document, malformed},
    forward::INVALID,
    incoming,
    reply::ReplyBody,
    upstream_error::UpstreamFault,
};

/// The path of chat completions, which every provider has.
const CHAT: &str = "/chat/completions";

/// Who has names of its own.
const OPENAI: &str = "api.openai.com";

/// Headers of these kinds tell a server of that protocol about its client, and nobody else.
const OF_THE_CLIENT: [&str; 5] = ["anthropic-", "x-stainless-", "x-claude-", "x-codex-", "openai-"];

/// A request's document, and the chat completion that says the same, once that is needed.
pub(crate) struct Asked<'a> {
    path: &'a str,
    document: Document,
    protocol: Option<Protocol>,
    chat: OnceCell<Chat>,
}

/// A request that has become one for a chat completion.
pub(crate) struct Chat {
    pub(crate) translation: Arc<Translation>,
    pub(crate) document: Document,
}

impl<'a> Asked<'a> {
    /// A document that was sent to `path`, which is what follows `/v1`.
    pub(crate) fn new(path: &'a str, document: Document) -> Self {
        let protocol = match path {
            "/messages" => Some(Protocol::Messages),
            "/responses" => Some(Protocol::Responses),
            _ => None,
        };
        Self { path, document, protocol, chat: OnceCell::new() }
    }

    /// Whether it asks for a stream.
    pub(crate) fn is_stream(&self) -> bool {
        self.document.is_stream()
    }

    /// Whether it can be said to any provider at all.
    ///
    /// # Errors
    /// What in the request is wrong, or cannot be said.
    pub(crate) async fn is_sayable(&self) -> Result<(), Refusal> {
        match self.protocol {
            Some(Protocol::Messages) => self.chat().await.map(|_| ()),
            Some(Protocol::Responses) | None => Ok(()),
        }
    }

    /// The model that is asked for.
    pub(crate) fn model(&self) -> Option<&str> {
        self.document.model()
    }

    /// The path and the body for a provider that understands the caller's own words; none if no
    /// provider does, or this one is known not to.
    pub(crate) fn as_it_is(&self, destination: &Destination) -> Option<(&'a str, Bytes)> {
        let is_understood = match self.protocol {
            None => true,
            Some(Protocol::Messages) => false,
            Some(Protocol::Responses) => !destination.upstream.responses().are_lacking(),
        };
        is_understood.then(|| (self.path, self.document.bytes(destination.model.as_deref())))
    }

    /// Whether this answer may mean that the provider does not know the path: it says so, or sends
    /// the page that it sends for all that it does not know. One that has answered on it knows it, and
    /// one that misses something within the request has understood that.
    pub(crate) fn is_unknown(
        &self,
        answer: &Result<Response<ReplyBody>, Refusal>,
        upstream: &Upstream,
    ) -> bool {
        if self.protocol != Some(Protocol::Responses) {
            return false;
        }
        let misses_a_thing = |response: &Response<ReplyBody>| {
            response.extensions().get::<UpstreamFault>().is_some_and(|fault| fault.misses_a_thing)
        };
        let may_mean_it = match answer {
            Ok(response) if response.status().is_success() => {
                upstream.responses().note_answer();
                false
            }
            Ok(response) => match response.status() {
                StatusCode::NOT_FOUND => !misses_a_thing(response),
                status => {
                    status == StatusCode::METHOD_NOT_ALLOWED
                        || status == StatusCode::NOT_IMPLEMENTED
                }
            },
            Err(refusal) => refusal.code() == INVALID,
        };
        may_mean_it && !upstream.responses().are_there()
    }

    /// The same as a chat completion.
    ///
    /// # Errors
    /// What in the request is wrong, or cannot be said so.
    pub(crate) async fn chat(&self) -> Result<&Chat, Refusal> {
        let make = || async {
            let (protocol, bytes) = (self.protocol, self.document.bytes(None));
            let size = bytes.len();
            incoming::parsed(size, move || Chat::try_new(protocol, &bytes)).await
        };
        self.chat.get_or_try_init(make).await
    }
}

impl Chat {
    fn try_new(protocol: Option<Protocol>, bytes: &[u8]) -> Result<Self, Refusal> {
        let request = object(bytes)?;
        let protocol = protocol.unwrap_or(Protocol::Messages);
        let translation =
            Translation::try_new(protocol, &request, unique(), now_s).map_err(faulty)?;
        let document = Document::parse(Bytes::from(translation.chat()))?;
        Ok(Self { translation: Arc::new(translation), document })
    }

    /// The path and the body for a provider.
    pub(crate) fn to(&self, destination: &Destination) -> Result<(&'static str, Bytes), Refusal> {
        let model = destination.model.as_deref();
        if destination.upstream.host() != OPENAI {
            return Ok((CHAT, self.document.bytes(model)));
        }
        let document = Document::parse(Bytes::from(self.translation.chat_for_openai()))?;
        Ok((CHAT, document.bytes(model)))
    }
}

/// The caller's headers without what speaks of a client of another protocol, or of how it reads an
/// answer, which is read here.
pub(crate) fn without_clients_own(headers: &HeaderMap) -> HeaderMap {
    let speaks_of_it = |name: &HeaderName| {
        OF_THE_CLIENT.iter().any(|kind| name.as_str().starts_with(kind))
            || name == "x-app"
            || name == header::ACCEPT_ENCODING
    };
    let others = headers.iter().filter(|(name, _)| !speaks_of_it(name));
    others.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The number of tokens in a message, estimated.
///
/// # Errors
/// What in the request is wrong.
pub(crate) async fn count(document: Document) -> Result<Value, Refusal> {
    let bytes = document.bytes(None);
    incoming::parsed(bytes.len(), move || count_tokens(&object(&bytes)?).map_err(faulty)).await
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| malformed(&error.to_string()))
}

/// What in a request cannot be translated.
pub(super) fn faulty(fault: Fault) -> Refusal {
    let (code, message) = ("invalid_request", fault.to_string());
    Refusal::invalid(StatusCode::BAD_REQUEST, code, message).with_param(fault.path())
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
