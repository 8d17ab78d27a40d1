//! Ratings divided into what models learn from and what they are asked about. How to divide is for the protocols; here
//! it is made sure that nothing held out can be learned.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::Error;
use crate::catalogue::Catalogue;
use crate::dataset::Dataset;
use crate::matrix::RatingsMatrix;
use crate::models::{FilmContent, TrainingData, Viewer};
use crate::movielens::{Genome, Tag};
use crate::rating::UserId;

/// Everything there is before it is divided.
#[derive(Clone, Debug)]
pub struct Source {
    pub(super) matrix: Arc<RatingsMatrix>,
    catalogue: Arc<Catalogue>,
    tags: Arc<[Tag]>,
    genome: Option<Arc<Genome>>,
}

impl Source {
    /// The ratings of a dataset with what it knows of the films.
    ///
    /// # Errors
    /// If its tags or its genome cannot be read.
    pub fn from_dataset(dataset: &Dataset) -> Result<Source, Error> {
        Ok(Source {
            matrix: Arc::new(RatingsMatrix::from_dataset(dataset)),
            catalogue: Arc::new(dataset.catalogue().clone()),
            tags: dataset.tags()?.into(),
            genome: dataset.genome()?.map(Arc::new),
        })
    }

    /// Ratings of films of which nothing is known.
    pub fn ratings_only(matrix: RatingsMatrix) -> Source {
        Source { matrix: Arc::new(matrix), catalogue: Arc::default(), tags: Arc::default(), genome: None }
    }

    /// All ratings.
    pub fn matrix(&self) -> &RatingsMatrix {
        &self.matrix
    }

    /// Divides the ratings; `parts` says of each, by ascending user and film, what becomes of it.
    ///
    /// The training part has a column for every film, so that columns mean the same in the source and in every split.
    pub(super) fn divided(&self, parts: &[Part]) -> Split {
        let matrix = &self.matrix;
        let kept = matrix.iter().zip(parts).filter(|(_, part)| **part == Part::Training).map(|(rating, _)| rating);
        let training = RatingsMatrix::new(kept, matrix.movie_ids().iter().copied());
        let by_user = matrix.by_user();
        let mut cases = Vec::new();
        for (row, &user) in matrix.user_ids().iter().enumerate() {
            let range = by_user.offsets()[row]..by_user.offsets()[row + 1];
            let of = |part| Films {
                columns: range.clone().filter(|&at| parts[at] == part).map(|at| by_user.columns()[at]).collect(),
                half_stars: range.clone().filter(|&at| parts[at] == part).map(|at| by_user.half_stars()[at]).collect(),
            };
            let held_out = of(Part::HeldOut);
            if !held_out.columns.is_empty() {
                let asks = training.row_of(user).map_or_else(|| Asks::New(of(Part::Given)), Asks::Known);
                cases.push(Case { user, asks, held_out, candidates: None });
            }
        }
        self.split(training, cases)
    }

    /// A split of this training part and these cases; tags that a user gave to a film held out are left out as well.
    ///
    /// The genome stays whole. It names no users, and was computed from the tags and ratings of all, those held out among
    /// them, so that what is measured of a content-based model with a genome is a little better than it would be.
    pub(super) fn split(&self, training: RatingsMatrix, cases: Vec<Case>) -> Split {
        let movie_ids = training.movie_ids();
        let held_out: FxHashSet<_> = if self.tags.is_empty() {
            FxHashSet::default()
        } else {
            let pairs = |case: &Case| {
                let user = case.user;
                let columns = case.held_out.columns.clone();
                columns.into_iter().map(move |column| (user, movie_ids[column as usize]))
            };
            cases.iter().flat_map(pairs).collect()
        };
        let tags: Arc<[Tag]> =
            self.tags.iter().filter(|tag| !held_out.contains(&(tag.user, tag.movie))).cloned().collect();
        let content = FilmContent::new(&training, &self.catalogue, &tags, self.genome.as_ref());
        Split {
            training: TrainingData { matrix: Arc::new(training), content: Arc::new(content) },
            cases,
            catalogue: Arc::clone(&self.catalogue),
            tags,
            genome: self.genome.clone(),
        }
    }
}

/// What becomes of a rating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Models learn from it.
    Training,
    /// Models do not learn from it, but are shown it as part of a viewer's profile.
    Given,
    /// Models are asked about it.
    HeldOut,
}

/// A training part and what is asked of a model trained on it.
#[derive(Clone, Debug)]
pub struct Split {
    /// What models learn from.
    pub training: TrainingData,
    /// Who is asked about, by ascending user; a user may come more than once.
    pub cases: Vec<Case>,
    catalogue: Arc<Catalogue>,
    tags: Arc<[Tag]>,
    genome: Option<Arc<Genome>>,
}

impl Split {
    /// The training part as something to divide again, for validation.
    pub fn training_source(&self) -> Source {
        Source {
            matrix: Arc::clone(&self.training.matrix),
            catalogue: Arc::clone(&self.catalogue),
            tags: Arc::clone(&self.tags),
            genome: self.genome.clone(),
        }
    }
}

/// Some ratings of one user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Films {
    /// The films, ascending.
    pub columns: Vec<u32>,
    /// Half-stars (1 to 10), parallel to `columns`.
    pub half_stars: Vec<u8>,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// The user of a row of the training part, with the ratings there.
    Known(usize),
    /// Somebody of whom nothing was learned, with a profile that may be empty.
    New(Films),
}

/// A question to a model, and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The user.
    pub user: UserId,
    /// What the model may know of the user.
    pub asks: Asks,
    /// The ratings that were held out: those to predict, and the films to rank high.
    pub held_out: Films,
    /// The films among which those held out are ranked, ascending and without them; all that the viewer has not rated if
    /// `None`.
    pub candidates: Option<Vec<u32>>,
}

impl Case {
    /// The viewer as models see it, of the training part of the same split.
    pub fn viewer<'a>(&'a self, training: &'a RatingsMatrix) -> Viewer<'a> {
        match &self.asks {
            Asks::Known(row) => Viewer::known(training, *row),
            Asks::New(films) => Viewer { row: None, columns: &films.columns, half_stars: &films.half_stars },
        }
    }
}
