//! Changes of the active version, and the ledger that records them.

use std::fs;

use serde_json::json;
use vitals_core::domain::model_event::Step;

use crate::{
    model::Algorithm,
    registry::{
        ActivationError, Author, ModelId,
        store::{ACTIVE, EVENTS},
    },
};

use super::{author, candidate, edit, save, saved, saved_of};

#[test]
fn a_version_that_cannot_be_loaded_cannot_be_activated() {
    let (_dir, registry, id) = saved();
    let other = ModelId::new("logistic", "000000000000").unwrap();
    assert!(registry.release(&other, &author()).is_err());
    assert_eq!(registry.active().unwrap(), id);
}

#[test]
fn an_active_file_with_an_invalid_name_is_rejected() {
    let (_dir, registry, _) = saved();
    edit(&registry.root().join(ACTIVE), |active| active["name"] = json!("../../etc"));
    let error = registry.load_active().unwrap_err().to_string();
    assert!(
        error.contains("active.json is damaged") && error.contains("not a valid name"),
        "{error}"
    );
}

#[test]
fn the_last_change_of_two_writers_is_the_active_version() {
    let (_dir, registry, first) = saved();
    let second = candidate(&registry);
    std::thread::scope(|scope| {
        for id in [&first, &second] {
            let registry = &registry;
            scope.spawn(move || (0..20).for_each(|_| registry.release(id, &author()).unwrap()));
        }
    });
    let events = registry.events().unwrap();
    assert!(registry.active().unwrap().is_subject_of(events.last().unwrap()));
    // Each change replaced the one before it.
    for (before, after) in events.iter().zip(&events[1..]) {
        let replaced = format!("{}/{}", before.model, before.model_version);
        let same = after.model_version == before.model_version;
        assert_eq!(after.previous, (!same).then_some(replaced), "{after:?}");
    }
}

#[test]
fn an_event_without_a_person_is_not_recorded() {
    let (_dir, registry, first) = saved();
    let before = registry.events().unwrap();
    let nobody = Author { who: " ".to_owned(), why: "a test".to_owned() };
    let error = registry.release(&first, &nobody).unwrap_err().to_string();
    assert!(error.contains("who: is empty"), "{error}");
    assert_eq!(registry.events().unwrap(), before);
}

#[test]
fn a_candidate_is_not_activated_before_its_release() {
    let (_dir, registry, first) = saved();
    let second = candidate(&registry);
    let refused = registry.activate(&second, &author()).unwrap_err();
    assert!(matches!(refused, ActivationError::NotReleased(_)), "{refused}");
    assert_eq!(registry.active().unwrap(), first);
    registry.release(&second, &author()).unwrap();
    registry.activate(&first, &author()).unwrap();
    registry.activate(&second, &author()).unwrap();
    assert_eq!(registry.active().unwrap(), second);
    let steps: Vec<_> = registry.events().unwrap().into_iter().map(|event| event.step).collect();
    assert_eq!(steps, [Step::Released, Step::Released, Step::Activated, Step::Activated]);
}

#[test]
fn a_rollback_withdraws_a_version_until_it_is_released_again() {
    let (_dir, registry, first) = saved();
    let second = candidate(&registry);
    registry.release(&second, &author()).unwrap();
    assert_eq!(registry.rollback(None, &author()).unwrap(), first);
    assert_eq!(registry.active().unwrap(), first);
    let last = registry.events().unwrap().pop().unwrap();
    assert_eq!((last.step, last.previous), (Step::RolledBack, Some(second.to_string())));
    assert_eq!((last.who.as_str(), last.why.as_str()), ("Ada", "a test"));
    // Neither activated again, nor the target of another rollback.
    assert!(registry.activate(&second, &author()).is_err());
    let none = registry.rollback(None, &author()).unwrap_err();
    assert!(matches!(none, ActivationError::NoTarget { .. }), "{none}");
    registry.release(&second, &author()).unwrap();
    assert_eq!(registry.active().unwrap(), second);
}

#[test]
fn a_rollback_never_returns_to_a_withdrawn_version() {
    let (_dir, registry, first) = saved();
    let second = candidate(&registry);
    registry.release(&second, &author()).unwrap();
    registry.activate(&first, &author()).unwrap();
    // Withdraws the first, which the second has replaced once.
    assert_eq!(registry.rollback(None, &author()).unwrap(), second);
    let none = registry.rollback(None, &author()).unwrap_err();
    assert!(matches!(none, ActivationError::NoTarget { .. }), "{none}");
    let refused = registry.rollback(Some(&first), &author()).unwrap_err();
    assert!(matches!(refused, ActivationError::NotReleased(_)), "{refused}");
    assert_eq!(registry.active().unwrap(), second);
    registry.release(&first, &author()).unwrap();
    assert_eq!(registry.rollback(None, &author()).unwrap(), second);
}

#[test]
fn a_rollback_without_a_target_names_the_command_that_helps() {
    // One release only, with nothing else saved, and then with a candidate.
    let (_dir, registry, first) = saved();
    let message = || registry.rollback(None, &author()).unwrap_err().to_string();
    let alone = message();
    assert!(alone.contains(&format!("no version that {first} replaced")), "{alone}");
    assert!(alone.contains("`model-server train`"), "{alone}");
    let second = candidate(&registry);
    let advice = "no other version is released: release one with `model-server release --model \
                  NAME/VERSION`";
    let unreleased = message();
    assert!(unreleased.contains(&format!("{advice}; candidates: {second}")), "{unreleased}");
    // Neither attempt has changed anything.
    assert_eq!(registry.active().unwrap(), first);
    assert_eq!(registry.events().unwrap().len(), 1);
}

#[test]
fn a_rollback_to_a_removed_version_names_the_others() {
    let (_dir, registry, first) = saved();
    let second = candidate(&registry);
    let other = save(&registry, Algorithm::Spline).manifest;
    let other = ModelId::new(other.name, other.version).unwrap();
    registry.release(&other, &author()).unwrap();
    registry.activate(&first, &author()).unwrap();
    registry.release(&second, &author()).unwrap();
    fs::remove_dir_all(registry.folder(&first)).unwrap();
    let message = registry.rollback(None, &author()).unwrap_err().to_string();
    assert!(message.contains(&format!("{second} replaced {first}, which is no longer in")));
    assert!(message.ends_with(&format!("with --to: {other}")), "{message}");
    assert_eq!(registry.active().unwrap(), second);
    assert_eq!(registry.rollback(Some(&other), &author()).unwrap(), other);
}

#[test]
fn a_changed_version_is_not_released() {
    let (_dir, registry, first) = saved();
    registry.save_card(&first, &json!({}), "").unwrap();
    assert!(!registry.is_released(&first).unwrap());
    registry.release(&first, &author()).unwrap();
    assert!(registry.is_released(&first).unwrap());
}

#[test]
fn a_line_that_a_crash_cut_off_loses_no_other_event() {
    let (_dir, registry, first) = saved();
    let path = registry.root().join(EVENTS);
    let complete = fs::read(&path).unwrap();
    fs::write(&path, [complete.as_slice(), b"{\"event_id\":\"cut"].concat()).unwrap();
    assert_eq!(registry.events().unwrap().len(), 1);
    registry.release(&first, &author()).unwrap();
    assert_eq!(registry.events().unwrap().len(), 2);
    fs::write(&path, [complete.as_slice(), b"{\"event_id\":7}\n"].concat()).unwrap();
    let error = registry.events().unwrap_err().to_string();
    assert!(error.contains("events.jsonl is damaged: line 2"), "{error}");
}

#[test]
fn a_model_has_no_default_version_before_its_release() {
    let (_dir, registry, first) = saved();
    let other = save(&registry, Algorithm::Spline).manifest;
    let other = ModelId::new(other.name, other.version).unwrap();
    registry.record(Step::Trained, &other, &author()).unwrap();
    let defaults = registry.default_versions().unwrap();
    assert_eq!(defaults.into_values().collect::<Vec<_>>(), [first]);
}

#[test]
fn a_withdrawn_version_is_no_default() {
    let (_dir, registry, spline) = saved_of(Algorithm::Spline);
    let first = save(&registry, Algorithm::Logistic).manifest;
    let first = ModelId::new(first.name, first.version).unwrap();
    registry.record(Step::Trained, &first, &author()).unwrap();
    registry.release(&first, &author()).unwrap();
    let second = candidate(&registry);
    registry.release(&second, &author()).unwrap();
    registry.activate(&spline, &author()).unwrap();
    let default = || registry.default_versions().unwrap().remove("logistic");
    assert_eq!(default(), Some(second.clone()));
    // The one before it takes its place, until it is withdrawn itself.
    registry.activate(&second, &author()).unwrap();
    registry.rollback(Some(&spline), &author()).unwrap();
    assert_eq!(default(), Some(first.clone()));
    registry.activate(&first, &author()).unwrap();
    registry.rollback(Some(&spline), &author()).unwrap();
    assert_eq!(default(), None);
}

#[test]
fn a_version_whose_content_changed_is_no_default() {
    let (_dir, registry, first) = saved();
    registry.save_card(&first, &json!({}), "").unwrap();
    assert!(registry.default_versions().unwrap().is_empty());
}
