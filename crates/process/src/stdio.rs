//! The descriptors that a child gets.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::{DupFlags, Errno};
use rustix::pipe::PipeFlags;

use crate::newborn::Stdio;

/// Descriptors of low numbers, taken early: those that a child gets must be low, see `newborn`.
#[derive(Debug)]
pub(crate) struct Slots {
    null: OwnedFd,
    output: OwnedFd,
    errors: OwnedFd,
}

impl Slots {
    pub(crate) fn reserve() -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let null = || rustix::fs::open("/dev/null", flags, Mode::empty());
        Ok(Self { null: null()?, output: null()?, errors: null()? })
    }

    pub(crate) fn fill(&mut self, output: &OwnedFd, errors: &OwnedFd) -> Result<Stdio<'_>, Errno> {
        rustix::io::dup3(output, &mut self.output, DupFlags::CLOEXEC)?;
        rustix::io::dup3(errors, &mut self.errors, DupFlags::CLOEXEC)?;
        Ok(self.lent())
    }

    pub(crate) fn lent(&self) -> Stdio<'_> {
        Stdio { input: self.null.as_fd(), output: self.output.as_fd(), errors: self.errors.as_fd() }
    }

    /// What is left in them would keep the pipes from ever ending. Putting an open descriptor in
    /// the place of another open one cannot fail.
    pub(crate) fn empty(&mut self) {
        let _ = rustix::io::dup3(&self.null, &mut self.output, DupFlags::CLOEXEC);
        let _ = rustix::io::dup3(&self.null, &mut self.errors, DupFlags::CLOEXEC);
    }
}

/// A pipe whose reading end never blocks; the writing end, which the child gets, does.
pub(crate) fn output_pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    let (read, write) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&read, true)?;
    Ok((read, write))
}

pub(crate) fn inode(fd: &OwnedFd) -> u64 {
    rustix::fs::fstat(fd).map_or(0, |stat| stat.st_ino)
}
