//! The wait of a test for a condition.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

use crate::world::TEST_TIMEOUT;

/// Interval between two attempts.
const INTERVAL: Duration = Duration::from_millis(50);

/// Repeats `attempt` until it succeeds, and returns its value. The test fails after
/// [`TEST_TIMEOUT`] with `name` and the last error.
pub(crate) async fn wait_for<T, E: Debug>(
    name: &str,
    mut attempt: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let deadline = Instant::now() + TEST_TIMEOUT;
    loop {
        match attempt().await {
            Ok(value) => return value,
            Err(error) => assert!(Instant::now() < deadline, "no {name}: {error:#?}"),
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// `Ok` if `condition` is true, else the state that it was judged from.
pub(crate) fn check<E>(condition: bool, state: E) -> Result<(), E> {
    if condition { Ok(()) } else { Err(state) }
}
