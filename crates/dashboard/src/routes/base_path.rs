//! The path under which a proxy publishes the dashboard.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{Uri, uri::PathAndQuery},
};
use tower::{Layer as _, util::MapRequestLayer};

/// A path with a slash at both ends: `/`, or for example `/vitals/`.
#[derive(Debug, Clone)]
pub struct BasePath(Arc<str>);

impl BasePath {
    /// The validated setting `dashboard.base_path`.
    #[must_use]
    pub fn new(path: &str) -> Self {
        Self(path.into())
    }

    /// The path, with a slash at both ends.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Serves `router` below this path too. The paths without it remain: some proxies remove the
    /// prefix, and health checks come from inside the network.
    pub(super) fn around(self, router: Router) -> Router {
        // Without a base path there is nothing to remove.
        if &*self.0 == "/" {
            return router;
        }
        let strip = MapRequestLayer::new(move |request: Request| self.strip(request));
        Router::new().fallback_service(strip.layer(router))
    }

    fn strip(&self, mut request: Request) -> Request {
        if let Some(stripped) = self.stripped(request.uri()) {
            *request.uri_mut() = stripped;
        }
        request
    }

    /// `uri` without the base path; `None` if it does not start with it.
    fn stripped(&self, uri: &Uri) -> Option<Uri> {
        let text = uri.path_and_query()?.as_str();
        let prefix = self.0.trim_end_matches('/');
        let rest = text.strip_prefix(prefix)?;
        let rest = match rest.chars().next() {
            Some('/') => rest.to_owned(),
            None | Some('?') => format!("/{rest}"),
            // Another path that only begins with the same letters.
            Some(_) => return None,
        };
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(rest.parse::<PathAndQuery>().ok()?);
        Uri::from_parts(parts).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_removed_as_a_whole_segment() {
        let base = BasePath::new("/vitals/");
        for (uri, stripped) in [
            ("/vitals/", Some("/")),
            ("/vitals", Some("/")),
            ("/vitals?q=1", Some("/?q=1")),
            ("/vitals/api/live?patient=a", Some("/api/live?patient=a")),
            ("/vitals/patients/%2E", Some("/patients/%2E")),
            ("/vitals2/api", None),
            ("/api/live", None),
            ("/", None),
        ] {
            let found = base.stripped(&uri.parse().unwrap()).map(|uri| uri.to_string());
            assert_eq!(found.as_deref(), stripped, "{uri}");
        }
    }
}
