//! Who may call.
//!
//! A foreign web page must be able neither to start processes nor to read their state. What a browser says about a
//! request's origin therefore decides first (`Host`, `Origin`, `Sec-Fetch-Site`), for every path and both transports of
//! Socket.IO; then the token, where one is set. On a loopback address the `Host` must be one of its own names too, or a
//! foreign name that resolves to 127.0.0.1 (DNS rebinding) would make a foreign page the server's own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, Uri, Version, header};

use crate::Token;
use crate::failure::Failure;
use crate::guesses::{Guesses, Verdict};

/// Whose connection a request came on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The rules of one server.
#[derive(Debug)]
pub(crate) struct Access {
    /// `host:port`, lower-case; none: any name may be meant, as the address is not a loopback one.
    hosts: Option<Vec<String>>,
    allowed_origins: Vec<String>,
    token: Option<Token>,
    guesses: Guesses,
    /// Of the server's own pages.
    scheme: &'static str,
}

impl Access {
    /// The rules for a server at this address, whose pages are `http` or `https`.
    pub(crate) fn new(
        address: SocketAddr,
        scheme: &'static str,
        allowed_origins: &[String],
        token: Option<Token>,
    ) -> Self {
        let allowed_origins: Vec<_> = allowed_origins.iter().map(|text| normal(text)).collect();
        let loopback = is_loopback(address.ip());
        let hosts = loopback.then(|| own_hosts(address, &allowed_origins));
        Self { hosts, allowed_origins, token, guesses: Guesses::default(), scheme }
    }

    /// Whether no token is needed.
    pub(crate) fn is_open(&self) -> bool {
        self.token.is_none()
    }

    /// What is to be said of a token that somebody sends. Where none is needed, each is as good as the right one.
    pub(crate) fn judge(&self, peer: Peer, given: &str) -> Verdict {
        let Some(token) = &self.token else { return Verdict::Right };
        self.guesses.judge(peer.0, || token.is(given))
    }

    /// Further browser origins that may call.
    pub(crate) fn allowed_origins(&self) -> &[String] {
        &self.allowed_origins
    }

    /// Whether this origin is one of them.
    pub(crate) fn allows_origin(&self, origin: &str) -> bool {
        self.allowed_origins.contains(&normal(origin))
    }

    fn check_browser(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<(), Failure> {
        self.check_host(uri, headers)?;
        let mut origins = headers.get_all(header::ORIGIN).iter().peekable();
        if origins.peek().is_none() {
            return check_without_origin(method, headers);
        }
        let own = |origin: &http::HeaderValue| self.is_own(origin.to_str().ok(), headers);
        if origins.all(own) { Ok(()) } else { Err(foreign("origin")) }
    }

    fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Failure> {
        let Some(hosts) = &self.hosts else { return Ok(()) };
        let known = |host: &str| hosts.iter().any(|own| own.eq_ignore_ascii_case(host));
        let named = headers.get_all(header::HOST).iter();
        let by_header = named.map(|host| host.to_str()).all(|host| host.is_ok_and(known));
        let by_target = uri.authority().is_none_or(|authority| known(authority.as_str()));
        if by_header && by_target { Ok(()) } else { Err(foreign("host")) }
    }

    fn is_own(&self, origin: Option<&str>, headers: &HeaderMap) -> bool {
        let Some(origin) = origin.map(normal) else { return false };
        if self.allowed_origins.contains(&origin) {
            return true;
        }
        match (&self.hosts, origin.split_once("://")) {
            (Some(hosts), Some((scheme, host))) if scheme == self.scheme => {
                hosts.iter().any(|own| own == host)
            }
            (None, Some(("http" | "https", host))) => headers
                .get(header::HOST)
                .is_some_and(|own| own.as_bytes().eq_ignore_ascii_case(host.as_bytes())),
            _ => false,
        }
    }

    /// No token at all is no guess.
    fn check_token(&self, peer: Peer, uri: &Uri, headers: &HeaderMap) -> Result<(), Failure> {
        if self.is_open() || needs_no_token(uri.path()) {
            return Ok(());
        }
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = given.and_then(|text| text.split_once(' '));
        let token = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, token)) = token else { return Err(unauthorized()) };
        match self.judge(peer, token) {
            Verdict::Right => Ok(()),
            Verdict::Wrong => Err(unauthorized()),
            Verdict::TooMany(wait) => Err(too_many(wait)),
        }
    }
}

/// Which host a request is for must be clear (RFC 9112, 3.2); HTTP/1.0 need not say.
fn check_one_host(version: Version, headers: &HeaderMap) -> Result<(), Failure> {
    let hosts = headers.get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && version == Version::HTTP_11) {
        let message = "A request must have a Host header, and no more than one";
        return Err(Failure::new(StatusCode::BAD_REQUEST, "invalid_host", message));
    }
    Ok(())
}

/// A browser leaves `Origin` out of what it fetches for an `<img>` or a `<script>` of any page, but not this header.
/// A link that a person follows is fine: the page it was on cannot read what opens.
fn check_without_origin(method: &Method, headers: &HeaderMap) -> Result<(), Failure> {
    let value = |name: &str| headers.get(name).map(|value| value.as_bytes());
    let foreign_page = matches!(value("sec-fetch-site"), Some(b"cross-site" | b"same-site"));
    let followed_link = value("sec-fetch-mode") == Some(b"navigate")
        && value("sec-fetch-dest") == Some(b"document")
        && matches!(*method, Method::GET | Method::HEAD);
    if foreign_page && !followed_link { Err(foreign("origin")) } else { Ok(()) }
}

/// Health, the pages and their files; Socket.IO asks for the token itself.
fn needs_no_token(path: &str) -> bool {
    matches!(path, "/api/health" | "/api/docs") || is_page(path) || is_below(path, "/socket.io")
}

/// Whether a page of the dashboard, or one of its files, may be there. Neither has anything secret in it.
pub(crate) fn is_page(path: &str) -> bool {
    !["/api", "/metrics", "/socket.io"].iter().any(|other| is_below(path, other))
}

fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The failure of a call without the token in force.
pub(crate) fn unauthorized() -> Failure {
    let message = "This server needs its token: send `Authorization: Bearer TOKEN`";
    Failure::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
}

fn too_many(wait: Duration) -> Failure {
    let message =
        "Too many wrong tokens came from this address: Retry-After says when to try again";
    Failure::new(StatusCode::TOO_MANY_REQUESTS, "too_many_wrong_tokens", message).retry_after(wait)
}

fn foreign(what: &str) -> Failure {
    let message = format!(
        "Calls with this {what} are refused; a further origin is let in by `allowed_origins` of the configuration"
    );
    Failure::new(StatusCode::FORBIDDEN, &format!("foreign_{what}"), message)
}

/// Origins compare without case and final slash.
fn normal(origin: &str) -> String {
    origin.trim_end_matches('/').to_ascii_lowercase()
}

/// Whether only this machine reaches the address.
pub(crate) fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// Its port at every loopback name; of an allowed origin the host too, which may stand before it as a proxy.
fn own_hosts(address: SocketAddr, allowed_origins: &[String]) -> Vec<String> {
    let port = address.port();
    let listen = SocketAddr::new(address.ip(), port).to_string();
    let names = ["127.0.0.1", "localhost", "[::1]"];
    let mut hosts: Vec<_> =
        names.iter().map(|name| format!("{name}:{port}")).chain([listen]).collect();
    if port == 80 {
        hosts.extend(names.map(str::to_owned));
    }
    let allowed = allowed_origins.iter().filter_map(|origin| origin.split_once("://"));
    hosts.extend(allowed.map(|(_, host)| host.to_owned()));
    hosts
}

/// Refuses foreign pages and foreign names.
pub(crate) async fn browsers(
    State(access): State<Arc<Access>>,
    request: Request,
    next: Next,
) -> Response {
    let (version, headers) = (request.version(), request.headers());
    let checked = check_one_host(version, headers)
        .and_then(|()| access.check_browser(request.method(), request.uri(), headers));
    match checked {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    }
}

/// Refuses those without the token.
pub(crate) async fn tokens(
    State(access): State<Arc<Access>>,
    request: Request,
    next: Next,
) -> Response {
    // Only a test may leave it out: all such callers are one.
    let nobody = Peer(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let peer = request.extensions().get().copied().unwrap_or(nobody);
    match access.check_token(peer, request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(listen: &str) -> Access {
        let allowed = ["http://app.example:8080/".to_owned()];
        Access::new(listen.parse().unwrap(), "http", &allowed, None)
    }

    #[track_caller]
    fn check(access: &Access, headers: &[(&str, &str)], expected: bool) {
        let mut request = Request::builder().uri("/api/processes");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let answer = access.check_browser(&parts.method, &parts.uri, &parts.headers);
        assert_eq!(answer.is_ok(), expected, "{headers:?}");
    }

    #[test]
    fn on_a_loopback_address_only_its_own_names_and_origins_count() {
        let access = access("127.0.0.1:3002");
        let host = ("host", "127.0.0.1:3002");
        check(&access, &[], true);
        for name in ["127.0.0.1:3002", "localhost:3002", "LOCALHOST:3002", "[::1]:3002"] {
            check(&access, &[("host", name)], true);
            check(&access, &[host, ("origin", &format!("http://{name}"))], true);
        }
        for name in [
            "evil.example",
            "evil.example:3002",
            "localhost:1",
            "localhost",
            "127.0.0.1.nip.io:3002",
            "",
        ] {
            check(&access, &[("host", name)], false);
            check(&access, &[host, ("origin", &format!("http://{name}"))], false);
        }
        check(&access, &[host, ("host", "evil.example")], false);
        check(&access, &[host, ("origin", "null")], false);
        check(&access, &[host, ("origin", "https://localhost:3002")], false);
        check(&access, &[host, ("origin", "http://app.example:8080")], true);
        check(&access, &[host, ("origin", "http://app.example")], false);
    }

    #[test]
    fn with_tls_its_own_pages_are_https() {
        let access = Access::new("127.0.0.1:3002".parse().unwrap(), "https", &[], None);
        let host = ("host", "127.0.0.1:3002");
        check(&access, &[host, ("origin", "https://127.0.0.1:3002")], true);
        check(&access, &[host, ("origin", "http://127.0.0.1:3002")], false);
    }

    #[test]
    fn without_origin_the_fetch_metadata_count() {
        let access = access("127.0.0.1:3002");
        check(&access, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")], false);
        check(&access, &[("sec-fetch-site", "same-site")], false);
        check(&access, &[("sec-fetch-site", "same-origin")], true);
        check(&access, &[("sec-fetch-site", "none")], true);
        let link = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        check(&access, &link, true);
        let frame = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
        ];
        check(&access, &frame, false);
    }

    #[test]
    fn elsewhere_the_origin_must_be_the_host() {
        let access = access("0.0.0.0:3002");
        let host = ("host", "box.example:3002");
        check(&access, &[host], true);
        check(&access, &[host, ("origin", "http://box.example:3002")], true);
        check(&access, &[host, ("origin", "https://box.example:3002")], true);
        check(&access, &[host, ("origin", "http://evil.example")], false);
        check(&access, &[("origin", "http://box.example:3002")], false);
    }
}
