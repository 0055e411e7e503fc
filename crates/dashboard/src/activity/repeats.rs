//! Accesses that continue an earlier one: an open page asks again and again.

use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use vitals_core::domain::activity::{Action, View};

use super::{access::Access, caller::Caller};

/// Pause after which an access is a new one.
const PAUSE: Duration = Duration::from_secs(60);

/// Interval at which an access that goes on is recorded again.
const RENEWAL: Duration = Duration::from_secs(15 * 60);

/// Maximum number of accesses that are remembered. Beyond it every access counts as new.
const MAX_REMEMBERED: usize = 10_000;

/// The caller and the view of an access, whatever the period.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    user: Option<String>,
    address: IpAddr,
    action: Action,
    view: View,
    patient_id: Option<String>,
    ward: Option<String>,
}

#[derive(Debug)]
struct Times {
    recorded: Instant,
    seen: Instant,
}

/// The accesses of the last minute.
#[derive(Debug, Default)]
pub(super) struct Repeats(HashMap<Key, Times>);

impl Repeats {
    /// Returns true if `access` is to be recorded: it continues none of the last minute, or one that
    /// was recorded long ago. Every export and every print is one of its own.
    pub(super) fn is_new(&mut self, caller: &Caller, access: &Access, now: Instant) -> bool {
        if matches!(access.action, Action::Exported | Action::Printed) {
            return true;
        }
        let key = Key {
            user: caller.user.clone(),
            address: caller.address,
            action: access.action,
            view: access.view,
            patient_id: access.patient_id.clone(),
            ward: access.ward.clone(),
        };
        if let Some(times) = self.0.get_mut(&key) {
            let continues = now.duration_since(times.seen) < PAUSE
                && now.duration_since(times.recorded) < RENEWAL;
            times.seen = now;
            if !continues {
                times.recorded = now;
            }
            return !continues;
        }
        if self.0.len() >= MAX_REMEMBERED {
            self.0.retain(|_, times| now.duration_since(times.seen) < PAUSE);
        }
        if self.0.len() < MAX_REMEMBERED {
            self.0.insert(key, Times { recorded: now, seen: now });
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(user: &str) -> Caller {
        let address = "192.0.2.1".parse().unwrap();
        Caller { user: Some(user.to_owned()), address, user_agent: None }
    }

    fn patient(id: &str) -> Access {
        Access::viewed(View::Patient).of_patient(Some(id)).within(Some((1, 2)))
    }

    #[test]
    fn an_open_page_is_one_access_until_it_pauses() {
        let start = Instant::now();
        let mut repeats = Repeats::default();
        let mut recorded = Vec::new();
        // Every 15 s for 20 minutes, then after a pause of exactly a minute.
        let polls = (0..=80).map(|poll| poll * 15).chain([80 * 15 + 60]);
        for second in polls {
            let now = start + Duration::from_secs(second);
            if repeats.is_new(&caller("a"), &patient("p-1"), now) {
                recorded.push(second);
            }
        }
        assert_eq!(recorded, [0, 900, 1260]);
    }

    #[test]
    fn callers_views_and_patients_are_apart() {
        let now = Instant::now();
        let mut repeats = Repeats::default();
        let from_home = Caller { address: "192.0.2.2".parse().unwrap(), ..caller("a") };
        let accesses = [
            (caller("a"), patient("p-1")),
            (caller("b"), patient("p-1")),
            (from_home, patient("p-1")),
            (caller("a"), patient("p-2")),
            (caller("a"), Access::viewed(View::Statistics)),
            (caller("a"), Access::viewed(View::Statistics).of_ward(Some("A"))),
            (caller("a"), Access::new(Action::Predicted, View::Risk)),
        ];
        for (caller, access) in &accesses {
            assert!(repeats.is_new(caller, access, now), "{caller:?} {access:?}");
        }
        for (caller, access) in &accesses {
            let again = access.clone().within(Some((5, 6)));
            assert!(!repeats.is_new(caller, &again, now), "{caller:?} {access:?}");
        }
    }

    #[test]
    fn every_export_is_recorded() {
        let now = Instant::now();
        let mut repeats = Repeats::default();
        for action in [Action::Exported, Action::Printed] {
            let access = Access::new(action, View::Statistics);
            assert!(repeats.is_new(&caller("a"), &access, now));
            assert!(repeats.is_new(&caller("a"), &access, now));
        }
    }

    #[test]
    fn memory_is_bounded_and_forgets_no_access() {
        let start = Instant::now();
        let mut repeats = Repeats::default();
        for index in 0..MAX_REMEMBERED + 50 {
            assert!(repeats.is_new(&caller("a"), &patient(&format!("p-{index}")), start));
        }
        assert_eq!(repeats.0.len(), MAX_REMEMBERED);
        assert!(repeats.is_new(&caller("a"), &patient("late"), start + PAUSE));
        assert_eq!(repeats.0.len(), 1);
    }
}
