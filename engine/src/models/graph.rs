//! Graph: two-hop walks from the viewer's films over the people who liked them to other films, counted. The counts are
//! the explanation: so many people liked both.

use serde::{Deserialize, Serialize};

use super::item_similarity::{Gram, Scaling, neighbour_lists};
use super::weighted_lists::WeightedLists;
use super::{Array, Error, Model, Parts, TrainingData, Viewer, Weighted};

const NAME: &str = "graph";

/// How the graph model learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GraphParameters {
    /// Only ratings of so many half-stars are edges; 1 (all) to 10.
    pub least_half_stars: u8,
    /// Counts are divided by the number of edges of the film that is scored raised to this power; 0 to 1.
    pub popularity_exponent: f64,
    /// How many films are kept for each film to come from; 1 or more.
    pub k: usize,
}

impl Default for GraphParameters {
    fn default() -> Self {
        GraphParameters { least_half_stars: 1, popularity_exponent: 0.5, k: 500 }
    }
}

impl GraphParameters {
    fn check(&self) -> Result<(), Error> {
        let GraphParameters { least_half_stars, popularity_exponent, k } = *self;
        let half_stars = "a number of half-stars, 1 to 10";
        Error::unless_within(NAME, "least_half_stars", f64::from(least_half_stars), 1.0..=10.0, half_stars)?;
        Error::unless_within(NAME, "popularity_exponent", popularity_exponent, 0.0..=1.0, "between 0 and 1")?;
        Error::unless_at_least(NAME, "k", k as f64, 1.0, "a number of films, 1 or more")
    }

    fn is_edge(&self, half_stars: u8) -> bool {
        half_stars >= self.least_half_stars
    }
}

/// For each film those that most people also liked, for their popularity.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    exponent: f64,
    lists: WeightedLists,
    /// How many people liked each film.
    edges: Vec<u32>,
}

impl Graph {
    /// Counts the people who liked both, for all pairs of films.
    ///
    /// # Errors
    /// If a parameter is out of range or there is no edge.
    pub fn train(data: &TrainingData, parameters: &GraphParameters) -> Result<Graph, Error> {
        parameters.check()?;
        let matrix = &*data.matrix;
        let degree =
            |column| matrix.by_film().row(column).1.iter().filter(|&&rating| parameters.is_edge(rating)).count();
        let edges: Vec<u32> = (0..matrix.films()).map(|column| degree(column) as u32).collect();
        if edges.iter().all(|&edges| edges == 0) {
            return Err(Error::NoRatings { model: NAME });
        }
        let exponent = parameters.popularity_exponent;
        let scaling = Scaling {
            left: vec![1.0; edges.len()],
            right: edges.iter().map(|&edges| f64::from(edges).powf(exponent)).collect(),
            shrink: 0.0,
        };
        let gram = Gram::of_integers(matrix, |half_stars| u8::from(parameters.is_edge(half_stars)));
        Ok(Graph { exponent, lists: neighbour_lists(&gram, &scaling, parameters.k), edges })
    }

    /// Takes the arrays of a model of `films` films.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, films: usize, parameters: &GraphParameters) -> Result<Graph, Error> {
        parameters.check()?;
        let edges = parts.take_u32(NAME, "edges", films)?;
        let lists = WeightedLists::from_parts(&mut parts, NAME, films, films)?;
        Ok(Graph { exponent: parameters.popularity_exponent, lists, edges })
    }
}

impl Model for Graph {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        self.lists.score(viewer, |_, _| 1.0, scores);
    }

    /// Shares in proportion to the coincidences.
    fn because(&self, viewer: &Viewer<'_>, column: u32, limit: usize) -> Vec<Weighted> {
        self.lists.because(viewer, column, |_, _| 1.0, limit)
    }

    /// By coincidences, divided by the other film's popularity raised to the exponent.
    fn similar(&self, column: u32, k: usize) -> Vec<Weighted> {
        self.lists.best(column as usize, k)
    }

    /// How many people liked both films; `None` where the second is not among those kept for the first.
    fn coincidences(&self, film: u32, other: u32) -> Option<u32> {
        let weight = f64::from(self.lists.weight(film as usize, other)?);
        let edges = f64::from(*self.edges.get(other as usize)?);
        Some((weight * edges.powf(self.exponent)).round() as u32)
    }

    fn parts(&self) -> Parts {
        self.lists.add_to(Parts::default()).with("edges", Array::U32(self.edges.clone()))
    }
}
