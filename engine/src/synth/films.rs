//! The invented films: how many ratings each should get, what it is like, what it is called.

use std::collections::HashSet;

use super::tastes::{self, TASTE_COUNT, TASTES};
use super::viewers::{FACTOR_COUNT, FilmTraits, moods, year_of};
use super::{Shape, movie_id, stream};
use crate::catalogue::Movie;
use crate::chance::Chance;

/// No film is older, as in MovieLens but for a handful.
const FIRST_YEAR: i32 = 1915;

/// Of those who could rate a film, no larger part should have to for it to become as popular as wanted.
const LARGEST_AUDIENCE: f64 = 0.6;

/// All vectors are parallel to the films.
pub(super) struct Films {
    /// How many ratings each should get, at least 1.
    pub wanted: Vec<u32>,
    /// How likely each is drawn, in any unit, before trials set it right.
    pub first_weights: Vec<f64>,
    pub traits: Vec<FilmTraits>,
    /// Indexes by falling `wanted`.
    pub by_popularity: Vec<u32>,
}

impl Films {
    /// `audience` has the last year and the count of ratings of a sample of viewers; a film is out by the last year of
    /// its first rater, given in `latest_years`.
    pub(super) fn invent(
        shape: &Shape,
        seed: u64,
        audience: &[(i32, u32)],
        latest_years: &[i32],
        chance: &mut Chance,
    ) -> Films {
        let mut wanted = shape.popularity.counts(shape.films as usize, shape.ratings.into(), shape.users);
        chance.shuffle(&mut wanted);
        let mut by_popularity: Vec<u32> = (0..shape.films).collect();
        by_popularity.sort_unstable_by_key(|&film| (std::cmp::Reverse(wanted[film as usize]), film));
        let audience = Audience::new(audience, year_of(shape.period.1));
        let mut taste_sum = 0.0;
        let taste_sums = TASTES.map(|taste| {
            taste_sum += taste.share;
            taste_sum
        });
        let mut traits = Vec::with_capacity(wanted.len());
        let mut first_weights = Vec::with_capacity(wanted.len());
        let mut rank_of = vec![0u32; wanted.len()];
        (0..).zip(&by_popularity).for_each(|(rank, &film)| rank_of[film as usize] = rank);
        for (film, (&wanted, &latest_year)) in wanted.iter().zip(latest_years).enumerate() {
            let mut chance = Chance::of_stream(seed, stream::FILMS + film as u64);
            let appeal = appeal(&taste_sums, &mut chance);
            let mut factors = [0.0; FACTOR_COUNT];
            factors[..TASTE_COUNT].copy_from_slice(&appeal);
            factors[TASTE_COUNT..].copy_from_slice(&moods(&mut chance));
            let obscurity = f64::from(rank_of[film]) / f64::from(shape.films);
            let quality = (0.36 * chance.bell() - 0.5 * obscurity) as f32;
            let year = audience.year_for(f64::from(wanted) / f64::from(shape.users), latest_year, &mut chance);
            traits.push(FilmTraits { factors, quality, year });
            first_weights.push(f64::from(wanted - 1) / audience.share(year).max(0.01));
        }
        Films { wanted, first_weights, traits, by_popularity }
    }

    pub(super) fn movies(&self, seed: u64) -> Vec<Movie> {
        let mut known = HashSet::new();
        let movie = |(film, traits): (u32, &FilmTraits)| {
            // Another part of the film's stream than its traits are from.
            let mut chance = Chance::of_stream(!seed, stream::FILMS + u64::from(film));
            let appeal = traits.appeal();
            let genres = tastes::genres(&appeal, &mut chance);
            let first = tastes::title(tastes::main(&appeal), &mut chance);
            let mut title = first.clone();
            let mut part = 1;
            while !known.insert((title.clone(), traits.year)) {
                part += 1;
                title = format!("{first}, Part {part}");
            }
            Movie {
                id: movie_id(film),
                title,
                other_titles: Vec::new(),
                year: u16::try_from(traits.year).ok(),
                genres,
                imdb_id: None,
                tmdb_id: None,
            }
        };
        (0..).zip(&self.traits).map(movie).collect()
    }
}

/// How far a film appeals to each taste: most to one, some to another or two, a little to all; of sum 1.
fn appeal(taste_sums: &[f64; TASTE_COUNT], chance: &mut Chance) -> [f32; TASTE_COUNT] {
    let mut appeal = [0.008; TASTE_COUNT];
    let main = 0.45 + 0.45 * chance.unit();
    let second = (1.0 - main) * (0.5 + 0.5 * chance.unit());
    for part in [main, second, 1.0 - main - second] {
        appeal[chance.index(taste_sums)] += part as f32;
    }
    let sum: f32 = appeal.iter().sum();
    appeal.map(|part| part / sum)
}

/// When those who rate do so.
struct Audience {
    last_year: i32,
    /// The part of all ratings that is by people who still rate in the year `last_year - i` or later.
    shares: Vec<f64>,
}

impl Audience {
    fn new(viewers: &[(i32, u32)], last_year: i32) -> Audience {
        let all: f64 = viewers.iter().map(|&(_, ratings)| f64::from(ratings)).sum();
        let mut shares = vec![0.0; (last_year - FIRST_YEAR).max(0) as usize + 1];
        for &(year, ratings) in viewers {
            if let Some(share) = shares.get_mut((last_year - year).max(0) as usize) {
                *share += f64::from(ratings) / all;
            }
        }
        for at in 1..shares.len() {
            shares[at] += shares[at - 1];
        }
        Audience { last_year, shares }
    }

    /// The part of all ratings by people who could rate a film of this year.
    fn share(&self, year: i32) -> f64 {
        self.shares.get((self.last_year - year).max(0) as usize).copied().unwrap_or(1.0)
    }

    /// A year, the more recent the likelier, in which a film can come out that this part of all users should rate.
    fn year_for(&self, popularity: f64, latest: i32, chance: &mut Chance) -> i32 {
        let mut age = 0.0;
        for _ in 0..32 {
            let quantile = chance.unit();
            age = (self.last_year - FIRST_YEAR).max(0) as f64 * quantile * quantile * (0.7 + 0.3 * quantile);
            let year = self.last_year - age as i32;
            if year <= latest && popularity <= LARGEST_AUDIENCE * self.share(year) {
                return year;
            }
        }
        (self.last_year - age as i32).min(latest).min(1990)
    }
}
