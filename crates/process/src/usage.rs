//! Memory and processor time of a tree.

use std::sync::OnceLock;

use crate::cgroup::Cgroup;
use crate::procfs;
use crate::tree::Tree;

/// What a tree uses.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// Memory in bytes; what several processes share is counted once, spread over them.
    pub memory_bytes: u64,
    /// Processor time in seconds since the generation started. Without a cgroup that of processes
    /// that ended is only known if their parents waited for them.
    pub cpu_seconds: f64,
}

impl Tree {
    /// What the tree uses now. Reads a file for each process, so not for a hot path.
    pub fn usage(&self) -> Usage {
        let members = self.find();
        let memory_bytes = members.keys().map(|pid| memory(*pid)).sum();
        let ticks: u64 = members.values().map(|stat| stat.ticks).sum();
        let counted = self.cgroup().and_then(Cgroup::cpu_microseconds);
        let cpu_seconds = counted.map_or_else(|| seconds(ticks), |micros| micros as f64 / 1e6);
        Usage { memory_bytes, cpu_seconds }
    }
}

fn seconds(ticks: u64) -> f64 {
    static PER_SECOND: OnceLock<u64> = OnceLock::new();
    let per_second = *PER_SECOND.get_or_init(rustix::param::clock_ticks_per_second);
    ticks as f64 / per_second.max(1) as f64
}

/// The proportional share, or without the right to see it what is resident.
fn memory(pid: u32) -> u64 {
    proportional(pid).or_else(|| resident(pid)).unwrap_or(0)
}

fn proportional(pid: u32) -> Option<u64> {
    let bytes = procfs::read_small(&format!("/proc/{pid}/smaps_rollup")).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

fn resident(pid: u32) -> Option<u64> {
    let bytes = procfs::read_small(&format!("/proc/{pid}/statm")).ok()?;
    let pages = *procfs::numbers(&bytes).get(1)?;
    Some(u64::from(pages) * rustix::param::page_size() as u64)
}
