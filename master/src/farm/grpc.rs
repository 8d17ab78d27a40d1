//! The gRPC edge: workers hand in results and fetch shards, other processes read the log of ratings. It checks what comes in, and owns no state.

use std::sync::Arc;

use cineswarm_credentials::ServerTls;
use cineswarm_engine::RankScratch;
use cineswarm_engine::dataset::ShardSlices;
use cineswarm_events::Log;
use cineswarm_mqtt::quoted;
use cineswarm_proto::farm::farm_server::{Farm, FarmServer};
use cineswarm_proto::farm::{
    DESCRIPTORS, FetchModelRequest, FetchShardRequest, MAX_MESSAGE_BYTES, ModelChunk, Receipt, ShardChunk, TaskResult,
    pack_ascending,
};
use cineswarm_telemetry::traces::{Kind, Span};
use futures::stream::BoxStream;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::coordinator::{Attempt, Contents, Handle, NotCredited, WorkerResult};
use super::encrypted;
use crate::computing::Computing;
use crate::library::Library;
use crate::requests::answer::{Found, WorkersPart, check, check_films};
use crate::scheduler;

/// A chunk ends with the user that takes it to this many ratings.
const RATINGS_PER_CHUNK: usize = 1 << 16;
/// Bytes of a model in one chunk.
const BYTES_PER_CHUNK: usize = 1 << 20;
/// Under the 900 s after which a Swarm network forgets an idle connection.
const KEEP_ALIVE: std::time::Duration = std::time::Duration::from_secs(15);
/// How long workers may take to hear that they are to connect anew.
const GOODBYE: std::time::Duration = std::time::Duration::from_secs(1);
/// Calls of one worker that are looked at side by side; further ones wait in its connection, unread.
const CALLS_A_CONNECTION: usize = 32;

/// Takes results and serves shards.
pub struct Service {
    library: Arc<Library>,
    coordinator: Handle,
    computing: Computing,
}

impl Service {
    /// Checks results at `computing`, and hands them to `coordinator`.
    pub fn new(library: Arc<Library>, coordinator: Handle, computing: Computing) -> Service {
        Service { library, coordinator, computing }
    }
}

/// Serves workers until `stop` is cancelled; `None` of TLS is plaintext.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerTls>>,
    service: Service,
    log: Log,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let farm = FarmServer::new(service)
        .max_decoding_message_size(MAX_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_BYTES);
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<FarmServer<Service>>().await;
    let mut server = tonic::transport::Server::builder()
        .tcp_nodelay(true)
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .concurrency_limit_per_connection(CALLS_A_CONNECTION)
        .add_service(health_service)
        .add_service(cineswarm_events::grpc::server(vec![log]))
        .add_service(farm);
    match tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(DESCRIPTORS).build_v1() {
        Ok(reflection) => server = server.add_service(reflection),
        Err(error) => tracing::warn!(%error, "gRPC reflection is not available"),
    }
    let serving = async {
        match tls {
            Some(tls) => {
                let connections = encrypted::accept(listener, tls, stop.clone());
                server.serve_with_incoming_shutdown(connections, stop.cancelled()).await
            }
            None => server.serve_with_incoming_shutdown(TcpListenerStream::new(listener), stop.cancelled()).await,
        }
    };
    let said_goodbye = async {
        stop.cancelled().await;
        tokio::time::sleep(GOODBYE).await;
    };
    // Workers would hold their connections open for ever, and speak on to this master when another one of the process has
    // followed it: they are told to connect anew, but one that does not hear it is not waited for.
    tokio::select! {
        served = serving => served,
        () = said_goodbye => Ok(()),
    }
}

#[tonic::async_trait]
impl Farm for Service {
    async fn submit_result(&self, request: Request<TaskResult>) -> Result<Response<Receipt>, Status> {
        let traceparent = request.metadata().get("traceparent").and_then(|value| value.to_str().ok());
        let _span = Span::of("take result", Kind::Server, traceparent);
        let mut result = request.into_inner();
        let of = Attempt {
            worker_id: std::mem::take(&mut result.worker_id),
            task_id: std::mem::take(&mut result.task_id),
            attempt: result.attempt,
        };
        // Before anything in it is looked at: most of what comes late or twice ends here.
        let asked = self.coordinator.contents(of.clone()).await.map_err(not_taken)?;
        let ahead = result.watermarks.iter().max().copied().unwrap_or_default();
        if !self.library.has_taken(ahead.max(0).unsigned_abs()).await {
            // It read of this log; whoever made it up hears of it below.
            tracing::debug!(ahead, "a result knows more of the log of ratings than this master");
        }
        let (library, worker_id) = (self.library.clone(), of.worker_id.clone());
        let checked =
            self.computing.run(move |scratch| check_all(&library, &worker_id, &asked, &result, scratch)).await;
        let checked = checked.map_err(|aborted| {
            tracing::error!(task = of.task_id, %aborted, "a result could not be checked");
            Status::internal("the result could not be checked; drop it")
        })?;
        let parts = match checked {
            Ok(parts) => parts,
            Err(reason) => {
                let reason = quoted(&reason).into_owned();
                let told = Status::invalid_argument(format!("task {}: {reason}", of.task_id));
                self.coordinator.refused(of, reason).await;
                return Err(told);
            }
        };
        self.coordinator.result(WorkerResult { of, parts }).await.map_err(not_taken)?;
        Ok(Response::new(Receipt {}))
    }

    type FetchShardStream = BoxStream<'static, Result<ShardChunk, Status>>;

    async fn fetch_shard(
        &self,
        request: Request<FetchShardRequest>,
    ) -> Result<Response<Self::FetchShardStream>, Status> {
        let request = request.into_inner();
        let Some(dataset) = self.library.offered(&request.dataset_version) else {
            let (asked, served) = (quoted(&request.dataset_version), self.library.version());
            return Err(Status::not_found(format!("dataset version {asked:?} is not served, but {served:?}")));
        };
        let shards = dataset.shard_count();
        let Some(shard) = dataset.shard(request.shard) else {
            return Err(Status::not_found(format!("there is no shard {} of {shards}", request.shard)));
        };
        let boundaries = chunk_boundaries(&shard);
        let chunks = boundaries.len() - 1;
        let stream = (request.from_sequence as usize..chunks).map(move |sequence| {
            let shard = dataset.shard(request.shard).ok_or_else(|| Status::not_found("the shard is gone"))?;
            Ok(chunk(&shard, boundaries[sequence]..boundaries[sequence + 1], sequence, sequence + 1 == chunks))
        });
        Ok(Response::new(Box::pin(futures::stream::iter(stream))))
    }

    type FetchModelStream = BoxStream<'static, Result<ModelChunk, Status>>;

    async fn fetch_model(
        &self,
        request: Request<FetchModelRequest>,
    ) -> Result<Response<Self::FetchModelStream>, Status> {
        let FetchModelRequest { model, from_byte, .. } = request.into_inner();
        let offered = self.library.model().filter(|offered| offered.name == model);
        let Some(offered) = offered.cloned() else {
            return Err(Status::not_found(format!("model {:?} is not served", quoted(&model))));
        };
        let begin = usize::try_from(from_byte).unwrap_or(usize::MAX).min(offered.bytes.len());
        let chunks = (begin..offered.bytes.len()).step_by(BYTES_PER_CHUNK).map(move |offset| {
            let end = (offset + BYTES_PER_CHUNK).min(offered.bytes.len());
            Ok(ModelChunk { offset: offset as u64, data: offered.bytes.slice(offset..end) })
        });
        Ok(Response::new(Box::pin(futures::stream::iter(chunks))))
    }
}

fn not_taken(refused: NotCredited) -> Status {
    match refused {
        NotCredited::Stale => {
            Status::failed_precondition("the attempt is stale: its lease or its task has ended; drop the result")
        }
        NotCredited::Stopping => Status::unavailable("the master is stopping; call again"),
    }
}

/// Checks a result against what was asked; an error says where it does not fit.
fn check_all(
    library: &Library,
    worker_id: &str,
    asked: &Contents,
    result: &TaskResult,
    scratch: &mut RankScratch,
) -> Result<Vec<Option<WorkersPart>>, String> {
    let processing_time_ms = result.processing_time_ms;
    if !processing_time_ms.is_finite() || processing_time_ms < 0.0 {
        return Err(format!("processing_time_ms is {processing_time_ms}"));
    }
    let of_model = asked.shards == [scheduler::MODEL];
    let shards: &[u32] = if of_model { &[] } else { &asked.shards };
    if result.shards != shards {
        return Err(format!("its shards are {shards:?}"));
    }
    let ranker = library.ranker();
    let watermarks = watermarks(result, shards.len(), library.made_at(), ranker.taken())?;
    if result.results.len() != asked.queries.len() {
        return Err(format!("it has {} queries", asked.queries.len()));
    }
    let both = asked.queries.iter().zip(&result.results).enumerate();
    let parts = both.map(|(at, ((request, spec), found))| {
        let query_id = request.to_string();
        if found.query_id != query_id {
            return Err(format!("results[{at}].query_id: it is not that of the task's query {at}"));
        }
        let Some(spec) = spec else { return Ok(None) };
        let found = match of_model {
            true => check_films(library, spec, found).map(Found::Films),
            false => {
                let parallel = (shards, &watermarks[..]);
                check(library, &ranker, spec, found, parallel, scratch).map(Found::Neighbours)
            }
        };
        let found = found.map_err(|reason| format!("results[{at}]: {reason}"))?;
        let (worker_id, shards, watermarks) = (worker_id.to_owned(), shards.to_vec(), watermarks.clone());
        Ok(Some(WorkersPart { worker_id, shards, watermarks, processing_time_ms, found }))
    });
    parts.collect()
}

/// How far each of the shards was; that of a worker that does not follow the log is where the dataset version was made.
fn watermarks(result: &TaskResult, shards: usize, made_at: u64, taken: u64) -> Result<Vec<u64>, String> {
    if result.watermarks.is_empty() {
        return Ok(vec![made_at; shards]);
    }
    if result.watermarks.len() != shards {
        return Err(format!("it has {} watermarks for {shards} shards", result.watermarks.len()));
    }
    let known = |&watermark: &i64| {
        let known = u64::try_from(watermark).ok().filter(|watermark| *watermark <= taken);
        known.ok_or_else(|| format!("its watermark {watermark} is not one: the log of ratings is at {taken}"))
    };
    result.watermarks.iter().map(known).collect()
}

/// Rows at which chunks begin, and the end; an empty shard is one empty chunk. The same for every call.
fn chunk_boundaries(shard: &ShardSlices<'_>) -> Vec<usize> {
    let users = shard.user_ids.len();
    let mut boundaries = vec![0];
    let mut begun_at = 0;
    for row in 0..users {
        let end = shard.row_offsets[row + 1] as usize;
        if end - begun_at >= RATINGS_PER_CHUNK && row + 1 < users {
            boundaries.push(row + 1);
            begun_at = end;
        }
    }
    boundaries.push(users);
    boundaries
}

fn chunk(shard: &ShardSlices<'_>, rows: std::ops::Range<usize>, sequence: usize, last: bool) -> ShardChunk {
    let offset = |row: usize| shard.row_offsets[row] as usize;
    let mut movie_id_deltas = Vec::with_capacity(offset(rows.end) - offset(rows.start));
    for row in rows.clone() {
        movie_id_deltas.extend(pack_ascending(&shard.movie_ids[offset(row)..offset(row + 1)]));
    }
    ShardChunk {
        sequence: u32::try_from(sequence).unwrap_or(u32::MAX),
        last,
        user_ids: shard.user_ids[rows.clone()].to_vec(),
        rating_counts: rows.clone().map(|row| shard.row_offsets[row + 1] - shard.row_offsets[row]).collect(),
        movie_id_deltas,
        half_stars: shard.half_stars[offset(rows.start)..offset(rows.end)].to_vec().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_a_shard_once_and_never_split_a_user() {
        let per_user = 20_000u32;
        let movie_ids: Vec<u32> = (0..5).flat_map(|_| 1..=per_user).collect();
        let half_stars = vec![7u8; movie_ids.len()];
        let row_offsets: Vec<u32> = (0..=5).map(|row| row * per_user).collect();
        let timestamps = vec![0i64; movie_ids.len()];
        let user_ids = [3, 5, 8, 13, 21];
        let shard = ShardSlices {
            user_ids: &user_ids,
            row_offsets: &row_offsets,
            movie_ids: &movie_ids,
            half_stars: &half_stars,
            timestamps: &timestamps,
        };
        let boundaries = chunk_boundaries(&shard);
        assert_eq!(boundaries, [0, 4, 5], "the fourth user takes the first chunk past 65,536 ratings");
        let users: Vec<u32> =
            boundaries.windows(2).flat_map(|pair| chunk(&shard, pair[0]..pair[1], 0, false).user_ids).collect();
        assert_eq!(users, user_ids);
        assert_eq!(chunk(&shard, 4..5, 1, true).movie_id_deltas, vec![1; per_user as usize]);
    }
}
