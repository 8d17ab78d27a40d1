//! A database as the log's code may rely on it: reads of what is committed, rows locked until the transaction ends, unique
//! keys. Longer than other files because it is a whole database, with all steps of `Tables`. Nothing more is promised, so nothing more is there: two transactions may overtake each other at every step.

use super::{Dump, Effect, Tested};
use cineswarm_events::{Consumer, Cursor, CursorRow, Event, HeadRow, Letter, LetterState, NewEvent, Tables};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Looks at a row that another transaction has locked before a transaction gives up.
const PATIENCE: u32 = 400;

/// What is committed.
#[derive(Clone, Default)]
pub struct Data {
    pub head: i64,
    pub floor: Option<Cursor>,
    pub events: BTreeMap<i64, Event>,
    ids: BTreeSet<Uuid>,
    tombstones: BTreeSet<String>,
    pub cursors: HashMap<Consumer, CursorRow>,
    pub letters: BTreeMap<(String, i64), Letter>,
    /// What the service itself stores with an event: a row under the event's id.
    pub changes: BTreeSet<Uuid>,
    pub effects: Vec<Effect>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Lock {
    Head,
    Seq(i64),
    Id(Uuid),
    Key(String),
    Cursor(Consumer),
    Letter(String, i64),
}

#[derive(Default)]
pub struct Shared {
    pub data: Data,
    locks: HashMap<Lock, u64>,
    connections: u64,
}

/// The database; clones share it.
#[derive(Clone, Default)]
pub struct Model(Arc<Mutex<Shared>>);

impl Model {
    pub fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap()
    }

    pub fn connect(&self) -> Connection {
        let mut shared = self.lock();
        shared.connections += 1;
        let id = shared.connections;
        drop(shared);
        Connection { model: self.clone(), id, transaction: None }
    }
}

/// What a transaction has done and not committed.
#[derive(Default)]
struct Transaction {
    head: Option<i64>,
    events: Vec<Event>,
    buried: Vec<String>,
    emptied: Vec<String>,
    cut: Option<Cursor>,
    cursors: HashMap<Consumer, CursorRow>,
    letters: Vec<(String, Letter)>,
    taken: Vec<(String, i64)>,
    changes: Vec<Uuid>,
    effects: Vec<Effect>,
    cleared: Option<String>,
    restored_to: Option<i64>,
}

pub struct Connection {
    model: Model,
    id: u64,
    transaction: Option<Transaction>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.end();
    }
}

impl Connection {
    fn end(&mut self) -> Option<Transaction> {
        let id = self.id;
        self.model.lock().locks.retain(|_, holder| *holder != id);
        self.transaction.take()
    }

    /// Waits for a row as a database does, up to its timeout.
    async fn take(&mut self, lock: Lock) -> Result<()> {
        let mut looks = 0;
        std::future::poll_fn(|context| {
            let mut shared = self.model.lock();
            let holder = *shared.locks.entry(lock.clone()).or_insert(self.id);
            if holder == self.id {
                return Poll::Ready(Ok(()));
            }
            looks += 1;
            if looks > PATIENCE {
                return Poll::Ready(Err(sqlx::Error::PoolTimedOut));
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }

    /// A step within the transaction, or one of its own.
    async fn change(&mut self, locks: Vec<Lock>, change: impl FnOnce(&Data, &mut Transaction)) -> Result<()> {
        let alone = self.transaction.is_none();
        for lock in locks {
            self.take(lock).await?;
        }
        change(&self.model.lock().data, self.transaction.get_or_insert_default());
        if alone { self.commit().await } else { Ok(()) }
    }

    fn within(&self) -> Option<&Transaction> {
        self.transaction.as_ref()
    }
}

fn duplicate() -> sqlx::Error {
    sqlx::Error::Protocol("unique key violated".to_owned())
}

impl Tables for Connection {
    async fn begin(&mut self) -> Result<()> {
        self.transaction = Some(Transaction::default());
        Ok(())
    }

    async fn commit(&mut self) -> Result<()> {
        let model = self.model.clone();
        let Some(done) = self.end() else { return Ok(()) };
        let mut shared = model.lock();
        let data = &mut shared.data;
        data.head = done.head.unwrap_or(data.head);
        data.tombstones.extend(done.buried);
        for event in data.events.values_mut().filter(|event| done.emptied.contains(&event.key)) {
            event.payload = None;
        }
        for event in done.events {
            data.ids.insert(event.id);
            data.events.insert(event.seq, event);
        }
        if let Some(floor) = done.cut {
            data.floor = Some(floor);
            data.events.retain(|seq, _| *seq > floor.seq);
        }
        data.cursors.extend(done.cursors);
        for (consumer, letter) in done.letters {
            data.letters.insert((consumer, letter.event.seq), letter);
        }
        data.letters.retain(|place, _| !done.taken.contains(place));
        data.changes.extend(done.changes);
        data.effects.retain(|effect| done.cleared.as_ref() != Some(&effect.consumer));
        data.effects.extend(done.effects);
        if let Some(to) = done.restored_to {
            data.events.retain(|seq, _| *seq <= to);
            data.head = to;
            data.ids = data.events.values().map(|event| event.id).collect();
            data.changes = data.ids.clone();
        }
        Ok(())
    }

    async fn rollback(&mut self) -> Result<()> {
        self.end();
        Ok(())
    }

    async fn advance_head(&mut self, by: i64) -> Result<i64> {
        let mut last = 0;
        self.change(vec![Lock::Head], |data, transaction| {
            last = transaction.head.unwrap_or(data.head) + by;
            transaction.head = Some(last);
        })
        .await?;
        Ok(last)
    }

    async fn known_ids(&mut self, ids: &[Uuid]) -> Result<Vec<Cursor>> {
        let shared = self.model.lock();
        let events = shared.data.events.values();
        Ok(events.filter(|event| ids.contains(&event.id)).map(Event::cursor).collect())
    }

    async fn deleted_keys(&mut self, keys: &[&str]) -> Result<Vec<String>> {
        let shared = self.model.lock();
        let keys = keys.iter().map(|&key| key.to_owned());
        Ok(keys.filter(|key| shared.data.tombstones.contains(key)).collect())
    }

    async fn insert_events(&mut self, first: i64, events: &[&NewEvent], are_last: bool) -> Result<()> {
        let numbered: Vec<Event> = (first..).zip(events).map(|(seq, new)| event(seq, new, are_last)).collect();
        for event in &numbered {
            self.take(Lock::Seq(event.seq)).await?;
            self.take(Lock::Id(event.id)).await?;
            let model = self.model.clone();
            let is_there = move |event: &Event| {
                let shared = model.lock();
                shared.data.events.contains_key(&event.seq) || shared.data.ids.contains(&event.id)
            };
            if is_there(event) {
                return Err(duplicate());
            }
        }
        self.change(Vec::new(), |_, transaction| transaction.events.extend(numbered)).await
    }

    async fn scan(&mut self, after: i64, limit: u32) -> Result<Vec<Event>> {
        let shared = self.model.lock();
        Ok(shared.data.events.range(after + 1..).take(limit as usize).map(|(_, event)| event.clone()).collect())
    }

    async fn head(&mut self, at: i64) -> Result<HeadRow> {
        let shared = self.model.lock();
        let data = &shared.data;
        let seq = self.within().and_then(|transaction| transaction.head).unwrap_or(data.head);
        let floor = data.floor.unwrap_or(Cursor::START);
        Ok(HeadRow { seq, floor, id_there: data.events.get(&at).map(|event| event.id) })
    }

    async fn bury(&mut self, key: &str, _: i64) -> Result<()> {
        self.change(vec![Lock::Key(key.to_owned())], |_, transaction| transaction.buried.push(key.to_owned())).await
    }

    async fn empty_events(&mut self, key: &str) -> Result<()> {
        self.change(vec![Lock::Key(key.to_owned())], |_, transaction| transaction.emptied.push(key.to_owned())).await
    }

    async fn cut(&mut self, floor: Cursor) -> Result<u64> {
        self.change(vec![Lock::Head], |_, transaction| transaction.cut = Some(floor)).await?;
        Ok(0)
    }

    async fn cursor(&mut self, consumer: &Consumer) -> Result<Option<CursorRow>> {
        Ok(self.model.lock().data.cursors.get(consumer).cloned())
    }

    async fn insert_cursor(&mut self, consumer: &Consumer, cursor: Cursor) -> Result<()> {
        self.change(vec![Lock::Cursor(consumer.clone())], |data, transaction| {
            if !data.cursors.contains_key(consumer) {
                let row = CursorRow { cursor, stopped: None, rebuild: false };
                transaction.cursors.insert(consumer.clone(), row);
            }
        })
        .await
    }

    async fn move_cursor(&mut self, consumer: &Consumer, from: Cursor, to: Cursor) -> Result<bool> {
        let mut moved = false;
        self.change(vec![Lock::Cursor(consumer.clone())], |data, transaction| {
            moved = data.cursors.get(consumer) == Some(&CursorRow { cursor: from, stopped: None, rebuild: false });
            if moved {
                let row = CursorRow { cursor: to, stopped: None, rebuild: false };
                transaction.cursors.insert(consumer.clone(), row);
            }
        })
        .await?;
        Ok(moved)
    }

    async fn stop_cursor(&mut self, consumer: &Consumer, at: Cursor, why: &str) -> Result<bool> {
        let mut stopped = false;
        self.change(vec![Lock::Cursor(consumer.clone())], |data, transaction| {
            let row = data.cursors.get(consumer).filter(|row| row.cursor == at);
            stopped = row.is_some();
            if let Some(row) = row {
                let row = CursorRow { stopped: Some(why.to_owned()), ..row.clone() };
                transaction.cursors.insert(consumer.clone(), row);
            }
        })
        .await?;
        Ok(stopped)
    }

    async fn restart_cursor(&mut self, consumer: &Consumer, to: Cursor) -> Result<bool> {
        let mut restarted = false;
        self.change(vec![Lock::Cursor(consumer.clone())], |data, transaction| {
            restarted = data.cursors.get(consumer).is_some_and(|row| row.rebuild);
            if restarted {
                let row = CursorRow { cursor: to, stopped: None, rebuild: false };
                transaction.cursors.insert(consumer.clone(), row);
            }
        })
        .await?;
        if restarted {
            let all: Vec<(String, i64)> = self.model.lock().data.letters.keys().cloned().collect();
            self.take_out(consumer, all.into_iter().filter(|(name, _)| *name == consumer.name)).await?;
        }
        Ok(restarted)
    }

    async fn held_keys(&mut self, consumer: &Consumer, keys: &[&str]) -> Result<Vec<String>> {
        let shared = self.model.lock();
        let ours = shared.data.letters.iter().filter(|((name, _), _)| *name == consumer.name);
        let held: BTreeSet<&str> = ours.map(|(_, letter)| letter.event.key.as_str()).collect();
        Ok(keys.iter().filter(|&key| held.contains(key)).map(|&key| key.to_owned()).collect())
    }

    async fn insert_letter(&mut self, consumer: &Consumer, letter: &Letter) -> Result<()> {
        let place = (consumer.name.clone(), letter.event.seq);
        self.take(Lock::Letter(place.0.clone(), place.1)).await?;
        if self.model.lock().data.letters.contains_key(&place) {
            return Err(duplicate());
        }
        self.change(Vec::new(), |_, transaction| transaction.letters.push((place.0, letter.clone()))).await
    }

    async fn drop_letters(&mut self, consumer: &Consumer, key: &str) -> Result<()> {
        let places: Vec<(String, i64)> = {
            let shared = self.model.lock();
            let of_key = |(name, _): &(String, i64), letter: &Letter| *name == consumer.name && letter.event.key == key;
            let letters = shared.data.letters.iter().filter(|(place, letter)| of_key(place, letter));
            letters.map(|(place, _)| place.clone()).collect()
        };
        if let Some(transaction) = &mut self.transaction {
            transaction.letters.retain(|(_, letter)| letter.event.key != key);
        }
        self.take_out(consumer, places.into_iter()).await
    }

    async fn next_letter(&mut self, consumer: &Consumer) -> Result<Option<Letter>> {
        let shared = self.model.lock();
        let ours = shared.data.letters.iter().filter(|((name, _), _)| *name == consumer.name);
        let mut seen = BTreeSet::new();
        for (_, letter) in ours {
            if seen.insert(letter.event.key.as_str()) && letter.state != LetterState::Dead {
                return Ok(Some(letter.clone()));
            }
        }
        Ok(None)
    }

    async fn take_letter(&mut self, consumer: &Consumer, seq: i64) -> Result<bool> {
        let place = (consumer.name.clone(), seq);
        let mut taken = false;
        self.change(vec![Lock::Letter(place.0.clone(), seq)], |data, transaction| {
            taken = data.letters.get(&place).is_some_and(|letter| letter.state != LetterState::Dead);
            if taken {
                transaction.taken.push(place.clone());
            }
        })
        .await?;
        Ok(taken)
    }

    async fn kill_letter(&mut self, consumer: &Consumer, seq: i64, reason: &str) -> Result<bool> {
        self.set_letter(consumer, seq, LetterState::Dead, Some(reason.to_owned())).await
    }
}

impl Connection {
    async fn take_out(&mut self, consumer: &Consumer, places: impl Iterator<Item = (String, i64)>) -> Result<()> {
        for place in places {
            let lock = Lock::Letter(consumer.name.clone(), place.1);
            self.change(vec![lock], |_, transaction| transaction.taken.push(place)).await?;
        }
        Ok(())
    }

    async fn set_letter(
        &mut self,
        consumer: &Consumer,
        seq: i64,
        state: LetterState,
        reason: Option<String>,
    ) -> Result<bool> {
        let place = (consumer.name.clone(), seq);
        let mut found = false;
        self.change(vec![Lock::Letter(place.0.clone(), seq)], |data, transaction| {
            if let Some(letter) = data
                .letters
                .get(&place)
                .filter(|letter| (letter.state == LetterState::Dead) != (state == LetterState::Dead))
            {
                found = true;
                let letter = Letter { state, reason, ..letter.clone() };
                transaction.letters.push((place.0.clone(), letter));
            }
        })
        .await?;
        Ok(found)
    }
}

impl Tested for Connection {
    async fn change_row(&mut self, id: Uuid) -> Result<()> {
        self.take(Lock::Key(format!("change {id}"))).await?;
        if self.model.lock().data.changes.contains(&id) {
            return Err(duplicate());
        }
        self.change(Vec::new(), |_, transaction| transaction.changes.push(id)).await
    }

    async fn effect(&mut self, consumer: &str, event: &Event) -> Result<()> {
        let effect = Effect { consumer: consumer.to_owned(), key: event.key.clone(), seq: event.seq, id: event.id };
        self.change(Vec::new(), |_, transaction| transaction.effects.push(effect)).await
    }

    async fn clear_effects(&mut self, consumer: &str) -> Result<()> {
        self.change(Vec::new(), |_, transaction| transaction.cleared = Some(consumer.to_owned())).await
    }

    async fn restore(&mut self, to: i64) -> Result<()> {
        self.change(vec![Lock::Head], |_, transaction| {
            transaction.head = None;
            transaction.restored_to = Some(to);
        })
        .await
    }

    async fn letters(&mut self, consumer: &Consumer) -> Result<Vec<Letter>> {
        let shared = self.model.lock();
        let ours = shared.data.letters.iter().filter(|((name, _), _)| *name == consumer.name);
        Ok(ours.map(|(_, letter)| letter.clone()).collect())
    }

    async fn replay_letter(&mut self, consumer: &Consumer, seq: i64) -> Result<()> {
        self.set_letter(consumer, seq, LetterState::Replay, None).await.map(drop)
    }

    async fn drop_letter(&mut self, consumer: &Consumer, seq: i64) -> Result<()> {
        let place = (consumer.name.clone(), seq);
        self.change(vec![Lock::Letter(place.0.clone(), seq)], |data, transaction| {
            if data.letters.get(&place).is_some_and(|letter| letter.state == LetterState::Dead) {
                transaction.taken.push(place.clone());
            }
        })
        .await
    }

    async fn rebuild(&mut self, consumer: &Consumer) -> Result<()> {
        self.change(vec![Lock::Cursor(consumer.clone())], |data, transaction| {
            if let Some(row) = data.cursors.get(consumer) {
                transaction.cursors.insert(consumer.clone(), CursorRow { rebuild: true, ..row.clone() });
            }
        })
        .await
    }

    async fn dump(&mut self) -> Result<Dump> {
        let shared = self.model.lock();
        let data = &shared.data;
        Ok(Dump {
            head: data.head,
            events: data.events.values().cloned().collect(),
            changes: data.changes.clone(),
            effects: data.effects.clone(),
        })
    }
}

fn event(seq: i64, new: &NewEvent, is_last: bool) -> Event {
    Event {
        seq,
        id: new.id,
        kind: new.kind.clone(),
        key: new.key.clone(),
        shard_hash: new.shard_hash,
        payload: Some(new.payload.clone()),
        is_last,
        at: new.at,
        traceparent: new.traceparent.clone(),
    }
}
