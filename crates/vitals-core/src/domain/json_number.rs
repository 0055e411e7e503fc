//! Numbers as JSON, as `serde_json` writes them.

/// Appends `value`; JSON has no infinity and no NaN, they become `null`.
#[inline]
pub fn write_number(json: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        json.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else {
        json.extend_from_slice(b"null");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_is_written_as_serde_json_writes_it(
            value in prop_oneof![
                proptest::num::f64::ANY,
                any::<i32>().prop_map(f64::from),
                any::<u16>().prop_map(f64::from),
                (0..1000u32).prop_map(|tenths| f64::from(tenths) / 10.0),
                prop_oneof![Just(-0.0), Just(65535.0), Just(65536.0), Just(1e16)],
            ],
        ) {
            let mut json = Vec::new();
            write_number(&mut json, value);
            let expected = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(String::from_utf8(json).unwrap(), expected);
        }
    }
}
