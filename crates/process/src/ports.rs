//! Who listens on a TCP port: any process, or one of a tree.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::PoisonError;

use crate::procfs::{self, Stat};
use crate::sock_diag::{self, ANY_PORT};
use crate::tree::Tree;

/// A listening TCP socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    /// What it is bound to.
    pub address: SocketAddr,
    /// The socket's number, by which a process's descriptors can be compared with it.
    pub inode: u32,
    /// The user who made it.
    pub uid: u32,
}

/// A process of a tree that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortOwner {
    /// Its process id.
    pub pid: u32,
    /// Its name as `ps` shows it.
    pub name: String,
    /// What the socket is bound to.
    pub address: SocketAddr,
}

/// Who has a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortHolder {
    /// It is free.
    Nobody,
    /// This process.
    Known {
        /// Its process id.
        pid: u32,
        /// Its name as `ps` shows it.
        name: String,
    },
    /// Somebody whom we have no right to see.
    Unknown,
}

/// The sockets that listen on a TCP port, IPv4 and IPv6.
///
/// # Errors
/// If neither netlink nor `/proc/net/tcp` can be had.
pub fn listeners(port: u16) -> io::Result<Vec<Listener>> {
    let mut found = sock_diag::listeners(port).or_else(|_| listed_listeners())?;
    found.retain(|listener| listener.address.port() == port);
    Ok(found)
}

/// The sockets that listen on any TCP port.
///
/// # Errors
/// As [`listeners`].
pub(crate) fn all_listeners() -> io::Result<Vec<Listener>> {
    sock_diag::listeners(ANY_PORT).or_else(|_| listed_listeners())
}

/// Who listens on a port at an address that a server on loopback or on all addresses would want.
/// Takes some milliseconds if the port is taken: all processes are looked at.
///
/// # Errors
/// As [`listeners`].
pub fn port_holder(port: u16) -> io::Result<PortHolder> {
    let mut found = listeners(port)?;
    found.retain(|listener| is_local(listener.address.ip()));
    if found.is_empty() {
        return Ok(PortHolder::Nobody);
    }
    let mut pids = procfs::all_pids();
    pids.sort_unstable();
    let holder = pids.into_iter().find_map(|pid| {
        find_socket(pid, &found).ok().flatten()?;
        procfs::stat(pid)
    });
    // One that ended while we looked may have freed the port.
    match holder {
        Some(Stat { pid, name, .. }) => Ok(PortHolder::Known { pid, name }),
        None if listeners(port)?.is_empty() => Ok(PortHolder::Nobody),
        None => Ok(PortHolder::Unknown),
    }
}

impl Tree {
    /// Which process of the tree listens on a port; the first by pid if several share the socket.
    ///
    /// # Errors
    /// As [`listeners`]; and where none is found while one of the tree may not, or cannot, be looked at.
    pub fn listening_on(&self, port: u16) -> io::Result<Option<PortOwner>> {
        self.listening_among(&listeners(port)?)
    }

    /// Which process of the tree has one of these sockets.
    pub(crate) fn listening_among(&self, found: &[Listener]) -> io::Result<Option<PortOwner>> {
        if found.is_empty() {
            return Ok(None);
        }
        if let Some(owner) = self.same_listener(found) {
            return Ok(Some(owner));
        }
        let walk = self.walk();
        let mut denied = walk.blind.then(|| io::Error::from(io::ErrorKind::ResourceBusy));
        for stat in walk.found.into_values() {
            match find_socket(stat.pid, found) {
                Ok(Some((listener, fd))) => {
                    self.keep_listener(Some((stat.pid, stat.start_time, fd)));
                    return Ok(Some(owner(stat, listener)));
                }
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    denied = Some(error);
                }
                Ok(None) | Err(_) => {}
            }
        }
        denied.map_or(Ok(None), Err)
    }

    /// A server with ten thousand connections has as many descriptors: the one that was the
    /// listening socket the last time is looked at first.
    fn same_listener(&self, found: &[Listener]) -> Option<PortOwner> {
        let (pid, start_time, fd) =
            (*self.last_listener().lock().unwrap_or_else(PoisonError::into_inner))?;
        let target = fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok()?;
        let listener = listener_of(target.as_os_str().as_encoded_bytes(), found)?;
        let stat = procfs::stat(pid).filter(|stat| stat.start_time == start_time)?;
        Some(owner(stat, listener))
    }

    fn keep_listener(&self, listener: Option<(u32, u64, u32)>) {
        *self.last_listener().lock().unwrap_or_else(PoisonError::into_inner) = listener;
    }
}

fn owner(stat: Stat, listener: Listener) -> PortOwner {
    PortOwner { pid: stat.pid, name: stat.name, address: listener.address }
}

/// The first of these sockets that a process has open, and under which number.
fn find_socket(pid: u32, found: &[Listener]) -> io::Result<Option<(Listener, u32)>> {
    let mut socket = None;
    procfs::find_descriptor(pid, |fd, target| {
        socket = listener_of(target, found).map(|listener| (listener, fd));
        socket.is_some()
    })?;
    Ok(socket)
}

/// The socket that a descriptor's target such as `socket:[123]` names.
fn listener_of(target: &[u8], found: &[Listener]) -> Option<Listener> {
    let inode = target.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    let inode: u32 = std::str::from_utf8(inode).ok()?.parse().ok()?;
    found.iter().find(|listener| listener.inode == inode).copied()
}

fn is_local(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    ip.is_unspecified() || ip.is_loopback()
}

/// The slow way, where the kernel has no `sock_diag`.
fn listed_listeners() -> io::Result<Vec<Listener>> {
    let mut found = parse_list(&fs::read_to_string("/proc/net/tcp")?);
    // Missing where IPv6 is switched off.
    if let Ok(list) = fs::read_to_string("/proc/net/tcp6") {
        found.extend(parse_list(&list));
    }
    Ok(found)
}

fn parse_list(list: &str) -> Vec<Listener> {
    list.lines().filter_map(parse_listed).collect()
}

/// A line of `/proc/net/tcp` or `tcp6` that describes a listening socket.
fn parse_listed(line: &str) -> Option<Listener> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let is_listening = *fields.get(3)? == "0A";
    let (ip, port) = fields.get(1)?.split_once(':')?;
    let address = SocketAddr::new(parse_ip(ip)?, u16::from_str_radix(port, 16).ok()?);
    let (uid, inode) = (fields.get(7)?.parse().ok()?, fields.get(9)?.parse().ok()?);
    is_listening.then_some(Listener { address, inode, uid })
}

/// Words of four bytes, each as a number in the machine's order.
fn parse_ip(hex: &str) -> Option<IpAddr> {
    let mut bytes = Vec::with_capacity(16);
    for at in (0..hex.len()).step_by(8) {
        bytes.extend(u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    }
    match bytes.len() {
        4 => Some(Ipv4Addr::from(*bytes.first_chunk::<4>()?).into()),
        16 => Some(Ipv6Addr::from(*bytes.first_chunk::<16>()?).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn both_ways_to_ask_give_the_same() {
        for address in ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0"] {
            let listener = TcpListener::bind(address).unwrap();
            let port = listener.local_addr().unwrap().port();
            let asked = sock_diag::listeners(port).unwrap();
            assert!(asked.iter().any(|found| found.address == listener.local_addr().unwrap()));
            let mut listed = listed_listeners().unwrap();
            // Somebody else may have the same number at another address.
            listed.retain(|found| asked.contains(found));
            assert_eq!(listed, asked);
        }
    }

    #[test]
    fn lines_that_are_no_listeners_are_left_out() {
        let list =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1
   1: 0100007F:0BB8 0100007F:C000 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1
   2: 0100007F:0BB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4713 1
   3: cut";
        let found = parse_list(list);
        let address = "127.0.0.1:3000".parse().unwrap();
        if cfg!(target_endian = "little") {
            let other = "127.0.0.1:3001".parse().unwrap();
            let listener = |address, inode| Listener { address, inode, uid: 1000 };
            assert_eq!(found, [listener(address, 4711), listener(other, 4713)]);
        }
    }

    #[test]
    fn only_addresses_that_a_local_server_wants_count() {
        for (address, expected) in [
            ("127.0.0.1", true),
            ("127.9.9.9", true),
            ("0.0.0.0", true),
            ("::", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("192.168.1.1", false),
            ("fe80::1", false),
        ] {
            assert_eq!(is_local(address.parse().unwrap()), expected, "{address}");
        }
    }
}
