//! One request in another protocol: what to ask of a provider, and how to tell its answer.

use serde_json::{Map, Value, json};

use crate::{
    Failure, Fault, Page, Stream,
    chat::folded::{Folded, fold, fold_stream},
    messages::{self, answer::Wish},
    responses::{self, form::Form},
};

/// The protocols that can be told in chat completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Anthropic's `POST /v1/messages`.
    Messages,
    /// OpenAI's `POST /v1/responses`.
    Responses,
}

/// Tells the time, in seconds since the epoch.
pub type Clock = fn() -> u64;

/// What belongs to a request and not to its answer.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// A name for the answer, which nothing else has.
    pub(crate) id: String,
    /// What the caller calls the model.
    pub(crate) model: String,
    /// When it was asked, in seconds since the epoch.
    pub(crate) at_s: u64,
    /// What time it is.
    pub(crate) clock: Clock,
}

#[derive(Debug)]
enum Kind {
    Messages(Wish),
    Responses(Box<Form>),
}

/// A request that has been translated.
#[derive(Debug)]
pub struct Translation {
    asked: Asked,
    chat: Map<String, Value>,
    kind: Kind,
}

impl Translation {
    /// Translates a request. `id` is to be in the answer's id, and nothing else's; `clock` says
    /// when it was asked, and when the answer is complete.
    ///
    /// # Errors
    /// What in the request is wrong, or cannot be said in a chat completion.
    pub fn try_new(
        protocol: Protocol,
        request: &Map<String, Value>,
        id: String,
        clock: Clock,
    ) -> Result<Self, Fault> {
        let model = request.get("model").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (chat, kind) = match protocol {
            Protocol::Messages => {
                (messages::request::ask(request)?, Kind::Messages(Wish::of(request)))
            }
            Protocol::Responses => {
                let chat = responses::request::translate(request)?;
                (chat, Kind::Responses(Box::new(Form::of(request))))
            }
        };
        Ok(Self { asked: Asked { id, model, at_s: clock(), clock }, chat, kind })
    }

    /// The protocol of the request.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        match self.kind {
            Kind::Messages(_) => Protocol::Messages,
            Kind::Responses(_) => Protocol::Responses,
        }
    }

    /// The chat completion to ask for, as JSON.
    #[must_use]
    pub fn chat(&self) -> String {
        json!(self.chat).to_string()
    }

    /// The same for OpenAI itself, which has another name for the limit of an answer and refuses
    /// what only others know.
    #[must_use]
    pub fn chat_for_openai(&self) -> String {
        let mut chat = self.chat.clone();
        chat.remove("top_k");
        if let Some(limit) = chat.remove("max_tokens") {
            chat.insert("max_completion_tokens".to_owned(), limit);
        }
        json!(chat).to_string()
    }

    /// Whether the answer shall be streamed.
    #[must_use]
    pub fn wants_stream(&self) -> bool {
        self.chat.get("stream") == Some(&Value::Bool(true))
    }

    /// The tools that the provider is not told of, since it does not have them, and that the
    /// caller can do without.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        match &self.kind {
            Kind::Messages(_) => &[],
            Kind::Responses(form) => form.left_out(),
        }
    }

    /// The answer for a whole chat completion.
    ///
    /// # Errors
    /// What the provider says went wrong, in spite of its answer's status.
    pub fn answer(&self, chat: &Value) -> Result<Value, Failure> {
        fold(chat).map(|folded| self.told(folded))
    }

    /// The whole answer for the bytes of a stream that nobody asked for.
    ///
    /// # Errors
    /// What the provider says went wrong, or that the stream lacks its end.
    pub fn answer_to_stream(&self, bytes: &[u8]) -> Result<Value, Failure> {
        fold_stream(bytes).map(|folded| self.told(folded))
    }

    fn told(&self, folded: Folded) -> Value {
        match &self.kind {
            Kind::Messages(wish) => messages::answer::answer(&self.asked, wish, folded),
            Kind::Responses(form) => responses::answer::answer(&self.asked, form, folded),
        }
    }

    /// The stream that turns the provider's into the caller's.
    #[must_use]
    pub fn stream(&self) -> Stream {
        let asked = self.asked.clone();
        match &self.kind {
            Kind::Messages(wish) => {
                let teller = messages::teller::Teller::new(asked, wish.clone());
                Stream::new(Protocol::Messages, Box::new(teller))
            }
            Kind::Responses(form) => {
                let teller = responses::teller::Teller::new(asked, Form::clone(form));
                Stream::new(Protocol::Responses, Box::new(teller))
            }
        }
    }
}

/// The answer to `POST /v1/messages/count_tokens`: an estimate, see [`crate`].
///
/// # Errors
/// What in the request is wrong, or cannot be said in a chat completion.
pub fn count_tokens(request: &Map<String, Value>) -> Result<Value, Fault> {
    let chat = messages::request::translate(request)?;
    Ok(json!({ "input_tokens": messages::count::estimate(&chat) }))
}

/// An error with this HTTP status in the envelope of Anthropic's messages.
#[must_use]
pub fn messages_error(status: u16, message: &str) -> Value {
    messages::error::envelope(status, message)
}

/// A page of OpenAI's list of models, or one of them, in the shape of Anthropic's.
///
/// # Errors
/// That the model is not there after or before which the page is.
pub fn messages_models(document: &Value, page: &Page) -> Result<Value, Fault> {
    messages::models::told(document, page)
}
