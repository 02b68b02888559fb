//! What passes from the handles to the spawner's thread.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::EventfdFlags;
use tokio::sync::oneshot;

use crate::cgroup::Cgroup;
use crate::child::RawChild;
use crate::command::{Command, SpawnError};
use crate::spawner::Chores;

/// Between the thread and its handles.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) spawns: Mutex<VecDeque<Request>>,
    pub(crate) chores: Mutex<VecDeque<Chore>>,
    pub(crate) wake: Arc<OwnedFd>,
    pub(crate) child_ended: Arc<AtomicBool>,
    pub(crate) closed: AtomicBool,
}

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) command: Command,
    pub(crate) chores: Chores,
    pub(crate) reply: oneshot::Sender<Result<RawChild, SpawnError>>,
}

#[derive(Debug)]
pub(crate) enum Chore {
    /// Collect the status of a child that nobody waits for any more.
    Collect(Arc<OwnedFd>),
    /// Forget a generation and remove its group.
    Forget { slot: u32, generation: u64, group: Option<Cgroup> },
}

impl Shared {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            spawns: Mutex::default(),
            chores: Mutex::default(),
            wake: Arc::new(rustix::event::eventfd(0, EventfdFlags::CLOEXEC)?),
            child_ended: Arc::new(AtomicBool::new(false)),
            closed: AtomicBool::new(false),
        })
    }

    pub(crate) fn request(&self, request: Request) {
        self.push(&self.spawns, request);
    }

    pub(crate) fn chore(&self, chore: Chore) {
        self.push(&self.chores, chore);
    }

    fn push<T>(&self, queue: &Mutex<VecDeque<T>>, item: T) {
        queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(item);
        self.wake_up();
    }

    pub(crate) fn pop<T>(queue: &Mutex<VecDeque<T>>) -> Option<T> {
        queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    pub(crate) fn wake_up(&self) {
        let _ = rustix::io::write(&*self.wake, &1u64.to_ne_bytes());
    }

    /// Sleeps until there is something to do.
    pub(crate) fn sleep(&self) {
        let _ = rustix::io::read(&*self.wake, &mut [0u8; 8]);
    }
}
