//! One array of a model as an Arrow IPC file of one column, `values`, which any Arrow library reads.

use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float32Type, Float64Type, UInt8Type, UInt32Type};
use arrow_array::{ArrayRef, PrimitiveArray, RecordBatch};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::Error;
use crate::models::Array;
use crate::versions::{self, ArrowFileWriter, FileSummary, check_name, map, verify};

/// What the names of these files end in.
const ENDING: &str = ".arrow";

/// Elements in a record batch. A batch is laid out in memory before it is written, and arrays may be of gigabytes.
const BATCH: usize = 1 << 20;

/// The file of an array: `item-knn.weights.arrow` for `item-knn/weights`, an array of a model that is part of another.
pub(super) fn file_of(part: &str) -> Result<String, Error> {
    let file = format!("{}{ENDING}", part.replace('/', "."));
    check_name(&file)?;
    match part_of(&file) {
        Some(read) if read == part => Ok(file),
        _ => Err(versions::Error::BadName { name: part.to_owned() }.into()),
    }
}

/// The array of a file; `None` if no array has such a file.
pub(super) fn part_of(file: &str) -> Option<String> {
    let part = file.strip_suffix(ENDING)?;
    check_name(file).ok().map(|()| part.replace('.', "/"))
}

fn schema(data_type: DataType) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("values", data_type, false)]))
}

/// Writes an array.
pub(super) fn write(path: &Path, array: Array) -> Result<FileSummary, Error> {
    match array {
        Array::F32(values) => write_values::<Float32Type>(path, values),
        Array::F64(values) => write_values::<Float64Type>(path, values),
        Array::U32(values) => write_values::<UInt32Type>(path, values),
        Array::U8(values) => write_values::<UInt8Type>(path, values),
    }
}

fn write_values<T: ArrowPrimitiveType>(path: &Path, values: Vec<T::Native>) -> Result<FileSummary, Error> {
    let schema = schema(T::DATA_TYPE);
    let mut file = ArrowFileWriter::create(path.to_owned(), &schema)?;
    let values = PrimitiveArray::<T>::new(ScalarBuffer::from(values), None);
    let mut start = 0;
    // An array without elements is a batch without rows.
    while start == 0 || start < values.len() {
        let length = BATCH.min(values.len() - start);
        let column: ArrayRef = Arc::new(values.slice(start, length));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column]);
        file.write(&batch.map_err(|source| versions::Error::Write { path: path.to_owned(), source })?)?;
        start += BATCH;
    }
    Ok(file.finish()?)
}

/// Reads an array whose file has the size and hash it was written with.
pub(super) fn read(path: &Path, summary: &FileSummary) -> Result<Array, Error> {
    let schemas = [Float32Type::DATA_TYPE, Float64Type::DATA_TYPE, UInt32Type::DATA_TYPE, UInt8Type::DATA_TYPE];
    verify(path, summary)?;
    let batches = map(path, &schemas.map(schema), summary)?;
    let kind = batches.first().map(|batch| batch.column(0).data_type().clone());
    let array = match kind {
        Some(DataType::Float32) => Array::F32(values_in::<Float32Type>(&batches)),
        Some(DataType::Float64) => Array::F64(values_in::<Float64Type>(&batches)),
        Some(DataType::UInt32) => Array::U32(values_in::<UInt32Type>(&batches)),
        Some(DataType::UInt8) => Array::U8(values_in::<UInt8Type>(&batches)),
        _ => return Err(Error::damaged(path, "it has no record batch")),
    };
    Ok(array)
}

/// The values of all batches, one after the other. All are of this type, as the file has one schema.
fn values_in<T: ArrowPrimitiveType>(batches: &[RecordBatch]) -> Vec<T::Native> {
    let mut values = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for column in batches.iter().filter_map(|batch| batch.column(0).as_primitive_opt::<T>()) {
        values.extend_from_slice(column.values());
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_array_has_a_file_of_its_own_or_none() {
        assert_eq!(file_of("weights").unwrap(), "weights.arrow");
        assert_eq!(file_of("item-knn/weights").unwrap(), "item-knn.weights.arrow");
        for part in ["weights", "item-knn/weights", "a/b/c_d"] {
            assert_eq!(part_of(&file_of(part).unwrap()).as_deref(), Some(part));
        }
        for part in ["", "a.b", "../a", "/a", ".a", "ä", &"a".repeat(64)] {
            assert!(file_of(part).is_err(), "{part:?}");
        }
        for file in ["a", "a.arrow.txt", "../a.arrow", ".arrow"] {
            assert_eq!(part_of(file), None, "{file:?}");
        }
    }
}
