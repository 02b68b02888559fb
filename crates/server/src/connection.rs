//! An accepted connection that somebody else can cut.
//!
//! A client that stops reading leaves its writer waiting for ever: the kernel keeps a connection whose window is closed
//! for as long as the peer's kernel answers. Whoever finds that a client is too slow therefore needs a way to end the
//! connection from outside the task that writes to it. [`Cut`] is that way.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Ends a connection from outside. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cut(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    done: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Cut {
    /// Fails all reading and writing from now on; what is buffered is thrown away.
    pub(crate) fn now(&self) {
        self.0.done.store(true, Ordering::Release);
        self.0.reader.wake();
        self.0.writer.wake();
    }

    fn check(&self) -> io::Result<()> {
        if self.0.done.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

/// An accepted connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    cut: Cut,
}

impl Connection {
    /// Small packets leave at once on it.
    pub(crate) fn new(stream: TcpStream) -> Self {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "connection.nodelay_failed");
        }
        Self { stream, cut: Cut::default() }
    }

    /// The handle that ends it.
    pub(crate) fn cut(&self) -> Cut {
        self.cut.clone()
    }

    /// Whether it was cut; a writer that is to wait is woken by a cut.
    fn check_writer(&self, waiting: Option<&Context<'_>>) -> io::Result<()> {
        if let Some(context) = waiting {
            self.cut.0.writer.register(context.waker());
        }
        self.cut.check().inspect_err(|_| self.forget_unsent())
    }

    /// Goes on with what a write said. Registers before it looks again, so that a cut in between is not missed.
    fn written<T>(&self, write: Poll<io::Result<T>>, context: &Context<'_>) -> Poll<io::Result<T>> {
        if write.is_pending() {
            self.check_writer(Some(context))?;
        }
        write
    }

    /// The peer does not read: waiting for it to take what is unsent would keep the memory.
    fn forget_unsent(&self) {
        if let Err(error) = self.stream.set_zero_linger() {
            tracing::debug!(%error, "connection.linger_failed");
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.cut.check()?;
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if read.is_pending() {
            this.cut.0.reader.register(context.waker());
            this.cut.check()?;
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
        let this = self.get_mut();
        this.check_writer(None)?;
        let write = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.written(write, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.check_writer(None)?;
        let write = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.written(write, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // A socket keeps nothing back that would have to be waited for.
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
        Poll::Ready(Ok(()))
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
        (Connection::new(listener.accept().await.unwrap().0), client)
    }

    #[tokio::test]
    async fn a_writer_that_waits_for_a_deaf_client_is_ended() {
        let (mut connection, _client) = pair().await;
        let cut = connection.cut();
        let flood = vec![0; 64 << 20];
        let writing = connection.write_all(&flood);
        tokio::pin!(writing);
        assert!(futures_util::poll!(&mut writing).is_pending());
        cut.now();
        assert_eq!(writing.await.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    }

    #[tokio::test]
    async fn a_waiting_reader_is_ended() {
        let (mut connection, _client) = pair().await;
        let cut = connection.cut();
        let mut byte = [0];
        let (read, ()) = tokio::join!(connection.read(&mut byte), async move { cut.now() });
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    }
}
