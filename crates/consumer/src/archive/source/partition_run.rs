//! Consecutive messages of one partition, as librdkafka delivers them.
#![expect(unsafe_code, reason = "librdkafka's messages")]

use std::ffi::{CStr, c_void};

use rdkafka::{
    bindings::{rd_kafka_message_errstr, rd_kafka_message_timestamp, rd_kafka_timestamp_type_t},
    types::{RDKafkaMessage, RDKafkaRespErr},
};

use super::fetch_error::FetchError;
use crate::{
    archive::fingerprint::fingerprint,
    rows::{
        message::{KafkaMessage, MessagePosition, TimeType},
        raw_headers,
    },
};

/// Consecutive messages of one partition.
pub(crate) struct PartitionRun<'a> {
    pub(crate) partition: i32,
    messages: &'a [*mut RDKafkaMessage],
}

impl<'a> PartitionRun<'a> {
    /// # Safety
    /// `messages` must come from librdkafka, belong to `partition` and be alive for 'a.
    pub(super) unsafe fn new(partition: i32, messages: &'a [*mut RDKafkaMessage]) -> Self {
        Self { partition, messages }
    }

    /// The messages, or the errors delivered in their place.
    pub(crate) fn messages(&self) -> impl Iterator<Item = Result<KafkaMessage<'a>, FetchError>> {
        // SAFETY: the messages are alive for 'a, as the caller of `new` guarantees.
        self.messages.iter().map(|message| unsafe { read_message(*message) })
    }
}

impl PartitionRun<'_> {
    /// The fingerprint of the message at `index`, counted from the start of the run.
    pub(crate) fn fingerprint(&self, index: usize) -> Option<u32> {
        let message = *self.messages.get(index)?;
        // SAFETY: as for `messages`.
        let (timestamp_ms, found) = unsafe { (timestamp_ms(message), read_message(message)) };
        let KafkaMessage { key, payload, .. } = found.ok()?;
        Some(fingerprint(timestamp_ms, key, payload))
    }
}

/// # Safety
/// `message` must be alive for 'a.
unsafe fn read_message<'a>(message: *mut RDKafkaMessage) -> Result<KafkaMessage<'a>, FetchError> {
    // SAFETY: the caller guarantees it.
    let found = unsafe { &*message };
    if found.err != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
        // SAFETY: the caller guarantees that the message is alive.
        let reason = unsafe { error_reason(message) };
        return Err(FetchError { code: found.err.into(), reason });
    }
    // SAFETY: the caller guarantees it.
    let (time_ms, time_type) = unsafe { timestamp(message) };
    let position =
        MessagePosition { partition: found.partition, offset: found.offset, time_ms, time_type };
    // SAFETY: librdkafka gives pointers with the length of their bytes, or null.
    let key = unsafe { bytes(found.key, found.key_len) };
    // SAFETY: as for the key.
    let payload = unsafe { bytes(found.payload, found.len) };
    // SAFETY: the caller guarantees it.
    let headers = unsafe { raw_headers(message) };
    Ok(KafkaMessage { position, key, payload, headers })
}

/// The broker timestamp, if the message has one.
///
/// # Safety
/// `message` must be alive.
unsafe fn timestamp_ms(message: *mut RDKafkaMessage) -> Option<i64> {
    // SAFETY: the caller guarantees it.
    let (time_ms, _) = unsafe { timestamp(message) };
    // A negative timestamp means that the message has none.
    (time_ms >= 0).then_some(time_ms)
}

/// The Kafka timestamp as sent, and its meaning.
///
/// # Safety
/// `message` must be alive.
unsafe fn timestamp(message: *mut RDKafkaMessage) -> (i64, TimeType) {
    let mut kind = rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    // SAFETY: the caller guarantees it.
    let time_ms = unsafe { rd_kafka_message_timestamp(message, &raw mut kind) };
    let time_type = match kind {
        rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE => TimeType::None,
        rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_CREATE_TIME => TimeType::Create,
        rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => TimeType::LogAppend,
    };
    (time_ms, time_type)
}

/// The description of the error that `message` stands for.
///
/// # Safety
/// `message` must be alive and stand for an error.
unsafe fn error_reason(message: *mut RDKafkaMessage) -> String {
    // SAFETY: the caller guarantees it; the text belongs to the message.
    let text = unsafe { rd_kafka_message_errstr(message) };
    if text.is_null() {
        return String::new();
    }
    // SAFETY: librdkafka gives a text that ends with a zero.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// # Safety
/// `start` must be null, or point to `length` bytes that are alive for 'a.
unsafe fn bytes<'a>(start: *const c_void, length: usize) -> Option<&'a [u8]> {
    if start.is_null() {
        return None;
    }
    // SAFETY: the caller guarantees it.
    Some(unsafe { std::slice::from_raw_parts(start.cast(), length) })
}
