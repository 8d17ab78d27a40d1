//! The baseline: the mean rating, and what the film and the viewer usually add to it. It knows no tastes.

use super::biases::{Biases, Scale, rated_films};
use super::{BaselineParameters, Error, Model, Parts, TrainingData, Viewer};

const NAME: &str = "baseline";

/// The biases of films, and how a viewer's is estimated.
#[derive(Clone, Debug)]
pub struct Baseline {
    scale: Scale,
    rated: Vec<bool>,
    biases: Biases,
}

impl Baseline {
    /// Learns biases.
    ///
    /// # Errors
    /// If a parameter is out of range or there is no rating.
    pub fn train(data: &TrainingData, parameters: &BaselineParameters) -> Result<Baseline, Error> {
        parameters.check(NAME)?;
        if data.matrix.ratings() == 0 {
            return Err(Error::NoRatings { model: NAME });
        }
        Ok(Baseline::new(data, Biases::learn(&data.matrix, parameters)))
    }

    /// Takes the arrays of a model that was trained on these data.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, data: &TrainingData, parameters: &BaselineParameters) -> Result<Baseline, Error> {
        parameters.check(NAME)?;
        Ok(Baseline::new(data, Biases::take(&mut parts, NAME, data.matrix.films(), parameters)?))
    }

    fn new(data: &TrainingData, biases: Biases) -> Baseline {
        Baseline { scale: Scale::of(&data.matrix), rated: rated_films(&data.matrix), biases }
    }
}

impl Model for Baseline {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        let of_viewer = self.biases.of_viewer(viewer);
        for (column, score) in scores.iter_mut().enumerate() {
            *score = if self.rated[column] {
                (self.biases.of_film(column as u32) + of_viewer) as f32
            } else {
                f32::NEG_INFINITY
            };
        }
    }

    fn predict(&self, viewer: &Viewer<'_>, column: u32) -> Option<f32> {
        Some(self.scale.clamp(self.biases.of_film(column) + self.biases.of_viewer(viewer)))
    }

    fn predict_each(&self, viewer: &Viewer<'_>, columns: &[u32]) -> Vec<Option<f32>> {
        let of_viewer = self.biases.of_viewer(viewer);
        columns.iter().map(|&column| Some(self.scale.clamp(self.biases.of_film(column) + of_viewer))).collect()
    }

    fn parts(&self) -> Parts {
        self.biases.put(Parts::default())
    }
}
