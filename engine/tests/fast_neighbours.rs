//! Every fast path to neighbours is held, to the last bit, to the slow reference: each kernel, films rated by many and
//! by few, several blocks of users, profiles too long for narrow sums, batches, threads, and changes over an index.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod reference;

use std::collections::BTreeMap;

use cineswarm_engine::index::Changes;
use cineswarm_engine::{
    HalfStars, Kernel, LiveIndex, Neighbour, NeighbourOptions, Profile, Scratch, ShardIndex, top_k_batch, top_k_over,
    top_k_parallel,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use reference::Ratings;

/// Film `f` is rated by about one user in `f + 1`, so that the first films are dense and most are not.
fn skewed(users: u32, films: u32, seed: u64) -> Ratings {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut below = |limit: u32| random.next_u32() % limit;
    let mut row = || (0..films).filter(|&film| below(film + 1) == 0).map(|film| (film * 3, film)).collect::<Vec<_>>();
    let rows: Vec<Vec<(u32, u32)>> = (0..users).map(|_| row()).collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed + 1);
    rows.into_iter()
        .zip(0..)
        .map(|(row, user)| {
            (user * 2 + 1, row.into_iter().map(|(film, _)| (film, (random.next_u32() % 10 + 1) as u8)).collect())
        })
        .collect()
}

fn viewer(films: impl Iterator<Item = u32>, seed: u64) -> BTreeMap<u32, u8> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    films.map(|film| (film, (random.next_u32() % 10 + 1) as u8)).collect()
}

fn check(ratings: &Ratings, viewers: &[BTreeMap<u32, u8>], options: &[NeighbourOptions]) {
    let shards: Vec<ShardIndex> = (0..3).map(|shard| reference::shard(ratings, |user| user / 2 % 3 == shard)).collect();
    let shards: Vec<&ShardIndex> = shards.iter().collect();
    let queries: Vec<(Profile, NeighbourOptions)> = viewers
        .iter()
        .flat_map(|viewer| options.iter().map(move |options| (reference::profile(viewer), *options)))
        .collect();
    let expected: Vec<_> = viewers
        .iter()
        .flat_map(|viewer| {
            options.iter().map(move |options| reference::bits(&reference::neighbours(ratings, viewer, options)))
        })
        .collect();
    let bits = |answers: &[Vec<Neighbour>]| answers.iter().map(|answer| reference::bits(answer)).collect::<Vec<_>>();
    for kernel in Kernel::available() {
        let mut scratch = Scratch::with_kernel(kernel);
        let single: Vec<_> =
            queries.iter().map(|(profile, options)| top_k_over(&shards, profile, options, &mut scratch)).collect();
        assert_eq!(bits(&single), expected, "{kernel:?}, one by one");
        assert_eq!(bits(&top_k_batch(&shards, &queries, &mut scratch)), expected, "{kernel:?}, as a batch");
    }
    for threads in [1, 2, 5] {
        let mut scratches: Vec<Scratch> = (0..threads).map(|_| Scratch::default()).collect();
        assert_eq!(bits(&top_k_parallel(&shards, &queries, &mut scratches)), expected, "{threads} threads");
    }
}

#[test]
fn films_of_many_and_of_few_raters_in_several_blocks_give_the_neighbours_of_the_reference() {
    // A block has at most 16,384 users, and a third of these are in a shard.
    let ratings = skewed(60_000, 40, 7);
    // The last is the user who is never a neighbour, would be the nearest, and is in the shard that comes first.
    let own = ratings[&7].clone();
    let viewers = [viewer((0..40).map(|film| film * 3), 1), viewer([0, 3, 117, 500].into_iter(), 2), own];
    let options = NeighbourOptions { k: 1, exclude_user: Some(7), ..NeighbourOptions::default() };
    let more = NeighbourOptions { k: 40, ..options };
    check(&ratings, &viewers, &[options, more, NeighbourOptions { k: 3, min_overlap: 4, shrink: 5, ..options }]);
}

#[test]
fn profiles_too_long_for_narrow_sums_give_the_neighbours_of_the_reference() {
    let mut ratings = skewed(300, 2500, 9);
    // Some who gave ten half-stars to many films, as the viewer does: dot products of up to 250,000.
    for (user, films) in [(77, 2500), (79, 2000), (81, 700)] {
        ratings.insert(user, (0..films).map(|film| (film * 3, 10)).collect());
    }
    let viewers: [BTreeMap<u32, u8>; 2] =
        [(0..2500).map(|film| (film * 3, 10)).collect(), viewer((0..4000).map(|film| film * 2), 3)];
    check(
        &ratings,
        &viewers,
        &[
            NeighbourOptions::default(),
            NeighbourOptions { k: 2, ..NeighbourOptions::default() },
            NeighbourOptions { shrink: 10, ..NeighbourOptions::default() },
        ],
    );
    let many: Vec<_> = viewers.iter().cycle().take(40).cloned().collect();
    check(&ratings, &many, &[NeighbourOptions { k: 60, ..NeighbourOptions::default() }]);
}

#[test]
fn many_queries_at_once_give_the_neighbours_of_the_reference() {
    let mut ratings = skewed(3000, 60, 5);
    ratings.insert(15, BTreeMap::new());
    // More than fit one sweep over the users, some of which no sweep can take.
    let viewers: Vec<_> = (0..150).map(|n| viewer((0..70).filter(|film| (film * 7 + n) % 5 < 2), n.into())).collect();
    check(&ratings, &viewers, &[NeighbourOptions { exclude_user: Some(21), ..NeighbourOptions::default() }]);
    let mixed = [NeighbourOptions::default(), NeighbourOptions { shrink: 3, k: 9, ..NeighbourOptions::default() }];
    check(&ratings, &viewers[..40], &mixed);
}

#[test]
fn more_films_than_two_bytes_can_number_give_the_neighbours_of_the_reference() {
    let mut ratings = skewed(90, 60, 8);
    // In the shard that comes first, and with them most others of that shard have numbers past two bytes.
    ratings.insert(7, (0..70_000).map(|film| (film * 3, 10 - (film % 10) as u8)).collect());
    ratings.insert(13, (0..70_000).map(|film| (film * 3, 5)).collect());
    let viewers: Vec<_> = (0..40).map(|n| viewer((0..70).map(|film| film * 3 + n * 3000), n.into())).collect();
    check(&ratings, &viewers, &[NeighbourOptions { k: 5, ..NeighbourOptions::default() }]);
}

#[test]
fn odd_questions_have_the_right_answer() {
    let ratings = skewed(500, 30, 3);
    let everyone = NeighbourOptions { k: 10_000, ..NeighbourOptions::default() };
    let nobody = NeighbourOptions { k: 0, ..NeighbourOptions::default() };
    let viewers = [BTreeMap::new(), viewer([1, 2, 1000].into_iter(), 4), viewer([0].into_iter(), 5)];
    check(&ratings, &viewers, &[everyone, nobody, NeighbourOptions { min_overlap: u32::MAX, ..everyone }]);
    check(&Ratings::new(), &viewers, &[everyone]);
    // Film ids as high as there are.
    let high = |row: &BTreeMap<u32, u8>| row.iter().map(|(film, rating)| (u32::MAX - film * 1000, *rating)).collect();
    let high_ratings: Ratings = ratings.iter().map(|(user, row)| (*user, high(row))).collect();
    check(&high_ratings, &[high(&viewer((0..20).map(|film| film * 3), 6))], &[everyone]);
    // One user, one film; all ratings equal.
    check(&Ratings::from([(1, BTreeMap::from([(0, 7)]))]), &viewers, &[everyone]);
    check(&(0..50).map(|user| (user, (0..9).map(|film| (film, 6)).collect())).collect(), &viewers, &[everyone]);
}

#[test]
fn when_the_nearest_users_are_deleted_the_next_ones_are_found() {
    for users in [400, 3000] {
        let mut ratings = skewed(users, 60, 4);
        let mut live = LiveIndex::new(reference::shard(&ratings, |_| true));
        let viewer = viewer((0..40).map(|film| film * 3), 4);
        for k in [1, 1, 1, 2, 3, 40] {
            let options = NeighbourOptions { k, ..NeighbourOptions::default() };
            let found = top_k_over(&[&live], &reference::profile(&viewer), &options, &mut Scratch::default());
            assert_eq!(reference::bits(&found), reference::bits(&reference::neighbours(&ratings, &viewer, &options)));
            for Neighbour { user, .. } in found {
                live.delete_user(user);
                ratings.remove(&user);
            }
        }
    }
}

/// What may happen to a live index.
#[derive(Clone, Debug)]
enum Change {
    Rate {
        user: u32,
        film: u32,
        half_stars: Option<u8>,
    },
    Delete {
        user: u32,
    },
    Compact,
    /// As [`Change::Compact`], but the changes until the next installation come in between.
    BeginCompaction,
    Install,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        8 => (0..60u32, 0..30u32, prop::option::weighted(0.8, 1..=10u8))
            .prop_map(|(user, film, half_stars)| Change::Rate { user, film, half_stars }),
        2 => (0..60u32).prop_map(|user| Change::Delete { user }),
        1 => Just(Change::Compact),
        1 => Just(Change::BeginCompaction),
        1 => Just(Change::Install),
    ];
    prop::collection::vec(change, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, rng_seed: RngSeed::Fixed(33), ..ProptestConfig::default() })]

    #[test]
    fn the_next_query_sees_every_change_before_during_and_after_a_compaction(
        ratings in prop::collection::btree_map(0..60u32, prop::collection::btree_map(0..30u32, 1..=10u8, 1..20), 0..40),
        viewer in prop::collection::btree_map(0..30u32, 1..=10u8, 0..20),
        changes in changes(),
        min_overlap in 0..3u32,
        shrink in 0..3u32,
    ) {
        let mut ratings: Ratings = ratings;
        let mut live = LiveIndex::new(reference::shard(&ratings, |_| true));
        let options = NeighbourOptions { k: 7, min_overlap, shrink, exclude_user: Some(3) };
        let profile = reference::profile(&viewer);
        let (mut begun, mut compacted_since) = (None, false);
        for change in changes {
            match change {
                Change::Rate { user, film, half_stars } => {
                    live.rate(user, film, half_stars.and_then(HalfStars::new));
                    let row = ratings.entry(user).or_default();
                    match half_stars {
                        Some(half_stars) => row.insert(film, half_stars),
                        None => row.remove(&film),
                    };
                }
                Change::Delete { user } => {
                    live.delete_user(user);
                    ratings.remove(&user);
                }
                Change::Compact => {
                    prop_assert!(live.install(live.compaction().run().unwrap()));
                    compacted_since = true;
                    prop_assert_eq!(Changes::users(live.changes()), 0);
                }
                Change::BeginCompaction => (begun, compacted_since) = (Some(live.compaction()), false),
                Change::Install => if let Some(compaction) = begun.take() {
                    prop_assert_eq!(live.install(compaction.run().unwrap()), !compacted_since);
                },
            }
            let found = top_k_over(&[&live], &profile, &options, &mut Scratch::default());
            let expected = reference::bits(&reference::neighbours(&ratings, &viewer, &options));
            prop_assert_eq!(reference::bits(&found), expected.clone());
            let many = vec![(profile.clone(), options); 33];
            let mut scratches = [Scratch::default(), Scratch::default()];
            for found in top_k_parallel(&[&live], &many, &mut scratches) {
                prop_assert_eq!(reference::bits(&found), expected.clone());
            }
            for (user, row) in &ratings {
                let expected: (Vec<u32>, Vec<u8>) = row.iter().map(|(film, rating)| (*film, *rating)).unzip();
                let found = live.ratings_of(*user).map(|(films, ratings)| (films, ratings.to_vec()));
                prop_assert_eq!(found.unwrap_or_default(), expected);
            }
        }
    }
}
