//! The Python baselines: FastAPI with SHAP, and MLServer.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::comparison::Bench;
use super::servers::{self, Server};
use crate::suite::python;
use crate::{bench, command, paths};

/// Trains the baselines' model, and starts FastAPI with it.
///
/// # Errors
/// Returns an error if the environment can't be created or the server does not start.
pub(super) async fn fastapi() -> Result<Server> {
    let python = serving_environment()?;
    train(&python, &folder())?;
    Server::fastapi(&python, &folder()).await
}

impl Bench {
    /// Measures SHAP without HTTP, with the model of [`fastapi`], and MLServer.
    pub(super) async fn measure_python(&mut self) -> Result<()> {
        self.measure_shap()?;
        self.measure_mlserver(&folder()).await
    }

    fn measure_shap(&mut self) -> Result<()> {
        let args = [script("shap_speed.py"), folder().display().to_string()];
        let args = args.each_ref().map(String::as_str);
        let python = serving_environment()?;
        let text = command::output(&mut servers::on_first_processor(&python, &args))?;
        let speed: Value = serde_json::from_str(&text).context("the output of shap_speed.py")?;
        let linear_us = speed["linear"].as_f64().unwrap_or(f64::NAN);
        let trees_us = speed["trees"].as_f64().unwrap_or(f64::NAN);
        self.figures.set("shap_linear_us_per_row", linear_us);
        self.figures.set("shap_trees_us_per_row", trees_us);
        Ok(())
    }

    async fn measure_mlserver(&mut self, folder: &Path) -> Result<()> {
        let python = python::environment_named("venv-mlserver", "requirements-mlserver.txt")?;
        // Trained again: MLServer pins other versions of the libraries.
        train(&python, folder)?;
        let server = Server::mlserver(&python, folder).await?;
        let payload = self.payloads.mlserver.clone();
        self.measure(&[("mlserver", &server)], "/v2/models/pima/infer", &payload)?;
        server.stop().await
    }
}

fn serving_environment() -> Result<PathBuf> {
    python::environment_named("venv-serving", "requirements-serving.txt")
}

/// The folder of the baselines' model.
fn folder() -> PathBuf {
    bench::folder().join("predict-python")
}

fn train(python: &Path, folder: &Path) -> Result<()> {
    let data = paths::root().join("data/pima.csv").display().to_string();
    let args = [script("train.py"), data, folder.display().to_string()];
    let args = args.each_ref().map(String::as_str);
    command::run(&mut command::program(python, &paths::root(), &args))
}

fn script(name: &str) -> String {
    paths::root().join("crates/xtask/python/serving").join(name).display().to_string()
}
