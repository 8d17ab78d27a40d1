//! A part of the ratings held out inside the training, and what the members of a hybrid say about it.

use rayon::prelude::*;

use super::members::{Members, standardised};
use crate::chance::Chance;
use crate::matrix::RatingsMatrix;
use crate::models::{Model, TrainingData, Viewer};
use crate::movielens::Rating;
use crate::rating::UserId;

/// Users with fewer ratings are left whole.
const LEAST_RATINGS: usize = 5;
/// Of a user's ratings, one in so many is held out.
const ONE_IN: usize = 5;
/// Films that a member ranks within the first so many for a user are candidates.
const CANDIDATES_A_MEMBER: usize = 60;

/// A split of the ratings, and the users of whom some are held out.
pub(super) struct Split {
    pub data: TrainingData,
    pub users: Vec<HeldOut>,
    seed: u64,
}

/// A user, and what was held out.
pub(super) struct HeldOut {
    user: UserId,
    columns: Vec<u32>,
    half_stars: Vec<u8>,
}

/// What the members say of some films of one user.
pub(super) struct Judged {
    /// For each candidate the standardised scores of all members.
    pub scores: Vec<f32>,
    /// Whether each candidate was held out.
    pub relevant: Vec<bool>,
    /// How many films were held out, candidates or not.
    pub held_out: usize,
}

impl Split {
    /// Holds out a fifth of the ratings of at most `most_users` users.
    pub fn new(data: &TrainingData, most_users: usize, seed: u64) -> Split {
        let matrix = &*data.matrix;
        let mut chance = Chance::of_stream(seed, 0);
        let mut rows: Vec<usize> =
            (0..matrix.users()).filter(|&row| matrix.by_user().row(row).0.len() >= LEAST_RATINGS).collect();
        chance.shuffle(&mut rows);
        rows.truncate(most_users);
        rows.sort_unstable();
        let mut users = Vec::with_capacity(rows.len());
        for &row in &rows {
            let (columns, half_stars) = matrix.by_user().row(row);
            let mut places: Vec<usize> = (0..columns.len()).collect();
            chance.shuffle(&mut places);
            places.truncate(columns.len() / ONE_IN);
            places.sort_unstable();
            users.push(HeldOut {
                user: matrix.user_ids()[row],
                columns: places.iter().map(|&at| columns[at]).collect(),
                half_stars: places.iter().map(|&at| half_stars[at]).collect(),
            });
        }
        let kept = matrix.iter().filter(|rating| !is_held_out(matrix, &users, rating));
        let kept = RatingsMatrix::new(kept, matrix.movie_ids().iter().copied());
        Split { data: TrainingData { matrix: kept.into(), content: data.content.clone() }, users, seed }
    }

    /// What the members say of the films that any of them ranks high for each user, not counting those rated. With
    /// `ratings`, only so many of the user's ratings are known, as if of somebody new.
    pub fn judged(&self, members: &Members, ratings: Option<usize>) -> Vec<Judged> {
        self.users.par_iter().filter_map(|held_out| self.judge(members, held_out, ratings)).collect()
    }

    fn judge(&self, members: &Members, held_out: &HeldOut, ratings: Option<usize>) -> Option<Judged> {
        let matrix = &*self.data.matrix;
        let row = matrix.row_of(held_out.user)?;
        let viewer = Viewer::known(matrix, row);
        let sampled = ratings.map(|count| {
            let mut places: Vec<usize> = (0..viewer.columns.len()).collect();
            Chance::of_stream(self.seed, 1 + row as u64).shuffle(&mut places);
            places.truncate(count);
            places.sort_unstable();
            places.into_iter().map(|at| (viewer.columns[at], viewer.half_stars[at])).unzip::<_, _, Vec<_>, Vec<_>>()
        });
        let asked = match &sampled {
            None => viewer,
            Some((columns, half_stars)) => Viewer { row: None, columns, half_stars },
        };
        let films = matrix.films();
        let mut by_member = Vec::new();
        let mut is_candidate = vec![false; films];
        for member in members.models() {
            let scores = standardised(member, &asked, members.unrated()).unwrap_or_else(|| vec![0.0; films]);
            let mut order: Vec<u32> =
                (0..films as u32).filter(|column| viewer.half_stars_of(*column).is_none()).collect();
            let best = CANDIDATES_A_MEMBER.min(order.len());
            let by_score = |a: &u32, b: &u32| scores[*b as usize].total_cmp(&scores[*a as usize]).then(a.cmp(b));
            if best < order.len() {
                order.select_nth_unstable_by(best, by_score);
            }
            order[..best].iter().for_each(|&column| is_candidate[column as usize] = true);
            by_member.push(scores);
        }
        let candidates: Vec<usize> = (0..films).filter(|&column| is_candidate[column]).collect();
        let relevant =
            candidates.iter().map(|&column| held_out.columns.binary_search(&(column as u32)).is_ok()).collect();
        let scores = candidates.iter().flat_map(|&column| by_member.iter().map(move |scores| scores[column])).collect();
        Some(Judged { scores, relevant, held_out: held_out.columns.len() })
    }

    /// Which of the models predict ratings, by the first rating held out.
    pub fn predicting(&self, models: &[&dyn Model]) -> Vec<usize> {
        let asked = self.users.iter().find_map(|held_out| Some((held_out.user, *held_out.columns.first()?)));
        let Some((user, column)) = asked else { return Vec::new() };
        let Some(row) = self.data.matrix.row_of(user) else { return Vec::new() };
        let viewer = Viewer::known(&self.data.matrix, row);
        (0..models.len()).filter(|&member| models[member].predict(&viewer, column).is_some()).collect()
    }

    /// For each rating held out the rating and what each member would have predicted, in half-stars.
    pub fn predictions(&self, models: &[&dyn Model]) -> Vec<(f64, Vec<f64>)> {
        let matrix = &*self.data.matrix;
        let of_user = |held_out: &HeldOut| -> Vec<(f64, Vec<f64>)> {
            let Some(row) = matrix.row_of(held_out.user) else { return Vec::new() };
            let viewer = Viewer::known(matrix, row);
            let ratings = held_out.columns.iter().zip(&held_out.half_stars);
            let predicted = ratings.filter_map(|(&column, &half_stars)| {
                let of_members =
                    models.iter().map(|model| model.predict(&viewer, column).map(|stars| f64::from(stars) * 2.0));
                Some((f64::from(half_stars), of_members.collect::<Option<Vec<f64>>>()?))
            });
            predicted.collect()
        };
        self.users.par_iter().flat_map_iter(of_user).collect()
    }
}

fn is_held_out(matrix: &RatingsMatrix, users: &[HeldOut], rating: &Rating) -> bool {
    let Ok(at) = users.binary_search_by_key(&rating.user, |held_out| held_out.user) else { return false };
    let column = matrix.column_of(rating.movie).map(|column| column as u32);
    column.is_some_and(|column| users[at].columns.binary_search(&column).is_ok())
}
