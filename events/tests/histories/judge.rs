//! What must hold at the end of every history, whatever happened.

use super::actors::{World, setups};
use super::{Backend, Effect, Tested};
use cineswarm_events::{Event, Tables};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::Ordering::SeqCst;
use uuid::Uuid;

macro_rules! ensure {
    ($holds:expr, $($message:tt)*) => {
        if !$holds {
            return Err(format!($($message)*));
        }
    };
}

/// What is wrong, if anything is.
pub async fn judge<L: Backend, D: Backend>(world: &World<L, D>) -> Result<(), String> {
    let said = |error: sqlx::Error| error.to_string();
    let log = world.log.open().await.map_err(said)?.dump().await.map_err(said)?;
    let notes = world.notes.lock().unwrap().acknowledged.clone();
    judge_log(log.head, &log.events, &log.changes, &notes, world.restored.load(SeqCst))?;

    let mut connection = world.effects.open().await.map_err(said)?;
    let effects = connection.dump().await.map_err(said)?.effects;
    for setup in setups() {
        let name = &setup.consumer.name;
        let row = connection.cursor(&setup.consumer).await.map_err(said)?;
        let row = row.ok_or_else(|| format!("{name} has never looked"))?;
        if let Some(why) = row.stopped {
            ensure!(world.restored.load(SeqCst), "{name} stopped although nothing was restored: {why}");
            ensure!(why.starts_with("forked"), "{name} stopped for another reason: {why}");
            continue;
        }
        let last = log.events.last().map_or((0, Uuid::nil()), |event| (event.seq, event.id));
        ensure!((row.cursor.seq, row.cursor.id) == last, "{name} is at {} and the log ends at {last:?}", row.cursor);
        let taken: Vec<&Effect> = effects.iter().filter(|effect| effect.consumer == *name).collect();
        let wanted: Vec<&Event> = log.events.iter().filter(|event| setup.filter.takes(event)).collect();
        let dropped = world.notes.lock().unwrap().dropped.clone();
        let may_lack = |event: &Event| event.payload.is_none() || dropped.contains(&(name.clone(), event.id));
        judge_effects(name, &taken, &wanted, may_lack)?;
    }
    Ok(())
}

fn judge_log(
    head: i64,
    events: &[Event],
    changes: &BTreeSet<Uuid>,
    acknowledged: &BTreeSet<String>,
    restored: bool,
) -> Result<(), String> {
    let numbers: Vec<i64> = events.iter().map(|event| event.seq).collect();
    ensure!(numbers == (1..=head).collect::<Vec<i64>>(), "numbers with gaps up to {head}: {numbers:?}");
    let ids: BTreeSet<Uuid> = events.iter().map(|event| event.id).collect();
    ensure!(ids == *changes, "changes without their events, or events without their changes");
    let mut ended: HashMap<&str, i64> = HashMap::new();
    let mut said = BTreeSet::new();
    for event in events {
        ensure!(!ended.contains_key(event.key.as_str()), "{} has an event after its last", event.key);
        if event.is_last {
            ended.insert(&event.key, event.seq);
        }
        if let Some(payload) = &event.payload {
            ensure!(said.insert(payload.clone()), "{payload} is in the log twice");
        }
    }
    for event in events {
        let empty = event.payload.is_none();
        let deleted = ended.get(event.key.as_str()).is_some_and(|last| *last > event.seq);
        // With a log that was restored the event that emptied it may have gone.
        ensure!(
            empty == deleted || (empty && restored),
            "{} of {} is empty: {empty}, deleted: {deleted}",
            event.seq,
            event.key
        );
    }
    let keys_ended: BTreeSet<&str> = ended.keys().copied().collect();
    for lost in acknowledged.difference(&said) {
        // A payload that a deletion has emptied names its key.
        ensure!(
            keys_ended.iter().any(|key| lost.starts_with(&format!("\"{key} "))),
            "{lost} was acknowledged and lost"
        );
    }
    Ok(())
}

fn judge_effects(
    name: &str,
    taken: &[&Effect],
    wanted: &[&Event],
    may_lack: impl Fn(&Event) -> bool,
) -> Result<(), String> {
    let mut by_key: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for effect in taken {
        let event = wanted.iter().find(|event| event.id == effect.id && event.seq == effect.seq);
        ensure!(
            event.is_some(),
            "{name} took {} {}, which the log does not have, and said nothing",
            effect.seq,
            effect.id
        );
        by_key.entry(&effect.key).or_default().push(effect.seq);
    }
    for (key, order) in by_key {
        ensure!(order.is_sorted_by(|a, b| a < b), "{name} took the events of {key} twice or out of order: {order:?}");
    }
    let ids: BTreeSet<Uuid> = taken.iter().map(|effect| effect.id).collect();
    for event in wanted {
        ensure!(ids.contains(&event.id) || may_lack(event), "{name} has not taken {} of {}", event.seq, event.key);
    }
    Ok(())
}
