//! A second topic: accesses to the dashboard's views, whose log is damaged while it is archived.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use rdkafka::ClientContext;
use rdkafka::Message;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{
    BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer,
};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::json;

use super::topic_recreation;
use crate::clock::now_ms;

/// The topic and its table. It has one partition.
pub(super) const ACTIVITY: &str = "audit";
const PARTITION: i32 = 0;

/// Accesses of one call: 50 a second.
const ACCESSES: usize = 5;
/// Accesses right before messages are deleted, so that some are deleted before they are archived.
const BURST: usize = 400;
/// Messages that are left of a burst.
const KEPT: i64 = 100;
/// Messages of a transaction.
const IN_TRANSACTION: usize = 30;

/// Timeout of a request while Kafka is running.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The acknowledged accesses: the number of each by offset. Clones share them.
#[derive(Clone, Debug, Default)]
struct Acknowledged(Arc<Mutex<BTreeMap<i64, usize>>>);

impl ClientContext for Acknowledged {}

impl ProducerContext for Acknowledged {
    /// Number of the access.
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, number: usize) {
        if let Ok(message) = result {
            let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            numbers.insert(message.offset(), number);
        }
    }
}

/// The expected content of a log of the topic.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// The number of the access by offset.
    pub(super) numbers: BTreeMap<i64, usize>,
    /// The offset up to which Kafka was told to delete messages.
    pub(super) deleted_to: i64,
    /// Accesses without an acknowledgement.
    pub(super) unacknowledged: usize,
}

/// The writer of the topic.
pub(super) struct ActivityLog {
    bootstrap: String,
    producer: ThreadedProducer<Acknowledged>,
    acknowledged: Acknowledged,
    sent: usize,
    deleted_to: i64,
    transaction: Option<BaseProducer>,
    /// The logs of the deleted topics, oldest first.
    former: Vec<Written>,
    /// Accesses that were sent to these logs.
    sent_to_former: usize,
}

impl ActivityLog {
    pub(super) fn new(bootstrap: String) -> Result<Self> {
        let (producer, acknowledged) = producer(&bootstrap)?;
        Ok(Self {
            bootstrap,
            producer,
            acknowledged,
            sent: 0,
            deleted_to: 0,
            transaction: None,
            former: Vec::new(),
            sent_to_former: 0,
        })
    }

    /// Sends some accesses.
    pub(super) fn write(&mut self) -> Result<()> {
        self.send(ACCESSES)
    }

    fn send(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            self.sent += 1;
            let payload = payload(&event_id(self.sent));
            let record: BaseRecord<'_, str, str, usize> =
                BaseRecord::with_opaque_to(ACTIVITY, self.sent).partition(PARTITION);
            let sent = self.producer.send(record.payload(&payload));
            sent.map_err(|(error, _)| error).context("sending an access")?;
        }
        Ok(())
    }

    /// Deletes messages as Kafka's retention does, some of them before they are archived. Returns
    /// false while a transaction is open.
    pub(super) async fn delete_messages(&mut self) -> Result<bool> {
        if self.transaction.is_some() {
            return Ok(false);
        }
        self.send(BURST)?;
        self.producer.flush(TIMEOUT).context("delivering accesses")?;
        let watermarks = self.producer.client().fetch_watermarks(ACTIVITY, PARTITION, TIMEOUT);
        let (_, end) = watermarks.context("the end of the log")?;
        // Noted first: a request without a response may have had its effect.
        self.deleted_to = self.deleted_to.max(end - KEPT);
        let mut before = TopicPartitionList::new();
        before.add_partition_offset(ACTIVITY, PARTITION, Offset::Offset(self.deleted_to))?;
        let options = AdminOptions::new().request_timeout(Some(TIMEOUT));
        self.admin()?.delete_records(&before, &options).await.context("deleting messages")?;
        Ok(true)
    }

    fn admin(&self) -> Result<AdminClient<DefaultClientContext>> {
        Ok(ClientConfig::new().set("bootstrap.servers", &self.bootstrap).create()?)
    }

    /// Deletes the topic and creates it again. Returns false while a transaction is open.
    pub(super) async fn recreate(&mut self) -> Result<bool> {
        if self.transaction.is_some() {
            return Ok(false);
        }
        self.producer.flush(TIMEOUT).context("delivering accesses")?;
        topic_recreation::recreate(&self.admin()?, &self.bootstrap, ACTIVITY).await?;
        let written = self.current();
        self.former.push(written);
        self.sent_to_former = self.sent;
        self.deleted_to = 0;
        (self.producer, self.acknowledged) = producer(&self.bootstrap)?;
        Ok(true)
    }

    /// Begins a transaction, behind which consumers wait. Returns false if one is open.
    pub(super) fn begin_transaction(&mut self) -> Result<bool> {
        if self.transaction.is_some() {
            return Ok(false);
        }
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap).set("transactional.id", "vitals-chaos");
        // The broker aborts it if the request to do so is lost.
        let producer: BaseProducer = config.set("transaction.timeout.ms", "20000").create()?;
        producer.init_transactions(TIMEOUT).context("starting transactions")?;
        producer.begin_transaction()?;
        let payload = payload("aborted");
        for _ in 0..IN_TRANSACTION {
            let record: BaseRecord<'_, str, str> = BaseRecord::to(ACTIVITY).partition(PARTITION);
            producer.send(record.payload(&payload)).map_err(|(error, _)| error)?;
        }
        producer.flush(TIMEOUT).context("delivering a transaction")?;
        self.transaction = Some(producer);
        Ok(true)
    }

    /// Aborts the transaction: its messages and its marker are offsets without a message.
    pub(super) fn abort_transaction(&mut self) -> Result<()> {
        match self.transaction.take() {
            Some(producer) => producer.abort_transaction(TIMEOUT).context("aborting a transaction"),
            None => Ok(()),
        }
    }

    /// The accesses that were written to each log of the topic, the present one last, after an
    /// attempt to deliver all.
    pub(super) fn written(&self) -> Vec<Written> {
        // A timeout shows as accesses without an acknowledgement.
        let _ = self.producer.flush(TIMEOUT);
        let mut written = self.former.clone();
        written.push(self.current());
        written
    }

    /// The index of the present log among those of the topic.
    pub(super) const fn log_index(&self) -> usize {
        self.former.len()
    }

    fn current(&self) -> Written {
        let numbers = self.acknowledged.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let unacknowledged = self.sent - self.sent_to_former - numbers.len();
        Written { numbers, deleted_to: self.deleted_to, unacknowledged }
    }
}

fn producer(bootstrap: &str) -> Result<(ThreadedProducer<Acknowledged>, Acknowledged)> {
    let acknowledged = Acknowledged::default();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("enable.idempotence", "true");
    // An outage of Kafka is no reason to give up.
    config.set("message.timeout.ms", "0");
    let producer = config.create_with_context(acknowledged.clone())?;
    Ok((producer, acknowledged))
}

/// The id of the access with this number.
pub(super) fn event_id(number: usize) -> String {
    format!("access-{number}")
}

fn payload(event_id: &str) -> String {
    let access = json!({"version": 1, "event_id": event_id, "time": now_ms(),
        "address": "192.0.2.1", "action": "viewed", "view": "ward"});
    access.to_string()
}
