//! Values of Prometheus' text format.

/// The sum of all samples of the metric `name`; `None` if there is none.
pub(super) fn sum(text: &str, name: &str) -> Option<f64> {
    let samples = text.lines().filter_map(|line| sample(line, name));
    samples.fold(None, |total, value| Some(total.unwrap_or(0.0) + value))
}

fn sample(line: &str, name: &str) -> Option<f64> {
    let rest = line.strip_prefix(name)?;
    let value = match rest.strip_prefix('{') {
        // A label's value may contain a brace; the value of the sample may not.
        Some(labels) => labels.rsplit_once('}')?.1,
        None => rest,
    };
    if !value.starts_with(' ') {
        return None;
    }
    value.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_a_metric_are_summed() {
        let text =
            "# TYPE a counter\na 3\na_total 7\nb{x=\"1\"} 2\nb{x=\"}\",y=\"2\"} 4.5 1700\nc +Inf\n";
        for (name, expected) in [
            ("a", Some(3.0)),
            ("a_total", Some(7.0)),
            ("b", Some(6.5)),
            ("c", Some(f64::INFINITY)),
            ("d", None),
        ] {
            assert_eq!(sum(text, name), expected, "{name}");
        }
    }
}
