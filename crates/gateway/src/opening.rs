//! How an answer opens: with something of it, or with its end.

/// Lines of an event stream that begin like this are none of the answer.
const BESIDE: [&[u8]; 4] = [b":", b"event:", b"id:", b"retry:"];

/// Lines of an event stream that begin like this end it.
const ENDS: [&[u8]; 2] = [b"data: [DONE]", b"data:[DONE]"];

/// How much of a line has to be seen, in bytes.
const LONGEST: usize = ENDS[0].len();

/// What an answer has opened with, in whatever pieces it comes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// White space, comments and names so far, which some servers send while they load a model; and
    /// how the line begins that is not finished.
    Nothing(Vec<u8>),
    Data,
    /// The mark of a stream's end.
    End,
}

impl Default for Opening {
    fn default() -> Self {
        Self::Nothing(Vec::new())
    }
}

impl Opening {
    /// Takes in the next bytes.
    pub(crate) fn read(&mut self, data: &[u8]) {
        for byte in data {
            let Self::Nothing(line) = self else { return };
            let is_blank = line.is_empty() && matches!(byte, b' ' | b'\t');
            if matches!(byte, b'\r' | b'\n') {
                line.clear();
            } else if line.len() < LONGEST && !is_blank {
                line.push(*byte);
                if ENDS.contains(&line.as_slice()) {
                    *self = Self::End;
                } else if !may_be_neither(line) {
                    *self = Self::Data;
                }
            }
        }
    }
}

/// Whether a line that begins like this may be none of the answer, or its end.
fn may_be_neither(line: &[u8]) -> bool {
    BESIDE.iter().any(|word| line.starts_with(word) || word.starts_with(line))
        || ENDS.iter().any(|end| end.starts_with(line))
}

#[cfg(test)]
mod tests {
    use super::Opening;

    #[track_caller]
    fn opens(text: &str, expected: &Opening) {
        for size in 1..=text.len().max(1) {
            let mut opening = Opening::default();
            text.as_bytes().chunks(size).for_each(|piece| opening.read(piece));
            match (&opening, expected) {
                (Opening::Nothing(_), Opening::Nothing(_)) => {}
                _ => assert_eq!(&opening, expected, "{text:?} in pieces of {size}"),
            }
        }
    }

    #[test]
    fn with_data() {
        for text in [
            "{",
            " {",
            "data: 1",
            "data: [DOG]",
            "data:{\"a\":1}\n\n",
            "data: [1]",
            ": ping\n\ndata: 1",
            ": [DONE]\rdata: 1\r\rdata: [DONE]\r\r",
            "\r\nevent: x\r\nid: 7\r\ndata: 1",
            "evident",
            "\u{1f}\u{8b}",
        ] {
            opens(text, &Opening::Data);
        }
    }

    #[test]
    fn with_the_end() {
        for text in ["data: [DONE]\n\n", "data:[DONE]", ": ping\r\n\r\nevent: done\r\ndata: [DONE]"]
        {
            opens(text, &Opening::End);
        }
    }

    #[test]
    fn with_nothing_yet() {
        for text in [
            "",
            "\n",
            " \r\n\t",
            ": ping\n\n",
            ": OPENROUTER PROCESSING\r\n\r\n",
            ":data: [DONE]\n",
            "event: data: [DONE]\n",
            "data:",
            "data:\n\n",
            "data: [DON",
            "retry: 3000\nev",
        ] {
            opens(text, &Opening::default());
        }
    }
}
