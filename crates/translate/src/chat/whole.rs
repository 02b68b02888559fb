//! Whether a text is one whole JSON object, told while it comes in pieces.

/// How far a JSON object has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Whole {
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// It has been opened and closed again.
    is_whole: bool,
}

impl Whole {
    /// Takes the next piece.
    pub(crate) fn feed(&mut self, piece: &str) {
        for byte in piece.bytes() {
            self.step(byte);
        }
    }

    /// Whether every brace that was opened is closed.
    pub(crate) fn is_whole(self) -> bool {
        self.is_whole
    }

    fn step(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_text => self.escaped = true,
            b'"' => self.in_text = !self.in_text,
            _ if self.in_text => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.is_whole = self.depth == 0;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Whole;

    #[track_caller]
    fn check(pieces: &[&str], expected: bool) {
        let mut whole = Whole::default();
        pieces.iter().for_each(|piece| whole.feed(piece));
        assert_eq!(whole.is_whole(), expected, "{pieces:?}");
    }

    #[test]
    fn an_object_is_whole_once_its_first_brace_is_closed() {
        check(&[], false);
        check(&["{}"], true);
        check(&["{\"a\"", ":{\"b\":[1,{}]}", "}"], true);
        check(&["{\"a\":{\"b\":1}"], false);
        check(&["{\"a\":\"}"], false);
        check(&["{\"a\":\"\\", "\"}\"}"], true);
        check(&["{\"a\":\"\\\\\"}"], true);
    }
}
