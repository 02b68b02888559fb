//! What tests of the proxies share: a fake upstream that does what a test tells it, applications, a server under test,
//! and a caller.

mod applications;
mod caller;
mod running;
mod upstream;

// Each of those who include this uses some of it.
pub(crate) use applications::*;
pub(crate) use caller::*;
pub(crate) use running::*;
pub(crate) use upstream::*;

use serde_json::Value;
use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};
use tokio::time::timeout;

/// No test waits longer than this for anything.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Waits for `future`, but not for ever.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("{what}: not in time"))
}

/// Checks OpenAI's envelope and returns its message.
#[track_caller]
pub(crate) fn expect_error(body: &Value, kind: &str, code: &str) -> String {
    let error = body["error"].as_object().unwrap_or_else(|| panic!("no envelope: {body}"));
    assert_eq!(error["type"], kind, "{body}");
    assert_eq!(error["code"], code, "{body}");
    assert!(error.contains_key("param"), "{body}");
    error["message"].as_str().expect("a message").to_owned()
}
