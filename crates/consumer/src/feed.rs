//! The feeds: topics to archive, each with its table.

use vitals_core::{
    domain::{
        decode::{DecodeOptions, arrival_ms, decode},
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

/// The table that a command works on.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct TableOption {
    /// The table
    #[arg(long = "table", value_enum, default_value_t)]
    pub feed: Feed,
}

impl Feed {
    /// The feeds that a consumer with these settings archives.
    #[must_use]
    pub fn enabled(settings: &Settings) -> Vec<Self> {
        let mut feeds = vec![Self::Vitals];
        if settings.consumer.predictions {
            feeds.push(Self::Predictions);
        }
        feeds
    }

    /// The topic.
    #[must_use]
    pub fn topic(self, kafka: &KafkaSettings) -> &str {
        match self {
            Self::Vitals => &kafka.topics.vitals,
            Self::Predictions => &kafka.topics.predictions,
        }
    }

    /// The table.
    #[must_use]
    pub const fn table(self) -> &'static Table {
        match self {
            Self::Vitals => &VITALS,
            Self::Predictions => &PREDICTIONS,
        }
    }

    /// The settings of this feed. Each feed has a consumer group of its own, so that a rebalance
    /// of one topic never stops the other.
    #[must_use]
    pub fn settings(self, mut settings: Settings) -> Settings {
        if self == Self::Predictions {
            settings.consumer.group_id += ".predictions";
        }
        settings
    }

    /// Validates the payload of a message with Kafka timestamp `time_ms`.
    ///
    /// # Errors
    /// The reason of its rejection.
    pub(crate) fn validate(
        self,
        payload: &[u8],
        time_ms: i64,
        options: &DecodeOptions,
    ) -> Result<(), Rejection> {
        match self {
            Self::Vitals => decode(payload, arrival_ms(time_ms), options).map(drop),
            Self::Predictions => prediction::decode(payload).map(drop),
        }
    }
}
