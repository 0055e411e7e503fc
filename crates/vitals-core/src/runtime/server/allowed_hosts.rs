//! The host names that requests may be addressed to.
//!
//! A page of another origin can point its own name at this machine (DNS rebinding) and would then
//! read patients' data as its own origin. An IP address or `localhost` can't be rebound.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::{Request, StatusCode, header::HOST};

use crate::runtime::problem::Problem;

/// `localhost`, every IP address, and the configured names.
#[derive(Debug, Default)]
pub(super) struct AllowedHosts {
    names: Vec<String>,
    any: bool,
}

impl AllowedHosts {
    /// Parses names separated by commas; `*` allows every name.
    pub(super) fn new(setting: &str) -> Self {
        let names: Vec<_> = setting
            .split(',')
            .map(|name| name.trim().trim_end_matches('.').to_ascii_lowercase())
            .filter(|name| !name.is_empty())
            .collect();
        Self { any: names.iter().any(|name| name == "*"), names }
    }

    /// Accepts a request without a host: only HTTP/1.0 clients send none, and no browser does.
    ///
    /// # Errors
    /// The 421 response for another host.
    pub(super) fn check<B>(&self, request: &Request<B>) -> Result<(), Problem> {
        if self.any {
            return Ok(());
        }
        // HTTP/2 has the host in the URI, HTTP/1.1 in a header.
        let authority = match request.uri().authority() {
            Some(authority) => authority.as_str(),
            None => match request.headers().get(HOST) {
                Some(host) => host.to_str().unwrap_or("?"),
                None => return Ok(()),
            },
        };
        if self.allows(authority) {
            return Ok(());
        }
        let detail = format!("host {authority:?} is not in the setting http.allowed_hosts");
        Err(Problem::new(StatusCode::MISDIRECTED_REQUEST).detail(detail))
    }

    fn allows(&self, authority: &str) -> bool {
        let host = without_port(authority);
        if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return address.parse::<Ipv6Addr>().is_ok();
        }
        let name = host.strip_suffix('.').unwrap_or(host);
        name.eq_ignore_ascii_case("localhost")
            || name.parse::<Ipv4Addr>().is_ok()
            || self.names.iter().any(|allowed| name.eq_ignore_ascii_case(allowed))
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_cannot_be_rebound_or_are_configured_are_allowed() {
        let hosts = AllowedHosts::new("ward.example, Vitals.internal.");
        for (authority, allowed) in [
            ("127.0.0.1:8080", true),
            ("10.1.2.3", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("localhost", true),
            ("LOCALHOST:8080", true),
            ("ward.example", true),
            ("WARD.example.:8080", true),
            ("vitals.internal:80", true),
            ("rebound.example:8080", false),
            ("localhost.example", false),
            ("ward.example.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("", false),
            ("::1", false),
            ("[::1", false),
            ("user@127.0.0.1", false),
        ] {
            assert_eq!(hosts.allows(authority), allowed, "{authority:?}");
        }
    }

    #[test]
    fn a_star_allows_every_host() {
        let request = Request::get("/").header(HOST, "rebound.example").body(()).unwrap();
        assert!(AllowedHosts::new("").check(&request).is_err());
        assert!(AllowedHosts::new("*").check(&request).is_ok());
    }
}
