//! The measurements as they are printed, and the tables made of them: of each number the median over the runs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::BufRead;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::spread::{Spread, median};

/// One run of one measurement.
#[derive(Serialize, Deserialize)]
#[serde(tag = "measured", rename_all = "snake_case")]
pub enum Measured {
    Asks(Asks),
    FirstAnswer(FirstAnswer),
    Qos1(Qos1),
}

/// Many asks, so many at a time. Times are those of single asks, in milliseconds.
#[derive(Serialize, Deserialize)]
pub struct Asks {
    pub setup: String,
    pub concurrency: u32,
    pub count: u32,
    pub answers_per_second: f64,
    /// From the ask to the `answer` event.
    pub answer_ms: Spread,
    /// From the ask to its acknowledgement: the request is on disk.
    pub ack_ms: Spread,
    /// The slowest worker's computing and the merge.
    pub compute_ms: Spread,
    /// `answer_ms` less `compute_ms`, ask by ask.
    pub beyond_compute_ms: Spread,
    /// The answer's own `processing_time_ms`.
    pub farm_and_merge_ms: Spread,
    /// Processor time of the load generator for each answer.
    pub client_cpu_ms: f64,
    pub parts: Vec<PartOfFarm>,
    /// When the measurement began.
    pub load_average: f64,
}

/// What one process used while it was asked.
#[derive(Clone, Serialize, Deserialize)]
pub struct PartOfFarm {
    pub name: String,
    pub cpu_ms_per_answer: f64,
    /// At the end of the measurement.
    pub resident_mib: f64,
    /// The most there ever was.
    pub peak_mib: f64,
}

/// From the start of the program to its first answer.
#[derive(Serialize, Deserialize)]
pub struct FirstAnswer {
    pub setup: String,
    pub median_s: f64,
    pub longest_s: f64,
    pub load_average: f64,
}

/// From `publish` to the message's return.
#[derive(Serialize, Deserialize)]
pub struct Qos1 {
    pub setup: String,
    pub round_trip_ms: Spread,
    pub load_average: f64,
}

/// Reads measurements, a line each, and prints the tables.
pub fn run() -> anyhow::Result<()> {
    let mut measured = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        measured.push(serde_json::from_str(&line).with_context(|| format!("not a measurement: {line}"))?);
    }
    print!("{}", tables(&measured));
    Ok(())
}

fn tables(measured: &[Measured]) -> String {
    let mut asks: BTreeMap<(u32, &str), Vec<&Asks>> = BTreeMap::new();
    let mut first_answers: BTreeMap<&str, Vec<&FirstAnswer>> = BTreeMap::new();
    let mut qos1: BTreeMap<&str, Vec<&Qos1>> = BTreeMap::new();
    let mut loads = Vec::new();
    for one in measured {
        match one {
            Measured::Asks(one) => asks.entry((one.concurrency, &one.setup)).or_default().push(one),
            Measured::FirstAnswer(one) => first_answers.entry(&one.setup).or_default().push(one),
            Measured::Qos1(one) => qos1.entry(&one.setup).or_default().push(one),
        }
        loads.push(match one {
            Measured::Asks(one) => one.load_average,
            Measured::FirstAnswer(one) => one.load_average,
            Measured::Qos1(one) => one.load_average,
        });
    }
    let mut text = String::new();
    // Writing to a string cannot fail.
    let mut line = |written: String| {
        let _ = writeln!(text, "{written}");
    };

    line("| asks under way | broker | answers/s | ask to answer, ms (p50 / p90 / p99) | pure compute, ms | beyond compute, ms (p50 / p90 / p99) | ask to ack, ms (p50 / p99) | runs |".into());
    line("|---:|---|---:|---|---|---|---|---:|".into());
    for ((concurrency, setup), runs) in &asks {
        let quantile = |of: fn(&Asks) -> f64| median(runs.iter().map(|run| of(run)).collect());
        line(format!(
            "| {concurrency} | {setup} | {:.0} | {:.2} / {:.2} / {:.2} | {:.2} | {} | {:.2} / {:.2} | {} |",
            quantile(|run| run.answers_per_second),
            quantile(|run| run.answer_ms.p50),
            quantile(|run| run.answer_ms.p90),
            quantile(|run| run.answer_ms.p99),
            quantile(|run| run.compute_ms.p50),
            // With many asks under way they share tasks, and what one of them took to compute is not known.
            if *concurrency > 1 {
                "-".to_owned()
            } else {
                format!(
                    "{:.2} / {:.2} / {:.2}",
                    quantile(|run| run.beyond_compute_ms.p50),
                    quantile(|run| run.beyond_compute_ms.p90),
                    quantile(|run| run.beyond_compute_ms.p99)
                )
            },
            quantile(|run| run.ack_ms.p50),
            quantile(|run| run.ack_ms.p99),
            runs.len(),
        ));
    }

    line("\n| asks under way | broker | part | processor, ms an answer | resident, MiB | peak, MiB |".into());
    line("|---:|---|---|---:|---:|---:|".into());
    for ((concurrency, setup), runs) in &asks {
        for at in 0..runs[0].parts.len() {
            let of = |number: fn(&PartOfFarm) -> f64| median(runs.iter().map(|run| number(&run.parts[at])).collect());
            line(format!(
                "| {concurrency} | {setup} | {} | {:.3} | {:.1} | {:.1} |",
                runs[0].parts[at].name,
                of(|part| part.cpu_ms_per_answer),
                of(|part| part.resident_mib),
                of(|part| part.peak_mib),
            ));
        }
        let own = median(runs.iter().map(|run| run.client_cpu_ms).collect());
        line(format!("| {concurrency} | {setup} | (load generator) | {own:.3} | | |"));
    }

    line("\n| QoS 1 round trip over | p50, ms | p99, ms |".into());
    line("|---|---:|---:|".into());
    for (setup, runs) in &qos1 {
        let of = |quantile: fn(&Spread) -> f64| median(runs.iter().map(|run| quantile(&run.round_trip_ms)).collect());
        line(format!("| {setup} | {:.3} | {:.3} |", of(|spread| spread.p50), of(|spread| spread.p99)));
    }

    line("\n| start to first answer | median, s | longest, s |".into());
    line("|---|---:|---:|".into());
    for (setup, runs) in &first_answers {
        let middle = median(runs.iter().map(|run| run.median_s).collect());
        let longest = runs.iter().map(|run| run.longest_s).fold(0.0, f64::max);
        line(format!("| {setup} | {middle:.3} | {longest:.3} |"));
    }
    let highest = loads.iter().copied().fold(0.0, f64::max);
    line(format!("\nLoad average when a measurement began: median {:.1}, highest {highest:.1}.", median(loads)));
    text
}
