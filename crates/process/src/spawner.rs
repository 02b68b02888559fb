//! The thread that makes all children, and the handles to it.
//!
//! It lives as long as anything it made is in use: the kernel kills a child when the *thread*
//! that made it ends, so a thread of the async runtime's pool, which may retire, cannot do this.
//! It also collects orphans, which the kernel gives to this server as their subreaper, and
//! removes the directories of cgroups, off everybody's way.

use std::collections::VecDeque;
use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::event::EventfdFlags;
use rustix::fs::{Mode, OFlags};
use rustix::io::{DupFlags, Errno};
use rustix::pipe::PipeFlags;
use rustix::process::{Resource, Rlimit};
use signal_hook_registry::SigId;
use tokio::sync::oneshot;

use crate::cgroup::{self, Cgroup, RunGroup};
use crate::child::{Child, RawChild};
use crate::clone::{self, ChildStack, Image, Stdio, Step};
use crate::command::{self, Command, SpawnError, preflight};
use crate::ledger::{Entry, Ledger};
use crate::tree::{GENERATION, INSTANCE, Identity, PROCESS_ID, Tree};
use crate::{procfs, sys, walk};

/// More descriptors than this are never needed, and some systems allow a billion.
const MAX_DESCRIPTORS: u64 = 1 << 20;

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

/// Between the thread and its handles.
#[derive(Debug)]
struct Shared {
    spawns: Mutex<VecDeque<Request>>,
    chores: Mutex<VecDeque<Chore>>,
    wake: Arc<OwnedFd>,
    child_ended: Arc<AtomicBool>,
    closed: AtomicBool,
}

#[derive(Debug)]
struct Request {
    command: Command,
    chores: Chores,
    reply: oneshot::Sender<Result<RawChild, SpawnError>>,
}

#[derive(Debug)]
enum Chore {
    /// Collect the status of a child that nobody waits for any more.
    Collect(Arc<OwnedFd>),
    /// Forget a generation and remove its group.
    Forget { slot: u32, generation: u64, group: Option<Cgroup> },
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
        let descriptors = raise_descriptor_limit();
        let group = if options.cgroup { run_group(&options.instance) } else { None };
        let ledger = open_ledger(&options, group.as_ref());
        let shared = Arc::new(Shared::new()?);
        let child_exits =
            sys::on_child_exit(Arc::clone(&shared.child_ended), Arc::clone(&shared.wake))?;
        let worker = Worker {
            shared: Arc::clone(&shared),
            instance: options.instance.into(),
            group,
            ledger,
            stdio: Slots::reserve()?,
            descriptors,
            stack: ChildStack::new(),
            uncollected: Vec::new(),
        };
        let (tell, told) = std::sync::mpsc::channel();
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
        self.0.0.shared.push(&self.0.0.shared.spawns, request);
        Child::new(raw.await.map_err(|_| SpawnError::ShutDown)??)
    }

    /// Whether generations are kept in cgroups.
    pub fn has_cgroup(&self) -> bool {
        self.0.0.has_cgroup
    }
}

impl Chores {
    pub(crate) fn collect(&self, pidfd: Arc<OwnedFd>) {
        self.0.shared.push(&self.0.shared.chores, Chore::Collect(pidfd));
    }

    pub(crate) fn tree_dropped(&self, slot: u32, generation: u64, group: Option<Cgroup>) {
        self.0.shared.push(&self.0.shared.chores, Chore::Forget { slot, generation, group });
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

impl Shared {
    fn new() -> io::Result<Self> {
        Ok(Self {
            spawns: Mutex::default(),
            chores: Mutex::default(),
            wake: Arc::new(rustix::event::eventfd(0, EventfdFlags::CLOEXEC)?),
            child_ended: Arc::new(AtomicBool::new(false)),
            closed: AtomicBool::new(false),
        })
    }

    fn push<T>(&self, queue: &Mutex<VecDeque<T>>, item: T) {
        queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(item);
        self.wake_up();
    }

    fn pop<T>(queue: &Mutex<VecDeque<T>>) -> Option<T> {
        queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn wake_up(&self) {
        let _ = rustix::io::write(&*self.wake, &1u64.to_ne_bytes());
    }

    /// Sleeps until there is something to do.
    fn sleep(&self) {
        let _ = rustix::io::read(&*self.wake, &mut [0u8; 8]);
    }
}

/// What the thread owns.
struct Worker {
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
    /// Tells first whether cgroups can be used.
    fn run(mut self, tell: &std::sync::mpsc::Sender<bool>) {
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
            self.collect_ended();
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
        if let Err(Ok(unwanted)) = reply.send(result) {
            let _ = unwanted.tree.kill();
            self.uncollected.push(unwanted.pidfd);
        }
    }

    fn spawn(&mut self, command: &Command, chores: Chores) -> Result<RawChild, SpawnError> {
        let path = preflight(command)?;
        let image = image(command, &path, &self.instance)?;
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
        Ok(RawChild { pidfd, stdout, stderr, tree, chores })
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
    fn collect_ended(&mut self) {
        for pid in walk::orphans() {
            sys::reap_if_ended(pid);
        }
        self.collect_uncollected();
    }

    fn collect_uncollected(&mut self) {
        self.uncollected.retain(|pidfd| matches!(sys::exit_status(pidfd), Ok(None)));
    }

    fn free_group(&mut self, group: Option<Cgroup>) {
        if let (Some(run), Some(group)) = (&mut self.group, group) {
            run.give_back(group);
        }
    }

    /// Nothing that was made here is in use any more.
    fn close(mut self) {
        for pidfd in std::mem::take(&mut self.uncollected) {
            let _ = sys::signal_process(&pidfd, libc::SIGKILL);
            sys::reap(&pidfd);
        }
        self.collect_ended();
        if let Some(group) = &self.group {
            let _ = cgroup::remove(group.path());
        }
        if let Some(ledger) = &mut self.ledger {
            let _ = ledger.close();
        }
    }
}

/// Descriptors of low numbers, taken early: those that a child gets must be low, see [`clone`].
struct Slots {
    null: OwnedFd,
    output: OwnedFd,
    errors: OwnedFd,
}

impl Slots {
    fn reserve() -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let null = || rustix::fs::open("/dev/null", flags, Mode::empty());
        Ok(Self { null: null()?, output: null()?, errors: null()? })
    }

    fn fill(&mut self, output: &OwnedFd, errors: &OwnedFd) -> Result<Stdio<'_>, Errno> {
        rustix::io::dup3(output, &mut self.output, DupFlags::CLOEXEC)?;
        rustix::io::dup3(errors, &mut self.errors, DupFlags::CLOEXEC)?;
        Ok(self.lent())
    }

    fn lent(&self) -> Stdio<'_> {
        Stdio { input: self.null.as_fd(), output: self.output.as_fd(), errors: self.errors.as_fd() }
    }

    /// What is left in them would keep the pipes from ever ending. Putting an open descriptor in
    /// the place of another open one cannot fail.
    fn empty(&mut self) {
        let _ = rustix::io::dup3(&self.null, &mut self.output, DupFlags::CLOEXEC);
        let _ = rustix::io::dup3(&self.null, &mut self.errors, DupFlags::CLOEXEC);
    }
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

/// Raises the soft limit of open files to the hard one and returns what it was at first; also a
/// second time, so that children never get the raised one.
fn raise_descriptor_limit() -> Option<Rlimit> {
    static AT_START: OnceLock<Rlimit> = OnceLock::new();
    let at_start = *AT_START.get_or_init(|| rustix::process::getrlimit(Resource::Nofile));
    let wanted = at_start.maximum.unwrap_or(MAX_DESCRIPTORS).min(MAX_DESCRIPTORS);
    if at_start.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit { current: Some(wanted), maximum: at_start.maximum };
        let _ = rustix::process::setrlimit(Resource::Nofile, raised);
    }
    Some(at_start)
}

/// A pipe whose reading end never blocks; the writing end, which the child gets, does.
fn output_pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    let (read, write) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&read, true)?;
    Ok((read, write))
}

fn inode(fd: &OwnedFd) -> u64 {
    rustix::fs::fstat(fd).map_or(0, |stat| stat.st_ino)
}

fn image(command: &Command, path: &Path, instance: &str) -> Result<Image, SpawnError> {
    let generation = command.generation.to_string();
    let own: [(&str, &OsStr); 3] = [
        (INSTANCE, instance.as_ref()),
        (PROCESS_ID, command.name.as_ref()),
        (GENERATION, generation.as_ref()),
    ];
    let given = command.env.iter().filter(|(name, _)| own.iter().all(|(own, _)| name != own));
    let given = given.map(|(name, value)| (name.as_os_str(), value.as_os_str()));
    let own = own.into_iter().map(|(name, value)| (OsStr::new(name), value));
    Ok(Image {
        path: c_string(path.as_os_str(), "the program")?,
        argv: command
            .argv
            .iter()
            .map(|word| c_string(word, "an argument"))
            .collect::<Result<_, _>>()?,
        env: given.chain(own).map(variable).collect::<Result<_, _>>()?,
        cwd: c_string(command.cwd.as_os_str(), "the working directory")?,
    })
}

fn variable((name, value): (&OsStr, &OsStr)) -> Result<CString, SpawnError> {
    let mut entry = OsString::with_capacity(name.len() + 1 + value.len());
    entry.push(name);
    entry.push("=");
    entry.push(value);
    c_string(&entry, "the environment")
}

fn c_string(text: &OsStr, what: &'static str) -> Result<CString, SpawnError> {
    CString::new(text.as_bytes()).map_err(|_| SpawnError::ZeroByte(what))
}
