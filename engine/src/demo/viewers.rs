//! The simulated viewers: who has seen what, how they liked it, when they said so.
//!
//! Every number comes from ChaCha8 by additions, multiplications, divisions and square roots alone, which IEEE 754
//! fixes to the last bit: the same seed gives the same ratings on every machine. Never the system's `exp` or `ln`.

use super::tastes::TASTES;
use super::{Error, Film, films};
use crate::chance::Chance;
use crate::rating::{HalfStars, MovieId, UserId};

/// How many viewers are simulated; their ids are 1 to this.
pub const VIEWERS: UserId = 3000;

/// The seed of the demonstration dataset as it is shipped.
pub const SEED: u64 = 1895;

/// One simulated rating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoRating {
    /// 1 to [`VIEWERS`].
    pub user_id: UserId,
    /// An id of [`super::movies`].
    pub movie_id: MovieId,
    /// The rating.
    pub half_stars: HalfStars,
    /// Seconds since 1970, within the years 2015 to 2025.
    pub timestamp: i64,
}

/// The start of 2015 and of 2026, in seconds since 1970.
const PERIOD: (i64, i64) = (1_420_070_400, 1_767_225_600);

/// The mean year of the Gregorian calendar, in seconds.
const YEAR: i64 = 31_556_952;

/// The ratings of all simulated viewers, ascending by user, then by film; one a pair.
pub fn ratings(seed: u64) -> Result<Vec<DemoRating>, Error> {
    let films = films()?;
    let affinities = TASTES.iter().map(|taste| taste.affinities(&films)).collect::<Result<Vec<Vec<f64>>, Error>>()?;
    let appeal = affinities.iter().map(|of_taste| of_taste.iter().map(|&a| appeal(a)).collect()).collect();
    let town = Town { films, affinities, appeal };
    let mut ratings = Vec::new();
    for user_id in 1..=VIEWERS {
        town.rate(user_id, Chance::of_stream(seed, user_id.into()), &mut ratings);
    }
    Ok(ratings)
}

/// How likely a film is chosen for how it appeals to a taste: steep, so that most of what is seen is to one's taste.
fn appeal(affinity: f64) -> f64 {
    let drawn = (1.0 + affinity) / 2.0;
    // Written out, because `powi` may differ between platforms.
    let cubed = drawn * drawn * drawn;
    cubed * cubed
}

/// How much likelier a film is seen for its fame, 1 to 5, all else being equal; in any unit.
fn fame_draw(fame: u8) -> f64 {
    match fame {
        ..=1 => 1.2,
        2 => 1.9,
        3 => 3.0,
        4 => 5.0,
        5.. => 9.5,
    }
}

/// What all viewers share; the outer vectors are parallel to [`TASTES`], the inner ones to `films`.
struct Town {
    films: Vec<Film>,
    affinities: Vec<Vec<f64>>,
    appeal: Vec<Vec<f64>>,
}

impl Town {
    fn rate(&self, user_id: UserId, mut chance: Chance, ratings: &mut Vec<DemoRating>) {
        let tastes = mixed_tastes(&mut chance);
        let appeal = self.mixed_appeal(&tastes);
        // The themes of two films to the viewer's taste: what sets apart two viewers of the same mixture.
        let favourite_themes = chosen(&self.pull(&appeal, 0), 2, &mut chance)
            .into_iter()
            .fold(0, |themes, at| themes | self.films[at].themes);
        let pull = self.pull(&appeal, favourite_themes);
        // A long tail with median 57: the square root of the odds has mean pi / 2, where the odds themselves have none.
        let quantile = chance.unit();
        let wanted = (20.0 + 37.0 * (quantile / (1.0 - quantile)).sqrt()).min(400.0) as usize;
        let bias = 0.33 * chance.bell();
        let whole_stars_habit = 0.25 + 0.65 * chance.unit();
        let joined = PERIOD.0 + (chance.unit() * (PERIOD.1 - PERIOD.0 - YEAR) as f64) as i64;
        let left = joined + YEAR / 4 + (chance.unit() * (PERIOD.1 - joined - YEAR / 4) as f64) as i64;

        for at in chosen(&pull, wanted, &mut chance) {
            let film = &self.films[at];
            let affinity = tastes.iter().map(|&(taste, _)| self.affinities[taste][at]).fold(-1.0, f64::max);
            let shared_themes = (film.themes & favourite_themes).count_ones().min(2);
            let stars = 2.85
                + 0.42 * (f64::from(film.acclaim) - 3.0)
                + 0.85 * affinity
                + 0.15 * f64::from(shared_themes)
                + bias
                + 0.77 * chance.bell();
            // Nobody rates a film in the year it comes out: the file has no dates to tell whether it was out yet.
            let released = film.movie.year.map_or(0, |year| (i64::from(year) - 1969) * YEAR);
            let earliest = joined.max(released);
            let latest = left.max(earliest + YEAR / 12).min(PERIOD.1);
            ratings.push(DemoRating {
                user_id,
                movie_id: film.movie.id,
                half_stars: rounded(stars, chance.unit() < whole_stars_habit),
                timestamp: earliest + (chance.unit() * (latest - earliest) as f64) as i64,
            });
        }
    }

    /// How likely each film is chosen for its appeal alone, before its fame and the viewer's favourite themes.
    fn mixed_appeal(&self, tastes: &[(usize, f64)]) -> Vec<f64> {
        let mut mixed = vec![0.0; self.films.len()];
        for &(taste, weight) in tastes {
            for (sum, appeal) in mixed.iter_mut().zip(&self.appeal[taste]) {
                *sum += weight * appeal;
            }
        }
        mixed
    }

    /// How strongly each film attracts the viewer, in any unit, as sums from the first film on.
    fn pull(&self, appeal: &[f64], favourite_themes: u128) -> Vec<f64> {
        let mut sum = 0.0;
        let pull_of = |(film, appeal): (&Film, &f64)| {
            let shared_themes = (film.themes & favourite_themes).count_ones().min(3);
            // What everybody sees sooner or later, whatever their taste.
            let common = if film.fame == 5 { 0.012 } else { 0.007 };
            sum += fame_draw(film.fame) * (appeal * (1.0 + f64::from(shared_themes)) + common);
            sum
        };
        self.films.iter().zip(appeal).map(pull_of).collect()
    }
}

/// One to three different tastes with their weights, the first the strongest.
fn mixed_tastes(chance: &mut Chance) -> Vec<(usize, f64)> {
    let mut sum = 0.0;
    let shares: Vec<f64> = TASTES
        .iter()
        .map(|taste| {
            sum += taste.share;
            sum
        })
        .collect();
    let weights: &[f64] = match chance.unit() {
        ..0.35 => &[1.0],
        ..0.8 => &[0.65, 0.35],
        _ => &[0.5, 0.3, 0.2],
    };
    let mut tastes: Vec<(usize, f64)> = Vec::with_capacity(weights.len());
    for &weight in weights {
        let taste = chance.index(&shares);
        match tastes.iter_mut().find(|(known, _)| *known == taste) {
            Some((_, known_weight)) => *known_weight += weight,
            None => tastes.push((taste, weight)),
        }
    }
    tastes
}

/// Up to `wanted` different places, drawn by the weights whose running sums are given; ascending.
fn chosen(sums: &[f64], wanted: usize, chance: &mut Chance) -> Vec<usize> {
    let mut taken = vec![false; sums.len()];
    let mut count = 0;
    // The bound keeps a viewer whose taste is exhausted from searching for ever; such a one rates fewer films.
    for _ in 0..wanted * 30 {
        if count == wanted {
            break;
        }
        let at = chance.index(sums);
        count += usize::from(!std::mem::replace(&mut taken[at], true));
    }
    (0..sums.len()).filter(|&at| taken[at]).collect()
}

fn rounded(stars: f64, to_whole: bool) -> HalfStars {
    let half_stars = if to_whole { stars.round() * 2.0 } else { (stars * 2.0).round() };
    // Between 1 and 10 after the clamp, so the cast is exact and the maximum is never the fallback.
    HalfStars::new(half_stars.clamp(1.0, 10.0) as u8).unwrap_or(HalfStars::MAX)
}

#[cfg(test)]
mod tests;
