//! Orders the films a viewer has not seen by what the viewer's neighbours think of them, and says which of the viewer's
//! own films that goes back to. It never looks for neighbours, and recommends nothing the filters forbid.

mod changes;
pub mod graph;

use std::cmp::Ordering;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::best::Best;
use crate::catalogue::Catalogue;
use crate::changed_rows::ChangedRows;
use crate::filters::Filters;
use crate::genres::GenreSets;
use crate::neighbours::Neighbour;
use crate::profile::Profile;
use crate::rating::{MovieId, UserId};
use crate::rows::{Numbering, Row, Rows, Totals};

/// More recommendations than this are never made at once, whatever is asked for.
pub const MAX_RECOMMENDATIONS: usize = 1000;

/// Ratings at the global mean that a viewer's own mean starts from, so that who has liked one film is not taken for
/// someone who likes every film. Five is a usual choice (it is LensKit's default).
const VIEWER_MEAN_DAMPING: f64 = 5.0;

/// Similarity of imagined neighbours to whom a film is just average, so that one lone neighbour does not predict five
/// stars.
const DEVIATION_DAMPING: f64 = 1.0;

/// So much lower is the bar that a film's sum is held to than the score it must reach: far more than the rounding of
/// what lies between the two.
const MARGIN: f64 = 1e-9;

/// How much a film's popularity counts against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PopularityPenalty {
    /// Not at all.
    #[default]
    None,
    /// The score is divided by the fourth root of the film's number of ratings.
    Mild,
    /// The score is divided by the square root of the film's number of ratings.
    Strong,
}

/// How to rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RankOptions {
    /// How many films at most; never more than [`MAX_RECOMMENDATIONS`].
    pub n: usize,
    /// How much a film's popularity counts against it.
    pub popularity_penalty: PopularityPenalty,
    /// How much resemblance in genres counts, 0 for not at all: the score is multiplied by `1 + genre_weight * g`, `g`
    /// being the film's mean resemblance to the viewer's films. For "films like these", where the profile is a few
    /// films; a viewer with a long profile has neighbours who say more than genres do.
    pub genre_weight: u32,
    /// Films that fewer of the neighbours rated are left out; keeps a strong penalty from favouring one lone rating.
    pub min_raters: u32,
    /// How many of the viewer's films explain each recommendation at most.
    pub because: usize,
}

impl RankOptions {
    /// What suits "films like these", where the profile is a few films, together with
    /// [`NeighbourOptions::like_these`](crate::NeighbourOptions::like_these): neighbours found by a few films agree
    /// most on what everybody likes, so popularity has to count against a film, and resemblance in genres for it.
    pub fn like_these(n: usize) -> RankOptions {
        RankOptions {
            n,
            popularity_penalty: PopularityPenalty::Mild,
            genre_weight: 4,
            min_raters: 2,
            ..RankOptions::default()
        }
    }
}

impl Default for RankOptions {
    fn default() -> Self {
        RankOptions { n: 10, popularity_penalty: PopularityPenalty::None, genre_weight: 0, min_raters: 1, because: 3 }
    }
}

/// A film for the viewer.
#[derive(Clone, Debug, PartialEq)]
pub struct Recommendation {
    /// The film.
    pub movie_id: MovieId,
    /// What the list is ordered by; comparable within one list only.
    pub score: f64,
    /// What the viewer would rate it, in stars from 0.5 to 5; `None` where nothing is known of the viewer.
    pub predicted_rating: Option<f64>,
    /// How many of the viewer's neighbours rated this film.
    pub neighbours: u32,
    /// The viewer's films the score goes back to, the largest share first.
    pub because: Vec<Because>,
}

/// One of the viewer's films as a reason for a recommendation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Because {
    /// The viewer's film.
    pub movie_id: MovieId,
    /// The part of the score that goes back to it, 0 to 1; over all the viewer's films these sum to 1.
    pub share: f64,
    /// How many neighbours rated both films.
    pub neighbours: u32,
}

/// Ranks films of one catalogue by everybody's ratings of them. Made once a dataset, it takes the changes since. A clone
/// is what it is now and stays so: it shares everybody's rows.
#[derive(Clone, Debug)]
pub struct Ranker {
    catalogue: Arc<Catalogue>,
    /// Numbers films; those of the catalogue come first.
    pub(crate) numbering: Arc<Numbering>,
    /// Places in the catalogue by number.
    places: Arc<[u32]>,
    /// As they were at the change numbered `rows_at`.
    pub(crate) rows: Arc<Rows>,
    pub(crate) rows_at: u64,
    pub(crate) changed: ChangedRows,
    /// The last change that was taken.
    taken: u64,
    genres: Arc<GenreSets>,
    /// Of all films of the catalogue.
    ratings: u64,
    half_stars_sum: u64,
}

/// Working memory of [`Ranker::rank`], to be reused from query to query, with any ranker.
#[derive(Debug, Default)]
pub struct RankScratch {
    /// By film number; all default between queries.
    sums: Vec<FilmSums>,
    /// Begins with the films whose sums are not default, and is one longer than there are films.
    touched: Vec<u32>,
    /// How many they are.
    touched_count: usize,
    /// For each neighbour the films shared with the viewer, one neighbour after the other.
    shared: Vec<Shared>,
    /// The viewer's half-stars by film number, for [`Ranker::check`]; all 0 between queries.
    pub(crate) rated: Vec<u8>,
    /// Parallel to the profile, for the film at hand.
    contributions: Vec<(f64, u32)>,
    /// Resemblance to the profile of a set of genres.
    resemblances: FxHashMap<u64, f64>,
}

/// What the order of films needs, and no more: every rating of every neighbour is added to one of these, wherever it is
/// in memory.
#[derive(Clone, Copy, Debug, Default)]
struct FilmSums {
    /// Sum of similarity times half-stars.
    weighted: f64,
    raters: u32,
    /// One more than the film's place in the profile, or 0 if the viewer has not rated it.
    own: u32,
}

/// What is worked out only for the films that are recommended.
struct Explained {
    /// Sum of similarity times the half-stars' deviation from the neighbour's mean.
    deviation: f64,
    /// Sum of the similarities of the film's raters.
    similarity: f64,
    because: Vec<Because>,
}

/// A film that both the viewer and a neighbour rated.
#[derive(Clone, Copy, Debug)]
struct Shared {
    profile_index: u32,
    /// Product of both ratings.
    product: u32,
}

/// A neighbour, with what of the ratings is worked out once.
struct Rater<'a> {
    similarity: f64,
    row: Row<'a>,
    /// In half-stars.
    mean: f64,
    /// The end of the neighbour's part of [`RankScratch::shared`].
    shared_end: usize,
    /// Sum of the products of that part.
    dot: u64,
}

#[derive(Clone, Copy)]
struct Candidate {
    score: f64,
    /// In the catalogue.
    place: u32,
    number: u32,
}

/// Places ascend with film ids, so a tie goes to the lower id.
fn higher_score_first(a: &Candidate, b: &Candidate) -> Ordering {
    b.score.total_cmp(&a.score).then(a.place.cmp(&b.place))
}

impl Ranker {
    /// Prepares to rank the films of a catalogue. `rows` are all users with their ratings: the films, ascending, and
    /// parallel to them the half-stars, as a dataset has them.
    pub fn new<'a>(
        catalogue: Arc<Catalogue>,
        rows: impl IntoIterator<Item = (UserId, &'a [MovieId], &'a [u8])>,
    ) -> Ranker {
        let (mut numbering, places) = Numbering::new(&catalogue);
        let rows = Rows::new(rows, &mut numbering);
        let (ratings, half_stars_sum) = catalogue
            .all_stats()
            .iter()
            .fold((0u64, 0u64), |(ratings, sum), film| (ratings + u64::from(film.ratings), sum + film.half_stars_sum));
        Ranker {
            genres: Arc::new(GenreSets::new(&catalogue)),
            catalogue,
            numbering: Arc::new(numbering),
            places: places.into(),
            rows: Arc::new(rows),
            rows_at: 0,
            changed: ChangedRows::default(),
            taken: 0,
            ratings,
            half_stars_sum,
        }
    }

    fn global_mean_half_stars(&self) -> f64 {
        if self.ratings == 0 { 0.0 } else { self.half_stars_sum as f64 / self.ratings as f64 }
    }

    /// The catalogue whose films are ranked.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// The `n` best films that pass the filters, the best first, ties by ascending film id.
    ///
    /// With `s_v` the similarity of neighbour `v` and `r_vi` that neighbour's half-stars for film `i`, the score is
    /// `(sum of s_v * r_vi) / (sum of s_v)`, the upper sum over the neighbours who rated `i`, the lower over all
    /// neighbours. A neighbour who has not rated a film counts as zero, so the score, in half-stars, favours what many
    /// close neighbours like: for the order of a list this does better than averaging over a film's raters (Cremonesi,
    /// Koren and Turrin 2010, "non-normalized cosine neighborhood"). Both sums start at 0 and run in the order of
    /// `neighbours`; each term is one product, rounded before it is added; the quotient is divided by the penalty, if
    /// there is one: the square root of the number of ratings (at least 1), or the square root of that; and multiplied
    /// by the factor for resemblance in genres, if that is asked for.
    ///
    /// The predicted rating is Resnick et al.'s (1994): the viewer's mean plus the mean deviation, weighted by
    /// similarity, of the film's raters from each one's own mean over all rated films. Both means are damped: the
    /// viewer's starts from 5 ratings at the mean of the whole dataset, the deviation from imagined neighbours of total
    /// similarity 1 who find the film average. It is clamped to the scale.
    ///
    /// For `because`, the score is taken apart: the dot product in `s_v` is itself a sum over the films `j` which
    /// viewer and neighbour share, so that `s_v * r_vi * (r_uj * r_vj / dot_uv)`, summed over the neighbours who rated
    /// both, is what `j` contributes to the upper sum, and the contributions of all `j` sum to it.
    ///
    /// Films that are not in the catalogue are passed over, and so are neighbours who are no users.
    pub fn rank(
        &self,
        profile: &Profile,
        neighbours: &[Neighbour],
        filters: &Filters,
        options: &RankOptions,
        scratch: &mut RankScratch,
    ) -> Vec<Recommendation> {
        let (raters, total_similarity) = self.sum_up(profile, neighbours, scratch);
        scratch.resemblances.clear();
        let viewers_genres = match options.genre_weight {
            0 => Vec::new(),
            _ => self.genres.gather(profile.iter().filter_map(|(movie, rating)| {
                let place = *self.places.get(self.numbering.get(movie)? as usize)?;
                Some((place, f64::from(rating)))
            })),
        };
        // Neither penalty nor resemblance makes a score larger than this many times the quotient.
        let largest_factor = 1.0 + f64::from(options.genre_weight);
        let mut best = Best::new(options.n.min(MAX_RECOMMENDATIONS), higher_score_first);
        let mut too_low = 0.0;
        for &number in &scratch.touched[..scratch.touched_count] {
            let sums = &scratch.sums[number as usize];
            // Most films end here, before the first division.
            if sums.weighted < too_low || sums.raters < options.min_raters {
                continue;
            }
            let Some(&place) = self.places.get(number as usize) else { continue };
            let mut score = sums.weighted / total_similarity;
            score /= self.penalty(place, options.popularity_penalty);
            if options.genre_weight > 0 {
                // Resemblance is at most 1; who would not be kept even then need not be compared.
                let at_most = score * largest_factor;
                if best.bar().is_some_and(|bar| at_most < bar.score) {
                    continue;
                }
                let resemblance = self.genres.resemblance(place, &viewers_genres, &mut scratch.resemblances);
                score *= 1.0 + f64::from(options.genre_weight) * resemblance;
            }
            let candidate = Candidate { score, place, number };
            // The filters cost more than the score, so only a film that would be kept is put to them.
            if best.bar().is_some_and(|bar| higher_score_first(&candidate, bar) == Ordering::Greater) {
                continue;
            }
            let movie = &self.catalogue.movies()[place as usize];
            if filters.allow(movie, sums.own > 0)
                && best.offer(candidate)
                && let Some(bar) = best.bar()
            {
                too_low = bar.score * total_similarity / largest_factor * (1.0 - MARGIN);
            }
        }
        let viewer_mean = self.damped_mean_half_stars(profile);
        let recommendations = best
            .into_sorted()
            .into_iter()
            .map(|Candidate { score, place, number }| {
                let movie_id = self.catalogue.movies()[place as usize].id;
                let sums = scratch.sums[number as usize];
                let Explained { deviation, similarity, because } =
                    explain(number, sums.weighted, profile, &raters, options.because, scratch);
                let predicted_rating = viewer_mean.map(|mean| {
                    let half_stars = mean + deviation / (similarity + DEVIATION_DAMPING);
                    (half_stars / 2.0).clamp(0.5, 5.0)
                });
                Recommendation { movie_id, score, predicted_rating, neighbours: sums.raters, because }
            })
            .collect();
        for &number in &scratch.touched[..scratch.touched_count] {
            scratch.sums[number as usize] = FilmSums::default();
        }
        scratch.touched_count = 0;
        for number in profile.movie_ids().iter().filter_map(|&movie| self.numbering.get(movie)) {
            scratch.sums[number as usize].own = 0;
        }
        recommendations
    }

    /// Sums over the neighbours for every film any of them rated; also gives the sum of all similarities.
    fn sum_up(&self, profile: &Profile, neighbours: &[Neighbour], scratch: &mut RankScratch) -> (Vec<Rater<'_>>, f64) {
        if scratch.sums.len() < self.numbering.len() {
            scratch.sums.resize(self.numbering.len(), FilmSums::default());
            scratch.touched.resize(self.numbering.len() + 1, 0);
        }
        scratch.shared.clear();
        for (&movie, place) in profile.movie_ids().iter().zip(1..) {
            if let Some(number) = self.numbering.get(movie) {
                scratch.sums[number as usize].own = place;
            }
        }
        let mut raters = Vec::with_capacity(neighbours.len());
        let mut total_similarity = 0.0;
        for &Neighbour { user, similarity, .. } in neighbours {
            let Some(row) = self.changed.of(&self.rows, user) else { continue };
            total_similarity += similarity;
            let Totals { ratings, sum, .. } = row.totals();
            let mean = sum as f64 / f64::from(ratings);
            let shared_begin = scratch.shared.len();
            add(similarity, &row, profile, scratch);
            let dot = scratch.shared[shared_begin..].iter().map(|film| u64::from(film.product)).sum();
            raters.push(Rater { similarity, row, mean, shared_end: scratch.shared.len(), dot });
        }
        (raters, total_similarity)
    }

    fn penalty(&self, place: u32, penalty: PopularityPenalty) -> f64 {
        let ratings = f64::from(self.catalogue.all_stats()[place as usize].ratings.max(1));
        match penalty {
            PopularityPenalty::None => 1.0,
            PopularityPenalty::Mild => ratings.sqrt().sqrt(),
            PopularityPenalty::Strong => ratings.sqrt(),
        }
    }

    fn damped_mean_half_stars(&self, profile: &Profile) -> Option<f64> {
        let sum: u64 = profile.half_stars().iter().map(|&rating| u64::from(rating)).sum();
        (!profile.is_empty()).then(|| {
            (sum as f64 + VIEWER_MEAN_DAMPING * self.global_mean_half_stars())
                / (profile.len() as f64 + VIEWER_MEAN_DAMPING)
        })
    }
}

/// Adds a neighbour's ratings to the sums of the films.
fn add(similarity: f64, row: &Row<'_>, profile: &Profile, scratch: &mut RankScratch) {
    let RankScratch { sums, touched, touched_count, shared, .. } = scratch;
    row.each(|number, half_stars| {
        let sums = &mut sums[number as usize];
        if sums.own > 0 {
            let index = sums.own - 1;
            let product = u32::from(profile.half_stars()[index as usize]) * u32::from(half_stars);
            shared.push(Shared { profile_index: index, product });
        }
        // Whether a film was met before cannot be foreseen, so there is no branch on it.
        touched[*touched_count] = number;
        *touched_count += usize::from(sums.raters == 0);
        sums.weighted += similarity * f64::from(half_stars);
        sums.raters += 1;
    });
}

/// What the film's raters think of it beside the score, and the viewer's films with the largest shares in the score, the
/// largest first, ties by ascending film id.
fn explain(
    number: u32,
    weighted: f64,
    profile: &Profile,
    raters: &[Rater<'_>],
    limit: usize,
    scratch: &mut RankScratch,
) -> Explained {
    let (mut deviation, mut similarity) = (0.0, 0.0);
    let contributions = &mut scratch.contributions;
    contributions.clear();
    contributions.resize(profile.len(), (0.0, 0));
    let mut start = 0;
    for rater in raters {
        let shared = &scratch.shared[start..rater.shared_end];
        start = rater.shared_end;
        let Some(rating) = rater.row.rating(number).map(f64::from) else { continue };
        deviation += rater.similarity * (rating - rater.mean);
        similarity += rater.similarity;
        // The sum of these products rather than what was found with the neighbour: so shares sum to 1 in any case.
        let each = rater.similarity * rating / rater.dot as f64;
        for film in shared {
            let (contribution, neighbours) = &mut contributions[film.profile_index as usize];
            *contribution += each * f64::from(film.product);
            *neighbours += 1;
        }
    }
    let largest_first = |a: &Because, b: &Because| b.share.total_cmp(&a.share).then(a.movie_id.cmp(&b.movie_id));
    let mut because = Best::new(limit, largest_first);
    for (&(contribution, neighbours), &movie_id) in contributions.iter().zip(profile.movie_ids()) {
        if neighbours > 0 {
            because.offer(Because { movie_id, share: contribution / weighted, neighbours });
        }
    }
    Explained { deviation, similarity, because: because.into_sorted() }
}
