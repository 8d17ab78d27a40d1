//! A metric by its labels: counters, gauges, histograms.

use std::borrow::Cow;
use std::sync::OnceLock;

use prometheus::core::{Collector, MetricVec, MetricVecBuilder};
use prometheus::{CounterVec, GaugeVec, HistogramOpts, HistogramVec, Opts};

use super::workers::OTHER;
use super::{REGISTRY, workers};

/// Buckets of times, in seconds.
pub const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Buckets of what is doubled.
pub const DOUBLING: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// Buckets of parts of a whole.
pub const RATIO: &[f64] = &[0.0, 0.25, 0.5, 0.75, 0.9, 0.999, 1.0];

/// What Prometheus calls the type of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, until the process ends.
    Counter,
    /// It is what it is now.
    Gauge,
    /// How many observations were at most so large.
    Histogram,
}

/// What a label can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// One of these.
    Of(&'static [&'static str]),
    /// The id of a worker; see [`super::MOST_WORKERS`].
    Workers,
}

/// A label of a metric.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// What it can say.
    pub values: Values,
}

impl Label {
    fn value<'a>(&self, value: &'a str) -> Cow<'a, str> {
        match self.values {
            Values::Of(known) if known.contains(&value) => value.into(),
            Values::Of(_) => OTHER.into(),
            Values::Workers => workers::label(value),
        }
    }
}

/// A metric as it stands in the list.
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// What is counted or measured.
    pub unit: &'static str,
    /// What it says, for people.
    pub help: &'static str,
    /// What it is told apart by.
    pub labels: &'static [Label],
    /// The upper bounds of a histogram's buckets.
    pub buckets: &'static [f64],
}

/// Any metric.
pub trait Family: Sync {
    /// How it is declared.
    fn declaration(&self) -> &Declaration;
    /// Shows it, with a zero for each combination of labels that is known beforehand.
    fn expose(&self);
    /// Drops the series of a worker.
    fn forget_worker(&self, id: &str);
}

/// Counts events, and times that add up.
pub type Counter<const LABELS: usize> = Metric<CounterVec, LABELS>;
/// Says how much there is of something.
pub type Gauge<const LABELS: usize> = Metric<GaugeVec, LABELS>;
/// Says how often something was how large.
pub type Histogram<const LABELS: usize> = Metric<HistogramVec, LABELS>;

/// A metric by its labels; made when it is first used.
pub struct Metric<Vector, const LABELS: usize> {
    declaration: Declaration,
    vector: OnceLock<Vector>,
}

impl<Builder: MetricVecBuilder, const LABELS: usize> Metric<MetricVec<Builder>, LABELS>
where
    MetricVec<Builder>: Make + Collector + Clone + 'static,
{
    pub(super) const fn new(declaration: Declaration) -> Self {
        assert!(declaration.labels.len() == LABELS);
        Metric { declaration, vector: OnceLock::new() }
    }

    fn vector(&self) -> &MetricVec<Builder> {
        self.vector.get_or_init(|| {
            let vector = MetricVec::make(&self.declaration);
            if let Err(error) = REGISTRY.register(Box::new(vector.clone())) {
                // A test holds that no name is declared twice.
                tracing::error!(%error, metric = self.declaration.name, "a metric is not shown");
            }
            vector
        })
    }

    /// The series with these labels' values.
    fn of(&self, values: [&str; LABELS]) -> Builder::M {
        let mut labels = [const { Cow::Borrowed("") }; LABELS];
        for ((label, said), value) in labels.iter_mut().zip(self.declaration.labels).zip(values) {
            *label = said.value(value);
        }
        self.vector().with_label_values(&labels)
    }
}

impl<Builder: MetricVecBuilder, const LABELS: usize> Family for Metric<MetricVec<Builder>, LABELS>
where
    MetricVec<Builder>: Make + Collector + Clone + 'static,
    Builder: Sync,
{
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn expose(&self) {
        let vector = self.vector();
        let mut combinations: Vec<Vec<&str>> = vec![Vec::new()];
        for label in self.declaration.labels {
            let Values::Of(known) = label.values else { return };
            let longer = |said: Vec<&'static str>| known.iter().map(move |value| [&said[..], &[*value]].concat());
            combinations = combinations.into_iter().flat_map(longer).collect();
        }
        for values in combinations {
            let _ = vector.get_metric_with_label_values(&values);
        }
    }

    fn forget_worker(&self, id: &str) {
        let (Some(vector), Some(at)) =
            (self.vector.get(), self.declaration.labels.iter().position(|label| label.values == Values::Workers))
        else {
            return;
        };
        for family in vector.collect() {
            for series in family.get_metric() {
                let value_of = |label: &Label| {
                    series.get_label().iter().find(|pair| pair.name() == label.name).map_or("", |pair| pair.value())
                };
                let values: Vec<&str> = self.declaration.labels.iter().map(value_of).collect();
                if values[at] == id {
                    // It may have been dropped by somebody else just now.
                    let _ = vector.remove_label_values(&values);
                }
            }
        }
    }
}

impl<const LABELS: usize> Counter<LABELS> {
    /// One more.
    pub fn increment(&self, labels: [&str; LABELS]) {
        self.of(labels).inc();
    }

    /// So much more.
    pub fn add(&self, labels: [&str; LABELS], more: f64) {
        self.of(labels).inc_by(more.max(0.0));
    }
}

impl<const LABELS: usize> Gauge<LABELS> {
    /// It is so much now.
    pub fn set(&self, labels: [&str; LABELS], now: f64) {
        self.of(labels).set(now);
    }

    /// It is so much more, or less.
    pub fn add(&self, labels: [&str; LABELS], more: f64) {
        self.of(labels).add(more);
    }
}

impl<const LABELS: usize> Histogram<LABELS> {
    /// One was so large.
    pub fn observe(&self, labels: [&str; LABELS], value: f64) {
        self.of(labels).observe(value);
    }
}

/// Makes what the library keeps series in.
pub trait Make: Sized {
    /// As declared.
    fn make(declaration: &Declaration) -> Self;
}

fn names(declaration: &Declaration) -> Vec<&'static str> {
    declaration.labels.iter().map(|label| label.name).collect()
}

#[allow(clippy::expect_used, reason = "a test makes each metric that there is")]
mod make {
    use super::*;

    impl Make for CounterVec {
        fn make(declaration: &Declaration) -> CounterVec {
            CounterVec::new(Opts::new(declaration.name, declaration.help), &names(declaration))
                .expect("it is declared well")
        }
    }

    impl Make for GaugeVec {
        fn make(declaration: &Declaration) -> GaugeVec {
            GaugeVec::new(Opts::new(declaration.name, declaration.help), &names(declaration))
                .expect("it is declared well")
        }
    }

    impl Make for HistogramVec {
        fn make(declaration: &Declaration) -> HistogramVec {
            let options = HistogramOpts::new(declaration.name, declaration.help).buckets(declaration.buckets.to_vec());
            HistogramVec::new(options, &names(declaration)).expect("it is declared well")
        }
    }
}
