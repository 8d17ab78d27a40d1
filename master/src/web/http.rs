//! The HTTP edge: film search, health, and the page.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{RawQuery, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::assets;
use crate::farm::coordinator::Handle;
use crate::library::{Film, Library};
use crate::store::Store;
use crate::words::{LONGEST_TEXT, Trouble};
use cineswarm_chat::Lang;

/// Films a search may give at the most.
const LARGEST_LIMIT: usize = 60;
/// A sign of life is stored every two seconds.
const STORING_IS_LATE: Duration = Duration::from_secs(8);
/// Everything the page needs comes from here; nothing else may run or be loaded in it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// What the handlers need.
pub struct Context {
    /// The films.
    pub library: Arc<Library>,
    /// The database.
    pub store: Store,
    /// The farm.
    pub coordinator: Handle,
    /// When the master started.
    pub started: Instant,
}

/// The routes but Socket.IO's.
pub fn router(context: Arc<Context>) -> Router {
    let header = |name: HeaderName, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    Router::new()
        .route("/api/movies/search", get(search))
        .route("/api/movies/starters", get(starters))
        .route("/health", get(health))
        .fallback(assets::serve)
        .with_state(context)
        .layer(CompressionLayer::new())
        .layer(header(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "no-referrer"))
}

/// A query string's parameters, checked.
struct Parameters {
    q: String,
    limit: usize,
    lang: Lang,
}

impl Parameters {
    fn parse(query: Option<String>, default_limit: usize) -> Result<Parameters, (Trouble, Lang)> {
        let mut parameters = Parameters { q: String::new(), limit: default_limit, lang: Lang::En };
        let pairs: Vec<_> = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        if let Some((_, tag)) = pairs.iter().find(|(name, _)| name == "lang") {
            parameters.lang = Lang::from_tag(tag);
        }
        let lang = parameters.lang;
        for (name, value) in pairs {
            match name.as_str() {
                "q" if value.contains('\u{FFFD}') => {
                    return Err((Trouble::BadRequest("q: it is not UTF-8".into()), lang));
                }
                "q" => match value.chars().count() {
                    0..=LONGEST_TEXT => parameters.q = value,
                    longer => return Err((Trouble::TextTooLong(longer), lang)),
                },
                "limit" => match value.parse() {
                    Ok(limit @ 1..=LARGEST_LIMIT) => parameters.limit = limit,
                    _ => {
                        let reason = format!("limit: {value:?} is not from 1 to {LARGEST_LIMIT}");
                        return Err((Trouble::BadRequest(reason), lang));
                    }
                },
                _ => {}
            }
        }
        Ok(parameters)
    }
}

fn refused((trouble, lang): (Trouble, Lang)) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": trouble.refusal(lang) }))).into_response()
}

async fn search(State(context): State<Arc<Context>>, RawQuery(query): RawQuery) -> Response {
    match Parameters::parse(query, 8) {
        Ok(Parameters { q, limit, .. }) => {
            let hits = context.library.titles.search(&q, limit);
            let movies: Vec<Film<'_>> = hits.iter().filter_map(|hit| context.library.film(hit.movie_id)).collect();
            Json(json!({ "movies": movies })).into_response()
        }
        Err(trouble) => refused(trouble),
    }
}

async fn starters(State(context): State<Arc<Context>>, RawQuery(query): RawQuery) -> Response {
    match Parameters::parse(query, 24) {
        Ok(Parameters { limit, .. }) => {
            let starters = context.library.starters.iter().take(limit);
            let movies: Vec<Film<'_>> = starters.filter_map(|movie| context.library.film(*movie)).collect();
            Json(json!({ "movies": movies })).into_response()
        }
        Err(trouble) => refused(trouble),
    }
}

async fn health(State(context): State<Arc<Context>>) -> (StatusCode, Json<Value>) {
    let farm = *context.coordinator.status().borrow();
    let database = context.store.health();
    let shards_missing = farm.shard_count as usize - farm.load.shards_ready.min(farm.shard_count as usize);
    let reason = if !farm.broker_connected {
        Some("the MQTT broker cannot be reached".to_owned())
    } else if let Some(trouble) = &database.trouble {
        Some(format!("the database is in trouble: {trouble}"))
    } else if database.stored_ago > STORING_IS_LATE {
        Some(format!("nothing has been stored for {} s", database.stored_ago.as_secs()))
    } else if shards_missing > 0 {
        Some(format!("no worker is ready for {shards_missing} of {} shards", farm.shard_count))
    } else {
        None
    };
    let workers = farm.load.idle + farm.load.busy;
    let (code, status) = match reason {
        None => (StatusCode::OK, "ready"),
        Some(_) if workers == 0 => (StatusCode::SERVICE_UNAVAILABLE, "starting"),
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "degraded"),
    };
    let metadata = context.library.dataset.metadata();
    let body = json!({
        "status": status,
        "reason": reason,
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_s": context.started.elapsed().as_secs(),
        "broker_connected": farm.broker_connected,
        "workers": { "idle": farm.load.idle, "busy": farm.load.busy, "total": workers },
        "shards": { "ready": farm.load.shards_ready, "total": farm.shard_count },
        "requests": farm.load.requests,
        "queue_depth": farm.load.queue_depth,
        "dataset": { "name": metadata.name, "version": metadata.version },
    });
    (code, Json(body))
}
