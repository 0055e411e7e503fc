//! `docker-compose` on the shipped file, in a project of its own.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::engine::{client, docker};
use crate::{command, paths};

/// Name of the project, and prefix of its containers and volumes.
const NAME: &str = "vitals-trial";

/// The file's project: containers, network and volumes.
pub(super) struct Project;

/// The state of a container.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Container {
    pub(super) id: String,
    /// The main process on this machine; 0 while the container does not run.
    pub(super) pid: i32,
    pub(super) started_at: String,
    pub(super) health: String,
}

impl Project {
    /// `docker-compose` with `args`.
    fn compose(args: &[&str]) -> Command {
        let mut command = command::program("docker-compose", &paths::root(), args);
        // It starts the client by its name, with the engine's BuildKit.
        let folder = client().parent().map(|folder| folder.display().to_string());
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .env("COMPOSE_PROJECT_NAME", NAME)
            .env("COMPOSE_DOCKER_CLI_BUILD", "1")
            .env("DOCKER_BUILDKIT", "1")
            .env("BUILDKIT_PROGRESS", "plain")
            .env("PATH", format!("{}:{path}", folder.unwrap_or_default()));
        command
    }

    /// Runs `docker-compose` with `args`, showing its output.
    ///
    /// # Errors
    /// Returns an error if it fails.
    pub(super) fn run(args: &[&str]) -> Result<()> {
        command::run(&mut Self::compose(args))
    }

    /// Runs `docker-compose` with `args` and returns its output.
    ///
    /// # Errors
    /// Returns an error if it fails.
    pub(super) fn output(args: &[&str]) -> Result<String> {
        command::output(&mut Self::compose(args))
    }

    /// The containers of `service`, replicas in order.
    ///
    /// # Errors
    /// Returns an error if the engine doesn't respond or there is none.
    pub(super) fn containers(service: &str) -> Result<Vec<Container>> {
        let ids = Self::output(&["ps", "--quiet", service])?;
        let containers: Result<Vec<_>> = ids.split_whitespace().map(inspect).collect();
        let containers = containers?;
        ensure!(!containers.is_empty(), "{service} has no container");
        Ok(containers)
    }

    /// The address on this machine of replica `index` (from 1).
    ///
    /// # Errors
    /// Returns an error if the port is not published.
    pub(super) fn address(service: &str, port: u16, index: usize) -> Result<String> {
        let port = port.to_string();
        let index = format!("--index={index}");
        let address = Self::output(&["port", &index, service, &port])?;
        let address = address.trim();
        ensure!(address.starts_with("127.0.0.1:"), "{service} is published on {address:?}");
        Ok(address.to_owned())
    }

    /// Bytes that the layers of `image` add to those of `base`.
    ///
    /// # Errors
    /// Returns an error if an image is missing.
    pub(super) fn added_bytes(image: &str, base: &str) -> Result<u64> {
        Ok(image_bytes(image)?.saturating_sub(image_bytes(base)?))
    }
}

fn image_bytes(image: &str) -> Result<u64> {
    let size = command::output(&mut docker(&["image", "inspect", "--format", "{{.Size}}", image]))?;
    size.trim().parse().with_context(|| format!("the size of {image}"))
}

fn inspect(id: &str) -> Result<Container> {
    let format = "{{.State.Pid}} {{.State.StartedAt}} {{if .State.Health}}{{.State.Health.Status}}\
                  {{else}}none{{end}}";
    let text = command::output(&mut docker(&["inspect", "--format", format, id]))?;
    parse(id, &text).with_context(|| format!("the state of container {id}: {text:?}"))
}

fn parse(id: &str, text: &str) -> Option<Container> {
    let mut words = text.split_whitespace();
    Some(Container {
        id: id.to_owned(),
        pid: words.next()?.parse().ok()?,
        started_at: words.next()?.to_owned(),
        health: words.next()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_a_container_is_parsed() {
        let parsed = parse("a1", "4711 2026-01-02T03:04:05.6Z healthy\n").unwrap();
        assert_eq!((parsed.pid, parsed.health.as_str()), (4711, "healthy"));
        assert_eq!(parsed.started_at, "2026-01-02T03:04:05.6Z");
        assert_eq!(parse("a1", "no such container"), None);
    }
}
