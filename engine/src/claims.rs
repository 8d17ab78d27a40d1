//! Whether what somebody says of a profile's neighbours is so: everything but that there are no better ones, which only
//! a search can tell.

use std::cmp::Ordering;

use crate::changed_rows::RowThen;
use crate::neighbours::{Neighbour, NeighbourOptions, similarity};
use crate::profile::Profile;
use crate::ranking::{RankScratch, Ranker};
use crate::rating::UserId;
use crate::rows::Row;

/// A list of neighbours that cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// More than were asked for.
    #[error("there are {claimed} neighbours where {k} were asked for; drop this answer")]
    TooMany {
        /// How many.
        claimed: usize,
        /// How many may be.
        k: usize,
    },
    /// Not in the order of [`Neighbour::best_first`], or twice the same user.
    #[error("user {user} does not come after the neighbour before; drop this answer")]
    Order {
        /// The user.
        user: UserId,
    },
    /// Nobody, or the user who is excluded.
    #[error("user {user} has no ratings here or is excluded; drop this answer")]
    NoNeighbour {
        /// The user.
        user: UserId,
    },
    /// Of whose ratings it is not known any more what they were then.
    #[error("what user {user} had rated at change {as_of} is not known any more; follow the ratings faster")]
    TooOld {
        /// The user.
        user: UserId,
        /// The change.
        as_of: u64,
    },
    /// Other figures than the ratings give.
    #[error(
        "user {} is said to have dot {}, overlap {} and similarity {}, but their ratings give dot {}, overlap {} and \
         similarity {}, of which the overlap must be {min_overlap} or more; drop this answer",
        claimed.user, claimed.dot, claimed.overlap, claimed.similarity, computed.dot, computed.overlap, computed.similarity
    )]
    Figures {
        /// As claimed.
        claimed: Neighbour,
        /// As it is, to the last bit.
        computed: Neighbour,
        /// As asked for.
        min_overlap: u32,
    },
}

/// Looking a film up in a row takes about as long as passing over so many of its ratings.
const LOOK_UP: usize = 24;

impl Ranker {
    /// Checks that each of `claimed` may be a neighbour of the profile, has these very figures, and comes after the one
    /// before. `as_of` says of a user the number of the last change that whoever claims had taken, none that is yet to be
    /// taken here; of users who were deleted since then nothing is checked, and ranking passes them over.
    ///
    /// # Errors
    /// The first that is not so.
    pub fn check(
        &self,
        profile: &Profile,
        options: &NeighbourOptions,
        claimed: &[Neighbour],
        as_of: impl Fn(UserId) -> u64,
        scratch: &mut RankScratch,
    ) -> Result<(), Error> {
        if claimed.len() > options.k {
            return Err(Error::TooMany { claimed: claimed.len(), k: options.k });
        }
        // As every similarity is found to be that of its user, this order also has nobody twice.
        if let Some(pair) = claimed.windows(2).find(|pair| pair[0].best_first(&pair[1]) != Ordering::Less) {
            return Err(Error::Order { user: pair[1].user });
        }
        let rated: Vec<(u32, u8)> =
            profile.iter().filter_map(|(movie, rating)| Some((self.numbering.get(movie)?, rating))).collect();
        if scratch.rated.len() < self.numbering.len() {
            scratch.rated.resize(self.numbering.len(), 0);
        }
        rated.iter().for_each(|&(number, rating)| scratch.rated[number as usize] = rating);
        let checked = claimed.iter().try_for_each(|claimed| {
            let as_of = as_of(claimed.user);
            self.check_one(profile, options, claimed, as_of, &rated, scratch)
        });
        rated.iter().for_each(|&(number, _)| scratch.rated[number as usize] = 0);
        checked
    }

    fn check_one(
        &self,
        profile: &Profile,
        options: &NeighbourOptions,
        claimed: &Neighbour,
        as_of: u64,
        rated: &[(u32, u8)],
        scratch: &RankScratch,
    ) -> Result<(), Error> {
        let user = claimed.user;
        let then = match self.changed.then(&self.rows, self.rows_at, user, as_of) {
            _ if options.exclude_user == Some(user) => RowThen::Nobody,
            then => then,
        };
        let row = match then {
            RowThen::Known(row) => row,
            RowThen::Nobody => return Err(Error::NoNeighbour { user }),
            RowThen::DeletedSince => return Ok(()),
            RowThen::Forgotten => return Err(Error::TooOld { user, as_of }),
        };
        let (dot, overlap) = in_common(row, rated, &scratch.rated);
        let norms = (profile.norm_squared(), u64::from(row.totals().squares));
        let computed =
            Neighbour { user, similarity: similarity(dot, overlap, norms.0, norms.1, options.shrink), overlap, dot };
        let min_overlap = options.min_overlap.max(1);
        let is_so = (claimed.dot, claimed.overlap) == (dot, overlap)
            && claimed.similarity.to_bits() == computed.similarity.to_bits()
            && overlap >= min_overlap;
        if is_so { Ok(()) } else { Err(Error::Figures { claimed: *claimed, computed, min_overlap }) }
    }
}

/// Dot product and overlap of a row with a profile, given both as a list and by film number.
fn in_common(row: Row<'_>, list: &[(u32, u8)], rated: &[u8]) -> (u32, u32) {
    let (mut dot, mut overlap) = (0, 0);
    if list.len() * LOOK_UP < row.about() {
        for (own, rating) in list.iter().filter_map(|&(number, own)| Some((own, row.rating(number)?))) {
            dot += u32::from(own) * u32::from(rating);
            overlap += 1;
        }
    } else {
        row.each(|number, rating| {
            let own = rated[number as usize];
            dot += u32::from(own) * u32::from(rating);
            overlap += u32::from(own > 0);
        });
    }
    (dot, overlap)
}
