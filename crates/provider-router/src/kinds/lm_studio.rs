//! LM Studio tells more of its models at an address of its own: their kind, whether they are loaded,
//! the length of their context. What it says there is added to its list; without it the list stands
//! alone.

use gateway::{Destination, Forwarder, Refusal};
use serde_json::Value;

use super::{Description, beside, joined, name_context, usual};
use crate::listing;

/// Where it tells more.
const MORE: &str = "/api/v0";

pub(super) async fn list(
    forwarder: &Forwarder,
    destination: &Destination,
) -> Result<Vec<Description>, Refusal> {
    let place = beside(destination, MORE);
    let more = forwarder.ask(&place, "/models");
    let (models, more) = tokio::join!(usual(forwarder, destination), more);
    let more = more.ok().and_then(listing::models).unwrap_or_default();
    Ok(told(models?, more))
}

fn told(models: Vec<Description>, more: Vec<Description>) -> Vec<Description> {
    let mut models = joined(models, more);
    models.iter_mut().for_each(|model| name_context(model, context));
    models
}

fn context(model: &Description) -> Option<&Value> {
    model.get("loaded_context_length").or_else(|| model.get("max_context_length"))
}

#[cfg(test)]
mod tests {
    use super::told;
    use serde_json::{Value, json};

    fn list(value: Value) -> Vec<super::Description> {
        serde_json::from_value(value).expect("a list")
    }

    #[test]
    fn what_it_tells_elsewhere_is_added() {
        let models = list(json!([{"id": "a", "owned_by": "organization_owner"}, {"id": "b"}]));
        let more = list(json!([
            {"id": "a", "owned_by": "x", "type": "vlm", "state": "not-loaded", "max_context_length": 32768},
            {"id": "c", "type": "llm"},
        ]));
        let expected = list(json!([
            {"id": "a", "owned_by": "organization_owner", "type": "vlm", "state": "not-loaded",
                "max_context_length": 32768, "context_length": 32768},
            {"id": "b"},
        ]));
        assert_eq!(told(models, more), expected);
    }
}
