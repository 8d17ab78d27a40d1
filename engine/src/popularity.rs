//! Films for a viewer of whom nothing is known: the popular ones, and well-known ones of different kinds to rate first.

use std::cmp::Ordering;

use crate::best::Best;
use crate::catalogue::{Catalogue, Movie, MovieStats};
use crate::filters::Filters;
use crate::profile::Profile;
use crate::ranking::{MAX_RECOMMENDATIONS, Recommendation};
use crate::rating::MovieId;

/// Average ratings that each film is taken to have beside its own.
const DAMPING: f64 = 5.0;

/// How many times more films than wanted the starters are chosen from.
const STARTER_POOL: usize = 10;

/// The `n` most popular films that pass the filters; films without a rating are left out.
///
/// A film with `n_i` ratings of mean `m_i` stars scores `sqrt(n_i) * (d_i - m)`, `m` being the mean of all ratings and
/// `d_i = (n_i * m_i + 5 * m) / (n_i + 5)` the film's damped mean, as if five more viewers had found it average: but for the
/// constant spread of ratings, the z statistic of "viewers rate this film above the average film". A plain mean puts films
/// with one enthusiastic rating first, a plain count films that everybody has seen and few like; here a film needs many
/// ratings and good ones, and where hardly any film fits, one that three people adored is not before what many liked. Where genres are wanted, a film counts as far as it is of them
/// ([`Catalogue::genre_standing`]). Ties are broken by ascending film id.
pub fn popular(catalogue: &Catalogue, filters: &Filters, seen: &Profile, n: usize) -> Vec<Recommendation> {
    let mut best = Best::new(n.min(MAX_RECOMMENDATIONS), |a: &(f64, MovieId), b| by_score(a, b));
    for (movie, score) in scored(catalogue) {
        // The standing only takes from the score, and costs more than to see that the film is passed over anyway.
        let passed_over = best.bar().is_some_and(|bar| by_score(&(score, movie.id), bar) == Ordering::Greater);
        if !passed_over && filters.allow(movie, seen.get(movie.id).is_some()) {
            let standing = catalogue.genre_standing(movie, &filters.genres);
            best.offer((if score > 0.0 { score * standing } else { score / standing }, movie.id));
        }
    }
    best.into_sorted()
        .into_iter()
        .map(|(score, movie_id)| Recommendation {
            movie_id,
            score,
            predicted_rating: None,
            neighbours: 0,
            because: Vec::new(),
        })
        .collect()
}

/// Up to `n` well-known films of different kinds, for a first visit.
///
/// Chosen one by one for maximal marginal relevance (Carbonell and Goldstein 1998) among the films with the most
/// ratings: the next is the one with the greatest difference between how known it is (its ratings, relative to the most
/// rated film) and how much it resembles the chosen film most like it (half the Jaccard similarity of their genres,
/// half whether they are of the same decade). Ties are broken by ascending film id.
pub fn starters(catalogue: &Catalogue, n: usize) -> Vec<MovieId> {
    let n = n.min(MAX_RECOMMENDATIONS);
    let mut known =
        Best::new(n * STARTER_POOL, |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    for (position, stats) in catalogue.all_stats().iter().enumerate().filter(|(_, stats)| stats.ratings > 0) {
        known.offer((f64::from(stats.ratings), position));
    }
    let mut pool: Vec<(f64, &Movie, f64)> = known
        .into_sorted()
        .into_iter()
        .map(|(ratings, position)| (ratings, &catalogue.movies()[position], 0.0))
        .collect();
    let most = pool.first().map_or(1.0, |(ratings, ..)| *ratings);
    let mut chosen = Vec::with_capacity(n.min(pool.len()));
    while chosen.len() < n {
        let worth = |(ratings, _, resemblance): &(f64, &Movie, f64)| ratings / most - resemblance;
        let next = (0..pool.len())
            .max_by(|&a, &b| worth(&pool[a]).total_cmp(&worth(&pool[b])).then(pool[b].1.id.cmp(&pool[a].1.id)));
        let Some(next) = next else { break };
        let (_, movie, _) = pool.remove(next);
        for (_, other, nearest) in &mut pool {
            *nearest = resemblance(movie, other).max(*nearest);
        }
        chosen.push(movie.id);
    }
    chosen
}

fn by_score(a: &(f64, MovieId), b: &(f64, MovieId)) -> Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

/// Stars that each film is worth, as far as its ratings tell: `(n_i * m_i + 5 * m) / (n_i + 5)`, as in [`popular`]; of a film
/// without ratings the mean `m` of all, and 0 where there is none at all.
pub fn damped_means(catalogue: &Catalogue) -> impl Fn(MovieId) -> f64 + '_ {
    let mean = mean_of_all(catalogue);
    move |movie| mean + above_average(catalogue.stats(movie), mean).unwrap_or(0.0)
}

fn mean_of_all(catalogue: &Catalogue) -> f64 {
    let (ratings, sum) = catalogue
        .all_stats()
        .iter()
        .fold((0u64, 0u64), |(ratings, sum), film| (ratings + u64::from(film.ratings), sum + film.half_stars_sum));
    if ratings == 0 { 0.0 } else { sum as f64 / ratings as f64 / 2.0 }
}

/// By how many stars the film's damped mean is above the mean of all.
fn above_average(stats: MovieStats, mean: f64) -> Option<f64> {
    let ratings = f64::from(stats.ratings);
    stats.mean_stars().map(|stars| (stars - mean) * (ratings / (ratings + DAMPING)))
}

fn scored(catalogue: &Catalogue) -> impl Iterator<Item = (&Movie, f64)> {
    let mean = mean_of_all(catalogue);
    catalogue
        .movies()
        .iter()
        .zip(catalogue.all_stats())
        .filter_map(move |(movie, stats)| Some((movie, f64::from(stats.ratings).sqrt() * above_average(*stats, mean)?)))
}

/// 0 for films with no genre and no decade in common, 1 for films that agree in both.
fn resemblance(a: &Movie, b: &Movie) -> f64 {
    let common = a.genres.iter().filter(|genre| b.genres.contains(genre)).count();
    let either = a.genres.len() + b.genres.len() - common;
    let genres = if either == 0 { 1.0 } else { common as f64 / either as f64 };
    let same_decade = a.year.map(|year| year / 10) == b.year.map(|year| year / 10);
    (genres + f64::from(u8::from(same_decade))) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rating::HalfStars;

    fn catalogue(films: &[(MovieId, u32, u64, u16, &str)]) -> Catalogue {
        Catalogue::new(films.iter().map(|&(id, ratings, mean_half_stars, year, genre)| {
            let movie = Movie {
                id,
                title: format!("Film {id}"),
                other_titles: Vec::new(),
                year: Some(year),
                genres: vec![genre.to_string()],
                imdb_id: None,
                tmdb_id: None,
            };
            (movie, MovieStats { ratings, half_stars_sum: u64::from(ratings) * mean_half_stars })
        }))
    }

    fn ids(films: &[Recommendation]) -> Vec<MovieId> {
        films.iter().map(|film| film.movie_id).collect()
    }

    #[test]
    fn a_popular_film_is_rated_often_and_well() {
        let catalogue = catalogue(&[
            (1, 1, 10, 1990, "War"),
            (2, 400, 6, 1990, "War"),
            (3, 300, 9, 1990, "War"),
            (4, 0, 0, 1990, "War"),
            (5, 300, 9, 1990, "Comedy"),
        ]);
        let nobody = Profile::default();
        assert_eq!(ids(&popular(&catalogue, &Filters::default(), &nobody, 10)), [3, 5, 1, 2], "nobody rated film 4");
        assert_eq!(ids(&popular(&catalogue, &Filters::default(), &nobody, 1)), [3]);
        let comedies = Filters { genres: vec!["comedy".into()], ..Filters::default() };
        assert_eq!(ids(&popular(&catalogue, &comedies, &nobody, 1)), [5], "filters come before the cut");
        let seen = Profile::from_ratings([(3, HalfStars::MAX)]);
        assert_eq!(ids(&popular(&catalogue, &Filters::default(), &seen, 1)), [5]);
    }

    #[test]
    fn a_film_that_two_people_adored_is_not_before_one_that_many_liked() {
        let catalogue = catalogue(&[(1, 2, 10, 1990, "War"), (2, 15, 7, 1990, "War"), (3, 400, 6, 1990, "War")]);
        assert_eq!(ids(&popular(&catalogue, &Filters::default(), &Profile::default(), 2)), [2, 1]);
    }

    #[test]
    fn the_best_of_a_genre_are_films_that_are_mainly_that() {
        let film = |id: MovieId, genres: &[&str], mean_half_stars: u64| {
            let movie = catalogue(&[(id, 1, 1, 1990, "")]).movies()[0].clone();
            let genres = genres.iter().map(|genre| (*genre).to_owned()).collect();
            (Movie { genres, ..movie }, MovieStats { ratings: 100, half_stars_sum: 100 * mean_half_stars })
        };
        // Comedies and war films are seldom the same, whichever of the two is named first.
        let mut films = vec![film(1, &["Comedy", "War"], 9), film(2, &["War", "Comedy"], 9), film(3, &["Comedy"], 9)];
        films.extend((10..20).map(|id| film(id, &["War"], 4)).chain((20..30).map(|id| film(id, &["Comedy"], 4))));
        let filters = Filters { genres: vec!["Comedy".to_owned()], ..Filters::default() };
        let films = popular(&Catalogue::new(films), &filters, &Profile::default(), 3);
        assert_eq!(ids(&films), [3, 1, 2]);
    }

    #[test]
    fn the_first_films_to_rate_do_not_resemble_each_other_while_others_are_known_too() {
        let catalogue = catalogue(&[
            (1, 100, 8, 1990, "War"),
            (2, 99, 8, 1991, "War"),
            (3, 60, 8, 1975, "Comedy"),
            (4, 50, 8, 1960, "Horror"),
        ]);
        assert_eq!(starters(&catalogue, 3), [1, 3, 4]);
        assert_eq!(starters(&catalogue, 100), [1, 3, 4, 2]);
    }

    #[test]
    fn of_no_films_none_is_popular() {
        let empty = Catalogue::default();
        assert!(popular(&empty, &Filters::default(), &Profile::default(), 10).is_empty());
        assert!(starters(&empty, 10).is_empty());
        assert!(starters(&catalogue(&[(1, 5, 8, 1990, "War")]), 0).is_empty());
    }
}
