//! Asks over and over from many sockets, each with one ask under way, for the dataset's users in turn.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use anyhow::ensure;

use crate::client::{Answered, Client};
use crate::processes::{Watched, load_average, own_cpu_seconds};
use crate::report::{Asks, Measured, PartOfFarm};
use crate::spread::Spread;

/// What to ask, and whom to watch.
#[derive(clap::Args)]
pub struct Arguments {
    /// The master
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:8888")]
    server: String,

    /// Asks under way at a time, each from a socket and session of its own
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    concurrency: u32,

    /// Asks to measure
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,

    /// Asks before that, which are not measured
    #[arg(long, default_value_t = 200)]
    warm_up: u32,

    /// Users are numbered from 1 to this
    #[arg(long, default_value_t = 610, value_parser = clap::value_parser!(u32).range(1..))]
    users: u32,

    /// What the measurement is called in the report
    #[arg(long, default_value = "")]
    setup: String,

    /// Processes of the farm, for their processor time and memory
    #[arg(long, value_name = "NAME=PID")]
    watch: Vec<Watched>,
}

/// Prints how it went; an error if any ask failed or was answered in part only.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { server, concurrency, count, warm_up, users, setup, watch } = arguments;
    let mut clients = Vec::new();
    for _ in 0..concurrency {
        clients.push(Client::connect(&server).await?);
    }
    (clients, _) = ask_all(clients, warm_up, users).await?;

    let load = load_average();
    let cpu_before = watch.iter().map(Watched::cpu_seconds).collect::<anyhow::Result<Vec<f64>>>()?;
    let own_cpu_before = own_cpu_seconds()?;
    let begun = Instant::now();
    let (clients, answered) = ask_all(clients, count, users).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let per_answer = |cpu_seconds: f64| cpu_seconds * 1e3 / f64::from(count);
    let client_cpu_ms = per_answer(own_cpu_seconds()? - own_cpu_before);
    let parts = watch.iter().zip(cpu_before).map(|(part, before)| {
        let (resident_mib, peak_mib) = part.memory_mib()?;
        let cpu_ms_per_answer = per_answer(part.cpu_seconds()? - before);
        Ok(PartOfFarm { name: part.name.clone(), cpu_ms_per_answer, resident_mib, peak_mib })
    });
    let parts = parts.collect::<anyhow::Result<Vec<PartOfFarm>>>()?;
    drop(clients);

    let partial = answered.iter().filter(|one| one.meta.coverage < 1.0).count();
    ensure!(partial == 0, "{partial} of {count} answers were partial");
    let spread = |time: fn(&Answered) -> f64| Spread::of(answered.iter().map(time).collect());
    let (Some(answer_ms), Some(ack_ms), Some(compute_ms), Some(beyond_compute_ms), Some(farm_and_merge_ms)) = (
        spread(|one| one.answer.as_secs_f64() * 1e3),
        spread(|one| one.ack.as_secs_f64() * 1e3),
        spread(|one| one.meta.pure_compute_ms()),
        spread(|one| one.answer.as_secs_f64() * 1e3 - one.meta.pure_compute_ms()),
        spread(|one| one.meta.processing_time_ms),
    ) else {
        anyhow::bail!("nothing was measured");
    };
    crate::print(&Measured::Asks(Asks {
        setup,
        concurrency,
        count,
        answers_per_second: f64::from(count) / seconds,
        answer_ms,
        ack_ms,
        compute_ms,
        beyond_compute_ms,
        farm_and_merge_ms,
        client_cpu_ms,
        parts,
        load_average: load,
    }))
}

/// Each client asks as soon as its last ask is answered, until `count` have been asked by all together.
async fn ask_all(clients: Vec<Client>, count: u32, users: u32) -> anyhow::Result<(Vec<Client>, Vec<Answered>)> {
    let next = Rc::new(Cell::new(0));
    let asking = clients.into_iter().map(|mut client| {
        let next = next.clone();
        async move {
            let mut answered = Vec::new();
            while next.get() < count {
                let number = next.replace(next.get() + 1);
                answered.push(client.ask(number % users + 1).await?);
            }
            anyhow::Ok((client, answered))
        }
    });
    let done = futures::future::try_join_all(asking).await?;
    let (clients, answered): (Vec<Client>, Vec<Vec<Answered>>) = done.into_iter().unzip();
    Ok((clients, answered.into_iter().flatten().collect()))
}
