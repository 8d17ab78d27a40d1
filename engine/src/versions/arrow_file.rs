//! Arrow IPC files: writing one with its hash, and mapping one without trusting it.
//!
//! The reader of the Arrow crate slices by offsets it finds in the file and panics where they lead outside or are
//! not aligned, so each of them is checked here before it sees the file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::writer::FileWriter;
use arrow_ipc::{Block, root_as_footer, root_as_message};
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};
use sha2::{Digest, Sha256};

use super::metadata::check_size;
use super::{Error, FileSummary};
use crate::movielens::hexadecimal;

/// Magic number at both ends of a file.
const MAGIC: &[u8] = b"ARROW1";

/// Length of the footer, then the magic number.
const TRAILER_BYTES: usize = 10;

/// Every column starts at a multiple of this, as the widest type that is read in place needs.
const ALIGNMENT: usize = 8;

/// A file being written, batch by batch.
pub(crate) struct ArrowFileWriter {
    path: PathBuf,
    writer: FileWriter<HashingWriter>,
}

struct HashingWriter {
    inner: BufWriter<File>,
    hasher: Sha256,
    bytes: u64,
}

impl Write for HashingWriter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hasher.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl ArrowFileWriter {
    pub(crate) fn create(path: PathBuf, schema: &Schema) -> Result<ArrowFileWriter, Error> {
        let file = File::create(&path).map_err(Error::io("creating", &path))?;
        let inner = BufWriter::with_capacity(1 << 20, file);
        let hashing = HashingWriter { inner, hasher: Sha256::new(), bytes: 0 };
        match FileWriter::try_new(hashing, schema) {
            Ok(writer) => Ok(ArrowFileWriter { path, writer }),
            Err(source) => Err(Error::Write { path, source }),
        }
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.writer.write(batch).map_err(|source| Error::Write { path: self.path.clone(), source })
    }

    /// Ends the file and brings it to the disk.
    pub(crate) fn finish(self) -> Result<FileSummary, Error> {
        let path = self.path;
        let hashing = self.writer.into_inner().map_err(|source| Error::Write { path: path.clone(), source })?;
        let bytes = hashing.bytes;
        let sha256 = hexadecimal(&hashing.hasher.finalize());
        let file = hashing.inner.into_inner().map_err(|error| Error::io("writing", &path)(error.into_error()))?;
        file.sync_all().map_err(Error::io("syncing", &path))?;
        Ok(FileSummary { bytes, sha256 })
    }
}

/// Maps a file and returns its record batches, whose columns lie in the mapping. All are of one of the schemas given.
pub(crate) fn map(path: &Path, schemas: &[SchemaRef], summary: &FileSummary) -> Result<Vec<RecordBatch>, Error> {
    let file = File::open(path).map_err(Error::io_within("opening", path))?;
    check_size(path, &file, summary)?;
    // SAFETY: files of a version are written under another name, renamed when complete, and never written to or
    // shortened afterwards, so the mapped bytes do not change while they are borrowed.
    let mapping = unsafe { memmap2::Mmap::map(&file) }.map_err(Error::io("mapping", path))?;
    let buffer = Buffer::from(bytes::Bytes::from_owner(mapping));
    decode(&buffer, schemas).map_err(|reason| Error::damaged(path, reason))
}

/// Why a file cannot be decoded.
#[derive(Debug, thiserror::Error)]
enum Malformed {
    #[error("{0}")]
    Structure(&'static str),
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

use Malformed::Structure;

fn decode(file: &Buffer, schemas: &[SchemaRef]) -> Result<Vec<RecordBatch>, Malformed> {
    let cut_off = Structure("it is not a complete Arrow file");
    let Some(trailer_at) = file.len().checked_sub(TRAILER_BYTES).filter(|_| file.starts_with(MAGIC)) else {
        return Err(cut_off);
    };
    let mut trailer = [0; TRAILER_BYTES];
    trailer.copy_from_slice(&file[trailer_at..]);
    let footer_at = trailer_at.checked_sub(read_footer_length(trailer)?).ok_or(cut_off)?;
    let footer = root_as_footer(&file[footer_at..trailer_at]).map_err(|_| Structure("its footer is unreadable"))?;
    let found = try_fb_to_schema(footer.schema().ok_or(Structure("it has no schema"))?)?;
    let schema = schemas.iter().find(|schema| schema.fields() == found.fields());
    let schema = schema.ok_or(Structure("it has other columns than this program writes"))?;
    let decoder = FileDecoder::new(Arc::clone(schema), footer.version()).with_require_alignment(true);
    let blocks = footer.recordBatches().ok_or(Structure("it has no record batches"))?;
    let mut widths = Vec::new();
    schema.fields().iter().for_each(|field| push_widths(field.data_type(), &mut widths));
    blocks.iter().map(|block| read_block(file, block, &decoder, &widths)).collect()
}

fn outside() -> Malformed {
    Structure("a record batch or a column leads outside of the file")
}

fn within(number: i64) -> Result<usize, Malformed> {
    usize::try_from(number).map_err(|_| outside())
}

/// Bytes per element of each buffer that Arrow lays out for a column, in its order.
fn push_widths(data_type: &DataType, widths: &mut Vec<usize>) {
    widths.push(1);
    match data_type {
        DataType::Utf8 => widths.extend([size_of::<i32>(), 1]),
        DataType::List(of) => {
            widths.push(size_of::<i32>());
            push_widths(of.data_type(), widths);
        }
        _ => widths.push(data_type.primitive_width().unwrap_or(1)),
    }
}

fn read_block(file: &Buffer, block: &Block, decoder: &FileDecoder, widths: &[usize]) -> Result<RecordBatch, Malformed> {
    let (at, head, body) =
        (within(block.offset())?, within(block.metaDataLength().into())?, within(block.bodyLength())?);
    let length = head.checked_add(body).ok_or_else(outside)?;
    if at.checked_add(length).is_none_or(|end| end > file.len()) || head < 8 {
        return Err(outside());
    }
    if !(at + head).is_multiple_of(ALIGNMENT) {
        return Err(Structure("a record batch is not aligned"));
    }
    let data = file.slice_with_length(at, length);
    check_record_batch(&data[..head], body, widths)?;
    decoder.read_record_batch(block, &data)?.ok_or(Structure("a record batch is missing"))
}

/// Checks all lengths and offsets of a record batch's head against the size of its body.
fn check_record_batch(head: &[u8], body: usize, widths: &[usize]) -> Result<(), Malformed> {
    // Since format version 0.15 a marker precedes the length.
    let message_at = if head.starts_with(&[0xff; 4]) { 8 } else { 4 };
    let message = root_as_message(&head[message_at..]).map_err(|_| Structure("a record batch is unreadable"))?;
    let batch = message.header_as_record_batch().ok_or(Structure("a record batch is of another kind"))?;
    if batch.compression().is_some() {
        return Err(Structure("a record batch is compressed"));
    }
    // Every row of every column takes at least one byte, so no length can exceed the body's.
    let fits = |number: i64| usize::try_from(number).is_ok_and(|number| number <= body);
    let nodes_fit = batch.nodes().is_none_or(|nodes| {
        nodes.iter().all(|node| fits(node.length()) && (0..=node.length()).contains(&node.null_count()))
    });
    let buffers_fit = batch.buffers().is_some_and(|buffers| {
        buffers.len() == widths.len()
            && buffers.iter().zip(widths).all(|(buffer, &width)| {
                let end = buffer.offset().checked_add(buffer.length());
                let aligned = within(buffer.offset()).is_ok_and(|offset| offset.is_multiple_of(ALIGNMENT));
                let whole = within(buffer.length()).is_ok_and(|length| length.is_multiple_of(width));
                aligned && whole && end.is_some_and(fits)
            })
    });
    if fits(batch.length()) && nodes_fit && buffers_fit { Ok(()) } else { Err(outside()) }
}
