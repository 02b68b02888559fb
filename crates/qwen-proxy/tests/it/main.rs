//! The Qwen proxy over the wire, in front of an upstream that does as a test says.

#![cfg(test)]

mod credentials;
mod limits;
#[path = "../../../gateway/tests/it/log.rs"]
#[expect(dead_code, reason = "the gateway's own tests use all of it")]
mod log;
mod pass;
mod records;
#[path = "../../../gateway/tests/it/support/mod.rs"]
#[expect(dead_code, reason = "the gateway's own tests use all of it")]
mod support;
mod thinking;

use qwen_proxy::{Options, Secret, run};
use support::{FakeUpstream, Running};

const CHAT: &str = "/v1/chat/completions";

async fn proxy(upstream: &FakeUpstream, api_key: Option<&str>) -> Running {
    let base_url = Some(upstream.base_url());
    let options =
        Options { port: 0, base_url, api_key: api_key.map(Secret::new), ..Options::default() };
    Running::start(|shutdown, on_listening| run(options, shutdown, on_listening, |_| {})).await
}
