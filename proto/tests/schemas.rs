//! docs/schemas/ has a JSON Schema of each payload on MQTT and in events, for whoever writes a worker in another language. They are made
//! of the types that this program reads and writes; with UPDATE_SCHEMAS=1 this test writes them anew.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::Path;

use cineswarm_proto::events::{FeedbackDeleted, FeedbackGiven, RatingChanged};
use cineswarm_proto::messages::{
    Control, DeadRating, LogLine, MasterStatus, RawRating, Registration, Ring, Task, WorkerStatus,
};
use schemars::{JsonSchema, SchemaGenerator};

fn schema_of<T: JsonSchema>(place: &str) -> String {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<T>();
    schema.insert("$comment".to_owned(), format!("{place}; see docs/PROTOCOL.md.").into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap();
    text.push('\n');
    text
}

#[test]
fn the_schemas_in_the_documents_are_those_of_the_types() {
    let schemas = [
        ("master-status", schema_of::<MasterStatus>("On P/master/status")),
        ("registration", schema_of::<Registration>("On P/workers/register")),
        ("worker-status", schema_of::<WorkerStatus>("On P/workers/status and P/workers/{id}/status")),
        ("task", schema_of::<Task>("On P/workers/{id}/tasks")),
        ("control", schema_of::<Control>("On P/workers/{id}/control")),
        ("ring", schema_of::<Ring>("On P/events/{service}")),
        ("log-line", schema_of::<LogLine>("On P/logs")),
        ("raw-rating", schema_of::<RawRating>("On P/ratings/raw, and a rating of POST /ingest")),
        ("dead-rating", schema_of::<DeadRating>("On P/ratings/dead")),
        (
            "rating-changed",
            schema_of::<RatingChanged>(
                "Payload of rating.created, rating.updated and rating.deleted; on P/ratings/clean",
            ),
        ),
        ("feedback-deleted", schema_of::<FeedbackDeleted>("Payload of feedback.deleted")),
        ("feedback-given", schema_of::<FeedbackGiven>("Payload of feedback.given")),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas");
    let update = std::env::var_os("UPDATE_SCHEMAS").is_some();
    for (name, schema) in schemas {
        let file = folder.join(format!("{name}.json"));
        if update {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &schema).unwrap();
        }
        let documented = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            documented == schema,
            "{} is not what the type is; run this test with UPDATE_SCHEMAS=1",
            file.display()
        );
    }
}
