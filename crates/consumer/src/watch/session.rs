//! A session of the watch: from joining the group to the first error or the shutdown.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use rdkafka::{consumer::Consumer as _, error::KafkaError, types::RDKafkaErrorCode};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::Settings, kafka};

use super::{
    client::{Callbacks, Client},
    commit::PreparedCommit,
    committer::Committer,
    end_requests::EndRequests,
    pace::{Outstanding, Pace, STATES_TIME, TIMERS_TIME},
    publisher::Publisher,
    recorder::WatchRecorder,
    restoring::Restoring,
    topics,
    ward::Ward,
    ward_inputs::WardInputs,
};
use crate::metrics;

/// Upper bound on the wait for a message, and so on the delay of a timer or a shutdown.
const POLL_TIMEOUT: Duration = Duration::from_millis(50);

/// The same while states are due.
const BUSY_POLL_TIMEOUT: Duration = Duration::from_millis(2);

/// Maximum messages between two publications.
const MAX_MESSAGES: usize = 2000;

/// A session, with its clients and the state of its partitions.
pub(super) struct Session<'a> {
    pub(super) settings: &'a Settings,
    pub(super) recorder: &'a WatchRecorder,
    pub(super) topic: String,
    /// Before the client, which is closed after the last commit.
    pub(super) committer: Committer,
    pub(super) client: Arc<Client>,
    ends: EndRequests,
    pub(super) publisher: Publisher,
    pub(super) inputs: WardInputs,
    pub(super) restoring: Restoring,
    pub(super) ward: Ward,
    pub(super) undelivered_alert: Outstanding,
    pub(super) undelivered_state: Outstanding,
    pub(super) commit: Option<PreparedCommit>,
    pub(super) pace: Pace,
}

impl<'a> Session<'a> {
    /// Joins the group, after the contexts and actions were read.
    ///
    /// # Errors
    /// If a broker does not respond, or refuses a topic.
    pub(super) fn open(
        settings: &'a Settings,
        recorder: &'a WatchRecorder,
        runtime: &Handle,
    ) -> anyhow::Result<Self> {
        runtime.block_on(topics::ensure(settings, recorder.clone()))?;
        let inputs = WardInputs::read(settings)?;
        let config = kafka::watch_config(&settings.kafka, &settings.consumer, "consumer.watch");
        let client: Client = config
            .create_with_context(Callbacks::new(recorder.clone()))
            .context("settings: kafka")?;
        let topic = settings.kafka.topics.vitals.clone();
        client.subscribe(&[&topic]).context("subscribe")?;
        let client = Arc::new(client);
        Ok(Self {
            settings,
            recorder,
            topic,
            committer: Committer::start(Arc::clone(&client))?,
            client,
            ends: EndRequests::start(settings)?,
            publisher: Publisher::new(settings)?,
            inputs,
            restoring: Restoring::default(),
            ward: Ward::default(),
            undelivered_alert: Outstanding::default(),
            undelivered_state: Outstanding::default(),
            commit: None,
            pace: Pace::new(Instant::now()),
        })
    }

    /// Judges readings until shutdown.
    ///
    /// # Errors
    /// If an alert is not delivered, or Kafka refuses a request for good.
    pub(super) fn run(&mut self, shutdown: &CancellationToken) -> anyhow::Result<()> {
        while !shutdown.is_cancelled() {
            self.judge_messages()?;
            self.answer_rebalances()?;
            // The revocation follows. Until then, no state is sent and no offset is committed. The
            // next owner's alerts have the same ids.
            if self.client.assignment_lost() {
                self.publisher.purge();
                continue;
            }
            self.watch_restored()?;
            self.apply_inputs()?;
            self.ward.compare_states(&self.publisher)?;
            self.ward.admit_newcomers(&self.inputs, &self.publisher)?;
            self.recorder.set_unread_states(self.ward.unread_states());
            if self.ward.has_advanced() && self.pace.take_tick(Instant::now()) {
                self.tick()?;
            }
            let until = Instant::now() + TIMERS_TIME;
            self.ward.advance(&self.inputs, &self.publisher, until)?;
            self.publish_states(Some(Instant::now() + STATES_TIME))?;
            self.note_deliveries();
            self.publisher.check()?;
            self.advance_commit()?;
        }
        Ok(())
    }

    /// Leaves the group. `commit` delivers and commits what was judged, unless the group has given
    /// the partitions to another instance.
    pub(super) fn close(&mut self, commit: bool) {
        if commit
            && !self.client.assignment_lost()
            && let Err(error) = self.give_up()
        {
            tracing::warn!(
                error = format!("{error:#}"),
                "the watch did not commit its last offsets"
            );
        }
        if let Err(error) = self.answer_last_rebalances() {
            tracing::debug!(error = format!("{error:#}"), "a rebalance has no response");
        }
        self.client.context().close();
    }

    /// Judges the readings that have arrived.
    fn judge_messages(&mut self) -> anyhow::Result<()> {
        let mut wait = if self.has_due_states() { BUSY_POLL_TIMEOUT } else { POLL_TIMEOUT };
        let mut judged = 0;
        for _ in 0..MAX_MESSAGES {
            let Some(polled) = self.client.poll(wait) else { break };
            wait = Duration::ZERO;
            match polled {
                Ok(message) => {
                    let was_judged = self.ward.judge(&message, &self.inputs, &self.publisher)?;
                    judged += u64::from(was_judged);
                }
                Err(KafkaError::PartitionEOF(id)) => {
                    if let Some(partition) = self.ward.partitions.get_mut(&id) {
                        partition.reach_end();
                    }
                }
                Err(error) => self.fail_if_lasting(&error)?,
            }
        }
        metrics::add_watch_readings(judged);
        for (id, partition) in &self.ward.partitions {
            self.recorder.set_position(*id, partition.next_offset(), partition.is_caught_up());
        }
        Ok(())
    }

    /// Applies the contexts and actions that have arrived.
    fn apply_inputs(&mut self) -> anyhow::Result<()> {
        for id in self.inputs.poll() {
            for partition in self.ward.partitions.values_mut() {
                partition.apply_inputs(&id, &self.inputs, &self.publisher)?;
            }
        }
        Ok(())
    }

    /// Begins to judge the passing of time, and updates the counts.
    fn tick(&mut self) -> anyhow::Result<()> {
        self.confirm_ends()?;
        self.ward.start_tick();
        let (mut patients, mut alarms) = (0, 0);
        for partition in self.ward.partitions.values() {
            patients += partition.patients();
            alarms += partition.alarms();
        }
        self.recorder.set_counts(patients, alarms, self.publisher.alerts());
        Ok(())
    }

    /// Requests the ends of the partitions that were read to their end, and applies the responses.
    /// One that a message has overtaken is dropped.
    fn confirm_ends(&mut self) -> anyhow::Result<()> {
        for end in self.ends.found()? {
            let (id, next_offset) = end.request;
            let partition = self.ward.partitions.get_mut(&id);
            let partition =
                partition.filter(|it| it.is_at_end() && it.next_offset() == next_offset);
            if let Some(partition) = partition {
                partition.confirm_end(end.stable, end.high, end.asked_ms);
            }
        }
        let partitions = self.ward.partitions.iter().filter(|(_, it)| it.is_at_end());
        self.ends.request(partitions.map(|(id, it)| (*id, it.next_offset())).collect());
        Ok(())
    }

    /// Fails on errors that librdkafka does not recover from. The next session starts over.
    fn fail_if_lasting(&self, error: &KafkaError) -> anyhow::Result<()> {
        use RDKafkaErrorCode as Code;
        match error.rdkafka_error_code() {
            Some(Code::TopicAuthorizationFailed) => {
                bail!("access to topic {} is denied", self.topic)
            }
            Some(Code::GroupAuthorizationFailed) => {
                let group = &self.settings.consumer.watch.group_id;
                bail!("access to consumer group {group} is denied")
            }
            Some(
                Code::Fatal
                | Code::OffsetOutOfRange
                | Code::AutoOffsetReset
                | Code::UnknownTopicOrPartition
                | Code::UnknownTopic
                | Code::PollExceeded,
            ) => bail!("Kafka: {error}"),
            _ => {
                tracing::debug!(%error, "poll failed, librdkafka retries");
                Ok(())
            }
        }
    }
}
