//! Comparison of the alerts of two watches of the same readings.

use std::collections::{BTreeMap, BTreeSet};

use super::alert_log::{AlertLog, LastReadings, PublishedAlert};
use super::stalls::Stalls;

/// Ids that a finding names; it counts the others.
const MAX_NAMED: usize = 20;

/// The outcome of a comparison. Counts are numbers of ids.
#[derive(Debug, Default)]
pub(super) struct AlertComparison {
    /// Alerts that both watches have published, by kind.
    pub(super) equal: BTreeMap<String, usize>,
    /// Alerts after the patient's last reading, of either watch. They follow from the passing of time
    /// alone (a silent patient, a delay that ends), so they depend on how long a watch runs. They are
    /// not compared.
    pub(super) after_readings: usize,
    /// Alerts that the watch under faults has published again at a stall.
    pub(super) copies_at_stalls: usize,
    missing: Vec<String>,
    unexpected: Vec<String>,
    repeated: Vec<String>,
}

impl AlertComparison {
    /// Compares the alerts under `faults` with those of an `uninterrupted` watch. `stalls` are the
    /// periods in which an alert may be published again.
    pub(super) fn new(
        faults: &AlertLog,
        uninterrupted: &AlertLog,
        last_readings: &LastReadings,
        stalls: &Stalls,
    ) -> Self {
        let mut comparison = Self::default();
        let ids: BTreeSet<&String> = faults.keys().chain(uninterrupted.keys()).collect();
        for id in ids {
            let found = (faults.get(id), uninterrupted.get(id));
            let Some(alert) = found.0.or(found.1) else { continue };
            let last_ms = last_readings.get(&alert.patient_id);
            if last_ms.is_some_and(|last_ms| alert.at_ms > *last_ms) {
                comparison.after_readings += 1;
                continue;
            }
            match found {
                (Some(_), Some(_)) => {
                    *comparison.equal.entry(alert.kind.clone()).or_default() += 1;
                }
                (None, _) => comparison.missing.push(id.clone()),
                (_, None) => comparison.unexpected.push(id.clone()),
            }
        }
        comparison.count_copies(faults, stalls);
        let nothing = Stalls::default();
        comparison.count_copies(uninterrupted, &nothing);
        comparison
    }

    fn count_copies(&mut self, alerts: &AlertLog, stalls: &Stalls) {
        for (id, PublishedAlert { appended_ms, .. }) in alerts {
            let mut appended_ms = appended_ms.clone();
            appended_ms.sort_unstable();
            let copies = appended_ms.get(1..).unwrap_or_default();
            if copies.is_empty() {
                continue;
            }
            if copies.iter().all(|time_ms| stalls.allow_copy(*time_ms)) {
                self.copies_at_stalls += 1;
            } else {
                self.repeated.push(id.clone());
            }
        }
    }

    /// Number of alerts that both watches have published.
    pub(super) fn total(&self) -> usize {
        self.equal.values().sum()
    }

    /// The differences, one sentence for each kind.
    pub(super) fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        for (ids, kind) in [
            (&self.missing, "alerts missing"),
            (&self.unexpected, "alerts that an uninterrupted watch does not publish"),
            (&self.repeated, "alerts published again without a stall"),
        ] {
            if !ids.is_empty() {
                findings.push(format!("{kind} ({}): {}", ids.len(), named(ids)));
            }
        }
        if self.total() == 0 {
            findings.push("no alert of both watches to compare".to_owned());
        }
        findings
    }
}

fn named(ids: &[String]) -> String {
    let named = ids.iter().take(MAX_NAMED).map(String::as_str);
    let mut text = named.collect::<Vec<_>>().join(", ");
    if ids.len() > MAX_NAMED {
        text += &format!(", and {} more", ids.len() - MAX_NAMED);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::stalls::Stalled;
    use super::*;

    /// Alerts of patient `p`: the id, the time of the transition, and those of the messages.
    fn log(alerts: &[(&str, i64, &[i64])]) -> AlertLog {
        let alert = |(id, at_ms, appended_ms): &(&str, i64, &[i64])| {
            let published = PublishedAlert {
                patient_id: "p".to_owned(),
                kind: "raised".to_owned(),
                at_ms: *at_ms,
                appended_ms: appended_ms.to_vec(),
            };
            ((*id).to_owned(), published)
        };
        alerts.iter().map(alert).collect()
    }

    fn compare(faults: &AlertLog, uninterrupted: &AlertLog) -> AlertComparison {
        let last_readings = LastReadings::from([("p".to_owned(), 1_000)]);
        let mut stalls = Stalls::default();
        stalls.begin(Stalled::Consumer(0), 50_000);
        stalls.end(Stalled::Consumer(0), 60_000);
        AlertComparison::new(faults, uninterrupted, &last_readings, &stalls)
    }

    #[test]
    fn equal_alerts_are_counted_by_kind() {
        let alerts = log(&[("a", 10, &[11]), ("b", 1_000, &[1_001])]);
        let compared = compare(&alerts, &alerts);
        assert_eq!(compared.equal, BTreeMap::from([("raised".to_owned(), 2)]));
        assert!(compared.findings().is_empty(), "{:?}", compared.findings());
    }

    #[test]
    fn missing_and_unexpected_alerts_are_named() {
        let faults = log(&[("a", 10, &[11]), ("b", 20, &[21])]);
        let uninterrupted = log(&[("b", 20, &[21]), ("c", 30, &[31])]);
        let expected =
            ["alerts missing (1): c", "alerts that an uninterrupted watch does not publish (1): a"];
        assert_eq!(compare(&faults, &uninterrupted).findings(), expected);
    }

    #[test]
    fn alerts_after_the_last_reading_depend_on_the_end_of_the_watch() {
        let faults = log(&[("a", 10, &[11]), ("late", 1_001, &[1_002])]);
        let uninterrupted = log(&[("a", 10, &[11]), ("later", 2_000, &[2_001])]);
        let compared = compare(&faults, &uninterrupted);
        assert_eq!((compared.after_readings, compared.total()), (2, 1));
        assert!(compared.findings().is_empty(), "{:?}", compared.findings());
    }

    #[test]
    fn a_copy_is_a_finding_unless_an_instance_stalled() {
        let expected = log(&[("a", 10, &[11]), ("b", 20, &[21])]);
        let faults = log(&[("a", 10, &[55_000, 11]), ("b", 20, &[21, 49_999])]);
        let compared = compare(&faults, &expected);
        assert_eq!(compared.copies_at_stalls, 1);
        assert_eq!(compared.findings(), ["alerts published again without a stall (1): b"]);
        // An uninterrupted watch has no stall.
        assert_eq!(compare(&expected, &faults).findings().len(), 1);
    }

    #[test]
    fn a_run_without_alerts_proves_nothing() {
        let none = AlertLog::new();
        assert_eq!(compare(&none, &none).findings(), ["no alert of both watches to compare"]);
    }

    #[test]
    fn a_long_list_of_ids_is_shortened() {
        let ids: Vec<String> = (0..23).map(|id| id.to_string()).collect();
        assert!(named(&ids).ends_with("18, 19, and 3 more"), "{}", named(&ids));
    }
}
