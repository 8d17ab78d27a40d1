//! What is counted and measured, for Prometheus. Every metric stands in [`list`]; here is how one is kept and read.
//!
//! A label has values from a closed list, or is a worker's id, of which only so many are told apart: no peer can make
//! series without end.

mod family;
pub mod list;
mod process;
mod workers;

use std::sync::LazyLock;

use prometheus::{Registry, TextEncoder};

pub use family::{Counter, Declaration, Family, Gauge, Histogram, Kind, Label, Values};
pub use workers::MOST_WORKERS;

/// Media type of [`render`]'s text.
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);

/// Whose a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Every long-running process has it.
    Process,
    /// The master's.
    Master,
    /// A worker's.
    Worker,
}

/// Shows a group's metrics from now on, also those that are still zero.
pub fn expose(group: Group) {
    if group == Group::Process {
        list::BUILD_INFO.set([env!("CARGO_PKG_VERSION")], 1.0);
    }
    for (of, family) in list::ALL {
        if *of == group {
            family.expose();
        }
    }
}

/// A worker is gone: its series are dropped, so that those of workers that come and go do not pile up.
pub fn forget_worker(id: &str) {
    for (_, family) in list::ALL {
        family.forget_worker(id);
    }
    workers::forget(id);
}

/// When the earliest certificate of a file expires, in seconds since 1970; `None` if no such file is in use.
pub fn certificate_expires(file: &str, at: Option<i64>) {
    list::CERTIFICATE_EXPIRY.set([file], at.unwrap_or(0) as f64);
}

/// All metrics as Prometheus reads them, with what the system says of this process now.
pub fn render() -> String {
    process::look();
    TextEncoder::new().encode_to_string(&REGISTRY.gather()).unwrap_or_else(|error| {
        // Every family is declared with a name and a help that it takes.
        tracing::error!(%error, "metrics cannot be written");
        String::new()
    })
}

#[cfg(test)]
mod tests;
