//! What goes over the socket, a line each.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Entry, KeyNote};

/// Who tells of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The id of the process.
    pub process: String,
    /// Which start of it.
    pub generation: u64,
    /// Its process id in the system.
    pub pid: u32,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.process, self.generation)
    }
}

/// A request, with the number by which its source tells it from others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Unique within a connection's source.
    pub key: u64,
    /// All that is known of it.
    pub entry: Entry,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// Who speaks: the first line of a connection.
    Hello(Source),
    /// A request as it is now; with an outcome, for the last time.
    Row(Row),
    /// What the upstream thinks of the proxy's key.
    Key(KeyNote),
    /// So many notes of requests were lost, because nobody read them in time.
    Dropped(u64),
}

/// A line is none of those.
#[derive(Debug, Error)]
#[error("not a line of the request log: {0}")]
pub struct MalformedLine(#[from] serde_json::Error);

impl Line {
    /// Reads one line, without its end.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(line: &[u8]) -> Result<Self, MalformedLine> {
        Ok(serde_json::from_slice(line)?)
    }

    /// Appends it, with its end.
    pub(crate) fn write_to(&self, buffer: &mut Vec<u8>) {
        let begin = buffer.len();
        // There is nothing in a line that JSON could not say.
        if serde_json::to_writer(&mut *buffer, self).is_ok() {
            buffer.push(b'\n');
        } else {
            buffer.truncate(begin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyState, Outcome};

    #[track_caller]
    fn round_trip(line: &Line, written: &str) {
        let mut buffer = Vec::new();
        line.write_to(&mut buffer);
        assert_eq!(String::from_utf8(buffer).unwrap(), format!("{written}\n"));
        assert_eq!(&Line::parse(written.as_bytes()).unwrap(), line);
    }

    #[test]
    fn lines_are_what_is_documented() {
        let source = Source { process: "providerRouter".to_owned(), generation: 3, pid: 42 };
        assert_eq!(source.to_string(), "providerRouter/3");
        round_trip(
            &Line::Hello(source),
            r#"{"hello":{"process":"providerRouter","generation":3,"pid":42}}"#,
        );
        round_trip(&Line::Dropped(7), r#"{"dropped":7}"#);
        round_trip(
            &Line::Key(KeyNote { written_at: 9, state: KeyState::OutOfQuota }),
            r#"{"key":{"writtenAt":9,"state":"out_of_quota"}}"#,
        );
        let entry = Entry {
            time: 1_767_225_600_000,
            path: "/v1/chat/completions".into(),
            model: Some("two\nlines".into()),
            status: Some(200),
            outcome: Some(Outcome::ClientGone),
            stream: true,
            first_token_ms: Some(12.5),
            ..Entry::default()
        };
        round_trip(
            &Line::Row(Row { key: 1, entry }),
            r#"{"row":{"key":1,"entry":{"time":1767225600000,"path":"/v1/chat/completions","model":"two\nlines","status":200,"outcome":"client_gone","stream":true,"firstTokenMs":12.5}}}"#,
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in ["", "{}", "null", "x", r#"{"row":{"key":1}}"#, r#"{"other":1}"#, "\u{0}"] {
            assert!(Line::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
