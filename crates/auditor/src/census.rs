//! Who is alive and who listens, read from `/proc` alone. Everything here may vanish between two reads.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Read};

/// A living process of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) pid: u32,
    pub(crate) id: String,
    pub(crate) generation: u64,
}

/// What is so at one moment.
#[derive(Debug, Default)]
pub(crate) struct Census {
    /// The processes whose environment says that this run of the server started them.
    pub(crate) members: Vec<Member>,
    /// The numbers of the sockets that listen, by port.
    pub(crate) listening: HashMap<u16, HashSet<u64>>,
}

/// Looks at everybody; at sockets only where `ports` is set, since a busy machine has many.
///
/// # Errors
/// If the look is not whole, for want of descriptors say: then nothing can be said.
pub(crate) fn take(instance: &str, ports: bool) -> io::Result<Census> {
    let mark = format!("SIGNALBOX_INSTANCE={instance}");
    let (mut members, mut environment) = (Vec::new(), Vec::new());
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if read_environment(pid, &mut environment)?
            && let Some(member) = member_of(pid, &environment, &mark)
            && is_alive(pid)?
        {
            members.push(member);
        }
    }
    let listening = if ports { listening()? } else { HashMap::new() };
    Ok(Census { members, listening })
}

/// False of one that is gone, or another user's.
fn read_environment(pid: u32, into: &mut Vec<u8>) -> io::Result<bool> {
    into.clear();
    unless_hidden(
        fs::File::open(format!("/proc/{pid}/environ")).and_then(|mut file| file.read_to_end(into)),
    )
    .map(|read| read.is_some())
}

fn member_of(pid: u32, environment: &[u8], mark: &str) -> Option<Member> {
    let entries = || environment.split(|byte| *byte == 0);
    entries().find(|entry| *entry == mark.as_bytes())?;
    let value = |name: &str| {
        entries().find_map(|entry| std::str::from_utf8(entry.strip_prefix(name.as_bytes())?).ok())
    };
    Some(Member {
        pid,
        id: value("SIGNALBOX_PROCESS_ID=")?.to_owned(),
        generation: value("SIGNALBOX_GENERATION=")?.parse().ok()?,
    })
}

/// One that has ended and waits to be collected is not alive; one whose first thread alone has ended is.
///
/// # Errors
/// If that cannot be seen.
pub(crate) fn is_alive(pid: u32) -> io::Result<bool> {
    let Some(stat) = unless_hidden(fs::read_to_string(format!("/proc/{pid}/stat")))? else {
        return Ok(false);
    };
    // The name stands in parentheses and may itself contain some.
    let mut fields = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace();
    let ended = matches!(fields.next(), Some("Z" | "X" | "x") | None);
    let threads: u32 = fields.nth(16).and_then(|field| field.parse().ok()).unwrap_or(1);
    Ok(!ended || threads > 1)
}

/// Whether a process has one of these sockets open; none if that may not be seen.
pub(crate) fn holds(pid: u32, sockets: &HashSet<u64>) -> Option<bool> {
    let mut entries = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.flatten();
    Some(entries.any(|entry| {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        let number =
            target.to_str().and_then(|text| text.strip_prefix("socket:[")?.strip_suffix(']'));
        number
            .and_then(|number| number.parse().ok())
            .is_some_and(|number| sockets.contains(&number))
    }))
}

fn listening() -> io::Result<HashMap<u16, HashSet<u64>>> {
    let mut found: HashMap<u16, HashSet<u64>> = HashMap::new();
    for path in ["/proc/net/tcp", "/proc/net/tcp6"] {
        // A machine without IPv6 has no second one.
        let table = unless_hidden(fs::read_to_string(path))?.unwrap_or_default();
        for (port, socket) in table.lines().skip(1).filter_map(listener) {
            found.entry(port).or_default().insert(socket);
        }
    }
    Ok(found)
}

/// Port and number of a socket, if this line is one that listens.
fn listener(line: &str) -> Option<(u16, u64)> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (_, port) = fields.next()?.rsplit_once(':')?;
    let state = fields.nth(1)?;
    let socket = fields.nth(5)?;
    (state == "0A").then_some((u16::from_str_radix(port, 16).ok()?, socket.parse().ok()?))
}

fn unless_hidden<T>(look: io::Result<T>) -> io::Result<Option<T>> {
    const NO_SUCH_PROCESS: i32 = 3;
    match look {
        Ok(seen) => Ok(Some(seen)),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied
            ) || error.raw_os_error() == Some(NO_SUCH_PROCESS) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_child_is_found_by_its_marks_until_it_has_ended() {
        let instance = format!("census-{}", std::process::id());
        let mut child = Command::new("sleep")
            .arg("1000")
            .env("SIGNALBOX_INSTANCE", &instance)
            .env("SIGNALBOX_PROCESS_ID", "a")
            .env("SIGNALBOX_GENERATION", "4")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let expected = Member { pid: child.id(), id: "a".to_owned(), generation: 4 };
        // In the middle of its exec it shows no environment yet.
        while take(&instance, false).unwrap().members != [expected.clone()] {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        while is_alive(child.id()).unwrap() {
            std::thread::yield_now();
        }
        assert_eq!(take(&instance, false).unwrap().members, [], "not collected, and not alive");
        child.wait().unwrap();
        assert!(!is_alive(child.id()).unwrap());
    }

    #[test]
    fn a_listening_socket_is_found_with_its_owner() {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let sockets = take("nobody", true).unwrap().listening.remove(&port).unwrap();
        assert_eq!(holds(std::process::id(), &sockets), Some(true));
        assert_eq!(holds(std::process::id(), &HashSet::new()), Some(false));
        drop(socket);
        assert!(!take("nobody", true).unwrap().listening.contains_key(&port));
    }
}
