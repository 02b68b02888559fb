//! Follows the bytes that the library writes to a WebSocket, to know when something may go in between.
//!
//! A packet for all clients is framed once and written straight to each socket, which is much cheaper than a task, a
//! channel and a frame for each. That may only happen between two frames of the library, and only once everything that
//! was sent to this client before through the library is out, or the order would change. Both are seen here, from the
//! bytes that go by (RFC 6455, section 5.2: a server's frames are not masked).

use std::collections::VecDeque;

use bytes::Bytes;

/// How an HTTP head ends.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// The opcode of a close frame: nothing may follow it.
const CLOSE: u8 = 0x8;

/// What goes by on one connection.
#[derive(Debug, Default)]
pub(super) struct Frames {
    phase: Phase,
    /// What went to the library and has not come by yet, in its order.
    awaited: VecDeque<Bytes>,
    /// Whether the last of what went to the library is one of these.
    awaits_last: bool,
    /// Whether all that went to the library has come by.
    caught_up: bool,
}

#[derive(Debug, Default)]
enum Phase {
    /// HTTP: whatever it is, it is not looked at.
    #[default]
    Http,
    /// The answer that switches protocols; so much of its end was seen.
    Head(usize),
    /// Frames of a WebSocket.
    Frame(Frame),
    /// The last frame went by.
    Closed,
}

/// The frame that goes by; empty between two of them.
#[derive(Debug, Default)]
struct Frame {
    header: [u8; 10],
    header_length: usize,
    /// What is still to come of the payload, once the header is whole.
    left: u64,
    /// How many bytes went by.
    length: usize,
    /// Whether all of them were those of the packet that is awaited first.
    is_awaited: bool,
}

impl Frames {
    /// The next head to go by switches to WebSocket frames.
    pub(super) fn upgrade(&mut self) {
        self.phase = Phase::Head(0);
    }

    /// Something that will not be awaited goes through the library: nothing may go in between from now on.
    pub(super) fn fall_behind(&mut self) {
        self.caught_up = false;
        self.awaits_last = false;
    }

    /// This packet went to the library: nothing may go in between before it has come by.
    pub(super) fn await_frame(&mut self, frame: &Bytes) {
        self.caught_up = false;
        match &mut self.phase {
            // It will come by nowhere.
            Phase::Http | Phase::Closed => return,
            // What is on its way already is an earlier packet.
            Phase::Frame(current) if self.awaited.is_empty() => {
                current.is_awaited &= current.length == 0;
            }
            Phase::Head(_) | Phase::Frame(_) => {}
        }
        self.awaited.push_back(frame.clone());
        self.awaits_last = true;
    }

    /// Whether something may go in between here.
    pub(super) fn is_free(&self) -> bool {
        self.caught_up && matches!(&self.phase, Phase::Frame(frame) if frame.length == 0)
    }

    /// Whether the bytes that go by are looked at.
    pub(super) fn is_following(&self) -> bool {
        matches!(self.phase, Phase::Head(_) | Phase::Frame(_))
    }

    /// These bytes went by.
    pub(super) fn passed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let taken = match &mut self.phase {
                Phase::Http | Phase::Closed => return,
                Phase::Head(_) => self.pass_head(bytes),
                Phase::Frame(_) => self.pass_frame(bytes),
            };
            bytes = bytes.get(taken..).unwrap_or_default();
        }
    }

    fn pass_head(&mut self, bytes: &[u8]) -> usize {
        let Phase::Head(seen) = &mut self.phase else { return 0 };
        for (index, byte) in bytes.iter().enumerate() {
            *seen = match HEAD_END.get(*seen) {
                Some(expected) if expected == byte => *seen + 1,
                _ => usize::from(HEAD_END.first() == Some(byte)),
            };
            if *seen == HEAD_END.len() {
                self.phase = Phase::Frame(Frame::new());
                return index + 1;
            }
        }
        bytes.len()
    }

    fn pass_frame(&mut self, bytes: &[u8]) -> usize {
        let Phase::Frame(frame) = &mut self.phase else { return 0 };
        let taken = frame.take(bytes);
        let part = bytes.get(..taken).unwrap_or_default();
        let expected = self.awaited.front().and_then(|awaited| awaited.get(frame.length..));
        frame.is_awaited &= expected.is_some_and(|expected| expected.starts_with(part));
        frame.length += taken;
        if frame.is_whole() {
            self.end_frame();
        }
        taken
    }

    fn end_frame(&mut self) {
        let Phase::Frame(frame) = &self.phase else { return };
        let is_first = |awaited: &&Bytes| frame.is_awaited && frame.length == awaited.len();
        if self.awaited.front().filter(is_first).is_some() {
            self.awaited.pop_front();
            self.caught_up = self.awaits_last && self.awaited.is_empty();
        }
        let closed = frame.opcode() == CLOSE;
        self.phase = if closed { Phase::Closed } else { Phase::Frame(Frame::new()) };
    }
}

impl Frame {
    fn new() -> Self {
        Self { is_awaited: true, ..Self::default() }
    }

    /// Takes what of these bytes belongs to the header, or else to the payload; says how many.
    fn take(&mut self, bytes: &[u8]) -> usize {
        if self.is_header_whole() {
            let taken = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
            self.left -= taken as u64;
            return taken;
        }
        let mut taken = 0;
        for byte in bytes {
            if let Some(place) = self.header.get_mut(self.header_length) {
                *place = *byte;
            }
            self.header_length += 1;
            taken += 1;
            if self.is_header_whole() {
                self.left = self.payload_length();
                break;
            }
        }
        taken
    }

    fn is_header_whole(&self) -> bool {
        let needed = match (self.header_length, self.header[1] & 0x7f) {
            (0 | 1, _) => 2,
            (_, 126) => 4,
            (_, 127) => 10,
            _ => 2,
        };
        self.header_length >= needed
    }

    fn payload_length(&self) -> u64 {
        let big_endian =
            |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        match self.header[1] & 0x7f {
            126 => big_endian(&self.header[2..4]),
            127 => big_endian(&self.header[2..10]),
            short => u64::from(short),
        }
    }

    fn is_whole(&self) -> bool {
        self.is_header_whole() && self.left == 0
    }

    fn opcode(&self) -> u8 {
        self.header[0] & 0x0f
    }
}

/// A text frame with these parts as its payload, as the library would write it.
pub(crate) fn text_frame(parts: &[&str]) -> Bytes {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut frame = Vec::with_capacity(10 + length);
    frame.push(0x81);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => frame.push(short),
        (_, Ok(middle)) => {
            frame.push(126);
            frame.extend_from_slice(&middle.to_be_bytes());
        }
        _ => {
            frame.push(127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    parts.iter().for_each(|part| frame.extend_from_slice(part.as_bytes()));
    frame.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n";

    fn text_frame(payload: &str) -> Bytes {
        super::text_frame(&[payload])
    }

    fn after_head() -> Frames {
        let mut frames = Frames::default();
        frames.upgrade();
        frames.passed(HEAD);
        frames
    }

    /// One whose packets all came by.
    fn caught_up() -> Frames {
        let (mut frames, packet) = (after_head(), text_frame("first"));
        frames.await_frame(&packet);
        frames.passed(&packet);
        assert!(frames.is_free());
        frames
    }

    #[test]
    fn nothing_goes_in_between_before_the_awaited_packet_came_by() {
        let mut frames = after_head();
        assert!(!frames.is_free(), "nothing was awaited yet");
        frames.passed(&text_frame("40{}"));
        assert!(!frames.is_free());
        let packet = text_frame("42[1]");
        frames.await_frame(&packet);
        frames.passed(&text_frame("42[2]"));
        assert!(!frames.is_free(), "another one of the same length");
        frames.passed(&packet);
        assert!(frames.is_free());
    }

    #[test]
    fn every_length_is_followed_in_whatever_pieces_it_comes() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
            let packet = text_frame(&"x".repeat(length));
            let mut bytes = HEAD.to_vec();
            bytes.extend_from_slice(&text_frame("before"));
            bytes.extend_from_slice(&packet);
            for size in [1, 2, 3, 7, 4_096, bytes.len()] {
                let mut frames = Frames::default();
                frames.upgrade();
                frames.await_frame(&packet);
                let (last, others) = bytes.split_last().unwrap();
                others.chunks(size).for_each(|chunk| frames.passed(chunk));
                assert!(!frames.is_free(), "{length} in pieces of {size}");
                frames.passed(&[*last]);
                assert!(frames.is_free(), "{length} in pieces of {size}");
            }
        }
    }

    #[test]
    fn nothing_goes_into_a_frame_or_after_the_last_one() {
        let mut frames = caught_up();
        let other = text_frame("from the library");
        frames.passed(&other[..5]);
        assert!(!frames.is_free());
        frames.passed(&other[5..]);
        assert!(frames.is_free());
        frames.passed(&[0x88, 0]);
        assert!(!frames.is_free());
    }

    #[test]
    fn the_same_packet_twice_must_come_by_twice() {
        let mut frames = caught_up();
        let packet = text_frame("same");
        frames.await_frame(&packet);
        frames.await_frame(&packet);
        frames.passed(&packet);
        assert!(!frames.is_free());
        frames.passed(&packet);
        assert!(frames.is_free());
    }

    #[test]
    fn the_same_packet_again_after_another_one_is_not_the_first() {
        let mut frames = caught_up();
        let (packet, other) = (text_frame("same"), text_frame("other"));
        for awaited in [&packet, &other, &packet] {
            frames.await_frame(awaited);
        }
        for passing in [&packet, &other] {
            frames.passed(passing);
            assert!(!frames.is_free(), "the last one has not come by");
        }
        frames.passed(&packet);
        assert!(frames.is_free());
    }

    #[test]
    fn a_packet_that_is_on_its_way_is_not_the_one_awaited_after_it() {
        let mut frames = caught_up();
        let packet = text_frame("same");
        frames.passed(&packet[..3]);
        frames.await_frame(&packet);
        frames.passed(&packet[3..]);
        assert!(!frames.is_free());
        frames.passed(&packet);
        assert!(frames.is_free());
    }

    #[test]
    fn one_that_falls_behind_waits_for_the_next_awaited_packet() {
        let mut frames = caught_up();
        frames.fall_behind();
        frames.passed(&text_frame("40{}"));
        assert!(!frames.is_free());
    }

    #[test]
    fn http_is_not_looked_at() {
        let mut frames = Frames::default();
        frames.await_frame(&text_frame("x"));
        frames.passed(&text_frame("x"));
        assert!(!frames.is_free() && !frames.is_following());
        assert!(frames.awaited.is_empty(), "nothing is kept of what never comes by");
    }
}
