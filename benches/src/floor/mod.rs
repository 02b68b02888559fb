//! The floor: the least that can supervise children and tell one client about them.
//!
//! One thread, fork, a pidfd and a pipe a child, epoll; each event is written straight to the one
//! TCP client as a JSON line, and orders come as lines over the same connection:
//! `start N`, `stop N`, `start *`, `stop *`. No tree, no port, no history, no second client: what
//! a real supervisor takes longer than this is the price of what it does more.
//!
//! Events: `starting` at once, before the fork; `running` at the ready line, with the line and the
//! pid (without a line expected: once exec is done, seen by the end of a pipe); `stopping` and
//! `stopped` by order; `error` when a child ends unasked.
//!
//! That `starting` comes before the fork is a choice, and makes the floor harder to follow: told
//! after it, the client had the event at 1.8 ms (median of 50, two cores), told before it at 0.05
//! to 0.1 ms; probably because the client's wake-up waits behind the new child.
mod child;

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid,
};

use child::Program;

/// What a readiness of a descriptor means; the slot's number is kept in the bits above.
const EXITED: u64 = 0;
const OUTPUT: u64 = 1;
const EXECUTED: u64 = 2;
const ORDERS: u64 = 3;

/// A live child.
struct Live {
    pid: Pid,
    pidfd: OwnedFd,
    output: Option<OwnedFd>,
    executed: Option<OwnedFd>,
    line: Vec<u8>,
    asked: bool,
}

struct Floor {
    epoll: OwnedFd,
    client: TcpStream,
    program: Program,
    by_line: bool,
    slots: Vec<Option<Live>>,
    event: Vec<u8>,
}

/// Serves the first client on a free port until it goes away. `by_line`: a child is running once
/// it wrote a line, else as soon as it is executed.
pub(crate) fn serve(slots: usize, by_line: bool, command: &[String]) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    writeln!(io::stdout(), "Server listening on http://{}", listener.local_addr()?)?;
    let (client, _) = listener.accept()?;
    client.set_nodelay(true)?;
    let orders = client.try_clone()?;
    let mut floor = Floor {
        epoll: epoll::create(CreateFlags::CLOEXEC)?,
        client,
        program: Program::try_new(command)?,
        by_line,
        slots: (0..slots).map(|_| None).collect(),
        event: Vec::with_capacity(256),
    };
    let served = floor.run(BufReader::new(orders));
    floor.end_all();
    served
}

impl Floor {
    fn run(&mut self, mut orders: BufReader<TcpStream>) -> io::Result<()> {
        self.watch(&self.client, 0, ORDERS)?;
        let mut ready = Vec::with_capacity(256);
        loop {
            ready.clear();
            epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut ready), None)?;
            for event in &ready {
                let data = event.data.u64();
                let slot = usize::try_from(data >> 2).map_err(io::Error::other)?;
                match data & 3 {
                    EXITED => self.exited(slot)?,
                    OUTPUT => self.output(slot)?,
                    EXECUTED => self.executed(slot)?,
                    _ => {
                        if !self.orders(&mut orders)? {
                            return Ok(());
                        }
                    }
                }
            }
        }
    }

    fn orders(&mut self, orders: &mut BufReader<TcpStream>) -> io::Result<bool> {
        let mut line = String::new();
        loop {
            line.clear();
            if orders.read_line(&mut line)? == 0 {
                return Ok(false);
            }
            self.order(line.trim_end())?;
            if orders.buffer().is_empty() {
                return Ok(true);
            }
        }
    }

    fn order(&mut self, line: &str) -> io::Result<()> {
        let (verb, target) = line.split_once(' ').unwrap_or((line, ""));
        let all = 0..self.slots.len();
        let targets = target.parse().map_or(all, |slot| slot..slot + 1);
        for slot in targets {
            match verb {
                "start" => self.start(slot)?,
                _ => self.stop(slot)?,
            }
        }
        Ok(())
    }

    fn start(&mut self, slot: usize) -> io::Result<()> {
        if self.slots[slot].is_some() {
            return Ok(());
        }
        self.tell(slot, "starting", None, "")?;
        let (output, write) = pipe_with(PipeFlags::CLOEXEC)?;
        // Its other end closes when the child is executed: the proof that the program runs.
        let proof = if self.by_line { None } else { Some(pipe_with(PipeFlags::CLOEXEC)?) };
        let pid = self.program.spawn(write.as_fd())?;
        drop(write);
        let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
        self.watch(&pidfd, slot, EXITED)?;
        self.watch(&output, slot, OUTPUT)?;
        let executed = proof.map(|(read, _write)| read);
        if let Some(executed) = &executed {
            self.watch(executed, slot, EXECUTED)?;
        }
        let live =
            Live { pid, pidfd, output: Some(output), executed, line: Vec::new(), asked: false };
        self.slots[slot] = Some(live);
        Ok(())
    }

    fn stop(&mut self, slot: usize) -> io::Result<()> {
        let Some(live) = &mut self.slots[slot] else { return Ok(()) };
        live.asked = true;
        pidfd_send_signal(&live.pidfd, Signal::TERM)?;
        self.tell(slot, "stopping", None, "")
    }

    fn output(&mut self, slot: usize) -> io::Result<()> {
        let Some(live) = &mut self.slots[slot] else { return Ok(()) };
        let Some(output) = &live.output else { return Ok(()) };
        let mut chunk = [0; 4096];
        let length = rustix::io::read(output, &mut chunk)?;
        if length == 0 {
            live.output = None;
            return Ok(());
        }
        live.line.extend_from_slice(&chunk[..length]);
        if !live.line.ends_with(b"\n") {
            return Ok(());
        }
        let line = String::from_utf8_lossy(&live.line).trim_end().to_owned();
        live.line.clear();
        let pid = live.pid;
        if self.by_line { self.tell(slot, "running", Some(pid), &line) } else { Ok(()) }
    }

    fn executed(&mut self, slot: usize) -> io::Result<()> {
        let Some(live) = &mut self.slots[slot] else { return Ok(()) };
        live.executed = None;
        let pid = live.pid;
        self.tell(slot, "running", Some(pid), "")
    }

    fn exited(&mut self, slot: usize) -> io::Result<()> {
        let Some(live) = self.slots[slot].take() else { return Ok(()) };
        waitid(WaitId::PidFd(live.pidfd.as_fd()), WaitIdOptions::EXITED)?;
        self.tell(slot, if live.asked { "stopped" } else { "error" }, None, "")
    }

    fn tell(&mut self, slot: usize, state: &str, pid: Option<Pid>, line: &str) -> io::Result<()> {
        self.event.clear();
        write!(self.event, "{{\"id\":{slot},\"state\":\"{state}\",\"line\":\"{line}\"")?;
        if let Some(pid) = pid {
            write!(self.event, ",\"pid\":{}", pid.as_raw_nonzero())?;
        }
        self.event.extend_from_slice(b"}\n");
        self.client.write_all(&self.event)
    }

    fn watch(&self, source: impl AsFd, slot: usize, what: u64) -> io::Result<()> {
        let slot = u64::try_from(slot).map_err(io::Error::other)?;
        let data = EventData::new_u64(slot << 2 | what);
        let source: BorrowedFd<'_> = source.as_fd();
        Ok(epoll::add(&self.epoll, source, data, EventFlags::IN)?)
    }

    fn end_all(&mut self) {
        for live in self.slots.iter_mut().filter_map(Option::take) {
            // It may have ended by itself; then there is only something to reap.
            let _ended = pidfd_send_signal(&live.pidfd, Signal::KILL);
            let _reaped = waitid(WaitId::PidFd(live.pidfd.as_fd()), WaitIdOptions::EXITED);
        }
    }
}
