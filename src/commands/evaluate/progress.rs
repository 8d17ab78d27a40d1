//! Shows on standard error what is being trained or asked: a bar on a terminal, elsewhere a plain line every few seconds.

use std::io::{IsTerminal, stderr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How long nothing is said where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The stages of an evaluation.
pub(super) struct StageProgress {
    bar: Option<ProgressBar>,
    next_line: Mutex<Instant>,
}

/// One stage; told of its progress from any thread.
pub(super) struct Stage<'a> {
    all: &'a StageProgress,
    what: String,
    done: AtomicU64,
}

impl StageProgress {
    pub(super) fn new() -> StageProgress {
        let bar = stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{msg} [{wide_bar:.cyan}] {percent:>3} %");
            // A wrong template would only cost its looks.
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ ");
            ProgressBar::new(1).with_style(style)
        });
        StageProgress { bar, next_line: Mutex::new(Instant::now() + LINE_EVERY) }
    }

    pub(super) fn stage(&self, what: String) -> Stage<'_> {
        if let Some(bar) = &self.bar {
            bar.set_message(what.clone());
            bar.set_position(0);
        }
        Stage { all: self, what, done: AtomicU64::new(0) }
    }
}

impl Stage<'_> {
    /// So much of `total` is done.
    pub(super) fn set(&self, done: u64, total: u64) {
        if let Some(bar) = &self.all.bar {
            bar.set_length(total);
            bar.set_position(done);
        } else if let Ok(mut next_line) = self.all.next_line.try_lock()
            && Instant::now() >= *next_line
        {
            eprintln!("{}: {} %", self.what, done.saturating_mul(100) / total.max(1));
            *next_line = Instant::now() + LINE_EVERY;
        }
    }

    /// One more of `total` is done.
    pub(super) fn one_more(&self, total: u64) {
        self.set(self.done.fetch_add(1, Ordering::Relaxed) + 1, total);
    }
}

impl Drop for StageProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
