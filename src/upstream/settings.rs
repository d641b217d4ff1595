//! What one upstream is: where, over which TLS, with which credential, within which limits.
//!
//! It must not know the configuration file.

use std::path::PathBuf;
use std::time::Duration;

use http::Uri;

use super::credentials::CredentialSettings;

/// One upstream.
#[derive(Debug, Clone)]
pub struct UpstreamSettings {
    /// Scheme and authority of every request; a path is allowed and not looked at. `http` only where the
    /// configuration says so in plain letters.
    pub base: Uri,
    /// Trust and client certificate.
    pub tls: UpstreamTls,
    /// What Sluis shows the upstream.
    pub credential: CredentialSettings,
    /// Whether the upstream's *name* may lead to a loopback, private, link-local or otherwise special address.
    /// An address written in `base` itself is always allowed: it cannot change.
    pub allow_private: bool,
    /// For a name look-up, a TCP connection and a TLS handshake together.
    pub connect_timeout: Duration,
    /// From the request to the head of the reply, `connect_timeout` included.
    pub head_timeout: Duration,
    /// From the request to the last byte of the reply.
    pub total_timeout: Duration,
    /// Bytes of a reply's body.
    pub reply_bytes: usize,
}

/// TLS towards one upstream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpstreamTls {
    /// PEM of the only CAs to trust; without it, the machine's trust roots.
    pub ca: Option<PathBuf>,
    /// PEM of the client certificate with its chain, and of its private key.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
}

impl UpstreamSettings {
    /// An upstream with the machine's trust roots, no credential, and the defaults: 5 s to connect, 30 s to a head,
    /// 60 s in all, 8 MiB.
    pub fn new(base: Uri) -> Self {
        Self {
            base,
            tls: UpstreamTls::default(),
            credential: CredentialSettings::None,
            allow_private: false,
            connect_timeout: Duration::from_secs(5),
            head_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(60),
            reply_bytes: 8 * 1024 * 1024,
        }
    }
}
