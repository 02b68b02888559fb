//! Who of those that have a model is asked, and in which order.
//!
//! Where there is a choice, the breakers make it: who fails at present, wants to be left alone, or
//! does not take its key is left out. Where that leaves nobody, all are asked as if there were no
//! breakers, since a provider's own answer says more than ours could.

use gateway::{Destinations, LeftOut, Refusal};

use crate::{
    breaker::Verdict,
    decide::{Choice, substitutes},
    refusals,
    table::{Provider, Table},
};

/// Where a request for `model` goes, of which `first` is the first choice.
pub(crate) fn destinations(
    table: &Table,
    model: Option<&str>,
    first: Choice<'_>,
) -> Result<Destinations, Refusal> {
    let others = substitutes(table, model, &first);
    if others.is_empty() {
        return only(first).map(Destinations::from);
    }
    let mut choices = vec![first];
    choices.extend(others);
    let (chosen, out): (Vec<_>, Vec<_>) = choices.iter().partition(|choice| is_in(choice.provider));
    let left_out = if chosen.is_empty() { Vec::new() } else { out.into_iter().map(why).collect() };
    let chosen: Vec<&Choice<'_>> =
        if chosen.is_empty() { choices.iter().collect() } else { chosen };
    if let Some(first) = chosen.first() {
        first.provider.breaker.begin();
    }
    let mut usable = chosen
        .into_iter()
        .filter_map(|choice| choice.provider.destination(choice.model.clone()).ok());
    match usable.next() {
        Some(first) => Ok(Destinations { first, others: usable.collect(), left_out }),
        None => only(choices[0].clone()).map(Destinations::from),
    }
}

fn only(choice: Choice<'_>) -> Result<gateway::Destination, Refusal> {
    let Choice { provider, model, .. } = choice;
    provider.destination(model).map_err(|error| refusals::unusable(provider, error))
}

fn is_in(provider: &Provider) -> bool {
    provider.upstream.is_ok() && provider.breaker.admits()
}

fn why(choice: &Choice<'_>) -> LeftOut {
    let reason = match choice.provider.breaker.verdict() {
        Verdict::Good => "cannot be used",
        Verdict::Failing | Verdict::Trying => "failed several times in a row",
        Verdict::Cooling => "has had too many requests",
        Verdict::Rejected => "does not take its API key",
    };
    let reason = format!("{} ({reason})", choice.provider.id);
    LeftOut { reason, wait: choice.provider.breaker.pause() }
}

#[cfg(test)]
mod tests {
    use super::destinations;
    use crate::{
        breaker::Event,
        decide::{Decision, decide},
        examples::Example,
        table::Table,
    };
    use std::time::Duration;

    fn names(table: &Table, model: &str) -> String {
        let Decision::Settled(first) = decide(table, Some(model)) else { panic!("nobody") };
        let found = destinations(table, Some(model), first).expect("somebody");
        let all = std::iter::once(&found.first).chain(&found.others);
        let names: Vec<&str> = all.map(|destination| destination.upstream.name()).collect();
        let left_out: Vec<&str> = found.left_out.iter().map(|one| one.reason.as_str()).collect();
        format!("{}; {}", names.join(", "), left_out.join(", "))
    }

    fn table() -> Table {
        Example::default()
            .provider("a", &["m", "x"])
            .provider("b", &["m"])
            .provider("c", &["m"])
            .table()
    }

    fn break_off(table: &Table, id: &str, events: &[Event]) {
        let provider = table.provider(id).expect("a provider");
        events.iter().for_each(|event| {
            provider.breaker.heard(*event);
        });
    }

    #[test]
    fn who_fails_is_left_out_while_others_have_it() {
        let table = table();
        assert_eq!(names(&table, "m"), "a, b, c; ");
        break_off(&table, "a", &[Event::Failed; 3]);
        assert_eq!(names(&table, "m"), "b, c; a (failed several times in a row)");
        break_off(&table, "c", &[Event::Busy(None)]);
        let left = "a (failed several times in a row), c (has had too many requests)";
        assert_eq!(names(&table, "m"), format!("b; {left}"));
        break_off(&table, "b", &[Event::Rejected]);
        assert_eq!(names(&table, "m"), "a, b, c; ", "then all of them");
    }

    #[test]
    fn who_is_left_out_says_for_how_long() {
        let table = table();
        break_off(&table, "a", &[Event::Busy(Some(Duration::from_secs(30)))]);
        break_off(&table, "b", &[Event::Rejected]);
        let Decision::Settled(first) = decide(&table, Some("m")) else { panic!("nobody") };
        let found = destinations(&table, Some("m"), first).expect("somebody");
        let waits: Vec<_> = found.left_out.iter().map(|one| one.wait).collect();
        let [Some(wait), None] = waits[..] else { panic!("{waits:?}") };
        assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
    }

    #[test]
    fn who_is_named_or_alone_is_asked_whatever_its_breaker_says() {
        let table = table();
        break_off(&table, "a", &[Event::Rejected]);
        assert_eq!(names(&table, "a/m"), "a; ");
        assert_eq!(names(&table, "x"), "a; ");
    }
}
