//! What became of each model, as a table for people.

use std::io::{self, Write};

use cineswarm_engine::Dataset;
use cineswarm_engine::model_store::ModelMetadata;
use comfy_table::{CellAlignment, Table, presets};
use indicatif::HumanBytes;
use serde_json::Value;

use super::Outcome;

/// What of the validation is shown.
const SHOWN_METRICS: [&str; 2] = ["ndcg@10", "rmse"];

/// Prints a table, and below it the parameters.
pub(super) fn table(outcomes: &[Outcome], dataset: &Dataset) -> anyhow::Result<()> {
    let metrics = SHOWN_METRICS.into_iter().filter(|metric| {
        let mut there = outcomes.iter().filter_map(Outcome::metadata);
        there.any(|metadata| metadata.metrics.contains_key(*metric))
    });
    let metrics: Vec<&str> = metrics.collect();
    let mut table = Table::new();
    let headings = ["Model", "Outcome", "Seconds", "Size"].into_iter().chain(metrics.iter().copied());
    table.load_preset(presets::NOTHING).set_header(headings);
    for outcome in outcomes {
        table.add_row(row(outcome, &metrics));
    }
    table.column_iter_mut().skip(2).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    let mut out = io::stdout().lock();
    let metadata = dataset.metadata();
    writeln!(out, "Models of dataset {} {}", metadata.name, metadata.version)?;
    writeln!(out, "{table}")?;
    for outcome in outcomes {
        let (name, parameters) = match outcome {
            Outcome::Trained(metadata) | Outcome::Skipped(metadata) => (&*metadata.algorithm, &metadata.parameters),
            Outcome::Failed { model, parameters, .. } => (*model, parameters),
        };
        let version = outcome.metadata().map(|metadata| format!(" {}", metadata.version)).unwrap_or_default();
        writeln!(out, "{name}{version}: {}", in_words(parameters))?;
    }
    Ok(())
}

fn row(outcome: &Outcome, metrics: &[&str]) -> Vec<String> {
    let (name, became) = match outcome {
        Outcome::Trained(metadata) => (&*metadata.algorithm, "trained"),
        Outcome::Skipped(metadata) => (&*metadata.algorithm, "skipped"),
        Outcome::Failed { model, .. } => (*model, "failed"),
    };
    let of_version = |cell: &dyn Fn(&ModelMetadata) -> String| outcome.metadata().map(cell).unwrap_or_default();
    let mut cells = vec![
        name.to_owned(),
        became.to_owned(),
        of_version(&|metadata| format!("{:.1}", metadata.training_seconds)),
        of_version(&|metadata| HumanBytes(metadata.bytes()).to_string()),
    ];
    for metric in metrics {
        let value = |metadata: &ModelMetadata| metadata.metrics.get(*metric).map(|value| format!("{value:.4}"));
        cells.push(of_version(&|metadata| value(metadata).unwrap_or_default()));
    }
    cells
}

/// "factors=64 alpha=1".
fn in_words(parameters: &Value) -> String {
    let Some(parameters) = parameters.as_object() else { return parameters.to_string() };
    let each = parameters.iter().map(|(name, value)| match value {
        Value::String(word) => format!("{name}={word}"),
        value => format!("{name}={value}"),
    });
    each.collect::<Vec<String>>().join(" ")
}
