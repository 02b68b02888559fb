//! An accepted connection that somebody else can write to and cut.
//!
//! A client that stops reading leaves its writer waiting for ever: the kernel keeps a connection whose window is closed
//! for as long as the peer's kernel answers. Whoever finds that a client is too slow therefore needs a way to end the
//! connection from outside the task that writes to it. And who has the same packet for thousands of clients writes it
//! straight to each of their sockets, between two frames of the library (`frames`). [`Wire`] is the way to both.

#[cfg(test)]
mod frame_rules;
mod frames;
mod wire;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;

pub(crate) use frames::text_frame;
use wire::Shared;
pub(crate) use wire::{Direct, Wire};

/// An accepted connection. It ends when this is dropped, whoever else knows it.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Knows when the socket is empty without asking again, which a handle to the whole does not.
    reader: OwnedReadHalf,
    shared: Arc<Shared>,
}

impl Connection {
    /// Small packets leave at once on it. What goes over one that is `sealed` is encrypted above it, so that nothing can
    /// be put in between here.
    pub(crate) fn new(stream: TcpStream, sealed: bool) -> Self {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "connection.nodelay_failed");
        }
        let (reader, writer) = stream.into_split();
        Self { reader, shared: Arc::new(Shared::new(writer, sealed)) }
    }

    /// The handle for others.
    pub(crate) fn wire(&self) -> Wire {
        Wire::new(&self.shared)
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.shared.check()?;
        let read = Pin::new(&mut this.reader).poll_read(context, buffer);
        if read.is_pending() {
            this.shared.on_cut_while_reading(context)?;
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.shared.poll_write(context, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.shared.poll_write(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A socket keeps nothing back; what somebody else began to write is to be brought to its end.
        self.shared.poll_rest(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.shared.poll_rest(context))?;
        Poll::Ready(self.shared.shut_down())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    async fn pair() -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Connection::new(listener.accept().await.unwrap().0, false), client)
    }

    #[tokio::test]
    async fn a_writer_that_waits_for_a_deaf_client_is_ended() {
        let (mut connection, _client) = pair().await;
        let wire = connection.wire();
        let flood = vec![0; 64 << 20];
        let writing = connection.write_all(&flood);
        tokio::pin!(writing);
        assert!(futures_util::poll!(&mut writing).is_pending());
        wire.cut();
        assert_eq!(writing.await.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    }

    #[tokio::test]
    async fn a_waiting_reader_is_ended() {
        let (mut connection, _client) = pair().await;
        let wire = connection.wire();
        let mut byte = [0];
        let (read, ()) = tokio::join!(connection.read(&mut byte), async move { wire.cut() });
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    }
}
