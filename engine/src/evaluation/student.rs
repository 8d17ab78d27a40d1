//! Student's t distribution.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// How likely a t with so many degrees of freedom is below a point.
pub(super) fn cdf(point: f64, freedom: f64) -> Option<f64> {
    StudentsT::new(0.0, 1.0, freedom).ok().map(|t| t.cdf(point))
}

/// The point below which a t with so many degrees of freedom lies with a probability.
pub(super) fn quantile(probability: f64, freedom: f64) -> Option<f64> {
    StudentsT::new(0.0, 1.0, freedom).ok().map(|t| t.inverse_cdf(probability))
}
