//! Counting tokens.

use serde_json::{Value, json};
use translate::count_tokens;

use crate::support::object;

#[track_caller]
fn check(request: &Value, expected: u64) {
    let counted = count_tokens(object(request)).expect("a count");
    assert_eq!(counted, json!({"input_tokens": expected}), "{request}");
}

#[test]
fn an_estimate() {
    check(&json!({"model": "m", "messages": [{"role": "user", "content": "12345678"}]}), 6);
    check(
        &json!({"model": "m", "system": "1234", "messages": [{"role": "user", "content": "12345678"}]}),
        11,
    );
    let fault = count_tokens(object(&json!({"model": "m"}))).expect_err("a fault");
    assert_eq!(fault.to_string(), "messages: is missing");
}
