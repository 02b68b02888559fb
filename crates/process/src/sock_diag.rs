//! Asks the kernel for listening TCP sockets over netlink (`sock_diag`).
//!
//! The kernel goes through its table of listeners alone, so that it takes the same microseconds
//! with ten thousand connections as with none; `/proc/net/tcp` lists them all.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};

use crate::ports::Listener;

const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST_DUMP: u16 = 0x301;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
/// One bit for the state `TCP_LISTEN`.
const LISTENING: u32 = 1 << 10;
const HEADER_BYTES: usize = 16;
const ANSWER_BYTES: usize = 72;
/// The kernel fills at most this much at a time.
const BUFFER_BYTES: usize = 32 * 1024;

/// Stands for every port in a request.
pub(crate) const ANY_PORT: u16 = 0;

/// The listening sockets of a port, IPv4 and IPv6. The kernel may add those of other ports.
///
/// # Errors
/// Where the kernel does not offer it.
pub(crate) fn listeners(port: u16) -> io::Result<Vec<Listener>> {
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        Some(netlink::SOCK_DIAG),
    )?;
    let mut found = Vec::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    for family in [AddressFamily::INET, AddressFamily::INET6] {
        rustix::net::send(&socket, &request(family, port), SendFlags::empty())?;
        receive(&socket, &mut buffer, &mut found)?;
    }
    Ok(found)
}

/// `struct nlmsghdr`, then `struct inet_diag_req_v2`.
fn request(family: AddressFamily, port: u16) -> [u8; 72] {
    let mut bytes = [0; 72];
    bytes[0..4].copy_from_slice(&72u32.to_ne_bytes());
    bytes[4..6].copy_from_slice(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes[6..8].copy_from_slice(&NLM_F_REQUEST_DUMP.to_ne_bytes());
    // Both constants are below 256.
    bytes[16] = family.as_raw().to_le_bytes()[0];
    bytes[17] = libc::IPPROTO_TCP.to_le_bytes()[0];
    bytes[20..24].copy_from_slice(&LISTENING.to_ne_bytes());
    bytes[24..26].copy_from_slice(&port.to_be_bytes());
    bytes
}

/// Reads answers until the kernel says that these were all.
fn receive(socket: &OwnedFd, buffer: &mut [u8], found: &mut Vec<Listener>) -> io::Result<()> {
    loop {
        let (length, _) = rustix::net::recv(socket, &mut *buffer, RecvFlags::empty())?;
        let mut rest = &buffer[..length];
        while let Some((kind, body, after)) = next_message(rest) {
            match kind {
                NLMSG_DONE => return Ok(()),
                NLMSG_ERROR => return Err(netlink_error(body)),
                _ => found.extend(parse(body)),
            }
            rest = after;
        }
    }
}

/// Type and body of the first message, and what follows it.
fn next_message(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let length = u32::from_ne_bytes(*bytes.first_chunk()?) as usize;
    let kind = u16::from_ne_bytes(*bytes.get(4..)?.first_chunk()?);
    let body = bytes.get(HEADER_BYTES..length)?;
    let aligned = length.next_multiple_of(4).min(bytes.len());
    Some((kind, body, &bytes[aligned..]))
}

fn netlink_error(body: &[u8]) -> io::Error {
    let code = body.first_chunk().map_or(0, |code| i32::from_ne_bytes(*code));
    io::Error::from_raw_os_error(-code)
}

/// `struct inet_diag_msg`.
fn parse(body: &[u8]) -> Option<Listener> {
    let body = body.get(..ANSWER_BYTES)?;
    let number = |at: usize| Some(u32::from_ne_bytes(*body.get(at..)?.first_chunk()?));
    let port = u16::from_be_bytes(*body.get(4..)?.first_chunk()?);
    let ip = if body[0].to_le() == AddressFamily::INET.as_raw().to_le_bytes()[0] {
        IpAddr::V4(Ipv4Addr::from(*body.get(8..)?.first_chunk::<4>()?))
    } else {
        IpAddr::V6(Ipv6Addr::from(*body.get(8..)?.first_chunk::<16>()?))
    };
    Some(Listener { address: SocketAddr::new(ip, port), inode: number(68)?, uid: number(64)? })
}
