//! Likeness: for each film those most like it, by who rates both, by factors of who rates what, and by what is known of
//! the films, in one list. It learns within seconds, is small enough to be handed to every worker, and answers "films like
//! these", short profiles and long ones by the same sum, so that an answer moves with each rating and never jumps.

mod served;

pub use served::ServedModel;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::weighted_lists::{WeightedLists, best_first};
use super::{
    Array, ContentBased, ContentParameters, Error, Ials, IalsParameters, ItemKnn, ItemKnnParameters, Model, Parts,
    Progress, TrainingData, Viewer, Watch, Weighted,
};

const NAME: &str = "likeness";

/// Films that each source names for a film, of which the best are kept.
const POOL: usize = 400;

/// What a source says is measured in the likeness of its so-many-th film, so that sources can be added.
const YARDSTICK: usize = 10;

/// How the likeness model learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LikenessParameters {
    /// How many films are kept for each film; 1 or more.
    pub k: usize,
    /// How much it counts that the same people rate both films; 0 or more.
    pub raters: f64,
    /// How much the cosine of the films' factors (implicit ALS) counts; 0 or more.
    pub factors: f64,
    /// How much it counts what is known of the films; 0 or more.
    pub content: f64,
    /// Ratings at which a film counts half, so that three people do not put a film first; 0 or more.
    pub doubt: f64,
    /// A film's likeness is divided by its number of ratings raised to this power, so that what everybody has seen does
    /// not crowd out the rest; 0 to 1.
    pub familiarity: f64,
    /// How much a low rating counts against what is like it, relative to a high one; 0 or more.
    pub dislike: f64,
    /// How the films' descriptions are compared.
    pub described: ContentParameters,
}

impl Default for LikenessParameters {
    fn default() -> Self {
        LikenessParameters {
            k: 200,
            raters: 1.0,
            factors: 0.5,
            content: 0.5,
            doubt: 3.0,
            familiarity: 0.0,
            dislike: 0.5,
            described: ContentParameters {
                directors: 0.5,
                cast: 0.5,
                series: 0.5,
                themes: 1.0,
                ..ContentParameters::default()
            },
        }
    }
}

impl LikenessParameters {
    fn check(&self) -> Result<(), Error> {
        Error::unless_at_least(NAME, "k", self.k as f64, 1.0, "a number of films, 1 or more")?;
        let weights = [
            ("raters", self.raters),
            ("factors", self.factors),
            ("content", self.content),
            ("doubt", self.doubt),
            ("dislike", self.dislike),
        ];
        for (name, weight) in weights {
            Error::unless_within(NAME, name, weight, 0.0..=1e6, "between 0 and 1e6")?;
        }
        Error::unless_within(NAME, "familiarity", self.familiarity, 0.0..=1.0, "between 0 and 1")
    }
}

/// What a rating says of films like the rated one: 1 for five stars, 0 for two and a half, below that less than 0.
fn liking(half_stars: u8, dislike: f32) -> f32 {
    let liking = (f32::from(half_stars) - 5.0) / 5.0;
    if liking < 0.0 { liking * dislike } else { liking }
}

/// For each film those most like it.
#[derive(Clone, Debug, PartialEq)]
pub struct Likeness {
    lists: WeightedLists,
    dislike: f32,
}

impl Likeness {
    /// Trains the sources one after the other and joins what they say of each film.
    ///
    /// # Errors
    /// If a parameter is out of range or there is no rating.
    pub fn train(data: &TrainingData, parameters: &LikenessParameters, watch: Watch<'_>) -> Result<Likeness, Error> {
        parameters.check()?;
        let matrix = &*data.matrix;
        if matrix.ratings() == 0 {
            return Err(Error::NoRatings { model: NAME });
        }
        let steps = |done| watch(Progress { done, total: 4 });
        let raters = ItemKnn::train(data, &ItemKnnParameters { k: POOL, ..ItemKnnParameters::default() })?;
        steps(1);
        let of_size = IalsParameters::for_data(data);
        let factors = Ials::train(data, &IalsParameters { factors: of_size.factors.min(64), ..of_size }, &|_| {})?;
        steps(2);
        let content = ContentBased::train(data, &parameters.described)?;
        steps(3);
        let ratings = |column: u32| matrix.by_film().row(column as usize).0.len() as f64;
        let lists: Vec<Vec<Weighted>> = (0..matrix.films() as u32)
            .into_par_iter()
            .map(|film| {
                // What few people have rated is known by what it is rather than by who rated it.
                let known = ratings(film) / (ratings(film) + parameters.doubt.max(1.0));
                let sources: [(f64, &dyn Model); 3] = [
                    (parameters.raters * known, &raters),
                    (parameters.factors * known, &factors),
                    (parameters.content, &content),
                ];
                let mut sums: FxHashMap<u32, f64> = FxHashMap::default();
                for (weight, source) in sources.into_iter().filter(|(weight, _)| *weight > 0.0) {
                    let alike = source.similar(film, POOL);
                    let Some(yardstick) = alike.get(YARDSTICK - 1).or(alike.last()) else { continue };
                    let unit = f64::from(yardstick.weight);
                    if unit > 0.0 {
                        for Weighted { column, weight: likeness } in alike {
                            *sums.entry(column).or_default() += weight * f64::from(likeness) / unit;
                        }
                    }
                }
                let joined = sums.into_iter().filter_map(|(column, sum)| {
                    let ratings = ratings(column);
                    let trust = ratings / (ratings + parameters.doubt);
                    let weight = (sum * trust / ratings.max(1.0).powf(parameters.familiarity)) as f32;
                    (weight > 0.0 && weight.is_finite()).then_some(Weighted { column, weight })
                });
                best_first(joined.collect(), parameters.k)
            })
            .collect();
        steps(4);
        Ok(Likeness { lists: WeightedLists::new(lists), dislike: parameters.dislike as f32 })
    }

    /// Takes the arrays of a model of `films` films.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, films: usize, parameters: &LikenessParameters) -> Result<Likeness, Error> {
        parameters.check()?;
        // It is among the arrays for those who have no parameters.
        let dislike = parts.take_f32(NAME, "dislike", 1)?[0];
        if dislike.to_bits() != (parameters.dislike as f32).to_bits() {
            return Err(Error::damaged(NAME, "dislike", "is not that of the parameters"));
        }
        Ok(Likeness { lists: WeightedLists::from_parts(&mut parts, NAME, films, films)?, dislike })
    }
}

impl Model for Likeness {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        self.lists.score(viewer, |_, half_stars| liking(half_stars, self.dislike), scores);
    }

    fn because(&self, viewer: &Viewer<'_>, column: u32, limit: usize) -> Vec<Weighted> {
        self.lists.because(viewer, column, |_, half_stars| liking(half_stars, self.dislike), limit)
    }

    fn similar(&self, column: u32, k: usize) -> Vec<Weighted> {
        self.lists.best(column as usize, k)
    }

    fn parts(&self) -> Parts {
        self.lists.add_to(Parts::default()).with("dislike", Array::F32(vec![self.dislike]))
    }
}
