//! What the handlers of `/ingest` share.

use cineswarm_credentials::Secret;
use cineswarm_ratings::intake::Intake;
use tokio::sync::Semaphore;

use super::door::Door;
use crate::store::Store;

/// Bodies that are read at a time.
const BODIES: usize = 64;

/// What the handlers need.
pub struct Context {
    pub(super) intake: Intake<Store>,
    pub(super) store: Store,
    pub(super) door: Door,
    pub(super) bodies: Semaphore,
    /// Orders about many dead ratings: one at a time, for each is up to all that are kept.
    pub(super) orders: Semaphore,
}

impl Context {
    /// Without a token only this machine may send ratings, and nobody for users of the dataset.
    pub fn new(intake: Intake<Store>, store: Store, token: Option<&Secret>) -> Context {
        let (bodies, orders) = (Semaphore::new(BODIES), Semaphore::new(1));
        Context { intake, store, door: Door::new(token), bodies, orders }
    }
}
