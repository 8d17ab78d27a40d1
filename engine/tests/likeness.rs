//! What the likeness model learns, on films and viewers made for it.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::sync::Arc;

use cineswarm_engine::models::{Error, FilmContent, Likeness, LikenessParameters, Model, TrainingData};
use cineswarm_engine::movielens::Rating;
use cineswarm_engine::{Catalogue, HalfStars, Movie, MovieId, MovieStats, RatingsMatrix};

/// Films with a genre each, and viewers with what they like.
fn data(films: &[(MovieId, &str)], viewers: &[&[MovieId]]) -> TrainingData {
    let liked = viewers.iter().zip(1..).flat_map(|(movies, user)| {
        movies.iter().map(move |&movie| Rating { user, movie, half_stars: HalfStars::MAX, timestamp: 0 })
    });
    let matrix = RatingsMatrix::new(liked, films.iter().map(|(id, _)| *id));
    let catalogue = Catalogue::new(films.iter().map(|&(id, genre)| {
        let movie = Movie {
            id,
            title: format!("Film {id}"),
            other_titles: Vec::new(),
            year: None,
            genres: vec![genre.to_owned()],
            imdb_id: None,
            tmdb_id: None,
        };
        (movie, MovieStats::default())
    }));
    let content = FilmContent::new(&matrix, &catalogue, &[], None);
    TrainingData { matrix: Arc::new(matrix), content: Arc::new(content) }
}

/// The films like the first, best first.
fn like_the_first(data: &TrainingData, parameters: &LikenessParameters) -> Vec<MovieId> {
    let model = Likeness::train(data, parameters, &|_| {}).unwrap();
    model.similar(0, 10).into_iter().map(|film| data.matrix.movie_ids()[film.column as usize]).collect()
}

#[test]
fn who_likes_both_decides_among_films_of_one_kind() {
    let films = [(1, "War"), (2, "War"), (3, "War"), (4, "War")];
    // Films 2 and 3 are liked by four each, film 2 by those who like film 1.
    let viewers: [&[MovieId]; 7] = [&[1, 2], &[1, 2], &[1, 2], &[1, 2, 3], &[3, 4], &[3, 4], &[3, 4]];
    assert_eq!(like_the_first(&data(&films, &viewers), &LikenessParameters::default()), [2, 3, 4]);
}

#[test]
fn what_films_are_decides_among_those_that_as_many_like() {
    let films = [(1, "War"), (2, "Comedy"), (3, "War"), (4, "Drama")];
    // For a film that everybody knows, its kind says nothing; this one is known to a tenth.
    let viewers: Vec<&[MovieId]> = [&[1, 2, 3][..]; 4].into_iter().chain([&[4][..]; 36]).collect();
    let mut like = like_the_first(&data(&films, &viewers), &LikenessParameters::default());
    like.retain(|film| *film != 4);
    assert_eq!(like, [3, 2]);
}

#[test]
fn a_film_that_nobody_rated_is_like_others_of_its_kind_and_in_no_list() {
    let films = [(1, "War"), (2, "Comedy"), (3, "War")];
    let viewers: [&[MovieId]; 4] = [&[2, 3]; 4];
    let data = data(&films, &viewers);
    assert_eq!(like_the_first(&data, &LikenessParameters::default()), [3, 2]);
    let model = Likeness::train(&data, &LikenessParameters::default(), &|_| {}).unwrap();
    assert!(!model.similar(2, 10).iter().any(|film| film.column == 0), "nobody can say that film 1 is any good");
}

#[test]
fn a_film_with_fewer_ratings_than_are_wanted_is_in_no_list() {
    let films = [(1, "War"), (2, "War"), (3, "War")];
    let viewers: [&[MovieId]; 4] = [&[1, 2, 3], &[1, 2, 3], &[1, 2], &[1, 2]];
    let data = data(&films, &viewers);
    assert_eq!(like_the_first(&data, &LikenessParameters::default()), [2]);
    let anyone = LikenessParameters { fewest_ratings: 1, ..LikenessParameters::default() };
    assert_eq!(like_the_first(&data, &anyone), [2, 3]);
}

#[test]
fn without_ratings_there_is_nothing_to_learn() {
    let trained = Likeness::train(&data(&[(1, "War")], &[]), &LikenessParameters::default(), &|_| {});
    assert!(matches!(trained, Err(Error::NoRatings { .. })));
}
