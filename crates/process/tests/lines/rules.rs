//! What holds for lines, whatever the output and however it comes. The fuzzer holds them to it, too.

use process::Lines;

/// All lines of an output that comes in these chunks. What is seen of an unfinished line on the way is how the line that
/// comes of it begins, and no longer than a line may be.
pub(crate) fn lines_of<'a>(max: usize, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let mut lines = Lines::new(max);
    let mut found = Vec::new();
    let mut seen = String::new();
    for chunk in chunks {
        let before = found.len();
        lines.push(chunk, |line| found.push(line));
        if let Some(line) = found.get(before) {
            assert_begins(line, &seen);
            seen.clear();
        }
        let partial = lines.partial().unwrap_or_default().into_owned();
        assert_begins(&partial, &seen);
        // One byte that is no UTF-8 becomes a character of three.
        assert!(partial.len() <= 3 * max, "{} bytes are kept", partial.len());
        seen = partial;
    }
    found.extend(lines.finish());
    found
}

/// An unfinished line may have a `\r` at its end that turns out to belong to its line end.
#[track_caller]
fn assert_begins(line: &str, beginning: &str) {
    let beginning = beginning.strip_suffix('\r').unwrap_or(beginning);
    assert!(line.starts_with(beginning), "{line:?} was {beginning:?} before");
}

/// The output in pieces of these sizes, and the rest.
pub(crate) fn cut(bytes: &[u8], sizes: impl IntoIterator<Item = usize>) -> Vec<&[u8]> {
    let mut rest = bytes;
    let mut chunks = Vec::new();
    for size in sizes {
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        chunks.push(chunk);
        rest = after;
    }
    chunks.push(rest);
    chunks
}

/// The lines of an output, none of which is too long, as everybody would say.
pub(crate) fn plain(bytes: &[u8]) -> Vec<String> {
    let text =
        bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut lines: Vec<String> =
        text.map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    // Behind the last line end there is no further line.
    if bytes.is_empty() || bytes.ends_with(b"\n") {
        lines.pop();
    }
    lines
}

/// Pieces of lines are short enough and lose nothing.
#[track_caller]
pub(crate) fn assert_whole(max: usize, bytes: &[u8], pieces: &[String]) {
    let all = plain(bytes).concat();
    match std::str::from_utf8(bytes) {
        Ok(_) => {
            assert!(pieces.iter().all(|piece| piece.len() <= max), "{pieces:?}");
            // A `\r` may have been the last byte of a piece, and then it stood before no line end.
            let without_returns = |text: &str| text.replace('\r', "");
            assert_eq!(without_returns(&pieces.concat()), without_returns(&all));
        }
        Err(_) => assert!(pieces.iter().all(|piece| piece.chars().count() <= max), "{pieces:?}"),
    }
}
