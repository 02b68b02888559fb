//! What a provider answers.

use crate::gateway_rules::{assert_ended, assert_members, assert_same};
use crate::http1::rules::assert_understood;
use crate::pieces::pieces;
use crate::qwen::rules::assert_assembled;
use crate::translate_rules::{PROTOCOLS, assert_told};

/// The bytes of an answer in HTTP/1.1, from its first one.
pub fn http1(data: &[u8]) {
    if let Some((bytes, chunks)) = pieces(data) {
        assert_understood(bytes, &chunks);
    }
}

/// The bytes of an answer's body, for all that read such.
pub fn upstream(data: &[u8]) {
    let Some((bytes, chunks)) = pieces(data) else { return };
    assert_same(bytes, &chunks);
    assert_ended(bytes, &chunks);
    assert_members(bytes);
    assert_assembled(bytes, &chunks);
    for protocol in PROTOCOLS {
        assert_told(protocol, bytes, &chunks);
    }
}
