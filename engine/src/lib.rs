//! The mathematics of the recommender: ratings, exact neighbours, ranking, and the datasets they are read from.
//!
//! This crate never opens a socket, never awaits, and never reads the clock; what depends on the present time
//! takes it as a parameter.

pub mod catalogue;
pub mod dataset;
pub mod filters;
pub mod movielens;
pub mod profile;
pub mod rating;

pub use catalogue::{Catalogue, Movie, MovieStats};
pub use dataset::Dataset;
pub use filters::Filters;
pub use profile::Profile;
pub use rating::{HalfStars, MovieId, UserId};
