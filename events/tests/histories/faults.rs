//! Faults, thrown by dice: between any two steps a process may crash or others may go first, a commit may be heard of by
//! nobody. And the mistakes that the judge must find.

use super::{Dump, Tested};
use cineswarm_events::{
    Consumer, Cursor, CursorRow, Error, Event, HeadRow, Letter, NewEvent, Read, Reply, Source, Tables, read,
};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// A mistake that somebody could make in the code that is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    None,
    /// Numbers as a sequence gives them out: at once, and not given back.
    NumbersOutsideTheTransaction,
    /// The cursor is set, wherever it is.
    CursorWithoutComparing,
    /// Each try makes a new event.
    NewIdForEachTry,
    /// A commit that was not heard of is taken for one that failed.
    RetryWithoutAsking,
    /// A dead letter lets later events of its key pass.
    LettersHoldNothing,
    /// The cursor is a number alone.
    ForkUnseen,
    /// Deleted keys are not looked up.
    TombstonesUnseen,
    /// A letter is taken by whoever wants it.
    LettersTakenTwice,
}

/// The one source of chance of a history.
#[derive(Clone)]
pub struct Dice(pub Arc<Mutex<ChaCha8Rng>>, pub f64);

impl Dice {
    pub fn chance(&self, probability: f64) -> bool {
        self.0.lock().unwrap().random_bool(probability)
    }

    pub fn below(&self, bound: usize) -> usize {
        self.0.lock().unwrap().random_range(0..bound)
    }

    /// Lets others go first, or crashes.
    pub async fn between_steps(&self) -> Result<()> {
        for _ in 0..self.below(4) {
            pass().await;
        }
        if self.chance(self.1) { Err(sqlx::Error::WorkerCrashed) } else { Ok(()) }
    }
}

/// Lets every other actor have a turn.
pub async fn pass() {
    let mut passed = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut passed, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A connection that faults befall.
pub struct Faulty<C> {
    pub inner: C,
    /// Another connection, for what a mistake does outside the transaction.
    pub outside: Option<C>,
    pub dice: Dice,
    pub mistake: Mistake,
}

impl<C: Tested> Tables for Faulty<C> {
    async fn begin(&mut self) -> Result<()> {
        self.dice.between_steps().await?;
        self.inner.begin().await
    }

    async fn commit(&mut self) -> Result<()> {
        self.dice.between_steps().await?;
        if self.dice.chance(self.dice.1 * 2.0) {
            self.inner.commit().await?;
            return Err(sqlx::Error::WorkerCrashed);
        }
        self.inner.commit().await
    }

    async fn rollback(&mut self) -> Result<()> {
        self.dice.between_steps().await?;
        self.inner.rollback().await
    }

    async fn advance_head(&mut self, by: i64) -> Result<i64> {
        self.dice.between_steps().await?;
        match &mut self.outside {
            Some(outside) if self.mistake == Mistake::NumbersOutsideTheTransaction => outside.advance_head(by).await,
            _ => self.inner.advance_head(by).await,
        }
    }

    async fn known_ids(&mut self, ids: &[Uuid]) -> Result<Vec<Cursor>> {
        self.dice.between_steps().await?;
        self.inner.known_ids(ids).await
    }

    async fn deleted_keys(&mut self, keys: &[&str]) -> Result<Vec<String>> {
        self.dice.between_steps().await?;
        if self.mistake == Mistake::TombstonesUnseen {
            return Ok(Vec::new());
        }
        self.inner.deleted_keys(keys).await
    }

    async fn insert_events(&mut self, first: i64, events: &[&NewEvent], are_last: bool) -> Result<()> {
        self.dice.between_steps().await?;
        self.inner.insert_events(first, events, are_last).await
    }

    async fn scan(&mut self, after: i64, limit: u32) -> Result<Vec<Event>> {
        self.dice.between_steps().await?;
        self.inner.scan(after, limit).await
    }

    async fn head(&mut self, at: i64) -> Result<HeadRow> {
        self.dice.between_steps().await?;
        self.inner.head(at).await
    }

    async fn bury(&mut self, key: &str, at: i64) -> Result<()> {
        self.dice.between_steps().await?;
        self.inner.bury(key, at).await
    }

    async fn empty_events(&mut self, key: &str) -> Result<()> {
        self.dice.between_steps().await?;
        self.inner.empty_events(key).await
    }

    async fn cut(&mut self, floor: Cursor) -> Result<u64> {
        self.dice.between_steps().await?;
        self.inner.cut(floor).await
    }

    async fn cursor(&mut self, consumer: &Consumer) -> Result<Option<CursorRow>> {
        self.dice.between_steps().await?;
        self.inner.cursor(consumer).await
    }

    async fn insert_cursor(&mut self, consumer: &Consumer, cursor: Cursor) -> Result<()> {
        self.dice.between_steps().await?;
        self.inner.insert_cursor(consumer, cursor).await
    }

    async fn move_cursor(&mut self, consumer: &Consumer, from: Cursor, to: Cursor) -> Result<bool> {
        self.dice.between_steps().await?;
        if self.mistake == Mistake::CursorWithoutComparing
            && let Some(row) = self.inner.cursor(consumer).await?
        {
            return self.inner.move_cursor(consumer, row.cursor, to).await;
        }
        self.inner.move_cursor(consumer, from, to).await
    }

    async fn stop_cursor(&mut self, consumer: &Consumer, at: Cursor, why: &str) -> Result<bool> {
        self.dice.between_steps().await?;
        self.inner.stop_cursor(consumer, at, why).await
    }

    async fn restart_cursor(&mut self, consumer: &Consumer, to: Cursor) -> Result<bool> {
        self.dice.between_steps().await?;
        self.inner.restart_cursor(consumer, to).await
    }

    async fn held_keys(&mut self, consumer: &Consumer, keys: &[&str]) -> Result<Vec<String>> {
        self.dice.between_steps().await?;
        if self.mistake == Mistake::LettersHoldNothing {
            return Ok(Vec::new());
        }
        self.inner.held_keys(consumer, keys).await
    }

    async fn insert_letter(&mut self, consumer: &Consumer, letter: &Letter) -> Result<()> {
        self.dice.between_steps().await?;
        self.inner.insert_letter(consumer, letter).await
    }

    async fn drop_letters(&mut self, consumer: &Consumer, key: &str) -> Result<()> {
        self.dice.between_steps().await?;
        self.inner.drop_letters(consumer, key).await
    }

    async fn next_letter(&mut self, consumer: &Consumer) -> Result<Option<Letter>> {
        self.dice.between_steps().await?;
        self.inner.next_letter(consumer).await
    }

    async fn take_letter(&mut self, consumer: &Consumer, seq: i64) -> Result<bool> {
        self.dice.between_steps().await?;
        let taken = self.inner.take_letter(consumer, seq).await?;
        Ok(taken || self.mistake == Mistake::LettersTakenTwice)
    }

    async fn kill_letter(&mut self, consumer: &Consumer, seq: i64, reason: &str) -> Result<bool> {
        self.dice.between_steps().await?;
        self.inner.kill_letter(consumer, seq, reason).await
    }
}

impl<C: Tested> Tested for Faulty<C> {
    async fn change_row(&mut self, id: Uuid) -> Result<()> {
        self.dice.between_steps().await?;
        self.inner.change_row(id).await
    }

    async fn effect(&mut self, consumer: &str, event: &Event) -> Result<()> {
        self.dice.between_steps().await?;
        self.inner.effect(consumer, event).await
    }

    async fn clear_effects(&mut self, consumer: &str) -> Result<()> {
        self.dice.between_steps().await?;
        self.inner.clear_effects(consumer).await
    }

    async fn restore(&mut self, to: i64) -> Result<()> {
        self.inner.restore(to).await
    }

    async fn letters(&mut self, consumer: &Consumer) -> Result<Vec<Letter>> {
        self.inner.letters(consumer).await
    }

    async fn replay_letter(&mut self, consumer: &Consumer, seq: i64) -> Result<()> {
        self.dice.between_steps().await?;
        self.inner.replay_letter(consumer, seq).await
    }

    async fn drop_letter(&mut self, consumer: &Consumer, seq: i64) -> Result<()> {
        self.dice.between_steps().await?;
        self.inner.drop_letter(consumer, seq).await
    }

    async fn rebuild(&mut self, consumer: &Consumer) -> Result<()> {
        self.inner.rebuild(consumer).await
    }

    async fn dump(&mut self) -> Result<Dump> {
        self.inner.dump().await
    }
}

/// A log that is read over a connection which faults befall.
pub struct FaultySource<C>(pub tokio::sync::Mutex<Faulty<C>>);

impl<C: Tested> Source for FaultySource<C> {
    async fn read(&self, wanted: &Read) -> std::result::Result<Reply, Error> {
        let mut connection = self.0.lock().await;
        if connection.mistake == Mistake::ForkUnseen && wanted.after.seq > 0 {
            let doing = |error| Error::Database { doing: "reading", error };
            let there = connection.head(wanted.after.seq).await.map_err(doing)?;
            let Some(id) = there.id_there else {
                return Ok(Reply::Page { events: Vec::new(), through: wanted.after, head: there.seq });
            };
            let unchecked = Read { after: Cursor { id, ..wanted.after }, ..wanted.clone() };
            return read(&mut *connection, &unchecked).await;
        }
        read(&mut *connection, wanted).await
    }
}
