//! A library of a dozen films and forty users in four shards, for tests that need one.

use cineswarm_engine::dataset::{Dataset, ImportOptions, import_rows};
use cineswarm_engine::movielens::Rating;
use cineswarm_engine::{HalfStars, Movie, MovieId, UserId};

use crate::library::Library;

pub(super) const HEAT: MovieId = 1;
pub(super) const ALIEN: MovieId = 2;
pub(super) const FARGO: MovieId = 3;
pub(super) const TOY_STORY: MovieId = 4;
/// Nobody has rated it.
pub(super) const VERTIGO: MovieId = 12;
pub(super) const USERS: std::ops::RangeInclusive<UserId> = 1..=40;
pub(super) const SHARDS: u32 = 4;

const FILMS: [(MovieId, &str, u16, &[&str]); 12] = [
    (HEAT, "Heat", 1995, &["Crime", "Thriller"]),
    (ALIEN, "Alien", 1979, &["Horror", "Sci-Fi"]),
    (FARGO, "Fargo", 1996, &["Comedy", "Crime"]),
    (TOY_STORY, "Toy Story", 1995, &["Animation", "Comedy"]),
    (5, "Casablanca", 1942, &["Drama", "Romance"]),
    (6, "Blade Runner", 1982, &["Sci-Fi", "Thriller"]),
    (7, "Casino", 1995, &["Crime", "Drama"]),
    (8, "Clueless", 1995, &["Comedy", "Romance"]),
    (9, "Amelie", 2001, &["Comedy", "Romance"]),
    (10, "Metropolis", 1927, &["Sci-Fi"]),
    (11, "Notorious", 1946, &["Romance", "Thriller"]),
    (VERTIGO, "Vertigo", 1958, &["Mystery"]),
];

/// What a user gave a film, in half-stars: by a formula, so that a test can know it without the dataset.
pub(super) fn rating_of(user: UserId, movie: MovieId) -> Option<u8> {
    let mixed = (user * 31 + movie * 17).wrapping_mul(2_654_435_761);
    let rated = movie != VERTIGO && !(mixed >> 24).is_multiple_of(3);
    rated.then(|| 1 + ((mixed >> 12) % 10) as u8)
}

pub(super) fn half_stars(half_stars: u8) -> HalfStars {
    HalfStars::new(half_stars).unwrap()
}

pub(super) fn library() -> Library {
    library_with_lengths(&[])
}

/// The same with facts: how long some of the films are, in minutes.
pub(super) fn library_with_lengths(lengths: &[(MovieId, u16)]) -> Library {
    let rows = lengths.iter().map(|(movie, minutes)| {
        let (_, title, year, _) = FILMS.iter().find(|(id, ..)| id == movie).unwrap();
        format!("\t{title}\t{year}\t\t\t{minutes}\t\t\t\t\n")
    });
    let films = FILMS.map(|(id, title, year, genres)| film(id, title, year, genres));
    imported(films.into(), rows.collect())
}

/// As many films of an hour and a half as it takes, which some have rated, and as the last one a film by Jane Rare that nobody
/// has.
pub(super) fn library_of_short_films(count: MovieId) -> Library {
    let year = |id: MovieId| 1990 + u16::from(id == count);
    let films: Vec<Movie> = (1..=count).map(|id| film(id, &format!("Film {id}"), year(id), &["Drama"])).collect();
    let director = |id: MovieId| if id == count { "Jane Rare" } else { "" };
    let row = |film: &Movie| format!("\t{}\t{}\t{}\t\t90\t\t\t\t\n", film.title, year(film.id), director(film.id));
    let rows = films.iter().map(row).collect();
    imported(films, rows)
}

fn film(id: MovieId, title: &str, year: u16, genres: &[&str]) -> Movie {
    Movie {
        id,
        title: title.into(),
        other_titles: Vec::new(),
        year: Some(year),
        genres: genres.iter().map(|genre| (*genre).to_owned()).collect(),
        imdb_id: None,
        tmdb_id: None,
    }
}

/// A dataset of these films, with what is known of them beside the ratings, if anything is.
fn imported(films: Vec<Movie>, facts: String) -> Library {
    // What is mapped stays readable after the folder is gone.
    let folder = tempfile::tempdir().unwrap();
    let facts = (!facts.is_empty()).then(|| {
        let head = "imdb_id\ttitle\tyear\tdirectors\tcast\truntime_min\tlanguage\tcountry\tseries\tthemes\n";
        let path = folder.path().join("facts.tsv");
        std::fs::write(&path, head.to_owned() + &facts).unwrap();
        path
    });
    let ratings = USERS.flat_map(|user| {
        (1..=VERTIGO).filter_map(move |movie| {
            let half_stars = half_stars(rating_of(user, movie)?);
            Some(Rating { user, movie, half_stars, timestamp: 1_000_000_000 })
        })
    });
    let options =
        ImportOptions { shard_count: SHARDS, facts, ..ImportOptions::new(folder.path(), "sample", 2_000_000_000) };
    import_rows("made by a test", films, ratings, &options, &mut |_| {}).unwrap();
    Library::new(Dataset::open(folder.path(), "sample").unwrap(), None)
}
