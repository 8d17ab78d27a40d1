//! What proves who one is: passwords that come from files, and certificates that are read again when their files change.
//!
//! It opens no connection. Nothing in it is ever shown: a [`Secret`] has no text of its own, and no error quotes one.

#![forbid(unsafe_code)]

mod certificates;
mod expiry;
mod refusal;
mod reread;
mod secret;

pub use certificates::{ClientTls, Error, Expiry, Files, ServerTls};
pub use refusal::in_words;
pub use secret::{Secret, SecretError, given};
