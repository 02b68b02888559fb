//! The head of an answer: its status and its headers.

use bytes::BytesMut;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use httparse::{Error, ParserConfig, Status};
use std::{mem::MaybeUninit, ops::Range};

use super::Malformed;

/// The longest head that is read, in bytes.
pub(crate) const LIMIT: usize = 64 * 1024;

/// How many headers an answer may have.
const MOST_HEADERS: usize = 128;

#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
}

/// Where a header's name and value are.
type Place = (Range<usize>, Range<usize>);

/// Takes the head of the answer itself out of what was read; none if it is not whole yet. Those in
/// front of it, which only say that it is to come, are left out (RFC 9110, 15.2).
pub(crate) fn take_final_head(read: &mut BytesMut) -> Result<Option<Head>, Malformed> {
    while let Some(head) = take_head(read)? {
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Malformed::Upgrade);
        }
        if !head.status.is_informational() {
            return Ok(Some(head));
        }
    }
    Ok(None)
}

/// Takes a head out of what was read; none if it is not whole yet.
pub(crate) fn take_head(read: &mut BytesMut) -> Result<Option<Head>, Malformed> {
    if read.is_empty() {
        return Ok(None);
    }
    let mut fields = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let mut answer = httparse::Response::new(&mut []);
    let strict = ParserConfig::default();
    let parsed = strict.parse_response_with_uninit_headers(&mut answer, read, &mut fields)?;
    let Status::Complete(length) = parsed else {
        return if read.len() > LIMIT { Err(Malformed::LongHead) } else { Ok(None) };
    };
    let status =
        StatusCode::from_u16(answer.code.unwrap_or_default()).map_err(|_| Error::Status)?;
    let version = if answer.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
    let place = |field: &httparse::Header<'_>| {
        (within(read, field.name.as_bytes()), within(read, field.value))
    };
    let places: Vec<Place> = answer.headers.iter().map(place).collect();
    // The values stay where they are, and share what was read.
    let head = read.split_to(length).freeze();
    let mut headers = HeaderMap::with_capacity(places.len());
    for (name, value) in places {
        let name = HeaderName::from_bytes(&head[name]).map_err(|_| Error::HeaderName)?;
        let value = HeaderValue::from_maybe_shared(head.slice(value));
        headers.append(name, value.map_err(|_| Error::HeaderValue)?);
    }
    Ok(Some(Head { status, version, headers }))
}

/// Where a part is in the whole.
fn within(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    start..start + part.len()
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, MOST_HEADERS, take_head};
    use bytes::BytesMut;
    use http::Version;

    const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Own:  a b \r\n\
                        x-own: \r\nx-ümlaut-value: 1\r\n\r\n";

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let head = HEAD.replace('ü', "u");
        for end in 0..head.len() {
            let part = &mut BytesMut::from(&head[..end]);
            assert!(take_head(part).expect("well-formed").is_none(), "{end}");
            assert_eq!(part, &head[..end], "what was read is kept");
        }
        let mut read = BytesMut::from(format!("{head}data").as_str());
        let head = take_head(&mut read).expect("well-formed").expect("whole");
        assert_eq!((head.status.as_u16(), head.version), (200, Version::HTTP_11));
        assert_eq!(head.headers["content-type"], "text/event-stream");
        let own: Vec<_> = head.headers.get_all("x-own").iter().collect();
        assert_eq!(own, ["a b", ""]);
        assert_eq!(read, "data");
    }

    #[track_caller]
    fn refused(head: &str) {
        assert!(take_head(&mut BytesMut::from(head)).is_err(), "{head:?}");
    }

    #[test]
    fn what_is_no_head_is_refused() {
        refused(HEAD);
        refused("<html>");
        refused("HTTP/2 200 OK\r\n\r\n");
        refused("HTTP/1.1 99 Low\r\n\r\n");
        refused("HTTP/1.1 abc OK\r\n\r\n");
        refused("HTTP/1.1 200 OK\r\nno colon\r\n\r\n");
        refused("HTTP/1.1 200 OK\r\na : b\r\n\r\n");
        refused("HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n");
        refused("HTTP/1.1 200 OK\r\na: \0\r\n\r\n");
        refused(&format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(MOST_HEADERS + 1)));
        refused(&format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(LIMIT)));
    }

    #[test]
    fn as_many_headers_as_may_be_are_read() {
        let head = format!("HTTP/1.0 200\r\n{}\r\n", "a: b\r\n".repeat(MOST_HEADERS));
        let head = take_head(&mut BytesMut::from(head.as_str())).expect("well-formed");
        let head = head.expect("whole");
        assert_eq!((head.version, head.headers.len()), (Version::HTTP_10, MOST_HEADERS));
    }
}
