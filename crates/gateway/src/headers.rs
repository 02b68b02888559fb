//! Which headers travel on, and which belong to one connection or one party alone.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::Upstream;

/// What RFC 9110 (7.6.1) and practice bind to a single connection.
const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// The caller's own affairs: its keys and cookies are not for the upstream, the page that it came
/// from was judged here (an upstream such as Ollama would judge it again, by other rules), and the
/// rest is written anew for the upstream's connection.
const NOT_FOR_THE_UPSTREAM: [HeaderName; 9] = [
    header::AUTHORIZATION,
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-api-key"),
    header::COOKIE,
    header::ORIGIN,
    header::REFERER,
    header::HOST,
    header::CONTENT_LENGTH,
    header::EXPECT,
];

/// The upstream's affairs with us: its cookies belong to our key, its challenges would make a
/// browser ask for a password, its CORS rules speak of another server, and so does `Alt-Svc`.
const NOT_FOR_THE_CALLER: [HeaderName; 9] = [
    header::SET_COOKIE,
    header::WWW_AUTHENTICATE,
    header::ALT_SVC,
    header::STRICT_TRANSPORT_SECURITY,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
];

/// Makes a caller's headers into those for `upstream`.
pub(crate) fn for_upstream(headers: &mut HeaderMap, upstream: &Upstream) {
    remove_hop_by_hop(headers);
    remove_all(headers, &NOT_FOR_THE_UPSTREAM);
    // A compressed stream is held back by whoever compresses it.
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(authorization) = upstream.authorization() {
        headers.insert(header::AUTHORIZATION, authorization.clone());
    }
}

/// Makes an upstream's headers into those for the caller.
pub(crate) fn for_caller(headers: &mut HeaderMap) {
    remove_hop_by_hop(headers);
    remove_all(headers, &NOT_FOR_THE_CALLER);
}

/// Tells proxies between here and the caller not to hold an event stream back.
pub(crate) fn mark_as_stream(headers: &mut HeaderMap) {
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    let unbuffered = HeaderValue::from_static("no");
    headers.insert(HeaderName::from_static("x-accel-buffering"), unbuffered);
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    remove_all(headers, &named);
    remove_all(headers, &HOP_BY_HOP);
}

fn remove_all(headers: &mut HeaderMap, names: &[HeaderName]) {
    for name in names {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::{for_caller, for_upstream};
    use crate::{Secret, Upstream};
    use http::{HeaderMap, HeaderName};

    fn map(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let name = |name: &'static str| HeaderName::from_static(name);
        pairs.iter().map(|(n, value)| (name(n), value.parse().expect("a value"))).collect()
    }

    #[test]
    fn the_upstream_gets_its_own_key_and_nothing_of_the_callers_connection() {
        let key = Secret::new("theirs");
        let upstream = Upstream::try_new("up", "http://h/v1", Some(&key)).expect("valid");
        let mut headers = map(&[
            ("authorization", "Bearer mine"),
            ("x-api-key", "mine"),
            ("cookie", "mine"),
            ("connection", "close, X-Private"),
            ("x-private", "1"),
            ("te", "trailers"),
            ("accept-encoding", "gzip"),
            ("x-dashscope-useragent", "QwenCode"),
        ]);
        for_upstream(&mut headers, &upstream);
        let expected = map(&[
            ("accept-encoding", "identity"),
            ("x-dashscope-useragent", "QwenCode"),
            ("authorization", "Bearer theirs"),
        ]);
        assert_eq!(headers, expected);
    }

    #[test]
    fn without_a_key_nothing_is_sent_in_its_place() {
        let upstream = Upstream::try_new("up", "http://h/v1", None).expect("valid");
        let mut headers = map(&[("authorization", "Bearer mine")]);
        for_upstream(&mut headers, &upstream);
        assert!(!headers.contains_key("authorization"));
    }

    #[test]
    fn the_caller_gets_what_is_about_the_answer() {
        let mut headers = map(&[
            ("set-cookie", "session"),
            ("transfer-encoding", "chunked"),
            ("access-control-allow-origin", "*"),
            ("x-request-id", "1"),
            ("retry-after", "2"),
        ]);
        for_caller(&mut headers);
        assert_eq!(headers, map(&[("x-request-id", "1"), ("retry-after", "2")]));
    }
}
