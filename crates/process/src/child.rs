//! A running child of the server.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use tokio::io::unix::AsyncFd;

use crate::output::Output;
use crate::spawner::Chores;
use crate::tree::Tree;
use crate::{ExitStatus, SpawnError, sys};

/// What the spawner's thread hands over: not yet known to the reactor. Ended if nobody takes it,
/// which is so when the future that asked for it was dropped.
#[derive(Debug)]
pub(crate) struct RawChild {
    pub(crate) pidfd: Arc<OwnedFd>,
    /// Until it is taken.
    pub(crate) output: Option<(OwnedFd, OwnedFd)>,
    pub(crate) tree: Tree,
    pub(crate) chores: Chores,
}

impl Drop for RawChild {
    fn drop(&mut self) {
        if self.output.is_some() {
            let _ = self.tree.kill();
            self.chores.collect(Arc::clone(&self.pidfd));
        }
    }
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
    /// A child that cannot be watched, for lack of memory or descriptors, is ended.
    pub(crate) fn new(mut raw: RawChild) -> Result<Self, SpawnError> {
        let registered = sys::watch(Arc::clone(&raw.pidfd));
        let exit = Exit::Awaited(registered.map_err(|error| SpawnError::system(&error))?);
        let output = raw
            .output
            .take()
            .map(|(stdout, stderr)| io::Result::Ok((Output::new(stdout)?, Output::new(stderr)?)));
        let output = output.unwrap_or_else(|| Ok((Output::ended(), Output::ended())));
        let output = output.map_err(|error| {
            let _ = raw.tree.kill();
            raw.chores.collect(Arc::clone(&raw.pidfd));
            SpawnError::system(&error)
        })?;
        Ok(Self { exit, output, tree: raw.tree.clone(), chores: raw.chores.clone() })
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
