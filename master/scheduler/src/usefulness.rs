//! Liveness is not usefulness: a worker that speaks and does not deliver gets no work while others hold its shards.
//!
//! Now and then it is sent a probe: a copy of a task that another one computes. Its result counts for nothing but the
//! worker's own standing.

use crate::tasks::{LOST_LEASE, Role, Task};
use crate::{Command, Millis, Scheduler, TaskEnd, TaskId, WorkerId};

/// A worker against which so much is said, with nothing delivered in between, is demoted.
const TOO_MUCH: u32 = 4;
/// What a refused result counts in results that were taken.
const TAKEN_PER_REFUSED: u32 = 10;
/// Refusals, less those that results made up for, after which a worker is demoted.
const TOO_OFTEN: u32 = 3 * TAKEN_PER_REFUSED;
/// The pause before the first probe, and the longest one.
const FIRST_PAUSE_MS: Millis = 1_000;
const LONGEST_PAUSE_MS: Millis = 30_000;
/// Results after which it is forgotten that a worker was demoted before.
const PROVEN: u32 = 100;

/// What a worker has delivered lately.
pub(crate) struct Usefulness {
    /// What is said against it since it last delivered.
    missed: u32,
    refused: u32,
    delivered_at: Option<Millis>,
    demoted: Option<Demotion>,
    /// The next pause, should it be demoted again.
    pause: Millis,
    taken_since_demoted: u32,
}

struct Demotion {
    probe_at: Millis,
}

impl Default for Usefulness {
    fn default() -> Usefulness {
        Usefulness {
            missed: 0,
            refused: 0,
            delivered_at: None,
            demoted: None,
            pause: FIRST_PAUSE_MS,
            taken_since_demoted: 0,
        }
    }
}

impl Usefulness {
    pub fn is_demoted(&self) -> bool {
        self.demoted.is_some()
    }

    /// `true`: it was demoted, and is so no more.
    fn deliver(&mut self, now: Millis) -> bool {
        self.missed = 0;
        self.refused = self.refused.saturating_sub(1);
        self.delivered_at = Some(now);
        self.taken_since_demoted = self.taken_since_demoted.saturating_add(1);
        if self.taken_since_demoted == PROVEN {
            self.pause = FIRST_PAUSE_MS;
        }
        self.demoted.take().is_some()
    }

    fn demote(&mut self, now: Millis) {
        self.demoted = Some(Demotion { probe_at: now + self.pause });
        self.lengthen_pause();
        self.missed = 0;
        self.refused = 0;
        self.taken_since_demoted = 0;
    }

    fn lengthen_pause(&mut self) {
        self.pause = (self.pause * 2).min(LONGEST_PAUSE_MS);
    }
}

impl Scheduler {
    /// A result of a worker was refused; it is counted if the attempt is current, so that strangers cannot speak for
    /// others. The work goes to another holder, if there is one. `false`: it was not current.
    pub fn refuse(&mut self, now: Millis, worker: &WorkerId, task: TaskId, attempt: u32) -> bool {
        if !self.is_current(worker, task, attempt) {
            return false;
        }
        let Some(known) = self.workers.get_mut(worker) else { return false };
        known.heard_at = now;
        known.usefulness.refused += TAKEN_PER_REFUSED;
        let too_often = known.usefulness.refused >= TOO_OFTEN;
        // Alone with its shards it would be sent the same again at once, and again; so it has to wait for the lease.
        if self.others_hold_the_shards_of(task) {
            let _ = self.return_task(task, TaskEnd::Refused);
        }
        if too_often {
            self.demote(now, worker, "its results are refused");
        }
        self.dispatch(now);
        true
    }

    /// A worker handed in a current result.
    pub(crate) fn deliver(&mut self, now: Millis, worker: &WorkerId) {
        let restored = self.workers.get_mut(worker).is_some_and(|known| known.usefulness.deliver(now));
        if restored {
            self.commands.push(Command::Restored { worker: worker.clone() });
            self.standing_changed(now);
            self.dispatch(now);
        }
    }

    /// A worker did not deliver a task, which is no longer under way.
    pub(crate) fn miss(&mut self, now: Millis, task: &Task, weight: u32) {
        let Some(known) = self.workers.get_mut(&task.worker) else { return };
        if task.role == Role::Probe {
            return;
        }
        let usefulness = &mut known.usefulness;
        usefulness.missed += weight;
        let nothing_since = usefulness.delivered_at.is_none_or(|at| at <= task.sent_at);
        if (weight == LOST_LEASE && nothing_since) || usefulness.missed >= TOO_MUCH {
            self.demote(now, &task.worker, "it is alive and does not hand in what it is sent");
        }
    }

    fn demote(&mut self, now: Millis, worker: &WorkerId, reason: &'static str) {
        let Some(known) = self.workers.get_mut(worker).filter(|known| !known.usefulness.is_demoted()) else { return };
        known.usefulness.demote(now);
        let in_flight = known.in_flight.clone();
        self.commands.push(Command::Demoted { worker: worker.clone(), reason });
        self.standing_changed(now);
        for task in in_flight {
            if self.others_hold_the_shards_of(task) {
                self.commands.push(Command::CancelTask { worker: worker.clone(), task });
                self.return_task(task, TaskEnd::Withdrawn);
            }
        }
        self.dispatch(now);
    }

    fn standing_changed(&mut self, now: Millis) {
        self.list_demoted();
        self.replace_shards(now);
    }

    pub(crate) fn list_demoted(&mut self) {
        let names = self.workers.iter().filter(|(_, worker)| worker.usefulness.is_demoted());
        self.demoted = names.map(|(id, _)| id.clone()).collect();
    }

    fn others_hold_the_shards_of(&self, task: TaskId) -> bool {
        self.tasks
            .get(&task)
            .is_some_and(|task| task.shards.iter().all(|&shard| self.other_holder_of(shard, &task.worker).is_some()))
    }

    /// Sends a copy of a task that has just gone out to a demoted worker whose time for a probe has come.
    pub(crate) fn probe(&mut self, now: Millis, sent: &Task) {
        if self.demoted.is_empty() {
            return;
        }
        let due = self.workers.iter().find_map(|(id, worker)| {
            let due = worker.usefulness.demoted.as_ref().is_some_and(|demotion| demotion.probe_at <= now);
            let shards: Vec<u32> = sent.shards.iter().copied().filter(|shard| worker.ready.contains(shard)).collect();
            (due && worker.in_flight.is_empty() && !shards.is_empty()).then(|| (id.clone(), shards))
        });
        let Some((worker, shards)) = due else { return };
        if let Some(known) = self.workers.get_mut(&worker) {
            let probe_at = now + known.usefulness.pause;
            known.usefulness.demoted = Some(Demotion { probe_at });
            known.usefulness.lengthen_pause();
        }
        self.hedging.spend(1);
        let probe = Task {
            worker,
            attempt: sent.attempt,
            shards: shards.into(),
            requests: sent.requests.clone(),
            sent_at: now,
            role: Role::Probe,
        };
        self.send(probe);
    }
}
