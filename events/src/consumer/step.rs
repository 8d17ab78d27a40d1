//! One step of a consumer: a page of events with their effects, or a letter that is tried again, each in one transaction
//! that moves on only from where the consumer is. Two replicas need no agreement: the slower one changes nothing.

use super::plan::{Fate, Refused, plan};
use super::{Handler, Refusal};
use crate::{Consumer, Cursor, Error, Event, Filter, Letter, LetterState, Read, Reply, Source, Tables};
use std::collections::HashSet;

/// Who takes which events, and how many in one transaction.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The consumer.
    pub consumer: Consumer,
    /// What it wants of the log.
    pub filter: Filter,
    /// Events in one transaction at the most.
    pub page: u32,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The cursor moved.
    Moved {
        /// To here.
        through: Cursor,
        /// The log's last number.
        head: i64,
    },
    /// There is nothing new.
    Idle {
        /// The consumer is here, which is the end.
        at: Cursor,
    },
    /// Another replica was quicker, or the handler refused an event, which the next step keeps aside.
    Again,
    /// The consumer has stopped, for this reason, until it is told to start over.
    Stopped(String),
}

/// Why a step changed nothing. The connection is not to be used again: nobody knows what it is in the midst of.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The log or the consumer's database.
    #[error(transparent)]
    Error(#[from] Error),
    /// The handler cannot take an event now.
    #[error("event {event} cannot be taken now: {reason}; it is tried again")]
    NotNow {
        /// Which.
        event: Cursor,
        /// What the handler said.
        reason: String,
    },
}

fn database(error: sqlx::Error) -> Failed {
    Failed::Error(Error::Database { doing: "taking events", error })
}

/// Takes the next page.
pub async fn step<C: Tables, S: Source, H: Handler<C>>(
    connection: &mut C,
    source: &S,
    handler: &mut H,
    setup: &Setup,
    refused: &mut Option<Refused>,
) -> Result<Step, Failed> {
    let consumer = &setup.consumer;
    let Some(row) = connection.cursor(consumer).await.map_err(database)? else {
        connection.insert_cursor(consumer, Cursor::START).await.map_err(database)?;
        return Ok(Step::Again);
    };
    if row.rebuild {
        return start_over(connection, source, handler, setup).await;
    }
    if let Some(why) = row.stopped {
        return Ok(Step::Stopped(why));
    }
    let at = row.cursor;
    let read = Read { after: at, filter: setup.filter.clone(), limit: setup.page };
    match source.read(&read).await? {
        Reply::Page { through, .. } if through == at => Ok(Step::Idle { at }),
        Reply::Page { events, through, head } => {
            take_page(connection, handler, consumer, at, &events, through, head, refused).await
        }
        // A consumer that has taken nothing starts where the log does.
        Reply::Pruned { floor } if at == Cursor::START => {
            connection.move_cursor(consumer, at, floor).await.map_err(database)?;
            Ok(Step::Again)
        }
        Reply::Pruned { floor } => {
            stop(connection, consumer, at, format!("the log was pruned up to {floor}, and this consumer is at {at}"))
                .await
        }
        Reply::Forked { last } => {
            let why = format!("forked: the log ends at {last} and does not have event {at}, which was taken from it");
            stop(connection, consumer, at, why).await
        }
    }
}

async fn stop<C: Tables>(connection: &mut C, consumer: &Consumer, at: Cursor, why: String) -> Result<Step, Failed> {
    let stopped = connection.stop_cursor(consumer, at, &why).await.map_err(database)?;
    Ok(if stopped { Step::Stopped(why) } else { Step::Again })
}

async fn start_over<C: Tables, S: Source, H: Handler<C>>(
    connection: &mut C,
    source: &S,
    handler: &mut H,
    setup: &Setup,
) -> Result<Step, Failed> {
    let read = Read { after: Cursor::START, filter: setup.filter.clone(), limit: 1 };
    let from = match source.read(&read).await? {
        Reply::Pruned { floor } => floor,
        Reply::Page { .. } | Reply::Forked { .. } => Cursor::START,
    };
    connection.begin().await.map_err(database)?;
    if !connection.restart_cursor(&setup.consumer, from).await.map_err(database)? {
        connection.rollback().await.map_err(database)?;
        return Ok(Step::Again);
    }
    if let Err(Refusal::NotNow(reason) | Refusal::Never(reason)) = handler.start_over(connection).await {
        connection.rollback().await.map_err(database)?;
        return Err(Failed::NotNow { event: from, reason });
    }
    connection.commit().await.map_err(database)?;
    Ok(Step::Again)
}

#[allow(clippy::too_many_arguments, reason = "they are the parts of one page, named where it is taken apart")]
async fn take_page<C: Tables, H: Handler<C>>(
    connection: &mut C,
    handler: &mut H,
    consumer: &Consumer,
    at: Cursor,
    events: &[Event],
    through: Cursor,
    head: i64,
    refused: &mut Option<Refused>,
) -> Result<Step, Failed> {
    connection.begin().await.map_err(database)?;
    let (through, cut) = match refused.as_ref().filter(|refused| events.iter().any(|it| it.cursor() == refused.at)) {
        Some(refused) => (refused.at, true),
        None => (through, false),
    };
    if !connection.move_cursor(consumer, at, through).await.map_err(database)? {
        connection.rollback().await.map_err(database)?;
        *refused = None;
        return Ok(Step::Again);
    }
    let mut keys: Vec<&str> = events.iter().map(|event| event.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let held = connection.held_keys(consumer, &keys).await.map_err(database)?;
    let held: HashSet<String> = held.into_iter().collect();
    let (fates, _) = plan(events, through, &held, refused.as_ref().filter(|_| cut));
    for (event, fate) in events.iter().zip(fates) {
        let keep = |state, reason| Letter { event: event.clone(), state, reason };
        match fate {
            Fate::Skip => continue,
            Fate::Wait => {
                let letter = keep(LetterState::Waiting, None);
                connection.insert_letter(consumer, &letter).await.map_err(database)?;
                continue;
            }
            Fate::Die(reason) => {
                let letter = keep(LetterState::Dead, Some(reason));
                connection.insert_letter(consumer, &letter).await.map_err(database)?;
                continue;
            }
            Fate::ApplyLast => connection.drop_letters(consumer, &event.key).await.map_err(database)?,
            Fate::Apply => {}
        }
        match handler.handle(connection, event).await {
            Ok(()) => {}
            Err(Refusal::NotNow(reason)) => {
                connection.rollback().await.map_err(database)?;
                return Err(Failed::NotNow { event: event.cursor(), reason });
            }
            Err(Refusal::Never(reason)) => {
                connection.rollback().await.map_err(database)?;
                *refused = Some(Refused { at: event.cursor(), reason });
                return Ok(Step::Again);
            }
        }
    }
    connection.commit().await.map_err(database)?;
    *refused = None;
    Ok(Step::Moved { through, head })
}

/// Tries the first letter that may be tried; false if there is none.
pub async fn replay<C: Tables, H: Handler<C>>(
    connection: &mut C,
    handler: &mut H,
    setup: &Setup,
) -> Result<bool, Failed> {
    let consumer = &setup.consumer;
    let going = connection.cursor(consumer).await.map_err(database)?;
    if !going.is_some_and(|row| row.stopped.is_none() && !row.rebuild) {
        return Ok(false);
    }
    let Some(letter) = connection.next_letter(consumer).await.map_err(database)? else { return Ok(false) };
    let event = &letter.event;
    connection.begin().await.map_err(database)?;
    if !connection.take_letter(consumer, event.seq).await.map_err(database)? {
        connection.rollback().await.map_err(database)?;
        return Ok(true);
    }
    match handler.handle(connection, event).await {
        Ok(()) => {
            connection.commit().await.map_err(database)?;
            Ok(true)
        }
        Err(Refusal::NotNow(reason)) => {
            connection.rollback().await.map_err(database)?;
            Err(Failed::NotNow { event: event.cursor(), reason })
        }
        Err(Refusal::Never(reason)) => {
            connection.rollback().await.map_err(database)?;
            connection.kill_letter(consumer, event.seq, &reason).await.map_err(database)?;
            Ok(true)
        }
    }
}
