//! What is fed to whatever reads bytes from outside, and what must hold then.
//!
//! Each function is one target: it takes bytes, and panics if something is not as it must be. What must hold are rules that
//! stand beside the crates' own tests, which hold to them as well; these, and what is private in its crate, are compiled in
//! here from their files, so that nothing has to be public for this alone. `docs/fuzzing.md` says what each target holds to,
//! and what it has found.

#![forbid(unsafe_code)]
#![expect(dead_code, unused_imports, reason = "not all of what is compiled in is fed")]

mod caller;
mod clients;
mod configuration;
mod output;
mod pieces;
mod providers;
mod readiness;
mod sockets;
mod world;

pub use caller::request;
pub use clients::client;
pub use configuration::config;
pub use output::lines;
pub use providers::{http1, upstream};
pub use readiness::ready;
pub use sockets::{frames, socketio};

// What of the crates is fed, and what must hold of it, under the names that they know each other by.

#[path = "../../crates/signalbox/src/client"]
mod client_side {
    mod events;
    mod packet;
    pub(crate) mod rules;
}
#[path = "../../crates/server/src/connection"]
mod connection {
    pub(crate) mod frame_rules;
    mod frames;
}
#[path = "../../crates/gateway/src"]
mod gateway_side {
    pub(crate) mod scan;
}
#[path = "../../crates/gateway/src/http1"]
mod http1 {
    mod decoder;
    mod framing;
    mod head;
    mod malformed;
    pub(crate) mod rules;

    use malformed::Malformed;
}
#[path = "../../crates/process/tests/lines/rules.rs"]
mod line_rules;
#[path = "../../crates/qwen-proxy/src"]
mod qwen {
    mod assemble;
    pub(crate) mod rules;
}
#[path = "../../crates/supervisor/src"]
mod supervision {
    mod ready_line;
    pub(crate) mod ready_rules;
}

#[path = "../../crates/signalbox/src/config/mod.rs"]
mod config;
#[path = "../../crates/gateway/src/dialect.rs"]
mod dialect;
#[path = "../../crates/gateway/src/document.rs"]
mod document;
#[path = "../../crates/signalbox/src/config/dotenv.rs"]
mod dotenv;
#[path = "../../crates/signalbox/src/environment.rs"]
mod environment;
#[path = "../../crates/gateway/src/findings.rs"]
mod findings;
#[path = "../../crates/gateway/src/rules.rs"]
mod gateway_rules;
#[path = "../../crates/gateway/src/half_event.rs"]
mod half_event;
#[path = "../../crates/gateway/src/half_json.rs"]
mod half_json;
#[path = "../../crates/gateway/src/position.rs"]
mod position;
#[path = "../../crates/translate/tests/it/support.rs"]
mod support;
#[path = "../../crates/translate/tests/it/rules.rs"]
mod translate_rules;
#[path = "../../crates/signalbox/src/visible.rs"]
mod visible;

use gateway::Refusal;
use gateway_side::scan;
