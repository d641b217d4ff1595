//! TLS towards upstreams: whom to trust and which certificate to show (RFC 8446, RFC 5246).
//!
//! There is no way to switch verification off. It must not know requests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::settings::UpstreamTls;

/// Why TLS towards an upstream cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
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
    /// A CA file holds something that cannot be a trust anchor.
    #[error("{path} holds a certificate that cannot serve as a CA")]
    TrustAuthority {
        /// Which.
        path: PathBuf,
    },
    /// Client certificate and key do not belong together.
    #[error("the client certificate in {path} cannot be used with its private key")]
    JoinKey {
        /// The certificate's file.
        path: PathBuf,
    },
    /// The machine has no trust roots.
    #[error(
        "this machine has no trusted certificates: install ca-certificates, or name a `ca` for the upstream"
    )]
    LoadSystemRoots,
    /// The TLS library refused the settings.
    #[error("TLS towards the upstream could not be set up")]
    Assemble,
}

/// TLS 1.3 and 1.2, hybrid post-quantum key exchange first. ALPN is the connector's.
pub(super) fn client_config(settings: &UpstreamTls) -> Result<ClientConfig, TrustError> {
    let roots = match &settings.ca {
        Some(path) => roots_of(path)?,
        None => system_roots()?,
    };
    let builder =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|_| TrustError::Assemble)?
            .with_root_certificates(roots);
    let Some((certificate, key)) = &settings.client_certificate else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&zeroize::Zeroizing::new(read(key)?))
        .map_err(|_| TrustError::FindPem { path: key.clone(), wanted: "private key" })?;
    builder.with_client_auth_cert(chain, key).map_err(|_| TrustError::JoinKey { path: certificate.clone() })
}

fn roots_of(path: &Path) -> Result<RootCertStore, TrustError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|_| TrustError::TrustAuthority { path: path.to_owned() })?;
    }
    Ok(roots)
}

fn system_roots() -> Result<RootCertStore, TrustError> {
    let mut roots = RootCertStore::empty();
    // Some machines carry a few that rustls cannot use; those are left out.
    let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 { Err(TrustError::LoadSystemRoots) } else { Ok(roots) }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let text = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(TrustError::FindPem { path: path.to_owned(), wanted: "certificate" }),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TrustError> {
    std::fs::read(path).map_err(|_| TrustError::ReadFile { path: path.to_owned() })
}
