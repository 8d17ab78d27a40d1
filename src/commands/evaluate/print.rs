//! Results as a table for people, or as JSON for programs.

use std::io::{self, Write};
use std::iter;

use cineswarm_engine::evaluation::{Comparison, Found, Metric, compare_all};
use comfy_table::{CellAlignment, Table, presets};
use console::Term;
use serde::Serialize;
use serde::ser::Serializer;
use serde_json::Value;

use super::Evaluated;
use super::data::Data;
use crate::commands::print_json;

/// A model's results.
#[derive(Serialize)]
struct Listed<'a> {
    model: &'static str,
    /// The mean over all splits; null where the model has no such thing.
    metrics: InOrder<Metric, Option<f64>>,
    parameters: &'a Value,
    /// The standard deviation over the splits.
    #[serde(skip_serializing_if = "InOrder::is_empty")]
    deviation: InOrder<Metric, f64>,
    /// Half the width of the 95 % confidence interval over users.
    #[serde(skip_serializing_if = "InOrder::is_empty")]
    confidence_95: InOrder<Metric, f64>,
    /// The difference from each other model, and how likely chance makes one so large.
    #[serde(skip_serializing_if = "InOrder::is_empty")]
    against: InOrder<Metric, InOrder<&'static str, Against>>,
    /// What the search found on the validation part of each split.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    searches: Vec<Searched<'a>>,
    /// Over all splits, without the search.
    seconds: Seconds,
}

#[derive(Serialize)]
struct Searched<'a> {
    parameters: &'a Value,
    /// The first metric with these parameters.
    validation: Option<f64>,
    /// The first metric without a search.
    unsearched: Option<f64>,
    /// How many settings were tried.
    tried: usize,
}

#[derive(Serialize)]
struct Against {
    difference: f64,
    p_value: f64,
}

#[derive(Serialize)]
struct Seconds {
    training: f64,
    asking: f64,
}

/// A JSON object whose keys stay in order.
struct InOrder<K, V>(Vec<(K, V)>);

impl<K, V> InOrder<K, V> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: ToString, V: Serialize> Serialize for InOrder<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key.to_string(), value)))
    }
}

/// Prints a list of all models.
pub(super) fn json(all: &[Evaluated]) -> anyhow::Result<()> {
    let metrics: Vec<(usize, Metric)> =
        all.first().map_or(&[][..], |first| first.tally.metrics()).iter().copied().enumerate().collect();
    let comparisons: Vec<Vec<Comparison>> = metrics.iter().map(|&(at, _)| compare(all, at)).collect();
    let listed = all.iter().enumerate().map(|(model, evaluated)| {
        let tally = &evaluated.tally;
        let known = |value: &dyn Fn(usize) -> Option<f64>| {
            InOrder(metrics.iter().filter_map(|&(at, metric)| Some((metric, value(at)?))).collect())
        };
        let against = metrics.iter().map(|&(at, metric)| {
            let others = comparisons[at].iter().filter_map(|comparison| {
                let Comparison { first, second, difference, p_value } = *comparison;
                let (other, difference) = match model {
                    model if model == first => (second, difference),
                    model if model == second => (first, -difference),
                    _ => return None,
                };
                Some((all[other].algorithm.name(), Against { difference, p_value }))
            });
            (metric, InOrder(others.collect()))
        });
        Listed {
            model: evaluated.algorithm.name(),
            metrics: InOrder(metrics.iter().map(|&(at, metric)| (metric, tally.mean(at))).collect()),
            parameters: &evaluated.parameters,
            deviation: known(&|at| tally.deviation(at)),
            confidence_95: known(&|at| tally.confidence_95(at)),
            against: InOrder(against.filter(|(_, others)| !others.is_empty()).collect()),
            searches: evaluated.searches.iter().map(searched).collect(),
            seconds: Seconds { training: evaluated.training.as_secs_f64(), asking: evaluated.asking.as_secs_f64() },
        }
    });
    print_json(&listed.collect::<Vec<Listed<'_>>>())
}

fn searched(found: &Found) -> Searched<'_> {
    let Found { parameters, validation, unsearched, tried } = found;
    Searched { parameters, validation: *validation, unsearched: *unsearched, tried: *tried }
}

fn compare(all: &[Evaluated], at: usize) -> Vec<Comparison> {
    compare_all(&all.iter().map(|evaluated| &evaluated.tally).collect::<Vec<_>>(), at)
}

/// Prints a table, the tests against the best model, and the parameters.
pub(super) fn table(all: &[Evaluated], data: &Data) -> anyhow::Result<()> {
    let metrics = all.first().map_or(&[][..], |first| first.tally.metrics());
    let mut out = io::stdout().lock();
    writeln!(out, "{}", data.described())?;
    // So many side by side as the terminal has room for, and the others below.
    let room = Term::stdout().size_checked().map_or(usize::MAX, |(_, width)| usize::from(width));
    let together = (room.saturating_sub(TIMES_WIDTH) / METRIC_WIDTH).max(1);
    let numbers: Vec<usize> = (0..metrics.len()).collect();
    for (part, numbers) in numbers.chunks(together).enumerate() {
        writeln!(out, "{}", of_metrics(all, metrics, numbers, part == 0))?;
    }
    let splits = data.splits();
    let deviation = if splits > 1 { format!("± is the deviation over {splits} splits, ") } else { String::new() };
    writeln!(out, "{deviation}[ ] is the 95 % confidence interval over users")?;
    for (at, metric) in metrics.iter().enumerate() {
        if let Some(line) = against_best(all, at, *metric) {
            writeln!(out, "{line}")?;
        }
    }
    for evaluated in all {
        writeln!(out, "{}: {}", evaluated.algorithm.name(), evaluated.parameters)?;
        for found in evaluated.searches.iter().skip(1) {
            writeln!(out, "  and on another split: {}", found.parameters)?;
        }
    }
    Ok(())
}

/// What a metric's column takes, with its interval, and what the columns of names and times take, at most.
const METRIC_WIDTH: usize = 20;
const TIMES_WIDTH: usize = 34;

/// A table of some of the metrics, and of the times.
fn of_metrics(all: &[Evaluated], metrics: &[Metric], numbers: &[usize], with_times: bool) -> Table {
    let times = if with_times { &["Training", "Asking"][..] } else { &[] };
    let mut table = Table::new();
    let named = numbers.iter().map(|&at| metrics[at].to_string());
    let headings = iter::once("Model".to_owned()).chain(named).chain(times.iter().map(|&time| time.to_owned()));
    table.load_preset(presets::NOTHING).set_header(headings);
    for evaluated in all {
        let taken = [evaluated.training, evaluated.asking].map(|time| format!("{:.1} s", time.as_secs_f64()));
        let cells = numbers.iter().map(|&at| cell(evaluated, at)).chain(taken.into_iter().take(times.len()));
        table.add_row(iter::once(evaluated.algorithm.name().to_owned()).chain(cells));
    }
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

fn cell(evaluated: &Evaluated, at: usize) -> String {
    let tally = &evaluated.tally;
    let Some(mean) = tally.mean(at) else { return "-".into() };
    let deviation = tally.deviation(at).map(|deviation| format!(" ± {deviation:.4}")).unwrap_or_default();
    let interval = tally.confidence_95(at).map(|half| format!("\n[{:.4}, {:.4}]", mean - half, mean + half));
    format!("{mean:.4}{deviation}{}", interval.unwrap_or_default())
}

/// "ndcg@10: ease is best; against it ials p = 0.012, popularity p < 0.001 (paired t-tests, Holm)"; nothing if several are
/// best.
fn against_best(all: &[Evaluated], at: usize, metric: Metric) -> Option<String> {
    let sign = if metric.lower_is_better() { -1.0 } else { 1.0 };
    let known = all.iter().enumerate().filter_map(|(model, evaluated)| Some((model, sign * evaluated.tally.mean(at)?)));
    let (best, most) = known.clone().max_by(|a, b| a.1.total_cmp(&b.1))?;
    if known.filter(|(_, value)| most - value <= 1e-12 * most.abs()).count() > 1 {
        return None;
    }
    let tests = compare(all, at);
    let tests = tests.iter().filter_map(|comparison| {
        let other = match (comparison.first, comparison.second) {
            (first, second) if first == best => second,
            (first, second) if second == best => first,
            _ => return None,
        };
        let p_value = comparison.p_value;
        let p_value = if p_value < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p_value:.3}") };
        Some(format!("{} {p_value}", all[other].algorithm.name()))
    });
    let tests: Vec<String> = tests.collect();
    let best = all[best].algorithm.name();
    (!tests.is_empty())
        .then(|| format!("{metric}: {best} is best; against it {} (paired t-tests, Holm)", tests.join(", ")))
}
