//! Shows on standard error how far something has come: a bar on a terminal, elsewhere a plain line every few seconds.

use std::io::{IsTerminal, stderr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use cineswarm_engine::models;
use cineswarm_engine::movielens::{Progress, Stage};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

/// How long nothing is said where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// How often what is shown moves even if nothing is known of how much is done.
const TICK: Duration = Duration::from_millis(200);

/// Bytes dealt with, of a number that may be unknown.
pub(crate) struct ByteProgress {
    what: String,
    total: Option<u64>,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines { next: Instant },
}

impl ByteProgress {
    /// Begins with nothing done.
    pub(crate) fn new(what: impl Into<String>) -> ByteProgress {
        let what = what.into();
        let shown = if stderr().is_terminal() {
            let bar = ProgressBar::no_length();
            bar.set_style(style(false));
            bar.set_message(what.clone());
            Shown::Bar(bar)
        } else {
            Shown::Lines { next: Instant::now() + LINE_EVERY }
        };
        ByteProgress { what, total: None, shown }
    }

    /// Shows how much is done; `rows` is left out where it is zero.
    pub(crate) fn set(&mut self, done: u64, total: Option<u64>, rows: u64) {
        let rows = if rows > 0 { format!("{} rows", HumanCount(rows)) } else { String::new() };
        match &mut self.shown {
            Shown::Bar(bar) => {
                if self.total != total {
                    bar.set_style(style(total.is_some()));
                    total.map_or_else(|| bar.unset_length(), |total| bar.set_length(total));
                    self.total = total;
                }
                bar.set_prefix(rows);
                bar.set_position(done);
            }
            Shown::Lines { next } if Instant::now() >= *next => {
                let of_total = total.map(|total| format!(" of {}", HumanBytes(total))).unwrap_or_default();
                let rows = if rows.is_empty() { rows } else { format!(", {rows}") };
                eprintln!("{}: {}{of_total}{rows}", self.what, HumanBytes(done));
                *next = Instant::now() + LINE_EVERY;
            }
            Shown::Lines { .. } => {}
        }
    }

    /// A line that stands above the bar.
    pub(crate) fn say(&self, line: &str) {
        match &self.shown {
            Shown::Bar(bar) => bar.suspend(|| eprintln!("{line}")),
            Shown::Lines { .. } => eprintln!("{line}"),
        }
    }
}

impl Drop for ByteProgress {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

fn style(length_known: bool) -> ProgressStyle {
    let template = if length_known {
        "{msg} [{wide_bar:.cyan}] {bytes}/{total_bytes} {bytes_per_sec} {prefix} {eta}"
    } else {
        "{msg} {spinner} {bytes} {bytes_per_sec}"
    };
    // A wrong template would only cost its looks.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ ")
}

fn steps_style(length_known: bool) -> ProgressStyle {
    let template =
        if length_known { "{msg} [{wide_bar:.cyan}] {pos}/{len} {elapsed} {eta}" } else { "{msg} {spinner} {elapsed}" };
    // A wrong template would only cost its looks.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ ")
}

/// Shows an import, a bar for each stage.
#[derive(Default)]
pub(crate) struct ImportProgress {
    stage: Option<(Stage, ByteProgress)>,
}

impl ImportProgress {
    /// Shows how far the import has come.
    pub(crate) fn show(&mut self, progress: Progress) {
        let Progress { stage, bytes_done, bytes_total, rows } = progress;
        if self.stage.as_ref().is_none_or(|(shown, _)| *shown != stage) {
            // The old bar goes before the new one comes.
            self.stage = None;
            let what = match stage {
                Stage::Comparing => "comparing with earlier imports",
                Stage::Reading => "reading",
                Stage::Writing => "writing",
            };
            self.stage = Some((stage, ByteProgress::new(what)));
        }
        if let Some((_, bar)) = &mut self.stage {
            bar.set(bytes_done, Some(bytes_total), rows);
        }
    }
}

/// Steps of a training, told of by any thread.
pub(crate) struct StepProgress {
    what: String,
    bar: Option<ProgressBar>,
    next_line: Mutex<Instant>,
}

impl StepProgress {
    /// Begins with nothing done.
    pub(crate) fn new(what: impl Into<String>) -> StepProgress {
        let what = what.into();
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::no_length();
            bar.set_style(steps_style(false));
            bar.enable_steady_tick(TICK);
            bar.set_message(what.clone());
            bar
        });
        StepProgress { what, bar, next_line: Mutex::new(Instant::now() + LINE_EVERY) }
    }

    /// Shows how much is done.
    pub(crate) fn show(&self, progress: models::Progress) {
        let models::Progress { done, total } = progress;
        if let Some(bar) = &self.bar {
            if bar.length().is_none() {
                bar.set_style(steps_style(true));
            }
            bar.set_length(total);
            bar.set_position(done);
        } else if let Ok(mut next) = self.next_line.try_lock()
            && Instant::now() >= *next
        {
            eprintln!("{}: {done} of {total}", self.what);
            *next = Instant::now() + LINE_EVERY;
        }
    }
}

impl Drop for StepProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
