//! "Films like these" judged without anybody's opinion: by what viewers who were kept from the training like beside them,
//! and by tags, series and directors that were kept from what is known of the films. Whoever answers learns from
//! [`ListTest::data`] alone; what is asked is never in it.

mod films;
mod target;

pub use target::Target;

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::Error;
use super::metrics::{RankingMetric, of_hits};
use crate::catalogue::{Catalogue, MovieStats};
use crate::chance::Chance;
use crate::dataset::Dataset;
use crate::facts::FilmFacts;
use crate::filters::Filters;
use crate::index::ShardIndex;
use crate::matrix::RatingsMatrix;
use crate::models::{FilmContent, Model, TrainingData, Viewer, recommend};
use crate::movielens::{Genome, Tag};
use crate::neighbours::{NeighbourOptions, Scratch, top_k_over};
use crate::popularity::popular;
use crate::profile::{Profile, SHORT_PROFILE};
use crate::ranking::{RankOptions, RankScratch, Ranker};
use crate::rating::{HalfStars, MovieId};
use crate::shard::ShardRatings;
use crate::shortage::rank_or_explain;

/// Half-stars from which a film counts as liked.
const LIKED: u8 = 8;
/// One in so many viewers is kept from the training and asked about.
const KEPT_FROM_TRAINING: usize = 5;
/// Times that a viewer, or a group of films, is asked about, with other films each time.
const DRAWS: usize = 5;
/// Films to be found at the least.
const TO_FIND: usize = 5;
/// Ratings that a film asked about has in the training at the least.
const RATINGS_OF_A_SEED: usize = 10;
/// All that a dataset knows, before anything is kept back.
pub struct Lists {
    matrix: RatingsMatrix,
    catalogue: Catalogue,
    tags: Vec<Tag>,
    genome: Option<Arc<Genome>>,
    facts: Vec<FilmFacts>,
}

/// One question and its right answers.
struct Case {
    /// Whose question: a viewer's row or a film.
    unit: u32,
    profile: Profile,
    relevant: BTreeSet<MovieId>,
}

/// What may be learned, and what is asked.
pub struct ListTest {
    /// What may be learned.
    pub data: TrainingData,
    /// The films, with the ratings that may be learned from.
    pub catalogue: Arc<Catalogue>,
    cases: Vec<Case>,
}

impl Lists {
    /// Reads it.
    ///
    /// # Errors
    /// If tags, genome or facts cannot be read.
    pub fn from_dataset(dataset: &Dataset) -> Result<Lists, Error> {
        Ok(Lists {
            matrix: RatingsMatrix::from_dataset(dataset),
            catalogue: dataset.catalogue().clone(),
            tags: dataset.tags()?,
            genome: dataset.genome()?.map(Arc::new),
            facts: dataset.facts()?,
        })
    }

    /// Keeps back what the target asks, the same for the same seed; `None` where the dataset has nothing to ask.
    pub fn test(&self, target: Target, seed: u64) -> Option<ListTest> {
        let test = match target {
            Target::CoLiked(_) | Target::Profile(_) => self.of_viewers(target, seed),
            Target::Tags(films) | Target::Series(films) | Target::Director(films) => self.of_films(target, films, seed),
        };
        (!test.cases.is_empty()).then_some(test)
    }

    fn of_viewers(&self, target: Target, seed: u64) -> ListTest {
        let mut rows: Vec<usize> = (0..self.matrix.users()).collect();
        Chance::of_stream(seed, 0).shuffle(&mut rows);
        let kept_back = rows.len() / KEPT_FROM_TRAINING;
        let asked: BTreeSet<usize> = rows[..kept_back].iter().copied().collect();
        let users: BTreeSet<u32> = asked.iter().map(|&row| self.matrix.user_ids()[row]).collect();
        let ratings = self.matrix.iter().filter(|rating| !users.contains(&rating.user));
        let training = RatingsMatrix::new(ratings, self.matrix.movie_ids().iter().copied());
        let raters = |column: u32| training.by_film().row(column as usize).0.len();
        let mut cases = Vec::new();
        for &row in &asked {
            let mut chance = Chance::of_stream(seed, 1 + row as u64);
            let (columns, half_stars) = self.matrix.by_user().row(row);
            let known = columns.iter().copied().zip(half_stars.iter().copied());
            let known: Vec<(u32, u8)> = known.filter(|(column, _)| raters(*column) >= RATINGS_OF_A_SEED).collect();
            for _ in 0..DRAWS {
                let (size, mut drawn) = match target {
                    Target::CoLiked(films) => {
                        (films, known.iter().copied().filter(|(_, half_stars)| *half_stars >= LIKED).collect())
                    }
                    Target::Profile(ratings) => (ratings, known.clone()),
                    _ => continue,
                };
                let drawn: &mut Vec<(u32, u8)> = &mut drawn;
                chance.shuffle(drawn);
                let profile: Vec<(u32, u8)> = drawn.drain(..size.min(drawn.len())).collect();
                let relevant: BTreeSet<MovieId> = drawn
                    .iter()
                    .filter(|(_, half_stars)| *half_stars >= LIKED)
                    .map(|(column, _)| self.matrix.movie_ids()[*column as usize])
                    .collect();
                if relevant.len() < TO_FIND || profile.len() < size {
                    continue;
                }
                let rated = profile.into_iter().filter_map(|(column, half_stars)| {
                    // "Films like these" comes without ratings.
                    let half_stars =
                        if matches!(target, Target::CoLiked(_)) { HalfStars::MAX } else { HalfStars::new(half_stars)? };
                    Some((self.matrix.movie_ids()[column as usize], half_stars))
                });
                cases.push(Case { unit: row as u32, profile: Profile::from_ratings(rated), relevant });
            }
        }
        // Who is asked about has typed tags as well.
        let tags: Vec<Tag> = self.tags.iter().filter(|tag| !users.contains(&tag.user)).cloned().collect();
        let data = self.training(training, &self.catalogue, &tags, self.genome.as_ref(), &self.facts);
        let catalogue = Arc::new(self.with_stats_of(&data.matrix));
        ListTest { data, catalogue, cases }
    }

    fn training(
        &self,
        matrix: RatingsMatrix,
        catalogue: &Catalogue,
        tags: &[Tag],
        genome: Option<&Arc<Genome>>,
        facts: &[FilmFacts],
    ) -> TrainingData {
        let content = FilmContent::new(&matrix, catalogue, tags, genome).with_facts(&matrix, facts);
        TrainingData { matrix: Arc::new(matrix), content: Arc::new(content) }
    }

    /// The films with what a part of the ratings says of them.
    fn with_stats_of(&self, matrix: &RatingsMatrix) -> Catalogue {
        Catalogue::new(self.catalogue.movies().iter().map(|movie| {
            let half_stars = matrix.column_of(movie.id).map_or(&[][..], |column| matrix.by_film().row(column).1);
            let half_stars_sum = half_stars.iter().map(|&half_stars| u64::from(half_stars)).sum();
            (movie.clone(), MovieStats { ratings: half_stars.len() as u32, half_stars_sum })
        }))
    }
}

impl ListTest {
    /// How many questions are asked.
    pub fn questions(&self) -> usize {
        self.cases.len()
    }
}

/// Who answers.
pub enum Answers<'a> {
    /// Popular films, whatever is asked.
    Popular,
    /// The neighbours of the profile as the farm asks for them: as for a few films below [`SHORT_PROFILE`]
    /// ratings, as for a viewer's own from there on.
    Neighbours(Box<(ShardIndex, Ranker)>),
    /// A model.
    Model(&'a dyn Model),
}

impl Answers<'_> {
    /// Neighbours among the users of the training.
    ///
    /// # Errors
    /// If the ratings are no shard.
    pub fn neighbours(test: &ListTest) -> Result<Answers<'static>, crate::shard::Error> {
        let matrix = &test.data.matrix;
        let by_user = matrix.by_user();
        let offsets: Vec<u32> = by_user.offsets().iter().map(|&offset| offset as u32).collect();
        let movies: Vec<MovieId> =
            by_user.columns().iter().map(|&column| matrix.movie_ids()[column as usize]).collect();
        let shard = ShardRatings::new(matrix.user_ids(), &offsets, &movies, by_user.half_stars())?;
        let rows = matrix.user_ids().iter().enumerate().map(|(row, &user)| {
            let range = by_user.offsets()[row]..by_user.offsets()[row + 1];
            (user, &movies[range.clone()], &by_user.half_stars()[range])
        });
        let ranker = Ranker::new(test.catalogue.clone(), rows);
        Ok(Answers::Neighbours(Box::new((ShardIndex::build(shard), ranker))))
    }

    fn answer(&self, test: &ListTest, profile: &Profile, n: usize) -> Vec<MovieId> {
        let filters = Filters::default();
        let found = match self {
            Answers::Popular => popular(&test.catalogue, &filters, profile, n),
            Answers::Neighbours(farm) => {
                let (neighbours, ranking) = match profile.len() {
                    ..SHORT_PROFILE => (NeighbourOptions::like_these(), RankOptions::like_these(n)),
                    _ => (NeighbourOptions::default(), RankOptions { n, ..RankOptions::default() }),
                };
                let nearest = top_k_over(&[&farm.0], profile, &neighbours, &mut Scratch::default());
                rank_or_explain(&farm.1, profile, &nearest, &filters, &ranking, &mut RankScratch::default()).0
            }
            Answers::Model(model) => {
                let (columns, half_stars) = test.data.matrix.columns_of(profile);
                let viewer = Viewer { row: None, columns: &columns, half_stars: &half_stars };
                let options = RankOptions { n, because: 0, ..RankOptions::default() };
                recommend(*model, &test.data, &test.catalogue, &viewer, &filters, &options)
            }
        };
        found.into_iter().map(|film| film.movie_id).collect()
    }
}

/// NDCG@`n` of each question, with whose it was.
pub fn measure_lists(test: &ListTest, answers: &Answers<'_>, n: usize) -> Vec<(u32, f64)> {
    let measure = |case: &Case| {
        let list = answers.answer(test, &case.profile, n);
        let hits = (1..).zip(&list).filter(|(_, movie)| case.relevant.contains(movie));
        let hits: Vec<usize> = hits.map(|(position, _)| position).collect();
        (case.unit, of_hits(RankingMetric::Ndcg, n, &hits, case.relevant.len()).unwrap_or_default())
    };
    test.cases.par_iter().map(measure).collect()
}
