//! Authorization of requests that change the models.

use std::net::IpAddr;

use axum::http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{AUTHORIZATION, HOST, ORIGIN},
};
use vitals_core::runtime::{config::ModelServerSettings, problem::Problem};

/// The policy that decides which requests may change the models.
#[derive(Debug)]
pub(crate) enum AdminPolicy {
    /// None.
    Disabled,
    /// Those with this bearer token.
    Token(String),
    /// Those to the loopback address, unless a proxy forwards them or a page of another origin sends
    /// them.
    Loopback,
}

impl AdminPolicy {
    pub(crate) fn from_settings(settings: &ModelServerSettings) -> Self {
        if !settings.admin {
            Self::Disabled
        } else if !settings.admin_token.is_empty() {
            Self::Token(settings.admin_token.clone())
        // Without a token, only a loopback address is safe.
        } else if settings.listen.ip().is_loopback() {
            Self::Loopback
        } else {
            Self::Disabled
        }
    }

    /// Authorizes a request by its headers.
    ///
    /// # Errors
    /// The problem to respond with: 403, or 401 if a token is required.
    pub(super) fn authorize(&self, headers: &HeaderMap) -> Result<(), Problem> {
        match self {
            Self::Disabled => Err(Problem::new(StatusCode::FORBIDDEN).detail(
                "changing models over HTTP is disabled (settings model_server.admin, admin_token)",
            )),
            Self::Token(token) => {
                let sent = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
                let sent = sent.and_then(|sent| sent.strip_prefix(b"Bearer "));
                // In constant time, so that the time of a response does not reveal how much of a
                // guess is right.
                if sent.is_some_and(|sent| constant_time_eq(sent, token.as_bytes())) {
                    Ok(())
                } else {
                    Err(Problem::new(StatusCode::UNAUTHORIZED)
                        .detail("send the token as Authorization: Bearer"))
                }
            }
            // Through a proxy on this machine, every client would count as local.
            Self::Loopback if is_forwarded(headers) => Err(Problem::new(StatusCode::FORBIDDEN)
                .detail(
                    "a proxy forwards the request: set model_server.admin_token and send the token",
                )),
            // A browser on this machine sends requests for any page that it displays.
            Self::Loopback if is_cross_origin(headers) => Err(Problem::new(StatusCode::FORBIDDEN)
                .detail("the request comes from a page of another origin")),
            Self::Loopback => Ok(()),
        }
    }
}

/// Headers that proxies add, beside those that start with `x-forwarded`. A forwarded request reaches
/// the loopback address from anywhere.
const FORWARDING_HEADERS: [&str; 19] = [
    "forwarded",
    "via",
    "cdn-loop",
    "proxy-client-ip",
    "wl-proxy-client-ip",
    "x-real-ip",
    "x-client-ip",
    "x-remote-addr",
    "x-remote-ip",
    "x-proxyuser-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "x-envoy-external-address",
    "x-azure-clientip",
    "x-appengine-user-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "fly-client-ip",
];

fn is_forwarded(headers: &HeaderMap) -> bool {
    headers
        .keys()
        .map(HeaderName::as_str)
        .any(|name| name.starts_with("x-forwarded") || FORWARDING_HEADERS.contains(&name))
}

/// Returns true if a browser sends the request for a page of another origin, or by a host name that
/// is not this machine's: a name of the attacker that resolves to 127.0.0.1 (DNS rebinding).
fn is_cross_origin(headers: &HeaderMap) -> bool {
    let host = text(headers, HOST).unwrap_or_default();
    let other_origin = text(headers, ORIGIN).is_some_and(|origin| {
        // An origin is scheme and host; the host header has no scheme.
        origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) != Some(host)
    });
    other_origin || !is_loopback(host)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn is_loopback(host: &str) -> bool {
    // A port follows the last colon, unless that colon is part of an IPv6 address.
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    // Only clients other than browsers omit the header.
    if name.is_empty() || name == "localhost" {
        return true;
    }
    let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
    address.is_ok_and(|address| address.is_loopback())
}

/// Compares without revealing by its duration where the first difference is.
fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(policy: &AdminPolicy, headers: &[(&'static str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        policy.authorize(&map).map_or_else(|problem| problem.status, |()| 200)
    }

    #[test]
    fn without_a_token_only_a_loopback_address_is_authorized() {
        let mut settings = ModelServerSettings::default();
        assert!(matches!(AdminPolicy::from_settings(&settings), AdminPolicy::Loopback));
        settings.listen.set_ip("0.0.0.0".parse().unwrap());
        assert!(matches!(AdminPolicy::from_settings(&settings), AdminPolicy::Disabled));
        "a token of some length".clone_into(&mut settings.admin_token);
        assert!(matches!(AdminPolicy::from_settings(&settings), AdminPolicy::Token(_)));
        settings.admin = false;
        assert!(matches!(AdminPolicy::from_settings(&settings), AdminPolicy::Disabled));
    }

    #[test]
    fn only_the_exact_token_is_authorized() {
        let policy = AdminPolicy::Token("correct horse battery".to_owned());
        for (sent, expected) in [
            ("Bearer correct horse battery", 200),
            ("Bearer correct horse batterx", 401),
            ("Bearer", 401),
            ("Basic correct horse battery", 401),
        ] {
            assert_eq!(status(&policy, &[("authorization", sent)]), expected, "{sent}");
        }
        assert_eq!(status(&policy, &[]), 401);
        assert_eq!(status(&AdminPolicy::Disabled, &[("authorization", "Bearer x")]), 403);
    }

    #[test]
    fn a_forwarded_request_is_rejected_without_a_token() {
        let prefixed = ["x-forwarded-for", "x-forwarded-port", "x-forwarded-server"];
        for name in FORWARDING_HEADERS.into_iter().chain(prefixed) {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("127.0.0.1:8000"));
            headers.insert(name, HeaderValue::from_static("203.0.113.7"));
            let problem = AdminPolicy::Loopback.authorize(&headers).unwrap_err();
            assert_eq!(problem.status, 403, "{name}");
        }
    }

    #[test]
    fn a_page_of_another_origin_is_rejected() {
        for (headers, expected) in [
            (vec![], 200),
            (vec![("host", "127.0.0.1:8000")], 200),
            (vec![("host", "[::1]:8000")], 200),
            (vec![("host", "localhost")], 200),
            (vec![("host", "127.0.0.1:8000"), ("origin", "http://127.0.0.1:8000")], 200),
            (vec![("host", "127.0.0.1:8000"), ("origin", "http://evil.example")], 403),
            (vec![("host", "127.0.0.1:8000"), ("origin", "null")], 403),
            (vec![("host", "rebound.example:8000")], 403),
        ] {
            assert_eq!(status(&AdminPolicy::Loopback, &headers), expected, "{headers:?}");
        }
    }
}
