//! A running child of the server.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use tokio::io::unix::AsyncFd;

use crate::output::Output;
use crate::spawner::Chores;
use crate::tree::Tree;
use crate::{ExitStatus, SpawnError, sys};

/// What the spawner's thread hands over: not yet known to the reactor.
#[derive(Debug)]
pub(crate) struct RawChild {
    pub(crate) pidfd: Arc<OwnedFd>,
    pub(crate) stdout: OwnedFd,
    pub(crate) stderr: OwnedFd,
    pub(crate) tree: Tree,
    pub(crate) chores: Chores,
}

/// The leader of a [`Tree`]: the process that runs the program. A child that is dropped goes on;
/// its status is then collected by the spawner.
#[derive(Debug)]
pub struct Child {
    exit: Exit,
    output: (Output, Output),
    tree: Tree,
    chores: Chores,
}

#[derive(Debug)]
enum Exit {
    Awaited(AsyncFd<Arc<OwnedFd>>),
    Known(ExitStatus),
}

impl Child {
    pub(crate) fn new(raw: RawChild) -> Result<Self, SpawnError> {
        let tree = raw.tree.clone();
        let chores = raw.chores.clone();
        let pidfd = Arc::clone(&raw.pidfd);
        Self::register(raw).map_err(|error| {
            // Out of memory or of descriptors: a child that cannot be watched must not run.
            let _ = tree.kill();
            chores.collect(pidfd);
            SpawnError::system(&error)
        })
    }

    fn register(raw: RawChild) -> io::Result<Self> {
        let pidfd = sys::watch(raw.pidfd)?;
        let output = (Output::new(raw.stdout)?, Output::new(raw.stderr)?);
        Ok(Self { exit: Exit::Awaited(pidfd), output, tree: raw.tree, chores: raw.chores })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.tree.leader().leader
    }

    /// When it started, in clock ticks since the machine did.
    pub fn start_time(&self) -> u64 {
        self.tree.leader().start_time
    }

    /// Waits until it has ended, whatever of its tree or of its output is left. Dropping the
    /// future loses nothing; after the end it answers at once.
    pub async fn exited(&mut self) -> ExitStatus {
        let Exit::Awaited(pidfd) = &self.exit else { return self.known() };
        let status = loop {
            match pidfd.readable().await {
                Ok(mut ready) => match sys::exit_status(pidfd.get_ref()) {
                    Ok(Some(status)) => break status,
                    Ok(None) => ready.clear_ready(),
                    // Somebody else in this program waited for all children: the status is lost.
                    Err(_) => break ExitStatus::Signal(0),
                },
                // The reactor is shut down: nothing will ever be reported any more.
                Err(_) => std::future::pending().await,
            }
        };
        self.exit = Exit::Known(status);
        status
    }

    const fn known(&self) -> ExitStatus {
        match self.exit {
            Exit::Known(status) => status,
            Exit::Awaited(_) => ExitStatus::Signal(0),
        }
    }

    /// Its stdout and stderr; the second time, two that are at their end.
    pub const fn take_output(&mut self) -> (Output, Output) {
        std::mem::replace(&mut self.output, (Output::ended(), Output::ended()))
    }

    /// A handle to all that it started.
    pub fn tree(&self) -> Tree {
        self.tree.clone()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Exit::Awaited(pidfd) = &self.exit {
            self.chores.collect(Arc::clone(pidfd.get_ref()));
        }
    }
}
