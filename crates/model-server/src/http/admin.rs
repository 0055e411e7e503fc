//! Who may change the models over HTTP.

use axum::http::{
    HeaderMap, StatusCode,
    header::{AUTHORIZATION, HOST, ORIGIN},
};
use vitals_core::runtime::{config::ModelServerSettings, problem::Problem};

/// The rule of this server.
#[derive(Debug)]
pub(crate) enum Admin {
    /// Nobody.
    Nobody,
    /// Whoever has the token.
    Token(String),
    /// Whoever reaches the loopback address, unless a foreign page sends them.
    Local,
}

impl Admin {
    pub(crate) fn of(settings: &ModelServerSettings) -> Self {
        if !settings.admin {
            Self::Nobody
        } else if !settings.admin_token.is_empty() {
            Self::Token(settings.admin_token.clone())
        } else if settings.listen.ip().is_loopback() {
            Self::Local
        } else {
            Self::Nobody
        }
    }

    /// Whether a request with these headers may change the models.
    ///
    /// # Errors
    /// The answer: 403, or 401 where a token would help.
    pub(super) fn allow(&self, headers: &HeaderMap) -> Result<(), Problem> {
        match self {
            Self::Nobody => Err(Problem::new(StatusCode::FORBIDDEN).detail(
                "models are not changed over HTTP here (settings model_server.admin, admin_token)",
            )),
            Self::Token(token) => {
                let sent = headers.get(AUTHORIZATION).map(axum::http::HeaderValue::as_bytes);
                let sent = sent.and_then(|sent| sent.strip_prefix(b"Bearer "));
                if sent.is_some_and(|sent| same(sent, token.as_bytes())) {
                    Ok(())
                } else {
                    Err(Problem::new(StatusCode::UNAUTHORIZED)
                        .detail("send the token as Authorization: Bearer"))
                }
            }
            Self::Local if is_foreign(headers) => {
                Err(Problem::new(StatusCode::FORBIDDEN).detail("a page of another origin asks"))
            }
            Self::Local => Ok(()),
        }
    }
}

/// A browser says which page makes it ask, and an honest name for this machine resolves to it.
fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(HOST).unwrap_or_default();
    let other = text(ORIGIN).is_some_and(|origin| {
        origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) != Some(host)
    });
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
    });
    let here = name.is_empty()
        || name == "localhost"
        || name
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    other || !here
}

/// Takes the same time wherever the first difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(admin: &Admin, headers: &[(&'static str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        admin.allow(&map).map_or_else(|problem| problem.status, |()| 200)
    }

    #[test]
    fn without_a_token_only_a_loopback_address_is_open() {
        let mut settings = ModelServerSettings::default();
        assert!(matches!(Admin::of(&settings), Admin::Local));
        settings.listen.set_ip("0.0.0.0".parse().unwrap());
        assert!(matches!(Admin::of(&settings), Admin::Nobody));
        "a token of some length".clone_into(&mut settings.admin_token);
        assert!(matches!(Admin::of(&settings), Admin::Token(_)));
        settings.admin = false;
        assert!(matches!(Admin::of(&settings), Admin::Nobody));
    }

    #[test]
    fn the_token_is_asked_for() {
        let admin = Admin::Token("correct horse battery".to_owned());
        for (sent, expected) in [
            ("Bearer correct horse battery", 200),
            ("Bearer correct horse batterx", 401),
            ("Bearer", 401),
            ("Basic correct horse battery", 401),
        ] {
            assert_eq!(status(&admin, &[("authorization", sent)]), expected, "{sent}");
        }
        assert_eq!(status(&admin, &[]), 401);
        assert_eq!(status(&Admin::Nobody, &[("authorization", "Bearer x")]), 403);
    }

    #[test]
    fn a_page_of_another_origin_is_refused() {
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
            assert_eq!(status(&Admin::Local, &headers), expected, "{headers:?}");
        }
    }
}
