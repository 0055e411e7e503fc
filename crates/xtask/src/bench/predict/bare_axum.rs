//! The yardstick: an axum server that parses the request and returns a constant.

use anyhow::Result;
use axum::{Json, Router, routing::post};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Options of the server.
#[derive(Args, Debug)]
pub struct Options {
    /// Port on 127.0.0.1
    #[arg(long)]
    port: u16,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed but not used")]
struct Person {
    pregnancies: f64,
    glucose: f64,
    blood_pressure: f64,
    skin_thickness: f64,
    insulin: f64,
    bmi: f64,
    diabetes_pedigree_function: f64,
    age: f64,
}

#[derive(Serialize)]
struct Prediction {
    prediction: u8,
    probability: f64,
}

async fn predict(Json(_): Json<Person>) -> Json<Prediction> {
    Json(Prediction { prediction: 1, probability: 0.5 })
}

/// Serves until the process is killed.
///
/// # Errors
/// Returns an error if the port is taken.
pub async fn run(options: &Options) -> Result<()> {
    let router = Router::new().route("/predict", post(predict));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", options.port)).await?;
    axum::serve(
        axum::serve::ListenerExt::tap_io(listener, |stream| {
            // As in the model server; otherwise a response may wait for an acknowledgement.
            let _ = stream.set_nodelay(true);
        }),
        router,
    )
    .await?;
    Ok(())
}
