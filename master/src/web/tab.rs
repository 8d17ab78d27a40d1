//! A browser's tab: what it may say, and what waits to be sent to it. What waits is bounded in bytes, of one tab and of
//! all; a tab that does not read its own is disconnected, comes back and is sent what it missed.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use cineswarm_telemetry::metrics::list;
use serde::Serialize;
use serde_json::Value;
use socketioxide::adapter::LocalAdapter;
use socketioxide::extract::{AckSender, SocketRef};
use socketioxide::handler::{FromConnectParts, FromMessageParts};
use socketioxide::socket::Socket;
use socketioxide::{SendError, SocketError};

use super::rate_limit::Allowance;
use crate::app::sessions::{OpenTab, Session, TabId};
use crate::chat::Lang;
use crate::words::Trouble;

/// Bytes that may wait for one tab, beside the few packets that its connection holds.
pub const LONGEST_POST_BYTES: usize = 1 << 20;
/// Bytes that may wait for all tabs.
const LONGEST_POST_IN_ALL_BYTES: usize = 64 << 20;
/// How soon a connection without room is tried again, at first and at the longest; socketioxide does not say when there is
/// room. Who reads has room at once, and would be taken for deaf if it were asked only now and then.
const POST_INTERVAL: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// What waits for all tabs, in bytes.
pub type PostInAll = Arc<AtomicUsize>;

/// A connected socket's own.
pub struct Tab {
    /// Tells it from the session's other tabs.
    pub id: TabId,
    socket: Weak<Socket<LocalAdapter>>,
    allowance: Mutex<Allowance>,
    /// There once the database has told what it knows of the session.
    pub session: OnceLock<Arc<Session>>,
    gone: AtomicBool,
    post: Mutex<Post>,
    post_in_all: PostInAll,
}

#[derive(Default)]
struct Post {
    letters: VecDeque<Letter>,
    bytes: usize,
    /// Somebody is at it.
    on_its_way: bool,
    /// Nothing more is taken: what the tab has is to be without a gap.
    closed: bool,
}

struct Letter {
    to: To,
    payload: Box<str>,
}

#[derive(Clone)]
enum To {
    Event(Box<str>),
    Acknowledgement(i64),
}

/// The tab does not read, or is gone.
#[derive(Debug, thiserror::Error)]
#[error("more than {LONGEST_POST_BYTES} bytes wait for a browser that does not read, or it is gone")]
pub struct Deaf;

/// A socket as a tab holds it: without keeping it alive.
pub struct Own(pub Weak<Socket<LocalAdapter>>);

impl FromConnectParts<LocalAdapter> for Own {
    type Error = Infallible;
    fn from_connect_parts(
        socket: &Arc<Socket<LocalAdapter>>,
        _: &Option<socketioxide_core::Value>,
    ) -> Result<Own, Infallible> {
        Ok(Own(Arc::downgrade(socket)))
    }
}

impl Tab {
    /// A tab that has just connected.
    pub fn new(socket: Weak<Socket<LocalAdapter>>, events_per_second: u32, post_in_all: PostInAll) -> Tab {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        list::SOCKETS.add([], 1.0);
        Tab {
            id: TabId(NEXT.fetch_add(1, Ordering::Relaxed)),
            socket,
            allowance: Mutex::new(Allowance::new(events_per_second, Instant::now())),
            session: OnceLock::new(),
            gone: AtomicBool::new(false),
            post: Mutex::default(),
            post_in_all,
        }
    }

    /// The language it is spoken to in.
    pub fn lang(&self) -> Lang {
        self.session.get().map(|session| session.lang()).unwrap_or_default()
    }

    /// Takes an event of so many bytes off the allowance, or says how long to wait.
    pub(super) fn allow(&self, bytes: usize) -> Result<(), Trouble> {
        let taken = self.allowance.lock().unwrap_or_else(PoisonError::into_inner).take(bytes, Instant::now());
        taken.map_err(|wait| Trouble::RateLimited(wait.as_millis() as u64 + 1))
    }

    /// Whether nobody is there any more.
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    /// Nobody is there any more.
    pub fn leave(&self) {
        self.gone.store(true, Ordering::Relaxed);
        let mut post = self.post();
        post.closed = true;
        self.throw_away(&mut post);
    }

    fn post(&self) -> MutexGuard<'_, Post> {
        self.post.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn throw_away(&self, post: &mut Post) {
        post.letters.clear();
        self.post_in_all.fetch_sub(std::mem::take(&mut post.bytes), Ordering::Relaxed);
    }

    /// Sends an event, now or as soon as the browser reads.
    ///
    /// # Errors
    /// If too much waits for it already: then it is being disconnected.
    pub fn tell(self: &Arc<Self>, event: &str, payload: &impl Serialize) -> Result<(), Deaf> {
        self.send(To::Event(event.into()), payload)
    }

    /// Sends an acknowledgement likewise; none, if none was asked for.
    ///
    /// # Errors
    /// As [`Tab::tell`].
    pub fn acknowledge(self: &Arc<Self>, ack: Option<i64>, payload: &impl Serialize) -> Result<(), Deaf> {
        ack.map_or(Ok(()), |ack| self.send(To::Acknowledgement(ack), payload))
    }

    fn send(self: &Arc<Self>, to: To, payload: &impl Serialize) -> Result<(), Deaf> {
        let mut post = self.post();
        if post.closed {
            return Err(Deaf);
        }
        let socket = self.socket.upgrade().ok_or(Deaf)?;
        if post.letters.is_empty() && !post.on_its_way {
            match deliver(&socket, &to, payload) {
                Ok(()) => return Ok(()),
                Err(SendError::Socket(SocketError::InternalChannelFull)) => {}
                Err(SendError::Socket(SocketError::Closed)) => return Err(Deaf),
                Err(SendError::Serialize(error)) => {
                    tracing::error!(%error, "something for a browser cannot be written");
                    return Ok(());
                }
            }
        }
        let payload = serde_json::to_string(payload).unwrap_or_default().into_boxed_str();
        let bytes = payload.len();
        let in_all = self.post_in_all.fetch_add(bytes, Ordering::Relaxed) + bytes;
        post.bytes += bytes;
        if post.bytes > LONGEST_POST_BYTES || in_all > LONGEST_POST_IN_ALL_BYTES {
            post.closed = true;
            self.throw_away(&mut post);
            drop(post);
            disconnect(socket.into());
            return Err(Deaf);
        }
        post.letters.push_back(Letter { to, payload });
        if !std::mem::replace(&mut post.on_its_way, true) {
            tokio::spawn(self.clone().deliver_post());
        }
        Ok(())
    }

    /// Sends an event only if there is room for it now; `false` if not.
    ///
    /// # Errors
    /// If the tab is gone.
    pub fn tell_now(&self, event: &str, payload: &impl Serialize) -> Result<bool, Deaf> {
        let post = self.post();
        let socket = self.socket.upgrade().filter(|_| !post.closed).ok_or(Deaf)?;
        if !post.letters.is_empty() || post.on_its_way {
            return Ok(false);
        }
        match deliver(&socket, &To::Event(event.into()), payload) {
            Ok(()) => Ok(true),
            Err(SendError::Socket(SocketError::InternalChannelFull)) => Ok(false),
            Err(_) => Err(Deaf),
        }
    }

    /// Delivers what waits, as fast as the browser reads.
    async fn deliver_post(self: Arc<Self>) {
        let mut wait = POST_INTERVAL.0;
        loop {
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(POST_INTERVAL.1);
            let mut post = self.post();
            let Some(socket) = self.socket.upgrade() else {
                post.closed = true;
                return self.throw_away(&mut post);
            };
            while let Some(letter) = post.letters.front() {
                // It was written as JSON a moment ago.
                let payload: Value = serde_json::from_str(&letter.payload).unwrap_or_default();
                match deliver(&socket, &letter.to, &payload) {
                    Err(SendError::Socket(SocketError::InternalChannelFull)) => break,
                    Err(SendError::Socket(SocketError::Closed)) => {
                        post.closed = true;
                        return self.throw_away(&mut post);
                    }
                    Ok(()) | Err(SendError::Serialize(_)) => {
                        wait = POST_INTERVAL.0;
                        let bytes = post.letters.pop_front().map_or(0, |letter| letter.payload.len());
                        post.bytes -= bytes;
                        self.post_in_all.fetch_sub(bytes, Ordering::Relaxed);
                    }
                }
            }
            if post.letters.is_empty() {
                post.on_its_way = false;
                return;
            }
        }
    }

    /// Ends the connection, from the server's side.
    pub fn disconnect(&self) {
        self.post().closed = true;
        if let Some(socket) = self.socket.upgrade() {
            disconnect(socket.into());
        }
    }
}

impl OpenTab for Tab {
    fn id(&self) -> TabId {
        self.id
    }

    fn take_event(self: Arc<Self>, event: &str, payload: &dyn erased_serde::Serialize) -> bool {
        let told = self.tell(event, &payload);
        if let Err(error) = &told {
            tracing::debug!(%error, "disconnected a tab that does not keep up");
        }
        told.is_ok()
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        list::SOCKETS.add([], -1.0);
        let bytes = self.post.get_mut().unwrap_or_else(PoisonError::into_inner).bytes;
        self.post_in_all.fetch_sub(bytes, Ordering::Relaxed);
    }
}

fn deliver(socket: &Arc<Socket<LocalAdapter>>, to: &To, payload: &impl Serialize) -> Result<(), SendError> {
    match to {
        To::Event(event) => socket.emit(&**event, payload),
        To::Acknowledgement(ack) => {
            let mut nothing = socketioxide_core::Value::Bytes(bytes::Bytes::new());
            let Ok(sender) = AckSender::from_message_parts(socket, &mut nothing, &Some(*ack));
            sender.send(payload)
        }
    }
}

/// How long a browser that does not read is tried to be told goodbye; the heartbeat ends it long before.
const GOODBYE_PATIENCE: Duration = Duration::from_secs(60);
const GOODBYE_INTERVAL: Duration = Duration::from_millis(50);

/// Disconnects a socket, in the background: a buffer that is full has no room for the goodbye either.
fn disconnect(socket: SocketRef) {
    let give_up_at = Instant::now() + GOODBYE_PATIENCE;
    tokio::spawn(async move {
        while socket.connected() && socket.clone().disconnect().is_err() && Instant::now() < give_up_at {
            tokio::time::sleep(GOODBYE_INTERVAL).await;
        }
    });
}
