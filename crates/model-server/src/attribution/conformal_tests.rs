use super::*;

fn example() -> Conformal {
    // 9 rows of each outcome: negatives at -9 to -1, positives at 1 to 9.
    let scores: Vec<f64> = (-9..=9).filter(|s| *s != 0).map(f64::from).collect();
    let outcomes: Vec<bool> = scores.iter().map(|score| *score > 0.0).collect();
    Conformal::fit(&scores, &outcomes)
}

fn set(log_odds: f64, confidence: f64) -> Vec<u8> {
    example().set(log_odds, confidence.try_into().unwrap()).outcomes
}

#[test]
fn p_values_count_the_rows_at_least_as_nonconforming() {
    assert_eq!(example().p_values(-10.0), [1.0, 0.1]);
    assert_eq!(example().p_values(10.0), [0.1, 1.0]);
    assert_eq!(example().p_values(0.0), [0.1, 0.1]);
    // A row at the same score counts as equally nonconforming.
    assert_eq!(example().p_values(-3.0), [0.4, 0.1]);
    assert_eq!(example().p_values(3.0), [0.1, 0.4]);
}

#[test]
fn a_set_grows_with_its_confidence() {
    assert_eq!(set(-5.0, 0.8), [0]);
    assert_eq!(set(5.0, 0.8), [1]);
    assert_eq!(set(0.0, 0.8), [0u8; 0]);
    assert_eq!(set(0.0, 0.95), [0, 1]);
    assert_eq!(set(5.0, 0.95), [0, 1]);
}

/// The sets of one outcome hold all of the errors: what a set says about them is counted.
#[test]
fn the_rows_with_the_same_kind_of_set_are_counted_without_themselves() {
    let scores = [-3.0, -2.0, -1.0, 2.5, -2.5, 1.0, 2.0, 3.0];
    let outcomes = [false, false, false, false, true, true, true, true];
    let conformal = Conformal::fit(&scores, &outcomes);
    // By hand at a confidence of 0.7: an outcome is in the set if its p-value is above 0.3. Of the
    // negatives, -3 and -2 get {0}, -1 gets both, and 2.5 gets {1}; the positives mirror them.
    let confidence = Confidence::try_from(0.7).unwrap();
    let observed = |log_odds: f64| {
        let set = conformal.set(log_odds, confidence);
        (set.outcomes, set.observed.rows, set.observed.with_diabetes)
    };
    assert_eq!(observed(-5.0), (vec![0], 2, 1));
    assert_eq!(observed(-1.5), (vec![0, 1], 4, 2));
    assert_eq!(observed(5.0), (vec![1], 2, 1));
    let kinds: usize = [[true, false], [false, true], [true, true], [false, false]]
        .map(|kind| conformal.observed(kind, confidence).rows)
        .into_iter()
        .sum();
    assert_eq!(kinds, 8);
}

#[test]
fn a_set_is_described_by_what_is_usual() {
    let set = |log_odds: f64, confidence: f64| {
        example().set(log_odds, confidence.try_into().unwrap()).meaning
    };
    assert_eq!(set(0.0, 0.8), "Both outcomes are unusual at this score.");
    for meaning in [set(-5.0, 0.8), set(5.0, 0.8), set(0.0, 0.95), set(0.0, 0.8)] {
        assert!(!meaning.contains("ruled out") && !meaning.contains("training row"), "{meaning}");
    }
}

#[test]
fn a_confidence_is_between_0_and_1() {
    for bad in [0.0, 1.0, -0.5, 90.0, f64::NAN, f64::INFINITY] {
        assert!(Confidence::try_from(bad).is_err(), "{bad}");
    }
    let error = Confidence::try_from(90.0).unwrap_err().to_string();
    assert_eq!(error, "must be above 0 and below 1, not 90");
}

#[test]
fn scores_of_one_outcome_or_out_of_order_are_not_sound() {
    assert!(example().is_sound());
    assert!(!Conformal::fit(&[1.0, 2.0], &[true, true]).is_sound());
    let unordered = Conformal { positive: vec![2.0, 1.0], negative: vec![0.0] };
    assert!(!unordered.is_sound());
}
