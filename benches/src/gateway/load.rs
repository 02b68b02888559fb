//! The load: many connections in one thread, as a closed loop or at a fixed rate.
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::client::{PATIENCE, check};
use super::message::Message;
use super::poller::{Poller, Ready};
use crate::clock::{ms_since, now_ns};
use crate::failure::{Doing, Outcome, broken};
use crate::samples::Samples;

/// Connections of a load at a fixed rate; more are made when all of them wait.
const PACED: usize = 8;

/// How much later than it should a run at a fixed rate may end.
const LATE_NS: u64 = 4_000_000_000;

struct Member {
    stream: TcpStream,
    message: Message,
    /// When the request was sent that it waits for.
    sent_ns: u64,
}

struct Load<'a> {
    address: SocketAddr,
    request: &'a [u8],
    poller: Poller,
    members: Vec<Member>,
    chunk: Vec<u8>,
}

/// What a closed loop had.
pub(crate) struct Loop {
    /// Answers.
    pub(crate) answers: f64,
    /// In so many seconds.
    pub(crate) time_s: f64,
}

/// So many connections for a while, each of which sends a request once it has the last answer.
pub(crate) fn closed(
    address: SocketAddr,
    request: &[u8],
    connections: usize,
    time: Duration,
) -> Outcome<Loop> {
    let mut load = Load::new(address, request)?;
    for index in 0..connections {
        load.connect()?;
        load.send(index)?;
    }
    let (start_ns, mut answers) = (now_ns(), 0.0);
    let limit_ms = time.as_secs_f64() * 1e3;
    while ms_since(start_ns) < limit_ms {
        for ready in load.wait(None)? {
            if load.read(ready)? {
                answers += 1.0;
                load.send(ready.index)?;
            }
        }
    }
    Ok(Loop { answers, time_s: ms_since(start_ns) / 1e3 })
}

/// So many requests at a fixed rate a second, whatever becomes of them; how long each one took,
/// from when it was sent, or from when it should have been if no connection was free.
pub(crate) fn paced(
    address: SocketAddr,
    request: &[u8],
    rate: u32,
    count: u32,
) -> Outcome<Samples> {
    let mut load = Load::new(address, request)?;
    let mut idle = VecDeque::new();
    for _ in 0..PACED {
        idle.push_back(load.connect()?);
    }
    let (every_ns, mut due_ns, mut samples) =
        (1_000_000_000 / u64::from(rate), now_ns(), Samples::default());
    let (mut sent, mut answered) = (0, 0);
    let last_ns = due_ns + u64::from(count) * every_ns + LATE_NS;
    while answered < count {
        if now_ns() > last_ns {
            return broken(format!(
                "{} of {count} requests had no answer in time",
                count - answered
            ));
        }
        if sent < count && now_ns() >= due_ns {
            // One that was idle for long comes first, as with clients that do not know each other.
            let index = idle.pop_front().map_or_else(|| load.connect(), Ok)?;
            load.send(index)?;
            (sent, due_ns) = (sent + 1, due_ns + every_ns);
        }
        let patience = if sent < count { due_ns } else { now_ns() + 1_000_000_000 };
        for ready in load.wait(Some(patience))? {
            if load.read(ready)? {
                samples.add(load.members[ready.index].sent_ns, now_ns());
                idle.push_back(ready.index);
                answered += 1;
            }
        }
    }
    Ok(samples)
}

impl<'a> Load<'a> {
    fn new(address: SocketAddr, request: &'a [u8]) -> Outcome<Self> {
        let (poller, members, chunk) = (Poller::new()?, Vec::new(), vec![0; 64 * 1024]);
        Ok(Self { address, request, poller, members, chunk })
    }

    fn connect(&mut self) -> Outcome<usize> {
        let what = format!("connecting to {}", self.address);
        let stream = TcpStream::connect(self.address).doing(&what)?;
        stream.set_nodelay(true).doing("turning off delayed sends")?;
        stream.set_nonblocking(true).doing("connecting")?;
        let index = self.members.len();
        self.poller.add(&stream, index)?;
        self.members.push(Member { stream, message: Message::default(), sent_ns: 0 });
        Ok(index)
    }

    fn send(&mut self, index: usize) -> Outcome<()> {
        let member = &mut self.members[index];
        member.sent_ns = now_ns();
        let sent = member.stream.write(self.request).doing("sending a request")?;
        if sent == self.request.len() { Ok(()) } else { broken("no room for a request") }
    }

    fn wait(&mut self, until_ns: Option<u64>) -> Outcome<Vec<Ready>> {
        let patience = now_ns() + u64::try_from(PATIENCE.as_nanos()).unwrap_or(u64::MAX);
        let ready = self.poller.wait(until_ns.or(Some(patience)))?;
        let is_stuck = ready.is_empty() && until_ns.is_none();
        if is_stuck { broken("no answer came") } else { Ok(ready) }
    }

    /// Reads once; says whether an answer is whole.
    fn read(&mut self, ready: Ready) -> Outcome<bool> {
        let member = &mut self.members[ready.index];
        let length = match member.stream.read(&mut self.chunk) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            read => read.doing("reading an answer")?,
        };
        if length == 0 {
            return broken("a connection was closed");
        }
        let whole = member.message.feed(&self.chunk[..length], &mut |_| ())?;
        if whole {
            check(member.message.head())?;
        }
        Ok(whole)
    }
}
