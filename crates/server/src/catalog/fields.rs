//! The fields of a body, each taken once; what nobody takes is a mistake.

use axum::extract::{FromRequest, Request};
use http::StatusCode;
use serde_json::{Map, Value};
use store::Seconds;

use crate::failure::Failure;
use crate::request;

/// A JSON object that came as a body. There may be a key in it, so it cannot be shown.
pub(crate) struct Fields {
    left: Map<String, Value>,
    /// The names of what was asked for, to be named where another one is given.
    known: Vec<&'static str>,
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        match request::read_json(request).await? {
            Some(Value::Object(fields)) => Ok(Self::of(fields)),
            Some(_) | None => {
                let message = "The body must be a JSON object";
                Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", message))
            }
        }
    }
}

impl Fields {
    pub(crate) fn of(fields: Map<String, Value>) -> Self {
        Self { left: fields, known: Vec::new() }
    }

    /// Where something is made, null means the same as nothing.
    pub(crate) fn without_nulls(mut self) -> Self {
        self.left.retain(|_, value| !value.is_null());
        self
    }

    /// Whether there is a field that nobody took yet.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }

    /// A field as it is.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.left.shift_remove(name)
    }

    /// A field that must be there.
    pub(crate) fn needed<T>(&self, name: &'static str, value: Option<T>) -> Result<T, Failure> {
        value.ok_or_else(|| Failure::field(name, format!("`{name}` is missing")))
    }

    /// A text.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Failure::field(name, format!("`{name}` must be a text"))),
        }
    }

    /// True or false.
    pub(crate) fn truth(&mut self, name: &'static str) -> Result<Option<bool>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(truth)) => Ok(Some(truth)),
            Some(_) => Err(Failure::field(name, format!("`{name}` must be true or false"))),
        }
    }

    /// A number of seconds; null takes it away.
    pub(crate) fn seconds(
        &mut self,
        name: &'static str,
    ) -> Result<Option<Option<Seconds>>, Failure> {
        let value = match self.take(name) {
            None => return Ok(None),
            Some(Value::Null) => return Ok(Some(None)),
            Some(value) => value,
        };
        let seconds = value.as_f64().and_then(Seconds::try_new);
        let wrong = || format!("`{name}` must be {}, or null", Seconds::TAKES);
        seconds.map(|seconds| Some(Some(seconds))).ok_or_else(|| Failure::field(name, wrong()))
    }

    /// A field that is read, never written: what was read may come back unchanged.
    pub(crate) fn unchanged(&mut self, name: &'static str, now: &Value) -> Result<(), Failure> {
        match self.left.shift_remove(name) {
            None => Ok(()),
            Some(given) if given == *now => Ok(()),
            Some(_) => {
                let message = format!("`{name}` cannot be changed, and is {now} now: leave it out");
                Err(Failure::field(name, message))
            }
        }
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let Some(name) = self.left.keys().next() else { return Ok(()) };
        let known = self.known.join(", ");
        Err(Failure::field(name, format!("There is no field `{name}` here; there are: {known}")))
    }
}
