//! The memory that requests in progress may take. A request beyond it is shed.

use std::sync::Arc;

use axum::{body::Body, http::StatusCode, response::Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vitals_core::runtime::{problem::Problem, server::HeldBody};

/// Memory of a request that needs no reservation, bytes: that of a single prediction.
const FREE_BYTES: usize = 4 * 1024;

/// Upper bound of the memory of one row beside the body, bytes: its features, its prediction, and
/// its part of the response.
const ROW_BYTES: usize = 1024;

/// A number of KiB that all requests share.
#[derive(Debug, Clone)]
pub(super) struct MemoryBudget {
    free_kib: Arc<Semaphore>,
    total_kib: u32,
}

/// A part of the budget; its drop gives the part back.
#[derive(Debug, Default)]
pub(super) struct Reservation(Option<OwnedSemaphorePermit>);

impl MemoryBudget {
    pub(super) fn new(bytes: usize) -> Self {
        let total_kib = kib(bytes);
        Self { free_kib: Arc::new(Semaphore::new(total_kib as usize)), total_kib }
    }

    /// Reserves memory. More than the whole budget counts as the whole budget.
    ///
    /// # Errors
    /// 503 if other requests hold too much of the budget.
    pub(super) fn reserve(&self, bytes: usize) -> Result<Reservation, Problem> {
        if bytes <= FREE_BYTES {
            return Ok(Reservation(None));
        }
        // A request that is larger than the budget is served while no other holds any of it.
        let wanted = kib(bytes).min(self.total_kib);
        match Arc::clone(&self.free_kib).try_acquire_many_owned(wanted) {
            Ok(permit) => Ok(Reservation(Some(permit))),
            Err(_) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail(
                "the requests in progress take all memory; retry after the time in Retry-After",
            )),
        }
    }

    /// Reserves the memory of at most `rows` rows.
    ///
    /// # Errors
    /// As [`reserve`](Self::reserve).
    pub(super) fn reserve_rows(&self, rows: usize) -> Result<Reservation, Problem> {
        self.reserve(rows.saturating_mul(ROW_BYTES))
    }
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

impl Reservation {
    /// Adds another reservation of the same budget.
    pub(super) fn add(&mut self, other: Self) {
        match (&mut self.0, other.0) {
            (Some(permit), Some(more)) => permit.merge(more),
            (empty @ None, more) => *empty = more,
            (Some(_), None) => {}
        }
    }

    /// Keeps the reservation until the response is sent.
    pub(super) fn hold(self, response: Response) -> Response {
        match self.0 {
            None => response,
            Some(permit) => response.map(|body| Body::new(HeldBody::new(body, permit))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_beyond_the_budget_are_shed_until_memory_is_given_back() {
        let budget = MemoryBudget::new(100 * 1024);
        let mut first = budget.reserve(40 * 1024).unwrap();
        first.add(budget.reserve_rows(40).unwrap());
        assert_eq!(budget.reserve(30 * 1024).unwrap_err().status, 503);
        // A single prediction is always possible.
        assert!(budget.reserve_rows(1).is_ok());
        let response = first.hold(Response::new(Body::from("held")));
        assert!(budget.reserve(30 * 1024).is_err());
        drop(response);
        // More than the budget is all of it.
        assert!(budget.reserve(1 << 30).is_ok());
    }
}
