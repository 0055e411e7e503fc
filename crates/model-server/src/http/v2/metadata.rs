//! Metadata of the server and its models, as the protocol defines it.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use vitals_core::domain::features::FEATURE_COUNT;

use crate::{SERVICE, http::state::AppState, serving::ModelPool};

use super::{ProtocolError, V2Path, input::INPUT, tensor::OutputTensor};

/// Metadata of the server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerMetadata {
    /// Its name.
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// Supported extensions of the protocol.
    extensions: [&'static str; 3],
}

/// Metadata of a model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelMetadata {
    /// Its name.
    name: String,
    /// Its loaded versions.
    versions: Vec<String>,
    /// `vitals_` and the kind of model.
    platform: String,
    /// The input tensor.
    inputs: Vec<TensorMetadata>,
    /// The output tensors.
    outputs: Vec<TensorMetadata>,
}

/// Metadata of a tensor; -1 stands for the number of rows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TensorMetadata {
    /// Its name.
    name: &'static str,
    /// Type of its values.
    datatype: &'static str,
    /// Its dimensions.
    shape: Vec<i64>,
}

/// Readiness of a model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelReady {
    /// Its name.
    name: String,
    /// Always true; a model that is not loaded is not found.
    ready: bool,
}

/// Returns the metadata of the server.
#[utoipa::path(get, path = "/v2", tag = "open inference protocol",
    operation_id = "server_metadata",
    responses((status = 200, description = "The server", body = ServerMetadata)))]
pub(crate) async fn server() -> Json<ServerMetadata> {
    let extensions = ["model_repository", "binary_tensor_data", "explanations"];
    Json(ServerMetadata { name: SERVICE, version: env!("CARGO_PKG_VERSION"), extensions })
}

/// Returns the metadata of a model.
#[utoipa::path(get, path = "/v2/models/{name}", tag = "open inference protocol",
    operation_id = "model_metadata", params(("name" = String, Path)),
    responses(
        (status = 200, description = "The model", body = ModelMetadata),
        (status = 404, description = "No such model", body = ProtocolError),
    ))]
pub(crate) async fn model(
    State(app): State<Arc<AppState>>,
    V2Path(name): V2Path<String>,
) -> Result<Json<ModelMetadata>, ProtocolError> {
    describe(&app.serving.pool(), &name, None)
}

/// Returns the metadata of a version.
#[utoipa::path(get, path = "/v2/models/{name}/versions/{version}", tag = "open inference protocol",
    operation_id = "version_metadata", params(("name" = String, Path), ("version" = String, Path)),
    responses(
        (status = 200, description = "The version", body = ModelMetadata),
        (status = 404, description = "No such version", body = ProtocolError),
    ))]
pub(crate) async fn version(
    State(app): State<Arc<AppState>>,
    V2Path((name, version)): V2Path<(String, String)>,
) -> Result<Json<ModelMetadata>, ProtocolError> {
    describe(&app.serving.pool(), &name, Some(&version))
}

/// Reports whether a model is loaded.
#[utoipa::path(get, path = "/v2/models/{name}/ready", tag = "open inference protocol",
    params(("name" = String, Path)),
    responses(
        (status = 200, description = "It is loaded", body = ModelReady),
        (status = 404, description = "It is not loaded", body = ProtocolError),
    ))]
pub(crate) async fn model_ready(
    State(app): State<Arc<AppState>>,
    V2Path(name): V2Path<String>,
) -> Result<Json<ModelReady>, ProtocolError> {
    ready(&app.serving.pool(), name, None)
}

/// Reports whether a version is loaded.
#[utoipa::path(get, path = "/v2/models/{name}/versions/{version}/ready",
    tag = "open inference protocol", params(("name" = String, Path), ("version" = String, Path)),
    responses(
        (status = 200, description = "It is loaded", body = ModelReady),
        (status = 404, description = "It is not loaded", body = ProtocolError),
    ))]
pub(crate) async fn version_ready(
    State(app): State<Arc<AppState>>,
    V2Path((name, version)): V2Path<(String, String)>,
) -> Result<Json<ModelReady>, ProtocolError> {
    ready(&app.serving.pool(), name, Some(&version))
}

fn ready(
    pool: &ModelPool,
    name: String,
    version: Option<&str>,
) -> Result<Json<ModelReady>, ProtocolError> {
    pool.ready(&name, version).ok_or_else(|| ProtocolError::unknown_model(&name, version))?;
    Ok(Json(ModelReady { name, ready: true }))
}

fn describe(
    pool: &ModelPool,
    name: &str,
    version: Option<&str>,
) -> Result<Json<ModelMetadata>, ProtocolError> {
    let loaded =
        pool.ready(name, version).ok_or_else(|| ProtocolError::unknown_model(name, version))?;
    // Refused and unloaded versions are omitted.
    let versions = pool.models.get(name).into_iter().flatten();
    let versions = versions.filter(|(_, state)| state.loaded().is_some());
    Ok(Json(ModelMetadata {
        name: name.to_owned(),
        versions: versions.map(|(version, _)| version.clone()).collect(),
        platform: format!("vitals_{}", loaded.saved.manifest.algorithm.name()),
        inputs: vec![TensorMetadata {
            name: INPUT,
            datatype: "FP64",
            // The protocol's sign for any number of rows.
            shape: vec![-1, FEATURE_COUNT as i64],
        }],
        outputs: OutputTensor::ALL.into_iter().map(output_metadata).collect(),
    }))
}

fn output_metadata(tensor: OutputTensor) -> TensorMetadata {
    let shape = match tensor.width() {
        1 => vec![-1],
        width => vec![-1, width as i64],
    };
    TensorMetadata { name: tensor.name(), datatype: tensor.datatype(), shape }
}
