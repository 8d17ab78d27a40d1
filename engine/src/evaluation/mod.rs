//! How good models are: ratings divided by a protocol, models asked about what was held out, metrics with their
//! uncertainty, and paired tests between models. What is measured was trained by who asks; only the search for parameters
//! trains, and never sees what is held out for the test.

mod bootstrap;
mod error;
mod files;
mod lists;
mod measure;
pub mod metrics;
mod protocols;
mod search;
mod significance;
mod splits;
mod student;
mod tally;

pub use bootstrap::{Interval, gain, interval};
pub use error::Error;
pub use files::{FileSplit, read_split};
pub use lists::{Answers, ListTest, Lists, Target, measure_lists};
pub use measure::{Measured, Share, measure};
pub use metrics::{Metric, RankingMetric, RatingMetric};
pub use protocols::{LeftOut, Protocol};
pub use search::{Found, Range, Search, space};
pub use significance::{Comparison, compare_all};
pub use splits::{Asks, Case, Films, Source, Split};
pub use tally::Tally;
