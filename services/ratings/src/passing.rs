//! Takes what waits through the gate, some lines at a time, each exactly once and in the order of the batches. What it knows
//! of users it keeps in memory, within a bound: nobody else writes these tables.

use crate::gate::{DatasetRating, Delivered, Known, Limits};
use crate::history::History;
use crate::intake::{Room, Writing};
use crate::sifting::{Change, DeadLine, Pass, Person, RawPass, Sample, Tally, Waiting, Who, examine_all, sift};
use crate::store::{Write, Written, admin, number_of, raw, reads};
use cineswarm_engine::UserId;
use cineswarm_proto::events::user_key;
use cineswarm_retry::Backoff;
use cineswarm_telemetry::metrics::list;
use sqlx::{AnyConnection, AnyPool};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How soon what another process has ordered is noticed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two tries while the database is away: doubled from the first to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// Between two counts of what waits and of what is dead.
const COUNT_EVERY: Duration = Duration::from_secs(5);
/// People, and ratings of theirs, that are kept in memory at most.
const MOST_PEOPLE: usize = 100_000;
const MOST_RATINGS: usize = 1_000_000;
/// Once nothing has waited for so long, nobody is kept: who comes next is read in a moment.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(5);

/// Who wants to hear of each line. Nothing waits for it.
pub trait Tap: Send + Sync + 'static {
    /// A rating counts.
    fn clean(&self, user: UserId, change: &Change);
    /// A line is kept aside.
    fn dead(&self, line: &DeadLine);
}

/// What the gate stands on.
pub struct Gate<W> {
    /// The dataset.
    pub known: Arc<dyn Known>,
    /// Connections that read.
    pub readers: AnyPool,
    /// The writer.
    pub writer: W,
    /// What waits.
    pub room: Arc<Room>,
    /// What a person can do.
    pub limits: Limits,
    /// Who listens.
    pub tap: Option<Arc<dyn Tap>>,
    /// Whether all lines are kept for a data lake.
    pub keeps_raw: bool,
}

/// Why lines are not through yet.
#[derive(Debug)]
enum Trouble {
    Reading(sqlx::Error),
    Writing(String),
    LakeAway,
    Thread,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Reading(error) => write!(formatter, "reading what waits at the gate: {error}"),
            Trouble::Writing(error) => write!(formatter, "writing what came of ratings: {error}"),
            Trouble::LakeAway => formatter.write_str(
                "more than 1 GiB of ratings wait for the data lake; see what it says, or start without --lake",
            ),
            Trouble::Thread => formatter.write_str("judging ratings: the thread ended early"),
        }
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Trouble {
        Trouble::Reading(error)
    }
}

impl<W: Writing> Gate<W> {
    /// Takes what waits until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let (mut memory, mut backoff) = (Memory::default(), Backoff::between(BACKOFF.0, BACKOFF.1));
        let (mut from_batch, mut counted_at, mut idle_since) = (0, None::<Instant>, None::<Instant>);
        loop {
            if counted_at.is_none_or(|at| at.elapsed() >= COUNT_EVERY) {
                counted_at = Some(Instant::now());
                if let Some(Err(error)) = stop.run_until_cancelled(self.count()).await {
                    tracing::debug!(%error, "what waits at the gate was not counted");
                }
            }
            let pause = match stop.run_until_cancelled(self.pass_some(&mut memory, &mut from_batch)).await {
                None => return,
                Some(Ok(true)) => {
                    backoff.start_over();
                    idle_since = None;
                    continue;
                }
                Some(Ok(false)) => {
                    if idle_since.get_or_insert_with(Instant::now).elapsed() >= FORGOTTEN_AFTER {
                        memory = Memory::default();
                    }
                    LOOK_EVERY
                }
                Some(Err(trouble)) => {
                    // What was judged in vain is not known of anybody.
                    memory = Memory::default();
                    let pause = backoff.next_pause();
                    tracing::warn!(error = %trouble, retry_ms = pause.as_millis() as u64, "ratings wait at the gate");
                    if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                        return;
                    }
                    continue;
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
                () = self.room.filled.notified() => {}
            }
        }
    }

    async fn count(&self) -> Result<(), sqlx::Error> {
        let mut connection = self.readers.acquire().await?;
        let counting = async {
            let backlog = reads::backlog(&mut connection).await?;
            Ok((backlog, admin::count_dead(&mut connection).await?))
        };
        let counted: Result<_, sqlx::Error> = counting.await;
        if counted.is_err() {
            connection.close_on_drop();
        }
        let (backlog, dead) = counted?;
        self.room.set(backlog.bytes);
        list::RATINGS_WAITING.set([], backlog.lines as f64);
        list::RATINGS_LAG.set([], backlog.oldest.map_or(0.0, |oldest| (now_ms() - oldest).max(0) as f64 / 1_000.0));
        list::DEAD_RATINGS.set([], dead as f64);
        Ok(())
    }

    /// Takes the next lines through, of batches from a number on; gives whether there were any.
    async fn pass_some(&self, memory: &mut Memory, from_batch: &mut i64) -> Result<bool, Trouble> {
        let mut connection = self.readers.acquire().await?;
        let prepared = self.prepare(&mut connection, memory, from_batch).await;
        if prepared.is_err() {
            // Nobody knows which server, or which file, it leads to.
            connection.close_on_drop();
        }
        drop(connection);
        let Some((chunks, samples, mut delivered)) = prepared? else { return Ok(false) };
        let mut pass = sift(&chunks, &samples, &mut memory.people, &mut delivered, &self.limits);
        if self.keeps_raw {
            pass.raw = Some(RawPass::of(&pass, &chunks, &samples, now_ms()));
        }
        let pass = Arc::new(pass);
        let written = self.writer.write(Write::Pass(pass.clone())).await;
        match written.map_err(|error| Trouble::Writing(error.to_string()))? {
            Written::Passed(first_new_user) => {
                memory.keep(&pass, &samples, first_new_user);
                self.tell(&pass, first_new_user);
            }
            // What they were numbered then is read anew.
            _ => *memory = Memory::default(),
        }
        let bytes: usize = chunks.iter().map(|chunk| chunk.content.len()).sum();
        self.room.change(-(bytes as i64));
        Ok(true)
    }

    #[allow(clippy::type_complexity, reason = "what a pass is made of, used once")]
    async fn prepare(
        &self,
        connection: &mut AnyConnection,
        memory: &mut Memory,
        from_batch: &mut i64,
    ) -> Result<Option<(Vec<Waiting>, Vec<Sample>, HashMap<Uuid, Delivered>)>, Trouble> {
        if self.keeps_raw && raw::bytes(connection).await? >= raw::MOST_BYTES {
            return Err(Trouble::LakeAway);
        }
        let chunks = reads::waiting(connection, from_batch).await?;
        if chunks.is_empty() {
            return Ok(None);
        }
        let known = self.known.clone();
        // A thousand lines take milliseconds, which are not the async threads'.
        let examining = tokio::task::spawn_blocking(move || {
            let samples = examine_all(&chunks, &*known, now_ms());
            (chunks, samples)
        });
        let (chunks, samples) = examining.await.map_err(|_| Trouble::Thread)?;
        memory.learn(connection, &*self.known, &samples).await?;
        let ids: Vec<Uuid> = samples.iter().filter_map(|sample| sample.examined.event_id).collect();
        let delivered = reads::delivered(connection, &ids).await?.into_iter().collect();
        Ok(Some((chunks, samples, delivered)))
    }

    fn tell(&self, pass: &Pass, first_new_user: Option<UserId>) {
        for (_, Tally { clean, repeated, superseded, dead }) in &pass.tallies {
            for (verdict, lines) in
                [("clean", clean), ("repeated", repeated), ("superseded", superseded), ("dead", dead)]
            {
                list::RATINGS_JUDGED.add([verdict], *lines as f64);
            }
        }
        for line in &pass.dead {
            let reasons: HashSet<&str> = line.faults.iter().map(|fault| fault.reason.name()).collect();
            reasons.into_iter().for_each(|reason| list::RATINGS_DEAD.increment([reason]));
        }
        let Some(tap) = &self.tap else { return };
        for change in &pass.changes {
            if let Some(user) = number_of(change.who, first_new_user) {
                tap.clean(user, change);
            }
        }
        pass.dead.iter().for_each(|line| tap.dead(line));
    }
}

/// What is known of people, by what their source calls them.
#[derive(Default)]
struct Memory {
    people: HashMap<String, Person>,
    ratings: usize,
}

impl Memory {
    /// Learns of everybody who is named.
    async fn learn(
        &mut self,
        connection: &mut AnyConnection,
        known: &dyn Known,
        samples: &[Sample],
    ) -> Result<(), sqlx::Error> {
        let named: HashSet<&String> = samples.iter().filter_map(|sample| sample.examined.user.as_ref()).collect();
        let mut strangers = Vec::new();
        let mut newly = Vec::new();
        for name in named.iter().filter(|name| !self.people.contains_key(**name)) {
            match known.user(name) {
                Some((user, base)) => newly.push(((*name).clone(), user, Some(base))),
                None => strangers.push((*name).clone()),
            }
        }
        let numbered = reads::users(connection, &strangers).await?;
        newly.extend(numbered.into_iter().map(|(name, user)| (name, user, None)));
        let ids: Vec<UserId> = newly.iter().map(|(_, user, _)| *user).collect();
        let mut since: HashMap<UserId, Vec<DatasetRating>> = HashMap::new();
        for (user, film, half_stars, at) in reads::ratings(connection, &ids).await? {
            since.entry(user).or_default().push((film, half_stars, at));
        }
        for name in strangers {
            self.people.insert(name, Person::default());
        }
        for (name, user, base) in newly {
            let is_of_dataset = base.is_some();
            let later = since.remove(&user).unwrap_or_default();
            let history = History::new(base.unwrap_or_default().into_iter().chain(later));
            self.ratings += history.len();
            let person = Person { who: Some(Who::Known(user)), is_of_dataset, is_deleted: false, history };
            self.people.insert(name, person);
        }
        let users: Vec<UserId> = named
            .iter()
            .filter_map(|name| match self.people.get(*name)?.who? {
                Who::Known(user) => Some(user),
                Who::New(_) => None,
            })
            .collect();
        let deleted: HashSet<String> = reads::deleted(connection, &users).await?.into_iter().collect();
        for name in named {
            if let Some(person) = self.people.get_mut(name) {
                person.is_deleted = matches!(person.who, Some(Who::Known(user)) if deleted.contains(&user_key(user)));
            }
        }
        Ok(())
    }

    /// What was judged is stored: who was new has a number, and what is too much is forgotten.
    fn keep(&mut self, pass: &Pass, samples: &[Sample], first_new_user: Option<UserId>) {
        self.ratings += pass.changes.len();
        for (place, name) in pass.new_users.iter().enumerate() {
            if let Some(person) = self.people.get_mut(name) {
                person.who = number_of(Who::New(place), first_new_user).map(Who::Known);
            }
        }
        if self.people.len() > MOST_PEOPLE || self.ratings > MOST_RATINGS {
            // Lines of one user mostly come together.
            let named: HashSet<&String> = samples.iter().filter_map(|sample| sample.examined.user.as_ref()).collect();
            self.people.retain(|name, _| named.contains(name));
            self.ratings = self.people.values().map(|person| person.history.len()).sum();
        }
    }
}

fn now_ms() -> i64 {
    // A clock before 1970 is none.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
