//! A limit on the nesting of JSON.

/// Returns true if brackets outside of strings nest deeper than `max_depth`.
///
/// sonic-rs skips unwanted values by unbounded recursion: a body of brackets would overflow the
/// stack and end the process. An infer request needs six levels.
pub(super) fn exceeds_depth(json: &[u8], max_depth: usize) -> bool {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for byte in json {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth > max_depth {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_brackets_outside_of_strings_count() {
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
            assert_eq!(exceeds_depth(json.as_bytes(), 2), deep, "{json}");
        }
    }
}
