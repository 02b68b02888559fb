//! The data of an event stream's events, from its bytes in whatever pieces they come.

/// Takes an event stream apart. Comments and fields other than `data` say nothing here.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// A line whose end has not come yet.
    line: Vec<u8>,
    /// The lines of data of an event whose end has not come yet.
    data: Vec<u8>,
    has_data: bool,
}

impl Events {
    /// Takes more bytes, and gives each event that is whole now to `each`.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut each: impl FnMut(&[u8])) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.line.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.line);
            self.take_line(line.strip_suffix(b"\r").unwrap_or(&line), &mut each);
        }
        self.line.extend_from_slice(bytes);
    }

    fn take_line(&mut self, line: &[u8], each: &mut impl FnMut(&[u8])) {
        if line.is_empty() {
            if std::mem::take(&mut self.has_data) {
                each(&std::mem::take(&mut self.data));
            }
            return;
        }
        let Some(data) = line.strip_prefix(b"data:") else { return };
        if std::mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
    }
}

#[cfg(test)]
mod tests {
    use super::Events;

    #[track_caller]
    fn check(stream: &str, expected: &[&str]) {
        for size in [1, 2, 3, 7, stream.len().max(1)] {
            let (mut events, mut found) = (Events::default(), Vec::new());
            for piece in stream.as_bytes().chunks(size) {
                events.feed(piece, |data| found.push(String::from_utf8_lossy(data).into_owned()));
            }
            assert_eq!(found, expected, "{stream:?} in pieces of {size}");
        }
    }

    #[test]
    fn events_are_found_however_they_are_cut() {
        check("", &[]);
        check("data: {\"a\":1}\n\ndata:[DONE]\n\n", &["{\"a\":1}", "[DONE]"]);
        check("data: 1\r\n\r\ndata: 2\r\n\r\n", &["1", "2"]);
        check(": ping\n\nid: 7\nevent: x\nretry: 1\ndata: 1\n\n\n\n", &["1"]);
        check("data: {\ndata: }\n\n", &["{\n}"]);
        check("data:  spaced\n\ndata: half", &[" spaced"]);
        check("data: ü\n\n", &["ü"]);
    }
}
