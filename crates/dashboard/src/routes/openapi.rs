//! `GET /api/openapi.json`: the API as an OpenAPI 3.1 document.

use axum::Json;
use utoipa::{
    OpenApi, PartialSchema, ToSchema,
    openapi::{
        Object, ObjectBuilder, RefOr, Schema,
        schema::{ArrayBuilder, Type},
    },
};

use super::{event_stream, model_proxy, patient_history, ward_api};
use crate::wire;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "vitals dashboard",
        description = "The ward live, the history of every patient, and the risk form."
    ),
    paths(
        event_stream::live,
        ward_api::ward,
        ward_api::limits,
        patient_history::history,
        model_proxy::predict,
        model_proxy::describe,
        ward_api::status,
        openapi
    ),
    components(schemas(ProblemBody, wire::WardUpdate, wire::Heartbeat))
)]
struct Document;

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", responses((status = 200, body = Object)))]
pub(super) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}

/// Stands for a problem document (RFC 9457).
pub(super) struct ProblemBody;

impl ToSchema for ProblemBody {
    fn name() -> std::borrow::Cow<'static, str> {
        "Problem".into()
    }
}

impl PartialSchema for ProblemBody {
    fn schema() -> RefOr<Schema> {
        let text = || Object::with_type(Type::String);
        let field = ObjectBuilder::new()
            .property("field", text())
            .property("message", text())
            .required("field")
            .required("message");
        ObjectBuilder::new()
            .description(Some("What went wrong (RFC 9457), with every field that is wrong."))
            .property("status", Object::with_type(Type::Integer))
            .property("title", text())
            .property("detail", text())
            .property("errors", ArrayBuilder::new().items(field))
            .required("status")
            .required("title")
            .into()
    }
}
