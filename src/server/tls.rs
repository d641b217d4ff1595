//! TLS of the listener: versions, certificate, and who shows a client certificate (RFC 8446, RFC 5246).
//!
//! The certificate is read anew when its files change; what cannot be used keeps the old one. Whether a caller
//! needs a certificate is a route's decision, so none is asked for sternly here. It must not know routes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;

use super::client_certificates::{Authority, ClientCertificates};
use super::sessions::Sessions;
use super::shutdown::Draining;
use crate::gateway::PeerCertificate;

/// The files that TLS is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// PEM: the server's certificate, then those that lead to its root.
    pub certificate: PathBuf,
    /// PEM: its private key (PKCS#8, SEC 1 or PKCS#1).
    pub private_key: PathBuf,
    /// The CAs that callers' certificates may lead to; none means that none is asked for.
    pub client_authorities: Vec<AuthorityFiles>,
}

/// The files of one CA of callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityFiles {
    /// PEM: its certificates.
    pub ca: PathBuf,
    /// PEM: its lists of revoked certificates (RFC 5280, 5), read anew when they change. None means that nothing is ever
    /// revoked; with one, a certificate about which no list in force says anything is not accepted.
    pub revoked: Vec<PathBuf>,
}

impl From<PathBuf> for AuthorityFiles {
    fn from(ca: PathBuf) -> Self {
        Self { ca, revoked: Vec::new() }
    }
}

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not there or may not be read.
    #[error("cannot read {path}: is it there, and may Sluis read it?")]
    ReadFile {
        /// Which.
        path: PathBuf,
    },
    /// A file holds no PEM block of the kind it should.
    #[error("{path} holds no {wanted} in PEM")]
    FindPem {
        /// Which.
        path: PathBuf,
        /// What should be in it.
        wanted: &'static str,
    },
    /// Certificate and key do not belong together, or are of a kind that TLS cannot use.
    #[error("the certificate in {path} cannot be used with its private key")]
    JoinKey {
        /// The certificate's file.
        path: PathBuf,
    },
    /// A CA file holds something that cannot be a trust anchor.
    #[error("{path} holds a certificate that cannot serve as a CA")]
    TrustAuthority {
        /// Which.
        path: PathBuf,
    },
    /// A list of revoked certificates that cannot be read as one.
    #[error("{path} holds a list of revoked certificates that cannot be used")]
    ReadRevoked {
        /// Which.
        path: PathBuf,
    },
    /// The TLS library refused the settings.
    #[error("TLS could not be set up")]
    Assemble,
}

/// TLS of one listener.
#[derive(Debug)]
pub struct ServerTls {
    set: ArcSwap<Set>,
    /// Digest of the certificate, key and revocation files last looked at, good or not.
    seen: Mutex<[u8; 32]>,
}

/// What was set up from one set of files.
#[derive(Debug)]
struct Set {
    files: TlsSettings,
    chosen: Arc<Chosen>,
    config: Arc<rustls::ServerConfig>,
    clients: Option<Arc<ClientCertificates>>,
}

/// The certificate in use.
#[derive(Debug)]
struct Chosen(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Chosen {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl ServerTls {
    /// Reads every file and sets TLS up: 1.3 and 1.2, hybrid post-quantum key exchange first, ALPN `h2` and
    /// `http/1.1`.
    ///
    /// # Errors
    /// The first file that cannot be used.
    pub fn load(files: &TlsSettings) -> Result<Self, TlsError> {
        let (set, digest) = Set::load(files)?;
        Ok(Self { set: ArcSwap::from_pointee(set), seen: Mutex::new(digest) })
    }

    /// Takes other files, for connections from now on: the configuration was reloaded.
    ///
    /// # Errors
    /// When one cannot be used; then everything stays as it was.
    pub fn replace(&self, files: &TlsSettings) -> Result<(), TlsError> {
        let (set, digest) = Set::load(files)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.set.store(Arc::new(set));
        *seen = digest;
        Ok(())
    }

    /// Reads certificate, key and lists of revoked certificates again. `Ok(true)` when new ones are in use from now on, `Ok(false)` when the
    /// files are as they were, good or bad.
    ///
    /// # Errors
    /// When the files changed and cannot be used; the old ones stay, a list until it says itself that it is too old.
    pub fn refresh(&self) -> Result<bool, TlsError> {
        // Held throughout, so that a reload does not fall between reading and storing.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let set = self.set.load_full();
        let digest = digest_files(&set.files)?;
        if std::mem::replace(&mut *seen, digest) == digest {
            return Ok(false);
        }
        let (key, _) = read_key(&set.files, &provider())?;
        if let Some(clients) = &set.clients {
            clients.renew(&read_authorities(&set.files)?, &provider())?;
        }
        set.chosen.0.store(Arc::new(key));
        Ok(true)
    }

    /// Calls [`Self::refresh`] again and again until the server drains, and logs what came of it.
    pub async fn watch(self: Arc<Self>, every: Duration, mut draining: Draining) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = draining.begun() => return,
            }
            let this = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || this.refresh()).await {
                Ok(Ok(true)) => {
                    tracing::info!("the new certificate, or the new list of revoked ones, is in use")
                }
                Ok(Ok(false)) => {}
                Ok(Err(error)) => tracing::error!(%error, "the certificate in use stays"),
                Err(_) => tracing::error!("reading the certificate failed; the one in use stays"),
            }
        }
    }

    /// Takes a connection's handshake, with the certificate that is in use now.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.set.load().config))
    }

    /// The certificate that the peer of a finished handshake proved to own, as the CAs of now see it.
    pub(super) fn certificate_of(
        &self,
        connection: &rustls::ServerConnection,
    ) -> Option<Arc<PeerCertificate>> {
        self.set.load().clients.as_ref()?.identify(connection.peer_certificates()?).map(Arc::new)
    }
}

impl Set {
    fn load(files: &TlsSettings) -> Result<(Self, [u8; 32]), TlsError> {
        let provider = provider();
        let (key, digest) = read_key(files, &provider)?;
        let chosen = Arc::new(Chosen(ArcSwap::from_pointee(key)));
        let clients = if files.client_authorities.is_empty() {
            None
        } else {
            Some(Arc::new(ClientCertificates::new(&read_authorities(files)?, &provider)?))
        };
        let builder = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|_| TlsError::Assemble)?;
        let builder = match &clients {
            Some(clients) => builder.with_client_cert_verifier(Arc::clone(clients) as _),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(Arc::clone(&chosen) as _);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        // Sessions resume from memory only: no ticket key that could decrypt yesterday's traffic.
        config.session_storage = Arc::new(Sessions::new(10_240));
        Ok((Self { files: files.clone(), chosen, config: Arc::new(config), clients }, digest))
    }
}

/// The one cryptography provider of the edges: aws-lc-rs, X25519MLKEM768 first.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// All certificates of a PEM file; at least one.
pub(super) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(TlsError::FindPem { path: path.to_owned(), wanted: "certificate" }),
    }
}

fn read_authorities(files: &TlsSettings) -> Result<Vec<Authority>, TlsError> {
    files.client_authorities.iter().map(Authority::read_with).collect()
}

/// All lists of revoked certificates of a PEM file; at least one.
pub(super) fn read_revoked(path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
    let text = read(path)?;
    let found: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(TlsError::FindPem { path: path.to_owned(), wanted: "X509 CRL" }),
    }
}

fn read_key(files: &TlsSettings, provider: &CryptoProvider) -> Result<(CertifiedKey, [u8; 32]), TlsError> {
    let digest = digest_files(files)?;
    let chain = read_certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&read(&files.private_key)?)
        .map_err(|_| TlsError::FindPem { path: files.private_key.clone(), wanted: "private key" })?;
    // Also proves that the key is the certificate's.
    let key = CertifiedKey::from_der(chain, key, provider)
        .map_err(|_| TlsError::JoinKey { path: files.certificate.clone() })?;
    Ok((key, digest))
}

fn digest_files(files: &TlsSettings) -> Result<[u8; 32], TlsError> {
    let mut digest = Sha256::new();
    digest.update(Sha256::digest(read(&files.certificate)?));
    digest.update(zeroize::Zeroizing::new(read(&files.private_key)?).as_slice());
    for path in files.client_authorities.iter().flat_map(|authority| &authority.revoked) {
        digest.update(Sha256::digest(read(path)?));
    }
    Ok(digest.finalize().into())
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|_| TlsError::ReadFile { path: path.to_owned() })
}
