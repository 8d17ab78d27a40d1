//! What the master counts of requests and refusals: the domain's words as the metrics' labels have them. It decides
//! nothing.

use cineswarm_telemetry::metrics::list;

use crate::app::underway::Outcome;
use crate::farm::coordinator::Live;
use crate::requests::spec::Source;
use crate::store::EndState;
use crate::words::Trouble;

fn source_name(source: Source) -> &'static str {
    match source {
        Source::Neighbours => "neighbours",
        Source::Popular => "popular",
        Source::Graph => "graph",
    }
}

/// A request was acknowledged.
pub fn accepted(source: Source) {
    list::REQUESTS_ACCEPTED.increment([source_name(source)]);
}

/// A request has ended.
pub fn ended(request: &Live, state: EndState, how: Outcome) {
    let outcome = match (state, how) {
        (_, Outcome::NotStored) => "not_stored",
        (EndState::Cancelled, _) => "cancelled",
        (_, Outcome::TimedOut) => "timed_out",
        (_, Outcome::Partial) => "partial",
        (EndState::Answered, Outcome::Complete) => "answered",
        (EndState::Failed, Outcome::Complete) => "failed",
    };
    request.span.word("outcome", outcome);
    if matches!(how, Outcome::NotStored | Outcome::TimedOut) {
        request.span.fail(outcome);
    }
    list::REQUESTS.increment([outcome, source_name(request.spec.source)]);
    // Of a cancelled one only the cancelling is known.
    if state != EndState::Cancelled {
        list::REQUEST_DURATION.observe([outcome], request.age().as_secs_f64());
    }
}

/// A request has been through a stage; see the metric.
pub fn stage(name: &str, seconds: f64) {
    list::REQUEST_STAGE_DURATION.observe([name], seconds);
}

/// A browser was refused something.
pub fn refused(trouble: &Trouble) {
    list::REFUSALS.increment([trouble.code()]);
}
