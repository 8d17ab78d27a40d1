//! What a viewer can do: ask, cancel, rate, give feedback, bring ratings and take them along. Edges translate and call
//! this; no socket and no status code is known here. What one session does is to be handed in one after the other, in the
//! order it was said.

mod ask;
mod brought;
mod change;
pub mod desk;
pub mod following;
mod pace;
mod say;
pub mod sessions;
pub mod turns;
pub mod underway;
mod undo;
pub mod uploads;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::computing::Computing;
use crate::label::SessionLabels;
use crate::library::Library;
use crate::store::Store;
use crate::words::Trouble;

use self::desk::Desk;
use self::sessions::Sessions;

/// It was done.
pub struct Done {
    /// What whoever did it is told.
    pub acknowledgement: Value,
    /// An event that they are told before, alone.
    pub first: Option<(&'static str, Value)>,
}

impl From<Value> for Done {
    fn from(acknowledgement: Value) -> Done {
        Done { acknowledgement, first: None }
    }
}

/// What the use cases need.
pub struct App {
    /// The films.
    pub library: Arc<Library>,
    /// The database.
    pub store: Store,
    /// The way to the farm.
    pub room: Arc<underway::Room>,
    /// Ends requests.
    pub desk: Desk,
    /// Who is connected.
    pub sessions: Arc<Sessions>,
    /// The requests that have not ended.
    pub underway: Arc<underway::Underway>,
    /// The cores.
    pub computing: Computing,
    /// The files that viewers are bringing.
    pub uploads: uploads::Uploads,
    /// What sessions are called in logs.
    pub labels: SessionLabels,
    /// How long a request may take.
    pub request_timeout: Duration,
}

/// What a viewer is told when the database did not serve them; the log has what it was.
pub fn storage(error: crate::store::Error) -> Trouble {
    use crate::store::Error;
    match error {
        Error::Busy { .. } | Error::Unavailable { .. } => {
            tracing::warn!(%error, "the database did not serve a browser");
            Trouble::Storage
        }
        Error::Closed => Trouble::Unavailable,
        // Trying again does not help with any of these.
        _ => {
            tracing::error!(%error, "the database cannot serve a browser");
            Trouble::Internal
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Error;

    #[test]
    fn a_damaged_database_is_not_something_to_try_again_in_a_moment() {
        let doing = "reading ratings";
        assert_eq!(storage(Error::Corrupt { doing, reason: "half a star".into() }), Trouble::Internal);
        assert_eq!(storage(Error::Unavailable { doing, reason: "no route to host".into() }), Trouble::Storage);
        assert_eq!(storage(Error::Busy { doing }), Trouble::Storage);
        assert_eq!(storage(Error::Closed), Trouble::Unavailable);
    }
}
