//! One connection, which carries one request after another.

use bytes::{Buf, Bytes, BytesMut};
use http::{Request, Response, uri::Authority};
use std::{
    future::poll_fn,
    io::{self, IoSlice},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncReadExt, AsyncWrite},
    net::TcpStream,
};

use super::{
    Malformed,
    decoder::Decoder,
    framing::{framing, stays_open},
    head::{Head, take_final_head},
    request,
};

/// How much is read at once, in bytes: little at first, and more as long as it is all there.
const FIRST_READ: usize = 8 * 1024;
const LARGEST_READ: usize = 64 * 1024;

pub(crate) struct Connection {
    stream: TcpStream,
    /// What was read and is not used yet. Where there is nothing, there is no memory either.
    read: BytesMut,
    /// How much is read at once.
    room: usize,
    /// What of the request is still to be sent: of its head, and of its body.
    unsent: [Bytes; 2],
    /// Whether another request may follow, as far as is known.
    is_reusable: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Nothing of the request was sent.
    #[error("the connection was closed before")]
    Unsent,
    #[error("the connection broke off")]
    Cut(#[from] io::Error),
    #[error("what was answered is malformed")]
    Malformed(#[from] Malformed),
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        let (read, unsent) = (BytesMut::new(), [const { Bytes::new() }; 2]);
        Self { stream, read, room: FIRST_READ, unsent, is_reusable: true }
    }

    /// Sends a request and returns its answer's head, with what decodes the body.
    pub(crate) async fn send(
        &mut self,
        request: &Request<Bytes>,
        authority: &Authority,
    ) -> Result<Response<Decoder>, Failure> {
        if !self.is_silent() {
            return Err(Failure::Unsent);
        }
        self.unsent = [request::head(request, authority), request.body().clone()];
        self.room = FIRST_READ;
        let length = self.unsent[0].len();
        let head = poll_fn(|context| self.poll_head(context)).await.map_err(|failure| {
            if self.unsent[0].len() == length { Failure::Unsent } else { failure }
        })?;
        self.is_reusable = stays_open(&head);
        let decoder = Decoder::new(framing(request.method(), &head)?);
        let mut answer = Response::new(decoder);
        *answer.status_mut() = head.status;
        *answer.headers_mut() = head.headers;
        Ok(answer)
    }

    /// Whether the upstream has neither closed the connection, as far as that was seen, nor said
    /// something unasked.
    fn is_silent(&self) -> bool {
        let read = self.stream.try_read(&mut [0]);
        read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Whether it can carry the next request.
    pub(crate) fn is_done(&self) -> bool {
        self.is_reusable && self.read.is_empty() && self.is_sent()
    }

    fn is_sent(&self) -> bool {
        self.unsent.iter().all(Bytes::is_empty)
    }

    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<Result<Head, Failure>> {
        loop {
            if let Some(head) = take_final_head(&mut self.read)? {
                return Poll::Ready(Ok(head));
            }
            if ready!(self.poll_more(context))? == 0 {
                let end = io::Error::new(io::ErrorKind::UnexpectedEof, "it was closed");
                return Poll::Ready(Err(end.into()));
            }
        }
    }

    /// Sends what is left of the request, and reads; how many bytes, none at the end. An upstream
    /// may well answer before it has all, and go on when it has.
    pub(super) fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Err(error)) = self.poll_send(context)
            && !is_of_the_other_side(&error)
        {
            return Poll::Ready(Err(error));
        }
        self.poll_read(context)
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.is_sent() {
            let parts = self.unsent.each_ref().map(|part| IoSlice::new(part));
            let stream = Pin::new(&mut self.stream);
            let sent = ready!(stream.poll_write_vectored(context, &parts))?;
            let [head, body] = &mut self.unsent;
            let of_head = sent.min(head.len());
            head.advance(of_head);
            body.advance(sent - of_head);
            for part in [head, body] {
                if part.is_empty() {
                    // What is empty holds its memory all the same, and a stream may last for an hour.
                    *part = Bytes::new();
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        ready!(self.stream.poll_read_ready(context))?;
        self.read.reserve(self.room);
        let polled = pin!(self.stream.read_buf(&mut self.read)).poll(context);
        if let Poll::Ready(Ok(read)) = polled
            && read >= self.room
        {
            self.room = LARGEST_READ.min(2 * self.room);
        }
        if self.read.is_empty() {
            self.read = BytesMut::new();
        }
        polled
    }

    /// The next bytes of a body; none: more has to be read, or it is whole.
    pub(super) fn take(&mut self, decoder: &mut Decoder) -> Result<Option<Bytes>, Malformed> {
        let taken = decoder.next(&mut self.read);
        if self.read.is_empty() {
            self.read = BytesMut::new();
        }
        taken
    }
}

/// Whether the upstream has closed the connection. It may have said why, which can still be read,
/// and then the end.
fn is_of_the_other_side(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{io::AsyncWriteExt, net::TcpListener};

    #[tokio::test]
    async fn a_request_that_was_sent_is_let_go() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let body = Bytes::from(vec![b'x'; 1000]);
        let request = Request::post("/").body(body.clone()).expect("a request");
        let authority = Authority::from_static("h");
        let stream = TcpStream::connect(address).await.expect("a listener");
        let mut connection = Connection::new(stream);
        let (mut upstream, _) = listener.accept().await.expect("a caller");
        upstream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("a caller");
        connection.send(&request, &authority).await.expect("an answer");
        drop(request);
        assert!(body.is_unique());
    }
}
