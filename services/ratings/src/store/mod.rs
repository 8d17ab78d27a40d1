//! Where ratings that came in are kept: batches and their lines until they are through the gate, who the sources' users
//! are, the ratings that count, and the lines that do not. The tables are in the database of the log of ratings, as all of
//! a pass is one transaction with its events; whose writer that is, is its host's affair.

pub mod admin;
pub mod raw;
pub mod reads;
mod statements;

use crate::gate::Authority;
use crate::sifting::{Change, Pass, Who};
use crate::splitting::Chunk;
use cineswarm_database::migrations;
use cineswarm_engine::UserId;
use cineswarm_engine::dataset::shard_hash;
use cineswarm_events::NewEvent;
use cineswarm_proto::events::{RATING_CREATED, RATING_UPDATED, RatingChanged, VIA_INGEST, user_key};
use sqlx::AnyConnection;
use sqlx::migrate::MigrateError;
use std::sync::Arc;
use uuid::Uuid;

/// The tables' versions are kept apart from those of their host.
const MIGRATIONS_TABLE: &str = "_ratings_migrations";

/// How many dead letters are kept; past it the oldest go.
pub const MOST_DEAD: i64 = 100_000;
/// How many batches can be asked about; past it the oldest go.
const MOST_BATCHES: i64 = 100_000;

/// Which way ratings came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// `POST /ingest`.
    Http,
    /// The broker.
    Mqtt,
    /// An operator replayed them.
    Operator,
}

impl Via {
    /// Its name, as it is stored and counted.
    pub fn name(self) -> &'static str {
        match self {
            Via::Http => "http",
            Via::Mqtt => "mqtt",
            Via::Operator => "operator",
        }
    }
}

/// A batch, or the next part of one.
#[derive(Clone, Debug)]
pub struct Take {
    /// The batch, made before the first try.
    pub batch_id: Uuid,
    /// Which way it came.
    pub via: Via,
    /// On whose word.
    pub authority: Authority,
    /// When, in milliseconds since 1970.
    pub taken_at: i64,
    /// The chunks, each with its place and the number of its first line.
    pub chunks: Vec<(i64, i64, Chunk)>,
    /// With the last part: how many lines there are in all.
    pub whole: Option<i64>,
}

/// Something to write.
#[derive(Debug)]
pub enum Write {
    /// Lines, before they are acknowledged.
    Take(Take),
    /// Forgets some of a batch that did not become whole.
    Abandon(Uuid),
    /// What became of lines.
    Pass(Arc<Pass>),
    /// Forgets some raw lines, which the data lake has up to this part.
    Copied(i64),
    /// Has dead ratings judged again.
    Replay(admin::Replay),
    /// Forgets the dead ratings with these numbers.
    Drop(Vec<i64>),
}

impl Write {
    /// How many users get a number with it.
    pub fn new_users(&self) -> usize {
        match self {
            Write::Pass(pass) => pass.new_users.len(),
            _ => 0,
        }
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The lines are kept.
    Taken,
    /// Some lines of the batch are gone; whether there were more.
    Abandoned(bool),
    /// The lines are through; the first of the new users has this number, if there is one, the others the next ones.
    Passed(Option<UserId>),
    /// They were through before: an earlier try was committed, of which nobody heard.
    PassedBefore,
    /// Some raw lines are gone; whether there may be more.
    Removed(bool),
    /// So many dead ratings are judged again.
    Replayed(i64),
    /// So many dead ratings are gone.
    Dropped(u64),
}

/// Brings the tables to this program's version, and forgets batches that did not become whole: nobody is left who sends
/// the rest. To be called before anything is taken.
pub async fn open(is_sqlite: bool, connection: &mut AnyConnection) -> Result<(), MigrateError> {
    let mut migrations = if is_sqlite {
        migrations!("sqlite": "0001_batches_users_ratings_dead", "0002_raw_lines")
    } else {
        migrations!("postgres": "0001_batches_users_ratings_dead", "0002_raw_lines")
    };
    migrations.dangerous_set_table_name(MIGRATIONS_TABLE);
    migrations.run(&mut *connection).await?;
    Ok(statements::forget_parts(connection).await?)
}

/// Writes in the caller's transaction; `first_new_user` is the first of as many new numbers as [`Write::new_users`] says.
/// What is to be appended to the log of ratings, last in the transaction, is left in `events`. Trying again what was
/// committed changes nothing.
pub async fn write(
    connection: &mut AnyConnection,
    write: &Write,
    first_new_user: Option<UserId>,
    events: &mut Vec<NewEvent>,
) -> Result<Written, sqlx::Error> {
    match write {
        Write::Take(take) => statements::take(connection, take).await.map(|()| Written::Taken),
        Write::Abandon(batch_id) => statements::abandon(connection, *batch_id).await.map(Written::Abandoned),
        Write::Copied(through) => raw::remove(connection, *through).await.map(Written::Removed),
        Write::Replay(replay) => admin::replay(connection, replay).await.map(Written::Replayed),
        Write::Drop(ids) => admin::drop(connection, ids).await.map(Written::Dropped),
        Write::Pass(pass) => {
            let numbered: Vec<(UserId, &Change)> = pass
                .changes
                .iter()
                .filter_map(|change| Some((number_of(change.who, first_new_user)?, change)))
                .collect();
            if !statements::pass(connection, pass, first_new_user, &numbered).await? {
                return Ok(Written::PassedBefore);
            }
            if let Some(lines) = &pass.raw {
                raw::keep(connection, lines, first_new_user).await?;
            }
            events.extend(numbered.iter().map(|(user_id, change)| event(*user_id, change)));
            Ok(Written::Passed(first_new_user))
        }
    }
}

/// A user's number, given the first of those that are new.
pub(crate) fn number_of(who: Who, first_new_user: Option<UserId>) -> Option<UserId> {
    match who {
        Who::Known(user_id) => Some(user_id),
        Who::New(place) => first_new_user?.checked_add(u32::try_from(place).ok()?),
    }
}

fn event(user_id: UserId, Change { clean, event_id, .. }: &Change) -> NewEvent {
    let kind = if clean.previous.is_some() { RATING_UPDATED } else { RATING_CREATED };
    let payload = RatingChanged {
        user_id,
        movie_id: clean.film,
        rating: Some(clean.half_stars.stars()),
        previous: clean.previous.map(|previous| previous.stars()),
        via: Some(VIA_INGEST.to_owned()),
    };
    // Numbers and a short text: writing them does not fail.
    let payload = serde_json::to_string(&payload).unwrap_or_default();
    let event = NewEvent::new(kind, user_key(user_id), payload, clean.rated_at);
    NewEvent { id: *event_id, shard_hash: Some(shard_hash(user_id)), ..event }
}
