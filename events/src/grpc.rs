//! A log over gRPC: serving those of this process, and reading one of another.

use crate::{Cursor, Error, Event, Filter, LARGEST_READ, Log, Read, Reply, ShardFilter, Source};
use cineswarm_proto::events as wire;
use cineswarm_proto::events::events_client::EventsClient;
use cineswarm_proto::events::events_server::{Events, EventsServer};
use cineswarm_proto::farm::MAX_MESSAGE_BYTES;
use std::time::Duration;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// How long a read may take before it is tried again.
const READ_DEADLINE: Duration = Duration::from_secs(10);
/// The most shards a filter may name.
const MOST_SHARDS: usize = 4096;
/// The most kinds it may.
const MOST_KINDS: usize = 64;

/// The logs that this process serves.
pub struct Served(Vec<Log>);

/// A gRPC service of these logs.
pub fn server(logs: Vec<Log>) -> EventsServer<Served> {
    EventsServer::new(Served(logs)).max_encoding_message_size(MAX_MESSAGE_BYTES)
}

#[tonic::async_trait]
impl Events for Served {
    async fn read(&self, request: Request<wire::ReadRequest>) -> Result<Response<wire::ReadReply>, Status> {
        let request = request.into_inner();
        let Some(log) = self.0.iter().find(|log| log.service() == request.service) else {
            let known: Vec<&str> = self.0.iter().map(Log::service).collect();
            return Err(Status::not_found(format!("there is no such log here, but {}", known.join(", "))));
        };
        let reply = log.read(&wanted(request)?).await.map_err(|error| {
            tracing::warn!(%error, log = log.service(), "a log could not be read for another process");
            let said = format!("the log of {} cannot be read now; call again", log.service());
            if error.may_pass() { Status::unavailable(said) } else { Status::internal(said) }
        })?;
        Ok(Response::new(reply.into()))
    }
}

fn wanted(request: wire::ReadRequest) -> Result<Read, Status> {
    let wire::ReadRequest { after, kinds, shards, limit, .. } = request;
    if kinds.len() > MOST_KINDS {
        return Err(Status::invalid_argument(format!("kinds: {} are too many; {MOST_KINDS} at the most", kinds.len())));
    }
    let shards = shards.map(|wire::Shards { count, shards }| match (count, shards.len()) {
        (0, _) => Err(Status::invalid_argument("shards: a count of 0 has none; leave the field out for all")),
        (_, 0..=MOST_SHARDS) => Ok(ShardFilter { count, shards }),
        (_, many) => Err(Status::invalid_argument(format!("shards: {many} are too many; {MOST_SHARDS} at the most"))),
    });
    let after = cursor(after).map_err(|reason| Status::invalid_argument(format!("after: {reason}")))?;
    let limit = if limit == 0 { LARGEST_READ } else { limit };
    Ok(Read { after, filter: Filter { kinds, shards: shards.transpose()? }, limit })
}

/// A log of another process.
#[derive(Clone)]
pub struct Remote {
    service: String,
    client: EventsClient<Channel>,
}

impl Remote {
    /// The log of this service, which is called over this connection.
    pub fn new(service: impl Into<String>, channel: Channel) -> Remote {
        let client = EventsClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES);
        Remote { service: service.into(), client }
    }

    fn away(&self, reason: impl ToString) -> Error {
        Error::Away { service: self.service.clone(), reason: reason.to_string() }
    }
}

impl Source for Remote {
    async fn read(&self, wanted: &Read) -> Result<Reply, Error> {
        let Filter { kinds, shards } = wanted.filter.clone();
        let request = wire::ReadRequest {
            service: self.service.clone(),
            after: Some(wanted.after.into()),
            kinds,
            shards: shards.map(|ShardFilter { count, shards }| wire::Shards { count, shards }),
            limit: wanted.limit,
        };
        let mut client = self.client.clone();
        match tokio::time::timeout(READ_DEADLINE, client.read(request)).await {
            Ok(Ok(reply)) => reply_of(reply.into_inner()).map_err(|reason| self.away(reason)),
            Ok(Err(status)) => Err(self.away(status.message())),
            Err(_) => Err(self.away(format!("no answer after {READ_DEADLINE:?}"))),
        }
    }
}

impl From<Cursor> for wire::Place {
    fn from(Cursor { seq, id }: Cursor) -> wire::Place {
        wire::Place { seq, id: id.to_string() }
    }
}

fn cursor(place: Option<wire::Place>) -> Result<Cursor, String> {
    match place {
        None => Ok(Cursor::START),
        Some(wire::Place { seq, id }) if id.is_empty() => Ok(Cursor { seq, ..Cursor::START }),
        Some(wire::Place { seq, id }) => Ok(Cursor { seq, id: uuid(&id)? }),
    }
}

fn uuid(text: &str) -> Result<Uuid, String> {
    Uuid::try_parse(text).map_err(|error| format!("an id is none: {error}"))
}

impl From<Reply> for wire::ReadReply {
    fn from(reply: Reply) -> wire::ReadReply {
        use wire::read_reply::Reply as Wire;
        let reply = match reply {
            Reply::Page { events, through, head } => {
                let events = events.into_iter().map(wire::LoggedEvent::from).collect();
                Wire::Page(wire::Page { events, through: Some(through.into()), head })
            }
            Reply::Forked { last } => Wire::Forked(wire::Forked { last: Some(last.into()) }),
            Reply::Pruned { floor } => Wire::Pruned(wire::Pruned { floor: Some(floor.into()) }),
        };
        wire::ReadReply { reply: Some(reply) }
    }
}

fn reply_of(reply: wire::ReadReply) -> Result<Reply, String> {
    use wire::read_reply::Reply as Wire;
    match reply.reply {
        None => Err("the answer is of a kind that this version does not know".to_owned()),
        Some(Wire::Forked(wire::Forked { last })) => Ok(Reply::Forked { last: cursor(last)? }),
        Some(Wire::Pruned(wire::Pruned { floor })) => Ok(Reply::Pruned { floor: cursor(floor)? }),
        Some(Wire::Page(wire::Page { events, through, head })) => {
            let events = events.into_iter().map(event).collect::<Result<_, _>>()?;
            Ok(Reply::Page { events, through: cursor(through)?, head })
        }
    }
}

impl From<Event> for wire::LoggedEvent {
    fn from(event: Event) -> wire::LoggedEvent {
        let Event { seq, id, kind, key, shard_hash, payload, is_last, at, traceparent } = event;
        wire::LoggedEvent { seq, id: id.to_string(), kind, key, shard_hash, payload, is_last, at, traceparent }
    }
}

fn event(event: wire::LoggedEvent) -> Result<Event, String> {
    let wire::LoggedEvent { seq, id, kind, key, shard_hash, payload, is_last, at, traceparent } = event;
    Ok(Event { seq, id: uuid(&id)?, kind, key, shard_hash, payload, is_last, at, traceparent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_the_same_on_the_other_side() {
        let event = Event {
            seq: 3,
            id: Uuid::from_u128(5),
            kind: "rating.created".to_owned(),
            key: "user/2147483648".to_owned(),
            shard_hash: Some(u64::MAX),
            payload: None,
            is_last: true,
            at: 7,
            traceparent: Some("00-0-0-00".to_owned()),
        };
        let through = event.cursor();
        for reply in [
            Reply::Page { events: vec![event], through, head: 9 },
            Reply::Page { events: Vec::new(), through: Cursor::START, head: 0 },
            Reply::Forked { last: through },
            Reply::Pruned { floor: through },
        ] {
            assert_eq!(reply_of(reply.clone().into()), Ok(reply));
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_field() {
        let request = wire::ReadRequest::default();
        assert_eq!(wanted(request.clone()).unwrap().limit, LARGEST_READ);
        let place = Some(wire::Place { seq: 1, id: "x".to_owned() });
        let shards = |count, many| Some(wire::Shards { count, shards: vec![0; many] });
        for (bad, field) in [
            (wire::ReadRequest { after: place, ..request.clone() }, "after"),
            (wire::ReadRequest { shards: shards(0, 1), ..request.clone() }, "shards"),
            (wire::ReadRequest { shards: shards(8192, MOST_SHARDS + 1), ..request.clone() }, "shards"),
            (wire::ReadRequest { kinds: vec![String::new(); MOST_KINDS + 1], ..request.clone() }, "kinds"),
        ] {
            let refused = wanted(bad).unwrap_err();
            assert_eq!(refused.code(), tonic::Code::InvalidArgument);
            assert!(refused.message().starts_with(field), "{refused}");
        }
    }
}
