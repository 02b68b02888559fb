//! Reading lines as they come.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{Line, MalformedLine};

/// How much is read at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// The longest line that is taken, in bytes. Its writer bounds every text in it.
const LONGEST_LINE: usize = 64 * 1024;

/// Reads the lines of one connection.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    /// What was read, without the lines that were given.
    buffer: Vec<u8>,
    /// Whether the line that begins the buffer is the rest of one that was too long.
    skipping: bool,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// Reads from this.
    pub fn new(source: R) -> Self {
        Self { source, buffer: Vec::new(), skipping: false }
    }

    /// Appends the next lines there are, in their order, and says whether there may be more. A line
    /// that the end cuts off is none.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn read(&mut self, lines: &mut Vec<Result<Line, MalformedLine>>) -> io::Result<bool> {
        self.buffer.reserve(CHUNK);
        let count = self.source.read_buf(&mut self.buffer).await?;
        let end = self.buffer.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        for line in self.buffer[..end].split_inclusive(|byte| *byte == b'\n') {
            if !std::mem::take(&mut self.skipping) {
                lines.push(Line::parse(line));
            }
        }
        self.buffer.drain(..end);
        if self.buffer.len() > LONGEST_LINE {
            if !self.skipping {
                lines.push(Line::parse(&self.buffer));
            }
            self.skipping = true;
            self.buffer.clear();
        }
        Ok(count > 0)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// What is read of a text that comes in pieces of at most so many bytes.
    async fn lines(text: &[u8], piece: usize) -> Vec<Option<Line>> {
        let (near, mut far) = tokio::io::duplex(piece);
        let writing = async move { far.write_all(text).await.unwrap() };
        let reading = async {
            let (mut reader, mut lines) = (Reader::new(near), Vec::new());
            while reader.read(&mut lines).await.unwrap() {}
            lines
        };
        let (lines, ()) = tokio::join!(reading, writing);
        lines.into_iter().map(Result::ok).collect()
    }

    fn dropped(counts: &[u64]) -> Vec<Option<Line>> {
        counts.iter().map(|count| (*count > 0).then_some(Line::Dropped(*count))).collect()
    }

    #[tokio::test]
    async fn lines_come_whole_whatever_they_are_split_into() {
        let text = b"{\"dropped\":1}\n{\"dropped\":2}\nx\n{\"dropped\":3}\n{\"drop";
        for piece in [1, 3, 1_000] {
            assert_eq!(lines(text, piece).await, dropped(&[1, 2, 0, 3]), "{piece}");
        }
    }

    #[tokio::test]
    async fn one_that_has_no_end_is_refused_once_and_passed_over() {
        let mut text = vec![b'x'; 5 * LONGEST_LINE];
        text.extend_from_slice(b"x\n{\"dropped\":1}\n");
        assert_eq!(lines(&text, 1_000).await, dropped(&[0, 1]));
    }
}
