//! A process's output, which becomes lines.

use crate::line_rules::{assert_whole, lines_of, plain};
use crate::pieces::pieces;

/// The first byte is how long a line may be.
pub fn lines(data: &[u8]) {
    let Some((max, data)) = data.split_first() else { return };
    let Some((bytes, chunks)) = pieces(data) else { return };
    let max = usize::from(*max).max(4);
    let whole = lines_of(max, [bytes]);
    assert_eq!(lines_of(max, chunks.iter().copied()), whole, "in {chunks:?}");
    assert_whole(max, bytes, &whole);
    assert_eq!(lines_of(bytes.len().max(4), chunks), plain(bytes));
}
