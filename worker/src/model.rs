//! The model a worker holds, and how it gets it from the master.

use std::sync::Arc;
use std::time::Duration;

use cineswarm_engine::models::ServedModel;
use cineswarm_mqtt::FarmLog;
use cineswarm_proto::farm::FetchModelRequest;
use cineswarm_proto::farm::farm_client::FarmClient;
use sha2::{Digest, Sha256};
use tonic::transport::Channel;

/// The algorithm whose models this worker can answer from.
pub const LIKENESS: &str = "likeness";
/// A longer model is not fetched.
const MOST_BYTES: u64 = 512 << 20;
/// How long the next chunk may take.
const CHUNK_TIMEOUT: Duration = Duration::from_secs(10);
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// A model that is to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub model: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// Where it is.
    pub grpc_endpoint: String,
}

/// A model that has come, ready for tasks.
pub struct FetchedModel {
    /// Its name.
    pub model: String,
    /// The model.
    pub served: Arc<ServedModel>,
}

/// Fetches one model.
pub struct FetchModel {
    /// The connection to the master.
    pub grpc: FarmClient<Channel>,
    /// Who fetches.
    pub worker_id: String,
    /// What.
    pub wanted: Wanted,
    /// Where to say what went wrong.
    pub log: FarmLog,
}

/// Why a model could not be fetched.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the call failed: {0}")]
    Call(Box<tonic::Status>),
    #[error("nothing came for {} s", CHUNK_TIMEOUT.as_secs())]
    Stalled,
    #[error("{0}; it is fetched again from the start")]
    Wrong(String),
}

impl FetchModel {
    /// Fetches and checks it, again with backoff for as long as it takes. `None`: it is longer than any model may be.
    pub async fn whole(mut self) -> Option<FetchedModel> {
        let Wanted { model, bytes, .. } = self.wanted.clone();
        if bytes > MOST_BYTES {
            self.log.error(format!("model {model} has {bytes} bytes, and no more than {MOST_BYTES} are fetched"));
            return None;
        }
        let (mut come, mut backoff) = (Vec::new(), FIRST_BACKOFF);
        loop {
            let error = match self.rest(&mut come).await {
                Ok(()) => {
                    let (whole, sha256) = (std::mem::take(&mut come), self.wanted.sha256.clone());
                    match tokio::task::spawn_blocking(move || checked(&whole, &sha256)).await {
                        Ok(Ok(served)) => return Some(FetchedModel { model, served: Arc::new(served) }),
                        Ok(Err(error)) => error,
                        Err(error) => Error::Wrong(error.to_string()),
                    }
                }
                Err(error) => error,
            };
            if matches!(error, Error::Wrong(_)) {
                come.clear();
            }
            self.log.warn(format!("fetching model {model}: {error}; trying again in {} ms", backoff.as_millis()));
            tokio::time::sleep(backoff).await;
            backoff = (backoff * 2).min(LONGEST_BACKOFF);
        }
    }

    /// Fetches what has not come yet.
    async fn rest(&mut self, come: &mut Vec<u8>) -> Result<(), Error> {
        let call_failed = |status| Error::Call(Box::new(status));
        let stalled = |_| Error::Stalled;
        let (worker_id, model) = (self.worker_id.clone(), self.wanted.model.clone());
        let request = FetchModelRequest { worker_id, model, from_byte: come.len() as u64 };
        let response = tokio::time::timeout(CHUNK_TIMEOUT, self.grpc.fetch_model(request)).await.map_err(stalled)?;
        let mut chunks = response.map_err(call_failed)?.into_inner();
        while let Some(chunk) =
            tokio::time::timeout(CHUNK_TIMEOUT, chunks.message()).await.map_err(stalled)?.map_err(call_failed)?
        {
            let end = come.len() as u64 + chunk.data.len() as u64;
            if chunk.offset != come.len() as u64 || end > self.wanted.bytes {
                return Err(Error::Wrong(format!(
                    "a chunk at byte {} came where byte {} was due",
                    chunk.offset,
                    come.len()
                )));
            }
            come.extend_from_slice(&chunk.data);
        }
        if (come.len() as u64) < self.wanted.bytes {
            return Err(Error::Stalled);
        }
        Ok(())
    }
}

fn checked(whole: &[u8], sha256: &str) -> Result<ServedModel, Error> {
    let found: String = Sha256::digest(whole).iter().map(|byte| format!("{byte:02x}")).collect();
    if found != sha256 {
        return Err(Error::Wrong(format!("its SHA-256 is {found} and not {sha256}")));
    }
    ServedModel::from_bytes(whole).map_err(|error| Error::Wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_those_of_the_order_are_no_model() {
        let error = checked(b"something else", &"00".repeat(32)).unwrap_err().to_string();
        assert!(error.contains("SHA-256"), "{error}");
        let digest: String = Sha256::digest(b"short").iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(checked(b"short", &digest).is_err(), "they are those of the order, and no model");
    }
}
