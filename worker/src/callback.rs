//! The handing in of results.

use std::time::Duration;

use cineswarm_proto::farm::TaskResult;
use cineswarm_proto::farm::farm_client::FarmClient;
use cineswarm_retry::Backoff;
use tokio::time::Instant;
use tonic::Code;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::Channel;

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

/// Hands in a result; where the master cannot be reached, again with backoff until `deadline`.
pub async fn submit(
    mut client: FarmClient<Channel>,
    result: TaskResult,
    traceparent: Option<String>,
    deadline: Instant,
) -> Outcome {
    // What no header can hold was none.
    let traceparent = traceparent.and_then(|value| AsciiMetadataValue::try_from(value).ok());
    let mut backoff = Backoff::between(FIRST_BACKOFF, LONGEST_BACKOFF);
    loop {
        let mut request = tonic::Request::new(result.clone());
        if let Some(traceparent) = &traceparent {
            request.metadata_mut().insert("traceparent", traceparent.clone());
        }
        let call = tokio::time::timeout_at(deadline, client.submit_result(request)).await;
        let status = match call {
            Ok(Ok(_)) => return Outcome::Taken,
            Ok(Err(status)) if status.code() == Code::FailedPrecondition => return Outcome::Stale,
            Ok(Err(status)) => status,
            Err(_) => tonic::Status::deadline_exceeded("the lease ended before the master took the result"),
        };
        let may_pass = matches!(status.code(), Code::Unavailable | Code::ResourceExhausted | Code::Unknown);
        let pause = backoff.next_pause();
        if !may_pass || Instant::now() + pause >= deadline {
            return Outcome::Refused(Box::new(status));
        }
        tokio::time::sleep(pause).await;
    }
}
