//! What changes of everybody's ratings take in memory goes by how many there are, and not by how long the rows are in which
//! they are.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod reference;

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cineswarm_engine::{HalfStars, Ranker};
use reference::Ratings;

/// Counts the bytes that are held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: what is asked of this is asked of that.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: it is from the system's allocator.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const USERS: u32 = 20_000;
const FILMS: u32 = 300;
/// Rated by everybody, of these films.
const RATED: u32 = 145;

/// In bytes a change, where each user has one, and where they have eight: ten a change, eight a user, and an eighth more of
/// room.
const BOUNDS: [f64; 2] = [32.0, 15.0];

fn rated(user: u32, film: u32) -> bool {
    (film * 7 + user) % FILMS < RATED
}

fn everybody() -> Ranker {
    let row = |user| (0..FILMS).filter(move |film| rated(user, *film)).map(|film| (film, (film % 10 + 1) as u8));
    let ratings: Ratings = (0..USERS).map(|user| (user, row(user).collect::<BTreeMap<_, _>>())).collect();
    let films = (0..FILMS).map(|film| (film, vec!["War".to_owned()]));
    reference::ranker(Arc::new(reference::catalogue(films, &ratings)), &ratings)
}

#[test]
fn a_change_of_a_long_row_takes_a_few_bytes_and_so_does_one_of_a_row_that_others_look_at() {
    let laid_out = HELD.load(Ordering::Relaxed);
    let mut ranker = everybody();
    let laid_out = HELD.load(Ordering::Relaxed) - laid_out;
    assert!(laid_out > (USERS * RATED * 3) as usize, "the rows themselves were not counted");
    let before = HELD.load(Ordering::Relaxed);
    let mut at = 0;
    let mut rate_once = |ranker: &mut Ranker, round: u32| {
        // In no order of theirs.
        for user in (0..USERS).map(|user| user * 7_919 % USERS) {
            at += 1;
            let film = (user * 31 + round * 37) % FILMS;
            ranker.rate(user, film, HalfStars::new(((film + round) % 9 + 1) as u8), at);
        }
    };
    rate_once(&mut ranker, 1);
    let a_change = |changes: u32| (HELD.load(Ordering::Relaxed) - before) as f64 / f64::from(changes);
    assert!(a_change(USERS) < BOUNDS[0], "{:.1} bytes a change", a_change(USERS));
    for round in 2..=8 {
        // Whoever ranks at the moment keeps what there was for as long.
        let looked_at = ranker.clone();
        rate_once(&mut ranker, round);
        drop(looked_at);
    }
    assert!(a_change(8 * USERS) < BOUNDS[1], "{:.1} bytes a change", a_change(8 * USERS));
}
