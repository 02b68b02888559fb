//! What a caller asks of the proxies.

use crate::gateway_rules::assert_passed_on;
use crate::translate_rules::assert_asked;

/// A request's body.
pub fn request(data: &[u8]) {
    assert_passed_on(data);
    assert_asked(data);
}
