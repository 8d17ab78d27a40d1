//! Directories of datasets: names, versions, the pointer to the latest, and making a version appear whole.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use super::{Error, Metadata};

const LATEST_FILE: &str = "latest";
const TEMPORARY_PREFIX: &str = ".importing-";

/// A dataset found by [`list`].
#[derive(Debug)]
pub struct ListedDataset {
    /// Its name.
    pub name: String,
    /// Its latest version, or why that cannot be read.
    pub metadata: Result<Metadata, Error>,
}

/// All datasets in a data directory, by name. A directory that does not exist holds none.
pub fn list(data_dir: &Path) -> Result<Vec<ListedDataset>, Error> {
    let mut datasets = Vec::new();
    for name in names_in(&data_dir.join("datasets"))? {
        if check_name(&name).is_err() || versions(data_dir, &name)?.is_empty() {
            continue;
        }
        let metadata = latest(data_dir, &name).and_then(|version| {
            let directory = version_directory(data_dir, &name, &version)?;
            Metadata::read(&directory)
        });
        datasets.push(ListedDataset { name, metadata });
    }
    Ok(datasets)
}

/// All versions of a dataset, oldest first.
pub fn versions(data_dir: &Path, name: &str) -> Result<Vec<String>, Error> {
    let directory = dataset_directory(data_dir, name)?;
    let mut found = names_in(&directory)?;
    found.retain(|version| check_name(version).is_ok() && directory.join(version).is_dir());
    Ok(found)
}

/// Where the files of a version lie; it need not exist.
pub fn version_directory(data_dir: &Path, name: &str, version: &str) -> Result<PathBuf, Error> {
    check_name(version)?;
    Ok(dataset_directory(data_dir, name)?.join(version))
}

/// The version that `latest` points to.
pub(super) fn latest(data_dir: &Path, name: &str) -> Result<String, Error> {
    let path = dataset_directory(data_dir, name)?.join(LATEST_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Error::NotFound { name: name.to_owned(), data_dir: data_dir.to_owned() });
        }
        Err(error) => return Err(Error::io("reading", path)(error)),
    };
    let version = text.trim();
    check_name(version).map_err(|_| Error::damaged(path, "it names no version"))?;
    Ok(version.to_owned())
}

/// Names are single path components that are not hidden, and the same on every file system.
pub(super) fn check_name(name: &str) -> Result<(), Error> {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphanumeric());
    let all_well = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if starts_well && all_well && name.len() <= 64 && name != LATEST_FILE {
        return Ok(());
    }
    Err(Error::BadName { name: name.to_owned() })
}

fn dataset_directory(data_dir: &Path, name: &str) -> Result<PathBuf, Error> {
    check_name(name)?;
    Ok(data_dir.join("datasets").join(name))
}

/// Sorted names of what is in a directory; none if it does not exist.
fn names_in(directory: &Path) -> Result<Vec<String>, Error> {
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

/// A dataset's directory while one import has it for itself.
#[derive(Debug)]
pub(super) struct LockedDataset {
    data_dir: PathBuf,
    name: String,
    directory: PathBuf,
    _lock: File,
}

impl LockedDataset {
    /// Takes the lock, which the system gives back however the process ends, and removes what a crashed import left.
    pub(super) fn lock(data_dir: &Path, name: &str) -> Result<LockedDataset, Error> {
        let directory = dataset_directory(data_dir, name)?;
        fs::create_dir_all(&directory).map_err(Error::io("creating", &directory))?;
        // Beside the dataset, so that a dataset's directory holds versions and nothing else.
        let lock_path = data_dir.join("datasets").join(format!(".{name}.lock"));
        let lock = File::create(&lock_path).map_err(Error::io("creating", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Busy { name: name.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(Error::io("locking", lock_path)(error)),
        }
        for left_over in names_in(&directory)?.iter().filter(|name| name.starts_with(TEMPORARY_PREFIX)) {
            let path = directory.join(left_over);
            let remove = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            remove.map_err(Error::io("removing", &path))?;
        }
        Ok(LockedDataset { data_dir: data_dir.to_owned(), name: name.to_owned(), directory, _lock: lock })
    }

    /// The newest version that fits and whose files are all there.
    pub(super) fn find(&self, fits: impl Fn(&Metadata) -> bool) -> Result<Option<Metadata>, Error> {
        for version in versions(&self.data_dir, &self.name)?.into_iter().rev() {
            let directory = self.directory.join(&version);
            // A version that cannot be read is none that could be used again.
            let Ok(metadata) = Metadata::read(&directory) else { continue };
            let whole = metadata.files.iter().all(|(file, summary)| {
                fs::metadata(directory.join(file)).is_ok_and(|found| found.len() == summary.bytes)
            });
            if whole && metadata.version == version && fits(&metadata) {
                return Ok(Some(metadata));
            }
        }
        Ok(None)
    }

    /// A directory that vanishes unless it is [published](LockedDataset::publish).
    pub(super) fn temporary(&self) -> Result<TempDir, Error> {
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

    /// Makes a written directory a version, in one step.
    pub(super) fn publish(&self, written: TempDir, version: &str) -> Result<(), Error> {
        let target = self.directory.join(version);
        sync_directory(written.path())?;
        // A version of this name holds the same columns, but may be damaged or older in other ways.
        if target.exists() {
            fs::remove_dir_all(&target).map_err(Error::io("replacing", &target))?;
        }
        fs::rename(written.path(), &target).map_err(Error::io("renaming to", &target))?;
        // The directory is no longer where it was made, so there is nothing to remove.
        let _ = written.keep();
        sync_directory(&self.directory)
    }

    /// Points `latest` to a version; readers see the old or the new one.
    pub(super) fn point_latest_to(&self, version: &str) -> Result<(), Error> {
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

impl Drop for LockedDataset {
    fn drop(&mut self) {
        // After a failed first import nothing is left of the name; otherwise this fails, as it should.
        let _ = fs::remove_dir(&self.directory);
    }
}

/// Makes renames and new files in a directory survive a power cut.
fn sync_directory(directory: &Path) -> Result<(), Error> {
    let sync = || File::open(directory)?.sync_all();
    sync().map_err(Error::io("syncing", directory))
}
