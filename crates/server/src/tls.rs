//! TLS: the certificate and its key.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{CertificateError, InconsistentKeys, ServerConfig};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

/// What a server shows its clients, and what it speaks with them.
#[derive(Clone)]
pub struct Tls(Arc<ServerConfig>);

/// A certificate or a key cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is wanted is not in the file.
    #[error("{} has no {wanted} in PEM", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// What.
        wanted: &'static str,
    },
    /// The file is no PEM.
    #[error("{} is no PEM: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The key is that of another certificate.
    #[error("the key {} does not belong to the certificate {}", key.display(), certificate.display())]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The two are of a kind that is not known here.
    #[error("{} with {} cannot be used: {reason}", certificate.display(), key.display())]
    Unusable {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Tls {
    /// Reads the certificate, with those that lead to its authority after it, and its key, both in PEM.
    ///
    /// # Errors
    ///
    /// If one of them cannot be read, is none, or they do not belong together.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = read_chain(certificate)?;
        let secret = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| fault(key, "private key (one without a passphrase)", error))?;
        let unusable = |error: rustls::Error| unusable(certificate, key, &error);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, secret)
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.0).into()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(…)")
    }
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let missing = |error| fault(path, "certificate", error);
    let chain = CertificateDer::pem_file_iter(path).map_err(missing)?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(missing)?;
    if chain.is_empty() { Err(missing(pem::Error::NoItemsFound)) } else { Ok(chain) }
}

fn fault(path: &Path, wanted: &'static str, error: pem::Error) -> TlsError {
    let path = path.to_owned();
    match error {
        pem::Error::Io(source) => TlsError::Unreadable { path, source },
        pem::Error::NoItemsFound => TlsError::Missing { path, wanted },
        other => TlsError::Malformed { path, reason: other.to_string() },
    }
}

fn unusable(certificate: &Path, key: &Path, error: &rustls::Error) -> TlsError {
    let (certificate, key) = (certificate.to_owned(), key.to_owned());
    match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            TlsError::Mismatch { certificate, key }
        }
        rustls::Error::InvalidCertificate(CertificateError::BadEncoding) => {
            let reason = "what stands there as a certificate is none".to_owned();
            TlsError::Unusable { certificate, key, reason }
        }
        other => TlsError::Unusable { certificate, key, reason: other.to_string() },
    }
}
