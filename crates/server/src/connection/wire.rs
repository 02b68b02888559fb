//! What a connection and the handles to it share.

use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_util::task::AtomicWaker;
use tokio::net::tcp::OwnedWriteHalf;

use super::frames::Frames;

/// A connection as others know it: it does not keep it open. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire(Weak<Shared>);

/// What became of a packet that was to go straight to the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direct {
    /// It is out.
    Sent,
    /// It is out in part; nothing else goes out before the rest, for which [`Wire::finish`] looks.
    Begun,
    /// It must take its way through the library: something is before it, or there is no WebSocket.
    Busy,
}

impl Wire {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self(Arc::downgrade(shared))
    }

    /// Whether the connection is there.
    pub(crate) fn is_open(&self) -> bool {
        self.0.strong_count() > 0
    }

    /// Fails all reading and writing from now on; what is buffered is thrown away.
    pub(crate) fn cut(&self) {
        if let Some(shared) = self.0.upgrade() {
            shared.cut.store(true, Ordering::Release);
            shared.waiting_reader.wake();
            shared.waiting_writer.wake();
        }
    }

    /// The next answer on it switches to a WebSocket.
    pub(crate) fn upgrade(&self) {
        if self.0.upgrade().is_some_and(|shared| !shared.sealed) {
            self.with_writing(|writing| writing.frames.upgrade());
        }
    }

    /// Something goes through the library that nothing may overtake.
    pub(crate) fn fall_behind(&self) {
        self.with_writing(|writing| writing.frames.fall_behind());
    }

    /// This packet went through the library, and nothing may overtake it.
    pub(crate) fn await_frame(&self, frame: &Bytes) {
        self.with_writing(|writing| writing.frames.await_frame(frame));
    }

    /// Writes a packet straight to the socket, if nothing is before it.
    pub(crate) fn send(&self, frame: &Bytes) -> Direct {
        let Some(shared) = self.0.upgrade() else { return Direct::Busy };
        let mut writing = shared.writing();
        if !writing.rest.is_empty() || !writing.frames.is_free() {
            return Direct::Busy;
        }
        match shared.writer.try_write(frame) {
            Ok(written) if written == frame.len() => Direct::Sent,
            Ok(written) => {
                writing.rest = frame.slice(written..);
                Direct::Begun
            }
            // Who reads from it will learn what is wrong.
            Err(_) => Direct::Busy,
        }
    }

    /// Writes more of what [`Wire::send`] began; true once nothing is left of it.
    pub(crate) fn finish(&self) -> bool {
        let Some(shared) = self.0.upgrade() else { return true };
        let mut writing = shared.writing();
        if let Ok(written) = shared.writer.try_write(&writing.rest) {
            writing.rest.advance(written);
        }
        writing.rest.is_empty()
    }

    fn with_writing(&self, change: impl FnOnce(&mut Writing)) {
        if let Some(shared) = self.0.upgrade() {
            change(&mut shared.writing());
        }
    }
}

#[derive(Debug)]
pub(super) struct Shared {
    writer: OwnedWriteHalf,
    /// Whether what goes by is encrypted.
    sealed: bool,
    writing: Mutex<Writing>,
    cut: AtomicBool,
    waiting_reader: AtomicWaker,
    waiting_writer: AtomicWaker,
}

/// Held for as long as one write takes, which never waits.
#[derive(Debug, Default)]
struct Writing {
    frames: Frames,
    /// What is left of a packet that went straight to the socket.
    rest: Bytes,
}

impl Shared {
    pub(super) fn new(writer: OwnedWriteHalf, sealed: bool) -> Self {
        Self {
            writer,
            sealed,
            writing: Mutex::default(),
            cut: AtomicBool::default(),
            waiting_reader: AtomicWaker::new(),
            waiting_writer: AtomicWaker::new(),
        }
    }

    pub(super) fn poll_write(
        &self,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_rest(context))?;
        loop {
            let mut writing = self.writing();
            let written = match slices {
                [only] => self.writer.try_write(only),
                _ => self.writer.try_write_vectored(slices),
            };
            match written {
                Ok(length) => {
                    writing.passed(slices, length);
                    return Poll::Ready(Ok(length));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
            drop(writing);
            ready!(self.poll_writable(context))?;
        }
    }

    /// Writes what is left of a packet that went straight to the socket.
    pub(super) fn poll_rest(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check_writer()?;
        loop {
            let mut writing = self.writing();
            if writing.rest.is_empty() {
                return Poll::Ready(Ok(()));
            }
            match self.writer.try_write(&writing.rest) {
                Ok(length) => writing.rest.advance(length),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
            drop(writing);
            ready!(self.poll_writable(context))?;
        }
    }

    pub(super) fn shut_down(&self) -> io::Result<()> {
        Ok(rustix::net::shutdown(self.writer.as_ref(), rustix::net::Shutdown::Write)?)
    }

    /// A reader that is to wait is woken by a cut. Registers before it looks again, so that none is missed.
    pub(super) fn on_cut_while_reading(&self, context: &Context<'_>) -> io::Result<()> {
        self.waiting_reader.register(context.waker());
        self.check()
    }

    /// Waits until the socket takes more; a cut ends that, likewise.
    fn poll_writable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ready = self.writer.as_ref().poll_write_ready(context);
        if ready.is_pending() {
            self.waiting_writer.register(context.waker());
            self.check_writer()?;
        }
        ready
    }

    pub(super) fn check(&self) -> io::Result<()> {
        if self.cut.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }

    fn check_writer(&self) -> io::Result<()> {
        self.check().inspect_err(|_| self.forget_unsent())
    }

    /// The peer does not read: waiting for it to take what is unsent would keep the memory.
    fn forget_unsent(&self) {
        if let Err(error) = self.writer.as_ref().set_zero_linger() {
            tracing::debug!(%error, "connection.linger_failed");
        }
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writing {
    /// So many bytes of these went out.
    fn passed(&mut self, slices: &[IoSlice<'_>], mut length: usize) {
        if !self.frames.is_following() {
            return;
        }
        for slice in slices {
            let part = length.min(slice.len());
            self.frames.passed(slice.get(..part).unwrap_or_default());
            length -= part;
        }
    }
}
