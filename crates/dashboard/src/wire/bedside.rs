//! Conversions of the state at the bedside to the wire.

use vitals_core::domain::bedside;

use super::{
    live_view::{Condition, ConditionKind, ConditionPriority, News2Part, News2Rank, News2State},
    vocabulary::{RankBasis, vital_name},
};

impl From<bedside::Assessment> for News2State {
    fn from(assessment: bedside::Assessment) -> Self {
        Self {
            total: assessment.total,
            partial: assessment.partial,
            band: assessment.band.map(Into::into),
            rank: assessment.rank.map(Into::into),
            not_applicable: assessment.not_applicable.map(Into::into),
            parts: assessment.parts.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<bedside::PartScore> for News2Part {
    fn from(part: bedside::PartScore) -> Self {
        Self {
            name: part.part.into(),
            score: part.score,
            time_ms: part.time_ms,
            vital: part.vital.and_then(vital_name),
        }
    }
}

impl From<bedside::Rank> for News2Rank {
    fn from(rank: bedside::Rank) -> Self {
        Self { band: rank.band.into(), basis: RankBasis::Inputs, as_of_ms: rank.as_of_ms }
    }
}

impl From<bedside::Condition> for Condition {
    fn from(condition: bedside::Condition) -> Self {
        let bedside::Condition { kind, priority, text, since_ms, vital: _ } = condition;
        Self { kind: kind.into(), priority: priority.into(), text, since_ms }
    }
}

impl From<bedside::ConditionPriority> for ConditionPriority {
    fn from(priority: bedside::ConditionPriority) -> Self {
        match priority {
            bedside::ConditionPriority::High => Self::High,
            bedside::ConditionPriority::Technical => Self::Technical,
        }
    }
}

impl From<bedside::ConditionKind> for ConditionKind {
    fn from(kind: bedside::ConditionKind) -> Self {
        use bedside::ConditionKind as Kind;
        match kind {
            Kind::SignalsLost => Self::SignalsLost,
            Kind::Asystole => Self::Asystole,
            Kind::CriticalIfTrue => Self::CriticalIfTrue,
            Kind::LeadsOff => Self::LeadsOff,
            Kind::ProbeOff => Self::ProbeOff,
            Kind::SeveralDevices => Self::SeveralDevices,
            Kind::SharedDevice => Self::SharedDevice,
            Kind::SharedBed => Self::SharedBed,
            Kind::RefusedField => Self::RefusedField,
        }
    }
}
