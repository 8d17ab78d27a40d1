//! The requests that were taken on and have not ended: how many there are, so that the next can be refused at once, what
//! became of the last, so that the master can say whether it is of use, and the room where they wait for the farm. There
//! sessions take turns, and no more are let through than the farm answers in a sixteenth of a second: an ordinary asker
//! waits for that and not behind a flood.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::turns::Turns;
use crate::farm::coordinator::{Handle, Live, NotTaken, Outlet};
use crate::scheduler::RequestId;
use crate::words::Trouble;

/// Requests that a session may have under way whatever others have.
const SMALLEST_SHARE: usize = 16;
/// Who has all it may have under way is told to come back after this long, in milliseconds.
const COME_BACK_MS: u64 = 500;
/// What is under way is a queue, and the farm behind, when it is more than is done in this time, and more than this.
const BEHIND: (Duration, usize) = (Duration::from_millis(100), 128);
/// The same while somebody asks as a person does, who would wait for all of it.
const BEHIND_BESIDE_PERSONS: (Duration, usize) = (Duration::from_millis(25), 24);
/// How fast it is done is seen from the endings of this time.
const LAST_SECONDS: Duration = Duration::from_secs(2);
/// Endings are looked back on for this long.
const LOOK_BACK: Duration = Duration::from_secs(60);
/// Endings of this time say how the master is now.
const LATELY: Duration = Duration::from_secs(10);
/// An answer may be late by this before it is missed: it is merged and stored after the deadline.
const GRACE: Duration = Duration::from_secs(5);

/// Requests in the farm at a time at the least: what keeps four slots busy.
const NARROWEST: usize = 64;
/// Of what the farm ended in a second, the part that may be in it at a time.
const PART_OF_A_SECOND: u32 = 16;
const TICK: Duration = Duration::from_millis(100);

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered from all shards, cancelled, or refused for a reason that is not the master's.
    Complete,
    /// Answered without some shards.
    Partial,
    /// Nobody answered in time.
    TimedOut,
    /// Its ending could not be stored.
    NotStored,
}

/// How it went lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Lately {
    /// Taken on.
    pub acknowledged: u64,
    /// See [`Outcome::Complete`].
    pub complete: u64,
    /// See [`Outcome::Partial`].
    pub partial: u64,
    /// See [`Outcome::TimedOut`].
    pub timed_out: u64,
    /// See [`Outcome::NotStored`].
    pub not_stored: u64,
}

/// Counts requests under way, and endings.
pub struct Underway {
    max_requests: usize,
    patience: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    requests: HashMap<Uuid, (Uuid, Instant)>,
    of_session: HashMap<Uuid, usize>,
    /// A second each, the latest last.
    seconds: VecDeque<(Instant, Lately)>,
}

impl State {
    fn second(&mut self, now: Instant) -> &mut Lately {
        while self.seconds.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) > LOOK_BACK) {
            self.seconds.pop_front();
        }
        if self.seconds.back().is_none_or(|(at, _)| now.saturating_duration_since(*at) >= Duration::from_secs(1)) {
            self.seconds.push_back((now, Lately::default()));
        }
        let last = self.seconds.len() - 1;
        &mut self.seconds[last].1
    }

    fn sum(&self, now: Instant, back: Duration) -> Lately {
        let recent = self.seconds.iter().filter(|(at, _)| now.saturating_duration_since(*at) <= back);
        recent.fold(Lately::default(), |sum, (_, second)| Lately {
            acknowledged: sum.acknowledged + second.acknowledged,
            complete: sum.complete + second.complete,
            partial: sum.partial + second.partial,
            timed_out: sum.timed_out + second.timed_out,
            not_stored: sum.not_stored + second.not_stored,
        })
    }
}

impl Underway {
    /// Nothing under way; `max_requests` may be, each for `patience`.
    pub fn new(max_requests: usize, patience: Duration) -> Underway {
        Underway { max_requests, patience, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a request on, or says at once why not. A session may have a quarter of what is left of half the bound (dynamic
    /// thresholds, Choudhury and Hahne 1998): one alone may have many, and when many ask, there is room for who comes next.
    pub fn begin(&self, request: Uuid, session: Uuid, now: Instant) -> Result<(), Trouble> {
        let mut state = self.state();
        let in_all = state.requests.len();
        if in_all >= self.max_requests {
            return Err(Trouble::QueueFull);
        }
        let share = ((self.max_requests / 2).saturating_sub(in_all) / 4).max(SMALLEST_SHARE);
        let own = state.of_session.entry(session).or_default();
        if *own >= share {
            return Err(Trouble::RateLimited(COME_BACK_MS));
        }
        *own += 1;
        state.requests.insert(request, (session, now));
        state.second(now).acknowledged += 1;
        Ok(())
    }

    /// It was not taken on after all.
    pub fn forget(&self, request: Uuid) {
        self.state().remove(request);
    }

    /// A request has ended; also one that an earlier master took on.
    pub fn end(&self, request: Uuid, outcome: Outcome, now: Instant) {
        let mut state = self.state();
        state.remove(request);
        let second = state.second(now);
        match outcome {
            Outcome::Complete => second.complete += 1,
            Outcome::Partial => second.partial += 1,
            Outcome::TimedOut => second.timed_out += 1,
            Outcome::NotStored => second.not_stored += 1,
        }
    }

    /// Requests under way.
    pub fn count(&self) -> usize {
        self.state().requests.len()
    }

    /// How many a session has.
    pub fn of(&self, session: Uuid) -> usize {
        self.state().of_session.get(&session).copied().unwrap_or_default()
    }

    /// Whether who comes now would have to wait for those who are there.
    pub fn is_behind(&self, now: Instant, beside_persons: bool) -> bool {
        let state = self.state();
        let (wait, few) = if beside_persons { BEHIND_BESIDE_PERSONS } else { BEHIND };
        let under_way = state.requests.len();
        if under_way <= few {
            return false;
        }
        let ended = state.sum(now, LAST_SECONDS).complete as f64;
        under_way as f64 > ended * wait.as_secs_f64() / LAST_SECONDS.as_secs_f64()
    }

    /// The last minute, and what is wrong with the last seconds.
    pub fn report(&self, now: Instant) -> (Lately, Vec<String>) {
        let state = self.state();
        let lately = state.sum(now, LATELY);
        let ended = lately.complete + lately.partial + lately.timed_out + lately.not_stored;
        let mut reasons = Vec::new();
        if lately.not_stored > 0 {
            let count = lately.not_stored;
            reasons.push(format!("{count} of {ended} endings of the last {} s could not be stored", LATELY.as_secs()));
        }
        // A worker that dies costs some answers a part; when it is every second one, the farm is not what it should be.
        let poor = lately.partial + lately.timed_out;
        if poor * 2 >= ended && poor > 0 {
            let (partial, none) = (lately.partial, lately.timed_out);
            reasons.push(format!(
                "of {ended} requests that ended in the last {} s, {partial} were answered in part and {none} not at all",
                LATELY.as_secs()
            ));
        }
        let overdue_after = self.patience + GRACE;
        let is_overdue = |(_, since): &&(Uuid, Instant)| now.saturating_duration_since(*since) > overdue_after;
        let overdue = state.requests.values().filter(is_overdue).count();
        if overdue > 0 {
            reasons.push(format!("{overdue} acknowledged requests have no answer {} s later", overdue_after.as_secs()));
        }
        (state.sum(now, LOOK_BACK), reasons)
    }
}

impl State {
    fn remove(&mut self, request: Uuid) {
        let Some((session, _)) = self.requests.remove(&request) else { return };
        if let Some(own) = self.of_session.get_mut(&session) {
            *own -= 1;
            if *own == 0 {
                self.of_session.remove(&session);
            }
        }
    }
}

/// The room, and the door to the farm.
pub struct Room {
    farm: Handle,
    outlet: Arc<dyn Outlet>,
    /// More would be refused there.
    widest: usize,
    inside: Mutex<Inside>,
}

struct Inside {
    turns: Turns<Uuid, Waiting>,
    in_farm: HashSet<RequestId>,
    pace: Pace,
}

struct Waiting {
    request: Live,
    until: Instant,
}

/// How many requests the farm ended in the last whole second.
struct Pace {
    since: Instant,
    counting: u32,
    last: u32,
}

impl Pace {
    fn count(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.since);
        if passed >= Duration::from_secs(1) {
            self.last = if passed < Duration::from_secs(2) { self.counting } else { 0 };
            (self.counting, self.since) = (0, now);
        }
        self.counting += 1;
    }

    fn width(&self) -> usize {
        NARROWEST.max((self.last.max(self.counting) / PART_OF_A_SECOND) as usize)
    }
}

impl Room {
    /// An empty room before a farm; what waited in vain goes to the outlet, with no parts.
    pub fn new(farm: Handle, outlet: Arc<dyn Outlet>, max_requests: usize) -> Arc<Room> {
        let pace = Pace { since: Instant::now(), counting: 0, last: 0 };
        let inside = Inside { turns: Turns::default(), in_farm: HashSet::new(), pace };
        Arc::new(Room { farm, outlet, widest: max_requests, inside: Mutex::new(inside) })
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a request; gives how many are before it. `goes_first` if nobody who only begins is to be served before it.
    pub async fn enter(&self, request: Live, goes_first: bool, patience: Duration) -> Result<usize, NotTaken> {
        {
            let mut inside = self.inside();
            if inside.turns.waiting() > 0 || inside.in_farm.len() >= inside.pace.width().min(self.widest) {
                let position = inside.in_farm.len() + inside.turns.waiting();
                let waiting = Waiting { request, until: Instant::now() + patience };
                inside.turns.push(waiting.request.session_id, waiting, goes_first);
                return Ok(position);
            }
            inside.in_farm.insert(request.id);
        }
        self.pass(request, patience).await
    }

    async fn pass(&self, request: Live, patience: Duration) -> Result<usize, NotTaken> {
        let id = request.id;
        let taken = self.farm.submit(request, patience).await;
        if taken.is_err() {
            self.inside().in_farm.remove(&id);
        }
        taken
    }

    /// A request has left the farm: the next may go in.
    pub fn left(self: &Arc<Self>, request: RequestId) {
        let mut inside = self.inside();
        if inside.in_farm.remove(&request) {
            inside.pace.count(Instant::now());
        }
        self.let_in(&mut inside);
    }

    fn let_in(self: &Arc<Self>, inside: &mut Inside) {
        while inside.in_farm.len() < inside.pace.width().min(self.widest) {
            let Some((session, Waiting { request, until })) = inside.turns.take() else { return };
            inside.turns.release(&session);
            inside.in_farm.insert(request.id);
            let room = self.clone();
            tokio::spawn(async move {
                let patience = until.saturating_duration_since(Instant::now());
                // Not taken: the farm is stopping, and its successor finds the request in the database.
                if let Err(not_taken) = room.pass(request, patience).await {
                    tracing::debug!(?not_taken, "the farm did not take a request that waited for it");
                }
            });
        }
    }

    /// Stops a request; `false` if it is not under way.
    pub async fn cancel(self: &Arc<Self>, request: RequestId) -> bool {
        let waited = !self.inside().turns.take_out(|waiting| waiting.request.id == request).is_empty();
        let known = waited || self.farm.cancel(request).await;
        self.left(request);
        known
    }

    /// Requests that wait.
    pub fn waiting(&self) -> usize {
        self.inside().turns.waiting()
    }

    /// Ends what has waited too long, until `stop` is cancelled.
    pub async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(tick.tick()).await.is_some() {
            let now = Instant::now();
            let late = self.inside().turns.take_out(|waiting| waiting.until <= now);
            for waiting in late {
                self.outlet.ended(waiting.request);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn begin(underway: &Underway, session: Uuid) -> Result<Uuid, Trouble> {
        let request = Uuid::new_v4();
        underway.begin(request, session, Instant::now()).map(|()| request)
    }

    #[test]
    fn a_flood_leaves_room_for_who_comes_next() {
        let underway = Underway::new(10_000, PATIENCE);
        for _ in 0..200 {
            let flooding = Uuid::new_v4();
            while begin(&underway, flooding).is_ok() {}
        }
        let (flood, calm) = (underway.count(), Uuid::new_v4());
        assert!(flood < 9_000, "200 sessions have {flood} requests under way");
        assert!((0..SMALLEST_SHARE).all(|_| begin(&underway, calm).is_ok()), "who comes next gets its share");
        assert_eq!(begin(&underway, calm), Err(Trouble::RateLimited(COME_BACK_MS)));
    }

    #[test]
    fn one_session_alone_may_have_many_requests_and_what_ended_makes_room() {
        let underway = Underway::new(10_000, PATIENCE);
        let session = Uuid::new_v4();
        let requests: Vec<Uuid> = std::iter::from_fn(|| begin(&underway, session).ok()).collect();
        assert!(requests.len() >= 1_000, "{}", requests.len());
        underway.end(requests[0], Outcome::Complete, Instant::now());
        assert!(begin(&underway, session).is_ok());
        underway.forget(requests[1]);
        underway.forget(requests[1]);
        assert_eq!(underway.count(), requests.len() - 1);
    }

    #[test]
    fn the_bound_holds_for_all_together() {
        let underway = Underway::new(3, PATIENCE);
        for _ in 0..3 {
            begin(&underway, Uuid::new_v4()).unwrap();
        }
        assert_eq!(begin(&underway, Uuid::new_v4()), Err(Trouble::QueueFull));
    }

    #[test]
    fn the_farm_is_behind_when_more_is_under_way_than_it_does_in_a_tenth_of_a_second() {
        let underway = Underway::new(10_000, PATIENCE);
        let start = Instant::now();
        let mut ended = Vec::new();
        for _ in 0..4_000 {
            let request = Uuid::new_v4();
            underway.begin(request, Uuid::new_v4(), start).unwrap();
            ended.push(request);
        }
        assert!(underway.is_behind(start, false), "4,000 wait and none was done");
        for request in ended.drain(..3_850) {
            underway.end(request, Outcome::Complete, start);
        }
        assert!(!underway.is_behind(start, false), "150 are under way at 1,925 a second");
        let later = start + Duration::from_secs(5);
        assert!(underway.is_behind(later, false), "150 are under way and none was done lately");
        for request in ended.drain(..30) {
            underway.end(request, Outcome::Complete, later);
        }
        assert!(!underway.is_behind(later, false), "120 are few");
        assert!(underway.is_behind(later, true), "they are not for a person who would wait for them");
    }

    #[test]
    fn what_goes_wrong_lately_is_told_and_forgotten_when_it_has_passed() {
        let underway = Underway::new(10, PATIENCE);
        let (session, start) = (Uuid::new_v4(), Instant::now());
        let ended = |outcome| {
            let request = Uuid::new_v4();
            underway.begin(request, session, start).unwrap();
            underway.end(request, outcome, start);
        };
        ended(Outcome::Complete);
        assert_eq!(underway.report(start).1, Vec::<String>::new());
        ended(Outcome::NotStored);
        ended(Outcome::TimedOut);
        ended(Outcome::Partial);
        let (minute, reasons) = underway.report(start);
        assert_eq!(reasons.len(), 2, "{reasons:?}");
        assert_eq!((minute.acknowledged, minute.complete, minute.not_stored), (4, 1, 1));
        let later = start + LATELY + Duration::from_secs(1);
        assert_eq!(underway.report(later).1, Vec::<String>::new());
        assert_eq!(underway.report(later + LOOK_BACK).0, Lately::default());
    }

    #[test]
    fn who_waits_past_the_deadline_is_missed() {
        let underway = Underway::new(10, PATIENCE);
        let start = Instant::now();
        underway.begin(Uuid::new_v4(), Uuid::new_v4(), start).unwrap();
        assert!(underway.report(start + PATIENCE).1.is_empty());
        let (_, reasons) = underway.report(start + PATIENCE + GRACE + Duration::from_secs(1));
        assert_eq!(reasons.len(), 1, "{reasons:?}");
    }
}
