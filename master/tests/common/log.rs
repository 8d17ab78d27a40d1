//! What the log of ratings says.

use cineswarm_events::{Cursor, Event, Filter, LARGEST_READ, Read, Reply, Source};
use cineswarm_master::store::Store;

/// All events of the log that the filter lets through, in order.
pub async fn all(store: &Store, filter: Filter) -> Vec<Event> {
    let mut events = Vec::new();
    let mut read = Read { after: Cursor::START, filter, limit: LARGEST_READ };
    loop {
        let Reply::Page { events: some, through, .. } = store.log().read(&read).await.unwrap() else {
            panic!("the log forked");
        };
        if through == read.after {
            return events;
        }
        events.extend(some);
        read.after = through;
    }
}

/// Kind and payload of each event.
pub async fn told(store: &Store) -> Vec<(String, String)> {
    let events = all(store, Filter::default()).await;
    events.into_iter().map(|event| (event.kind, event.payload.unwrap_or_default())).collect()
}
