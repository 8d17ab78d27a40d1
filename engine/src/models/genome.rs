//! The tag genomes of films as vectors that a cosine can compare. A thousand relevances a film stay the bytes they are;
//! centring and scaling are done while they are read.

use super::weighted_lists::check_finite;
use super::{Array, Error, FilmContent, Parts};

/// Lanes of a sum: adding up in this order is the same on every machine, and fast on all.
const LANES: usize = 16;

/// For each film that has a genome its relevances, less the mean of each tag, times a scale.
///
/// Without centring all films would be alike: most tags are a little relevant to most films, and some ("original", "great
/// ending") are half relevant to nearly all. Less the mean over films, the cosine is how far two films differ from the
/// average film in the same way, and is below 0 for those that differ from it in opposite ways.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct GenomeVectors {
    /// Films with a genome, ascending.
    columns: Vec<u32>,
    /// A row for each of them, 0 to 255.
    relevances: Vec<u8>,
    /// Mean relevance of each tag.
    means: Vec<f32>,
    /// What makes each row, when centred, as long as it shall be.
    scales: Vec<f32>,
}

impl GenomeVectors {
    /// A vector of length 1 for each film with a genome that is not the average film's.
    pub fn new(content: &FilmContent) -> GenomeVectors {
        let films = content.films() as u32;
        let with_genome = || (0..films).filter_map(|column| Some((column, content.genome(column as usize)?)));
        let (mut sums, mut count) = (Vec::new(), 0u32);
        for (_, row) in with_genome() {
            sums.resize(row.len(), 0u64);
            sums.iter_mut().zip(row).for_each(|(sum, &relevance)| *sum += u64::from(relevance));
            count += 1;
        }
        let means = sums.iter().map(|&sum| (sum as f64 / f64::from(count)) as f32).collect();
        let mut vectors = GenomeVectors { means, ..GenomeVectors::default() };
        for (column, row) in with_genome() {
            let norm = squared_distance(row, &vectors.means).sqrt();
            // Less than a step of rounding in all tags together is no difference.
            if norm >= 1.0 {
                vectors.columns.push(column);
                vectors.relevances.extend_from_slice(row);
                vectors.scales.push((1.0 / norm) as f32);
            }
        }
        vectors
    }

    /// Whether no film has a vector.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// How many tags there are.
    pub fn tags(&self) -> usize {
        self.means.len()
    }

    /// Whether a film has a vector.
    pub fn has(&self, column: u32) -> bool {
        self.columns.binary_search(&column).is_ok()
    }

    /// Makes a film's vector so many times as long.
    pub fn scale(&mut self, column: u32, times: f64) {
        if let Ok(row) = self.columns.binary_search(&column) {
            self.scales[row] = (f64::from(self.scales[row]) * times) as f32;
        }
    }

    /// The relevances of a film and its scale.
    fn row(&self, column: u32) -> Option<(&[u8], f32)> {
        let row = self.columns.binary_search(&column).ok()?;
        Some((&self.relevances[row * self.tags()..(row + 1) * self.tags()], self.scales[row]))
    }

    /// Adds a film's vector, times a weight, to a sum of vectors; nothing for a film without.
    pub fn add(&self, column: u32, weight: f32, sum: &mut [f32]) {
        let Some((row, scale)) = self.row(column) else { return };
        for ((sum, &relevance), &mean) in sum.iter_mut().zip(row).zip(&self.means) {
            *sum += weight * scale * (f32::from(relevance) - mean);
        }
    }

    /// The dot product of two films; 0 if one has no vector.
    pub fn product(&self, film: u32, other: u32) -> f32 {
        let (Some((row, scale)), Some((other, of_other))) = (self.row(film), self.row(other)) else { return 0.0 };
        let centred = row.iter().zip(other).zip(&self.means);
        let product: f32 = centred.map(|((&a, &b), &mean)| (f32::from(a) - mean) * (f32::from(b) - mean)).sum();
        scale * of_other * product
    }

    /// Adds to each film its dot product with a sum of vectors, from 0 where it has been negative infinity.
    pub fn add_dots(&self, sum: &[f32], dots: &mut [f32]) {
        if sum.iter().all(|&of_tag| of_tag == 0.0) {
            return self.columns.iter().for_each(|&column| dots[column as usize] = dots[column as usize].max(0.0));
        }
        let of_means: f32 = sum.iter().zip(&self.means).map(|(of_tag, mean)| of_tag * mean).sum();
        let rows = self.relevances.chunks_exact(self.tags().max(1));
        for ((&column, &scale), row) in self.columns.iter().zip(&self.scales).zip(rows) {
            let dot = &mut dots[column as usize];
            let before = if *dot == f32::NEG_INFINITY { 0.0 } else { *dot };
            *dot = before + scale * (product(sum, row) - of_means);
        }
    }

    /// The arrays of a model.
    pub fn parts(&self) -> Parts {
        Parts::default()
            .with("films", Array::U32(self.columns.clone()))
            .with("relevances", Array::U8(self.relevances.clone()))
            .with("means", Array::F32(self.means.clone()))
            .with("scales", Array::F32(self.scales.clone()))
    }

    /// Takes the arrays of a model of `films` films; none is a model without genomes.
    ///
    /// # Errors
    /// Unless films ascend and exist, lengths agree and numbers are finite.
    pub fn from_parts(mut parts: Parts, model: &'static str, films: usize) -> Result<GenomeVectors, Error> {
        if parts.arrays().is_empty() {
            return Ok(GenomeVectors::default());
        }
        let (rows, tags) = (parts.length("films"), parts.length("means"));
        let vectors = GenomeVectors {
            columns: parts.take_u32(model, "films", rows)?,
            relevances: parts.take_u8(model, "relevances", rows.saturating_mul(tags))?,
            means: parts.take_f32(model, "means", tags)?,
            scales: parts.take_f32(model, "scales", rows)?,
        };
        let known = vectors.columns.last().is_none_or(|&last| (last as usize) < films);
        if !known || vectors.columns.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(Error::damaged(model, "films", format!("do not ascend within {films}")));
        }
        check_finite(model, "means", &vectors.means)?;
        check_finite(model, "scales", &vectors.scales)?;
        Ok(vectors)
    }
}

/// The square of the length of a row when centred.
fn squared_distance(row: &[u8], means: &[f32]) -> f64 {
    let differences = row.iter().zip(means).map(|(&relevance, &mean)| f64::from(relevance) - f64::from(mean));
    differences.map(|difference| difference * difference).sum()
}

fn product(sum: &[f32], row: &[u8]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (sums, last_sums) = sum.as_chunks::<LANES>();
    let (rows, last_row) = row.as_chunks::<LANES>();
    for (sums, row) in sums.iter().zip(rows) {
        for lane in 0..LANES {
            lanes[lane] += sums[lane] * f32::from(row[lane]);
        }
    }
    let last: f32 = last_sums.iter().zip(last_row).map(|(sum, &relevance)| sum * f32::from(relevance)).sum();
    lanes.iter().sum::<f32>() + last
}
