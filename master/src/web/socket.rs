//! The Socket.IO edge: a browser connects, its session is opened or resumed, and what it says is queued.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cineswarm_mqtt::timestamp_ms;
use serde_json::{Value, json};
use socketioxide::SocketIo;
use socketioxide::extract::{SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::posters::Posters;
use super::reception::{Ear, Event, Reception, Visitor};
use super::tab::{Own, PostInAll, Tab};
use crate::app::desk::replayed;
use crate::app::{App, storage};
use crate::chat::Lang;
use crate::farm::coordinator::{FarmStatus, Handle};
use crate::library::Library;
use crate::requests::ask::{LARGEST_N, LONGEST_PROFILE};
use crate::store::Store;
use crate::words::{LONGEST_TEXT, Trouble};

/// Past events fetched from the store at a time when a session is resumed.
const REPLAY_PAGE: u32 = 100;
/// How long a browser that resumes may take to read what it missed, before it has to connect again.
const REPLAY_PATIENCE: Duration = Duration::from_secs(10);
const REPLAY_INTERVAL: Duration = Duration::from_millis(20);
/// How long a session may take to be read from the database.
const OPENING: Duration = Duration::from_secs(10);
/// The farm's status goes to browsers this often at the most.
const STATUS_INTERVAL: Duration = Duration::from_millis(200);

/// What the handlers need.
pub struct Context {
    /// What viewers can do.
    pub app: Arc<App>,
    /// Where what they say is queued.
    pub reception: Arc<Reception>,
    /// The farm.
    pub coordinator: Handle,
    /// What waits for browsers that do not read.
    pub post_in_all: PostInAll,
    /// Events a socket may send in a second.
    pub events_per_second: u32,
    /// Where posters are, if that was said.
    pub posters: Option<Posters>,
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

/// Registers the namespace `/`.
pub fn register(io: &SocketIo, context: Arc<Context>) {
    let listening = {
        let context = context.clone();
        // A middleware, because it ends before the browser hears that it is connected: an event without a handler
        // would be lost.
        async move |socket: SocketRef, own: Own| -> Result<(), Infallible> {
            let tab = Arc::new(Tab::new(own.0, context.events_per_second, context.post_in_all.clone()));
            let visitor = Arc::new(Visitor::new(tab));
            listen(&socket, &context, &visitor);
            socket.extensions.insert(visitor);
            Ok(())
        }
    };
    let welcoming = async move |socket: SocketRef, TryData(auth): TryData<Value>| {
        // An auth that is none at all is that of a first visit.
        let auth = auth.map(Auth::from).unwrap_or_default();
        if let Some(visitor) = socket.extensions.get::<Arc<Visitor>>() {
            welcome(auth, &context, &visitor).await;
        }
    };
    io.ns("/", welcoming.with(listening));
}

/// Tells every browser the farm's status as it changes, until `stop` is cancelled.
pub async fn tell_status(io: SocketIo, coordinator: Handle, library: Arc<Library>, stop: CancellationToken) {
    let (mut status, mut ratings) = (coordinator.status(), library.moves());
    loop {
        let changed = async {
            tokio::select! {
                changed = status.changed() => changed,
                changed = ratings.changed() => changed,
            }
        };
        if !matches!(stop.run_until_cancelled(changed).await, Some(Ok(()))) {
            break;
        }
        let current = status_event(&status.borrow_and_update(), &library);
        ratings.mark_unchanged();
        // `emit` would panic once the sockets are closed, which a stopping master does while this may still run.
        let Some(browsers) = io.of("/") else { break };
        if let Err(error) = browsers.emit("status", &current).await {
            tracing::debug!(%error, "not every browser got the status");
        }
        if stop.run_until_cancelled(tokio::time::sleep(STATUS_INTERVAL)).await.is_none() {
            break;
        }
    }
}

fn status_event(status: &FarmStatus, library: &Library) -> Value {
    let load = status.load;
    json!({
        "workers": { "idle": load.idle, "busy": load.busy, "total": load.idle + load.busy },
        "queue_depth": load.queue_depth,
        "coverage": load.shards_ready as f64 / f64::from(status.shard_count.max(1)),
        "ratings": library.ranker().ratings(),
        "last_change": library.last_change(),
    })
}

async fn welcome(auth: Auth, context: &Context, visitor: &Visitor) {
    let tab = &visitor.tab;
    let (store, sessions, library) = (&context.app.store, &context.app.sessions, &context.app.library);
    let Auth { session: known, offset, lang } = auth;
    let opened = async {
        let stored = store.open_session(known, lang.map(Lang::tag), timestamp_ms()).await?;
        let session = sessions.enter(stored.id, stored.user_id);
        match store.profile(stored.id).await {
            Ok(profile) => session.load(profile),
            Err(error) => {
                sessions.turn_away(stored.id);
                return Err::<_, crate::store::Error>(error);
            }
        }
        Ok((stored, session))
    };
    let opened = match tokio::time::timeout(OPENING, opened).await {
        Ok(opened) => opened.map_err(storage),
        Err(_) => {
            tracing::warn!(waited = ?OPENING, "the database did not open a session in time");
            Err(Trouble::Storage)
        }
    };
    let (stored, session) = match opened {
        Ok(opened) => opened,
        Err(trouble) => {
            context.reception.closed(visitor);
            let _ = tab.tell("failed", &trouble.refusal(lang.unwrap_or_default()));
            return tab.disconnect();
        }
    };
    let lang = Lang::from_tag(&stored.lang);
    let metadata = library.dataset.metadata();
    let profile: Vec<Value> = session
        .ratings()
        .into_iter()
        .filter_map(|(movie, rating)| Some(json!({ "movie": library.film(movie)?, "rating": rating.stars() })))
        .collect();
    let feedback: Vec<Value> = session
        .feedback()
        .into_iter()
        .filter_map(|(movie, kind)| Some(json!({ "movie": library.film(movie)?, "kind": kind.name() })))
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
        "feedback": feedback,
        "events_per_second": context.events_per_second,
        "posters": context.posters.as_ref().map(|posters| json!({ "host": posters.host() })),
        "limits": { "n": LARGEST_N, "text": LONGEST_TEXT, "profile": LONGEST_PROFILE },
    });
    let _ = tab.tell("session", &greeting);
    let _ = tab.tell("status", &status_event(&context.coordinator.status().borrow(), library));

    let _in_order = session.in_order.lock().await;
    sessions.attach(&session, lang, tab.clone());
    context.reception.opened(visitor, &session);
    if tab.is_gone() {
        return sessions.detach(session.id, tab.id);
    }
    // From here on new events reach the tab; whatever came in between is among the replayed, and known by its offset.
    if stored.resumed && !replay(tab, store, stored.id, offset).await && !tab.is_gone() {
        tab.disconnect();
    }
}

/// Sends a session's events after `offset`, waiting while the browser's buffer is full; `false` if it does not get all
/// of them and has to come back.
async fn replay(tab: &Tab, store: &Store, session_id: Uuid, mut offset: i64) -> bool {
    let give_up_at = Instant::now() + REPLAY_PATIENCE;
    loop {
        let events = match store.events_since(session_id, offset, REPLAY_PAGE).await {
            Ok(events) => events,
            Err(error) => {
                tracing::warn!(%error, "a session's past events could not be read");
                return false;
            }
        };
        let last_page = events.len() < REPLAY_PAGE as usize;
        for event in events {
            offset = event.offset;
            let (name, payload) = replayed(&event);
            loop {
                match tab.tell_now(name, &payload) {
                    Ok(true) => break,
                    Ok(false) if Instant::now() < give_up_at => tokio::time::sleep(REPLAY_INTERVAL).await,
                    _ => {
                        tracing::debug!("gave up replaying to a browser that does not read");
                        return false;
                    }
                }
            }
        }
        if last_page {
            return true;
        }
    }
}

/// Has everything that is said queued, and notices when the browser is gone.
fn listen(socket: &SocketRef, context: &Arc<Context>, visitor: &Arc<Visitor>) {
    let ear = |event| Ear { visitor: visitor.clone(), reception: context.reception.clone(), event };
    for event in Event::ALL {
        socket.on(event.name(), ear(Some(event)));
    }
    socket.on_fallback(ear(None));
    let (context, visitor) = (context.clone(), visitor.clone());
    socket.on_disconnect(async move || {
        let tab = &visitor.tab;
        tab.leave();
        context.reception.closed(&visitor);
        // A session that is opened only now is let go by `welcome`.
        if let Some(session) = tab.session.get() {
            context.app.sessions.detach(session.id, tab.id);
        }
    });
}
