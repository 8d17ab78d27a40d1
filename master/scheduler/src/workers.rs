//! Workers: who is there, what each was told to hold, and whether that is what it holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::requests::Part;
use crate::usefulness::Usefulness;
use crate::{Command, MODEL, Millis, Scheduler, TaskId, WorkerId, place};

/// How long an order may be on its way before it is told again, and the longest pause between two tellings.
const FIRST_PAUSE_MS: Millis = 1_000;
const LONGEST_PAUSE_MS: Millis = 30_000;
/// A worker that goes by an order later than the last one it was told was told by somebody else, so nothing is on its
/// way; but whoever forges orders is not answered one for one.
const FORGED_PAUSE_MS: Millis = 200;

/// An order to hold shards, as a worker says it goes by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Orders are numbered, going round at the end: `a` is later than `b` if `a - b`, wrapping, is 1 to 2^63 - 1.
    pub sequence: u64,
    /// All that is to be held.
    pub shards: Vec<u32>,
}

/// What a worker says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The shards it is ready for, and [`MODEL`] if it holds the model.
    pub ready: BTreeSet<u32>,
    /// Whether it is about to leave.
    pub draining: bool,
    /// The order it goes by; `None` if it has none, or does not say.
    pub order: Option<Order>,
}

pub(crate) struct Worker {
    pub slots: usize,
    pub ready: BTreeSet<u32>,
    pub draining: bool,
    pub heard_at: Millis,
    pub in_flight: BTreeSet<TaskId>,
    pub backlog: VecDeque<Part>,
    pub usefulness: Usefulness,
    /// What it was last told to hold.
    told: Option<Told>,
    /// The latest order it is known to have had, from whomever.
    latest: Option<u64>,
}

struct Told {
    order: Order,
    at: Millis,
    /// How long until it is told again, should it go by another order.
    pause: Millis,
}

impl Worker {
    pub fn is_free(&self) -> bool {
        self.in_flight.len() < self.slots
    }

    /// The number of the next order: later than any it has had.
    fn next_sequence(&self, usual: u64) -> u64 {
        match self.latest {
            Some(latest) if !is_later(usual, latest) => latest.wrapping_add(1),
            _ => usual,
        }
    }
}

fn is_later(sequence: u64, than: u64) -> bool {
    sequence != than && sequence.wrapping_sub(than) < 1 << 63
}

impl Scheduler {
    /// A worker introduced itself, anew or for the first time. Whatever it had in hand before is sent again.
    pub fn register(&mut self, now: Millis, worker: WorkerId, slots: usize, report: Report) {
        self.return_work_of(&worker);
        // Whoever does not deliver is not forgiven for saying its name again.
        let usefulness = self.workers.remove(&worker).map(|known| known.usefulness).unwrap_or_default();
        let newcomer = Worker {
            slots: slots.max(1),
            ready: report.ready,
            draining: report.draining,
            heard_at: now,
            in_flight: BTreeSet::new(),
            backlog: VecDeque::new(),
            usefulness,
            told: None,
            latest: report.order.map(|order| order.sequence),
        };
        self.workers.insert(worker, newcomer);
        self.replace_shards(now);
        self.dispatch(now);
    }

    /// A worker reported what it holds. `false`: it is not known and must register.
    pub fn report(&mut self, now: Millis, worker: &WorkerId, report: Report) -> bool {
        let Some(known) = self.workers.get_mut(worker) else { return false };
        known.heard_at = now;
        let left_or_came_back = known.draining != report.draining;
        if known.ready != report.ready || left_or_came_back {
            known.ready = report.ready;
            known.draining = report.draining;
            if left_or_came_back {
                self.replace_shards(now);
            } else {
                self.tell_assignments(now);
                self.return_backlogs();
            }
            self.dispatch(now);
        }
        self.reconcile(now, worker, report.order);
        true
    }

    /// A worker is gone; its tasks are sent to others.
    pub fn lose(&mut self, now: Millis, worker: &WorkerId, reason: &'static str) {
        if !self.workers.contains_key(worker) {
            return;
        }
        self.return_work_of(worker);
        self.workers.remove(worker);
        self.commands.push(Command::Lost { worker: worker.clone(), reason });
        self.list_demoted();
        self.replace_shards(now);
        self.dispatch(now);
    }

    pub(crate) fn lose_the_silent(&mut self, now: Millis) {
        let silent: Vec<WorkerId> = self
            .workers
            .iter()
            .filter(|(_, worker)| now.saturating_sub(worker.heard_at) > self.config.silence_ms)
            .map(|(id, _)| id.clone())
            .collect();
        for worker in silent {
            self.lose(now, &worker, "it has been silent for too long");
        }
    }

    /// How many workers the scheduler counts on.
    pub fn worker_count(&self) -> usize {
        self.workers.len()
    }

    /// Whether the scheduler counts on this worker.
    pub fn knows(&self, worker: &WorkerId) -> bool {
        self.workers.contains_key(worker)
    }

    /// Whether anything is left to wait for from this worker: a draining one may leave when nothing is.
    pub fn is_released(&self, worker: &WorkerId) -> bool {
        self.workers.get(worker).is_none_or(|known| {
            let told_nothing = known.told.as_ref().is_some_and(|told| told.order.shards.is_empty());
            known.in_flight.is_empty() && known.backlog.is_empty() && told_nothing
        })
    }

    /// Places the shards anew. A shard whose holders all fail to deliver gets one more that may.
    pub(crate) fn replace_shards(&mut self, now: Millis) {
        let staying: Vec<WorkerId> =
            self.workers.iter().filter(|(_, worker)| !worker.draining).map(|(id, _)| id.clone()).collect();
        self.placement = place(&staying, self.config.shard_count, self.config.replication);
        if !self.demoted.is_empty() {
            let delivers = |id: &WorkerId| self.workers.get(id).is_some_and(|worker| !worker.usefulness.is_demoted());
            let delivering: Vec<WorkerId> = staying.into_iter().filter(&delivers).collect();
            let further = place(&delivering, self.config.shard_count, 1);
            for (holders, further) in self.placement.iter_mut().zip(further) {
                if !holders.iter().any(&delivers) {
                    holders.extend(further);
                }
            }
        }
        self.tell_assignments(now);
        self.return_backlogs();
    }

    /// What waits for a worker may belong to another one once shards have moved.
    fn return_backlogs(&mut self) {
        let names: Vec<WorkerId> = self.workers.keys().cloned().collect();
        for worker in names {
            self.return_backlog_of(&worker);
        }
    }

    /// Orders each worker to hold what is placed on it, and what it alone can serve until the new holder is ready.
    fn tell_assignments(&mut self, now: Millis) {
        let mut wanted: BTreeMap<WorkerId, Vec<u32>> =
            self.workers.keys().map(|worker| (worker.clone(), Vec::new())).collect();
        for (shard, holders) in (0u32..).zip(&self.placement) {
            let is_ready = |id: &WorkerId| self.workers.get(id).is_some_and(|worker| worker.ready.contains(&shard));
            let delivers = |id: &WorkerId| self.workers.get(id).is_some_and(|worker| !worker.usefulness.is_demoted());
            let any_serves = holders.iter().any(|holder| is_ready(holder) && delivers(holder));
            for (worker, list) in &mut wanted {
                if holders.contains(worker) || (!any_serves && is_ready(worker)) {
                    list.push(shard);
                }
            }
        }
        for (id, shards) in wanted {
            let Some(worker) = self.workers.get_mut(&id) else { continue };
            if worker.told.as_ref().is_some_and(|told| told.order.shards == shards) {
                continue;
            }
            let sequence = worker.next_sequence(self.next_sequence);
            self.next_sequence = self.next_sequence.wrapping_add(1);
            worker.latest = Some(sequence);
            let order = Order { sequence, shards: shards.clone() };
            worker.told = Some(Told { order, at: now, pause: FIRST_PAUSE_MS });
            self.commands.push(Command::Assign { worker: id, sequence, shards });
        }
    }

    /// Compares what a worker was told with what it goes by, and tells it again where they differ.
    fn reconcile(&mut self, now: Millis, id: &WorkerId, order: Option<Order>) {
        let Some(worker) = self.workers.get_mut(id) else { return };
        let Some(told) = &mut worker.told else { return };
        let agrees = match &order {
            Some(order) => *order == told.order,
            None => worker.ready.iter().filter(|shard| **shard != MODEL).eq(told.order.shards.iter()),
        };
        if agrees {
            told.pause = FIRST_PAUSE_MS;
            return;
        }
        let forged = order.as_ref().is_some_and(|order| is_later(order.sequence, told.order.sequence));
        let pause = if forged { FORGED_PAUSE_MS } else { told.pause };
        if now.saturating_sub(told.at) < pause {
            return;
        }
        told.at = now;
        told.pause = (told.pause * 2).min(LONGEST_PAUSE_MS);
        // One that does not say what it goes by may be fetching still: it knows the order by its number.
        if let Some(order) = order {
            let latest = if forged { order.sequence } else { told.order.sequence };
            told.order.sequence = latest.wrapping_add(1);
            worker.latest = Some(told.order.sequence);
        }
        let Order { sequence, shards } = told.order.clone();
        self.commands.push(Command::Assign { worker: id.clone(), sequence, shards });
    }

    /// The worker to search a shard: of its holders that are ready the first that delivers and is not to be avoided;
    /// else anyone who still has it, as a last resort even one of those.
    pub(crate) fn holder_of(&self, shard: u32, avoided: Option<&WorkerId>) -> Option<&WorkerId> {
        if shard == MODEL {
            return self.holder_of_model(avoided);
        }
        let placed = self.placement[shard as usize].iter().filter_map(|id| self.workers.get_key_value(id));
        let ready = |(_, worker): &(&WorkerId, &Worker)| worker.ready.contains(&shard);
        let rank = |(id, worker): &(&WorkerId, &Worker)| (worker.usefulness.is_demoted(), Some(*id) == avoided);
        let best = placed.clone().filter(ready).find(|holder| rank(holder) == (false, false));
        let best = best.or_else(|| placed.chain(self.workers.iter()).filter(ready).min_by_key(rank));
        best.map(|(id, _)| id)
    }

    /// The worker to answer from the model: of those that hold it the one with the least to do.
    fn holder_of_model(&self, avoided: Option<&WorkerId>) -> Option<&WorkerId> {
        let holders = self.workers.iter().filter(|(_, worker)| worker.ready.contains(&MODEL));
        let best = holders.min_by_key(|(id, worker)| {
            let busy = worker.in_flight.len() + worker.backlog.len();
            (worker.usefulness.is_demoted(), Some(*id) == avoided, worker.draining, busy)
        });
        best.map(|(id, _)| id)
    }

    /// A worker other than this one that is ready for a shard and delivers.
    pub(crate) fn other_holder_of(&self, shard: u32, than: &WorkerId) -> Option<&WorkerId> {
        self.holder_of(shard, Some(than))
            .filter(|id| *id != than && self.workers.get(*id).is_some_and(|worker| !worker.usefulness.is_demoted()))
    }
}

#[cfg(test)]
mod tests {
    use super::is_later;

    #[test]
    fn after_the_last_number_comes_the_first() {
        assert!(is_later(0, u64::MAX) && is_later(8, 7) && is_later(u64::MAX, u64::MAX - 1));
        assert!(!is_later(u64::MAX, 0) && !is_later(7, 8) && !is_later(7, 7));
    }
}
