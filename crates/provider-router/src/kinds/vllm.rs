//! vLLM says with each model how long its context may be.

use serde_json::Value;

use super::Description;

pub(super) fn context(model: &Description) -> Option<&Value> {
    model.get("max_model_len")
}
