//! Who takes part in a history: two services that write, replicas of consumers, an operator, and whoever restores a
//! backup. Each lives until it crashes and then begins anew, with nothing in its memory.

use super::faults::{Dice, Faulty, FaultySource, Mistake, pass};
use super::{Backend, Tested};
use cineswarm_events::consumer::{Handler, Refusal, Setup, Step, replay, step};
use cineswarm_events::{Consumer, Error, Event, Filter, LetterState, NewEvent, Tables, append, delete, known};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

type Result<T> = std::result::Result<T, Error>;

/// What the actors of a history share.
pub struct World<L, D> {
    pub log: L,
    pub effects: D,
    pub dice: Dice,
    pub mistake: Mistake,
    pub writing: AtomicUsize,
    /// Set once the operator has put everything right: nothing is refused any more.
    pub lenient: AtomicBool,
    pub ended: AtomicBool,
    pub restored: AtomicBool,
    pub notes: Mutex<Notes>,
    /// The heads that have been rung, by consumer's replica.
    pub rings: Mutex<BTreeMap<usize, Vec<i64>>>,
}

/// What the actors were told, for the judge.
#[derive(Default, Debug)]
pub struct Notes {
    /// Changes of which a commit was acknowledged since the log was last restored.
    pub acknowledged: BTreeSet<String>,
    /// Letters that an operator has dropped, as (consumer, event).
    pub dropped: BTreeSet<(String, Uuid)>,
}

/// What a service is asked to store; made once, whatever it takes to store it.
pub struct Operation {
    pub events: Vec<NewEvent>,
    pub deletes: bool,
}

fn failed(error: sqlx::Error) -> Error {
    Error::Database { doing: "in a history", error }
}

impl<L: Backend, D: Backend> World<L, D> {
    async fn faulty<B: Backend>(&self, backend: &B) -> Result<Faulty<B::Connection>> {
        let needs_outside = self.mistake == Mistake::NumbersOutsideTheTransaction;
        let outside = if needs_outside { Some(backend.open().await.map_err(failed)?) } else { None };
        let inner = backend.open().await.map_err(failed)?;
        Ok(Faulty { inner, outside, dice: self.dice.clone(), mistake: self.mistake })
    }

    /// A service stores its operations one after the other, each again until it knows the outcome.
    pub async fn write(self: Arc<Self>, operations: Vec<Operation>) {
        for mut operation in operations {
            let mut tried = false;
            loop {
                let before_restore = self.restored.load(SeqCst);
                match self.store(&mut operation, tried).await {
                    Ok(head) => {
                        let mut notes = self.notes.lock().unwrap();
                        if before_restore == self.restored.load(SeqCst) {
                            notes.acknowledged.extend(operation.events.iter().map(|event| event.payload.clone()));
                        }
                        drop(notes);
                        self.ring(head);
                        break;
                    }
                    Err(Error::Deleted { .. }) => break,
                    Err(_) => tried = true,
                }
                pass().await;
            }
        }
        self.writing.fetch_sub(1, SeqCst);
    }

    async fn store(&self, operation: &mut Operation, tried: bool) -> Result<i64> {
        if self.mistake == Mistake::NewIdForEachTry {
            operation.events.iter_mut().for_each(|event| event.id = Uuid::now_v7());
        }
        let mut connection = self.faulty(&self.log).await?;
        connection.begin().await.map_err(failed)?;
        let ids: Vec<Uuid> = operation.events.iter().map(|event| event.id).collect();
        let asks = tried && self.mistake != Mistake::RetryWithoutAsking;
        if asks && !known(&mut connection, &ids).await?.is_empty() {
            return Ok(0);
        }
        for id in &ids {
            connection.change_row(*id).await.map_err(failed)?;
        }
        let appended = match operation.deletes {
            true => delete(&mut connection, &operation.events[0]).await?,
            false => append(&mut connection, &operation.events).await?,
        };
        if operation.deletes && appended.known > 0 {
            // Somebody else has deleted it; the row of this change goes with the transaction.
            connection.rollback().await.map_err(failed)?;
            return Err(Error::Deleted { key: operation.events[0].key.clone() });
        }
        connection.commit().await.map_err(failed)?;
        Ok(appended.head)
    }

    /// Rings are lost, doubled and forged.
    fn ring(&self, head: i64) {
        for heads in self.rings.lock().unwrap().values_mut() {
            for _ in 0..self.dice.below(3) {
                heads.push(if self.dice.chance(0.2) { self.dice.below(1000) as i64 - 500 } else { head });
            }
        }
    }

    /// A replica of a consumer, until the history has ended.
    pub async fn consume(self: Arc<Self>, replica: usize, setup: Setup) {
        self.rings.lock().unwrap().insert(replica, Vec::new());
        while !self.ended.load(SeqCst) {
            // What it was in the midst of is lost with it.
            let _ = self.live(replica, &setup).await;
            pass().await;
        }
    }

    async fn live(
        &self,
        replica: usize,
        setup: &Setup,
    ) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let source = FaultySource(tokio::sync::Mutex::new(self.faulty(&self.log).await?));
        let mut connection = self.faulty(&self.effects).await?;
        let mut handler = Recorder { world: self, consumer: setup.consumer.name.clone() };
        let mut refused = None;
        while !self.ended.load(SeqCst) {
            match step(&mut connection, &source, &mut handler, setup, &mut refused).await? {
                Step::Moved { .. } | Step::Again => continue,
                Step::Idle { .. } => while replay(&mut connection, &mut handler, setup).await? {},
                Step::Stopped(_) => {}
            }
            // It looks when it is rung for, whatever the ring says, and sooner or later without.
            for _ in 0..20 {
                if self.ended.load(SeqCst) || self.rings.lock().unwrap().entry(replica).or_default().pop().is_some() {
                    break;
                }
                pass().await;
            }
        }
        Ok(())
    }

    /// An operator who looks after dead letters, mostly late, and at the end puts everything right.
    pub async fn operate(self: Arc<Self>, consumers: Vec<Consumer>) {
        let mut rounds = 0;
        while self.writing.load(SeqCst) > 0 {
            rounds += 1;
            assert!(rounds < 20_000, "stuck: a change is never stored");
            for _ in 0..self.dice.below(40) {
                pass().await;
            }
            let consumer = &consumers[self.dice.below(consumers.len())];
            let _ = self.look_after(consumer).await;
        }
        self.lenient.store(true, SeqCst);
        let rebuilds = self.dice.chance(0.5);
        let mut quiet = 0;
        // A fork is found at the next look, which is due within 20 turns.
        while quiet < 200 {
            rounds += 1;
            assert!(rounds < 40_000, "stuck: the consumers do not get to the end of the log");
            // What this operator does is done again until it is done.
            let Ok((mut log, mut effects)) = self.without_faults().await else { continue };
            while quiet < 200 {
                pass().await;
                match self.put_right(&consumers, rebuilds, &mut log, &mut effects).await {
                    Ok(true) => quiet += 1,
                    Ok(false) => quiet = 0,
                    Err(_) => break,
                }
                rounds += 1;
                assert!(rounds < 40_000, "stuck: the consumers do not get to the end of the log");
            }
        }
        self.ended.store(true, SeqCst);
    }

    async fn without_faults(&self) -> Result<(L::Connection, D::Connection)> {
        Ok((self.log.open().await.map_err(failed)?, self.effects.open().await.map_err(failed)?))
    }

    /// Has every letter replayed and, if so decided, every consumer that has stopped start over; whether all is done.
    async fn put_right(
        &self,
        consumers: &[Consumer],
        rebuilds: bool,
        log: &mut L::Connection,
        effects: &mut D::Connection,
    ) -> Result<bool> {
        let head = log.head(0).await.map_err(failed)?.seq;
        let mut done = true;
        for consumer in consumers {
            let letters = effects.letters(consumer).await.map_err(failed)?;
            for letter in letters.iter().filter(|letter| letter.state == LetterState::Dead) {
                // A replica may have been quicker.
                let _ = effects.replay_letter(consumer, letter.event.seq).await;
            }
            let Some(row) = effects.cursor(consumer).await.map_err(failed)? else { return Ok(false) };
            let stopped = row.stopped.is_some();
            if stopped && rebuilds && !row.rebuild {
                effects.rebuild(consumer).await.map_err(failed)?;
            }
            let at_end = row.cursor.seq >= head && letters.is_empty();
            done &= !row.rebuild && if stopped { !rebuilds } else { at_end };
        }
        Ok(done)
    }

    async fn look_after(&self, consumer: &Consumer) -> Result<()> {
        let mut connection = self.faulty(&self.effects).await?;
        let letters = connection.letters(consumer).await.map_err(failed)?;
        let Some(letter) = letters.iter().find(|letter| letter.state == LetterState::Dead) else { return Ok(()) };
        if self.dice.chance(0.7) {
            return connection.replay_letter(consumer, letter.event.seq).await.map_err(failed);
        }
        // Whether it goes or not: nobody need have taken it.
        self.notes.lock().unwrap().dropped.insert((consumer.name.clone(), letter.event.id));
        connection.drop_letter(consumer, letter.event.seq).await.map_err(failed)
    }

    /// Somebody restores the log from an older copy while everybody is at work.
    pub async fn restore(self: Arc<Self>) {
        for _ in 0..self.dice.below(400) {
            pass().await;
        }
        while self.restore_once().await.is_err() {
            pass().await;
        }
        self.writing.fetch_sub(1, SeqCst);
    }

    async fn restore_once(&self) -> Result<()> {
        let mut connection = self.log.open().await.map_err(failed)?;
        connection.begin().await.map_err(failed)?;
        let head = connection.advance_head(0).await.map_err(failed)?;
        let to = self.dice.below(head as usize + 1) as i64;
        connection.restore(to).await.map_err(failed)?;
        connection.commit().await.map_err(failed)?;
        self.restored.store(true, SeqCst);
        self.notes.lock().unwrap().acknowledged.clear();
        Ok(())
    }
}

/// A handler that writes down what it takes, and refuses some of it.
struct Recorder<'a, L, D> {
    world: &'a World<L, D>,
    consumer: String,
}

impl<L: Backend, D: Backend, C: Tested> Handler<C> for Recorder<'_, L, D> {
    async fn handle(&mut self, transaction: &mut C, event: &Event) -> std::result::Result<(), Refusal> {
        transaction.effect(&self.consumer, event).await?;
        if self.world.dice.chance(self.world.dice.1) {
            return Err(Refusal::NotNow("away".to_owned()));
        }
        let poisonous = event.payload.as_ref().is_some_and(|payload| payload.ends_with("0\""));
        if poisonous && !self.world.lenient.load(SeqCst) && self.world.dice.chance(0.8) {
            return Err(Refusal::Never("poisonous".to_owned()));
        }
        Ok(())
    }

    async fn start_over(&mut self, transaction: &mut C) -> std::result::Result<(), Refusal> {
        Ok(transaction.clear_effects(&self.consumer).await?)
    }
}

/// A consumer of all events, and one of a kind.
pub fn setups() -> [Setup; 2] {
    let setup = |name: &str, kinds: Vec<String>| Setup {
        consumer: Consumer { name: name.to_owned(), log: "ratings".to_owned() },
        filter: Filter { kinds, shards: None },
        page: 4,
    };
    [setup("all", Vec::new()), setup("some", vec!["rating.updated".to_owned()])]
}
