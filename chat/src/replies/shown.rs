//! What is said of the films shown as a list: which of them are as was asked, and in which order they stand.

use cineswarm_engine::{Catalogue, FilmFacts, Movie, MovieId, MovieStats};

use super::{film_name, names_in_words};
use crate::{Lang, Order};

/// Which of the films shown are as was asked, with their places; whether one film is, if one was named.
pub fn among_shown(film: Option<&Movie>, found: &[(usize, MovieId)], catalogue: &Catalogue, lang: Lang) -> String {
    let english = lang == Lang::En;
    let named = |(place, movie): &(usize, MovieId)| {
        let name = film_name(catalogue.get(*movie)?);
        Some(if english { format!("{name}, number {place}") } else { format!("{name}, la número {place}") })
    };
    let names: Vec<String> = found.iter().filter_map(named).collect();
    match (film.map(film_name), names.as_slice(), english) {
        (Some(name), [], true) => format!("{name} is not on the list. I have it, though."),
        (Some(name), [], false) => format!("{name} no está en la lista, aunque la tengo."),
        (None, [], true) => "None of those on the list, as far as I know.".to_owned(),
        (None, [], false) => "Ninguna de las de la lista, que yo sepa.".to_owned(),
        (Some(_), names, true) => format!("Yes: {}.", names_in_words(names, "and")),
        (Some(_), names, false) => format!("Sí: {}.", names_in_words(names, "y")),
        (None, names, true) => format!("Of those on the list: {}.", names.join("; ")),
        (None, names, false) => format!("De las de la lista: {}.", names.join("; ")),
    }
}

/// The films shown in another order, with what they are ordered by.
pub fn in_order(order: Order, films: &[(&Movie, MovieStats, Option<&FilmFacts>)], lang: Lang) -> String {
    let start = match (order, lang) {
        (Order::NewestFirst, Lang::En) => "The newest first",
        (Order::OldestFirst, Lang::En) => "The oldest first",
        (Order::LongestFirst, Lang::En) => "The longest first",
        (Order::ShortestFirst, Lang::En) => "The shortest first",
        (Order::BestFirst, Lang::En) => "The best rated first",
        (Order::NewestFirst, Lang::Es) => "Las más nuevas primero",
        (Order::OldestFirst, Lang::Es) => "Las más antiguas primero",
        (Order::LongestFirst, Lang::Es) => "Las más largas primero",
        (Order::ShortestFirst, Lang::Es) => "Las más cortas primero",
        (Order::BestFirst, Lang::Es) => "Las mejor valoradas primero",
    };
    let by = |stats: &MovieStats, facts: Option<&FilmFacts>| match order {
        Order::LongestFirst | Order::ShortestFirst => {
            facts.and_then(|known| known.runtime_min).map(|minutes| format!(", {minutes} min"))
        }
        Order::BestFirst => stats.mean_stars().map(|mean| match lang {
            Lang::En => format!(", {mean:.1} stars"),
            Lang::Es => format!(", {} estrellas", format!("{mean:.1}").replace('.', ",")),
        }),
        // The year stands in the film's name.
        Order::NewestFirst | Order::OldestFirst => None,
    };
    let named = |(film, stats, facts): &(&Movie, MovieStats, Option<&FilmFacts>)| {
        film_name(film) + &by(stats, *facts).unwrap_or_default()
    };
    format!("{start}: {}.", films.iter().map(named).collect::<Vec<_>>().join("; "))
}
