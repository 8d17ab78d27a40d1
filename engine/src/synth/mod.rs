//! Datasets of any size with the shape of a published one, invented from a seed: for measuring at scale without a
//! download. Never opens a file, never reads the clock, and says nothing about real films or people.
//!
//! Every film appeals to a few of twelve tastes, which its genres follow, and has moods that no genre tells; every
//! viewer has a few tastes and a liking for moods. Both decide which films are chosen and how high they are rated, so
//! there is something for neighbours and factors to find.

mod alias;
mod films;
mod long_tail;
mod shapes;
mod tastes;
mod viewers;

use crate::catalogue::Movie;
use crate::chance::Chance;
use crate::movielens::Rating;
use crate::rating::{HalfStars, MovieId, UserId};
use alias::Alias;
use films::Films;
pub use shapes::{LongTail, Shape};
use viewers::{Attraction, Chooser, Opinion, Schedule, Viewer};

/// The seed that is taken unless another is given.
pub const SEED: u64 = 1995;

/// Streams of chance beside those of the users, which have their ids.
mod stream {
    pub(super) const SET_UP: u64 = 1 << 40;
    pub(super) const FILMS: u64 = 2 << 40;
    pub(super) const TRIAL: u64 = 3 << 40;
}

/// How many viewers try out whether films become as popular as they should.
const TRIAL_VIEWERS: usize = 8192;

/// How often the weights of films are set right by a trial.
const TRIALS: usize = 6;

/// Why a dataset cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The figures contradict each other.
    #[error("inventing {ratings} ratings by {users} users of {films} films: {reason}; choose other figures")]
    Impossible {
        /// Ratings asked for.
        ratings: u32,
        /// Users asked for.
        users: u32,
        /// Films asked for.
        films: u32,
        /// What is wrong with it.
        reason: String,
    },
}

/// An invented dataset, of which only what all viewers share is held; the ratings are made as they are asked for.
pub struct Synthetic {
    shape: Shape,
    seed: u64,
    /// How many films each user rates; user 1 is at 0.
    activity: Vec<u32>,
    /// Index of the first film in `first_rated` of each user, one more than there are users.
    first_rated_offsets: Vec<u32>,
    /// For each user the films that they are to rate whatever they are drawn to, so that every film has a rating.
    first_rated: Vec<u32>,
    films: Films,
    attraction: Attraction,
    /// A score of at least `steps[i]` is at least `i + 2` half-stars.
    steps: [f32; 9],
}

impl Synthetic {
    /// Invents the films, and sets right how they are chosen; the same seed gives the same on every machine.
    ///
    /// # Errors
    /// If there can be no dataset of this shape.
    pub fn new(shape: &Shape, seed: u64) -> Result<Synthetic, Error> {
        shape.check()?;
        let mut chance = Chance::of_stream(seed, stream::SET_UP);
        let by_activity = shape.activity.counts(shape.users as usize, shape.ratings.into(), shape.films);
        let trial = Trial::new(shape, seed, &by_activity);
        let mut activity = by_activity;
        chance.shuffle(&mut activity);
        let first_raters = first_raters(shape, &activity, &mut chance);
        let last_years: Vec<i32> = first_raters
            .iter()
            .map(|&user| {
                let mut chance = Chance::of_stream(seed, u64::from(user) + 1);
                Schedule::draw(activity[user as usize], shape.period, &mut chance).last_year()
            })
            .collect();
        let films = Films::invent(shape, seed, &trial.last_years(), &last_years, &mut chance);
        let (attraction, scores) = trial.settle(&films);
        let (first_rated_offsets, first_rated) = grouped(&first_raters, activity.len());
        let steps = steps(shape, scores);
        Ok(Synthetic { shape: *shape, seed, activity, first_rated_offsets, first_rated, films, attraction, steps })
    }

    /// The shape it was made with.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The films, with ids 1, 2, 3, ... in ascending order.
    pub fn movies(&self) -> Vec<Movie> {
        self.films.movies(self.seed)
    }

    /// All ratings, ascending by user (1, 2, 3, ...), then by film; made one user at a time.
    pub fn ratings(&self) -> impl Iterator<Item = Rating> + '_ {
        let mut chooser = self.chooser();
        let mut opinions = Vec::new();
        (1..=self.shape.users).flat_map(move |user| {
            self.opinions_of(user, &mut chooser, &mut opinions);
            let ratings: Vec<Rating> = opinions.iter().map(|opinion| self.rating(user, opinion)).collect();
            ratings
        })
    }

    fn rating(&self, user: UserId, opinion: &Opinion) -> Rating {
        let reached = self.steps.iter().filter(|step| opinion.score >= **step).count();
        Rating {
            user,
            movie: movie_id(opinion.film),
            // 1 to 10, so never the fallback.
            half_stars: HalfStars::new(1 + reached as u8).unwrap_or(HalfStars::MAX),
            timestamp: opinion.timestamp,
        }
    }

    fn chooser(&self) -> Chooser<'_> {
        Chooser::new(&self.films.traits, &self.attraction, &self.films.by_popularity, self.shape.period)
    }

    /// A user's opinions, ascending by film.
    fn opinions_of(&self, user: UserId, chooser: &mut Chooser<'_>, opinions: &mut Vec<Opinion>) {
        let at = user as usize - 1;
        let given = self.first_rated_offsets[at] as usize..self.first_rated_offsets[at + 1] as usize;
        let (viewer, mut chance) = self.viewer(user);
        chooser.choose(viewer, &self.first_rated[given], &mut chance, opinions);
        opinions.sort_unstable_by_key(|opinion| opinion.film);
    }

    fn viewer(&self, user: UserId) -> (Viewer, Chance) {
        let mut chance = Chance::of_stream(self.seed, user.into());
        let wanted = self.activity[user as usize - 1];
        (Viewer::draw(wanted, self.shape.period, &self.attraction, &mut chance), chance)
    }
}

fn movie_id(film: u32) -> MovieId {
    film + 1
}

/// For each film an index of a user who rates it in any case; nobody is given more films than they rate.
fn first_raters(shape: &Shape, activity: &[u32], chance: &mut Chance) -> Vec<u32> {
    let weights: Vec<f64> = activity.iter().map(|&wanted| f64::from(wanted)).collect();
    let users = Alias::new(&weights);
    let mut room = activity.to_vec();
    let film = |_| {
        let mut user = users.draw(chance);
        // There are at least as many ratings as films, so somebody has room.
        while room[user] == 0 {
            user = (user + 1) % room.len();
        }
        room[user] -= 1;
        user as u32
    };
    (0..shape.films).map(film).collect()
}

/// Offsets and places of the items of each group, where `groups` has the group of each item.
fn grouped(groups: &[u32], count: usize) -> (Vec<u32>, Vec<u32>) {
    let mut offsets = vec![0u32; count + 1];
    for &group in groups {
        offsets[group as usize + 1] += 1;
    }
    for at in 1..offsets.len() {
        offsets[at] += offsets[at - 1];
    }
    let mut next = offsets.clone();
    let mut items = vec![0; groups.len()];
    for (item, &group) in (0..).zip(groups) {
        let slot = &mut next[group as usize];
        items[*slot as usize] = item;
        *slot += 1;
    }
    (offsets, items)
}

/// The lowest score of each step of the scale but the first, such that `scores` spread over it as the shape says.
fn steps(shape: &Shape, mut scores: Vec<f32>) -> [f32; 9] {
    scores.sort_unstable_by(f32::total_cmp);
    let all: f64 = shape.half_star_shares.iter().sum();
    let mut below = 0.0;
    std::array::from_fn(|step| {
        below += shape.half_star_shares[step];
        // No score is to fall into a step with no share, at the ends of the scale either.
        if below <= 0.0 {
            return f32::NEG_INFINITY;
        }
        scores.get((below / all * scores.len() as f64) as usize).copied().unwrap_or(f32::INFINITY)
    })
}

/// Viewers of all degrees of activity on whom the choice of films is tried out before it is used.
struct Trial<'a> {
    shape: &'a Shape,
    seed: u64,
    activity: Vec<u32>,
}

impl<'a> Trial<'a> {
    fn new(shape: &'a Shape, seed: u64, by_activity: &[u32]) -> Trial<'a> {
        let every = by_activity.len().div_ceil(TRIAL_VIEWERS);
        Trial { shape, seed, activity: by_activity.iter().copied().skip(every / 2).step_by(every).collect() }
    }

    fn chance(&self, viewer: usize) -> Chance {
        Chance::of_stream(self.seed, stream::TRIAL + viewer as u64)
    }

    /// Each viewer's last year, and how many films they rate.
    fn last_years(&self) -> Vec<(i32, u32)> {
        let last_year = |(viewer, &wanted): (usize, &u32)| {
            (Schedule::draw(wanted, self.shape.period, &mut self.chance(viewer)).last_year(), wanted)
        };
        self.activity.iter().enumerate().map(last_year).collect()
    }

    /// How to draw films so that they become as popular as wanted, and the scores that came of it.
    ///
    /// A film that many want is chosen less often than its weight says, because nobody rates it twice; so films of
    /// about the same popularity are weighted anew by how far they fell short.
    fn settle(&self, films: &Films) -> (Attraction, Vec<f32>) {
        let mut weights = films.first_weights.clone();
        let mut attraction = Attraction::new(&films.traits, &weights);
        let mut scores = Vec::new();
        for _ in 0..TRIALS {
            scores.clear();
            let mut counts = vec![0u32; weights.len()];
            let mut chooser = Chooser::new(&films.traits, &attraction, &films.by_popularity, self.shape.period);
            let mut opinions = Vec::new();
            for (viewer, &wanted) in self.activity.iter().enumerate() {
                let mut chance = self.chance(viewer);
                let drawn = Viewer::draw(wanted, self.shape.period, &attraction, &mut chance);
                chooser.choose(drawn, &[], &mut chance, &mut opinions);
                for opinion in &opinions {
                    counts[opinion.film as usize] += 1;
                    scores.push(opinion.score);
                }
            }
            let scale = f64::from(self.shape.ratings - self.shape.films) / scores.len().max(1) as f64;
            let mut from = 0;
            while from < films.by_popularity.len() {
                let to = (from + 1 + from / 8).min(films.by_popularity.len());
                let alike = &films.by_popularity[from..to];
                let sum = |of: &dyn Fn(usize) -> f64| alike.iter().map(|&film| of(film as usize)).sum::<f64>();
                let wanted = sum(&|film| f64::from(films.wanted[film] - 1));
                let found = sum(&|film| f64::from(counts[film])) * scale;
                let change = if found > 0.0 { (wanted / found).clamp(0.25, 4.0) } else { 4.0 };
                alike.iter().for_each(|&film| weights[film as usize] *= change);
                from = to;
            }
            attraction = Attraction::new(&films.traits, &weights);
        }
        (attraction, scores)
    }
}

#[cfg(test)]
mod tests;
