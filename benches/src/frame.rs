//! WebSocket frames (RFC 6455), as little of them as a client of Socket.IO needs: the server's
//! frames are read whole and unmasked, the client's are short texts.
use crate::failure::{Outcome, broken};

/// The first byte of a whole text frame.
const TEXT: u8 = 0x81;
/// The first byte of a whole ping frame.
const PING: u8 = 0x89;

/// One frame from the server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    /// An Engine.IO packet.
    Text(&'a [u8]),
    /// A ping of the WebSocket itself, with what a pong has to repeat.
    Ping(&'a [u8]),
}

/// The first frame of `bytes` and how many bytes it takes; none while it is not whole.
pub(crate) fn first(bytes: &[u8]) -> Outcome<Option<(Frame<'_>, usize)>> {
    let &[kind, short, ..] = bytes else { return Ok(None) };
    let (start, length): (usize, usize) = match short {
        0..=125 => (2, usize::from(short)),
        126 => (4, number(bytes.get(2..4))),
        127 => (10, number(bytes.get(2..10))),
        128.. => return broken("a masked frame from a server"),
    };
    let Some(payload) = bytes.get(start..start.saturating_add(length)) else { return Ok(None) };
    match kind {
        TEXT => Ok(Some((Frame::Text(payload), start + length))),
        PING => Ok(Some((Frame::Ping(payload), start + length))),
        other => broken(format!("a WebSocket frame of kind {other:#x}: closed or in pieces")),
    }
}

/// A big-endian number; more than any buffer holds while its bytes are not all there.
fn number(bytes: Option<&[u8]>) -> usize {
    let Some(bytes) = bytes else { return usize::MAX };
    bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

/// A client's text frame of at most 125 bytes. The mask is zero: it guards proxies against
/// hostile scripts, and there are neither here.
pub(crate) fn text(payload: &str) -> Vec<u8> {
    masked(TEXT, payload.as_bytes())
}

/// The answer to a ping of the WebSocket itself.
pub(crate) fn pong(payload: &[u8]) -> Vec<u8> {
    masked(PING + 1, payload)
}

/// A server's text frame, of less than 65,536 bytes.
pub(crate) fn from_server(payload: &str) -> Vec<u8> {
    let mut frame = vec![TEXT];
    match u8::try_from(payload.len()) {
        Ok(short) if short < 126 => frame.push(short),
        _ => {
            frame.push(126);
            let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
            frame.extend_from_slice(&length.to_be_bytes());
        }
    }
    frame.extend_from_slice(payload.as_bytes());
    frame
}

fn masked(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len().min(125)).unwrap_or(125);
    let mut frame = vec![kind, 0x80 | length, 0, 0, 0, 0];
    frame.extend_from_slice(&payload[..usize::from(length)]);
    frame
}

#[cfg(test)]
mod tests {
    use super::{Frame, first, from_server, pong, text};

    #[test]
    fn a_frame_is_taken_once_it_is_whole() {
        let mut bytes = from_server(&"x".repeat(256));
        for length in 0..bytes.len() {
            assert_eq!(first(&bytes[..length]).unwrap(), None);
        }
        bytes.push(0x81);
        assert_eq!(first(&bytes).unwrap(), Some((Frame::Text(&[b'x'; 256]), 260)));
    }

    #[test]
    fn long_lengths_are_read() {
        let mut bytes = vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0];
        bytes.extend_from_slice(&[b'y'; 65_536]);
        assert_eq!(first(&bytes).unwrap().map(|(_, taken)| taken), Some(65_546));
    }

    #[test]
    fn a_close_is_a_failure() {
        assert!(first(&[0x88, 0]).is_err());
    }

    #[test]
    fn client_frames_are_masked_with_zero() {
        assert_eq!(text("40"), [0x81, 0x82, 0, 0, 0, 0, b'4', b'0']);
        assert_eq!(pong(b"a"), [0x8a, 0x81, 0, 0, 0, 0, b'a']);
    }
}
