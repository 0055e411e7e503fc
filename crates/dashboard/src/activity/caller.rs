//! The origin of a request: the user, the address and the browser.

use std::net::IpAddr;

use anyhow::Context as _;
use axum::http::{HeaderMap, HeaderName, header::USER_AGENT};
use vitals_core::{
    domain::activity::MAX_ACTIVITY_TEXT_BYTES,
    runtime::{config::ActivitySettings, trusted_proxies::TrustedProxies},
};

use super::access::shortened;

/// The origin of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The user that a trusted proxy named.
    pub user: Option<String>,
    /// The nearest address that is no trusted proxy.
    pub address: IpAddr,
    /// The browser, as it describes itself.
    pub user_agent: Option<String>,
}

/// Determines the origin of requests. Headers are believed only from trusted proxies: anyone else can
/// write into them any name and any address.
#[derive(Debug)]
pub struct CallerPolicy {
    user_header: HeaderName,
    proxies: TrustedProxies,
}

impl CallerPolicy {
    /// The policy of the settings.
    ///
    /// # Errors
    /// If they are invalid.
    pub fn new(settings: &ActivitySettings) -> anyhow::Result<Self> {
        let user_header = HeaderName::from_bytes(settings.user_header.as_bytes())
            .context("dashboard.activity.user_header")?;
        let proxies = TrustedProxies::parse(&settings.trusted_proxies)
            .map_err(|problem| anyhow::anyhow!("dashboard.activity.trusted_proxies: {problem}"))?;
        Ok(Self { user_header, proxies })
    }

    /// The origin of a request with `headers` on a connection from `peer`.
    #[must_use]
    pub fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> Caller {
        let user = if self.proxies.contains(peer) { self.user(headers) } else { None };
        Caller {
            user,
            address: self.proxies.client(peer, headers),
            user_agent: user_agent(headers),
        }
    }

    /// The named user. Two headers name none: one of them may be the client's, and the proxy has not
    /// replaced it.
    fn user(&self, headers: &HeaderMap) -> Option<String> {
        let mut values = headers.get_all(&self.user_header).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let user = std::str::from_utf8(value.as_bytes()).ok()?.trim();
        let is_name = !user.is_empty() && user.len() <= MAX_ACTIVITY_TEXT_BYTES;
        is_name.then(|| user.to_owned())
    }
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(USER_AGENT)?.as_bytes();
    shortened(std::str::from_utf8(agent).ok()?.trim())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn policy() -> CallerPolicy {
        let settings = ActivitySettings {
            user_header: "X-Remote-User".to_owned(),
            trusted_proxies: "10.0.0.0/8,2001:db8:1::/48".to_owned(),
            ..ActivitySettings::default()
        };
        CallerPolicy::new(&settings).unwrap()
    }

    /// Names and values.
    type Headers<'a> = &'a [(&'static str, &'a str)];

    fn headers(values: Headers<'_>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn only_a_trusted_proxy_names_the_user() {
        let long = "u".repeat(257);
        let cases: [(&str, Headers<'_>, Option<&str>); 13] = [
            ("10.1.1.1", &[("x-remote-user", "ada.li")], Some("ada.li")),
            ("::ffff:10.1.1.1", &[("X-Remote-User", "ada.li")], Some("ada.li")),
            ("2001:db8:1::9", &[("x-remote-user", " Ada Li ")], Some("Ada Li")),
            ("10.1.1.1", &[("x-remote-user", "Žofie Nová")], Some("Žofie Nová")),
            // Spoofed: the connection is not the proxy's, whatever the headers tell.
            ("198.51.100.7", &[("x-remote-user", "ada.li")], None),
            ("2001:db8:2::9", &[("x-remote-user", "ada.li")], None),
            ("198.51.100.7", &[("x-remote-user", "a"), ("x-forwarded-for", "10.1.1.1")], None),
            // Nobody is signed in, or it is unclear who.
            ("10.1.1.1", &[], None),
            ("10.1.1.1", &[("x-remote-user", " ")], None),
            ("10.1.1.1", &[("x-forwarded-user", "ada.li")], None),
            ("10.1.1.1", &[("x-remote-user", "mallory"), ("x-remote-user", "ada.li")], None),
            ("10.1.1.1", &[("x-remote-user", long.as_str())], None),
            ("10.1.1.1", &[("x-remote-user-2", "ada.li")], None),
        ];
        for (peer, values, user) in cases {
            let caller = policy().caller(peer.parse().unwrap(), &headers(values));
            assert_eq!(caller.user.as_deref(), user, "{peer} {values:?}");
        }
        let latin1 = HeaderValue::from_bytes(b"Ren\xe9e").unwrap();
        let headers = HeaderMap::from_iter([(HeaderName::from_static("x-remote-user"), latin1)]);
        assert_eq!(policy().caller("10.1.1.1".parse().unwrap(), &headers).user, None);
    }

    #[test]
    fn the_address_is_the_browsers() {
        let forwarded = headers(&[("x-forwarded-for", "192.0.2.77, 203.0.113.9")]);
        let address =
            |peer: &str| policy().caller(peer.parse().unwrap(), &forwarded).address.to_string();
        assert_eq!(address("10.1.1.1"), "203.0.113.9");
        assert_eq!(address("198.51.100.7"), "198.51.100.7");
    }

    #[test]
    fn the_browsers_description_is_shortened_between_characters() {
        let agent = format!("{}é", "b".repeat(255));
        let caller = |agent: &str| {
            policy().caller("10.1.1.1".parse().unwrap(), &headers(&[("user-agent", agent)]))
        };
        assert_eq!(caller(&agent).user_agent, Some("b".repeat(255)));
        assert_eq!(caller("Firefox").user_agent.as_deref(), Some("Firefox"));
        assert_eq!(caller("").user_agent, None);
    }
}
