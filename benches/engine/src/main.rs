//! The engine's side of the comparison with other libraries: does what it is told a line at a time and says how long
//! that took. What to measure, and the other sides, are the business of `benches/peers`.
//!
//! Every request is a line of words, every answer a line that begins with "ok" or "error". A time is in nanoseconds and
//! is taken here, so that no pipe is in it.

mod data;
mod ials;
mod items;
mod neighbours;

use std::error::Error;
use std::io::{BufRead, Write};

use cineswarm_engine::models::TrainingData;
use cineswarm_engine::{Dataset, RatingsMatrix};

const USAGE: &str = "usage: cineswarm-bench make DATA_DIR SHAPE | cineswarm-bench serve DATA_DIR NAME";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["make", data_dir, shape] => data::make(data_dir.as_ref(), shape),
        ["serve", data_dir, name] => serve(&data::open(data_dir.as_ref(), name)?),
        _ => Err(USAGE.into()),
    }
}

/// Answers requests until there are no more.
fn serve(dataset: &Dataset) -> Outcome<()> {
    let mut benches = Benches { dataset, training: None, neighbours: None, ials: None };
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match benches.answer(&words) {
            Ok(answer) => writeln!(out, "ok {answer}")?,
            Err(error) => writeln!(out, "error {error}")?,
        }
        out.flush()?;
    }
    Ok(())
}

/// What is measured, each made when it is first asked for.
struct Benches<'a> {
    dataset: &'a Dataset,
    training: Option<TrainingData>,
    neighbours: Option<neighbours::Bench<'a>>,
    ials: Option<ials::Bench>,
}

impl Benches<'_> {
    fn answer(&mut self, words: &[&str]) -> Outcome<String> {
        let (what, words) = words.split_first().ok_or("there is nothing in the line")?;
        match *what {
            "neighbours" => match &mut self.neighbours {
                Some(bench) => neighbours::answer(bench, words),
                none => neighbours::answer(none.insert(neighbours::Bench::new(self.dataset)?), words),
            },
            "items" => items::answer(&self.training().matrix, words),
            "ials" => {
                let data = self.training();
                ials::answer(self.ials.get_or_insert_with(|| ials::Bench::new(data)), words)
            }
            other => Err(format!("there is no request {other:?}").into()),
        }
    }

    fn training(&mut self) -> TrainingData {
        let made = || TrainingData::ratings_only(RatingsMatrix::from_dataset(self.dataset));
        self.training.get_or_insert_with(made).clone()
    }
}

/// The word at a place, as what it should be.
fn word<T: std::str::FromStr>(words: &[&str], at: usize, what: &str) -> Outcome<T> {
    let word = words.get(at).ok_or_else(|| format!("there is no {what}"))?;
    word.parse().map_err(|_| format!("{what} cannot be {word:?}").into())
}
