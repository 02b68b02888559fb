//! A connection to an upstream without TLS, driven by the request that has it.
//!
//! A task of its own for each connection would have a request, its answer and each chunk of that
//! pass through channels and wake-ups from task to task, which took as long as all else that is done
//! for a short answer. Here the future of the request drives the connection, and then the body of
//! its answer does. What these two wait for comes to be within the connection alone, which is driven
//! right before they look for it once more; so nobody has to be woken for that, only for the socket.

use bytes::Bytes;
use http::{Request, Response, uri::Authority};
use http_body_util::Full;
use hyper::{
    body::{Body, Frame, Incoming, SizeHint},
    client::conn::{
        TrySendError,
        http1::{self, SendRequest},
    },
};
use hyper_util::rt::TokioIo;
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
};
use tokio::{net::TcpStream, task::coop::unconstrained};

use crate::{client::BUFFER_LIMIT, pool::Pool};

type Driver = http1::Connection<TokioIo<TcpStream>, Full<Bytes>>;

pub(crate) struct PlainConnection {
    sender: SendRequest<Full<Bytes>>,
    /// None once the connection has come to its end.
    driver: Option<Driver>,
}

impl PlainConnection {
    pub(crate) async fn over(stream: TokioIo<TcpStream>) -> hyper::Result<Self> {
        let mut settings = http1::Builder::new();
        settings.max_buf_size(BUFFER_LIMIT);
        let (sender, driver) = settings.handshake(stream).await?;
        Ok(Self { sender, driver: Some(driver) })
    }

    /// Sends a request and returns its answer's head, or the request if nothing of it was sent.
    pub(crate) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Full<Bytes>>>> {
        // Who is not woken must not be put off by the runtime either.
        let mut sent = pin!(unconstrained(self.sender.try_send_request(request)));
        poll_fn(|context| {
            drive(&mut self.driver, context);
            sent.as_mut().poll(&mut nobody())
        })
        .await
    }

    /// Whether it can carry the next request: it is done with the last one, and as far as it was
    /// seen it is open. If it is not, that is seen before anything of the request is sent.
    fn is_ready(&self) -> bool {
        self.driver.is_some() && self.sender.is_ready()
    }
}

/// Does what can be done. An end tells whoever still waits for something.
fn drive(driver: &mut Option<Driver>, context: &mut Context<'_>) {
    let has_ended = driver.as_mut().is_some_and(|driver| Pin::new(driver).poll(context).is_ready());
    if has_ended {
        *driver = None;
    }
}

fn nobody() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// An answer's body. It gives its connection back to the pool once it is whole; one that is dropped
/// before closes it.
pub(crate) struct PlainBody {
    incoming: Incoming,
    connection: Option<Box<PlainConnection>>,
    authority: Authority,
    pool: Arc<Pool>,
}

impl PlainBody {
    pub(crate) fn new(
        incoming: Incoming,
        connection: Box<PlainConnection>,
        authority: Authority,
        pool: Arc<Pool>,
    ) -> Self {
        Self { incoming, connection: Some(connection), authority, pool }
    }

    fn give_back(&mut self) {
        if let Some(connection) = self.connection.take().filter(|it| it.is_ready()) {
            self.pool.put(self.authority.clone(), connection);
        }
    }
}

impl Body for PlainBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let mut polled = Pin::new(&mut this.incoming).poll_frame(&mut nobody());
        if let (Poll::Pending, Some(connection)) = (&polled, &mut this.connection) {
            drive(&mut connection.driver, context);
            polled = Pin::new(&mut this.incoming).poll_frame(&mut nobody());
        }
        match &polled {
            Poll::Ready(Some(Ok(_))) if !this.incoming.is_end_stream() => {}
            Poll::Ready(Some(Ok(_)) | None) => this.give_back(),
            Poll::Ready(Some(Err(_))) => this.connection = None,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for PlainBody {
    fn drop(&mut self) {
        if self.incoming.is_end_stream() {
            self.give_back();
        }
    }
}
