//! The handles to the thread that makes all children.
//!
//! It lives as long as anything it made is in use: the kernel kills a child when the *thread*
//! that made it ends, so a thread of the async runtime's pool, which may retire, cannot do this.
//! It also collects orphans, which the kernel gives to this server as their subreaper, and
//! removes the directories of cgroups, off everybody's way.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use signal_hook_registry::SigId;
use tokio::sync::oneshot;

use crate::cgroup::Cgroup;
use crate::child::Child;
use crate::command::{Command, SpawnError};
use crate::queue::{Chore, Request, Shared};
use crate::sys;
use crate::worker::Worker;

/// How a [`Spawner`] works.
#[derive(Debug, Clone)]
pub struct SpawnerOptions {
    /// Keep each generation in a cgroup of its own, where that can be had.
    pub cgroup: bool,
    /// A random id of this run of the server, fit for a file name; processes carry it as
    /// `SIGNALBOX_INSTANCE`.
    pub instance: String,
    /// The file that tells the next run of the server what this one has left; none: it is not told.
    pub ledger: Option<PathBuf>,
}

/// Makes children. Cheap to clone; all clones share one thread.
#[derive(Debug, Clone)]
pub struct Spawner(Chores);

/// What children and trees use of the spawner's thread; keeps it alive.
#[derive(Debug, Clone)]
pub(crate) struct Chores(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    child_exits: SigId,
    has_cgroup: bool,
}

impl Spawner {
    /// Makes this process the subreaper of everything below it, raises its limit of open files,
    /// finds out whether cgroups can be had, and starts the thread. Without a cgroup or a ledger
    /// it works as well, which is only logged.
    ///
    /// The process must not start children from its first thread by other means: their status
    /// could be collected here.
    ///
    /// # Errors
    /// If the thread or its descriptors cannot be had.
    pub fn start(options: SpawnerOptions) -> io::Result<Self> {
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        let shared = Arc::new(Shared::new()?);
        let child_exits =
            sys::on_child_exit(Arc::clone(&shared.child_ended), Arc::clone(&shared.wake))?;
        let worker = Worker::new(Arc::clone(&shared), options)?;
        let (tell, told) = mpsc::channel();
        let start = move || worker.run(&tell);
        let thread = thread::Builder::new().name("spawner".into()).spawn(start)?;
        let has_cgroup = told.recv().unwrap_or(false);
        let thread = Mutex::new(Some(thread));
        Ok(Self(Chores(Arc::new(Handle { shared, thread, child_exits, has_cgroup }))))
    }

    /// Starts a program and returns once it runs. Dropping the future before ends what was started.
    ///
    /// # Errors
    /// Why it does not run.
    pub async fn spawn(&self, command: Command) -> Result<Child, SpawnError> {
        let (reply, raw) = oneshot::channel();
        let request = Request { command, chores: self.0.clone(), reply };
        self.0.0.shared.request(request);
        Child::new(raw.await.map_err(|_| SpawnError::ShutDown)??)
    }

    /// Whether generations are kept in cgroups.
    pub fn has_cgroup(&self) -> bool {
        self.0.0.has_cgroup
    }
}

impl Chores {
    pub(crate) fn collect(&self, pidfd: Arc<OwnedFd>) {
        self.0.shared.chore(Chore::Collect(pidfd));
    }

    pub(crate) fn tree_dropped(&self, slot: u32, generation: u64, group: Option<Cgroup>) {
        self.0.shared.chore(Chore::Forget { slot, generation, group });
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        signal_hook_registry::unregister(self.child_exits);
        self.shared.closed.store(true, Ordering::Release);
        self.shared.wake_up();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The last handle may be one that the thread itself held.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != thread::current().id())
        {
            let _ = thread.join();
        }
    }
}
