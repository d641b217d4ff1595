//! The addresses a configuration writes: mounts, base URLs, networks.
//!
//! It must not know whom they belong to, and looks nothing up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::words::Value;

/// An `https` URL that others are built on: no user, query or fragment; its path ends with `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Whether TLS is spoken.
    pub tls: bool,
    /// The host: a name in lower case, or an address without brackets.
    pub host: String,
    /// The port, the scheme's own when none is written.
    pub port: u16,
    /// The path, beginning and ending with `/`.
    pub path: String,
}

impl BaseUrl {
    /// Reads one, or says why it cannot be one.
    pub fn read(text: &str) -> Result<Self, Value> {
        let (tls, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            _ => return Err(Value::Each("it does not begin with https://", "het begint niet met https://")),
        };
        if rest.contains(['?', '#']) {
            return Err(Value::Each("it has a query or fragment", "het heeft een vraag of fragment"));
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(Value::Each("it holds a user name", "het bevat een gebruikersnaam"));
        }
        let authority: http::uri::Authority =
            authority.parse().map_err(|_| Value::Each("its host is malformed", "de host klopt niet"))?;
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            None if authority.as_str().ends_with(':') => return Err(PORT),
            None if authority.as_str().len() > authority.host().len() => return Err(PORT),
            None => {
                if tls {
                    443
                } else {
                    80
                }
            }
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() || port == 0 {
            return Err(PORT);
        }
        let path = if path.is_empty() { "/" } else { path };
        check_path(path)?;
        let path = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
        Ok(Self { tls, host, port, path })
    }

    /// The address, when the host is one and not a name.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// Whether the host is this machine, by address or by the name `localhost`.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.ip().is_some_and(|ip| ip.to_canonical().is_loopback())
    }
}

impl std::fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.tls { 443 } else { 80 };
        if self.port == usual {
            write!(f, "{scheme}://{host}{}", self.path)
        } else {
            write!(f, "{scheme}://{host}:{}{}", self.port, self.path)
        }
    }
}

const PORT: Value = Value::Each("its host or port is malformed", "de host of poort klopt niet");

/// A mount, in the one form it has: `/a/b`, without the last `/`; the root is empty.
pub(super) fn read_mount(text: &str) -> Result<String, Value> {
    if !text.starts_with('/') {
        return Err(Value::Each("it does not begin with /", "het begint niet met /"));
    }
    check_path(text)?;
    if text.contains('%') {
        return Err(Value::Each("it is percent-encoded", "het is procent-gecodeerd"));
    }
    Ok(text.strip_suffix('/').unwrap_or(text).to_owned())
}

/// A path without games: no empty, `.` or `..` segment, only characters that stand for themselves.
fn check_path(path: &str) -> Result<(), Value> {
    let inner = path.strip_prefix('/').unwrap_or(path);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if inner.is_empty() && path.len() <= 1 {
        return Ok(());
    }
    for segment in inner.split('/') {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte);
        if segment.is_empty() {
            return Err(Value::Each("it has an empty segment", "het heeft een leeg deel"));
        }
        if segment == "." || segment == ".." {
            return Err(Value::Each("it has a segment `.` or `..`", "het heeft een deel `.` of `..`"));
        }
        if !segment.bytes().all(plain) {
            return Err(Value::Each("it holds another character", "het bevat een ander teken"));
        }
    }
    Ok(())
}

/// Whether a mount is another one, or lies below it.
pub(super) fn lies_in(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether an address is inside somebody's own network (RFC 1918, 4193, 6598, 6890), loopback included.
pub(super) fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || v4.is_documentation()
                || a == 0
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (b == 18 || b == 19))
                || a >= 240
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6.is_multicast()
        }
    }
}

/// A network: an address and how many of its bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// `10.1.4.0/28`, `2001:db8::/48`; an address alone is itself. Bits behind the prefix must be zero.
    pub fn read(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().ok()?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) if bits.bytes().all(|b| b.is_ascii_digit()) => bits.parse().ok()?,
            Some(_) => return None,
            None => most,
        };
        let network = Self { base, bits };
        (bits <= most && network.masked(base) == base).then_some(network)
    }

    /// Whether an address lies in it; an IPv4 address that arrives mapped into IPv6 counts as IPv4.
    pub fn holds(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        ip.is_ipv4() == self.base.is_ipv4() && self.masked(ip) == self.base
    }

    fn masked(&self, ip: IpAddr) -> IpAddr {
        match ip {
            IpAddr::V4(ip) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits.min(32))).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() & mask))
            }
            IpAddr::V6(ip) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits.min(128))).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & mask))
            }
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::{BaseUrl, Network, is_private, lies_in, read_mount};

    #[test]
    fn a_base_url_has_one_form() {
        for (written, form) in [
            ("https://api.example/v2", "https://api.example/v2/"),
            ("https://API.example:443/", "https://api.example/"),
            ("https://api.example", "https://api.example/"),
            ("http://127.0.0.1:8080/a/", "http://127.0.0.1:8080/a/"),
            ("https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443/x/"),
        ] {
            assert_eq!(BaseUrl::read(written).expect(written).to_string(), form);
        }
    }

    #[test]
    fn what_a_base_url_may_not_hold() {
        for bad in [
            "api.example",
            "ftp://api.example/",
            "https://",
            "https:///x",
            "https://u:p@api.example/",
            "https://api.example/?q",
            "https://api.example/#f",
            "https://api.example/a//b",
            "https://api.example/../x",
            "https://api.example:/",
            "https://api.example:0/",
            "https://api.example:99999/",
            "https://api.example/a b",
            "https://api.example/;x=1",
            "https://api.example\\@evil.example/",
        ] {
            assert!(BaseUrl::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn mounts_lose_their_last_slash_only() {
        assert_eq!(read_mount("/a/b/").as_deref(), Ok("/a/b"));
        assert_eq!(read_mount("/").as_deref(), Ok(""));
        for bad in ["a", "", "//", "/a//b", "/a/../b", "/a%2fb", "/a b", "/a/*", "/é"] {
            assert!(read_mount(bad).is_err(), "{bad}");
        }
        assert!(lies_in("/a/b", "/a") && lies_in("/a", "/a") && lies_in("/a", ""));
        assert!(!lies_in("/ab", "/a"));
    }

    #[test]
    fn networks_hold_their_addresses() {
        let network = Network::read("10.1.4.0/28").expect("network");
        for (ip, held) in
            [("10.1.4.0", true), ("10.1.4.15", true), ("10.1.4.16", false), ("::ffff:10.1.4.3", true)]
        {
            assert_eq!(network.holds(ip.parse().expect("ip")), held, "{ip}");
        }
        let all = Network::read("0.0.0.0/0").expect("network");
        assert!(all.holds("8.8.8.8".parse().expect("ip")) && !all.holds("::1".parse().expect("ip")));
        assert!(
            Network::read("2001:db8::/48").expect("network").holds("2001:db8:0:1::1".parse().expect("ip"))
        );
        for bad in ["10.1.4.7/28", "10.1.4.0/33", "10.1.4.0/", "10.1.4.0/+8", "school", "::/129"] {
            assert!(Network::read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn inside_addresses_are_told_apart() {
        for inside in [
            "10.0.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "0.0.0.0",
        ] {
            assert!(is_private(inside.parse().expect("ip")), "{inside}");
        }
        for outside in ["8.8.8.8", "2a00::1", "100.128.0.1", "172.32.0.1"] {
            assert!(!is_private(outside.parse().expect("ip")), "{outside}");
        }
    }
}
