//! All that a lake asks of the place where it lies, and a folder as such a place; [`super::bucket`] is another one.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

/// Before the name of a file that is being written: no reader of the lake takes one that is hidden.
const UNFINISHED: &str = ".unfinished-";

/// Files by name, as in `ratings/day=2026-11-26/hour=21/7-9.parquet`.
pub trait Storage: Send + 'static {
    /// Writes a file, which is there whole or not at all, and when this returns for good. Its name has its content in it, so
    /// that whoever writes it again, or at the same time, changes nothing.
    fn put(&self, name: &str, content: &[u8]) -> io::Result<()>;

    /// As [`Storage::put`], but of whoever writes a name with other contents only the first one does:
    /// [`ErrorKind::AlreadyExists`] for the others.
    fn create(&self, name: &str, content: &[u8]) -> io::Result<()>;

    /// Reads a file.
    fn get(&self, name: &str) -> io::Result<Vec<u8>>;

    /// The names of all files below a folder, in no order; none if there is no such folder.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;

    /// Removes a file; one that is gone is.
    fn remove(&self, name: &str) -> io::Result<()>;
}

impl Storage for Box<dyn Storage> {
    fn put(&self, name: &str, content: &[u8]) -> io::Result<()> {
        (**self).put(name, content)
    }

    fn create(&self, name: &str, content: &[u8]) -> io::Result<()> {
        (**self).create(name, content)
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        (**self).get(name)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        (**self).list(folder)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        (**self).remove(name)
    }
}

/// A folder on a disk.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: Option<File>,
}

impl Folder {
    /// To read from.
    pub fn to_read(path: impl Into<PathBuf>) -> Folder {
        Folder { path: path.into(), _lock: None }
    }

    /// To write to, for this process alone; it is made if need be. What an earlier one did not finish is removed.
    pub fn to_write(path: impl Into<PathBuf>) -> io::Result<Folder> {
        let path = path.into();
        make_folder(&path)?;
        let lock = File::create(path.join(".lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(ErrorKind::WouldBlock, "another process writes it; end one of them"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        for_each_file(&path, &mut |file| match is_unfinished(file) {
            true => fs::remove_file(file),
            false => Ok(()),
        })?;
        Ok(Folder { path, _lock: Some(lock) })
    }

    /// Names come from the manifest too, and lead nowhere else.
    fn path_of(&self, name: &str) -> io::Result<PathBuf> {
        let name = Path::new(name);
        if name.components().all(|part| matches!(part, Component::Normal(_))) {
            return Ok(self.path.join(name));
        }
        Err(io::Error::new(ErrorKind::InvalidInput, "the name leads out of the lake"))
    }
}

impl Storage for Folder {
    fn put(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let path = self.path_of(name)?;
        let (Some(folder), Some(file_name)) = (path.parent(), path.file_name()) else {
            return Err(io::Error::new(ErrorKind::InvalidInput, "the name is none"));
        };
        make_folder(folder)?;
        let unfinished = folder.join(format!("{UNFINISHED}{}", file_name.to_string_lossy()));
        let mut file = File::create(&unfinished)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        sync_folder(folder)
    }

    fn create(&self, name: &str, content: &[u8]) -> io::Result<()> {
        // Nobody else writes here meanwhile: it is locked.
        match self.get(name) {
            Ok(there) if there == content => Ok(()),
            Ok(_) => Err(io::Error::new(ErrorKind::AlreadyExists, "it is there already, with another content")),
            Err(error) if error.kind() == ErrorKind::NotFound => self.put(name, content),
            Err(error) => Err(error),
        }
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path_of(name)?)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for_each_file(&self.path_of(folder)?, &mut |file| {
            // What is no text was not written here.
            let name = file.strip_prefix(&self.path).ok().and_then(Path::to_str);
            names.extend(name.filter(|_| !is_unfinished(file)).map(str::to_owned));
            Ok(())
        })?;
        Ok(names)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path_of(name)?) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

fn is_unfinished(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED))
}

fn for_each_file(folder: &Path, take: &mut dyn FnMut(&Path) -> io::Result<()>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => for_each_file(&entry.path(), take)?,
            false => take(&entry.path())?,
        }
    }
    Ok(())
}

/// Makes a folder and those above it that are not there, and brings their names to the disk.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
        made => made?,
    }
    sync_folder(above)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
