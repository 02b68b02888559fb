//! What an upstream thinks of the key that a proxy sends.

use serde::{Deserialize, Serialize};

/// How a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It is accepted.
    Valid,
    /// It is not accepted, and not sent again.
    Rejected,
    /// It is accepted, but the account does not pay for requests.
    OutOfQuota,
}

/// What is thought of the key of Qwen's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyNote {
    /// When the credentials were written, in ms since the epoch: others may have taken their place.
    pub written_at: u64,
    /// How they stand.
    pub state: KeyState,
}
