//! Default addresses.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The default of a `listen` setting: reachable from this machine only.
pub(super) const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}
