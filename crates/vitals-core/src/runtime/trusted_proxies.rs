//! The proxies whose headers are believed, and the address of the client behind them.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::{IpNet, Ipv4Net};

/// The header in which each proxy appends the address that its request came from.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Bits of an IPv6 address before an IPv4 address that is mapped into it.
const MAPPED_PREFIX: u8 = 96;

/// Addresses and networks of trusted proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Parses addresses and networks separated by commas, such as `127.0.0.1, 10.8.0.0/16`.
    ///
    /// # Errors
    /// The entry that is neither.
    pub fn parse(list: &str) -> Result<Self, String> {
        let entries = list.split(',').map(str::trim);
        let networks = entries.filter(|entry| !entry.is_empty() || !list.trim().is_empty());
        networks
            .map(|entry| network(entry).ok_or_else(|| format!("{entry} is no address or network")))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Returns true if a proxy at this address is believed.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address of the client behind a connection from `peer`: the nearest one that is no trusted
    /// proxy. Every trusted proxy vouches for the address before its own in `X-Forwarded-For`; the
    /// client may have written anything before that.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer.to_canonical();
        let values: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
        // The proxies append: the last entry of the last header is that of the nearest proxy.
        let entries = values.iter().rev().flat_map(|value| value.as_bytes().rsplit(|&b| b == b','));
        for entry in entries {
            if !self.contains(nearest) {
                break;
            }
            match forwarded_address(entry) {
                Some(address) => nearest = address.to_canonical(),
                None => break,
            }
        }
        nearest
    }
}

/// A network, or the network of a single address.
fn network(entry: &str) -> Option<IpNet> {
    let network = match entry.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => entry.parse().ok()?,
    };
    // Connections to an IPv6 socket have mapped IPv4 addresses, which are compared as IPv4.
    match network {
        IpNet::V6(mapped) if mapped.prefix_len() >= MAPPED_PREFIX => {
            match mapped.addr().to_ipv4_mapped() {
                Some(address) => {
                    let prefix = mapped.prefix_len() - MAPPED_PREFIX;
                    Ipv4Net::new(address, prefix).ok().map(IpNet::V4)
                }
                None => Some(network),
            }
        }
        IpNet::V4(_) | IpNet::V6(_) => Some(network),
    }
}

/// An entry of `X-Forwarded-For`: an address, some proxies add the port.
fn forwarded_address(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim();
    let unbracketed = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = unbracketed.unwrap_or(entry).parse().ok();
    address.or_else(|| entry.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(forwarded: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_client_is_the_nearest_address_that_is_no_trusted_proxy() {
        let proxies = TrustedProxies::parse("10.0.0.0/8, 192.0.2.1, 2001:db8:1::/48,::1").unwrap();
        let cases: [(&str, &[&str], &str); 22] = [
            // Not through a proxy: the header is the client's own invention.
            ("198.51.100.7", &[], "198.51.100.7"),
            ("198.51.100.7", &["10.0.0.1"], "198.51.100.7"),
            ("192.0.2.2", &["203.0.113.9"], "192.0.2.2"),
            ("2001:db8:2::1", &["203.0.113.9"], "2001:db8:2::1"),
            // Through one proxy.
            ("10.1.2.3", &["203.0.113.9"], "203.0.113.9"),
            ("192.0.2.1", &[" 203.0.113.9 "], "203.0.113.9"),
            ("2001:db8:1::5", &["2001:db8:7::9"], "2001:db8:7::9"),
            ("::1", &["203.0.113.9"], "203.0.113.9"),
            ("::ffff:10.1.2.3", &["::ffff:203.0.113.9"], "203.0.113.9"),
            ("10.1.2.3", &["203.0.113.9:51234"], "203.0.113.9"),
            ("10.1.2.3", &["[2001:db8:7::9]:51234"], "2001:db8:7::9"),
            ("10.1.2.3", &["[2001:db8:7::9]"], "2001:db8:7::9"),
            // The client sent a header of its own, to which the proxy appended.
            ("10.1.2.3", &["192.0.2.77, 203.0.113.9"], "203.0.113.9"),
            ("10.1.2.3", &["10.9.9.9,203.0.113.9"], "203.0.113.9"),
            ("10.1.2.3", &["192.0.2.77", "203.0.113.9"], "203.0.113.9"),
            // Through several proxies.
            ("10.1.2.3", &["1.1.1.1, 203.0.113.9, 10.4.4.4"], "203.0.113.9"),
            ("10.1.2.3", &["1.1.1.1, 203.0.113.9", "10.4.4.4, 10.5.5.5"], "203.0.113.9"),
            // Clients inside the trusted network, and proxies that add nothing.
            ("10.1.2.3", &["10.4.4.4"], "10.4.4.4"),
            ("10.1.2.3", &[], "10.1.2.3"),
            // An entry that is no address: nobody vouches for those before it.
            ("10.1.2.3", &["203.0.113.9, unknown"], "10.1.2.3"),
            ("10.1.2.3", &["203.0.113.9, _hidden, 10.4.4.4"], "10.4.4.4"),
            ("10.1.2.3", &[""], "10.1.2.3"),
        ];
        for (peer, forwarded, expected) in cases {
            let client = proxies.client(peer.parse().unwrap(), &headers(forwarded));
            assert_eq!(client.to_string(), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn without_proxies_nothing_is_believed() {
        let none = TrustedProxies::parse(" ").unwrap();
        assert_eq!(none, TrustedProxies::default());
        let peer = "127.0.0.1".parse().unwrap();
        assert_eq!(none.client(peer, &headers(&["203.0.113.9"])), peer);
    }

    #[test]
    fn a_network_of_mapped_addresses_is_one_of_ipv4() {
        let proxies = TrustedProxies::parse("::ffff:10.0.0.0/104,::ffff:192.0.2.1").unwrap();
        for trusted in ["10.200.0.1", "::ffff:10.200.0.1", "192.0.2.1"] {
            assert!(proxies.contains(trusted.parse().unwrap()), "{trusted}");
        }
        assert!(!proxies.contains("11.0.0.1".parse().unwrap()));
    }

    #[test]
    fn an_entry_that_is_no_network_is_named() {
        for wrong in ["10.0.0.0/33", "proxy.example", "10.0.0.1,,::1", "10.0.0.1/", ","] {
            assert!(TrustedProxies::parse(wrong).is_err(), "{wrong}");
        }
    }
}
