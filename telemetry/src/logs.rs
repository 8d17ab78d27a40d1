//! What the program says of itself, line by line. A line never has a secret in it, whatever level is asked for.

use std::io::{self, IsTerminal};
use std::sync::OnceLock;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line, for programs.
    Json,
}

/// Where lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output: of a program whose answers do not go there.
    Output,
    /// Standard error.
    Error,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub struct Options {
    /// What to log, as in "debug" or "warn,cineswarm=trace"
    #[arg(long = "log-level", global = true, env = "RUST_LOG", value_name = "FILTER", default_value = "info",
          value_parser = parse_filter, help_heading = "Logging")]
    pub filter: String,

    /// How to write a line of the log
    #[arg(
        long = "log-format",
        global = true,
        env = "LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Logging"
    )]
    pub format: Format,
}

fn parse_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|reason| reason.to_string())
}

/// Libraries that log, below `info`, what they carry: browsers' messages have in them what opens a session, the first
/// message to a broker has its password, a collector's headers may have another.
const CARRIERS: [&str; 8] = [
    "tungstenite",
    "tokio_tungstenite",
    "socketioxide",
    "engineioxide",
    "rumqttc",
    "opentelemetry",
    "opentelemetry-otlp",
    "opentelemetry_sdk",
];

/// Whether a log line may have a secret in it, whatever level was asked for.
fn may_log_secrets(what: &Metadata<'_>) -> bool {
    let library = what.target().split("::").next().unwrap_or_default();
    *what.level() > Level::INFO && CARRIERS.contains(&library)
}

static FORMAT: OnceLock<Format> = OnceLock::new();

/// How lines are written in this process: beside JSON nothing else may be printed.
pub fn format() -> Format {
    FORMAT.get().copied().unwrap_or_default()
}

/// Logs from now on, until the process ends; a second call changes nothing.
pub fn start(options: &Options, stream: Stream) {
    if FORMAT.set(options.format).is_err() {
        return;
    }
    let layer = match stream {
        Stream::Output => lines(options.format, io::stdout, io::stdout().is_terminal()),
        Stream::Error => lines(options.format, io::stderr, io::stderr().is_terminal()),
    };
    let _ = tracing_subscriber::registry()
        .with(layer)
        .with(EnvFilter::new(&options.filter))
        .with(filter_fn(|what| !may_log_secrets(what)))
        .try_init();
}

fn lines<Out>(format: Format, out: Out, colours: bool) -> Box<dyn Layer<Registry> + Send + Sync>
where
    Out: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(out);
    match format {
        Format::Text => layer.with_ansi(colours).boxed(),
        Format::Json => layer.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_line_is_a_json_object_whatever_is_said() {
        let written = Written::default();
        let out = written.clone();
        let subscriber = tracing_subscriber::registry().with(lines(Format::Json, move || out.clone(), false));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(worker = "w\"1\n", "two\nlines, \"quotes\" and \u{1b}[31m");
            tracing::warn!(retry_in_ms = 5, "again");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!(lines[0]["message"], "two\nlines, \"quotes\" and \u{1b}[31m");
        assert_eq!((&lines[0]["level"], &lines[0]["worker"]), (&"INFO".into(), &"w\"1\n".into()));
        assert_eq!(lines[1]["retry_in_ms"], 5);
    }
}
