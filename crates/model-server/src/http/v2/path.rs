//! Path parameters whose rejection is an error of the protocol.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::de::DeserializeOwned;

use crate::http::path::ModelPath;

use super::ProtocolError;

/// The parameters of a path. An invalid percent-encoding is rejected with 400.
pub(crate) struct V2Path<T>(pub(super) T);

impl<T, S> FromRequestParts<S> for V2Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = ProtocolError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProtocolError> {
        let ModelPath(parameters) = ModelPath::from_request_parts(parts, state).await?;
        Ok(Self(parameters))
    }
}
