//! The file that tells the next run of the server what this one has left behind.
//!
//! A header names the machine's boot, the run, its cgroup, and who writes which file; a record for
//! each process says which pid its leader has, and which generation was the last, also when that has
//! ended. They are written with `pwrite`, which ends in the page cache: no disk is waited for, and it
//! outlives the server's own `kill -9`. It need not outlive the machine's end, which no process does.
//! (A mapped file would save a system call and turn a full disk into SIGBUS.)

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::procfs;

const MAGIC: &[u8; 8] = b"SBXLEDG1";
const HEADER_BYTES: usize = 4096;
const RECORD_BYTES: usize = 32;
/// A file with more records than this is no ledger.
const MAX_RECORDS: usize = 65_536;

/// Why a ledger says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The file is not a ledger, or only a part of one.
    #[error("the ledger of running processes is damaged: {0}")]
    Damaged(&'static str),
    /// The file was copied, with the directory that it is in, from a server that still runs.
    #[error("the data directory is a copy of one that a running server uses (pid {0})")]
    Copied(u32),
}

impl From<LedgerError> for io::Error {
    fn from(error: LedgerError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// The leader of one process's last generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// 0 if nothing of it lives.
    pub(crate) pid: u32,
    /// Whose it is: places change with the configuration. 0 in a ledger that did not say so yet.
    pub(crate) name: NameSum,
    pub(crate) start_time: u64,
    pub(crate) generation: u64,
}

/// What is kept of a process's name. Among a few thousand names no two have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NameSum(u32);

impl NameSum {
    pub(crate) fn of(name: &str) -> Self {
        let sum = checksum(name.as_bytes());
        Self((sum >> 32) as u32 ^ sum as u32)
    }
}

/// What a run of the server wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) boot: String,
    pub(crate) instance: String,
    pub(crate) group: Option<PathBuf>,
    /// The server ended as it should, with nothing left.
    pub(crate) closed: bool,
    pub(crate) entries: Vec<Entry>,
    /// Who wrote it, if this is a copy and that server still runs: what it started are no strays.
    pub(crate) copied_from: Option<u32>,
}

/// The file while this run writes it.
#[derive(Debug)]
pub(crate) struct Ledger {
    file: File,
    header: Header,
    /// What is written, by slot.
    entries: Vec<Option<Entry>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Header {
    boot: String,
    instance: String,
    group: Option<PathBuf>,
    closed: bool,
    /// Device and number of the file that was written. None in a ledger that did not say so yet.
    file: Option<[u64; 2]>,
    /// Pid and start time of the server that wrote it.
    writer: Option<[u64; 2]>,
}

impl Ledger {
    /// Begins a new ledger in place of the old one.
    pub(crate) fn create(path: &Path, instance: &str, group: Option<&Path>) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        // What leads elsewhere is not overwritten there.
        options.custom_flags(libc::O_NOFOLLOW);
        let file = options.open(path)?;
        let pid = std::process::id();
        let header = Header {
            boot: boot_id()?,
            instance: instance.to_owned(),
            group: group.map(Path::to_owned),
            closed: false,
            file: Some(identity(&file)?),
            writer: procfs::start_time(pid).map(|start_time| [u64::from(pid), start_time]),
        };
        file.write_all_at(&header.encode()?, 0)?;
        Ok(Self { file, header, entries: Vec::new() })
    }

    pub(crate) fn write(&mut self, slot: u32, entry: Entry) -> io::Result<()> {
        let at = slot as usize;
        if at >= MAX_RECORDS {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if self.entries.len() <= at {
            self.entries.resize(at + 1, None);
        }
        self.entries[at] = Some(entry);
        self.file.write_all_at(&encode_entry(Some(entry)), offset(at))
    }

    /// Notes that nothing of a generation lives, unless a newer one has its place already.
    pub(crate) fn clear(&mut self, slot: u32, generation: u64) -> io::Result<()> {
        let at = slot as usize;
        match self.entries.get_mut(at) {
            Some(entry) if entry.is_some_and(|entry| entry.generation == generation) => {
                *entry = entry.map(|entry| Entry { pid: 0, start_time: 0, ..entry });
                self.file.write_all_at(&encode_entry(*entry), offset(at))
            }
            _ => Ok(()),
        }
    }

    /// Notes that the server ended with nothing left.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        self.header.closed = true;
        self.file.write_all_at(&self.header.encode()?, 0)
    }
}

/// Reads what an earlier run wrote; `None` if there was none.
///
/// # Errors
/// If the file cannot be read, or is damaged ([`LedgerError`]).
pub(crate) fn read(path: &Path) -> io::Result<Option<Record>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Some(decode(&bytes, identity(&file)?)?))
}

/// Device and number of a file, which a copy of it has not.
fn identity(file: &File) -> io::Result<[u64; 2]> {
    let metadata = file.metadata()?;
    Ok([metadata.dev(), metadata.ino()])
}

/// Which generation of each of these processes was the last that the run of the server spawned that wrote this ledger.
/// What it does not tell is left out.
pub fn last_generations<'n>(
    ledger: &Path,
    names: impl IntoIterator<Item = &'n str>,
) -> Vec<(&'n str, u64)> {
    let entries = read(ledger).ok().flatten().map(|record| record.entries).unwrap_or_default();
    let last = |name: &'n str| {
        let entry = entries.iter().find(|entry| entry.name == NameSum::of(name))?;
        Some((name, entry.generation))
    };
    names.into_iter().filter_map(last).collect()
}

/// The id that the kernel drew when the machine started: pids of another boot mean nothing.
pub(crate) fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

const fn offset(slot: usize) -> u64 {
    (HEADER_BYTES + slot * RECORD_BYTES) as u64
}

fn encode_entry(entry: Option<Entry>) -> [u8; RECORD_BYTES] {
    let mut bytes = [0; RECORD_BYTES];
    if let Some(entry) = entry {
        bytes[..4].copy_from_slice(&entry.pid.to_le_bytes());
        bytes[4..8].copy_from_slice(&entry.name.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&entry.start_time.to_le_bytes());
        bytes[16..24].copy_from_slice(&entry.generation.to_le_bytes());
        let sum = checksum(&bytes[..24]);
        bytes[24..].copy_from_slice(&sum.to_le_bytes());
    }
    bytes
}

/// A record that is empty or torn is none.
fn decode_entry(bytes: &[u8]) -> Option<Entry> {
    if bytes.len() < RECORD_BYTES || number(&bytes[24..]) != checksum(&bytes[..24]) {
        return None;
    }
    Some(Entry {
        pid: u32::from_le_bytes(bytes[..4].try_into().ok()?),
        name: NameSum(u32::from_le_bytes(bytes[4..8].try_into().ok()?)),
        start_time: number(&bytes[8..]),
        generation: number(&bytes[16..]),
    })
}

impl Header {
    fn encode(&self) -> io::Result<Vec<u8>> {
        let group = self.group.as_ref().map_or(&b""[..], |path| path.as_os_str().as_bytes());
        let mut bytes = MAGIC.to_vec();
        bytes.push(u8::from(self.closed));
        let (file, writer) = (pair(self.file), pair(self.writer));
        for part in [self.boot.as_bytes(), self.instance.as_bytes(), group, &file, &writer] {
            let length = u16::try_from(part.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(part);
        }
        if bytes.len() > HEADER_BYTES - 8 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        bytes.resize(HEADER_BYTES - 8, 0);
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        Ok(bytes)
    }

    fn decode(bytes: &[u8]) -> Result<Self, LedgerError> {
        let damaged = LedgerError::Damaged;
        let bytes = bytes.get(..HEADER_BYTES).ok_or(damaged("it is too short"))?;
        let (content, sum) = bytes.split_at(HEADER_BYTES - 8);
        let rest = content.strip_prefix(MAGIC).ok_or(damaged("it begins with other data"))?;
        if number(sum) != checksum(content) {
            return Err(damaged("its checksum is wrong"));
        }
        let (closed, mut rest) = rest.split_first().ok_or(damaged("it is too short"))?;
        let mut part = || take_part(&mut rest).ok_or(damaged("a field is cut"));
        let boot = String::from_utf8_lossy(part()?).into_owned();
        let instance = String::from_utf8_lossy(part()?).into_owned();
        let group = std::ffi::OsStr::from_bytes(part()?);
        let group = (!group.is_empty()).then(|| PathBuf::from(group));
        let (file, writer) = (numbers_in(part()?), numbers_in(part()?));
        Ok(Self { boot, instance, group, closed: *closed == 1, file, writer })
    }

    /// The server that wrote this, if it still runs and wrote another file than this one.
    fn copied_from(&self, read: [u64; 2]) -> Option<u32> {
        let [pid, start_time] = self.writer.filter(|_| self.file != Some(read))?;
        let pid = u32::try_from(pid).ok()?;
        let runs =
            procfs::stat(pid).is_some_and(|stat| stat.is_alive() && stat.start_time == start_time);
        runs.then_some(pid)
    }
}

fn take_part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<2>()?;
    let (part, after) = after.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    *rest = after;
    Some(part)
}

fn decode(bytes: &[u8], file: [u64; 2]) -> Result<Record, LedgerError> {
    let header = Header::decode(bytes)?;
    let copied_from = header.copied_from(file);
    let Header { boot, instance, group, closed, .. } = header;
    let records = bytes[HEADER_BYTES..].chunks(RECORD_BYTES).take(MAX_RECORDS);
    let entries = records.filter_map(decode_entry).collect();
    Ok(Record { boot, instance, group, closed, entries, copied_from })
}

fn pair(numbers: Option<[u64; 2]>) -> Vec<u8> {
    numbers.into_iter().flatten().flat_map(u64::to_le_bytes).collect()
}

/// None in what an older program wrote: nothing follows there.
fn numbers_in(part: &[u8]) -> Option<[u64; 2]> {
    let (first, second) = part.split_at_checked(8)?;
    (second.len() == 8).then(|| [number(first), number(second)])
}

fn number(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// FNV-1a: against torn and foreign data, not against malice, which could as well kill directly.
fn checksum(bytes: &[u8]) -> u64 {
    let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: Entry = Entry { pid: 77, name: NameSum(5), start_time: 12345, generation: 3 };
    const ENDED: Entry = Entry { pid: 0, start_time: 0, ..ENTRY };

    fn ledger() -> (tempfile::TempDir, PathBuf, Ledger) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger");
        let group = Some(Path::new("/sys/fs/cgroup/signalbox-x"));
        let ledger = Ledger::create(&path, "x", group).unwrap();
        (directory, path, ledger)
    }

    #[test]
    fn what_was_written_is_read() {
        let (_directory, path, mut ledger) = ledger();
        ledger.write(5, ENTRY).unwrap();
        ledger.write(0, Entry { generation: 9, ..ENTRY }).unwrap();
        let record = read(&path).unwrap().unwrap();
        assert_eq!(record.entries, [Entry { generation: 9, ..ENTRY }, ENTRY]);
        assert_eq!((record.instance.as_str(), record.closed), ("x", false));
        assert_eq!(record.boot, boot_id().unwrap());
        assert_eq!(record.group.as_deref(), Some(Path::new("/sys/fs/cgroup/signalbox-x")));
        ledger.close().unwrap();
        assert!(read(&path).unwrap().unwrap().closed);
    }

    #[test]
    fn a_copy_of_what_a_living_server_wrote_is_known_for_one() {
        let (directory, path, mut ledger) = ledger();
        let copy = directory.path().join("copy");
        fs::copy(&path, &copy).unwrap();
        let copied_from = |path: &Path| read(path).unwrap().unwrap().copied_from;
        assert_eq!((copied_from(&path), copied_from(&copy)), (None, Some(std::process::id())));
        // One that has ended, whose pid may be another process's by now.
        let writer = &mut ledger.header.writer;
        *writer = writer.map(|[pid, start_time]| [pid, start_time - 1]);
        ledger.close().unwrap();
        fs::copy(&path, &copy).unwrap();
        assert_eq!(copied_from(&copy), None);
        // An older program's.
        (ledger.header.writer, ledger.header.file) = (None, None);
        ledger.close().unwrap();
        assert_eq!(copied_from(&path), None);
        let moved = directory.path().join("moved");
        fs::rename(&path, &moved).unwrap();
        assert_eq!(read(&moved).unwrap().unwrap().instance, "x");
    }

    #[test]
    fn a_late_end_does_not_clear_a_newer_generation() {
        let (_directory, path, mut ledger) = ledger();
        ledger.write(1, ENTRY).unwrap();
        ledger.clear(1, ENTRY.generation - 1).unwrap();
        ledger.clear(2, ENTRY.generation).unwrap();
        assert_eq!(read(&path).unwrap().unwrap().entries, [ENTRY]);
        ledger.clear(1, ENTRY.generation).unwrap();
        assert_eq!(read(&path).unwrap().unwrap().entries, [ENDED]);
    }

    #[test]
    fn the_last_generation_is_told_of_what_lives_and_of_what_has_ended() {
        let (_directory, path, mut ledger) = ledger();
        let entry = |name, generation| Entry { name: NameSum::of(name), generation, ..ENTRY };
        ledger.write(3, entry("lives", 7)).unwrap();
        ledger.write(0, entry("ended", 9)).unwrap();
        ledger.clear(0, 9).unwrap();
        let names = ["ended", "never", "lives"];
        assert_eq!(last_generations(&path, names), [("ended", 9), ("lives", 7)]);
        assert_eq!(last_generations(&path.join("none"), names), []);
    }

    #[test]
    fn a_torn_record_is_left_out_and_a_torn_header_is_named() {
        let (_directory, path, mut ledger) = ledger();
        ledger.write(0, ENTRY).unwrap();
        ledger.write(1, ENTRY).unwrap();
        let whole = fs::read(&path).unwrap();
        let mut torn = whole.clone();
        torn[HEADER_BYTES + 1] ^= 1;
        assert_eq!(decode(&torn, [0, 0]).unwrap().entries, [ENTRY]);
        assert_eq!(decode(&whole[..whole.len() - 1], [0, 0]).unwrap().entries, [ENTRY]);
        for at in [0, 9, 20, HEADER_BYTES - 1] {
            let mut torn = whole.clone();
            torn[at] ^= 1;
            assert!(matches!(decode(&torn, [0, 0]), Err(LedgerError::Damaged(_))), "{at}");
        }
    }
}
