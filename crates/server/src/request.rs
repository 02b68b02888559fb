//! What requests carry, with every fault answered in the envelope.

use std::str::FromStr;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};
use tokio::time::timeout;

use crate::failure::Failure;

/// The longest body that is read.
const BODY_LIMIT_BYTES: usize = 1 << 20;

/// How long a client may take for a body, which is short.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The one variable part of a path: an id, or the name of a file.
pub(crate) struct Id(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|rejection| {
            Failure::new(StatusCode::BAD_REQUEST, "malformed_path", rejection.body_text())
        })
    }
}

/// The parameters of a query; names that nobody asks for are ignored.
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let query = Query::from_request_parts(parts, state).await;
        query.map(|Query(pairs)| Self(pairs)).map_err(|rejection| {
            Failure::new(StatusCode::BAD_REQUEST, "malformed_query", rejection.body_text())
        })
    }
}

impl Params {
    /// The text of a parameter; the last one counts.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A whole number within bounds.
    pub(crate) fn whole<T>(&self, name: &str, least: T, most: T) -> Result<Option<T>, Failure>
    where
        T: FromStr + PartialOrd + std::fmt::Display,
    {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse() {
            Ok(number) if number >= least && number <= most => Ok(Some(number)),
            _ => {
                let message = format!("{name} must be a whole number from {least} to {most}");
                Err(Failure::field(name, message))
            }
        }
    }

    /// Seconds, with or without a fraction, up to `most`.
    pub(crate) fn seconds(&self, name: &str, most: f64) -> Result<Option<f64>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(seconds) if (0.0..=most).contains(&seconds) => Ok(Some(seconds)),
            _ => Err(Failure::field(name, format!("{name} must be seconds from 0 to {most}"))),
        }
    }
}

/// The body of an order, which has no fields: nothing, or an empty JSON object.
pub(crate) struct NoFields;

impl<S: Send + Sync> FromRequest<S> for NoFields {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        match read_json(request).await?.unwrap_or_else(|| Value::Object(Map::new())) {
            Value::Object(fields) => match fields.keys().next() {
                None => Ok(Self),
                Some(name) => Err(Failure::field(name, format!("An order has no field `{name}`"))),
            },
            _ => {
                let message = "The body must be empty or a JSON object";
                Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", message))
            }
        }
    }
}

/// A body that is JSON; none if it is empty.
pub(crate) async fn read_json(request: Request) -> Result<Option<Value>, Failure> {
    let (parts, body) = request.into_parts();
    let body = read(&parts.headers, body).await?;
    if body.is_empty() { Ok(None) } else { json(&parts.headers, &body).map(Some) }
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Failure> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT_BYTES) {
        return Err(too_large());
    }
    let reading = timeout(BODY_TIMEOUT, to_bytes(body, BODY_LIMIT_BYTES));
    reading.await.map_err(|_| too_slow())?.map_err(|error| {
        let limit = std::error::Error::source(&error)
            .is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
        if limit { too_large() } else { broken(&error) }
    })
}

fn too_large() -> Failure {
    let message = "The body is longer than 1 MiB";
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
}

/// The rest of the body may still come: the connection ends with this answer.
pub(crate) fn too_slow() -> Failure {
    let message = format!("The body did not come within {} s", BODY_TIMEOUT.as_secs());
    Failure::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", message)
}

fn broken(error: &axum::Error) -> Failure {
    let message = format!("The body could not be read: {error}");
    Failure::new(StatusCode::BAD_REQUEST, "malformed_body", message)
}

fn json(headers: &HeaderMap, body: &[u8]) -> Result<Value, Failure> {
    if !is_json(headers) {
        let message = "A body must be JSON, with Content-Type: application/json";
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", message));
    }
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("The body is not JSON: {error}");
        Failure::new(StatusCode::BAD_REQUEST, "malformed_json", message)
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}
