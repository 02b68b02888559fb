//! A streamed answer, made into the one document that the caller asked for.

use bytes::Bytes;
use gateway::{Answer, Refusal, ReplyBody, Upstream, error_answer, json_answer};
use http::{HeaderMap, StatusCode, header, response::Parts};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use translate::EventReader;

use crate::{
    assemble::{Assembled, Assembly},
    fault::Fault,
};

/// The longest answer that is put together, in bytes of its stream.
const LONGEST_STREAM: usize = 64 * 1024 * 1024;

/// What a stream's head says about the stream alone.
const OF_THE_STREAM: [header::HeaderName; 3] = [
    header::CONTENT_TYPE,
    header::CACHE_CONTROL,
    header::HeaderName::from_static("x-accel-buffering"),
];

/// Whether this answer comes as a stream.
pub(crate) fn is_stream(answer: &Answer) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().starts_with("text/event-stream"))
}

/// Reads a stream to its end. An error in it becomes the answer, with the status that it would have
/// had without a stream.
///
/// # Errors
/// If the stream ends too soon.
pub(crate) async fn collect(answer: Answer, upstream: &Upstream) -> Result<Answer, Refusal> {
    let (head, mut body) = answer.into_parts();
    let (mut assembly, mut why) = (Assembly::default(), None);
    let (mut events, mut length) = (EventReader::default(), 0);
    while let Some(frame) = body.frame().await {
        let data = match frame {
            Ok(frame) => frame.into_data().unwrap_or_default(),
            Err(error) => {
                why = Some(error.to_string());
                break;
            }
        };
        length += data.len();
        if length > LONGEST_STREAM {
            return Err(broken(upstream, "its answer is longer than 64 MiB"));
        }
        events.feed(&data, |event| assembly.take(event));
    }
    events.finish(|event| assembly.take(event));
    match assembly.finish() {
        Assembled::Failed(error) => {
            let envelope = envelope(error, upstream);
            let status = Fault::status_within_stream(&envelope);
            Ok(document(head, status, &envelope))
        }
        Assembled::Whole(whole) if why.is_none() => Ok(document(head, StatusCode::OK, &whole)),
        Assembled::Whole(_) | Assembled::Unfinished => {
            let why = why.as_deref().unwrap_or("its answer ended too soon");
            Err(broken(upstream, why))
        }
    }
}

/// An error's body, read whole.
pub(crate) async fn read_error(body: ReplyBody) -> Value {
    let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// An answer with this document in place of its body, which is an error if the status says so.
pub(crate) fn document(head: Parts, status: StatusCode, document: &Value) -> Answer {
    let mut answer = if status.is_success() {
        json_answer(status, Bytes::from(document.to_string()))
    } else {
        error_answer(status, document)
    };
    let mut headers: HeaderMap = head.headers;
    for name in OF_THE_STREAM {
        headers.remove(name);
    }
    answer.headers_mut().extend(headers);
    answer
}

/// OpenAI's envelope for an error as it stands in a stream.
fn envelope(error: Value, upstream: &Upstream) -> Value {
    let mut fields = error;
    let found = fields["error"].take();
    let mut error = match found {
        Value::Object(error) => error,
        Value::String(message) => {
            serde_json::Map::from_iter([("message".to_owned(), message.into())])
        }
        other => serde_json::Map::from_iter([("message".to_owned(), other.to_string().into())]),
    };
    for (name, value) in [
        ("message", json!("no reason")),
        ("type", json!("upstream_error")),
        ("param", Value::Null),
        ("code", Value::Null),
        ("provider", json!(upstream.name())),
    ] {
        error.entry(name).or_insert(value);
    }
    fields["error"] = Value::Object(error);
    fields
}

fn broken(upstream: &Upstream, why: &str) -> Refusal {
    let (name, host) = (upstream.name(), upstream.host());
    let message = format!(
        "{name} ({host}) was asked for a stream, since it answers in no other way, but {why}"
    );
    Refusal::upstream(StatusCode::BAD_GATEWAY, "upstream_cut", name, message)
}
