//! The invented viewers: when they sit down to rate, what they like, which films they choose and how high they rate.

use chrono::{DateTime, Datelike};

use super::alias::Alias;
use super::tastes::TASTE_COUNT;
use crate::chance::Chance;

/// Films also differ, and viewers' likings with them, in what no genre tells: so many further numbers.
const MOOD_COUNT: usize = 4;

/// How many latent numbers describe a film, or a viewer's liking for films.
pub(super) const FACTOR_COUNT: usize = TASTE_COUNT + MOOD_COUNT;

/// How many films a viewer chooses for being known rather than for their taste.
const CHOSEN_FOR_FAME: f64 = 0.15;

/// Who rates few films keeps to those that everybody knows, and who rates many goes on to others: of viewers of so many
/// films, half of the choices are of the first kind.
const HALF_FOR_THE_KNOWN: f64 = 150.0;

/// After so many draws for each film wanted a viewer has seen nearly all that is ever drawn.
const DRAWS_PER_FILM: usize = 50;

/// What decides who chooses a film and how it is rated.
#[derive(Clone, Copy, Debug)]
pub(super) struct FilmTraits {
    /// First how far it appeals to each taste, 0 to 1 with the sum 1; then its moods, about 0.
    pub factors: [f32; FACTOR_COUNT],
    /// What everybody adds to their rating of it, in stars.
    pub quality: f32,
    /// When it came out. Nobody rates it in a year before.
    pub year: i32,
}

impl FilmTraits {
    /// How far the film appeals to each taste.
    pub(super) fn appeal(&self) -> [f32; TASTE_COUNT] {
        std::array::from_fn(|taste| self.factors[taste])
    }
}

/// The moods of a film.
pub(super) fn moods(chance: &mut Chance) -> [f32; MOOD_COUNT] {
    std::array::from_fn(|_| chance.bell() as f32)
}

/// Times at which a viewer rates, ascending.
pub(super) struct Schedule {
    sittings: Vec<Sitting>,
}

struct Sitting {
    year: i32,
    /// When the next film of this sitting is rated.
    clock: i64,
}

impl Schedule {
    /// A few sittings for `wanted` ratings, most often close together.
    pub(super) fn draw(wanted: u32, period: (i64, i64), chance: &mut Chance) -> Schedule {
        const DAY: i64 = 86_400;
        // Ratings of the last sitting should not run past the end.
        let length = (period.1 - period.0 - DAY).max(0) as f64;
        let (joined, span) = (chance.unit(), chance.unit());
        let span = (1.0 - joined) * span * span * span;
        let count = 1 + (f64::from(wanted) / 40.0 * chance.unit()) as usize;
        let mut starts: Vec<i64> = (0..count)
            .map(|sitting| if sitting == 0 { 0.0 } else { chance.unit() })
            .map(|within| period.0 + ((joined + span * within) * length) as i64)
            .collect();
        starts.sort_unstable();
        Schedule { sittings: starts.into_iter().map(|clock| Sitting { year: year_of(clock), clock }).collect() }
    }

    /// The year in which the viewer rates for the last time.
    pub(super) fn last_year(&self) -> i32 {
        self.sittings.last().map_or(i32::MIN, |sitting| sitting.year)
    }

    /// A time for a film that came out in `year`, after those given before for the same sitting.
    fn time_for(&mut self, year: i32, end: i64, chance: &mut Chance) -> i64 {
        let out_by_then = self.sittings.partition_point(|sitting| sitting.year < year);
        let places = self.sittings.len() - out_by_then;
        let Some(sitting) = self.sittings.get_mut(out_by_then + chance.below(places)) else { return end };
        // A few seconds for a click, more for thinking.
        sitting.clock += 2 + chance.below(30) as i64;
        sitting.clock.min(end)
    }
}

/// The calendar year of a time; every film is older than times that chrono cannot tell.
pub(super) fn year_of(time: i64) -> i32 {
    DateTime::from_timestamp(time, 0).map_or(i32::MAX, |time| time.year())
}

/// A rating before it is put on the scale.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opinion {
    /// Index of the film.
    pub film: u32,
    /// How much it is liked, in stars from no particular zero.
    pub score: f32,
    /// Seconds since 1970.
    pub timestamp: i64,
}

/// Which films viewers choose, by what draws them.
pub(super) struct Attraction {
    /// Among all films.
    all: Draw,
    /// Among those that everybody knows.
    known: Draw,
    /// Running sums of how often each taste is a viewer's.
    taste_shares: Vec<f64>,
}

struct Draw {
    /// By how known films are, whoever looks.
    by_fame: Alias,
    /// By how known they are and how far they appeal to a taste.
    of_taste: Vec<Alias>,
}

impl Draw {
    fn new(traits: &[FilmTraits], weights: &[f64]) -> Draw {
        let of_taste = |taste: usize| {
            let drawn = traits.iter().zip(weights).map(|(film, weight)| weight * f64::from(film.factors[taste]));
            Alias::new(&drawn.collect::<Vec<f64>>())
        };
        Draw { by_fame: Alias::new(weights), of_taste: (0..TASTE_COUNT).map(of_taste).collect() }
    }
}

impl Attraction {
    /// `weights`, parallel to the films, say how often each is to be drawn in the mean over all viewers.
    pub(super) fn new(traits: &[FilmTraits], weights: &[f64]) -> Attraction {
        let mut sum = 0.0;
        let taste_shares = (0..TASTE_COUNT).map(|taste| {
            // As many viewers as the films of the taste are worth, so that the mean over viewers is as wanted.
            sum +=
                traits.iter().zip(weights).map(|(film, weight)| weight * f64::from(film.factors[taste])).sum::<f64>();
            sum
        });
        let taste_shares = taste_shares.collect();
        let sharpened: Vec<f64> = weights.iter().map(|weight| weight * weight).collect();
        Attraction { all: Draw::new(traits, weights), known: Draw::new(traits, &sharpened), taste_shares }
    }
}

/// Someone who rates.
pub(super) struct Viewer {
    wanted: u32,
    schedule: Schedule,
    /// Tastes with the running sums of their weights, of sum 1.
    tastes: [(usize, f64); 3],
    /// How much each latent number of a film adds to the rating, in stars.
    liking: [f32; FACTOR_COUNT],
    /// What is added to every rating, in stars.
    bias: f32,
}

impl Viewer {
    /// Someone who wants to rate so many films.
    pub(super) fn draw(wanted: u32, period: (i64, i64), attraction: &Attraction, chance: &mut Chance) -> Viewer {
        let schedule = Schedule::draw(wanted, period, chance);
        let sums = match chance.unit() {
            ..0.35 => [1.0, 1.0, 1.0],
            ..0.8 => [0.65, 1.0, 1.0],
            _ => [0.5, 0.8, 1.0],
        };
        let tastes = sums.map(|sum| (chance.index(&attraction.taste_shares), sum));
        let mut liking = [0.0; FACTOR_COUNT];
        for (at, liking) in liking.iter_mut().enumerate() {
            *liking = if at < TASTE_COUNT { 0.5 * chance.bell() - 0.2 } else { 0.24 * chance.bell() } as f32;
        }
        let mut before = 0.0;
        for (taste, sum) in tastes {
            liking[taste] += 1.1 * (sum - before) as f32;
            before = sum;
        }
        Viewer { wanted, schedule, tastes, liking, bias: 0.45 * chance.bell() as f32 }
    }

    /// The taste that the viewer has most of.
    #[cfg(test)]
    pub(super) fn main_taste(&self) -> usize {
        self.tastes[0].0
    }
}

/// Memory to choose films with, used for one viewer after the other.
pub(super) struct Chooser<'a> {
    traits: &'a [FilmTraits],
    attraction: &'a Attraction,
    by_popularity: &'a [u32],
    period: (i64, i64),
    /// For each film the last viewer who chose it, counted from 1.
    chosen_by: Vec<u32>,
    viewers: u32,
}

impl<'a> Chooser<'a> {
    /// `by_popularity` has the indexes of all films by falling popularity.
    pub(super) fn new(
        traits: &'a [FilmTraits],
        attraction: &'a Attraction,
        by_popularity: &'a [u32],
        period: (i64, i64),
    ) -> Chooser<'a> {
        Chooser { traits, attraction, by_popularity, period, chosen_by: vec![0; traits.len()], viewers: 0 }
    }

    /// The opinions of a viewer on as many different films as wanted (or all), among them the films in `given`.
    pub(super) fn choose(
        &mut self,
        mut viewer: Viewer,
        given: &[u32],
        chance: &mut Chance,
        opinions: &mut Vec<Opinion>,
    ) {
        opinions.clear();
        self.viewers += 1;
        for &film in given {
            self.take(&mut viewer, film, chance, opinions);
        }
        let wanted = viewer.wanted as usize;
        let last_year = viewer.schedule.last_year();
        let for_the_known = HALF_FOR_THE_KNOWN / (HALF_FOR_THE_KNOWN + wanted as f64);
        for _ in 0..wanted.saturating_mul(DRAWS_PER_FILM) {
            if opinions.len() >= wanted {
                return;
            }
            let draw = if chance.unit() < for_the_known { &self.attraction.known } else { &self.attraction.all };
            let film = if chance.unit() < CHOSEN_FOR_FAME {
                draw.by_fame.draw(chance)
            } else {
                let which = chance.unit();
                // The last sum is 1, above every draw.
                let at = viewer.tastes.partition_point(|&(_, sum)| sum <= which).min(2);
                draw.of_taste[viewer.tastes[at].0].draw(chance)
            };
            if self.chosen_by[film] == self.viewers || self.traits[film].year > last_year {
                continue;
            }
            let mood = dot(&viewer.liking[TASTE_COUNT..], &self.traits[film].factors[TASTE_COUNT..]);
            if chance.unit() < f64::from(0.4 + 1.5 * mood).clamp(0.03, 1.0) {
                self.take(&mut viewer, film as u32, chance, opinions);
            }
        }
        // Who wants nearly all of what there is gets what others like.
        for &film in self.by_popularity {
            if opinions.len() >= wanted {
                return;
            }
            self.take(&mut viewer, film, chance, opinions);
        }
    }

    fn take(&mut self, viewer: &mut Viewer, film: u32, chance: &mut Chance, opinions: &mut Vec<Opinion>) {
        let chosen_by = &mut self.chosen_by[film as usize];
        if std::mem::replace(chosen_by, self.viewers) == self.viewers {
            return;
        }
        let FilmTraits { factors, quality, year } = &self.traits[film as usize];
        let score = viewer.bias + quality + dot(&viewer.liking, factors) + 0.7 * chance.bell() as f32;
        let timestamp = viewer.schedule.time_for(*year, self.period.1, chance);
        opinions.push(Opinion { film, score, timestamp });
    }
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}
