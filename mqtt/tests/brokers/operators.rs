//! What operators see with Mosquitto's command line tools, and what they can send.

use std::process::Stdio;
use std::time::Duration;

use crate::common::{Broker, TestClient, mosquitto_is_installed, options, within_deadline};
use crate::on_both_brokers;
use cineswarm_mqtt::{FarmLog, Message};
use cineswarm_proto::messages::{LogLevel, LogLine};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

on_both_brokers!(
    mosquitto_sub_shows_log_lines_as_json,
    mosquitto_pub_is_heard,
    the_log_withholds_a_flood_and_says_how_much,
);

const VERSIONS: [&str; 2] = ["311", "5"];

fn tool(name: &str, broker: &Broker, version: &str) -> Command {
    let address = broker.address();
    let mut command = Command::new(name);
    command.args(["-h", &address.ip().to_string(), "-p", &address.port().to_string(), "-V", version]);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// `mosquitto_sub`, once its subscription is granted: what it prints about that stays in its buffer, so a retained
/// message on a second topic of the same subscription tells.
async fn subscribed(broker: &Broker, version: &str, topic: &str) -> (Child, Lines<BufReader<ChildStdout>>) {
    let client = TestClient::connected(options(broker.address(), "ready", &[])).await;
    client.client.publish(Message::new("ready".into(), "ready").retained()).unwrap();
    client.stop().await;
    let mut command = tool("mosquitto_sub", broker, version);
    let mut process = command.args(["-t", topic, "-t", "ready"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let first = within_deadline("mosquitto_sub to subscribe", lines.next_line()).await.unwrap();
    assert_eq!(first.as_deref(), Some("ready"));
    (process, lines)
}

async fn mosquitto_sub_shows_log_lines_as_json(broker: Broker) {
    if !mosquitto_is_installed() {
        return;
    }
    for version in VERSIONS {
        let (_process, mut lines) = subscribed(&broker, version, "farm/logs").await;
        let client = TestClient::connected(options(broker.address(), "worker", &[])).await;
        let log = FarmLog::new(client.client.clone(), "farm/logs".into(), "worker-1");
        log.request("r-7", || "task t-3 of request r-7 is done".into());
        log.error("cannot fetch shard 2");

        let mut shown = Vec::new();
        for _ in 0..2 {
            let line = within_deadline("a log line", lines.next_line()).await.unwrap().unwrap();
            shown.push(serde_json::from_str::<LogLine>(&line).unwrap());
        }
        let said = |line: &LogLine| (line.source.clone(), line.level, line.message.clone(), line.request_id.clone());
        let request = ("worker-1".into(), LogLevel::Info, "task t-3 of request r-7 is done".into(), Some("r-7".into()));
        assert_eq!(said(&shown[0]), request);
        assert_eq!(said(&shown[1]), ("worker-1".into(), LogLevel::Error, "cannot fetch shard 2".into(), None));
        assert!(shown[0].timestamp > 1_700_000_000_000, "{}", shown[0].timestamp);
    }
}

async fn mosquitto_pub_is_heard(broker: Broker) {
    if !mosquitto_is_installed() {
        return;
    }
    let mut client = TestClient::connected(options(broker.address(), "master", &["farm/w1/control"])).await;
    for version in VERSIONS {
        for qos in ["0", "1", "2"] {
            let mut command = tool("mosquitto_pub", &broker, version);
            let arguments = ["-t", "farm/w1/control", "-q", qos, "-m", r#"{"order": "drain"}"#];
            let sent = within_deadline("mosquitto_pub to end", command.args(arguments).status()).await.unwrap();
            assert!(sent.success(), "version {version}, QoS {qos}");
            assert_eq!(client.text().await, r#"{"order": "drain"}"#);
        }
    }
}

async fn the_log_withholds_a_flood_and_says_how_much(broker: Broker) {
    let mut operator = TestClient::connected(options(broker.address(), "operator", &["farm/logs"])).await;
    let client = TestClient::connected(options(broker.address(), "worker", &[])).await;
    let log = FarmLog::new(client.client.clone(), "farm/logs".into(), "worker-1");
    for number in 0..75 {
        log.request("r-1", || format!("request {number}"));
        log.warn(format!("warning {number}"));
    }
    // The bound counts seconds, so only time lifts it.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    log.info("quiet again");

    let mut shown = Vec::new();
    while shown.last().is_none_or(|line: &LogLine| line.message != "quiet again") {
        shown.push(serde_json::from_slice::<LogLine>(&operator.message().await.payload).unwrap());
    }
    assert_eq!(shown.len(), 102, "100 lines of the flood, one about the rest, and the last one");
    assert_eq!((shown[99].level, shown[99].message.as_str()), (LogLevel::Warn, "warning 49"));
    assert_eq!((shown[100].level, shown[100].message.as_str()), (LogLevel::Warn, "50 lines were withheld"));
}
