//! Whose a model is: from the table and a name to a provider.
//!
//! In this order, and among enabled providers alone:
//! - `provider/model` with a provider's id is that provider's, whatever else has such a name;
//! - a model in the catalog, by its id, else by its name, is its provider's;
//! - what a provider is known to have is that provider's: the one with the highest priority, among
//!   equals the active one, else the oldest;
//! - all else is the active provider's.
//!
//! What belongs to a disabled provider is refused. It goes to nobody else: whoever asks for a model
//! of this machine does not mean to send the question to a server far away.
//!
//! Where the setting `fallback` allows it, those who have the same model come after the first
//! choice ([`substitutes`]): by the catalog, then by what they list, by priority; or those of
//! `fallback_order` alone, in that order. Whoever names a provider means it: `provider/model` has
//! substitutes only where `fallback_order` names some.

use store::Model;

use crate::table::{Provider, Table};

/// A provider, and the name to put in place of the one that was asked for.
#[derive(Clone)]
pub(crate) struct Choice<'t> {
    pub(crate) provider: &'t Provider,
    pub(crate) model: Option<String>,
    /// Whether the request names the provider.
    pub(crate) is_named: bool,
}

pub(crate) enum Decision<'t> {
    /// It is this provider's.
    Settled(Choice<'t>),
    /// Nobody is known to have it; the active provider may.
    Guess(Choice<'t>),
    /// Nobody is known to have it, and there is no active provider to ask.
    Unknown,
    /// It is this provider's, which is disabled.
    Disabled(&'t Provider),
}

/// Decides about a request for `model`. None: it names none, so the active one is meant.
pub(crate) fn decide<'t>(table: &'t Table, model: Option<&str>) -> Decision<'t> {
    if let Some(model) = model {
        return named(table, model);
    }
    let Some(model) = table.contents.settings.active_model() else {
        return active(table).map_or(Decision::Unknown, Decision::Settled);
    };
    let filled = |choice: Choice<'t>| Choice {
        model: Some(choice.model.unwrap_or_else(|| model.to_owned())),
        ..choice
    };
    match named(table, model) {
        Decision::Settled(choice) => Decision::Settled(filled(choice)),
        Decision::Guess(choice) => Decision::Guess(filled(choice)),
        other => other,
    }
}

fn named<'t>(table: &'t Table, model: &str) -> Decision<'t> {
    let settled = prefixed(table, model)
        .or_else(|| stored(table, model))
        .or_else(|| listed(table, model))
        .map(Decision::Settled);
    settled
        .or_else(|| disabled(table, model).map(Decision::Disabled))
        .or_else(|| active(table).map(Decision::Guess))
        .unwrap_or(Decision::Unknown)
}

fn prefixed<'t>(table: &'t Table, model: &str) -> Option<Choice<'t>> {
    let (provider, rest) = prefix(table, model).filter(|(provider, _)| provider.is_enabled)?;
    // A provider may have models of its own with its own name before them (`openrouter/auto`).
    let is_whole = provider.has(model) && !provider.has(rest);
    let model = (!is_whole).then(|| rest.to_owned());
    Some(Choice { provider, model, is_named: true })
}

/// The provider in `provider/model`, and the rest. The ids of many models have slashes of their
/// own (`org/model`), so only a provider's id counts.
fn prefix<'t, 'm>(table: &'t Table, model: &'m str) -> Option<(&'t Provider, &'m str)> {
    let (id, rest) = model.split_once('/').filter(|(_, rest)| !rest.is_empty())?;
    Some((table.provider(id)?, rest))
}

fn stored<'t>(table: &'t Table, model: &str) -> Option<Choice<'t>> {
    let mut enabled = owned(table, model).filter(|(_, provider)| provider.is_enabled);
    enabled.next().map(|(stored, provider)| by_catalog(stored, provider, model))
}

fn by_catalog<'t>(stored: &Model, provider: &'t Provider, model: &str) -> Choice<'t> {
    let is_other = stored.upstream_model != model;
    let model = is_other.then(|| stored.upstream_model.clone());
    Choice { provider, model, is_named: false }
}

/// The models in the catalog that are called so, each with its provider, ids before names.
fn owned<'t>(table: &'t Table, model: &str) -> impl Iterator<Item = (&'t Model, &'t Provider)> {
    let models = &table.contents.models;
    let by_id = models.iter().filter(move |stored| stored.id == model);
    let by_name = models.iter().filter(move |stored| stored.name == model);
    by_id.chain(by_name).filter_map(|stored| Some((stored, table.provider(&stored.provider_id)?)))
}

fn listed<'t>(table: &'t Table, model: &str) -> Option<Choice<'t>> {
    let have = || table.enabled().filter(|provider| provider.has(model));
    let highest = have().next()?;
    let active = table.contents.settings.active_provider();
    let preferred = have()
        .take_while(|provider| provider.priority == highest.priority)
        .find(|provider| Some(provider.id.as_str()) == active);
    Some(Choice { provider: preferred.unwrap_or(highest), model: None, is_named: false })
}

/// Who else has what `first` was chosen for, best first. `model`: as the request names it.
pub(crate) fn substitutes<'t>(
    table: &'t Table,
    model: Option<&str>,
    first: &Choice<'t>,
) -> Vec<Choice<'t>> {
    let settings = &table.contents.settings;
    let is_alone = table.enabled().all(|provider| provider.id == first.provider.id);
    if is_alone || !settings.fallback() {
        return Vec::new();
    }
    let Some(name) = model.or_else(|| settings.active_model()) else { return Vec::new() };
    let name =
        if first.is_named { name.split_once('/').map_or(name, |(_, rest)| rest) } else { name };
    let is_as_asked = model == Some(name);
    let others = || others(table, name, is_as_asked, first.provider);
    match settings.fallback_order() {
        None if first.is_named => Vec::new(),
        None => others(),
        Some(order) => {
            let order: Vec<&str> = order.collect();
            let place = |other: &Choice<'_>| order.iter().position(|id| *id == other.provider.id);
            let mut others = others();
            others.retain(|other| place(other).is_some());
            others.sort_by_key(place);
            others
        }
    }
}

/// The others who have a model of this name; `is_as_asked`: the request names it like this.
fn others<'t>(
    table: &'t Table,
    name: &str,
    is_as_asked: bool,
    first: &Provider,
) -> Vec<Choice<'t>> {
    let renamed = |to: &str| (!is_as_asked || to != name).then(|| to.to_owned());
    let stored = owned(table, name)
        .filter(|(_, provider)| provider.is_enabled)
        .map(|(stored, provider)| (provider, renamed(&stored.upstream_model)));
    let listed = table.enabled().filter(|provider| provider.has(name));
    let listed = listed.map(|provider| (provider, renamed(name)));
    let mut others: Vec<Choice<'t>> = Vec::new();
    for (provider, model) in stored.chain(listed) {
        let is_new = others.iter().all(|other| other.provider.id != provider.id);
        if is_new && provider.id != first.id {
            others.push(Choice { provider, model, is_named: false });
        }
    }
    others
}

fn disabled<'t>(table: &'t Table, model: &str) -> Option<&'t Provider> {
    let provider = prefix(table, model).map(|(provider, _)| provider);
    provider.or_else(|| owned(table, model).next().map(|(_, provider)| provider))
}

fn active(table: &Table) -> Option<Choice<'_>> {
    let provider = table.active().filter(|provider| provider.is_enabled)?;
    Some(Choice { provider, model: None, is_named: false })
}

#[cfg(test)]
mod tests {
    use super::{Decision, decide, substitutes};
    use crate::{examples::Example, table::Table};

    /// Such as `a`, `a as m` (renamed), `a?` (a guess), `a is disabled`, `unknown`.
    fn told(table: &Table, model: Option<&str>) -> String {
        let (choice, mark) = match decide(table, model) {
            Decision::Settled(choice) => (choice, ""),
            Decision::Guess(choice) => (choice, "?"),
            Decision::Unknown => return "unknown".to_owned(),
            Decision::Disabled(provider) => return format!("{} is disabled", provider.id),
        };
        let renamed = choice.model.map_or_else(String::new, |model| format!(" as {model}"));
        format!("{}{mark}{renamed}", choice.provider.id)
    }

    #[track_caller]
    fn check(example: &Example, model: &str, expected: &str) {
        assert_eq!(told(&example.table(), Some(model)), expected, "{model}");
    }

    #[test]
    fn a_provider_may_be_named() {
        let example = Example::default()
            .provider("a", &["m", "org/m"])
            .provider("openrouter", &["openrouter/auto", "qwen/qwen3", "x", "openrouter/x"])
            .provider("off", &["n"])
            .disabled("off")
            .active("a");
        check(&example, "a/m", "a as m");
        check(&example, "a/org/m", "a as org/m");
        check(&example, "a/never-heard-of", "a as never-heard-of");
        check(&example, "org/m", "a");
        check(&example, "openrouter/auto", "openrouter");
        check(&example, "openrouter/openrouter/auto", "openrouter as openrouter/auto");
        check(&example, "openrouter/x", "openrouter as x");
        check(&example, "qwen/qwen3", "openrouter");
        check(&example, "off/n", "off is disabled");
        check(&example, "n", "a?");
        check(&example, "a/", "a?");
        check(&example, "nobody/m", "a?");
    }

    #[test]
    fn the_catalogs_models_come_before_what_providers_list() {
        let example = Example::default()
            .provider("a", &["fast", "m"])
            .provider("b", &[])
            .provider("off", &[])
            .disabled("off")
            .model("fast", "My fast one", "b", "b-small")
            .model("same", "Same", "b", "same")
            .model("gone", "Gone", "off", "g")
            .active("a");
        check(&example, "fast", "b as b-small");
        check(&example, "My fast one", "b as b-small");
        check(&example, "same", "b");
        check(&example, "gone", "off is disabled");
        check(&example, "m", "a");
    }

    #[test]
    fn among_those_who_have_it_priority_counts_and_then_who_is_active() {
        let example = Example::default().provider("a", &["m"]).provider("b", &["m", "n"]);
        check(&example, "m", "a");
        check(&example.clone().active("b"), "m", "b");
        check(&example.clone().active("b").priority("a", 1), "m", "a");
        check(&example.clone().active("a").disabled("a"), "m", "b");
        check(&example, "n", "b");
    }

    #[test]
    fn the_active_provider_gets_what_nobody_is_known_to_have() {
        let example = Example::default().provider("a", &["m"]).provider("b", &[]);
        check(&example, "x", "unknown");
        check(&example.clone().active("b"), "x", "b?");
        check(&example.clone().active("b").disabled("b"), "x", "unknown");
        check(&example.clone().active("deleted"), "x", "unknown");
    }

    #[test]
    fn a_request_without_a_model_means_the_active_one() {
        let example = Example::default().provider("a", &["m"]).provider("b", &["n"]).active("a");
        assert_eq!(told(&example.table(), None), "a");
        assert_eq!(told(&example.clone().active_model("n").table(), None), "b as n");
        assert_eq!(told(&example.clone().active_model("b/n").table(), None), "b as n");
        assert_eq!(told(&example.clone().active_model("x").table(), None), "a? as x");
        assert_eq!(told(&Example::default().provider("a", &["m"]).table(), None), "unknown");
    }

    /// Such as `a, b as m`: who answers, one after the other.
    #[track_caller]
    fn order(example: &Example, model: Option<&str>, expected: &str) {
        let table = example.table();
        let Decision::Settled(first) = decide(&table, model) else { panic!("nobody: {model:?}") };
        let others = substitutes(&table, model, &first);
        let name = |choice: &super::Choice<'_>| {
            let renamed = choice.model.as_ref().map_or_else(String::new, |to| format!(" as {to}"));
            format!("{}{renamed}", choice.provider.id)
        };
        let names: Vec<String> = std::iter::once(&first).chain(&others).map(name).collect();
        assert_eq!(names.join(", "), expected, "{model:?}");
    }

    fn three() -> Example {
        let example = Example::default().provider("a", &["m"]).provider("b", &["m", "n"]);
        example.provider("c", &["m", "x"])
    }

    #[test]
    fn who_has_the_same_model_comes_next_by_priority() {
        order(&three(), Some("m"), "a, b, c");
        order(&three().priority("c", 2).priority("b", 1), Some("m"), "c, b, a");
        order(&three().active("b"), Some("m"), "b, a, c");
        order(&three().disabled("b"), Some("m"), "a, c");
        order(&three(), Some("n"), "b");
        order(&three(), Some("a/m"), "a as m");
        order(&three().fallback(false), Some("m"), "a");
        order(&three().active_model("m"), None, "a as m, b as m, c as m");
    }

    #[test]
    fn models_of_the_catalog_with_one_name_stand_in_for_each_other() {
        let example = three().model("m", "M", "c", "big").model("other", "m", "b", "small");
        order(&example, Some("m"), "c as big, b as small, a");
        order(&example, Some("M"), "c as big");
    }

    #[test]
    fn an_order_that_was_set_counts_alone_also_for_who_is_named() {
        let example = three().fallback_order(&["c", "nobody", "b"]);
        order(&example, Some("m"), "a, c, b");
        order(&example, Some("a/m"), "a as m, c as m, b as m");
        order(&example, Some("c/x"), "c as x");
        order(&three().fallback_order(&[]), Some("m"), "a");
    }

    #[test]
    fn ollama_takes_a_model_without_its_tag() {
        let example = Example::default().provider("a", &[]).active("a");
        let example = example.ollama("ollama", &["llama3.2:latest", "qwen3:8b"]);
        check(&example, "llama3.2", "ollama");
        check(&example, "qwen3:8b", "ollama");
        check(&example, "qwen3", "a?");
    }
}
