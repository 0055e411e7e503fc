//! How deep JSON nests.

/// Whether brackets nest deeper than `most`. What is in strings doesn't count.
///
/// sonic-rs skips what it does not want by recursion without a limit: a body of brackets would
/// end the process. An infer request needs six levels.
pub(super) fn is_deeper_than(json: &[u8], most: usize) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth > most {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_counted_and_those_in_strings_are_not() {
        for (json, deep) in [
            ("[[1]]", false),
            ("[[[1]]]", true),
            ("[{\"a\":[]}]", true),
            ("[\"[[[[\",\"]]\"]", false),
            ("[\"]\",[\"]\",[\"]\"]]]", true),
            (r#"["\"[[[", 1]"#, false),
            (r#"["\\", [[1]]]"#, true),
            ("[[],[],[],[]]", false),
        ] {
            assert_eq!(is_deeper_than(json.as_bytes(), 2), deep, "{json}");
        }
    }
}
