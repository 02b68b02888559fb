//! The models there are, for clients of Anthropic's protocol.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use translate::Page;

use super::{asked::faulty, envelope::VERSION};
use crate::{Refusal, forward::INVALID, reply::ReplyBody};

/// The longest list that is told in other words, in bytes.
const LIST_LIMIT: usize = 16 * 1024 * 1024;

/// The models in Anthropic's shape, if the client asks in its protocol: the page that its query asks for.
///
/// # Errors
/// That what a provider lists cannot be read, or that there is no such page.
pub(crate) async fn listed(
    asked: &HeaderMap,
    query: Option<&str>,
    response: Response<ReplyBody>,
) -> Result<Response<ReplyBody>, Refusal> {
    if !asked.contains_key(&VERSION) || !response.status().is_success() {
        return Ok(response);
    }
    let page = Page::try_new(parameters(query.unwrap_or_default())).map_err(faulty)?;
    let (mut head, body) = response.into_parts();
    let read = Limited::new(body, LIST_LIMIT).collect().await;
    let document: Option<Value> =
        read.ok().and_then(|read| serde_json::from_slice(&read.to_bytes()).ok());
    let models = translate::messages_models(&document.ok_or_else(unread)?, &page);
    let models = models.map_err(faulty)?;
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let body = Full::new(Bytes::from(models.to_string()));
    Ok(Response::from_parts(head, ReplyBody::Whole(body)))
}

/// The names and the values in a query. An id has no blank that would be written as a plus.
fn parameters(query: &str) -> impl Iterator<Item = (&str, String)> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name, percent_decode_str(value).decode_utf8_lossy().into_owned()))
}

fn unread() -> Refusal {
    let message = "the provider's list of models could not be read to its end as JSON";
    Refusal::new(StatusCode::BAD_GATEWAY, "upstream_error", INVALID, message)
}
