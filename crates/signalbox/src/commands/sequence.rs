//! In which sequence processes that were named together are ordered, as their `after` says.

use super::verb::Verb;

/// A process that was named, and what its configuration has in `after`.
#[derive(Debug)]
pub(super) struct Named<'p> {
    pub(super) id: &'p str,
    pub(super) after: Vec<String>,
}

/// The orders one by one, each with the index of its process. Each counts once it is given: a start waits for those of its
/// `after` that start by then, an end for those that end by then and come after it.
pub(super) fn orders(verb: Verb, named: &[Named<'_>]) -> Vec<(Verb, usize)> {
    let up = start_sequence(named);
    let down = || up.iter().rev().map(|index| (Verb::Stop, *index));
    match verb {
        Verb::Start => up.iter().map(|index| (Verb::Start, *index)).collect(),
        Verb::Stop => down().collect(),
        // One order each is the better one: it cannot be interrupted half way.
        Verb::Restart if !are_related(named) => {
            up.iter().map(|index| (Verb::Restart, *index)).collect()
        }
        Verb::Restart => down().chain(up.iter().map(|index| (Verb::Start, *index))).collect(),
    }
}

fn are_related(named: &[Named<'_>]) -> bool {
    named.iter().any(|one| named.iter().any(|other| one.comes_after(other)))
}

/// Indexes, none before one that it comes after, and else as they were given.
fn start_sequence(named: &[Named<'_>]) -> Vec<usize> {
    let mut left: Vec<usize> = (0..named.len()).collect();
    let mut sequence = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let is_free =
            |index: &usize| !left.iter().any(|other| named[*index].comes_after(&named[*other]));
        // One is free always: a server takes no configuration that goes in a circle.
        let next = left.iter().position(is_free).unwrap_or_default();
        sequence.push(left.remove(next));
    }
    sequence
}

impl Named<'_> {
    fn comes_after(&self, other: &Self) -> bool {
        self.after.iter().any(|id| id == other.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each process is written `id` or `id<what,it,comes,after`; the orders as `+` for start, `-` for stop and `~` for
    /// restart.
    #[track_caller]
    fn check(verb: Verb, named: &[&'static str], expected: &str) {
        let named: Vec<_> = named
            .iter()
            .map(|text| {
                let (id, after) = text.split_once('<').unwrap_or((text, ""));
                Named { id, after: after.split(',').map(str::to_owned).collect() }
            })
            .collect();
        let sign = |verb| match verb {
            Verb::Start => '+',
            Verb::Stop => '-',
            Verb::Restart => '~',
        };
        let orders = orders(verb, &named);
        let orders =
            orders.iter().map(|(verb, index)| format!("{}{}", sign(*verb), named[*index].id));
        assert_eq!(orders.collect::<Vec<_>>().join(" "), expected);
    }

    #[test]
    fn what_comes_after_is_started_later_and_stopped_earlier() {
        check(Verb::Start, &["b<a", "a"], "+a +b");
        check(Verb::Stop, &["a", "b<a"], "-b -a");
        check(Verb::Restart, &["b<a", "a"], "-b -a +a +b");
        check(Verb::Start, &["d<b,c", "c<a", "b<a", "a"], "+a +c +b +d");
    }

    #[test]
    fn what_was_not_named_does_not_count() {
        check(Verb::Start, &["b<x", "a<y"], "+b +a");
        check(Verb::Restart, &["b<x", "a"], "~b ~a");
    }
}
