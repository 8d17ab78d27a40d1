//! The fast kernel against dot products summed one user after the other.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::*;
use crate::movielens::Rating;
use crate::rating::HalfStars;

/// Films get rarer with their number, and users differ widely in how many they rate.
fn matrix(users: u32, films: u32, seed: u64) -> RatingsMatrix {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut ratings = Vec::new();
    for user in 0..users {
        let keenness = 1 + rng.next_u32() % 100;
        for movie in 0..films {
            if rng.next_u32() % 100 < keenness && rng.next_u32() % (movie / 20 + 1) == 0 {
                let half_stars = HalfStars::new((1 + rng.next_u32() % 10) as u8).unwrap();
                ratings.push(Rating { user, movie, half_stars, timestamp: 0 });
            }
        }
    }
    RatingsMatrix::new(ratings, [films + 5])
}

/// The sums over the users of products of what `value` makes of two films' ratings.
fn dots(matrix: &RatingsMatrix, value: impl Fn(u32, u32, u8) -> f64) -> Vec<Vec<f64>> {
    let mut dots = vec![vec![0.0; matrix.films()]; matrix.films()];
    for row in 0..matrix.users() {
        let (columns, half_stars) = matrix.by_user().row(row);
        for (&a, &of_a) in columns.iter().zip(half_stars) {
            for (&b, &of_b) in columns.iter().zip(half_stars) {
                dots[a as usize][b as usize] += value(row as u32, a, of_a) * value(row as u32, b, of_b);
            }
        }
    }
    dots
}

/// Sorts all of them.
fn slow_neighbours(dots: &[Vec<f64>], scaling: &Scaling, k: usize) -> Vec<Vec<(u32, u32)>> {
    let of_film = |film: usize| {
        let others = (0..dots.len()).filter(|&other| other != film && dots[film][other] > 0.0);
        let mut all: Vec<(f32, u32)> = others
            .map(|other| {
                let denominator = scaling.left[film] * scaling.right[other] + scaling.shrink;
                ((dots[film][other] / denominator) as f32, other as u32)
            })
            .collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        all.truncate(k);
        all.into_iter().map(|(similarity, other)| (other, similarity.to_bits())).collect()
    };
    (0..dots.len()).map(of_film).collect()
}

fn bits(lists: Vec<Vec<Weighted>>) -> Vec<Vec<(u32, u32)>> {
    let of_list = |list: Vec<Weighted>| list.iter().map(|film| (film.column, film.weight.to_bits())).collect();
    lists.into_iter().map(of_list).collect()
}

fn squared_norms(dots: &[Vec<f64>]) -> Vec<f64> {
    (0..dots.len()).map(|film| dots[film][film]).collect()
}

#[test]
fn the_cosines_are_those_of_a_slow_reference_to_the_last_bit() {
    for (users, films) in [(0, 0), (1, 1), (1, 40), (30, 2), (60, 200), (1500, 150)] {
        let matrix = matrix(users, films, 1);
        let dots = dots(&matrix, |_, _, half_stars| f64::from(half_stars));
        let scaling = Scaling::cosine(&squared_norms(&dots), 0.5, 0.0);
        for k in [0, 1, 7, 1000] {
            let expected = slow_neighbours(&dots, &scaling, k);
            assert_eq!(bits(cosine_neighbours(&matrix, k)), expected, "{users} users, {films} films, k {k}");
        }
    }
}

#[test]
fn asymmetric_and_shrunk_similarities_are_those_of_the_reference_in_both_directions() {
    let matrix = matrix(200, 120, 2);
    let dots = dots(&matrix, |_, _, _| 1.0);
    for (asymmetry, shrink) in [(0.0, 0.0), (0.3, 5.0), (1.0, 100.0)] {
        let scaling = Scaling::cosine(&squared_norms(&dots), asymmetry, shrink);
        let gram = Gram::of_integers(&matrix, |_| 1);
        let expected = slow_neighbours(&dots, &scaling, 9);
        assert_eq!(bits(most_similar(&gram, &scaling, 9)), expected, "asymmetry {asymmetry}, shrink {shrink}");
    }
}

#[test]
fn the_number_of_threads_changes_no_bit_of_integer_or_weighted_similarities() {
    let matrix = matrix(300, 150, 3);
    let weight = |row: u32, column: u32, half_stars: u8| f32::from(half_stars) / (1.0 + (row % 7 + column % 5) as f32);
    let dots = dots(&matrix, |row, column, half_stars| f64::from(weight(row, column, half_stars)));
    let scaling = Scaling::cosine(&squared_norms(&dots), 0.5, 0.0);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let weighted = most_similar(&Gram::of_weights(&matrix, weight), &scaling, 20);
            (bits(cosine_neighbours(&matrix, 20)), bits(weighted))
        })
    };
    let alone = with(1);
    assert_eq!(with(2), alone);
    assert_eq!(with(5), alone);
    // Weighted sums are rounded, so the reference is met nearly, film by film.
    for (film, list) in alone.1.iter().enumerate() {
        for &(other, similarity) in list {
            let expected = dots[film][other as usize] / (scaling.left[film] * scaling.right[other as usize]);
            assert!((f64::from(f32::from_bits(similarity)) - expected).abs() < 1e-5);
        }
    }
}
