//! Whom a client believes to be the server that it asks for: over https, whoever a public authority vouches for, or the
//! authority in `--ca`, or the very certificate that stands there.
//!
//! A certificate of a plain `openssl req -x509` says of itself that it is an authority's, and rustls lets no server show
//! such a one, even where it is the one that was given. Who gives it means that server, so that is what it is taken for.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::failure::Failure;

/// What TLS is spoken with.
pub(super) fn config(authority: Option<&Path>) -> Result<Arc<ClientConfig>, Failure> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Failed(format!("TLS cannot be spoken: {error}")))?;
    let Some(path) = authority else {
        return Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
    };
    let verifier = Arc::new(Verifier::new(roots, read(path)?, path, provider)?);
    let config = config.dangerous().with_custom_certificate_verifier(verifier);
    Ok(Arc::new(config.with_no_client_auth()))
}

fn unusable(path: &Path, reason: impl Display) -> Failure {
    Failure::Usage(format!("no certificate can be read from {}: {reason}", path.display()))
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(path, error))?;
    if certificates.is_empty() {
        return Err(unusable(path, "there is none in PEM"));
    }
    Ok(certificates)
}

/// Checks as rustls does, and takes a certificate that was given by hand for the server's own, too.
#[derive(Debug)]
struct Verifier {
    usual: Arc<WebPkiServerVerifier>,
    given: Vec<CertificateDer<'static>>,
}

impl Verifier {
    fn new(
        mut roots: RootCertStore,
        given: Vec<CertificateDer<'static>>,
        path: &Path,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Failure> {
        for certificate in &given {
            roots.add(certificate.clone()).map_err(|error| unusable(path, error))?;
        }
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| unusable(path, error))?;
        Ok(Self { usual, given })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.usual.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            Err(error) if is_authority(&error) && self.given.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            checked => checked,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

/// Whether nothing but that it is an authority's speaks against a certificate: its dates were looked at before that.
/// The error's type is not rustls's own, and it is called by its name alone.
fn is_authority(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::Other(reason)) => {
            reason.0.to_string() == "CaUsedAsEndEntity"
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;

    fn file(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/tests/tls").join(name)
    }

    /// What becomes of the self-signed certificate if those in the file `given` are trusted.
    fn verify(given: &str, name: &str, now: Duration) -> Result<ServerCertVerified, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let path = file(given);
        let verifier =
            Verifier::new(RootCertStore::empty(), read(&path).unwrap(), &path, provider).unwrap();
        let shown = read(&file("self-signed.pem")).unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        verifier.verify_server_cert(&shown[0], &[], &name, &[], UnixTime::since_unix_epoch(now))
    }

    #[test]
    fn a_self_signed_certificate_that_was_given_is_the_servers() {
        let now = UnixTime::now().as_secs();
        let now = Duration::from_secs(now);
        verify("self-signed.pem", "127.0.0.1", now).unwrap();
        verify("self-signed.pem", "localhost", now).unwrap();
        let refused = |given, name, now| match verify(given, name, now).unwrap_err() {
            Error::InvalidCertificate(error) => error,
            other => panic!("{other}"),
        };
        let name = refused("self-signed.pem", "example.org", now);
        assert!(matches!(name, CertificateError::NotValidForNameContext { .. }), "{name}");
        let early = refused("self-signed.pem", "127.0.0.1", Duration::from_secs(1));
        assert!(matches!(early, CertificateError::NotValidYetContext { .. }), "{early}");
        let late = refused("self-signed.pem", "127.0.0.1", now * 10);
        assert!(matches!(late, CertificateError::ExpiredContext { .. }), "{late}");
        let other = refused("authority.pem", "127.0.0.1", now);
        assert!(matches!(other, CertificateError::Other(_)), "{other}");
    }
}
