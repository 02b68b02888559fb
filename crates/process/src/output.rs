//! The server's end of a child's stdout or stderr.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::io::Errno;
use tokio::io::unix::AsyncFd;

use crate::sys;

/// The most that one read appends.
const READ_BYTES: usize = 16 * 1024;
/// Room for a read where the pipe does not say how much it holds.
const SMALL_READ_BYTES: usize = 4096;

/// The reading end of a pipe. Nothing is buffered here: with a thousand children, what nobody
/// reads stays in the kernel.
#[derive(Debug)]
pub struct Output {
    /// `None` where there is nothing to read, ever: taken a second time.
    pipe: Option<AsyncFd<Arc<OwnedFd>>>,
}

impl Output {
    /// The pipe must not block.
    pub(crate) fn new(pipe: OwnedFd) -> io::Result<Self> {
        Ok(Self { pipe: Some(sys::watch(Arc::new(pipe))?) })
    }

    /// One that is at its end.
    pub(crate) const fn ended() -> Self {
        Self { pipe: None }
    }

    /// Waits for output and appends it, at most 16 KiB; 0 is the end: nobody can write any more.
    /// Dropping the future loses nothing.
    ///
    /// # Errors
    /// If the pipe cannot be read.
    pub async fn read(&mut self, buf: &mut Vec<u8>) -> io::Result<usize> {
        let Some(pipe) = &self.pipe else { return Ok(0) };
        loop {
            let mut ready = pipe.readable().await?;
            if let Ok(done) = ready.try_io(|pipe| append(pipe.get_ref(), buf)) {
                return done;
            }
        }
    }

    /// Appends what is there already, at most 16 KiB; `None` if there is nothing yet. With it what
    /// a process wrote last can be had at its exit without waiting for others that hold the pipe.
    ///
    /// # Errors
    /// If the pipe cannot be read.
    pub fn try_read(&mut self, buf: &mut Vec<u8>) -> io::Result<Option<usize>> {
        let Some(pipe) = &self.pipe else { return Ok(Some(0)) };
        match append(pipe.get_ref(), buf) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            done => done.map(Some),
        }
    }
}

fn append(pipe: &OwnedFd, buf: &mut Vec<u8>) -> io::Result<usize> {
    // A buffer as big as what waits, not as big as what might.
    let waiting = rustix::io::ioctl_fionread(pipe).unwrap_or(0);
    let room = usize::try_from(waiting).unwrap_or(READ_BYTES).clamp(1, READ_BYTES);
    buf.reserve(if waiting == 0 { SMALL_READ_BYTES } else { room });
    let before = buf.len();
    buf.resize(before + room, 0);
    let result = read_into(pipe, &mut buf[before..]);
    buf.truncate(before + result.as_ref().copied().unwrap_or(0));
    result
}

fn read_into(pipe: &OwnedFd, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match rustix::io::read(pipe, &mut *room) {
            Err(Errno::INTR) => {}
            result => return Ok(result?),
        }
    }
}
