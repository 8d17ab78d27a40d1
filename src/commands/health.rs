//! `cineswarm health`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use cineswarm_credentials::{ClientTls, Files, in_words};
use rustls::{ClientConfig, RootCertStore};

use super::block_on;

/// Whom to ask.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Address of the master, or of a worker that was given --health-listen
    #[arg(long, env = "MASTER_URL", value_name = "URL", default_value = "http://127.0.0.1:8888")]
    url: String,

    /// Ask only whether it runs
    #[arg(long, conflicts_with = "ready")]
    live: bool,

    /// Ask whether it can do its work
    #[arg(long)]
    ready: bool,

    /// Print the metrics that a master or worker shows at the address of its --health-listen instead
    #[arg(long, conflicts_with_all = ["live", "ready"])]
    metrics: bool,

    /// CA of the certificate of an https:// address, in PEM [default: those the system trusts]
    #[arg(long, env = "MASTER_CA", value_name = "FILE")]
    ca: Option<PathBuf>,

    /// Seconds to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
}

/// Prints what it says of itself; an error unless it is as it should be.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let path = match (arguments.live, arguments.ready, arguments.metrics) {
        (true, ..) => "/health/live",
        (_, true, _) => "/health/ready",
        (.., true) => "/metrics",
        _ => "/health",
    };
    let url = format!("{}{path}", arguments.url.trim_end_matches('/'));
    let encrypted = url.starts_with("https://");
    if arguments.ca.is_some() && !encrypted {
        bail!("--ca is given, but {url} is plaintext; write https://");
    }
    let tls = if encrypted {
        let files = Files { ca: arguments.ca, ..Files::default() };
        ClientConfig::clone(&*ClientTls::new(files, &["http/1.1"])?.config())
    } else {
        trusting_nobody()?
    };
    block_on(async {
        let timeout = Duration::from_secs(arguments.timeout);
        let client = reqwest::Client::builder().tls_backend_preconfigured(tls).timeout(timeout).build()?;
        let answer = client.get(&url).send().await.map_err(|error| match in_words(&error, "it", "-") {
            Some(words) => anyhow::anyhow!(error).context(words),
            None => error.into(),
        });
        let answer = answer.with_context(|| format!("asking {url}; is it running?"))?;
        let status = answer.status();
        println!("{}", answer.text().await?);
        if !status.is_success() {
            bail!("{url} says {status}; the reason is in its answer");
        }
        Ok(())
    })
}

/// Plaintext needs no CA, and a container may have none.
fn trusting_nobody() -> anyhow::Result<ClientConfig> {
    Ok(ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}
