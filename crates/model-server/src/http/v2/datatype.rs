//! The datatypes of input tensors.

use super::ProtocolError;

/// A datatype of the protocol whose values are numbers this server reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Datatype {
    Fp64,
    Fp32,
    /// A signed integer of this many bits.
    Int(u32),
    /// An unsigned integer of this many bits.
    Uint(u32),
}

impl Datatype {
    /// The datatype of this name.
    ///
    /// # Errors
    /// 400 with the name of an unsupported or unknown datatype.
    pub(super) fn by_name(name: &str) -> Result<Self, ProtocolError> {
        Ok(match name {
            "FP64" => Self::Fp64,
            "FP32" => Self::Fp32,
            "INT64" => Self::Int(64),
            "INT32" => Self::Int(32),
            "INT16" => Self::Int(16),
            "INT8" => Self::Int(8),
            "UINT64" => Self::Uint(64),
            "UINT32" => Self::Uint(32),
            "UINT16" => Self::Uint(16),
            "UINT8" => Self::Uint(8),
            // The protocol's other datatypes and unknown ones get the same response.
            other => {
                let shown: String = other.chars().take(16).collect();
                return Err(ProtocolError::bad_request(format!(
                    "datatype {shown} is not supported; use FP64, FP32, INT or UINT of 8 to 64 bits"
                )));
            }
        })
    }

    /// Decodes little-endian values; `None` if the bytes end within a value.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<Vec<f64>> {
        macro_rules! decode {
            ($type:ty) => {{
                let (values, rest) = bytes.as_chunks::<{ size_of::<$type>() }>();
                if !rest.is_empty() {
                    return None;
                }
                values.iter().map(|value| <$type>::from_le_bytes(*value) as f64).collect()
            }};
        }
        Some(match self {
            Self::Fp64 => decode!(f64),
            Self::Fp32 => decode!(f32),
            Self::Int(64) => decode!(i64),
            Self::Int(32) => decode!(i32),
            Self::Int(16) => decode!(i16),
            Self::Int(_) => decode!(i8),
            Self::Uint(64) => decode!(u64),
            Self::Uint(32) => decode!(u32),
            Self::Uint(16) => decode!(u16),
            Self::Uint(_) => decode!(u8),
        })
    }

    /// Converts a number of JSON to the value it has in this datatype; `None` if the datatype can't
    /// hold it.
    pub(super) fn convert(self, number: f64) -> Option<f64> {
        match self {
            Self::Fp64 => Some(number),
            Self::Fp32 => {
                #[expect(clippy::cast_possible_truncation, reason = "the precision of FP32")]
                let value = number as f32;
                value.is_finite().then_some(f64::from(value))
            }
            Self::Int(bits) => {
                // Powers of two are exact, in contrast to the largest integers, which f64 would
                // round up.
                let limit = 2_f64.powi(bits.cast_signed() - 1);
                whole_between(number, -limit, limit)
            }
            Self::Uint(bits) => whole_between(number, 0.0, 2_f64.powi(bits.cast_signed())),
        }
    }
}

/// The number if it is whole, at least `min` and below `end`.
fn whole_between(number: f64, min: f64, end: f64) -> Option<f64> {
    if number.fract() == 0.0 && number >= min && number < end { Some(number) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_the_datatype_cannot_hold_is_refused() {
        for (name, number, expected) in [
            ("FP64", 26.6, Some(26.6)),
            ("FP32", 26.6, Some(26.600_000_381_469_727)),
            ("FP32", 1e300, None),
            ("INT64", 26.0, Some(26.0)),
            ("INT64", 26.6, None),
            ("INT8", 127.0, Some(127.0)),
            ("INT8", 128.0, None),
            ("INT8", -128.0, Some(-128.0)),
            ("INT64", 9.3e18, None),
            ("UINT8", 255.0, Some(255.0)),
            ("UINT8", 256.0, None),
            ("UINT16", -1.0, None),
            ("UINT64", 1.9e19, None),
        ] {
            let datatype = Datatype::by_name(name).unwrap();
            assert_eq!(datatype.convert(number), expected, "{name} {number}");
        }
    }

    #[test]
    fn an_unsupported_datatype_is_refused_by_name() {
        for name in ["FP16", "BF16", "BOOL", "BYTES", "fp64", ""] {
            let error = Datatype::by_name(name).unwrap_err();
            let text = serde_json::to_string(&error).unwrap();
            assert!(text.contains(&format!("datatype {name} is not supported")), "{text}");
        }
    }
}
