//! From a source to Kafka.
//!
//! ```text
//! Source -> Pace -> Sender -> librdkafka's queue -> broker
//!                                                     |
//!            Drain <- DeliveryStats <- ProducerCallbacks  (vitals_core::runtime::kafka)
//! ```
//!
//! The publisher creates the topics that are missing, sends the contexts of simulated patients, sends every reading when it is due, and
//! drains: it waits until every reading that was sent is acknowledged.

mod topic;

mod pace;
mod sender;
mod announcements;

mod drain;

mod publisher;

pub(crate) use self::publisher::Publisher;
