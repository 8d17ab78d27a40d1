//! What is replied to at once is stored as an ended request that computed nothing, so that it is there after a reload and in
//! all tabs; and so is the beginning of a new conversation.

use cineswarm_mqtt::timestamp_ms;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{App, Done, storage};
use crate::app::desk::replayed;
use crate::app::sessions::{Session, TabId};
use crate::chat::replies;
use crate::requests::ask::{Ask, Basis, parse};
use crate::requests::resolve::Reply;
use crate::store::{Accepted, BEGINNING, EndState, Ending, Error, NewRequest};
use crate::words::Trouble;

/// `begin` says nothing more.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBegin {}

/// What became of a reply that was to be stored.
enum Kept {
    Now {
        request_id: Uuid,
        offset: i64,
    },
    /// The session has used the key before.
    Before(Done),
}

impl App {
    /// Acknowledges with a reply; the session's other tabs get it as `replied`.
    pub(super) async fn say(
        &self,
        session: &Session,
        ask: &Ask,
        reply: &impl Serialize,
        tab: TabId,
    ) -> Result<Done, Trouble> {
        let outcome = json!({ "reply": reply });
        // Whatever needs no words is computed.
        let Basis::Text(text) = &ask.basis else { return Ok(outcome.into()) };
        let _in_order = session.in_order.lock().await;
        let new = reply_to(session, text, ask.key.clone());
        match self.keep(new, &outcome).await {
            Ok(Kept::Now { request_id, offset }) => {
                let told = json!({ "request_id": request_id, "offset": offset, "query": text, "reply": reply });
                self.sessions.push(session.id, "replied", &told, Some(tab));
                Ok(json!({ "reply": reply, "offset": offset }).into())
            }
            Ok(Kept::Before(done)) => Ok(done),
            Err(error) => {
                // It says as much as it would if it were stored; only other tabs and a reload will not have it.
                tracing::warn!(%error, "a reply could not be stored");
                Ok(outcome.into())
            }
        }
    }

    /// Says something for which no example fits better than another.
    pub(super) async fn tell(
        &self,
        message: String,
        ask: &Ask,
        session: &Session,
        tab: TabId,
    ) -> Result<Done, Trouble> {
        self.say(session, ask, &Reply::Help { message, examples: Vec::new() }, tab).await
    }

    /// From here on nothing refers to what was asked before.
    pub async fn begin(&self, payload: Value, session: &Session, tab: TabId) -> Result<Done, Trouble> {
        let RawBegin {} = parse(payload)?;
        self.begin_anew(replies::begun(session.lang()), "", None, session, tab).await
    }

    /// The same as the reply to a sentence.
    pub(super) async fn begin_with(
        &self,
        message: &str,
        ask: &Ask,
        session: &Session,
        tab: TabId,
    ) -> Result<Done, Trouble> {
        let Basis::Text(text) = &ask.basis else { return Ok(json!({ "reply": null }).into()) };
        self.begin_anew(message, text, ask.key.clone(), session, tab).await
    }

    async fn begin_anew(
        &self,
        message: &str,
        text: &str,
        key: Option<String>,
        session: &Session,
        tab: TabId,
    ) -> Result<Done, Trouble> {
        session.steps().begin();
        let outcome = json!({ "reply": { "kind": "begun", "message": message, "at": timestamp_ms() } });
        let reply = &outcome["reply"];
        session.says_last(None);
        let _in_order = session.in_order.lock().await;
        let new = NewRequest { spec: BEGINNING.to_owned(), ..reply_to(session, text, key) };
        match self.keep(new, &outcome).await.map_err(storage)? {
            Kept::Now { request_id, offset } => {
                let told = json!({ "request_id": request_id, "offset": offset, "query": text, "reply": reply });
                self.sessions.push(session.id, "replied", &told, Some(tab));
                Ok(json!({ "reply": reply, "offset": offset }).into())
            }
            Kept::Before(done) => Ok(done),
        }
    }

    async fn keep(&self, new: NewRequest, outcome: &Value) -> Result<Kept, Error> {
        let request_id = new.request_id;
        if let Accepted::Duplicate { request_id } = self.store.accept(new).await? {
            let ending = self.store.ending(request_id).await?;
            let acknowledgement = json!({ "request_id": request_id, "position": 0 });
            return Ok(Kept::Before(Done { acknowledgement, first: ending.as_ref().map(replayed) }));
        }
        let ending = Ending { state: EndState::Answered, outcome: outcome.to_string(), ended_at: timestamp_ms() };
        // Nobody else knows its id to end it.
        let offset = self.store.finish(request_id, ending).await?.unwrap_or_default();
        Ok(Kept::Now { request_id, offset })
    }
}

fn reply_to(session: &Session, text: &str, idempotency_key: Option<String>) -> NewRequest {
    NewRequest {
        request_id: Uuid::now_v7(),
        session_id: session.id,
        idempotency_key,
        query: text.to_owned(),
        spec: String::new(),
        accepted_at: timestamp_ms(),
    }
}
