//! One task, from the message to the result that is handed in.

use std::sync::Arc;

use cineswarm_engine::LiveIndex;
use cineswarm_engine::models::ServedModel;
use cineswarm_mqtt::{FarmLog, timestamp_ms};
use cineswarm_proto::farm::TaskResult;
use cineswarm_proto::farm::farm_client::FarmClient;
use cineswarm_proto::messages::Task;
use cineswarm_telemetry::metrics::list;
use cineswarm_telemetry::traces::{Kind, Span};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use crate::callback::{self, Outcome};
use crate::channel::Channels;
use crate::compute::{self, ScratchPool, compute, score};
use crate::shards::HeldShard;

/// What a task is computed with.
pub enum With {
    /// The task's shards, in its order.
    Shards(Vec<HeldShard>),
    /// The model it names.
    Model(Arc<ServedModel>),
}

/// One task in hand.
pub struct TaskWork {
    /// What is to be computed.
    pub task: Task,
    /// What it is computed with.
    pub with: With,
    /// The connection to the master; `None`: the task names another endpoint than the master does.
    pub grpc: Option<FarmClient<Channel>>,
    /// Opens a connection to that other endpoint.
    pub channels: Channels,
    /// When it came.
    pub begun: Instant,
    /// When the lease ends.
    pub deadline: Instant,
    /// Seen by the computation itself, which does not end because its task is dropped.
    pub cancelled: CancellationToken,
    /// Working memory.
    pub scratch: ScratchPool,
    /// Where to say what happened.
    pub log: FarmLog,
}

impl TaskWork {
    /// Computes, and hands the result in unless the lease ends first. Cancelled, it ends as soon as the computing has:
    /// a task whose processor time is still being used is in hand.
    pub async fn carry_out(self) {
        let worker_id = self.task.worker_id.clone();
        let span = Span::of("carry out task", Kind::Consumer, self.task.traceparent.as_deref());
        span.word("worker", &worker_id);
        span.number("queries", self.task.queries.len() as f64);
        span.number("shards", self.task.shards.len() as f64);
        let outcome = self.outcome(&span).await;
        span.word("outcome", outcome);
        if outcome == "failed" || outcome == "refused" {
            span.fail(outcome);
        }
        list::WORKER_TASKS.increment([&worker_id, outcome]);
    }

    async fn outcome(self, span: &Span) -> &'static str {
        let TaskWork { task, with, grpc, channels, begun, deadline, cancelled, scratch, log } = self;
        let seen_by_computing = cancelled.clone();
        let watermarks = match &with {
            With::Shards(shards) => shards.iter().map(|shard| shard.at.seq).collect(),
            With::Model(_) => Vec::new(),
        };
        let computing = span.part("compute", Kind::Inside);
        let (task, computed) = match tokio::task::spawn_blocking(move || {
            list::WORKER_TASK_STAGE_DURATION.observe(["wait"], begun.elapsed().as_secs_f64());
            let in_vain = || seen_by_computing.is_cancelled() || Instant::now() >= deadline;
            let computed = match &with {
                With::Shards(shards) => {
                    let indexes: Vec<&LiveIndex> = shards.iter().map(|shard| &shard.index).collect();
                    compute(&indexes, &task.queries, task.with_ratings, &scratch, in_vain)
                }
                With::Model(model) => score(model, &task.queries),
            };
            (task, computed)
        })
        .await
        {
            Ok(done) => done,
            Err(error) => {
                log.error(format!("a computation ended abnormally: {error}"));
                return "failed";
            }
        };
        let computed = match computed {
            Ok(computed) => computed,
            Err(compute::Error::Cancelled) => return "cancelled",
            Err(error) => {
                log.error(format!("task {} cannot be computed: {error}", task.task_id));
                return "failed";
            }
        };
        drop(computing);
        list::WORKER_TASK_STAGE_DURATION.observe(["compute"], computed.processing_time_ms / 1e3);
        log.request(&task.request_id, || {
            let (id, queries, shards) = (&task.task_id, task.queries.len(), task.shards.len());
            let ms = computed.processing_time_ms;
            format!("task {id}: computed {queries} queries on {shards} shards in {ms:.2} ms")
        });
        let result = TaskResult {
            worker_id: task.worker_id,
            session_id: task.session_id,
            original_query: task.query,
            request_id: task.request_id,
            task_id: task.task_id.clone(),
            attempt: task.attempt,
            shards: task.shards,
            results: computed.results,
            processing_time_ms: computed.processing_time_ms,
            query_timestamp_ms: task.timestamp,
            completion_timestamp_ms: timestamp_ms(),
            watermarks,
        };
        let grpc = match grpc.map_or_else(|| channels.connect(&task.grpc_endpoint), Ok) {
            Ok(grpc) => grpc,
            Err(error) => {
                log.error(format!("cannot call back to {:?}: {error}", task.grpc_endpoint));
                return "failed";
            }
        };
        let submitting = Instant::now();
        let handing_in = span.part("hand in", Kind::Client);
        let submitted = callback::submit(grpc, result, handing_in.traceparent(), deadline);
        let Some(outcome) = cancelled.run_until_cancelled(submitted).await else {
            return "cancelled";
        };
        drop(handing_in);
        list::WORKER_TASK_STAGE_DURATION.observe(["submit"], submitting.elapsed().as_secs_f64());
        match outcome {
            Outcome::Taken => "taken",
            Outcome::Stale => {
                tracing::debug!(task = task.task_id, "the result came too late to count");
                "stale"
            }
            Outcome::Refused(status) => {
                log.error(format!("task {}: the master did not take the result: {status}", task.task_id));
                "refused"
            }
        }
    }
}
