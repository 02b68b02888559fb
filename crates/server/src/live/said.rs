//! What clients say, if it is what the protocol has. The library looks at no more of an event than its name.

use std::convert::Infallible;
use std::sync::Arc;

use serde_json::Value as Json;
use socketioxide::adapter::Adapter;
use socketioxide::handler::{FromConnectParts, FromMessageParts, Value};
use socketioxide::socket::Socket;

/// What stands beside an event's name, null if nothing does. None: the packet is no JSON array.
pub(super) struct Payload(pub(super) Option<Json>);

impl<A: Adapter> FromMessageParts<A> for Payload {
    type Error = Infallible;

    fn from_message_parts(
        _: &Arc<Socket<A>>,
        value: &mut Value,
        _: &Option<i64>,
    ) -> Result<Self, Infallible> {
        let text = value.as_str().map(|text| text.as_str());
        let parts = text.and_then(|text| serde_json::from_str::<Vec<Json>>(text).ok());
        Ok(Self(parts.map(|parts| parts.into_iter().nth(1).unwrap_or_default())))
    }
}

/// What a client says of itself when it connects, null if nothing. None: it is no JSON.
pub(super) struct Auth(pub(super) Option<Json>);

impl<A: Adapter> FromConnectParts<A> for Auth {
    type Error = Infallible;

    fn from_connect_parts(_: &Arc<Socket<A>>, auth: &Option<Value>) -> Result<Self, Infallible> {
        let text = auth.as_ref().and_then(|auth| auth.as_str()).map(|text| text.as_str());
        Ok(Self(text.map_or(Some(Json::Null), |text| serde_json::from_str(text).ok())))
    }
}
