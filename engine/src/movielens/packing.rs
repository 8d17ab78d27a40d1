//! What a source is packed in, and which files are in it.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use zip::ZipArchive;

use super::Error;
use super::fields::shown;
use super::parquet::is_parquet;

/// How much is read from the disk at a time.
pub(super) const READ_BUFFER: usize = 1 << 20;

/// A single file or tar archive made smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Squeezed {
    Gzip,
    Zstd,
}

impl Squeezed {
    /// By the first bytes.
    pub(crate) fn of(beginning: &[u8]) -> Option<Squeezed> {
        match beginning {
            [0x1F, 0x8B, ..] => Some(Squeezed::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Squeezed::Zstd),
            _ => None,
        }
    }

    /// By a file's name, with the name that it has unpacked. An archive is not a file.
    fn of_name(name: &str) -> Option<(Squeezed, &str)> {
        let endings = [(".gz", Squeezed::Gzip), (".zst", Squeezed::Zstd)];
        let (squeezed, unpacked) =
            endings.into_iter().find_map(|(end, squeezed)| Some((squeezed, name.strip_suffix(end)?)))?;
        (!unpacked.ends_with(".tar")).then_some((squeezed, unpacked))
    }

    pub(crate) fn unpack<'a>(self, packed: impl Read + 'a) -> Box<dyn Read + 'a> {
        let packed = BufReader::with_capacity(READ_BUFFER, packed);
        match self {
            Squeezed::Gzip => Box::new(MultiGzDecoder::new(packed)),
            Squeezed::Zstd => Box::new(Frames { next: Some(packed), frame: None }),
        }
    }
}

/// Frames of zstd one after the other, as those who pack on several threads write them.
struct Frames<R: BufRead> {
    next: Option<R>,
    frame: Option<StreamingDecoder<R, FrameDecoder>>,
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let read = frame.read(buffer)?;
                if read > 0 || buffer.is_empty() {
                    return Ok(read);
                }
            }
            if let Some(frame) = self.frame.take() {
                self.next = Some(frame.into_inner());
            }
            let Some(mut packed) = self.next.take() else { return Ok(0) };
            if packed.fill_buf()?.is_empty() {
                return Ok(0);
            }
            let frame = StreamingDecoder::new(packed);
            self.frame = Some(frame.map_err(|reason| io::Error::new(io::ErrorKind::InvalidData, reason.to_string()))?);
        }
    }
}

/// A file of a source.
#[derive(Clone, Debug)]
pub(super) struct SourceFile {
    /// Without what tells that it is packed.
    pub(super) name: String,
    /// Uncompressed, but for Parquet; of a squeezed file as it says itself or is likely, which may be wrong.
    pub(super) bytes: u64,
    pub(super) place: Place,
    /// How it is packed by itself, wherever it lies.
    pub(super) squeezed: Option<Squeezed>,
}

/// Where a file's bytes are.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Path(PathBuf),
    /// In the files of a folder that has the table's name, as Spark writes Parquet.
    Parts(Vec<PathBuf>),
    /// In the zip archive.
    Entry {
        index: usize,
        compressed: u64,
    },
    /// In the tar archive, so far behind its unpacked beginning.
    InTar {
        offset: u64,
    },
}

/// A file that may belong to a dataset, with the folder it lies in ("" for the top).
pub(super) type Candidate = (String, SourceFile);

/// What a file that was given is, by its first bytes.
pub(super) enum Packing {
    Zip,
    Tar(Option<Squeezed>),
    /// One file of a table, packed or not.
    Single,
    /// Nothing that is read; what it is, and what to do.
    Other(&'static str),
}

/// Where a tar archive has its mark.
const TAR_MARK: std::ops::Range<usize> = 257..262;

/// The entries that are looked at in a tar archive.
const MOST_ENTRIES: usize = 10_000;

impl Packing {
    pub(super) fn of(path: &Path) -> io::Result<Packing> {
        let beginning = beginning(File::open(path)?)?;
        let is_tar = |beginning: &[u8]| beginning.get(TAR_MARK) == Some(b"ustar");
        if let Some(squeezed) = Squeezed::of(&beginning) {
            return Ok(match self::beginning(squeezed.unpack(File::open(path)?)) {
                Ok(unpacked) if is_tar(&unpacked) => Packing::Tar(Some(squeezed)),
                Ok(_) => Packing::Single,
                Err(_) => Packing::Other("is a damaged archive; get it again"),
            });
        }
        Ok(match &beginning[..] {
            [b'P', b'K', ..] => Packing::Zip,
            [b'B', b'Z', b'h', ..] => Packing::Other("is packed with bzip2; unpack it and give the folder"),
            [0xFD, b'7', b'z', b'X', b'Z', ..] => Packing::Other("is packed with xz; unpack it and give the folder"),
            [b'7', b'z', 0xBC, 0xAF, ..] => Packing::Other("is a 7z archive; unpack it and give the folder"),
            [b'R', b'a', b'r', b'!', ..] => Packing::Other("is a rar archive; unpack it and give the folder"),
            _ if is_tar(&beginning) => Packing::Tar(None),
            // An archive that was cut off at once is better called a bad archive than a text.
            _ if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip")) => Packing::Zip,
            [] => Packing::Other("is empty; give the folder of a dataset, or a zip or tar archive of it"),
            _ => Packing::Single,
        })
    }
}

fn beginning(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::new();
    reader.take(512).read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// Whether a name is that of an archive that is read.
pub(super) fn is_archive(name: &str) -> bool {
    let name = name.to_lowercase();
    [".zip", ".tar", ".tgz", ".tar.gz", ".tar.zst"].iter().any(|ending| name.ends_with(ending))
}

/// Whether a name is that of something packed in a way that is not read.
pub(super) fn is_packed_otherwise(name: &str) -> bool {
    [".bz2", ".xz", ".7z", ".rar"].iter().any(|ending| name.ends_with(ending))
}

pub(super) fn zip_error(path: &Path, reason: zip::result::ZipError) -> Error {
    Error::Zip { path: path.to_owned(), reason: reason.to_string() }
}

pub(super) fn files_in_folder(top: &Path) -> io::Result<Vec<Candidate>> {
    let mut found = Vec::new();
    let mut folders = vec![(String::new(), top.to_owned())];
    while let Some((folder, path)) = folders.pop() {
        for entry in fs::read_dir(&path)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else { continue };
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_file() => {
                    let told = unpacked_bytes(&path, &name);
                    let place = Place::Path(path);
                    found.push((folder.clone(), file(name, place, metadata.len(), told)));
                }
                Ok(metadata) if metadata.is_dir() && folder.is_empty() => folders.push((name, path)),
                // Broken links, sockets, deeper folders: no part of a dataset.
                _ => {}
            }
        }
    }
    join_parts(&mut found);
    // Of a file and its packed copy the file is read.
    found.sort_by_key(|(_, file)| file.squeezed.is_none());
    Ok(found)
}

/// The parts of a table in Parquet stand for one file with the name of their folder.
fn join_parts(found: &mut Vec<Candidate>) {
    let is_part = |(folder, file): &Candidate| is_parquet(folder) && is_parquet(&file.name) && file.squeezed.is_none();
    let mut parts: Vec<Candidate> = found.extract_if(.., |candidate| is_part(candidate)).collect();
    parts.sort_by(|(folder, file), (other_folder, other)| (folder, &file.name).cmp(&(other_folder, &other.name)));
    for of_table in parts.chunk_by(|(folder, _), (other, _)| folder == other) {
        let paths = of_table.iter().filter_map(|(_, file)| match &file.place {
            Place::Path(path) => Some(path.clone()),
            _ => None,
        });
        let (name, bytes) = (of_table[0].0.clone(), of_table.iter().map(|(_, file)| file.bytes).sum());
        found.push((String::new(), SourceFile { name, bytes, place: Place::Parts(paths.collect()), squeezed: None }));
    }
}

/// How many times its packed size a squeezed file is taken to have where it does not say.
const LIKELY_EXPANSION: u64 = 4;

fn file(name: String, place: Place, bytes: u64, told: Option<u64>) -> SourceFile {
    match Squeezed::of_name(&name) {
        Some((squeezed, unpacked)) => {
            let bytes = told.unwrap_or_else(|| bytes.saturating_mul(LIKELY_EXPANSION));
            SourceFile { name: unpacked.to_owned(), bytes, place, squeezed: Some(squeezed) }
        }
        None => SourceFile { name, bytes, place, squeezed: None },
    }
}

/// What a gzipped file says of its size, at its end: the size modulo 4 GiB.
fn unpacked_bytes(path: &Path, name: &str) -> Option<u64> {
    if !matches!(Squeezed::of_name(name), Some((Squeezed::Gzip, _))) {
        return None;
    }
    let mut file = File::open(path).ok()?;
    file.seek(SeekFrom::End(-4)).ok()?;
    let mut bytes = [0; 4];
    file.read_exact(&mut bytes).ok()?;
    Some(u32::from_le_bytes(bytes).into())
}

pub(super) fn files_in_archive(
    path: &Path,
    archive: &mut ZipArchive<BufReader<File>>,
) -> Result<Vec<Candidate>, Error> {
    let mut found = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|reason| zip_error(path, reason))?;
        let Some(inside) = entry.enclosed_name() else {
            let reason = format!("an entry is named \"{}\", outside of the archive", shown(entry.name_raw()));
            return Err(Error::Zip { path: path.to_owned(), reason });
        };
        let (Some(name), true) = (inside.file_name().and_then(|name| name.to_str()), entry.is_file()) else { continue };
        let place = Place::Entry { index, compressed: entry.compressed_size() };
        found.push((folder_of(&inside), file(name.to_owned(), place, entry.size(), None)));
    }
    Ok(found)
}

/// The files in a tar archive, which has no list of them: it is read through, up to `limit` bytes unpacked.
pub(super) fn files_in_tar(path: &Path, squeezed: Option<Squeezed>, limit: u64) -> Result<Vec<Candidate>, Error> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let cannot_read = |source| Error::Read { file: name.clone(), source };
    let packed = File::open(path).map_err(cannot_read)?;
    let whole: Box<dyn Read> = match squeezed {
        Some(squeezed) => squeezed.unpack(packed),
        None => Box::new(BufReader::new(packed)),
    };
    let mut archive = tar::Archive::new(whole.take(limit));
    let mut found = Vec::new();
    for entry in archive.entries().map_err(cannot_read)?.take(MOST_ENTRIES) {
        let entry = entry.map_err(cannot_read)?;
        let (Ok(inside), true) = (entry.path(), entry.header().entry_type().is_file()) else { continue };
        let Some(name) = inside.file_name().and_then(|name| name.to_str()) else { continue };
        let place = Place::InTar { offset: entry.raw_file_position() };
        found.push((folder_of(&inside), file(name.to_owned(), place, entry.size(), None)));
    }
    Ok(found)
}

fn folder_of(inside: &Path) -> String {
    let folder = inside.parent().map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = folder.strip_prefix("./").unwrap_or(&folder);
    if folder == "." { String::new() } else { folder.to_owned() }
}
