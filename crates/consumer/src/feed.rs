//! What is archived: a topic, and the table that has a row for each of its messages.

use vitals_core::{
    domain::{
        decode::{TimeLimits, decode},
        prediction,
        rejection::Rejection,
    },
    runtime::config::{KafkaSettings, Settings},
};
use vitals_lake::schema::{PREDICTIONS, Table, VITALS};

/// A topic with its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Feed {
    /// Readings
    #[default]
    Vitals,
    /// Predictions of the model server
    Predictions,
}

/// Which table a command is about.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct TableOption {
    /// The table
    #[arg(long = "table", value_enum, default_value_t)]
    pub feed: Feed,
}

impl Feed {
    /// What a consumer with these settings archives.
    #[must_use]
    pub fn of(settings: &Settings) -> Vec<Self> {
        let predictions = settings.consumer.predictions.then_some(Self::Predictions);
        [Self::Vitals].into_iter().chain(predictions).collect()
    }

    /// The topic that is read.
    #[must_use]
    pub fn topic(self, kafka: &KafkaSettings) -> &str {
        match self {
            Self::Vitals => &kafka.topics.vitals,
            Self::Predictions => &kafka.topics.predictions,
        }
    }

    /// The table that is written.
    #[must_use]
    pub const fn table(self) -> &'static Table {
        match self {
            Self::Vitals => &VITALS,
            Self::Predictions => &PREDICTIONS,
        }
    }

    /// The settings for this feed: every feed is read by a group of its own, so that one topic's
    /// rebalance never stops the other.
    #[must_use]
    pub fn settings(self, mut settings: Settings) -> Settings {
        if self == Self::Predictions {
            settings.consumer.group_id += ".predictions";
        }
        settings
    }

    /// What is said of the value of a message to which Kafka gave the time `time_ms`.
    ///
    /// # Errors
    /// Why it is rejected.
    pub(crate) fn judge(
        self,
        payload: &[u8],
        time_ms: i64,
        times: TimeLimits,
    ) -> Result<(), Rejection> {
        match self {
            Self::Vitals => decode(payload, time_ms, times).map(drop),
            Self::Predictions => prediction::decode(payload).map(drop),
        }
    }
}
