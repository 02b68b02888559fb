//! Which headers travel on, and which belong to one connection or one party alone.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::Upstream;

/// Names the process that gave an answer, and which start of it.
pub(crate) const SERVED_BY: HeaderName = HeaderName::from_static("x-served-by");

/// What RFC 9110 (7.6.1) and practice bind to a single connection.
static HOP_BY_HOP: [HeaderName; 9] = [
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
static NOT_FOR_THE_UPSTREAM: [HeaderName; 9] = [
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
/// browser ask for a password, its CORS rules speak of another server, and so does `Alt-Svc`. How long
/// the answer is follows from the body that we send: what the upstream says of that may be nonsense
/// which its chunks overrule (RFC 9112, 6.3), or be said twice.
static NOT_FOR_THE_CALLER: [HeaderName; 10] = [
    header::CONTENT_LENGTH,
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

/// How many headers an upstream usually gets besides the caller's.
const ADDED: usize = 3;

/// A caller's headers as `upstream` gets them. The caller's own stay as they are: another upstream
/// may have to be asked.
pub(crate) fn for_upstream(caller: &HeaderMap, upstream: &Upstream) -> HeaderMap {
    let named = named_by_connection(caller);
    let travels = |name: &HeaderName| {
        !HOP_BY_HOP.contains(name) && !NOT_FOR_THE_UPSTREAM.contains(name) && !named.contains(name)
    };
    let mut headers = HeaderMap::with_capacity(caller.len() + ADDED);
    for (name, value) in caller.iter().filter(|(name, _)| travels(name)) {
        headers.append(name, value.clone());
    }
    // A compressed stream is held back by whoever compresses it.
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(authorization) = upstream.authorization() {
        headers.insert(header::AUTHORIZATION, authorization.clone());
    }
    for (name, value) in upstream.headers() {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    headers
}

/// Makes an upstream's headers into those for the caller.
pub(crate) fn for_caller(headers: &mut HeaderMap) {
    let named = named_by_connection(headers);
    let stays_here = |name: &&HeaderName| {
        HOP_BY_HOP.contains(name) || NOT_FOR_THE_CALLER.contains(name) || named.contains(name)
    };
    let staying: Vec<HeaderName> = headers.keys().filter(stays_here).cloned().collect();
    for name in staying {
        headers.remove(name);
    }
}

/// Says of an answer that it is an event stream, which its upstream did not say.
pub(crate) fn call_stream(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    mark_as_stream(headers);
}

/// Tells proxies between here and the caller not to hold an event stream back, nor to compress it.
pub(crate) fn mark_as_stream(headers: &mut HeaderMap) {
    let said = headers.get_all(header::CACHE_CONTROL).iter();
    let is_said = said
        .filter_map(|value| value.to_str().ok())
        .any(|text| text.split(',').any(|word| word.trim().eq_ignore_ascii_case("no-transform")));
    if !is_said {
        let value = HeaderValue::from_static("no-cache, no-transform");
        headers.insert(header::CACHE_CONTROL, value);
    }
    let unbuffered = HeaderValue::from_static("no");
    headers.entry(HeaderName::from_static("x-accel-buffering")).or_insert(unbuffered);
}

/// Whether an answer with these headers is an event stream.
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = content_type.and_then(|text| text.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("text/event-stream")
}

/// Whether the body is compressed, although nobody asked for that.
pub(crate) fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity")
}

/// Whether the caller reads a body that is compressed like this. Who says nothing of it is not taken to.
pub(crate) fn are_read(caller: &HeaderMap, encoded: &HeaderMap) -> bool {
    let accepted: Vec<&str> = words(caller, &header::ACCEPT_ENCODING).collect();
    let is_accepted = |coding: &str| {
        accepted.iter().any(|item| {
            let (name, weight) = item.split_once(';').unwrap_or((item, ""));
            let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok());
            name.trim().eq_ignore_ascii_case(coding) && weight.unwrap_or(1.0) > 0.0
        })
    };
    words(encoded, &header::CONTENT_ENCODING).all(is_accepted)
}

fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let kept = |name: &&str| !name.eq_ignore_ascii_case("keep-alive");
    words(headers, &header::CONNECTION).filter(kept).filter_map(|name| name.parse().ok()).collect()
}

/// What a header lists, over all its lines.
fn words<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> + use<'h> {
    let texts = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::{are_read, for_caller, for_upstream, mark_as_stream};
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
        let caller = map(&[
            ("authorization", "Bearer mine"),
            ("x-api-key", "mine"),
            ("cookie", "mine"),
            ("connection", "close, X-Private"),
            ("x-private", "1"),
            ("te", "trailers"),
            ("accept-encoding", "gzip"),
            ("x-dashscope-useragent", "QwenCode"),
        ]);
        let headers = for_upstream(&caller, &upstream);
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
        let headers = for_upstream(&map(&[("authorization", "Bearer mine")]), &upstream);
        assert!(!headers.contains_key("authorization"));
    }

    #[track_caller]
    fn marked(said: &str, expected: &str) {
        let mut headers = map(&[("cache-control", said), ("x-accel-buffering", "yes")]);
        mark_as_stream(&mut headers);
        let expected = map(&[("cache-control", expected), ("x-accel-buffering", "yes")]);
        assert_eq!(headers, expected);
    }

    #[test]
    fn a_stream_is_neither_held_back_nor_compressed() {
        marked("no-cache", "no-cache, no-transform");
        marked("private, No-Transform", "private, No-Transform");
        let mut headers = HeaderMap::new();
        mark_as_stream(&mut headers);
        let expected =
            map(&[("cache-control", "no-cache, no-transform"), ("x-accel-buffering", "no")]);
        assert_eq!(headers, expected);
    }

    #[test]
    fn who_reads_what_is_compressed() {
        for (accepted, coding, expected) in [
            ("gzip, deflate, br", "gzip", true),
            ("br;q=1.0, GZIP;q=0.8", "gzip", true),
            ("gzip, br", "gzip, br", true),
            ("gzip", "gzip, br", false),
            ("gzip;q=0, br", "gzip", false),
            ("identity", "gzip", false),
        ] {
            let (caller, answer) =
                (map(&[("accept-encoding", accepted)]), map(&[("content-encoding", coding)]));
            assert_eq!(are_read(&caller, &answer), expected, "{accepted} of {coding}");
            assert!(!are_read(&HeaderMap::new(), &answer));
        }
    }

    #[test]
    fn what_an_upstream_wants_besides_is_sent_unless_the_caller_says_it() {
        let upstream = Upstream::try_new("up", "http://h/v1", None).expect("valid");
        let name = HeaderName::from_static("x-title");
        let upstream = upstream.with_header(name, "ours".parse().expect("a value"));
        assert_eq!(for_upstream(&HeaderMap::new(), &upstream)["x-title"], "ours");
        let theirs = map(&[("x-title", "theirs")]);
        assert_eq!(for_upstream(&theirs, &upstream)["x-title"], "theirs");
    }

    #[test]
    fn the_caller_gets_what_is_about_the_answer() {
        let mut headers = map(&[
            ("set-cookie", "session"),
            ("transfer-encoding", "chunked"),
            ("content-length", "5"),
            ("access-control-allow-origin", "*"),
            ("x-request-id", "1"),
            ("retry-after", "2"),
        ]);
        for_caller(&mut headers);
        assert_eq!(headers, map(&[("x-request-id", "1"), ("retry-after", "2")]));
    }
}
