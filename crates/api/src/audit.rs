//! What the auditor found.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What came of comparing what is announced with what `/proc` shows.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "verifiedAt": 1767225600000_u64, "age": 0.4, "checks": 120, "violations": 0, "last": []
}))]
pub struct Audit {
    /// When it was looked last, in ms since the epoch; null where nobody could look yet.
    pub verified_at: Option<u64>,
    /// How long ago that was, in seconds.
    pub age: Option<f64>,
    /// How many announced states were compared with what is so.
    pub checks: u64,
    /// How many of them were not so for longer than can be explained.
    pub violations: u64,
    /// The last of these, oldest first, at most 20.
    pub last: Vec<AuditViolation>,
}

/// Something that was announced and not so.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AuditViolation {
    /// The process.
    pub process: String,
    /// The `seq` of the event that announced it.
    pub seq: u64,
    /// What was announced.
    #[schema(value_type = crate::schema::State)]
    pub state: String,
    /// What was so instead.
    pub what: String,
}
