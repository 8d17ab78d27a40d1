//! A directory of versions: names, the pointer to the latest, and making a version appear whole.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::iter;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use super::metadata::{METADATA_FILE, VersionMetadata, read_metadata};
use super::{Error, FileSummary};

const LATEST_FILE: &str = "latest";
const TEMPORARY_PREFIX: &str = ".unfinished-";

/// All versions in a directory, oldest first.
pub(crate) fn versions(directory: &Path) -> Result<Vec<String>, Error> {
    let mut found = names_in(directory)?;
    found.retain(|version| check_name(version).is_ok() && directory.join(version).is_dir());
    Ok(found)
}

/// The version that `latest` points to; `None` if there is no such pointer.
pub(crate) fn latest(directory: &Path) -> Result<Option<String>, Error> {
    let path = directory.join(LATEST_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("reading", path)(error)),
    };
    let version = text.trim();
    check_name(version).map_err(|_| Error::damaged(path, "it names no version"))?;
    Ok(Some(version.to_owned()))
}

/// Names are single path components that are not hidden, and the same on every file system.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphanumeric());
    let all_well = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if starts_well && all_well && name.len() <= 64 && name != LATEST_FILE {
        return Ok(());
    }
    Err(Error::BadName { name: name.to_owned() })
}

/// Sorted names of what is in a directory; none if it does not exist.
pub(crate) fn names_in(directory: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("listing", directory)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io("listing", directory))?;
        names.extend(entry.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

/// A directory of versions while one process has it for itself.
#[derive(Debug)]
pub(crate) struct LockedDirectory {
    directory: PathBuf,
    _lock: File,
}

impl LockedDirectory {
    /// Takes the lock, which the system gives back however the process ends, and removes what a crashed one left.
    pub(crate) fn lock(parent: &Path, name: &str) -> Result<LockedDirectory, Error> {
        check_name(name)?;
        create_directory(parent)?;
        // Beside the directory, so that it holds versions and nothing else.
        let lock_path = parent.join(format!(".{name}.lock"));
        let lock = File::create(&lock_path).map_err(Error::io("creating", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Busy { name: name.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(Error::io("locking", lock_path)(error)),
        }
        // Under the lock, because who had it before may have removed the directory at the end.
        let directory = parent.join(name);
        create_directory(&directory)?;
        for left_over in names_in(&directory)?.iter().filter(|name| name.starts_with(TEMPORARY_PREFIX)) {
            let path = directory.join(left_over);
            let remove = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            remove.map_err(Error::io("removing", &path))?;
        }
        Ok(LockedDirectory { directory, _lock: lock })
    }

    /// Where the versions are.
    pub(crate) fn path(&self) -> &Path {
        &self.directory
    }

    /// The newest version that fits and whose files are all there.
    pub(crate) fn find<M: VersionMetadata>(&self, fits: impl Fn(&M) -> bool) -> Result<Option<M>, Error> {
        for version in versions(&self.directory)?.into_iter().rev() {
            let directory = self.directory.join(&version);
            // A version that cannot be read is none that could be used again.
            let Ok(metadata) = read_metadata::<M>(&directory) else { continue };
            let is_whole = |(file, summary): (&String, &FileSummary)| {
                fs::metadata(directory.join(file)).is_ok_and(|found| found.len() == summary.bytes)
            };
            if metadata.files().iter().all(is_whole) && metadata.version() == version && fits(&metadata) {
                return Ok(Some(metadata));
            }
        }
        Ok(None)
    }

    /// A directory that vanishes unless it is [published](LockedDirectory::publish).
    pub(crate) fn temporary(&self) -> Result<TempDir, Error> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY_PREFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As any directory is made: private only if the umask says so.
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        builder.tempdir_in(&self.directory).map_err(Error::io("creating a directory in", &self.directory))
    }

    /// Adds the metadata to a written directory, makes it a version in one step, and that version the latest. Returns the
    /// metadata with the name that the version got.
    ///
    /// On an error nothing of it stays, unless all is written and only the last sync of the pointer failed: then it is
    /// whole and the latest, but may not survive a power cut.
    pub(crate) fn publish<M: VersionMetadata>(&self, written: TempDir, mut metadata: M) -> Result<M, Error> {
        metadata.set_version(self.unused_name(metadata.version()));
        write_synced(&written.path().join(METADATA_FILE), |out| {
            serde_json::to_writer_pretty(&mut *out, &metadata)?;
            writeln!(out)
        })?;
        sync_directory(written.path())?;
        let target = self.directory.join(metadata.version());
        fs::rename(written.path(), &target).map_err(Error::io("renaming to", &target))?;
        let made_latest = sync_directory(&self.directory).and_then(|()| self.point_latest_to(metadata.version()));
        if let Err(error) = made_latest {
            let is_latest = latest(&self.directory).is_ok_and(|named| named.as_deref() == Some(metadata.version()));
            if !is_latest {
                // Back to where it vanishes from. If that fails too, a whole version stays that nothing points to.
                let _ = fs::rename(&target, written.path());
            }
            return Err(error);
        }
        // The directory is no longer where it was made, so there is nothing to remove.
        let _ = written.keep();
        Ok(metadata)
    }

    /// The name, or if a version has it already, the name with the first number behind it that none has: what is there is
    /// never replaced, because it may be in use, and the only whole one.
    fn unused_name(&self, name: &str) -> String {
        let is_free = |name: &String| fs::symlink_metadata(self.directory.join(name)).is_err();
        let numbered = (2_u32..).map(|number| format!("{name}-{number:02}"));
        iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_else(|| name.to_owned())
    }

    /// Points `latest` to a version; readers see the old or the new one.
    pub(crate) fn point_latest_to(&self, version: &str) -> Result<(), Error> {
        let path = self.directory.join(LATEST_FILE);
        let write = || -> io::Result<()> {
            let mut builder = tempfile::Builder::new();
            builder.prefix(TEMPORARY_PREFIX);
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                builder.permissions(fs::Permissions::from_mode(0o666));
            }
            let mut temporary: NamedTempFile = builder.tempfile_in(&self.directory)?;
            writeln!(temporary, "{version}")?;
            temporary.as_file().sync_all()?;
            temporary.persist(&path)?;
            Ok(())
        };
        write().map_err(Error::io("writing", &path))?;
        sync_directory(&self.directory)
    }
}

impl Drop for LockedDirectory {
    fn drop(&mut self) {
        // After a failed first attempt nothing is left of the name; otherwise this fails, as it should.
        let _ = fs::remove_dir(&self.directory);
    }
}

/// Writes a file and brings it to the disk.
pub(crate) fn write_synced(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), Error> {
    let all = || {
        let mut out = BufWriter::new(File::create(path)?);
        write(&mut out)?;
        out.into_inner().map_err(|error| error.into_error())?.sync_all()
    };
    all().map_err(Error::io("writing", path))
}

/// Makes a directory and those above it that are not there, and brings their names to the disk.
fn create_directory(directory: &Path) -> Result<(), Error> {
    if directory.is_dir() {
        return Ok(());
    }
    let above = match directory.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    };
    create_directory(above)?;
    match fs::create_dir(directory) {
        // Another process was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && directory.is_dir() => {}
        made => made.map_err(Error::io("creating", directory))?,
    }
    sync_directory(above)
}

/// Makes renames and new files in a directory survive a power cut.
fn sync_directory(directory: &Path) -> Result<(), Error> {
    let sync = || File::open(directory)?.sync_all();
    sync().map_err(Error::io("syncing", directory))
}
