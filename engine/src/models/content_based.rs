//! Content-based: films like those the viewer liked, by genres, tags, words of the title, time, and a tag genome where
//! there is one. It looks at nobody else's ratings, so that a film without any is scored like all others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::genome::GenomeVectors;
use super::weighted_lists::{WeightedLists, best_first, shares};
use super::{Error, FilmContent, Model, Parts, TrainingData, Viewer, Weighted};

const NAME: &str = "content";

/// The group of the arrays of the genome.
const GENOME: &str = "genome";

/// How the content-based model learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContentParameters {
    /// How much the genres count; 0 or more.
    pub genres: f64,
    /// How much the tags count; 0 or more.
    pub tags: f64,
    /// How much the words of the title count; 0 or more.
    pub title: f64,
    /// How much the time of release counts; 0 or more.
    pub year: f64,
    /// How much the tag genome counts, for films that have one; 0 or more. A cosine has the squares of these weights, so
    /// that by default the genome counts for more than all else together: how far each of a thousand tags fits a film says
    /// more of it than genres and the few tags that users typed.
    pub genome: f64,
}

impl Default for ContentParameters {
    fn default() -> Self {
        ContentParameters { genres: 1.0, tags: 1.0, title: 0.5, year: 0.5, genome: 2.0 }
    }
}

impl ContentParameters {
    fn groups(&self) -> [(&'static str, f64); GROUPS] {
        [("genres", self.genres), ("tags", self.tags), ("title", self.title), ("year", self.year)]
    }

    fn check(&self) -> Result<(), Error> {
        for (parameter, weight) in self.groups().into_iter().chain([("genome", self.genome)]) {
            Error::unless_within(NAME, parameter, weight, 0.0..=1e6, "between 0 and 1e6")?;
        }
        Ok(())
    }
}

/// Genres, tags, title, year: each is a vector of length 1, times its weight. So is the genome, which is kept apart because
/// all its films have all its features.
const GROUPS: usize = 4;

/// A feature vector of length 1 for each film of which something is known.
#[derive(Clone, Debug, PartialEq)]
pub struct ContentBased {
    /// Features of each film.
    films: WeightedLists,
    /// Films of each feature.
    features: WeightedLists,
    /// More features of each film that has a genome.
    genome: GenomeVectors,
}

/// The sum of the features of some films.
struct Profile {
    features: Vec<f32>,
    genome: Vec<f32>,
}

impl ContentBased {
    /// Weights each feature by its inverse document frequency `ln(1 + films / films with it)`; a feature of one film only
    /// is like nothing else and left out.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn train(data: &TrainingData, parameters: &ContentParameters) -> Result<ContentBased, Error> {
        parameters.check()?;
        let films = data.matrix.films();
        let described: Vec<Described> = (0..films).map(|column| describe(&data.content, column)).collect();
        let mut frequencies: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        for film in &described {
            for (group, name) in film.keys() {
                *frequencies.entry((*group, name)).or_default() += 1;
            }
        }
        frequencies.retain(|_, &mut frequency| frequency > 1);
        let numbers: BTreeMap<(usize, &str), (u32, f64)> = frequencies
            .iter()
            .enumerate()
            .map(|(number, (&feature, &frequency))| {
                (feature, (number as u32, (1.0 + films as f64 / frequency as f64).ln()))
            })
            .collect();
        let mut genome = match parameters.genome {
            0.0 => GenomeVectors::default(),
            _ => GenomeVectors::new(&data.content),
        };
        let lists = (0..).zip(&described).map(|(column, film)| {
            let mut groups: [Vec<(u32, f64)>; GROUPS] = Default::default();
            for ((group, name), count) in film {
                if let Some(&(number, idf)) = numbers.get(&(*group, name.as_str())) {
                    groups[*group].push((number, f64::from(*count).sqrt() * idf));
                }
            }
            for (group, (_, weight)) in groups.iter_mut().zip(parameters.groups()) {
                let square = square(group);
                scale(group, square, weight);
            }
            let mut all = groups.concat();
            let of_genome = if genome.has(column) { parameters.genome } else { 0.0 };
            let square = square(&all) + of_genome * of_genome;
            scale(&mut all, square, 1.0);
            if of_genome > 0.0 {
                genome.scale(column, of_genome / square.sqrt());
            }
            all.into_iter().map(|(column, weight)| Weighted { column, weight: weight as f32 }).collect()
        });
        let films = WeightedLists::new(lists);
        let features = films.transposed(films.width());
        Ok(ContentBased { films, features, genome })
    }

    /// Takes the arrays of a model of `films` films.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, films: usize) -> Result<ContentBased, Error> {
        // Every feature there is occurs, so that their numbers are below the number of occurrences.
        let width = parts.length("columns");
        let genome = GenomeVectors::from_parts(parts.take_group(GENOME), NAME, films)?;
        let films = WeightedLists::from_parts(&mut parts, NAME, films, width)?;
        let features = films.transposed(films.width());
        Ok(ContentBased { films, features, genome })
    }

    /// The sum of the features of films, each times a weight.
    fn profile(&self, films: impl Iterator<Item = (u32, f32)>) -> Profile {
        let mut profile = Profile { features: vec![0.0; self.features.films()], genome: vec![0.0; self.genome.tags()] };
        for (column, weight) in films {
            let (features, weights) = self.films.list(column as usize);
            for (&feature, &of_film) in features.iter().zip(weights) {
                profile.features[feature as usize] += weight * of_film;
            }
            self.genome.add(column, weight, &mut profile.genome);
        }
        profile
    }

    /// The cosine of two films; below 0 only if their genomes are unlike.
    fn similarity(&self, film: u32, other: u32) -> f32 {
        let (features, weights) = self.films.list(film as usize);
        let product = |(&feature, &weight)| Some(weight * self.films.weight(other as usize, feature)?);
        let of_features: f32 = features.iter().zip(weights).filter_map(product).sum();
        of_features + self.genome.product(film, other)
    }

    /// The dot product of each film with the profile; negative infinity for a film of which nothing is known.
    fn dots(&self, profile: &Profile, dots: &mut [f32]) {
        dots.fill(0.0);
        for (feature, &weight) in profile.features.iter().enumerate() {
            if weight != 0.0 {
                let (films, weights) = self.features.list(feature);
                for (&film, &of_film) in films.iter().zip(weights) {
                    dots[film as usize] += weight * of_film;
                }
            }
        }
        for (column, dot) in dots.iter_mut().enumerate() {
            if self.films.list(column).0.is_empty() {
                *dot = f32::NEG_INFINITY;
            }
        }
        self.genome.add_dots(&profile.genome, dots);
    }
}

/// How often a film has each feature, named by group and word.
type Described = BTreeMap<(usize, String), u32>;

fn describe(content: &FilmContent, column: usize) -> Described {
    let mut described = Described::new();
    let mut count = |group: usize, name: String| *described.entry((group, name)).or_insert(0) += 1;
    if let Some(movie) = content.movie(column) {
        movie.genres.iter().for_each(|genre| count(0, genre.to_lowercase()));
        let words = movie.title.split(|letter: char| !letter.is_alphanumeric());
        words.filter(|word| word.chars().count() > 2).for_each(|word| count(2, word.to_lowercase()));
        if let Some(year) = movie.year {
            // Two overlapping decades, so that films of 1989 and 1991 share one and films of the same year both.
            count(3, format!("{}0", year / 10));
            count(3, format!("{}5", (u32::from(year) + 5) / 10));
        }
    }
    content.tags(column).iter().for_each(|tag| count(1, tag.clone()));
    described
}

/// The square of a vector's length.
fn square(vector: &[(u32, f64)]) -> f64 {
    vector.iter().map(|(_, weight)| weight * weight).sum()
}

/// Makes a vector, of which this is the square of the length, of another length, unless it is zero.
fn scale(vector: &mut [(u32, f64)], square: f64, length: f64) {
    let norm = square.sqrt();
    for (_, weight) in vector.iter_mut() {
        *weight = if norm > 0.0 { *weight * length / norm } else { 0.0 };
    }
}

impl Model for ContentBased {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        let rated = viewer.columns.iter().zip(viewer.half_stars);
        if viewer.columns.is_empty() {
            scores.fill(f32::NEG_INFINITY);
        } else {
            self.dots(&self.profile(rated.map(|(&column, &half_stars)| (column, f32::from(half_stars)))), scores);
        }
    }

    /// The viewer's mean and the distance from it of the viewer's ratings of films with common features, weighted by
    /// similarity.
    fn predict(&self, viewer: &Viewer<'_>, column: u32) -> Option<f32> {
        let count = viewer.half_stars.len();
        let mean = viewer.half_stars.iter().map(|&half_stars| f64::from(half_stars)).sum::<f64>() / count.max(1) as f64;
        let (mut sum, mut weight) = (0.0, 0.0);
        for (&rated, &half_stars) in viewer.columns.iter().zip(viewer.half_stars) {
            // What the viewer thinks of unlike films says nothing.
            let similarity = f64::from(self.similarity(column, rated)).max(0.0);
            sum += similarity * (f64::from(half_stars) - mean);
            weight += similarity;
        }
        let predicted = if weight > 0.0 { mean + sum / weight } else { mean };
        (count > 0).then_some((predicted / 2.0).clamp(0.5, 5.0) as f32)
    }

    fn because(&self, viewer: &Viewer<'_>, column: u32, limit: usize) -> Vec<Weighted> {
        let rated = viewer.columns.iter().zip(viewer.half_stars);
        let added = rated.map(|(&rated, &half_stars)| Weighted {
            column: rated,
            weight: f32::from(half_stars) * self.similarity(column, rated),
        });
        shares(added.filter(|film| film.weight > 0.0).collect(), limit)
    }

    fn similar(&self, column: u32, k: usize) -> Vec<Weighted> {
        let mut dots = vec![0f32; self.films.films()];
        self.dots(&self.profile(std::iter::once((column, 1.0))), &mut dots);
        let others = (0..).zip(&dots).filter(|&(other, &dot)| other != column && dot > 0.0);
        best_first(others.map(|(column, &weight)| Weighted { column, weight }).collect(), k)
    }

    fn parts(&self) -> Parts {
        let parts = self.films.add_to(Parts::default());
        if self.genome.is_empty() { parts } else { parts.with_group(GENOME, self.genome.parts()) }
    }
}
