//! Client certificates: which configured CA vouches for one, and what its subject says (RFC 5280).
//!
//! A peer may show none; one that no configured CA vouches for ends the handshake. Which CA and which subject
//! a route wants is the route's decision. It must not know routes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::OID_X509_SERIALNUMBER;
use x509_parser::parse_x509_certificate;

use super::tls::{AuthorityFiles, TlsError, read_certificates, read_revoked};
use crate::gateway::{AuthorityId, PeerCertificate};

/// One configured client CA: the certificates of one PEM file.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Its name in [`PeerCertificate::verified_by`].
    pub id: AuthorityId,
    roots: Arc<RootCertStore>,
    revoked: Vec<(PathBuf, CertificateRevocationListDer<'static>)>,
}

impl Authority {
    /// Reads a CA file.
    ///
    /// # Errors
    /// When it cannot be read, holds no certificate, or one that cannot be a trust anchor.
    pub fn read(path: &Path) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        let mut digest = Sha256::new();
        for certificate in read_certificates(path)? {
            digest.update(&certificate);
            roots.add(certificate).map_err(|_| TlsError::TrustAuthority { path: path.to_owned() })?;
        }
        let revoked = Vec::new();
        Ok(Self { id: AuthorityId(digest.finalize().into()), roots: Arc::new(roots), revoked })
    }

    /// Reads a CA file, and what the CA has revoked.
    pub(super) fn read_with(files: &AuthorityFiles) -> Result<Self, TlsError> {
        let mut authority = Self::read(&files.ca)?;
        for path in &files.revoked {
            authority.revoked.extend(read_revoked(path)?.into_iter().map(|list| (path.clone(), list)));
        }
        Ok(authority)
    }

    /// Who is accepted of this CA. With lists, the certificate that is shown must be covered by one in force: unknown and
    /// expired refuse. Those between it and the root are not looked up.
    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        let roots = Arc::clone(&self.roots);
        let builder = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider));
        let Some((path, _)) = self.revoked.first() else {
            return builder.build().map_err(|_| TlsError::Assemble);
        };
        let lists = self.revoked.iter().map(|(_, list)| list.clone());
        let builder = builder.with_crls(lists).only_check_end_entity_revocation();
        let built = builder.enforce_revocation_expiration().build();
        built.map_err(|_| TlsError::ReadRevoked { path: path.clone() })
    }
}

type Verifiers = Vec<(AuthorityId, Arc<dyn ClientCertVerifier>)>;

/// All configured client CAs, each with a verifier of its own.
#[derive(Debug)]
pub(super) struct ClientCertificates {
    verifiers: ArcSwap<Verifiers>,
    hints: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertificates {
    pub(super) fn new(authorities: &[Authority], provider: &Arc<CryptoProvider>) -> Result<Self, TlsError> {
        let hints = authorities.iter().flat_map(|authority| authority.roots.subjects()).collect();
        let verifiers = ArcSwap::from_pointee(verifiers(authorities, provider)?);
        Ok(Self { verifiers, hints, algorithms: provider.signature_verification_algorithms })
    }

    /// Takes the same CAs with what they have revoked since; on an error everything stays.
    pub(super) fn renew(
        &self,
        authorities: &[Authority],
        provider: &Arc<CryptoProvider>,
    ) -> Result<(), TlsError> {
        self.verifiers.store(Arc::new(verifiers(authorities, provider)?));
        Ok(())
    }

    /// Says what a peer's chain proves now. Resumed sessions show the chain of their first handshake, so the
    /// chain is verified here again: an expired certificate does not live on in a session.
    pub(super) fn identify(&self, chain: &[CertificateDer<'_>]) -> Option<PeerCertificate> {
        let (leaf, between) = chain.split_first()?;
        let now = UnixTime::now();
        let vouches =
            |verifier: &Arc<dyn ClientCertVerifier>| verifier.verify_client_cert(leaf, between, now).is_ok();
        let verifiers = self.verifiers.load();
        let verified_by: Vec<_> =
            verifiers.iter().filter(|(_, verifier)| vouches(verifier)).map(|(id, _)| *id).collect();
        if verified_by.is_empty() {
            return None;
        }
        let (oin, san) = read_subject(leaf)?;
        Some(PeerCertificate { verified_by, oin, san, sha256: Sha256::digest(leaf).into() })
    }
}

fn verifiers(authorities: &[Authority], provider: &Arc<CryptoProvider>) -> Result<Verifiers, TlsError> {
    authorities.iter().map(|authority| Ok((authority.id, authority.verifier(provider)?))).collect()
}

/// The subject's serial number and the DNS names, e-mail addresses and URIs among its alternative names.
fn read_subject(leaf: &[u8]) -> Option<(Option<String>, Vec<String>)> {
    let (_, certificate) = parse_x509_certificate(leaf).ok()?;
    let mut numbers = certificate
        .subject()
        .iter_attributes()
        .filter(|attribute| *attribute.attr_type() == OID_X509_SERIALNUMBER)
        .map(|attribute| attribute.as_str().map(str::to_owned));
    let oin = match (numbers.next(), numbers.next()) {
        (Some(Ok(number)), None) => Some(number),
        _ => None,
    };
    let mut san = Vec::new();
    if let Some(names) = certificate.subject_alternative_name().ok()? {
        for name in &names.value.general_names {
            match name {
                GeneralName::DNSName(name) => san.push(name.to_ascii_lowercase()),
                GeneralName::URI(name) | GeneralName::RFC822Name(name) => san.push((*name).to_owned()),
                _ => {}
            }
        }
    }
    Some((oin, san))
}

impl ClientCertVerifier for ClientCertificates {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let mut last = Error::General("no client CA is configured".into());
        for (_, verifier) in self.verifiers.load().iter() {
            match verifier.verify_client_cert(leaf, between, now) {
                Ok(verified) => return Ok(verified),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
