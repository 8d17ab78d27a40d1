//! What can be wrong with an evaluation: its metrics, its protocol, its files, or the models.

use std::io;
use std::path::PathBuf;

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such metric.
    #[error("there is no metric \"{}\"; there are: {known}", .name.escape_debug())]
    UnknownMetric {
        /// What was asked for.
        name: String,
        /// Names of all metrics.
        known: String,
    },
    /// A list of a length that is not measured.
    #[error("metric \"{}\": the number behind '@' must be 1 to 1000 films, as in ndcg@10", .name.escape_debug())]
    BadCutoff {
        /// What was asked for.
        name: String,
    },
    /// No such protocol.
    #[error("there is no protocol \"{}\"; there are: {known}", .name.escape_debug())]
    UnknownProtocol {
        /// What was asked for.
        name: String,
        /// Names of all protocols.
        known: String,
    },
    /// A setting of a protocol out of its range.
    #[error("protocol {protocol}: {setting} is {value}; it must be {expected}")]
    Setting {
        /// The protocol.
        protocol: &'static str,
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// The values allowed.
        expected: &'static str,
    },
    /// Too few ratings for anything to be held out, or for anything to be left.
    #[error("splitting {ratings} ratings of {users} users by {protocol}: {reason}")]
    NothingToTest {
        /// The protocol.
        protocol: &'static str,
        /// Ratings there are.
        ratings: usize,
        /// Users there are.
        users: usize,
        /// What is missing.
        reason: &'static str,
    },
    /// A file cannot be read.
    #[error("reading {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line is not what it must be.
    #[error("reading {}, line {line}: found {found}; expected {expected}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Line, the first being 1.
        line: u64,
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
    /// A file has no line that counts.
    #[error("reading {}: there is no rating in it; expected {expected}", path.display())]
    EmptyFile {
        /// The file.
        path: PathBuf,
        /// What should be there.
        expected: &'static str,
    },
    /// A rating to be found, and nothing to find it among.
    #[error("reading {}: there is no line ({user},{item}), which is a pair of the test file", path.display())]
    NoNegatives {
        /// The file of negatives.
        path: PathBuf,
        /// The user, as the files call it.
        user: String,
        /// The item.
        item: String,
    },
    /// A file holds more than is read.
    #[error("reading {}: more than {limit} {what}, which is all that is read of such a file", path.display())]
    TooMuch {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        limit: usize,
        /// Of what.
        what: &'static str,
    },
    /// A model could not be trained.
    #[error(transparent)]
    Model(#[from] crate::models::Error),
    /// Tags of a dataset could not be read.
    #[error(transparent)]
    Dataset(#[from] crate::dataset::Error),
}
