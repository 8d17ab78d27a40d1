//! For each film a list of weighted columns: what is left of an item-item matrix when only the best are kept, or the
//! features of a film.

use super::{Array, Error, Parts, Viewer, Weighted};

/// A list for each film, of columns that ascend: other films, where nothing else is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WeightedLists {
    offsets: Vec<u32>,
    columns: Vec<u32>,
    weights: Vec<f32>,
}

impl WeightedLists {
    /// Takes a list for each film, in the order of the columns.
    pub fn new(lists: impl IntoIterator<Item = Vec<Weighted>>) -> WeightedLists {
        let mut all = WeightedLists { offsets: vec![0], ..WeightedLists::default() };
        for mut list in lists {
            list.sort_unstable_by_key(|neighbour| neighbour.column);
            all.columns.extend(list.iter().map(|neighbour| neighbour.column));
            all.weights.extend(list.iter().map(|neighbour| neighbour.weight));
            all.offsets.push(all.columns.len() as u32);
        }
        all
    }

    /// How many films have a list, maybe empty.
    pub fn films(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// One more than the highest column in any list.
    pub fn width(&self) -> usize {
        self.columns.iter().max().map_or(0, |&column| column as usize + 1)
    }

    /// The films of a list, ascending, and their weights; nothing for a film there is not.
    pub fn list(&self, column: usize) -> (&[u32], &[f32]) {
        match self.offsets.get(column..column + 2) {
            Some(&[start, end]) => {
                let range = start as usize..end as usize;
                (&self.columns[range.clone()], &self.weights[range])
            }
            _ => (&[], &[]),
        }
    }

    /// The weight of a film in the list of another.
    pub fn weight(&self, of: usize, film: u32) -> Option<f32> {
        let (columns, weights) = self.list(of);
        columns.binary_search(&film).ok().map(|at| weights[at])
    }

    /// The same weights by the columns in the lists, all below `width`: b in the list of a becomes a in that of b.
    pub fn transposed(&self, width: usize) -> WeightedLists {
        let mut offsets = vec![0u32; width + 1];
        for &column in &self.columns {
            offsets[column as usize + 1] += 1;
        }
        for column in 0..width {
            offsets[column + 1] += offsets[column];
        }
        let mut next = offsets.clone();
        let mut turned =
            WeightedLists { offsets, columns: vec![0; self.columns.len()], weights: vec![0.0; self.weights.len()] };
        for film in 0..self.films() {
            let (columns, weights) = self.list(film);
            for (&column, &weight) in columns.iter().zip(weights) {
                let slot = &mut next[column as usize];
                turned.columns[*slot as usize] = film as u32;
                turned.weights[*slot as usize] = weight;
                *slot += 1;
            }
        }
        turned
    }

    /// The best `k` of a list, best first.
    pub fn best(&self, column: usize, k: usize) -> Vec<Weighted> {
        let (columns, weights) = self.list(column);
        let pairs = columns.iter().zip(weights);
        best_first(pairs.map(|(&column, &weight)| Weighted { column, weight }).collect(), k)
    }

    /// Scores each film by the sum, over the viewer's films that have it in their lists, of `value(half_stars)` times its
    /// weight there; negative infinity where there is none.
    pub fn score(&self, viewer: &Viewer<'_>, value: impl Fn(u32, u8) -> f32, scores: &mut [f32]) {
        scores.fill(f32::NEG_INFINITY);
        for (&column, &half_stars) in viewer.columns.iter().zip(viewer.half_stars) {
            let value = value(column, half_stars);
            let (columns, weights) = self.list(column as usize);
            for (&column, &weight) in columns.iter().zip(weights) {
                let score = &mut scores[column as usize];
                // 0 for what was untouched: the maximum of negative infinity and 0, without a branch.
                *score = if *score == f32::NEG_INFINITY { 0.0 } else { *score } + value * weight;
            }
        }
    }

    /// The viewer's films that add to the score of a film, the largest share first.
    pub fn because(
        &self,
        viewer: &Viewer<'_>,
        column: u32,
        value: impl Fn(u32, u8) -> f32,
        limit: usize,
    ) -> Vec<Weighted> {
        let rated = viewer.columns.iter().zip(viewer.half_stars);
        let added = rated.filter_map(|(&rated, &half_stars)| {
            let weight = value(rated, half_stars) * self.weight(rated as usize, column)?;
            (weight > 0.0).then_some(Weighted { column: rated, weight })
        });
        shares(added.collect(), limit)
    }

    /// Adds the lists to the arrays of a model.
    pub fn add_to(&self, parts: Parts) -> Parts {
        parts
            .with("offsets", Array::U32(self.offsets.clone()))
            .with("columns", Array::U32(self.columns.clone()))
            .with("weights", Array::F32(self.weights.clone()))
    }

    /// Takes the lists of `films` films, of columns below `width`, out of the arrays of a model.
    ///
    /// # Errors
    /// Unless the offsets ascend over all elements, columns ascend in each list and exist, and weights are finite.
    pub fn from_parts(
        parts: &mut Parts,
        model: &'static str,
        films: usize,
        width: usize,
    ) -> Result<WeightedLists, Error> {
        let length = parts.length("columns");
        let lists = WeightedLists {
            offsets: parts.take_u32(model, "offsets", films + 1)?,
            columns: parts.take_u32(model, "columns", length)?,
            weights: parts.take_f32(model, "weights", length)?,
        };
        let ends = (lists.offsets.first(), lists.offsets.last());
        if ends != (Some(&0), Some(&(length as u32))) || !lists.offsets.is_sorted() {
            return Err(Error::damaged(model, "offsets", "do not ascend from 0 to the number of columns"));
        }
        for film in 0..films {
            let (columns, _) = lists.list(film);
            let known = columns.last().is_none_or(|&last| (last as usize) < width);
            if !known || columns.windows(2).any(|pair| pair[0] >= pair[1]) {
                return Err(Error::damaged(model, "columns", format!("do not ascend within {width} for film {film}")));
            }
        }
        check_finite(model, "weights", &lists.weights)?;
        Ok(lists)
    }
}

/// The best `k`, the largest weight first, of equals the lower column.
pub(crate) fn best_first(mut films: Vec<Weighted>, k: usize) -> Vec<Weighted> {
    let order = |a: &Weighted, b: &Weighted| b.weight.total_cmp(&a.weight).then(a.column.cmp(&b.column));
    if k < films.len() {
        films.select_nth_unstable_by(k, order);
        films.truncate(k);
    }
    films.sort_unstable_by(order);
    films
}

/// What was added to a score as shares of the sum, the `limit` largest first.
pub(crate) fn shares(added: Vec<Weighted>, limit: usize) -> Vec<Weighted> {
    let sum: f64 = added.iter().map(|film| f64::from(film.weight)).sum();
    let mut best = best_first(added, limit);
    for film in &mut best {
        film.weight = (f64::from(film.weight) / sum) as f32;
    }
    best
}

/// Unless all values are finite, an error that names the array.
pub(crate) fn check_finite(model: &'static str, part: &'static str, values: &[f32]) -> Result<(), Error> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(Error::damaged(model, part, format!("have an element that is no number, at {at}"))),
        None => Ok(()),
    }
}
