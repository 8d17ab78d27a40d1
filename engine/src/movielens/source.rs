//! A folder or archive with a dataset in it: finding the files, and reading each once while it is hashed.
//!
//! Nothing is unpacked to disk, and no name from an archive is ever used as a path.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::encoding::{FromUtf16, Utf16};
use super::layout::Role;
use super::packing::{Candidate, Packing, Place, SourceFile, files_in_archive, files_in_folder, files_in_tar, zip_error};
use super::{Error, Layout, Progress, Stage};

/// Files other than ratings and the genome's scores are read into memory; the largest published, 32m's tags, has 72 MB.
const IN_MEMORY_LIMIT: u64 = 256 << 20;

/// The largest of these two read from an archive; 32m's has 0.9 GB.
const ARCHIVED_LIMIT: u64 = 64 << 30;

/// Ratings shrink to a quarter or a fifth when archived; what expands this many times is made to fill the memory.
const EXPANSION_LIMIT: u64 = 20;

/// Archives below this size uncompressed are harmless, however well they were compressed.
const EXPANSION_FREE: u64 = 64 << 20;

/// How much a packed file may hold.
fn expanded_limit(packed_bytes: u64) -> u64 {
    packed_bytes.saturating_mul(EXPANSION_LIMIT).clamp(EXPANSION_FREE, ARCHIVED_LIMIT)
}

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
    assumptions: Vec<String>,
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
        let mut archive = None;
        let mut assumptions = Vec::new();
        let candidates = if fs::metadata(path).map_err(cannot_open)?.is_dir() {
            files_in_folder(path).map_err(cannot_open)?
        } else {
            match Packing::of(path).map_err(cannot_open)? {
                Packing::Zip => {
                    let file = File::open(path).map_err(cannot_open)?;
                    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|reason| zip_error(path, reason))?;
                    let candidates = files_in_archive(path, &mut zip)?;
                    archive = Some(zip);
                    candidates
                }
                Packing::Tar { gzipped } => {
                    let packed = fs::metadata(path).map_err(cannot_open)?.len();
                    let limit = if gzipped { expanded_limit(packed) } else { packed };
                    files_in_tar(path, gzipped, limit)?
                }
                Packing::Other(what) => return Err(Error::NotASource { path: path.to_owned(), what }),
                Packing::Text => {
                    let what = "is a text file, not a dataset; give the folder that has its ratings and its films, or a \
                                zip or tar archive of it";
                    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                    let folder = folder.unwrap_or(Path::new("."));
                    let beside = files_in_folder(folder).map_err(cannot_open)?;
                    let beside: Vec<Candidate> = beside.into_iter().filter(|(folder, _)| folder.is_empty()).collect();
                    let chosen = choose(path, beside).ok();
                    let is_one_of_it = |(_, files): &(Layout, BTreeMap<Role, SourceFile>)| {
                        files.values().any(|file| path.file_name().is_some_and(|name| name == &*file.name))
                    };
                    let Some((layout, files)) = chosen.filter(is_one_of_it) else {
                        return Err(Error::NotASource { path: path.to_owned(), what });
                    };
                    let name = files.values().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", ");
                    assumptions.push(format!("of the file that was given the whole folder is read: {name}"));
                    let (path, digests) = (folder.to_owned(), BTreeMap::new());
                    return Ok(Source { path, layout, files, archive: None, digests, assumptions });
                }
            }
        };
        let (layout, files) = choose(path, candidates)?;
        Ok(Source { path: path.to_owned(), layout, files, archive, digests: BTreeMap::new(), assumptions })
    }

    /// What was assumed while the source was opened and read, for people: a line each.
    pub fn assumptions(&self) -> &[String] {
        &self.assumptions
    }

    /// Notes what was assumed about a file.
    pub(super) fn assume(&mut self, file: &str, what: impl std::fmt::Display) {
        let line = format!("{file}: {what}");
        if !self.assumptions.contains(&line) {
            self.assumptions.push(line);
        }
    }

    /// Notes that a file that nobody needs is left out.
    pub(super) fn leave_out(&mut self, file: &str, error: &Error) {
        self.assume(file, format!("left out: {error}"));
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
        if let Some(order) = Utf16::of(&contents) {
            let mut text = Vec::new();
            // Reading from memory does not fail.
            let _ = FromUtf16::new(&contents[..], order).read_to_end(&mut text);
            contents = text;
        }
        Ok(Some(contents))
    }

    /// Hands a buffered reader of a file to `consume`, which must read to the end for the hash to hold.
    pub(super) fn read_buffered<T>(
        &mut self,
        role: Role,
        consume: impl FnOnce(&mut dyn BufRead) -> Result<T, Error>,
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
        let too_large = |limit| Error::TooLarge { file: file.name.clone(), bytes: file.bytes, limit };
        let mut left = file.bytes;
        let inner: Box<dyn Read + '_> = match (&file.place, &mut self.archive) {
            (Place::Entry { index, compressed }, Some(archive)) => {
                let limit = expanded_limit(*compressed);
                if file.bytes > limit {
                    return Err(too_large(limit));
                }
                Box::new(archive.by_index(*index).map_err(|reason| zip_error(&self.path, reason))?)
            }
            (Place::Path(path), _) => Box::new(File::open(path).map_err(cannot_read)?),
            (Place::Gzipped(path), _) => {
                let packed = File::open(path).map_err(cannot_read)?;
                // How much is in it is only told modulo 4 GiB.
                left = expanded_limit(packed.metadata().map_err(cannot_read)?.len());
                Box::new(MultiGzDecoder::new(BufReader::with_capacity(READ_BUFFER, packed)))
            }
            (Place::InTar { offset, gzipped }, _) => {
                let packed = File::open(&self.path).map_err(cannot_read)?;
                let mut whole: Box<dyn Read> = match gzipped {
                    true => Box::new(MultiGzDecoder::new(BufReader::with_capacity(READ_BUFFER, packed))),
                    false => Box::new(packed),
                };
                io::copy(&mut (&mut whole).take(*offset), &mut io::sink()).map_err(cannot_read)?;
                Box::new(whole.take(file.bytes))
            }
            // Entries are only made together with their archive.
            (Place::Entry { .. }, None) => return Ok(None),
        };
        Ok(Some(HashingReader { inner, hasher: Sha256::new(), left }))
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Picks the one layout whose ratings and movies lie in the same folder, nearest to the top.
fn choose(path: &Path, candidates: Vec<Candidate>) -> Result<(Layout, BTreeMap<Role, SourceFile>), Error> {
    let mut folders: BTreeMap<(usize, String), BTreeMap<String, SourceFile>> = BTreeMap::new();
    for (folder, file) in candidates {
        let depth = if folder.is_empty() { 0 } else { Path::new(&folder).components().count() };
        folders.entry((depth, folder)).or_default().insert(file.name.clone(), file);
    }
    let packed: Vec<String> = folders.values().flatten().filter(|(name, _)| is_packed(name)).map(|(name, _)| name.clone()).collect();
    let mut matches = Vec::new();
    for ((depth, folder), files) in &folders {
        for layout in Layout::ALL {
            for prefix in prefixes(layout, files) {
                let of_layout = layout.files().iter();
                let file = |name: &str| files.get(&format!("{prefix}{name}")).cloned();
                let present: BTreeMap<Role, SourceFile> =
                    of_layout.filter_map(|(role, name)| Some((*role, file(name)?))).collect();
                if present.contains_key(&Role::Ratings) && present.contains_key(&Role::Movies) {
                    matches.push((*depth, folder, layout, present));
                }
            }
        }
    }
    let Some(nearest) = matches.iter().map(|(depth, ..)| *depth).min() else {
        return Err(not_movielens(path, &packed));
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
        None => Err(not_movielens(path, &packed)),
    }
}

fn not_movielens(path: &Path, packed: &[String]) -> Error {
    let packed = match packed {
        [] => String::new(),
        packed => format!("; unpack {} first", packed.join(", ")),
    };
    Error::NotMovieLens { path: path.to_owned(), packed }
}

/// Whether a name is that of something packed in a way that is not read inside of a folder or archive.
fn is_packed(name: &str) -> bool {
    [".zip", ".tar", ".tgz", ".zst", ".bz2", ".xz", ".7z", ".rar"].iter().any(|ending| name.ends_with(ending))
}

/// What stands before the names that a layout gives its files.
fn prefixes(layout: Layout, files: &BTreeMap<String, SourceFile>) -> Vec<String> {
    match layout {
        Layout::Atomic => files.keys().filter_map(|name| Some(name.strip_suffix(".inter")?.to_owned())).collect(),
        _ => vec![String::new()],
    }
}
