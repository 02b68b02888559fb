//! Where an event stream may have something put into it.

/// Where in an event stream its last byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    InLine,
    BetweenLines,
    BetweenEvents,
}

impl Position {
    /// The position after `data`, of which only the line ends at its end matter.
    pub(crate) fn after(self, data: &[u8]) -> Self {
        let text = data.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n'));
        let (start, tail) = match text {
            Some(last) => (Self::InLine, &data[last + 1..]),
            None => (self, data),
        };
        tail.iter().fold(start, |position, byte| match (byte, position) {
            (b'\r', position) => position,
            (b'\n', Self::InLine) => Self::BetweenLines,
            (b'\n', Self::BetweenLines | Self::BetweenEvents) => Self::BetweenEvents,
            (_, _) => Self::InLine,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Position::{self, BetweenEvents, BetweenLines, InLine};

    #[track_caller]
    fn check(chunks: &[&str], expected: Position) {
        let reached = chunks.iter().fold(BetweenEvents, |at, chunk| at.after(chunk.as_bytes()));
        assert_eq!(reached, expected, "{chunks:?}");
    }

    #[test]
    fn a_blank_line_ends_an_event_wherever_the_chunks_are_split() {
        check(&[], BetweenEvents);
        check(&["data: 1\n\n"], BetweenEvents);
        check(&["data: 1\r\n\r\n"], BetweenEvents);
        check(&["data: 1", "\n", "\n"], BetweenEvents);
        check(&["data: 1\r", "\n\r", "\n", ""], BetweenEvents);
        check(&["data: 1\n"], BetweenLines);
        check(&["data: 1", "\n"], BetweenLines);
        check(&["data: 1"], InLine);
        check(&["data: 1\n\nx"], InLine);
        check(&["data: 1\n\n\r\r\r\r"], BetweenEvents);
        check(&["data: 1\n\r\r\r\r"], BetweenLines);
    }
}
