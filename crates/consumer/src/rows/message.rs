//! A Kafka message, and its position in a partition's log.

/// The position of a message: partition, offset and broker timestamp.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MessagePosition {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// The broker timestamp, milliseconds since the epoch.
    pub(crate) time_ms: i64,
}

/// A Kafka message, borrowed from its buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KafkaMessage<'a> {
    pub(crate) position: MessagePosition,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) payload: Option<&'a [u8]>,
}

/// The cause of a gap in a partition's offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OffsetGap {
    /// Retention deleted the messages before they were read.
    Lost,
    /// Kafka has messages there, but they are damaged and no client can read them.
    Unreadable,
    /// The offsets carry no message: transaction markers, messages of an aborted transaction, or
    /// messages removed by log compaction.
    NoMessage,
}
