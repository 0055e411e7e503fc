//! The problem documents of models that are unknown and of changes that were not made.

use std::io::{self, ErrorKind};

use axum::http::StatusCode;
use vitals_core::runtime::problem::Problem;

use crate::{
    registry::{ActivationError, SaveError},
    serving::ChangeError,
};

/// The problem document of an unknown model or version.
pub(super) fn unknown_version(name: &str) -> Problem {
    // The name comes from the client: a long one is cut.
    let shown: String = name.chars().take(64).collect();
    Problem::new(StatusCode::NOT_FOUND).detail(format!("there is no model {shown} of that version"))
}

/// The problem document of a change that was not made.
pub(super) fn change_problem(error: &ChangeError) -> Problem {
    let status = match error {
        ChangeError::Unknown(_) => StatusCode::NOT_FOUND,
        ChangeError::Refused(_) | ChangeError::Active(_) => StatusCode::CONFLICT,
        ChangeError::Activation(ActivationError::Save(SaveError::Write { source, .. })) => {
            return not_written(error, source);
        }
        ChangeError::Activation(_) | ChangeError::Load(_) => {
            tracing::error!(%error, "models not changed: the registry can't be read or written");
            // Paths of the server are logged and not returned.
            return Problem::new(StatusCode::INTERNAL_SERVER_ERROR);
        }
    };
    Problem::new(status).detail(error.to_string())
}

/// The problem document of a folder of models that can't be written.
fn not_written(error: &ChangeError, source: &io::Error) -> Problem {
    tracing::error!(%error, "models not changed: the registry can't be written");
    let status = match source.kind() {
        // As it is meant to be, where another host changes the models.
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => StatusCode::CONFLICT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    // Without the path, which is the server's.
    let reason = source.kind();
    Problem::new(status).detail(format!("the server can't write to its folder of models: {reason}"))
}
