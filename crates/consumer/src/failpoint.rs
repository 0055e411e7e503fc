//! Failpoints: named places of the commit path and of the watch at which a test makes the process
//! die, stall or fail.
//!
//! Only development builds have them. `VITALS_FAULT="FAILPOINT:ACTION[:NTH]"`, several separated
//! by commas, triggers the action when the process hits the failpoint for the NTH time, counted
//! from 1. The default is the first time.

use std::io;

/// A failpoint of the commit path or of the watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failpoint {
    /// Before files are uploaded to the lake.
    BeforePut,
    /// Files are uploaded, and no commit names them.
    AfterPut,
    /// Before the commit is written.
    BeforeCommit,
    /// The commit is in the lake.
    AfterCommit,
    /// Before offsets are committed to Kafka.
    BeforeOffsets,
    /// Offsets are committed to Kafka.
    AfterOffsets,
    /// Before a batch is written to the spool.
    BeforeSpool,
    /// A batch is in the spool.
    AfterSpool,
    /// Before spooled batches are committed.
    BeforeDrain,
    /// Spooled batches are committed, and their files are still in the spool.
    AfterDrain,
    /// Before an alert is sent.
    BeforeAlert,
    /// Alerts are delivered, and the states that follow from them are not sent.
    BeforeState,
    /// Alerts and states are delivered, and the watch's offsets are not committed.
    BeforeWatchCommit,
    /// The watch's offsets are committed.
    AfterWatchCommit,
}

#[cfg(not(debug_assertions))]
mod injection {
    use super::{Failpoint, io};

    pub(crate) const fn init() -> anyhow::Result<()> {
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "a development build may fail here")]
    pub(crate) const fn hit(_: Failpoint) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(debug_assertions)]
mod injection {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };

    use anyhow::{Context as _, anyhow};
    use nix::{
        sys::signal::{Signal, kill, raise},
        unistd::Pid,
    };

    use super::{Failpoint, io};

    const VARIABLE: &str = "VITALS_FAULT";

    const FAILPOINTS: [(&str, Failpoint); 14] = [
        ("before_put", Failpoint::BeforePut),
        ("after_put", Failpoint::AfterPut),
        ("before_commit", Failpoint::BeforeCommit),
        ("after_commit", Failpoint::AfterCommit),
        ("before_offsets", Failpoint::BeforeOffsets),
        ("after_offsets", Failpoint::AfterOffsets),
        ("before_spool", Failpoint::BeforeSpool),
        ("after_spool", Failpoint::AfterSpool),
        ("before_drain", Failpoint::BeforeDrain),
        ("after_drain", Failpoint::AfterDrain),
        ("before_alert", Failpoint::BeforeAlert),
        ("before_state", Failpoint::BeforeState),
        ("before_watch_commit", Failpoint::BeforeWatchCommit),
        ("after_watch_commit", Failpoint::AfterWatchCommit),
    ];

    const ACTIONS: [(&str, Action); 4] = [
        ("kill", Action::Kill),
        ("stop", Action::Stop),
        ("error", Action::Error),
        ("full", Action::Full),
    ];

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) enum Action {
        /// The process is killed.
        Kill,
        /// The process is suspended.
        Stop,
        /// The operation fails.
        Error,
        /// The operation fails as if the disk were full.
        Full,
    }

    /// An action to be triggered at a failpoint.
    #[derive(Debug)]
    pub(super) struct Trigger {
        pub(super) failpoint: Failpoint,
        pub(super) action: Action,
        pub(super) nth: u64,
        hits: AtomicU64,
    }

    static TRIGGERS: OnceLock<Vec<Trigger>> = OnceLock::new();

    /// Reads the triggers from the environment.
    ///
    /// # Errors
    /// When the variable names an unknown failpoint or action.
    pub(crate) fn init() -> anyhow::Result<()> {
        let text = std::env::var(VARIABLE).unwrap_or_default();
        let triggers = parse(&text).with_context(|| format!("{VARIABLE}={text:?}"))?;
        if !triggers.is_empty() {
            tracing::warn!(triggers = text, "failpoints are enabled");
        }
        // A second consumer in this process reads the same variable.
        let _same = TRIGGERS.set(triggers);
        Ok(())
    }

    /// Triggers the actions that are due at `failpoint`.
    pub(crate) fn hit(failpoint: Failpoint) -> io::Result<()> {
        let triggers = TRIGGERS.get().into_iter().flatten();
        for trigger in triggers.filter(|trigger| trigger.failpoint == failpoint) {
            if trigger.hits.fetch_add(1, Ordering::AcqRel) + 1 == trigger.nth {
                // Tools count hits by these fields.
                tracing::warn!(
                    failpoint.name = ?failpoint,
                    failpoint.action = ?trigger.action,
                    "failpoint hit"
                );
                act(trigger.action)?;
            }
        }
        Ok(())
    }

    fn act(action: Action) -> io::Result<()> {
        match action {
            Action::Kill => Ok(kill(Pid::this(), Signal::SIGKILL)?),
            // To this thread: a signal to the process may be taken by another one, and this one would go
            // on for a moment.
            Action::Stop => Ok(raise(Signal::SIGSTOP)?),
            Action::Error => Err(io::Error::other("failpoint triggered")),
            Action::Full => Err(io::Error::from(io::ErrorKind::StorageFull)),
        }
    }

    pub(super) fn parse(text: &str) -> anyhow::Result<Vec<Trigger>> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse_one).collect()
    }

    fn parse_one(text: &str) -> anyhow::Result<Trigger> {
        let mut parts = text.split(':');
        let failpoint = find(&FAILPOINTS, parts.next().unwrap_or_default(), "failpoint")?;
        let action = find(&ACTIONS, parts.next().unwrap_or_default(), "action")?;
        let nth = match parts.next() {
            None => 1,
            Some(nth) => nth
                .parse()
                .ok()
                .filter(|nth| *nth > 0)
                .with_context(|| format!("{nth:?} in {text:?} is not a count from 1"))?,
        };
        match parts.next() {
            None => Ok(Trigger { failpoint, action, nth, hits: AtomicU64::new(0) }),
            Some(_) => Err(anyhow!("{text:?} has more than FAILPOINT:ACTION:NTH")),
        }
    }

    fn find<T: Copy>(known: &[(&str, T)], name: &str, what: &str) -> anyhow::Result<T> {
        let found = known.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value).with_context(|| {
            let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            format!("{name:?} is not a known {what}; known are {}", names.join(", "))
        })
    }
}

pub(crate) use injection::{hit, init};

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::{
        Failpoint,
        injection::{Action, parse},
    };

    #[test]
    fn a_trigger_has_failpoint_action_and_count() {
        let triggers = parse("before_put:kill, after_commit:error:3").unwrap();
        let found: Vec<_> = triggers.iter().map(|it| (it.failpoint, it.action, it.nth)).collect();
        let expected =
            [(Failpoint::BeforePut, Action::Kill, 1), (Failpoint::AfterCommit, Action::Error, 3)];
        assert_eq!(found, expected);
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn an_invalid_trigger_is_explained() {
        let cases = [
            ("before_lunch:kill", "before_lunch"),
            ("before_put", "action"),
            ("before_put:explode", "explode"),
            ("before_put:kill:0", "from 1"),
            ("before_put:kill:1:2", "more than"),
        ];
        for (text, part) in cases {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
