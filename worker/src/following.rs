//! How the shards that are held follow the log of ratings: what is read next, and what a page of the log changes in them.
//! One read at a time, for all shards together; those that came late catch up in turns with the others.

use std::time::Duration;

use cineswarm_engine::HalfStars;
use cineswarm_proto::events::events_client::EventsClient;
use cineswarm_proto::events::read_reply::Reply;
use cineswarm_proto::events::{
    LoggedEvent, Page, Place, RATING_CREATED, RATING_DELETED, RATING_UPDATED, RATINGS, ReadReply, ReadRequest, Shards,
    SharedChange,
};
use cineswarm_proto::farm::MAX_MESSAGE_BYTES;
use cineswarm_proto::messages::LiveRatings;
use cineswarm_retry::Backoff;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::transport::Channel;

use crate::shards::HeldShards;

/// The log is looked at so often although nobody rang.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Between two reads, however often it rings.
const SHORTEST_GAP: Duration = Duration::from_millis(20);
/// Between two tries while the log cannot be read.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// How long one read may take.
const READ_DEADLINE: Duration = Duration::from_secs(10);
/// A shard so many events behind the one that is furthest catches up apart from the others: they would wait for it.
const FAR_BEHIND: i64 = 1024;

/// The log as these shards follow it.
pub struct Following {
    live: LiveRatings,
    shard_count: u32,
    log: EventsClient<Channel>,
    answers: mpsc::Sender<Answer>,
    /// Ends the read under way with this.
    ending: DropGuard,
    is_reading: bool,
    /// Whether the last read was for shards that are far behind.
    caught_up_last: bool,
    /// When the log is looked at next, unless it rings before.
    due: Instant,
    earliest: Instant,
    backoff: Backoff,
}

/// What came of one read.
pub struct Answer {
    after: Place,
    shards: Vec<u32>,
    reply: Result<ReadReply, String>,
}

/// What is to be done after an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    GoOn,
    /// The log is another one than the shards were made with: they are to be fetched anew.
    StartOver,
    /// It could not be read; it is tried again.
    TryAgain(String),
}

impl Following {
    /// Follows by this connection; `answers` brings what is to be given to [`Following::take`].
    pub fn new(live: LiveRatings, shard_count: u32, channel: Channel, answers: mpsc::Sender<Answer>) -> Following {
        let now = Instant::now();
        Following {
            live,
            shard_count,
            log: EventsClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES),
            answers,
            ending: CancellationToken::new().drop_guard(),
            is_reading: false,
            caught_up_last: false,
            due: now,
            earliest: now,
            backoff: Backoff::between(BACKOFF.0, BACKOFF.1),
        }
    }

    /// Where a shard is that has just come.
    pub fn beginning(&self) -> Place {
        Place { seq: self.live.after_seq, id: self.live.after_id.clone() }
    }

    /// What is followed.
    pub fn live(&self) -> &LiveRatings {
        &self.live
    }

    /// There may be more to read.
    pub fn rung(&mut self) {
        self.due = self.due.min(self.earliest);
    }

    /// When to call [`Following::read`]; `None` while a read is under way.
    pub fn due(&self) -> Option<Instant> {
        (!self.is_reading).then_some(self.due)
    }

    /// Reads what the shards lack.
    pub fn read(&mut self, held: &HeldShards) {
        let now = Instant::now();
        (self.due, self.earliest) = (now + LOOK_EVERY, now + SHORTEST_GAP);
        let Some((after, shards)) = self.wanted(held) else { return };
        self.is_reading = true;
        let request = ReadRequest {
            service: RATINGS.to_owned(),
            after: Some(after.clone()),
            kinds: [RATING_CREATED, RATING_UPDATED, RATING_DELETED].map(str::to_owned).to_vec(),
            shards: Some(Shards { count: self.shard_count, shards: shards.clone() }),
            limit: 0,
        };
        let (mut log, answers, ending) = (self.log.clone(), self.answers.clone(), self.ending.token().clone());
        tokio::spawn(async move {
            let read = tokio::time::timeout(READ_DEADLINE, log.read(request));
            let Some(read) = ending.run_until_cancelled(read).await else { return };
            let reply = match read {
                Ok(Ok(reply)) => Ok(reply.into_inner()),
                Ok(Err(status)) => Err(status.message().to_owned()),
                Err(_) => Err(format!("no answer for {} s", READ_DEADLINE.as_secs())),
            };
            // Refused only when the worker itself has ended.
            let _ = answers.send(Answer { after, shards, reply }).await;
        });
    }

    /// From where and for which shards to read: all that are about equally far, or in turns those that are far behind.
    fn wanted(&mut self, held: &HeldShards) -> Option<(Place, Vec<u32>)> {
        let furthest = held.shards.values().map(|shard| shard.at.seq).max()?;
        let is_far_behind = |at: &Place| at.seq + FAR_BEHIND < furthest;
        let some_are = held.shards.values().any(|shard| is_far_behind(&shard.at));
        self.caught_up_last = some_are && !self.caught_up_last;
        let group = || held.shards.iter().filter(|(_, shard)| is_far_behind(&shard.at) == self.caught_up_last);
        let after = group().map(|(_, shard)| &shard.at).min_by_key(|at| at.seq)?.clone();
        Some((after, group().map(|(number, _)| *number).collect()))
    }

    /// Takes what a read gave into the shards that are still held and were not fetched anew meanwhile.
    pub fn take(&mut self, answer: Answer, held: &mut HeldShards) -> Next {
        self.is_reading = false;
        let Answer { after, shards, reply } = answer;
        let reply = reply.and_then(|reply| reply.reply.ok_or_else(|| "it answers in a way unknown here".to_owned()));
        match reply {
            Ok(Reply::Page(page)) => {
                self.backoff.start_over();
                if self.turn(&after, &shards, page, held) {
                    self.due = Instant::now();
                }
                Next::GoOn
            }
            Ok(Reply::Forked(_)) => Next::StartOver,
            Ok(Reply::Pruned(floor)) => {
                let floor = floor.floor.unwrap_or_default().seq;
                self.try_again(format!("it begins after {floor} only; a newer dataset version is needed"))
            }
            Err(reason) => self.try_again(reason),
        }
    }

    fn try_again(&mut self, reason: String) -> Next {
        self.due = Instant::now() + self.backoff.next_pause();
        Next::TryAgain(reason)
    }

    /// Whether there is more to read at once.
    fn turn(&self, after: &Place, shards: &[u32], page: Page, held: &mut HeldShards) -> bool {
        let through = page.through.unwrap_or_default();
        for event in &page.events {
            let Some((number, change)) = self.change(event) else { continue };
            let Some(shard) = held.shards.get_mut(&number).filter(|_| shards.contains(&number)) else { continue };
            // A shard that was a little ahead of the others has taken some of these before; one that was dropped and
            // fetched again is behind what was asked for.
            if shard.at.seq < after.seq || event.seq <= shard.at.seq {
                continue;
            }
            match change {
                SharedChange::Rated { user_id, movie_id, half_stars } => {
                    shard.index.rate(user_id, movie_id, half_stars.and_then(HalfStars::new));
                }
                SharedChange::UserGone { user_id } => shard.index.delete_user(user_id),
            }
        }
        let turned = held.shards.iter_mut().filter(|(number, _)| shards.contains(number)).map(|(_, shard)| shard);
        for shard in turned.filter(|shard| shard.at.seq >= after.seq && shard.at.seq < through.seq) {
            shard.at = through.clone();
        }
        through.seq > after.seq && through.seq < page.head
    }

    fn change(&self, event: &LoggedEvent) -> Option<(u32, SharedChange)> {
        // The remainder is below a u32.
        let number = (event.shard_hash? % u64::from(self.shard_count.max(1))) as u32;
        let LoggedEvent { kind, key, payload, is_last, .. } = event;
        Some((number, SharedChange::read(kind, key, payload.as_deref(), *is_last, self.live.shared)?))
    }
}

#[cfg(test)]
mod tests {
    use cineswarm_engine::{LiveIndex, ShardIndex, ShardRatings};
    use cineswarm_proto::events::{Forked, Pruned, RatingChanged};
    use cineswarm_proto::messages::Shared;

    use super::*;
    use crate::shards::HeldShard;

    fn following() -> Following {
        let live = LiveRatings { after_seq: 0, after_id: String::new(), shared: Shared::All };
        let channel = tonic::transport::Endpoint::from_static("http://127.0.0.1:1").connect_lazy();
        // As after a read.
        let due = Instant::now() + LOOK_EVERY;
        Following { due, ..Following::new(live, 4, channel, mpsc::channel(1).0) }
    }

    fn place(seq: i64) -> Place {
        Place { seq, id: format!("event {seq}") }
    }

    fn held(shards: &[(u32, i64)]) -> HeldShards {
        let index = || LiveIndex::new(ShardIndex::build(ShardRatings::new(&[], &[0], &[], &[]).unwrap()));
        let shards = shards.iter().map(|&(number, at)| (number, HeldShard::new(index(), place(at))));
        HeldShards { dataset_version: "v".into(), shards: shards.collect() }
    }

    fn rated(seq: i64, user_id: u32, stars: Option<f64>) -> LoggedEvent {
        let payload = RatingChanged { user_id, movie_id: 6, rating: stars, previous: None, via: None };
        LoggedEvent {
            seq,
            kind: RATING_CREATED.to_owned(),
            key: cineswarm_proto::events::user_key(user_id),
            shard_hash: Some(u64::from(user_id)),
            payload: serde_json::to_string(&payload).ok(),
            ..LoggedEvent::default()
        }
    }

    fn page(after: i64, shards: &[u32], events: Vec<LoggedEvent>, through: i64, head: i64) -> Answer {
        let page = Page { events, through: Some(place(through)), head };
        Answer { after: place(after), shards: shards.to_vec(), reply: Ok(ReadReply { reply: Some(Reply::Page(page)) }) }
    }

    fn half_stars(held: &HeldShards, user: u32) -> Option<u8> {
        held.shards[&(user % 4)].index.ratings_of(user).map(|(_, half_stars)| half_stars[0])
    }

    #[tokio::test]
    async fn a_page_changes_the_shards_it_was_read_for_each_event_once_and_moves_the_quiet_ones_too() {
        let (mut following, mut held) = (following(), held(&[(0, 10), (1, 12), (2, 12)]));
        let events =
            vec![rated(11, 8, Some(4.0)), rated(12, 9, Some(1.0)), rated(13, 9, Some(5.0)), rated(14, 7, None)];
        assert_eq!(following.take(page(10, &[0, 1, 2], events, 15, 15), &mut held), Next::GoOn);
        assert_eq!((half_stars(&held, 8), half_stars(&held, 9)), (Some(8), Some(10)));
        assert_eq!(held.shards.values().map(|shard| shard.at.seq).collect::<Vec<_>>(), [15, 15, 15]);
        assert!(following.due().unwrap() > Instant::now(), "there is no more");
        // Said again, as after a read that came twice: nothing is taken back.
        following.take(page(10, &[0, 1, 2], vec![rated(12, 9, Some(1.0))], 12, 15), &mut held);
        assert_eq!(half_stars(&held, 9), Some(10));
        assert_eq!(held.shards[&1].at, place(15));
        assert!(following.due().unwrap() <= Instant::now(), "there is more");
        let gone = LoggedEvent { is_last: true, payload: None, ..rated(16, 9, None) };
        following.take(page(15, &[0, 1, 2], vec![gone], 16, 16), &mut held);
        assert_eq!(half_stars(&held, 9), None);
    }

    #[tokio::test]
    async fn a_shard_that_was_fetched_anew_while_a_page_was_read_does_not_skip_what_it_lacks() {
        let (mut following, mut held) = (following(), held(&[(0, 10), (1, 0)]));
        let events = vec![rated(11, 8, Some(4.0)), rated(12, 9, Some(1.0))];
        following.take(page(10, &[0, 1], events, 12, 12), &mut held);
        assert_eq!((half_stars(&held, 8), half_stars(&held, 9)), (Some(8), None));
        assert_eq!((held.shards[&0].at.seq, held.shards[&1].at.seq), (12, 0));
    }

    #[tokio::test]
    async fn shards_far_behind_catch_up_in_turns_with_the_others() {
        let (mut following, held) = (following(), held(&[(0, 5_000), (1, 4_990), (2, 0), (3, 300)]));
        let (behind, others) = ((place(0), vec![2, 3]), (place(4_990), vec![0, 1]));
        for wanted in [&behind, &others, &behind] {
            assert_eq!(following.wanted(&held).as_ref(), Some(wanted));
        }
        assert_eq!(following.wanted(&HeldShards::default()), None);
    }

    #[tokio::test]
    async fn another_log_means_to_start_over_and_trouble_to_try_again_later() {
        let (mut following, mut held) = (following(), held(&[(0, 10)]));
        let answer = |reply| Answer { after: place(10), shards: vec![0], reply };
        let of = |reply| Ok(ReadReply { reply: Some(reply) });
        let forked = answer(of(Reply::Forked(Forked { last: Some(place(3)) })));
        assert_eq!(following.take(forked, &mut held), Next::StartOver);
        for trouble in [
            Err("away".to_owned()),
            Ok(ReadReply { reply: None }),
            of(Reply::Pruned(Pruned { floor: Some(place(99)) })),
        ] {
            assert!(matches!(following.take(answer(trouble), &mut held), Next::TryAgain(_)));
            assert!(following.due().unwrap() > Instant::now());
        }
        assert_eq!(held.shards[&0].at, place(10));
    }
}
