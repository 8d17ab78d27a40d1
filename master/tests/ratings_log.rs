//! The log of ratings, on a real SQLite file and on a real PostgreSQL server: what is stored is told once, in order.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use cineswarm_engine::HalfStars;
use cineswarm_engine::dataset::{shard_hash, shard_of};
use cineswarm_events::{Filter, ShardFilter};
use cineswarm_master::store::{BroughtRating, Error, Feedback, FeedbackKind, NewRating, NewRatings};
use common::database::{Database, new_session, on_both_databases, rate};
use common::log::{all, told};
use std::collections::{HashMap, HashSet};
use tokio::task::JoinSet;
use uuid::Uuid;

/// Users that live have ids from here on.
const FIRST_USER: u32 = 1 << 31;

on_both_databases!(
    every_change_is_told_with_what_was_before,
    a_change_that_is_tried_again_after_its_commit_is_told_once,
    ratings_stored_together_are_each_told_with_what_was_before_and_once,
    what_was_rated_before_there_was_a_log_is_in_it_once,
    the_changes_of_many_at_once_are_told_once_in_the_order_of_each,
    a_rating_that_the_database_refuses_is_not_told,
    what_comes_after_a_deletion_is_refused_and_its_neighbours_are_stored,
);

fn stars(half_stars: u8) -> Option<HalfStars> {
    HalfStars::new(half_stars)
}

async fn every_change_is_told_with_what_was_before(database: Database) {
    let store = database.open().await;
    let (mine, yours) = (new_session(&store).await, new_session(&store).await);
    assert_eq!(store.open_session(Some(mine), None, 1).await.unwrap().user_id, None);
    rate(&store, mine, 6, stars(9), 1).await.unwrap();
    rate(&store, yours, 6, stars(2), 2).await.unwrap();
    rate(&store, mine, 6, stars(1), 3).await.unwrap();
    rate(&store, mine, 7, None, 4).await.unwrap();
    rate(&store, mine, 6, None, 5).await.unwrap();
    let (event_id, kind) = (Uuid::new_v4(), FeedbackKind::NotInterested);
    let feedback =
        Feedback { event_id, session_id: yours, movie_id: 3, kind: Some(kind), request_id: None, given_at: 6 };
    store.give_feedback(feedback).await.unwrap();
    let payload = |text: &str| text.replace("ME", &FIRST_USER.to_string()).replace("YOU", "2147483649");
    let wanted = [
        ("rating.created", r#"{"user_id":ME,"movie_id":6,"rating":4.5}"#),
        ("rating.created", r#"{"user_id":YOU,"movie_id":6,"rating":1.0}"#),
        ("rating.updated", r#"{"user_id":ME,"movie_id":6,"rating":0.5,"previous":4.5}"#),
        ("rating.deleted", r#"{"user_id":ME,"movie_id":6,"previous":0.5}"#),
        ("feedback.given", r#"{"user_id":YOU,"movie_id":3,"kind":"not_interested"}"#),
    ];
    assert_eq!(told(&store).await, wanted.map(|(kind, text)| (kind.to_owned(), payload(text))));
    let events = all(&store, Filter::default()).await;
    let places: Vec<(i64, &str, i64)> = events.iter().map(|event| (event.seq, event.key.as_str(), event.at)).collect();
    let (me, you) = ("user/2147483648", "user/2147483649");
    assert_eq!(places, [(1, me, 1), (2, you, 2), (3, me, 3), (4, me, 5), (5, you, 6)]);
    assert!(!events.iter().any(|event| format!("{event:?}").contains(&mine.to_string())), "a session is a secret");
    assert_eq!(store.open_session(Some(mine), None, 1).await.unwrap().user_id, Some(FIRST_USER));

    let shards = |shard| Some(ShardFilter { count: 16, shards: vec![shard] });
    assert_eq!(events[0].shard_hash, Some(shard_hash(FIRST_USER)));
    let mine = all(&store, Filter { shards: shards(shard_of(FIRST_USER, 16)), ..Filter::default() }).await;
    assert!(mine.iter().any(|event| event.key == me));
    assert_eq!(mine.iter().any(|event| event.key == you), shard_of(FIRST_USER, 16) == shard_of(FIRST_USER + 1, 16));
}

/// The second try begins as one does whose first was committed without anybody hearing of it.
async fn a_change_that_is_tried_again_after_its_commit_is_told_once(database: Database) {
    let store = database.open().await;
    let session_id = new_session(&store).await;
    let rating = NewRating { event_id: Uuid::new_v4(), session_id, movie_id: 6, half_stars: stars(9), rated_at: 1 };
    let first = store.rate(rating.clone()).await.unwrap();
    rate(&store, session_id, 6, stars(3), 2).await.unwrap();
    let again = store.rate(rating).await.unwrap();
    assert_eq!((first.told, first.ratings), (again.told, again.ratings));
    assert_eq!(told(&store).await.len(), 2);
    assert_eq!(store.ratings(session_id).await.unwrap(), [(6, HalfStars::new(3).unwrap())], "the later one stays");
}

async fn ratings_stored_together_are_each_told_with_what_was_before_and_once(database: Database) {
    let store = database.open().await;
    let session_id = new_session(&store).await;
    rate(&store, session_id, 3, stars(1), 1).await.unwrap();
    // More than one statement takes.
    let brought = |movie_id| BroughtRating {
        event_id: Uuid::new_v4(),
        movie_id,
        half_stars: HalfStars::new(1 + (movie_id % 10) as u8).unwrap(),
        rated_at: 10 + i64::from(movie_id),
    };
    let ratings: Vec<BroughtRating> = (1..=150).map(brought).collect();
    let first = store.rate_many(NewRatings { session_id, ratings: ratings.clone() }).await.unwrap();
    let places: Vec<i64> = first.iter().map(|told| told.seq).collect();
    assert_eq!(places, (2..=151).collect::<Vec<i64>>());
    let again = store.rate_many(NewRatings { session_id, ratings: ratings.clone() }).await.unwrap();
    assert_eq!(again, first, "a second try says what the first did");
    let told = told(&store).await;
    assert_eq!(told.len(), 151);
    assert_eq!(told[1].1, format!(r#"{{"user_id":{FIRST_USER},"movie_id":1,"rating":1.0}}"#));
    assert_eq!(
        told[3],
        (
            "rating.updated".to_owned(),
            format!(r#"{{"user_id":{FIRST_USER},"movie_id":3,"rating":2.0,"previous":0.5}}"#),
        )
    );
    let stored: Vec<(u32, HalfStars)> = ratings.iter().map(|rating| (rating.movie_id, rating.half_stars)).collect();
    assert_eq!(store.ratings(session_id).await.unwrap(), stored);
    let nobody = NewRatings { session_id: Uuid::new_v4(), ratings: ratings[..2].to_vec() };
    let nobody = NewRatings { ratings: nobody.ratings.iter().map(|one| brought(one.movie_id)).collect(), ..nobody };
    assert!(store.rate_many(nobody).await.is_err(), "there is no such session");
}

async fn what_was_rated_before_there_was_a_log_is_in_it_once(database: Database) {
    use sqlx::{Connection, Executor};
    let store = database.open().await;
    let sessions: Vec<Uuid> = [new_session(&store).await, new_session(&store).await].into();
    store.close().await;
    let mut earlier_program = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    earlier_program.execute("UPDATE live_users SET log_is_full = 0").await.unwrap();
    for (number, session_id) in sessions.iter().enumerate() {
        let rating = format!("INSERT INTO ratings VALUES ('{session_id}', 6, 9, {number})");
        let feedback = format!("INSERT INTO feedback VALUES ('{session_id}', 7, 'seen', NULL, {})", 10 + number);
        earlier_program.execute(sqlx::AssertSqlSafe(rating + ";" + &feedback)).await.unwrap();
    }
    earlier_program.close().await.unwrap();
    for _ in 0..2 {
        let store = database.open().await;
        let kinds: Vec<String> = told(&store).await.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["rating.created", "rating.created", "feedback.given", "feedback.given"]);
        store.close().await;
    }
    let store = database.open().await;
    rate(&store, sessions[0], 6, stars(3), 20).await.unwrap();
    assert_eq!(told(&store).await[4].0, "rating.updated");
}

async fn the_changes_of_many_at_once_are_told_once_in_the_order_of_each(database: Database) {
    let store = database.open().await;
    // PostgreSQL is shared by several masters, an SQLite file is not.
    let other = if database.url.starts_with("postgres") { database.open().await } else { store.clone() };
    let mut viewers = JoinSet::new();
    for viewer in 0..32_u32 {
        let (store, other) = (store.clone(), other.clone());
        viewers.spawn(async move {
            let session_id = new_session(&store).await;
            for turn in 0..6_u8 {
                let through = if turn % 2 == 0 { &store } else { &other };
                rate(through, session_id, viewer, stars(turn + 1), i64::from(turn)).await.unwrap();
            }
        });
    }
    viewers.join_all().await;
    let events = all(&store, Filter::default()).await;
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=32 * 6).collect::<Vec<i64>>());
    assert_eq!(events.iter().map(|event| event.id).collect::<HashSet<_>>().len(), events.len());
    let mut turns: HashMap<&str, Vec<i64>> = HashMap::new();
    for event in &events {
        turns.entry(&event.key).or_default().push(event.at);
    }
    assert_eq!(turns.len(), 32);
    assert!(turns.values().all(|turns| turns == &[0, 1, 2, 3, 4, 5]), "{turns:?}");
}

async fn a_rating_that_the_database_refuses_is_not_told(database: Database) {
    let store = database.open().await;
    let session_id = new_session(&store).await;
    let (refused, stored) =
        tokio::join!(rate(&store, Uuid::new_v4(), 6, stars(9), 1), rate(&store, session_id, 7, stars(9), 2));
    assert!(matches!(refused, Err(Error::UnknownSession { .. })), "{refused:?}");
    assert_eq!(stored.unwrap(), 1);
    let events = all(&store, Filter::default()).await;
    assert_eq!(events.iter().map(|event| (event.seq, event.at)).collect::<Vec<_>>(), [(1, 2)]);
}

async fn what_comes_after_a_deletion_is_refused_and_its_neighbours_are_stored(database: Database) {
    use sqlx::Connection;
    let store = database.open().await;
    let (gone, stays) = (new_session(&store).await, new_session(&store).await);
    rate(&store, gone, 6, stars(9), 1).await.unwrap();
    rate(&store, stays, 6, stars(9), 2).await.unwrap();
    let mut service = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    let mut transaction = service.begin().await.unwrap();
    let end = cineswarm_events::NewEvent::new("user.deleted", format!("user/{FIRST_USER}"), "{}", 3);
    cineswarm_events::delete(&mut *transaction, &end).await.unwrap();
    transaction.commit().await.unwrap();
    let (refused, stored) = tokio::join!(rate(&store, gone, 7, stars(9), 4), rate(&store, stays, 7, stars(9), 5));
    assert!(matches!(refused, Err(Error::Refused { .. })), "{refused:?}");
    assert_eq!(stored.unwrap(), 2);
    assert_eq!(store.ratings(gone).await.unwrap().len(), 1, "nothing of what was refused is stored");
    let events = all(&store, Filter::default()).await;
    assert_eq!(events.iter().map(|event| event.at).collect::<Vec<_>>(), [1, 2, 3, 5]);
    assert_eq!(events[0].payload, None);
}
