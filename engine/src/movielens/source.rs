//! A folder or archive with a dataset in it: finding the files, and reading each once while it is hashed.
//!
//! A few lines longer than other files: a folder and each kind of archive are looked through in the same way, side by side.
//! Nothing is unpacked to disk, and no name from an archive is ever used as a path.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};
use zip::ZipArchive;

use super::encoding::{FromUtf16, Utf16};
use super::layout::Role;
use super::packing::{
    Candidate, Packing, Place, READ_BUFFER, SourceFile, Squeezed, files_in_archive, files_in_folder, files_in_tar,
    is_archive, is_packed_otherwise, zip_error,
};
use super::parquet::{ParquetText, is_parquet};
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

/// A found dataset, not yet read.
#[derive(Debug)]
pub struct Source {
    /// As given.
    path: PathBuf,
    layout: Layout,
    files: BTreeMap<Role, SourceFile>,
    container: Container,
    digests: BTreeMap<Role, [u8; 32]>,
    assumptions: Vec<String>,
}

/// What the files lie in.
#[derive(Debug)]
enum Container {
    Folder,
    Zip { path: PathBuf, archive: ZipArchive<BufReader<File>>, _kept: Option<TempPath> },
    Tar { path: PathBuf, squeezed: Option<Squeezed>, _kept: Option<TempPath> },
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
    /// Looks at the names of the files, in the folder or archive itself and in its folders, for one dataset. An archive
    /// that lies alone in a folder or archive is what is meant.
    pub fn open(path: &Path) -> Result<Source, Error> {
        let cannot_open = |source| Error::Open { path: path.to_owned(), source };
        if fs::metadata(path).map_err(cannot_open)?.is_dir() {
            return Source::open_folder(path);
        }
        match Packing::of(path).map_err(cannot_open)? {
            Packing::Zip => Source::open_zip(path, None),
            Packing::Tar(squeezed) => Source::open_tar(path, squeezed, None),
            Packing::Single => Source::open_beside(path),
            Packing::Other(what) => Err(Error::NotASource { path: path.to_owned(), what }),
        }
    }

    fn new(path: &Path, chosen: (Layout, BTreeMap<Role, SourceFile>), container: Container) -> Source {
        let (path, (layout, files)) = (path.to_owned(), chosen);
        Source { path, layout, files, container, digests: BTreeMap::new(), assumptions: Vec::new() }
    }

    fn open_folder(path: &Path) -> Result<Source, Error> {
        let cannot_open = |source| Error::Open { path: path.to_owned(), source };
        let candidates = files_in_folder(path).map_err(cannot_open)?;
        let archives: Vec<PathBuf> = candidates
            .iter()
            .filter(|(folder, file)| folder.is_empty() && is_archive(&file.name))
            .filter_map(|(_, file)| match &file.place {
                Place::Path(path) => Some(path.clone()),
                _ => None,
            })
            .collect();
        let reason = match choose(path, candidates) {
            Ok(chosen) => return Ok(Source::new(path, chosen, Container::Folder)),
            Err(reason) => reason,
        };
        let (Error::NotMovieLens { .. }, [archive]) = (&reason, archives.as_slice()) else { return Err(reason) };
        let mut source = match Packing::of(archive).map_err(cannot_open)? {
            Packing::Zip => Source::open_zip(archive, None)?,
            Packing::Tar(squeezed) => Source::open_tar(archive, squeezed, None)?,
            _ => return Err(reason),
        };
        source.assumptions.push(format!("of the folder, {} is read", name_of(archive)));
        path.clone_into(&mut source.path);
        Ok(source)
    }

    /// One file of a dataset stands for the folder that it lies in.
    fn open_beside(path: &Path) -> Result<Source, Error> {
        let cannot_open = |source| Error::Open { path: path.to_owned(), source };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let beside = files_in_folder(folder).map_err(cannot_open)?;
        let beside: Vec<Candidate> = beside.into_iter().filter(|(folder, _)| folder.is_empty()).collect();
        let is_given =
            |file: &SourceFile| matches!(&file.place, Place::Path(place) if place.file_name() == path.file_name());
        match choose(path, beside) {
            Ok((layout, files)) if files.values().any(is_given) => {
                let names = files.values().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", ");
                let mut source = Source::new(folder, (layout, files), Container::Folder);
                source.assumptions.push(format!("of the file that was given the whole folder is read: {names}"));
                Ok(source)
            }
            _ => {
                let what = "is a single file, not a dataset; give the folder that has its ratings and its films, or a zip \
                            or tar archive of it";
                Err(Error::NotASource { path: path.to_owned(), what })
            }
        }
    }

    /// `kept` is what an archive inside of another was unpacked to; it goes with the source.
    fn open_zip(path: &Path, kept: Option<TempPath>) -> Result<Source, Error> {
        let file = File::open(path).map_err(|source| Error::Open { path: path.to_owned(), source })?;
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|reason| zip_error(path, reason))?;
        let candidates = files_in_archive(path, &mut archive)?;
        let inner = inner_archive(&candidates);
        match choose(path, candidates) {
            Ok(chosen) => {
                let container = Container::Zip { path: path.to_owned(), archive, _kept: kept };
                Ok(Source::new(path, chosen, container))
            }
            Err(Error::NotMovieLens { .. }) if kept.is_none() && inner.is_some() => {
                let container = Container::Zip { path: path.to_owned(), archive, _kept: None };
                Source::open_inner(path, inner, container)
            }
            Err(reason) => Err(reason),
        }
    }

    fn open_tar(path: &Path, squeezed: Option<Squeezed>, kept: Option<TempPath>) -> Result<Source, Error> {
        let packed = fs::metadata(path).map_err(|source| Error::Open { path: path.to_owned(), source })?.len();
        let limit = if squeezed.is_some() { expanded_limit(packed) } else { packed };
        let candidates = files_in_tar(path, squeezed, limit)?;
        let inner = inner_archive(&candidates);
        match choose(path, candidates) {
            Ok(chosen) => {
                let container = Container::Tar { path: path.to_owned(), squeezed, _kept: kept };
                Ok(Source::new(path, chosen, container))
            }
            Err(Error::NotMovieLens { .. }) if kept.is_none() && inner.is_some() => {
                let container = Container::Tar { path: path.to_owned(), squeezed, _kept: None };
                Source::open_inner(path, inner, container)
            }
            Err(reason) => Err(reason),
        }
    }

    /// Unpacks the one archive in an archive to a file of its own, and opens that.
    fn open_inner(path: &Path, inner: Option<SourceFile>, mut container: Container) -> Result<Source, Error> {
        let not_here = || not_movielens(path, &[]);
        let inner = inner.ok_or_else(not_here)?;
        let cannot_unpack = |source| Error::Read { file: inner.name.clone(), source };
        let mut unpacked = NamedTempFile::new().map_err(cannot_unpack)?;
        let mut reader = open_in(&mut container, &inner)?;
        io::copy(&mut reader, &mut unpacked).map_err(cannot_unpack)?;
        drop(reader);
        let kept = unpacked.into_temp_path();
        let inner_path = kept.to_path_buf();
        let mut source = match Packing::of(&inner_path).map_err(cannot_unpack)? {
            Packing::Zip => Source::open_zip(&inner_path, Some(kept))?,
            Packing::Tar(squeezed) => Source::open_tar(&inner_path, squeezed, Some(kept))?,
            _ => return Err(not_here()),
        };
        source.assumptions.push(format!("of the archive, {} in it is read", inner.name));
        path.clone_into(&mut source.path);
        Ok(source)
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

    /// Forgets what was assumed past the first so many, to read a file again in another way.
    pub(crate) fn forget_assumptions(&mut self, kept: usize) {
        self.assumptions.truncate(kept);
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
        let read = (&mut reader).take(IN_MEMORY_LIMIT + 1).read_to_end(&mut contents);
        let bytes = read.map_err(|source| Error::Read { file: name.clone(), source })? as u64;
        if bytes > IN_MEMORY_LIMIT {
            return Err(Error::TooLarge { file: name, bytes, limit: IN_MEMORY_LIMIT });
        }
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
        match self.files.get(&role) {
            Some(file) if is_parquet(&file.name) => open_parquet(&mut self.container, file, role).map(Some),
            Some(file) => open_in(&mut self.container, file).map(Some),
            None => Ok(None),
        }
    }
}

/// Opens a file in Parquet, wherever it lies, as text. What is packed is unpacked to a file first, as it is read from its
/// end.
fn open_parquet<'a>(container: &mut Container, file: &SourceFile, role: Role) -> Result<HashingReader<'a>, Error> {
    let cannot_read = |source| Error::Read { file: file.name.clone(), source };
    let files = match (&file.place, file.squeezed) {
        (Place::Path(path), None) => vec![File::open(path).map_err(cannot_read)?],
        (Place::Parts(paths), _) => paths.iter().map(File::open).collect::<io::Result<_>>().map_err(cannot_read)?,
        _ => {
            let mut unpacked = tempfile::tempfile().map_err(cannot_read)?;
            io::copy(&mut open_in(container, file)?, &mut unpacked).map_err(cannot_read)?;
            vec![unpacked]
        }
    };
    let mut packed_bytes = 0;
    for file in &files {
        packed_bytes += file.metadata().map_err(cannot_read)?.len();
    }
    let inner: Box<dyn Read> = Box::new(ParquetText::new(files, role).map_err(cannot_read)?);
    Ok(HashingReader { inner, hasher: Sha256::new(), left: expanded_limit(packed_bytes) })
}

/// Opens a file wherever it lies.
fn open_in<'a>(container: &'a mut Container, file: &SourceFile) -> Result<HashingReader<'a>, Error> {
    let cannot_read = |source| Error::Read { file: file.name.clone(), source };
    let mut left = file.bytes;
    let mut packed_bytes = file.bytes;
    let inner: Box<dyn Read + 'a> = match (&file.place, container) {
        (Place::Entry { index, compressed }, Container::Zip { path, archive, .. }) => {
            let limit = expanded_limit(*compressed);
            if file.bytes > limit {
                return Err(Error::TooLarge { file: file.name.clone(), bytes: file.bytes, limit });
            }
            Box::new(archive.by_index(*index).map_err(|reason| zip_error(path, reason))?)
        }
        (Place::InTar { offset }, Container::Tar { path, squeezed, .. }) => {
            let packed = File::open(path).map_err(cannot_read)?;
            let mut whole: Box<dyn Read> = match squeezed {
                Some(squeezed) => squeezed.unpack(packed),
                None => Box::new(packed),
            };
            io::copy(&mut (&mut whole).take(*offset), &mut io::sink()).map_err(cannot_read)?;
            match file.squeezed {
                Some(_) => whole,
                None => Box::new(whole.take(file.bytes)),
            }
        }
        (Place::Path(path), _) => {
            let opened = File::open(path).map_err(cannot_read)?;
            packed_bytes = opened.metadata().map_err(cannot_read)?.len();
            Box::new(opened)
        }
        // A place is only made together with its container, and parts are only of Parquet.
        (Place::Entry { .. } | Place::InTar { .. } | Place::Parts(_), _) => {
            return Err(cannot_read(io::Error::new(io::ErrorKind::NotFound, "it lies in no archive that is open")));
        }
    };
    let inner = match file.squeezed {
        Some(squeezed) => {
            // How much is in it is only told modulo 4 GiB, or not at all.
            left = expanded_limit(packed_bytes);
            squeezed.unpack(inner)
        }
        None => inner,
    };
    Ok(HashingReader { inner, hasher: Sha256::new(), left })
}

/// The only archive among an archive's files.
fn inner_archive(candidates: &[Candidate]) -> Option<SourceFile> {
    let mut archives = candidates.iter().filter(|(_, file)| is_archive(&file.name));
    let (_, first) = archives.next()?;
    archives.next().is_none().then(|| first.clone())
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
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
        folders.entry((depth, folder)).or_default().insert(file.name.to_lowercase(), file);
    }
    let mut matches = Vec::new();
    // Names as they were published go before those that people give.
    for spellings in [Layout::files, Layout::files_by_other_names] {
        for ((depth, folder), files) in &folders {
            for layout in Layout::ALL {
                for prefix in prefixes(layout, files) {
                    let of_layout = spellings(layout).iter();
                    let file = |name: &str| files.get(&format!("{prefix}{name}")).cloned();
                    let present: BTreeMap<Role, SourceFile> =
                        of_layout.filter_map(|(role, name)| Some((*role, file(name)?))).collect();
                    if present.contains_key(&Role::Ratings) && present.contains_key(&Role::Movies) {
                        matches.push((*depth, folder, layout, present));
                    }
                }
            }
        }
        if !matches.is_empty() {
            break;
        }
    }
    let names = || folders.values().flat_map(|files| files.values()).map(|file| file.name.clone());
    let packed: Vec<String> = names().filter(|name| is_archive(name) || is_packed_otherwise(name)).collect();
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

/// What stands before the names that a layout gives its files.
fn prefixes(layout: Layout, files: &BTreeMap<String, SourceFile>) -> Vec<String> {
    match layout {
        Layout::Atomic => files.keys().filter_map(|name| Some(name.strip_suffix(".inter")?.to_owned())).collect(),
        _ => vec![String::new()],
    }
}
