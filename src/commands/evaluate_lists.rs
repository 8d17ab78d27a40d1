//! `cineswarm evaluate-lists`: how good "films like these" and short profiles are answered, judged by what viewers like
//! beside them and by what is known of the films.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use cineswarm_engine::evaluation::{Answers, Interval, Lists, Target, gain, interval, measure_lists};
use cineswarm_engine::models::Algorithm;
use clap::builder::FalseyValueParser;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use super::settings::{Setting, parse_setting, with_settings};
use super::{DatasetChoice, print_json};

/// The farm's neighbours, which need no training.
const NEIGHBOURS: &str = "neighbours";
/// Popular films, whatever is asked.
const POPULAR: &str = "popular";

/// What is measured, and who answers.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cineswarm evaluate-lists --data ml-latest-small --models item-knn,ials,likeness\n  \
    cineswarm evaluate-lists --data ml-latest-small --models likeness --targets co-liked:1,series --json\n\n\
    Neighbours and popular films are always measured; gains are over neighbours, with 95 % bootstrap intervals over viewers,\n\
    or over the films asked about.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    choice: DatasetChoice,

    /// The models to measure
    #[arg(long, env = "EVALUATE_MODELS", value_name = "MODEL,...", value_delimiter = ',', default_value = "likeness",
          value_parser = crate::models::algorithm_parser())]
    models: Vec<Algorithm>,

    /// What the right answers are: co-liked:N, profile:N, tags, series, director, or the last three with N films asked about, as in
    /// series:2 [default: a choice of all that the dataset can tell]
    #[arg(long, env = "EVALUATE_TARGETS", value_name = "TARGET,...", value_delimiter = ',')]
    targets: Vec<Target>,

    /// A parameter that is not to have its default, as in likeness.content=0; may be given again
    #[arg(long = "set", env = "EVALUATE_SET", value_name = "MODEL.PARAMETER=VALUE", value_delimiter = ';',
          value_parser = parse_setting)]
    settings: Vec<Setting>,

    /// What is kept from the training is drawn by it
    #[arg(long, env = "EVALUATE_SEED", value_name = "N", default_value_t = 1)]
    seed: u64,

    /// How long the lists are
    #[arg(short, long, env = "EVALUATE_N", value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    n: u32,

    /// Print a list of {"target", "model", "ndcg", "gain", ...}
    #[arg(long, env = "OUTPUT_JSON", value_parser = FalseyValueParser::new())]
    json: bool,
}

struct Row {
    target: Target,
    questions: usize,
    model: &'static str,
    ndcg: Interval,
    gain: Option<Interval>,
    training: Duration,
}

/// Measures and prints.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { choice, models, targets, settings, seed, n, json } = arguments;
    let chosen = with_settings(&models, &settings)?;
    let dataset = choice.open()?;
    let lists = Lists::from_dataset(&dataset)?;
    let targets = if targets.is_empty() { Target::ALL.to_vec() } else { targets };
    let mut rows = Vec::new();
    for target in targets {
        let Some(test) = lists.test(target, seed) else {
            eprintln!("note: dataset {} has nothing to ask for {target}", dataset.metadata().name);
            continue;
        };
        let questions = test.questions();
        let mut base = Vec::new();
        let mut measured = |model: &'static str, answers: &Answers<'_>, training: Duration| {
            let values = measure_lists(&test, answers, n as usize);
            if model == NEIGHBOURS {
                base.clone_from(&values);
            }
            let ndcg = interval(&values).ok_or_else(|| anyhow!("{target}: nobody was asked"))?;
            let gain = gain(&base, &values).filter(|_| model != NEIGHBOURS);
            rows.push(Row { target, questions, model, ndcg, gain, training });
            anyhow::Ok(())
        };
        measured(NEIGHBOURS, &Answers::neighbours(&test)?, Duration::ZERO)?;
        measured(POPULAR, &Answers::Popular, Duration::ZERO)?;
        for (algorithm, parameters) in &chosen {
            let started = Instant::now();
            let model = algorithm.train(&test.data, parameters, &|_| {})?;
            measured(algorithm.name(), &Answers::Model(&*model), started.elapsed())?;
        }
    }
    if json { print_json(&rows.iter().map(Row::json).collect::<Vec<Value>>()) } else { table(&rows, n) }
}

impl Row {
    fn json(&self) -> Value {
        let numbers = |Interval { mean, low, high }: Interval| json!({ "mean": mean, "low": low, "high": high });
        json!({
            "target": self.target.to_string(),
            "questions": self.questions,
            "model": self.model,
            "ndcg": numbers(self.ndcg),
            "gain": self.gain.map(numbers),
            "training_seconds": self.training.as_secs_f64(),
        })
    }
}

fn table(rows: &[Row], n: u32) -> anyhow::Result<()> {
    let mut table = Table::new();
    let ndcg = format!("ndcg@{n}");
    table.load_preset(presets::ASCII_MARKDOWN).set_header([
        "target",
        "questions",
        "answers by",
        &ndcg,
        "95 %",
        "gain",
        "95 %",
        "training, s",
    ]);
    for row in rows {
        let percent = |share: f64| format!("{:+.0} %", share * 100.0);
        let gains =
            row.gain.map(|gain| (percent(gain.mean), format!("{} to {}", percent(gain.low), percent(gain.high))));
        let (gain, between) = gains.unwrap_or_default();
        table.add_row([
            row.target.to_string(),
            row.questions.to_string(),
            row.model.to_owned(),
            format!("{:.4}", row.ndcg.mean),
            format!("{:.4} to {:.4}", row.ndcg.low, row.ndcg.high),
            gain,
            between,
            format!("{:.1}", row.training.as_secs_f64()),
        ]);
    }
    for column in [1, 3, 5, 7] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    writeln!(io::stdout().lock(), "{table}")?;
    Ok(())
}
