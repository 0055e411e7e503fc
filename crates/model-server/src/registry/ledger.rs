//! The ledger: every step of every version, in a file beside the models that only grows.

use std::{
    fs,
    io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use vitals_core::domain::model_event::{ModelEvent, Step};

use super::{
    Author, LoadError, ModelId, Registry, SaveError,
    load::{damaged, read},
    save::not_written,
    sha256_hex,
    store::{EVENTS, MANIFEST},
};

impl Registry {
    /// Every event, the oldest first.
    ///
    /// # Errors
    /// The ledger can't be read, or a line of it is damaged.
    pub fn events(&self) -> Result<Vec<ModelEvent>, LoadError> {
        let path = self.root().join(EVENTS);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(LoadError::Read { path, source }),
        };
        let lines = (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n'));
        // A line without its end is being written.
        let complete = lines.filter(|(_, line)| line.ends_with(b"\n"));
        let mut events = Vec::new();
        for (number, line) in complete {
            // A crash cut the line off; the next writer ended it.
            if !line.trim_ascii_end().ends_with(b"}") {
                continue;
            }
            match serde_json::from_slice(line) {
                Ok(event) => events.push(event),
                Err(error) => return Err(damaged(&path, format!("line {number}: {error}"))),
            }
        }
        Ok(events)
    }

    /// Appends an event durably.
    ///
    /// # Errors
    /// The event is one that no reader accepts, or the ledger can't be written.
    pub fn append(&self, event: &ModelEvent) -> Result<(), SaveError> {
        event.check()?;
        let path = self.root().join(EVENTS);
        let mut line = serde_json::to_vec(event)
            .map_err(|source| SaveError::Json { path: path.clone(), source })?;
        line.push(b'\n');
        append_line(&path, line).map_err(|source| not_written(&path, source))
    }

    /// Waits until no other process changes the active version, and keeps them out until the file is
    /// dropped: the last change in the ledger is then the one that `active.json` names.
    ///
    /// # Errors
    /// The ledger can't be opened or locked.
    pub(super) fn lock(&self) -> Result<fs::File, SaveError> {
        let path = self.root().join(EVENTS);
        let opened = open(&path).and_then(|file| file.lock().map(|()| file));
        opened.map_err(|source| not_written(&path, source))
    }

    /// Records a step of a saved version that changes nothing served.
    ///
    /// # Errors
    /// The version's manifest can't be read, or the ledger can't be written.
    pub fn record(&self, step: Step, id: &ModelId, author: &Author) -> Result<(), SaveError> {
        self.append(&author.event(step, id, self.digest(id)?))
    }

    /// SHA-256 of a version's manifest, which has the digests of all its files.
    ///
    /// # Errors
    /// The manifest can't be read.
    pub fn digest(&self, id: &ModelId) -> Result<String, LoadError> {
        Ok(sha256_hex(&read(&self.folder(id).join(MANIFEST))?))
    }

    /// Returns true if this very content of a version was released and not withdrawn since.
    ///
    /// # Errors
    /// The ledger or the manifest can't be read.
    pub fn is_released(&self, id: &ModelId) -> Result<bool, LoadError> {
        self.is_released_in(&self.events()?, id)
    }

    /// The same for events that were read already.
    pub(super) fn is_released_in(
        &self,
        events: &[ModelEvent],
        id: &ModelId,
    ) -> Result<bool, LoadError> {
        let digest = self.digest(id)?;
        let name = id.to_string();
        let mut released = false;
        for event in events {
            let back = event.step == Step::RolledBack;
            if (back || event.step == Step::Released) && id.is_subject_of(event) {
                released = event.digest == digest;
            }
            if back && event.previous.as_deref() == Some(name.as_str()) {
                released = false;
            }
        }
        Ok(released)
    }

    /// Returns true if a rollback has withdrawn a version that was neither released nor returned to since.
    fn is_withdrawn(&self, id: &ModelId) -> Result<bool, LoadError> {
        let name = id.to_string();
        let mut withdrawn = false;
        for event in self.events()? {
            let back = event.step == Step::RolledBack;
            if (back || event.step == Step::Released) && id.is_subject_of(&event) {
                withdrawn = false;
            }
            withdrawn |= back && event.previous.as_deref() == Some(name.as_str());
        }
        Ok(withdrawn)
    }

    /// The version to which a rollback from `active` returns: the one that the latest change to
    /// `active` replaced, unless it was withdrawn.
    ///
    /// # Errors
    /// The ledger can't be read.
    pub fn predecessor(&self, active: &ModelId) -> Result<Option<ModelId>, LoadError> {
        let events = self.events()?;
        let change = events.iter().rev().find(|event| {
            // A rollback goes further back the next time, not forth.
            matches!(event.step, Step::Released | Step::Activated)
                && active.is_subject_of(event)
                && event.previous.is_some()
        });
        let previous = change.and_then(|event| event.previous.as_deref());
        match previous.and_then(|previous| previous.parse().ok()) {
            Some(id) if self.is_withdrawn(&id)? => Ok(None),
            found => Ok(found),
        }
    }
}

/// Opens the ledger to append to it; creates it if it is absent.
fn open(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().create(true).append(true).read(true).open(path)
}

fn append_line(path: &Path, mut line: Vec<u8>) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = open(path)?;
    // A crash may have left a line without its end: it must not swallow this one.
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            line.insert(0, b'\n');
        }
    }
    // One write, so that the lines of two processes don't mix.
    file.write_all(&line)?;
    file.sync_all()
}
