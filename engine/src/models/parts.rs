//! A trained model as named arrays, the form in which it is stored. Taking one out checks that it is there and as long
//! as it must be; what its values mean is for the model to check.

use std::collections::BTreeMap;

use super::Error;

/// One array of a model.
#[derive(Clone, Debug, PartialEq)]
pub enum Array {
    /// Single-precision numbers.
    F32(Vec<f32>),
    /// Double-precision numbers.
    F64(Vec<f64>),
    /// Whole numbers: columns, counts, offsets.
    U32(Vec<u32>),
    /// Bytes.
    U8(Vec<u8>),
}

impl Array {
    /// How many elements it has.
    pub fn len(&self) -> usize {
        match self {
            Array::F32(values) => values.len(),
            Array::F64(values) => values.len(),
            Array::U32(values) => values.len(),
            Array::U8(values) => values.len(),
        }
    }

    /// Whether it has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The arrays of a model by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    arrays: BTreeMap<String, Array>,
}

macro_rules! take {
    ($name:ident, $kind:ident, $element:ty) => {
        /// Takes out an array of `length` elements.
        ///
        /// # Errors
        /// If it is missing, of another kind or of another length.
        pub fn $name(
            &mut self,
            model: &'static str,
            part: &'static str,
            length: usize,
        ) -> Result<Vec<$element>, Error> {
            match self.arrays.remove(part) {
                Some(Array::$kind(values)) if values.len() == length => Ok(values),
                Some(Array::$kind(values)) => {
                    Err(Error::damaged(model, part, format!("has {} elements and not {length}", values.len())))
                }
                Some(_) => Err(Error::damaged(model, part, "is of another kind")),
                None => Err(Error::damaged(model, part, "is missing")),
            }
        }
    };
}

impl Parts {
    /// Adds an array.
    pub fn with(mut self, name: &str, array: Array) -> Parts {
        self.arrays.insert(name.to_owned(), array);
        self
    }

    /// Adds all arrays of another model, their names preceded by a group's.
    pub fn with_group(mut self, group: &str, parts: Parts) -> Parts {
        self.arrays.extend(parts.arrays.into_iter().map(|(name, array)| (format!("{group}/{name}"), array)));
        self
    }

    /// Takes out the arrays that were added as a group.
    pub fn take_group(&mut self, group: &str) -> Parts {
        let (taken, left) = std::mem::take(&mut self.arrays)
            .into_iter()
            .partition::<BTreeMap<String, Array>, _>(|(name, _)| in_group(name, group).is_some());
        self.arrays = left;
        let named = |(name, array): (String, Array)| Some((in_group(&name, group)?.to_owned(), array));
        taken.into_iter().filter_map(named).collect()
    }

    /// The arrays by name.
    pub fn arrays(&self) -> &BTreeMap<String, Array> {
        &self.arrays
    }

    /// How many elements an array has; 0 if there is none of that name.
    pub fn length(&self, part: &str) -> usize {
        self.arrays.get(part).map_or(0, Array::len)
    }

    take!(take_f32, F32, f32);
    take!(take_f64, F64, f64);
    take!(take_u32, U32, u32);
    take!(take_u8, U8, u8);
}

/// The name of an array within a group.
fn in_group<'a>(name: &'a str, group: &str) -> Option<&'a str> {
    name.strip_prefix(group)?.strip_prefix('/')
}

impl FromIterator<(String, Array)> for Parts {
    fn from_iter<I: IntoIterator<Item = (String, Array)>>(arrays: I) -> Parts {
        Parts { arrays: arrays.into_iter().collect() }
    }
}

impl IntoIterator for Parts {
    type Item = (String, Array);
    type IntoIter = std::collections::btree_map::IntoIter<String, Array>;

    fn into_iter(self) -> Self::IntoIter {
        self.arrays.into_iter()
    }
}
