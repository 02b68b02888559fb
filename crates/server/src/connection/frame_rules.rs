//! What holds for the frames on a connection, whatever goes over it and in whatever pieces. The fuzzer holds it to it, too.

use std::collections::VecDeque;

use bytes::Bytes;

use super::frames::{Frames, text_frame};

/// How long the payloads are that go by: each way to write a length is there.
const LENGTHS: [usize; 6] = [0, 1, 125, 126, 300, 65_536];

const HEAD: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n";

/// A connection on which the library writes what it was given, in its order.
struct Library {
    frames: Frames,
    /// What it has not written yet.
    queue: VecDeque<Bytes>,
    /// Whether the last packet that it was given is awaited.
    awaits: bool,
    is_closed: bool,
}

impl Library {
    fn new() -> Self {
        let mut frames = Frames::default();
        frames.upgrade();
        let queue = VecDeque::from([Bytes::from_static(HEAD)]);
        Self { frames, queue, awaits: false, is_closed: false }
    }

    /// Two bits say what happens, the others how much of it.
    fn step(&mut self, step: u8) {
        let size = usize::from(step >> 2);
        let payload = "x".repeat(LENGTHS[size % LENGTHS.len()]);
        match step & 3 {
            0 => {
                let frame = text_frame(&["e", &payload]);
                self.frames.await_frame(&frame);
                self.queue.push_back(frame);
                self.awaits = true;
            }
            1 if size == 0 => {
                self.frames.fall_behind();
                self.queue.push_back(Bytes::from_static(&[0x88, 0]));
                (self.awaits, self.is_closed) = (false, true);
            }
            1 => {
                self.frames.fall_behind();
                self.queue.push_back(text_frame(&["a", &payload]));
                self.awaits = false;
            }
            2 => self.write(size),
            _ => self.write(size << 11),
        }
    }

    /// Writes so many bytes, if there are as many.
    fn write(&mut self, mut size: usize) {
        while size > 0
            && let Some(next) = self.queue.front_mut()
        {
            let part = next.split_to(size.min(next.len()));
            self.frames.passed(&part);
            size -= part.len();
            if next.is_empty() {
                self.queue.pop_front();
            }
        }
    }
}

/// A packet may go straight to the socket once everything that was given to the library before is out, and not before.
pub(crate) fn assert_order(steps: &[u8]) {
    let mut library = Library::new();
    for step in steps {
        library.step(*step);
        let is_out = library.queue.is_empty();
        let is_free = library.frames.is_free();
        assert!(!is_free || is_out, "a packet would go before {:?}", library.queue);
        let should = is_out && library.awaits && !library.is_closed;
        assert_eq!(is_free, should, "after {steps:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::assert_order;
    use proptest::prelude::*;

    /// Few kinds of packets and short writes, so that the same packets meet often.
    fn steps() -> impl Strategy<Value = Vec<u8>> {
        let step = prop_oneof![
            4 => (0u8..3).prop_map(|length| length << 2),
            1 => (0u8..3).prop_map(|length| length << 2 | 1),
            6 => (1u8..8).prop_map(|size| size << 2 | 2),
            1 => Just(3 | 1 << 2),
            1 => any::<u8>(),
        ];
        // What switches to frames has mostly gone by.
        prop::collection::vec(step, 0..60).prop_map(|steps| [vec![0xff], steps].concat())
    }

    proptest! {
        #[test]
        fn nothing_overtakes_what_the_library_was_given(steps in steps()) {
            assert_order(&steps);
        }
    }
}
