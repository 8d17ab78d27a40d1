//! The ring of a log on MQTT: that there is more to read, for whoever follows the log in another process.

use cineswarm_events::ring::Doorbell;
use cineswarm_mqtt::{Client, Message};
use cineswarm_proto::Topics;
use cineswarm_proto::messages::Ring;

/// Rings over the master's connection.
pub struct MqttDoorbell {
    /// The connection.
    pub client: Client,
    /// Where.
    pub topics: Topics,
}

impl Doorbell for MqttDoorbell {
    fn ring(&self, service: &str, head: i64) -> bool {
        self.client.publish(Message::json(self.topics.ring(service), &Ring { head }).retained()).is_ok()
    }
}
