//! A request as it is written.

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, Method, Request, uri::Authority};

/// How long a head usually is, in bytes.
const USUAL_LENGTH: usize = 1024;

/// The head of a request to `authority`. Its headers say nothing about connection, host and length.
pub(crate) fn head(request: &Request<Bytes>, authority: &Authority) -> Bytes {
    let mut head = BytesMut::with_capacity(USUAL_LENGTH);
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    for part in [request.method().as_str(), " ", path, " HTTP/1.1\r\nhost: ", authority.as_str()] {
        head.put_slice(part.as_bytes());
    }
    head.put_slice(b"\r\n");
    put_fields(&mut head, request.headers());
    // Without a body, only a method that usually has one must say that there is none (RFC 9110, 8.6).
    let has_length = !request.body().is_empty() || request.method() == Method::POST;
    if has_length {
        head.put_slice(b"content-length: ");
        head.put_slice(request.body().len().to_string().as_bytes());
        head.put_slice(b"\r\n");
    }
    head.put_slice(b"\r\n");
    head.freeze()
}

fn put_fields(head: &mut BytesMut, fields: &HeaderMap) {
    for (name, value) in fields {
        head.put_slice(name.as_str().as_bytes());
        head.put_slice(b": ");
        head.put_slice(value.as_bytes());
        head.put_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::head;
    use bytes::Bytes;
    use http::{Method, Request, uri::Authority};

    #[track_caller]
    fn check(method: Method, body: &'static str, expected: &str) {
        let request = Request::builder().method(method).uri("http://h:1/v1/chat?a=b");
        let request = request.header("a", "1").header("a", "2").body(Bytes::from(body));
        let head = head(&request.expect("a request"), &Authority::from_static("h:1"));
        assert_eq!(head, expected);
    }

    #[test]
    fn a_head_is_written_as_the_other_side_reads_it() {
        let start = "/v1/chat?a=b HTTP/1.1\r\nhost: h:1\r\na: 1\r\na: 2\r\n";
        check(Method::POST, "{}", &format!("POST {start}content-length: 2\r\n\r\n"));
        check(Method::POST, "", &format!("POST {start}content-length: 0\r\n\r\n"));
        check(Method::GET, "", &format!("GET {start}\r\n"));
    }
}
