//! The thread that makes all children, collects orphans and keeps the ledger.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};

use rustix::io::Errno;
use rustix::process::Rlimit;

use crate::cgroup::{self, Cgroup, RunGroup};
use crate::child::RawChild;
use crate::clone::{self, ChildStack, Step};
use crate::command::{self, Command, SpawnError, preflight};
use crate::descriptors::raise_descriptor_limit;
use crate::image::Image;
use crate::ledger::{Entry, Ledger, NameSum};
use crate::procfs::{self, Stat};
use crate::queue::{Chore, Request, Shared};
use crate::spawner::{Chores, SpawnerOptions};
use crate::stdio::{Slots, inode, output_pipe};
use crate::tree::{Identity, Member, Tree};
use crate::{strays, sys, walk};

/// What the thread owns.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    instance: Arc<str>,
    group: Option<RunGroup>,
    ledger: Option<Ledger>,
    stdio: Slots,
    /// The limit that the server was started with, for its children.
    descriptors: Option<Rlimit>,
    stack: ChildStack,
    /// Children whose status nobody waits for, until they end.
    uncollected: Vec<Arc<OwnedFd>>,
}

impl Worker {
    /// # Errors
    /// If `/dev/null` cannot be opened.
    pub(crate) fn new(shared: Arc<Shared>, options: SpawnerOptions) -> io::Result<Self> {
        if !walk::can_see_children() {
            tracing::warn!("the kernel does not tell children: what leaves a tree may be missed");
        }
        let group = if options.cgroup { run_group(&options.instance) } else { None };
        let ledger = open_ledger(&options, group.as_ref());
        Ok(Self {
            shared,
            instance: options.instance.into(),
            group,
            ledger,
            stdio: Slots::reserve()?,
            descriptors: raise_descriptor_limit(),
            stack: ChildStack::new(),
            uncollected: Vec::new(),
        })
    }

    /// Tells first whether cgroups can be used.
    pub(crate) fn run(mut self, tell: &mpsc::Sender<bool>) {
        sys::block_all_signals();
        self.try_group();
        let _ = tell.send(self.group.is_some());
        loop {
            self.shared.sleep();
            while self.work_once() {}
            if self.shared.closed.load(Ordering::Acquire) {
                break self.close();
            }
        }
    }

    /// Starting a program comes before everything else. False if there is nothing to do.
    fn work_once(&mut self) -> bool {
        if let Some(request) = Shared::pop(&self.shared.spawns) {
            self.serve(request);
        } else if self.shared.child_ended.swap(false, Ordering::AcqRel) {
            self.collect_orphans();
            self.collect_uncollected();
        } else if let Some(chore) = Shared::pop(&self.shared.chores) {
            self.do_chore(chore);
        } else {
            return false;
        }
        true
    }

    fn serve(&mut self, request: Request) {
        let Request { command, chores, reply } = request;
        let result = self.spawn(&command, chores);
        // What nobody waits for any more is ended when it is dropped.
        let _ = reply.send(result);
    }

    fn spawn(&mut self, command: &Command, chores: Chores) -> Result<RawChild, SpawnError> {
        let path = preflight(command)?;
        let image = Image::of(command, &path, &self.instance)?;
        let system = |error: Errno| SpawnError::system(&error.into());
        let (stdout, stdout_end) = output_pipe().map_err(system)?;
        let (stderr, stderr_end) = output_pipe().map_err(system)?;
        let pipes = [inode(&stdout), inode(&stderr)];
        let group = self.new_group(command);
        let directory = group.as_ref().map(Cgroup::directory);
        let stdio = self.stdio.fill(&stdout_end, &stderr_end).map_err(system)?;
        let cloned =
            clone::clone_and_exec(&image, stdio, directory, self.descriptors, &mut self.stack);
        self.stdio.empty();
        let cloned = match cloned {
            Ok(cloned) => cloned,
            Err(failure) => {
                self.free_group(group);
                return Err(spawn_fault(command, &path, &failure));
            }
        };
        let pidfd = Arc::new(cloned.pidfd);
        let identity = Identity {
            leader: cloned.pid,
            // Not yet collected, so it is there even if it has ended.
            start_time: procfs::start_time(cloned.pid).unwrap_or(0),
            pidfd: Arc::clone(&pidfd),
            instance: Arc::clone(&self.instance),
            name: command.name.clone(),
            generation: command.generation,
            slot: command.slot,
            pipes,
        };
        self.note(&identity);
        let tree = Tree::new(identity, group, chores.clone());
        Ok(RawChild { pidfd, output: Some((stdout, stderr)), tree, chores })
    }

    /// Does without cgroups where a child cannot live in one.
    fn try_group(&mut self) {
        let Some(run) = &mut self.group else { return };
        let works = run.take("probe").ok().is_some_and(|probe| {
            let stdio = self.stdio.lent();
            let works = clone::works_in(probe.directory(), stdio, &mut self.stack);
            run.give_back(probe);
            works
        });
        if !works {
            let _ = cgroup::remove(run.path());
            self.group = None;
        }
    }

    fn new_group(&mut self, command: &Command) -> Option<Cgroup> {
        let made = self.group.as_mut()?.take(&command.name);
        made.inspect_err(|error| tracing::debug!(%error, process.id = command.name, "no cgroup"))
            .ok()
    }

    fn note(&mut self, identity: &Identity) {
        let entry = Entry {
            pid: identity.leader,
            name: NameSum::of(&identity.name),
            start_time: identity.start_time,
            generation: identity.generation,
        };
        if let Some(ledger) = &mut self.ledger
            && let Err(error) = ledger.write(identity.slot, entry)
        {
            tracing::warn!(%error, "the ledger of running processes cannot be written any more");
            self.ledger = None;
        }
    }

    fn do_chore(&mut self, chore: Chore) {
        match chore {
            Chore::Collect(pidfd) => self.uncollected.push(pidfd),
            Chore::Forget { slot, generation, group } => {
                if let Some(ledger) = &mut self.ledger {
                    let _ = ledger.clear(slot, generation);
                }
                self.free_group(group);
            }
        }
        self.collect_uncollected();
    }

    /// Orphans are the children of the first thread, those made here are this thread's: so no
    /// status is taken from whom it belongs to.
    fn collect_orphans(&self) {
        for pid in walk::orphans().unwrap_or_default() {
            sys::reap_if_ended(pid);
        }
    }

    fn collect_uncollected(&mut self) {
        self.uncollected.retain(|pidfd| matches!(sys::exit_status(pidfd), Ok(None)));
    }

    fn free_group(&mut self, group: Option<Cgroup>) {
        if let (Some(run), Some(group)) = (&mut self.group, group) {
            run.give_back(group);
        }
    }

    /// Nothing that was made here is in use any more: what still lives is ended.
    fn close(mut self) {
        for pidfd in std::mem::take(&mut self.uncollected) {
            let _ = sys::signal_process(&pidfd, libc::SIGKILL);
            sys::reap(&pidfd);
        }
        let group = self.group.as_ref().map(RunGroup::path);
        strays::end_all(|| self.left(), group);
        self.collect_orphans();
        if let Some(group) = &self.group {
            let _ = cgroup::remove(group.path());
        }
        if self.left().is_empty()
            && let Some(ledger) = &mut self.ledger
        {
            let _ = ledger.close();
        }
    }

    fn left(&self) -> Vec<Member> {
        let mut left = strays::orphans_of(&self.instance);
        let group = self.group.as_ref().map(RunGroup::path);
        let pids = group.map(cgroup::members_of).unwrap_or_default();
        left.extend(
            pids.into_iter().filter_map(procfs::stat).filter(Stat::is_alive).map(Member::from),
        );
        left
    }
}

fn run_group(instance: &str) -> Option<RunGroup> {
    RunGroup::create(instance)
        .inspect_err(|error| tracing::debug!(%error, "no cgroup: processes are tracked by /proc"))
        .ok()
}

fn open_ledger(options: &SpawnerOptions, group: Option<&RunGroup>) -> Option<Ledger> {
    let path = options.ledger.as_ref()?;
    Ledger::create(path, &options.instance, group.map(RunGroup::path))
        .inspect_err(|error| {
            tracing::warn!(%error, path = %path.display(),
                "no ledger: what this server leaves if it is killed will not be found again");
        })
        .ok()
}

fn spawn_fault(command: &Command, path: &Path, failure: &clone::Failure) -> SpawnError {
    match failure.step {
        Step::Exec => command::exec_fault(path, &failure.error),
        Step::Directory => SpawnError::WorkingDirectory {
            path: command.cwd.clone(),
            reason: command::reason(&failure.error),
        },
        Step::Clone | Step::Setup => SpawnError::system(&failure.error),
    }
}
