//! The headers of librdkafka's messages. Their names need not be UTF-8, which the client of `rdkafka`
//! panics on.
#![expect(unsafe_code, reason = "librdkafka's messages")]

use std::{borrow::Cow, ffi::CStr, ptr, slice};

use rdkafka::{
    bindings::{rd_kafka_header_get_all, rd_kafka_message_headers},
    message::BorrowedMessage,
    types::{RDKafkaMessage, RDKafkaRespErr},
};

use super::message::MessageHeader;

/// The headers of a message.
pub(crate) fn headers<'a>(message: &'a BorrowedMessage<'_>) -> Vec<MessageHeader<'a>> {
    // SAFETY: the message is alive for 'a.
    unsafe { raw_headers(message.ptr()) }
}

/// The headers of a message. Bytes of a name that are not UTF-8 are replaced.
///
/// # Safety
/// `message` must be alive for 'a.
pub(crate) unsafe fn raw_headers<'a>(message: *mut RDKafkaMessage) -> Vec<MessageHeader<'a>> {
    let mut list = ptr::null_mut();
    // SAFETY: the caller guarantees it. The headers belong to the message.
    let found = unsafe { rd_kafka_message_headers(message, &raw mut list) };
    let mut headers = Vec::new();
    if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
        return headers;
    }
    loop {
        let mut key = ptr::null();
        let mut value = ptr::null();
        let mut length = 0;
        // SAFETY: the headers are alive as long as the message. The call fails past the last one.
        let found = unsafe {
            let index = headers.len();
            rd_kafka_header_get_all(list, index, &raw mut key, &raw mut value, &raw mut length)
        };
        if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return headers;
        }
        // SAFETY: librdkafka gives names that end with a zero.
        let key = unsafe { CStr::from_ptr(key) }.to_string_lossy();
        // SAFETY: librdkafka gives values with their length, or null.
        let value = (!value.is_null())
            .then(|| Cow::Borrowed(unsafe { slice::from_raw_parts(value.cast(), length) }));
        headers.push(MessageHeader { key, value });
    }
}
