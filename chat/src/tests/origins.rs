//! Where films are from: not from wherever they were paid for, and not of every language that is heard in them.

use super::sample::{film_called, index_with_facts, sample};
use super::*;

#[test]
fn a_film_is_from_where_those_who_made_it_work() {
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
    for (sentence, from_there, paid_for_there) in [
        ("british comedies", "Notting Hill (1999)", "Fargo (1996)"),
        ("películas británicas", "Harry Potter and the Chamber of Secrets (2002)", "Gladiator (2000)"),
        ("british films", "Trainspotting (1996)", "Batman (1989)"),
        ("a film from japan", "Ran (1985)", "Lost in Translation (2003)"),
        ("films from mexico", "Pan's Labyrinth (2006)", "Total Recall (1990)"),
        ("cine argentino", "Nine Queens (2000)", "Moonraker (1979)"),
        ("spanish films", "Pan's Labyrinth (2006)", "Vicky Cristina Barcelona (2008)"),
        ("french films", "Amelie (2001)", "Saving Private Ryan (1998)"),
        ("películas francesas", "Delicatessen (1991)", "Chocolat (2000)"),
        ("german films", "Wings of Desire (1987)", "Die Hard (1988)"),
        ("películas alemanas", "Das Boot (1981)", "Valkyrie (2008)"),
        ("chinese films", "Hard-Boiled (1992)", "Kill Bill: Vol. 1 (2003)"),
    ] {
        let film = |name: &str| film_called(name, &index, &catalogue);
        let understood = understand(sentence, Lang::En, &index, &catalogue);
        let filters = understood.intent.filters().unwrap_or_else(|| panic!("{sentence:?}: {understood:?}"));
        let is_in = |name: &str| filters.movie_ids.contains(&film(name).id);
        assert!(is_in(from_there), "{sentence:?} lacks {from_there}");
        assert!(!is_in(paid_for_there), "{sentence:?} has {paid_for_there}");
    }
}

/// What people ask first; the sources of the facts knew hardly any film that is not American.
#[test]
fn who_made_a_well_known_film_is_known() {
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
    let mut films: Vec<&Movie> = catalogue.movies().iter().collect();
    films.sort_by_key(|movie| std::cmp::Reverse(catalogue.stats(movie.id).ratings));
    let is_known = |movie: &&&Movie| index.knowledge.of(movie.id).is_some_and(|known| !known.directors.is_empty());
    let unknown: Vec<&str> =
        films[..1000].iter().filter(|movie| !is_known(movie)).map(|movie| movie.title.as_str()).collect();
    assert_eq!(unknown, ["Wallace & Gromit: The Best of Aardman Animation"], "a collection of short films");
    for (sentence, film) in [
        ("films by Miyazaki", "Spirited Away (2001)"),
        ("algo de Kurosawa", "Seven Samurai (1954)"),
        ("con Ricardo Darín", "The Secret in Their Eyes (2009)"),
        ("the Wachowskis", "The Matrix (1999)"),
        ("Tony Leung films", "In the Mood For Love (2000)"),
    ] {
        let understood = understand(sentence, Lang::En, &index, &catalogue);
        let filters = understood.intent.filters().unwrap_or_else(|| panic!("{sentence:?}: {understood:?}"));
        assert!(filters.movie_ids.contains(&film_called(film, &index, &catalogue).id), "{sentence:?} lacks {film}");
    }
}
