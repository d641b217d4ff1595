//! Names to addresses, and the check that an address is one this upstream may have.
//!
//! The connection is made to the addresses that passed here and to no other, so there is no second look-up
//! that could answer differently (DNS rebinding). It must not know HTTP.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::dns::Name;
use tower::Service;

/// Looks names up with the system's resolver.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    pub(super) allow_private: bool,
}

/// Why a name gave no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unresolved {
    /// The system's resolver found nothing.
    #[error("the name cannot be resolved")]
    LookUp,
    /// One of the addresses is not a public one. All are refused then: nobody knows which is the true one.
    #[error("the name resolves to an address that is not public")]
    NotPublic,
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Unresolved;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Unresolved>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unresolved>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let allow_private = self.allow_private;
        Box::pin(async move {
            // The port is filled in by the connector.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| Unresolved::LookUp)?;
            choose(found.collect(), allow_private).map(Vec::into_iter)
        })
    }
}

fn choose(found: Vec<SocketAddr>, allow_private: bool) -> Result<Vec<SocketAddr>, Unresolved> {
    if found.is_empty() {
        return Err(Unresolved::LookUp);
    }
    if !allow_private && !found.iter().all(|address| is_public(address.ip())) {
        return Err(Unresolved::NotPublic);
    }
    Ok(found)
}

/// False for every address that is not one of the public internet's (RFC 6890 and its registries).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b));
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let inside = |high: u16, low: u16| {
        let [[w, x], [y, z]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public_v4(Ipv4Addr::new(w, x, y, z))
    };
    match (a, b, c, d, e, f) {
        // IPv4 in other clothes: mapped, NAT64, 6to4.
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => inside(g, h),
        (0x2002, ..) => inside(b, c),
        // Documentation, Teredo and other special blocks under 2001::/23.
        (0x2001, 0xdb8 | 0..0x200, ..) | (0x3fff, ..) => false,
        // Only 2000::/3 is global unicast.
        _ => (0x2000..0x4000).contains(&a),
    }
}

#[cfg(test)]
mod tests {
    use super::{Unresolved, choose, is_public};

    #[test]
    fn special_addresses_are_not_public() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "240.0.0.1",
            "192.0.2.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2001:db8::1",
            "2001::1",
            "fec0::1",
            "100::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "2001:4860:4860::8888",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn one_private_address_spoils_all() {
        let found = || vec!["1.1.1.1:0".parse().unwrap(), "10.0.0.1:0".parse().unwrap()];
        assert_eq!(choose(found(), false), Err(Unresolved::NotPublic));
        assert_eq!(choose(found(), true).unwrap().len(), 2);
        assert_eq!(choose(vec![], true), Err(Unresolved::LookUp));
    }
}
