//! The end of a log in memory, as it was last read: whoever is near it is answered from here, so that many who follow a
//! log cost the database one reading.

use crate::read::page_of;
use crate::{Cursor, Event, Read, Reply};
use std::collections::VecDeque;
use std::time::Instant;

/// How much of a log's end is kept: as many events as one read looks at, unless they are long.
const MOST_EVENTS: usize = 1024;
const MOST_BYTES: usize = 1 << 20;

/// Some events that follow each other, up to the last one that was read.
pub(crate) struct Tail {
    /// The event before the first one.
    after: Cursor,
    events: VecDeque<Event>,
    /// Of the events' texts.
    bytes: usize,
    /// The log's last number when it was read.
    head: i64,
    /// Since when the log may have more than this.
    read_at: Instant,
}

impl Tail {
    /// Nothing yet, of a log that had nothing after this event when it was read.
    pub(crate) fn at_end(end: Cursor, read_at: Instant) -> Tail {
        Tail { after: end, events: VecDeque::new(), bytes: 0, head: end.seq, read_at }
    }

    /// The last event: where to read on.
    pub(crate) fn end(&self) -> Cursor {
        self.events.back().map_or(self.after, Event::cursor)
    }

    /// Whether it has all that the log had at this moment.
    pub(crate) fn is_of(&self, moment: Instant) -> bool {
        self.read_at >= moment
    }

    /// Whether who is here can be answered.
    pub(crate) fn knows(&self, place: Cursor) -> bool {
        self.next_after(place).is_some()
    }

    /// What a reader is to be told, if it is near the end.
    pub(crate) fn answer(&self, read: &Read) -> Option<Reply> {
        let events = self.events.range(self.next_after(read.after)?..);
        let (events, through) = page_of(events, read);
        let events = events.into_iter().cloned().collect();
        Some(Reply::Page { events, through, head: self.head })
    }

    /// Takes what was read after its end, by a reading that began at `read_at`.
    pub(crate) fn extend(&mut self, events: Vec<Event>, head: i64, read_at: Instant) {
        if events.iter().any(|event| event.is_last) {
            // Payloads of that key were emptied, those at hand are not.
            self.after = self.end();
            self.events.clear();
            self.bytes = 0;
        }
        self.bytes += events.iter().map(bytes_of).sum::<usize>();
        self.events.extend(events);
        while self.events.len() > MOST_EVENTS || self.bytes > MOST_BYTES {
            let Some(first) = self.events.pop_front() else { break };
            self.bytes -= bytes_of(&first);
            self.after = first.cursor();
        }
        self.head = head;
        self.read_at = read_at;
    }

    /// How many of the events a reader at this place has.
    fn next_after(&self, place: Cursor) -> Option<usize> {
        if place == self.after {
            return Some(0);
        }
        // Numbers have no gaps.
        let count = usize::try_from(place.seq - self.after.seq).ok()?;
        let last = self.events.get(count.checked_sub(1)?)?;
        (last.cursor() == place).then_some(count)
    }
}

fn bytes_of(event: &Event) -> usize {
    let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    event.kind.len() + event.key.len() + optional(&event.payload) + optional(&event.traceparent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Filter, LARGEST_READ, ShardFilter};
    use uuid::Uuid;

    fn event(seq: i64) -> Event {
        Event {
            seq,
            id: Uuid::from_u128(seq.unsigned_abs().into()),
            kind: "rating.created".to_owned(),
            key: format!("user/{seq}"),
            shard_hash: Some(seq.unsigned_abs()),
            payload: Some("{}".to_owned()),
            is_last: false,
            at: 0,
            traceparent: None,
        }
    }

    fn place(seq: i64) -> Cursor {
        event(seq).cursor()
    }

    fn from(after: i64) -> Read {
        Read { after: place(after), filter: Filter::default(), limit: LARGEST_READ }
    }

    /// The log from 11 to 20.
    fn tail() -> Tail {
        let mut tail = Tail::at_end(place(10), Instant::now());
        tail.extend((11..=15).map(event).collect(), 15, Instant::now());
        tail.extend((16..=20).map(event).collect(), 20, Instant::now());
        tail
    }

    #[test]
    fn who_is_in_it_is_told_the_rest_and_who_is_not_is_told_nothing() {
        let tail = tail();
        for after in 10..=20 {
            let events = (after + 1..=20).map(event).collect();
            let rest = Reply::Page { events, through: place(20), head: 20 };
            assert_eq!(tail.answer(&from(after)), Some(rest), "after {after}");
        }
        for after in [-3, 0, 9, 21, i64::MAX] {
            assert_eq!(tail.answer(&from(after)), None, "after {after}");
        }
        let other_log = Read { after: Cursor { seq: 12, id: Uuid::from_u128(99) }, ..from(12) };
        assert_eq!(tail.answer(&other_log), None);
    }

    #[test]
    fn a_quiet_shard_gets_past_the_others_and_a_bound_holds() {
        let shards = Some(ShardFilter { count: 4, shards: vec![1] });
        let read = Read { filter: Filter { kinds: Vec::new(), shards }, ..from(10) };
        let page = |seqs: &[i64], through| {
            let events = seqs.iter().copied().map(event).collect();
            Some(Reply::Page { events, through: place(through), head: 20 })
        };
        assert_eq!(tail().answer(&read), page(&[13, 17], 20));
        assert_eq!(tail().answer(&Read { limit: 1, ..read.clone() }), page(&[13], 13));
        assert_eq!(tail().answer(&Read { limit: 3, ..from(12) }), page(&[13, 14, 15], 15));
    }

    #[test]
    fn what_was_emptied_is_not_told_as_it_was() {
        let mut tail = tail();
        let last = Event { is_last: true, payload: None, ..event(21) };
        tail.extend(vec![last.clone()], 21, Instant::now());
        assert_eq!(tail.answer(&from(19)), None);
        let rest = Reply::Page { events: vec![last], through: place(21), head: 21 };
        assert_eq!(tail.answer(&from(20)), Some(rest));
    }

    #[test]
    fn it_is_bounded_in_events_and_in_bytes() {
        let mut tail = tail();
        tail.extend((21..=2_000).map(event).collect(), 2_000, Instant::now());
        assert_eq!(tail.events.len(), MOST_EVENTS);
        assert!(!tail.knows(place(2_000 - MOST_EVENTS as i64 - 1)) && tail.knows(place(2_000 - MOST_EVENTS as i64)));

        let long = |seq| Event { payload: Some("x".repeat(64 << 10)), ..event(seq) };
        tail.extend((2_001..=2_100).map(long).collect(), 2_100, Instant::now());
        assert!(tail.bytes <= MOST_BYTES && tail.events.len() == 15, "{} in {}", tail.bytes, tail.events.len());
        assert_eq!(tail.bytes, tail.events.iter().map(bytes_of).sum::<usize>());
        assert_eq!(tail.end(), place(2_100));
    }
}
