use std::collections::BTreeMap;

use super::*;
use crate::catalogue::Movie;
use crate::demo::movies;

fn shipped() -> (Vec<Movie>, Vec<DemoRating>) {
    (movies().unwrap(), ratings(SEED).unwrap())
}

#[test]
fn there_are_enough_ratings_sorted_and_without_repetition() {
    let (movies, ratings) = shipped();
    assert!((200_000..=250_000).contains(&ratings.len()), "{} ratings", ratings.len());
    assert!(ratings.is_sorted_by_key(|rating| (rating.user_id, rating.movie_id)));
    assert!(ratings.windows(2).all(|pair| (pair[0].user_id, pair[0].movie_id) != (pair[1].user_id, pair[1].movie_id)));
    assert!(ratings.iter().all(|rating| (1..=movies.len() as MovieId).contains(&rating.movie_id)));
}

#[test]
fn viewers_rate_twenty_to_four_hundred_films_and_half_of_them_about_sixty() {
    let (_, ratings) = shipped();
    let mut counts = vec![0_usize; VIEWERS as usize];
    for rating in &ratings {
        counts[rating.user_id as usize - 1] += 1;
    }
    counts.sort_unstable();
    assert!(counts[0] >= 20, "someone rated only {}", counts[0]);
    assert!(counts[counts.len() - 1] <= 400);
    assert!(counts[counts.len() - 1] >= 300, "the most active viewer rated only {}", counts[counts.len() - 1]);
    let median = counts[counts.len() / 2];
    assert!((50..=70).contains(&median), "median {median}");
}

#[test]
fn every_film_is_rated_by_enough_viewers_to_have_neighbours() {
    let (movies, ratings) = shipped();
    let mut counts = vec![0; movies.len()];
    for rating in &ratings {
        counts[rating.movie_id as usize - 1] += 1;
    }
    let (rarest, movie) = counts.iter().zip(&movies).min_by_key(|(count, _)| **count).unwrap();
    assert!(*rarest >= 10, "{} has {rarest} ratings", movie.title);
}

#[test]
fn people_give_four_stars_most_and_whole_stars_more_than_half_ones() {
    let (_, ratings) = shipped();
    let mut counts = [0_usize; 11];
    for rating in &ratings {
        counts[usize::from(rating.half_stars.get())] += 1;
    }
    println!("ratings by half-stars, 1 to 10: {:?}", &counts[1..]);
    assert!(counts[1..].iter().all(|&count| count > 0));
    assert_eq!((1..=10).max_by_key(|&step| counts[step]), Some(8));
    for whole in (2..=10).step_by(2) {
        assert!(counts[whole] > counts[whole - 1], "half a star under {} is commoner", whole / 2);
        assert!(whole == 10 || counts[whole] > counts[whole + 1], "half a star over {} is commoner", whole / 2);
    }
    assert!(counts[1] * 50 < ratings.len(), "more than 2 % are half a star");
    let mean = ratings.iter().map(|rating| rating.half_stars.stars()).sum::<f64>() / ratings.len() as f64;
    assert!((3.3..=3.8).contains(&mean), "mean {mean}");
}

#[test]
fn nobody_rates_outside_the_period_or_before_the_film_is_out() {
    let (movies, ratings) = shipped();
    for rating in &ratings {
        assert!((PERIOD.0..=PERIOD.1).contains(&rating.timestamp), "{rating:?}");
        let year_rated = 1970 + rating.timestamp / YEAR;
        let year = movies[rating.movie_id as usize - 1].year.unwrap();
        assert!(year_rated >= i64::from(year), "a film of {year} rated in {year_rated}");
    }
}

#[test]
fn the_same_seed_gives_the_same_ratings_and_another_seed_gives_others() {
    let once = ratings(SEED).unwrap();
    assert!(once == ratings(SEED).unwrap(), "the same seed gave different ratings");
    assert!(once != ratings(SEED + 1).unwrap(), "another seed gave the same ratings");
}

/// Films by cosine over the columns of raw half-stars, best first: slow, and nothing like the engine's kernels.
fn nearest<'a>(movies: &'a [Movie], ratings: &[DemoRating], title: &str, year: u16) -> Vec<&'a Movie> {
    let mut columns: Vec<BTreeMap<UserId, f64>> = vec![BTreeMap::new(); movies.len()];
    for rating in ratings {
        columns[rating.movie_id as usize - 1].insert(rating.user_id, rating.half_stars.stars());
    }
    let asked = movies.iter().position(|movie| movie.title == title && movie.year == Some(year)).unwrap();
    let norm = |column: &BTreeMap<UserId, f64>| column.values().map(|stars| stars * stars).sum::<f64>().sqrt();
    let mut scored: Vec<(f64, &Movie)> = movies
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != asked)
        .map(|(at, movie)| {
            let dot: f64 = columns[asked]
                .iter()
                .filter_map(|(user, stars)| columns[at].get(user).map(|other| stars * other))
                .sum();
            (dot / norm(&columns[asked]) / norm(&columns[at]), movie)
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(10).map(|(_, movie)| movie).collect()
}

#[test]
fn the_films_nearest_to_a_film_are_of_its_kind() {
    let (movies, ratings) = shipped();
    for (title, year, kinds) in [
        ("Alien", 1979, &["Sci-Fi", "Horror"][..]),
        ("Toy Story", 1995, &["Animation"]),
        ("Heat", 1995, &["Crime"]),
        ("Amélie", 2001, &["Romance"]),
        ("Spirited Away", 2001, &["Animation"]),
        ("The Godfather", 1972, &["Crime"]),
        ("Airplane!", 1980, &["Comedy"]),
        ("Singin' in the Rain", 1952, &["Musical", "Romance"]),
        ("The Good, the Bad and the Ugly", 1966, &["Western"]),
        ("Halloween", 1978, &["Horror"]),
        ("Saving Private Ryan", 1998, &["War"]),
        ("Iron Man", 2008, &["Action"]),
        ("When Harry Met Sally...", 1989, &["Romance"]),
        ("Double Indemnity", 1944, &["Film-Noir", "Crime", "Mystery"]),
        ("March of the Penguins", 2005, &["Documentary"]),
    ] {
        let nearest = nearest(&movies, &ratings, title, year);
        let listed: Vec<String> =
            nearest.iter().map(|movie| format!("{} ({})", movie.title, movie.year.unwrap())).collect();
        println!("{title}: {}", listed.join(", "));
        let of_kind =
            nearest.iter().filter(|movie| movie.genres.iter().any(|genre| kinds.contains(&genre.as_str()))).count();
        assert!(of_kind >= 7, "{of_kind} of 10 near {title} are {kinds:?}: {listed:?}");
    }
}

/// What the forty viewers nearest to someone who loves these films add up to, best first: user neighbours as in the
/// engine, but in floating point and by looking at every viewer.
fn recommended<'a>(movies: &'a [Movie], ratings: &[DemoRating], loved: &[(&str, u16)]) -> Vec<&'a Movie> {
    let is_loved = |movie: &Movie| loved.iter().any(|&(title, year)| movie.title == title && movie.year == Some(year));
    let mut neighbours: Vec<(f64, &[DemoRating])> = ratings
        .chunk_by(|a, b| a.user_id == b.user_id)
        .map(|of_viewer| {
            let stars_of_loved = of_viewer.iter().filter(|rating| is_loved(&movies[rating.movie_id as usize - 1]));
            let dot: f64 = stars_of_loved.map(|rating| rating.half_stars.stars()).sum();
            let norm: f64 = of_viewer.iter().map(|rating| rating.half_stars.stars().powi(2)).sum::<f64>().sqrt();
            (dot / norm, of_viewer)
        })
        .collect();
    neighbours.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut scores = vec![0.0; movies.len()];
    for (similarity, of_viewer) in neighbours.into_iter().take(40) {
        for rating in of_viewer {
            scores[rating.movie_id as usize - 1] += similarity * rating.half_stars.stars();
        }
    }
    let mut scored: Vec<(f64, &Movie)> = scores.into_iter().zip(movies).filter(|(_, movie)| !is_loved(movie)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(10).map(|(_, movie)| movie).collect()
}

#[test]
fn who_loves_a_few_films_of_a_kind_is_recommended_more_of_it() {
    let (movies, ratings) = shipped();
    for (loved, kinds) in [
        (&[("Alien", 1979)][..], &["Sci-Fi", "Horror"][..]),
        (&[("Alien", 1979), ("The Thing", 1982), ("Predator", 1987)], &["Sci-Fi", "Horror"]),
        (&[("Heat", 1995)], &["Crime"]),
        (&[("Toy Story", 1995)], &["Animation"]),
        (&[("Spirited Away", 2001), ("Akira", 1988)], &["Animation"]),
        (&[("Singin' in the Rain", 1952), ("Cabaret", 1972)], &["Musical"]),
        (&[("The Good, the Bad and the Ugly", 1966), ("The Searchers", 1956)], &["Western"]),
    ] {
        let recommended = recommended(&movies, &ratings, loved);
        let listed: Vec<String> =
            recommended.iter().map(|movie| format!("{} ({})", movie.title, movie.year.unwrap())).collect();
        println!("who loves {loved:?}: {}", listed.join(", "));
        let of_kind =
            recommended.iter().filter(|movie| movie.genres.iter().any(|genre| kinds.contains(&genre.as_str()))).count();
        assert!(of_kind >= 7, "{of_kind} of 10 for {loved:?} are {kinds:?}: {listed:?}");
    }
}
