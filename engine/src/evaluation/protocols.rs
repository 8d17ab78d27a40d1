//! The protocols: which ratings are held out, and among which films they are to be found again. All chance comes from
//! a seed, and nothing here depends on a model.

use rand::seq::{SliceRandom, index};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::Error;
use super::splits::{Part, Source, Split};
use crate::matrix::RatingsMatrix;

/// Chance that is for the sampled negatives, so that they do not shift what is held out.
const STREAM_OF_NEGATIVES: u64 = 1;

/// Which rating of a user is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeftOut {
    /// The latest; of several at that time, one by chance.
    #[default]
    Latest,
    /// One by chance.
    Random,
}

/// How ratings are divided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Protocol {
    /// All ratings are dealt at random into so many equal parts; each part is held out once.
    KFold {
        /// How many parts, 2 to 100.
        folds: usize,
    },
    /// Of each user a random share of the ratings is held out: the nearest number to it, but at least 1, and 1 stays.
    /// A user with a single rating is learned from and not asked about.
    RandomHoldout {
        /// Above 0 and below 1.
        share: f64,
    },
    /// The same, but what is held out are each user's latest ratings; which of several at the same time is left to chance.
    /// Time is respected within a user: others may have rated later what is held out here.
    TimeHoldout {
        /// Above 0 and below 1.
        share: f64,
    },
    /// One rating of each user with two or more is held out, and ranked among sampled films.
    LeaveOneOut {
        /// Which one.
        left_out: LeftOut,
        /// How many films are sampled evenly from those that somebody rated, but the user never; 0 ranks all unseen films.
        negatives: usize,
    },
    /// Some users are never learned from; of each a random part of the profile is given and the rest held out.
    NewUsers {
        /// The share of users, above 0 and below 1; at least 1 of those with two or more ratings.
        users: f64,
        /// The share of the profile that is held out, as in [`Protocol::RandomHoldout`].
        share: f64,
    },
}

impl Protocol {
    /// The names of all protocols.
    pub const NAMES: [&str; 5] = ["k-fold", "random-holdout", "time-holdout", "leave-one-out", "new-users"];

    /// The name on the command line.
    pub fn name(&self) -> &'static str {
        let at = match self {
            Protocol::KFold { .. } => 0,
            Protocol::RandomHoldout { .. } => 1,
            Protocol::TimeHoldout { .. } => 2,
            Protocol::LeaveOneOut { .. } => 3,
            Protocol::NewUsers { .. } => 4,
        };
        Protocol::NAMES[at]
    }

    /// How many splits there are for each seed.
    pub fn splits(&self) -> usize {
        match self {
            Protocol::KFold { folds } => *folds,
            _ => 1,
        }
    }

    /// An error unless every setting is in its range.
    ///
    /// # Errors
    /// Naming the setting, its value and the values allowed.
    pub fn check(&self) -> Result<(), Error> {
        let outside =
            |setting, value: String, expected| Err(Error::Setting { protocol: self.name(), setting, value, expected });
        let share_is_sound = |share: f64| share > 0.0 && share < 1.0;
        match *self {
            Protocol::KFold { folds } if !(2..=100).contains(&folds) => {
                outside("the number of folds", folds.to_string(), "2 to 100")
            }
            Protocol::RandomHoldout { share } | Protocol::TimeHoldout { share } | Protocol::NewUsers { share, .. }
                if !share_is_sound(share) =>
            {
                outside("the share held out", share.to_string(), "above 0 and below 1")
            }
            Protocol::NewUsers { users, .. } if !share_is_sound(users) => {
                outside("the share of users", users.to_string(), "above 0 and below 1")
            }
            _ => Ok(()),
        }
    }

    /// The split number `at` (below [`Protocol::splits`]) of a seed; the same for the same source.
    ///
    /// # Errors
    /// If a setting is out of its range, or there would be nothing to learn from or nothing to ask.
    pub fn split(&self, source: &Source, seed: u64, at: usize) -> Result<Split, Error> {
        self.check()?;
        let matrix = &source.matrix;
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let mut parts = vec![Part::Training; matrix.ratings()];
        match *self {
            Protocol::KFold { folds } => {
                let mut dealt: Vec<usize> = (0..parts.len()).collect();
                dealt.shuffle(&mut chance);
                dealt.iter().skip(at).step_by(folds).for_each(|&rating| parts[rating] = Part::HeldOut);
            }
            Protocol::RandomHoldout { share } => {
                for row in 0..matrix.users() {
                    hold_out(matrix, row, |ratings| portion(ratings, share), false, &mut chance, &mut parts);
                }
            }
            Protocol::TimeHoldout { share } => {
                for row in 0..matrix.users() {
                    hold_out(matrix, row, |ratings| portion(ratings, share), true, &mut chance, &mut parts);
                }
            }
            Protocol::LeaveOneOut { left_out, .. } => {
                let latest = left_out == LeftOut::Latest;
                for row in 0..matrix.users() {
                    hold_out(matrix, row, |ratings| usize::from(ratings > 1), latest, &mut chance, &mut parts);
                }
            }
            Protocol::NewUsers { users, share } => {
                let offsets = matrix.by_user().offsets();
                let mut rows: Vec<usize> =
                    (0..matrix.users()).filter(|&row| offsets[row + 1] - offsets[row] > 1).collect();
                rows.shuffle(&mut chance);
                rows.truncate(((matrix.users() as f64 * users).round() as usize).max(1));
                for row in rows {
                    parts[offsets[row]..offsets[row + 1]].fill(Part::Given);
                    hold_out(matrix, row, |ratings| portion(ratings, share), false, &mut chance, &mut parts);
                }
            }
        }
        let mut split = source.divided(&parts);
        let nothing = |reason| {
            let (ratings, users) = (matrix.ratings(), matrix.users());
            Err(Error::NothingToTest { protocol: self.name(), ratings, users, reason })
        };
        if split.cases.is_empty() {
            return nothing("no rating can be held out; users with two or more ratings are needed");
        }
        if split.training.matrix.ratings() == 0 {
            return nothing("no rating is left to learn from; hold out less or import more");
        }
        if let Protocol::LeaveOneOut { negatives, .. } = *self
            && negatives > 0
        {
            sample_negatives(source, &mut split, negatives, seed);
        }
        Ok(split)
    }
}

/// The whole number nearest to a share of `ratings`, but at least 1, and at least 1 less than all.
fn portion(ratings: usize, share: f64) -> usize {
    if ratings < 2 { 0 } else { ((ratings as f64 * share).round() as usize).clamp(1, ratings - 1) }
}

/// Holds out as many of a user's ratings as `how_many` says of their number: the latest, or by chance.
fn hold_out(
    matrix: &RatingsMatrix,
    row: usize,
    how_many: impl Fn(usize) -> usize,
    latest: bool,
    chance: &mut ChaCha8Rng,
    parts: &mut [Part],
) {
    let offsets = matrix.by_user().offsets();
    let mut ratings: Vec<usize> = (offsets[row]..offsets[row + 1]).collect();
    ratings.shuffle(chance);
    if latest {
        // A stable sort leaves those of one time in the order of chance.
        ratings.sort_by_key(|&rating| std::cmp::Reverse(matrix.timestamps()[rating]));
    }
    let count = how_many(ratings.len());
    ratings.iter().take(count).for_each(|&rating| parts[rating] = Part::HeldOut);
}

/// Gives every case its sampled films; all that are unseen where there are not as many.
fn sample_negatives(source: &Source, split: &mut Split, negatives: usize, seed: u64) {
    let matrix = &source.matrix;
    let by_film = matrix.by_film();
    let rated: Vec<u32> = (0..matrix.films() as u32).filter(|&film| !by_film.row(film as usize).0.is_empty()).collect();
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    chance.set_stream(STREAM_OF_NEGATIVES);
    for case in &mut split.cases {
        let seen = matrix.row_of(case.user).map_or(&[][..], |row| matrix.by_user().row(row).0);
        let unseen = rated.len() - seen.len();
        let mut picks = index::sample(&mut chance, unseen, negatives.min(unseen)).into_vec();
        picks.sort_unstable();
        // The unseen film number p stands behind as many seen ones as come before it among all rated films.
        let mut seen_before = 0;
        let columns = picks.into_iter().map(|pick| {
            while seen_before < seen.len() && seen[seen_before] <= rated[pick + seen_before] {
                seen_before += 1;
            }
            rated[pick + seen_before]
        });
        case.candidates = Some(columns.collect());
    }
}
