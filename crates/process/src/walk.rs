//! Finds the processes of a tree in `/proc`, without a cgroup.
//!
//! A process whose parent ends becomes a child of the nearest subreaper, which is the server, and
//! there of its first thread, while those that the spawner made are children of the spawner's
//! thread. So the first thread's children are the orphans, and every process of a tree is below
//! the tree's leader or below an orphan.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::procfs::{self, Stat};

/// Rounds after which a tree that grows faster than it can be read is given up for now.
const MAX_ROUNDS: usize = 64;

/// The orphans that were given to this server.
///
/// # Errors
/// If they cannot be seen.
pub(crate) fn orphans() -> io::Result<Vec<u32>> {
    let server = rustix::process::getpid().as_raw_pid().unsigned_abs();
    procfs::thread_children(server, server)
}

/// Whether the kernel was built with the lists of children (`CONFIG_PROC_CHILDREN`), as all common
/// ones are. Without them a cgroup alone knows what belongs to a tree.
pub(crate) fn can_see_children() -> bool {
    Path::new("/proc/thread-self/children").exists()
}

/// The living processes found so far, by pid.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) found: BTreeMap<u32, Stat>,
    /// Whether something could not be looked at, for want of descriptors say: then there may be more.
    pub(crate) blind: bool,
}

impl Walk {
    /// Adds a process and all below it. The children are read before the state: a process alive
    /// after that had all of them in its list.
    pub(crate) fn add_with_descendants(&mut self, pid: u32) {
        let mut next = vec![pid];
        while let Some(pid) = next.pop() {
            if self.found.contains_key(&pid) {
                continue;
            }
            let children = self.seen(procfs::children(pid)).unwrap_or_default();
            if let Some(stat) = self.seen(procfs::look_at(pid)).flatten().filter(Stat::is_alive) {
                self.found.insert(pid, stat);
                next.extend(children);
            }
        }
    }

    /// What a look found; none, and a note of it, if it failed.
    fn seen<T>(&mut self, look: io::Result<T>) -> Option<T> {
        self.blind |= look.is_err();
        look.ok()
    }

    /// Adds those orphans that `belongs` says are of this tree, and all below them. What ended
    /// while it was read has made its children orphans by then, so this goes on until no new one
    /// appears.
    pub(crate) fn add_orphans(&mut self, belongs: impl Fn(&Stat) -> io::Result<bool>) {
        let mut seen: Vec<u32> = Vec::new();
        for _ in 0..MAX_ROUNDS {
            let mut fresh = self.seen(orphans()).unwrap_or_default();
            fresh.retain(|pid| !seen.contains(pid));
            if fresh.is_empty() {
                return;
            }
            for pid in &fresh {
                let orphan = self.seen(procfs::look_at(*pid)).flatten().filter(Stat::is_alive);
                if orphan.is_some_and(|orphan| self.seen(belongs(&orphan)) == Some(true)) {
                    self.add_with_descendants(*pid);
                }
            }
            seen.extend(fresh);
        }
    }
}
