//! `cineswarm up`: broker, master and workers in one process, talking to each other as they would between machines.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use cineswarm_mqtt::embedded::EmbeddedBroker;
use cineswarm_telemetry::{logs, traces};

use clap::builder::FalseyValueParser;

use super::block_on;
use super::serving::{Serving, open_served};

/// What to start.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Workers to start
    #[arg(long, env = "WORKERS", value_name = "N", default_value_t = 2,
          value_parser = clap::value_parser!(u32).range(0..=64))]
    workers: u32,

    /// Port of the broker that is started when no --broker is given; 0 takes any free one
    #[arg(long = "broker-port", env = "BROKER_PORT", value_name = "PORT", default_value_t = 0)]
    broker_port: u16,

    /// Train no model beside the farm; neighbours answer unless one was trained before
    #[arg(long, env = "NO_TRAINING", value_parser = FalseyValueParser::new())]
    no_training: bool,

    #[command(flatten)]
    master: cineswarm_master::Options,
}

/// Runs everything until told to stop.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut options = arguments.master;
    let chosen = open_served(&options)?;
    block_on(async {
        let traces = traces::start("cineswarm")?;
        let broker = match options.broker.names_one() {
            true => None,
            false => {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.broker_port));
                let broker = EmbeddedBroker::start(address).await?;
                options.broker.url = Some(format!("mqtt://{}", broker.address()).into());
                Some(broker)
            }
        };
        let broker_options = options.broker.clone();
        let (grpc_ca, grpc_cert, grpc_key) =
            (options.grpc_ca.clone(), options.grpc_cert.clone(), options.grpc_key.clone());
        let topic_prefix = options.topic_prefix.clone();
        // The workers are in this process; whoever wants others beside them says so.
        let grpc_listen = *options.grpc_listen.get_or_insert(IpAddr::from(Ipv4Addr::LOCALHOST));
        let reachable = if grpc_listen.is_unspecified() { IpAddr::from(Ipv4Addr::LOCALHOST) } else { grpc_listen };
        let scheme = if options.grpc_cert.is_some() { "https" } else { "http" };
        let endpoint = format!("{scheme}://{}", SocketAddr::new(reachable, options.grpc_port));
        options.grpc_endpoint.get_or_insert(endpoint);
        let serving = Serving::start(options, chosen, !arguments.no_training).await?;
        let mut workers = Vec::new();
        for number in 1..=arguments.workers {
            workers.push(cineswarm_worker::start(cineswarm_worker::Options {
                broker: broker_options.clone(),
                // They are the master's own, so they show its certificate.
                grpc_ca: grpc_ca.clone(),
                grpc_cert: grpc_cert.clone(),
                grpc_key: grpc_key.clone(),
                worker_id: Some(format!("worker-{number}")),
                slots: 2,
                topic_prefix: topic_prefix.clone(),
                health_listen: None,
                // There is nobody to hand the shards to.
                drain_timeout: Duration::ZERO,
            })?);
        }
        let mut status = serving.master().farm_status();
        let port = serving.master().http_address().port();
        tokio::spawn(async move {
            if status.wait_for(|farm| farm.load.shards_ready == farm.shard_count as usize).await.is_ok() {
                let url = format!("http://localhost:{port}");
                match logs::format() {
                    logs::Format::Text => println!("Cineswarm is ready: {url}"),
                    logs::Format::Json => tracing::info!(url, "Cineswarm is ready"),
                }
            }
        });
        let told = serving.run_to_the_end(|| eprintln!("stopping")).await;
        for worker in workers {
            worker.stop();
            worker.stopped().await;
        }
        if let Some(broker) = broker {
            broker.stop().await;
        }
        traces.stop().await;
        told
    })
}
