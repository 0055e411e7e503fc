//! What the server and its models are, as the protocol has it.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use utoipa::ToSchema;
use vitals_core::domain::features::FEATURE_COUNT;

use super::{
    V2Error,
    tensor::{INPUT, Output},
};
use crate::{SERVICE, http::router::AppState, serving::ModelPool};

/// The server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerMetadata {
    /// Its name.
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// What it does beyond the protocol.
    extensions: [&'static str; 3],
}

/// A model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelMetadata {
    /// Its name.
    name: String,
    /// Its versions that can be asked.
    versions: Vec<String>,
    /// `vitals_` and the kind of model.
    platform: String,
    /// The tensor that is asked with.
    inputs: Vec<TensorMetadata>,
    /// The tensors of an answer.
    outputs: Vec<TensorMetadata>,
}

/// A tensor; -1 stands for the number of rows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TensorMetadata {
    /// Its name.
    name: &'static str,
    /// The type of its values.
    datatype: &'static str,
    /// Its dimensions.
    shape: Vec<i64>,
}

/// Whether a model can be asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelReady {
    /// Its name.
    name: String,
    /// Always true; one that can't be asked is not found.
    ready: bool,
}

/// The server, as the protocol describes it.
#[utoipa::path(get, path = "/v2", tag = "open inference protocol",
    responses((status = 200, description = "The server", body = ServerMetadata)))]
pub(crate) async fn server() -> Json<ServerMetadata> {
    let extensions = ["model_repository", "binary_tensor_data", "explanations"];
    Json(ServerMetadata { name: SERVICE, version: env!("CARGO_PKG_VERSION"), extensions })
}

/// A model, as the protocol describes it.
#[utoipa::path(get, path = "/v2/models/{name}", tag = "open inference protocol",
    params(("name" = String, Path)),
    responses(
        (status = 200, description = "The model", body = ModelMetadata),
        (status = 404, description = "No such model", body = V2Error),
    ))]
pub(crate) async fn model(
    State(app): State<Arc<AppState>>,
    Path(name): Path<String>,
) -> Result<Json<ModelMetadata>, V2Error> {
    describe(&app.serving.pool(), &name, None)
}

/// A version of a model, as the protocol describes it.
#[utoipa::path(get, path = "/v2/models/{name}/versions/{version}", tag = "open inference protocol",
    params(("name" = String, Path), ("version" = String, Path)),
    responses(
        (status = 200, description = "The version", body = ModelMetadata),
        (status = 404, description = "No such version", body = V2Error),
    ))]
pub(crate) async fn version(
    State(app): State<Arc<AppState>>,
    Path((name, version)): Path<(String, String)>,
) -> Result<Json<ModelMetadata>, V2Error> {
    describe(&app.serving.pool(), &name, Some(&version))
}

/// Whether a model can be asked.
#[utoipa::path(get, path = "/v2/models/{name}/ready", tag = "open inference protocol",
    params(("name" = String, Path)),
    responses(
        (status = 200, description = "It can", body = ModelReady),
        (status = 404, description = "It can't", body = V2Error),
    ))]
pub(crate) async fn model_ready(
    State(app): State<Arc<AppState>>,
    Path(name): Path<String>,
) -> Result<Json<ModelReady>, V2Error> {
    ready(&app.serving.pool(), name, None)
}

/// Whether a version can be asked.
#[utoipa::path(get, path = "/v2/models/{name}/versions/{version}/ready",
    tag = "open inference protocol", params(("name" = String, Path), ("version" = String, Path)),
    responses(
        (status = 200, description = "It can", body = ModelReady),
        (status = 404, description = "It can't", body = V2Error),
    ))]
pub(crate) async fn version_ready(
    State(app): State<Arc<AppState>>,
    Path((name, version)): Path<(String, String)>,
) -> Result<Json<ModelReady>, V2Error> {
    ready(&app.serving.pool(), name, Some(&version))
}

fn ready(pool: &ModelPool, name: String, version: Option<&str>) -> Result<Json<ModelReady>, V2Error> {
    pool.ready(&name, version).ok_or_else(|| V2Error::unknown(&name))?;
    Ok(Json(ModelReady { name, ready: true }))
}

fn describe(
    pool: &ModelPool,
    name: &str,
    version: Option<&str>,
) -> Result<Json<ModelMetadata>, V2Error> {
    let loaded = pool.ready(name, version).ok_or_else(|| V2Error::unknown(name))?;
    let versions = pool.models.get(name).into_iter().flatten();
    let versions = versions.filter(|(_, state)| state.loaded().is_some());
    let output = |output: Output| TensorMetadata {
        name: output.name(),
        datatype: output.datatype(),
        shape: match output {
            Output::Contributions => vec![-1, FEATURE_COUNT as i64],
            _ => vec![-1],
        },
    };
    let shape = vec![-1, FEATURE_COUNT as i64];
    Ok(Json(ModelMetadata {
        name: name.to_owned(),
        versions: versions.map(|(version, _)| version.clone()).collect(),
        platform: format!("vitals_{}", loaded.saved.manifest.algorithm.name()),
        inputs: vec![TensorMetadata { name: INPUT, datatype: "FP64", shape }],
        outputs: Output::ALL.into_iter().map(output).collect(),
    }))
}
