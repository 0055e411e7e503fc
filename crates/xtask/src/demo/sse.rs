//! Parses server-sent events from a byte stream, the subset of `EventSource` that the check needs.

use std::collections::VecDeque;

/// An event of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) data: String,
}

/// Incremental parser; events may span chunks.
#[derive(Debug, Default)]
pub(super) struct Parser {
    pending: Vec<u8>,
    name: String,
    data: Vec<String>,
    ready: VecDeque<Event>,
}

impl Parser {
    /// Appends a chunk.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        while let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            self.line(line.trim_end_matches(['\n', '\r']));
        }
    }

    /// The next complete event.
    pub(super) fn next(&mut self) -> Option<Event> {
        self.ready.pop_front()
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() {
            self.dispatch();
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => self.data.push(value.to_owned()),
            // Comments, ids and retry times are irrelevant to the check.
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        if !data.is_empty() {
            let name = if name.is_empty() { "message".to_owned() } else { name };
            self.ready.push_back(Event { name, data: data.join("\n") });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(chunks: &[&str]) -> Vec<(String, String)> {
        let mut parser = Parser::default();
        let mut found = Vec::new();
        for chunk in chunks {
            parser.push(chunk.as_bytes());
            while let Some(event) = parser.next() {
                found.push((event.name, event.data));
            }
        }
        found
    }

    fn event(name: &str, data: &str) -> (String, String) {
        (name.to_owned(), data.to_owned())
    }

    #[test]
    fn events_may_span_chunks() {
        let found = events(&["id: 1\nevent: upd", "ate\nda", "ta: {\"a\":1}\n", "\n"]);
        assert_eq!(found, [event("update", "{\"a\":1}")]);
    }

    #[test]
    fn comments_and_nameless_events_follow_the_standard() {
        assert_eq!(events(&[": ping\n\n"]), []);
        assert_eq!(events(&["data:a\r\ndata: b\r\n\r\n"]), [event("message", "a\nb")]);
        assert_eq!(events(&["event: x\n\ndata: y\n\n"]), [event("message", "y")]);
    }
}
