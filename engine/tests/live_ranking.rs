//! A ranker that takes changes is held, to the last bit, to one that is made anew of the ratings as they are then; and what
//! somebody says of neighbours as they were a moment ago is held to that moment.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod reference;

use std::collections::BTreeMap;
use std::sync::Arc;

use cineswarm_engine::{
    Filters, HalfStars, NeighbourOptions, PopularityPenalty, Profile, RankOptions, RankScratch, Ranker, popular,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use reference::Ratings;

/// Films 0 to 29 are in the catalogue; 30 and 31 are not, and can be rated all the same.
const KNOWN_FILMS: u32 = 30;
/// The number of the change up to which the ranker's rows were made.
const MADE_AT: u64 = 100;

#[derive(Clone, Debug)]
enum Change {
    Rate { user: u32, film: u32, half_stars: Option<u8> },
    Delete { user: u32 },
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        9 => (0..20u32, 0..KNOWN_FILMS + 2, prop::option::weighted(0.8, 1..=10u8))
            .prop_map(|(user, film, half_stars)| Change::Rate { user, film, half_stars }),
        1 => (0..20u32).prop_map(|user| Change::Delete { user }),
    ];
    prop::collection::vec(change, 1..40)
}

fn anew(ratings: &Ratings) -> Ranker {
    let films = (0..KNOWN_FILMS).map(|film| (film, vec![["Crime", "War"][film as usize % 2].to_owned()]));
    reference::ranker(Arc::new(reference::catalogue(films, ratings)), ratings)
}

fn everything(ranker: &Ranker, ratings: &Ratings, viewer: &BTreeMap<u32, u8>) -> String {
    let profile = reference::profile(viewer);
    let neighbours = reference::neighbours(ratings, viewer, &NeighbourOptions { k: 9, ..NeighbourOptions::default() });
    let penalised = RankOptions { popularity_penalty: PopularityPenalty::Mild, ..RankOptions::default() };
    let ranked = [RankOptions::default(), penalised, RankOptions::like_these(20)]
        .map(|options| ranker.rank(&profile, &neighbours, &Filters::default(), &options, &mut RankScratch::default()));
    let popular = popular(ranker.catalogue(), &Filters::default(), &Profile::default(), 10);
    let histograms: Vec<[u32; 10]> = (0..KNOWN_FILMS).map(|film| ranker.histogram(film)).collect();
    // Floating-point numbers are written so that no two look the same.
    format!("{ranked:?} {popular:?} {:?} {histograms:?}", ranker.catalogue().all_stats())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, rng_seed: RngSeed::Fixed(47), ..ProptestConfig::default() })]

    #[test]
    fn after_any_changes_films_are_ranked_and_counted_as_by_a_ranker_made_anew(
        ratings in prop::collection::btree_map(0..20u32, prop::collection::btree_map(0..KNOWN_FILMS, 1..=10u8, 1..20), 0..20),
        viewer in prop::collection::btree_map(0..KNOWN_FILMS, 1..=10u8, 1..8),
        changes in changes(),
    ) {
        let mut now: Ratings = ratings;
        let mut ranker = anew(&now).made_at(MADE_AT);
        let mut states = vec![(MADE_AT, now.clone())];
        let mut deleted = Vec::new();
        for (change, at) in changes.into_iter().zip(MADE_AT + 1..) {
            match change {
                // Whoever is deleted says nothing more.
                Change::Rate { user, .. } if deleted.contains(&user) => continue,
                Change::Rate { user, film, half_stars } => {
                    let row = now.entry(user).or_default();
                    match half_stars {
                        Some(half_stars) => _ = row.insert(film, half_stars),
                        None => _ = row.remove(&film),
                    }
                    ranker.rate(user, film, half_stars.and_then(HalfStars::new), at);
                }
                Change::Delete { user } => {
                    now.remove(&user);
                    deleted.push(user);
                    ranker.delete_user(user, at);
                }
            }
            now.retain(|_, row| !row.is_empty());
            states.push((at, now.clone()));
        }
        prop_assert_eq!(everything(&ranker, &now, &viewer), everything(&anew(&now), &now, &viewer));

        // What was true at any moment before is accepted as of that moment, but of who has been deleted since.
        let options = NeighbourOptions { k: 9, shrink: 2, ..NeighbourOptions::default() };
        let profile = reference::profile(&viewer);
        let check = |claimed: &[_], as_of: u64| {
            ranker.check(&profile, &options, claimed, |_| as_of, &mut RankScratch::default())
        };
        for (at, state) in &states {
            let claimed = reference::neighbours(state, &viewer, &options);
            prop_assert_eq!(check(&claimed, *at), Ok(()));
            for wrong in &claimed {
                let is_known = !deleted.contains(&wrong.user);
                let mut wrong = *wrong;
                wrong.dot += 1;
                prop_assert!(check(&[wrong], *at).is_err() || !is_known);
            }
        }
    }
}

#[test]
fn what_was_true_before_a_change_is_not_true_after_it() {
    let ratings = Ratings::from([(7, BTreeMap::from([(1, 8), (2, 6)]))]);
    let viewer = BTreeMap::from([(1, 8)]);
    let options = NeighbourOptions::default();
    let before = reference::neighbours(&ratings, &viewer, &options);
    let mut ranker = anew(&ratings);
    ranker.rate(7, 2, HalfStars::new(1), 5);
    let check = |as_of: u64| {
        ranker.check(&reference::profile(&viewer), &options, &before, |_| as_of, &mut RankScratch::default())
    };
    assert_eq!(check(4), Ok(()));
    assert!(check(5).is_err());
}
