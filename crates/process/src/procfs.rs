//! What `/proc` says about a process. Everything here may vanish between two calls.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often and how long the end of an `execve` is waited for: some 10 ms, as its first pages may
/// have to come from a disk.
const EXEC_TRIES: usize = 100;
const EXEC_PAUSE: Duration = Duration::from_micros(100);

/// One process as `/proc/PID/stat` describes it.
#[derive(Debug, Clone)]
pub(crate) struct Stat {
    pub(crate) pid: u32,
    pub(crate) name: String,
    state: u8,
    pub(crate) group: u32,
    pub(crate) session: u32,
    /// User and system time of it and of the children it has waited for, in clock ticks.
    pub(crate) ticks: u64,
    threads: u32,
    /// Between two programs: the new one's environment is not there yet. Only known of processes
    /// whose environment we may read.
    is_in_exec: bool,
    /// Clock ticks since the machine started: with the pid, who a process is.
    pub(crate) start_time: u64,
}

impl Stat {
    /// A process whose first thread has ended is shown as a zombie though others still run.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self.state, b'Z' | b'X' | b'x') || self.threads > 1
    }
}

/// Whether something could not be read because it is not there any more. Any other reason, such as that there are no
/// descriptors left, says nothing about it.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH)
}

/// `None` if there is no such process, or it cannot be looked at.
pub(crate) fn stat(pid: u32) -> Option<Stat> {
    look_at(pid).ok().flatten()
}

/// `None` if there is no such process.
///
/// # Errors
/// If that cannot be seen.
pub(crate) fn look_at(pid: u32) -> io::Result<Option<Stat>> {
    match read_small(&format!("/proc/{pid}/stat")) {
        Ok(line) => Ok(parse_stat(pid, &line)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn parse_stat(pid: u32, line: &[u8]) -> Option<Stat> {
    // The name stands in parentheses and may itself contain some.
    let open = memchr::memchr(b'(', line)?;
    let close = memchr::memrchr(b')', line)?;
    let name = String::from_utf8_lossy(line.get(open + 1..close)?).into_owned();
    let rest = std::str::from_utf8(line.get(close + 1..)?).ok()?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    // Negative for a process without a terminal's group, and for kernel threads' parents: as 0.
    let small = |at: usize| Some(u32::try_from(fields.get(at)?.parse::<i64>().ok()?).unwrap_or(0));
    Some(Stat {
        pid,
        name,
        state: *fields.first()?.as_bytes().first()?,
        group: small(2)?,
        session: small(3)?,
        ticks: number(11)? + number(12)? + number(13)? + number(14)?,
        threads: small(17)?,
        start_time: number(19)?,
        is_in_exec: number(48) == Some(0),
    })
}

/// Who is alive under this pid, by start time.
pub(crate) fn start_time(pid: u32) -> Option<u64> {
    stat(pid).map(|stat| stat.start_time)
}

/// The pids of all processes.
pub(crate) fn all_pids() -> Vec<u32> {
    pids_in(Path::new("/proc")).unwrap_or_default()
}

/// The children of all threads of a process; empty if it is gone.
///
/// # Errors
/// If they cannot be seen.
pub(crate) fn children(pid: u32) -> io::Result<Vec<u32>> {
    let mut children = Vec::new();
    for thread in pids_in(Path::new(&format!("/proc/{pid}/task")))? {
        children.extend(thread_children(pid, thread)?);
    }
    Ok(children)
}

/// The children that one thread of a process made or was given; empty if it is gone.
///
/// # Errors
/// If they cannot be seen.
pub(crate) fn thread_children(pid: u32, thread: u32) -> io::Result<Vec<u32>> {
    match read_small(&format!("/proc/{pid}/task/{thread}/children")) {
        Ok(bytes) => Ok(numbers(&bytes)),
        Err(error) if is_gone(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The numbers in a text of numbers.
pub(crate) fn numbers(bytes: &[u8]) -> Vec<u32> {
    String::from_utf8_lossy(bytes).split_ascii_whitespace().filter_map(|n| n.parse().ok()).collect()
}

/// Empty if the directory is gone.
fn pids_in(directory: &Path) -> io::Result<Vec<u32>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if is_gone(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    Ok(entries.flatten().filter_map(number).collect())
}

/// The environment that a process was started with, `NAME=value` each ended by a zero byte.
///
/// While a process changes programs its environment reads as empty, which must not be taken for
/// its answer, so that moment is waited for.
pub(crate) fn environment(pid: u32) -> io::Result<Vec<u8>> {
    let path = format!("/proc/{pid}/environ");
    for _ in 0..EXEC_TRIES {
        let environment = read_small(&path)?;
        if !environment.is_empty() {
            return Ok(environment);
        }
        match stat(pid) {
            Some(stat) if stat.is_alive() && stat.is_in_exec => thread::sleep(EXEC_PAUSE),
            // It may have come to its end between the two.
            _ => return read_small(&path),
        }
    }
    Ok(Vec::new())
}

/// Whether an environment as [`environment`] gives it has this variable with this value.
pub(crate) fn has_variable(environment: &[u8], name: &str, value: &str) -> bool {
    environment.split(|byte| *byte == 0).any(|entry| {
        entry.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
            == Some(value.as_bytes())
    })
}

/// Calls `each` with the number and the target of each open descriptor, such as `socket:[123]`,
/// until it answers true; says whether it did.
///
/// # Errors
/// Without the right to look at the process, or if it is gone.
pub(crate) fn find_descriptor(
    pid: u32,
    mut each: impl FnMut(u32, &[u8]) -> bool,
) -> io::Result<bool> {
    use std::os::unix::ffi::OsStrExt;
    for entry in fs::read_dir(format!("/proc/{pid}/fd"))?.flatten() {
        let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if let Ok(target) = fs::read_link(entry.path())
            && each(number, target.as_os_str().as_bytes())
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads a file of `/proc` in as few calls as it takes: its size is not known beforehand.
pub(crate) fn read_small(path: &str) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let mut content = Vec::with_capacity(1024);
    while rustix::io::read(&file, rustix::buffer::spare_capacity(&mut content))? > 0 {
        if content.len() == content.capacity() {
            content.reserve(content.capacity());
        }
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_is_read_whole() {
        let line = b"7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 555 6 7";
        let stat = parse_stat(7, line).unwrap();
        assert_eq!(stat.name, "a) b (c");
        assert_eq!((stat.group, stat.session), (7, 7));
        assert_eq!((stat.ticks, stat.start_time), (100, 555));
        assert!(stat.is_alive());
    }

    #[test]
    fn a_cut_line_is_no_process() {
        assert!(parse_stat(7, b"7 (x) S 1 7").is_none());
        assert!(parse_stat(7, b"").is_none());
        assert!(parse_stat(7, b")(").is_none());
    }

    #[test]
    fn a_zombie_is_dead_unless_a_thread_of_it_lives() {
        let line = |state: &str, threads: u32| {
            format!("7 (x) {state} 1 7 7 0 -1 0 1 2 3 4 1 2 3 4 20 0 {threads} 0 555")
        };
        assert!(!parse_stat(7, line("Z", 1).as_bytes()).unwrap().is_alive());
        assert!(parse_stat(7, line("Z", 2).as_bytes()).unwrap().is_alive());
        assert!(parse_stat(7, line("D", 1).as_bytes()).unwrap().is_alive());
    }
}
