//! What a source is packed in, and which files are in it.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use super::Error;
use super::fields::shown;

/// A file of a source.
#[derive(Clone, Debug)]
pub(super) struct SourceFile {
    /// Without what tells that it is packed.
    pub(super) name: String,
    /// Uncompressed; of a gzipped file as it says itself, which is wrong past 4 GiB.
    pub(super) bytes: u64,
    pub(super) place: Place,
}

/// Where a file's bytes are.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Path(PathBuf),
    Gzipped(PathBuf),
    /// In the zip archive.
    Entry { index: usize, compressed: u64 },
    /// In the tar archive, so far behind its unpacked beginning.
    InTar { offset: u64, gzipped: bool },
}

/// A file that may belong to a dataset, with the folder it lies in ("" for the top).
pub(super) type Candidate = (String, SourceFile);

/// What a file that was given is, by its first bytes.
pub(super) enum Packing {
    Zip,
    Tar { gzipped: bool },
    Text,
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
        Ok(match &beginning[..] {
            [b'P', b'K', ..] => Packing::Zip,
            [0x1F, 0x8B, ..] => match self::beginning(MultiGzDecoder::new(BufReader::new(File::open(path)?))) {
                Ok(unpacked) if is_tar(&unpacked) => Packing::Tar { gzipped: true },
                Ok(_) => Packing::Other("is one packed file; give the folder it lies in"),
                Err(_) => Packing::Other("is a damaged gzip file; get it again"),
            },
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Packing::Other("is packed with zstd; unpack it and give the folder"),
            [b'B', b'Z', b'h', ..] => Packing::Other("is packed with bzip2; unpack it and give the folder"),
            [0xFD, b'7', b'z', b'X', b'Z', ..] => Packing::Other("is packed with xz; unpack it and give the folder"),
            [b'7', b'z', 0xBC, 0xAF, ..] => Packing::Other("is a 7z archive; unpack it and give the folder"),
            [b'R', b'a', b'r', b'!', ..] => Packing::Other("is a rar archive; unpack it and give the folder"),
            [b'P', b'A', b'R', b'1', ..] => Packing::Other("is a Parquet file, which is not read; export it as CSV"),
            _ if is_tar(&beginning) => Packing::Tar { gzipped: false },
            // An archive that was cut off at once is better called a bad archive than a text.
            _ if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip")) => Packing::Zip,
            [] => Packing::Other("is empty; give the folder of a dataset, or a zip or tar archive of it"),
            _ => Packing::Text,
        })
    }
}

fn beginning(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::new();
    reader.take(512).read_to_end(&mut beginning)?;
    Ok(beginning)
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
                Ok(metadata) if metadata.is_file() => found.push((folder.clone(), file(name, path, metadata.len()))),
                Ok(metadata) if metadata.is_dir() && folder.is_empty() => folders.push((name, path)),
                // Broken links, sockets, deeper folders: no part of a dataset.
                _ => {}
            }
        }
    }
    // Of a file and its packed copy the file is read.
    found.sort_by_key(|(_, file)| matches!(file.place, Place::Path(_)));
    Ok(found)
}

fn file(name: String, path: PathBuf, bytes: u64) -> SourceFile {
    match name.strip_suffix(".gz") {
        Some(unpacked) if !unpacked.ends_with(".tar") => {
            let bytes = unpacked_bytes(&path).unwrap_or(bytes);
            SourceFile { name: unpacked.to_owned(), bytes, place: Place::Gzipped(path) }
        }
        _ => SourceFile { name, bytes, place: Place::Path(path) },
    }
}

/// What a gzipped file says of its size, at its end.
fn unpacked_bytes(path: &Path) -> io::Result<u64> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-4))?;
    let mut bytes = [0; 4];
    file.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes).into())
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
        found.push((folder_of(&inside), SourceFile { name: name.to_owned(), bytes: entry.size(), place }));
    }
    Ok(found)
}

/// The files in a tar archive, which has no list of them: it is read through, up to `limit` bytes unpacked.
pub(super) fn files_in_tar(path: &Path, gzipped: bool, limit: u64) -> Result<Vec<Candidate>, Error> {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let cannot_read = |source| Error::Read { file: file.clone(), source };
    let packed = BufReader::new(File::open(path).map_err(cannot_read)?);
    let whole: Box<dyn Read> = match gzipped {
        true => Box::new(MultiGzDecoder::new(packed)),
        false => Box::new(packed),
    };
    let mut archive = tar::Archive::new(whole.take(limit));
    let mut found = Vec::new();
    for entry in archive.entries().map_err(cannot_read)?.take(MOST_ENTRIES) {
        let entry = entry.map_err(cannot_read)?;
        let (Ok(inside), true) = (entry.path(), entry.header().entry_type().is_file()) else { continue };
        let Some(name) = inside.file_name().and_then(|name| name.to_str()) else { continue };
        let place = Place::InTar { offset: entry.raw_file_position(), gzipped };
        found.push((folder_of(&inside), SourceFile { name: name.to_owned(), bytes: entry.size(), place }));
    }
    Ok(found)
}

fn folder_of(inside: &Path) -> String {
    let folder = inside.parent().map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
    folder.trim_start_matches("./").trim_matches('.').to_owned()
}
