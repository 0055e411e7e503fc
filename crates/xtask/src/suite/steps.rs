//! The steps and their order.

use clap::ValueEnum;

use crate::tools::{
    CHROMIUM, DEBOOTSTRAP, DOCKER, DOCKER_COMPOSE, JAVA, MAVEN, OPENSSL, PYTHON, Tool,
};

/// A step of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Step {
    /// Install the tools that the other steps need
    Setup,
    /// The browser UI: types, unit tests, build
    Ui,
    /// cargo fmt --check
    Fmt,
    /// cargo clippy, with warnings as errors
    Clippy,
    /// cargo deny: licences, sources, duplicate versions, advisories
    Deny,
    /// Build every binary and test
    Build,
    /// Unit tests; part of the step test, so only --fast and --only unit run them
    Unit,
    /// Unit and property tests, and every service against the embedded broker
    Test,
    /// A real Kafka and a real HDFS: exactly-once under every fault, other producers, malformed input
    E2e,
    /// Two minutes of random faults
    Chaos,
    /// The demo, observed from outside for half a minute
    Demo,
    /// The pages in a real Chromium
    Browser,
    /// docker-compose.yml with images built from the Dockerfile; about an hour, so only --only compose
    /// runs it
    Compose,
    /// 100,000 malformed requests to the model server; not part of a full run
    Fuzz,
}

/// The steps of `--fast`: no servers, no browser, no UI build.
pub(super) const FAST: [Step; 4] = [Step::Setup, Step::Fmt, Step::Clippy, Step::Unit];

impl Step {
    /// The steps of a full run, in order.
    pub(super) fn full() -> Vec<Self> {
        let variants = Self::value_variants().iter().copied();
        variants.filter(|step| !matches!(step, Self::Unit | Self::Compose | Self::Fuzz)).collect()
    }

    /// The name on the command line.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// The description from the help text.
    pub(super) fn description(self) -> String {
        let value = self.to_possible_value();
        value.and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default()
    }

    /// The external tools that the step needs, apart from Node.js.
    pub(super) const fn tools(self) -> &'static [&'static Tool] {
        match self {
            Self::E2e => &[&JAVA, &MAVEN, &OPENSSL, &PYTHON],
            Self::Chaos => &[&JAVA, &MAVEN, &PYTHON],
            Self::Browser => &[&CHROMIUM],
            Self::Compose => &[&DOCKER, &DOCKER_COMPOSE, &DEBOOTSTRAP, &JAVA, &MAVEN, &PYTHON],
            Self::Setup
            | Self::Ui
            | Self::Fmt
            | Self::Clippy
            | Self::Deny
            | Self::Build
            | Self::Unit
            | Self::Test
            | Self::Demo
            | Self::Fuzz => &[],
        }
    }

    /// Returns true if the step builds the browser UI and therefore needs Node.js.
    pub(super) const fn needs_node(self) -> bool {
        matches!(self, Self::Ui | Self::Browser | Self::Compose)
    }
}
