//! The next fault, drawn from the seed alone and independent of the state of the testbed.

use std::fmt;
use std::time::Duration;

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// Failpoints of the commit path, of the spool and of the watch.
const FAILPOINTS: [&str; 14] = [
    "before_put",
    "after_put",
    "before_commit",
    "after_commit",
    "before_offsets",
    "after_offsets",
    "before_spool",
    "after_spool",
    "before_drain",
    "after_drain",
    "before_alert",
    "before_state",
    "before_watch_commit",
    "after_watch_commit",
];

/// Actions of a failpoint; `kill` is the most likely one.
const ACTIONS: [&str; 5] = ["kill", "kill", "error", "stop", "full"];

/// Codecs of the producer's batches.
const CODECS: [&str; 4] = ["gzip", "lz4", "snappy", "zstd"];

/// Prefix of the kinds of failpoint; the action follows.
const FAILPOINT_KIND: &str = "consumer hits a failpoint: ";

/// A server that all consumers share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Kafka,
    NameNode,
    DataNode,
}

/// The failure mode of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FailureMode {
    Crash,
    Stop,
    /// The process exists but doesn't respond.
    Freeze,
}

/// Damage to the log of the second topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LogDamage {
    /// Kafka deletes messages, some of them before they are archived.
    Deletion,
    /// A transaction that stays open, and is aborted.
    AbortedTransaction,
    /// The topic is deleted and created again; an operator accepts the new log.
    Recreation,
}

/// A fault; consumers are identified by their index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// SIGKILL; restarted later on the same host.
    Crash(usize),
    /// SIGTERM; rejoins the group later.
    Leave(usize),
    /// SIGKILL; another host takes over later, without the spool of the first.
    Move(usize),
    /// SIGSTOP for longer than the session timeout, then SIGCONT.
    Stall(usize),
    /// Restarted with a failpoint armed: `STEP:ACTION:NTH`.
    Failpoint(usize, String),
    /// A second consumer group archives the same topic to the same table for a while.
    Intruder,
    /// Another program compacts the table, for at most that long.
    ForeignWriter,
    /// A server fails and comes back.
    Server(Target, FailureMode),
    /// The log of the second topic is damaged.
    Log(LogDamage),
}

impl Fault {
    /// The kind of the fault, for the summary.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Crash(_) => "consumer crashes".to_owned(),
            Self::Leave(_) => "consumer leaves".to_owned(),
            Self::Move(_) => "consumer moves to another host".to_owned(),
            Self::Stall(_) => "consumer stalls past its session timeout".to_owned(),
            Self::Failpoint(_, spec) => {
                let action = spec.split(':').nth(1).unwrap_or_default();
                format!("{FAILPOINT_KIND}{action}")
            }
            Self::Intruder => "second group on the same table".to_owned(),
            Self::ForeignWriter => "another program compacts the table".to_owned(),
            Self::Server(target, mode) => format!("{target:?}: {mode:?}"),
            Self::Log(LogDamage::Deletion) => "second topic: messages deleted".to_owned(),
            Self::Log(LogDamage::AbortedTransaction) => {
                "second topic: aborted transaction".to_owned()
            }
            Self::Log(LogDamage::Recreation) => "second topic: recreated".to_owned(),
        }
    }
}

/// The action of a kind of failpoint; `None` for other kinds.
pub(super) fn failpoint_action(kind: &str) -> Option<&str> {
    kind.strip_prefix(FAILPOINT_KIND)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crash(id) | Self::Leave(id) | Self::Move(id) | Self::Stall(id) => {
                write!(f, "{}, number {id}", self.kind())
            }
            Self::Failpoint(id, spec) => write!(f, "consumer {id} restarted with {spec}"),
            Self::Intruder | Self::ForeignWriter | Self::Server(..) | Self::Log(_) => {
                f.write_str(&self.kind())
            }
        }
    }
}

/// A fault, its duration, and the pause before the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) fault: Fault,
    pub(super) duration: Duration,
    pub(super) pause: Duration,
}

/// Draws the codec of the producer's batches.
pub(super) fn draw_codec(rng: &mut ChaCha8Rng) -> &'static str {
    CODECS.choose(rng).copied().unwrap_or(CODECS[0])
}

/// Draws the next event for a testbed with so many `consumers`.
pub(super) fn draw(rng: &mut ChaCha8Rng, consumers: usize) -> Event {
    let id = rng.random_range(0..consumers);
    // The probability in per cent, and the time until the repair.
    let (fault, range_ms) = match rng.random_range(0..100) {
        0..14 => (Fault::Crash(id), 200..6_000),
        14..20 => (Fault::Leave(id), 500..8_000),
        20..28 => (Fault::Move(id), 200..3_000),
        28..37 => (Fault::Stall(id), 7_000..14_000),
        37..60 => (Fault::Failpoint(id, failpoint(rng)), 300..3_000),
        60..63 => (Fault::Intruder, 5_000..15_000),
        63..68 => (Fault::ForeignWriter, 2_000..20_000),
        68..72 => (Fault::Server(Target::Kafka, failure_mode(rng)), 1_000..8_000),
        72..82 => (Fault::Server(Target::NameNode, failure_mode(rng)), 2_000..20_000),
        82..90 => (Fault::Server(Target::DataNode, failure_mode(rng)), 2_000..12_000),
        90..94 => (Fault::Log(LogDamage::Deletion), 0..1),
        94..97 => (Fault::Log(LogDamage::Recreation), 1_000..10_000),
        _ => (Fault::Log(LogDamage::AbortedTransaction), 1_000..8_000),
    };
    let duration = Duration::from_millis(rng.random_range(range_ms));
    let pause = Duration::from_millis(rng.random_range(1_000..6_000));
    Event { fault, duration, pause }
}

fn failpoint(rng: &mut ChaCha8Rng) -> String {
    let name = FAILPOINTS.choose(rng).copied().unwrap_or(FAILPOINTS[0]);
    let action = ACTIONS.choose(rng).copied().unwrap_or(ACTIONS[0]);
    format!("{name}:{action}:{}", rng.random_range(1..4))
}

fn failure_mode(rng: &mut ChaCha8Rng) -> FailureMode {
    let modes = [FailureMode::Crash, FailureMode::Stop, FailureMode::Freeze];
    modes.choose(rng).copied().unwrap_or(FailureMode::Crash)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn drawn(seed: u64, count: usize) -> Vec<Event> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..count).map(|_| draw(&mut rng, 3)).collect()
    }

    #[test]
    fn the_seed_determines_the_events() {
        assert_eq!(drawn(1, 50), drawn(1, 50));
        assert_ne!(drawn(1, 50), drawn(2, 50));
    }

    #[test]
    fn every_kind_of_fault_is_drawn() {
        let kinds: BTreeSet<_> = drawn(3, 1000).iter().map(|it| it.fault.kind()).collect();
        // Four of consumers, failpoints with four actions, two of other writers, three servers with
        // three modes each, and three of the second topic.
        assert_eq!(kinds.len(), 4 + 4 + 2 + 9 + 3, "{kinds:?}");
    }

    #[test]
    fn the_kind_of_a_failpoint_contains_its_action() {
        let fault = Fault::Failpoint(0, "after_put:full:2".to_owned());
        assert_eq!(failpoint_action(&fault.kind()), Some("full"));
        assert_eq!(failpoint_action(&Fault::Intruder.kind()), None);
    }
}
