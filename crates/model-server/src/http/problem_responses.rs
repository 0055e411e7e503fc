//! The problem documents that routes have in common, for the API document.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses,
    openapi::{RefOr, Response},
};
use vitals_core::runtime::problem::ProblemResponses;

/// The errors of a route that reads a JSON body.
pub(super) struct BodyProblems;

/// The error of a path that names an unknown model, version or feature.
pub(super) struct NotFoundProblem;

/// The errors of a route that changes the models.
pub(super) struct AdminProblems;

impl IntoResponses for BodyProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        ProblemResponses::described(&[
            ("400", "The body is not JSON"),
            ("408", "The body did not arrive in time"),
            ("413", "The body or its number of rows is too large"),
            ("415", "The content type is not JSON, or an unknown content encoding"),
            ("422", "Invalid fields, each of them listed"),
            ("503", "Overloaded, or the prediction log is mandatory and unavailable"),
        ])
    }
}

impl IntoResponses for NotFoundProblem {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        ProblemResponses::described(&[(
            "404",
            "Unknown model, version or feature, or the version is not loaded",
        )])
    }
}

impl IntoResponses for AdminProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        ProblemResponses::described(&[(
            "4XX",
            "Not authorized, unknown version, or the version is refused",
        )])
    }
}
