//! cgroup v2 directories: the kernel's own account of which processes belong together.
//!
//! Below the server's own group a run of the server makes `signalbox-INSTANCE`, and in it a group
//! for each process, `NAME`, or `NAME-2` and so on where several generations live at once. No
//! controller is switched on, so this needs no more than the right to make a directory, and the
//! limits of the server's own group hold for all.
//!
//! The group of a generation that has ended is used again: the kernel takes its time to make and
//! to unmake one, and holds a lock meanwhile that making a child in a group needs as well.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{Mode, OFlags};

use crate::procfs;

/// What `statfs` says of a cgroup v2 file system.
const CGROUP2_MAGIC: i64 = 0x6367_7270;
const RUN_PREFIX: &str = "signalbox-";

/// How many groups of a process are kept for its next generations, with two descriptors each. Its next one often comes
/// before the last one's group was taken back, where the server is busy also a few more; how many there ever were must not
/// decide what is kept for ever.
const KEPT: usize = 4;

/// The group of one run of the server; holds those of the generations.
#[derive(Debug)]
pub(crate) struct RunGroup {
    path: PathBuf,
    /// For each process how many groups were made, and those of them that are free.
    made: HashMap<String, (u32, Vec<Cgroup>)>,
}

impl RunGroup {
    /// Makes the group below the server's own one.
    ///
    /// # Errors
    /// Where there is no cgroup v2, or none that this user may divide.
    pub(crate) fn create(instance: &str) -> io::Result<Self> {
        let own = own_directory().ok_or(io::ErrorKind::Unsupported)?;
        let path = own.join(format!("{RUN_PREFIX}{instance}"));
        make_directory(&path)?;
        Ok(Self { path, made: HashMap::new() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// An empty group, for a child to be made in.
    pub(crate) fn take(&mut self, name: &str) -> io::Result<Cgroup> {
        let (count, free) = self.made.entry(name.to_owned()).or_default();
        if let Some(group) = free.pop() {
            return Ok(group);
        }
        *count += 1;
        let number = if *count == 1 { String::new() } else { format!("-{count}") };
        Cgroup::create(name, self.path.join(format!("{name}{number}")))
    }

    /// Takes back a group whose tree is no longer in use. One in which something still lives,
    /// though nobody watches it, stays until the run ends.
    pub(crate) fn give_back(&mut self, mut group: Cgroup) {
        let (_, free) = self.made.entry(group.name.clone()).or_default();
        if group.killed.load(Ordering::Acquire) || free.len() == KEPT {
            let _ = remove(&group.path);
        } else if !group.is_populated() {
            group.cpu_before = group.cpu_total().unwrap_or(0);
            free.push(group);
        }
    }
}

/// The group of one generation.
#[derive(Debug)]
pub(crate) struct Cgroup {
    name: String,
    path: PathBuf,
    directory: OwnedFd,
    events: File,
    /// Since Linux 6.14 a child made in a group that was ever killed is killed as well: the kernel
    /// compares the count of kills of that group with that of the maker's own group. So such a
    /// group is not used again.
    killed: AtomicBool,
    /// Microseconds of processor time that earlier generations used.
    cpu_before: u64,
}

impl Cgroup {
    fn create(name: &str, path: PathBuf) -> io::Result<Self> {
        make_directory(&path)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(&path, flags, Mode::empty())?;
        let events = File::open(path.join("cgroup.events"))?;
        Ok(Self {
            name: name.to_owned(),
            path,
            directory,
            events,
            killed: AtomicBool::new(false),
            cpu_before: 0,
        })
    }

    /// The descriptor that a child is made in.
    pub(crate) fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// Whether a process lives in the group. One read, some microseconds.
    pub(crate) fn is_populated(&self) -> bool {
        let mut content = [0u8; 64];
        let Ok(length) = rustix::io::pread(&self.events, &mut content, 0) else { return false };
        let counted = memchr::memmem::find(&content[..length], b"populated 1").is_some();
        // Newer kernels count one that is just ending until it has left the processor. What cannot be looked at, for
        // want of descriptors say, is not taken for empty.
        counted && members_seen(&self.path).is_none_or(|pids| !pids.is_empty())
    }

    /// The pids of all processes in the group and in groups that they made in it.
    pub(crate) fn members(&self) -> Vec<u32> {
        members_of(&self.path)
    }

    /// SIGKILL to all of it in one step that no fork can outrun.
    pub(crate) fn kill(&self) -> io::Result<()> {
        self.killed.store(true, Ordering::Release);
        kill(&self.path)
    }

    /// The processor time that all of it has used, the dead included, in microseconds.
    pub(crate) fn cpu_microseconds(&self) -> Option<u64> {
        Some(self.cpu_total()?.saturating_sub(self.cpu_before))
    }

    fn cpu_total(&self) -> Option<u64> {
        let content = fs::read_to_string(self.path.join("cpu.stat")).ok()?;
        content.lines().find_map(|line| line.strip_prefix("usage_usec ")?.parse().ok())
    }

    /// Whether a process is in the group, by what it says itself.
    pub(crate) fn contains(&self, pid: u32) -> bool {
        let Some(path) = group_path(&format!("/proc/{pid}/cgroup")) else { return false };
        let Some(name) = self.path.file_name().and_then(|name| name.to_str()) else { return false };
        let Some(run) = self.path.parent().and_then(Path::file_name).and_then(|run| run.to_str())
        else {
            return false;
        };
        let inside = path.split('/').skip_while(|part| *part != run).nth(1);
        inside == Some(name)
    }
}

/// SIGKILL to all of a group, for kernels since 5.14.
pub(crate) fn kill(path: &Path) -> io::Result<()> {
    File::options().write(true).open(path.join("cgroup.kill"))?.write_all(b"1")
}

/// The pids of all processes in a group and in those below it.
pub(crate) fn members_of(path: &Path) -> Vec<u32> {
    let mut pids = pids_in(path).unwrap_or_default();
    for below in directories_in(path) {
        pids.extend(members_of(&below));
    }
    pids
}

/// As [`members_of`]; none if the group is there and cannot be looked at.
fn members_seen(path: &Path) -> Option<Vec<u32>> {
    match pids_in(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => None,
        Ok(_) | Err(_) => Some(members_of(path)),
    }
}

fn pids_in(path: &Path) -> io::Result<Vec<u32>> {
    procfs::read_small(&path.join("cgroup.procs").to_string_lossy())
        .map(|bytes| procfs::numbers(&bytes))
}

/// Removes a group and those below it; only directories of a cgroup file system are touched.
///
/// # Errors
/// While a process lives in it.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match rustix::fs::rmdir(path) {
        Ok(()) | Err(rustix::io::Errno::NOENT) => return Ok(()),
        Err(_) => {}
    }
    for below in directories_in(path) {
        remove(&below)?;
    }
    Ok(rustix::fs::rmdir(path)?)
}

/// Whether this is the group of a run of this server, and not some path from a broken file.
pub(crate) fn is_run_group(path: &Path) -> bool {
    let named = path.file_name().and_then(|name| name.to_str());
    let is_cgroup = rustix::fs::statfs(path).is_ok_and(|found| found.f_type == CGROUP2_MAGIC);
    is_cgroup && named.is_some_and(|name| name.starts_with(RUN_PREFIX))
}

fn directories_in(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let is_directory = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|found| found.is_dir());
    entries.flatten().filter(is_directory).map(|entry| entry.path()).collect()
}

fn make_directory(path: &Path) -> io::Result<()> {
    match rustix::fs::mkdir(path, Mode::RWXU | Mode::RGRP | Mode::XGRP | Mode::ROTH | Mode::XOTH) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The server's own group as a directory: where cgroup v2 is mounted (`/sys/fs/cgroup`, or
/// `/sys/fs/cgroup/unified` on machines that have both versions) and the path within.
fn own_directory() -> Option<PathBuf> {
    let group = group_path("/proc/self/cgroup")?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let (root, point) = mounts.lines().find_map(cgroup2_mount)?;
    // In a container the mount may show only a part of the hierarchy.
    let within = group.strip_prefix(root.trim_end_matches('/')).unwrap_or(&group);
    let path = Path::new(&point).join(within.trim_start_matches('/'));
    path.join("cgroup.procs").exists().then_some(path)
}

/// The path of a process in the cgroup v2 hierarchy.
fn group_path(file: &str) -> Option<String> {
    let content = String::from_utf8(procfs::read_small(file).ok()?).ok()?;
    content.lines().find_map(|line| line.strip_prefix("0::")).map(str::to_owned)
}

/// Root and mount point, if this line of mountinfo is one of a cgroup v2 file system.
fn cgroup2_mount(line: &str) -> Option<(String, String)> {
    let (mount, file_system) = line.split_once(" - ")?;
    file_system.starts_with("cgroup2 ").then_some(())?;
    let mut fields = mount.split(' ').skip(3);
    Some((fields.next()?.to_owned(), fields.next()?.to_owned()))
}
