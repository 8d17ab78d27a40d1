//! The quality gate: whether a rating that came in counts, and if not, all reasons why. Pure: what is known of films and
//! users is given, and so is the present.

use crate::history::History;
use crate::line::Line;
use crate::reason::{Fault, Reason, shown};
use chrono::{DateTime, Datelike};
use cineswarm_engine::{HalfStars, MovieId, UserId};
use uuid::Uuid;

/// How far a source's clock may be ahead.
const CLOCKS_DIFFER_MS: i64 = 60_000;
/// Roundhay Garden Scene.
const FIRST_FILM_YEAR: i32 = 1888;
/// Some films are rated, and some datasets date them, a year before they come out.
const YEARS_EARLY: i32 = 1;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

/// What a person can do. In MovieLens' latest small dataset 99 of 100 users rate at most 25 films in any minute, and
/// nobody rates more than 574 in an hour; one of 610 users gave more than 55 equal ratings in a row.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Films in a minute.
    pub films_in_a_minute: usize,
    /// Films in an hour.
    pub films_in_an_hour: usize,
    /// Films in an hour that were all given the same.
    pub equal_in_an_hour: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { films_in_a_minute: 120, films_in_an_hour: 1_000, equal_in_an_hour: 60 }
    }
}

/// A rating of the dataset: of which film, how good, when, in milliseconds since 1970.
pub type DatasetRating = (MovieId, HalfStars, i64);

/// What the gate asks of the dataset that is served, by the ids of the dataset's own source.
pub trait Known: Send + Sync + 'static {
    /// The film that is called so, and the year it came out if that is known.
    fn film(&self, called: &str) -> Option<(MovieId, Option<u16>)>;

    /// The user who is called exactly so, and their ratings; `None` for somebody who is none of the dataset's.
    fn user(&self, called: &str) -> Option<(UserId, Vec<DatasetRating>)>;
}

/// On whose word ratings are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Authority {
    /// It may speak for users of the dataset.
    pub is_operator: bool,
    /// It has looked at them: they count even if nobody could have given them so fast, or all the same.
    pub has_looked: bool,
}

/// A line, held to all that can be said of it alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined {
    /// Who, as the source calls them.
    pub user: Option<String>,
    /// Which film of the dataset.
    pub film: Option<MovieId>,
    /// What it was given.
    pub half_stars: Option<HalfStars>,
    /// When: its own time, or that of its arrival.
    pub rated_at: Option<i64>,
    /// Whether the time is its own.
    pub is_dated: bool,
    /// The id of the event that this delivery makes, where the source names its deliveries: the same each time.
    pub event_id: Option<Uuid>,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
}

/// Holds a line that came at `came_at` to the rules, at the time `now`, both in milliseconds since 1970.
pub fn examine(bytes: &[u8], known: &dyn Known, came_at: i64, now: i64) -> Examined {
    let Line { user, film, stars, is_dated, rated_at, delivery, mut faults } = Line::read(bytes);
    let film = film.and_then(|called| {
        let found = known.film(&called);
        if found.is_none() {
            let words = format!("the dataset has no film {}; movie_id is its id there", shown(&called));
            faults.push(Fault::new(Reason::UnknownFilm, words));
        }
        found
    });
    let half_stars = stars.and_then(|stars| match HalfStars::from_stars(stars) {
        Ok(half_stars) => Some(half_stars),
        Err(off_scale) => {
            faults.push(Fault::new(Reason::OffScale, off_scale.to_string()));
            None
        }
    });
    let mut rated_at = if is_dated { rated_at } else { Some(came_at) };
    if let Some(at) = rated_at
        && let Some(fault) = untimely(at, film.and_then(|(_, year)| year), now)
    {
        faults.push(fault);
        rated_at = None;
    }
    let event_id = user.as_deref().zip(delivery.as_deref()).map(|(user, delivery)| event_id(user, delivery));
    let film = film.map(|(film, _)| film);
    Examined { user, film, half_stars, rated_at, is_dated, event_id, faults }
}

fn untimely(at: i64, film_year: Option<u16>, now: i64) -> Option<Fault> {
    if at > now.saturating_add(CLOCKS_DIFFER_MS) {
        let words = "its time lies in the future; times are UTC, in seconds or milliseconds since 1970";
        return Some(Fault::new(Reason::InTheFuture, words));
    }
    // What no calendar has lies before all films.
    let year = DateTime::from_timestamp_millis(at).map_or(i32::MIN, |time| time.year());
    let first = film_year.map_or(FIRST_FILM_YEAR, |year| i32::from(year) - YEARS_EARLY);
    if year >= first {
        return None;
    }
    let words = match film_year {
        Some(film_year) => format!("it was given in {year}, and the film came out in {film_year}"),
        None => "it was given before there were films".to_owned(),
    };
    Some(Fault::new(Reason::BeforeFilm, words))
}

/// The same for the same delivery, whenever it comes.
fn event_id(user: &str, delivery: &str) -> Uuid {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    // No id has a control character, so that nobody's is taken for somebody else's.
    hash.update(user.as_bytes());
    hash.update([0]);
    hash.update(delivery.as_bytes());
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A rating that was taken under the same delivery id.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delivered {
    /// Which film, and what it was given; absent where the user was deleted since.
    pub rating: Option<(MovieId, HalfStars)>,
    /// When.
    pub rated_at: i64,
}

/// What is known of a line's user.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// Their ratings, in the dataset and since.
    pub history: &'a History,
    /// Whether they are a user of the dataset.
    pub is_of_dataset: bool,
    /// Whether they were deleted.
    pub is_deleted: bool,
    /// What came under the line's delivery id before.
    pub delivered: Option<Delivered>,
}

/// A rating that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clean {
    /// Which film.
    pub film: MovieId,
    /// What it was given.
    pub half_stars: HalfStars,
    /// What it was given before.
    pub previous: Option<HalfStars>,
    /// When, in milliseconds since 1970.
    pub rated_at: i64,
}

/// What comes of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It counts.
    Clean(Clean),
    /// It has counted already: the same delivery, or the same rating at the same time.
    Repeated,
    /// The user has given the film something else since.
    Superseded,
    /// It does not count.
    Dead(Vec<Fault>),
}

/// Judges a line that was examined; `standing` is there where its user is known by a name.
pub fn judge(examined: &Examined, standing: Option<Standing<'_>>, authority: Authority, limits: &Limits) -> Verdict {
    let mut faults = examined.faults.clone();
    let Some(standing) = standing else { return Verdict::Dead(faults) };
    if standing.is_of_dataset && !authority.is_operator {
        let words = "user_id is a user of the dataset, for whom only an operator's token speaks";
        faults.push(Fault::new(Reason::NotAllowed, words));
    }
    if standing.is_deleted {
        faults.push(Fault::new(Reason::UserDeleted, "this user was deleted, and nothing more is taken of them"));
    }
    if !authority.has_looked {
        faults.extend(beyond_a_person(examined, standing.history, limits));
    }
    if let Some(delivered) = standing.delivered {
        if is_another(examined, delivered) {
            let words = "another rating of this user came under the same id; give each delivery its own";
            faults.push(Fault::new(Reason::IdReused, words));
        } else if examined.faults.is_empty() {
            // It was judged when it came first.
            return Verdict::Repeated;
        }
    }
    let (Some(film), Some(half_stars), Some(rated_at)) = (examined.film, examined.half_stars, examined.rated_at) else {
        return Verdict::Dead(faults);
    };
    if !faults.is_empty() {
        return Verdict::Dead(faults);
    }
    match standing.history.of(film) {
        Some((_, at)) if at > rated_at => Verdict::Superseded,
        Some((before, at)) if at == rated_at && before == half_stars => Verdict::Repeated,
        before => {
            let previous = before.map(|(half_stars, _)| half_stars);
            Verdict::Clean(Clean { film, half_stars, previous, rated_at })
        }
    }
}

fn is_another(examined: &Examined, delivered: Delivered) -> bool {
    let rating = examined.film.zip(examined.half_stars);
    let differs = matches!((rating, delivered.rating), (Some(is), Some(was)) if is != was);
    differs || (examined.is_dated && examined.rated_at.is_some_and(|at| at != delivered.rated_at))
}

/// What a person cannot do, beside what the user is known to have done in the time before and in the time after: so the same
/// is found in whichever order ratings come. A film that is rated again counts once.
fn beyond_a_person(examined: &Examined, history: &History, limits: &Limits) -> Vec<Fault> {
    let Some(at) = examined.rated_at else { return Vec::new() };
    let again = examined.film.and_then(|film| history.of(film)).map(|(_, at)| at);
    let windows = |window_ms: i64| [(at.saturating_sub(window_ms), at), (at, at.saturating_add(window_ms))];
    let others = |(from, to): (i64, i64)| {
        let has_itself = again.is_some_and(|again| (from..=to).contains(&again));
        history.between(from, to).len() - usize::from(has_itself)
    };
    let mut faults = Vec::new();
    let too_many = [(MINUTE_MS, limits.films_in_a_minute, "a minute"), (HOUR_MS, limits.films_in_an_hour, "an hour")];
    let is_too_fast = |window_ms, most| windows(window_ms).into_iter().any(|window| others(window) >= most);
    if let Some((_, most, name)) = too_many.into_iter().find(|(window_ms, most, _)| is_too_fast(*window_ms, *most)) {
        let words = format!(
            "the user has rated {most} other films within {name} of it, more than a person can; where these are of other \
             times, send each with its timestamp"
        );
        faults.push(Fault::new(Reason::TooFast, words));
    }
    let Some(half_stars) = examined.half_stars else { return faults };
    let is_flood = |window: (i64, i64)| {
        others(window) >= limits.equal_in_an_hour
            && history.between(window.0, window.1).iter().all(|(_, given)| *given == half_stars)
    };
    if windows(HOUR_MS).into_iter().any(is_flood) {
        let (stars, films) = (half_stars.stars(), limits.equal_in_an_hour);
        let words =
            format!("the user has given {stars} stars to {films} other films within an hour of it, and nothing else");
        faults.push(Fault::new(Reason::AllEqual, words));
    }
    faults
}
