//! Generated gRPC types, and the packed form of film ids that they carry.

#![allow(missing_docs, clippy::all)]

tonic::include_proto!("cineswarm.v1");

/// The encoded descriptors of farm.proto, for the gRPC reflection service.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/farm.descriptors"));

/// The largest gRPC message either side accepts, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 64 << 20;

/// Ascending film ids as the first id and then differences, which protobuf's varints keep in one or two bytes each.
pub fn pack_ascending(movie_ids: &[u32]) -> Vec<u32> {
    let mut previous = 0;
    movie_ids
        .iter()
        .map(|&id| {
            let delta = id.wrapping_sub(previous);
            previous = id;
            delta
        })
        .collect()
}

/// Packed film ids that do not ascend, or run past the largest id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("film ids must ascend: the difference at position {position} is zero or overflows")]
pub struct NotAscending {
    /// Where in the list.
    pub position: usize,
}

/// Undoes [`pack_ascending`], appending to `movie_ids`.
pub fn unpack_ascending(deltas: &[u32], movie_ids: &mut Vec<u32>) -> Result<(), NotAscending> {
    movie_ids.reserve(deltas.len());
    let mut id = 0u32;
    for (position, &delta) in deltas.iter().enumerate() {
        if position > 0 && delta == 0 {
            return Err(NotAscending { position });
        }
        id = id.checked_add(delta).ok_or(NotAscending { position })?;
        movie_ids.push(id);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn film_ids_survive_packing() {
        for ids in [vec![], vec![0], vec![1, 2, 3, 70_000, u32::MAX]] {
            let mut unpacked = Vec::new();
            unpack_ascending(&pack_ascending(&ids), &mut unpacked).unwrap();
            assert_eq!(unpacked, ids);
        }
    }

    #[test]
    fn repeated_and_overflowing_ids_are_refused_with_their_place() {
        assert_eq!(unpack_ascending(&[5, 0], &mut Vec::new()), Err(NotAscending { position: 1 }));
        assert_eq!(unpack_ascending(&[u32::MAX, 1], &mut Vec::new()), Err(NotAscending { position: 1 }));
    }
}
