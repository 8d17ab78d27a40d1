//! Tables of films: the CSV files of Letterboxd, IMDb, MovieLens and TMDb, and any other with a title or an id.

use super::{Brought, Entry, Error, Kind, LeftOut, MOST_ENTRIES, Service};
use crate::movielens::{Column, Scale, Stars, Time, Wanted, id, parse_title, read_table, shown, stars, time};
use crate::rating::HalfStars;

/// What is wanted of a table, all of it if it is there.
const COLUMNS: Wanted<11> = Wanted {
    columns: [
        Column::OwnRating,
        Column::User,
        Column::Imdb,
        Column::Tmdb,
        Column::OwnFilm,
        Column::OriginalTitle,
        Column::Title,
        Column::Year,
        Column::OwnTime,
        Column::Type,
        Column::Address,
    ],
    needed: 0,
};

/// What types of titles say that it is no film, in the languages that IMDb writes them in.
const NO_FILMS: [&str; 13] = [
    "episode",
    "épisode",
    "episodio",
    "episódio",
    "folge",
    "эпизод",
    "エピソード",
    "series",
    "season",
    "videogame",
    "video game",
    "musicvideo",
    "podcast",
];

/// Titles that Letterboxd's lists open with.
/// A longer id is none of any dataset.
const LONGEST_ID: usize = 256;
const LIST_MARK: &[u8] = b"Letterboxd list export";

/// Which table of Letterboxd a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Ratings,
    Diary,
    Watched,
    Watchlist,
    Likes,
    List,
}

impl Role {
    /// By the name in lower case, with its folder.
    pub(super) fn of(name: &str) -> Option<Role> {
        let file = name.rsplit('/').next().unwrap_or(name);
        if name.contains("likes/") {
            // Reviews and lists of others are liked, too.
            return (file == "films.csv").then_some(Role::Likes);
        }
        if name.contains("lists/") {
            return Some(Role::List);
        }
        let starts = |text: &str| file.starts_with(text);
        [
            ("rating", Role::Ratings),
            ("diary", Role::Diary),
            ("review", Role::Diary),
            ("watchlist", Role::Watchlist),
            ("wishlist", Role::Watchlist),
            ("watched", Role::Watched),
        ]
        .into_iter()
        .find_map(|(text, role)| (starts(text) || file.contains(&format!("-{text}"))).then_some(role))
    }
}

/// A row before its rating is read, which takes the scale.
struct Row {
    entry: Entry,
    rating: String,
}

pub(super) fn read(name: &str, bytes: &[u8], now: i64, brought: &mut Brought) -> Result<(), Error> {
    let lower = name.to_lowercase();
    let mut role = Role::of(&lower);
    // The name, tags and address of a list stand before its films.
    let mut table = bytes;
    let mut lines_before = 0;
    if bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).starts_with(LIST_MARK) {
        role = Some(Role::List);
        brought.service = Service::Letterboxd;
        while !table.starts_with(b"Position") {
            let Some(end) = table.iter().position(|byte| *byte == b'\n') else { return Ok(()) };
            table = &table[end + 1..];
            lines_before += 1;
        }
    }
    let first_line = table.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut rows: Vec<Row> = Vec::new();
    let mut left_out = Vec::new();
    let mut users: Option<(String, Option<(u64, String)>)> = None;
    let mut is_too_large = false;
    let mut is_of_letterboxd = false;
    let (there, assumed) = read_table(name, table, &COLUMNS, |line, row| {
        let line = line + lines_before;
        let [rating, user, imdb, tmdb, film, original, title, year, at, kind, address] = match row {
            Ok(row) => row,
            Err(fault) => {
                left_out.push(LeftOut { file: name.to_owned(), line, reason: fault.fault.1 });
                return;
            }
        };
        if rows.len() + left_out.len() >= MOST_ENTRIES {
            is_too_large = true;
            return;
        }
        if !user.is_empty() {
            match &mut users {
                None => users = Some((user, None)),
                Some((first, other @ None)) if *first != user => *other = Some((line, user)),
                Some(_) => {}
            }
        }
        let mut leave_out = |reason: String| left_out.push(LeftOut { file: name.to_owned(), line, reason });
        let said = kind.to_lowercase();
        if NO_FILMS.iter().any(|word| said.contains(word)) || said == "tv" {
            return leave_out(format!("\"{}\" is no film but \"{}\"", shown(title.as_bytes()), shown(kind.as_bytes())));
        }
        let number = |text: &str| match text {
            "" => None,
            _ => id(text.trim_start_matches("tt").as_bytes(), "the id").ok(),
        };
        let parsed = parse_title(&title);
        let own_year = year.get(..4).and_then(|year| year.parse().ok()).filter(|year| (1870..=2100).contains(year));
        // "Heat (1995)", as MovieLens writes it, has its year in the title.
        let (title, year) = match own_year {
            Some(year) => (title, Some(year)),
            None => (if parsed.year.is_some() { parsed.title } else { title }, parsed.year),
        };
        let at = time(at.as_bytes(), now).map(Time::seconds);
        let entry = Entry {
            file: name.to_owned(),
            line,
            kind: Kind::Watched,
            title,
            original_title: original,
            year,
            imdb_id: number(&imdb),
            tmdb_id: number(&tmdb),
            source_id: source_id(&film),
            half_stars: None,
            // A rating without a time is one all the same.
            at: at.unwrap_or(0),
        };
        if entry.title.is_empty() && entry.imdb_id.is_none() && entry.tmdb_id.is_none() && entry.source_id.is_none() {
            let named = [&imdb, &tmdb, &film].into_iter().find(|text| !text.is_empty());
            return leave_out(match named {
                Some(text) => format!("\"{}\" is no film id", shown(text.as_bytes())),
                None => "there is neither a title nor an id".to_owned(),
            });
        }
        is_of_letterboxd |= address.contains("boxd.it") || address.contains("letterboxd.com");
        rows.push(Row { entry, rating });
    })?;
    let has = |column| there.contains(&column);
    let (has_id, has_imdb, has_tmdb) = (has(Column::OwnFilm), has(Column::Imdb), has(Column::Tmdb));
    if is_too_large {
        return Err(Error::TooLarge { file: name.to_owned() });
    }
    if !(has(Column::Title) || has_imdb || has_tmdb || has_id) {
        return Err(Error::NoFilms { file: name.to_owned(), header: shown(first_line) });
    }
    if let Some((first, Some((line, other)))) = users {
        return Err(Error::SeveralUsers { file: name.to_owned(), first, line, other });
    }
    let lower_header = String::from_utf8_lossy(first_line).to_lowercase();
    let service = if is_of_letterboxd || lower_header.contains("letterboxd") {
        Service::Letterboxd
    } else if lower_header.contains("const") && has_imdb {
        Service::Imdb
    } else if lower_header.contains("tmdb id") && has_tmdb {
        Service::Tmdb
    } else if has_id && has_imdb && has_tmdb {
        Service::MovieLens
    } else {
        Service::Other
    };
    if brought.entries.is_empty() && brought.service == Service::Other {
        brought.service = service;
    }
    let scale = scale_of(name, service, &lower_header, &rows, &mut brought.assumptions);
    for Row { mut entry, rating } in rows {
        match stars(rating.as_bytes(), scale) {
            _ if rating.is_empty() => {}
            Ok(Stars::Rated(half_stars)) => entry.half_stars = Some(half_stars),
            Ok(Stars::Unrated) => {}
            Err(off_scale) => {
                let reason = off_scale.fault.1;
                left_out.push(LeftOut { file: entry.file, line: entry.line, reason });
                continue;
            }
        }
        entry.kind = kind_of(role, entry.half_stars);
        brought.entries.push(entry);
    }
    left_out.sort_by_key(|row| row.line);
    brought.left_out.extend(left_out);
    // Names of columns are what they are with these services.
    if service == Service::Other {
        brought.assumptions.extend(assumed.into_iter().map(|what| format!("{name}: {what}")));
    }
    if brought.entries.len() > MOST_ENTRIES {
        return Err(Error::TooLarge { file: name.to_owned() });
    }
    Ok(())
}

/// An id of the dataset's own: a number in one form, or text.
fn source_id(text: &str) -> Option<String> {
    let text = text.trim();
    let number = id(text.as_bytes(), "the id").ok();
    let own = number.map_or_else(|| text.to_owned(), |number| number.to_string());
    (!own.is_empty() && own.len() <= LONGEST_ID).then_some(own)
}

fn kind_of(role: Option<Role>, half_stars: Option<HalfStars>) -> Kind {
    match (role, half_stars) {
        (Some(Role::Watchlist), _) => Kind::Wanted,
        (Some(Role::Likes), _) => Kind::Liked,
        (Some(Role::List), None) => Kind::Listed,
        (_, Some(_)) => Kind::Rated,
        (_, None) => Kind::Watched,
    }
}

/// What the highest rating is: known of services, else told by the ratings, and said.
fn scale_of(name: &str, service: Service, header: &str, rows: &[Row], assumptions: &mut Vec<String>) -> Scale {
    match service {
        Service::Imdb | Service::Tmdb => return Scale::Ten,
        Service::Letterboxd | Service::MovieLens if !header.contains("rating10") => return Scale::Five,
        _ if header.contains("rating10") => return Scale::Ten,
        _ => {}
    }
    let numbers = rows.iter().filter_map(|row| row.rating.replacen(',', ".", 1).parse::<f64>().ok());
    let numbers: Vec<f64> = numbers.filter(|number| number.is_finite()).collect();
    let above_five = numbers.iter().filter(|number| **number > 5.0).count();
    let highest = numbers.iter().copied().fold(0.0, f64::max);
    // A few are mistakes.
    if above_five * 5 <= numbers.len() {
        return Scale::Five;
    }
    let scale = [Scale::Ten, Scale::Hundred].into_iter().find(|scale| highest <= scale.highest());
    if let Some(scale) = scale {
        let highest = scale.highest();
        assumptions.push(format!("{name}: the ratings look like 1 to {highest}, and are brought to 0.5 to 5 stars"));
    }
    scale.unwrap_or_default()
}
