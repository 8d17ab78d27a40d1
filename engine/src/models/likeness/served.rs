//! A likeness model as workers get it: one sequence of bytes, with the films' numbers and nothing of any user, so that it
//! answers without a dataset. Every sum runs in the order of the profile, so whoever holds it gets the same bits.

use super::{Likeness, MOST_FACTORS, NAME, liking};
use crate::best::Best;
use crate::models::{Array, Error, Model, Parts, Viewer, Weighted};
use crate::profile::Profile;
use crate::rating::MovieId;

/// What the bytes begin with: what they are, and in which form. Without factors of taste it is the first.
const LISTS_ALONE: &[u8; 8] = b"LIKENES1";
const WITH_TASTE: &[u8; 8] = b"LIKENES2";

/// A model ready to answer from.
#[derive(Clone, Debug, PartialEq)]
pub struct ServedModel {
    /// Ascending.
    movie_ids: Vec<MovieId>,
    model: Likeness,
}

/// A film and its score.
#[derive(Clone, Copy)]
struct Scored {
    column: u32,
    score: f32,
}

fn higher_score_first(a: &Scored, b: &Scored) -> std::cmp::Ordering {
    b.score.total_cmp(&a.score).then(a.column.cmp(&b.column))
}

impl ServedModel {
    /// Takes a trained likeness model of the films with these numbers, ascending.
    ///
    /// # Errors
    /// If it is another kind of model, or of another number of films.
    pub fn new(model: &dyn Model, movie_ids: &[MovieId]) -> Result<ServedModel, Error> {
        let model = Likeness::from_parts(model.parts(), movie_ids.len())?;
        Ok(ServedModel { movie_ids: movie_ids.to_vec(), model })
    }

    /// How many films it knows.
    pub fn films(&self) -> usize {
        self.movie_ids.len()
    }

    /// The bytes from which [`ServedModel::from_bytes`] makes the same model: the mark, numbers of films, of entries and of
    /// factors a film, and the arrays, all in four bytes a number, the lowest first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Likeness { lists, taste, dislike } = &self.model;
        let mut parts = lists.add_to(Parts::default());
        let mut whole = if taste.rank() == 0 { LISTS_ALONE.to_vec() } else { WITH_TASTE.to_vec() };
        whole.extend((self.movie_ids.len() as u32).to_le_bytes());
        whole.extend((parts.length("columns") as u32).to_le_bytes());
        whole.extend(dislike.to_le_bytes());
        if taste.rank() > 0 {
            whole.extend((taste.rank() as u32).to_le_bytes());
        }
        whole.extend(self.movie_ids.iter().flat_map(|id| id.to_le_bytes()));
        for name in ["offsets", "columns"] {
            let numbers = parts.take_u32(NAME, name, parts.length(name)).unwrap_or_default();
            whole.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        }
        let weights = parts.take_f32(NAME, "weights", parts.length("weights")).unwrap_or_default();
        for numbers in [&weights[..], taste.means(), taste.factors()] {
            whole.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        }
        whole
    }

    /// Reads a model.
    ///
    /// # Errors
    /// If these are not the bytes of one.
    pub fn from_bytes(whole: &[u8]) -> Result<ServedModel, Error> {
        let damaged = |reason: &str| Error::damaged(NAME, "model", reason.to_owned());
        let with_taste = whole.starts_with(WITH_TASTE);
        let rest = whole.strip_prefix(if with_taste { WITH_TASTE } else { LISTS_ALONE });
        let (words, odd) = rest.ok_or_else(|| damaged("does not begin as one does"))?.as_chunks::<4>();
        let mut words = words.iter();
        let mut head = || words.next().copied().ok_or_else(|| damaged("ends in its head"));
        let films = u32::from_le_bytes(head()?) as usize;
        let entries = u32::from_le_bytes(head()?) as usize;
        let dislike = f32::from_le_bytes(head()?);
        let factors = if with_taste { u32::from_le_bytes(head()?) as usize } else { 0 };
        if factors > MOST_FACTORS || (with_taste && factors == 0) {
            return Err(damaged("has no such number of factors as one may have"));
        }
        let means = if with_taste { films } else { 0 };
        let length = 2 * films as u64 + 1 + 2 * entries as u64 + means as u64 + films as u64 * factors as u64;
        if !odd.is_empty() || words.len() as u64 != length {
            return Err(damaged("is not as long as it says"));
        }
        let mut whole_numbers =
            |count: usize| words.by_ref().take(count).map(|word| u32::from_le_bytes(*word)).collect();
        let movie_ids: Vec<MovieId> = whole_numbers(films);
        let (offsets, columns): (Vec<u32>, Vec<u32>) = (whole_numbers(films + 1), whole_numbers(entries));
        let mut numbers = |count: usize| words.by_ref().take(count).map(|word| f32::from_le_bytes(*word)).collect();
        let weights: Vec<f32> = numbers(entries);
        let (means, factors): (Vec<f32>, Vec<f32>) = (numbers(means), numbers(films * factors));
        if movie_ids.windows(2).any(|pair| pair[0] >= pair[1]) || !dislike.is_finite() {
            return Err(damaged("has films that do not ascend"));
        }
        let parts = Parts::default()
            .with("dislike", Array::F32(vec![dislike]))
            .with("offsets", Array::U32(offsets))
            .with("columns", Array::U32(columns))
            .with("weights", Array::F32(weights))
            .with("means", Array::F32(means))
            .with("factors", Array::F32(factors));
        Ok(ServedModel { movie_ids, model: Likeness::from_parts(parts, films)? })
    }

    /// The scores of all films that are like any of the profile's, the profile's own among them; none for the others.
    pub fn scores(&self, profile: &Profile) -> Scores<'_> {
        let (columns, half_stars) = self.columns_of(profile);
        let viewer = Viewer { row: None, columns: &columns, half_stars: &half_stars };
        let mut scores = vec![f32::NEG_INFINITY; self.movie_ids.len()];
        self.model.score(&viewer, &mut scores);
        Scores { model: self, scores }
    }

    /// The `most` films with the highest scores above 0, of equals the lower number first, the profile's own left out.
    pub fn best(&self, profile: &Profile, most: usize) -> Vec<(MovieId, f32)> {
        let scores = self.scores(profile).scores;
        let mut best = Best::new(most, higher_score_first);
        for (&score, column) in scores.iter().zip(0..) {
            let scored = Scored { column, score };
            let is_out = best.bar().is_some_and(|bar| higher_score_first(&scored, bar).is_gt());
            if score > 0.0 && !is_out && profile.get(self.movie_ids[column as usize]).is_none() {
                best.offer(scored);
            }
        }
        best.into_sorted().into_iter().map(|found| (self.movie_ids[found.column as usize], found.score)).collect()
    }

    /// What each film of the profile adds to the score of a film, or takes from it, the largest share first; shares are of
    /// what is added.
    pub fn because(&self, profile: &Profile, movie: MovieId) -> Vec<(MovieId, f32)> {
        let Ok(column) = self.movie_ids.binary_search(&movie) else { return Vec::new() };
        let (columns, half_stars) = self.columns_of(profile);
        let added = columns.iter().zip(&half_stars).filter_map(|(&own, &half_stars)| {
            let liking = liking(half_stars, self.model.dislike);
            let weight = liking * self.model.lists.weight(own as usize, column as u32)?;
            (weight != 0.0).then_some(Weighted { column: own, weight })
        });
        let mut added: Vec<Weighted> = added.collect();
        let sum: f32 = added.iter().map(|own| own.weight.max(0.0)).sum();
        added.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.column.cmp(&b.column)));
        added
            .into_iter()
            .map(|own| (self.movie_ids[own.column as usize], own.weight / sum.max(f32::MIN_POSITIVE)))
            .collect()
    }

    fn columns_of(&self, profile: &Profile) -> (Vec<u32>, Vec<u8>) {
        let column = |movie: MovieId| self.movie_ids.binary_search(&movie).ok().map(|column| column as u32);
        profile.iter().filter_map(|(movie, half_stars)| Some((column(movie)?, half_stars))).unzip()
    }
}

/// The scores of all films for one profile.
pub struct Scores<'a> {
    model: &'a ServedModel,
    scores: Vec<f32>,
}

impl Scores<'_> {
    /// The score of a film; `None` of one that is like none of the profile, or that the model does not know.
    pub fn of(&self, movie: MovieId) -> Option<f32> {
        let column = self.model.movie_ids.binary_search(&movie).ok()?;
        Some(self.scores[column]).filter(|score| *score > f32::NEG_INFINITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::likeness::Taste;
    use crate::models::weighted_lists::WeightedLists;
    use crate::rating::HalfStars;

    /// Film 10 is like 20 and 30, film 40 like 30.
    fn model() -> ServedModel {
        let like = |column, weight| Weighted { column, weight };
        let lists = WeightedLists::new([
            vec![like(1, 1.0), like(2, 0.5)],
            vec![like(0, 1.0)],
            vec![like(0, 0.5), like(3, 0.75)],
            vec![like(2, 0.75)],
        ]);
        let taste = Taste::default();
        ServedModel { movie_ids: vec![10, 20, 30, 40], model: Likeness { lists, taste, dislike: 0.5 } }
    }

    /// Films 10, 30 and 40 are liked by the same, film 20 by others.
    fn taste() -> Taste {
        Taste::from_arrays(vec![0.25; 4], vec![0.5, 0.0, -0.5, 0.25, 0.5, 0.0, 0.5, 0.125], 2).unwrap()
    }

    fn profile(rated: &[(MovieId, u8)]) -> Profile {
        Profile::from_ratings(rated.iter().filter_map(|&(movie, half)| Some((movie, HalfStars::new(half)?))))
    }

    #[test]
    fn a_model_comes_out_of_its_bytes_as_it_went_in_and_of_others_none_does() {
        let whole = model().to_bytes();
        assert_eq!(ServedModel::from_bytes(&whole).unwrap(), model());
        for end in 0..whole.len() {
            assert!(ServedModel::from_bytes(&whole[..end]).is_err(), "the first {end} bytes are no model");
        }
        // A column that there is not, in the first list.
        let mut other = whole.clone();
        let columns = 8 + 12 + 4 * 4 + 5 * 4;
        other[columns..columns + 4].copy_from_slice(&9u32.to_le_bytes());
        assert!(ServedModel::from_bytes(&other).is_err());
    }

    #[test]
    fn a_model_with_taste_comes_out_of_its_bytes_as_it_went_in_and_of_others_none_does() {
        let with_taste = ServedModel { model: Likeness { taste: taste(), ..model().model }, ..model() };
        let whole = with_taste.to_bytes();
        let read = ServedModel::from_bytes(&whole).unwrap();
        assert_eq!(read, with_taste);
        let rated = profile(&[(10, 10), (40, 9)]);
        assert_eq!(read.best(&rated, 10), with_taste.best(&rated, 10));
        assert_ne!(read.best(&rated, 10), model().best(&rated, 10), "the taste counts");
        for end in 0..whole.len() {
            assert!(ServedModel::from_bytes(&whole[..end]).is_err(), "the first {end} bytes are no model");
        }
        // Factors that there are not, more than there may be, and one that is no number.
        let factors = 8 + 12;
        for (at, number) in [(factors, 0), (factors, 3), (factors, u32::MAX), (whole.len() - 4, f32::NAN.to_bits())] {
            let mut other = whole.clone();
            other[at..at + 4].copy_from_slice(&number.to_le_bytes());
            assert!(ServedModel::from_bytes(&other).is_err(), "{number} at {at}");
        }
    }

    #[test]
    fn what_is_like_a_film_that_was_not_liked_comes_lower() {
        let liked = model().best(&profile(&[(10, 10)]), 10);
        assert_eq!(liked, [(20, 1.0), (30, 0.5)]);
        // One star for film 40: (2 - 5) / 5, of which half counts, times 0.75.
        let and_not = model().best(&profile(&[(10, 10), (40, 2)]), 10);
        assert_eq!(and_not, [(20, 1.0), (30, 0.5 - 0.3 * 0.75)]);
        assert!(
            model().best(&profile(&[(40, 2)]), 10).is_empty(),
            "there is nothing to recommend to who likes nothing"
        );
    }

    #[test]
    fn reasons_name_what_speaks_for_a_film_and_what_speaks_against_it() {
        let reasons = model().because(&profile(&[(10, 10), (40, 2)]), 30);
        assert_eq!(reasons[0], (10, 1.0));
        assert!(reasons[1].0 == 40 && reasons[1].1 < 0.0, "{reasons:?}");
    }
}
