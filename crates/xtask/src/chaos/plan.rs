//! Which fault comes next: drawn from the seed alone, whatever state the testbed is in.

use std::fmt;
use std::time::Duration;

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// Steps of the commit path and of the spool at which a process can be made to fail.
const STEPS: [&str; 10] = [
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
];

/// What the kinds of fault at a step begin with; the action follows.
const AT_A_STEP: &str = "consumer at a step: ";

/// A server that is shared by all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Kafka,
    NameNode,
    DataNode,
}

/// How a server goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Crash,
    Stop,
    /// It goes on to exist and says nothing.
    Freeze,
}

/// What goes wrong; consumers by their number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// SIGKILL; later the same host starts it again.
    Crash(usize),
    /// SIGTERM; later it joins again.
    Leave(usize),
    /// SIGKILL, and another host takes over, without the spool of the first.
    Move(usize),
    /// SIGSTOP for longer than the session lasts, then SIGCONT.
    Stall(usize),
    /// Restarted with a fault at a step of the commit path: `STEP:ACTION:NTH`.
    Step(usize, String),
    /// Another group archives the same topic to the same table for a while.
    Intruder,
    /// A server goes and comes back.
    Server(Target, Way),
}

impl Fault {
    /// The fault's kind, for the summary.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Crash(_) => "consumer crashes".to_owned(),
            Self::Leave(_) => "consumer leaves".to_owned(),
            Self::Move(_) => "consumer moves to another host".to_owned(),
            Self::Stall(_) => "consumer stalls past its session".to_owned(),
            Self::Step(_, spec) => {
                let action = spec.split(':').nth(1).unwrap_or_default();
                format!("{AT_A_STEP}{action}")
            }
            Self::Intruder => "a second group on the same table".to_owned(),
            Self::Server(target, way) => format!("{target:?}: {way:?}"),
        }
    }
}

/// The action of a kind of fault at a step.
pub(super) fn action(kind: &str) -> Option<&str> {
    kind.strip_prefix(AT_A_STEP)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crash(id) | Self::Leave(id) | Self::Move(id) | Self::Stall(id) => {
                write!(f, "{}, number {id}", self.kind())
            }
            Self::Step(id, spec) => write!(f, "consumer {id} restarted with {spec}"),
            Self::Intruder | Self::Server(..) => f.write_str(&self.kind()),
        }
    }
}

/// A fault, how long it lasts, and the pause until the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) fault: Fault,
    pub(super) lasts: Duration,
    pub(super) pause: Duration,
}

/// The next event for a testbed with so many `consumers`.
pub(super) fn draw(rng: &mut ChaCha8Rng, consumers: usize) -> Event {
    let who = rng.random_range(0..consumers);
    let (fault, lasts_ms) = match rng.random_range(0..100) {
        0..15 => (Fault::Crash(who), 200..6_000),
        15..22 => (Fault::Leave(who), 500..8_000),
        22..30 => (Fault::Move(who), 200..3_000),
        30..40 => (Fault::Stall(who), 7_000..14_000),
        40..65 => (Fault::Step(who, step(rng)), 300..3_000),
        65..70 => (Fault::Intruder, 5_000..15_000),
        70..76 => (Fault::Server(Target::Kafka, way(rng)), 1_000..8_000),
        76..90 => (Fault::Server(Target::NameNode, way(rng)), 2_000..20_000),
        _ => (Fault::Server(Target::DataNode, way(rng)), 2_000..12_000),
    };
    let lasts = Duration::from_millis(rng.random_range(lasts_ms));
    let pause = Duration::from_millis(rng.random_range(1_000..6_000));
    Event { fault, lasts, pause }
}

fn step(rng: &mut ChaCha8Rng) -> String {
    let step = STEPS.choose(rng).copied().unwrap_or(STEPS[0]);
    let action = ["kill", "kill", "error", "stop", "full"].choose(rng).copied().unwrap_or("kill");
    format!("{step}:{action}:{}", rng.random_range(1..4))
}

fn way(rng: &mut ChaCha8Rng) -> Way {
    [Way::Crash, Way::Stop, Way::Freeze].choose(rng).copied().unwrap_or(Way::Crash)
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
    fn the_seed_decides() {
        assert_eq!(drawn(1, 50), drawn(1, 50));
        assert_ne!(drawn(1, 50), drawn(2, 50));
    }

    #[test]
    fn every_kind_of_fault_comes() {
        let kinds: BTreeSet<_> = drawn(3, 1000).iter().map(|it| it.fault.kind()).collect();
        // Six of consumers (one with four actions), three servers with three ways each.
        assert_eq!(kinds.len(), 5 + 4 + 9, "{kinds:?}");
    }
}
