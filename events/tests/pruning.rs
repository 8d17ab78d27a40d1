//! A log that was pruned, on an SQLite file: who is behind stops and says so, who is new begins where the log does.
#![allow(clippy::unwrap_used)]

use cineswarm_events::consumer::{Handler, Refusal, Setup, Step, step};
use cineswarm_events::{
    Consumer, Cursor, Database, Error, Event, Filter, NewEvent, Read, Reply, Source, Tables, append, migrate, prune,
    read,
};
use sqlx::AnyConnection;
use tokio::sync::Mutex;

struct Here(Mutex<AnyConnection>);

impl Source for Here {
    async fn read(&self, wanted: &Read) -> Result<Reply, Error> {
        read(&mut *self.0.lock().await, wanted).await
    }
}

/// Takes everything and keeps the numbers.
#[derive(Default)]
struct Numbers(Vec<i64>);

impl Handler<AnyConnection> for Numbers {
    async fn handle(&mut self, _: &mut AnyConnection, event: &Event) -> Result<(), Refusal> {
        self.0.push(event.seq);
        Ok(())
    }

    async fn start_over(&mut self, _: &mut AnyConnection) -> Result<(), Refusal> {
        self.0.clear();
        Ok(())
    }
}

async fn follow(connection: &mut AnyConnection, source: &Here, name: &str, numbers: &mut Numbers) -> Step {
    let consumer = Consumer { name: name.to_owned(), log: "ratings".to_owned() };
    let setup = Setup { consumer, filter: Filter::default(), page: 2 };
    let mut refused = None;
    loop {
        match step(connection, source, numbers, &setup, &mut refused).await.unwrap() {
            Step::Moved { .. } | Step::Again => {}
            ended => return ended,
        }
    }
}

async fn append_some(connection: &mut AnyConnection, count: usize) {
    connection.begin().await.unwrap();
    let events: Vec<NewEvent> = (0..count).map(|_| NewEvent::new("rating.created", "user/1", "{}", 1)).collect();
    append(connection, &events).await.unwrap();
    connection.commit().await.unwrap();
}

#[tokio::test]
async fn who_is_behind_a_pruned_log_stops_and_who_is_new_begins_where_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::parse(&format!("sqlite://{}?mode=rwc", folder.path().join("log.db").display())).unwrap();
    let mut connection = database.connect().await.unwrap();
    migrate(&mut connection).await.unwrap();
    let source = Here(Mutex::new(database.connect().await.unwrap()));
    let (mut behind, mut up_to_date, mut new) = (Numbers::default(), Numbers::default(), Numbers::default());

    append_some(&mut connection, 3).await;
    follow(&mut connection, &source, "behind", &mut behind).await;
    append_some(&mut connection, 4).await;
    follow(&mut connection, &source, "up to date", &mut up_to_date).await;

    connection.begin().await.unwrap();
    assert_eq!(prune(&mut connection, 5).await.unwrap(), 5);
    connection.commit().await.unwrap();
    append_some(&mut connection, 1).await;

    let stopped = follow(&mut connection, &source, "behind", &mut behind).await;
    assert!(matches!(&stopped, Step::Stopped(why) if why.contains("pruned up to 5")), "{stopped:?}");
    assert_eq!(behind.0, [1, 2, 3], "it goes on over no gap");
    assert!(matches!(follow(&mut connection, &source, "up to date", &mut up_to_date).await, Step::Idle { .. }));
    assert_eq!(up_to_date.0, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert!(matches!(follow(&mut connection, &source, "new", &mut new).await, Step::Idle { .. }));
    assert_eq!(new.0, [6, 7, 8]);

    let consumer = Consumer { name: "behind".to_owned(), log: "ratings".to_owned() };
    cineswarm_events::admin::rebuild(&mut connection, &consumer).await.unwrap();
    assert!(matches!(follow(&mut connection, &source, "behind", &mut behind).await, Step::Idle { .. }));
    assert_eq!(behind.0, [6, 7, 8]);

    // All of it, and the numbers go on.
    connection.begin().await.unwrap();
    assert_eq!(prune(&mut connection, 100).await.unwrap(), 3);
    connection.commit().await.unwrap();
    append_some(&mut connection, 1).await;
    follow(&mut connection, &source, "up to date", &mut up_to_date).await;
    assert_eq!(up_to_date.0.last(), Some(&9));
    let forked = Read { after: Cursor { seq: 8, id: uuid::Uuid::nil() }, filter: Filter::default(), limit: 10 };
    assert!(matches!(source.read(&forked).await.unwrap(), Reply::Forked { .. }));
}
