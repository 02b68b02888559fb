//! epoll, as the mock upstream and the load both use it.
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use crate::clock::now_ns;
use crate::failure::{Doing, Outcome};

/// Descriptors under a number each.
pub(crate) struct Poller {
    epoll: OwnedFd,
    ready: Vec<Event>,
}

/// What may be done with one of them.
#[derive(Clone, Copy)]
pub(crate) struct Ready {
    /// Its number.
    pub(crate) index: usize,
    /// There is something to read, or an end.
    pub(crate) readable: bool,
    /// There is room to write.
    pub(crate) writable: bool,
    /// The peer will send no more, or is gone.
    pub(crate) ended: bool,
}

impl Poller {
    /// Watches nothing yet.
    pub(crate) fn new() -> Outcome<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC).doing("making an epoll")?;
        Ok(Self { epoll, ready: Vec::with_capacity(1024) })
    }

    /// Watches for something to read, and for the peer's end.
    pub(crate) fn add(&self, descriptor: impl AsFd, index: usize) -> Outcome<()> {
        let flags = EventFlags::IN | EventFlags::RDHUP;
        epoll::add(&self.epoll, descriptor, data(index), flags).doing("watching a connection")
    }

    /// Watches for room to write as well, or no more.
    pub(crate) fn want_room(&self, descriptor: impl AsFd, index: usize, want: bool) -> Outcome<()> {
        let mut flags = EventFlags::IN | EventFlags::RDHUP;
        flags.set(EventFlags::OUT, want);
        epoll::modify(&self.epoll, descriptor, data(index), flags).doing("watching for room")
    }

    /// Waits, at most until `until_ns` by the run's clock, and gives what came.
    pub(crate) fn wait(&mut self, until_ns: Option<u64>) -> Outcome<Vec<Ready>> {
        let patience = until_ns.map(|until| Duration::from_nanos(until.saturating_sub(now_ns())));
        let timeout = patience.and_then(|patience| Timespec::try_from(patience).ok());
        self.ready.clear();
        let buffer = rustix::buffer::spare_capacity(&mut self.ready);
        match epoll::wait(&self.epoll, buffer, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error).doing("waiting for connections"),
        }
        Ok(self.ready.iter().map(ready).collect())
    }
}

fn data(index: usize) -> EventData {
    EventData::new_u64(u64::try_from(index).unwrap_or(u64::MAX))
}

fn ready(event: &Event) -> Ready {
    let flags = event.flags;
    Ready {
        index: usize::try_from(event.data.u64()).unwrap_or(usize::MAX),
        readable: flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR),
        writable: flags.contains(EventFlags::OUT),
        ended: flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR),
    }
}
