//! What several test programs of the master share.
#![allow(dead_code, reason = "each test program uses some of what is here")]

pub mod database;
pub mod log;
pub mod postgres;
