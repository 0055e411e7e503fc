//! The part of the ledger that Kafka has, noted across restarts.

use std::fs;

use anyhow::Context as _;

use crate::registry::Registry;

/// The file with the cluster's id and the number of events, hidden beside the ledger.
const FILE: &str = ".events.published";

/// The events that a Kafka cluster has acknowledged.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Published {
    /// Id of the cluster; empty if nothing is known.
    pub(super) cluster: String,
    /// Number of events, from the start of the ledger.
    pub(super) events: usize,
}

impl Published {
    /// The state that was noted before the start. Without one, everything is published again.
    pub(super) fn noted(registry: &Registry) -> Self {
        let noted = fs::read_to_string(registry.root().join(FILE)).unwrap_or_default();
        Self::parse(&noted).unwrap_or_default()
    }

    /// Notes the state.
    ///
    /// # Errors
    /// The file can't be written.
    pub(super) fn note(&self, registry: &Registry) -> anyhow::Result<()> {
        let path = registry.root().join(FILE);
        let line = format!("{} {}\n", self.cluster, self.events);
        fs::write(&path, line).with_context(|| {
            format!("can't write {}; a restart publishes the events again", path.display())
        })
    }

    fn parse(line: &str) -> Option<Self> {
        let (cluster, events) = line.strip_suffix('\n')?.rsplit_once(' ')?;
        Some(Self { cluster: cluster.to_owned(), events: events.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_noted_and_a_damaged_note_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let registry = Registry::new(folder.path());
        assert_eq!(Published::noted(&registry), Published::default());
        let published = Published { cluster: "pYd8-x_Q".to_owned(), events: 12 };
        published.note(&registry).unwrap();
        assert_eq!(Published::noted(&registry), published);
        for damaged in ["", "12", "pYd8-x_Q 12", "pYd8-x_Q many\n", "pYd8-x_Q -1\n"] {
            fs::write(folder.path().join(FILE), damaged).unwrap();
            assert_eq!(Published::noted(&registry), Published::default(), "{damaged:?}");
        }
    }
}
