//! The JSON lists of Trakt: ratings, what was watched (whole or in parts), watchlists and lists.

use serde::Deserialize;

use super::{Brought, Entry, Error, Kind, LeftOut, MOST_ENTRIES, Service};
use crate::movielens::{Time, time};
use crate::rating::HalfStars;

#[derive(Deserialize)]
struct Item {
    rated_at: Option<String>,
    rating: Option<f64>,
    watched_at: Option<String>,
    last_watched_at: Option<String>,
    listed_at: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    movie: Option<Film>,
}

#[derive(Deserialize)]
struct Film {
    title: Option<String>,
    year: Option<u16>,
    #[serde(default)]
    ids: Ids,
}

#[derive(Default, Deserialize)]
struct Ids {
    imdb: Option<String>,
    tmdb: Option<u32>,
}

pub(super) fn read(name: &str, bytes: &[u8], now: i64, brought: &mut Brought) -> Result<(), Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let items: Vec<Item> = serde_json::from_slice(bytes)
        .map_err(|reason| Error::Json { file: name.to_owned(), reason: reason.to_string() })?;
    if items.len() + brought.entries.len() > MOST_ENTRIES {
        return Err(Error::TooLarge { file: name.to_owned() });
    }
    brought.service = Service::Trakt;
    let is_watchlist = name.to_lowercase().contains("watchlist");
    let mut no_films = 0;
    for (line, item) in (1..).zip(items) {
        let Some(film) = item.movie.filter(|_| item.kind.as_deref().is_none_or(|kind| kind == "movie")) else {
            no_films += 1;
            continue;
        };
        let half_stars = match item.rating {
            None => None,
            // Trakt's ten steps are half stars.
            Some(rating) => match HalfStars::from_stars(rating / 2.0) {
                Ok(half_stars) => Some(half_stars),
                Err(_) => {
                    let reason = format!("the rating {rating} is not on the scale 1 to 10");
                    brought.left_out.push(LeftOut { file: name.to_owned(), line, reason });
                    continue;
                }
            },
        };
        let kind = match half_stars {
            Some(_) => Kind::Rated,
            None if item.watched_at.is_some() || item.last_watched_at.is_some() => Kind::Watched,
            None if is_watchlist => Kind::Wanted,
            None => Kind::Listed,
        };
        let told = item.rated_at.or(item.watched_at).or(item.last_watched_at).or(item.listed_at).unwrap_or_default();
        let imdb = film.ids.imdb.unwrap_or_default();
        brought.entries.push(Entry {
            file: name.to_owned(),
            line,
            kind,
            title: film.title.unwrap_or_default(),
            original_title: String::new(),
            year: film.year,
            imdb_id: imdb.trim_start_matches("tt").parse().ok(),
            tmdb_id: film.ids.tmdb,
            source_id: None,
            half_stars,
            at: time(told.as_bytes(), now).map(Time::seconds).unwrap_or(0),
        });
    }
    if no_films > 0 {
        brought.assumptions.push(format!("{name}: {no_films} shows, seasons, episodes or people are passed over"));
    }
    Ok(())
}
