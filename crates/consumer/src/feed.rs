//! The feeds: topics to archive, each with its table.
//!
//! A new feed needs a variant here, its builder in `rows`, and its table in
//! `vitals_lake::schema`.

use vitals_core::{
    domain::{
        activity,
        decode::{DecodeOptions, decode},
        model_event, patient_context, prediction,
        rejection::Rejection,
        watch,
    },
    runtime::config::{KafkaSettings, RetentionSettings, Settings, retention},
};
use vitals_lake::{
    maintain::Expiry,
    schema::{ACTIVITY, ALERTS, MODEL_EVENTS, PATIENT_CONTEXT, PREDICTIONS, Table, VITALS},
};

use crate::rows::message::KafkaMessage;

/// A topic with its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Feed {
    /// Readings
    #[default]
    Vitals,
    /// Predictions of the model server
    Predictions,
    /// Contexts of the patients
    #[value(name = "patient_context", alias = "patient-context")]
    PatientContext,
    /// Alarms raised, changed and cleared by the watch
    Alerts,
    /// Steps of the model versions: trained, released, rolled back
    #[value(name = "model_events", alias = "model-events")]
    ModelEvents,
    /// Accesses to the views of the dashboard
    #[value(name = "audit")]
    Activity,
}

/// The table that a command works on.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct TableOption {
    /// The table
    #[arg(long = "table", value_name = "TABLE", value_enum, default_value_t)]
    pub feed: Feed,
}

impl Feed {
    /// The feeds that a consumer with these settings archives.
    #[must_use]
    pub fn enabled(settings: &Settings) -> Vec<Self> {
        let optional = [
            (Self::Predictions, settings.consumer.predictions),
            (Self::PatientContext, settings.consumer.patient_context),
            (Self::Alerts, settings.consumer.alerts),
            (Self::ModelEvents, settings.consumer.model_events),
            (Self::Activity, settings.consumer.audit),
        ];
        let mut feeds = vec![Self::Vitals];
        feeds.extend(optional.into_iter().filter(|(_, enabled)| *enabled).map(|(feed, _)| feed));
        feeds
    }

    /// Returns true for the feed that the service exists for. The archive of any other feed may
    /// fail or wait for its topic without an effect on readiness.
    #[must_use]
    pub fn is_required(self) -> bool {
        self == Self::Vitals
    }

    /// Returns true if the topic is compacted: a message without a value deletes its key, and
    /// Kafka removes messages that a newer one of their key replaces.
    #[must_use]
    pub fn is_compacted(self) -> bool {
        self == Self::PatientContext
    }

    /// The topic.
    #[must_use]
    pub fn topic(self, kafka: &KafkaSettings) -> &str {
        match self {
            Self::Vitals => &kafka.topics.vitals,
            Self::Predictions => &kafka.topics.predictions,
            Self::PatientContext => &kafka.topics.patient_context,
            Self::Alerts => &kafka.topics.alerts,
            Self::ModelEvents => &kafka.topics.model_events,
            Self::Activity => &kafka.topics.audit,
        }
    }

    /// The table.
    #[must_use]
    pub const fn table(self) -> &'static Table {
        match self {
            Self::Vitals => &VITALS,
            Self::Predictions => &PREDICTIONS,
            Self::PatientContext => &PATIENT_CONTEXT,
            Self::Alerts => &ALERTS,
            Self::ModelEvents => &MODEL_EVENTS,
            Self::Activity => &ACTIVITY,
        }
    }

    /// The retention of the table's rows; `None` keeps them forever.
    #[must_use]
    pub fn expiry(self, settings: &Settings) -> Option<Expiry> {
        let RetentionSettings {
            vitals_days,
            predictions_days,
            patient_context_days,
            alerts_days,
            audit_days,
        } = settings.consumer.retention;
        let days = match self {
            Self::Vitals => vitals_days,
            Self::Predictions => predictions_days,
            Self::PatientContext => patient_context_days,
            Self::Alerts => alerts_days,
            // A ledger is complete only with its start.
            Self::ModelEvents => 0,
            Self::Activity => audit_days,
        };
        let topic = self.topic(&settings.kafka).to_owned();
        retention(days).map(|age| Expiry { topic, age })
    }

    /// The settings of this feed. Each feed has a consumer group of its own, so that a rebalance
    /// of one topic never stops the other.
    #[must_use]
    pub fn settings(self, mut settings: Settings) -> Settings {
        if !self.is_required() {
            settings.consumer.group_id += ".";
            settings.consumer.group_id += self.table().name;
        }
        settings
    }

    /// Validates a message.
    ///
    /// # Errors
    /// The reason of its rejection.
    pub(crate) fn validate(
        self,
        message: &KafkaMessage<'_>,
        options: &DecodeOptions,
    ) -> Result<(), Rejection> {
        let payload = message.payload.unwrap_or_default();
        match self {
            Self::Vitals => decode(payload, message.position.arrival_ms(), options).map(drop),
            Self::Predictions => prediction::decode(payload).map(drop),
            Self::PatientContext => patient_context::decode(message.key, payload).map(drop),
            Self::Alerts => watch::decode(payload).map(drop),
            Self::ModelEvents => model_event::decode(payload).map(drop),
            Self::Activity => activity::decode(payload).map(drop),
        }
    }
}
