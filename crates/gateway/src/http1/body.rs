//! The body of an answer, which has the connection that it comes from.

use bytes::Bytes;
use http::uri::Authority;
use hyper::body::{Body, Frame, SizeHint};
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use super::{Connection, decoder::Decoder};
use crate::pool::Pool;

/// An answer's body. It gives its connection back to the pool once it is whole; one that is dropped
/// before closes it.
pub(crate) struct PlainBody {
    decoder: Decoder,
    connection: Option<Box<Connection>>,
    authority: Authority,
    pool: Arc<Pool>,
}

impl PlainBody {
    pub(crate) fn new(
        decoder: Decoder,
        connection: Box<Connection>,
        authority: Authority,
        pool: Arc<Pool>,
    ) -> Self {
        let mut body = Self { decoder, connection: Some(connection), authority, pool };
        body.give_back_at_end();
        body
    }

    fn give_back_at_end(&mut self) {
        if self.decoder.is_ended()
            && let Some(connection) = self.connection.take().filter(|it| it.is_done())
        {
            self.pool.put(self.authority.clone(), connection);
        }
    }

    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let Self { decoder, connection: Some(connection), .. } = self else {
            return Poll::Ready(None);
        };
        loop {
            match connection.take(decoder) {
                Ok(Some(data)) => return Poll::Ready(Some(Ok(data))),
                Ok(None) if decoder.is_ended() => return Poll::Ready(None),
                Ok(None) => {
                    if ready!(connection.poll_more(context))? == 0 && !decoder.end() {
                        return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
                    }
                }
                Err(malformed) => return Poll::Ready(Some(Err(io::Error::other(malformed)))),
            }
        }
    }
}

impl Body for PlainBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let polled = ready!(this.poll_data(context));
        if let Some(Err(_)) = &polled {
            this.connection = None;
        }
        this.give_back_at_end();
        Poll::Ready(polled.map(|data| data.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.decoder.is_ended()
    }

    fn size_hint(&self) -> SizeHint {
        self.decoder.left().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
