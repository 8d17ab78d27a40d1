//! Ratings on the broker: what comes on `P/ratings/raw` is taken in, and whoever wants to see what became of each may on two
//! topics of their own. On a connection of its own, so that a flood of ratings holds up no task.

use cineswarm_engine::UserId;
use cineswarm_mqtt::{Client, Event, Events, Message, timestamp_ms};
use cineswarm_proto::Topics;
use cineswarm_proto::events::{RatingChanged, VIA_INGEST};
use cineswarm_proto::messages::{DeadRating, DeadRatingReason};
use cineswarm_ratings::gate::Authority;
use cineswarm_ratings::intake::Intake;
use cineswarm_ratings::passing::Tap;
use cineswarm_ratings::sifting::{Change, DeadLine};
use cineswarm_ratings::splitting::{Chunk, Splitter, split_json};
use cineswarm_ratings::store::Via;
use cineswarm_retry::Backoff;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

use crate::store::Store;

/// Messages that share a batch at most.
const MESSAGES_AT_A_TIME: usize = 256;
/// Between two tries while the database is away: doubled from the first to the second. Meanwhile the connection stands
/// still, and the broker keeps what it has room for.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Takes ratings in until `stop` is cancelled or the connection ends.
pub async fn listen(mut events: Events, topic: String, intake: Intake<Store>, stop: CancellationToken) {
    let mut arrived = Vec::new();
    // Said once, not with each try.
    let mut said = None;
    loop {
        match stop.run_until_cancelled(events.recv_many(&mut arrived, MESSAGES_AT_A_TIME)).await {
            None | Some(0) => return,
            Some(_) => {}
        }
        let (mut splitter, mut chunks) = (Splitter::default(), Vec::new());
        for event in arrived.drain(..) {
            match event {
                // One that is kept was there before, and would count again with each connection.
                Event::Message(message) if message.topic == topic && !message.retain => {
                    split(&message.payload, &mut splitter, &mut chunks);
                }
                Event::Disconnected { reason, .. } if said.as_ref() != Some(&reason) => {
                    tracing::info!(reason, "no ratings come from the broker");
                    said = Some(reason);
                }
                _ => {}
            }
        }
        chunks.extend(splitter.finish());
        if !chunks.is_empty() && stop.run_until_cancelled(take(&intake, chunks)).await.is_none() {
            return;
        }
    }
}

/// A message has one rating, a list, or a rating a line; what is none of these is a line, and the gate says so.
fn split(payload: &[u8], splitter: &mut Splitter, chunks: &mut Vec<Chunk>) {
    if payload.trim_ascii_start().starts_with(b"[")
        && let Ok(ratings) = split_json(payload)
    {
        ratings.iter().for_each(|lines| splitter.push(&lines.content, chunks));
        return;
    }
    splitter.push(payload, chunks);
    splitter.push(b"\n", chunks);
}

async fn take(intake: &Intake<Store>, chunks: Vec<Chunk>) {
    let mut backoff = Backoff::between(BACKOFF.0, BACKOFF.1);
    let mut batch = intake.begin(Via::Mqtt, Authority::default(), timestamp_ms());
    loop {
        let Err(refused) = batch.end(chunks.clone()).await else { return };
        let pause = backoff.next_pause();
        tracing::warn!(?refused, retry_ms = pause.as_millis() as u64, "ratings from the broker are not on disk yet");
        tokio::time::sleep(pause).await;
    }
}

/// Shows what became of each rating to whoever reads along. What the connection does not take is not shown.
pub struct Taps {
    /// The connection.
    pub client: Client,
    /// Where.
    pub topics: Topics,
}

impl Taps {
    fn show(&self, topic: String, payload: &impl serde::Serialize) {
        if let Err(error) = self.client.publish(Message::json(topic, payload).unacknowledged()) {
            tracing::trace!(%error, "a rating was not shown");
        }
    }
}

impl Tap for Taps {
    fn clean(&self, user_id: UserId, Change { clean, .. }: &Change) {
        let rating = RatingChanged {
            user_id,
            movie_id: clean.film,
            rating: Some(clean.half_stars.stars()),
            previous: clean.previous.map(|previous| previous.stars()),
            via: Some(VIA_INGEST.to_owned()),
        };
        self.show(self.topics.ratings_clean(), &rating);
    }

    fn dead(&self, line: &DeadLine) {
        let reasons = line
            .faults
            .iter()
            .map(|fault| DeadRatingReason { reason: fault.reason.name().to_owned(), words: fault.words.clone() });
        let dead = DeadRating {
            batch_id: line.batch_id.to_string(),
            line_number: line.line_number,
            line: line.line.clone(),
            reasons: reasons.collect(),
        };
        self.show(self.topics.ratings_dead(), &dead);
    }
}
