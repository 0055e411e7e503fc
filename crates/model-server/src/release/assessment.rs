//! The figures of a version on one set of data.

use crate::train::{Card, Interval, Validation};

/// The figures of a version that gates and report compare.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assessment {
    /// Area under the ROC curve, with its 95 % interval over people.
    pub(super) roc_auc: Interval,
    /// Brier score.
    pub(super) brier: Interval,
    /// Expected calibration error of a single fit.
    pub(super) calibration_error: f64,
    /// The group with the smallest area under the ROC curve, if any is large enough.
    pub(super) worst_group: Option<(String, f64)>,
}

impl Assessment {
    pub(super) fn of(card: &Card, validation: &Validation) -> Self {
        let groups = card.groups.iter().filter_map(|group| {
            let roc_auc = group.roc_auc?.value;
            Some((format!("{} {}", group.by, group.group), roc_auc))
        });
        Self {
            roc_auc: card.performance.roc_auc,
            brier: card.performance.brier,
            calibration_error: validation.figures.calibration_error,
            worst_group: groups.min_by(|(_, a), (_, b)| a.total_cmp(b)),
        }
    }
}
