//! A bucket of S3, or of what speaks as S3 does, as a place for a lake. A call that fails is tried again, with longer and
//! longer pauses, since each may have been carried out without its answer: to write a name again with the same content
//! changes nothing, and neither does to remove it again. Nobody is shut out of a bucket; of two who list a file in the same
//! place the second is refused.

#[cfg(test)]
mod tests;

use super::storage::Storage;
use cineswarm_credentials::{Secret, given};
use cineswarm_retry::Backoff;
use futures::TryStreamExt;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientConfigKey, Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, RetryConfig,
};
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// Between two tries of a call: doubled from the first to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// Until when it is tried again, and when all waiting for it ends.
const TRY_FOR: Duration = Duration::from_secs(60);
const DEADLINE: Duration = Duration::from_secs(120);

const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

/// What begins with a prefix in a bucket.
#[derive(Debug)]
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Who calls is a thread that may wait; what it waits for runs here.
    runtime: Handle,
    give_up: CancellationToken,
}

impl Bucket {
    /// With endpoint, region and keys as the variables say that all programs for S3 know (`AWS_ENDPOINT_URL`, `AWS_REGION`,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` or a file that `AWS_SECRET_ACCESS_KEY_FILE` names, and others).
    /// `AWS_ALLOW_HTTP=true` allows an endpoint without TLS. To be called within a runtime.
    pub fn of_environment(bucket: &str, prefix: &str, give_up: CancellationToken) -> io::Result<Bucket> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        // Fails if there is one already, which will do as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
        let value = std::env::var(SECRET).ok().filter(|value| !value.is_empty()).map(Secret::from);
        let file = std::env::var_os(format!("{SECRET}_FILE")).filter(|file| !file.is_empty()).map(PathBuf::from);
        if let Some(secret) = given(SECRET, value.as_ref(), file.as_deref()).map_err(io::Error::other)? {
            builder = builder.with_secret_access_key(secret.expose());
        }
        let says = |key| builder.get_config_value(&key).unwrap_or_default();
        let endpoint = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint].map(says);
        let allows_http = says(AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp)).eq_ignore_ascii_case("true");
        if let Some(open) = endpoint.iter().find(|endpoint| endpoint.starts_with("http://"))
            && !allows_http
        {
            let words = format!("{open} is without TLS; set AWS_ALLOW_HTTP=true if that is what you want");
            return Err(io::Error::new(ErrorKind::InvalidInput, words));
        }
        // A page of a long list is tried again by itself; all else is tried again here, too.
        let backoff = BackoffConfig { init_backoff: BACKOFF.0, max_backoff: BACKOFF.1, base: 2.0 };
        let retry = RetryConfig { backoff, max_retries: 5, retry_timeout: TRY_FOR };
        // The call that removes many at once is not known everywhere.
        let store = builder.with_retry(retry).with_disable_bulk_delete(true).build().map_err(in_words)?;
        Bucket::new(Arc::new(store), prefix, runtime, give_up)
    }

    /// In any store of objects.
    pub fn new(
        store: Arc<dyn ObjectStore>,
        prefix: &str,
        runtime: Handle,
        give_up: CancellationToken,
    ) -> io::Result<Bucket> {
        let prefix = Path::parse(prefix).map_err(|error| io::Error::new(ErrorKind::InvalidInput, error))?;
        Ok(Bucket { store, prefix, runtime, give_up })
    }

    /// Names come from the manifest too, and lead nowhere else.
    fn path_of(&self, name: &str) -> io::Result<Path> {
        let name =
            Path::parse(name).map_err(|_| io::Error::new(ErrorKind::InvalidInput, "the name leads out of the lake"))?;
        Ok(self.prefix.parts().chain(name.parts()).collect())
    }

    /// Calls until it is done, has failed for good, or was tried for long.
    fn call<T>(&self, attempt: impl AsyncFn() -> Result<T, Error>) -> io::Result<T> {
        let (began, mut backoff) = (Instant::now(), Backoff::with_jitter(BACKOFF.0, BACKOFF.1));
        let calling = async {
            loop {
                let error = match attempt().await {
                    Ok(done) => return Ok(done),
                    Err(error) => error,
                };
                if !may_pass(&error) || began.elapsed() > TRY_FOR {
                    return Err(in_words(error));
                }
                tracing::debug!(%error, "a call to the lake's bucket is made again");
                tokio::time::sleep(backoff.next_pause()).await;
            }
        };
        self.runtime.block_on(async {
            match self.give_up.run_until_cancelled(tokio::time::timeout(DEADLINE, calling)).await {
                Some(Ok(called)) => called,
                Some(Err(_)) => Err(ErrorKind::TimedOut.into()),
                None => Err(io::Error::new(ErrorKind::Interrupted, "the program ends")),
            }
        })
    }
}

impl Storage for Bucket {
    fn put(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let (path, payload) = (self.path_of(name)?, PutPayload::from(content.to_vec()));
        self.call(async || self.store.put(&path, payload.clone()).await.map(drop))
    }

    fn create(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let (path, payload) = (self.path_of(name)?, PutPayload::from(content.to_vec()));
        self.call(async || {
            let options = PutOptions::from(PutMode::Create);
            match self.store.put_opts(&path, payload.clone(), options).await {
                // It may be this one, whose answer was lost.
                Err(taken @ Error::AlreadyExists { .. }) => {
                    let there = self.store.get(&path).await?.bytes().await?;
                    if there == content { Ok(()) } else { Err(taken) }
                }
                created => created.map(drop),
            }
        })
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        let path = self.path_of(name)?;
        self.call(async || Ok(self.store.get(&path).await?.bytes().await?.into()))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let path = self.path_of(folder)?;
        let found: Vec<Path> =
            self.call(async || self.store.list(Some(&path)).map_ok(|found| found.location).try_collect().await)?;
        let name = |path: Path| {
            let parts: Path = path.prefix_match(&self.prefix)?.collect();
            Some(parts.to_string())
        };
        Ok(found.into_iter().filter_map(name).collect())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let path = self.path_of(name)?;
        self.call(async || match self.store.delete(&path).await {
            Err(Error::NotFound { .. }) => Ok(()),
            removed => removed,
        })
    }
}

/// Whether it may be otherwise the next time: the store was not reached, or did not know what to say.
fn may_pass(error: &Error) -> bool {
    matches!(error, Error::Generic { .. })
}

fn in_words(error: Error) -> io::Error {
    let kind = match &error {
        Error::NotFound { .. } => ErrorKind::NotFound,
        Error::AlreadyExists { .. } => ErrorKind::AlreadyExists,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => ErrorKind::PermissionDenied,
        _ => ErrorKind::Other,
    };
    io::Error::new(kind, error)
}
