//! The mathematics of the recommender: ratings, exact neighbours, ranking, models that are trained, their evaluation, and
//! the datasets and models on disk.
//!
//! This crate never opens a socket and never awaits, and no answer depends on the clock; what depends on the present time
//! takes it as a parameter.

mod best;
pub mod catalogue;
mod chance;
mod changed_rows;
pub mod claims;
pub mod dataset;
pub mod demo;
mod dense;
pub mod evaluation;
pub mod facts;
pub mod filters;
mod genre_company;
mod genres;
pub mod index;
mod makers;
pub mod matrix;
pub mod model_store;
pub mod models;
pub mod movielens;
pub mod neighbours;
pub mod popularity;
mod prefetch;
pub mod profile;
pub mod ranking;
pub mod rating;
mod row_changes;
mod rows;
pub mod shard;
pub mod shortage;
pub mod source_ids;
pub mod synth;
pub mod versions;
pub mod viewer_files;

pub use catalogue::{Catalogue, Movie, MovieStats};
pub use dataset::Dataset;
pub use facts::FilmFacts;
pub use filters::Filters;
pub use index::{Kernel, LiveIndex, ShardIndex};
pub use makers::Makers;
pub use matrix::RatingsMatrix;
pub use neighbours::{
    Neighbour, NeighbourOptions, Scratch, top_k_batch, top_k_batch_unless, top_k_over, top_k_parallel,
};
pub use popularity::{damped_means, popular, starters};
pub use profile::{Profile, SHORT_PROFILE};
pub use ranking::{Because, PopularityPenalty, RankOptions, RankScratch, Ranker, Recommendation};
pub use rating::{FIRST_LIVE_ID, HalfStars, MovieId, UserId};
pub use shard::ShardRatings;
pub use shortage::{Shortage, rank_or_explain};
pub use source_ids::SourceIds;
