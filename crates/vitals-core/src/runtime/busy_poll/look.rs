//! When a connection looks for its next request, and for how long.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Most answers without a look after looks in vain, as a power of two. A client that thinks for a
/// while costs a look in a thousand answers.
const MOST_RESTS: u32 = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A request is to come or in work.
    Quiet,
    /// An answer went out.
    Answered,
    Looking(Instant),
}

/// The looks of one connection. After one in vain it rests for two answers, then four, and so on.
#[derive(Debug)]
pub(super) struct Look {
    patience: Duration,
    /// Whether a connection of the listener looks.
    taken: Arc<AtomicBool>,
    state: State,
    in_vain: u32,
    rests: u32,
}

impl Look {
    pub(super) fn new(patience: Duration, taken: Arc<AtomicBool>) -> Self {
        Self { patience, taken, state: State::Quiet, in_vain: 0, rests: 0 }
    }

    /// An answer, or a part of it, went out.
    pub(super) fn answered(&mut self) {
        if self.state == State::Quiet && !self.patience.is_zero() {
            self.state = State::Answered;
        }
    }

    /// Whether to look now.
    pub(super) fn goes_on(&mut self) -> bool {
        match self.state {
            State::Quiet => false,
            State::Answered => {
                let looks = self.rests == 0 && !self.taken.swap(true, Ordering::AcqRel);
                self.rests = self.rests.saturating_sub(1);
                self.state = if looks { State::Looking(Instant::now()) } else { State::Quiet };
                looks
            }
            State::Looking(since) if since.elapsed() < self.patience => true,
            State::Looking(_) => {
                self.in_vain = (self.in_vain + 1).min(MOST_RESTS);
                self.rests = 1 << self.in_vain;
                self.end();
                false
            }
        }
    }

    /// Something came.
    pub(super) fn found(&mut self) {
        if let State::Looking(_) = self.state {
            self.in_vain = 0;
        }
        self.end();
    }

    fn end(&mut self) {
        if let State::Looking(_) = self.state {
            self.taken.store(false, Ordering::Release);
        }
        self.state = State::Quiet;
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_nanos(1);

    #[test]
    fn one_connection_looks_at_a_time_and_only_after_an_answer() {
        let taken = Arc::default();
        let mut first = Look::new(LONG, Arc::clone(&taken));
        let mut second = Look::new(LONG, Arc::clone(&taken));
        assert!(!first.goes_on(), "nothing was answered");
        first.answered();
        second.answered();
        assert!(first.goes_on());
        assert!(!second.goes_on(), "the first one looks");
        assert!(first.goes_on());
        first.found();
        assert!(!first.goes_on(), "the request is in work");
        second.answered();
        assert!(second.goes_on());
        drop(second);
        first.answered();
        assert!(first.goes_on(), "the second one has gone");
    }

    #[test]
    fn looks_in_vain_become_rare_until_one_finds_something() {
        let mut look = Look::new(SHORT, Arc::default());
        let rests = |look: &mut Look| {
            let mut rests = 0;
            look.answered();
            while !look.goes_on() {
                rests += 1;
                look.answered();
            }
            rests
        };
        for expected in [0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024] {
            assert_eq!(rests(&mut look), expected);
            std::thread::sleep(Duration::from_micros(1));
            assert!(!look.goes_on(), "its time is over");
        }
        assert_eq!(rests(&mut look), 1024);
        look.found();
        assert_eq!(rests(&mut look), 0);
    }

    #[test]
    fn without_patience_nothing_is_looked_for() {
        let mut look = Look::new(Duration::ZERO, Arc::default());
        look.answered();
        assert!(!look.goes_on());
    }
}
