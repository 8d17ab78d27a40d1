//! What has arrived of a file so far, kept beside its final place: `FILE.part`, and in `FILE.part.json` of which
//! version of the file it is a part.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Error;

/// A part of a file, from its beginning. While this is held, no other process writes to it.
pub(super) struct Partial {
    file: File,
    path: PathBuf,
    note_path: PathBuf,
    length: u64,
    note: Option<Note>,
}

/// Whose part it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    /// The file's address.
    pub(super) url: String,
    /// The strong ETag or time of last change that the server gave; fit for `If-Range`.
    pub(super) validator: String,
}

impl Partial {
    /// Opens what was left of an earlier try; what cannot be continued is thrown away.
    pub(super) fn open(target: &Path, url: &str) -> Result<Partial, Error> {
        let beside = |suffix: &str| {
            let mut path = target.as_os_str().to_owned();
            path.push(suffix);
            PathBuf::from(path)
        };
        let (path, note_path) = (beside(".part"), beside(".part.json"));
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(Error::io("opening", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Busy { path: target.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(Error::io("locking", &path)(error)),
        }
        let length = file.seek(SeekFrom::End(0)).map_err(Error::io("reading", &path))?;
        // A note that is absent or unreadable only means to begin again.
        let note = fs::read(&note_path).ok().and_then(|text| serde_json::from_slice::<Note>(&text).ok());
        let mut partial = Partial { file, path, note_path, length, note: note.filter(|note| note.url == url) };
        if partial.note.is_none() {
            partial.begin_again(None)?;
        }
        Ok(partial)
    }

    /// How many bytes there are.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Where they are.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What the rest can be asked for with; `None` if nothing is there to continue.
    pub(super) fn validator(&self) -> Option<&str> {
        self.note.as_ref().map(|note| note.validator.as_str()).filter(|_| self.length > 0)
    }

    /// Throws away what is there, for a version of the file that may be continued later if there is a note of it.
    pub(super) fn begin_again(&mut self, note: Option<Note>) -> Result<(), Error> {
        // The old note goes first: it must never stand beside a part of another version.
        remove_if_there(&self.note_path)?;
        self.file.set_len(0).map_err(Error::io("emptying", &self.path))?;
        self.file.rewind().map_err(Error::io("emptying", &self.path))?;
        self.length = 0;
        self.note = note;
        if let Some(note) = &self.note {
            let text = serde_json::to_vec(note).map_err(|error| Error::io("writing", &self.note_path)(error.into()))?;
            fs::write(&self.note_path, text).map_err(Error::io("writing", &self.note_path))?;
        }
        Ok(())
    }

    /// Adds what has arrived.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(Error::io("writing", &self.path))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// The part is the whole: moves it to its final place.
    pub(super) fn finish(self, target: &Path) -> Result<(), Error> {
        self.file.sync_all().map_err(Error::io("writing", &self.path))?;
        remove_if_there(&self.note_path)?;
        fs::rename(&self.path, target).map_err(Error::io("renaming to", target))
    }

    /// Removes all trace of it.
    pub(super) fn discard(self) -> Result<(), Error> {
        remove_if_there(&self.note_path)?;
        remove_if_there(&self.path)
    }
}

fn remove_if_there(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("removing", path)(error)),
        _ => Ok(()),
    }
}
