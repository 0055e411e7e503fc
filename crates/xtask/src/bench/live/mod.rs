//! The live view under load: from the creation of a reading to its receipt by a client.
//!
//! ```text
//!  feed ─▶ embedded broker ─▶ dashboard ─▶ clients (SSE), Chromium
//!                   └───────▶ Streamlit ─▶ clients (websocket)
//!  vitals-lake's example day_lake ─▶ lake ─▶ a fresh dashboard: one patient's day, statistics
//! ```
//!
//! Feed, broker and clients run in this process, on the processors that they share with the servers.

mod comparison;
mod feed;
mod dashboard;
mod update;
mod clients;
mod latencies;
mod browser;
mod streamlit;
mod day;

pub use self::comparison::{Options, run};
