//! Counts what becomes of tasks. The scheduler says it and has no part in the counting.

use std::collections::HashMap;
use std::time::Instant;

use cineswarm_telemetry::metrics::list;

use crate::scheduler::{Sending, TaskEnd, TaskId, TaskNews};

/// The tasks that are under way, and since when.
#[derive(Default)]
pub(super) struct Tally(HashMap<TaskId, Instant>);

impl Tally {
    pub fn count(&mut self, news: Vec<TaskNews>) {
        for news in news {
            match news {
                TaskNews::Sent { task, worker, sending } => {
                    self.0.insert(task, Instant::now());
                    let kind = match sending {
                        Sending::First => "first",
                        Sending::Retry => "retry",
                        Sending::Hedge => "hedge",
                        Sending::Probe => "probe",
                    };
                    list::TASKS_SENT.increment([&worker, kind]);
                }
                TaskNews::Ended { task, worker, end } => {
                    let sent = self.0.remove(&task);
                    let outcome = match end {
                        TaskEnd::Taken => "taken",
                        TaskEnd::Refused => "refused",
                        TaskEnd::LeaseExpired => "lease_expired",
                        TaskEnd::Lost => "lost",
                        TaskEnd::Withdrawn => "withdrawn",
                    };
                    list::TASKS.increment([&worker, outcome]);
                    if let (Some(sent), TaskEnd::Taken) = (sent, end) {
                        list::TASK_DURATION.observe([], sent.elapsed().as_secs_f64());
                    }
                }
            }
        }
    }
}
