//! Log lines for operators: to `P/logs` for whoever subscribes, and to this process's own log.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use cineswarm_proto::messages::{LogLevel, LogLine};

use crate::{Client, Message};

/// The longest line, in characters: what quotes something of others cuts the quote, and what forgot to is cut here.
const LONGEST_LINE: usize = 1_000;

/// Lines a source may publish in a second; what is above it is counted and said in one line.
const LINES_A_SECOND: u32 = 100;

/// Milliseconds since 1970, UTC.
pub fn timestamp_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Writes one component's log lines; cheap to clone.
#[derive(Clone)]
pub struct FarmLog {
    client: Client,
    topic: Arc<str>,
    source: Arc<str>,
    budget: Arc<Mutex<Budget>>,
    /// Whether one line was acknowledged, by which the broker shows that it takes them.
    begun: Arc<AtomicBool>,
}

/// How many more lines may be published before the second that began at `since` is over.
struct Budget {
    since: Instant,
    left: u32,
    withheld: u32,
}

impl FarmLog {
    /// Logs as `source` to a topic.
    pub fn new(client: Client, topic: String, source: &str) -> FarmLog {
        let budget = Budget { since: Instant::now(), left: LINES_A_SECOND, withheld: 0 };
        FarmLog {
            client,
            topic: topic.into(),
            source: source.into(),
            budget: Arc::new(Mutex::new(budget)),
            begun: Arc::default(),
        }
    }

    /// A step of normal work.
    pub fn info(&self, message: impl Into<String>) {
        self.line(LogLevel::Info, message.into());
    }

    /// A step of one request; it is put into words only if it is published, and not in this process's own log.
    pub fn request(&self, request_id: &str, message: impl FnOnce() -> String) {
        self.publish(LogLevel::Info, message, Some(request_id));
    }

    /// Something out of the ordinary that was coped with.
    pub fn warn(&self, message: impl Into<String>) {
        self.line(LogLevel::Warn, message.into());
    }

    /// Something failed.
    pub fn error(&self, message: impl Into<String>) {
        self.line(LogLevel::Error, message.into());
    }

    fn line(&self, level: LogLevel, message: String) {
        let message = cut(message);
        let source = &*self.source;
        match level {
            LogLevel::Debug => tracing::debug!(source, "{message}"),
            LogLevel::Info => tracing::info!(source, "{message}"),
            LogLevel::Warn => tracing::warn!(source, "{message}"),
            LogLevel::Error => tracing::error!(source, "{message}"),
        }
        self.publish(level, || message, None);
    }

    /// `None`: this line is withheld; else how many were withheld before it and have not been told of.
    fn admit(&self) -> Option<u32> {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        if budget.since.elapsed() >= Duration::from_secs(1) {
            budget.since = Instant::now();
            budget.left = LINES_A_SECOND;
        }
        if budget.left == 0 {
            budget.withheld = budget.withheld.saturating_add(1);
            return None;
        }
        budget.left -= 1;
        Some(std::mem::take(&mut budget.withheld))
    }

    fn publish(&self, level: LogLevel, message: impl FnOnce() -> String, request_id: Option<&str>) {
        match self.admit() {
            None => return,
            Some(0) => {}
            Some(withheld) => self.send(LogLevel::Warn, format!("{withheld} lines were withheld"), None),
        }
        self.send(level, cut(message()), request_id);
    }

    fn send(&self, level: LogLevel, message: String, request_id: Option<&str>) {
        let line = LogLine {
            timestamp: timestamp_ms(),
            source: self.source.to_string(),
            level,
            message,
            request_id: request_id.map(str::to_owned),
        };
        // Nobody is told that a log line could not be sent: the process's own log has it.
        let message = Message::json(self.topic.to_string(), &line);
        if self.begun.load(Ordering::Relaxed) {
            let _ = self.client.publish(message.unacknowledged());
        } else if self.client.publish(message).is_ok() {
            self.begun.store(true, Ordering::Relaxed);
        }
    }
}

fn cut(line: String) -> String {
    match line.char_indices().nth(LONGEST_LINE) {
        None => line,
        Some((end, _)) => format!("{}… ({} characters)", &line[..end], line.chars().count()),
    }
}
