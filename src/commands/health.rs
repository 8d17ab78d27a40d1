//! `cineswarm health`.

use std::time::Duration;

use anyhow::{Context, bail};

use super::block_on;

/// Whom to ask.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Address of the master
    #[arg(long, env = "MASTER_URL", value_name = "URL", default_value = "http://127.0.0.1:8888")]
    url: String,

    /// Seconds to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
}

/// Prints what the master says of itself; an error unless it is ready.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let url = format!("{}/health", arguments.url.trim_end_matches('/'));
    block_on(async {
        // Whether one was chosen before does not matter here: any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(Duration::from_secs(arguments.timeout)).build()?;
        let answer = client.get(&url).send().await.with_context(|| format!("asking {url}; is the master running?"))?;
        let status = answer.status();
        println!("{}", answer.text().await?);
        if !status.is_success() {
            bail!("the master is not ready ({status}); the reason is in its answer");
        }
        Ok(())
    })
}
