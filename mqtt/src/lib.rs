//! The one room that knows rumqttc: a connection to an MQTT 5 broker that comes back by itself.
//!
//! A message is at best delivered: nothing is kept over a reconnect, so whatever must not be lost is stored and sent
//! again by the caller. Of what the messages mean only log lines are known here.

#![forbid(unsafe_code)]

mod address;
mod broker;
mod connection;
#[cfg(feature = "embedded")]
pub mod embedded;
mod log;
mod permissions;
mod quote;

pub use address::{BadBrokerUrl, BrokerUrl};
pub use broker::{BadBroker, Broker, BrokerOptions};
pub use connection::{Client, Event, Events, Message, Options, PublishError, connect};
pub use log::{FarmLog, timestamp_ms};
pub use quote::{LONGEST_QUOTE, quoted};
