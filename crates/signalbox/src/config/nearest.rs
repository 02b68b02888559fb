//! What somebody may have meant.

/// How alike two names must be, from 0 to 1, before one is offered for the other. Below two thirds suggestions are
/// more puzzling than helpful: `port` for `sort` is fine, `cwd` for `env` is not.
const ALIKE: f64 = 0.66;

/// The known name that is most like `given`, if one is like it at all.
pub(crate) fn nearest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = given.to_lowercase();
    let rated = known.into_iter().map(|name| (likeness(&lower, &name.to_lowercase()), name));
    let best = rated.max_by(|(left, _), (right, _)| left.total_cmp(right))?;
    (best.0 >= ALIKE).then_some(best.1)
}

/// Typing errors count by how many there are; a name that is only shortened or lengthened is like the whole.
fn likeness(given: &str, known: &str) -> f64 {
    let edits = strsim::normalized_damerau_levenshtein(given, known);
    edits.max(strsim::jaro_winkler(given, known) - 0.15)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[track_caller]
    fn check(given: &str, expected: Option<&str>) {
        let known = ["command", "cwd", "env", "env_file", "port", "providerRouter", "qwenProxy"];
        assert_eq!(nearest(given, known), expected, "{given}");
    }

    #[test]
    fn a_slip_leads_to_the_name_that_was_meant() {
        check("prot", Some("port"));
        check("comand", Some("command"));
        check("providerrouter", Some("providerRouter"));
        check("provider", Some("providerRouter"));
        check("qwen", Some("qwenProxy"));
        check("env-file", Some("env_file"));
    }

    #[test]
    fn something_else_altogether_leads_nowhere() {
        check("colour", None);
        check("", None);
    }
}
