//! The id of a request, the time it arrived, and its origin.

use std::{net::IpAddr, time::Instant};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
};
use rand::Rng as _;
use uuid::Uuid;
use vitals_core::runtime::{clock::now_ms, server::PeerAddress};

use crate::serving::Origin;

/// The header of a request's id: the client's own in a request, ours in the response.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header of the trace context (W3C).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The id of a request, the time it arrived, and its origin.
#[derive(Debug, Clone)]
pub(super) struct RequestContext {
    pub(super) id: Uuid,
    pub(super) started: Instant,
    pub(super) origin: Origin,
}

impl RequestContext {
    /// The context of a request that arrives now.
    pub(super) fn start(request: &Request) -> Self {
        Self { started: Instant::now(), id: request_id(), origin: origin(request) }
    }
}

/// The caller's address, and the ids in its headers.
fn origin(request: &Request) -> Origin {
    Origin {
        caller: request.extensions().get::<PeerAddress>().copied().map(caller),
        traceparent: header(request, TRACEPARENT),
        client_id: header(request, REQUEST_ID),
    }
}

/// The address of a connection. A socket of both protocols has IPv4 addresses in their mapped form, all
/// of which lie in one network of IPv6.
pub(super) fn caller(peer: PeerAddress) -> IpAddr {
    peer.0.ip().to_canonical()
}

/// The text of a header; `None` without it, or if it is not text.
fn header(request: &Request, name: HeaderName) -> Option<Box<str>> {
    let value: &HeaderValue = request.headers().get(name)?;
    Origin::text(value.to_str().ok()?)
}

/// A UUID of version 7: ordered by time, random within the millisecond.
fn request_id() -> Uuid {
    let millis = u64::try_from(now_ms()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::rng().random()).into_uuid()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    /// Else all IPv4 clients would share the room of one caller in the prediction log.
    #[test]
    fn callers_with_mapped_addresses_are_told_apart() {
        for (peer, expected) in [
            ("10.0.0.1:4000", "10.0.0.1"),
            ("[::ffff:10.0.0.1]:4000", "10.0.0.1"),
            ("[::ffff:10.0.0.2]:4000", "10.0.0.2"),
            ("[2001:db8::1]:4000", "2001:db8::1"),
        ] {
            let mut request = Request::new(Body::empty());
            request.extensions_mut().insert(PeerAddress(peer.parse().unwrap()));
            assert_eq!(origin(&request).caller, expected.parse().ok(), "{peer}");
        }
    }

    #[test]
    fn request_ids_are_unique_uuids_of_version_7() {
        let first = request_id();
        let second = request_id();
        assert_eq!(first.get_version_num(), 7);
        assert_ne!(first, second);
        let (seconds, _) = first.get_timestamp().unwrap().to_unix();
        assert!((now_ms() / 1000 - i64::try_from(seconds).unwrap()).abs() < 5);
    }
}
