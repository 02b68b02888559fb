//! Documents with a good status that are no answer: an error, or nothing.

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use crate::{Upstream, findings::Findings, upstream_error};

/// What such a document is.
#[derive(Debug, PartialEq)]
pub(crate) enum Disguised {
    /// The upstream's own error, in an envelope, with the status that it should have had.
    Error(StatusCode, Value),
    /// It has no answer in it: this.
    Empty(&'static str),
}

/// What is found in this document from `path`.
///
/// # Errors
/// If it is no answer. In a response of OpenAI's an error has a place of its own, and so may what is
/// nested there.
pub(crate) fn answer(
    path: &str,
    document: &Bytes,
    upstream: &Upstream,
) -> Result<Findings, Disguised> {
    let mut findings = Findings::of_document();
    findings.read(document);
    if !matches!(path, "/chat/completions" | "/completions" | "/embeddings" | "/responses") {
        return Ok(findings);
    }
    if !document.trim_ascii_start().starts_with(b"{") {
        return Err(Disguised::Empty("a list in place of an answer"));
    }
    if path == "/responses" || findings.has_choice() {
        return Ok(findings);
    }
    if findings.failure().is_some() {
        let said = upstream.without_key(document);
        if let Some(envelope) = upstream_error::envelope(&said, upstream.name()) {
            return Err(Disguised::Error(upstream_error::status(&envelope), envelope));
        }
    }
    // Who counts what it wrote has written something.
    let is_written = findings.tokens().completion.is_some_and(|count| count > 0);
    if findings.lacks_choice() && !is_written {
        return Err(Disguised::Empty("an answer without a choice"));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::{Disguised, answer};
    use crate::Upstream;
    use bytes::Bytes;
    use http::StatusCode;

    fn found(path: &str, document: &'static str) -> Option<Disguised> {
        let upstream = Upstream::try_new("up", "http://h/v1", None).expect("a base URL");
        answer(path, &Bytes::from_static(document.as_bytes()), &upstream).err()
    }

    #[track_caller]
    fn error(document: &'static str, status: u16, message: &str) {
        for path in ["/chat/completions", "/completions", "/embeddings"] {
            let Some(Disguised::Error(told, envelope)) = found(path, document) else {
                panic!("{document} is no error")
            };
            assert_eq!(told, StatusCode::from_u16(status).expect("a status"), "{document}");
            assert_eq!(envelope["error"]["message"], message, "{document}");
        }
    }

    #[test]
    fn errors_in_all_their_shapes() {
        error(r#"{"error":{"message":"no","code":429}}"#, 429, "no");
        error(r#"{"error":{"message":"no","code":"server_error"},"choices":[]}"#, 502, "no");
        error(r#"{"object":"error","message":"no","type":"x","code":400}"#, 400, "no");
        error(r#"{"error":{"message":"no","code":200}}"#, 502, "no");
    }

    #[test]
    fn nothing_is_no_answer() {
        for (path, document) in [
            ("/chat/completions", "[]"),
            ("/responses", " [{}]"),
            ("/embeddings", "[1]"),
            ("/chat/completions", r#"{"choices":[]}"#),
            ("/completions", r#"{"choices":[],"usage":{"completion_tokens":0}}"#),
        ] {
            assert!(matches!(found(path, document), Some(Disguised::Empty(_))), "{document}");
        }
    }

    #[test]
    fn all_else_is_one() {
        for (path, document) in [
            ("/chat/completions", "{}"),
            ("/chat/completions", r#"{"choices":[{}],"error":{"message":"no"}}"#),
            ("/chat/completions", r#"{"choices":[],"usage":{"completion_tokens":1}}"#),
            ("/chat/completions", r#"{"error":null,"x":1}"#),
            ("/responses", r#"{"status":"failed","error":{"message":"no"}}"#),
            ("/embeddings", r#"{"data":[]}"#),
            ("/models", "[]"),
        ] {
            assert_eq!(found(path, document), None, "{document}");
        }
    }
}
