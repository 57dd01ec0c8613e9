//! Who is asking: the network of the client, told from the peer's address and, behind configured proxies only, from one header.
//!
//! Decides nothing about limits; it gives the key that limits are counted under. A name in a header (`Host`, `X-Forwarded-Host`, an
//! absolute address in the request line) is never read here nor anywhere else: links come from configuration.

use poem::http::{HeaderMap, HeaderName, header};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// A block of addresses: `10.0.0.0/8`, `2001:db8::/32` or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

/// A text that names no block of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("could not read the network: expected an address or address/bits")]
pub struct NetworkError;

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| NetworkError)?)),
            None => (text, None),
        };
        let base = address.parse::<IpAddr>().map_err(|_| NetworkError)?;
        let widest = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(widest);
        (bits <= widest).then_some(Self { base, bits }).ok_or(NetworkError)
    }
}

impl Network {
    /// Whether the address lies in this block. An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let kept = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                base.to_bits() & kept == address.to_bits() & kept
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let kept = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                base.to_bits() & kept == address.to_bits() & kept
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// The one header in which the configured proxies write the address they saw.
///
/// It has to be told apart by configuration: a proxy that writes one of the two hands the other on as the stranger wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For: client, proxy`.
    #[default]
    XForwardedFor,
    /// `Forwarded: for=client, for=proxy` (RFC 7239).
    Forwarded,
}

/// The proxies in front of this server, whose word on the client's address is taken. None by default.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    networks: Vec<Network>,
    header: ForwardedHeader,
}

impl TrustedProxies {
    /// Trusts the proxies in these networks, which write this header.
    pub fn new(networks: Vec<Network>, header: ForwardedHeader) -> Self {
        Self { networks, header }
    }

    /// Whether the address is one of the proxies.
    pub fn include(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    /// The client's address: the peer, or, when the peer is a proxy, the last hop that is none, read from the right.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut known = peer.to_canonical();
        if !self.include(known) {
            return known;
        }
        let hops = match self.header {
            ForwardedHeader::XForwardedFor => x_forwarded_for(headers),
            ForwardedHeader::Forwarded => forwarded(headers),
        };
        for hop in hops.into_iter().rev() {
            // An unreadable hop ends the walk: what stands to its left was written by somebody nobody vouches for.
            let Some(address) = hop else { return known };
            known = address.to_canonical();
            if !self.include(known) {
                return known;
            }
        }
        known
    }
}

fn listed<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = Option<&'a str>> {
    headers.get_all(name).iter().flat_map(|value| match value.to_str() {
        Ok(text) => text.split(',').map(|part| Some(part.trim())).collect::<Vec<_>>(),
        Err(_) => vec![None],
    })
}

fn x_forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    listed(headers, &HeaderName::from_static("x-forwarded-for")).map(|part| part.and_then(node)).collect()
}

fn forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    listed(headers, &header::FORWARDED)
        .map(|element| {
            let mut named = element?.split(';').filter_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
            });
            let first = named.next().and_then(node);
            // `for` twice in one element is not what a proxy writes.
            if named.next().is_some() { None } else { first }
        })
        .collect()
}

/// An address with or without its port: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
fn node(text: &str) -> Option<IpAddr> {
    if let Some(bracketed) = text.strip_prefix('[') {
        let (address, port) = bracketed.split_once(']')?;
        let port_reads = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
        return port_reads.then(|| address.parse::<Ipv6Addr>().ok().map(IpAddr::V6))?;
    }
    text.parse::<IpAddr>().ok().or_else(|| text.parse::<std::net::SocketAddrV4>().ok().map(|socket| IpAddr::V4(*socket.ip())))
}

/// The network a request comes from, as the key of limits: `192.0.2.0/24` for IPv4, `2001:db8:1:2::/64` for IPv6.
///
/// A whole network, because one household or attacker has all of its addresses.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ClientNetwork(String);

impl ClientNetwork {
    /// The network of an address. An IPv4 address written as IPv6 counts as IPv4.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => format!("{}/24", Ipv4Addr::from_bits(address.to_bits() & !0xff)),
            IpAddr::V6(address) => format!("{}/64", Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        })
    }

    /// For a transport without addresses (a Unix socket): all of its clients share this one.
    pub fn local() -> Self {
        Self("local".to_owned())
    }

    /// The key, at most 43 characters, the same for the same network in every process.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientNetwork {
    /// Silent: an address, even a shortened one, is personal data and has no place in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientNetwork")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::http::HeaderValue;

    fn proxies(header: ForwardedHeader) -> TrustedProxies {
        TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()], header)
    }

    fn headers(name: &'static str, values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    fn client(header: ForwardedHeader, peer: &str, headers: &HeaderMap) -> String {
        proxies(header).client(peer.parse().unwrap(), headers).to_string()
    }

    #[test]
    fn a_strangers_header_is_not_believed() {
        let sent = headers("x-forwarded-for", &["198.51.100.7"]);
        assert_eq!(client(ForwardedHeader::XForwardedFor, "203.0.113.9", &sent), "203.0.113.9");
    }

    #[test]
    fn a_header_in_front_of_the_proxys_own_entry_is_not_believed() {
        let sent = headers("x-forwarded-for", &["198.51.100.7", "203.0.113.9, 10.1.1.1"]);
        assert_eq!(client(ForwardedHeader::XForwardedFor, "10.0.0.1", &sent), "203.0.113.9");
    }

    #[test]
    fn the_header_that_the_proxy_does_not_write_is_not_read() {
        let sent = headers("forwarded", &["for=198.51.100.7"]);
        assert_eq!(client(ForwardedHeader::XForwardedFor, "10.0.0.1", &sent), "10.0.0.1");
    }

    #[test]
    fn forwarded_reads_quotes_ports_and_several_elements() {
        let sent = headers("forwarded", &[r#"for=198.51.100.7, For="[2001:db8::1]:4711";proto=https"#, "for=10.2.2.2"]);
        assert_eq!(client(ForwardedHeader::Forwarded, "10.0.0.1", &sent), "2001:db8::1");
    }

    #[test]
    fn an_unreadable_hop_ends_the_walk_at_the_last_known_one() {
        for text in ["198.51.100.7, unknown", "198.51.100.7, _hidden", "198.51.100.7, 10.1.1.1:x", "198.51.100.7,"] {
            let mut sent = HeaderMap::new();
            sent.insert("x-forwarded-for", HeaderValue::from_static(text));
            assert_eq!(client(ForwardedHeader::XForwardedFor, "10.0.0.1", &sent), "10.0.0.1", "{text}");
        }
        let twice = headers("forwarded", &["for=198.51.100.7;for=203.0.113.9"]);
        assert_eq!(client(ForwardedHeader::Forwarded, "10.0.0.1", &twice), "10.0.0.1");
    }

    #[test]
    fn networks_are_24_and_64_bits_wide_and_mapped_addresses_count_as_ipv4() {
        let network = |text: &str| ClientNetwork::of(text.parse().unwrap()).as_str().to_owned();
        assert_eq!(network("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(network("::ffff:192.0.2.78"), "192.0.2.0/24");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    }

    #[test]
    fn a_block_contains_its_addresses_and_no_others() {
        let block: Network = "10.0.0.0/8".parse().unwrap();
        assert!(block.contains("10.255.0.1".parse().unwrap()) && block.contains("::ffff:10.0.0.1".parse().unwrap()));
        assert!(!block.contains("11.0.0.1".parse().unwrap()) && !block.contains("2001:db8::1".parse().unwrap()));
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("203.0.113.9".parse().unwrap()));
        let one: Network = "::1".parse().unwrap();
        assert!(one.contains("::1".parse().unwrap()) && !one.contains("::2".parse().unwrap()));
        for wrong in ["10.0.0.0/33", "::/129", "proxy.example", "10.0.0.0/", ""] {
            assert_eq!(wrong.parse::<Network>(), Err(NetworkError), "{wrong}");
        }
    }
}
