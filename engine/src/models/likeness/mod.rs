//! Likeness: for each film those most like it. How likely a viewer who likes the one is to like the other, which those
//! who like both say, and what both films are: genres, tags, names, time. It learns within seconds, is small enough to be
//! handed to every worker, and answers "films like these", short profiles and long ones by the same sum, so that an answer
//! moves with each rating and never jumps. With one film the sum is all there is; the more ratings there are, the more it
//! goes by the viewer's taste as well, and where several liked films have something in common, by that.

mod attributes;
mod ground;
mod learned;
mod served;
mod signals;
mod taste;
mod words;

pub use served::ServedModel;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::ground::Ground;
use self::learned::Learned;
use self::signals::Signals;
use self::taste::Taste;
use super::weighted_lists::{WeightedLists, best_first, check_finite};
use super::{Array, Error, Model, Parts, Progress, TrainingData, Viewer, Watch, Weighted};

const NAME: &str = "likeness";

/// The group of the arrays of common ground.
const GROUND: &str = "ground";

/// Half-stars from which a film counts as liked.
const LIKED: u8 = 8;
/// Each is solved for anew with every question.
const MOST_FACTORS: usize = 256;

/// Films between two steps that are told of.
const FILMS_A_STEP: usize = 1000;

/// How the likeness model learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LikenessParameters {
    /// How many films are kept for each film; 1 or more.
    pub k: usize,
    /// Films with fewer ratings are in no list: what two people say is hardly known; 1 or more.
    pub fewest_ratings: usize,
    /// How much a low rating counts against what is like it, relative to a high one; 0 or more.
    pub dislike: f64,
    /// Numbers of a viewer's taste, 256 at the most; with none only the lists count.
    pub factors: usize,
    /// How much what the liked films of a profile have in common counts; 0 or more.
    pub ground: f64,
}

impl Default for LikenessParameters {
    fn default() -> Self {
        LikenessParameters { k: 200, fewest_ratings: 3, dislike: 0.5, factors: 32, ground: 1.0 }
    }
}

impl LikenessParameters {
    fn check(&self) -> Result<(), Error> {
        Error::unless_at_least(NAME, "k", self.k as f64, 1.0, "a number of films, 1 or more")?;
        Error::unless_at_least(NAME, "fewest_ratings", self.fewest_ratings as f64, 1.0, "a number, 1 or more")?;
        Error::unless_within(NAME, "dislike", self.dislike, 0.0..=1e6, "between 0 and 1e6")?;
        Error::unless_within(NAME, "factors", self.factors as f64, 0.0..=MOST_FACTORS as f64, "between 0 and 256")?;
        Error::unless_within(NAME, "ground", self.ground, 0.0..=1e6, "between 0 and 1e6")
    }
}

/// What a rating says of films like the rated one: 1 for five stars, 0 for two and a half, below that less than 0.
fn liking(half_stars: u8, dislike: f32) -> f32 {
    let liking = (f32::from(half_stars) - 5.0) / 5.0;
    if liking < 0.0 { liking * dislike } else { liking }
}

/// For each film those most like it, and what it takes to know a viewer's taste and what liked films have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Likeness {
    lists: WeightedLists,
    taste: Taste,
    ground: Ground,
    dislike: f32,
}

impl Likeness {
    /// Weighs the signals of each film for each other.
    ///
    /// # Errors
    /// If a parameter is out of range or there is no rating.
    pub fn train(data: &TrainingData, parameters: &LikenessParameters, watch: Watch<'_>) -> Result<Likeness, Error> {
        parameters.check()?;
        let matrix = &*data.matrix;
        if matrix.ratings() == 0 {
            return Err(Error::NoRatings { model: NAME });
        }
        let signals = Signals::new(data, &Learned::WEIGHTS);
        let is_known = |column: usize| matrix.by_film().row(column).0.len() >= parameters.fewest_ratings;
        let candidates: Vec<u32> = (0..matrix.films() as u32).filter(|&column| is_known(column as usize)).collect();
        let taste = Taste::train(matrix, signals.voices(), parameters.fewest_ratings, parameters.factors);
        let ground = Ground::new(&data.content, signals.likes(), parameters.ground as f32);
        let mut lists = Vec::with_capacity(matrix.films());
        let films: Vec<u32> = (0..matrix.films() as u32).collect();
        for step in films.chunks(FILMS_A_STEP) {
            let of_step = step.par_iter().map_init(
                || (vec![0.0; matrix.films()], signals.scratch()),
                |(scores, scratch), &film| {
                    signals.of(film, scores, scratch);
                    list(film, scores, &candidates, parameters.k)
                },
            );
            lists.par_extend(of_step);
            watch(Progress { done: lists.len() as u64, total: films.len() as u64 });
        }
        Ok(Likeness { lists: WeightedLists::new(lists), taste, ground, dislike: parameters.dislike as f32 })
    }

    /// Takes the arrays of a model of `films` films.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(parts: Parts, films: usize, parameters: &LikenessParameters) -> Result<Likeness, Error> {
        parameters.check()?;
        let model = Likeness::from_parts(parts, films)?;
        // It is among the arrays for those who have no parameters.
        if model.dislike.to_bits() != (parameters.dislike as f32).to_bits() {
            return Err(Error::damaged(NAME, "dislike", "is not that of the parameters"));
        }
        if model.taste.rank() != parameters.factors {
            let reason = format!("are {} a film, and {} of the parameters", model.taste.rank(), parameters.factors);
            return Err(Error::damaged(NAME, "factors", reason));
        }
        if model.ground.strength().to_bits() != (parameters.ground as f32).to_bits() {
            return Err(Error::damaged(NAME, "ground", "is not that of the parameters"));
        }
        Ok(model)
    }

    /// Takes the arrays without being told the parameters.
    fn from_parts(mut parts: Parts, films: usize) -> Result<Likeness, Error> {
        let dislike = parts.take_f32(NAME, "dislike", 1)?[0];
        let rank = parts.length("factors") / films.max(1);
        let taste = match rank {
            0 => Taste::default(),
            1..=MOST_FACTORS => {
                let means = parts.take_f32(NAME, "means", films)?;
                Taste::from_arrays(means, parts.take_f32(NAME, "factors", films * rank)?, rank)?
            }
            _ => return Err(Error::damaged(NAME, "factors", "are more than a film may have")),
        };
        let ground = Ground::from_parts(parts.take_group(GROUND), films)?;
        Ok(Likeness { lists: WeightedLists::from_parts(&mut parts, NAME, films, films)?, taste, ground, dislike })
    }
}

/// The best films with the square root of each one's share of what is likely: as shares a film whose likes are spread over
/// many would hardly count beside one that has a few close ones.
fn list(film: u32, scores: &[f32], candidates: &[u32], k: usize) -> Vec<Weighted> {
    let others = candidates.iter().filter(|&&column| column != film);
    let others = others.map(|&column| Weighted { column, weight: scores[column as usize] });
    let others: Vec<Weighted> = others.filter(|other| other.weight.is_finite()).collect();
    let highest = others.iter().map(|other| other.weight).fold(f32::NEG_INFINITY, f32::max);
    let all: f32 = others.iter().map(|other| (other.weight - highest).exp()).sum();
    let mut best = best_first(others, k);
    for other in &mut best {
        other.weight = ((other.weight - highest).exp() / all).sqrt();
    }
    // Of what is as unlikely as this there is nothing to be said.
    best.retain(|other| other.weight > 0.0);
    // There is a list for each film, and each would keep the room of all films.
    best.shrink_to_fit();
    best
}

impl Model for Likeness {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        self.lists.score(viewer, |_, half_stars| liking(half_stars, self.dislike), scores);
        self.taste.weigh(viewer, self.dislike, scores);
        self.ground.weigh(viewer, scores);
    }

    fn because(&self, viewer: &Viewer<'_>, column: u32, limit: usize) -> Vec<Weighted> {
        self.lists.because(viewer, column, |_, half_stars| liking(half_stars, self.dislike), limit)
    }

    fn similar(&self, column: u32, k: usize) -> Vec<Weighted> {
        self.lists.best(column as usize, k)
    }

    fn parts(&self) -> Parts {
        let parts = self.lists.add_to(Parts::default()).with("dislike", Array::F32(vec![self.dislike]));
        let parts = parts.with_group(GROUND, self.ground.parts());
        if self.taste.rank() == 0 {
            return parts;
        }
        let (means, factors) = (self.taste.means().to_vec(), self.taste.factors().to_vec());
        parts.with("means", Array::F32(means)).with("factors", Array::F32(factors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_takes_the_room_of_what_it_keeps() {
        let candidates: Vec<u32> = (0..10_000).collect();
        let scores: Vec<f32> = candidates.iter().map(|&column| -(column as f32) / 1e4).collect();
        let kept = list(7, &scores, &candidates, 5);
        assert_eq!(kept.iter().map(|other| other.column).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert!(kept.capacity() < 100, "{}", kept.capacity());
    }
}
