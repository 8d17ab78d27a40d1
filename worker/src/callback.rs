//! The gRPC connection to the master, and the handing in of results.

use std::time::Duration;

use cineswarm_proto::farm::farm_client::FarmClient;
use cineswarm_proto::farm::{MAX_MESSAGE_BYTES, TaskResult};
use tokio::time::Instant;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Under the 900 s after which a Swarm network forgets an idle connection, and soon enough to notice a dead master.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const FIRST_BACKOFF: Duration = Duration::from_millis(20);
const LONGEST_BACKOFF: Duration = Duration::from_millis(500);

/// How a result ended that was handed in.
#[derive(Debug)]
pub enum Outcome {
    /// The master has it.
    Taken,
    /// The attempt was stale: somebody else has the task, or nobody waits for it.
    Stale,
    /// It could not be handed in before the lease ended, or the master refused it.
    Refused(Box<tonic::Status>),
}

/// Opens a connection, in the background, that is made again when it breaks.
pub fn connect(endpoint: &str) -> Result<FarmClient<Channel>, tonic::transport::Error> {
    let channel = Endpoint::from_shared(endpoint.to_owned())?
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_while_idle(true)
        .connect_lazy();
    Ok(FarmClient::new(channel)
        .max_decoding_message_size(MAX_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_BYTES))
}

/// Hands in a result; where the master cannot be reached, again with backoff until `deadline`.
pub async fn submit(mut client: FarmClient<Channel>, result: TaskResult, deadline: Instant) -> Outcome {
    let mut backoff = FIRST_BACKOFF;
    loop {
        let call = tokio::time::timeout_at(deadline, client.submit_result(result.clone())).await;
        let status = match call {
            Ok(Ok(_)) => return Outcome::Taken,
            Ok(Err(status)) if status.code() == Code::FailedPrecondition => return Outcome::Stale,
            Ok(Err(status)) => status,
            Err(_) => tonic::Status::deadline_exceeded("the lease ended before the master took the result"),
        };
        let may_pass = matches!(status.code(), Code::Unavailable | Code::ResourceExhausted | Code::Unknown);
        if !may_pass || Instant::now() + backoff >= deadline {
            return Outcome::Refused(Box::new(status));
        }
        tokio::time::sleep(backoff).await;
        backoff = (backoff * 2).min(LONGEST_BACKOFF);
    }
}
