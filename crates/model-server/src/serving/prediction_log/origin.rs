//! The origin of a request.

use std::net::{IpAddr, Ipv6Addr};

/// The maximum length of an id that a client gave, bytes; a longer one is not logged.
const MAX_ID_BYTES: usize = 128;

/// The sender of a request and the ids that it gave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    /// The address of the connection.
    pub(crate) caller: Option<IpAddr>,
    /// The trace context (W3C).
    pub(crate) traceparent: Option<Box<str>>,
    /// The client's id of the request.
    pub(crate) client_id: Option<Box<str>>,
}

impl Origin {
    /// An id for the log; `None` if it is empty or too long.
    pub(crate) fn text(id: &str) -> Option<Box<str>> {
        if id.is_empty() || id.len() > MAX_ID_BYTES { None } else { Some(id.into()) }
    }

    /// The caller whose share of the buffer a request takes. A network of IPv6 addresses counts as
    /// one caller, because a client can use all of them.
    pub(super) fn network(&self) -> Option<IpAddr> {
        match self.caller {
            Some(IpAddr::V6(address)) => {
                Some(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into())
            }
            other => other,
        }
    }
}
