//! Where those who make films work, and in which language: the facts of a film name whoever paid for it and whatever is spoken
//! in it, which makes Fargo British and Die Hard German. Counted from the facts of all films. Never reads a sentence.

use std::collections::{HashMap, HashSet};

use crate::facts::FilmFacts;

/// Films of a director of whom it is known where they work.
const FILMS_OF_A_DIRECTOR: u32 = 4;

/// The same, to tell that a director works in a country that is not wanted.
const FILMS_AT_HOME: u32 = 3;

/// Films of an actor of whom it is known where they work.
const FILMS_OF_AN_ACTOR: u32 = 3;

/// The films that somebody made, by country and by language.
#[derive(Debug, Default)]
struct Works {
    films: u32,
    countries: HashMap<String, u32>,
    languages: HashMap<String, u32>,
}

/// Directors (the first of each film) and actors, by name.
#[derive(Debug, Default)]
pub struct Makers {
    directors: HashMap<String, Works>,
    actors: HashMap<String, Works>,
}

impl Works {
    fn count(&mut self, known: &FilmFacts) {
        self.films += 1;
        for (counts, own) in [(&mut self.countries, &known.countries), (&mut self.languages, &known.languages)] {
            for code in own.iter().collect::<HashSet<_>>() {
                *counts.entry(code.clone()).or_default() += 1;
            }
        }
    }

    /// The most films that one of these stands for, of a hundred.
    fn share(&self, counts: &HashMap<String, u32>, codes: &[&str]) -> u32 {
        let most = codes.iter().filter_map(|code| counts.get(*code)).max().copied().unwrap_or(0);
        100 * most / self.films.max(1)
    }

    fn share_in(&self, countries: &[&str]) -> u32 {
        self.share(&self.countries, countries)
    }

    /// What nearly all of the films have of these counts.
    fn nearly_all<'a>(&'a self, counts: &'a HashMap<String, u32>, of_a_hundred: u32) -> impl Iterator<Item = &'a str> {
        counts
            .iter()
            .filter(move |(_, count)| **count * 100 >= of_a_hundred * self.films)
            .map(|(code, _)| code.as_str())
    }
}

impl Makers {
    /// Counts them; `facts` must be those of all films.
    pub fn new(facts: &[FilmFacts]) -> Makers {
        let mut makers = Makers::default();
        for known in facts {
            if let Some(director) = known.directors.first() {
                makers.directors.entry(director.clone()).or_default().count(known);
            }
            for actor in &known.cast {
                makers.actors.entry(actor.clone()).or_default().count(known);
            }
        }
        makers.directors.retain(|_, works| works.films >= FILMS_AT_HOME);
        makers.actors.retain(|_, works| works.films >= FILMS_OF_AN_ACTOR);
        makers
    }

    fn director_of(&self, known: &FilmFacts, films: u32) -> Option<&Works> {
        known.directors.first().and_then(|name| self.directors.get(name)).filter(|works| works.films >= films)
    }

    /// Whether who directed the film works in one of these countries, however this one was paid for; one in another language
    /// than they work in may be from before they went there.
    pub fn are_at_home_in(&self, known: &FilmFacts, countries: &[&str]) -> bool {
        let Some(director) = self.director_of(known, FILMS_AT_HOME) else { return false };
        let mut theirs = director.nearly_all(&director.languages, 80);
        let speaks_theirs = known.languages.first().is_none_or(|first| theirs.any(|code| code == first));
        speaks_theirs && director.share_in(countries) >= 66
    }

    /// Whether a film that was made in several countries is only paid for in these: its director works elsewhere, in a language
    /// of the film, and so do most who are in it.
    pub fn only_paid_for_in(&self, known: &FilmFacts, countries: &[&str]) -> bool {
        let Some(director) = self.director_of(known, FILMS_OF_A_DIRECTOR) else { return false };
        let works_elsewhere = director.share_in(countries) <= 50
            && director.nearly_all(&director.countries, 80).any(|code| !countries.contains(&code));
        let is_spoken = |code: &str| known.languages.iter().any(|own| own == code);
        let speaks_theirs = known.languages.is_empty() || director.nearly_all(&director.languages, 80).any(is_spoken);
        let cast: Vec<&Works> = known.cast.iter().filter_map(|name| self.actors.get(name)).collect();
        let from_there = cast.iter().filter(|actor| actor.share_in(countries) >= 50).count();
        known.countries.len() > 1
            && works_elsewhere
            && speaks_theirs
            && (cast.is_empty() || from_there * 2 < cast.len())
    }

    /// Whether these languages are only heard in a film that is in its director's own.
    pub fn only_heard(&self, known: &FilmFacts, languages: &[&str]) -> bool {
        let Some(director) = self.director_of(known, FILMS_OF_A_DIRECTOR) else { return false };
        let theirs = director.nearly_all(&director.languages, 90);
        let in_theirs =
            theirs.filter(|code| !languages.contains(code)).any(|code| known.languages.iter().any(|own| own == code));
        // Who works in Hollywood now has made films at home before.
        let is_abroad =
            !known.countries.is_empty() && known.countries.iter().all(|country| director.share_in(&[country]) < 50);
        in_theirs && !is_abroad && director.share(&director.languages, languages) <= 33
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(director: &str, cast: &[&str], countries: &[&str], languages: &[&str]) -> FilmFacts {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        FilmFacts {
            directors: vec![director.to_owned()],
            cast: list(cast),
            countries: list(countries),
            languages: list(languages),
            ..FilmFacts::default()
        }
    }

    /// Ann works in America with Bob, Cleo in Britain with Dora.
    fn facts() -> Vec<FilmFacts> {
        let mut facts = vec![film("Ann", &["Bob"], &["US"], &["en"]); 4];
        facts.extend(vec![film("Cleo", &["Dora"], &["GB"], &["en"]); 4]);
        facts.extend(vec![film("Émile", &["Fleur"], &["FR"], &["fr"]); 4]);
        facts
    }

    #[test]
    fn who_pays_for_a_film_does_not_make_it() {
        let with = |film: &FilmFacts| Makers::new(&[facts(), vec![film.clone()]].concat());
        for (film, is_british) in [
            (film("Ann", &["Bob"], &["GB", "US"], &["en"]), false),
            (film("Ann", &["Dora"], &["GB", "US"], &["en"]), true),
            (film("Cleo", &["Bob"], &["GB", "US"], &["en"]), true),
            (film("Ann", &["Bob"], &["GB"], &["en"]), true),
            (film("Nobody", &[], &["GB", "US"], &["en"]), true),
        ] {
            assert_eq!(!with(&film).only_paid_for_in(&film, &["GB"]), is_british, "{film:?}");
        }
    }

    #[test]
    fn a_film_is_in_the_language_of_who_made_it() {
        let with = |film: &FilmFacts| Makers::new(&[facts(), vec![film.clone()]].concat());
        for (film, is_french) in [
            (film("Ann", &[], &["US"], &["fr", "en"]), false),
            (film("Ann", &[], &["FR", "US"], &["fr", "en"]), false),
            (film("Ann", &[], &["FR", "GB"], &["fr", "en"]), true),
            (film("Ann", &[], &["FR"], &["fr", "en"]), true),
            (film("Émile", &[], &["FR"], &["fr", "en"]), true),
            (film("Ann", &[], &["US"], &["fr"]), true),
            (film("Nobody", &[], &["US"], &["fr", "en"]), true),
        ] {
            assert_eq!(!with(&film).only_heard(&film, &["fr"]), is_french, "{film:?}");
        }
    }
}
