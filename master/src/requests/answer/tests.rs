use cineswarm_engine::neighbours::similarity;
use cineswarm_engine::{
    Filters, HalfStars, NeighbourOptions, RankOptions, Scratch, ShardIndex, ShardRatings, UserId, top_k_over,
};
use cineswarm_proto::farm;
use serde_json::Value;

use super::*;
use crate::requests::sample::{HEAT, SHARDS, USERS, VERTIGO, half_stars, library, rating_of};
use cineswarm_chat::Lang;

/// What user 5 would ask, with so few neighbours that most do not make it.
fn spec() -> Spec {
    let profile = (1..=VERTIGO).filter_map(|movie| Some((movie, half_stars(rating_of(5, movie)?)))).collect();
    Spec {
        source: Source::Neighbours,
        profile,
        neighbours: NeighbourOptions { k: 7, exclude_user: Some(5), ..NeighbourOptions::default() },
        ..Spec::unreadable()
    }
}

/// Someone who has seen one film only, which nobody has rated.
fn loner() -> Spec {
    Spec { profile: vec![(VERTIGO, HalfStars::MAX)], ..spec() }
}

/// What a worker that holds these shards hands in.
fn handed_in(library: &Library, spec: &Spec, shards: &[u32]) -> QueryResult {
    let indexes: Vec<ShardIndex> = shards
        .iter()
        .map(|number| {
            let shard = library.dataset.shard(*number).unwrap();
            let ratings = ShardRatings::new(shard.user_ids, shard.row_offsets, shard.movie_ids, shard.half_stars);
            ShardIndex::build(ratings.unwrap())
        })
        .collect();
    let held: Vec<&ShardIndex> = indexes.iter().collect();
    let found = top_k_over(&held, &spec.profile(), &spec.neighbours, &mut Scratch::default());
    let neighbours = found.into_iter().map(|found| farm::Neighbour {
        user_id: found.user,
        similarity: found.similarity,
        overlap: found.overlap,
        dot: found.dot,
        ..farm::Neighbour::default()
    });
    QueryResult { query_id: "q".into(), neighbours: neighbours.collect(), films: Vec::new() }
}

fn checked(library: &Library, spec: &Spec, handed_in: &QueryResult, shards: &[u32]) -> Result<Vec<Neighbour>, String> {
    let parallel = (shards, &vec![0; shards.len()][..]);
    check(library, &library.ranker(), spec, handed_in, parallel, &mut RankScratch::default())
}

fn part(library: &Library, spec: &Spec, worker: &str, shards: &[u32]) -> WorkersPart {
    let handed_in = handed_in(library, spec, shards);
    WorkersPart {
        worker_id: worker.into(),
        shards: shards.to_vec(),
        watermarks: vec![0; shards.len()],
        processing_time_ms: 1.25,
        found: Found::Neighbours(checked(library, spec, &handed_in, shards).unwrap()),
    }
}

fn merged(library: &Library, spec: &Spec, split: &[(&str, &[u32])]) -> Value {
    let parts = split.iter().map(|(worker, shards)| part(library, spec, worker, shards)).collect();
    let answer = merge(library, spec, parts, None, Timings::default(), &mut RankScratch::default());
    serde_json::to_value(answer.unwrap()).unwrap()
}

#[test]
fn the_answer_is_the_same_however_the_shards_are_spread() {
    let library = library();
    let likes = Spec {
        profile: vec![(HEAT, HalfStars::MAX)],
        neighbours: NeighbourOptions::like_these(),
        ranking: RankOptions::like_these(10),
        ..spec()
    };
    for spec in [spec(), likes] {
        let alone = merged(&library, &spec, &[("a", &[0, 1, 2, 3])]);
        assert!(!alone["recommendations"].as_array().unwrap().is_empty());
        let splits: [&[(&str, &[u32])]; 3] = [
            &[("a", &[0, 1]), ("b", &[2, 3])],
            &[("b", &[3, 1]), ("a", &[0, 2])],
            &[("d", &[3]), ("c", &[1]), ("b", &[2]), ("a", &[0])],
        ];
        for split in splits {
            let answer = merged(&library, &spec, split);
            // As text, so that scores are compared to the last bit.
            assert_eq!(answer["recommendations"].to_string(), alone["recommendations"].to_string(), "{split:?}");
            assert_eq!(answer["meta"]["coverage"], 1.0);
        }
    }
}

#[test]
fn the_scores_are_those_of_a_plain_computation_over_all_users() {
    let library = library();
    let spec = spec();
    let norm = |user: UserId| -> u64 {
        (1..=VERTIGO).filter_map(|movie| rating_of(user, movie)).map(|rating| u64::from(rating).pow(2)).sum()
    };
    let mut users: Vec<(f64, UserId)> = USERS
        .filter(|user| *user != 5)
        .filter_map(|user| {
            let both = (1..=VERTIGO).filter_map(|movie| Some((rating_of(5, movie)?, rating_of(user, movie)?)));
            let (overlap, dot) = both.fold((0, 0), |(n, dot), (a, b)| (n + 1, dot + u32::from(a) * u32::from(b)));
            (overlap > 0).then(|| (similarity(dot, overlap, norm(5), norm(user), 0), user))
        })
        .collect();
    users.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    users.truncate(spec.neighbours.k);
    let score = |movie: MovieId| {
        let rated = users.iter().filter_map(|(s, user)| Some(s * f64::from(rating_of(*user, movie)?)));
        rated.fold(0.0, |sum, term| sum + term) / users.iter().fold(0.0, |sum, (s, _)| sum + s)
    };
    let unseen = (1..=VERTIGO).filter(|movie| rating_of(5, *movie).is_none() && score(*movie) > 0.0);
    let mut expected: Vec<(MovieId, f64)> = unseen.map(|movie| (movie, score(movie))).collect();
    expected.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    assert!(expected.len() > 1);

    let answer = merged(&library, &spec, &[("a", &[1, 3]), ("b", &[0, 2])]);
    let films = answer["recommendations"].as_array().unwrap();
    let given: Vec<(MovieId, f64)> = films
        .iter()
        .map(|film| (film["movie_id"].as_u64().unwrap() as MovieId, film["score"].as_f64().unwrap()))
        .collect();
    assert_eq!(given, expected);
    let ranks: Vec<u64> = films.iter().filter_map(|film| film["rank"].as_u64()).collect();
    assert_eq!(ranks, (1..=expected.len() as u64).collect::<Vec<_>>());
}

#[test]
fn several_tasks_of_one_worker_are_one_contribution() {
    let library = library();
    let answer = merged(&library, &spec(), &[("b", &[2]), ("a", &[3]), ("b", &[0]), ("a", &[1])]);
    let workers = answer["meta"]["workers"].as_array().unwrap();
    let told: Vec<String> = workers
        .iter()
        .map(|worker| format!("{} {} {}", worker["worker_id"], worker["shards"], worker["processing_time_ms"]))
        .collect();
    assert_eq!(told, [r#""a" [1,3] 2.5"#, r#""b" [0,2] 2.5"#]);
}

#[test]
fn an_answer_without_some_shards_says_so() {
    let library = library();
    let answer = merged(&library, &spec(), &[("a", &[0, 2])]);
    assert_eq!(answer["meta"]["coverage"], 0.5);
    assert_eq!(answer["meta"]["source"], "neighbours");
    assert_eq!(answer["meta"]["note"], Note::Partial.words(Lang::En));
}

#[test]
fn whoever_has_no_neighbours_gets_popular_films_said_to_be_so() {
    let library = library();
    let whole = merged(&library, &loner(), &[("a", &[0, 1, 2, 3])]);
    assert_eq!(whole["meta"]["source"], "popular");
    assert_eq!(whole["meta"]["algorithm"], "popularity");
    assert_eq!(whole["meta"]["note"], Note::NoNeighbours.words(Lang::En));
    assert!(!whole["recommendations"].as_array().unwrap().is_empty());
    let partial = merged(&library, &loner(), &[("a", &[0, 1])]);
    let note = Note::Partial.words(Lang::En);
    assert_eq!(partial["meta"]["note"], note, "the shards that are missing may have neighbours");
}

#[test]
fn popular_films_for_an_unknown_user_need_no_worker() {
    let library = library();
    let note = Some(Note::UnknownUser(99));
    let asked = Spec { source: Source::Popular, note, lang: Lang::Es, ..spec() };
    let answer = merged(&library, &asked, &[]);
    assert_eq!(answer["meta"]["coverage"], 1.0);
    assert_eq!(answer["meta"]["note"], Note::UnknownUser(99).words(Lang::Es));
    assert_eq!(answer["meta"]["workers"], serde_json::json!([]));
}

#[test]
fn conditions_that_nothing_meets_are_said_to_be_the_reason() {
    let library = library();
    let filters = Filters { year_from: Some(2020), ..Filters::default() };
    let answer = merged(&library, &Spec { filters, ..spec() }, &[("a", &[0, 1, 2, 3])]);
    assert_eq!(answer["recommendations"], serde_json::json!([]));
    assert_eq!(answer["meta"]["note"], Note::NothingFits.words(Lang::En));
}

#[test]
fn what_was_not_taken_into_account_is_named_beside_the_note() {
    let library = library();
    let ignored = vec!["on a rainy day".to_owned()];
    let answer = merged(&library, &Spec { ignored, ..spec() }, &[("a", &[0])]);
    let note = answer["meta"]["note"].as_str().unwrap();
    assert!(note.starts_with(&Note::Partial.words(Lang::En)) && note.contains("on a rainy day"), "{note}");
}

#[test]
fn neighbours_outside_the_tasks_shards_are_refused() {
    let library = library();
    let result = handed_in(&library, &spec(), &[0, 1]);
    let stranger = result.neighbours.iter().find(|found| shard_of(found.user_id, SHARDS) == 1).unwrap().user_id;
    let refused = checked(&library, &spec(), &result, &[0]).unwrap_err();
    assert!(refused.contains(&stranger.to_string()) && refused.contains("shards"), "{refused}");
}

#[test]
fn what_a_hostile_worker_says_is_refused_and_changes_nothing_for_who_comes_next() {
    let library = library();
    let good = handed_in(&library, &spec(), &[0, 1]);
    let (ranker, mut scratch) = (library.ranker(), RankScratch::default());
    type Lie = fn(&mut Vec<farm::Neighbour>);
    let lies: [(&str, Lie); 8] = [
        ("the same user three times", |list| {
            list[1] = list[0].clone();
            list[2] = list[0].clone();
        }),
        ("an overlap of four billion", |list| list[0].overlap = 4_000_000_000),
        ("a dot product that does not fit", |list| list[1].dot += 7),
        ("not the similarity of these figures", |list| list[0].similarity = 1.0),
        ("no similarity", |list| list[0].similarity = f64::NAN),
        ("worse before better", |list| list.swap(0, 1)),
        ("the viewer", |list| list[0].user_id = 5),
        ("more than were asked for", |list| list.extend(list.clone())),
    ];
    for (lie, tell) in lies {
        let mut told = good.clone();
        tell(&mut told.neighbours);
        let mut is_taken = |result: &QueryResult, shards: &[u32]| {
            check(&library, &ranker, &spec(), result, (shards, &[0; 4][..shards.len()]), &mut scratch).is_ok()
        };
        assert!(!is_taken(&told, &[0, 1, 2, 3]), "{lie}");
        assert!(is_taken(&good, &[0, 1]), "after {lie}");
    }
}
