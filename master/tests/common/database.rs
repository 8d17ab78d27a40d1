//! A store on a real database, and the smallest things that tests do with it.

use super::postgres::Postgres;
use cineswarm_engine::{HalfStars, MovieId};
use cineswarm_master::store::{Error, NewRating, Options, Store, sqlite_url};
use std::sync::Arc;
use uuid::Uuid;

/// A database of its own for one test.
pub struct Database {
    pub url: String,
    _folder: Option<tempfile::TempDir>,
    _server: Option<Arc<Postgres>>,
}

impl Database {
    pub fn sqlite() -> Database {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(&folder.path().join("a film's #1 store? 100%.db"));
        Database { url, _folder: Some(folder), _server: None }
    }

    pub fn postgres() -> Option<Database> {
        let server = Postgres::shared()?;
        Some(Database { url: server.new_database(), _folder: None, _server: Some(server) })
    }

    pub async fn open(&self) -> Store {
        Store::open(Options::new(&self.url)).await.unwrap()
    }
}

/// Each of these functions as a test on either database.
#[allow(unused_macros, reason = "each test program uses some of what is here")]
macro_rules! on_both_databases {
    ($($case:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $case() { super::$case(super::Database::sqlite()).await; })*
        }
        mod on_postgres {
            $(#[tokio::test] async fn $case() {
                if let Some(database) = super::Database::postgres() { super::$case(database).await; }
            })*
        }
    };
}

#[allow(unused_imports, reason = "each test program uses some of what is here")]
pub(crate) use on_both_databases;

pub async fn new_session(store: &Store) -> Uuid {
    store.open_session(None, None, 1).await.unwrap().id
}

/// Gives how many films the session has rated then.
pub async fn rate(
    store: &Store,
    session_id: Uuid,
    movie_id: MovieId,
    half_stars: Option<HalfStars>,
    rated_at: i64,
) -> Result<u64, Error> {
    let event_id = Uuid::new_v4();
    let rating = NewRating { event_id, session_id, movie_id, half_stars, rated_at };
    Ok(store.rate(rating).await?.ratings)
}
