//! Ollama lists `llama3.2:latest` and takes `llama3.2` for it. Its list in OpenAI's shape says
//! nothing but names; what it is made of, it tells at an address of its own, which is also all that
//! its first versions have.

use gateway::{Destination, Forwarder, Refusal};
use serde_json::{Map, Value};

use super::{Description, beside, joined, usual};

/// Where it tells more.
const MORE: &str = "/api";

/// What of that is about the model rather than about its file.
const TOLD: [&str; 3] = ["details", "capabilities", "size"];

pub(super) async fn list(
    forwarder: &Forwarder,
    destination: &Destination,
) -> Result<Vec<Description>, Refusal> {
    let place = beside(destination, MORE);
    let (models, tags) =
        tokio::join!(usual(forwarder, destination), forwarder.ask(&place, "/tags"));
    match (models, tags.ok().and_then(tagged)) {
        (Ok(models), tags) => Ok(joined(models, tags.unwrap_or_default())),
        (Err(_), Some(tags)) => Ok(tags),
        (Err(refusal), None) => Err(refusal),
    }
}

/// `llama3.2` for `llama3.2:latest`.
pub(super) fn without_tag(id: &str) -> Option<&str> {
    id.strip_suffix(":latest")
}

/// What `{"models":[{"name"},…]}` tells.
fn tagged(document: Value) -> Option<Vec<Description>> {
    let Value::Object(mut fields) = document else { return None };
    let Value::Array(models) = fields.remove("models")? else { return None };
    models.into_iter().map(described).collect()
}

fn described(model: Value) -> Option<Description> {
    let Value::Object(mut fields) = model else { return None };
    let Value::String(name) = fields.remove("name")? else { return None };
    let told = TOLD.into_iter().filter_map(|key| Some((key.to_owned(), fields.remove(key)?)));
    let mut described = Map::from_iter([("id".to_owned(), Value::from(name))]);
    described.extend(told);
    Some(described)
}

#[cfg(test)]
mod tests {
    use super::{joined, tagged, without_tag};
    use serde_json::json;

    #[test]
    fn the_latest_needs_no_tag() {
        assert_eq!(without_tag("llama3.2:latest"), Some("llama3.2"));
        assert_eq!(without_tag("qwen3:8b"), None);
    }

    #[test]
    fn what_it_tells_elsewhere_is_added() {
        let tags = tagged(json!({"models": [
            {"name": "a:1b", "model": "a:1b", "digest": "d", "size": 7, "details": {"family": "gemma"}},
        ]}));
        let models =
            serde_json::from_value(json!([{"id": "a:1b", "owned_by": "library"}, {"id": "b"}]));
        let expected = json!([
            {"id": "a:1b", "owned_by": "library", "details": {"family": "gemma"}, "size": 7}, {"id": "b"},
        ]);
        let joined = joined(models.expect("a list"), tags.expect("tags"));
        assert_eq!(serde_json::to_value(joined).expect("JSON"), expected);
        for other in [json!([]), json!({}), json!({"models": [{}]}), json!({"models": [1]})] {
            assert_eq!(tagged(other.clone()), None, "{other}");
        }
    }
}
