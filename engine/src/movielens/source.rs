//! A folder or zip archive with a dataset in it: finding the files, and reading each once while it is hashed.
//!
//! Nothing is unpacked to disk, and no name from an archive is ever used as a path.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::fields::shown;
use super::layout::Role;
use super::{Error, Layout, Progress, Stage};

/// Files other than ratings and the genome's scores are read into memory; the largest published, 32m's tags, has 72 MB.
const IN_MEMORY_LIMIT: u64 = 256 << 20;

/// The largest of these two read from an archive; 32m's has 0.9 GB.
const ARCHIVED_LIMIT: u64 = 64 << 30;

/// Ratings shrink to a quarter or a fifth when archived; what expands this many times is made to fill the memory.
const EXPANSION_LIMIT: u64 = 20;

/// Archives below this size uncompressed are harmless, however well they were compressed.
const EXPANSION_FREE: u64 = 64 << 20;

/// How much is read from the disk at a time.
const READ_BUFFER: usize = 1 << 20;

/// A found dataset, not yet read.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    layout: Layout,
    files: BTreeMap<Role, SourceFile>,
    archive: Option<ZipArchive<BufReader<File>>>,
    digests: BTreeMap<Role, [u8; 32]>,
}

#[derive(Clone, Debug)]
struct SourceFile {
    name: String,
    bytes: u64,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Path(PathBuf),
    Entry { index: usize, compressed: u64 },
}

/// Reads a file of a source, never past the size it was announced with, and hashes what it reads.
pub(super) struct HashingReader<'a> {
    inner: Box<dyn Read + 'a>,
    hasher: Sha256,
    left: u64,
}

impl HashingReader<'_> {
    fn digest(self) -> [u8; 32] {
        self.hasher.finalize().into()
    }
}

impl Read for HashingReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "the file is longer than announced; import it again")
        })?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

impl Source {
    /// Looks at the names of the files, in the folder or archive itself and in its folders, for one dataset.
    pub fn open(path: &Path) -> Result<Source, Error> {
        let cannot_open = |source| Error::Open { path: path.to_owned(), source };
        let (archive, candidates) = if fs::metadata(path).map_err(cannot_open)?.is_dir() {
            (None, files_in_folder(path).map_err(cannot_open)?)
        } else {
            let file = File::open(path).map_err(cannot_open)?;
            let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|reason| zip_error(path, reason))?;
            let candidates = files_in_archive(path, &mut archive)?;
            (Some(archive), candidates)
        };
        let (layout, files) = choose(path, candidates)?;
        Ok(Source { path: path.to_owned(), layout, files, archive, digests: BTreeMap::new() })
    }

    /// Which layout the files have.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The last component of the path, which may be published without telling where it was.
    pub fn name(&self) -> String {
        let canonical = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        canonical.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Uncompressed bytes of all files that are read.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }

    /// SHA-256 over the layout and the contents of the files, in hexadecimal; the same for a folder and its archive.
    ///
    /// Files that have been read are not read again.
    pub fn sha256(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<String, Error> {
        let roles: Vec<Role> = self.files.keys().copied().collect();
        let (bytes_total, mut bytes_done) = (self.bytes(), 0);
        let mut buffer = vec![0; READ_BUFFER];
        for role in &roles {
            if self.digests.contains_key(role) {
                continue;
            }
            let name = self.file_name(*role).to_owned();
            let Some(mut reader) = self.open_file(*role)? else { continue };
            loop {
                let read = reader.read(&mut buffer).map_err(|source| Error::Read { file: name.clone(), source })?;
                if read == 0 {
                    break;
                }
                bytes_done += read as u64;
                progress(Progress { stage: Stage::Comparing, bytes_done, bytes_total, rows: 0 });
            }
            let digest = reader.digest();
            self.digests.insert(*role, digest);
        }
        let mut whole = Sha256::new();
        whole.update(format!("{:?}\n", self.layout));
        for (role, digest) in &self.digests {
            whole.update(format!("{role:?}\n"));
            whole.update(digest);
        }
        Ok(hexadecimal(&whole.finalize()))
    }

    /// The name of a file as it stands in the source; empty if the source has none of this role.
    pub(super) fn file_name(&self, role: Role) -> &str {
        self.files.get(&role).map_or("", |file| &file.name)
    }

    /// The size of a file, uncompressed; zero if the source has none of this role.
    pub(super) fn file_bytes(&self, role: Role) -> u64 {
        self.files.get(&role).map_or(0, |file| file.bytes)
    }

    /// Reads a whole file that is not tens of millions of lines long; `None` if the source has none of this role.
    pub(super) fn read_whole(&mut self, role: Role) -> Result<Option<Vec<u8>>, Error> {
        let Some(SourceFile { name, bytes, .. }) = self.files.get(&role).cloned() else { return Ok(None) };
        if bytes > IN_MEMORY_LIMIT {
            return Err(Error::TooLarge { file: name, bytes, limit: IN_MEMORY_LIMIT });
        }
        let Some(mut reader) = self.open_file(role)? else { return Ok(None) };
        let mut contents = Vec::new();
        reader.read_to_end(&mut contents).map_err(|source| Error::Read { file: name, source })?;
        let digest = reader.digest();
        self.digests.insert(role, digest);
        Ok(Some(contents))
    }

    /// Hands a buffered reader of a file to `consume`, which must read to the end for the hash to hold.
    pub(super) fn read_buffered<T>(
        &mut self,
        role: Role,
        consume: impl FnOnce(&mut BufReader<HashingReader<'_>>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let Some(reader) = self.open_file(role)? else { return Ok(None) };
        let mut reader = BufReader::with_capacity(READ_BUFFER, reader);
        let result = consume(&mut reader)?;
        let digest = reader.into_inner().digest();
        self.digests.insert(role, digest);
        Ok(Some(result))
    }

    fn open_file(&mut self, role: Role) -> Result<Option<HashingReader<'_>>, Error> {
        let Some(file) = self.files.get(&role) else { return Ok(None) };
        let cannot_read = |source| Error::Read { file: file.name.clone(), source };
        let inner: Box<dyn Read + '_> = match (&file.place, &mut self.archive) {
            (Place::Entry { index, compressed }, Some(archive)) => {
                let limit = compressed.saturating_mul(EXPANSION_LIMIT).clamp(EXPANSION_FREE, ARCHIVED_LIMIT);
                if file.bytes > limit {
                    return Err(Error::TooLarge { file: file.name.clone(), bytes: file.bytes, limit });
                }
                Box::new(archive.by_index(*index).map_err(|reason| zip_error(&self.path, reason))?)
            }
            (Place::Path(path), _) => Box::new(File::open(path).map_err(cannot_read)?),
            // Entries are only made together with their archive.
            (Place::Entry { .. }, None) => return Ok(None),
        };
        Ok(Some(HashingReader { inner, hasher: Sha256::new(), left: file.bytes }))
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn zip_error(path: &Path, reason: zip::result::ZipError) -> Error {
    Error::Zip { path: path.to_owned(), reason: reason.to_string() }
}

/// A file that may belong to a dataset, with the folder it lies in ("" for the top).
type Candidate = (String, SourceFile);

fn files_in_folder(top: &Path) -> io::Result<Vec<Candidate>> {
    let mut found = Vec::new();
    let mut folders = vec![(String::new(), top.to_owned())];
    while let Some((folder, path)) = folders.pop() {
        for entry in fs::read_dir(&path)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else { continue };
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_file() => {
                    let file = SourceFile { name, bytes: metadata.len(), place: Place::Path(path) };
                    found.push((folder.clone(), file));
                }
                Ok(metadata) if metadata.is_dir() && folder.is_empty() => folders.push((name, path)),
                // Broken links, sockets, deeper folders: no part of a dataset.
                _ => {}
            }
        }
    }
    Ok(found)
}

fn files_in_archive(path: &Path, archive: &mut ZipArchive<BufReader<File>>) -> Result<Vec<Candidate>, Error> {
    let mut found = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|reason| zip_error(path, reason))?;
        let Some(inside) = entry.enclosed_name() else {
            let reason = format!("an entry is named \"{}\", outside of the archive", shown(entry.name_raw()));
            return Err(Error::Zip { path: path.to_owned(), reason });
        };
        let (Some(name), true) = (inside.file_name().and_then(|name| name.to_str()), entry.is_file()) else { continue };
        let folder = inside.parent().map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
        let place = Place::Entry { index, compressed: entry.compressed_size() };
        found.push((folder, SourceFile { name: name.to_owned(), bytes: entry.size(), place }));
    }
    Ok(found)
}

/// Picks the one layout whose ratings and movies lie in the same folder, nearest to the top.
fn choose(path: &Path, candidates: Vec<Candidate>) -> Result<(Layout, BTreeMap<Role, SourceFile>), Error> {
    let mut folders: BTreeMap<(usize, String), BTreeMap<String, SourceFile>> = BTreeMap::new();
    for (folder, file) in candidates {
        let depth = if folder.is_empty() { 0 } else { Path::new(&folder).components().count() };
        folders.entry((depth, folder)).or_default().insert(file.name.clone(), file);
    }
    let mut matches = Vec::new();
    for ((depth, folder), files) in &folders {
        for layout in Layout::ALL {
            let of_layout = layout.files().iter();
            let present: BTreeMap<Role, SourceFile> =
                of_layout.filter_map(|(role, name)| Some((*role, files.get(*name)?.clone()))).collect();
            if present.contains_key(&Role::Ratings) && present.contains_key(&Role::Movies) {
                matches.push((*depth, folder, layout, present));
            }
        }
    }
    let Some(nearest) = matches.iter().map(|(depth, ..)| *depth).min() else {
        return Err(Error::NotMovieLens { path: path.to_owned() });
    };
    matches.retain(|(depth, ..)| *depth == nearest);
    if matches.len() > 1 {
        let place = |folder: &str, files: &BTreeMap<Role, SourceFile>| match folder {
            "" => files[&Role::Ratings].name.clone(),
            _ => format!("{folder}/{}", files[&Role::Ratings].name),
        };
        let found = matches.iter().map(|(_, folder, _, files)| place(folder, files)).collect();
        return Err(Error::Ambiguous { path: path.to_owned(), found });
    }
    match matches.pop() {
        Some((_, _, layout, files)) => Ok((layout, files)),
        None => Err(Error::NotMovieLens { path: path.to_owned() }),
    }
}
