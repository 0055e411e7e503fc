//! The Python baselines: FastAPI with SHAP, and MLServer.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::comparison::Bench;
use super::servers::{self, Server};
use crate::suite::python;
use crate::{bench, command, paths};

impl Bench {
    /// Measures the Python servers, each after training its model.
    pub(super) async fn measure_python(&mut self) -> Result<()> {
        let folder = bench::folder().join("predict-python");
        self.measure_fastapi(&folder).await?;
        self.measure_mlserver(&folder).await
    }

    async fn measure_fastapi(&mut self, folder: &Path) -> Result<()> {
        let python = python::environment_named("venv-serving", "requirements-serving.txt")?;
        train(&python, folder)?;
        let server = Server::fastapi(&python, folder).await?;
        let payload = self.payloads.person.clone();
        self.measure(&[("fastapi_shap", &server)], "/predict", &payload)?;
        // Stopped first: it would share the processor with the next measurement.
        server.stop().await?;

        // SHAP alone, without HTTP.
        let args = [script("shap_speed.py"), folder.display().to_string()];
        let args = args.each_ref().map(String::as_str);
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

fn train(python: &Path, folder: &Path) -> Result<()> {
    let data = paths::root().join("data/pima.csv").display().to_string();
    let args = [script("train.py"), data, folder.display().to_string()];
    let args = args.each_ref().map(String::as_str);
    command::run(&mut command::program(python, &paths::root(), &args))
}

fn script(name: &str) -> String {
    paths::root().join("crates/xtask/python/serving").join(name).display().to_string()
}
