//! `/ingest/dead`: what an operator sees and orders of ratings that do not count, as at the terminal.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cineswarm_mqtt::{quoted, timestamp_ms};
use cineswarm_ratings::gate::Authority;
use cineswarm_ratings::intake::Receipt;
use cineswarm_ratings::line::LONGEST_LINE;
use cineswarm_ratings::mending::{self, Mended, NoLine, Page};
use cineswarm_ratings::reason::Reason;
use cineswarm_ratings::store::MOST_DEAD;
use cineswarm_ratings::store::admin::Which;
use cineswarm_ratings::store::reads::Dead;
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::sync::SemaphorePermit;
use uuid::Uuid;

use super::context::Context;
use super::refusal::Refusal;

/// Dead ratings of a page, and how many of them unless the query says it: of the longest lines it is half a megabyte.
const LARGEST_PAGE: u32 = 200;
const USUAL_PAGE: u32 = 50;
/// So much is read of a body that is too long, and forgotten: who is cut off while sending hears no reason.
const READ_ON: usize = 1 << 20;

/// A dead rating as it is told.
pub(super) fn shown(dead: &Dead) -> Value {
    let Dead { id, batch_id, line_number, came_at, line, faults } = dead;
    json!({
        "id": id,
        "batch": batch_id,
        "line_number": line_number,
        "came_at": came_at,
        "line": line,
        "reasons": faults,
    })
}

/// Those after a number.
pub(super) async fn list(
    State(context): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    context.door.let_in(&request)?;
    let query = Query::parse(query.as_deref(), &["reason", "batch", "after", "limit"])?;
    let (after, limit) = (query.after.unwrap_or(0), query.limit.unwrap_or(USUAL_PAGE));
    let page = mending::page(&context.store, query.which, after, limit).await;
    let Page { dead, next } = page.map_err(|error| Refusal::storage(&error))?;
    Ok(Json(json!({ "dead_ratings": dead.iter().map(shown).collect::<Vec<_>>(), "next": next })))
}

/// Has one judged again, with the body in its place if there is one.
pub(super) async fn replay_one(
    State(context): State<Arc<Context>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Refusal> {
    let authority = context.door.let_in(&request)?;
    let authority = Query::parse(query.as_deref(), &["trust"])?.authority(authority)?;
    let id = number(&id)?;
    let mended = mended(&context, request).await?;
    let receipt = mending::replay_one(&context.store, id, mended.as_ref(), authority, timestamp_ms()).await;
    let receipt = receipt.map_err(|error| Refusal::storage(&error))?.ok_or_else(|| unknown(id))?;
    context.intake.wake();
    let mut response = (StatusCode::ACCEPTED, Json(batch(&receipt))).into_response();
    if let Ok(location) = HeaderValue::try_from(format!("/ingest/{}", receipt.batch_id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Has all of them judged again that the query names.
pub(super) async fn replay_many(
    State(context): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let authority = context.door.let_in(&request)?;
    let query = Query::parse(query.as_deref(), &["reason", "batch", "all", "trust"])?;
    let authority = query.authority(authority)?;
    let which = query.named()?;
    let _turn = turn(&context)?;
    if !context.intake.has_room().await {
        return Err(Refusal::busy("Too many ratings wait to be looked at."));
    }
    let receipts = mending::replay(&context.store, which, authority, timestamp_ms()).await;
    context.intake.wake();
    let receipts = receipts.map_err(|error| Refusal::storage(&error))?;
    let lines: i64 = receipts.iter().map(|receipt| receipt.lines).sum();
    let batches: Vec<Value> = receipts.iter().map(batch).collect();
    Ok((StatusCode::ACCEPTED, Json(json!({ "batches": batches, "lines": lines }))))
}

/// Forgets one.
pub(super) async fn drop_one(
    State(context): State<Arc<Context>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    context.door.let_in(&request)?;
    let id = number(&id)?;
    let dropped = mending::drop(&context.store, Which { ids: vec![id], ..Which::default() }).await;
    match dropped.map_err(|error| Refusal::storage(&error))? {
        0 => Err(unknown(id)),
        dropped => Ok(Json(json!({ "dropped": dropped }))),
    }
}

/// Forgets all of them that the query names.
pub(super) async fn drop_many(
    State(context): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    context.door.let_in(&request)?;
    let which = Query::parse(query.as_deref(), &["reason", "batch", "all"])?.named()?;
    let _turn = turn(&context)?;
    let dropped = mending::drop(&context.store, which).await.map_err(|error| Refusal::storage(&error))?;
    Ok(Json(json!({ "dropped": dropped })))
}

fn batch(Receipt { batch_id, lines }: &Receipt) -> Value {
    json!({ "id": batch_id, "lines": lines })
}

fn turn(context: &Context) -> Result<SemaphorePermit<'_>, Refusal> {
    context.orders.try_acquire().map_err(|_| Refusal::busy("Another order about many dead ratings is under way."))
}

fn number(id: &str) -> Result<i64, Refusal> {
    id.parse().map_err(|_| unknown(format!("{:?}", quoted(id))))
}

fn unknown(id: impl std::fmt::Display) -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        "unknown_dead",
        format!("There is no dead rating {id}."),
        format!(
            "GET /ingest/dead lists them; it may have been replayed or dropped, and the last {MOST_DEAD} are kept."
        ),
    )
}

/// The line of the body; `None` where there is nothing in it.
async fn mended(context: &Context, request: Request) -> Result<Option<Mended>, Refusal> {
    let (parts, body) = request.into_parts();
    let Ok(_permit) = context.bodies.try_acquire() else {
        return Err(Refusal::busy("As many are sending ratings as can be read at a time."));
    };
    let line = read(body).await?;
    if line.is_empty() {
        return Ok(None);
    }
    if !is_json(&parts.headers) {
        return Err(Refusal {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            code: "unsupported_type",
            ..bad_line("The Content-Type of the body is not application/json.")
        });
    }
    match Mended::read(&line) {
        Ok(mended) => Ok(Some(mended)),
        Err(NoLine::TooLong(_)) => Err(too_long()),
        Err(error @ NoLine::NotJson(_)) => Err(bad_line(format!("It cannot be read: {error}."))),
    }
}

/// A body that is no longer than a line; blanks around it do not count.
async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    let (mut line, mut bytes, mut data) = (Vec::new(), 0, body.into_data_stream());
    while let Some(piece) = data.next().await {
        let early = |error| bad_line(format!("The body ended early, and nothing was done: {error}."));
        let piece = piece.map_err(early)?;
        bytes += piece.len();
        if bytes <= LONGEST_LINE {
            line.extend_from_slice(&piece);
        } else if bytes > READ_ON {
            break;
        }
    }
    if bytes > LONGEST_LINE { Err(too_long()) } else { Ok(line.trim_ascii().to_vec()) }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn bad_line(message: impl Into<String>) -> Refusal {
    let hint = "Send the mended rating as application/json, or no body to have it judged as it is.";
    Refusal::new(StatusCode::BAD_REQUEST, "bad_request", message, hint)
}

fn too_long() -> Refusal {
    Refusal {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        code: "too_large",
        ..bad_line(format!("The body has more than the {LONGEST_LINE} bytes that a rating may have."))
    }
}

/// What a query may say. Of what is dropped nothing comes back, so nothing in it is passed over.
#[derive(Debug, Default, PartialEq)]
struct Query {
    which: Which,
    all: bool,
    trust: bool,
    after: Option<i64>,
    limit: Option<u32>,
}

impl Query {
    fn parse(query: Option<&str>, known: &[&str]) -> Result<Query, Refusal> {
        let (mut parsed, mut said) = (Query::default(), Vec::new());
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let Some(name) = known.iter().copied().find(|known| *known == name) else {
                return Err(bad_query(format!("There is no {:?} here.", quoted(&name)), known));
            };
            if said.contains(&name) {
                return Err(bad_query(format!("{name}: it is there twice."), known));
            }
            said.push(name);
            let read = parsed.set(name, &value);
            read.map_err(|wanted| bad_query(format!("{name}: {:?} is not {wanted}.", quoted(&value)), known))?;
        }
        Ok(parsed)
    }

    /// Takes a value, or says what it should be.
    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "reason" => {
                let known = Reason::named(value);
                self.which.reason = Some(known.ok_or_else(|| format!("one of {}", Reason::names()))?);
            }
            "batch" => {
                let batch_id = Uuid::try_parse(value).map_err(|_| "the id of a batch, which POST /ingest gave")?;
                self.which.batch_id = Some(batch_id);
            }
            "after" => self.after = Some(value.parse().map_err(|_| "the number of a dead rating")?),
            "limit" => match value.parse() {
                Ok(limit @ 1..=LARGEST_PAGE) => self.limit = Some(limit),
                _ => return Err(format!("from 1 to {LARGEST_PAGE}")),
            },
            "all" => self.all = flag(value)?,
            "trust" => self.trust = flag(value)?,
            _ => {}
        }
        Ok(())
    }

    /// Those that are named; all only where that is said.
    fn named(self) -> Result<Which, Refusal> {
        let Query { which, all, .. } = self;
        let names_some = which != Which::default();
        let message = match (names_some, all) {
            (true, false) | (false, true) => return Ok(which),
            (true, true) => "It is all of them, or those with a reason or of a batch.",
            (false, false) => "It does not say which dead ratings.",
        };
        let hint = "Give reason=REASON, batch=ID, both, or all=true; or go by the number: /ingest/dead/ID.";
        Err(Refusal::new(StatusCode::BAD_REQUEST, "bad_request", message, hint))
    }

    /// Whose word it is. What nobody could have rated so fast, only an operator says is genuine.
    fn authority(&self, authority: Authority) -> Result<Authority, Refusal> {
        if self.trust && !authority.is_operator {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "forbidden",
                "trust: only who has the token of the farm says that ratings are genuine.",
                "Start the master with --ingest-token-file, or use cineswarm ratings replay --trust.",
            ));
        }
        Ok(Authority { has_looked: self.trust, ..authority })
    }
}

fn flag(value: &str) -> Result<bool, String> {
    value.parse().map_err(|_| "true or false".to_owned())
}

fn bad_query(message: String, known: &[&str]) -> Refusal {
    let hint = format!("The query may have {}, each once.", known.join(", "));
    Refusal::new(StatusCode::BAD_REQUEST, "bad_request", message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<Query, Refusal> {
        Query::parse(Some(query), &["reason", "batch", "after", "limit", "all", "trust"])
    }

    #[test]
    fn a_query_is_taken_whole_or_not_at_all() {
        let batch_id = Uuid::from_u128(7);
        let query = parse(&format!("reason=off_scale&batch={batch_id}&after=12&limit=200&trust=true")).unwrap();
        let which = Which { reason: Some(Reason::OffScale), batch_id: Some(batch_id), ..Which::default() };
        assert_eq!(query, Query { which, all: false, trust: true, after: Some(12), limit: Some(200) });
        assert_eq!(Query::parse(None, &[]).unwrap(), Query::default());
        let bad = [
            "reson=off_scale",
            "reason=nonsense",
            "reason=",
            "batch=7",
            "after=x",
            "after=9223372036854775808",
            "limit=0",
            "limit=201",
            "limit=-1",
            "limit=",
            "all",
            "all=yes",
            "trust=1",
            "all=true&all=true",
        ];
        for query in bad {
            let refusal = parse(query).unwrap_err();
            let name = query.split('=').next().unwrap();
            assert_eq!((refusal.status, refusal.code), (StatusCode::BAD_REQUEST, "bad_request"), "{query}");
            assert!(refusal.message.contains(name), "{query}: {}", refusal.message);
            assert!(refusal.hint.contains("reason, batch"), "{query}: {}", refusal.hint);
        }
        assert!(Query::parse(Some("trust=true"), &["reason"]).is_err(), "what has no meaning here is not passed over");
    }

    #[test]
    fn all_are_meant_only_where_that_is_said() {
        assert_eq!(parse("all=true").unwrap().named().unwrap(), Which::default());
        assert_eq!(parse("reason=too_fast").unwrap().named().unwrap().reason, Some(Reason::TooFast));
        for query in ["", "all=false", "trust=true", "all=true&reason=too_fast"] {
            assert_eq!(parse(query).unwrap().named().unwrap_err().status, StatusCode::BAD_REQUEST, "{query}");
        }
    }

    #[test]
    fn only_an_operator_says_that_ratings_are_genuine() {
        let operator = Authority { is_operator: true, has_looked: false };
        let trusting = parse("trust=true").unwrap();
        assert_eq!(trusting.authority(operator).unwrap(), Authority { has_looked: true, ..operator });
        assert_eq!(trusting.authority(Authority::default()).unwrap_err().status, StatusCode::FORBIDDEN);
        assert_eq!(parse("").unwrap().authority(Authority::default()).unwrap(), Authority::default());
    }
}
