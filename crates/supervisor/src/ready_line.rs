//! Looks in a process's output for the line that makes it ready.
//!
//! An unfinished line counts as far as it has come: a prompt never ends in a line end. So what a pattern finds depends on
//! how the output is cut where it fits the beginning of a line and not the whole.

use process::Lines;
use regex::Regex;

/// A pattern, until it was found.
#[derive(Clone, Debug)]
pub(crate) struct ReadyLine(Option<Regex>);

impl ReadyLine {
    /// Looks for `pattern`; without one, for nothing.
    pub(crate) const fn new(pattern: Option<Regex>) -> Self {
        Self(pattern)
    }

    /// Takes the next bytes of one of the process's pipes into its `lines`, and hands each line that they complete to
    /// `each`. Returns the line in which the pattern was found, whole or as far as it has come; that happens once.
    pub(crate) fn take(
        &mut self,
        lines: &mut Lines,
        bytes: &[u8],
        mut each: impl FnMut(String),
    ) -> Option<String> {
        let mut found = None;
        lines.push(bytes, |line| {
            if self.find(&line) {
                found = Some(line.clone());
            }
            each(line);
        });
        if self.0.is_some()
            && let Some(unfinished) = lines.partial()
            && self.find(&unfinished)
        {
            found = Some(unfinished.into_owned());
        }
        found
    }

    fn find(&mut self, line: &str) -> bool {
        let is_found = self.0.as_ref().is_some_and(|pattern| pattern.is_match(line));
        if is_found {
            self.0 = None;
        }
        is_found
    }
}

#[cfg(test)]
mod tests {
    use process::Lines;
    use proptest::prelude::*;
    use regex::Regex;

    use super::ReadyLine;
    use crate::ready_rules::assert_search;

    /// What is found in each of these chunks.
    #[track_caller]
    fn check(pattern: &str, chunks: &[&str], expected: &[Option<&str>]) {
        let mut ready = ReadyLine::new(Some(Regex::new(pattern).unwrap()));
        let (mut lines, mut logged) = (Lines::new(100), String::new());
        let found: Vec<Option<String>> = chunks
            .iter()
            .map(|chunk| ready.take(&mut lines, chunk.as_bytes(), |line| logged.push_str(&line)))
            .collect();
        let found: Vec<Option<&str>> = found.iter().map(Option::as_deref).collect();
        assert_eq!(found, expected, "{pattern:?} in {chunks:?}");
        logged.extend(lines.finish());
        assert_eq!(logged, chunks.concat().replace('\n', ""), "all is logged");
    }

    #[test]
    fn it_is_found_once_in_a_whole_line_or_in_an_unfinished_one() {
        check("on :80", &["is on", " :80\nis on :80\n"], &[None, Some("is on :80")]);
        check("^> $", &["hello\n> "], &[Some("> ")]);
        check("^on$", &["on\non\n", "on"], &[Some("on"), None]);
        check("^on$", &["on", "line\n"], &[Some("on"), None]);
        check("^on$", &["online\n"], &[None]);
    }

    proptest! {
        #[test]
        fn whatever_comes_a_pattern_is_found_where_it_is(
            pattern in "\\^?(on|o|n|é|\\.|x\\*|\\r)(:|\\$)?",
            output in "[onéx:\r\n]{0,30}",
            size in 1usize..7,
        ) {
            let chunks: Vec<&[u8]> = output.as_bytes().chunks(size).collect();
            assert_search(&Regex::new(&pattern).unwrap(), output.as_bytes(), &chunks);
        }
    }
}
