//! A Kafka message, and its position in a partition's log.

use std::borrow::Cow;

use vitals_core::domain::decode::arrival_ms;

/// The meaning of a message's Kafka timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeType {
    /// The message has none.
    None,
    /// The producer set it.
    Create,
    /// The broker set it, when it appended the message.
    LogAppend,
}

/// The position of a message: partition, offset and Kafka timestamp.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MessagePosition {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// The Kafka timestamp, milliseconds since the epoch; -1 without one.
    pub(crate) time_ms: i64,
    pub(crate) time_type: TimeType,
}

impl MessagePosition {
    /// The arrival of the message; `None` without a possible Kafka timestamp.
    pub(crate) fn arrival_ms(&self) -> Option<i64> {
        arrival_ms(self.time_ms)
    }

    /// The content of column `kafka_time_type`.
    pub(super) fn time_type_name(&self) -> &'static str {
        match self.time_type {
            _ if self.time_ms == -1 => "none",
            TimeType::None => "none",
            _ if self.arrival_ms().is_none() => "implausible",
            TimeType::Create => "create",
            TimeType::LogAppend => "log_append",
        }
    }

    /// The type with this name in column `kafka_time_type`. Earlier releases stored none.
    pub(crate) fn time_type_named(name: &str) -> TimeType {
        match name {
            "none" => TimeType::None,
            "log_append" => TimeType::LogAppend,
            _ => TimeType::Create,
        }
    }
}

/// A header of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageHeader<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) value: Option<Cow<'a, [u8]>>,
}

impl MessageHeader<'_> {
    /// The bytes of its key and value.
    pub(crate) fn size(&self) -> usize {
        self.key.len() + self.value.as_ref().map_or(0, |value| value.len())
    }

    pub(crate) fn into_owned(self) -> MessageHeader<'static> {
        MessageHeader {
            key: Cow::Owned(self.key.into_owned()),
            value: self.value.map(|value| Cow::Owned(value.into_owned())),
        }
    }
}

/// A Kafka message, borrowed from its buffer.
#[derive(Debug, Clone)]
pub(crate) struct KafkaMessage<'a> {
    pub(crate) position: MessagePosition,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) payload: Option<&'a [u8]>,
    /// Most messages have none.
    pub(crate) headers: Vec<MessageHeader<'a>>,
}

/// The cause of offsets without a row of their own.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_type_survives_the_round_trip_through_its_name() {
        let now = 1_763_812_800_123;
        let cases = [
            (now, TimeType::Create, "create"),
            (now, TimeType::LogAppend, "log_append"),
            (-1, TimeType::None, "none"),
            (-1, TimeType::Create, "none"),
            (-5, TimeType::Create, "implausible"),
            (0, TimeType::Create, "implausible"),
            (now / 1000, TimeType::Create, "implausible"),
            (now * 1000, TimeType::Create, "implausible"),
            (i64::MAX, TimeType::LogAppend, "implausible"),
        ];
        for (time_ms, time_type, name) in cases {
            let position = MessagePosition { partition: 0, offset: 0, time_ms, time_type };
            assert_eq!(position.time_type_name(), name, "{time_ms}");
            let time_type = MessagePosition::time_type_named(name);
            let again = MessagePosition { time_type, ..position };
            assert_eq!(again.time_type_name(), name, "{time_ms}");
        }
    }
}
