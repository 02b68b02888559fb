//! Ends what an earlier run of the server left, before anything new is started.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use rustix::event::Timespec;

use crate::ledger::{self, LedgerError, Record};
use crate::procfs;
use crate::tree::{INSTANCE, Member, kill_member};
use crate::walk::Walk;
use crate::{cgroup, sys};

/// Rounds of looking and killing: one is the rule, more if a stray starts others meanwhile.
const MAX_ROUNDS: usize = 100;
/// How long one killed process may take to end; one that hangs in the kernel is not waited for.
const END_TIMEOUT: Timespec = Timespec { tv_sec: 2, tv_nsec: 0 };

/// Kills what the run that wrote this ledger left, and waits until it is gone; returns what was
/// killed. No ledger means that nothing was left. A pid counts only with its start time and in the
/// same boot of the machine; besides, all processes count that carry the run's id in their
/// environment, with all below them, and those in its cgroup, which is removed.
///
/// # Errors
/// If the ledger cannot be read, is damaged, or is a copy of what a running server writes ([`LedgerError`] within);
/// nothing is killed then.
pub fn end_strays(ledger: &Path) -> io::Result<Vec<Member>> {
    let Some(record) = ledger::read(ledger)? else { return Ok(Vec::new()) };
    if record.boot != ledger::boot_id()? || record.instance.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(pid) = record.copied_from {
        return Err(LedgerError::Copied(pid).into());
    }
    let group = record.group.as_deref().filter(|group| cgroup::is_run_group(group));
    let find = || find(&record, group);
    let killed = if record.closed { Vec::new() } else { end_all(find, group) };
    if let Some(group) = group {
        let _ = cgroup::remove(group);
    }
    Ok(killed)
}

/// Kills what is found and waits until it is gone, until nothing more is found; gives all of it.
pub(crate) fn end_all(find: impl Fn() -> Vec<Member>, group: Option<&Path>) -> Vec<Member> {
    let mut killed: BTreeMap<(u32, u64), Member> = BTreeMap::new();
    for _ in 0..MAX_ROUNDS {
        let mut found = find();
        found.retain(|member| !killed.contains_key(&(member.pid, member.start_time)));
        if found.is_empty() {
            break;
        }
        end_each(&found, group);
        killed.extend(found.into_iter().map(|member| ((member.pid, member.start_time), member)));
    }
    killed.into_values().collect()
}

fn end_each(found: &[Member], group: Option<&Path>) {
    let pidfds: Vec<_> =
        found.iter().filter_map(|member| sys::open_pidfd(member.pid).ok()).collect();
    if let Some(group) = group {
        let _ = cgroup::kill(group);
    }
    for member in found {
        if let Err(error) = kill_member(member) {
            tracing::warn!(%error, process.pid = member.pid, "a stray process cannot be ended");
        }
    }
    for pidfd in pidfds {
        sys::wait_readable(&pidfd, END_TIMEOUT);
    }
}

/// What this run of the server has left by now, all of its children being collected.
pub(crate) fn orphans_of(instance: &str) -> Vec<Member> {
    let mut walk = Walk::default();
    walk.add_orphans(|orphan| Ok(carries(orphan.pid, instance)));
    walk.found.into_values().map(Member::from).collect()
}

fn find(record: &Record, group: Option<&Path>) -> Vec<Member> {
    let own = std::process::id();
    let mut walk = Walk::default();
    for entry in record.entries.iter().filter(|entry| entry.pid > 0) {
        if procfs::start_time(entry.pid) == Some(entry.start_time) {
            walk.add_with_descendants(entry.pid);
        }
    }
    if let Some(group) = group {
        cgroup::members_of(group).into_iter().for_each(|pid| walk.add_with_descendants(pid));
    }
    for pid in procfs::all_pids() {
        if pid != own && carries(pid, &record.instance) {
            walk.add_with_descendants(pid);
        }
    }
    // A server that was itself started by a stray must not end itself.
    walk.found.remove(&own);
    walk.found.into_values().map(Member::from).collect()
}

/// Only processes of this user, and for root all, let themselves be looked at.
fn carries(pid: u32, instance: &str) -> bool {
    procfs::environment(pid)
        .is_ok_and(|environment| procfs::has_variable(&environment, INSTANCE, instance))
}
