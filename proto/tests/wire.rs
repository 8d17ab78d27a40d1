//! The JSON on MQTT as it goes over the wire, to the letter: whoever changes it sees what other programs will.

use cineswarm_proto::messages::{
    Abilities, Control, HeldOrder, LiveRatings, LogLevel, LogLine, MasterStatus, QueryOptions, Registration, Shared,
    Task, TaskQuery, Work, WorkerState, WorkerStatus,
};

const VERSION: &str = "20261122T235900Z-1a2b3c4d5e6f";
const EPOCH: &str = "5d2b8f0e";
const MODEL: &str = "likeness/20261122T235900Z-1a2b3c4d5e6f";

fn order() -> HeldOrder {
    HeldOrder { epoch: EPOCH.into(), sequence: 12, shards: vec![0, 3] }
}

#[test]
fn what_the_master_says_of_itself() {
    let status = MasterStatus {
        online: true,
        epoch: EPOCH.into(),
        grpc_endpoint: "http://master:50051".into(),
        dataset_version: VERSION.into(),
        protocol: 1,
        heartbeat_ms: 2_000,
        timestamp: 1_795_391_943_000,
    };
    insta::assert_json_snapshot!(status);
}

#[test]
fn what_a_worker_says_of_itself() {
    let registration = Registration {
        worker_id: "worker-1".into(),
        epoch: EPOCH.into(),
        slots: 2,
        version: "0.1.0".into(),
        protocol: 1,
        host: "node-1".into(),
        dataset_version: VERSION.into(),
        shards: vec![0, 3],
        incarnation: Some("0b8e".into()),
        order: Some(order()),
        can: Some(Abilities { neighbours: true, models: vec!["likeness".into()] }),
        timestamp: 1_795_391_943_000,
    };
    insta::assert_json_snapshot!("registration", registration);
    let status = WorkerStatus {
        worker_id: "worker-1".into(),
        state: WorkerState::Busy,
        incarnation: "0b8e".into(),
        dataset_version: VERSION.into(),
        shards: vec![0, 3],
        order: Some(order()),
        model: Some(MODEL.into()),
        tasks_done: 17,
        timestamp: 1_795_391_943_000,
    };
    insta::assert_json_snapshot!("status", status);
    insta::assert_json_snapshot!(
        "last_will",
        WorkerStatus { state: WorkerState::Offline, order: None, model: None, ..status }
    );
}

#[test]
fn what_a_worker_is_sent() {
    let query = TaskQuery {
        query_id: "9c".into(),
        movie_ids: vec![6, 1214],
        half_stars: vec![10, 10],
        k: 40,
        options: QueryOptions { min_overlap: 1, shrink: 0, exclude_user: None },
    };
    let task = Task {
        worker_id: "worker-1".into(),
        task_id: format!("{EPOCH}-17"),
        attempt: 1,
        lease_ms: 2_000,
        session_id: "8d7bc0f5c3eee3d8".into(),
        request_id: "9c".into(),
        query: "films like Heat".into(),
        grpc_endpoint: "http://master:50051".into(),
        timestamp: 1_795_391_943_000,
        work: Work::Neighbours,
        model: None,
        dataset_version: VERSION.into(),
        shards: vec![0, 3],
        queries: vec![query],
        with_ratings: false,
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into()),
    };
    insta::assert_json_snapshot!("task", task);
    let of_model = Task { work: Work::Model, model: Some(MODEL.into()), shards: Vec::new(), ..task };
    insta::assert_json_snapshot!("task_of_a_model", of_model);
    let assign = Control::AssignShards {
        epoch: EPOCH.into(),
        sequence: 12,
        dataset_version: VERSION.into(),
        shards: vec![0, 3, 7],
        shard_count: 16,
        grpc_endpoint: "http://master:50051".into(),
        live: Some(LiveRatings { after_seq: 0, after_id: String::new(), shared: Shared::All }),
        fetch_version: None,
        grown_from: None,
    };
    let hold_model = Control::HoldModel {
        epoch: EPOCH.into(),
        model: MODEL.into(),
        bytes: 8_000_000,
        sha256: "9f".repeat(32),
        grpc_endpoint: "http://master:50051".into(),
    };
    let (cancel, register) =
        (Control::Cancel { task_id: format!("{EPOCH}-17") }, Control::Register { epoch: EPOCH.into() });
    insta::assert_json_snapshot!("orders", [assign, hold_model, cancel, register, Control::Drain]);
}

#[test]
fn what_people_read() {
    let line = |request_id| LogLine {
        timestamp: 1_795_391_943_000,
        source: "master".into(),
        level: LogLevel::Warn,
        message: "worker worker-1 is lost".into(),
        request_id,
    };
    insta::assert_json_snapshot!([line(None), line(Some("9c".to_owned()))]);
}
