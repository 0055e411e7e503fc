//! Messages with more than a payload.

use rdkafka::{
    message::{Header, OwnedHeaders},
    producer::{BaseRecord, Producer as _},
};

use crate::world::{TEST_TIMEOUT, TOPIC, World};

impl World {
    /// Sends a message with a key, the header `origin` and a timestamp.
    pub(crate) fn send_with_header(
        &self,
        partition: i32,
        key: &str,
        payload: &str,
        time_ms: Option<i64>,
    ) {
        let headers =
            OwnedHeaders::new().insert(Header { key: "origin", value: Some("gateway-7") });
        let record: BaseRecord<'_, str, str> = BaseRecord {
            timestamp: time_ms,
            ..BaseRecord::to(TOPIC).partition(partition).key(key).payload(payload).headers(headers)
        };
        self.send_record(record);
    }

    /// Sends a message with a header whose name is not UTF-8.
    #[expect(unsafe_code, reason = "a text that is none, as other clients send it")]
    pub(crate) fn send_with_damaged_header(&self, partition: i32, payload: &str) {
        // SAFETY: nothing reads the name as text; librdkafka copies its bytes.
        let key = unsafe { std::str::from_utf8_unchecked(std::hint::black_box(b"orig\xffn")) };
        let headers = OwnedHeaders::new().insert(Header { key, value: Some("gateway-7") });
        self.send_record(
            BaseRecord::to(TOPIC).partition(partition).payload(payload).headers(headers),
        );
    }

    pub(crate) fn send_record(&self, record: BaseRecord<'_, str, str>) {
        self.producer.send(record).map_err(|(error, _)| error).unwrap();
        self.producer.flush(TEST_TIMEOUT).unwrap();
    }
}
