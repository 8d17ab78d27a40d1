//! No list is empty without a true reason, whatever film or viewer is asked for.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::PathBuf;
use std::sync::Arc;

use cineswarm_engine::dataset::{ImportOptions, import};
use cineswarm_engine::{
    Dataset, Filters, HalfStars, NeighbourOptions, Profile, RankOptions, RankScratch, Ranker, Recommendation, Scratch,
    ShardIndex, ShardRatings, Shortage, rank_or_explain, top_k_over,
};
use common::{Fixture, NOW};

struct Asked {
    dataset: Dataset,
    shards: Vec<ShardIndex>,
    ranker: Ranker,
    scratch: (Scratch, RankScratch),
}

impl Asked {
    fn new(dataset: Dataset) -> Asked {
        let shards = (0..dataset.shard_count()).map(|shard| {
            let shard = dataset.shard(shard).unwrap();
            let ratings = ShardRatings::new(shard.user_ids, shard.row_offsets, shard.movie_ids, shard.half_stars);
            ShardIndex::build(ratings.unwrap())
        });
        let shards = shards.collect();
        let ranker = Ranker::new(Arc::new(dataset.catalogue().clone()), dataset.rows());
        Asked { dataset, shards, ranker, scratch: (Scratch::default(), RankScratch::default()) }
    }

    fn ask(
        &mut self,
        profile: &Profile,
        neighbours: &NeighbourOptions,
        filters: &Filters,
        ranking: &RankOptions,
    ) -> (Vec<Recommendation>, Option<Shortage>) {
        let shards: Vec<&ShardIndex> = self.shards.iter().collect();
        let found = top_k_over(&shards, profile, neighbours, &mut self.scratch.0);
        rank_or_explain(&self.ranker, profile, &found, filters, ranking, &mut self.scratch.1)
    }

    fn like(&mut self, movie: u32, filters: &Filters) -> (Vec<Recommendation>, Option<Shortage>) {
        let profile = Profile::from_ratings([(movie, HalfStars::MAX)]);
        self.ask(&profile, &NeighbourOptions::like_these(), filters, &RankOptions::like_these(10))
    }

    fn user(&mut self, user: u32) -> (Vec<Recommendation>, Option<Shortage>) {
        let profile = self.dataset.profile(user).unwrap();
        let neighbours = NeighbourOptions { exclude_user: Some(user), ..NeighbourOptions::default() };
        self.ask(&profile, &neighbours, &Filters::default(), &RankOptions::default())
    }
}

fn asked(ratings: &[(u32, u32)]) -> Asked {
    let rows: String = ratings.iter().map(|(user, film)| format!("{user},{film},4.0,1000\n")).collect();
    let movies: String = (1..=6)
        .map(|film| format!("{film},Film {film} ({}),{}\n", 1990 + film, if film >= 5 { "War" } else { "Drama" }))
        .collect();
    let fixture = Fixture::new(&[
        ("movies.csv", format!("movieId,title,genres\n{movies}").as_bytes()),
        ("ratings.csv", format!("userId,movieId,rating,timestamp\n{rows}").as_bytes()),
    ]);
    Asked::new(fixture.imported())
}

#[test]
fn each_reason_is_the_true_one() {
    // Films 1 to 3 are rated by many, 4 by one viewer who has rated 1 as well, 5 by one who has rated nothing else; 6 by
    // nobody.
    let mut ratings: Vec<(u32, u32)> = (1..=9).flat_map(|user| [(user, 1), (user, 2), (user, 3)]).collect();
    ratings.extend([(20, 4), (20, 1), (21, 5)]);
    let mut asked = asked(&ratings);
    let all = Filters::default();
    assert_eq!(asked.like(1, &all).1, None);
    let (films, reason) = asked.like(4, &all);
    assert_eq!((films[0].movie_id, reason), (1, Some(Shortage::FewShare)), "what the one viewer has rated");
    for (film, expected) in [(5, Shortage::NothingElse), (6, Shortage::NobodyShares)] {
        let (films, reason) = asked.like(film, &all);
        assert_eq!((films[0].movie_id, reason), (1, Some(expected)), "popular films");
        assert!(films.iter().all(|one| one.movie_id != film));
    }
    assert_eq!(asked.user(21).1, Some(Shortage::NobodyShares), "nobody but oneself");
    let war = Filters { genres: vec!["War".into()], ..Filters::default() };
    let (films, reason) = asked.like(1, &war);
    assert_eq!((films.len(), reason), (1, Some(Shortage::Filtered)), "a film of others passes");
    let nothing = Filters { year_from: Some(2050), ..Filters::default() };
    assert_eq!(asked.like(1, &nothing), (vec![], Some(Shortage::NothingFits)));
    assert_eq!(asked.like(6, &nothing), (vec![], Some(Shortage::NothingFits)));
}

#[test]
fn no_viewer_with_one_rating_gets_an_empty_list() {
    let ratings: Vec<(u32, u32)> = (1..=40).map(|user| (user, user % 5 + 1)).collect();
    let mut asked = asked(&ratings);
    for user in 1..=40 {
        let (films, reason) = asked.user(user);
        assert!(!films.is_empty());
        assert_eq!(reason, Some(Shortage::NothingElse), "user {user}");
    }
}

#[test]
fn no_film_of_the_sample_gives_an_empty_list() {
    let folder = std::env::var_os("CINESWARM_TEST_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/ml-latest-small"),
        PathBuf::from,
    );
    if !folder.join("ratings.csv").is_file() {
        eprintln!("SKIPPED: no MovieLens sample in {}; set CINESWARM_TEST_DATA to its folder", folder.display());
        return;
    }
    let data_dir = tempfile::tempdir().unwrap();
    let report = import(&folder, &ImportOptions::new(data_dir.path(), "sample", NOW), &mut |_| {}).unwrap();
    assert!(report.metadata.assumptions.is_empty(), "{:?}", report.metadata.assumptions);
    assert_eq!((report.metadata.counts.ratings, report.metadata.counts.bad_rows.len()), (100_836, 0));
    let mut asked = Asked::new(Dataset::open(data_dir.path(), "sample").unwrap());
    let films: Vec<u32> = asked.dataset.catalogue().movies().iter().map(|movie| movie.id).collect();
    let mut reasons = [0; 3];
    for film in films {
        let (found, reason) = asked.like(film, &Filters::default());
        assert!(!found.is_empty(), "film {film}: {reason:?}");
        let raters = asked.dataset.catalogue().stats(film).ratings;
        match reason {
            None => reasons[0] += 1,
            Some(Shortage::FewShare) => {
                assert!(raters > 0, "film {film}");
                reasons[1] += 1;
            }
            Some(Shortage::NobodyShares) => {
                assert_eq!(raters, 0, "film {film}");
                reasons[2] += 1;
            }
            Some(other) => panic!("film {film}: {other:?}"),
        }
    }
    assert_eq!(reasons[2], 18, "films that nobody has rated");
    eprintln!("lists of neighbours, of few, of popular films: {reasons:?}");
}
