//! The gRPC edge: workers hand in results and fetch shards. It checks what comes in, and owns no state.

use std::sync::Arc;

use cineswarm_credentials::ServerTls;
use cineswarm_engine::dataset::ShardSlices;
use cineswarm_mqtt::quoted;
use cineswarm_proto::farm::farm_server::{Farm, FarmServer};
use cineswarm_proto::farm::{
    DESCRIPTORS, FetchShardRequest, MAX_MESSAGE_BYTES, Receipt, ShardChunk, TaskResult, pack_ascending,
};
use futures::stream::BoxStream;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::coordinator::{Handle, Refused, WorkerResult};
use super::encrypted;
use crate::library::Library;
use crate::requests::answer::{Part, unpack};

/// A chunk ends with the user that takes it to this many ratings.
const RATINGS_PER_CHUNK: usize = 1 << 16;
/// Under the 900 s after which a Swarm network forgets an idle connection.
const KEEP_ALIVE: std::time::Duration = std::time::Duration::from_secs(15);

struct Service {
    library: Arc<Library>,
    coordinator: Handle,
}

/// Serves workers until `stop` is cancelled; `None` of TLS is plaintext.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerTls>>,
    library: Arc<Library>,
    coordinator: Handle,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let farm = FarmServer::new(Service { library, coordinator })
        .max_decoding_message_size(MAX_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_BYTES);
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<FarmServer<Service>>().await;
    let mut server = tonic::transport::Server::builder()
        .tcp_nodelay(true)
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .add_service(health_service)
        .add_service(farm);
    match tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(DESCRIPTORS).build_v1() {
        Ok(reflection) => server = server.add_service(reflection),
        Err(error) => tracing::warn!(%error, "gRPC reflection is not available"),
    }
    let serving = async {
        match tls {
            Some(tls) => server.serve_with_incoming(encrypted::accept(listener, tls, stop.clone())).await,
            None => server.serve_with_incoming(TcpListenerStream::new(listener)).await,
        }
    };
    // Workers hold their connections open for ever, so stopping does not wait for them to close.
    tokio::select! {
        served = serving => served,
        () = stop.cancelled() => Ok(()),
    }
}

#[tonic::async_trait]
impl Farm for Service {
    async fn submit_result(&self, request: Request<TaskResult>) -> Result<Response<Receipt>, Status> {
        let TaskResult { worker_id, task_id, attempt, shards, results, processing_time_ms, .. } = request.into_inner();
        let shard_count = self.library.dataset.shard_count();
        let malformed =
            |reason: String| Status::invalid_argument(format!("task {}: {}", quoted(&task_id), quoted(&reason)));
        if !processing_time_ms.is_finite() || processing_time_ms < 0.0 {
            return Err(malformed(format!("processing_time_ms is {processing_time_ms}")));
        }
        let mut parts = Vec::with_capacity(results.len());
        for (query, mut found) in results.into_iter().enumerate() {
            let query_id = std::mem::take(&mut found.query_id);
            let neighbours = unpack(found, &shards, shard_count)
                .map_err(|reason| malformed(format!("results[{query}]: {reason}")))?;
            let (worker_id, shards) = (worker_id.clone(), shards.clone());
            parts.push(Part { query_id, worker_id, shards, processing_time_ms, neighbours });
        }
        let handed_in = WorkerResult { worker_id, task_id, attempt, shards, parts };
        match self.coordinator.result(handed_in).await {
            Ok(()) => Ok(Response::new(Receipt {})),
            Err(Refused::Stale) => Err(Status::failed_precondition(
                "the attempt is stale: its lease or its task has ended; drop the result",
            )),
            Err(Refused::Misfit(reason)) => Err(Status::invalid_argument(reason)),
            Err(Refused::Stopping) => Err(Status::unavailable("the master is stopping; call again")),
        }
    }

    type FetchShardStream = BoxStream<'static, Result<ShardChunk, Status>>;

    async fn fetch_shard(
        &self,
        request: Request<FetchShardRequest>,
    ) -> Result<Response<Self::FetchShardStream>, Status> {
        let request = request.into_inner();
        let served = self.library.version();
        if request.dataset_version != served {
            let asked = quoted(&request.dataset_version);
            return Err(Status::not_found(format!("dataset version {asked:?} is not served, but {served:?}")));
        }
        let shards = self.library.dataset.shard_count();
        let Some(shard) = self.library.dataset.shard(request.shard) else {
            return Err(Status::not_found(format!("there is no shard {} of {shards}", request.shard)));
        };
        let boundaries = chunk_boundaries(&shard);
        let library = self.library.clone();
        let chunks = boundaries.len() - 1;
        let stream = (request.from_sequence as usize..chunks).map(move |sequence| {
            let shard = library.dataset.shard(request.shard).ok_or_else(|| Status::not_found("the shard is gone"))?;
            Ok(chunk(&shard, boundaries[sequence]..boundaries[sequence + 1], sequence, sequence + 1 == chunks))
        });
        Ok(Response::new(Box::pin(futures::stream::iter(stream))))
    }
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
