//! Sends an action, and records it in the activity log.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs as _, UdpSocket},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use uuid::Uuid;
use vitals_core::{
    domain::{
        activity::{ACTIVITY_VERSION, ActivityEvent, View},
        watch::{Act, WardAction},
    },
    runtime::{
        config::Settings,
        kafka::{
            CountedProducer, DeliveryMetrics, OutgoingMessage, ProducerCallbacks, producer_config,
        },
    },
};

/// The client in the activity log.
const COMMAND: &str = "consumer watch";

/// Sends an action and waits for the acknowledgement, then records it. Blocks.
///
/// # Errors
/// If the action is not delivered. A record that is not delivered is logged only: the log is best
/// effort, and an alarm that is acknowledged stays so.
pub(super) fn send(settings: &Settings, action: &WardAction) -> anyhow::Result<()> {
    let callbacks = ProducerCallbacks::new("consumer.watch", DeliveryMetrics::default());
    let mut config = producer_config(&settings.kafka, &settings.producer, "consumer.watch");
    // A command does not wait half a minute for a topic that does not exist.
    config.set("topic.metadata.propagation.max.ms", "5000");
    let sender = Sender {
        producer: CountedProducer::polled(&config, callbacks)?,
        timeout: Duration::from_millis(settings.kafka.request_timeout_ms.into()),
    };
    let topics = &settings.kafka.topics;
    sender.deliver(&topics.ward_actions, &action.patient_id, &serde_json::to_vec(action)?)?;
    if settings.dashboard.activity.enabled
        && let Err(error) = sender.record(&topics.audit, &event(settings, action))
    {
        tracing::warn!(error = format!("{error:#}"), "the activity log lacks the action");
    }
    Ok(())
}

struct Sender {
    producer: CountedProducer,
    timeout: Duration,
}

impl Sender {
    fn record(&self, topic: &str, event: &ActivityEvent) -> anyhow::Result<()> {
        event.check()?;
        self.deliver(topic, &event.event_id, &serde_json::to_vec(event)?)
    }

    /// Sends a message and waits for the acknowledgement.
    fn deliver(&self, topic: &str, key: &str, payload: &[u8]) -> anyhow::Result<()> {
        let before = self.producer.stats().delivered;
        self.producer.send(OutgoingMessage {
            topic,
            key: Some(key.as_bytes()),
            payload: Some(payload),
            headers: None,
            timestamp_ms: None,
        })?;
        let flushed = self.producer.flush(self.timeout);
        flushed.with_context(|| format!("the broker does not acknowledge a message to {topic}"))?;
        let delivered = self.producer.stats().delivered > before;
        ensure!(delivered, "the broker refused a message to {topic}");
        Ok(())
    }
}

/// The action as the activity log has it.
fn event(settings: &Settings, action: &WardAction) -> ActivityEvent {
    let silenced = match action.act {
        Act::Silence { until_ms, .. } => Some((action.at_ms, until_ms)),
        Act::Acknowledge { .. } | Act::Unsilence { .. } | Act::Note { .. } => None,
    };
    ActivityEvent {
        version: ACTIVITY_VERSION,
        event_id: Uuid::now_v7().to_string(),
        time: action.at_ms,
        user: Some(action.by.clone()),
        address: own_address(&settings.kafka.bootstrap_servers),
        user_agent: Some(COMMAND.to_owned()),
        action: action.act.activity(),
        view: View::Alarms,
        patient_id: Some(action.patient_id.clone()),
        ward: None,
        from: silenced.map(|(from, _)| from),
        to: silenced.map(|(_, to)| to),
        request_id: None,
    }
}

/// The address of this host on the way to the brokers; 0.0.0.0 if there is no way.
fn own_address(bootstrap_servers: &str) -> IpAddr {
    let mut servers = bootstrap_servers.split(',').map(str::trim);
    servers.find_map(towards).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

fn towards(server: &str) -> Option<IpAddr> {
    let server = server.rsplit_once("://").map_or(server, |(_, server)| server);
    let target = server.to_socket_addrs().ok()?.next()?;
    let any = match target.ip() {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    // The system chooses the route and the address; a datagram socket sends nothing.
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(target).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_that_on_the_way_to_the_first_broker() {
        let cases = [
            ("127.0.0.1:9092", "127.0.0.1"),
            ("PLAINTEXT://127.0.0.1:9092", "127.0.0.1"),
            (" 127.0.0.1, 127.0.0.1:9092", "127.0.0.1"),
            ("127.0.0.1", "0.0.0.0"),
            ("", "0.0.0.0"),
        ];
        for (servers, address) in cases {
            assert_eq!(own_address(servers).to_string(), address, "{servers}");
        }
    }
}
