//! The store's promises, each held to on a real SQLite file and on a real PostgreSQL server; as long as there are promises.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use cineswarm_engine::HalfStars;
use cineswarm_master::store::{
    Accepted, BEGINNING, EndState, Ending, Error, Feedback, FeedbackKind, LONGEST_KEY, NewRequest, Options, State,
    Store, sqlite_url,
};
use common::database::{Database, new_session, on_both_databases, rate};
use common::postgres::Postgres;
use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

const HOUR: Duration = Duration::from_secs(3_600);

on_both_databases!(
    acknowledged_requests_survive_a_kill,
    a_request_ends_exactly_once_under_50_finishers,
    an_idempotency_key_names_one_request_within_its_session,
    replay_is_complete_and_in_order,
    one_bad_operation_does_not_hurt_its_neighbours,
    offsets_go_on_after_a_restart_even_when_all_is_pruned,
    sessions_are_resumed_but_never_adopted,
    pruning_takes_only_what_ended_long_ago,
    a_clock_that_jumps_ages_nothing,
    sessions_that_nobody_used_go_after_a_week_and_others_stay,
    what_is_kept_is_bounded_in_bytes,
    a_unique_key_that_is_not_the_offsets_refuses_one_operation_only,
    hostile_texts_come_back_as_they_were_or_are_refused,
    ratings_are_set_replaced_and_taken_back,
    feedback_hides_films_until_it_changes_or_is_taken_back,
    the_last_answer_is_the_latest_one_that_succeeded,
    closing_writes_what_was_accepted_and_refuses_the_rest,
    sixty_four_callers_at_once_each_get_their_own_result,
    letters_that_wait_for_an_operator_are_counted_and_no_others,
);

fn request(session_id: Uuid, query: &str) -> NewRequest {
    NewRequest {
        request_id: Uuid::new_v4(),
        session_id,
        idempotency_key: None,
        query: query.to_owned(),
        spec: r#"{"n":10}"#.to_owned(),
        accepted_at: 1_000,
    }
}

fn ending(state: EndState, outcome: impl Into<String>, ended_at: i64) -> Ending {
    Ending { state, outcome: outcome.into(), ended_at }
}

/// A stored request's id.
async fn accepted(store: &Store, session_id: Uuid, query: &str) -> Uuid {
    let request = request(session_id, query);
    let request_id = request.request_id;
    assert_eq!(store.accept(request).await.unwrap(), Accepted::New);
    request_id
}

/// A stored and answered request's id and offset.
async fn answered(store: &Store, session_id: Uuid, ended_at: i64) -> (Uuid, i64) {
    let request_id = accepted(store, session_id, "popular").await;
    let offset = store.finish(request_id, ending(EndState::Answered, "{}", ended_at)).await.unwrap();
    (request_id, offset.unwrap())
}

async fn unfinished_ids(store: &Store) -> HashSet<Uuid> {
    store.unfinished().await.unwrap().into_iter().map(|request| request.request_id).collect()
}

/// Where the child of the kill test finds its database.
const KILLED_CHILD_URL: &str = "CINESWARM_TEST_KILLED_CHILD_URL";

async fn acknowledged_requests_survive_a_kill(database: Database) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "accepts_until_it_is_killed", "--ignored", "--nocapture"])
        .env(KILLED_CHILD_URL, &database.url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let acknowledged = said.filter_map(|line| Uuid::try_parse(line.strip_prefix("acknowledged ")?).ok());
    let acknowledged: Vec<Uuid> = acknowledged.take(100).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(acknowledged.len(), 100, "the child accepted requests until it was killed");

    let unfinished = unfinished_ids(&database.open().await).await;
    for request_id in acknowledged {
        assert!(unfinished.contains(&request_id), "{request_id} was acknowledged and is lost");
    }
}

#[tokio::test]
#[ignore = "the child process of acknowledged_requests_survive_a_kill"]
async fn accepts_until_it_is_killed() {
    let store = Store::open(Options::new(std::env::var(KILLED_CHILD_URL).unwrap())).await.unwrap();
    let session_id = new_session(&store).await;
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        callers.spawn(async move {
            // Ends by itself if nobody kills it.
            for _ in 0..10_000 {
                let request_id = accepted(&store, session_id, "90s comedies").await;
                println!("\nacknowledged {request_id}");
            }
        });
    }
    callers.join_all().await;
}

async fn a_request_ends_exactly_once_under_50_finishers(database: Database) {
    let store = database.open().await;
    let session_id = new_session(&store).await;
    let request_id = accepted(&store, session_id, "films like Heat").await;
    let mut finishers = JoinSet::new();
    for finisher in 0..50 {
        let store = store.clone();
        finishers.spawn(async move {
            let outcome = format!(r#"{{"finisher":{finisher}}}"#);
            let offset = store.finish(request_id, ending(EndState::Answered, &outcome, finisher)).await.unwrap();
            offset.map(|offset| (offset, outcome))
        });
    }
    let winners: Vec<(i64, String)> = finishers.join_all().await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1, "exactly one ending wins: {winners:?}");
    let late = store.finish(request_id, ending(EndState::Cancelled, "{}", 99)).await.unwrap();
    assert_eq!(late, None, "what has ended stays ended");

    let events = store.events_since(session_id, 0, 100).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].offset, events[0].outcome.clone()), winners[0]);
    assert_eq!(store.request(request_id).await.unwrap().unwrap().state, State::Answered);
    assert!(store.unfinished().await.unwrap().is_empty());
    let unknown = store.finish(Uuid::new_v4(), ending(EndState::Failed, "{}", 1)).await.unwrap();
    assert_eq!(unknown, None, "a request that is not stored cannot end");
}

async fn an_idempotency_key_names_one_request_within_its_session(database: Database) {
    let store = database.open().await;
    let (mine, yours) = (new_session(&store).await, new_session(&store).await);
    let mut callers = JoinSet::new();
    for session_id in [mine, yours] {
        for _ in 0..10 {
            let store = store.clone();
            let request = NewRequest { idempotency_key: Some("k'1".to_owned()), ..request(session_id, "popular") };
            callers.spawn(async move { (session_id, request.request_id, store.accept(request).await.unwrap()) });
        }
    }
    let results = callers.join_all().await;
    for session in [mine, yours] {
        let of_session: Vec<_> = results.iter().filter(|(session_id, ..)| *session_id == session).collect();
        let new: Vec<Uuid> = of_session.iter().filter(|it| it.2 == Accepted::New).map(|it| it.1).collect();
        assert_eq!(new.len(), 1, "the key makes one request");
        let duplicates = of_session.iter().filter(|it| it.2 == Accepted::Duplicate { request_id: new[0] }).count();
        assert_eq!(duplicates, 9, "and all the others are told which");
    }
    for _ in 0..2 {
        accepted(&store, mine, "without a key nothing is a duplicate").await;
    }
    assert_eq!(store.unfinished().await.unwrap().len(), 4);
}

async fn replay_is_complete_and_in_order(database: Database) {
    let store = database.open().await;
    let mut callers = JoinSet::new();
    let mut sessions = Vec::new();
    for _ in 0..3 {
        let session_id = new_session(&store).await;
        sessions.push(session_id);
        for number in 0..40 {
            let store = store.clone();
            callers.spawn(async move {
                let request_id = accepted(&store, session_id, &format!("query {number}")).await;
                let states = [EndState::Answered, EndState::Failed, EndState::Cancelled];
                let state = states[number % states.len()];
                let outcome = format!(r#"{{"number":{number}}}"#);
                let offset = store.finish(request_id, ending(state, &outcome, 5)).await.unwrap().unwrap();
                (session_id, offset, state, request_id, format!("query {number}"), outcome)
            });
        }
    }
    let finished = callers.join_all().await;
    for session_id in sessions {
        let mut replayed = Vec::new();
        let mut offset = 0;
        loop {
            let page = store.events_since(session_id, offset, 7).await.unwrap();
            assert!(page.len() <= 7);
            let Some(last) = page.last() else { break };
            assert!(page[0].offset > offset && page.is_sorted_by(|one, next| one.offset < next.offset));
            offset = last.offset;
            replayed.extend(page);
        }
        let replayed: Vec<_> = replayed
            .into_iter()
            .map(|event| (session_id, event.offset, event.state, event.request_id, event.query, event.outcome))
            .collect();
        let mut expected: Vec<_> = finished.iter().filter(|it| it.0 == session_id).cloned().collect();
        expected.sort_by_key(|it| it.1);
        assert_eq!(replayed, expected);
    }
}

async fn one_bad_operation_does_not_hurt_its_neighbours(database: Database) {
    let store = database.open().await;
    let session_id = new_session(&store).await;
    let bad: HashSet<usize> = [0, 13, 14, 63].into();
    let mut callers = JoinSet::new();
    for number in 0..64 {
        // One thread runs this test, so all of these are in the queue before the writer looks.
        let session_id = if bad.contains(&number) { Uuid::new_v4() } else { session_id };
        let (store, request) = (store.clone(), request(session_id, "popular"));
        callers.spawn(async move { (number, request.request_id, store.accept(request).await) });
    }
    let mut good = HashSet::new();
    for (number, request_id, result) in callers.join_all().await {
        if bad.contains(&number) {
            assert!(matches!(result, Err(Error::UnknownSession { .. })), "{number}: {result:?}");
        } else {
            assert_eq!(result.unwrap(), Accepted::New, "{number}");
            good.insert(request_id);
        }
    }
    assert_eq!(unfinished_ids(&store).await, good);
}

async fn offsets_go_on_after_a_restart_even_when_all_is_pruned(database: Database) {
    let store = database.open().await;
    let session_id = new_session(&store).await;
    let mut highest = 0;
    for _ in 0..3 {
        let (_, offset) = answered(&store, session_id, 10).await;
        assert!(offset > highest, "{offset} comes after {highest}");
        highest = offset;
    }
    store.live(HOUR).await.unwrap();
    store.live(HOUR).await.unwrap();
    assert_eq!(store.prune(HOUR).await.unwrap(), 2, "the last one stays");
    store.close().await;

    let store = database.open().await;
    let session = store.open_session(Some(session_id), None, 2).await.unwrap();
    assert_eq!(session.last_offset, highest);
    let (_, offset) = answered(&store, session_id, 20).await;
    assert!(offset > highest, "{offset} comes after {highest}");
}

async fn sessions_are_resumed_but_never_adopted(database: Database) {
    let store = database.open().await;
    let opened = store.open_session(None, Some("es"), 1).await.unwrap();
    assert_eq!((opened.resumed, opened.last_offset, opened.lang.as_str()), (false, 0, "es"));
    let (_, offset) = answered(&store, opened.id, 10).await;

    let resumed = store.open_session(Some(opened.id), None, 2).await.unwrap();
    assert_eq!((resumed.id, resumed.resumed, resumed.last_offset), (opened.id, true, offset));
    assert_eq!(resumed.lang, "es", "the language is remembered");
    let changed = store.open_session(Some(opened.id), Some("en"), 3).await.unwrap();
    assert_eq!(changed.lang, "en", "until another is chosen");

    let made_up = Uuid::new_v4();
    let other = store.open_session(Some(made_up), None, 4).await.unwrap();
    assert!(!other.resumed && other.id != made_up && other.id != opened.id);
    assert!(!store.open_session(Some(made_up), None, 5).await.unwrap().resumed);
}

async fn pruning_takes_only_what_ended_long_ago(database: Database) {
    let store = database.open().await;
    let session_id = new_session(&store).await;
    let waiting = accepted(&store, session_id, "never answered").await;
    let answer_many = async |many: usize| {
        let mut callers = JoinSet::new();
        for _ in 0..many {
            let store = store.clone();
            callers.spawn(async move { answered(&store, session_id, 10).await });
        }
        callers.join_all().await;
    };
    answer_many(1_050).await;
    store.live(HOUR).await.unwrap();
    answer_many(50).await;
    let (latest, _) = answered(&store, session_id, 30).await;
    store.live(HOUR).await.unwrap();

    assert_eq!(store.prune(2 * HOUR).await.unwrap(), 0, "nothing is that old");
    assert_eq!(store.prune(HOUR).await.unwrap(), 1_050);
    assert_eq!(store.prune(HOUR).await.unwrap(), 0);
    assert_eq!(store.events_since(session_id, 0, 10_000).await.unwrap().len(), 51);
    assert!(store.request(waiting).await.unwrap().is_some(), "what has not ended stays, however old");
    assert!(store.request(latest).await.unwrap().is_some());
}

async fn a_clock_that_jumps_ages_nothing(database: Database) {
    let store = database.open().await;
    let session_id = new_session(&store).await;
    answered(&store, session_id, 10).await;
    store.close().await;
    // 200 days later by the clock, which nobody has seen pass.
    let store = database.open().await;
    answered(&store, session_id, 200 * 24 * 3_600_000).await;
    store.live(HOUR).await.unwrap();
    assert_eq!(store.prune(24 * HOUR).await.unwrap(), 0);
    assert_eq!(store.events_since(session_id, 0, 10).await.unwrap().len(), 2);
}

async fn sessions_that_nobody_used_go_after_a_week_and_others_stay(database: Database) {
    let store = database.open().await;
    let (unused, asked, rated) = (new_session(&store).await, new_session(&store).await, new_session(&store).await);
    answered(&store, asked, 10).await;
    rate(&store, rated, 6, HalfStars::new(9), 1).await.unwrap();
    store.live(7 * 24 * HOUR).await.unwrap();
    assert_eq!(store.prune(1_000 * HOUR).await.unwrap(), 0, "a week has not quite passed");
    store.live(HOUR).await.unwrap();
    let opened_since = new_session(&store).await;
    assert_eq!(store.prune(1_000 * HOUR).await.unwrap(), 1);
    for (session_id, stays) in [(unused, false), (asked, true), (rated, true), (opened_since, true)] {
        let resumed = store.open_session(Some(session_id), None, 2).await.unwrap();
        assert_eq!(resumed.resumed, stays, "{session_id}");
    }
}

async fn what_is_kept_is_bounded_in_bytes(database: Database) {
    let keep_bytes = 200_000;
    let store = Store::open(Options { keep_bytes, ..Options::new(&database.url) }).await.unwrap();
    let session_id = new_session(&store).await;
    let outcome = "é".repeat(5_000);
    let mut last = None;
    for _ in 0..60 {
        let request_id = accepted(&store, session_id, "popular").await;
        last = store.finish(request_id, ending(EndState::Answered, &outcome, 5)).await.unwrap();
    }
    let kept = store.events_since(session_id, 0, 100).await.unwrap();
    let bytes: usize = kept.iter().map(|event| event.outcome.len()).sum();
    assert!((100_000..=keep_bytes as usize).contains(&bytes), "{bytes} bytes are kept");
    assert_eq!(kept.last().map(|event| event.offset), last, "the earliest go first");
}

/// What another key than that of the offsets forbids costs nobody else anything.
async fn a_unique_key_that_is_not_the_offsets_refuses_one_operation_only(database: Database) {
    use sqlx::{Connection, Executor};
    let store = database.open().await;
    let session_id = new_session(&store).await;
    let mut other_program = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    other_program.execute("CREATE UNIQUE INDEX one_rating_a_film ON ratings (movie_id)").await.unwrap();
    let other_session = new_session(&store).await;
    rate(&store, session_id, 6, HalfStars::new(9), 1).await.unwrap();
    let (refused, stored) = tokio::join!(
        rate(&store, other_session, 6, HalfStars::new(9), 1),
        rate(&store, other_session, 7, HalfStars::new(9), 1)
    );
    assert!(matches!(refused, Err(Error::Refused { .. })), "{refused:?}");
    assert_eq!(stored.unwrap(), 1);
}

async fn hostile_texts_come_back_as_they_were_or_are_refused(database: Database) {
    let store = database.open().await;
    let session_id = new_session(&store).await;
    let long = "Amélie ".repeat(100_000);
    let texts =
        ["'; DROP TABLE requests; --", "\"$1\\", "%s {} \u{7f}\u{1}\r\n\t", "\u{202e}👩‍👩‍👧 ﷽ \u{10ffff}", "", &long];
    for text in texts {
        let key = (text.len() <= LONGEST_KEY).then(|| text.to_owned());
        let request = NewRequest { idempotency_key: key.clone(), ..request(session_id, text) };
        let request_id = request.request_id;
        assert_eq!(store.accept(request).await.unwrap(), Accepted::New, "{text:.40}");
        store.finish(request_id, ending(EndState::Answered, text, 5)).await.unwrap().unwrap();
        let event = store.events_since(session_id, 0, 100).await.unwrap().pop().unwrap();
        assert_eq!((event.query.as_str(), event.outcome.as_str()), (text, text));
        let stored = store.request(request_id).await.unwrap().unwrap();
        assert_eq!(stored.idempotency_key, key);
    }
    for (bytes, is_stored) in [(LONGEST_KEY, true), (LONGEST_KEY + 1, false), (1_000_000, false)] {
        let key = Some("k".repeat(bytes));
        let result = store.accept(NewRequest { idempotency_key: key, ..request(session_id, "Heat") }).await;
        assert_eq!(matches!(result, Ok(Accepted::New)), is_stored, "a key of {bytes} bytes: {result:?}");
    }
    let with_nul = NewRequest { idempotency_key: Some("a\0b".to_owned()), ..request(session_id, "Heat") };
    let (refused, accepted) = tokio::join!(store.accept(with_nul), store.accept(request(session_id, "Heat")));
    assert!(matches!(refused, Err(Error::Refused { .. })), "{refused:?}");
    assert_eq!(accepted.unwrap(), Accepted::New, "its neighbour is stored");
    let refused = store.accept(request(session_id, "He\0at")).await.unwrap_err().to_string();
    assert!(refused.contains("NUL"), "{refused}");
    assert!(matches!(store.open_session(None, Some("e\0n"), 1).await, Err(Error::Refused { .. })));
}

async fn ratings_are_set_replaced_and_taken_back(database: Database) {
    let store = database.open().await;
    let (mine, yours) = (new_session(&store).await, new_session(&store).await);
    let half_stars = |count| Some(HalfStars::new(count).unwrap());
    assert_eq!(rate(&store, mine, 6, half_stars(9), 1).await.unwrap(), 1);
    assert_eq!(rate(&store, mine, 4_000_000_000, half_stars(1), 2).await.unwrap(), 2);
    assert_eq!(rate(&store, mine, 6, half_stars(10), 3).await.unwrap(), 2, "a film is rated once");
    assert_eq!(rate(&store, yours, 6, half_stars(2), 3).await.unwrap(), 1);
    let rated = store.ratings(mine).await.unwrap();
    assert_eq!(rated, [(6, HalfStars::MAX), (4_000_000_000, HalfStars::new(1).unwrap())]);
    assert_eq!(rate(&store, mine, 6, None, 4).await.unwrap(), 1);
    assert_eq!(rate(&store, mine, 6, None, 5).await.unwrap(), 1, "taking back twice changes nothing");
    assert_eq!(store.ratings(mine).await.unwrap().len(), 1);
    assert_eq!(store.ratings(Uuid::new_v4()).await.unwrap(), []);
    let unknown = rate(&store, Uuid::new_v4(), 6, half_stars(9), 1).await;
    assert!(matches!(unknown, Err(Error::UnknownSession { .. })), "{unknown:?}");
}

async fn feedback_hides_films_until_it_changes_or_is_taken_back(database: Database) {
    use FeedbackKind::{Down, NotInterested, Seen, Up};
    let store = database.open().await;
    let session_id = new_session(&store).await;
    let give = |movie_id, kind| {
        let (event_id, request_id) = (Uuid::new_v4(), Some(Uuid::new_v4()));
        let feedback = Feedback { event_id, session_id, movie_id, kind, request_id, given_at: 1 };
        store.give_feedback(feedback)
    };
    for (movie, kind) in [(3, Seen), (1, NotInterested), (2, Up), (4, Down)] {
        assert!(give(movie, Some(kind)).await.unwrap().is_some());
    }
    assert_eq!(store.hidden_movies(session_id).await.unwrap(), [(1, NotInterested), (3, Seen)]);
    give(3, Some(Up)).await.unwrap();
    assert_eq!(store.hidden_movies(session_id).await.unwrap(), [(1, NotInterested)]);
    assert!(give(1, None).await.unwrap().is_some());
    assert_eq!(store.hidden_movies(session_id).await.unwrap(), []);
    assert_eq!(give(1, None).await.unwrap(), None, "there is nothing more to take back");
}

async fn the_last_answer_is_the_latest_one_that_succeeded(database: Database) {
    let store = database.open().await;
    let session_id = new_session(&store).await;
    assert_eq!(store.last_answered(session_id).await.unwrap(), None);
    for outcome in ["first", "second"] {
        let request_id = accepted(&store, session_id, "popular").await;
        store.finish(request_id, ending(EndState::Answered, outcome, 5)).await.unwrap().unwrap();
    }
    let failed = accepted(&store, session_id, "popular").await;
    store.finish(failed, ending(EndState::Failed, "third", 6)).await.unwrap().unwrap();
    let replied = NewRequest { spec: String::new(), ..request(session_id, "help") };
    let request_id = replied.request_id;
    store.accept(replied).await.unwrap();
    store.finish(request_id, ending(EndState::Answered, "a reply computed nothing", 7)).await.unwrap().unwrap();
    let last = store.last_answered(session_id).await.unwrap().unwrap();
    assert_eq!((last.outcome.as_str(), last.spec.as_str()), ("second", r#"{"n":10}"#));
    let begun = NewRequest { spec: BEGINNING.to_owned(), ..request(session_id, "") };
    let request_id = begun.request_id;
    store.accept(begun).await.unwrap();
    store.finish(request_id, ending(EndState::Answered, "begun", 8)).await.unwrap().unwrap();
    assert_eq!(store.last_answered(session_id).await.unwrap(), None, "a new conversation has nothing to ask on from");
}

async fn closing_writes_what_was_accepted_and_refuses_the_rest(database: Database) {
    let store = database.open().await;
    let session_id = new_session(&store).await;
    let mut callers = JoinSet::new();
    for _ in 0..600 {
        let (store, request) = (store.clone(), request(session_id, "popular"));
        callers.spawn(async move { (request.request_id, store.accept(request).await) });
    }
    tokio::task::yield_now().await;
    store.close().await;
    let mut stored = HashSet::new();
    for (request_id, result) in callers.join_all().await {
        match result {
            Ok(Accepted::New) => assert!(stored.insert(request_id)),
            Err(Error::Closed) => {}
            other => panic!("neither stored nor refused: {other:?}"),
        }
    }
    assert!(!stored.is_empty(), "what was in the queue was still written");
    assert!(matches!(store.accept(request(session_id, "late")).await, Err(Error::Closed)));
    assert!(matches!(store.unfinished().await, Err(Error::Closed)));
    store.close().await;
    assert_eq!(unfinished_ids(&database.open().await).await, stored);
}

async fn sixty_four_callers_at_once_each_get_their_own_result(database: Database) {
    let store = database.open().await;
    let mut callers = JoinSet::new();
    for caller in 0..64_u32 {
        let store = store.clone();
        callers.spawn(async move {
            let session_id = new_session(&store).await;
            for turn in 0..5_u32 {
                let query = format!("caller {caller} turn {turn}");
                let request_id = accepted(&store, session_id, &query).await;
                let offset = store.finish(request_id, ending(EndState::Answered, &query, 5)).await.unwrap().unwrap();
                let event = store.events_since(session_id, offset - 1, 10).await.unwrap().remove(0);
                assert_eq!((event.request_id, event.outcome), (request_id, query));
                let ratings = rate(&store, session_id, turn, HalfStars::new(5), 1).await.unwrap();
                assert_eq!(ratings, u64::from(turn) + 1);
            }
            session_id
        });
    }
    let sessions: HashSet<Uuid> = callers.join_all().await.into_iter().collect();
    assert_eq!(sessions.len(), 64);
    assert!(store.unfinished().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_postgres_that_crashes_is_waited_for_and_what_was_refused_is_not_stored() {
    let Some(mut server) = Postgres::start() else { return };
    let options = Options { operation_deadline: Duration::from_secs(1), ..Options::new(server.new_database()) };
    let store = Store::open(options.clone()).await.unwrap();
    let session_id = new_session(&store).await;
    let before = accepted(&store, session_id, "before").await;

    server.crash();
    let during = NewRequest { idempotency_key: Some("key".to_owned()), ..request(session_id, "during") };
    let refused = store.accept(during.clone()).await;
    assert!(matches!(refused, Err(Error::Unavailable { .. })), "{refused:?}");
    assert!(store.trouble().is_some(), "health can say so");
    let unread = store.unfinished().await;
    assert!(matches!(unread, Err(Error::Unavailable { .. })), "{unread:?}");

    server.resume();
    let again = NewRequest { request_id: Uuid::new_v4(), ..during.clone() };
    let mut attempts = 0;
    while let Err(error) = store.accept(again.clone()).await {
        assert!(matches!(error, Error::Unavailable { .. } | Error::Busy { .. }), "{error}");
        attempts += 1;
        assert!(attempts < 20, "the writer goes on once the database is back: {error}");
    }
    let expected: HashSet<Uuid> = [before, again.request_id].into();
    assert_eq!(unfinished_ids(&store).await, expected);
    assert_eq!(store.trouble(), None);
    store.close().await;
}

#[tokio::test]
async fn while_the_file_is_locked_callers_are_refused_in_time_and_nothing_refused_is_stored() {
    use sqlx::{Connection, Executor};
    let database = Database::sqlite();
    let options = Options {
        queue_length: 2,
        accept_deadline: Duration::from_millis(50),
        operation_deadline: Duration::from_millis(500),
        ..Options::new(&database.url)
    };
    let store = Store::open(options).await.unwrap();
    let session_id = new_session(&store).await;

    let mut other_program = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    other_program.execute("BEGIN IMMEDIATE").await.unwrap();
    let mut callers = JoinSet::new();
    for _ in 0..10 {
        let (store, request) = (store.clone(), request(session_id, "popular"));
        callers.spawn(async move { store.accept(request).await.unwrap_err() });
    }
    let refusals = callers.join_all().await;
    assert!(refusals.iter().any(|error| matches!(error, Error::Busy { .. })), "{refusals:?}");
    assert!(refusals.iter().any(|error| matches!(error, Error::Unavailable { .. })), "{refusals:?}");
    assert_eq!(refusals.len(), 10);
    other_program.execute("ROLLBACK").await.unwrap();

    let again = request(session_id, "again");
    let mut attempts = 0;
    while let Err(error) = store.accept(again.clone()).await {
        attempts += 1;
        assert!(attempts < 20, "the writer goes on once the lock is gone: {error}");
    }
    assert_eq!(unfinished_ids(&store).await, HashSet::from([again.request_id]));
}

/// Accepts until it works; every refusal before says that the database is away.
async fn accepted_in_the_end(store: &Store, session_id: Uuid) -> Uuid {
    for _ in 0..40 {
        let request = request(session_id, "again");
        let request_id = request.request_id;
        match store.accept(request).await {
            Ok(Accepted::New) => return request_id,
            Ok(other) => panic!("{other:?}"),
            Err(Error::Unavailable { .. } | Error::Busy { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("nothing is stored any more: {:?}", store.trouble());
}

/// What is on disk, as another program sees it.
async fn on_disk(url: &str) -> HashSet<Uuid> {
    use sqlx::{Connection, Row};
    let mut other_program = sqlx::AnyConnection::connect(url).await.unwrap();
    let rows = sqlx::query("SELECT id FROM requests").fetch_all(&mut other_program).await.unwrap();
    rows.iter().map(|row| Uuid::try_parse(row.get::<&str, _>(0)).unwrap()).collect()
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_left_for_one_that_does() {
    use sqlx::{Connection, Executor};
    let Some(server) = Postgres::shared() else { return };
    let url = server.new_database();
    let name = url.rsplit('/').next().unwrap();
    let options = Options { operation_deadline: Duration::from_secs(1), ..Options::new(&url) };
    let store = Store::open(options).await.unwrap();
    let session_id = new_session(&store).await;

    // As after a switchover: connections that are made now lead to a server that only reads, for as long as they live.
    let mut administrator = sqlx::AnyConnection::connect(&url).await.unwrap();
    let read_only = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    administrator.execute(sqlx::AssertSqlSafe(read_only)).await.unwrap();
    let end_others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                      AND pid <> pg_backend_pid()";
    administrator.execute(end_others).await.unwrap();
    let refused = store.accept(request(session_id, "popular")).await;
    assert!(matches!(refused, Err(Error::Unavailable { .. })), "{refused:?}");
    assert!(store.trouble().is_some_and(|trouble| trouble.contains("read-only")), "{:?}", store.trouble());
    administrator.execute("SET default_transaction_read_only = off").await.unwrap();
    let reset = format!("ALTER DATABASE {name} RESET default_transaction_read_only");
    administrator.execute(sqlx::AssertSqlSafe(reset)).await.unwrap();

    let request_id = accepted_in_the_end(&store, session_id).await;
    assert!(on_disk(&url).await.contains(&request_id), "what was acknowledged is on disk");
    assert_eq!(store.trouble(), None);
}

#[tokio::test]
async fn nothing_is_acknowledged_into_a_file_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (path, away) = (folder.path().join("store.db"), folder.path().join("away.db"));
    let url = sqlite_url(&path);
    let options = Options { operation_deadline: Duration::from_millis(500), ..Options::new(&url) };
    let store = Store::open(options).await.unwrap();
    let session_id = new_session(&store).await;
    accepted(&store, session_id, "before").await;

    std::fs::rename(&path, &away).unwrap();
    let refused = store.accept(request(session_id, "during")).await;
    assert!(matches!(refused, Err(Error::Unavailable { .. })), "{refused:?}");
    let trouble = store.health().trouble.unwrap_or_default();
    assert!(trouble.contains("is gone") && trouble.contains("put it back"), "{trouble}");
    assert!(!path.exists(), "no empty database takes its place");

    std::fs::rename(&away, &path).unwrap();
    let request_id = accepted_in_the_end(&store, session_id).await;
    assert!(on_disk(&url).await.contains(&request_id), "what was acknowledged is on disk");
}

/// A folder on a file system of its own that holds so many bytes; none, having said so, where that is not allowed.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Option<SmallDisk> {
        let disk = SmallDisk(tempfile::tempdir().unwrap());
        if disk.resize("size", size) {
            return Some(disk);
        }
        println!("SKIPPED: a file system cannot be mounted here (it takes root)");
        None
    }

    fn resize(&self, option: &str, size: &str) -> bool {
        let options = format!("{option}={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "none"]).arg(self.0.path()).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn after_a_full_disk_what_is_acknowledged_is_on_disk_again() {
    let Some(disk) = SmallDisk::mount("2m") else { return };
    let url = sqlite_url(&disk.0.path().join("store.db"));
    let options = Options { operation_deadline: Duration::from_millis(500), ..Options::new(&url) };
    let store = Store::open(options).await.unwrap();
    let session_id = new_session(&store).await;
    let long = "a film ".repeat(4_000);
    let mut acknowledged = HashSet::new();
    let refusal = loop {
        let request = request(session_id, &long);
        let request_id = request.request_id;
        match store.accept(request).await {
            Ok(_) => assert!(acknowledged.insert(request_id)),
            Err(error) => break error,
        }
        assert!(acknowledged.len() < 1_000, "the disk never gets full");
    };
    assert!(matches!(refusal, Error::Unavailable { .. }), "{refusal}");
    assert!(disk.resize("remount,size", "64m"));

    acknowledged.insert(accepted_in_the_end(&store, session_id).await);
    for number in 0..100 {
        acknowledged.insert(accepted(&store, session_id, &format!("film {number}")).await);
    }
    let stored = on_disk(&url).await;
    let lost: Vec<&Uuid> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "{} of {} are acknowledged and on no disk", lost.len(), acknowledged.len());
}

#[tokio::test]
async fn an_address_that_cannot_work_is_refused_at_once_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let no_folder = sqlite_url(&folder.path().join("missing").join("store.db"));
    for url in ["mysql://localhost/films", "sqlite::memory:", "", "store.db", &no_folder] {
        let Err(error) = Store::open(Options::new(url)).await else { panic!("{url:?} was opened") };
        assert!(matches!(error, Error::Configuration { .. } | Error::Unavailable { .. }), "{url:?}: {error}");
    }
    let not_a_database = folder.path().join("text.db");
    std::fs::write(&not_a_database, "this is not a database, and long enough to be looked at ".repeat(50)).unwrap();
    let Err(error) = Store::open(Options::new(sqlite_url(&not_a_database))).await else { panic!("it was opened") };
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
}

async fn letters_that_wait_for_an_operator_are_counted_and_no_others(database: Database) {
    use sqlx::Connection;
    let store = database.open().await;
    assert_eq!(store.dead_letters().await.unwrap(), 0);
    let mut connection = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    for (seq, state) in [(1, "dead"), (2, "waiting"), (3, "replay"), (4, "dead")] {
        let insert = "INSERT INTO dead_letters (consumer, log, seq, id, kind, key, is_last, at, state) \
             VALUES ('mail', 'ratings', $1, 'an id', 'rating.created', 'user:7', 0, 1, $2)";
        sqlx::query(insert).bind(seq).bind(state).execute(&mut connection).await.unwrap();
    }
    assert_eq!(store.dead_letters().await.unwrap(), 2);
    connection.close().await.unwrap();
    store.close().await;
}
