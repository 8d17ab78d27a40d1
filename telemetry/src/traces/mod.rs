//! What a request goes through, room after room, as spans for an OpenTelemetry collector. Without one nothing is made, and
//! a [`Span`] is an empty word.
//!
//! Where a span belongs travels as `traceparent` (W3C Trace Context): from whoever asks, in tasks, in gRPC's metadata. A
//! span says how much, how long, which worker: nothing that a viewer wrote, and nothing that opens a session.

#[cfg(not(feature = "otlp"))]
mod nowhere;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(feature = "otlp")]
mod traceparent;

#[cfg(not(feature = "otlp"))]
use nowhere as sending;
#[cfg(feature = "otlp")]
use otlp as sending;

pub use sending::{Error, Sending, start};

/// The setting that says where spans are sent to.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// The same, for spans only.
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

/// Whether spans are to be sent anywhere.
fn is_wanted() -> bool {
    [ENDPOINT, TRACES_ENDPOINT].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// What a span is to those at its other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There is no other side.
    Inside,
    /// Somebody asked for it and waits.
    Server,
    /// It asks somebody and waits.
    Client,
    /// It hands something on.
    Producer,
    /// It was handed something.
    Consumer,
}

/// A piece of work, from now until this is dropped.
#[derive(Default)]
pub struct Span(Option<Box<sending::Recording>>);

impl Span {
    /// The first of this process: part of the trace that `traceparent` names, or of a new one.
    pub fn first(name: &'static str, kind: Kind, traceparent: Option<&str>) -> Span {
        Span(sending::Recording::first(name, kind, traceparent).map(Box::new))
    }

    /// Goes on with a trace; none, if there is none to go on with.
    pub fn of(name: &'static str, kind: Kind, traceparent: Option<&str>) -> Span {
        match traceparent {
            Some(_) => Span::first(name, kind, traceparent),
            None => Span::default(),
        }
    }

    /// A part of this one.
    pub fn part(&self, name: &'static str, kind: Kind) -> Span {
        Span(self.0.as_ref().and_then(|span| span.part(name, kind)).map(Box::new))
    }

    /// A part of this one whose work is done by another, which has spans of its own.
    pub fn shared_part(&self, name: &'static str, with: &Span) -> Span {
        let part = self.part(name, Kind::Producer);
        if let (Some(part), Some(other)) = (&part.0, &with.0) {
            part.link(other);
        }
        part
    }

    /// Says how much of something.
    pub fn number(&self, what: &'static str, number: f64) {
        if let Some(span) = &self.0 {
            span.number(what, number);
        }
    }

    /// Says which; in a word that is not a viewer's.
    pub fn word(&self, what: &'static str, word: &str) {
        if let Some(span) = &self.0 {
            span.word(what, word);
        }
    }

    /// It did not go well.
    pub fn fail(&self, why: &'static str) {
        if let Some(span) = &self.0 {
            span.fail(why);
        }
    }

    /// Whether anybody will see it.
    pub fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    /// What others need to go on with the trace.
    pub fn traceparent(&self) -> Option<String> {
        self.0.as_ref().map(|span| span.traceparent())
    }
}
