//! What one film says of another, as signals that are weighed and summed: who likes both, and what both are.

use std::collections::BTreeMap;

use super::LIKED;
use super::learned::{Learned, Weight};
use super::words::{Cosines, Words};
use crate::matrix::RatingsMatrix;
use crate::models::TrainingData;

/// Likes at which what the likers of a film like and what everybody likes count the same.
const DOUBT: f32 = 10.0;
/// Years after which two films are that much less of one time; among old ones there are fewer.
const YEARS: f32 = 8.0;
const OLD_YEARS: f32 = 12.0;
const OLD_BEFORE: u16 = 1970;
/// Names of a cast that say what kind of film it is.
pub(super) const LEADING_CAST: usize = 5;
/// Letters of a word of a title that says something.
const WORD_OF_TITLE: usize = 3;
const COMMON_WORDS: [&str; 6] = ["the", "and", "for", "with", "from", "part"];
/// The share of viewers who have rated a film for which the weights are given, and how far from there they still change.
const SHARE: f32 = 0.1;
const FURTHEST: f32 = 2.0;
/// The language of most films says nothing of one.
const COMMON_LANGUAGE: &str = "en";

/// All that is looked at, ready for each film in turn.
pub(super) struct Signals<'a> {
    matrix: &'a RatingsMatrix,
    learned: &'a Learned,
    /// How much a viewer counts, by row: who has rated many films says less of each.
    voices: Vec<f32>,
    /// The voices of those who like the film, by column.
    likes: Vec<f32>,
    /// The share of all voices, by column.
    popularity: Vec<f32>,
    genres: GenreSets,
    words: [(Words, Weight); 4],
    common: [(Words, Weight); 3],
    years: Vec<Option<u16>>,
}

/// Working memory, to be reused from film to film.
pub(super) struct Scratch {
    sums: Cosines,
    resemblances: Vec<f32>,
}

/// Genres of a film as bits, and which genre is how rare. Genres past the 64th are not regarded; MovieLens has 19.
struct GenreSets {
    /// The different sets there are.
    sets: Vec<u64>,
    /// The place among them, by column.
    of_film: Vec<u32>,
    rarity: Vec<f32>,
    animation: u64,
    documentary: u64,
}

impl<'a> Signals<'a> {
    pub fn new(data: &'a TrainingData, learned: &'a Learned) -> Signals<'a> {
        let (matrix, content) = (&*data.matrix, &*data.content);
        let columns = 0..matrix.films();
        let activity = |row: usize| (matrix.by_user().row(row).0.len().max(1) as f32).sqrt().recip();
        let mut voices: Vec<f32> = (0..matrix.users()).map(activity).collect();
        let mean = voices.iter().sum::<f32>() / voices.len().max(1) as f32;
        voices.iter_mut().for_each(|voice| *voice /= mean.max(f32::MIN_POSITIVE));
        let likes = columns.clone().map(|column| {
            let (rows, half_stars) = matrix.by_film().row(column);
            let likers = rows.iter().zip(half_stars).filter(|(_, half_stars)| **half_stars >= LIKED);
            likers.map(|(&row, _)| voices[row as usize]).sum()
        });
        let likes: Vec<f32> = likes.collect();
        let all = voices.iter().sum::<f32>() + 1.0;
        let popularity = likes.iter().map(|likes| (likes + 0.5) / all).collect();
        let facts = |names: fn(&crate::FilmFacts) -> Vec<String>| {
            Words::new(columns.clone().map(|column| content.facts(column).map(names).unwrap_or_default()))
        };
        let titles = columns.clone().map(|column| content.movie(column).map_or(Vec::new(), words_of_title));
        Signals {
            matrix,
            learned,
            voices,
            likes,
            popularity,
            genres: GenreSets::new(
                columns.clone().map(|column| content.movie(column).map_or(&[][..], |movie| &movie.genres)),
            ),
            words: [
                (Words::new(columns.clone().map(|column| content.tags(column).to_vec())), learned.tags),
                (facts(|facts| facts.themes.clone()), learned.themes),
                (facts(|facts| facts.cast.iter().take(LEADING_CAST).cloned().collect()), learned.cast),
                (Words::new(titles), learned.title),
            ],
            common: [
                (facts(|facts| facts.directors.clone()), learned.director),
                (facts(|facts| facts.series.iter().cloned().collect()), learned.series),
                (facts(|facts| own_language(&facts.languages)), learned.language),
            ],
            years: columns.map(|column| content.movie(column).and_then(|movie| movie.year)).collect(),
        }
    }

    /// How much each viewer counts, by row.
    pub fn voices(&self) -> &[f32] {
        &self.voices
    }

    /// The voices of those who like each film, by column.
    pub fn likes(&self) -> &[f32] {
        &self.likes
    }

    pub fn scratch(&self) -> Scratch {
        Scratch { sums: Cosines::new(self.matrix.films()), resemblances: Vec::new() }
    }

    /// The logarithm of how likely a viewer who likes the film is to like each other one, but for a constant.
    pub fn of(&self, film: u32, scores: &mut [f32], scratch: &mut Scratch) {
        let column = film as usize;
        let (raters, half_stars) = self.matrix.by_film().row(column);
        let share = raters.len().max(1) as f32 / self.voices.len() as f32;
        let known = (share / SHARE).ln().clamp(-FURTHEST, FURTHEST);
        let weigh = |weight: Weight| at(weight, known);
        for (&row, _) in raters.iter().zip(half_stars).filter(|(_, half_stars)| **half_stars >= LIKED) {
            let voice = self.voices[row as usize];
            let (columns, half_stars) = self.matrix.by_user().row(row as usize);
            for (&other, _) in columns.iter().zip(half_stars).filter(|(_, half_stars)| **half_stars >= LIKED) {
                scratch.sums.add(other, voice);
            }
        }
        for (score, popularity) in scores.iter_mut().zip(&self.popularity) {
            *score = DOUBT * popularity;
        }
        scratch.sums.drain(|other, voices| scores[other as usize] += voices);
        let likers = self.likes[column] + DOUBT;
        scores.iter_mut().for_each(|score| *score = (*score / likers).ln());
        for (words, weight) in &self.words {
            let weight = weigh(*weight);
            words.each(film, &mut scratch.sums, |other, cosine| scores[other as usize] += weight * cosine);
        }
        for (words, weight) in &self.common {
            let weight = weigh(*weight);
            words.each(film, &mut scratch.sums, |other, _| scores[other as usize] += weight);
        }
        self.genres.add(column, (self.learned, known), scores, &mut scratch.resemblances);
        self.add_years(column, (weigh(self.learned.year), weigh(self.learned.old)), scores);
    }

    fn add_years(&self, column: usize, (weight, of_old): (f32, f32), scores: &mut [f32]) {
        let Some(year) = self.years[column] else { return };
        for (score, other) in scores.iter_mut().zip(&self.years) {
            let Some(other) = *other else { continue };
            let apart = f32::from(year.abs_diff(other));
            *score += weight * (-apart / YEARS).exp();
            if year < OLD_BEFORE {
                *score += of_old * (-apart / OLD_YEARS).exp();
            }
        }
    }
}

/// A weight for a film that is so much better known than others. None ever speaks for the contrary.
fn at((weight, slope): Weight, known: f32) -> f32 {
    let changed = weight + slope * known;
    if weight > 0.0 { changed.max(0.0) } else { changed.min(0.0) }
}

pub(super) fn own_language(languages: &[String]) -> Vec<String> {
    languages.first().filter(|language| *language != COMMON_LANGUAGE).cloned().into_iter().collect()
}

fn words_of_title(movie: &crate::Movie) -> Vec<String> {
    let title = movie.title.to_lowercase();
    let words = title.split(|letter: char| !letter.is_alphanumeric());
    let says_something = |word: &&str| word.chars().count() >= WORD_OF_TITLE && !COMMON_WORDS.contains(word);
    words.filter(says_something).map(str::to_owned).collect()
}

impl GenreSets {
    fn new<'g>(films: impl Iterator<Item = &'g [String]> + Clone) -> GenreSets {
        let mut frequencies: BTreeMap<String, u32> = BTreeMap::new();
        films.clone().flatten().for_each(|genre| *frequencies.entry(genre.to_lowercase()).or_default() += 1);
        let bits: BTreeMap<&str, u64> =
            frequencies.keys().zip(0..64u32).map(|(genre, bit)| (genre.as_str(), 1 << bit)).collect();
        let bit_of = |genre: &str| bits.get(genre.to_lowercase().as_str()).copied().unwrap_or(0);
        let of_films: Vec<u64> = films.map(|genres| genres.iter().fold(0, |set, genre| set | bit_of(genre))).collect();
        let mut sets = of_films.clone();
        sets.sort_unstable();
        sets.dedup();
        let place = |set: &u64| sets.partition_point(|other| other < set) as u32;
        let count = of_films.len() as f32;
        GenreSets {
            of_film: of_films.iter().map(place).collect(),
            rarity: frequencies.values().take(64).map(|&with| (count / with as f32).ln()).collect(),
            animation: bit_of("animation"),
            documentary: bit_of("documentary"),
            sets,
        }
    }

    /// Adds what the genres say: how much they are the same, each by its rarity, and whether both films are drawn, or
    /// documentaries, or one is and the other not.
    fn add(&self, column: usize, (learned, known): (&Learned, f32), scores: &mut [f32], resemblances: &mut Vec<f32>) {
        let weight = at(learned.genres, known);
        let (drawn_or_not, both_drawn) = (at(learned.drawn_or_not, known), at(learned.both_drawn, known));
        let documentary_or_not = at(learned.documentary_or_not, known);
        let own = self.sets[self.of_film[column] as usize];
        resemblances.clear();
        resemblances.extend(self.sets.iter().map(|&other| {
            let either = self.rarity_of(own | other);
            let jaccard = if either > 0.0 { self.rarity_of(own & other) / either } else { 0.0 };
            let mut sum = weight * jaccard;
            sum += if (own ^ other) & self.animation != 0 { drawn_or_not } else { 0.0 };
            sum += if own & other & self.animation != 0 { both_drawn } else { 0.0 };
            sum + if (own ^ other) & self.documentary != 0 { documentary_or_not } else { 0.0 }
        }));
        for (score, &set) in scores.iter_mut().zip(&self.of_film) {
            *score += resemblances[set as usize];
        }
    }

    fn rarity_of(&self, mut set: u64) -> f32 {
        let mut sum = 0.0;
        while set != 0 {
            sum += self.rarity[set.trailing_zeros() as usize];
            set &= set - 1;
        }
        sum
    }
}
