//! What /proc says about a process and about the machine.
use std::fs;
use std::time::Duration;

use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;

use crate::failure::{Doing, Outcome};

/// A process's memory, in MB of 10^6 bytes.
pub(crate) struct Memory {
    /// All resident pages.
    pub(crate) resident_mb: f64,
    /// Resident pages, each shared one counted by its share.
    pub(crate) proportional_mb: f64,
}

/// The memory of `pid`, from smaps_rollup.
pub(crate) fn memory(pid: u32) -> Outcome<Memory> {
    let text = read(pid, "smaps_rollup")?;
    Ok(Memory {
        resident_mb: field(&text, "Rss:") * 1024.0 / 1e6,
        proportional_mb: field(&text, "Pss:") * 1024.0 / 1e6,
    })
}

/// The CPU time of all threads of `pid` so far, in seconds, those that ended included. From its
/// clock, which counts nanoseconds where stat counts ticks of 10 ms.
pub(crate) fn cpu_s(pid: u32) -> Outcome<f64> {
    let pid = Pid::from_raw(pid.cast_signed());
    let clock = clock_getcpuclockid(pid).doing("finding a CPU clock")?;
    let time = clock.now().doing("reading a CPU clock")?;
    Ok(Duration::from(time).as_secs_f64())
}

/// `pid` and all that descend from it.
pub(crate) fn tree(pid: u32) -> Outcome<Vec<u32>> {
    let mut tree = vec![pid];
    let mut next = 0;
    while let Some(pid) = tree.get(next).copied() {
        let folder = format!("/proc/{pid}/task");
        let tasks = fs::read_dir(&folder).doing(&format!("reading {folder}"))?;
        for task in tasks.flatten() {
            let text = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            tree.extend(text.split_whitespace().filter_map(|word| word.parse::<u32>().ok()));
        }
        next += 1;
    }
    Ok(tree)
}

/// How often the threads of `pid` went to sleep of their own accord so far.
pub(crate) fn sleeps(pid: u32) -> Outcome<f64> {
    over_threads(pid, "status", |text| field(text, "voluntary_ctxt_switches:"))
}

/// The live or unreaped children of `pid`, over all its threads.
pub(crate) fn children(pid: u32) -> Outcome<f64> {
    over_threads(pid, "children", |text| {
        u32::try_from(text.split_whitespace().count()).map_or(f64::INFINITY, f64::from)
    })
}

/// Whether a process with that number exists, dead and unreaped ones included.
pub(crate) fn exists(pid: u32) -> bool {
    fs::exists(format!("/proc/{pid}")).unwrap_or(false)
}

/// The machine's load over the last minute.
pub(crate) fn load() -> f64 {
    fs::read_to_string("/proc/loadavg").map_or(f64::NAN, |text| first_number(&text))
}

/// CPU seconds that the whole machine spent idle so far, over all cores.
pub(crate) fn idle_s() -> f64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks = text.split_whitespace().nth(4).and_then(|word| word.parse::<f64>().ok());
    ticks.unwrap_or(0.0) / 100.0
}

fn over_threads(pid: u32, file: &str, value: impl Fn(&str) -> f64) -> Outcome<f64> {
    let folder = format!("/proc/{pid}/task");
    let tasks = fs::read_dir(&folder).doing(&format!("reading {folder}"))?;
    // A thread may end between the listing and the reading: then it counts no more.
    let texts = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join(file)).ok());
    Ok(texts.map(|text| value(&text)).sum())
}

fn read(pid: u32, file: &str) -> Outcome<String> {
    let path = format!("/proc/{pid}/{file}");
    fs::read_to_string(&path).doing(&format!("reading {path}"))
}

fn field(text: &str, name: &str) -> f64 {
    text.lines().find_map(|line| line.strip_prefix(name)).map_or(0.0, first_number)
}

fn first_number(text: &str) -> f64 {
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::{children, cpu_s, exists, field, memory, sleeps, tree};

    #[test]
    fn fields_are_found_by_name() {
        let text = "00-ff [rollup]\nRss:    1616 kB\nPss:     363 kB\nPss_Anon: 1 kB\n";
        assert_eq!((field(text, "Rss:"), field(text, "Pss:")), (1616.0, 363.0));
    }

    #[test]
    fn this_process_has_memory_time_and_sleeps() {
        let pid = std::process::id();
        assert!(exists(pid));
        assert_eq!(tree(pid).unwrap()[0], pid);
        assert!(memory(pid).unwrap().resident_mb > 0.1);
        assert!(cpu_s(pid).unwrap() > 0.0);
        assert!(sleeps(pid).unwrap() >= 0.0);
        assert!(children(pid).unwrap() >= 0.0);
    }
}
