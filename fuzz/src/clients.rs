//! What the client commands read: server-sent events, Socket.IO, and texts that go to a terminal.

use crate::client_side::rules::{assert_events, assert_frame, assert_harmless};
use crate::pieces::pieces;

/// The same bytes as all three.
pub fn client(data: &[u8]) {
    let Some((bytes, chunks)) = pieces(data) else { return };
    assert_events(bytes, &chunks);
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert_frame(text);
        assert_harmless(text);
    }
}
