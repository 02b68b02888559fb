//! The server's address.

use std::net::IpAddr;

use http::Uri;

use crate::failure::Failure;

/// The server's URL, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Base {
    url: String,
    host: String,
    port: u16,
    is_encrypted: bool,
}

impl Base {
    /// Reads `http://HOST:PORT` or `https://HOST:PORT`, which may have a path that all of the server's own paths are under.
    pub(super) fn parse(given: &str) -> Result<Self, Failure> {
        let wrong = |what: &str| {
            Failure::Usage(format!(
                "bad server URL {:?}: {what}, such as http://127.0.0.1:3002",
                without_password(given)
            ))
        };
        let uri: Uri = given.trim().parse().map_err(|_| wrong("write http://HOST:PORT"))?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"));
        let scheme = scheme.ok_or_else(|| wrong("it must start with http:// or https://"))?;
        let authority = uri.authority().ok_or_else(|| wrong("it has no host"))?;
        // `http` takes what is no number for no port, such as a password with a `/` in it.
        let is_bare = authority.as_str().trim_end_matches(':') == authority.host();
        let has_bad_port = !is_bare && authority.port_u16().is_none();
        if authority.as_str().contains('@') || has_bad_port || uri.query().is_some() {
            return Err(wrong("it may have a host, a port and a path alone"));
        }
        let url = format!("{scheme}://{authority}{}", uri.path().trim_end_matches('/'));
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let is_encrypted = scheme == "https";
        let port = authority.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        Ok(Self { url, host, port, is_encrypted })
    }

    /// As it is shown to people.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The URL of one of the server's paths.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The URL of Socket.IO over WebSocket.
    pub(super) fn socket(&self) -> String {
        let rest = self.url.strip_prefix("http").unwrap_or(&self.url);
        format!("ws{rest}/socket.io/?EIO=4&transport=websocket")
    }

    /// The same server's URL, spoken to over TLS if this one is not, and the other way round.
    pub(super) fn with_other_scheme(&self) -> String {
        let rest = self.url.split_once("://").map_or("", |(_, rest)| rest);
        format!("{}://{rest}", if self.is_encrypted { "http" } else { "https" })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// Whether it is spoken to over TLS.
    pub(super) fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Whether the server is on this machine: at a loopback address, or at the one that means all of its addresses.
    pub(super) fn is_local(&self) -> bool {
        let local = |host: IpAddr| host.is_loopback() || host.is_unspecified();
        self.host == "localhost" || self.host.parse().is_ok_and(local)
    }
}

/// A URL as it may be shown: without the password before the host, or the token that stands there alone. It is one that
/// could not be read, so rather too much is hidden: all up to the last `@`.
fn without_password(given: &str) -> String {
    let start = given.find("://").map_or(0, |at| at + "://".len());
    let Some(end) = given.rfind('@').filter(|end| start <= *end) else {
        return given.to_owned();
    };
    let name = given[start..end].split_once(':').map_or("", |(name, _)| name);
    let colon = if name.is_empty() { "" } else { ":" };
    format!("{}{name}{colon}***{}", &given[..start], &given[end..])
}

#[cfg(test)]
mod tests {
    use super::{Base, without_password};

    #[test]
    fn a_refused_url_is_told_without_its_password() {
        #[track_caller]
        fn check(given: &str, expected: &str) {
            assert_eq!(without_password(given), expected);
            let told = Base::parse(given).unwrap_err().to_string();
            assert!(told.contains(&format!("{expected:?}")), "{told}");
            assert!(!told.contains("pw") && !told.contains("canary"), "{told}");
        }
        check("https://user:pw@host", "https://user:***@host");
        check("https://user:pw@x:pw@host/a b", "https://user:***@host/a b");
        check("https://user:pw/pw@host", "https://user:***@host");
        check("https://canary@host", "https://***@host");
        check("https://:pw@host", "https://***@host");
        check("user:pw@host:3002", "user:***@host:3002");
        check("ftp://host/a", "ftp://host/a");
        check("@", "***@");
    }

    #[track_caller]
    fn check(given: &str, url: &str, local: bool) {
        let base = Base::parse(given).unwrap();
        assert_eq!((base.url(), base.is_local()), (url, local), "{given}");
    }

    #[test]
    fn a_server_has_a_host_and_perhaps_a_path() {
        check("http://127.0.0.1:3002", "http://127.0.0.1:3002", true);
        check("http://localhost:3002/", "http://localhost:3002", true);
        check("http://[::1]:1/box/", "http://[::1]:1/box", true);
        check("http://0.0.0.0:3002", "http://0.0.0.0:3002", true);
        check("http://example.org", "http://example.org", false);
        let socket = Base::parse("http://a:1/box").unwrap().socket();
        assert_eq!(socket, "ws://a:1/box/socket.io/?EIO=4&transport=websocket");
        let base = Base::parse("https://[::1]").unwrap();
        assert_eq!(base.socket(), "wss://[::1]/socket.io/?EIO=4&transport=websocket");
        assert_eq!((base.address(), base.is_encrypted()), (("::1", 443), true));
        assert_eq!(base.with_other_scheme(), "http://[::1]");
    }

    #[test]
    fn what_is_no_such_url_is_refused() {
        for given in
            ["", "127.0.0.1:3002", "ftp://a", "http://u:p@a", "http://a?x", "http://", "http://a:b"]
        {
            assert!(Base::parse(given).is_err(), "{given}");
        }
    }
}
