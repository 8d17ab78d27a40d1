//! What the ranking models promise, each held to a slow and obvious computation of the same, or to what a viewer sees.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use cineswarm_engine::models::{Algorithm, FilmContent, Graph, GraphParameters, Model, TrainingData, Viewer};
use cineswarm_engine::movielens::{Genome, Rating, Tag};
use cineswarm_engine::{Catalogue, HalfStars, Movie, MovieStats, RatingsMatrix};
use serde_json::{Value, json};

/// Sixty people of two tastes, forty films of which the last two have no ratings.
const USERS: u32 = 60;
const RATED: u32 = 38;
const FILMS: u32 = 40;

fn ratings() -> Vec<Rating> {
    let mut ratings = Vec::new();
    for user in 0..USERS {
        for movie in 0..RATED {
            let likes = user % 2 == movie % 2;
            let luck = (user * 7919 + movie * 104_729 + user * movie * 31) % 101;
            if luck < if likes { 55 } else { 18 } / (movie / 10 + 1) + 4 {
                let half_stars = if likes { 6 + luck % 5 } else { 1 + luck % 6 };
                let half_stars = HalfStars::new(half_stars as u8).unwrap();
                ratings.push(Rating { user, movie, half_stars, timestamp: i64::from(luck) });
            }
        }
    }
    ratings
}

fn data() -> TrainingData {
    let matrix = RatingsMatrix::new(ratings(), 0..FILMS);
    let movie = |id: u32| Movie {
        id,
        title: format!("The Film {}", ["Quiet", "Loud"][id as usize % 2]),
        other_titles: Vec::new(),
        year: Some(1950 + id as u16),
        genres: vec![["Drama", "Action"][id as usize % 2].to_owned()],
        imdb_id: None,
        tmdb_id: None,
    };
    let catalogue = Catalogue::new((0..FILMS).map(|id| (movie(id), MovieStats::default())));
    let tag = |movie, tag: &str| Tag { user: 1, movie, tag: tag.to_owned(), timestamp: 0 };
    let content = FilmContent::new(&matrix, &catalogue, &[tag(3, "space"), tag(39, "Space"), tag(4, "sea")], None);
    TrainingData { matrix: matrix.into(), content: content.into() }
}

fn model(name: &str, data: &TrainingData, parameters: Value) -> Box<dyn Model> {
    Algorithm::named(name).unwrap().train(data, &parameters, &|_| {}).unwrap()
}

fn scores(model: &dyn Model, viewer: &Viewer<'_>) -> Vec<f32> {
    let mut scores = vec![0.0; FILMS as usize];
    model.score(viewer, &mut scores);
    scores
}

fn assert_near(scores: &[f32], expected: &[f64]) {
    for (film, (&score, &expected)) in scores.iter().zip(expected).enumerate() {
        let near = if expected == 0.0 {
            score == f32::NEG_INFINITY
        } else {
            (f64::from(score) - expected).abs() < 1e-4 * expected.abs().max(1.0)
        };
        assert!(near, "film {film} scores {score}, and should {expected}");
    }
}

/// The ratings as a table of rows and columns, 0 for none.
fn table(data: &TrainingData) -> Vec<Vec<f64>> {
    let of_row = |row: usize| {
        let (columns, half_stars) = data.matrix.by_user().row(row);
        let mut table = vec![0.0; FILMS as usize];
        for (&column, &half_stars) in columns.iter().zip(half_stars) {
            table[column as usize] = f64::from(half_stars);
        }
        table
    };
    (0..data.matrix.users()).map(of_row).collect()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let norms = (dot(a, a) * dot(b, b)).sqrt();
    if norms > 0.0 { dot(a, b) / norms } else { 0.0 }
}

fn column(table: &[Vec<f64>], film: usize) -> Vec<f64> {
    table.iter().map(|row| row[film]).collect()
}

#[test]
fn the_user_knn_sums_the_votes_of_the_most_similar_users_and_never_asks_the_viewer() {
    let data = data();
    let plain = json!({ "k": 6, "weighting": "half_stars", "asymmetry": 0.5, "amplification": 1.0, "votes": "ones" });
    let model = model("user-knn", &data, plain);
    let table = table(&data);
    for viewer in 0..data.matrix.users() {
        let mut users: Vec<(f64, usize)> = (0..table.len())
            .filter(|&user| user != viewer)
            .map(|user| (cosine(&table[viewer], &table[user]), user))
            .filter(|(similarity, _)| *similarity > 0.0)
            .collect();
        users.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut expected = vec![0.0; FILMS as usize];
        for &(similarity, user) in users.iter().take(6) {
            for film in (0..FILMS as usize).filter(|&film| table[user][film] > 0.0) {
                expected[film] += similarity;
            }
        }
        assert_near(&scores(&*model, &Viewer::known(&data.matrix, viewer)), &expected);
    }
}

#[test]
fn a_viewer_never_seen_in_training_gets_the_users_own_answer_if_the_ratings_are_the_same() {
    let all = data();
    let others = all.matrix.iter().filter(|rating| rating.user != 17);
    let without = RatingsMatrix::new(others, 0..FILMS);
    let data = TrainingData { matrix: without.into(), content: all.content.clone() };
    let known = model("user-knn", &all, json!({ "k": 10, "weighting": "half_stars" }));
    let new = model("user-knn", &data, json!({ "k": 10, "weighting": "half_stars" }));
    let row = all.matrix.row_of(17).unwrap();
    let viewer = Viewer::known(&all.matrix, row);
    assert_eq!(scores(&*known, &viewer), scores(&*new, &Viewer { row: None, ..viewer }));
    for name in ["item-knn", "ease", "rp3beta", "graph", "content"] {
        let model = model(name, &all, Value::Null);
        assert_eq!(scores(&*model, &viewer), scores(&*model, &Viewer { row: None, ..viewer }), "{name}");
    }
}

#[test]
fn the_item_knn_sums_the_viewers_ratings_of_the_films_most_similar_to_each() {
    let data = data();
    let plain = json!({ "k": 4, "weighting": "half_stars", "asymmetry": 0.5, "profile": "half_stars" });
    let model = model("item-knn", &data, plain);
    let table = table(&data);
    let columns: Vec<Vec<f64>> = (0..FILMS as usize).map(|film| column(&table, film)).collect();
    let nearest: Vec<Vec<(f64, usize)>> = (0..FILMS as usize)
        .map(|film| {
            let others = (0..FILMS as usize).filter(|&other| other != film);
            let mut all: Vec<(f64, usize)> =
                others.map(|other| (cosine(&columns[film], &columns[other]), other)).collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0));
            all.into_iter().take(4).filter(|(similarity, _)| *similarity > 0.0).collect()
        })
        .collect();
    for viewer in [0, 1, 30] {
        let expected: Vec<f64> = nearest
            .iter()
            .map(|near| near.iter().map(|(similarity, other)| similarity * table[viewer][*other]).sum())
            .collect();
        assert_near(&scores(&*model, &Viewer::known(&data.matrix, viewer)), &expected);
    }
    let similar = model.similar(5, 2);
    assert_eq!(similar.iter().map(|film| film.column as usize).collect::<Vec<_>>(), [nearest[5][0].1, nearest[5][1].1]);
}

#[test]
fn no_other_weights_predict_the_ratings_better_than_those_of_ease() {
    let data = data();
    let lambda = 20.0;
    let model = model("ease", &data, json!({ "lambda": lambda }));
    let table = table(&data);
    let seen = |user: usize, film: usize| f64::from(u8::from(table[user][film] > 0.0));
    // The weights, read off the scores of viewers of one film each.
    let weights: Vec<Vec<f64>> = (0..RATED)
        .map(|film| {
            let viewer = Viewer { row: None, columns: &[film], half_stars: &[7] };
            scores(&*model, &viewer).iter().map(|&score| f64::from(score)).collect()
        })
        .collect();
    let rated: Vec<usize> = (0..RATED as usize).filter(|&film| weights[film][film].is_finite()).collect();
    for &film in &rated {
        assert_eq!(weights[film][film], 0.0, "no film predicts itself");
        for &target in rated.iter().filter(|&&target| target != film) {
            // The slope of the squared error with the ridge, which is 0 at the optimum.
            let mut slope = lambda * weights[film][target];
            for user in 0..table.len() {
                let predicted: f64 = rated.iter().map(|&other| seen(user, other) * weights[other][target]).sum();
                slope += seen(user, film) * (predicted - seen(user, target));
            }
            assert!(slope.abs() < 2e-3, "from film {film} to {target}: {slope}");
        }
    }
    assert!(rated.len() > 30);
}

#[test]
fn an_ease_that_would_not_fit_into_memory_says_what_to_do_instead() {
    let films = 600;
    let ratings = (0..films).map(|movie| Rating { user: movie % 9, movie, half_stars: HalfStars::MAX, timestamp: 0 });
    let data = TrainingData::ratings_only(RatingsMatrix::new(ratings, []));
    let error = Algorithm::Ease.train(&data, &json!({ "memory_mib": 1 }), &|_| {}).err().unwrap().to_string();
    assert!(error.contains("600 films") && error.contains("item-knn"), "{error}");
    let small = Algorithm::Ease.train(&data, &json!({ "memory_mib": 2 }), &|_| {});
    assert!(small.is_ok());
}

#[test]
fn rp3beta_follows_every_walk_of_three_steps() {
    let data = data();
    let (alpha, beta) = (0.8, 0.4);
    let model = model("rp3beta", &data, json!({ "alpha": alpha, "beta": beta, "k": 1000 }));
    let table = table(&data);
    let raters = |film: usize| table.iter().filter(|row| row[film] > 0.0).count() as f64;
    let rated = |user: usize| table[user].iter().filter(|&&rating| rating > 0.0).count() as f64;
    for viewer in [2, 9] {
        let mut expected = vec![0.0; FILMS as usize];
        for from in (0..FILMS as usize).filter(|&from| table[viewer][from] > 0.0) {
            for user in (0..table.len()).filter(|&user| table[user][from] > 0.0) {
                for to in (0..FILMS as usize).filter(|&to| to != from && table[user][to] > 0.0) {
                    expected[to] += (raters(from) * rated(user)).powf(-alpha) / raters(to).powf(beta);
                }
            }
        }
        assert_near(&scores(&*model, &Viewer::known(&data.matrix, viewer)), &expected);
    }
}

#[test]
fn the_graph_explains_a_film_by_how_many_people_liked_it_and_each_of_the_viewers() {
    let data = data();
    let parameters = GraphParameters { least_half_stars: 6, popularity_exponent: 0.5, k: 1000 };
    let graph = Graph::train(&data, &parameters).unwrap();
    let mut likes: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for rating in data.matrix.iter().filter(|rating| rating.half_stars.get() >= 6) {
        likes.entry(rating.movie).or_default().push(rating.user);
    }
    let who_likes = |film: u32| likes.get(&film).map_or(&[][..], Vec::as_slice);
    let both = |a, b| who_likes(a).iter().filter(|&user| who_likes(b).contains(user)).count() as u32;
    let viewer = Viewer { row: None, columns: &[0, 2, 11], half_stars: &[10, 8, 9] };
    for film in (0..RATED).filter(|film| !viewer.columns.contains(film)) {
        let counts: Vec<u32> = viewer.columns.iter().map(|&rated| both(rated, film)).collect();
        for (&rated, &count) in viewer.columns.iter().zip(&counts) {
            assert_eq!(graph.coincidences(rated, film).unwrap_or(0), count, "films {rated} and {film}");
        }
        let sum: u32 = counts.iter().sum();
        for reason in graph.because(&viewer, film, 3) {
            let at = viewer.columns.iter().position(|&rated| rated == reason.column).unwrap();
            assert!((reason.weight - counts[at] as f32 / sum as f32).abs() < 1e-5, "film {film}");
        }
    }
}

#[test]
fn content_finds_films_nobody_has_rated_by_their_genres_and_tags() {
    let data = data();
    let model = model("content", &data, Value::Null);
    // Film 39 is an action film about space, like film 3; film 38 is a drama.
    let viewer = Viewer { row: None, columns: &[3], half_stars: &[10] };
    let scored = scores(&*model, &viewer);
    assert!(scored[39] > scored[38], "{} for action in space, {} for a drama", scored[39], scored[38]);
    assert_eq!(model.similar(3, 1)[0].column, 39);
    assert_eq!(model.because(&viewer, 39, 5).iter().map(|film| film.column).collect::<Vec<_>>(), [3]);
    let liked = Viewer { row: None, columns: &[0, 3], half_stars: &[1, 10] };
    assert!(model.predict(&liked, 39).unwrap() > model.predict(&liked, 38).unwrap());
}

/// Films 0 to 5 have a genome, of which 0 and 3 the same, and nothing else: no genre, no tag, and a title of their own.
/// Films 4 to 7 share a genre.
fn with_genome() -> TrainingData {
    let matrix = RatingsMatrix::new(ratings(), 0..FILMS);
    let movie = |id: u32| Movie {
        id,
        title: format!("Alone{id}"),
        other_titles: Vec::new(),
        year: None,
        genres: if (4..8).contains(&id) { vec!["Drama".to_owned()] } else { Vec::new() },
        imdb_id: None,
        tmdb_id: None,
    };
    let catalogue = Catalogue::new((0..FILMS).map(|id| (movie(id), MovieStats::default())));
    let rows: [[u8; 3]; 6] = [[250, 90, 10], [10, 80, 240], [20, 100, 90], [250, 90, 10], [90, 90, 90], [9, 90, 250]];
    let genome = Genome::new((0..6).collect(), 3, rows.concat()).unwrap();
    let content = FilmContent::new(&matrix, &catalogue, &[], Some(&genome.into()));
    TrainingData { matrix: matrix.into(), content: content.into() }
}

#[test]
fn films_of_the_same_genome_are_alike_though_they_share_nothing_else() {
    let data = with_genome();
    let model = model("content", &data, Value::Null);
    let first = model.similar(0, 1)[0];
    assert_eq!(first.column, 3);
    assert!((first.weight - 1.0).abs() < 1e-5, "{}", first.weight);
    let viewer = Viewer { row: None, columns: &[0, 1], half_stars: &[10, 4] };
    let scored = scores(&*model, &viewer);
    assert!(scored[3] > scored[5], "{} and {}", scored[3], scored[5]);
    let because = model.because(&viewer, 3, 5);
    assert_eq!(because.iter().map(|film| film.column).collect::<Vec<_>>(), [0], "the other is its opposite");
    assert!(model.predict(&viewer, 3).unwrap() > model.predict(&viewer, 5).unwrap());
}

#[test]
fn the_genomes_cosine_is_that_of_the_differences_from_the_average_film() {
    let data = with_genome();
    let genome_alone = json!({ "genres": 0.0, "tags": 0.0, "title": 0.0, "year": 0.0 });
    let model = model("content", &data, genome_alone);
    let rows: Vec<Vec<f64>> =
        (0..6).map(|film| data.content.genome(film).unwrap().iter().map(|&step| f64::from(step)).collect()).collect();
    let means: Vec<f64> = (0..3).map(|tag| column(&rows, tag).iter().sum::<f64>() / 6.0).collect();
    let centred: Vec<Vec<f64>> =
        rows.iter().map(|row| row.iter().zip(&means).map(|(step, mean)| step - mean).collect()).collect();
    for film in 0..6 {
        let viewer = Viewer { row: None, columns: &[film], half_stars: &[1] };
        let scored = scores(&*model, &viewer);
        for other in 0..6 {
            let expected = cosine(&centred[film as usize], &centred[other]);
            assert!((f64::from(scored[other]) - expected).abs() < 1e-5, "{film} and {other}: {}", scored[other]);
        }
        assert!(scored[8..].iter().all(|&score| score == f32::NEG_INFINITY), "{scored:?}");
    }
}

#[test]
fn films_without_a_genome_are_alike_by_what_else_is_known() {
    let data = with_genome();
    let model = model("content", &data, Value::Null);
    let with_genre: Vec<u32> = model.similar(6, 5).iter().map(|film| film.column).collect();
    // Film 7 has no genome either; of the others only a part is the genre.
    assert_eq!(with_genre, [7, 4, 5]);
    let viewer = Viewer { row: None, columns: &[6], half_stars: &[8] };
    let scored = scores(&*model, &viewer);
    assert_eq!(scored[0], 0.0, "a genome is known of it, but none of what the viewer has seen");
    assert_eq!(scored[8], f32::NEG_INFINITY, "nothing is known of it");
    let without = self::model("content", &data, json!({ "genome": 0.0 }));
    assert_eq!(without.similar(0, 5), []);
    assert!(!without.parts().arrays().keys().any(|name| name.starts_with("genome")));
}

#[test]
fn genomes_that_are_all_the_same_say_nothing() {
    let all = with_genome();
    let same = Genome::new((0..FILMS).collect(), 3, [7, 99, 250].repeat(FILMS as usize)).unwrap();
    let content = FilmContent::new(&all.matrix, &Catalogue::default(), &[], Some(&same.into()));
    let data = TrainingData { matrix: all.matrix, content: content.into() };
    let model = model("content", &data, Value::Null);
    assert!(
        scores(&*model, &Viewer { row: None, columns: &[1], half_stars: &[10] })
            .iter()
            .all(|score| *score == f32::NEG_INFINITY)
    );
}

#[test]
fn a_hybrid_serves_new_viewers_with_popular_films_and_scores_films_nobody_has_rated() {
    let data = data();
    let model = model("hybrid", &data, Value::Null);
    let popular = scores(&*self::model("popularity", &data, Value::Null), &Viewer::default());
    let new = scores(&*model, &Viewer::default());
    let order = |scores: &[f32]| {
        let mut films: Vec<usize> = (0..RATED as usize).filter(|&film| popular[film] > 0.0).collect();
        films.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        films
    };
    assert_eq!(order(&new), order(&popular));
    // An action fan: of the two films without ratings the action film about space comes first.
    let fan = Viewer { row: None, columns: &[1, 3, 5, 7, 9], half_stars: &[10, 10, 9, 10, 9] };
    let scored = scores(&*model, &fan);
    assert!(scored.iter().all(|score| score.is_finite()), "{scored:?}");
    assert!(scored[39] > scored[38], "{} and {}", scored[39], scored[38]);
}

#[test]
fn a_hybrid_knows_films_nobody_has_rated_by_what_they_are_about_alone() {
    let data = data();
    let (hybrid, content) = (model("hybrid", &data, Value::Null), model("content", &data, Value::Null));
    assert_eq!(hybrid.similar(39, 5), content.similar(39, 5));
    assert!(!hybrid.similar(39, 5).is_empty());
    // Who has rated all that anybody has rated can only be told about the others.
    let (columns, half_stars): (Vec<u32>, Vec<u8>) = (0..RATED).map(|film| (film, 1 + 9 * (film % 2) as u8)).unzip();
    let scored = scores(&*hybrid, &Viewer { row: None, columns: &columns, half_stars: &half_stars });
    assert!(scored[39].is_finite() && scored[39] > scored[38], "{} and {}", scored[39], scored[38]);
}

#[test]
fn a_hybrid_trained_anew_or_on_another_number_of_threads_is_the_same() {
    let data = data();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            model("hybrid", &data, json!({ "members": { "user-knn": {}, "ease": {}, "item-knn": {} } })).parts()
        })
    };
    let once = with(1);
    assert_eq!(with(1), once);
    assert_eq!(with(3), once);
}

#[test]
fn a_hybrid_of_itself_of_nothing_or_of_unknown_models_is_refused() {
    let data = data();
    for members in [json!({}), json!({ "hybrid": {} }), json!({ "nothing": {} }), json!({ "ease": { "colour": 1 } })] {
        let refused = Algorithm::Hybrid.train(&data, &json!({ "members": members }), &|_| {});
        assert!(refused.is_err(), "{members}");
    }
    let twice = json!({ "members": { "ease": {}, "ease_strict": { "lambda": 900.0 } } });
    let model = Algorithm::Hybrid.train(&data, &twice, &|_| {}).unwrap();
    assert!(model.parts().arrays().contains_key("ease_strict/weights"));
}

#[test]
fn every_model_puts_a_fans_films_before_those_of_the_other_taste() {
    let data = data();
    let fan = Viewer { row: None, columns: &[1, 3, 5, 7, 9], half_stars: &[10, 9, 10, 9, 10] };
    for name in ["user-knn", "item-knn", "ease", "rp3beta", "graph", "content", "hybrid"] {
        let scored = scores(&*model(name, &data, Value::Null), &fan);
        let mean = |odd: u32| {
            let films: Vec<f32> = (10..30).filter(|film| film % 2 == odd).map(|film| scored[film as usize]).collect();
            let known: Vec<f32> = films.into_iter().filter(|score| score.is_finite()).collect();
            known.iter().sum::<f32>() / known.len() as f32
        };
        assert!(mean(1) > mean(0), "{name}: {} and {}", mean(1), mean(0));
    }
}
