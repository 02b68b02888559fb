//! Why a server cannot be reached, in words for people that say what to do about it: the same ones where a provider is
//! tried out and where a request does not get through to it.

#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{self, ErrorKind};

/// What the system says of a name that it does not know, whatever the library.
const NO_SUCH_NAME: [&str; 3] =
    ["failed to lookup address", "dns error", "Name or service not known"];

/// A server that there is no connection to.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    /// What people call it.
    pub name: &'a str,
    /// Its host and, where its base URL names one, its port.
    pub host: &'a str,
    /// Whether its base URL begins with `https:`.
    pub is_tls: bool,
}

/// Why there is no connection, from the error that came of trying: a sentence without its first capital and without its
/// full stop, which ends in what to do wherever that is known.
pub fn why(error: &(dyn Error + 'static), server: Server<'_>) -> String {
    let Server { name, host, is_tls } = server;
    let causes: Vec<_> = std::iter::successors(Some(error), |error| (*error).source()).collect();
    let says = |words: &str| causes.iter().any(|cause| cause.to_string().contains(words));
    let io = causes.iter().find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    match io {
        _ if NO_SUCH_NAME.iter().any(|words| says(words)) => format!(
            "there is no host {host}: is its name in the base URL right, and is this machine online?"
        ),
        Some(ErrorKind::ConnectionRefused) => {
            format!("nothing listens at {host}: is {name} running?")
        }
        Some(ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof) => {
            let speech = if is_tls { "TLS" } else { "HTTP without TLS" };
            format!("{host} closed the connection without an answer: does it speak {speech}?")
        }
        Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => {
            format!("there is no way to {host}: is it switched on, and is this machine online?")
        }
        _ if says("InvalidContentType") => {
            format!("{host} does not speak TLS: the base URL should begin with http://")
        }
        _ => {
            let deepest = causes.last().map(ToString::to_string).unwrap_or_default();
            format!("no connection to {host}: {}", without_number(&deepest))
        }
    }
}

/// What the system calls an error by says nothing to people.
fn without_number(reason: &str) -> &str {
    reason.split(" (os error ").next().unwrap_or(reason)
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    /// What a library makes of an error.
    #[derive(Debug)]
    struct Outer(io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("client error (Connect)")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[track_caller]
    fn check(error: io::Error, expected: &str) {
        let server = Server { name: "LM Studio", host: "h:1234", is_tls: false };
        assert_eq!(why(&Outer(error), server), expected);
    }

    #[test]
    fn each_reason_has_its_words() {
        let of = io::Error::from_raw_os_error;
        check(of(111), "nothing listens at h:1234: is LM Studio running?");
        check(
            of(104),
            "h:1234 closed the connection without an answer: does it speak HTTP without TLS?",
        );
        check(of(113), "there is no way to h:1234: is it switched on, and is this machine online?");
        check(
            io::Error::other("failed to lookup address information: no"),
            "there is no host h:1234: is its name in the base URL right, and is this machine online?",
        );
        check(
            io::Error::other("received corrupt message of type InvalidContentType"),
            "h:1234 does not speak TLS: the base URL should begin with http://",
        );
        check(of(24), "no connection to h:1234: Too many open files");
    }
}
