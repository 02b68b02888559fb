//! Thousands of Socket.IO clients in one thread that takes as little of the machine as it can,
//! for they share it with the server: one read a client and frame, no text made, nothing parsed.
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::clock::{ms_since, now_ns};
use crate::failure::{Doing, Outcome, broken};
use crate::frame::{self, Frame};
use crate::http::PATIENCE;
use crate::socket::Socket;

/// How a state change begins as a packet.
const UPDATE: &[u8] = b"42[\"lifecycle:update\",";
/// Descriptors beside the clients': servers, terminals, epoll.
const SPARE: u64 = 200;
/// Between two looks at all clients, while an event is waited for: they then are read in batches,
/// which halves what the crowd takes of the machine (seen with 5,000 bare sends: 19 to 10 ms of CPU
/// an event; the server's own CPU stayed as it was). The price is that a time may be this much too
/// long, for every server alike.
const NAP: Duration = Duration::from_micros(250);

/// The clients.
pub(crate) struct Crowd {
    epoll: OwnedFd,
    members: Vec<Member>,
    chunk: Vec<u8>,
    ready: Vec<Event>,
    round: u32,
    missing: usize,
    complete_ns: u64,
}

struct Member {
    stream: TcpStream,
    /// A frame's beginning, while its end has not come.
    rest: Vec<u8>,
    /// The last round in which it had what was waited for.
    had: u32,
}

impl Crowd {
    /// Connects `count` clients and joins the namespace with each.
    pub(crate) fn connect(address: SocketAddr, count: u32) -> Outcome<Self> {
        allow(2 * u64::from(count) + SPARE)?;
        let epoll = epoll::create(CreateFlags::CLOEXEC).doing("making an epoll")?;
        let mut members = Vec::new();
        for index in 0..count {
            let (stream, rest) = Socket::connect(address)?.into_parts();
            let data = EventData::new_u64(u64::from(index));
            epoll::add(&epoll, &stream, data, EventFlags::IN).doing("watching a client")?;
            members.push(Member { stream, rest, had: 0 });
        }
        let (chunk, ready) = (vec![0; 1 << 20], Vec::with_capacity(1024));
        Ok(Self { epoll, members, chunk, ready, round: 0, missing: 0, complete_ns: 0 })
    }

    /// Waits until every client has a state change that contains `mark`; gives the time at which
    /// the last one had it.
    pub(crate) fn wait(&mut self, mark: &str) -> Outcome<u64> {
        self.round += 1;
        self.missing = self.members.len();
        let start_ns = now_ns();
        while self.missing > 0 {
            if ms_since(start_ns) > PATIENCE.as_secs_f64() * 1e3 {
                return broken(format!("{} clients never had {mark}", self.missing));
            }
            self.turn(Some(mark), PATIENCE)?;
            std::thread::sleep(NAP);
        }
        Ok(self.complete_ns)
    }

    /// Reads what comes for a while and forgets it; heartbeats are answered.
    pub(crate) fn idle(&mut self, time: Duration) -> Outcome<()> {
        let start_ns = now_ns();
        while ms_since(start_ns) < time.as_secs_f64() * 1e3 {
            self.turn(None, Duration::from_millis(20))?;
        }
        Ok(())
    }

    fn turn(&mut self, mark: Option<&str>, patience: Duration) -> Outcome<()> {
        let mut ready = std::mem::take(&mut self.ready);
        ready.clear();
        let timeout = Timespec::try_from(patience).ok();
        let buffer = rustix::buffer::spare_capacity(&mut ready);
        epoll::wait(&self.epoll, buffer, timeout.as_ref()).doing("waiting for clients")?;
        for event in &ready {
            let index = usize::try_from(event.data.u64()).unwrap_or(usize::MAX);
            let Some(member) = self.members.get_mut(index) else { continue };
            if member.read(&mut self.chunk, mark)? && member.had != self.round {
                member.had = self.round;
                self.missing -= 1;
                self.complete_ns = now_ns();
            }
        }
        self.ready = ready;
        Ok(())
    }
}

impl Member {
    /// Reads once; says whether a state change with the mark was in it.
    fn read(&mut self, chunk: &mut [u8], mark: Option<&str>) -> Outcome<bool> {
        let length = self.stream.read(chunk).doing("reading for a client")?;
        let read = chunk.get(..length).unwrap_or_default();
        if read.is_empty() {
            return broken("the server cut a client off");
        }
        if self.rest.is_empty() {
            let (taken, found) = scan(read, mark, &mut self.stream)?;
            self.rest.extend_from_slice(&read[taken..]);
            return Ok(found);
        }
        self.rest.extend_from_slice(read);
        let (taken, found) = scan(&self.rest, mark, &mut self.stream)?;
        self.rest.drain(..taken);
        Ok(found)
    }
}

/// Goes through the whole frames of `bytes`; gives how many bytes they take and whether the mark
/// was in one.
fn scan(bytes: &[u8], mark: Option<&str>, stream: &mut impl Write) -> Outcome<(usize, bool)> {
    let (mut taken, mut found) = (0, false);
    while let Some((frame, length)) = frame::first(bytes.get(taken..).unwrap_or_default())? {
        taken += length;
        match frame {
            Frame::Text(b"2") => stream.write_all(&frame::text("3")).doing("answering")?,
            Frame::Text(packet) => found |= mark.is_some_and(|mark| contains(packet, mark)),
            Frame::Ping(payload) => stream.write_all(&frame::pong(payload)).doing("answering")?,
        }
    }
    Ok((taken, found))
}

fn contains(packet: &[u8], mark: &str) -> bool {
    packet.starts_with(UPDATE) && std::str::from_utf8(packet).is_ok_and(|text| text.contains(mark))
}

/// Sees to it that this process may have that many descriptors.
pub(crate) fn allow(descriptors: u64) -> Outcome<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.maximum.is_some_and(|maximum| maximum < descriptors) {
        return broken(format!("{descriptors} descriptors are needed: raise `ulimit -Hn`"));
    }
    if limit.current.is_none_or(|current| current >= descriptors) {
        return Ok(());
    }
    let raised = Rlimit { current: Some(descriptors), maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised).doing("raising the number of descriptors")
}

#[cfg(test)]
mod tests {
    use super::scan;
    use crate::frame::from_server as frame;

    #[test]
    fn a_mark_counts_in_a_state_change_alone() {
        let mut sent = Vec::new();
        let mut bytes = frame(r#"42["proxy:status",{"state":"starting"}]"#);
        let mark = Some("\"starting\"");
        assert_eq!(scan(&bytes, mark, &mut sent).unwrap(), (bytes.len(), false));
        bytes.extend(frame(r#"42["lifecycle:update",{"state":"starting"}]"#));
        assert_eq!(scan(&bytes, mark, &mut sent).unwrap(), (bytes.len(), true));
        assert!(sent.is_empty());
    }

    #[test]
    fn a_heartbeat_is_answered_and_a_part_is_left() {
        let mut sent = Vec::new();
        let mut bytes = frame("2");
        bytes.extend_from_slice(&[0x81, 9, b'4']);
        assert_eq!(scan(&bytes, None, &mut sent).unwrap(), (3, false));
        assert_eq!(sent, [0x81, 0x81, 0, 0, 0, 0, b'3']);
    }
}
