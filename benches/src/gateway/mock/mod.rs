//! The mock upstream: an OpenAI-compatible server on one thread that only sends bytes it has made
//! before, so that it is far faster than any gateway in front of it.
//!
//! It says what a gateway cannot be asked: `GET /seen` tells how many requests are under way, how
//! many of them were given up by the caller, and when it saw the last one of these.
mod answers;
mod connection;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write as _};
use std::net::{TcpListener, TcpStream};

use answers::{Answers, whole};
pub(crate) use answers::{CHUNKS, Model};
use connection::{Connection, Step};

use super::poller::{Poller, Ready};
use crate::clock::now_ns;
use crate::failure::{Doing, Outcome};

/// The listener's number among what is watched.
const LISTENER: usize = usize::MAX;
/// The room for what one read brings.
const CHUNK: usize = 256 * 1024;

/// Serves for ever.
pub(crate) fn serve() -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").doing("listening")?;
    rustix::net::listen(&listener, 4096).doing("listening for many")?;
    listener.set_nonblocking(true).doing("listening")?;
    let address = listener.local_addr().doing("listening")?;
    writeln!(io::stdout(), "Server listening on http://{address}").doing("printing")?;
    let mut mock = Mock::new(listener)?;
    loop {
        mock.turn()?;
    }
}

struct Mock {
    listener: TcpListener,
    poller: Poller,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    /// When the next chunk of which stream is due.
    due: BinaryHeap<Reverse<(u64, usize)>>,
    answers: Answers,
    seen: Seen,
    chunk: Vec<u8>,
}

/// What `GET /seen` tells.
#[derive(Default)]
struct Seen {
    cancelled: u64,
    last_ns: u64,
}

impl Mock {
    fn new(listener: TcpListener) -> Outcome<Self> {
        let poller = Poller::new()?;
        poller.add(&listener, LISTENER)?;
        Ok(Self {
            listener,
            poller,
            connections: Vec::new(),
            free: Vec::new(),
            due: BinaryHeap::new(),
            answers: Answers::new(),
            seen: Seen::default(),
            chunk: vec![0; CHUNK],
        })
    }

    fn turn(&mut self) -> Outcome<()> {
        let next = self.due.peek().map(|Reverse((at_ns, _))| *at_ns);
        for ready in self.poller.wait(next)? {
            if ready.index == LISTENER { self.accept()? } else { self.attend(ready)? }
        }
        self.send_what_is_due()
    }

    fn accept(&mut self) -> Outcome<()> {
        while let Ok((stream, _)) = self.listener.accept() {
            prepare(&stream)?;
            let index = self.free.pop().unwrap_or(self.connections.len());
            self.poller.add(&stream, index)?;
            if index == self.connections.len() {
                self.connections.push(None);
            }
            self.connections[index] = Some(Connection::new(stream));
        }
        Ok(())
    }

    fn attend(&mut self, ready: Ready) -> Outcome<()> {
        let Some(connection) = self.connections.get_mut(ready.index).and_then(Option::as_mut)
        else {
            return Ok(());
        };
        let step = connection.attend(ready, &mut self.chunk, &self.answers);
        self.follow(ready.index, step)
    }

    fn follow(&mut self, index: usize, step: Step) -> Outcome<()> {
        let Some(connection) = self.connections.get_mut(index).and_then(Option::as_mut) else {
            return Ok(());
        };
        match step {
            Step::Nothing => {}
            Step::WantRoom(want) => self.poller.want_room(connection.stream(), index, want)?,
            Step::Tick => self.due.push(Reverse((connection.next_ns(), index))),
            Step::Seen => return self.tell(index),
            Step::Gone => {
                if connection.is_busy() {
                    self.seen.cancelled += 1;
                    self.seen.last_ns = now_ns();
                }
                self.connections[index] = None;
                self.free.push(index);
            }
        }
        Ok(())
    }

    fn send_what_is_due(&mut self) -> Outcome<()> {
        let now_ns = now_ns();
        while let Some(Reverse((at_ns, index))) = self.due.peek().copied() {
            if at_ns > now_ns {
                break;
            }
            self.due.pop();
            let connection = self.connections.get_mut(index).and_then(Option::as_mut);
            // Another connection may have taken the number of the one that this was for.
            if let Some(connection) = connection.filter(|it| it.next_ns() == at_ns) {
                let step = connection.tick();
                self.follow(index, step)?;
            }
        }
        Ok(())
    }

    /// Answers `GET /seen`.
    fn tell(&mut self, index: usize) -> Outcome<()> {
        let body = whole(&self.seen());
        let connection = self.connections.get_mut(index).and_then(Option::as_mut);
        let step = connection.map_or(Step::Nothing, |connection| connection.say(&body));
        self.follow(index, step)
    }

    fn seen(&self) -> String {
        let Seen { cancelled, last_ns } = self.seen;
        let busy = self.connections.iter().flatten().filter(|it| it.is_busy()).count();
        format!(r#"{{"busy":{busy},"cancelled":{cancelled},"last_ns":{last_ns}}}"#)
    }
}

fn prepare(stream: &TcpStream) -> Outcome<()> {
    stream.set_nonblocking(true).doing("accepting")?;
    stream.set_nodelay(true).doing("turning off delayed sends")
}
