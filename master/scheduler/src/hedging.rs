//! A task that is late goes to another holder as well: the first answer wins, and the others are cancelled.
//!
//! After "The Tail at Scale" (Dean and Barroso 2013): a second copy of the slowest few in a hundred tasks costs little,
//! and nobody waits for a worker that has got stuck.

use std::collections::{BTreeMap, VecDeque};

use crate::tasks::{Role, Task};
use crate::{Command, Millis, Scheduler, TaskEnd, TaskId, WorkerId};

/// Tasks whose times are remembered.
const REMEMBERED: usize = 128;
/// With fewer times than these nobody knows what is late.
const ENOUGH: usize = 8;
/// No task is late before; a busy machine holds any of them up for so long.
pub(crate) const FLOOR_MS: Millis = 50;
/// A copy may be sent for so many tasks.
pub(crate) const TASKS_PER_COPY: u32 = 20;
/// Copies that may be saved up.
pub(crate) const SAVED_COPIES: u32 = 4;

/// What is late, and how many copies may be sent.
pub(crate) struct Hedging {
    times: VecDeque<Millis>,
    /// In tasks: [`TASKS_PER_COPY`] of them make a copy. Below zero after probes, which do not wait.
    saved: i64,
}

impl Default for Hedging {
    fn default() -> Hedging {
        Hedging { times: VecDeque::new(), saved: i64::from(SAVED_COPIES * TASKS_PER_COPY) }
    }
}

impl Hedging {
    /// An ordinary task was sent.
    pub fn earn(&mut self) {
        self.saved = (self.saved + 1).min(i64::from(SAVED_COPIES * TASKS_PER_COPY));
    }

    /// So many copies were sent.
    pub fn spend(&mut self, copies: usize) {
        self.saved -= copies as i64 * i64::from(TASKS_PER_COPY);
    }

    fn affords(&self, copies: usize) -> bool {
        self.saved >= copies as i64 * i64::from(TASKS_PER_COPY)
    }

    /// A task took so long.
    pub fn took(&mut self, time: Millis) {
        if self.times.len() == REMEMBERED {
            self.times.pop_front();
        }
        self.times.push_back(time);
    }

    /// After how long a task is late: later than 95 of 100 of the last ones.
    fn late_after(&self, lease: Millis) -> Millis {
        if self.times.len() < ENOUGH {
            return (lease / 4).max(FLOOR_MS);
        }
        let mut times: Vec<Millis> = self.times.iter().copied().collect();
        let at = times.len() * 95 / 100;
        let (_, p95, _) = times.select_nth_unstable(at);
        (*p95).max(FLOOR_MS).min((lease / 2).max(FLOOR_MS))
    }
}

impl Scheduler {
    /// Sends copies of tasks that are late to other holders, as far as the budget of extra work goes. To be called more
    /// often than [`Scheduler::tick`].
    pub fn hedge(&mut self, now: Millis) {
        let waited = |task: &Task| now.saturating_sub(task.sent_at);
        if self.tasks.values().next().is_none_or(|oldest| waited(oldest) <= FLOOR_MS) || !self.hedging.affords(1) {
            return;
        }
        let late_after = self.hedging.late_after(self.config.lease_ms);
        // Tasks are numbered in the order in which they were sent.
        let late: Vec<TaskId> = self
            .tasks
            .iter()
            .take_while(|(_, task)| waited(task) > late_after)
            .filter(|(_, task)| task.role == Role::Alone)
            .map(|(id, _)| *id)
            .collect();
        for task in late {
            self.send_copies(now, task);
        }
    }

    /// Sends a task's shards to other holders, each to one: all of them, or none.
    fn send_copies(&mut self, now: Millis, id: TaskId) {
        let Some(task) = self.tasks.get(&id) else { return };
        let waiting_for_it: Vec<_> =
            task.requests.iter().copied().filter(|request| self.waits_for(*request, &task.shards)).collect();
        let mut shares: BTreeMap<WorkerId, Vec<u32>> = BTreeMap::new();
        for &shard in task.shards.iter() {
            let free = |id: &WorkerId| self.workers.get(id).is_some_and(|worker| worker.is_free());
            match self.other_holder_of(shard, &task.worker).filter(|holder| free(holder)) {
                Some(holder) => shares.entry(holder.clone()).or_default().push(shard),
                None => return,
            }
        }
        if waiting_for_it.is_empty() || !self.hedging.affords(shares.len()) {
            return;
        }
        self.hedging.spend(shares.len());
        let attempt = task.attempt + 1;
        let mut copies = Vec::with_capacity(shares.len());
        for (worker, shards) in shares {
            let copy = Task {
                worker,
                attempt,
                shards: shards.into(),
                requests: waiting_for_it.clone(),
                sent_at: now,
                role: Role::CopyOf(id),
            };
            copies.push(self.send(copy));
        }
        if let Some(task) = self.tasks.get_mut(&id) {
            task.role = Role::Raced { copies };
        }
    }

    /// Ends the race that a task has won: its rivals are cancelled.
    pub(crate) fn win_race(&mut self, now: Millis, role: Role) {
        match role {
            Role::Alone | Role::Probe => {}
            Role::Raced { copies } => {
                for copy in copies {
                    self.cancel_task(copy);
                }
            }
            Role::CopyOf(original) => {
                let Some(loser) = self.cancel_task(original) else { return };
                self.hedging.took(now.saturating_sub(loser.sent_at));
                if let Role::Raced { copies } = &loser.role {
                    self.stand_alone(copies);
                }
                self.miss(now, &loser, crate::tasks::LOST_RACE);
            }
        }
    }

    /// Takes a task that will not be answered out of its race; `true`: others do its work.
    pub(crate) fn leave_race(&mut self, role: &Role) -> bool {
        match role {
            Role::Alone => false,
            Role::Probe => true,
            Role::Raced { copies } => {
                self.stand_alone(copies);
                true
            }
            Role::CopyOf(original) => {
                let siblings =
                    match self.tasks.get_mut(original).map(|task| std::mem::replace(&mut task.role, Role::Alone)) {
                        Some(Role::Raced { copies }) => copies,
                        _ => Vec::new(),
                    };
                for sibling in siblings {
                    self.cancel_task(sibling);
                }
                true
            }
        }
    }

    fn stand_alone(&mut self, copies: &[TaskId]) {
        for copy in copies {
            if let Some(task) = self.tasks.get_mut(copy) {
                task.role = Role::Alone;
            }
        }
    }

    pub(crate) fn cancel_task(&mut self, id: TaskId) -> Option<Task> {
        let task = self.remove_task(id, TaskEnd::Withdrawn)?;
        self.commands.push(Command::CancelTask { worker: task.worker.clone(), task: id });
        Some(task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_is_what_takes_longer_than_95_of_100_but_never_under_the_floor_or_over_half_a_lease() {
        let mut hedging = Hedging::default();
        assert_eq!(hedging.late_after(2_000), 500, "nothing is known yet");
        (0..REMEMBERED).for_each(|_| hedging.took(3));
        assert_eq!(hedging.late_after(2_000), FLOOR_MS);
        (0..REMEMBERED as Millis).for_each(|time| hedging.took(100 + time));
        assert_eq!(hedging.late_after(2_000), 100 + 121);
        (0..REMEMBERED).for_each(|_| hedging.took(1_900));
        assert_eq!(hedging.late_after(2_000), 1_000);
    }

    #[test]
    fn a_copy_costs_twenty_tasks_and_only_a_few_are_saved_up() {
        let mut hedging = Hedging::default();
        (0..1_000).for_each(|_| hedging.earn());
        let mut copies = 0;
        while hedging.affords(1) {
            hedging.spend(1);
            copies += 1;
        }
        assert_eq!(copies, SAVED_COPIES);
        (1..TASKS_PER_COPY).for_each(|_| hedging.earn());
        assert!(!hedging.affords(1));
        hedging.earn();
        assert!(hedging.affords(1));
    }
}
