//! The bytes of a body, out of what was read from the connection.

use bytes::{Buf, Bytes, BytesMut};

use super::{Malformed, framing::Framing};

/// How many bytes of a chunked body, in all, may be neither data nor needed to tell where it is:
/// extensions of chunks and trailers, which are read and left out.
const EXTRA_LIMIT: usize = 16 * 1024;

/// What is left of a body.
#[derive(Debug)]
pub(crate) struct Decoder {
    expects: Expects,
    /// How much of `EXTRA_LIMIT` was used.
    extra: usize,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expects {
    /// So many bytes of data, and then the end.
    Data(u64),
    /// Data up to the end of the connection.
    All,
    /// The size of a chunk, of which so many digits were read.
    Size {
        size: u64,
        digits: u8,
    },
    /// Blanks behind a size.
    Blank {
        size: u64,
    },
    /// What follows a size and is of no interest, up to the end of the line.
    Extension {
        size: u64,
    },
    /// The end of the line that begins a chunk.
    LineEnd {
        size: u64,
    },
    /// So many bytes of a chunk.
    Chunk(u64),
    /// The end of a chunk: a carriage return, and then a line feed.
    ChunkReturn,
    ChunkEnd,
    /// The first byte of a trailer, or of the last line.
    Trailer,
    /// The rest of a trailer's name, and its line with the end.
    TrailerName,
    TrailerLine,
    TrailerEnd,
    /// The end of it all.
    LastEnd,
    Nothing,
}

const NEW_CHUNK: Expects = Expects::Size { size: 0, digits: 0 };

impl Decoder {
    pub(crate) fn new(framing: Framing) -> Self {
        let expects = match framing {
            Framing::Length(0) => Expects::Nothing,
            Framing::Length(length) => Expects::Data(length),
            Framing::Chunked => NEW_CHUNK,
            Framing::Close => Expects::All,
        };
        Self { expects, extra: 0 }
    }

    /// Whether the body is whole.
    pub(crate) fn is_ended(&self) -> bool {
        self.expects == Expects::Nothing
    }

    /// How many bytes are left, where that is known.
    pub(crate) fn left(&self) -> Option<u64> {
        match self.expects {
            Expects::Data(left) => Some(left),
            Expects::Nothing => Some(0),
            _ => None,
        }
    }

    /// The next bytes of the body, as they came: never those of two chunks at once. None: more has
    /// to be read, or the body is whole.
    pub(crate) fn next(&mut self, read: &mut BytesMut) -> Result<Option<Bytes>, Malformed> {
        self.skip_framing(read)?;
        if read.is_empty() {
            return Ok(None);
        }
        let data = match &mut self.expects {
            Expects::All => read.split(),
            Expects::Data(left) | Expects::Chunk(left) => {
                let here = usize::try_from(*left).map_or(read.len(), |left| left.min(read.len()));
                *left -= here as u64;
                read.split_to(here)
            }
            _ => return Ok(None),
        };
        match self.expects {
            Expects::Data(0) => self.expects = Expects::Nothing,
            Expects::Chunk(0) => {
                self.expects = Expects::ChunkReturn;
                // If the end is here already, whoever passes the data on may know it. A fault is
                // found again by who asks for more.
                let _ = self.skip_framing(read);
            }
            _ => {}
        }
        Ok(Some(data.freeze()))
    }

    /// The connection has ended: whether the body is whole.
    pub(crate) fn end(&mut self) -> bool {
        if self.expects == Expects::All {
            self.expects = Expects::Nothing;
        }
        self.is_ended()
    }

    /// Reads what is not data.
    fn skip_framing(&mut self, read: &mut BytesMut) -> Result<(), Malformed> {
        while let (Some(&byte), false) = (read.first(), self.is_at_data()) {
            self.expects = self.after(byte)?;
            read.advance(1);
        }
        Ok(())
    }

    fn is_at_data(&self) -> bool {
        let data = |expects| matches!(expects, Expects::Data(_) | Expects::All | Expects::Chunk(_));
        data(self.expects) || self.is_ended()
    }

    fn after(&mut self, byte: u8) -> Result<Expects, Malformed> {
        match (self.expects, byte) {
            (Expects::Size { size, digits }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                with_digit(size, digits, byte)
            }
            (Expects::Size { digits: 0, .. }, _) => Err(Malformed::Chunk),
            (
                Expects::Size { size, .. } | Expects::Blank { size } | Expects::Extension { size },
                b'\r',
            ) => Ok(Expects::LineEnd { size }),
            (Expects::Size { size, .. } | Expects::Blank { size }, b' ' | b'\t') => {
                self.counted(Expects::Blank { size })
            }
            (Expects::Size { size, .. } | Expects::Blank { size }, b';') => {
                Ok(Expects::Extension { size })
            }
            (Expects::Extension { size }, other) if other != b'\n' => {
                self.counted(Expects::Extension { size })
            }
            (Expects::LineEnd { size: 0 }, b'\n') => Ok(Expects::Trailer),
            (Expects::LineEnd { size }, b'\n') => Ok(Expects::Chunk(size)),
            (Expects::ChunkReturn, b'\r') => Ok(Expects::ChunkEnd),
            (Expects::ChunkEnd, b'\n') => Ok(NEW_CHUNK),
            (Expects::Trailer, b'\r') => Ok(Expects::LastEnd),
            (Expects::TrailerLine, b'\r') => Ok(Expects::TrailerEnd),
            (Expects::TrailerEnd, b'\n') => Ok(Expects::Trailer),
            (Expects::TrailerName, b':') => self.counted(Expects::TrailerLine),
            (Expects::TrailerLine, letter) if is_in_value(letter) => {
                self.counted(Expects::TrailerLine)
            }
            (Expects::Trailer | Expects::TrailerName, letter) if is_token(letter) => {
                self.counted(Expects::TrailerName)
            }
            (Expects::LastEnd, b'\n') => Ok(Expects::Nothing),
            _ => Err(Malformed::Chunk),
        }
    }

    fn counted(&mut self, expects: Expects) -> Result<Expects, Malformed> {
        self.extra += 1;
        if self.extra > EXTRA_LIMIT { Err(Malformed::Chunk) } else { Ok(expects) }
    }
}

/// Whether names may have it (RFC 9110, 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether values may have it (RFC 9110, 5.5).
fn is_in_value(byte: u8) -> bool {
    byte == b'\t' || !byte.is_ascii_control()
}

/// The size with one more digit; sixteen are as many as a size can have.
fn with_digit(size: u64, digits: u8, digit: u8) -> Result<Expects, Malformed> {
    let value = char::from(digit).to_digit(16).ok_or(Malformed::Chunk)?;
    if digits == 16 {
        return Err(Malformed::Chunk);
    }
    Ok(Expects::Size { size: size << 4 | u64::from(value), digits: digits + 1 })
}

#[cfg(test)]
mod tests;
