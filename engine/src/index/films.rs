//! Finds a film's ratings in a block by the film's id.

use crate::prefetch::prefetch;
use crate::rating::MovieId;

/// Film ids, each with a place, in an open-addressed hash table.
///
/// A query looks up each of its films in each block, mostly in memory that is in no cache. Here a look-up goes to one
/// line of it, which can be asked for ahead of time.
#[derive(Clone, Debug)]
pub(super) struct FilmTable {
    /// A power of two of slots, at most three quarters of them taken.
    slots: Box<[(MovieId, u32)]>,
}

/// The place in a slot that is not taken; no film's.
const FREE: u32 = u32::MAX;

impl FilmTable {
    /// Takes films with their places, which are below 2^32 - 1.
    pub(super) fn new(films: &[(MovieId, u32)]) -> FilmTable {
        let slots = (films.len() * 4 / 3 + 1).next_power_of_two();
        let mut table = FilmTable { slots: vec![(0, FREE); slots].into_boxed_slice() };
        for &(movie, place) in films {
            let slot = table.slot(movie);
            table.slots[slot] = (movie, place);
        }
        table
    }

    /// The film's place.
    #[inline]
    pub(super) fn get(&self, movie: MovieId) -> Option<u32> {
        Some(self.slots[self.slot(movie)].1).filter(|&place| place != FREE)
    }

    /// Asks for the line that [`FilmTable::get`] will read.
    #[inline]
    pub(super) fn prefetch(&self, movie: MovieId) {
        prefetch(&self.slots[self.first_slot(movie)..][..1]);
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of_val(&self.slots[..])
    }

    /// The slot with the film, or the free one where it would be.
    #[inline]
    fn slot(&self, movie: MovieId) -> usize {
        let mut slot = self.first_slot(movie);
        while self.slots[slot].1 != FREE && self.slots[slot].0 != movie {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        slot
    }

    #[inline]
    fn first_slot(&self, movie: MovieId) -> usize {
        // Fibonacci hashing (Knuth, volume 3, 6.4): bits from the upper half of a product with 2^64 over the golden
        // ratio.
        let mixed = u64::from(movie).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        mixed as usize & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_film_is_found_and_no_other_however_ids_are_spread() {
        let spreads: [Vec<MovieId>; 5] = [
            vec![],
            vec![0],
            vec![u32::MAX],
            (0..1000).map(|n| n * 7 + 3).collect(),
            (0..50).chain([1 << 20, u32::MAX - 1, u32::MAX]).collect(),
        ];
        for ids in spreads {
            let table = FilmTable::new(&ids.iter().map(|&id| (id, id / 2)).collect::<Vec<_>>());
            for &id in &ids {
                table.prefetch(id);
                assert_eq!(table.get(id), Some(id / 2));
                for near in [id.wrapping_sub(1), id.wrapping_add(1)] {
                    assert_eq!(table.get(near).is_some(), ids.contains(&near), "{near}");
                }
            }
        }
    }
}
