//! The first commit about a partition.

use anyhow::ensure;
use vitals_lake::{
    append::commit,
    position::{Archived, KafkaSource, Positions},
    schema::Table,
    table::Lake,
};

/// Lets the table know that partitions begin at the offsets `first`, before their first rows are
/// read: whatever happens to those, the table says that they are missing.
///
/// The table may be newer than the one that had no position. So it is asked again: a commit is
/// only refused for what others have moved since the version that it starts from, and would set
/// back the position of a consumer that was faster.
///
/// # Errors
/// When another consumer was faster, or the storage failed.
pub(crate) async fn begin(
    lake: &Lake,
    table: &Table,
    source: &KafkaSource,
    first: &Positions,
) -> anyhow::Result<()> {
    let mut table = lake.open_or_create(table).await?;
    let partitions: Vec<i32> = first.keys().copied().collect();
    let archived = source.archived(lake, &table, &partitions).await?;
    for (partition, archived) in partitions.iter().zip(archived) {
        ensure!(archived == Archived::Never, "another consumer has begun partition {partition}");
    }
    let begin = first.iter().flat_map(|(partition, first)| source.begin(*partition, 1, *first));
    let commit = commit(&mut table, &source.cluster, Vec::new(), begin.collect());
    lake.within("begin partitions", commit).await
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use vitals_core::runtime::config::LakeSettings;
    use vitals_lake::schema::VITALS;

    use super::*;

    struct World {
        lake: Lake,
        source: KafkaSource,
        _dir: tempfile::TempDir,
    }

    impl World {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let url = dir.path().display().to_string();
            let lake = Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap();
            let source = KafkaSource { cluster: "c1".to_owned(), topic: "vitals".to_owned() };
            Self { lake, source, _dir: dir }
        }

        async fn begin(&self, first: i64) -> anyhow::Result<()> {
            begin(&self.lake, &VITALS, &self.source, &Positions::from([(3, first)])).await
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
        let committer = (0..8).map(|_| {
            let (mut table, begin) = (table.clone(), world.source.begin(3, 1, 0).to_vec());
            async move { commit(&mut table, "begin", Vec::new(), begin).await }
        });
        let outcomes = join_all(committer).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        assert_eq!(world.position().await, Positions::from([(3, 0)]));
    }
}
