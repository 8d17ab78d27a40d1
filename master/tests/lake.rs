//! The data lake beside a real store, on SQLite and on PostgreSQL: what it gives back is what the log has.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use cineswarm_engine::dataset::{Changes, GrowOptions, ImportOptions, Watermark, grow, import_rows};
use cineswarm_engine::movielens::Rating;
use cineswarm_engine::{Dataset, HalfStars, Movie};
use cineswarm_events::{Cursor, Error, Log, NewEvent, Read, Reply, Source};
use cineswarm_master::store::{Feedback, FeedbackKind, Store};
use cineswarm_ratings::lake::keeping::{Options, keep};
use cineswarm_ratings::lake::reading::{Replayed, replay};
use cineswarm_ratings::lake::row::{Row, wanted};
use cineswarm_ratings::lake::storage::{Folder, Storage};
use cineswarm_ratings::outbox::RawLines;
use common::database::{Database, new_session, on_both_databases, rate};
use common::log::all;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Users that live have ids from here on.
const FIRST_USER: u32 = 1 << 31;
const PATIENCE: Duration = Duration::from_secs(30);
/// 2026-11-26T21:00:00Z.
const NOW: i64 = 1_795_726_800;

on_both_databases!(the_lake_gives_back_what_the_log_has_to_the_same_hash, a_lake_of_another_log_is_left_as_it_is,);

/// A log that tells when it was read to its end.
struct Watched {
    log: Log,
    at_end: Arc<Notify>,
    is_of_another: Arc<Notify>,
}

impl Source for Watched {
    async fn read(&self, wanted: &Read) -> Result<Reply, Error> {
        let reply = self.log.read(wanted).await?;
        match &reply {
            Reply::Page { through, .. } if *through == wanted.after => self.at_end.notify_one(),
            Reply::Forked { .. } => self.is_of_another.notify_one(),
            _ => {}
        }
        Ok(reply)
    }

    fn moves(&self) -> Option<watch::Receiver<i64>> {
        self.log.moves()
    }
}

/// Keeps a lake until it has the log, or has found that it is not of this log.
async fn keep_once(store: &Store, folder: &Path) {
    let (at_end, is_of_another, stop) = (Arc::new(Notify::new()), Arc::new(Notify::new()), CancellationToken::new());
    let source = Watched { log: store.log().clone(), at_end: at_end.clone(), is_of_another: is_of_another.clone() };
    let (options, folder) = (Options { most_rows: 3, ..Options::default() }, folder.to_owned());
    let raw = RawLines { readers: store.readers(), writer: store.clone() };
    let keeping = tokio::spawn(keep(options, move || Folder::to_write(&folder), source, raw, stop.clone()));
    let seen = async {
        tokio::select! {
            () = at_end.notified() => {}
            () = is_of_another.notified() => {}
        }
    };
    tokio::time::timeout(PATIENCE, seen).await.unwrap();
    stop.cancel();
    keeping.await.unwrap();
}

fn stars(half_stars: u8) -> Option<HalfStars> {
    HalfStars::new(half_stars)
}

fn base(data_dir: &Path) -> Dataset {
    let film = |id| Movie {
        id,
        title: format!("Film {id}"),
        other_titles: Vec::new(),
        year: None,
        genres: Vec::new(),
        imdb_id: None,
        tmdb_id: None,
    };
    let movies = (1..=40).map(film).collect();
    let rating = |user| Rating { user, movie: user, half_stars: HalfStars::new(7).unwrap(), timestamp: 1_000_000_000 };
    let options = ImportOptions { shard_count: 3, ..ImportOptions::new(data_dir, "films", NOW) };
    import_rows("rows", movies, (1..=9).map(rating), &options, &mut |_| {}).unwrap();
    Dataset::open(data_dir, "films").unwrap()
}

fn hash(base: &Dataset, data_dir: &Path, changes: &Changes, watermark: Watermark, name: &str) -> String {
    let options =
        GrowOptions { data_dir: data_dir.to_owned(), name: name.to_owned(), now: NOW, watermark, grown_from: None };
    grow(base, changes, &options, &mut |_| {}).unwrap().metadata.content_sha256
}

/// Straight from the log.
async fn hash_of_log(store: &Store, base: &Dataset, data_dir: &Path) -> String {
    let mut changes = Changes::default();
    for event in all(store, wanted()).await {
        Row::of(&event).apply(&mut changes).unwrap();
    }
    let Cursor { seq, id } = store.log().last().await.unwrap();
    hash(base, data_dir, &changes, Watermark { seq, id: id.to_string() }, "from-log")
}

fn hash_of_lake(folder: &Path, base: &Dataset, data_dir: &Path) -> String {
    let Replayed { changes, watermark, .. } =
        replay(&Folder::to_read(folder), base.metadata().watermark.as_ref()).unwrap();
    hash(base, data_dir, &changes, watermark, "from-lake")
}

async fn the_lake_gives_back_what_the_log_has_to_the_same_hash(database: Database) {
    let folders = tempfile::tempdir().unwrap();
    let (lake, data_dir) = (folders.path().join("lake"), folders.path().join("data"));
    let base = base(&data_dir);
    let store = database.open().await;
    let (gone, stays) = (new_session(&store).await, new_session(&store).await);
    for film in 1..=20 {
        rate(&store, gone, film, stars(1 + (film % 10) as u8), 1_000 * i64::from(film)).await.unwrap();
        rate(&store, stays, film, stars(10 - (film % 10) as u8), 1_500 * i64::from(film)).await.unwrap();
    }
    keep_once(&store, &lake).await;
    let first = hash_of_lake(&lake, &base, &data_dir);
    assert_eq!(first, hash_of_log(&store, &base, &data_dir).await);
    assert_ne!(first, base.metadata().content_sha256);

    rate(&store, stays, 3, None, 90_000).await.unwrap();
    rate(&store, stays, 4, stars(1), 91_000).await.unwrap();
    let given = Feedback {
        event_id: Uuid::new_v4(),
        session_id: stays,
        movie_id: 3,
        kind: Some(FeedbackKind::Seen),
        request_id: None,
        given_at: 92_000,
    };
    store.give_feedback(given).await.unwrap();
    // One of them is deleted after much of what they rated was written.
    delete(&database, FIRST_USER).await;
    rate(&store, stays, 5, stars(2), 93_000).await.unwrap();
    keep_once(&store, &lake).await;
    let second = hash_of_lake(&lake, &base, &data_dir);
    assert_eq!(second, hash_of_log(&store, &base, &data_dir).await);
    assert_ne!(second, first);

    let rebuilt = Dataset::open(&data_dir, "from-lake").unwrap();
    assert!(rebuilt.ratings_of(FIRST_USER).is_none(), "a deleted user does not come back");
    let of_the_other: Vec<(u32, u8, i64)> = rebuilt
        .ratings_of(FIRST_USER + 1)
        .unwrap()
        .map(|(film, half_stars, at)| (film, half_stars.get(), at))
        .filter(|(film, ..)| (3..=6).contains(film))
        .collect();
    assert_eq!(of_the_other, [(4, 1, 91), (5, 2, 93), (6, 4, 9)]);
    let files = Folder::to_read(&lake).list("ratings").unwrap();
    assert!(files.len() > 1, "{files:?}");
    let again = hash_of_lake(&lake, &rebuilt, &data_dir);
    assert_eq!(again, second, "what has grown has nothing more to grow by");
}

async fn delete(database: &Database, user: u32) {
    use sqlx::Connection;
    let mut service = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    let mut transaction = service.begin().await.unwrap();
    let end = NewEvent::new("user.deleted", format!("user/{user}"), "{}", 3);
    cineswarm_events::delete(&mut *transaction, &end).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn a_lake_of_another_log_is_left_as_it_is(database: Database) {
    let folders = tempfile::tempdir().unwrap();
    let lake = folders.path().join("lake");
    let other = Database::sqlite();
    let (store, other_store) = (database.open().await, other.open().await);
    for (store, films) in [(&store, 1..=9), (&other_store, 1..=5)] {
        let session_id = new_session(store).await;
        for film in films {
            rate(store, session_id, film, stars(4), 1_000).await.unwrap();
        }
    }
    keep_once(&store, &lake).await;
    let before = replay(&Folder::to_read(&lake), None).unwrap();
    assert_eq!(before.watermark.seq, 9);
    keep_once(&other_store, &lake).await;
    let after = replay(&Folder::to_read(&lake), None).unwrap();
    assert_eq!((after.watermark, after.events), (before.watermark, before.events));
}
