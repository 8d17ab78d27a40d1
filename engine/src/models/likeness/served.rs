//! A likeness model as workers get it: one sequence of bytes, with the films' numbers and nothing of any user, so that it
//! answers without a dataset. Every sum runs in the order of the profile, so whoever holds it gets the same bits.

use super::{Likeness, MOST_FACTORS, NAME, liking};
use crate::best::Best;
use crate::models::{Array, Error, Model, Parts, Viewer, Weighted};
use crate::profile::Profile;
use crate::rating::MovieId;

/// What the bytes begin with: what they are, and in which form. The first has no factors of taste, and only the third knows
/// what films have in common.
const LISTS_ALONE: &[u8; 8] = b"LIKENES1";
const WITH_TASTE: &[u8; 8] = b"LIKENES2";
const WITH_GROUND: &[u8; 8] = b"LIKENES3";
/// The arrays of a model in the order of the bytes.
const ARRAYS: [&str; 9] = [
    "offsets",
    "columns",
    "weights",
    "means",
    "factors",
    "ground/offsets",
    "ground/attributes",
    "ground/with",
    "ground/without",
];

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

    /// The bytes from which [`ServedModel::from_bytes`] makes the same model: the mark, numbers of films, of entries, of
    /// factors a film, of attributes and of those of all films, and the arrays, all in four bytes a number, the lowest first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let parts = self.model.parts();
        let length = |array: &str| parts.length(array) as u32;
        let (rank, strength) = (self.model.taste.rank() as u32, self.model.ground.strength());
        let head = [self.movie_ids.len() as u32, length("columns"), self.model.dislike.to_bits()];
        let more = [rank, length("ground/with"), length("ground/attributes"), strength.to_bits()];
        let (mark, more) = match (strength > 0.0, rank) {
            (true, _) => (WITH_GROUND, &more[..]),
            (false, 1..) => (WITH_TASTE, &more[..1]),
            (false, 0) => (LISTS_ALONE, &more[..0]),
        };
        let mut whole = mark.to_vec();
        let mut add = |numbers: &[u32]| whole.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        [&head, more, &self.movie_ids].into_iter().for_each(&mut add);
        for array in ARRAYS {
            match parts.arrays().get(array) {
                Some(Array::U32(numbers)) => add(numbers),
                Some(Array::F32(numbers)) => add(&numbers.iter().map(|number| number.to_bits()).collect::<Vec<u32>>()),
                _ => {}
            }
        }
        whole
    }

    /// Reads a model.
    ///
    /// # Errors
    /// If these are not the bytes of one.
    pub fn from_bytes(whole: &[u8]) -> Result<ServedModel, Error> {
        let damaged = |reason: &str| Error::damaged(NAME, "model", reason.to_owned());
        let mark = [LISTS_ALONE, WITH_TASTE, WITH_GROUND].into_iter().find(|mark| whole.starts_with(*mark));
        let mark = mark.ok_or_else(|| damaged("does not begin as one does"))?;
        let (words, odd) = whole[mark.len()..].as_chunks::<4>();
        let mut words = words.iter().map(|word| u32::from_le_bytes(*word));
        let mut head = || words.next().ok_or_else(|| damaged("ends in its head"));
        let (films, entries, dislike) = (head()? as usize, head()? as usize, f32::from_bits(head()?));
        let factors = if mark == LISTS_ALONE { 0 } else { head()? as usize };
        if factors > MOST_FACTORS || (mark == WITH_TASTE && factors == 0) {
            return Err(damaged("has no such number of factors as one may have"));
        }
        let with_ground = mark == WITH_GROUND;
        let common = if with_ground { [head()?, head()?, head()?] } else { [0; 3] };
        let (attributes, held, strength) = (common[0] as usize, common[1] as usize, f32::from_bits(common[2]));
        let of_films = |there: bool| if there { films } else { 0 };
        let lengths = [
            films + 1,
            entries,
            entries,
            of_films(factors > 0),
            films.saturating_mul(factors),
            if with_ground { films + 1 } else { 0 },
            held,
            attributes,
            attributes,
        ];
        let length = lengths.iter().fold(films, |sum, length| sum.saturating_add(*length));
        if !odd.is_empty() || words.len() != length {
            return Err(damaged("is not as long as it says"));
        }
        let movie_ids: Vec<MovieId> = words.by_ref().take(films).collect();
        if movie_ids.windows(2).any(|pair| pair[0] >= pair[1]) || !dislike.is_finite() {
            return Err(damaged("has films that do not ascend"));
        }
        let mut parts = Parts::default().with("dislike", Array::F32(vec![dislike]));
        if with_ground {
            parts = parts.with("ground/strength", Array::F32(vec![strength]));
        }
        for (array, length) in ARRAYS.into_iter().zip(lengths) {
            let numbers = words.by_ref().take(length);
            let numbers = match array {
                "offsets" | "columns" | "ground/offsets" | "ground/attributes" => Array::U32(numbers.collect()),
                _ => Array::F32(numbers.map(f32::from_bits).collect()),
            };
            parts = parts.with(array, numbers);
        }
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
    use crate::models::likeness::{Ground, Taste};
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
        ServedModel {
            movie_ids: vec![10, 20, 30, 40],
            model: Likeness { lists, taste, ground: Ground::default(), dislike: 0.5 },
        }
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

    /// Films 10, 40 and 30 are of one kind that few are of, film 20 is of another.
    fn ground() -> Ground {
        let parts = Parts::default()
            .with("strength", Array::F32(vec![1.0]))
            .with("offsets", Array::U32(vec![0, 1, 2, 4, 5]))
            .with("attributes", Array::U32(vec![1, 0, 0, 1, 1]))
            .with("with", Array::F32(vec![0.5, 2.5]))
            .with("without", Array::F32(vec![1.0, 1.5]));
        Ground::from_parts(parts, 4).unwrap()
    }

    #[test]
    fn a_model_that_knows_what_films_have_in_common_comes_out_of_its_bytes_as_it_went_in_and_of_others_none_does() {
        for taste in [Taste::default(), taste()] {
            let with_ground = ServedModel { model: Likeness { taste, ground: ground(), ..model().model }, ..model() };
            let whole = with_ground.to_bytes();
            let read = ServedModel::from_bytes(&whole).unwrap();
            assert_eq!(read, with_ground);
            let rated = profile(&[(10, 10), (40, 9)]);
            assert_eq!(read.best(&rated, 10), with_ground.best(&rated, 10));
            let without = ServedModel { model: Likeness { ground: Ground::default(), ..read.model }, ..model() };
            assert!(read_score(&with_ground, &rated, 30) > read_score(&without, &rated, 30), "what is common counts");
            for end in 0..whole.len() {
                assert!(ServedModel::from_bytes(&whole[..end]).is_err(), "the first {end} bytes are no model");
            }
            // More attributes than there are, one that there is not, a strength and a rarity that are no numbers.
            let (head, end) = (8 + 12, whole.len());
            let attribute = end - 4 * 4 - 4;
            for (at, number) in
                [(head + 4, 9), (attribute, 2), (head + 12, f32::NAN.to_bits()), (end - 4, f32::INFINITY.to_bits())]
            {
                let mut other = whole.clone();
                other[at..at + 4].copy_from_slice(&number.to_le_bytes());
                assert!(ServedModel::from_bytes(&other).is_err(), "{number} at {at}");
            }
        }
    }

    fn read_score(model: &ServedModel, rated: &Profile, movie: MovieId) -> f32 {
        model.scores(rated).of(movie).unwrap()
    }

    /// Whoever has what an earlier program served answers from it as that program did.
    #[test]
    fn the_forms_of_earlier_programs_are_still_read() {
        let numbers = |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        let lists = [&[10, 20, 0, 1, 2, 1, 0][..], &[1f32.to_bits(), 0.5f32.to_bits()][..]];
        let first = [b"LIKENES1".to_vec(), numbers(&[2, 2, 0.5f32.to_bits()]), numbers(&lists.concat())].concat();
        let taste = [0.25f32, 0.25, 1.0, 0.0].map(f32::to_bits);
        let head = numbers(&[2, 2, 0.5f32.to_bits(), 1]);
        let second = [b"LIKENES2".to_vec(), head, numbers(&lists.concat()), numbers(&taste)].concat();
        for (bytes, rank) in [(first, 0), (second, 1)] {
            let read = ServedModel::from_bytes(&bytes).unwrap();
            assert_eq!(read.model.taste.rank(), rank);
            assert_eq!(read.model.ground, Ground::default());
            assert_eq!(read.best(&profile(&[(10, 10)]), 10), [(20, 1.0)]);
            assert_eq!(read.to_bytes(), bytes);
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
