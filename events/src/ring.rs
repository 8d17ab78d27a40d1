//! The ring: says how far a log is, for whoever follows it elsewhere. Only a hint: losing, doubling or forging it costs
//! time and nothing else.

use crate::Log;
use crate::Source;
use crate::consumer::moved;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// At most 50 rings a second.
const SHORTEST_GAP: Duration = Duration::from_millis(20);
/// How often a ring that did not get out is tried again, and how often the database is asked whether another process has
/// appended.
const AGAIN: Duration = Duration::from_secs(1);

/// Where the ring is heard: the retained topic `P/events/{service}`.
pub trait Doorbell: Send + Sync {
    /// Says the head of a service's log; false if it did not get out.
    fn ring(&self, service: &str, head: i64) -> bool;
}

/// What has been said and what is to be said, by a clock that the caller reads.
#[derive(Debug, Default, Clone, Copy)]
pub struct State {
    head: i64,
    said: Option<i64>,
    /// What was last heard of the ring itself.
    heard: Option<i64>,
    /// When a ring was last tried, and whether it got out.
    tried: Option<(Duration, bool)>,
}

impl State {
    /// The log is at least so far.
    pub fn moved(&mut self, head: i64) {
        self.head = self.head.max(head);
    }

    /// Whoever kept the last ring may have lost it.
    pub fn forgotten(&mut self) {
        self.said = None;
        self.heard = None;
        self.tried = None;
    }

    /// Somebody has rung so, we or another.
    pub fn heard(&mut self, head: i64) {
        self.heard = Some(head);
    }

    /// When to ring next; `None` while all is said.
    pub fn due(&self) -> Option<Duration> {
        let is_said = self.said == Some(self.head);
        if is_said && self.heard == self.said {
            return None;
        }
        Some(match self.tried {
            None => Duration::ZERO,
            Some((at, true)) if !is_said => at + SHORTEST_GAP,
            // It did not get out, was lost on its way, or somebody else has rung otherwise.
            Some((at, _)) => at + AGAIN,
        })
    }

    /// What to say.
    pub fn head(&self) -> i64 {
        self.head
    }

    /// It was tried.
    pub fn rung(&mut self, now: Duration, got_out: bool) {
        self.tried = Some((now, got_out));
        if got_out {
            self.said = Some(self.head);
        }
    }
}

enum News {
    Forgotten,
    Heard(i64),
}

/// What may wait to be noticed; what is lost past it costs a second.
const NEWS_BOUND: usize = 64;

/// A running ring.
#[derive(Clone)]
pub struct Handle(mpsc::Sender<News>);

impl Handle {
    /// The broker may have lost what it kept: to be called after each connect.
    pub fn forgotten(&self) {
        // If there is no room, what is waiting has it said again too.
        let _ = self.0.try_send(News::Forgotten);
    }

    /// The ring was heard.
    pub fn heard(&self, head: i64) {
        let _ = self.0.try_send(News::Heard(head));
    }
}

/// Rings for a log until `stop` is cancelled.
pub fn start(log: Log, doorbell: impl Doorbell + 'static, stop: CancellationToken) -> Handle {
    let (sender, news) = mpsc::channel(NEWS_BOUND);
    tokio::spawn(async move {
        let running = run(log, doorbell, news);
        let _ = stop.run_until_cancelled(running).await;
    });
    Handle(sender)
}

async fn run(log: Log, doorbell: impl Doorbell, mut news: mpsc::Receiver<News>) {
    let started = Instant::now();
    let mut state = State::default();
    let mut moves = log.moves();
    let mut asking = tokio::time::interval(AGAIN);
    asking.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // Before the database was asked once nothing is known that is worth saying.
    let mut asked = false;
    loop {
        let due = state.due().filter(|_| asked);
        let ringing = async {
            match due {
                Some(due) => tokio::time::sleep_until(started + due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = asking.tick() => match log.last().await {
                Ok(last) => {
                    asked = true;
                    state.moved(last.seq);
                    // Another process may have appended it.
                    log.appended(last.seq);
                }
                Err(error) => tracing::debug!(%error, service = log.service(), "the head of the log is not known"),
            },
            () = moved(&mut moves) => {}
            Some(news) = news.recv() => match news {
                News::Forgotten => state.forgotten(),
                News::Heard(head) => state.heard(head),
            },
            () = ringing => {
                let got_out = doorbell.ring(log.service(), state.head());
                state.rung(started.elapsed(), got_out);
            }
        }
        if let Some(moves) = &mut moves {
            state.moved(*moves.borrow_and_update());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn a_second_of_appending_rings_fifty_times_at_the_most_and_the_last_says_the_end() {
        let mut state = State::default();
        let mut said = Vec::new();
        for now in 0..=1_050 {
            if now < 1_000 {
                state.moved(now as i64 + 1);
            }
            if state.due().is_some_and(|due| due <= ms(now)) {
                said.push(state.head());
                state.rung(ms(now), true);
                state.heard(state.head());
            }
        }
        assert!((50..=52).contains(&said.len()), "{said:?}");
        assert_eq!(said.last(), Some(&1_000));
        assert_eq!(state.due(), None);
    }

    #[test]
    fn a_ring_that_does_not_get_out_is_said_again_every_second() {
        let mut state = State::default();
        state.moved(3);
        state.rung(ms(100), false);
        assert_eq!(state.due(), Some(ms(1_100)));
        state.moved(4);
        assert_eq!(state.due(), Some(ms(1_100)));
        state.rung(ms(1_100), true);
        state.heard(4);
        assert_eq!(state.due(), None);
    }

    #[test]
    fn a_ring_that_is_lost_or_drowned_by_a_forged_one_is_said_again_after_a_second() {
        let mut state = State::default();
        state.moved(3);
        state.rung(ms(100), true);
        assert_eq!(state.due(), Some(ms(1_100)), "nobody has heard it");
        state.heard(3);
        assert_eq!(state.due(), None);
        state.heard(1_000_000);
        assert_eq!(state.due(), Some(ms(1_100)));
        assert_eq!(state.head(), 3, "it says what is so");
    }

    #[test]
    fn after_a_broker_has_forgotten_it_is_said_again_at_once() {
        let mut state = State::default();
        state.moved(3);
        state.rung(ms(5), true);
        state.heard(3);
        state.forgotten();
        assert_eq!(state.due(), Some(Duration::ZERO));
        assert_eq!(state.head(), 3);
    }

    #[test]
    fn an_empty_log_is_said_too() {
        assert_eq!(State::default().due(), Some(Duration::ZERO));
    }
}
