//! The HTTP edge: film search, health, and the page.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use cineswarm_engine::MovieId;
use cineswarm_mqtt::quoted;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::assets;
use super::health::Health;
use super::posters::{Posters, content_security_policy};
use crate::chat::Lang;
use crate::computing::Computing;
use crate::library::{Film, Library};
use crate::measure;
use crate::words::{LONGEST_TEXT, Trouble};

/// Films a search may give at the most.
const LARGEST_LIMIT: usize = 60;
/// Searches that may be under way or wait for a core.
pub const SEARCHES: usize = 256;
/// How long a browser may remember where a poster is.
const POSTER_CACHING: &str = "public, max-age=3600";

/// What the handlers need.
pub struct Context {
    /// The films.
    pub library: Arc<Library>,
    /// Searches that may be under way; see [`SEARCHES`].
    pub searches: Semaphore,
    /// The cores, for searches.
    pub computing: Computing,
    /// How the master is.
    pub health: Arc<Health>,
    /// Where posters are, if that was said.
    pub posters: Option<Posters>,
}

/// The routes but Socket.IO's.
pub fn router(context: Arc<Context>) -> Router {
    let header = |name: HeaderName, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    let policy = content_security_policy(context.posters.as_ref());
    Router::new()
        .route("/api/movies/search", get(search))
        .route("/api/movies/starters", get(starters))
        .route("/api/movies/{movie_id}", get(details))
        .route("/api/movies/{movie_id}/poster", get(poster))
        .route("/health", get(ready))
        .route("/health/ready", get(ready))
        .route("/health/live", get(live))
        .fallback(assets::serve)
        .with_state(context)
        .layer(CompressionLayer::new())
        .layer(SetResponseHeaderLayer::overriding(header::CONTENT_SECURITY_POLICY, policy))
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
                        let reason = format!("limit: {:?} is not from 1 to {LARGEST_LIMIT}", quoted(&value));
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
    measure::refused(&trouble);
    (StatusCode::BAD_REQUEST, Json(json!({ "error": trouble.refusal(lang) }))).into_response()
}

fn unavailable(trouble: &Trouble, lang: Lang) -> Response {
    measure::refused(trouble);
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": trouble.refusal(lang) }))).into_response()
}

async fn search(State(context): State<Arc<Context>>, RawQuery(query): RawQuery) -> Response {
    match Parameters::parse(query, 8) {
        Ok(Parameters { q, limit, lang }) => {
            let Ok(_permit) = context.searches.try_acquire() else {
                return unavailable(&Trouble::QueueFull, lang);
            };
            let library = context.library.clone();
            let found = context.computing.run(move |_| {
                let hits = library.titles.search(&q, limit);
                let movies: Vec<Film<'_>> = hits.iter().filter_map(|hit| library.film(hit.movie_id)).collect();
                json!({ "movies": movies })
            });
            match found.await {
                Ok(found) => Json(found).into_response(),
                Err(error) => {
                    tracing::error!(%error, "a search of films failed");
                    unavailable(&Trouble::Internal, lang)
                }
            }
        }
        Err(trouble) => refused(trouble),
    }
}

async fn details(
    State(context): State<Arc<Context>>,
    Path(movie_id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let lang = match Parameters::parse(query, 1) {
        Ok(Parameters { lang, .. }) => lang,
        Err(trouble) => return refused(trouble),
    };
    let Ok(movie) = movie_id.parse::<MovieId>() else {
        return refused((
            Trouble::BadRequest(format!("movie_id: {:?} is not a film's number", quoted(&movie_id))),
            lang,
        ));
    };
    let Ok(_permit) = context.searches.try_acquire() else {
        return unavailable(&Trouble::QueueFull, lang);
    };
    let library = context.library.clone();
    match context.computing.run(move |_| library.details(movie).map(|details| json!(details))).await {
        Ok(Some(details)) => Json(details).into_response(),
        Ok(None) => {
            let trouble = Trouble::UnknownMovie(movie);
            measure::refused(&trouble);
            (StatusCode::NOT_FOUND, Json(json!({ "error": trouble.refusal(lang) }))).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "looking up a film failed");
            unavailable(&Trouble::Internal, lang)
        }
    }
}

/// Sends the browser to the poster of a film.
async fn poster(State(context): State<Arc<Context>>, Path(movie_id): Path<String>) -> Response {
    let movie = movie_id.parse().ok().and_then(|movie| context.library.catalogue().get(movie));
    match context.posters.as_ref().zip(movie).and_then(|(posters, movie)| posters.of(movie)) {
        Some(address) => {
            let headers = [(header::LOCATION, address.as_str()), (header::CACHE_CONTROL, POSTER_CACHING)];
            (StatusCode::FOUND, headers).into_response()
        }
        None => (StatusCode::NOT_FOUND, "There is no poster of that film.\n").into_response(),
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

/// Whether the process is there to be asked: who is not is started anew.
async fn live(State(context): State<Arc<Context>>) -> (StatusCode, Json<Value>) {
    let (live, report) = context.health.live();
    (if live { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(report))
}

/// Whether it is of use.
async fn ready(State(context): State<Arc<Context>>) -> (StatusCode, Json<Value>) {
    let (ready, report) = context.health.report();
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(report))
}
