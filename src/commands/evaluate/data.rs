//! Where the splits of an evaluation come from: a dataset divided by a protocol, or files.

use std::path::PathBuf;

use anyhow::ensure;
use cineswarm_engine::evaluation::{FileSplit, LeftOut, Protocol, Source, Split, read_split};
use clap::ValueEnum;
use indicatif::HumanCount;

use super::Files;
use crate::commands::DatasetChoice;

/// How a dataset is divided.
#[derive(clap::Args)]
#[command(next_help_heading = "Dividing the ratings")]
pub(super) struct HowToSplit {
    /// What is held out [default: random-holdout, or k-fold with --folds]
    #[arg(long, env = "EVALUATE_PROTOCOL", value_name = "PROTOCOL", conflicts_with = "train")]
    protocol: Option<Named>,

    /// k-fold: how many parts; each is held out once [default: 5]
    #[arg(long, env = "EVALUATE_FOLDS", value_name = "K", conflicts_with = "train")]
    folds: Option<usize>,

    /// random-holdout, time-holdout, new-users: the share of each user's ratings that is held out
    #[arg(long, env = "EVALUATE_TEST_SHARE", value_name = "SHARE", default_value_t = 0.2)]
    test_share: f64,

    /// new-users: the share of users that models never learn from
    #[arg(long, env = "EVALUATE_USER_SHARE", value_name = "SHARE", default_value_t = 0.1)]
    user_share: f64,

    /// leave-one-out: which rating of each user is held out
    #[arg(long, env = "EVALUATE_LEAVE_OUT", value_name = "WHICH", default_value = "latest")]
    leave_out: Which,

    /// leave-one-out: how many films, sampled from those the user never rated, the held-out one is ranked among; 0 for all
    #[arg(long, env = "EVALUATE_SAMPLED_NEGATIVES", value_name = "N", default_value_t = 99)]
    sampled_negatives: usize,

    /// How many times to divide the ratings, each time with another seed
    #[arg(long, env = "EVALUATE_SEEDS", value_name = "N", default_value_t = 1, conflicts_with = "train",
          value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,

    /// The first seed; the same seed divides the same ratings in the same way
    #[arg(long, env = "EVALUATE_SEED", value_name = "SEED", default_value_t = 1)]
    pub(super) seed: u64,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Named {
    /// All ratings at random into K parts
    KFold,
    /// A random share of each user's ratings
    RandomHoldout,
    /// The latest share of each user's ratings
    TimeHoldout,
    /// One rating of each user, ranked among sampled films
    LeaveOneOut,
    /// Part of the ratings of users that models never learn from
    NewUsers,
}

#[derive(Clone, Copy, ValueEnum)]
enum Which {
    Latest,
    Random,
}

impl HowToSplit {
    fn protocol(&self) -> Protocol {
        let share = self.test_share;
        let left_out = match self.leave_out {
            Which::Latest => LeftOut::Latest,
            Which::Random => LeftOut::Random,
        };
        let default = if self.folds.is_some() { Named::KFold } else { Named::RandomHoldout };
        match self.protocol.unwrap_or(default) {
            Named::KFold => Protocol::KFold { folds: self.folds.unwrap_or(5) },
            Named::RandomHoldout => Protocol::RandomHoldout { share },
            Named::TimeHoldout => Protocol::TimeHoldout { share },
            Named::LeaveOneOut => Protocol::LeaveOneOut { left_out, negatives: self.sampled_negatives },
            Named::NewUsers => Protocol::NewUsers { users: self.user_share, share },
        }
    }
}

/// The splits, one at a time.
pub(super) struct Data {
    origin: Origin,
    next: usize,
    notes: Vec<String>,
    /// Whether the last split was of ratings, and not of lists of items.
    has_ratings: bool,
}

enum Origin {
    Divided { source: Source, name: String, protocol: Protocol, seed: u64, seeds: u64 },
    Files(Vec<[Option<PathBuf>; 3]>),
}

impl Data {
    pub(super) fn new(choice: &DatasetChoice, files: &Files, how: &HowToSplit) -> anyhow::Result<Data> {
        let Files { train, test, negatives } = files;
        let origin = if train.is_empty() {
            ensure!(
                how.folds.is_none() || how.protocol.is_none_or(|protocol| protocol == Named::KFold),
                "--folds is for --protocol k-fold; leave one of them out"
            );
            let protocol = how.protocol();
            protocol.check()?;
            let dataset = choice.open()?;
            let source = Source::from_dataset(&dataset)?;
            let name = dataset.metadata().name.clone();
            Origin::Divided { source, name, protocol, seed: how.seed, seeds: how.seeds }
        } else {
            let (trains, tests, sets) = (train.len(), test.len(), negatives.len());
            ensure!(
                trains == tests,
                "{trains} files of --train and {tests} of --test; give as many of one as of the other"
            );
            ensure!(
                sets == 0 || sets == tests,
                "{sets} files of --negatives and {tests} of --test; give one for each, or none"
            );
            let train = train.iter().cloned().map(Some);
            let negatives = negatives.iter().cloned().map(Some).chain(std::iter::repeat(None));
            let together = train.zip(test.iter().cloned().map(Some)).zip(negatives);
            Origin::Files(together.map(|((train, test), negatives)| [train, test, negatives]).collect())
        };
        Ok(Data { origin, next: 0, notes: Vec::new(), has_ratings: true })
    }

    /// Whether the last split was of ratings, and not of lists of items.
    pub(super) fn has_ratings(&self) -> bool {
        self.has_ratings
    }

    /// How many splits there are in all.
    pub(super) fn splits(&self) -> usize {
        match &self.origin {
            Origin::Divided { protocol, seeds, .. } => protocol.splits() * *seeds as usize,
            Origin::Files(files) => files.len(),
        }
    }

    /// The next split with its number from 0.
    pub(super) fn next_split(&mut self) -> Option<(usize, anyhow::Result<Split>)> {
        let number = self.next;
        if number >= self.splits() {
            return None;
        }
        self.next += 1;
        let split = match &self.origin {
            Origin::Divided { source, protocol, seed, .. } => {
                let seed = seed.wrapping_add((number / protocol.splits()) as u64);
                protocol.split(source, seed, number % protocol.splits()).map_err(anyhow::Error::from)
            }
            Origin::Files(files) => match &files[number] {
                [Some(train), Some(test), negatives] => {
                    read_split(train, test, negatives.as_deref()).map_err(anyhow::Error::from).map(|read| {
                        self.notes.extend(notes(&read));
                        self.has_ratings = read.has_ratings;
                        read.split
                    })
                }
                _ => return None,
            },
        };
        Some((number, split))
    }

    /// How the training part is divided to search parameters: as the whole is, and for files in the nearest way.
    pub(super) fn validation(&self) -> Protocol {
        match &self.origin {
            Origin::Divided { protocol, .. } => *protocol,
            Origin::Files(files) if files.iter().any(|[.., negatives]| negatives.is_some()) => {
                Protocol::LeaveOneOut { left_out: LeftOut::Latest, negatives: 99 }
            }
            Origin::Files(_) => Protocol::RandomHoldout { share: 0.1 },
        }
    }

    /// What was passed over so far.
    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What is evaluated on, in words.
    pub(super) fn described(&self) -> String {
        match &self.origin {
            Origin::Divided { name, protocol, seed, seeds, .. } => {
                let held_out = match protocol {
                    Protocol::KFold { folds } => format!("{folds} folds of all ratings"),
                    Protocol::RandomHoldout { share } => format!("{share} of each user's ratings held out at random"),
                    Protocol::TimeHoldout { share } => format!("the latest {share} of each user's ratings held out"),
                    Protocol::LeaveOneOut { left_out, negatives } => {
                        let which = if *left_out == LeftOut::Latest { "the latest" } else { "one random" };
                        let among = if *negatives == 0 { "all unseen".into() } else { format!("{negatives} sampled") };
                        format!("{which} rating of each user held out and ranked among {among} films")
                    }
                    Protocol::NewUsers { users, share } => {
                        format!("{users} of the users never learned from, {share} of their ratings held out")
                    }
                };
                let seeds = if *seeds > 1 {
                    format!("seeds {seed} to {}", seed.wrapping_add(seeds - 1))
                } else {
                    format!("seed {seed}")
                };
                format!("dataset {name}, {}: {held_out}, {seeds}", protocol.name())
            }
            Origin::Files(files) => {
                let tests = files.iter().filter_map(|[_, test, _]| test.as_ref());
                tests.map(|test| test.display().to_string()).collect::<Vec<String>>().join(", ")
            }
        }
    }
}

fn notes(read: &FileSplit) -> Vec<String> {
    let counts = [
        (read.zero_ratings, "ratings of 0 were left out: they say that there is none"),
        (read.test_ratings_in_training, "test ratings were left out: the same user has rated the film in training"),
        (read.test_users_not_in_training, "users of the test file have no training rating; their profiles are empty"),
        (read.negatives_rated, "negatives were left out: they are the film to be found or one rated in training"),
        (
            read.negatives_of_passed_over,
            "lines of negatives were left out: their pair is rated 0 or in training as well",
        ),
        (read.negatives_without_test, "lines of negatives were left out: their pair is not in the test file"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts = counts.map(|(count, words)| format!("{} {words}", HumanCount(count)));
    read.assumptions.iter().cloned().chain(counts).collect()
}
