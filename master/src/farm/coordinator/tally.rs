//! Counts what becomes of tasks, and traces it. The scheduler says it and has no part in either.

use std::collections::HashMap;
use std::time::Instant;

use cineswarm_telemetry::metrics::list;
use cineswarm_telemetry::traces::{Kind, Span};

use crate::scheduler::{Sending, TaskEnd, TaskId, TaskNews, WorkerId};

/// The tasks that are under way.
#[derive(Default)]
pub(super) struct Tally(HashMap<TaskId, UnderWay>);

struct UnderWay {
    since: Instant,
    kind: &'static str,
    spans: Spans,
}

/// A task's spans: one in the trace of the first of its requests that has one, and one in each of the others' that says
/// where its work is.
#[derive(Default)]
pub(super) struct Spans(Vec<Span>);

impl Spans {
    /// A request has a part in the task.
    pub fn add(&mut self, request: &Span) {
        let part = match self.0.first() {
            None => request.part("task", Kind::Producer),
            Some(first) => request.shared_part("task", first),
        };
        if part.is_recorded() {
            self.0.push(part);
        }
    }

    /// What the worker needs to go on with the first.
    pub fn traceparent(&self) -> Option<String> {
        self.0.first().and_then(Span::traceparent)
    }
}

impl Tally {
    /// A task that is under way is part of these traces.
    pub fn trace(&mut self, task: TaskId, worker: &WorkerId, spans: Spans) {
        let Some(under_way) = self.0.get_mut(&task) else { return };
        for span in &spans.0 {
            span.word("worker", worker);
            span.word("sending", under_way.kind);
        }
        under_way.spans = spans;
    }

    pub fn count(&mut self, news: Vec<TaskNews>) {
        for news in news {
            match news {
                TaskNews::Sent { task, worker, sending } => {
                    let kind = match sending {
                        Sending::First => "first",
                        Sending::Retry => "retry",
                        Sending::Hedge => "hedge",
                        Sending::Probe => "probe",
                    };
                    self.0.insert(task, UnderWay { since: Instant::now(), kind, spans: Spans::default() });
                    list::TASKS_SENT.increment([&worker, kind]);
                }
                TaskNews::Ended { task, worker, end } => {
                    let under_way = self.0.remove(&task);
                    let outcome = match end {
                        TaskEnd::Taken => "taken",
                        TaskEnd::Refused => "refused",
                        TaskEnd::LeaseExpired => "lease_expired",
                        TaskEnd::Lost => "lost",
                        TaskEnd::Withdrawn => "withdrawn",
                    };
                    list::TASKS.increment([&worker, outcome]);
                    let Some(UnderWay { since, spans, .. }) = under_way else { continue };
                    for span in &spans.0 {
                        span.word("outcome", outcome);
                    }
                    if end == TaskEnd::Taken {
                        list::TASK_DURATION.observe([], since.elapsed().as_secs_f64());
                    }
                }
            }
        }
    }
}
