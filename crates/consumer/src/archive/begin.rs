//! The first commit about a partition.

use anyhow::ensure;
use vitals_lake::{
    position::{Archived, Source},
    schema::Table,
    table::Lake,
};

use super::commit::commit;

/// Lets the table know that `partition` begins at offset `first`, before the first row is read:
/// whatever happens to that row, the table says that it is missing.
///
/// The table may be newer than the one that had no position. So it is asked again: a commit is
/// only refused for what others have moved since the version that it starts from, and would set
/// back the position of a consumer that was faster.
///
/// # Errors
/// When another consumer was faster, or the storage failed.
pub(super) async fn begin(
    lake: &Lake,
    table: &Table,
    source: &Source,
    partition: i32,
    first: i64,
) -> anyhow::Result<()> {
    let mut table = lake.open_or_create(table).await?;
    let archived = source.archived(lake, &table, &[partition]).await?;
    ensure!(archived == [Archived::Never], "another consumer has begun it");
    let begin = source.begin(partition, 1, first).to_vec();
    let commit = commit(&mut table, &source.cluster, Vec::new(), begin);
    lake.within("begin a partition", commit).await
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use vitals_core::runtime::config::LakeSettings;
    use vitals_lake::{position::Positions, schema::VITALS};

    use super::*;

    struct World {
        lake: Lake,
        source: Source,
        _dir: tempfile::TempDir,
    }

    impl World {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let url = dir.path().display().to_string();
            let lake = Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap();
            let source = Source { cluster: "c1".to_owned(), topic: "vitals".to_owned() };
            Self { lake, source, _dir: dir }
        }

        async fn begin(&self, first: i64) -> anyhow::Result<()> {
            begin(&self.lake, &VITALS, &self.source, 3, first).await
        }

        async fn position(&self) -> Positions {
            let table = self.lake.open_or_create(&VITALS).await.unwrap();
            self.source.positions(&self.lake, &table, &[3]).await.unwrap()
        }
    }

    #[tokio::test]
    async fn whoever_comes_late_does_not_set_the_position_back() {
        let world = World::new();
        world.begin(0).await.unwrap();
        let mut table = world.lake.open_or_create(&VITALS).await.unwrap();
        let stored = world.source.transactions(&Positions::from([(3, 130)]));
        commit(&mut table, "stored", Vec::new(), stored).await.unwrap();
        let error = world.begin(0).await.unwrap_err();
        assert!(error.to_string().contains("another consumer"), "{error:#}");
        assert_eq!(world.position().await, Positions::from([(3, 130)]));
    }

    /// Each has read the table before one of them commits.
    #[tokio::test]
    async fn of_consumers_that_begin_at_the_same_moment_one_does() {
        let world = World::new();
        let table = world.lake.open_or_create(&VITALS).await.unwrap();
        let attempts = (0..8).map(|_| {
            let (mut table, begin) = (table.clone(), world.source.begin(3, 1, 0).to_vec());
            async move { commit(&mut table, "begin", Vec::new(), begin).await }
        });
        let outcomes = join_all(attempts).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        assert_eq!(world.position().await, Positions::from([(3, 0)]));
    }
}
