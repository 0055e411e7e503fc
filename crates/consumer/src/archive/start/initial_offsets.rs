//! The first commit of a partition: its initial offset as the table's position.

use anyhow::ensure;
use deltalake::DeltaTable;
use vitals_lake::{
    append,
    position::{Archived, KafkaSource, Positions, Transactions},
    table::Lake,
};

/// Commits the initial offsets `first` before the first rows of the partitions are read. If
/// those rows never arrive, the table shows that they are missing.
///
/// `table` was just read again, because it may be newer than the version that had no position. Delta
/// refuses a commit only for positions that were moved after the loaded version; based on the
/// older version, this commit would reset the position of a consumer that was faster.
///
/// # Errors
/// When another consumer was faster, or the storage failed.
pub(crate) async fn commit(
    lake: &Lake,
    mut table: DeltaTable,
    source: &KafkaSource,
    first: &Positions,
) -> anyhow::Result<()> {
    let transactions = Transactions::read(lake, &table).await?;
    for partition in first.keys() {
        ensure!(
            source.archived(&transactions, *partition) == Archived::Never,
            "another consumer has committed the initial offset of partition {partition}"
        );
    }
    let begin = first.iter().flat_map(|(partition, first)| source.begin(*partition, 1, *first));
    let commit = append::commit(&mut table, &source.cluster, Vec::new(), begin.collect());
    lake.within("commit the initial offsets", commit).await
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use vitals_core::runtime::config::LakeSettings;
    use vitals_lake::schema::VITALS;

    use super::*;

    struct Fixture {
        lake: Lake,
        source: KafkaSource,
        _dir: tempfile::TempDir,
    }

    impl Fixture {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let url = dir.path().display().to_string();
            let lake = Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap();
            let source = KafkaSource { cluster: "c1".to_owned(), topic: "vitals".to_owned() };
            Self { lake, source, _dir: dir }
        }

        async fn commit(&self, first: i64) -> anyhow::Result<()> {
            let table = self.lake.open_or_create(&VITALS).await?;
            commit(&self.lake, table, &self.source, &Positions::from([(3, first)])).await
        }

        async fn positions(&self) -> Positions {
            let table = self.lake.open_or_create(&VITALS).await.unwrap();
            let transactions = Transactions::read(&self.lake, &table).await.unwrap();
            self.source.log(1).positions(&transactions, &[3])
        }
    }

    #[tokio::test]
    async fn a_late_initial_offset_does_not_reset_the_position() {
        let fixture = Fixture::new();
        fixture.commit(0).await.unwrap();
        let mut table = fixture.lake.open_or_create(&VITALS).await.unwrap();
        let moved = fixture.source.log(1).moved(3, 130, None).to_vec();
        append::commit(&mut table, "stored", Vec::new(), moved).await.unwrap();
        let error = fixture.commit(0).await.unwrap_err();
        assert!(error.to_string().contains("another consumer"), "{error:#}");
        assert_eq!(fixture.positions().await, Positions::from([(3, 130)]));
    }

    /// Every consumer has read the table before the first of them commits.
    #[tokio::test]
    async fn of_concurrent_initial_offsets_one_is_committed() {
        let fixture = Fixture::new();
        let table = fixture.lake.open_or_create(&VITALS).await.unwrap();
        let attempts = (0..8).map(|_| {
            let mut table = table.clone();
            let begin = fixture.source.begin(3, 1, 0).to_vec();
            async move { append::commit(&mut table, "begin", Vec::new(), begin).await }
        });
        let outcomes = join_all(attempts).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        assert_eq!(fixture.positions().await, Positions::from([(3, 0)]));
    }
}
