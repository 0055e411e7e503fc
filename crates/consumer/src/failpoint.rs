//! Faults on purpose: the process dies, stalls or fails at a named step of the commit path.
//!
//! Only development builds have them. `VITALS_FAULT="STEP:ACTION[:NTH]"`, several joined by
//! commas: the action happens at the NTH passage of the step in this process, from 1; without
//! NTH at the first.

use std::io;

/// A step of the commit path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failpoint {
    /// Files are about to be written to the lake.
    BeforePut,
    /// Files are written, no commit names them.
    AfterPut,
    /// The commit is about to be written.
    BeforeCommit,
    /// The commit is in the lake.
    AfterCommit,
    /// Kafka is about to be told the offsets.
    BeforeOffsets,
    /// Kafka was told the offsets.
    AfterOffsets,
    /// A batch is about to be written to the spool.
    BeforeSpool,
    /// A batch is in the spool.
    AfterSpool,
    /// Batches of the spool are about to be brought into the lake.
    BeforeDrain,
    /// Batches of the spool are in the lake, their files still in the spool.
    AfterDrain,
}

#[cfg(not(debug_assertions))]
mod injection {
    use super::{Failpoint, io};

    pub(crate) const fn check() -> anyhow::Result<()> {
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
        sys::signal::{Signal, kill},
        unistd::Pid,
    };

    use super::{Failpoint, io};

    const VARIABLE: &str = "VITALS_FAULT";

    const STEPS: [(&str, Failpoint); 10] = [
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
    ];

    const ACTIONS: [(&str, Action); 4] = [
        ("kill", Action::Kill),
        ("stop", Action::Stop),
        ("error", Action::Error),
        ("full", Action::Full),
    ];

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) enum Action {
        Kill,
        Stop,
        Error,
        Full,
    }

    #[derive(Debug)]
    pub(super) struct Fault {
        pub(super) step: Failpoint,
        pub(super) action: Action,
        pub(super) nth: u64,
        passed: AtomicU64,
    }

    static FAULTS: OnceLock<Vec<Fault>> = OnceLock::new();

    /// Reads the variable.
    ///
    /// # Errors
    /// When it names a step or an action that there is not.
    pub(crate) fn check() -> anyhow::Result<()> {
        let text = std::env::var(VARIABLE).unwrap_or_default();
        let faults = parse(&text).with_context(|| format!("{VARIABLE}={text:?}"))?;
        if !faults.is_empty() {
            tracing::warn!(faults = text, "faults will be injected");
        }
        // A second consumer in this process has the same variable.
        let _same = FAULTS.set(faults);
        Ok(())
    }

    /// Passes `step`; does what the variable asks for.
    pub(crate) fn hit(step: Failpoint) -> io::Result<()> {
        for fault in FAULTS.get().into_iter().flatten().filter(|fault| fault.step == step) {
            if fault.passed.fetch_add(1, Ordering::AcqRel) + 1 == fault.nth {
                // Tools count hits by these fields.
                tracing::warn!(
                    failpoint.name = ?step,
                    failpoint.action = ?fault.action,
                    "failpoint hit"
                );
                act(fault.action)?;
            }
        }
        Ok(())
    }

    fn act(action: Action) -> io::Result<()> {
        match action {
            Action::Kill => Ok(kill(Pid::this(), Signal::SIGKILL)?),
            Action::Stop => Ok(kill(Pid::this(), Signal::SIGSTOP)?),
            Action::Error => Err(io::Error::other("a fault on purpose")),
            Action::Full => Err(io::Error::from(io::ErrorKind::StorageFull)),
        }
    }

    pub(super) fn parse(text: &str) -> anyhow::Result<Vec<Fault>> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse_one).collect()
    }

    fn parse_one(text: &str) -> anyhow::Result<Fault> {
        let mut parts = text.split(':');
        let step = find(&STEPS, parts.next().unwrap_or_default(), "step")?;
        let action = find(&ACTIONS, parts.next().unwrap_or_default(), "action")?;
        let nth = match parts.next() {
            None => 1,
            Some(nth) => nth.parse().ok().filter(|nth| *nth > 0).with_context(|| {
                format!("{nth:?} in {text:?} is no number of a passage, from 1")
            })?,
        };
        match parts.next() {
            None => Ok(Fault { step, action, nth, passed: AtomicU64::new(0) }),
            Some(_) => Err(anyhow!("{text:?} has more than STEP:ACTION:NTH")),
        }
    }

    fn find<T: Copy>(known: &[(&str, T)], name: &str, what: &str) -> anyhow::Result<T> {
        let found = known.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value).with_context(|| {
            let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            format!("{name:?} is no {what}; there are {}", names.join(", "))
        })
    }
}

pub(crate) use injection::{check, hit};

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::{
        Failpoint,
        injection::{Action, parse},
    };

    #[test]
    fn a_fault_names_step_action_and_passage() {
        let faults = parse("before_put:kill, after_commit:error:3").unwrap();
        let found: Vec<_> = faults.iter().map(|it| (it.step, it.action, it.nth)).collect();
        let expected =
            [(Failpoint::BeforePut, Action::Kill, 1), (Failpoint::AfterCommit, Action::Error, 3)];
        assert_eq!(found, expected);
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn a_wrong_fault_is_explained() {
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
