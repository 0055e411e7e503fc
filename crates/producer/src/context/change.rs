//! A change of one patient's context.

use clap::{Args, ValueEnum, value_parser};
use vitals_core::domain::patient_context::{
    AgeGroup, PatientContext, Spo2Prescription, check_entry,
};

/// Options of `context set`. Values that are not given stay as they are, except at an admission.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct SetArgs {
    /// The patient
    pub patient_id: String,
    /// SpO2 scale; 2 is prescribed in hypercapnic respiratory failure
    #[arg(long, value_name = "1|2", value_parser = value_parser!(u8).range(1..=2), requires = "by")]
    pub spo2_scale: Option<u8>,
    /// Prescriber of the scale
    #[arg(long, value_name = "NAME", requires = "spo2_scale")]
    pub by: Option<String>,
    /// Reason of the prescription
    #[arg(long, requires = "spo2_scale")]
    pub reason: Option<String>,
    /// Date of birth
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub birth_date: Option<String>,
    /// Age group, if the date of birth is unknown
    #[arg(long)]
    pub age_group: Option<Age>,
    /// Pregnancy
    #[arg(long, value_name = "true|false")]
    pub pregnant: Option<bool>,
    /// Admits the patient now: earlier readings with this id are no longer displayed, and values
    /// that are not given are unknown
    #[arg(long, conflicts_with = "discharge")]
    pub admit: bool,
    /// Ward of the admission or transfer
    #[arg(long)]
    pub ward: Option<String>,
    /// Bed in the ward
    #[arg(long)]
    pub bed: Option<String>,
    /// Discharges the patient now
    #[arg(long)]
    pub discharge: bool,
    /// Continues the patient under this id: readings with the old id count as the new one's
    #[arg(long, value_name = "ID")]
    pub merge_into: Option<String>,
}

/// An age group on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Age {
    /// 16 years or older
    Adult,
    /// Under 16
    Child,
}

impl SetArgs {
    /// The context after the change at `now_ms`.
    ///
    /// # Errors
    /// Names the invalid value.
    pub(super) fn apply(
        self,
        mut context: PatientContext,
        now_ms: i64,
    ) -> Result<PatientContext, String> {
        let before = context.clone();
        // The id may be that of a bed: the next patient inherits nothing.
        if self.admit {
            context = PatientContext::default();
        }
        context.patient_id = self.patient_id;
        if let Some(scale) = self.spo2_scale {
            context.spo2 = Some(Spo2Prescription {
                scale,
                by: self.by.unwrap_or_default(),
                at_ms: now_ms,
                reason: self.reason.unwrap_or_default(),
            });
        }
        // A date of birth decides; a group that was entered before it is no contradiction.
        if self.birth_date.is_some() && self.age_group.is_none() {
            context.age_group = None;
        }
        context.birth_date = self.birth_date.or(context.birth_date);
        if let Some(age) = self.age_group {
            context.age_group = Some(match age {
                Age::Adult => AgeGroup::Adult,
                Age::Child => AgeGroup::Child,
            });
        }
        context.pregnant = self.pregnant.or(context.pregnant);
        // A bed belongs to its ward: a transfer without a bed leaves the old one.
        if self.ward.is_some() && self.ward != context.ward {
            context.bed = None;
        }
        context.ward = self.ward.or(context.ward);
        context.bed = self.bed.or(context.bed);
        context.merged_into = self.merge_into.or(context.merged_into);
        if self.admit {
            context.admitted_ms = Some(now_ms);
        }
        if self.discharge {
            context.discharged_ms = Some(now_ms);
        }
        // The whole context is checked: a new value may contradict an old one.
        check_entry(&context, now_ms)?;
        if (PatientContext { patient_id: before.patient_id.clone(), ..context.clone() }) == before {
            return Err("nothing changes: give an option with a new value".to_owned());
        }
        Ok(context)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    /// 2025-11-22 12:00 UTC.
    const NOW: i64 = 1_763_812_800_000;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        set: SetArgs,
    }

    fn change(line: &str, context: &PatientContext) -> Result<PatientContext, String> {
        let words = std::iter::once("set").chain(line.split_whitespace());
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        line.set.apply(context.clone(), NOW)
    }

    #[test]
    fn a_change_keeps_the_other_values() {
        let empty = PatientContext::default();
        let copd = change("p-1 --spo2-scale 2 --by Novak --reason COPD", &empty).unwrap();
        let pregnant = change("p-1 --pregnant true --birth-date 1990-01-31", &copd).unwrap();
        assert_eq!(pregnant.spo2.as_ref().unwrap().by, "Novak");
        assert_eq!(pregnant.spo2.as_ref().unwrap().at_ms, NOW);
        assert_eq!((pregnant.pregnant, pregnant.patient_id.as_str()), (Some(true), "p-1"));
        let left = change("p-1 --discharge", &pregnant).unwrap();
        assert_eq!(left.discharged_ms, Some(NOW));
        let back = change("p-1 --admit --ward A3 --bed 7", &left).unwrap();
        assert_eq!((back.admitted_ms, back.discharged_ms), (Some(NOW), None));
        assert_eq!((back.ward.as_deref(), back.bed.as_deref()), (Some("A3"), Some("7")));
        let inherited = (back.spo2, back.birth_date, back.pregnant);
        assert_eq!(inherited, (None, None, None), "another patient may have the id of the bed");
    }

    #[test]
    fn a_transfer_leaves_the_bed_of_the_former_ward() {
        let admitted = change("p-1 --admit --ward A3 --bed 7", &PatientContext::default()).unwrap();
        let place = |line: &str| {
            let moved = change(line, &admitted).unwrap();
            (moved.ward.unwrap_or_default(), moved.bed)
        };
        assert_eq!(place("p-1 --ward B1"), ("B1".to_owned(), None));
        assert_eq!(place("p-1 --ward B1 --bed 2"), ("B1".to_owned(), Some("2".to_owned())));
        assert_eq!(place("p-1 --bed 8"), ("A3".to_owned(), Some("8".to_owned())));
    }

    #[test]
    fn values_of_more_bytes_than_any_name_has_are_refused() {
        let long = "x".repeat(600);
        for option in ["--ward", "--bed", "--merge-into", "--spo2-scale 2 --reason r --by"] {
            let error = change(&format!("p-1 {option} {long}"), &PatientContext::default());
            assert!(error.unwrap_err().contains("600 bytes"), "{option}");
        }
    }

    #[test]
    fn a_date_of_birth_replaces_the_age_group() {
        let child = change("p-1 --age-group child", &PatientContext::default()).unwrap();
        let dated = change("p-1 --birth-date 1950-01-31", &child).unwrap();
        assert_eq!(dated.age_group, None);
        assert!(change("p-1 --age-group child", &dated).is_err(), "contradicts the date");
    }

    #[test]
    fn invalid_changes_are_refused() {
        for line in [
            "p-1",
            "p-1 --spo2-scale 2",
            "p-1 --spo2-scale 3 --by Novak",
            "p-1 --by Novak",
            "p-1 --birth-date soon",
            "p-1 --admit --discharge",
            "p-1 --birth-date 2025-11-23",
            "p-1 --birth-date 1950-01-31 --age-group child",
            "p-1 --merge-into p-1",
            "--admit",
        ] {
            assert!(change(line, &PatientContext::default()).is_err(), "{line}");
        }
    }
}
