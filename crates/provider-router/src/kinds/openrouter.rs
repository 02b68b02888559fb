//! OpenRouter wants to know which program calls, and shows it to whoever pays. What the caller says
//! of itself comes first.

use gateway::Upstream;
use http::{HeaderName, HeaderValue};

/// Who calls, as an address.
const REFERER: HeaderName = HeaderName::from_static("http-referer");

/// Who calls, as a name.
const TITLE: HeaderName = HeaderName::from_static("x-title");

/// What OpenRouter takes from programs that have no page of their own; the name tells them apart.
const ADDRESS: HeaderValue = HeaderValue::from_static("http://localhost");

const NAME: HeaderValue = HeaderValue::from_static("Signalbox");

pub(super) fn dressed(upstream: Upstream) -> Upstream {
    upstream.with_header(REFERER, ADDRESS).with_header(TITLE, NAME)
}
