//! Whether an SQLite database is still the file that its path names. SQLite itself goes on writing into a file that was
//! removed or replaced, and everything would be gone with the last one who has it open.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The write-ahead log may grow so far while somebody reads for long; past it nothing more is written.
const LARGEST_LOG: u64 = 1 << 30;

/// The files of an open database.
#[derive(Clone, Debug)]
pub(crate) struct FileWatch {
    path: PathBuf,
    database: Known,
    /// The write-ahead log of the connection that is open; none before it has written.
    log: Option<Known>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Known {
    device: u64,
    inode: u64,
    /// A database never shrinks: its free pages are used again.
    bytes: u64,
}

impl Known {
    fn of(path: &Path) -> std::io::Result<Known> {
        let metadata = std::fs::metadata(path)?;
        Ok(Known { device: metadata.dev(), inode: metadata.ino(), bytes: metadata.len() })
    }

    fn is_same_file(&self, other: &Known) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

impl FileWatch {
    /// Of a database that has just been opened.
    pub(crate) fn new(path: PathBuf) -> std::io::Result<FileWatch> {
        let database = Known::of(&path)?;
        Ok(FileWatch { path, database, log: None })
    }

    /// A new connection may begin a new write-ahead log.
    pub(crate) fn forget_log(&mut self) {
        self.log = None;
    }

    /// What keeps the database from being written, before it is opened again or written; for people.
    pub(crate) fn check_before(&mut self) -> Result<(), String> {
        self.check_database()?;
        match Known::of(&self.log_path()) {
            Ok(log) if log.bytes > LARGEST_LOG => Err(format!(
                "the write-ahead log of {} has {} MiB, because somebody has been reading the database for long; end that \
                 program",
                self.path.display(),
                log.bytes >> 20
            )),
            _ => Ok(()),
        }
    }

    /// Whether what was committed just now is where it will be looked for; if not, why, for people.
    pub(crate) fn check_after(&mut self) -> Result<(), String> {
        self.check_database()?;
        let path = self.log_path();
        let log = Known::of(&path).map_err(|error| {
            format!(
                "the write-ahead log {} is gone ({error}), and what is in it with it; restart this program",
                path.display()
            )
        })?;
        match &self.log {
            Some(known) if !known.is_same_file(&log) => {
                Err(format!("the write-ahead log {} was replaced; restart this program", path.display()))
            }
            _ => {
                self.log = Some(log);
                Ok(())
            }
        }
    }

    fn check_database(&mut self) -> Result<(), String> {
        let path = self.path.display();
        let found = std::fs::metadata(&self.path).map_err(|error| {
            format!(
                "the database file {path} is gone ({error}); put it back, or restart this program to begin a new one"
            )
        })?;
        let known = Known { device: found.dev(), inode: found.ino(), bytes: found.len() };
        if !self.database.is_same_file(&known) {
            return Err(format!(
                "the database file {path} was replaced by another; restart this program to use that one"
            ));
        }
        if known.bytes < self.database.bytes {
            return Err(format!(
                "the database file {path} was cut from {} to {} bytes; restore it from a backup and restart this program",
                self.database.bytes, known.bytes
            ));
        }
        if found.permissions().readonly() {
            return Err(format!("the database file {path} was made read-only; make it writable again"));
        }
        self.database = known;
        Ok(())
    }

    fn log_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push("-wal");
        name.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(folder: &Path) -> FileWatch {
        let path = folder.join("store.db");
        std::fs::write(&path, "0123456789").unwrap();
        std::fs::write(folder.join("store.db-wal"), "log").unwrap();
        let mut watch = FileWatch::new(path).unwrap();
        watch.check_after().unwrap();
        watch
    }

    #[test]
    fn what_happens_to_the_files_is_noticed_and_told_apart() {
        type Accident = fn(&Path);
        let accidents: [(&str, Accident); 5] = [
            ("is gone", |folder| std::fs::remove_file(folder.join("store.db")).unwrap()),
            ("was replaced by another", |folder| {
                std::fs::write(folder.join("new"), "0123456789").unwrap();
                std::fs::rename(folder.join("new"), folder.join("store.db")).unwrap();
            }),
            ("was cut from 10 to 0 bytes", |folder| std::fs::write(folder.join("store.db"), "").unwrap()),
            ("was made read-only", |folder| {
                let mut permissions = std::fs::metadata(folder.join("store.db")).unwrap().permissions();
                permissions.set_readonly(true);
                std::fs::set_permissions(folder.join("store.db"), permissions).unwrap();
            }),
            ("write-ahead log", |folder| std::fs::remove_file(folder.join("store.db-wal")).unwrap()),
        ];
        for (said, happens) in accidents {
            let folder = tempfile::tempdir().unwrap();
            let mut watch = watched(folder.path());
            happens(folder.path());
            let reason = watch.check_after().unwrap_err();
            assert!(reason.contains(said), "{said}: {reason}");
        }
    }

    #[test]
    fn a_file_that_is_put_back_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = watched(folder.path());
        std::fs::rename(folder.path().join("store.db"), folder.path().join("away")).unwrap();
        assert!(watch.check_before().is_err());
        std::fs::rename(folder.path().join("away"), folder.path().join("store.db")).unwrap();
        assert_eq!(watch.check_before(), Ok(()));
    }
}
