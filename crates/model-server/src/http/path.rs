//! Path parameters whose rejection is a problem document.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use serde::de::DeserializeOwned;
use vitals_core::runtime::problem::Problem;

/// The parameters of a path. An invalid percent-encoding is rejected with 400.
pub(super) struct ModelPath<T>(pub(super) T);

impl<T, S> FromRequestParts<S> for ModelPath<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(parameters)) => Ok(Self(parameters)),
            Err(rejection) => Err(Problem::new(rejection.status()).detail(rejection.body_text())),
        }
    }
}
