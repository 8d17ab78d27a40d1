//! What is said of films: facts, how they were rated, how many there are. Never invents what the data does not have.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::LazyLock;

use cineswarm_engine::{Catalogue, FilmFacts, Filters, HalfStars, Movie, MovieId, MovieStats};

use super::{film_name, genre_names, names_in_words, stars, with_conditions};
use crate::{Lang, Topic, Tweak, Wanted};

/// What is wanted to be known of a film, or that it is not known, with what is.
pub fn about(
    wanted: Wanted,
    movie: &Movie,
    stats: MovieStats,
    own: Option<HalfStars>,
    facts: Option<&FilmFacts>,
    lang: Lang,
) -> String {
    let english = lang == Lang::En;
    let pick = |en: String, es: String| if english { en } else { es };
    let name = film_name(movie);
    let genres = names_in_words(&genre_names(&movie.genres, lang), if english { "and" } else { "y" });
    let opinion = opinion(&name, stats, english);
    let unknown = |en: &str, es: &str| {
        let start = pick(format!("I don't know {en} {name}."), format!("No sé {es} {name}."));
        let known = pick(format!("Its genres: {genres}."), format!("Sus géneros: {genres}."));
        let known = if movie.genres.is_empty() { String::new() } else { format!(" {known}") };
        format!("{start}{known} {opinion}")
    };
    match wanted {
        Wanted::Director if facts.is_some_and(|known| !known.directors.is_empty()) => {
            let directors = names(facts.map(|known| &known.directors), lang);
            pick(format!("{name} was directed by {directors}."), format!("{name} la dirigió {directors}."))
        }
        Wanted::Cast if facts.is_some_and(|known| !known.cast.is_empty()) => {
            let cast = names(facts.map(|known| &known.cast), lang);
            pick(format!("In {name}: {cast}."), format!("En {name} {} {cast}.", are_in(facts)))
        }
        Wanted::Role if facts.is_some_and(|known| !known.cast.is_empty()) => {
            let cast = names(facts.map(|known| &known.cast), lang);
            pick(
                format!("Who plays whom I don't know. In {name}: {cast}."),
                format!("Quién hace de quién no lo sé. En {name} {} {cast}.", are_in(facts)),
            )
        }
        Wanted::Series => unknown("of any other part of", "de ninguna otra parte de"),
        Wanted::Runtime if facts.is_some_and(|known| known.runtime_min.is_some()) => {
            let minutes = facts.and_then(|known| known.runtime_min).unwrap_or_default();
            pick(format!("{name} is {minutes} minutes long."), format!("{name} dura {minutes} minutos."))
        }
        Wanted::Plot if facts.is_some() => {
            let known = all_known(facts, lang);
            let start = pick(format!("I don't know the plot of {name}."), format!("No sé de qué va {name}."));
            let kind = pick(format!("It is {genres}."), format!("Es de {genres}."));
            let kind = if movie.genres.is_empty() { String::new() } else { format!(" {kind}") };
            format!("{start}{kind}{known} {opinion}")
        }
        Wanted::Other => {
            let start = pick(format!("That I don't know of {name}."), format!("Eso no lo sé de {name}."));
            let kind = pick(format!("It is {genres}."), format!("Es de {genres}."));
            let kind = if movie.genres.is_empty() { String::new() } else { format!(" {kind}") };
            format!("{start}{kind}{} {opinion}", all_known(facts, lang))
        }
        Wanted::Suits => {
            let start = pick(
                format!("For what age {name} is fit, and how frightening it is, I don't know and can't judge."),
                format!("Para qué edad es {name}, y cuánto miedo da, no lo sé ni lo puedo juzgar."),
            );
            let kind = pick(format!("It is {genres}."), format!("Es de {genres}."));
            if movie.genres.is_empty() { start } else { format!("{start} {kind}") }
        }
        Wanted::Versions => {
            let made = facts.and_then(|known| named_places(known, lang)).map(|made| format!(" {name} {made}."));
            let none =
                pick(format!("I know no other version of {name}."), format!("No conozco otra versión de {name}."));
            none + &made.unwrap_or_default()
        }
        Wanted::Title if movie.other_titles.is_empty() => {
            pick(format!("{name}: I know no other title of it."), format!("{name}: no le conozco otro título."))
        }
        Wanted::Title => {
            let others = names(Some(&movie.other_titles), lang);
            pick(format!("{name} is also called {others}."), format!("{name} se llama también {others}."))
        }
        Wanted::Director => unknown("who directed", "quién dirigió"),
        Wanted::Cast | Wanted::Role => unknown("who is in", "quién sale en"),
        Wanted::Plot => unknown("the plot of", "de qué va"),
        Wanted::Runtime => unknown("how long it is:", "cuánto dura"),
        Wanted::Country if facts.is_some_and(|known| named_places(known, lang).is_some()) => {
            let made = facts.and_then(|known| named_places(known, lang)).unwrap_or_default();
            format!("{name} {made}.")
        }
        Wanted::Country => unknown("the country or language of", "el país ni el idioma de"),
        Wanted::WhereToWatch => unknown("where to watch", "dónde se puede ver"),
        Wanted::Year => match movie.year {
            Some(year) => pick(format!("{} is from {year}.", movie.title), format!("{} es de {year}.", movie.title)),
            None => pick(format!("I don't know the year of {name}."), format!("No sé de qué año es {name}.")),
        },
        Wanted::Genre if movie.genres.is_empty() => {
            pick(format!("I don't know the genres of {name}."), format!("No sé de qué género es {name}."))
        }
        Wanted::Genre => pick(format!("{name}: {genres}."), format!("{name}: {genres}.")),
        Wanted::Opinion => opinion,
        Wanted::Have => pick(format!("Yes, I have {name}. {opinion}"), format!("Sí, tengo {name}. {opinion}")),
        Wanted::MyRating => match own {
            Some(own) => pick(
                format!("You gave {name} {}.", stars(own.stars(), lang)),
                format!("Le diste {} a {name}.", stars(own.stars(), lang)),
            ),
            None => pick(format!("You have not rated {name}."), format!("No has puntuado {name}.")),
        },
    }
}

/// Whether somebody made a film or is in it, and who did.
pub fn is_by(movie: &Movie, who: &str, wanted: Wanted, holds: bool, facts: Option<&FilmFacts>, lang: Lang) -> String {
    let film = film_name(movie);
    let others = |listed: &[String]| {
        let others: Vec<String> = listed.iter().filter(|name| *name != who).cloned().collect();
        names_in_words(&others, if lang == Lang::En { "and" } else { "y" })
    };
    let (directors, cast) = facts.map_or((&[][..], &[][..]), |known| (&known.directors[..], &known.cast[..]));
    let (directors, cast) = (others(directors), others(cast));
    match (wanted, holds, lang) {
        (Wanted::Director, true, Lang::En) if directors.is_empty() => format!("Yes, {film} was directed by {who}."),
        (Wanted::Director, true, Lang::Es) if directors.is_empty() => format!("Sí, {film} la dirigió {who}."),
        (Wanted::Director, true, Lang::En) => format!("Yes, {film} was directed by {who}, with {directors}."),
        (Wanted::Director, true, Lang::Es) => format!("Sí, {film} la dirigió {who}, con {directors}."),
        (Wanted::Director, false, Lang::En) if directors.is_empty() => format!("I don't know who directed {film}."),
        (Wanted::Director, false, Lang::Es) if directors.is_empty() => format!("No sé quién dirigió {film}."),
        (Wanted::Director, false, Lang::En) => format!("No, {film} was directed by {directors}, not by {who}."),
        (Wanted::Director, false, Lang::Es) => format!("No, {film} la dirigió {directors}, no {who}."),
        (_, true, Lang::En) if cast.is_empty() => format!("Yes, {who} is in {film}."),
        (_, true, Lang::Es) if cast.is_empty() => format!("Sí, en {film} sale {who}."),
        (_, true, Lang::En) => format!("Yes, {who} is in {film}, with {cast}."),
        (_, true, Lang::Es) => format!("Sí, en {film} sale {who}, con {cast}."),
        (_, false, Lang::En) if cast.is_empty() => format!("I don't know who is in {film}."),
        (_, false, Lang::Es) if cast.is_empty() => format!("No sé quién sale en {film}."),
        (_, false, Lang::En) => format!("Not that I know: in {film} I know of {cast}, not of {who}."),
        (_, false, Lang::Es) => format!("Que yo sepa, no: en {film} sé de {cast}, no de {who}."),
    }
}

/// Whether viewers have tagged a film so, and what it is.
pub fn tagged(movie: &Movie, said: &str, holds: bool, lang: Lang) -> String {
    let name = film_name(movie);
    let english = lang == Lang::En;
    let genres = names_in_words(&genre_names(&movie.genres, lang), if english { "and" } else { "y" });
    let kind = match (movie.genres.is_empty(), english) {
        (true, _) => String::new(),
        (false, true) => format!(" It is {genres}."),
        (false, false) => format!(" Es de {genres}."),
    };
    match (holds, english) {
        (true, true) => format!("Viewers say so of {name}: “{said}”.{kind}"),
        (true, false) => format!("De {name} lo dicen los espectadores: «{said}».{kind}"),
        (false, true) => format!("No viewer says so of {name} (“{said}”), and I can't judge it myself.{kind}"),
        (false, false) => {
            format!("Ningún espectador lo dice de {name} («{said}»), y yo no puedo juzgarlo.{kind}")
        }
    }
}

/// "was made in France, in French"; none where neither is known by name.
fn named_places(known: &FilmFacts, lang: Lang) -> Option<String> {
    static NAMES: LazyLock<HashMap<&str, (&str, &str)>> = LazyLock::new(|| {
        let lines = include_str!("../../data/places.tsv").lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| line.split_once('\t'))
            .filter_map(|(code, names)| Some((code, names.split_once('\t')?)))
            .collect()
    });
    let english = lang == Lang::En;
    let named = |code: &String| {
        let (in_english, in_spanish) = NAMES.get(code.as_str())?;
        Some((if english { *in_english } else { *in_spanish }).to_owned())
    };
    let countries: Vec<String> = known.countries.iter().filter_map(named).collect();
    let countries = names_in_words(&countries, if english { "and" } else { "y" });
    let language = known.languages.first().and_then(named);
    Some(match (countries.is_empty(), language, english) {
        (true, None, _) => return None,
        (true, Some(language), true) => format!("is in {language}"),
        (true, Some(language), false) => format!("está en {language}"),
        (false, None, true) => format!("was made in {countries}"),
        (false, None, false) => format!("se hizo en {countries}"),
        (false, Some(language), true) => format!("was made in {countries}, in {language}"),
        (false, Some(language), false) => format!("se hizo en {countries}, en {language}"),
    })
}

/// One of them "sale", several "salen".
fn are_in(facts: Option<&FilmFacts>) -> &'static str {
    if facts.is_some_and(|known| known.cast.len() == 1) { "sale" } else { "salen" }
}

fn names(listed: Option<&Vec<String>>, lang: Lang) -> String {
    let joint = if lang == Lang::En { "and" } else { "y" };
    names_in_words(listed.map_or(&[][..], Vec::as_slice), joint)
}

/// " Directed by ..., with ...; 98 minutes; about ..."; empty where nothing is known.
fn all_known(facts: Option<&FilmFacts>, lang: Lang) -> String {
    let Some(known) = facts else { return String::new() };
    let english = lang == Lang::En;
    let mut parts = Vec::new();
    if !known.directors.is_empty() {
        let by = names(Some(&known.directors), lang);
        parts.push(if english { format!("Directed by {by}") } else { format!("Dirigida por {by}") });
    }
    if !known.cast.is_empty() {
        let cast: Vec<String> = known.cast.iter().take(3).cloned().collect();
        let cast = names(Some(&cast), lang);
        parts.push(if english { format!("With {cast}") } else { format!("Con {cast}") });
    }
    if let Some(minutes) = known.runtime_min {
        parts.push(if english { format!("{minutes} minutes") } else { format!("{minutes} minutos") });
    }
    if !known.themes.is_empty() && english {
        parts.push(format!("Themes: {}", known.themes.join(", ")));
    }
    parts.into_iter().map(|part| format!(" {part}.")).collect()
}

/// "Sabrina (1954) is by Billy Wilder, with Humphrey Bogart and Audrey Hepburn."
pub(crate) fn known_by(name: &str, facts: Option<&FilmFacts>, lang: Lang) -> String {
    const MOST_PEOPLE: usize = 3;
    let (is_by, with, and) = match lang {
        Lang::En => ("is by", "with", "and"),
        Lang::Es => ("es de", "con", "y"),
    };
    let first = |people: &[String]| names_in_words(&people[..people.len().min(MOST_PEOPLE)], and);
    let directors = facts.map(|facts| first(&facts.directors)).unwrap_or_default();
    let cast = facts.map(|facts| first(&facts.cast)).unwrap_or_default();
    match (directors.is_empty(), cast.is_empty(), lang) {
        (false, false, _) => format!("{name} {is_by} {directors}, {with} {cast}."),
        (false, true, _) => format!("{name} {is_by} {directors}."),
        (true, false, Lang::En) => format!("{name} is with {cast}."),
        (true, false, Lang::Es) => format!("En {name} sale {cast}."),
        (true, true, Lang::En) => format!("Of {name} I know no more."),
        (true, true, Lang::Es) => format!("De {name} no sé más."),
    }
}

fn opinion(name: &str, stats: MovieStats, english: bool) -> String {
    match (stats.mean_stars(), english) {
        (Some(mean), true) if stats.ratings == 1 => format!("One viewer gave {name} {mean:.1} stars."),
        (Some(mean), true) => format!("{} viewers gave {name} {mean:.1} stars on average.", stats.ratings),
        (Some(mean), false) => {
            let mean = format!("{mean:.1}").replace('.', ",");
            if stats.ratings == 1 {
                return format!("Un espectador le dio a {name} {mean} estrellas.");
            }
            format!("{} espectadores le dieron a {name} {mean} estrellas de media.", stats.ratings)
        }
        (None, true) => format!("Nobody has rated {name} yet."),
        (None, false) => format!("Nadie ha puntuado {name} todavía."),
    }
}

/// As many of the viewer's ratings are told.
const MOST_LISTED: usize = 10;

fn best_first(ratings: &[(MovieId, HalfStars)]) -> Vec<(MovieId, HalfStars)> {
    let mut best = ratings.to_vec();
    best.sort_by_key(|(movie, rating)| (Reverse(*rating), *movie));
    best
}

/// The films that [`my_ratings`] tells of, in its order.
pub fn as_listed(ratings: &[(MovieId, HalfStars)]) -> Vec<MovieId> {
    best_first(ratings).into_iter().take(MOST_LISTED).map(|(movie, _)| movie).collect()
}

/// What the viewer has rated, the first ten by name.
pub fn my_ratings(ratings: &[(MovieId, HalfStars)], catalogue: &Catalogue, lang: Lang) -> String {
    let english = lang == Lang::En;
    if ratings.is_empty() {
        return if english {
            "You have not rated any film yet."
        } else {
            "Todavía no has puntuado ninguna película."
        }
        .to_owned();
    }
    let best = best_first(ratings);
    let named = best.iter().take(MOST_LISTED).filter_map(|(movie, rating)| {
        let movie = catalogue.get(*movie)?;
        Some(format!("{}: {}", film_name(movie), stars(rating.stars(), lang)))
    });
    let named = named.collect::<Vec<_>>().join("; ");
    let count = ratings.len();
    match (english, count > MOST_LISTED) {
        (true, false) => format!("You have rated {count}: {named}."),
        (true, true) => format!("You have rated {count}. The best of them: {named}."),
        (false, false) => format!("Has puntuado {count}: {named}."),
        (false, true) => format!("Has puntuado {count}. Las mejores: {named}."),
    }
}

/// The same fact of each of these films, with its ratings and what is known of it; which one viewers liked more, if that
/// was asked.
pub fn compare(wanted: Wanted, films: &[(&Movie, MovieStats, Option<&FilmFacts>)], lang: Lang) -> String {
    let said = if wanted == Wanted::Runtime && films.len() > 2 {
        lengths(films, lang)
    } else {
        let said = films.iter().map(|(movie, stats, facts)| about(wanted, movie, *stats, None, *facts, lang));
        said.collect::<Vec<_>>().join(" ")
    };
    let mean = |stats: &MovieStats| stats.mean_stars().map(|mean| (mean * 10.0).round() as i64);
    let best = films.iter().map(|(_, stats, _)| mean(stats)).max().flatten();
    let mut liked_most = films.iter().filter(|(_, stats, _)| mean(stats) == best);
    match (wanted, liked_most.next(), liked_most.next()) {
        (Wanted::Opinion, Some((movie, ..)), None) if lang == Lang::En => {
            format!("{said} They liked {} more.", film_name(movie))
        }
        (Wanted::Opinion, Some((movie, ..)), None) => format!("{said} Les gustó más {}.", film_name(movie)),
        _ => said + &which_is_first(wanted, films, lang),
    }
}

/// "Alien (1979): 117 minutes; …": a sentence for each of ten films is hard to read.
fn lengths(films: &[(&Movie, MovieStats, Option<&FilmFacts>)], lang: Lang) -> String {
    let length = |(movie, _, facts): &(&Movie, MovieStats, Option<&FilmFacts>)| {
        let minutes = facts.and_then(|known| known.runtime_min);
        let said = match (minutes, lang) {
            (Some(minutes), Lang::En) => format!("{minutes} minutes"),
            (Some(minutes), Lang::Es) => format!("{minutes} minutos"),
            (None, Lang::En) => "not known".to_owned(),
            (None, Lang::Es) => "no lo sé".to_owned(),
        };
        format!("{}: {said}", film_name(movie))
    };
    films.iter().map(length).collect::<Vec<_>>().join("; ") + "."
}

/// Which of them is the longest, or the oldest, if that was asked and is one.
fn which_is_first(wanted: Wanted, films: &[(&Movie, MovieStats, Option<&FilmFacts>)], lang: Lang) -> String {
    let rank = |(movie, _, facts): &(&Movie, MovieStats, Option<&FilmFacts>)| match wanted {
        Wanted::Runtime => facts.and_then(|known| known.runtime_min).map(i64::from),
        Wanted::Year => movie.year.map(|year| -i64::from(year)),
        _ => None,
    };
    let ranks: Vec<Option<i64>> = films.iter().map(rank).collect();
    let first = ranks.iter().copied().max().flatten();
    let mut firsts = films.iter().zip(&ranks).filter(|(_, rank)| **rank == first);
    match (firsts.next(), firsts.next()) {
        // Of one that is not known nothing is concluded.
        _ if ranks.contains(&None) => String::new(),
        (Some(((movie, ..), _)), None) => {
            let name = film_name(movie);
            match (wanted, lang) {
                (Wanted::Runtime, Lang::En) => format!(" {name} is the longest."),
                (Wanted::Runtime, Lang::Es) => format!(" {name} es la más larga."),
                (_, Lang::En) => format!(" {name} came first."),
                (_, Lang::Es) => format!(" {name} fue la primera."),
            }
        }
        _ => String::new(),
    }
}

/// The films of a series in the order of their years.
pub fn series(name: &str, movies: &[MovieId], catalogue: &Catalogue, lang: Lang) -> String {
    let mut films: Vec<&Movie> = movies.iter().filter_map(|movie| catalogue.get(*movie)).collect();
    films.sort_by_key(|movie| (movie.year.unwrap_or(u16::MAX), movie.id));
    let names: Vec<String> = films.into_iter().map(film_name).collect();
    let count = names.len();
    match lang {
        Lang::En => {
            format!("Of {name} I have {count} films, by year: {}.", names_in_words(&names, "and"))
        }
        Lang::Es => {
            format!("De {name} tengo {count} películas, por año: {}.", names_in_words(&names, "y"))
        }
    }
}

/// How many films meet the conditions, and that they can be listed.
pub fn count_of(count: usize, filters: &Filters, topics: &[Topic], lang: Lang) -> String {
    let english = lang == Lang::En;
    let start = match (count, english) {
        (1, true) => "I know one film".to_owned(),
        (1, false) => "Conozco una película".to_owned(),
        (_, true) => format!("I know {count} films"),
        (_, false) => format!("Conozco {count} películas"),
    };
    let said = with_conditions(start, filters, topics, Tweak::None, lang);
    if english { format!("{said}. Shall I list them?") } else { format!("{said}. ¿Las pongo?") }
}

/// How many films there are.
pub fn count_films(catalogue: &Catalogue, lang: Lang) -> String {
    match lang {
        Lang::En => format!("I know {} films.", catalogue.len()),
        Lang::Es => format!("Conozco {} películas.", catalogue.len()),
    }
}
