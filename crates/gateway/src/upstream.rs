//! Where requests go: a checked base URL and the key for it.

use http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    uri::{Authority, PathAndQuery, Scheme},
};
use memchr::memmem;
use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use crate::{Error, Secret, access::is_loopback_host, responses::Responses};

/// What stands before the key in a header.
const BEARER: &[u8] = b"Bearer ";

/// A shorter key, in bytes, is a placeholder, and may be a part of many words.
const SHORTEST_KEY: usize = 8;

/// An OpenAI-compatible server that requests are passed on to.
#[derive(Clone)]
pub struct Upstream {
    name: String,
    name_as_header: Option<HeaderValue>,
    scheme: Scheme,
    authority: Authority,
    path: String,
    authorization: Option<HeaderValue>,
    headers: HeaderMap,
    /// Found out by asking; a clone knows it too.
    responses: Arc<Responses>,
}

impl Upstream {
    /// Checks a base URL such as `http://127.0.0.1:1234/v1` and the key to send there. Without a path
    /// `/v1` is meant, where all such servers have theirs. `name` is what error messages call it. An
    /// empty key counts as none.
    ///
    /// # Errors
    /// [`Error::InvalidUpstream`] for what is not such a URL, [`Error::InvalidKey`] for a key that
    /// a header cannot carry.
    pub fn try_new(name: &str, url: &str, key: Option<&Secret>) -> Result<Self, Error> {
        let invalid = |reason| Error::InvalidUpstream { url: without_user(url), reason };
        let (scheme, authority, path) = split(url.trim()).map_err(invalid)?;
        let authorization = key
            .filter(|key| !key.is_empty())
            .map(bearer)
            .transpose()
            .map_err(|_| Error::InvalidKey { url: url.to_owned() })?;
        let name_as_header = HeaderValue::from_str(name).ok();
        let (name, headers) = (name.to_owned(), HeaderMap::new());
        let responses = Arc::default();
        Ok(Self {
            name,
            name_as_header,
            scheme,
            authority,
            path,
            authorization,
            headers,
            responses,
        })
    }

    /// What error messages call this upstream.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Host and, where the base URL names one, port: what may be shown to people.
    #[must_use]
    pub fn host(&self) -> &str {
        self.authority.as_str()
    }

    /// Whether requests carry a key.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.authorization.is_some()
    }

    /// The same with a header that requests carry where their caller has none of that name.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same server at `path`, in place of the last part of its base URL's.
    #[must_use]
    pub fn beside(&self, path: &str) -> Self {
        let above = self.path.rsplit_once('/').map_or("", |(above, _)| above);
        Self { path: format!("{above}{path}"), ..self.clone() }
    }

    /// Whether connections to it are encrypted.
    pub(crate) fn is_tls(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        is_loopback_host(self.authority.host())
    }

    /// Refuses to be the server that listens on `address`, which would ask itself for ever.
    ///
    /// # Errors
    /// [`Error::InvalidUpstream`] if it is that server.
    pub fn elsewhere_than(self, address: SocketAddr) -> Result<Self, Error> {
        if !self.is_served_at(address) {
            return Ok(self);
        }
        let url = format!("{}://{}{}", self.scheme, self.authority, self.path);
        Err(Error::InvalidUpstream { url, reason: "it is this server itself" })
    }

    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// Forgets what it turned out to have or not, since it may have changed.
    pub fn forget(&self) {
        self.responses.forget();
    }

    /// Whether it has OpenAI's responses.
    pub(crate) fn responses(&self) -> &Responses {
        &self.responses
    }

    /// Its name, where a header can carry that.
    pub(crate) fn name_as_header(&self) -> Option<&HeaderValue> {
        self.name_as_header.as_ref()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What this upstream said, without its key: some servers repeat the one that they refuse.
    pub(crate) fn without_key<'a>(&self, said: &'a [u8]) -> Cow<'a, [u8]> {
        let key =
            self.authorization.as_ref().and_then(|value| value.as_bytes().strip_prefix(BEARER));
        let Some(key) = key.filter(|key| key.len() >= SHORTEST_KEY) else { return said.into() };
        let finder = memmem::Finder::new(key);
        let (mut cleaned, mut from) = (Vec::new(), 0);
        while let Some(at) = finder.find(&said[from..]) {
            cleaned.extend_from_slice(&said[from..from + at]);
            cleaned.extend_from_slice(b"***");
            from += at + key.len();
        }
        if from == 0 {
            return said.into();
        }
        cleaned.extend_from_slice(&said[from..]);
        cleaned.into()
    }

    /// The address of `path` (such as `/models`) below the base URL.
    pub(crate) fn uri(&self, path: &str, query: Option<&str>) -> Result<Uri, http::Error> {
        let mut target = format!("{}{path}", self.path);
        if let Some(query) = query {
            target.push('?');
            target.push_str(query);
        }
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(PathAndQuery::try_from(target)?)
            .build()
    }

    fn is_served_at(&self, address: SocketAddr) -> bool {
        let default_port = if self.is_tls() { 443 } else { 80 };
        let port = self.authority.port_u16().unwrap_or(default_port);
        let host = self.authority.host();
        let named = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        let listens_here = address.ip().is_loopback() || address.ip().is_unspecified();
        port == address.port()
            && (named == Some(address.ip()) || listens_here && is_loopback_host(host))
    }
}

/// A URL as it may be shown, whatever it is.
fn without_user(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    match url.rfind('@') {
        Some(end) if start < end => format!("{}***{}", &url[..start], &url[end..]),
        _ => url.to_owned(),
    }
}

fn bearer(key: &Secret) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", key.expose()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn split(url: &str) -> Result<(Scheme, Authority, String), &'static str> {
    let parts = Uri::try_from(url).map_err(|_| "it is not a URL")?.into_parts();
    let scheme = parts.scheme.ok_or("it must begin with http:// or https://")?;
    if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
        return Err("it must begin with http:// or https://");
    }
    let authority = parts.authority.ok_or("it names no host")?;
    if authority.as_str().contains('@') {
        return Err("it must not contain a user or a password");
    }
    let path = parts.path_and_query.ok_or("it has no path")?;
    if path.query().is_some() {
        return Err("it must not have a query");
    }
    let path = match path.path().trim_end_matches('/') {
        "" => "/v1",
        path => path,
    };
    Ok((scheme, authority, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::Upstream;
    use crate::{Error, Secret};

    #[track_caller]
    fn refused(url: &str, expected: &str) {
        match Upstream::try_new("upstream", url, None) {
            Err(Error::InvalidUpstream { reason, .. }) => assert_eq!(reason, expected, "{url}"),
            Err(other) => panic!("{url}: {other}"),
            Ok(_) => panic!("{url} was accepted"),
        }
    }

    #[test]
    fn a_base_url_is_checked() {
        refused("", "it is not a URL");
        refused("not a url", "it is not a URL");
        refused("localhost", "it must begin with http:// or https://");
        refused("/v1", "it must begin with http:// or https://");
        refused("ftp://localhost/v1", "it must begin with http:// or https://");
        refused("http://user:pass@localhost/v1", "it must not contain a user or a password");
        refused("http://localhost/v1?x=1", "it must not have a query");
    }

    #[test]
    fn a_password_in_a_base_url_is_not_repeated() {
        for url in ["http://me:pass@h/v1", "me:pass@h", "ftp://me:p:a@ss@h", "http://me:pass@h:x/ü"]
        {
            let refused = Upstream::try_new("upstream", url, None).err().expect("a user");
            let shown = refused.to_string();
            assert!(!shown.contains("me:") && !shown.contains("ss@"), "{shown}");
        }
    }

    #[track_caller]
    fn address(base: &str, path: &str, query: Option<&str>, expected: &str) {
        let upstream = Upstream::try_new("upstream", base, None).expect("a valid base URL");
        assert_eq!(upstream.uri(path, query).expect("a valid URI"), expected);
    }

    #[test]
    fn paths_are_appended_to_the_base() {
        address("http://h:1/v1", "/models", None, "http://h:1/v1/models");
        address("http://h:1", "/models", None, "http://h:1/v1/models");
        address("http://h:1/", "/models", None, "http://h:1/v1/models");
        address(
            "https://h/api/v1//",
            "/models/a%2Fb",
            Some("x=1"),
            "https://h/api/v1/models/a%2Fb?x=1",
        );
    }

    #[test]
    fn there_may_be_more_beside_the_base() {
        for (base, expected) in
            [("http://h/v1", "http://h/api/tags"), ("http://h/x/v1", "http://h/x/api/tags")]
        {
            let upstream = Upstream::try_new("upstream", base, None).expect("a valid base URL");
            assert_eq!(upstream.beside("/api").uri("/tags", None).expect("a URI"), expected);
        }
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused() {
        let key = Secret::new("two\nlines");
        let refused = Upstream::try_new("upstream", "http://h/v1", Some(&key));
        assert!(matches!(refused, Err(Error::InvalidKey { .. })));
    }

    #[track_caller]
    fn cleaned(key: &str, said: &str, expected: &str) {
        let key = Secret::new(key);
        let upstream = Upstream::try_new("up", "http://h/v1", Some(&key)).expect("valid");
        let cleaned = upstream.without_key(said.as_bytes());
        assert_eq!(String::from_utf8_lossy(&cleaned), expected);
    }

    #[test]
    fn a_key_that_is_repeated_is_not_passed_on() {
        let said = "bad key sk-canary-1, sent as Bearer sk-canary-1";
        cleaned("sk-canary-1", said, "bad key ***, sent as Bearer ***");
        cleaned("sk-canary-2", said, said);
        cleaned("key", said, said);
    }

    #[track_caller]
    fn itself(base: &str, address: &str, expected: bool) {
        let upstream = Upstream::try_new("upstream", base, None).expect("a valid base URL");
        let elsewhere = upstream.elsewhere_than(address.parse().expect("an address"));
        assert_eq!(elsewhere.is_err(), expected, "{base} at {address}");
    }

    #[test]
    fn a_server_that_would_ask_itself_is_known() {
        itself("http://localhost:3001/v1", "127.0.0.1:3001", true);
        itself("http://127.0.0.1:3001/v1", "0.0.0.0:3001", true);
        itself("http://192.0.2.1:3001/v1", "192.0.2.1:3001", true);
        itself("http://localhost:3000/v1", "127.0.0.1:3001", false);
        itself("http://192.0.2.2:3001/v1", "127.0.0.1:3001", false);
    }
}
