//! What the likeness model learns, on films and viewers made for it.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::sync::Arc;

use cineswarm_engine::models::{Error, FilmContent, Likeness, LikenessParameters, Model, TrainingData, Viewer};
use cineswarm_engine::movielens::Rating;
use cineswarm_engine::{Catalogue, FilmFacts, HalfStars, Movie, MovieId, MovieStats, RatingsMatrix};

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

/// With two films liked that others than everybody like, what those like comes before what everybody does; with one, what it
/// alone is like decides, as without factors.
#[test]
fn the_more_films_there_are_the_more_it_goes_by_taste() {
    let films: Vec<(MovieId, &str)> = (1..=9).map(|id| (id, "War")).collect();
    let (some, others): (&[MovieId], &[MovieId]) = (&[1, 2, 3, 9], &[5, 6, 7, 9]);
    let viewers: Vec<&[MovieId]> = [some, &[1, 2, 3], some, &[1, 3, 9]].into_iter().chain([others; 8]).collect();
    let data = data(&films, &viewers);
    let scores = |factors: usize, columns: &[u32]| {
        let parameters = LikenessParameters { factors, ..LikenessParameters::default() };
        let model = Likeness::train(&data, &parameters, &|_| {}).unwrap();
        let half_stars = vec![10; columns.len()];
        let mut scores = vec![0.0; films.len()];
        model.score(&Viewer { row: None, columns, half_stars: &half_stars }, &mut scores);
        scores
    };
    assert_eq!(scores(4, &[0]), scores(0, &[0]));
    let apart = |scores: &[f32]| scores[2] / scores[8];
    let (without, with) = (scores(0, &[0, 1]), scores(4, &[0, 1]));
    assert!(with[2] > with[8] && apart(&with) > 1.1 * apart(&without), "{with:?} after {without:?}");
}

/// An earlier program's model, without factors, is none of these parameters; it is to be trained anew.
#[test]
fn arrays_are_those_of_the_parameters() {
    let films = [(1, "War"), (2, "War"), (3, "War")];
    let data = data(&films, &[&[1, 2, 3], &[1, 2], &[1, 2, 3], &[3]]);
    let trained = |factors: usize| {
        let parameters = LikenessParameters { factors, ..LikenessParameters::default() };
        let model = Likeness::train(&data, &parameters, &|_| {}).unwrap();
        assert_eq!(Likeness::load(model.parts(), 3, &parameters).unwrap(), model);
        model
    };
    for factors in [0, 2] {
        let loaded = Likeness::load(trained(factors).parts(), 3, &LikenessParameters::default());
        assert!(loaded.unwrap_err().to_string().contains("factors"));
    }
}

#[test]
fn without_ratings_there_is_nothing_to_learn() {
    let trained = Likeness::train(&data(&[(1, "War")], &[]), &LikenessParameters::default(), &|_| {});
    assert!(matches!(trained, Err(Error::NoRatings { .. })));
}

/// Films 1 to 4 are by one director, the others by one each; everybody likes film 5, and who likes one of the first four
/// likes that one alone of them.
fn of_directors() -> TrainingData {
    let films: Vec<(MovieId, &str)> = (1..=40).map(|id| (id, "War")).collect();
    let own = |user: MovieId| if user.is_multiple_of(3) { vec![1 + user % 4, 5] } else { vec![1 + user % 4] };
    let others = |user: MovieId| vec![5, 5 + user % 35, 6 + user % 34];
    let likes: Vec<Vec<MovieId>> = (0..16).map(own).chain((16..136).map(others)).collect();
    let data = data(&films, &likes.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let director = |movie: MovieId| if movie <= 4 { "Agnès Varda".to_owned() } else { format!("Director {movie}") };
    let facts =
        films.iter().map(|&(movie, _)| FilmFacts { movie, directors: vec![director(movie)], ..FilmFacts::default() });
    let content = FilmContent::clone(&data.content).with_facts(&data.matrix, &facts.collect::<Vec<_>>());
    TrainingData { content: Arc::new(content), ..data }
}

/// Three films of a director were asked about, and what everybody likes came.
#[test]
fn of_what_several_films_have_in_common_there_is_more_in_the_answer() {
    let data = of_directors();
    let scores = |ground: f64, rated: &[(u32, u8)]| {
        let parameters = LikenessParameters { factors: 0, ground, ..LikenessParameters::default() };
        let model = Likeness::train(&data, &parameters, &|_| {}).unwrap();
        let (columns, half_stars): (Vec<u32>, Vec<u8>) = rated.iter().copied().unzip();
        let mut scores = vec![0.0; data.matrix.films()];
        model.score(&Viewer { row: None, columns: &columns, half_stars: &half_stars }, &mut scores);
        scores
    };
    let three = [(0, 10), (1, 10), (2, 10)];
    let (without, with) = (scores(0.0, &three), scores(1.0, &three));
    assert_eq!(with[4], without[4], "film 5 has nothing that is theirs");
    assert!(with[3] > 3.0 * without[3], "the fourth film of the director's has: {} after {}", with[3], without[3]);
    assert_eq!(scores(1.0, &three[..1]), scores(0.0, &three[..1]), "one film has nothing in common");
    let liked_less = scores(1.0, &three.map(|(film, _)| (film, 7)));
    assert!(liked_less[3] / liked_less[4] < with[3] / with[4], "what is liked less says less: {liked_less:?}");
    let disliked = [(0, 1), (1, 1), (2, 1), (8, 10), (20, 10)];
    assert_eq!(scores(1.0, &disliked)[3], scores(0.0, &disliked)[3], "films that were not liked make no common ground");
}
