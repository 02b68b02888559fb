//! Where an event stream may have something put into it. Lines end with LF, CRLF or CR.

/// Where in an event stream its last byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    InLine,
    /// Behind a CR that ended a line; a LF belongs to it.
    AfterReturn,
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
            (b'\r', Self::InLine) => Self::AfterReturn,
            (b'\n', Self::InLine | Self::AfterReturn) => Self::BetweenLines,
            // The LF of a CR that ended an event adds nothing to what is put between them.
            (b'\r' | b'\n', _) => Self::BetweenEvents,
            (_, _) => Self::InLine,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Position::{self, AfterReturn, BetweenEvents, BetweenLines, InLine};

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
        check(&["data: 1\r"], AfterReturn);
        check(&["data: 1\r\n"], BetweenLines);
        check(&["data: 1\r", "\r"], BetweenEvents);
        check(&["data: 1\r\n\r", "\n"], BetweenEvents);
        check(&["data: 1\r\rx"], InLine);
    }
}
