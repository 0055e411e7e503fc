//! The queue of dead letters, drained by a thread of its own.
//!
//! The producer's queue is small, so a flood of rejected messages fills it. The thread then waits
//! for room, and the memory of the messages that wait counts towards the archive's budget, so the
//! flood is slowed down instead of kept in memory. If the broker accepts none for a while, the
//! dead letters are dropped and counted: the archive does not depend on them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use vitals_core::runtime::kafka::is_queue_full;

use super::dead_letters::DeadLetters;
use crate::archive::{batch::RejectedMessage, memory_budget::MemoryShare};

/// The longest wait for room in the producer's queue.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// The interval at which a full queue is tried again.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// Time for the last dead letters during a shutdown.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// The rejected messages of a batch, and the memory that they take.
struct Letters {
    messages: Vec<RejectedMessage>,
    _memory: Option<MemoryShare>,
}

/// Accepts dead letters without blocking.
pub(crate) struct DeadLetterQueue {
    letters: Option<Sender<Letters>>,
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl DeadLetterQueue {
    /// Starts the thread that sends through `dead_letters`.
    pub(crate) fn start(dead_letters: DeadLetters) -> anyhow::Result<Self> {
        let (letters, queued) = channel();
        let closing = Arc::new(AtomicBool::new(false));
        let worker = Worker { dead_letters, closing: Arc::clone(&closing), is_stuck: false };
        let thread = thread::Builder::new()
            .name("dead letters".to_owned())
            .spawn(move || worker.run(&queued))
            .context("failed to start the thread of dead letters")?;
        Ok(Self { letters: Some(letters), closing, thread: Some(thread) })
    }

    /// Queues `messages`. Their memory is returned once all were sent or dropped.
    pub(super) fn send(&self, messages: Vec<RejectedMessage>, memory: Option<MemoryShare>) {
        if let Some(letters) = &self.letters
            && !messages.is_empty()
        {
            // The thread ends only after this queue is dropped.
            let _ended = letters.send(Letters { messages, _memory: memory });
        }
    }
}

impl Drop for DeadLetterQueue {
    fn drop(&mut self) {
        // From now on, the thread waits for no room. Closing the channel ends it.
        self.closing.store(true, Ordering::Relaxed);
        drop(self.letters.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread of dead letters panicked");
        }
    }
}

/// The thread's state.
struct Worker {
    dead_letters: DeadLetters,
    closing: Arc<AtomicBool>,
    /// The last message found no room within the limit. The next ones don't wait.
    is_stuck: bool,
}

impl Worker {
    fn run(mut self, queued: &Receiver<Letters>) {
        for letters in queued {
            for message in &letters.messages {
                self.send(message);
            }
        }
        self.dead_letters.flush(FLUSH_TIMEOUT);
    }

    fn send(&mut self, message: &RejectedMessage) {
        let started = Instant::now();
        loop {
            let Err(error) = self.dead_letters.send(message) else {
                self.is_stuck = false;
                return;
            };
            // If one message found no room in time, the next ones are dropped at once: waiting for
            // each of them would hold their memory, and with it the archive, for hours.
            let may_wait = is_queue_full(&error)
                && !self.is_stuck
                && !self.closing.load(Ordering::Relaxed)
                && started.elapsed() < MAX_WAIT;
            if !may_wait {
                self.is_stuck = is_queue_full(&error);
                self.dead_letters.count_failure(&error);
                return;
            }
            thread::sleep(RETRY_INTERVAL);
        }
    }
}
