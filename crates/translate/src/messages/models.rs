//! The models there are, as Anthropic lists them.

use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

use super::page::Page;
use crate::fault::Fault;

/// The last second that has a date of four digits, in seconds since the epoch.
const LAST_S: u64 = 253_402_300_799;

/// A page of OpenAI's list of models, or one of them, as Anthropic would tell it. Why a provider has told
/// of none stands beside the list, as in OpenAI's.
pub(crate) fn told(document: &Value, page: &Page) -> Result<Value, Fault> {
    let Some(models) = document["data"].as_array() else { return Ok(model(document)) };
    let (models, has_more) = page.of(models)?;
    let data: Vec<Value> = models.iter().map(model).collect();
    let id = |model: Option<&Value>| model.map_or(Value::Null, |model| model["id"].clone());
    let (first_id, last_id) = (id(data.first()), id(data.last()));
    let mut list =
        json!({ "data": data, "has_more": has_more, "first_id": first_id, "last_id": last_id });
    if let Some(errors) = document.get("errors") {
        list["errors"] = errors.clone();
    }
    Ok(list)
}

/// A release that nobody dates is Anthropic's, too, at the epoch.
fn model(model: &Value) -> Value {
    let created_s = model["created"].as_u64().filter(|created_s| *created_s <= LAST_S);
    let created = UNIX_EPOCH + Duration::from_secs(created_s.unwrap_or_default());
    let name = ["name", "display_name", "id"].iter().find_map(|member| model[*member].as_str());
    json!({
        "type": "model",
        "id": model["id"],
        "display_name": name,
        "created_at": humantime::format_rfc3339_seconds(created).to_string(),
        "lifecycle": "active",
    })
}

#[cfg(test)]
mod tests {
    use super::Page;
    use serde_json::{Value, json};

    fn told(document: &Value) -> Value {
        super::told(document, &Page::default()).expect("a page")
    }

    fn model(id: &str, name: &str, created_at: &str) -> Value {
        json!({"type": "model", "id": id, "display_name": name, "created_at": created_at,
            "lifecycle": "active"})
    }

    #[test]
    fn a_list_and_one_of_it() {
        let dated = json!({"id": "a/m", "object": "model", "created": 1_700_000_000, "name": "M"});
        let undated = json!({"id": "b/n", "object": "model", "created": u64::MAX});
        let (m, n) = (
            model("a/m", "M", "2023-11-14T22:13:20Z"),
            model("b/n", "b/n", "1970-01-01T00:00:00Z"),
        );
        assert_eq!(told(&dated), m);
        assert_eq!(
            told(&json!({"object": "list", "data": [dated, undated], "errors": {"c": "no"}})),
            json!({"data": [m, n], "has_more": false, "first_id": "a/m", "last_id": "b/n",
                "errors": {"c": "no"}})
        );
        assert_eq!(
            told(&json!({"data": []})),
            json!({"data": [], "has_more": false, "first_id": null, "last_id": null})
        );
    }
}
