//! Where what browsers say is queued, in the order it was read: what one session says, in whichever tab, is handled one
//! after the other, and sessions take turns. What waits is bounded, and what is too much is refused while it is read.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cineswarm_telemetry::metrics::list;
use futures::FutureExt;
use serde::Serialize;
use serde_json::{Value, json};
use socketioxide::adapter::LocalAdapter;
use socketioxide::extract::TryData;
use socketioxide::handler::{FromMessageParts, MessageHandler};
use socketioxide::socket::Socket;
use uuid::Uuid;

use super::tab::Tab;
use crate::app::sessions::{Session, TabId};
use crate::app::turns::Turns;
use crate::app::{App, Done};
use crate::measure;
use crate::words::{Refusal, Trouble};

/// Events of one tab that may wait; it may send as many at once by its allowance, unless that was raised.
const WAITING_OF_TAB: usize = 256;
/// Events, and bytes of them, of all tabs that may wait.
const WAITING_IN_ALL: usize = 8_192;
const WAITING_IN_ALL_BYTES: usize = 64 << 20;
/// Past so many, asks are taken only of those who ask as a person does: who asks more often, though within the allowance,
/// would else make everybody wait.
const WAITING_OF_HURRIED: usize = 128;
/// Who uses more than this part of what one tab is allowed is in a hurry.
const HURRIED: f64 = 0.2;
/// Somebody who asked as a person does is taken to be there for so long.
const PRESENT: Duration = Duration::from_secs(3);
/// What a person who does not wait for answers has under way at the most; and who only begins.
const SEVERAL: usize = 4;
const SEVERAL_AT_FIRST: usize = 2;
/// An ask that waited longer is refused: what is slow does not become faster by a backlog.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Sessions that are served at a time: what waits for the disk together shares one commit.
const SERVED_AT_A_TIME: usize = 64;
/// When who was refused for want of room may come again, in milliseconds.
const COME_BACK_MS: u64 = 500;

/// What a browser can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Ask for films, or say something.
    Ask,
    /// Stop a request.
    Cancel,
    /// Rate a film, or take that back.
    Rate,
    /// Say something else of a film.
    Feedback,
    /// Begin a new conversation.
    Begin,
    /// Show a file of theirs, a part of which this is.
    Bring,
    /// Take ratings from it.
    Import,
    /// Have their own ratings as text.
    Export,
}

impl Event {
    /// All of them.
    pub const ALL: [Event; 8] = [
        Event::Ask,
        Event::Cancel,
        Event::Rate,
        Event::Feedback,
        Event::Begin,
        Event::Bring,
        Event::Import,
        Event::Export,
    ];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Event::Ask => "ask",
            Event::Cancel => "cancel",
            Event::Rate => "rate",
            Event::Feedback => "feedback",
            Event::Begin => "begin",
            Event::Bring => "bring",
            Event::Import => "import",
            Event::Export => "export",
        }
    }
}

/// A tab, and what it has said that is not handled yet.
pub struct Visitor {
    /// The tab.
    pub tab: Arc<Tab>,
    /// What was said before the session was open.
    early: Mutex<Early>,
    /// Events that wait to be handled.
    waiting: AtomicUsize,
}

impl Visitor {
    /// One that has said nothing.
    pub fn new(tab: Arc<Tab>) -> Visitor {
        Visitor { tab, early: Mutex::default(), waiting: AtomicUsize::new(0) }
    }
}

/// One saying of a browser.
pub struct Said {
    visitor: Arc<Visitor>,
    socket: Arc<Socket<LocalAdapter>>,
    /// `None`: there is no such event.
    event: Option<Event>,
    value: socketioxide_core::Value,
    ack: Option<i64>,
    queued_at: Option<Instant>,
}

impl Said {
    fn bytes(&self) -> usize {
        match &self.value {
            socketioxide_core::Value::Str(text, attached) => {
                text.len() + attached.iter().flatten().map(bytes::Bytes::len).sum::<usize>()
            }
            socketioxide_core::Value::Bytes(bytes) => bytes.len(),
        }
    }

    fn refuse(&self, trouble: &Trouble) {
        answer(&self.visitor.tab, self.ack, Err(trouble));
    }
}

/// What a tab said before its session was open waits in its order.
#[derive(Default)]
pub enum Early {
    /// It is being read from the database.
    #[default]
    Waits,
    /// The same, and this was said.
    Said(VecDeque<Said>),
    /// The session is open; what is said goes to the queue.
    Opened,
    /// It cannot be opened, or the tab is gone.
    Closed,
}

#[derive(Serialize)]
struct Refused {
    error: Refusal,
}

/// The queue, and those who serve it.
pub struct Reception {
    app: Arc<App>,
    state: Mutex<State>,
    /// Events of a session in a second.
    hurried_from: f64,
}

#[derive(Default)]
struct State {
    turns: Turns<Uuid, Said>,
    bytes: usize,
    serving: usize,
    /// When somebody asked last who is in a conversation at a person's pace.
    person_asked: Option<Instant>,
}

/// What socketioxide calls with each event, on the task that reads the connection, in the order it reads: a handler that
/// is a future would be spawned, and two of them may start in either order.
pub struct Ear {
    /// Whose.
    pub visitor: Arc<Visitor>,
    /// Where what is heard goes.
    pub reception: Arc<Reception>,
    /// `None`: for all that there is no handler for.
    pub event: Option<Event>,
}

/// Tells [`Ear`] from socketioxide's own kinds of handler.
pub struct InOrder;

impl MessageHandler<LocalAdapter, InOrder> for Ear {
    fn call(&self, socket: Arc<Socket<LocalAdapter>>, value: socketioxide_core::Value, ack: Option<i64>) {
        self.reception.hear(Said {
            visitor: self.visitor.clone(),
            socket,
            event: self.event,
            value,
            ack,
            queued_at: None,
        });
    }
}

impl Reception {
    /// An empty one, for tabs that may send so many events a second.
    pub fn new(app: Arc<App>, events_per_second: u32) -> Arc<Reception> {
        let hurried_from = f64::from(events_per_second) * HURRIED;
        Arc::new(Reception { app, state: Mutex::default(), hurried_from })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Events that wait.
    pub fn waiting(&self) -> usize {
        self.state().turns.waiting()
    }

    /// Bytes of the events that wait.
    pub fn waiting_bytes(&self) -> usize {
        self.state().bytes
    }

    /// Queues what was said, or refuses it at once.
    fn hear(self: &Arc<Self>, said: Said) {
        list::EVENTS_RECEIVED.increment([said.event.map_or("unknown", Event::name)]);
        let (visitor, tab) = (said.visitor.clone(), &said.visitor.tab.clone());
        if let Err(trouble) = tab.allow(said.bytes()) {
            return said.refuse(&trouble);
        }
        if visitor.waiting.load(Ordering::Relaxed) >= WAITING_OF_TAB {
            return said.refuse(&Trouble::RateLimited(COME_BACK_MS));
        }
        if tab.session.get().is_some_and(|session| self.is_too_hurried(session, said.event)) {
            return said.refuse(&Trouble::QueueFull);
        }
        let mut early = visitor.early.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *early {
            Early::Waits => {
                visitor.waiting.fetch_add(1, Ordering::Relaxed);
                *early = Early::Said(VecDeque::from([said]));
            }
            Early::Said(waiting) => {
                visitor.waiting.fetch_add(1, Ordering::Relaxed);
                waiting.push_back(said);
            }
            Early::Opened => {
                drop(early);
                if let Some(session) = tab.session.get() {
                    visitor.waiting.fetch_add(1, Ordering::Relaxed);
                    self.queue(session, said);
                }
            }
            Early::Closed => {}
        }
    }

    /// Whether others should not have to wait for this: there is a queue, and the session asks more often than a person or
    /// has several requests in it already.
    fn is_too_hurried(&self, session: &Session, event: Option<Event>) -> bool {
        let now = Instant::now();
        let is_hurried = session.say(now, self.hurried_from);
        if event != Some(Event::Ask) {
            return false;
        }
        let goes_first = session.goes_first();
        let several = if goes_first { SEVERAL } else { SEVERAL_AT_FIRST };
        if !is_hurried && self.app.underway.of(session.id) < several {
            if goes_first {
                self.state().person_asked = Some(now);
            }
            return false;
        }
        let (waiting, person_asked) = {
            let state = self.state();
            (state.turns.waiting(), state.person_asked)
        };
        let beside_persons = person_asked.is_some_and(|at| now.saturating_duration_since(at) < PRESENT);
        waiting >= WAITING_OF_HURRIED || self.app.underway.is_behind(now, beside_persons)
    }

    /// A tab's session is open: what it said meanwhile is queued, before anything that it says from now on.
    pub fn opened(self: &Arc<Self>, visitor: &Visitor, session: &Arc<Session>) {
        let mut early = visitor.early.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*early, Early::Closed) || visitor.tab.session.set(session.clone()).is_err() {
            return;
        }
        if let Early::Said(waiting) = std::mem::replace(&mut *early, Early::Opened) {
            for said in waiting {
                self.queue(session, said);
            }
        }
    }

    /// A tab's session cannot be opened, or the tab is gone: what it said before is refused.
    pub fn closed(&self, visitor: &Visitor) {
        let before = {
            let mut early = visitor.early.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *early, Early::Closed)
        };
        if let Early::Said(waiting) = before {
            for said in waiting {
                said.refuse(&Trouble::Storage);
            }
        }
    }

    fn queue(self: &Arc<Self>, session: &Session, mut said: Said) {
        said.queued_at = Some(Instant::now());
        let mut state = self.state();
        let bytes = said.bytes();
        if state.turns.waiting() >= WAITING_IN_ALL || state.bytes + bytes > WAITING_IN_ALL_BYTES {
            drop(state);
            said.visitor.waiting.fetch_sub(1, Ordering::Relaxed);
            return said.refuse(&Trouble::QueueFull);
        }
        state.bytes += bytes;
        state.turns.push(session.id, said, session.goes_first());
        if state.serving < SERVED_AT_A_TIME {
            state.serving += 1;
            tokio::spawn(self.clone().serve());
        }
    }

    /// Serves one after the other, until nobody waits.
    async fn serve(self: Arc<Self>) {
        loop {
            let (session, said) = {
                let mut state = self.state();
                let Some((session, said)) = state.turns.take() else {
                    state.serving -= 1;
                    return;
                };
                state.bytes -= said.bytes();
                (session, said)
            };
            said.visitor.waiting.fetch_sub(1, Ordering::Relaxed);
            self.handle(said).await;
            self.state().turns.release(&session);
        }
    }

    async fn handle(&self, said: Said) {
        let is_late = said.queued_at.is_some_and(|at| at.elapsed() > LONGEST_WAIT);
        if is_late && said.event == Some(Event::Ask) && !said.visitor.tab.is_gone() {
            return said.refuse(&Trouble::QueueFull);
        }
        let Said { visitor, socket, event, mut value, ack, .. } = said;
        let tab = &visitor.tab;
        let Some(session) = tab.session.get() else { return };
        // Nobody was told that it was taken, and nobody would see the answer. What was said of films still counts.
        if tab.is_gone() && matches!(event, Some(Event::Ask) | None) {
            return;
        }
        let Some(event) = event else {
            let no_such = "there is no such event; docs/PROTOCOL.md has those there are";
            return answer(tab, ack, Err(&Trouble::BadRequest(no_such.into())));
        };
        let Ok(TryData(payload)) = TryData::<Value>::from_message_parts(&socket, &mut value, &ack);
        drop((socket, value));
        let payload = payload.unwrap_or(Value::Null);
        let handled = AssertUnwindSafe(self.carry_out(event, payload, session, tab.id)).catch_unwind().await;
        match handled {
            Ok(Ok(done)) => {
                if let Some((event, payload)) = done.first {
                    let _ = tab.tell(event, &payload);
                }
                answer(tab, ack, Ok(&done.acknowledgement));
            }
            Ok(Err(trouble)) => answer(tab, ack, Err(&trouble)),
            Err(_) => {
                let session = self.app.labels.of(session.id);
                tracing::error!(?event, session, "the handling of an event panicked");
                answer(tab, ack, Err(&Trouble::Internal));
            }
        }
    }
}

impl Reception {
    async fn carry_out(
        &self,
        event: Event,
        payload: Value,
        session: &Arc<Session>,
        tab: TabId,
    ) -> Result<Done, Trouble> {
        let app = &self.app;
        match event {
            Event::Ask => app.ask(payload, session, tab).await,
            Event::Cancel => app.cancel(payload, session).await.map(Done::from),
            Event::Rate => app.take_rating(payload, session, tab).await.map(Done::from),
            Event::Feedback => app.feedback(payload, session, tab).await.map(Done::from),
            Event::Begin => app.begin(payload, session, tab).await,
            Event::Bring => app.bring(payload, session).await.map(Done::from),
            Event::Import => app.import(payload, session, tab).await.map(Done::from),
            Event::Export => app.export(payload, session).await.map(Done::from),
        }
    }
}

/// Acknowledges; where the client waits for no acknowledgement, an error goes out as a `failed` event.
fn answer(tab: &Arc<Tab>, ack: Option<i64>, outcome: Result<&Value, &Trouble>) {
    let told = match outcome {
        Ok(acknowledgement) => tab.acknowledge(ack, acknowledgement),
        Err(trouble) => {
            measure::refused(trouble);
            let error = trouble.refusal(tab.lang());
            match ack {
                Some(_) => tab.acknowledge(ack, &Refused { error }),
                None => tab.tell("failed", &json!(error)),
            }
        }
    };
    if told.is_err() && !tab.is_gone() {
        tracing::debug!("an acknowledgement was not sent: the browser does not read");
        tab.disconnect();
    }
}
