//! An alarm as the lake has it: the sum of its transitions.

use vitals_core::domain::watch::{AlertKind, Priority};

/// A transition of an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transition {
    pub(super) occurrence_id: String,
    pub(super) kind: AlertKind,
    pub(super) rule: String,
    /// The priority after the transition.
    pub(super) priority: Priority,
    pub(super) text: String,
    pub(super) by: Option<String>,
    pub(super) at_ms: i64,
    pub(super) onset_ms: i64,
}

/// An alarm of the past, or one that is still under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmRecord {
    /// Id of the occurrence.
    pub id: String,
    /// The rule, such as `limit.spo2.low`.
    pub rule: String,
    /// The highest priority that it had.
    pub priority: Priority,
    /// The condition in words, when it first had that priority.
    pub text: String,
    /// Arrival of the reading with which the condition became true, ms since the epoch.
    pub onset_ms: i64,
    /// End of the condition, ms since the epoch; `None` if none is archived.
    pub ended_ms: Option<i64>,
    /// The person who acknowledged it.
    pub acknowledged_by: Option<String>,
    /// The last person who silenced it for a time.
    pub silenced_by: Option<String>,
    /// Time of its last archived transition, ms since the epoch.
    pub as_of_ms: i64,
}

impl AlarmRecord {
    /// The alarms of `transitions`, in which those of one alarm follow each other in order.
    pub(super) fn collect(transitions: &[Transition]) -> Vec<Self> {
        transitions
            .chunk_by(|one, next| one.occurrence_id == next.occurrence_id)
            .filter_map(<[Transition]>::split_first)
            .map(|(first, rest)| Self::of(first, rest))
            .collect()
    }

    fn of(first: &Transition, rest: &[Transition]) -> Self {
        let mut alarm = Self {
            id: first.occurrence_id.clone(),
            rule: first.rule.clone(),
            priority: first.priority,
            text: first.text.clone(),
            onset_ms: first.onset_ms,
            ended_ms: None,
            acknowledged_by: None,
            silenced_by: None,
            as_of_ms: first.at_ms,
        };
        let mut priority = first.priority;
        for transition in std::iter::once(first).chain(rest) {
            alarm.apply(transition, priority);
            priority = transition.priority;
        }
        alarm
    }

    /// Applies a transition; `before` is the priority before it.
    fn apply(&mut self, transition: &Transition, before: Priority) {
        self.as_of_ms = transition.at_ms;
        if transition.priority > self.priority {
            self.priority = transition.priority;
            self.text.clone_from(&transition.text);
        }
        match transition.kind {
            AlertKind::Acknowledged => self.acknowledged_by.clone_from(&transition.by),
            AlertKind::Silenced => self.silenced_by.clone_from(&transition.by),
            // An acknowledgement of the lower priority does not hold for the higher one.
            AlertKind::Changed if transition.priority > before => self.acknowledged_by = None,
            AlertKind::Cleared => self.ended_ms = Some(transition.at_ms),
            AlertKind::Raised
            | AlertKind::Changed
            | AlertKind::Escalated
            | AlertKind::SilenceEnded
            | AlertKind::Noted => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use AlertKind::{Acknowledged, Changed, Cleared, Raised, SilenceEnded, Silenced};
    use Priority::{High, Low, Medium};

    use super::*;

    /// The transitions of an alarm, a second apart. The text is the priority.
    fn transitions(id: &str, steps: &[(AlertKind, Priority)]) -> Vec<Transition> {
        let step = |(second, (kind, priority)): (i64, &(AlertKind, Priority))| Transition {
            occurrence_id: id.to_owned(),
            kind: *kind,
            rule: "news2".to_owned(),
            priority: *priority,
            text: priority.name().to_owned(),
            by: matches!(kind, Acknowledged | Silenced).then(|| "ada".to_owned()),
            at_ms: second * 1_000,
            onset_ms: 0,
        };
        (1..).zip(steps).map(step).collect()
    }

    /// Steps; then the priority, the end, and who acknowledged and silenced it.
    type Case<'a> =
        (&'a [(AlertKind, Priority)], Priority, Option<i64>, Option<&'a str>, Option<&'a str>);

    #[test]
    fn an_alarm_has_its_highest_priority_its_end_and_the_acknowledgement_that_holds() {
        let ada = Some("ada");
        let cases: [Case<'_>; 7] = [
            (&[(Raised, Medium)], Medium, None, None, None),
            (&[(Raised, Medium), (Cleared, Medium)], Medium, Some(2_000), None, None),
            (&[(Raised, Medium), (Changed, High), (Changed, Low)], High, None, None, None),
            (
                &[(Raised, High), (Cleared, High), (Acknowledged, High)],
                High,
                Some(2_000),
                ada,
                None,
            ),
            (&[(Raised, Low), (Acknowledged, Low), (Changed, High)], High, None, None, None),
            (&[(Raised, High), (Acknowledged, High), (Changed, Low)], High, None, ada, None),
            (&[(Raised, Low), (Silenced, Low), (SilenceEnded, Low)], Low, None, None, ada),
        ];
        for (steps, priority, ended_ms, acknowledged_by, silenced_by) in cases {
            let found = AlarmRecord::collect(&transitions("a", steps));
            let expected = AlarmRecord {
                id: "a".to_owned(),
                rule: "news2".to_owned(),
                priority,
                text: priority.name().to_owned(),
                onset_ms: 0,
                ended_ms,
                acknowledged_by: acknowledged_by.map(ToOwned::to_owned),
                silenced_by: silenced_by.map(ToOwned::to_owned),
                as_of_ms: 1_000 * i64::try_from(steps.len()).unwrap(),
            };
            assert_eq!(found, [expected], "{steps:?}");
        }
    }

    #[test]
    fn the_alarms_keep_their_order() {
        let steps = [(Raised, Medium), (Cleared, Medium)];
        let all = [transitions("b", &steps), transitions("a", &steps[..1])].concat();
        let ids: Vec<_> = AlarmRecord::collect(&all).into_iter().map(|alarm| alarm.id).collect();
        assert_eq!(ids, ["b", "a"]);
        assert!(AlarmRecord::collect(&[]).is_empty());
    }
}
