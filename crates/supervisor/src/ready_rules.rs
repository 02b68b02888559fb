//! What holds for a pattern and an output, however it comes. The fuzzer holds the search to it, too.

use process::Lines;
use regex::Regex;

use super::ready_line::ReadyLine;

/// How long a line of these outputs may be: none is cut.
const LONGEST: usize = 1 << 20;

/// A pattern is found once, and only in what a line begins with; what is in a whole line is not missed.
pub(crate) fn assert_search(pattern: &Regex, output: &[u8], chunks: &[&[u8]]) {
    let (found, whole, rest) = search(pattern, chunks);
    assert_eq!(whole.len(), output.iter().filter(|byte| **byte == b'\n').count());
    match found {
        Some(found) => {
            assert!(pattern.is_match(&found), "{pattern} is not in {found:?}");
            // A return at the end of what has come may turn out to belong to a line end.
            let begins = found.strip_suffix('\r').unwrap_or(&found);
            let mut lines = whole.iter().chain(&rest);
            assert!(lines.any(|line| line.starts_with(begins)), "no line begins with {found:?}");
        }
        None => {
            let missed = whole.iter().find(|line| pattern.is_match(line));
            assert_eq!(missed, None, "{pattern} was missed in {chunks:?}");
        }
    }
}

/// What is found, all whole lines, and what is behind them.
fn search(pattern: &Regex, chunks: &[&[u8]]) -> (Option<String>, Vec<String>, Option<String>) {
    let mut ready = ReadyLine::new(Some(pattern.clone()));
    let (mut lines, mut whole) = (Lines::new(LONGEST), Vec::new());
    let found =
        chunks.iter().filter_map(|chunk| ready.take(&mut lines, chunk, |line| whole.push(line)));
    let mut found: Vec<String> = found.collect();
    assert!(found.len() <= 1, "{found:?}");
    (found.pop(), whole, lines.finish())
}
