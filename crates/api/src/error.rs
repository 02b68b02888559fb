//! The one envelope of every error.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `{"success": false, "error": {…}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "success": false,
    "error": {
        "message": "There is no process `x`; there are: qwenProxy, providerRouter", "type": "not_found_error",
        "code": "unknown_process"
    }
}))]
pub struct ErrorBody {
    /// Always false.
    pub success: bool,
    /// What went wrong.
    pub error: ApiError,
}

/// What went wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiError {
    /// For people: what is wrong and what to do.
    pub message: String,
    /// The class of error, such as `invalid_request_error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A stable word for programs, such as `unknown_process`.
    pub code: String,
    /// The field that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
}
