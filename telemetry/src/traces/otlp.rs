//! Spans go to the collector in batches, on a thread of their own; what it does not take in time is lost and counted by
//! nobody's waiting.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use super::{Kind, traceparent};

/// How long the last spans may take to be sent.
const GOODBYE: Duration = Duration::from_secs(3);

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Spans cannot be sent where they are to be.
#[derive(Debug, thiserror::Error)]
#[error(
    "traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT: {0}; it takes http://HOST:PORT of a collector's OTLP over gRPC"
)]
pub struct Error(#[from] ExporterBuildError);

/// Sends spans, until it is told to stop.
pub struct Sending(Option<SdkTracerProvider>);

/// From now on spans are made and sent, if the environment says where to; the other `OTEL_` settings count as well. Needs
/// a tokio runtime.
///
/// # Errors
/// If they cannot be sent there.
pub fn start(service: &'static str) -> Result<Sending, Error> {
    if !super::is_wanted() {
        return Ok(Sending(None));
    }
    let exporter = SpanExporter::builder().with_tonic().build()?;
    let mut resource = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(service);
    }
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build();
    // There is one program in a process, and it starts once.
    let _ = TRACER.set(provider.tracer("cineswarm"));
    tracing::info!("traces are sent to {}", super::ENDPOINT);
    Ok(Sending(Some(provider)))
}

impl Sending {
    /// Sends what is left, as far as that goes quickly.
    pub async fn stop(self) {
        let Some(provider) = self.0 else { return };
        // It waits, for what needs this runtime.
        let stopped = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(GOODBYE)).await;
        if !matches!(stopped, Ok(Ok(()))) {
            tracing::debug!(?stopped, "the collector did not take the last spans");
        }
    }
}

/// A span that is being recorded.
pub struct Recording {
    span: Mutex<opentelemetry_sdk::trace::Span>,
    context: SpanContext,
}

impl Recording {
    pub fn first(name: &'static str, kind: Kind, traceparent: Option<&str>) -> Option<Recording> {
        let tracer = TRACER.get()?;
        Recording::begin(tracer, name, kind, traceparent.and_then(traceparent::read))
    }

    pub fn part(&self, name: &'static str, kind: Kind) -> Option<Recording> {
        Recording::begin(TRACER.get()?, name, kind, Some(self.context.clone()))
    }

    fn begin(tracer: &SdkTracer, name: &'static str, kind: Kind, parent: Option<SpanContext>) -> Option<Recording> {
        let outer = match parent {
            Some(parent) => Context::new().with_remote_span_context(parent),
            None => Context::new(),
        };
        let kind = match kind {
            Kind::Inside => SpanKind::Internal,
            Kind::Server => SpanKind::Server,
            Kind::Client => SpanKind::Client,
            Kind::Producer => SpanKind::Producer,
            Kind::Consumer => SpanKind::Consumer,
        };
        let span = SpanBuilder::from_name(name).with_kind(kind).start_with_context(tracer, &outer);
        let context = span.span_context().clone();
        context.is_sampled().then(|| Recording { span: Mutex::new(span), context })
    }

    fn span(&self) -> MutexGuard<'_, opentelemetry_sdk::trace::Span> {
        self.span.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn link(&self, to: &Recording) {
        let Link { span_context, attributes, .. } = Link::with_context(to.context.clone());
        self.span().add_link(span_context, attributes);
    }

    pub fn number(&self, what: &'static str, number: f64) {
        // Whole numbers are shown without a point.
        let value =
            if number.fract() == 0.0 { KeyValue::new(what, number as i64) } else { KeyValue::new(what, number) };
        self.span().set_attribute(value);
    }

    pub fn word(&self, what: &'static str, word: &str) {
        self.span().set_attribute(KeyValue::new(what, word.to_owned()));
    }

    pub fn fail(&self, why: &'static str) {
        self.span().set_status(Status::Error { description: Cow::Borrowed(why) });
    }

    pub fn traceparent(&self) -> String {
        traceparent::write(&self.context)
    }
}
