//! Everything that one generation started, also what left its process group or session.
//!
//! Where a cgroup could be made, the kernel keeps the account. In any case the processes are also
//! looked for in `/proc` (see [`walk`]): without a cgroup that is all there is, and with one it
//! finds those that another service moved elsewhere, as `su` does on a desktop.
//!
//! [`walk`]: crate::walk

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use crate::cgroup::Cgroup;
use crate::procfs::{self, Stat};
use crate::spawner::Chores;
use crate::sys;
use crate::walk::{self, Walk};

/// Rounds of looking and killing after which [`Tree::kill`] leaves the rest to [`Tree::emptied`].
const MAX_KILL_ROUNDS: usize = 100;

/// How long to wait where something lives that cannot be looked at, or be waited for: for want of descriptors say.
const UNSEEN_WAIT: Duration = Duration::from_millis(50);

/// How many dead processes a tree may remember.
const KEPT_DEAD: usize = 64;

/// A living process of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its process id.
    pub pid: u32,
    /// Its name as `ps` shows it.
    pub name: String,
    /// When it started, in clock ticks since the machine did: tells it from a later process that
    /// gets the same pid.
    pub start_time: u64,
}

/// A handle to everything that one generation started.
#[derive(Debug, Clone)]
pub struct Tree(Arc<Inner>);

/// What a tree is known by.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) leader: u32,
    pub(crate) start_time: u64,
    pub(crate) pidfd: Arc<OwnedFd>,
    pub(crate) instance: Arc<str>,
    pub(crate) name: String,
    pub(crate) generation: u64,
    pub(crate) slot: u32,
    /// The inodes of the output pipes: whoever holds one got it from the leader.
    pub(crate) pipes: [u64; 2],
}

#[derive(Debug)]
struct Inner {
    identity: Identity,
    cgroup: Option<Cgroup>,
    /// Who was seen in the tree, by pid, with start times: still known after everything else
    /// about them has changed.
    remembered: Mutex<HashMap<u32, u64>>,
    killed: AtomicBool,
    /// Where a process of the tree was last seen listening: process, start time, descriptor.
    last_listener: Mutex<Option<(u32, u64, u32)>>,
    chores: Chores,
}

impl Tree {
    pub(crate) fn new(identity: Identity, cgroup: Option<Cgroup>, chores: Chores) -> Self {
        Self(Arc::new(Inner {
            identity,
            cgroup,
            remembered: Mutex::default(),
            killed: AtomicBool::new(false),
            last_listener: Mutex::default(),
            chores,
        }))
    }

    pub(crate) fn leader(&self) -> &Identity {
        &self.0.identity
    }

    pub(crate) fn cgroup(&self) -> Option<&Cgroup> {
        self.0.cgroup.as_ref()
    }

    pub(crate) fn last_listener(&self) -> &Mutex<Option<(u32, u64, u32)>> {
        &self.0.last_listener
    }

    /// The processes that are alive, by pid; one that ended and waits to be collected is not.
    pub fn members(&self) -> Vec<Member> {
        self.find().into_values().map(Member::from).collect()
    }

    /// Whether nothing of the tree is alive. Some microseconds unless orphans of this or another
    /// tree have to be told apart. What cannot be looked at is not taken for dead.
    pub fn is_empty(&self) -> bool {
        // With the leader gone, whatever is left is in the cgroup or below an orphan.
        sys::has_exited(&self.0.identity.pidfd)
            && !self.0.cgroup.as_ref().is_some_and(Cgroup::is_populated)
            && (walk::orphans().is_ok_and(|orphans| orphans.is_empty()) || self.is_seen_empty())
    }

    fn is_seen_empty(&self) -> bool {
        let walk = self.walk();
        walk.found.is_empty() && !walk.blind
    }

    /// Resolves once nothing of the tree is alive: sleeps on one member after the other. After
    /// [`Tree::kill`], what appears anew is killed as well.
    pub async fn emptied(&self) {
        while !self.is_empty() {
            let members = self.members();
            if self.0.killed.load(Ordering::Acquire) {
                let _ = Self::kill_each(&members);
            }
            match members.first() {
                Some(first) => wait_for_end(first).await,
                None => sleep(UNSEEN_WAIT).await,
            }
        }
    }

    /// Sends a signal to everything, wherever it is: to the leader's group in one step, to what left it one by one.
    /// A signal that asks for an end also wakes what is stopped, which could not hear it otherwise.
    ///
    /// # Errors
    /// If the signal does not exist or may not be sent. That nobody is left to get it is none.
    pub fn signal(&self, signal: i32) -> io::Result<()> {
        // Before the leader can end, and with it the proof of who came from it.
        self.find();
        self.signal_all(signal)?;
        if signal == libc::SIGTERM || signal == libc::SIGINT || signal == libc::SIGHUP {
            self.signal_all(libc::SIGCONT)?;
        }
        Ok(())
    }

    /// Sends a signal to the leader alone.
    ///
    /// # Errors
    /// If the signal does not exist or may not be sent. That the leader is gone is none.
    pub fn signal_leader(&self, signal: i32) -> io::Result<()> {
        ignore_gone(sys::signal_process(&self.0.identity.pidfd, signal))
    }

    /// The group first: one that leaves it at this moment is then found outside of it, and at worst gets both.
    fn signal_all(&self, signal: i32) -> io::Result<()> {
        let mut outcome = self.signal_group(signal);
        for stat in self.find().values().filter(|stat| stat.group != self.0.identity.leader) {
            outcome = outcome.and(signal_member(stat.pid, stat.start_time, signal));
        }
        outcome
    }

    fn signal_group(&self, signal: i32) -> io::Result<()> {
        let sent = sys::signal_group(&self.0.identity.pidfd, signal);
        match sent.as_ref().map_err(io::Error::raw_os_error) {
            Err(Some(libc::EINVAL)) => self.signal_by_number(signal),
            _ => ignore_gone(sent),
        }
    }

    /// Older kernels know the group only by its number, which is certain to be this one as long
    /// as a member has it.
    fn signal_by_number(&self, signal: i32) -> io::Result<()> {
        let leader = self.0.identity.leader;
        if self.find().values().any(|stat| stat.group == leader) {
            ignore_gone(sys::signal_group_number(leader, signal))
        } else {
            Ok(())
        }
    }

    /// SIGKILL to everything, wherever it is. Returns once it is sent; [`Tree::emptied`] says when
    /// it has worked.
    ///
    /// # Errors
    /// If a process may not be killed, such as one that runs as another user.
    pub fn kill(&self) -> io::Result<()> {
        self.0.killed.store(true, Ordering::Release);
        // Not on kernels before 5.14, and not without a descriptor.
        if self.0.cgroup.as_ref().is_none_or(|cgroup| cgroup.kill().is_err()) {
            self.find();
            // In one step that no fork within the group outruns.
            let _ = sys::signal_group(&self.0.identity.pidfd, libc::SIGKILL);
        }
        let mut killed = HashMap::new();
        for _ in 0..MAX_KILL_ROUNDS {
            let mut members = self.members();
            members.retain(|member| killed.get(&member.pid) != Some(&member.start_time));
            if members.is_empty() {
                return Ok(());
            }
            Self::kill_each(&members)?;
            killed.extend(members.into_iter().map(|member| (member.pid, member.start_time)));
        }
        Ok(())
    }

    /// Whether a living process is of this tree.
    pub fn contains(&self, pid: u32) -> bool {
        self.0.cgroup.as_ref().is_some_and(|cgroup| cgroup.contains(pid))
            && procfs::stat(pid).is_some_and(|stat| stat.is_alive())
            || self.find().contains_key(&pid)
    }

    /// Resolves once this process of the tree has ended; at once if it is none of the tree.
    pub async fn member_exited(&self, pid: u32) {
        // The descriptor first: if the number is of this tree after that, the descriptor is its.
        let Ok(pidfd) = sys::open_pidfd(pid) else { return };
        if self.contains(pid) {
            wait_readable(pidfd).await;
        }
    }

    /// Goes on after one that may not be killed.
    fn kill_each(members: &[Member]) -> io::Result<()> {
        let mut outcome = Ok(());
        for member in members {
            outcome = kill_member(member).and(outcome);
        }
        outcome
    }

    /// The living processes of the tree that can be seen.
    pub(crate) fn find(&self) -> BTreeMap<u32, Stat> {
        self.walk().found
    }

    /// The living processes of the tree, which are remembered from now on.
    pub(crate) fn walk(&self) -> Walk {
        let identity = &self.0.identity;
        let mut walk = Walk::default();
        if !sys::has_exited(&identity.pidfd) {
            walk.add_with_descendants(identity.leader);
        }
        for pid in self.0.cgroup.as_ref().map(Cgroup::members).unwrap_or_default() {
            walk.add_with_descendants(pid);
        }
        walk.add_orphans(|orphan| self.owns_orphan(orphan));
        self.remember(&walk.found);
        walk
    }

    /// One that was missed this time may still be found by its number next time, so the dead are
    /// only forgotten when there are many of them.
    fn remember(&self, found: &BTreeMap<u32, Stat>) {
        let mut remembered = self.0.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() > 2 * found.len() + KEPT_DEAD {
            remembered.clear();
        }
        remembered.extend(found.values().map(|stat| (stat.pid, stat.start_time)));
    }

    /// Whether a process whose parents are gone came from this tree.
    ///
    /// # Errors
    /// If that cannot be seen.
    fn owns_orphan(&self, orphan: &Stat) -> io::Result<bool> {
        let leader = self.0.identity.leader;
        // A number that names a living session or group is not given to a new process.
        if orphan.session == leader || orphan.group == leader || self.remembers(orphan) {
            return Ok(true);
        }
        self.is_marked(orphan.pid)?.map_or_else(|| self.shares_pipe(orphan.pid), Ok)
    }

    fn remembers(&self, orphan: &Stat) -> bool {
        let remembered = self.0.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.get(&orphan.pid) == Some(&orphan.start_time)
    }

    /// What its environment says; none if that names no process of this run. To look at all descriptors of one that
    /// belongs elsewhere would be dear: a server has thousands.
    fn is_marked(&self, pid: u32) -> io::Result<Option<bool>> {
        let identity = &self.0.identity;
        let Some(environment) = unless_hidden(procfs::environment(pid))? else { return Ok(None) };
        let has = |name, value: &str| procfs::has_variable(&environment, name, value);
        Ok(has(INSTANCE, &identity.instance).then(|| {
            has(PROCESS_ID, &identity.name) && has(GENERATION, &identity.generation.to_string())
        }))
    }

    fn shares_pipe(&self, pid: u32) -> io::Result<bool> {
        let pipes = self.0.identity.pipes.map(|inode| format!("pipe:[{inode}]").into_bytes());
        let shared = |_, target: &[u8]| pipes.iter().any(|pipe| pipe == target);
        Ok(unless_hidden(procfs::find_descriptor(pid, shared))?.unwrap_or(false))
    }
}

/// None of a process that is gone, or another user's.
fn unless_hidden<T>(look: io::Result<T>) -> io::Result<Option<T>> {
    match look {
        Ok(seen) => Ok(Some(seen)),
        Err(error)
            if procfs::is_gone(&error) || error.kind() == io::ErrorKind::PermissionDenied =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The variables by which a process is known again.
pub(crate) const INSTANCE: &str = "SIGNALBOX_INSTANCE";
pub(crate) const PROCESS_ID: &str = "SIGNALBOX_PROCESS_ID";
pub(crate) const GENERATION: &str = "SIGNALBOX_GENERATION";

impl From<Stat> for Member {
    fn from(stat: Stat) -> Self {
        Self { pid: stat.pid, name: stat.name, start_time: stat.start_time }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let Identity { slot, generation, .. } = self.identity;
        self.chores.tree_dropped(slot, generation, self.cgroup.take());
    }
}

/// SIGKILL to this very process.
pub(crate) fn kill_member(member: &Member) -> io::Result<()> {
    signal_member(member.pid, member.start_time, libc::SIGKILL)
}

/// A signal to this very process, not to a later one that got its number.
fn signal_member(pid: u32, start_time: u64, signal: i32) -> io::Result<()> {
    let Ok(pidfd) = sys::open_pidfd(pid) else { return Ok(()) };
    if procfs::start_time(pid) != Some(start_time) {
        return Ok(());
    }
    ignore_gone(sys::signal_process(&pidfd, signal))
}

fn ignore_gone(sent: io::Result<()>) -> io::Result<()> {
    sent.or_else(
        |error| if error.raw_os_error() == Some(libc::ESRCH) { Ok(()) } else { Err(error) },
    )
}

/// Waits until a process has ended; at once if it has, and for a moment only if that cannot be waited for.
async fn wait_for_end(member: &Member) {
    let pidfd = match sys::open_pidfd(member.pid) {
        Ok(pidfd) => pidfd,
        Err(error) if procfs::is_gone(&error) => return,
        Err(_) => return sleep(UNSEEN_WAIT).await,
    };
    match procfs::look_at(member.pid) {
        Ok(Some(stat)) if stat.start_time == member.start_time => wait_readable(pidfd).await,
        Ok(_) => {}
        Err(_) => sleep(UNSEEN_WAIT).await,
    }
}

/// A pidfd is readable once its process has ended.
async fn wait_readable(pidfd: OwnedFd) {
    match sys::watch(Arc::new(pidfd)) {
        Ok(pidfd) => drop(pidfd.readable().await),
        Err(_) => sleep(UNSEEN_WAIT).await,
    }
}
