//! What is answered where neighbours have nothing to recommend, and why they have not: the terminal and the page say the
//! same. It never makes words of a reason.

use crate::filters::Filters;
use crate::neighbours::Neighbour;
use crate::popularity::popular;
use crate::profile::Profile;
use crate::ranking::{RankOptions, RankScratch, Ranker, Recommendation};

/// Why a list is not what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// Nobody has rated a film of the profile.
    NobodyShares,
    /// So few have that the films of every single one count.
    FewShare,
    /// Those who have, have rated nothing else.
    NothingElse,
    /// None of what they have rated passes the filters.
    Filtered,
    /// No film that anybody has rated passes the filters.
    NothingFits,
}

impl Shortage {
    /// Whether popular films stand in for what neighbours would recommend.
    pub fn is_popular(self) -> bool {
        self != Shortage::FewShare
    }
}

/// Ranks what the neighbours rated; where that is nothing, gives the films of the few there are, or popular ones, and the
/// reason.
pub fn rank_or_explain(
    ranker: &Ranker,
    profile: &Profile,
    neighbours: &[Neighbour],
    filters: &Filters,
    options: &RankOptions,
    scratch: &mut RankScratch,
) -> (Vec<Recommendation>, Option<Shortage>) {
    let ranked = ranker.rank(profile, neighbours, filters, options, scratch);
    if !ranked.is_empty() {
        return (ranked, None);
    }
    let anyone = RankOptions { min_raters: 1, ..*options };
    let of_few = ranker.rank(profile, neighbours, filters, &anyone, scratch);
    if !of_few.is_empty() {
        return (of_few, Some(Shortage::FewShare));
    }
    let one = RankOptions { n: 1, ..anyone };
    let reason = if neighbours.is_empty() {
        Shortage::NobodyShares
    } else if ranker.rank(profile, neighbours, &Filters::default(), &one, scratch).is_empty() {
        Shortage::NothingElse
    } else {
        Shortage::Filtered
    };
    let instead = popular(ranker.catalogue(), filters, profile, options.n);
    let reason = if instead.is_empty() { Shortage::NothingFits } else { reason };
    (instead, Some(reason))
}
