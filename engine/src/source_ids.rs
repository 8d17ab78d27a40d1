//! The ids that a source has for its users or films where they are no plain numbers, by the number that the dataset gives
//! each: they are sorted, the first has the number 1.

use arrow_array::{Array, StringArray};

/// How many ids are in each part but the last.
pub(crate) const IDS_PER_PART: usize = 1 << 16;

/// All ids of a source's users, or of its films; they may lie in a mapped file.
#[derive(Clone, Debug)]
pub struct SourceIds {
    parts: Vec<StringArray>,
}

impl SourceIds {
    /// Takes [`IDS_PER_PART`] ids in each part but the last; `None` if it is otherwise.
    pub(crate) fn new(parts: Vec<StringArray>) -> Option<SourceIds> {
        let (last, full) = parts.split_last()?;
        let fits = full.iter().all(|part| part.len() == IDS_PER_PART) && (1..=IDS_PER_PART).contains(&last.len());
        (fits && parts.iter().all(|part| part.null_count() == 0)).then_some(SourceIds { parts })
    }

    /// How many there are, which is the highest number.
    pub fn len(&self) -> usize {
        self.parts.iter().map(StringArray::len).sum()
    }

    /// Never: a source without ids of its own has no list of them.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// What the source calls a number.
    pub fn get(&self, number: u32) -> Option<&str> {
        let at = (number as usize).checked_sub(1)?;
        let part = self.parts.get(at / IDS_PER_PART)?;
        (at % IDS_PER_PART < part.len()).then(|| part.value(at % IDS_PER_PART))
    }

    /// The number of an id.
    pub fn number_of(&self, id: &str) -> Option<u32> {
        let begins_after = |part: &StringArray| part.value(0) <= id;
        let at = self.parts.partition_point(begins_after).checked_sub(1)?;
        let part = &self.parts[at];
        let (mut from, mut to) = (0, part.len());
        while from < to {
            let middle = from + (to - from) / 2;
            if part.value(middle) < id { from = middle + 1 } else { to = middle }
        }
        let found = from < part.len() && part.value(from) == id;
        // There are fewer ids than a u32 has numbers.
        found.then(|| (at * IDS_PER_PART + from + 1) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_has_its_number_and_each_number_its_id() {
        let all: Vec<String> = (0..IDS_PER_PART + 3).map(|number| format!("user {number:06}")).collect();
        let parts: Vec<StringArray> = all.chunks(IDS_PER_PART).map(StringArray::from_iter_values).collect();
        let ids = SourceIds::new(parts).unwrap();
        assert_eq!(ids.len(), all.len());
        for (number, id) in (1..).zip(&all) {
            assert_eq!((ids.get(number), ids.number_of(id)), (Some(id.as_str()), Some(number)));
        }
        for (number, id) in [(0, ""), (u32::MAX, "user 0000005"), (all.len() as u32 + 1, "z")] {
            assert_eq!((ids.get(number), ids.number_of(id)), (None, None), "{id}");
        }
    }

    #[test]
    fn parts_of_other_lengths_are_refused() {
        let part = |length: usize| StringArray::from_iter_values((0..length).map(|number| number.to_string()));
        assert!(SourceIds::new(vec![]).is_none());
        assert!(SourceIds::new(vec![part(0)]).is_none());
        assert!(SourceIds::new(vec![part(2), part(2)]).is_none());
        assert!(SourceIds::new(vec![part(IDS_PER_PART + 1)]).is_none());
        assert!(SourceIds::new(vec![StringArray::from(vec![Some("a"), None])]).is_none());
    }
}
