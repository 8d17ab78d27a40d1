//! The Socket.IO edge: what browsers may say, and the acknowledgement each saying gets.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cineswarm_engine::MovieId;
use cineswarm_mqtt::timestamp_ms;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use socketioxide::SocketIo;
use socketioxide::adapter::LocalAdapter;
use socketioxide::extract::{AckSender, SocketRef, TryData};
use socketioxide::handler::{ConnectHandler, FromMessageParts};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::events::{Desk, replayed};
use super::rate_limit::Allowance;
use super::sessions::{Change, Session, Sessions, disconnect, send};
use crate::farm::coordinator::{FarmStatus, Handle, Live, NotTaken, Outlet};
use crate::library::{Film, Library};
use crate::requests::ask::{self, Ask, Basis, LARGEST_N, LONGEST_PROFILE, RawRating};
use crate::requests::resolve::{Reply, Resolved, Viewer, resolve};
use crate::requests::spec::{Source, Spec};
use crate::store::{Accepted, EndState, Feedback, FeedbackKind, NewRequest, Store};
use crate::words::{LONGEST_TEXT, Refusal, Trouble, shortened};
use cineswarm_chat::{Intent, Lang, Tweak, replies};

/// Past events fetched from the store at a time when a session is resumed.
const REPLAY_PAGE: u32 = 100;
/// How long a browser that resumes may take to read what it missed, before it has to connect again.
const REPLAY_PATIENCE: Duration = Duration::from_secs(10);
/// How long an event waits for its session to be read from the database.
const OPENING: Duration = Duration::from_secs(10);
/// The farm's status goes to browsers this often at the most.
const STATUS_INTERVAL: Duration = Duration::from_millis(200);

/// What the handlers need.
pub struct Context {
    /// The films.
    pub library: Arc<Library>,
    /// The database.
    pub store: Store,
    /// The farm.
    pub coordinator: Handle,
    /// Ends requests.
    pub desk: Desk,
    /// Who is connected.
    pub sessions: Arc<Sessions>,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// Requests under way at the most.
    pub max_requests: usize,
    /// Events a socket may send in a second.
    pub events_per_second: u32,
}

/// A connected socket's own.
struct Tab {
    /// There once the database has told what it knows of the session; events may come before.
    session: watch::Sender<Option<Arc<Session>>>,
    allowance: Mutex<Allowance>,
    /// Held while an event is handled, so that an ask sees the rating that was sent before it.
    turn: tokio::sync::Mutex<()>,
}

/// What a browser says of itself as it connects; a field that is none of its kind counts as missing.
#[derive(Default)]
struct Auth {
    session: Option<Uuid>,
    offset: i64,
    lang: Option<Lang>,
}

impl From<Value> for Auth {
    fn from(auth: Value) -> Auth {
        Auth {
            session: auth["session"].as_str().and_then(|id| Uuid::parse_str(id).ok()),
            offset: auth["offset"].as_i64().unwrap_or(0),
            lang: auth["lang"].as_str().map(Lang::from_tag),
        }
    }
}

/// Whether the client waits for an acknowledgement; without one, an error goes out as a `failed` event.
struct WantsAck(bool);

impl FromMessageParts<LocalAdapter> for WantsAck {
    type Error = Infallible;
    fn from_message_parts(
        _: &Arc<socketioxide::socket::Socket<LocalAdapter>>,
        _: &mut socketioxide_core::Value,
        ack_id: &Option<i64>,
    ) -> Result<Self, Infallible> {
        Ok(WantsAck(ack_id.is_some()))
    }
}

/// Registers the namespace `/`.
pub fn register(io: &SocketIo, context: Arc<Context>) {
    let listening = {
        let context = context.clone();
        // A middleware, because it ends before the browser hears that it is connected: an event without a handler
        // would be lost.
        async move |socket: SocketRef| -> Result<(), Infallible> {
            let allowance = Mutex::new(Allowance::new(context.events_per_second, Instant::now()));
            let turn = tokio::sync::Mutex::default();
            let tab = Arc::new(Tab { session: watch::Sender::new(None), allowance, turn });
            listen(&socket, &context, &tab);
            socket.extensions.insert(tab);
            Ok(())
        }
    };
    let welcoming = async move |socket: SocketRef, TryData(auth): TryData<Value>| {
        // An auth that is none at all is that of a first visit.
        let auth = auth.map(Auth::from).unwrap_or_default();
        if let Some(tab) = socket.extensions.get::<Arc<Tab>>() {
            welcome(socket, auth, &context, &tab).await;
        }
    };
    io.ns("/", welcoming.with(listening));
}

/// Tells every browser the farm's status as it changes, until `stop` is cancelled.
pub async fn tell_status(io: SocketIo, coordinator: Handle, stop: CancellationToken) {
    let mut status = coordinator.status();
    while let Some(Ok(())) = stop.run_until_cancelled(status.changed()).await {
        let current = *status.borrow_and_update();
        if let Err(error) = io.emit("status", &status_event(&current)).await {
            tracing::debug!(%error, "not every browser got the status");
        }
        if stop.run_until_cancelled(tokio::time::sleep(STATUS_INTERVAL)).await.is_none() {
            break;
        }
    }
}

fn status_event(status: &FarmStatus) -> Value {
    let load = status.load;
    json!({
        "workers": { "idle": load.idle, "busy": load.busy, "total": load.idle + load.busy },
        "queue_depth": load.queue_depth,
        "coverage": load.shards_ready as f64 / f64::from(status.shard_count.max(1)),
    })
}

async fn welcome(socket: SocketRef, auth: Auth, context: &Context, tab: &Tab) {
    let Auth { session: known, offset, lang } = auth;
    let opened = async {
        let stored = context.store.open_session(known, lang.map(Lang::tag), timestamp_ms()).await?;
        let session = context.sessions.enter(stored.id);
        let viewer =
            async { Ok((context.store.ratings(stored.id).await?, context.store.hidden_movies(stored.id).await?)) };
        match viewer.await {
            Ok((ratings, hidden)) => session.load(ratings, hidden),
            Err(error) => {
                context.sessions.turn_away(stored.id);
                return Err::<_, crate::store::Error>(error);
            }
        }
        Ok((stored, session))
    };
    let (stored, session) = match opened.await {
        Ok(opened) => opened,
        Err(error) => {
            tracing::warn!(%error, "a session could not be opened");
            let _ = send(&socket, "failed", &Trouble::Storage.refusal(lang.unwrap_or_default()));
            return disconnect(socket);
        }
    };
    let lang = Lang::from_tag(&stored.lang);
    let library = &context.library;
    let metadata = library.dataset.metadata();
    let profile: Vec<Value> = session
        .ratings()
        .into_iter()
        .filter_map(|(movie, rating)| Some(json!({ "movie": library.film(movie)?, "rating": rating.stars() })))
        .collect();
    let greeting = json!({
        "session_id": stored.id,
        "offset": stored.last_offset,
        "version": env!("CARGO_PKG_VERSION"),
        "lang": lang,
        "resumed": stored.resumed,
        "dataset": {
            "name": metadata.name,
            "version": metadata.version,
            "movies": metadata.counts.movies,
            "users": metadata.counts.users,
            "ratings": metadata.counts.ratings,
        },
        "profile": profile,
        "events_per_second": context.events_per_second,
        "limits": { "n": LARGEST_N, "text": LONGEST_TEXT, "profile": LONGEST_PROFILE },
    });
    let _ = send(&socket, "session", &greeting);
    let _ = send(&socket, "status", &status_event(&context.coordinator.status().borrow()));

    let _in_order = session.in_order.lock().await;
    context.sessions.attach(&session, lang, socket.clone());
    tab.session.send_replace(Some(session.clone()));
    if !socket.connected() {
        context.sessions.detach(session.id, &socket);
        return;
    }
    // From here on new events reach the tab; whatever came in between is among the replayed, and known by its offset.
    if stored.resumed {
        replay(&socket, context, stored.id, offset).await;
    }
}

/// Sends a session's events after `offset`, waiting while the browser's buffer is full.
async fn replay(socket: &SocketRef, context: &Context, session_id: Uuid, mut offset: i64) {
    let give_up_at = Instant::now() + REPLAY_PATIENCE;
    loop {
        let events = match context.store.events_since(session_id, offset, REPLAY_PAGE).await {
            Ok(events) => events,
            Err(error) => return tracing::warn!(%error, "a session's past events could not be read"),
        };
        let last_page = events.len() < REPLAY_PAGE as usize;
        for event in events {
            offset = event.offset;
            let (name, payload) = replayed(&event);
            while let Err(error) = send(socket, name, &payload) {
                if !socket.connected() || Instant::now() > give_up_at {
                    tracing::debug!(%error, "gave up replaying to a browser that does not read");
                    return disconnect(socket.clone());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        if last_page {
            return;
        }
    }
}

/// Puts a handler on each event; what it gives is the acknowledgement.
fn listen(socket: &SocketRef, context: &Arc<Context>, tab: &Arc<Tab>) {
    let sockets_own = socket.clone();
    let on = |event: &'static str| {
        let (context, tab) = (context.clone(), tab.clone());
        sockets_own.on(
            event,
            async move |socket: SocketRef,
                        TryData(payload): TryData<Value>,
                        WantsAck(wanted): WantsAck,
                        ack: AckSender| {
                let payload = payload.unwrap_or(Value::Null);
                let handled = match tab.admit().await {
                    Err(refused) => Err(refused),
                    Ok(session) => {
                        let _turn = tab.turn.lock().await;
                        let handled = handle(event, payload, &context, &session, &socket).await;
                        handled.map_err(|trouble| (trouble, session.lang()))
                    }
                };
                let told = match handled {
                    Ok(told) => ack.send(&told),
                    Err((trouble, lang)) => {
                        let refusal = trouble.refusal(lang);
                        if wanted { ack.send(&Refused { error: refusal }) } else { send(&socket, "failed", &refusal) }
                    }
                };
                if let Err(error) = told {
                    tracing::debug!(%error, event, "an acknowledgement was not sent");
                    disconnect(socket);
                }
            },
        );
    };
    for event in ["ask", "cancel", "rate", "feedback"] {
        on(event);
    }
    let for_unknown = tab.clone();
    socket.on_fallback(async move |socket: SocketRef, WantsAck(wanted): WantsAck, ack: AckSender| {
        let no_such = "there is no such event; there are ask, cancel, rate and feedback";
        let (trouble, lang) = match for_unknown.admit().await {
            Ok(session) => (Trouble::BadRequest(no_such.into()), session.lang()),
            Err(refused) => refused,
        };
        let refusal = trouble.refusal(lang);
        let _ = if wanted { ack.send(&Refused { error: refusal }) } else { send(&socket, "failed", &refusal) };
    });
    let (sessions, tab) = (context.sessions.clone(), tab.clone());
    socket.on_disconnect(async move |socket: SocketRef| {
        // A session that is opened only now is let go by `welcome`.
        let opened = tab.session.borrow().clone();
        if let Some(session) = opened {
            sessions.detach(session.id, &socket);
        }
    });
}

#[derive(Serialize)]
struct Refused {
    error: Refusal,
}

impl Tab {
    /// The session, unless the socket says too much at once or its session cannot be had.
    async fn admit(&self) -> Result<Arc<Session>, (Trouble, Lang)> {
        let allowed = self.allowance.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now());
        let mut session = self.session.subscribe();
        if let Err(wait) = allowed {
            // Refused without waiting for the session: what is too much must not pile up here.
            let lang = session.borrow().as_ref().map(|session| session.lang()).unwrap_or_default();
            return Err((Trouble::RateLimited(wait.as_millis() as u64 + 1), lang));
        }
        match tokio::time::timeout(OPENING, session.wait_for(Option::is_some)).await {
            Ok(Ok(opened)) => opened.clone().ok_or((Trouble::Storage, Lang::default())),
            _ => Err((Trouble::Storage, Lang::default())),
        }
    }
}

async fn handle(
    event: &str,
    payload: Value,
    context: &Arc<Context>,
    session: &Arc<Session>,
    socket: &SocketRef,
) -> Result<Value, Trouble> {
    match event {
        "ask" => asked(payload, context, session, socket).await,
        "cancel" => cancel(payload, context, session).await,
        "rate" => {
            let (movie, rating) = ask::parse::<RawRating>(payload)?.check()?;
            let film = context.library.film(movie).ok_or(Trouble::UnknownMovie(movie))?;
            let ratings = rate(context, session, &film, movie, rating, Some(socket)).await?;
            Ok(json!({ "movie_id": movie, "rating": rating.map(|rating| rating.stars()), "ratings": ratings }))
        }
        _ => feedback(payload, context, session).await,
    }
}

async fn asked(
    payload: Value,
    context: &Arc<Context>,
    session: &Arc<Session>,
    socket: &SocketRef,
) -> Result<Value, Trouble> {
    let ask = Ask::parse(payload)?;
    let resolved = match &ask.basis {
        // A long sentence takes milliseconds to understand, which are not the async threads'.
        Basis::Text(_) => {
            let last = context.store.last_answered(session.id).await.map_err(storage)?;
            let (context, session, ask) = (context.clone(), session.clone(), ask.clone());
            let understood = tokio::task::spawn_blocking(move || {
                let last = last.and_then(|last| {
                    let spec = serde_json::from_str::<Spec>(&last.spec).ok()?;
                    Some((spec, serde_json::from_str::<Value>(&last.outcome).ok()?))
                });
                let last = last.as_ref().map(|(spec, outcome)| (spec, outcome));
                let asked_back = session.asked_back();
                let viewer = viewer(&session, last, asked_back.as_ref());
                resolve(&ask, &viewer, &context.library).map(Step::from)
            });
            understood.await.map_err(|_| Trouble::Unavailable)??
        }
        _ => Step::from(resolve(&ask, &viewer(session, None, None), &context.library)?),
    };
    session.asks_back(match &resolved {
        Step::Say(reply @ Reply::Clarify { .. }) => Some(reply.clone()),
        _ => None,
    });
    match resolved {
        Step::Say(reply) => Ok(json!({ "reply": reply })),
        Step::Rate { movie, rating, message } => {
            let film = context.library.film(movie).ok_or(Trouble::UnknownMovie(movie))?;
            let ratings = rate(context, session, &film, movie, Some(rating), Some(socket)).await?;
            let rating = rating.stars();
            Ok(
                json!({ "reply": { "kind": "rated", "message": message, "movie": film, "rating": rating, "ratings": ratings } }),
            )
        }
        Step::Unrate { movie, message } => {
            let film = context.library.film(movie).ok_or(Trouble::UnknownMovie(movie))?;
            rate(context, session, &film, movie, None, Some(socket)).await?;
            Ok(json!({ "reply": Reply::Help { message, examples: Vec::new() } }))
        }
        Step::Compute(spec) => {
            let query = in_words(&ask, &spec, &context.library);
            submit(context, session, socket, query, ask.key, *spec).await
        }
    }
}

/// [`Resolved`] without what it borrows from the library.
enum Step {
    Compute(Box<Spec>),
    Say(Reply),
    Rate { movie: MovieId, rating: cineswarm_engine::HalfStars, message: String },
    Unrate { movie: MovieId, message: String },
}

impl From<Resolved<'_>> for Step {
    fn from(resolved: Resolved<'_>) -> Step {
        match resolved {
            Resolved::Compute(spec) => Step::Compute(spec),
            Resolved::Say(reply) => Step::Say(reply),
            Resolved::Unrate { movie, message } => Step::Unrate { movie, message },
            Resolved::Rate { movie, rating, message, .. } => Step::Rate { movie, rating, message },
        }
    }
}

fn viewer<'a>(
    session: &Session,
    last: Option<(&'a Spec, &'a Value)>,
    asked_back: Option<&'a Reply>,
) -> Viewer<'a> {
    Viewer { lang: session.lang(), ratings: session.ratings(), hidden: session.hidden(), last, asked_back }
}

/// What was asked, as a sentence for tabs that did not ask and for the log.
fn in_words(ask: &Ask, spec: &Spec, library: &Library) -> String {
    let filters = ask.filters.clone();
    let intent = match &ask.basis {
        Basis::Text(text) => return text.clone(),
        Basis::User(user_id) => Intent::ForUser { user_id: *user_id, filters },
        Basis::Like(movies) => Intent::Like { movies: movies.clone(), filters, tweak: Tweak::None },
        Basis::Own | Basis::Profile(_) => Intent::ForMe { filters },
    };
    // It goes out with every event about the request, and thousands of films may have been given.
    shortened(&replies::describe(&intent, library.catalogue(), spec.lang), LONGEST_TEXT).into_owned()
}

/// Stores a request and hands it to the farm, both at once; acknowledged when it is on disk.
async fn submit(
    context: &Arc<Context>,
    session: &Session,
    socket: &SocketRef,
    query: String,
    key: Option<String>,
    spec: Spec,
) -> Result<Value, Trouble> {
    if context.coordinator.status().borrow().load.requests >= context.max_requests {
        return Err(Trouble::QueueFull);
    }
    // Ids that ascend with time keep the database's work on one page of their index.
    let request_id = Uuid::now_v7();
    let new = NewRequest {
        request_id,
        session_id: session.id,
        idempotency_key: key.clone(),
        query: query.clone(),
        spec: serde_json::to_string(&spec).map_err(|_| Trouble::Storage)?,
        accepted_at: timestamp_ms(),
    };
    let live = Live::new(request_id, session.id, query.into(), Arc::new(spec));
    let stored = live.stored.clone();
    let unless_stored = live.given_up.clone().drop_guard();
    if key.is_none() && live.spec.source == Source::Neighbours {
        let (accepted, submitted) =
            tokio::join!(context.store.accept(new), context.coordinator.submit(live, context.request_timeout));
        if accepted.is_err() {
            context.coordinator.cancel(request_id).await;
        }
        accepted.map_err(storage)?;
        unless_stored.disarm();
        stored.cancel();
        return match submitted {
            Ok(position) => Ok(json!({ "request_id": request_id, "position": position })),
            Err(not_taken) => Err(refuse(context, request_id, not_taken, session.lang()).await),
        };
    }
    match context.store.accept(new).await.map_err(storage)? {
        Accepted::Duplicate { request_id } => {
            // Whoever asks again with the same key gets the ending again, if there is one already.
            if let Ok(Some(ending)) = context.store.ending(request_id).await {
                let (name, payload) = replayed(&ending);
                let _ = send(socket, name, &payload);
            }
            Ok(json!({ "request_id": request_id, "position": 0 }))
        }
        Accepted::New => {
            unless_stored.disarm();
            stored.cancel();
            if live.spec.source == Source::Popular {
                context.desk.ended(live);
                return Ok(json!({ "request_id": request_id, "position": 0 }));
            }
            match context.coordinator.submit(live, context.request_timeout).await {
                Ok(position) => Ok(json!({ "request_id": request_id, "position": position })),
                Err(not_taken) => Err(refuse(context, request_id, not_taken, session.lang()).await),
            }
        }
    }
}

/// A request that is stored but that the farm did not take: ended, unless the master is stopping and will find it again.
async fn refuse(context: &Context, request_id: Uuid, not_taken: NotTaken, lang: Lang) -> Trouble {
    match not_taken {
        NotTaken::Stopping => Trouble::Unavailable,
        NotTaken::QueueFull => {
            let outcome = serde_json::to_string(&Trouble::QueueFull.refusal(lang)).unwrap_or_default();
            let ending = crate::store::Ending { state: EndState::Failed, outcome, ended_at: timestamp_ms() };
            if let Err(error) = context.store.finish(request_id, ending).await {
                tracing::warn!(%request_id, %error, "a refused request stays queued until the next start");
            }
            Trouble::QueueFull
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCancel {
    request_id: Uuid,
}

async fn cancel(payload: Value, context: &Context, session: &Session) -> Result<Value, Trouble> {
    let RawCancel { request_id } = ask::parse(payload)?;
    let known = context.store.request(request_id).await.map_err(storage)?;
    let request = known.filter(|known| known.session_id == session.id).ok_or(Trouble::UnknownRequest)?;
    if request.ended_at.is_some() {
        return Ok(json!({ "cancelled": false }));
    }
    let Ok(spec) = serde_json::from_str::<Spec>(&request.spec) else { return Err(Trouble::UnknownRequest) };
    let under_way = context.coordinator.cancel(request_id).await;
    if under_way {
        let live = Live::new(request_id, session.id, request.query.into(), Arc::new(spec));
        live.stored.cancel();
        context.desk.fail(&live, EndState::Cancelled, &Trouble::Cancelled).await;
    }
    Ok(json!({ "cancelled": under_way }))
}

async fn rate(
    context: &Context,
    session: &Session,
    film: &Film<'_>,
    movie: MovieId,
    rating: Option<cineswarm_engine::HalfStars>,
    except: Option<&SocketRef>,
) -> Result<u64, Trouble> {
    let ratings = context.store.rate(session.id, movie, rating, timestamp_ms()).await.map_err(storage)?;
    context.sessions.change(session.id, Change::Rated(movie, rating));
    let told = json!({ "movie": film, "rating": rating.map(|rating| rating.stars()), "ratings": ratings });
    context.sessions.push(session.id, "rated", &told, except);
    Ok(ratings)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFeedback {
    movie_id: MovieId,
    kind: String,
    request_id: Option<Uuid>,
}

async fn feedback(payload: Value, context: &Context, session: &Session) -> Result<Value, Trouble> {
    let RawFeedback { movie_id, kind, request_id } = ask::parse(payload)?;
    let kind = FeedbackKind::from_name(&kind)
        .ok_or_else(|| Trouble::BadRequest(format!("kind: {kind:?} is not up, down, seen or not_interested")))?;
    context.library.film(movie_id).ok_or(Trouble::UnknownMovie(movie_id))?;
    let given = Feedback { session_id: session.id, movie_id, kind, request_id, given_at: timestamp_ms() };
    context.store.give_feedback(given).await.map_err(storage)?;
    let hidden = matches!(kind, FeedbackKind::Seen | FeedbackKind::NotInterested);
    context.sessions.change(session.id, Change::Hidden(movie_id, hidden));
    Ok(json!({ "ok": true }))
}

fn storage(error: crate::store::Error) -> Trouble {
    tracing::warn!(%error, "the database did not serve a browser");
    Trouble::Storage
}
