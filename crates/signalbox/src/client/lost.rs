//! Why there was no answer, where more is known than that nobody answers.

use std::error::Error;
use std::io;
use std::path::Path;

use rustls::{CertificateError, InvalidMessage};

use super::base::Base;

/// There was no answer.
#[derive(Debug)]
pub(super) enum Lost {
    /// Nobody answers, or not to the end.
    Gone,
    /// Somebody does, but TLS does not come about.
    Tls(rustls::Error),
    /// Somebody does, but not over HTTP.
    NotHttp,
}

impl Lost {
    /// What the errors of a request, one within the other, come down to.
    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(tls) = error.downcast_ref::<rustls::Error>() {
                return Self::Tls(tls.clone());
            }
            if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
                return Self::NotHttp;
            }
            // What an I/O error holds is not its source, but the source of that.
            next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(held) => Some(held),
                None => error.source(),
            };
        }
        Self::Gone
    }

    /// What is wrong with the server at `base`, and what to do about it; none if nobody answers there. `authority` is the
    /// file that says whom else to trust.
    pub(super) fn told(&self, base: &Base, authority: Option<&Path>) -> Option<String> {
        let url = base.url();
        let told = match self {
            Self::Gone => return None,
            Self::NotHttp if base.is_encrypted() => format!("what answers at {url} speaks no HTTP"),
            Self::NotHttp => format!(
                "what answers at {url} speaks no HTTP: if it speaks TLS, give --url {}",
                base.with_other_scheme()
            ),
            Self::Tls(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
                format!(
                    "what answers at {url} does not speak TLS: give --url {}",
                    base.with_other_scheme()
                )
            }
            Self::Tls(rustls::Error::InvalidCertificate(error)) => {
                format!("the certificate of {url} {}", distrust(error, base, authority))
            }
            Self::Tls(error) => format!("no TLS with {url}: {error}"),
        };
        Some(told)
    }
}

/// What is wrong with a certificate.
fn distrust(error: &CertificateError, base: &Base, authority: Option<&Path>) -> String {
    match (error, authority) {
        (CertificateError::UnknownIssuer | CertificateError::Other(_), None) => {
            "is not trusted: give its authority's certificate, or its own, with --ca FILE or SIGNALBOX_CA"
                .to_owned()
        }
        (
            CertificateError::UnknownIssuer
            | CertificateError::BadSignature
            | CertificateError::Other(_),
            Some(path),
        ) => format!(
            "is not trusted: neither {} nor a public authority vouches for it",
            path.display()
        ),
        (
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            _,
        ) => format!("is for other names than {}", base.address().0),
        (CertificateError::Expired | CertificateError::ExpiredContext { .. }, _) => {
            "has expired".to_owned()
        }
        (CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }, _) => {
            "is not valid yet: is the clock of this machine right?".to_owned()
        }
        (error, _) => format!("is not trusted: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: impl Into<rustls::Error>, authority: Option<&str>, expected: &str) {
        let held = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error.into()));
        let base = Base::parse("https://a:1").unwrap();
        let told = Lost::of(&held).told(&base, authority.map(Path::new)).unwrap();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_wrong_with_tls_is_told_with_what_to_do() {
        check(
            CertificateError::UnknownIssuer,
            None,
            "the certificate of https://a:1 is not trusted: give its authority's certificate, or its own, with --ca FILE or SIGNALBOX_CA",
        );
        check(
            CertificateError::UnknownIssuer,
            Some("x.pem"),
            "the certificate of https://a:1 is not trusted: neither x.pem nor a public authority vouches for it",
        );
        check(CertificateError::Expired, None, "the certificate of https://a:1 has expired");
        check(
            CertificateError::NotValidForName,
            None,
            "the certificate of https://a:1 is for other names than a",
        );
        check(
            InvalidMessage::InvalidContentType,
            None,
            "what answers at https://a:1 does not speak TLS: give --url http://a:1",
        );
    }

    #[test]
    fn a_broken_connection_is_no_answer() {
        let base = Base::parse("http://a:1").unwrap();
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(Lost::of(&io::Error::other(reset)).told(&base, None), None);
    }
}
