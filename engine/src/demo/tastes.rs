//! The kinds of taste a simulated viewer is mixed from. Invented: says nothing about real people.

use super::{Error, Film, GENRES, theme_bit};

/// A kind of viewer: what draws them in, and what puts them off.
pub(super) struct Taste {
    /// Named in errors.
    pub name: &'static str,
    /// How often it is met, relative to the others.
    pub share: f64,
    /// Genre, theme or era, with how much it adds to (or takes from) the draw of a film.
    pub draws: &'static [(&'static str, f64)],
}

const ERAS: [&str; 5] = ["before 1960", "1960 to 1979", "1980 to 1994", "1995 to 2009", "since 2010"];

fn era(year: u16) -> &'static str {
    match year {
        ..1960 => ERAS[0],
        1960..1980 => ERAS[1],
        1980..1995 => ERAS[2],
        1995..2010 => ERAS[3],
        _ => ERAS[4],
    }
}

/// Every kind of taste.
#[rustfmt::skip] // a table: one line for a value would hide what makes up a taste
pub(super) const TASTES: &[Taste] = &[
    Taste { name: "family animation", share: 9.0, draws: &[
        ("Animation", 1.3), ("Children", 1.0), ("pixar", 0.9), ("disney", 0.7), ("dreamworks", 0.6), ("animals", 0.3),
        ("Horror", -2.0), ("War", -1.5), ("anime", -0.7),
    ] },
    Taste { name: "anime", share: 5.0, draws: &[
        ("anime", 2.2), ("ghibli", 0.8), ("japanese", 0.4), ("Animation", 0.4), ("martial-arts", 0.4),
        ("samurai", 0.3), ("before 1960", -0.6),
    ] },
    Taste { name: "space and the future", share: 8.0, draws: &[
        ("Sci-Fi", 1.2), ("space", 0.9), ("alien", 0.7), ("ai", 0.7), ("dystopia", 0.7), ("time-travel", 0.6),
        ("Musical", -1.5), ("superhero", -0.8), ("Children", -0.8), ("Comedy", -0.4),
    ] },
    Taste { name: "monsters from space", share: 5.0, draws: &[
        ("alien", 1.3), ("monster", 1.1), ("Sci-Fi", 0.6), ("Horror", 0.7), ("zombie", 0.4), ("survival", 0.3),
        ("Children", -1.8), ("Romance", -0.9), ("Musical", -1.5),
    ] },
    Taste { name: "horror", share: 7.0, draws: &[
        ("Horror", 1.6), ("slasher", 0.6), ("occult", 0.6), ("ghost", 0.5), ("vampire", 0.5), ("zombie", 0.5),
        ("serial-killer", 0.3), ("Children", -1.8), ("Romance", -0.7), ("Musical", -1.2),
    ] },
    Taste { name: "gritty crime", share: 9.0, draws: &[
        ("Crime", 1.1), ("gangster", 1.1), ("heist", 0.9), ("cop", 0.7), ("Thriller", 0.3), ("serial-killer", 0.2),
        ("Children", -1.8), ("Romance", -0.6), ("Musical", -1.5), ("Fantasy", -1.0), ("before 1960", -0.5),
    ] },
    Taste { name: "mystery and suspense", share: 6.0, draws: &[
        ("Mystery", 1.2), ("Thriller", 0.8), ("detective", 0.7), ("serial-killer", 0.6), ("mind-bending", 0.6),
        ("hitchcock", 0.5), ("courtroom", 0.4), ("Musical", -1.5), ("Children", -1.4),
    ] },
    Taste { name: "classic Hollywood", share: 5.0, draws: &[
        ("before 1960", 1.7), ("Film-Noir", 0.7), ("hitchcock", 0.6), ("romcom", 0.3), ("showbiz", 0.3),
        ("1960 to 1979", 0.3), ("since 2010", -1.5), ("1995 to 2009", -1.0), ("japanese", -0.5), ("silent", -0.2),
    ] },
    Taste { name: "film noir", share: 3.0, draws: &[
        ("Film-Noir", 2.3), ("before 1960", 0.5), ("detective", 0.6), ("gangster", 0.3), ("Crime", 0.4),
        ("Comedy", -0.8), ("Musical", -1.2), ("Children", -1.2),
    ] },
    Taste { name: "the silent era and early cinema", share: 2.0, draws: &[
        ("silent", 2.2), ("before 1960", 1.1), ("german", 0.3), ("french", 0.3), ("since 2010", -1.0),
        ("1995 to 2009", -1.0),
    ] },
    Taste { name: "romantic comedy", share: 9.0, draws: &[
        ("romcom", 1.5), ("Romance", 0.8), ("Comedy", 0.4), ("high-school", 0.3), ("christmas", 0.2),
        ("Horror", -1.8), ("War", -1.2), ("Western", -1.2), ("before 1960", -0.6), ("Sci-Fi", -0.6),
    ] },
    Taste { name: "costume and romance", share: 5.0, draws: &[
        ("period", 1.2), ("Romance", 1.0), ("Drama", 0.3), ("british", 0.5), ("biopic", 0.3), ("Horror", -1.6),
        ("Sci-Fi", -1.0), ("Action", -0.6), ("Western", -0.6),
    ] },
    Taste { name: "war and history", share: 6.0, draws: &[
        ("War", 1.4), ("ww2", 0.8), ("vietnam", 0.6), ("ww1", 0.6), ("holocaust", 0.4), ("epic", 0.6),
        ("biopic", 0.3), ("Comedy", -0.5), ("Fantasy", -1.0), ("Children", -1.2), ("Horror", -0.8),
    ] },
    Taste { name: "European art house", share: 5.0, draws: &[
        ("french", 1.4), ("italian", 1.1), ("nordic", 1.1), ("german", 1.0), ("east-europe", 1.0), ("russian", 1.0),
        ("Drama", 0.4), ("Romance", 0.2), ("superhero", -1.5), ("Western", -1.2), ("Action", -0.6), ("disney", -1.0),
    ] },
    Taste { name: "French and continental charm", share: 4.0, draws: &[
        ("french", 1.7), ("Romance", 0.7), ("Comedy", 0.5), ("italian", 0.6), ("spanish", 0.4), ("romcom", 0.3),
        ("Horror", -1.4), ("Action", -0.8), ("superhero", -1.2),
    ] },
    Taste { name: "Asian cinema", share: 4.0, draws: &[
        ("korean", 1.6), ("japanese", 1.1), ("chinese", 1.4), ("samurai", 0.6), ("indian", 0.5), ("iranian", 0.5),
        ("martial-arts", 0.5), ("Children", -0.8), ("disney", -1.0),
    ] },
    Taste { name: "Spanish-language cinema", share: 5.0, draws: &[
        ("spanish", 1.9), ("latin", 1.7), ("Drama", 0.2), ("politics", 0.2), ("disney", -1.0), ("before 1960", -0.3),
    ] },
    Taste { name: "world drama", share: 3.0, draws: &[
        ("iranian", 1.6), ("indian", 1.5), ("african", 1.3), ("latin", 0.9), ("east-europe", 0.9),
        ("coming-of-age", 0.5), ("Drama", 0.4), ("superhero", -1.2),
    ] },
    Taste { name: "action", share: 9.0, draws: &[
        ("Action", 1.3), ("Thriller", 0.4), ("spy", 0.8), ("revenge", 0.5), ("cop", 0.4), ("disaster", 0.4),
        ("martial-arts", 0.4), ("Romance", -0.8), ("Musical", -1.5), ("Documentary", -1.0), ("before 1960", -1.0),
        ("Animation", -0.9),
    ] },
    Taste { name: "superheroes", share: 8.0, draws: &[
        ("superhero", 2.2), ("Action", 0.4), ("Adventure", 0.4), ("since 2010", 0.3), ("IMAX", 0.3),
        ("Romance", -0.7), ("before 1960", -1.2), ("Western", -0.8),
    ] },
    Taste { name: "quests and magic", share: 7.0, draws: &[
        ("Fantasy", 0.9), ("quest", 1.1), ("magic", 0.9), ("Adventure", 0.7), ("swashbuckler", 0.6), ("epic", 0.3),
        ("dinosaurs", 0.3), ("Horror", -0.9), ("Crime", -1.0),
    ] },
    Taste { name: "musicals", share: 5.0, draws: &[
        ("Musical", 1.8), ("dance", 1.0), ("music", 0.4), ("showbiz", 0.4), ("Horror", -1.3), ("Thriller", -0.9),
        ("War", -0.6), ("Animation", -0.3),
    ] },
    Taste { name: "music and its makers", share: 3.0, draws: &[
        ("music", 1.9), ("biopic", 0.6), ("Documentary", 0.4), ("Musical", 0.4), ("Horror", -1.0), ("Western", -0.8),
    ] },
    Taste { name: "broad comedy", share: 8.0, draws: &[
        ("Comedy", 1.1), ("spoof", 1.4), ("mockumentary", 0.9), ("satire", 0.5), ("cult", 0.3), ("Romance", -0.6),
        ("Drama", -0.9), ("Horror", -0.5), ("War", -0.5), ("before 1960", -0.7), ("Animation", -0.7),
        ("Children", -0.5),
    ] },
    Taste { name: "dark comedy", share: 5.0, draws: &[
        ("black-comedy", 1.6), ("satire", 0.9), ("Comedy", 0.6), ("Crime", 0.5), ("cult", 0.5), ("Children", -1.2),
        ("Musical", -0.8),
    ] },
    Taste { name: "growing up", share: 5.0, draws: &[
        ("high-school", 1.5), ("coming-of-age", 1.3), ("Comedy", 0.3), ("Drama", 0.2), ("Horror", -0.8),
        ("War", -0.8), ("Western", -1.0),
    ] },
    Taste { name: "Westerns", share: 4.0, draws: &[
        ("Western", 2.4), ("spaghetti", 0.5), ("samurai", 0.2), ("Musical", -1.2), ("Sci-Fi", -0.8),
        ("Animation", -0.8),
    ] },
    Taste { name: "documentaries", share: 4.0, draws: &[
        ("Documentary", 2.6), ("nature", 0.5), ("journalism", 0.5), ("politics", 0.4), ("biopic", 0.2),
        ("Fantasy", -0.8),
    ] },
    Taste { name: "serious American drama", share: 8.0, draws: &[
        ("Drama", 0.9), ("biopic", 0.7), ("courtroom", 0.8), ("journalism", 0.8), ("politics", 0.4), ("prison", 0.5),
        ("sports", 0.4), ("Fantasy", -0.8), ("Children", -1.0), ("Horror", -1.0), ("french", -0.7),
        ("japanese", -0.7), ("italian", -0.7),
    ] },
    Taste { name: "the 1970s", share: 3.0, draws: &[
        ("1960 to 1979", 1.8), ("Crime", 0.4), ("Drama", 0.3), ("road-trip", 0.3), ("Children", -0.8),
        ("since 2010", -1.0),
    ] },
    Taste { name: "mind games", share: 5.0, draws: &[
        ("mind-bending", 1.8), ("time-travel", 0.8), ("ai", 0.5), ("Sci-Fi", 0.3), ("Mystery", 0.3),
        ("dystopia", 0.4), ("Children", -1.0), ("Western", -0.8),
    ] },
];

impl Taste {
    /// How a viewer of this taste feels about each film, from -1 (put off) to 1 (drawn in), parallel to `films`.
    pub fn affinities(&self, films: &[Film]) -> Result<Vec<f64>, Error> {
        let themes_drawn: Vec<(u128, f64)> = self
            .draws
            .iter()
            .filter(|(feature, _)| !GENRES.contains(feature) && !ERAS.contains(feature))
            .map(|&(feature, draw)| Ok((theme_bit(feature)?, draw)))
            .collect::<Result<_, String>>()
            .map_err(|reason| Error::Taste { name: self.name, reason })?;
        Ok(films.iter().map(|film| self.affinity(film, &themes_drawn)).collect())
    }

    fn affinity(&self, film: &Film, themes_drawn: &[(u128, f64)]) -> f64 {
        let film_era = film.movie.year.map_or("", era);
        let by_genre_and_era: f64 = self
            .draws
            .iter()
            .filter(|(feature, _)| *feature == film_era || film.movie.genres.iter().any(|genre| genre == feature))
            .map(|(_, draw)| draw)
            .sum();
        let by_theme: f64 = themes_drawn.iter().filter(|(bit, _)| film.themes & bit != 0).map(|(_, draw)| draw).sum();
        // A film without any draw is not neutral: of all there is to see, most leaves a viewer cold.
        let drawn = by_genre_and_era + by_theme - 0.6;
        drawn / (1.0 + drawn.abs())
    }
}
