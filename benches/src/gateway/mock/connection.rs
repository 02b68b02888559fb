//! One connection of the mock upstream: reads a request, then does what its model's name says.
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use super::answers::{Answers, CHUNKS, ENDLESS, EVERY_NS, Model, stamped, stream_end, stream_head};
use crate::clock::now_ns;
use crate::gateway::message::Message;
use crate::gateway::poller::Ready;

/// What the server is to do for a connection.
pub(crate) enum Step {
    /// Nothing.
    Nothing,
    /// Watch for room to write, or no more.
    WantRoom(bool),
    /// Call again when the next chunk is due.
    Tick,
    /// Answer what was seen.
    Seen,
    /// Forget the connection.
    Gone,
}

/// What it is about to send.
enum Sending {
    /// Nothing: it waits for a request.
    Nothing,
    /// Nothing, although a request waits.
    Silence,
    /// A long answer, of which so many bytes are sent.
    Long(usize),
    /// The endless stream, likewise.
    Endless(usize),
    /// A stream: the next chunk's number and when it is due.
    Stream { number: u32, at_ns: u64 },
}

/// A connection.
pub(crate) struct Connection {
    stream: TcpStream,
    request: Message,
    body: Vec<u8>,
    sending: Sending,
}

impl Connection {
    /// Waits for a request.
    pub(crate) fn new(stream: TcpStream) -> Self {
        let (request, body) = (Message::default(), Vec::new());
        Self { stream, request, body, sending: Sending::Nothing }
    }

    /// The socket.
    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Whether a request is under way.
    pub(crate) fn is_busy(&self) -> bool {
        !matches!(self.sending, Sending::Nothing)
    }

    /// When the next chunk is due; 0 if none is.
    pub(crate) fn next_ns(&self) -> u64 {
        if let Sending::Stream { at_ns, .. } = self.sending { at_ns } else { 0 }
    }

    /// Reads and writes what can be read and written.
    pub(crate) fn attend(&mut self, ready: Ready, chunk: &mut [u8], answers: &Answers) -> Step {
        if ready.writable && self.is_busy() {
            return self.go_on(answers);
        }
        if !ready.readable {
            return if ready.ended { Step::Gone } else { Step::Nothing };
        }
        match self.stream.read(chunk) {
            Ok(0) => Step::Gone,
            Ok(length) => {
                let body = &mut self.body;
                let mut each = |part: &[u8]| body.extend_from_slice(part);
                match self.request.feed(&chunk[..length], &mut each) {
                    Ok(true) => self.answer(answers),
                    Ok(false) => Step::Nothing,
                    Err(_) => Step::Gone,
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Step::Nothing,
            Err(_) => Step::Gone,
        }
    }

    fn answer(&mut self, answers: &Answers) -> Step {
        let head = self.request.head();
        if head.starts_with(b"GET /seen") {
            return Step::Seen;
        }
        if head.starts_with(b"GET ") {
            return self.say(&answers.models);
        }
        let model = Model::of(&self.body);
        self.body.clear();
        match model {
            Some(Model::Short) => self.say(&answers.short),
            Some(Model::Long) => self.begin(Sending::Long(0), answers),
            Some(Model::Endless) => {
                self.say(stream_head());
                self.begin(Sending::Endless(0), answers)
            }
            Some(Model::Silent) => self.fall_silent(b""),
            Some(Model::Headed) => self.fall_silent(stream_head()),
            Some(Model::Hushed) => {
                self.fall_silent(&[stream_head(), stamped(0, now_ns()).as_bytes()].concat())
            }
            Some(Model::Stream) => self.begin_stream(),
            None => Step::Gone,
        }
    }

    /// Sends what always fits into the socket's buffer.
    pub(crate) fn say(&mut self, bytes: &[u8]) -> Step {
        match self.stream.write(bytes) {
            Ok(length) if length == bytes.len() => Step::Nothing,
            Ok(_) | Err(_) => Step::Gone,
        }
    }

    fn fall_silent(&mut self, first: &[u8]) -> Step {
        self.sending = Sending::Silence;
        if first.is_empty() { Step::Nothing } else { self.say(first) }
    }

    fn begin(&mut self, sending: Sending, answers: &Answers) -> Step {
        self.sending = sending;
        match self.go_on(answers) {
            // Nobody watches for room yet.
            Step::WantRoom(false) => Step::Nothing,
            Step::Nothing => Step::WantRoom(true),
            step => step,
        }
    }

    /// Writes as much as there is room for.
    fn go_on(&mut self, answers: &Answers) -> Step {
        loop {
            let rest = match &self.sending {
                Sending::Long(sent) => &answers.long[*sent..],
                Sending::Endless(sent) => &answers.endless[sent % answers.endless.len()..],
                Sending::Nothing | Sending::Silence | Sending::Stream { .. } => {
                    return Step::WantRoom(false);
                }
            };
            match self.stream.write(rest) {
                Ok(0) => return Step::Gone,
                Ok(more) => self.sent(more, answers),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Step::Nothing,
                Err(_) => return Step::Gone,
            }
        }
    }

    fn sent(&mut self, more: usize, answers: &Answers) {
        match &mut self.sending {
            Sending::Long(sent) | Sending::Endless(sent) => *sent += more,
            Sending::Nothing | Sending::Silence | Sending::Stream { .. } => {}
        }
        match self.sending {
            Sending::Long(sent) if sent == answers.long.len() => self.sending = Sending::Nothing,
            Sending::Endless(sent) if sent >= ENDLESS => self.sending = Sending::Silence,
            _ => {}
        }
    }

    fn begin_stream(&mut self) -> Step {
        let now_ns = now_ns();
        self.sending = Sending::Stream { number: 1, at_ns: now_ns + EVERY_NS };
        match self.say(&[stream_head(), stamped(0, now_ns).as_bytes()].concat()) {
            Step::Nothing => Step::Tick,
            step => step,
        }
    }

    /// Sends the chunk that is due.
    pub(crate) fn tick(&mut self) -> Step {
        let Sending::Stream { number, at_ns } = self.sending else { return Step::Nothing };
        if number == CHUNKS {
            self.sending = Sending::Nothing;
            return self.say(stream_end().as_bytes());
        }
        self.sending = Sending::Stream { number: number + 1, at_ns: at_ns + EVERY_NS };
        match self.say(stamped(number, now_ns()).as_bytes()) {
            Step::Nothing => Step::Tick,
            step => step,
        }
    }
}
