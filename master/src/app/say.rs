//! What is replied to at once is stored as an ended request that computed nothing, so that it is there after a reload and in
//! all tabs.

use cineswarm_mqtt::timestamp_ms;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{App, Done};
use crate::requests::ask::{Ask, Basis};
use crate::store::{Accepted, EndState, Ending, Error, NewRequest};
use crate::web::events::replayed;
use crate::web::sessions::{Session, TabId};
use crate::words::Trouble;

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
        match self.keep(session.id, text, ask.key.clone(), &outcome).await {
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

    async fn keep(&self, session_id: Uuid, text: &str, key: Option<String>, outcome: &Value) -> Result<Kept, Error> {
        let request_id = Uuid::now_v7();
        let (query, accepted_at) = (text.to_owned(), timestamp_ms());
        let spec = String::new();
        let new = NewRequest { request_id, session_id, idempotency_key: key, query, spec, accepted_at };
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
