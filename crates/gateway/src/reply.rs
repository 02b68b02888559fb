//! The bodies that the gateway answers with.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll},
};

use crate::{breaking::RelayError, relay::RelayBody, translated::TranslatedBody};

/// An answer to a caller, whose body may still be on its way.
pub type Answer = Response<ReplyBody>;

/// A body that is known whole, or one that passes on what an upstream sends, in its words or
/// translated.
pub enum ReplyBody {
    /// One that is known whole.
    Whole(Full<Bytes>),
    /// One that passes on what an upstream sends.
    Relay(Box<RelayBody>),
    /// One that tells it in another protocol.
    Translated(Box<TranslatedBody>),
}

/// A JSON answer.
pub fn json(status: StatusCode, body: Bytes) -> Response<ReplyBody> {
    let mut response = whole(status, body);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<ReplyBody> {
    whole(status, Bytes::new())
}

fn whole(status: StatusCode, body: Bytes) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::Whole(Full::new(body)));
    *response.status_mut() = status;
    response
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = RelayError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RelayError>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::Relay(body) => Pin::new(body.as_mut()).poll_frame(context),
            Self::Translated(body) => Pin::new(body.as_mut()).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Relay(body) => body.is_end_stream(),
            Self::Translated(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Relay(body) => body.size_hint(),
            Self::Translated(body) => body.size_hint(),
        }
    }
}
