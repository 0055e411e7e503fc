//! Individual alert limits in JSON: an object keyed by vital.

use std::{collections::BTreeMap, fmt};

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use super::VitalLimits;
use crate::domain::vital::Vital;

type Limits = BTreeMap<Vital, VitalLimits>;

/// Deserializes limits. A vital with two entries is an error, as a repeated field is: either may be
/// the one that was meant.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Limits, D::Error> {
    deserializer.deserialize_map(LimitsVisitor)
}

struct LimitsVisitor;

impl<'de> Visitor<'de> for LimitsVisitor {
    type Value = Limits;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("limits by vital")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Limits, A::Error> {
        let mut limits = Limits::new();
        while let Some(vital) = map.next_key::<Vital>()? {
            if limits.insert(vital, map.next_value()?).is_some() {
                // The text by which a rejection names its reason.
                return Err(A::Error::custom(format!("duplicate field `{}`", vital.name())));
            }
        }
        Ok(limits)
    }
}
