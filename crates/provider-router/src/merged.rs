//! The models of all providers as one list.
//!
//! A model stands under the id by which a request gets it: its own, where that leads to it, and
//! `provider/model` where it does not, or where several providers have a model of that id. An entry
//! is as the provider describes it, but for `id` and `owned_by`, which names the provider. Models of
//! a provider that fails stay, with `available` false; why it fails stands beside the list.

use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use store::Model;

use crate::{
    decide::{Decision, decide},
    listing,
    table::{Provider, Table},
};

/// How many ids are named where a model is not found.
const NAMED: usize = 30;

/// One model.
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) document: Value,
}

/// All models, those of the catalog first.
pub(crate) fn merged(table: &Table) -> Vec<Entry> {
    let mut entries: Vec<Entry> = stored(table).collect();
    entries.extend(listed(table));
    let mut seen = HashSet::new();
    entries.retain(|entry| seen.insert(entry.id.clone()));
    entries
}

/// The list as `GET /v1/models` shows it.
pub(crate) fn list(table: &Table) -> Value {
    let data: Vec<Value> = merged(table).into_iter().map(|entry| entry.document).collect();
    let mut list = json!({ "object": "list", "data": data });
    let errors: Map<String, Value> = table.enabled().filter_map(error).collect();
    if !errors.is_empty() {
        list["errors"] = Value::Object(errors);
    }
    list
}

fn error(provider: &Provider) -> Option<(String, Value)> {
    let error = match &provider.upstream {
        Ok(_) => provider.listing.get().error.clone(),
        Err(error) => Some(error.clone()),
    };
    Some((provider.id.clone(), Value::from(error?)))
}

/// The model that a request for `id` gets, if it is known; also one that is in the list under
/// another name.
pub(crate) fn find(table: &Table, id: &str) -> Option<Value> {
    if let Some(entry) = merged(table).into_iter().find(|entry| entry.id == id) {
        return Some(entry.document);
    }
    let Decision::Settled(choice) = decide(table, Some(id)) else { return None };
    let upstream_model = choice.model.as_deref().unwrap_or(id);
    let is_known = choice.provider.has(upstream_model);
    is_known
        .then(|| entry(id, choice.provider, described(choice.provider, upstream_model)).document)
}

/// The ids there are, for people.
pub(crate) fn ids(entries: &[Entry]) -> String {
    let named: Vec<&str> = entries.iter().take(NAMED).map(|entry| entry.id.as_str()).collect();
    match entries.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn stored(table: &Table) -> impl Iterator<Item = Entry> {
    table.contents.models.iter().filter_map(|model| {
        let leads_there = match decide(table, Some(&model.id)) {
            Decision::Settled(choice) => choice.provider.id == model.provider_id,
            Decision::Guess(_) | Decision::Unknown | Decision::Disabled(_) => false,
        };
        leads_there.then(|| stored_entry(table, model)).flatten()
    })
}

fn stored_entry(table: &Table, model: &Model) -> Option<Entry> {
    let provider = table.provider(&model.provider_id)?;
    let mut described = described(provider, &model.upstream_model);
    described.insert("created".to_owned(), Value::from(model.created_at_ms / 1_000));
    Some(entry(&model.id, provider, described))
}

fn listed(table: &Table) -> impl Iterator<Item = Entry> {
    let mut entries = Vec::new();
    let mut owners: HashMap<String, usize> = HashMap::new();
    for provider in table.enabled() {
        let ids: HashSet<_> = provider.listing.get().models.iter().filter_map(owned_id).collect();
        ids.into_iter().for_each(|id| *owners.entry(id).or_default() += 1);
    }
    for provider in table.enabled() {
        for model in &provider.listing.get().models {
            let Some(id) = listing::id(model) else { continue };
            let leads_there = leads_to(table, id, provider);
            if leads_there {
                entries.push(entry(id, provider, model.clone()));
            }
            if !leads_there || owners.get(id).is_some_and(|owners| *owners > 1) {
                entries.push(entry(&format!("{}/{id}", provider.id), provider, model.clone()));
            }
        }
    }
    entries.into_iter()
}

fn owned_id(model: &Map<String, Value>) -> Option<String> {
    listing::id(model).map(str::to_owned)
}

/// Whether a request for `id` gets this very model of `provider`.
fn leads_to(table: &Table, id: &str, provider: &Provider) -> bool {
    match decide(table, Some(id)) {
        Decision::Settled(choice) => {
            choice.provider.id == provider.id && choice.model.is_none_or(|model| model == id)
        }
        Decision::Guess(_) | Decision::Unknown | Decision::Disabled(_) => false,
    }
}

fn described(provider: &Provider, model: &str) -> Map<String, Value> {
    let listed = provider.listing.get();
    let found = listed.models.iter().find(|listed| listing::id(listed) == Some(model));
    found.cloned().unwrap_or_default()
}

fn entry(id: &str, provider: &Provider, described: Map<String, Value>) -> Entry {
    let mut document = Map::from_iter([
        ("id".to_owned(), Value::from(id)),
        ("object".to_owned(), Value::from("model")),
        ("created".to_owned(), Value::from(0)),
        ("owned_by".to_owned(), Value::Null),
    ]);
    document.extend(described);
    document.insert("id".to_owned(), Value::from(id));
    document.insert("owned_by".to_owned(), Value::from(provider.id.as_str()));
    if provider.listing.get().error.is_some() {
        document.insert("available".to_owned(), Value::from(false));
    }
    Entry { id: id.to_owned(), document: Value::Object(document) }
}

#[cfg(test)]
mod tests {
    use super::{find, ids, list, merged};
    use crate::examples::Example;
    use serde_json::json;

    #[track_caller]
    fn check(example: &Example, expected: &[&str]) {
        let entries = merged(&example.table());
        let found: Vec<_> = entries.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_model_stands_under_the_id_that_leads_to_it() {
        let example = Example::default().provider("a", &["m", "n"]).provider("b", &["m", "a/x"]);
        check(&example, &["m", "a/m", "n", "b/m", "b/a/x"]);
        check(&example.clone().active("b"), &["a/m", "n", "m", "b/m", "b/a/x"]);
        check(&example.clone().disabled("a"), &["m", "a/x"]);
        let example = example.model("n", "N", "b", "m").model("mine", "Mine", "a", "n");
        check(&example, &["n", "mine", "m", "a/m", "a/n", "b/m", "b/a/x"]);
    }

    #[test]
    fn an_entry_is_as_the_provider_describes_it() {
        let example =
            Example::default().provider("a", &["m"]).model("mine", "Mine", "a", "elsewhere");
        let expected = json!({"object": "list", "data": [
            {"id": "mine", "object": "model", "created": 7, "owned_by": "a"},
            {"id": "m", "object": "model", "created": 0, "owned_by": "a"},
        ]});
        assert_eq!(list(&example.table()), expected);
    }

    #[test]
    fn what_a_request_would_get_is_found_under_every_name() {
        let table = Example::default()
            .provider("a", &["m"])
            .ollama("ollama", &["llama3.2:latest"])
            .model("mine", "My own", "a", "m")
            .active("a")
            .table();
        for (id, provider) in
            [("m", "a"), ("a/m", "a"), ("My own", "a"), ("llama3.2", "ollama"), ("mine", "a")]
        {
            let found = find(&table, id).expect(id);
            assert_eq!((&found["id"], &found["owned_by"]), (&json!(id), &json!(provider)));
        }
        assert_eq!(find(&table, "a/x"), None);
        assert_eq!(find(&table, "x"), None);
    }

    #[test]
    fn not_all_ids_are_named() {
        let many: Vec<String> = (0..40).map(|n| format!("m{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let named = ids(&merged(&Example::default().provider("a", &many).table()));
        assert!(named.starts_with("m0, m1, ") && named.ends_with(" and 10 more"), "{named}");
    }
}
