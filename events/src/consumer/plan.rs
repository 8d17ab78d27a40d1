//! What a consumer does with a page of events: a pure function of the page, of what is kept aside, and of what the handler
//! has just refused.

use crate::{Cursor, Event};
use std::collections::HashSet;

/// What becomes of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// The handler takes it.
    Apply,
    /// The handler takes it, and what is kept aside of its key is forgotten: nothing of the key is left.
    ApplyLast,
    /// A deletion has emptied it; the event that says so follows.
    Skip,
    /// An earlier event of its key is kept aside.
    Wait,
    /// The handler refuses it, for this reason.
    Die(String),
}

/// An event that the handler has refused, in a transaction that was rolled back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub(super) at: Cursor,
    pub(super) reason: String,
}

/// The fates of a page's events, and how far the cursor goes. A page ends with an event that dies, so that a refusal is
/// found out again at the most once.
pub(super) fn plan(
    events: &[Event],
    through: Cursor,
    held: &HashSet<String>,
    refused: Option<&Refused>,
) -> (Vec<Fate>, Cursor) {
    let mut fates = Vec::with_capacity(events.len());
    let mut ended: HashSet<&str> = HashSet::new();
    for event in events {
        if let Some(refused) = refused.filter(|refused| refused.at == event.cursor()) {
            fates.push(Fate::Die(refused.reason.clone()));
            return (fates, event.cursor());
        }
        let key = event.key.as_str();
        fates.push(if event.is_last {
            ended.insert(key);
            Fate::ApplyLast
        } else if event.payload.is_none() {
            Fate::Skip
        } else if held.contains(key) && !ended.contains(key) {
            Fate::Wait
        } else {
            Fate::Apply
        });
    }
    (fates, through)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn event(seq: i64, key: &str) -> Event {
        Event {
            seq,
            id: Uuid::from_u128(seq as u128),
            kind: "rating.created".to_owned(),
            key: key.to_owned(),
            shard_hash: None,
            payload: Some("{}".to_owned()),
            is_last: false,
            at: 0,
            traceparent: None,
        }
    }

    #[test]
    fn a_key_that_is_held_waits_and_the_others_go_on() {
        let events = [event(1, "a"), event(2, "b"), event(3, "a")];
        let held = HashSet::from(["a".to_owned()]);
        let (fates, through) = plan(&events, events[2].cursor(), &held, None);
        assert_eq!(fates, [Fate::Wait, Fate::Apply, Fate::Wait]);
        assert_eq!(through, events[2].cursor());
    }

    #[test]
    fn a_page_ends_with_the_event_that_was_refused() {
        let events = [event(1, "a"), event(2, "b"), event(3, "b")];
        let refused = Refused { at: events[1].cursor(), reason: "no such film".to_owned() };
        let (fates, through) = plan(&events, events[2].cursor(), &HashSet::new(), Some(&refused));
        assert_eq!(fates, [Fate::Apply, Fate::Die("no such film".to_owned())]);
        assert_eq!(through, events[1].cursor());
    }

    #[test]
    fn a_deletion_does_not_wait_behind_what_it_deletes() {
        let emptied = Event { payload: None, ..event(1, "a") };
        let last = Event { is_last: true, ..event(2, "a") };
        let held = HashSet::from(["a".to_owned()]);
        let (fates, _) = plan(&[emptied, last.clone()], last.cursor(), &held, None);
        assert_eq!(fates, [Fate::Skip, Fate::ApplyLast]);
    }
}
