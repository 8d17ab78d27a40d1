use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;

use proptest::prelude::*;

use super::tastes::TASTE_COUNT;
use super::viewers::year_of;
use super::*;
use crate::demo::GENRES;

/// Made once, because several tests look at it.
static SMALL: LazyLock<(Synthetic, Vec<Rating>)> = LazyLock::new(|| {
    let synthetic = Synthetic::new(&Shape::ML_100K, SEED).unwrap();
    let ratings = synthetic.ratings().collect();
    (synthetic, ratings)
});

fn counts(of: impl Iterator<Item = u32>, ids: u32) -> Vec<u32> {
    let mut counts = vec![0; ids as usize];
    of.for_each(|id| counts[id as usize - 1] += 1);
    counts.sort_unstable();
    counts
}

/// The count that a part of the ascending counts does not exceed.
fn quantile(counts: &[u32], part: f64) -> f64 {
    f64::from(counts[((counts.len() - 1) as f64 * part) as usize])
}

fn percent_of_each_half_star<'a>(ratings: impl ExactSizeIterator<Item = &'a Rating>) -> [f64; 10] {
    let one = 100.0 / ratings.len() as f64;
    let mut percent = [0.0; 10];
    ratings.for_each(|rating| percent[usize::from(rating.half_stars.get()) - 1] += one);
    percent
}

fn assert_near(what: &str, found: f64, published: f64, tolerance: f64) {
    assert!((found - published).abs() <= tolerance, "{what}: {found} instead of about {published}");
}

#[test]
fn users_films_and_ratings_are_exactly_as_many_as_published() {
    let (synthetic, ratings) = &*SMALL;
    assert_eq!(ratings.len(), 100_000);
    assert_eq!(synthetic.movies().len(), 1_682);
    let by_user = counts(ratings.iter().map(|rating| rating.user), 943);
    let by_film = counts(ratings.iter().map(|rating| rating.movie), 1_682);
    assert_eq!((by_user[0], by_user[942]), (20, 737));
    assert!(by_film[0] >= 1, "a film has no rating");
    assert!(ratings.windows(2).all(|pair| (pair[0].user, pair[0].movie) < (pair[1].user, pair[1].movie)));
    assert!(ratings.iter().all(|rating| rating.half_stars.get() % 2 == 0), "this shape has whole stars only");
}

#[test]
fn activity_follows_the_published_quantiles_of_every_shape() {
    // Users, ratings, least, median, most: READMEs of the datasets, and what their ratings files add up to.
    for (name, users, ratings, least, median, most) in [
        ("ml-100k", 943, 100_000, 20, 65.0, 737),
        ("ml-1m", 6_040, 1_000_209, 20, 96.0, 2_314),
        ("ml-10m", 69_878, 10_000_054, 20, 69.0, 7_359),
        ("ml-20m", 138_493, 20_000_263, 20, 68.0, 9_254),
        ("ml-25m", 162_541, 25_000_095, 20, 71.0, 32_202),
    ] {
        let shape = Shape::named(name).unwrap();
        let mut counts = shape.activity.counts(users, ratings, shape.films);
        counts.reverse();
        assert_eq!(counts.iter().map(|&count| u64::from(count)).sum::<u64>(), ratings, "{name}");
        assert_eq!((counts.len(), counts[0], counts[users - 1]), (users, least, most), "{name}");
        assert_near(name, quantile(&counts, 0.5), median, 1.0);
    }
}

#[test]
fn films_are_as_unevenly_popular_as_in_ml_100k_and_rated_as_there() {
    let (_, ratings) = &*SMALL;
    let by_film = counts(ratings.iter().map(|rating| rating.movie), 1_682);
    assert_near("median film", quantile(&by_film, 0.5), 27.0, 3.0);
    assert_near("upper quartile", quantile(&by_film, 0.75), 80.0, 8.0);
    assert_near("most popular film", quantile(&by_film, 1.0), 583.0, 60.0);
    let percent = percent_of_each_half_star(ratings.iter());
    for (at, published) in [6.1, 11.4, 27.1, 34.2, 21.2].into_iter().enumerate() {
        assert_near("percent of a rating", percent[2 * at + 1], published, 1.0);
    }
}

#[test]
fn a_part_of_the_users_of_ml_20m_shows_its_long_tail_and_half_stars() {
    const EVERY: usize = 16;
    let synthetic = Synthetic::new(&Shape::ML_20M, SEED).unwrap();
    let (mut chooser, mut opinions) = (synthetic.chooser(), Vec::new());
    let mut ratings = Vec::new();
    for user in (1..=138_493).step_by(EVERY) {
        synthetic.opinions_of(user, &mut chooser, &mut opinions);
        ratings.extend(opinions.iter().map(|opinion| synthetic.rating(user, opinion)));
    }
    let by_film = counts(ratings.iter().map(|rating| rating.movie), 26_744);
    let scaled = by_film[26_743] as usize * EVERY;
    assert_near("most popular film", scaled as f64, 67_310.0, 6_000.0);
    // The films of the upper half of the ranking have nearly all ratings, as the published median of 18 says.
    let of_upper_half: u32 = by_film[13_372..].iter().sum();
    assert_near("share of the upper half", f64::from(of_upper_half) / ratings.len() as f64, 0.995, 0.005);
    let mut wanted = synthetic.films.wanted.clone();
    wanted.sort_unstable();
    assert_near("median film", quantile(&wanted, 0.5), 18.0, 1.0);
    let under_10 = wanted.iter().filter(|&&count| count < 10).count();
    assert_near("films with less than 10 ratings", under_10 as f64 / 26_744.0, 0.40, 0.03);
    let percent = percent_of_each_half_star(ratings.iter());
    for (at, published) in [1.2, 3.4, 1.4, 7.2, 4.4, 21.4, 11.0, 27.8, 7.7, 14.5].into_iter().enumerate() {
        assert_near(&format!("percent of {} half-stars", at + 1), percent[at], published, 0.5);
    }
}

#[test]
fn the_same_seed_gives_the_same_ratings_and_another_seed_gives_others() {
    let (synthetic, ratings) = &*SMALL;
    let again = Synthetic::new(&Shape::ML_100K, SEED).unwrap();
    assert!(again.ratings().eq(ratings.iter().copied()));
    assert_eq!(again.movies(), synthetic.movies());
    let other = Synthetic::new(&Shape::ML_100K, SEED + 1).unwrap();
    assert!(!other.ratings().eq(ratings.iter().copied()));
    assert_ne!(other.movies(), synthetic.movies());
}

#[test]
fn a_users_ratings_do_not_depend_on_who_was_asked_before() {
    let (synthetic, ratings) = &*SMALL;
    let (mut chooser, mut opinions) = (synthetic.chooser(), Vec::new());
    let mut backwards = Vec::new();
    for user in (1..=943).rev() {
        synthetic.opinions_of(user, &mut chooser, &mut opinions);
        backwards.extend(opinions.iter().rev().map(|opinion| synthetic.rating(user, opinion)));
    }
    backwards.reverse();
    assert_eq!(&backwards, ratings);
}

#[test]
fn viewers_of_one_taste_resemble_each_other_more_than_others_do() {
    let (synthetic, ratings) = &*SMALL;
    let mut profiles: BTreeMap<UserId, BTreeMap<MovieId, f64>> = BTreeMap::new();
    for rating in ratings {
        profiles.entry(rating.user).or_default().insert(rating.movie, rating.half_stars.stars());
    }
    let cosine = |one: &BTreeMap<MovieId, f64>, other: &BTreeMap<MovieId, f64>| {
        let dot: f64 = one.iter().filter_map(|(film, stars)| Some(stars * other.get(film)?)).sum();
        let norm = |of: &BTreeMap<MovieId, f64>| of.values().map(|stars| stars * stars).sum::<f64>().sqrt();
        dot / norm(one) / norm(other)
    };
    let (mut alike, mut unlike) = ((0.0, 0), (0.0, 0));
    let with_taste: Vec<_> = profiles.iter().map(|(&user, of)| (synthetic.viewer(user).0.main_taste(), of)).collect();
    for (at, (taste, profile)) in with_taste.iter().enumerate() {
        for (other_taste, other) in &with_taste[at + 1..] {
            let sum = if taste == other_taste { &mut alike } else { &mut unlike };
            *sum = (sum.0 + cosine(profile, other), sum.1 + 1);
        }
    }
    let (alike, unlike) = (alike.0 / f64::from(alike.1), unlike.0 / f64::from(unlike.1));
    assert!(alike > 1.4 * unlike, "mean similarity {alike} of viewers of one taste, {unlike} of others");
}

#[test]
fn viewers_choose_films_of_their_taste_more_often_and_rate_them_higher() {
    let (synthetic, ratings) = &*SMALL;
    let (mut of_taste, mut of_others) = (Vec::new(), Vec::new());
    let mut films_of_taste = [0.0; TASTE_COUNT];
    let taste_of: Vec<usize> = synthetic.films.traits.iter().map(|film| tastes::main(&film.appeal())).collect();
    for rating in ratings {
        films_of_taste[taste_of[rating.movie as usize - 1]] += 1.0 / ratings.len() as f64;
    }
    let mut expected = 0.0;
    for rating in ratings {
        let taste = synthetic.viewer(rating.user).0.main_taste();
        expected += films_of_taste[taste];
        let ratings = if taste == taste_of[rating.movie as usize - 1] { &mut of_taste } else { &mut of_others };
        ratings.push(rating.half_stars.stars());
    }
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    assert!(of_taste.len() as f64 > 1.5 * expected, "{} ratings, {expected} without taste", of_taste.len());
    assert!(mean(&of_taste) > mean(&of_others) + 0.2, "{} against {} stars", mean(&of_taste), mean(&of_others));
}

#[test]
fn everybody_rates_in_a_few_sittings_within_the_period_films_that_are_out() {
    let (synthetic, ratings) = &*SMALL;
    let (first, last) = synthetic.shape().period;
    let mut days: BTreeMap<UserId, BTreeSet<i64>> = BTreeMap::new();
    for rating in ratings {
        assert!((first..=last).contains(&rating.timestamp), "{rating:?}");
        let year = synthetic.films.traits[rating.movie as usize - 1].year;
        assert!(year <= year_of(rating.timestamp), "a film of {year} in {rating:?}");
        days.entry(rating.user).or_default().insert(rating.timestamp / 86_400);
    }
    let mut days: Vec<usize> = days.values().map(BTreeSet::len).collect();
    days.sort_unstable();
    assert!(days[days.len() / 2] <= 3, "half of the viewers rate on {} days and more", days[days.len() / 2]);
    assert!(days[days.len() - 1] >= 3, "nobody comes back");
}

#[test]
fn films_have_names_of_their_own_years_and_known_genres_of_every_kind() {
    let movies = SMALL.0.movies();
    let names: HashSet<_> = movies.iter().map(|movie| (&movie.title, movie.year)).collect();
    assert_eq!(names.len(), movies.len());
    let mut seen = BTreeSet::new();
    for movie in &movies {
        assert!((1915..=1998).contains(&movie.year.unwrap()), "{movie:?}");
        assert!(!movie.genres.is_empty() && movie.genres.is_sorted(), "{movie:?}");
        assert!(movie.genres.iter().all(|genre| GENRES.contains(&genre.as_str())), "{movie:?}");
        seen.extend(movie.genres.clone());
    }
    assert_eq!(seen.len(), GENRES.len(), "{seen:?}");
}

#[test]
fn a_shape_that_cannot_be_is_refused_with_the_reason() {
    let reason = |shape: Shape| match Synthetic::new(&shape, SEED) {
        Err(Error::Impossible { reason, .. }) => reason,
        Ok(_) => String::new(),
    };
    let size = Shape::of_size;
    assert_eq!(reason(size(0, 3, 3)), "there must be a user and a film");
    assert_eq!(reason(size(2, 3, 7)), "there are only 6 pairs of a user and a film");
    assert_eq!(reason(size(2, 9, 8)), "every film needs a rating");
    assert_eq!(reason(size(9, 2, 8)), "every user needs 1 ratings");
    let small = size(10, 10, 50);
    let popular = |minimum: u32| reason(Shape { popularity: LongTail { minimum, ..small.popularity }, ..small });
    assert_eq!(popular(5), "");
    assert_eq!(popular(6), "every film needs 6 ratings");
    assert_eq!(popular(u32::MAX), "every film needs 4294967295 ratings");
    assert!(reason(Shape { half_star_shares: [0.0; 10], ..small }).starts_with("the shares"));
    assert!(reason(Shape { half_star_shares: [f64::NAN; 10], ..small }).starts_with("the shares"));
    assert!(reason(Shape { period: (5, 4), ..small }).starts_with("its period"));
    let broken = LongTail { quartiles: [f64::INFINITY; 3], ..small.activity };
    assert!(reason(Shape { activity: broken, ..small }).starts_with("the quartiles"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn tiny_datasets_are_exact_or_refused(users in 0..12u32, films in 0..12u32, ratings in 0..150u32, seed in any::<u64>()) {
        let shape = Shape::of_size(users, films, ratings);
        let possible = ratings >= users.max(films) && ratings <= users * films && users > 0 && films > 0;
        match Synthetic::new(&shape, seed) {
            Err(_) => prop_assert!(!possible, "{shape:?} is possible"),
            Ok(synthetic) => {
                prop_assert!(possible, "{shape:?} is impossible");
                let made: Vec<Rating> = synthetic.ratings().collect();
                let pairs: HashSet<_> = made.iter().map(|rating| (rating.user, rating.movie)).collect();
                prop_assert_eq!(pairs.len(), ratings as usize);
                prop_assert_eq!(made.len(), ratings as usize);
                let distinct = |of: fn(&Rating) -> u32| made.iter().map(of).collect::<HashSet<_>>().len();
                prop_assert_eq!(distinct(|rating| rating.user), users as usize);
                prop_assert_eq!(distinct(|rating| rating.movie), films as usize);
                prop_assert_eq!(synthetic.movies().len(), films as usize);
            }
        }
    }
}
