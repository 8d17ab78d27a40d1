//! What an owner of a connection may rely on, on a real Mosquitto and on the embedded broker.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crate::common::{Broker, TestClient, Wire, free_port, local, options, within_deadline};
use crate::on_both_brokers;
use cineswarm_mqtt::{Event, Message, Options, PublishError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

on_both_brokers!(
    a_message_reaches_whoever_subscribed_to_its_topic,
    a_retained_message_reaches_a_late_subscriber,
    the_last_will_is_sent_when_the_wire_is_cut,
    the_last_will_is_not_sent_after_a_clean_stop,
    a_client_comes_back_when_the_broker_does,
    a_client_that_was_there_before_the_broker_connects,
    a_message_of_eight_megabytes_passes_and_one_too_large_is_refused,
    an_expired_message_is_not_delivered,
    the_same_client_id_throws_the_first_out,
    clients_with_the_same_id_throw_each_other_out_ever_more_slowly,
    a_full_channel_is_told_and_what_was_accepted_leaves_before_a_stop,
    a_client_whose_owner_does_not_read_still_stops_cleanly,
    a_hanging_wire_is_noticed_while_a_write_waits,
    nothing_waits_for_delayed_acknowledgements,
);

async fn a_message_reaches_whoever_subscribed_to_its_topic(broker: Broker) {
    let mut everything = TestClient::connected(options(broker.address(), "everything", &["farm/#"])).await;
    let mut one = TestClient::connected(options(broker.address(), "one", &["farm/a", "farm/+/status"])).await;
    for (topic, text) in [("farm/b", "b"), ("farm/a", "a"), ("farm/w1/status", "idle")] {
        everything.publish(topic, text);
    }
    assert_eq!(everything.text().await, "b");
    assert_eq!(everything.text().await, "a");
    assert_eq!(everything.text().await, "idle");
    let first = one.message().await;
    assert_eq!(
        (first.topic.as_str(), &*first.payload, first.retain, first.acknowledged),
        ("farm/a", &b"a"[..], false, true)
    );
    assert_eq!(one.text().await, "idle");
}

async fn a_retained_message_reaches_a_late_subscriber(broker: Broker) {
    let mut early = TestClient::connected(options(broker.address(), "early", &["status"])).await;
    early.client.publish(Message::new("status".into(), "old").retained()).unwrap();
    early.client.publish(Message::new("status".into(), "new").retained()).unwrap();
    assert!(!early.message().await.retain, "who was there already receives it as an ordinary message");
    assert_eq!(early.text().await, "new");

    let mut late = TestClient::start(options(broker.address(), "late", &["status"]));
    let kept = next_message(&mut late).await;
    assert_eq!((&*kept.payload, kept.retain), (&b"new"[..], true));
}

async fn next_message(client: &mut TestClient) -> Message {
    loop {
        if let Event::Message(message) = client.event().await {
            return message;
        }
    }
}

fn with_last_will(options: Options, text: &'static str) -> Options {
    Options { last_will: Some(Message::new("will".into(), text).retained()), ..options }
}

async fn the_last_will_is_sent_when_the_wire_is_cut(broker: Broker) {
    let mut watcher = TestClient::connected(options(broker.address(), "watcher", &["will"])).await;
    let wire = Wire::to(broker.address()).await;
    let mut worker = TestClient::connected(with_last_will(options(wire.address, "worker", &[]), "gone")).await;
    wire.cut();
    assert_eq!(watcher.text().await, "gone");
    worker.until_disconnected().await;
    assert_eq!(worker.client.publish(Message::new("a".into(), "b")), Err(PublishError::Disconnected));
}

async fn the_last_will_is_not_sent_after_a_clean_stop(broker: Broker) {
    let mut watcher = TestClient::connected(options(broker.address(), "watcher", &["will"])).await;
    let worker = TestClient::connected(with_last_will(options(broker.address(), "worker", &[]), "gone")).await;
    worker.publish("will", "said just before");
    worker.stop().await;
    watcher.publish("will", "after");
    assert_eq!(watcher.text().await, "said just before");
    assert_eq!(watcher.text().await, "after");
}

async fn a_client_comes_back_when_the_broker_does(broker: Broker) {
    let mut client = TestClient::connected(options(broker.address(), "client", &["topic"])).await;
    let stopped = broker.stop().await;
    client.until_disconnected().await;
    assert_eq!(client.client.publish(Message::new("topic".into(), "lost")), Err(PublishError::Disconnected));

    let _broker = stopped.start().await;
    client.until_connected().await;
    client.publish("topic", "back");
    assert_eq!(client.text().await, "back");
}

async fn a_client_that_was_there_before_the_broker_connects(broker: Broker) {
    let stopped = broker.stop().await;
    let mut client = TestClient::start(options(stopped.address(), "client", &["topic"]));
    client.until_disconnected().await;
    client.until_disconnected().await;
    let _broker = stopped.start().await;
    client.until_connected().await;
    client.publish("topic", "here");
    assert_eq!(client.text().await, "here");
}

async fn a_message_of_eight_megabytes_passes_and_one_too_large_is_refused(broker: Broker) {
    let mut client = TestClient::connected(options(broker.address(), "client", &["topic"])).await;
    let payload: Vec<u8> = (0..8 << 20).map(|position: u32| (position % 251) as u8).collect();
    client.client.publish(Message::new("topic".into(), payload.clone())).unwrap();
    assert!(client.message().await.payload == payload, "the message should arrive as it was sent");

    let too_large = Message::new("topic".into(), vec![0; 16 << 20]);
    assert_eq!(client.client.publish(too_large), Err(PublishError::TooLarge));
    client.publish("topic", "still connected");
    assert_eq!(client.text().await, "still connected");
}

async fn an_expired_message_is_not_delivered(broker: Broker) {
    let publisher = TestClient::connected(options(broker.address(), "publisher", &[])).await;
    let expiring = Message::new("kept/short".into(), "short").retained().expiring(Duration::from_secs(1));
    publisher.client.publish(expiring).unwrap();
    publisher.client.publish(Message::new("kept/z".into(), "long").retained()).unwrap();

    let mut in_time = TestClient::start(options(broker.address(), "in time", &["kept/short"]));
    assert_eq!(&*next_message(&mut in_time).await.payload, b"short");

    // Only time makes a message expire; brokers count it in whole seconds.
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let mut late = TestClient::start(options(broker.address(), "late", &["kept/#"]));
    assert_eq!(&*next_message(&mut late).await.payload, b"long");
    late.publish("kept/end", "end");
    assert_eq!(&*next_message(&mut late).await.payload, b"end");
}

async fn the_same_client_id_throws_the_first_out(broker: Broker) {
    let mut first = TestClient::connected(options(broker.address(), "same", &["topic"])).await;
    let mut second = TestClient::connected(options(broker.address(), "same", &["topic"])).await;
    first.until_disconnected().await;
    first.stop().await;
    let other = TestClient::connected(options(broker.address(), "other", &[])).await;
    other.client.publish(Message::new("topic".into(), "for the second").retained()).unwrap();
    assert_eq!(&*next_message(&mut second).await.payload, b"for the second");
}

async fn clients_with_the_same_id_throw_each_other_out_ever_more_slowly(broker: Broker) {
    let mut first = TestClient::connected(options(broker.address(), "same", &["topic"])).await;
    let _second = TestClient::connected(options(broker.address(), "same", &["topic"])).await;
    let mut waits = Vec::new();
    for _ in 0..4 {
        waits.push(first.until_disconnected().await);
    }
    assert!(waits.is_sorted(), "a connection that was lost at once should not begin the backoff anew: {waits:?}");
    assert!(waits[3] >= Duration::from_millis(200), "{waits:?}");
}

async fn a_full_channel_is_told_and_what_was_accepted_leaves_before_a_stop(broker: Broker) {
    let mut subscriber = TestClient::connected(options(broker.address(), "subscriber", &["topic", "will"])).await;
    let publisher = TestClient::connected(with_last_will(options(broker.address(), "publisher", &[]), "gone")).await;
    // The tests' runtime has one thread, so the connection takes nothing out while this loop puts in.
    let mut accepted = 0;
    let refusal = loop {
        match publisher.client.publish(Message::new("topic".into(), accepted.to_string()).unacknowledged()) {
            Ok(()) => accepted += 1,
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refusal, PublishError::Full);
    assert!(accepted >= 1000, "only {accepted} messages were accepted");

    let stopped = publisher.stop();
    for number in 0..accepted {
        assert_eq!(subscriber.text().await, number.to_string());
    }
    stopped.await;
    subscriber.publish("topic", "after the stop");
    assert_eq!(subscriber.text().await, "after the stop", "no Last Will should be sent");
}

async fn a_client_whose_owner_does_not_read_still_stops_cleanly(broker: Broker) {
    let mut watcher = TestClient::connected(options(broker.address(), "watcher", &["will"])).await;
    let idle = TestClient::connected(with_last_will(options(broker.address(), "idle", &["topic"]), "gone")).await;
    for number in 0..1500 {
        watcher.publish("topic", &number.to_string());
    }
    let is_full = async {
        while idle.events.len() < idle.events.max_capacity() {
            tokio::task::yield_now().await;
        }
    };
    within_deadline("events to pile up", is_full).await;
    idle.stop().await;
    watcher.publish("will", "after");
    assert_eq!(watcher.text().await, "after", "no Last Will should be sent");
}

async fn a_hanging_wire_is_noticed_while_a_write_waits(broker: Broker) {
    let wire = Wire::to(broker.address()).await;
    let mut client = TestClient::connected(options(wire.address, "client", &[])).await;
    wire.hang();
    // More than the buffers of the sockets hold.
    client.client.publish(Message::new("topic".into(), vec![0; 15 << 20])).unwrap();
    client.until_disconnected().await;
    assert!(!client.client.is_connected());
}

/// A check of a category, not of a speed: with Nagle's algorithm an exchange waits 40 ms and more for a delayed
/// acknowledgement, without it the exchange takes about one, so a slow machine passes and the return of Nagle does not.
async fn nothing_waits_for_delayed_acknowledgements(broker: Broker) {
    let mut subscriber = TestClient::connected(options(broker.address(), "subscriber", &["topic"])).await;
    let publisher = TestClient::connected(options(broker.address(), "publisher", &[])).await;
    let (mut round_trips, mut pairs) = (Vec::new(), Vec::new());
    for _ in 0..50 {
        let begun = Instant::now();
        subscriber.publish("topic", "there and back");
        subscriber.message().await;
        round_trips.push(begun.elapsed());
    }
    for _ in 0..50 {
        // A connection that was just used both ways delays its acknowledgements; two small packets in a row that
        // nobody answers are then what Nagle's algorithm holds back, on whichever side it is.
        subscriber.publish("topic", "there and back");
        subscriber.message().await;
        let begun = Instant::now();
        for text in ["one", "two"] {
            publisher.client.publish(Message::new("topic".into(), text).unacknowledged()).unwrap();
        }
        subscriber.message().await;
        subscriber.message().await;
        pairs.push(begun.elapsed());
    }
    for (what, mut times) in [("a QoS 1 round trip", round_trips), ("a pair of QoS 0 messages", pairs)] {
        times.sort();
        let median = times[times.len() / 2];
        assert!(median < Duration::from_millis(20), "{what} took {median:?} at the median: is Nagle back?");
    }
}

/// A scripted broker, since not every version of a real one says goodbye before it closes a connection.
#[tokio::test]
async fn a_brokers_goodbye_ends_one_connection_and_not_the_next() {
    let listener = TcpListener::bind(local(0)).await.unwrap();
    let mut client = TestClient::start(options(listener.local_addr().unwrap(), "client", &[]));
    let mut connections = Vec::new();
    for reply in [&b"\x20\x03\x00\x00\x00\xe0\x02\x8b\x00"[..], b"\x20\x03\x00\x00\x00"] {
        let (mut connection, _) = within_deadline("the client to connect", listener.accept()).await.unwrap();
        let _connect_packet = connection.read(&mut [0; 1000]).await.unwrap();
        connection.write_all(reply).await.unwrap();
        connections.push(connection);
    }
    assert!(matches!(client.event().await, Event::Connected));
    let goodbye = client.event().await;
    assert!(matches!(&goodbye, Event::Disconnected { reason, .. } if reason.contains("ShuttingDown")), "{goodbye:?}");
    let next = client.event().await;
    assert!(matches!(next, Event::Connected), "{next:?}");
}

#[tokio::test]
async fn without_a_broker_a_publish_is_refused_and_the_tries_become_rarer() {
    let mut client = TestClient::start(options(local(free_port()), "client", &[]));
    assert_eq!(client.client.publish(Message::new("topic".into(), "lost")), Err(PublishError::Disconnected));
    let mut waits = Vec::new();
    for _ in 0..5 {
        waits.push(client.until_disconnected().await);
    }
    assert!(waits.is_sorted(), "{waits:?}");
    assert!(waits[4] >= Duration::from_millis(400), "{waits:?}");
    assert_eq!(waits.iter().collect::<HashSet<_>>().len(), 5, "the tries should not come in step: {waits:?}");
}
