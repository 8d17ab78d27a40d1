//! Generated gRPC types, and the packed form of film ids that they carry. `Neighbour::movie_id_deltas` is generated as
//! bytes; see [`encode_ascending`].

#![allow(missing_docs, clippy::all)]

tonic::include_proto!("cineswarm.v1");

/// The encoded descriptors of farm.proto and events.proto, for the gRPC reflection service.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/grpc.descriptors"));

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

/// [`pack_ascending`], and the differences as varints: what a packed `repeated uint32` of them is on the wire.
pub fn encode_ascending(movie_ids: &[u32]) -> bytes::Bytes {
    let mut varints = Vec::with_capacity(2 * movie_ids.len());
    let mut previous = 0;
    for &id in movie_ids {
        prost::encoding::encode_varint(u64::from(id.wrapping_sub(previous)), &mut varints);
        previous = id;
    }
    varints.into()
}

/// Packed film ids that are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAscending {
    /// They do not ascend, or run past the largest id.
    #[error("film ids must ascend: the difference at position {position} is zero or overflows")]
    Difference {
        /// Where in the list.
        position: usize,
    },
}

/// Undoes [`pack_ascending`], appending to `movie_ids`.
pub fn unpack_ascending(deltas: &[u32], movie_ids: &mut Vec<u32>) -> Result<(), NotAscending> {
    movie_ids.reserve(deltas.len());
    let mut id = 0u32;
    for (position, &delta) in deltas.iter().enumerate() {
        id = next_id(id, delta, position)?;
        movie_ids.push(id);
    }
    Ok(())
}

fn next_id(id: u32, delta: u32, position: usize) -> Result<u32, NotAscending> {
    let repeated = position > 0 && delta == 0;
    id.checked_add(delta).filter(|_| !repeated).ok_or(NotAscending::Difference { position })
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
    fn encoded_film_ids_are_a_packed_field_of_their_differences() {
        let ids = [0, 1, 3, 70_000, u32::MAX];
        let mut packed = Vec::new();
        prost::encoding::uint32::encode_packed(4, &pack_ascending(&ids), &mut packed);
        let neighbour = Neighbour { movie_id_deltas: encode_ascending(&ids), ..Neighbour::default() };
        assert_eq!(prost::Message::encode_to_vec(&neighbour), packed);
    }

    #[test]
    fn repeated_and_overflowing_ids_are_refused_with_their_place() {
        assert_eq!(unpack_ascending(&[5, 0], &mut Vec::new()), Err(NotAscending::Difference { position: 1 }));
        assert_eq!(unpack_ascending(&[u32::MAX, 1], &mut Vec::new()), Err(NotAscending::Difference { position: 1 }));
    }
}
