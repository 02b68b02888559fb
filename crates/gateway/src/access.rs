//! Who may call: the rules about `Host` and `Origin`, and the CORS headers that follow from them.
//!
//! A program of this machine sends no `Origin` and is always admitted. A browser may come from a
//! page on a loopback address or from an origin that was allowed by name; any other page must be
//! able neither to spend the upstream's key nor to read an answer. While the server listens on
//! loopback, `Host` must name a loopback address too, or a foreign page could reach it through a
//! name of its own that resolves to 127.0.0.1 (DNS rebinding).

use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header,
    uri::Authority,
};
use std::{collections::HashSet, net::IpAddr};

use crate::{
    Error, Refusal,
    reply::{self, ReplyBody},
};

const REQUESTS_PRIVATE_NETWORK: &str = "access-control-request-private-network";
const ALLOWS_PRIVATE_NETWORK: &str = "access-control-allow-private-network";

/// How long a browser may remember a preflight's answer, in seconds.
const PREFLIGHT_MAX_AGE_S: HeaderValue = HeaderValue::from_static("600");

#[derive(Clone)]
pub(crate) struct AccessRules {
    listens_on_loopback: bool,
    allowed_origins: HashSet<String>,
}

impl AccessRules {
    pub(crate) fn try_new(host: IpAddr, allowed_origins: &[String]) -> Result<Self, Error> {
        let allowed_origins =
            allowed_origins.iter().map(|text| normal_origin(text)).collect::<Result<_, _>>()?;
        Ok(Self { listens_on_loopback: host.to_canonical().is_loopback(), allowed_origins })
    }

    /// The origin to answer with CORS headers, if the caller is a browser's page.
    pub(crate) fn admit<B>(&self, request: &Request<B>) -> Result<Option<HeaderValue>, Refusal> {
        let hosts = request.headers().get_all(header::HOST).iter().count();
        // HTTP/1.0 has none (RFC 9112, 3.2).
        if hosts > 1 || (hosts == 0 && request.version() >= Version::HTTP_11) {
            return Err(unclear_host());
        }
        if self.listens_on_loopback && !names_loopback(request.uri(), request.headers()) {
            return Err(foreign_host());
        }
        let mut origins = request.headers().get_all(header::ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => Ok(None),
            (Some(origin), None) if self.is_allowed(origin) => Ok(Some(origin.clone())),
            (Some(_), _) => Err(foreign_origin()),
        }
    }

    fn is_allowed(&self, origin: &HeaderValue) -> bool {
        let Ok(text) = origin.to_str() else { return false };
        is_loopback_page(text)
            || normal_origin(text).is_ok_and(|origin| self.allowed_origins.contains(&origin))
    }
}

/// Whether `host` (a name or an address, IPv6 in brackets) is this machine's loopback.
pub(crate) fn is_loopback_host(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

fn names_loopback(uri: &Uri, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST);
    host.is_none_or(|host| host.to_str().is_ok_and(is_loopback_authority))
        && uri.authority().is_none_or(|authority| is_loopback_authority(authority.as_str()))
}

fn is_loopback_authority(text: &str) -> bool {
    !text.contains('@')
        && text.parse::<Authority>().is_ok_and(|authority| is_loopback_host(authority.host()))
}

fn is_loopback_page(origin: &str) -> bool {
    origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"))
        .is_some_and(is_loopback_authority)
}

/// Scheme and authority in lower case: origins are compared as browsers write them.
fn normal_origin(text: &str) -> Result<String, Error> {
    let invalid = || Error::InvalidOrigin { origin: text.to_owned() };
    let origin = text.trim().trim_end_matches('/').to_ascii_lowercase();
    let (scheme, authority) = origin.split_once("://").ok_or_else(invalid)?;
    let is_whole = !scheme.is_empty() && !authority.contains(['/', '@', '?', '#']);
    let is_authority = authority.parse::<Authority>().is_ok();
    if is_whole && is_authority { Ok(origin) } else { Err(invalid()) }
}

fn unclear_host() -> Refusal {
    let message = "a request of HTTP/1.1 must have a Host header, and no more than one";
    Refusal::invalid(StatusCode::BAD_REQUEST, "invalid_host", message)
}

fn foreign_host() -> Refusal {
    let message = "this server listens on loopback only and answers only to 127.0.0.1, [::1] and \
                   localhost in the Host header";
    Refusal::invalid(StatusCode::FORBIDDEN, "foreign_host", message)
}

fn foreign_origin() -> Refusal {
    let message = "pages of this origin may not call this server; add the origin to \
                   allowed_origins if they should";
    Refusal::invalid(StatusCode::FORBIDDEN, "foreign_origin", message)
}

/// The answer to a browser that asks before it calls; nothing for any other request.
pub(crate) fn preflight<B>(request: &Request<B>) -> Option<Response<ReplyBody>> {
    let asked = request.headers();
    let is_preflight = request.method() == Method::OPTIONS
        && asked.contains_key(header::ORIGIN)
        && asked.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if !is_preflight {
        return None;
    }
    let mut response = reply::empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    let methods = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE_S);
    if let Some(names) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    if asked.contains_key(REQUESTS_PRIVATE_NETWORK) {
        headers.insert(ALLOWS_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
    Some(response)
}

/// Lets the page at `origin` read the answer.
pub(crate) fn add_cors(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*"));
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}

#[cfg(test)]
mod tests {
    use super::AccessRules;
    use http::{Request, StatusCode, Version};
    use std::net::{IpAddr, Ipv4Addr};

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const EVERYWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

    #[track_caller]
    fn check(listen: IpAddr, host: &str, origin: Option<&str>, admitted: bool) {
        let allowed = ["https://App.example.com/".to_owned(), "tauri://localhost".to_owned()];
        let rules = AccessRules::try_new(listen, &allowed).expect("valid origins");
        let mut request = Request::get("/health").header("host", host);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let verdict = rules.admit(&request.body(()).expect("a request"));
        assert_eq!(verdict.is_ok(), admitted, "{host} {origin:?}");
        if let Err(refusal) = verdict {
            assert_eq!(refusal.status(), StatusCode::FORBIDDEN);
        }
    }

    #[test]
    fn hosts_while_listening_on_loopback() {
        for host in ["127.0.0.1:3001", "localhost", "LOCALHOST:1", "[::1]:3001", "127.9.9.9"] {
            check(LOOPBACK, host, None, true);
        }
        for host in ["evil.example", "localhost.evil.example", "192.0.2.1:3001", "", "a@localhost"]
        {
            check(LOOPBACK, host, None, false);
        }
    }

    #[test]
    fn any_host_while_listening_elsewhere() {
        check(EVERYWHERE, "box.lan:3001", None, true);
        check(EVERYWHERE, "box.lan:3001", Some("http://evil.example"), false);
    }

    #[test]
    fn origins() {
        for origin in [
            "http://localhost:5173",
            "https://localhost",
            "http://127.0.0.1:3002",
            "http://[::1]:8080",
            "https://app.example.com",
            "tauri://localhost",
        ] {
            check(LOOPBACK, "localhost", Some(origin), true);
        }
        for origin in [
            "null",
            "",
            "https://evil.example",
            "http://app.example.com",
            "https://app.example.com:8443",
            "http://localhost.evil.example",
            "http://localhost@evil.example",
            "http://evil.example/http://localhost",
            "app://localhost",
        ] {
            check(LOOPBACK, "localhost", Some(origin), false);
        }
    }

    #[test]
    fn a_request_with_two_origins_is_nobodys() {
        let rules = AccessRules::try_new(LOOPBACK, &[]).expect("no origins");
        let origin = "http://localhost";
        let request = Request::get("/health").header("host", "localhost");
        let request = request.header("origin", origin).header("origin", origin).body(());
        let refusal = rules.admit(&request.expect("a request")).expect_err("two of them");
        assert_eq!(refusal.status(), StatusCode::FORBIDDEN);
    }

    #[test]
    fn a_request_names_one_host() {
        for (listen, version, hosts, status) in [
            (LOOPBACK, Version::HTTP_11, 0, Some(400)),
            (EVERYWHERE, Version::HTTP_11, 0, Some(400)),
            (LOOPBACK, Version::HTTP_10, 0, None),
            (LOOPBACK, Version::HTTP_11, 1, None),
            (LOOPBACK, Version::HTTP_11, 2, Some(400)),
            (EVERYWHERE, Version::HTTP_11, 2, Some(400)),
            (EVERYWHERE, Version::HTTP_10, 2, Some(400)),
        ] {
            let rules = AccessRules::try_new(listen, &[]).expect("no origins");
            let mut request = Request::get("/health").version(version);
            for _ in 0..hosts {
                request = request.header("host", "localhost");
            }
            let verdict = rules.admit(&request.body(()).expect("a request"));
            let refused = verdict.err().map(|refusal| refusal.status().as_u16());
            assert_eq!(refused, status, "{hosts} by {version:?}");
        }
    }

    #[test]
    fn an_allowed_origin_is_checked() {
        for origin in ["example.com", "https://", "https://a/b", "*", "https://u@a"] {
            let rules = AccessRules::try_new(LOOPBACK, &[origin.to_owned()]);
            assert!(rules.is_err(), "{origin}");
        }
    }
}
