//! Where the body of an answer ends, and whether its connection can be used again.

use http::{HeaderMap, Method, StatusCode, Version, header};

use super::{Malformed, head::Head};

/// How the end of a body is told (RFC 9112, 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// After the last chunk.
    Chunked,
    /// By the end of the connection.
    Close,
}

/// The framing of an answer to a request of this method.
pub(crate) fn framing(method: &Method, head: &Head) -> Result<Framing, Malformed> {
    let has_no_body = matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if has_no_body || method == Method::HEAD {
        return Ok(Framing::Length(0));
    }
    if head.headers.contains_key(header::TRANSFER_ENCODING) {
        // The last coding decides; one that is not `chunked` ends with the connection.
        let last = words(&head.headers, header::TRANSFER_ENCODING).last();
        let is_chunked = last.is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        return match head.version {
            Version::HTTP_10 => Err(Malformed::Length),
            _ if is_chunked => Ok(Framing::Chunked),
            _ => Ok(Framing::Close),
        };
    }
    let mut lengths = words(&head.headers, header::CONTENT_LENGTH).map(length);
    let Some(first) = lengths.next() else { return Ok(Framing::Close) };
    let first = first.ok_or(Malformed::Length)?;
    // Said several times it must be the same each time.
    if lengths.any(|other| other != Some(first)) {
        return Err(Malformed::Length);
    }
    Ok(Framing::Length(first))
}

/// Whether the upstream lets the connection stay open. Who says the length in two ways is not
/// believed about what comes after it.
pub(crate) fn stays_open(head: &Head) -> bool {
    let headers = &head.headers;
    let says =
        |wish: &str| words(headers, header::CONNECTION).any(|it| it.eq_ignore_ascii_case(wish));
    let is_doubtful = headers.contains_key(header::TRANSFER_ENCODING)
        && headers.contains_key(header::CONTENT_LENGTH);
    let is_kept =
        if head.version == Version::HTTP_10 { says("keep-alive") } else { !says("close") };
    is_kept && !is_doubtful
}

/// The elements of a list that a header, or several of the name, has. One that is no text counts as
/// an empty one.
fn words(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    values.flat_map(|value| value.to_str().unwrap_or_default().split(',')).map(str::trim)
}

/// Digits and nothing else: Rust's own reading takes a sign, too.
fn length(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{Framing, framing, stays_open};
    use crate::http1::head::{Head, take_head};
    use bytes::BytesMut;
    use http::Method;

    fn head(start: &str, fields: &[&str]) -> Head {
        let text = format!(
            "{start}\r\n{}\r\n",
            fields.iter().map(|field| format!("{field}\r\n")).collect::<String>()
        );
        take_head(&mut BytesMut::from(text.as_str())).expect("well-formed").expect("whole")
    }

    fn ok(fields: &[&str]) -> Head {
        head("HTTP/1.1 200 OK", fields)
    }

    #[track_caller]
    fn check(head: &Head, expected: Framing) {
        assert_eq!(framing(&Method::POST, head).expect("a framing"), expected);
    }

    #[test]
    fn each_way_to_tell_the_end_is_known() {
        check(&ok(&["content-length: 7"]), Framing::Length(7));
        check(&ok(&["content-length: 7", "content-length: 7, 7"]), Framing::Length(7));
        check(&ok(&["transfer-encoding: chunked"]), Framing::Chunked);
        check(&ok(&["transfer-encoding: gzip, Chunked"]), Framing::Chunked);
        check(&ok(&["transfer-encoding: gzip", "transfer-encoding: chunked"]), Framing::Chunked);
        check(&ok(&["transfer-encoding: chunked, gzip"]), Framing::Close);
        check(&ok(&["transfer-encoding: chunked", "content-length: 7"]), Framing::Chunked);
        check(&ok(&[]), Framing::Close);
        check(&head("HTTP/1.1 204 No Content", &["content-length: 7"]), Framing::Length(0));
        check(&head("HTTP/1.1 304 Not Modified", &[]), Framing::Length(0));
        let asked_for_head = framing(&Method::HEAD, &ok(&["content-length: 7"]));
        assert_eq!(asked_for_head.expect("a framing"), Framing::Length(0));
    }

    #[test]
    fn a_length_that_is_none_is_refused() {
        for field in ["", "x", "-1", "+1", "1 1", "1,2", "1,", "18446744073709551616"] {
            let head = ok(&[&format!("content-length: {field}")]);
            assert!(framing(&Method::POST, &head).is_err(), "{field:?}");
        }
        let old = head("HTTP/1.0 200 OK", &["transfer-encoding: chunked"]);
        assert!(framing(&Method::POST, &old).is_err());
    }

    #[test]
    fn a_connection_stays_open_if_both_sides_say_so() {
        assert!(stays_open(&ok(&["content-length: 1"])));
        assert!(stays_open(&ok(&["connection: keep-alive"])));
        assert!(!stays_open(&ok(&["connection: x, Close"])));
        assert!(!stays_open(&ok(&["transfer-encoding: chunked", "content-length: 7"])));
        assert!(!stays_open(&head("HTTP/1.0 200 OK", &["content-length: 7"])));
        assert!(stays_open(&head(
            "HTTP/1.0 200 OK",
            &["connection: Keep-Alive", "content-length: 7"]
        )));
    }
}
