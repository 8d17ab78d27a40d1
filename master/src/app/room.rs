//! The room where acknowledged requests wait for the farm. The farm takes them in the order they come; here sessions
//! take turns, and no more are let through than the farm answers in a sixteenth of a second, so that an ordinary asker
//! waits for that and not behind a flood.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::turns::Turns;
use crate::farm::coordinator::{Handle, Live, NotTaken, Outlet};
use crate::scheduler::RequestId;

/// Requests in the farm at a time at the least: what keeps four slots busy.
const NARROWEST: usize = 64;
/// Of what the farm ended in a second, the part that may be in it at a time.
const PART_OF_A_SECOND: u32 = 16;
const TICK: Duration = Duration::from_millis(100);

/// The room, and the door to the farm.
pub struct Room {
    farm: Handle,
    outlet: Arc<dyn Outlet>,
    /// More would be refused there.
    widest: usize,
    state: Mutex<State>,
}

struct State {
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
        let state = State { turns: Turns::default(), in_farm: HashSet::new(), pace };
        Arc::new(Room { farm, outlet, widest: max_requests, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a request; gives how many are before it. `goes_first` if nobody who only begins is to be served before it.
    pub async fn enter(&self, request: Live, goes_first: bool, patience: Duration) -> Result<usize, NotTaken> {
        {
            let mut state = self.state();
            if state.turns.waiting() > 0 || state.in_farm.len() >= state.pace.width().min(self.widest) {
                let position = state.in_farm.len() + state.turns.waiting();
                let waiting = Waiting { request, until: Instant::now() + patience };
                state.turns.push(waiting.request.session_id, waiting, goes_first);
                return Ok(position);
            }
            state.in_farm.insert(request.id);
        }
        self.pass(request, patience).await
    }

    async fn pass(&self, request: Live, patience: Duration) -> Result<usize, NotTaken> {
        let id = request.id;
        let taken = self.farm.submit(request, patience).await;
        if taken.is_err() {
            self.state().in_farm.remove(&id);
        }
        taken
    }

    /// A request has left the farm: the next may go in.
    pub fn left(self: &Arc<Self>, request: RequestId) {
        let mut state = self.state();
        if state.in_farm.remove(&request) {
            state.pace.count(Instant::now());
        }
        self.let_in(&mut state);
    }

    fn let_in(self: &Arc<Self>, state: &mut State) {
        while state.in_farm.len() < state.pace.width().min(self.widest) {
            let Some((session, Waiting { request, until })) = state.turns.take() else { return };
            state.turns.release(&session);
            state.in_farm.insert(request.id);
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
        let waited = !self.state().turns.take_out(|waiting| waiting.request.id == request).is_empty();
        let known = waited || self.farm.cancel(request).await;
        self.left(request);
        known
    }

    /// Requests that wait.
    pub fn waiting(&self) -> usize {
        self.state().turns.waiting()
    }

    /// Ends what has waited too long, until `stop` is cancelled.
    pub async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(tick.tick()).await.is_some() {
            let now = Instant::now();
            let late = self.state().turns.take_out(|waiting| waiting.until <= now);
            for waiting in late {
                self.outlet.ended(waiting.request);
            }
        }
    }
}
