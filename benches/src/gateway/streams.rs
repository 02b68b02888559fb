//! Many streams at once, whose chunks say when they were sent.
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use memchr::memmem;

use super::client::{PATIENCE, check};
use super::message::Message;
use super::mock::CHUNKS;
use super::poller::Poller;
use crate::clock::now_ns;
use crate::failure::{Doing, Outcome, broken};
use crate::samples::Samples;

/// From the start of one stream to that of the next: not a divisor of the time between chunks, so
/// that those of all streams are spread over it.
const APART_NS: u64 = 10_200_000;

/// What came over the streams.
#[derive(Default)]
pub(crate) struct Streams {
    /// From the request to the first chunk.
    pub(crate) first: Samples,
    /// From the sending of each further chunk to its arrival.
    pub(crate) delay: Samples,
    /// Chunks in which more than one of the upstream's came.
    pub(crate) merged: u32,
    /// Chunks in which a part of one came.
    pub(crate) split: u32,
    /// Chunks that never came.
    pub(crate) lost: u32,
}

struct Stream {
    socket: TcpStream,
    message: Message,
    sent_ns: u64,
    next: u32,
}

/// Opens so many streams, one after another, and reads them all to their ends.
pub(crate) fn run(address: SocketAddr, request: &[u8], count: u32) -> Outcome<Streams> {
    let mut poller = Poller::new()?;
    let (mut streams, mut had, mut left) = (Vec::new(), Streams::default(), count);
    let mut chunk = vec![0; 64 * 1024];
    let mut due_ns = now_ns();
    while left > 0 {
        if streams.len() < usize::try_from(count).unwrap_or(0) && now_ns() >= due_ns {
            streams.push(Stream::open(address, request, &poller, streams.len())?);
            due_ns += APART_NS;
        }
        let all = streams.len() >= usize::try_from(count).unwrap_or(0);
        let patience = u64::try_from(PATIENCE.as_nanos()).unwrap_or(u64::MAX);
        let until_ns = if all { now_ns() + patience } else { due_ns };
        let ready = poller.wait(Some(until_ns))?;
        if all && ready.is_empty() {
            return broken("a stream came to a standstill");
        }
        for ready in ready {
            left -= u32::from(streams[ready.index].read(&mut chunk, &mut had)?);
        }
    }
    Ok(had)
}

impl Stream {
    fn open(address: SocketAddr, request: &[u8], poller: &Poller, index: usize) -> Outcome<Self> {
        let mut socket = TcpStream::connect(address).doing("opening a stream")?;
        socket.set_nodelay(true).doing("turning off delayed sends")?;
        socket.set_nonblocking(true).doing("opening a stream")?;
        poller.add(&socket, index)?;
        let sent_ns = now_ns();
        socket.write_all(request).doing("asking for a stream")?;
        Ok(Self { socket, message: Message::default(), sent_ns, next: 0 })
    }

    /// Reads once; says whether the stream has come to its end.
    fn read(&mut self, chunk: &mut [u8], had: &mut Streams) -> Outcome<bool> {
        let length = match self.socket.read(chunk) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            read => read.doing("reading a stream")?,
        };
        let now_ns = now_ns();
        if length == 0 {
            return if self.next == CHUNKS { Ok(false) } else { broken("a stream was cut") };
        }
        let (sent_ns, next) = (self.sent_ns, &mut self.next);
        let mut each = |data: &[u8]| took(data, sent_ns, now_ns, next, had);
        let whole = self.message.feed(&chunk[..length], &mut each)?;
        if whole {
            check(self.message.head())?;
            had.lost += CHUNKS - self.next;
        }
        Ok(whole)
    }
}

/// Takes one chunk of a body.
fn took(data: &[u8], sent_ns: u64, now_ns: u64, next: &mut u32, had: &mut Streams) {
    let mut stamps = 0;
    for at in memmem::find_iter(data, b"\"@") {
        let Some((stamp_ns, number)) = stamp(&data[at + 2..]) else { continue };
        stamps += 1;
        had.lost += number.saturating_sub(*next);
        *next = number + 1;
        if number == 0 { had.first.add(sent_ns, now_ns) } else { had.delay.add(stamp_ns, now_ns) }
    }
    had.merged += u32::from(stamps > 1);
    had.split += u32::from(!data.ends_with(b"\n\n"));
}

/// The time and the number in `TIME#NUMBER …`.
fn stamp(text: &[u8]) -> Option<(u64, u32)> {
    let end = text.iter().position(|byte| *byte == b' ')?;
    let (time, number) = std::str::from_utf8(&text[..end]).ok()?.split_once('#')?;
    Some((time.parse().ok()?, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{Streams, took};

    #[track_caller]
    fn check(chunks: &[&str], merged: u32, split: u32, lost: u32) {
        let (mut had, mut next) = (Streams::default(), 0);
        for chunk in chunks {
            took(chunk.as_bytes(), 0, 9, &mut next, &mut had);
        }
        assert_eq!((had.merged, had.split, had.lost), (merged, split, lost), "{chunks:?}");
    }

    #[test]
    fn what_became_of_chunks() {
        check(&["\"@1#0 x\"\n\n", "\"@2#1 x\"\n\n"], 0, 0, 0);
        check(&["\"@1#0 x\"\n\n\"@2#1 x\"\n\n"], 1, 0, 0);
        check(&["\"@1#0 x\"\n", "\n", "data: [DONE]\n\n"], 0, 2, 0);
        check(&["\"@1#0 x\"\n\n", "\"@2#3 x\"\n\n"], 0, 0, 2);
    }
}
