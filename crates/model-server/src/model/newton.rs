//! Newton's method for the last digits of a logistic regression.
//!
//! A quasi-Newton optimiser stops about 1e-7 away from the optimum. The exact point depends on the
//! last bit of every sum, which differs between processors, and on the correlated terms of a
//! spline it converges slowly. A few Newton steps on the same penalised loss reach the optimum to
//! the precision of the arithmetic, so that saved weights have the same digits everywhere.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use crate::stats::{LOG_FLOOR, probability};

/// Maximum number of steps; near the optimum each one doubles the number of correct digits.
const MAX_STEPS: usize = 30;

/// Gradient that is zero to the precision of the sums it consists of.
const GRADIENT_TOLERANCE: f64 = 1e-11;

/// Maximum number of times an overshooting step is halved.
const MAX_HALVINGS: usize = 6;

/// Refines weights followed by the intercept, for standardised rows and an L2 penalty on the
/// weights, until no step brings it closer to the optimum. The weights that are `true` in
/// `not_negative` stay at zero or above (projected Newton method: Bertsekas, 1982); those behind its
/// end are free.
pub(super) fn refine(
    mut weights: Array1<f64>,
    rows: ArrayView2<'_, f64>,
    outcomes: &[bool],
    l2: f64,
    not_negative: &[bool],
) -> Array1<f64> {
    project(&mut weights, not_negative);
    // A column of ones in last place stands for the intercept.
    let mut columns = Array2::ones((rows.nrows(), rows.ncols() + 1));
    columns.slice_mut(s![.., ..rows.ncols()]).assign(&rows);
    let mut at = derivatives(&weights, &columns, outcomes, l2);
    for _ in 0..MAX_STEPS {
        at.fix_bounded(&weights, not_negative);
        let before = at.gradient_size();
        if before < GRADIENT_TOLERANCE {
            break;
        }
        let loss = at.loss;
        let Some(mut step) = solve(at.hessian, at.gradient) else { break };
        // Far from the optimum a full step may overshoot: halve it until it gets closer.
        let closer = (0..=MAX_HALVINGS).find_map(|_| {
            let mut next = &weights - &step;
            project(&mut next, not_negative);
            let mut at_next = derivatives(&next, &columns, outcomes, l2);
            step /= 2.0;
            at_next.fix_bounded(&next, not_negative);
            let is_closer = at_next.gradient_size() < before || at_next.loss < loss;
            if is_closer { Some((next, at_next)) } else { None }
        });
        let Some(better) = closer else { break };
        (weights, at) = better;
    }
    weights
}

/// Moves the weights that must not be negative to their bound.
fn project(weights: &mut Array1<f64>, not_negative: &[bool]) {
    for (weight, bound) in weights.iter_mut().zip(not_negative) {
        if *bound {
            *weight = weight.max(0.0);
        }
    }
}

/// First and second derivatives of the penalised loss.
struct Derivatives {
    loss: f64,
    gradient: Array1<f64>,
    hessian: Array2<f64>,
}

impl Derivatives {
    /// The largest component of the gradient, absolute.
    fn gradient_size(&self) -> f64 {
        self.gradient.iter().fold(0.0, |largest, slope| slope.abs().max(largest))
    }

    /// Takes the weights out of the step that are at their bound and would leave it: their gradient
    /// becomes zero, and their part of the Hessian the identity.
    fn fix_bounded(&mut self, weights: &Array1<f64>, not_negative: &[bool]) {
        for (j, bound) in not_negative.iter().enumerate() {
            if *bound && weights[j] <= 0.0 && self.gradient[j] >= 0.0 {
                self.gradient[j] = 0.0;
                self.hessian.row_mut(j).fill(0.0);
                self.hessian.column_mut(j).fill(0.0);
                self.hessian[[j, j]] = 1.0;
            }
        }
    }
}

fn derivatives(
    weights: &Array1<f64>,
    columns: &Array2<f64>,
    outcomes: &[bool],
    l2: f64,
) -> Derivatives {
    let n = weights.len();
    let mut penalty = Array1::from_elem(n, l2);
    // The intercept is not penalised.
    penalty[n - 1] = 0.0;
    let mut gradient = &penalty * weights;
    let mut hessian = Array2::from_diag(&penalty);
    let mut loss = gradient.dot(weights) / 2.0;
    for (row, outcome) in columns.axis_iter(Axis(0)).zip(outcomes) {
        // Each row adds its gradient and its rank-one part of the Hessian.
        let p = probability(row.dot(weights));
        gradient.scaled_add(p - f64::from(u8::from(*outcome)), &row);
        loss -= if *outcome { p } else { 1.0 - p }.max(LOG_FLOOR).ln();
        for j in 0..n {
            hessian.row_mut(j).scaled_add(p * (1.0 - p) * row[j], &row);
        }
    }
    Derivatives { loss, gradient, hessian }
}

/// Solves `a x = b` for a symmetric positive definite `a` by Cholesky decomposition, in place;
/// `None` if `a` is not positive definite.
fn solve(mut a: Array2<f64>, mut b: Array1<f64>) -> Option<Array1<f64>> {
    let n = b.len();

    // Decomposition: the lower triangle of `a` becomes its Cholesky factor.
    for j in 0..n {
        let pivot = a[[j, j]] - (0..j).map(|k| a[[j, k]].powi(2)).sum::<f64>();
        if !(pivot.is_finite() && pivot > 0.0) {
            return None;
        }
        a[[j, j]] = pivot.sqrt();
        for i in j + 1..n {
            let rest = (0..j).map(|k| a[[i, k]] * a[[j, k]]).sum::<f64>();
            a[[i, j]] = (a[[i, j]] - rest) / a[[j, j]];
        }
    }

    // Forward substitution, then backward substitution.
    for i in 0..n {
        let known: f64 = (0..i).map(|k| a[[i, k]] * b[k]).sum();
        b[i] = (b[i] - known) / a[[i, i]];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| a[[k, i]] * b[k]).sum();
        b[i] = (b[i] - known) / a[[i, i]];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_indefinite_matrix_is_not_solved() {
        assert_eq!(solve(array![[1.0, 2.0], [2.0, 1.0]], array![1.0, 1.0]), None);
        assert_eq!(solve(array![[f64::NAN]], array![1.0]), None);
    }

    #[test]
    fn a_distant_start_does_not_get_worse() {
        let rows = array![[-1.0], [0.0], [0.5], [2.0]];
        let outcomes = [false, true, false, true];
        let start = array![40.0, -60.0];
        let columns = array![[-1.0, 1.0], [0.0, 1.0], [0.5, 1.0], [2.0, 1.0]];
        let before = derivatives(&start, &columns, &outcomes, 1.0).gradient_size();
        let refined = refine(start, rows.view(), &outcomes, 1.0, &[]);
        assert!(derivatives(&refined, &columns, &outcomes, 1.0).gradient_size() <= before);
    }

    proptest! {
        #[test]
        fn a_solution_solves_the_system(
            rows in proptest::collection::vec(proptest::array::uniform4(-2.0..2.0f64), 4..9),
            x in proptest::array::uniform4(-3.0..3.0f64),
        ) {
            let rows = Array2::from(rows);
            let a = rows.t().dot(&rows) + Array2::<f64>::eye(4);
            let x = Array1::from(x.to_vec());
            let solved = solve(a.clone(), a.dot(&x)).unwrap();
            for (found, expected) in solved.iter().zip(&x) {
                prop_assert!((found - expected).abs() < 1e-9);
            }
        }
    }
}
