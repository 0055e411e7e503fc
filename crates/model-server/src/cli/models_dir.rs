//! The folder of saved models: an option, or a setting.

use std::path::PathBuf;

use anyhow::Context as _;
use vitals_core::runtime::{config::Settings, service::CommonArgs};

/// The given folder, or that of the settings.
pub(super) fn models_dir(common: &CommonArgs, given: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    match given {
        // The settings are read only if the option is absent, so that training needs no settings file.
        Some(models) => Ok(models),
        None => Ok(Settings::load(&common.config)
            .context("--models is missing, and the settings can't be read")?
            .model_server
            .models_dir
            .into()),
    }
}
