//! A likeness model as workers get it: one sequence of bytes, with the films' numbers and nothing of any user, so that it
//! answers without a dataset. Every sum runs in the order of the profile, so whoever holds it gets the same bits.

use super::{NAME, liking};
use crate::best::Best;
use crate::models::weighted_lists::WeightedLists;
use crate::models::{Array, Error, Model, Parts, Viewer, Weighted};
use crate::profile::Profile;
use crate::rating::MovieId;

/// What the bytes begin with: what they are, and in which form.
const MARK: &[u8; 8] = b"LIKENES1";

/// A model ready to answer from.
#[derive(Clone, Debug, PartialEq)]
pub struct ServedModel {
    /// Ascending.
    movie_ids: Vec<MovieId>,
    lists: WeightedLists,
    dislike: f32,
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
        let mut parts = model.parts();
        let dislike = parts.take_f32(NAME, "dislike", 1)?[0];
        let lists = WeightedLists::from_parts(&mut parts, NAME, movie_ids.len(), movie_ids.len())?;
        Ok(ServedModel { movie_ids: movie_ids.to_vec(), lists, dislike })
    }

    /// How many films it knows.
    pub fn films(&self) -> usize {
        self.movie_ids.len()
    }

    /// The bytes from which [`ServedModel::from_bytes`] makes the same model: the mark, numbers of films and of entries,
    /// and the arrays, all in four bytes a number, the lowest first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut parts = self.lists.add_to(Parts::default());
        let mut whole = MARK.to_vec();
        whole.extend((self.movie_ids.len() as u32).to_le_bytes());
        whole.extend((parts.length("columns") as u32).to_le_bytes());
        whole.extend(self.dislike.to_le_bytes());
        whole.extend(self.movie_ids.iter().flat_map(|id| id.to_le_bytes()));
        for name in ["offsets", "columns"] {
            let numbers = parts.take_u32(NAME, name, parts.length(name)).unwrap_or_default();
            whole.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        }
        let weights = parts.take_f32(NAME, "weights", parts.length("weights")).unwrap_or_default();
        whole.extend(weights.iter().flat_map(|weight| weight.to_le_bytes()));
        whole
    }

    /// Reads a model.
    ///
    /// # Errors
    /// If these are not the bytes of one.
    pub fn from_bytes(whole: &[u8]) -> Result<ServedModel, Error> {
        let damaged = |reason: &str| Error::damaged(NAME, "model", reason.to_owned());
        let rest = whole.strip_prefix(MARK).ok_or_else(|| damaged("does not begin as one does"))?;
        let (words, odd) = rest.as_chunks::<4>();
        let mut words = words.iter();
        let mut head = || words.next().copied().ok_or_else(|| damaged("ends in its head"));
        let films = u32::from_le_bytes(head()?) as usize;
        let entries = u32::from_le_bytes(head()?) as usize;
        let dislike = f32::from_le_bytes(head()?);
        if !odd.is_empty() || words.len() as u64 != 2 * films as u64 + 1 + 2 * entries as u64 {
            return Err(damaged("is not as long as it says"));
        }
        let mut whole_numbers =
            |count: usize| words.by_ref().take(count).map(|word| u32::from_le_bytes(*word)).collect();
        let movie_ids: Vec<MovieId> = whole_numbers(films);
        let (offsets, columns): (Vec<u32>, Vec<u32>) = (whole_numbers(films + 1), whole_numbers(entries));
        let weights: Vec<f32> = words.map(|word| f32::from_le_bytes(*word)).collect();
        if movie_ids.windows(2).any(|pair| pair[0] >= pair[1]) || !dislike.is_finite() {
            return Err(damaged("has films that do not ascend"));
        }
        let mut parts = Parts::default()
            .with("offsets", Array::U32(offsets))
            .with("columns", Array::U32(columns))
            .with("weights", Array::F32(weights));
        let lists = WeightedLists::from_parts(&mut parts, NAME, films, films)?;
        Ok(ServedModel { movie_ids, lists, dislike })
    }

    /// The scores of all films that are like any of the profile's, the profile's own among them; none for the others.
    pub fn scores(&self, profile: &Profile) -> Scores<'_> {
        let (columns, half_stars) = self.columns_of(profile);
        let viewer = Viewer { row: None, columns: &columns, half_stars: &half_stars };
        let mut scores = vec![f32::NEG_INFINITY; self.movie_ids.len()];
        self.lists.score(&viewer, |_, half_stars| liking(half_stars, self.dislike), &mut scores);
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
            let weight = liking(half_stars, self.dislike) * self.lists.weight(own as usize, column as u32)?;
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
        ServedModel { movie_ids: vec![10, 20, 30, 40], lists, dislike: 0.5 }
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
