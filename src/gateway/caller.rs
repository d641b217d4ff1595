//! Callers: who may use a route, and how that is recognised.
//!
//! A caller is a token, a certificate with its subject, or a token that Sluis issued; a network only
//! narrows (CONTRACT.md). A credential belongs to one publisher: `config` refuses one that two share.

use std::net::IpAddr;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::gateway::gate::{AuthorityId, PeerCertificate, Presented};
use crate::gateway::issuer::Issuer;
use crate::gateway::refusal::Refusal;

/// One caller of a route.
pub struct CallerRule {
    /// What it has to show.
    pub credential: Credential,
    /// From where it may call; empty means from anywhere.
    pub networks: Vec<Network>,
}

/// What a caller shows.
pub enum Credential {
    /// A bearer token (RFC 6750), kept as its SHA-256.
    Token([u8; 32]),
    /// A client certificate under this authority, with this subject.
    Certificate {
        /// The authority that vouches for it.
        authority: AuthorityId,
        /// Which of its certificates.
        subject: Subject,
    },
    /// An OAuth2 token that Sluis issued for this route (RFC 6749, 4.4).
    Issued(Arc<Issuer>),
    /// A process on this machine: any loopback address, nothing shown. For `asks = "school"` only.
    ThisMachine,
}

/// Whom a certificate must name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Organisatie-identificatienummer: the subject's serialNumber (PKIoverheid).
    Oin(String),
    /// A DNS name, e-mail address or URI among its subject alternative names.
    San(String),
    /// SHA-256 of the certificate itself.
    Sha256([u8; 32]),
    /// Any certificate: the authority is the school's own (`ca_is_ours`).
    Any,
}

/// A network in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// A network that was not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a network is `address/bits`, for example 10.1.4.0/28 or fd00::/8, without bits beyond the mask")]
pub struct ReadNetwork;

impl Credential {
    /// A token, of which only the digest is kept. Outer white space does not count.
    pub fn token(text: &str) -> Self {
        Self::Token(Sha256::digest(text.trim().as_bytes()).into())
    }
}

impl Network {
    /// Reads `10.1.4.0/28`, or a single address.
    ///
    /// # Errors
    /// [`ReadNetwork`] when it is no network, or has bits set beyond its mask.
    pub fn parse(text: &str) -> Result<Self, ReadNetwork> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| ReadNetwork)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| ReadNetwork))?;
        let network = Self { address, bits };
        let exact = bits <= most && network.masked(address) == Some(widen(address));
        exact.then_some(network).ok_or(ReadNetwork)
    }

    /// Whether the address lies in it. An IPv4 address mapped into IPv6 counts as IPv4.
    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && self.masked(address) == self.masked(self.address)
    }

    fn masked(&self, address: IpAddr) -> Option<u128> {
        let width = if address.is_ipv4() { 32 } else { 128 };
        let beyond = u32::from(width - self.bits.min(width));
        Some(widen(address).checked_shr(beyond).map_or(0, |kept| kept.checked_shl(beyond).unwrap_or(0)))
    }
}

/// Recognises the caller of a route: the index of the rule that it meets.
///
/// # Errors
/// [`Refusal::Unauthenticated`] when nothing that is shown is known here; [`Refusal::Forbidden`] when a
/// credential is known but its network is not.
pub fn recognise(
    rules: &[CallerRule],
    bearer: Option<&str>,
    presented: &Presented,
) -> Result<usize, Refusal> {
    let mut refusal = Refusal::Unauthenticated;
    for (index, rule) in rules.iter().enumerate() {
        if !shows(&rule.credential, bearer, presented) {
            continue;
        }
        let from = presented.peer.ip();
        if rule.networks.is_empty() || rule.networks.iter().any(|network| network.holds(from)) {
            return Ok(index);
        }
        refusal = Refusal::Forbidden;
    }
    Err(refusal)
}

/// Whether two secrets are the same, in a time that tells nothing of where they differ.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// The bearer token of a request's `Authorization`, if it has exactly one of that scheme.
pub fn bearer(headers: &http::HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(http::header::AUTHORIZATION).iter();
    let only = all.next()?;
    if all.next().is_some() {
        return None;
    }
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn shows(credential: &Credential, bearer: Option<&str>, presented: &Presented) -> bool {
    match credential {
        Credential::Token(digest) => bearer.is_some_and(|token| {
            let shown: [u8; 32] = Sha256::digest(token.as_bytes()).into();
            shown.ct_eq(digest).into()
        }),
        Credential::Certificate { authority, subject } => {
            presented.certificate.as_ref().is_some_and(|certificate| {
                certificate.verified_by.contains(authority) && names(certificate, subject)
            })
        }
        Credential::Issued(issuer) => bearer.is_some_and(|token| issuer.knows(token)),
        Credential::ThisMachine => presented.peer.ip().to_canonical().is_loopback(),
    }
}

fn names(certificate: &PeerCertificate, subject: &Subject) -> bool {
    match subject {
        Subject::Oin(oin) => certificate.oin.as_deref() == Some(oin.as_str()),
        Subject::San(name) => certificate.san.iter().any(|own| own.eq_ignore_ascii_case(name)),
        Subject::Sha256(digest) => certificate.sha256 == *digest,
        Subject::Any => true,
    }
}

fn widen(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => u128::from(u32::from(four)),
        IpAddr::V6(six) => u128::from(six),
    }
}

#[cfg(test)]
mod tests {
    use super::{CallerRule, Credential, Network, recognise};
    use crate::gateway::gate::Presented;
    use crate::gateway::refusal::Refusal;

    fn from(address: &str) -> Presented {
        Presented { peer: (address.parse::<std::net::IpAddr>().unwrap(), 4000).into(), certificate: None }
    }

    #[test]
    fn a_network_narrows_and_never_admits() {
        let rule = |networks| CallerRule { credential: Credential::token("made in the test"), networks };
        let here = rule(vec![Network::parse("10.1.4.0/28").unwrap()]);
        let rules = [here];
        assert_eq!(recognise(&rules, Some("made in the test"), &from("10.1.4.7")), Ok(0));
        assert_eq!(recognise(&rules, Some("made in the test"), &from("::ffff:10.1.4.7")), Ok(0));
        assert_eq!(recognise(&rules, Some("made in the test"), &from("10.1.4.16")), Err(Refusal::Forbidden));
        assert_eq!(recognise(&rules, Some("another"), &from("10.1.4.7")), Err(Refusal::Unauthenticated));
        assert_eq!(recognise(&rules, None, &from("10.1.4.7")), Err(Refusal::Unauthenticated));
        assert_eq!(
            recognise(&[], Some("made in the test"), &from("10.1.4.7")),
            Err(Refusal::Unauthenticated)
        );
    }

    #[test]
    fn networks_are_read_strictly() {
        for odd in
            ["10.1.4.1/28", "10.1.4.0/33", "10.1.4.0/", "school", "fd00::1/8", "10.1.4/24", "0.0.0.0/-1"]
        {
            assert!(Network::parse(odd).is_err(), "{odd}");
        }
        assert!(Network::parse("0.0.0.0/0").unwrap().holds("192.0.2.1".parse().unwrap()));
        assert!(!Network::parse("::/0").unwrap().holds("192.0.2.1".parse().unwrap()));
        assert!(Network::parse("fd00::/8").unwrap().holds("fd12::1".parse().unwrap()));
        assert!(Network::parse("192.0.2.9").unwrap().holds("192.0.2.9".parse().unwrap()));
    }
}
