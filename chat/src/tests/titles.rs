//! Titles alone, found in a sentence and while typing.

use super::*;
use cineswarm_engine::MovieId;

fn found(room: &Room, text: &str) -> Vec<String> {
    let ids: Vec<MovieId> = match room.index.find(text) {
        TitleMatch::One(movie) => vec![movie],
        TitleMatch::Several(movies) => movies,
        TitleMatch::Nothing { .. } => Vec::new(),
    };
    ids.iter()
        .map(|movie| {
            format!(
                "{} {}",
                room.catalogue.get(*movie).unwrap().title,
                room.catalogue.get(*movie).unwrap().year.unwrap()
            )
        })
        .collect()
}

fn typed(room: &Room, text: &str) -> Vec<String> {
    room.index.search(text, 3).iter().map(|hit| room.catalogue.get(hit.movie_id).unwrap().title.clone()).collect()
}

/// "La La Land" is no Spanish, and "E.T." no English.
#[test]
fn titles_do_not_tell_the_language() {
    let Some(catalogue) = super::sample::sample() else { return };
    let index = super::sample::index_with_facts(&catalogue);
    for (sentence, language) in [
        ("hated la la land", Some(Lang::En)),
        ("hate La La Land", Some(Lang::En)),
        ("I give La La Land a 2", Some(Lang::En)),
        ("a The Last Picture Show le pongo un 4", Some(Lang::Es)),
    ] {
        for page in [Lang::En, Lang::Es] {
            let understood = understand(sentence, page, &index, &catalogue);
            assert_eq!(understood.language, language, "{sentence:?}: {understood:?}");
        }
    }
}

#[test]
fn a_title_is_found_however_it_is_written() {
    let room = Room::new();
    for (text, expected) in [
        ("the matrix", "The Matrix 1999"),
        ("Matrix, The", "The Matrix 1999"),
        ("MATRIX", "The Matrix 1999"),
        ("a matrix", "The Matrix 1999"),
        ("amélie", "Amelie 2001"),
        ("fabuleux destin d'amelie poulain", "Amelie 2001"),
        ("Godfather Part Two", "The Godfather: Part II 1974"),
        ("singing in the rain", "Singin' in the Rain 1952"),
        ("beauty & the beast (2017)", "Beauty and the Beast 2017"),
        ("Spiderman", "Spider-Man 2002"),
        ("heat 1995", "Heat 1995"),
        ("heat 1996", "Heat 1995"),
        ("a new hope", "Star Wars: Episode IV - A New Hope 1977"),
    ] {
        assert_eq!(found(&room, text), [expected], "{text:?}");
    }
    assert_eq!(found(&room, "alien"), ["Alien 1979"], "the whole title beats its beginning");
    assert_eq!(found(&room, "heat"), ["Heat 1995", "Heat 1986"], "the most rated first");
    assert!(found(&room, "the").is_empty());
    assert!(found(&room, "").is_empty());
    assert!(found(&room, "heat 1950").is_empty());
}

#[test]
fn typing_finds_the_best_known_film_first() {
    let room = Room::new();
    assert_eq!(typed(&room, "to"), ["Toy Story", "Toy Story 2", "Toy Story 3"]);
    assert_eq!(typed(&room, "the ma")[..2], ["The Matrix", "The Matrix Reloaded"]);
    assert_eq!(typed(&room, "alien")[0], "Alien");
    assert_eq!(typed(&room, "shawsh")[0], "The Shawshank Redemption");
    assert_eq!(typed(&room, "fauno")[0], "Pan's Labyrinth");
    assert_eq!(typed(&room, "laberinto del f")[0], "Pan's Labyrinth");
    assert_eq!(typed(&room, "spiderm")[0], "Spider-Man");
    assert_eq!(typed(&room, "blade runer")[0], "Blade Runner");
    assert_eq!(typed(&room, "shawhs")[0], "The Shawshank Redemption");
    assert_eq!(typed(&room, "heat 1986")[0], "Heat");
    assert_eq!(room.index.search("heat 1986", 1), room.index.search("Heat (1986)", 1));
    assert_eq!(typed(&room, "se7")[0], "Seven");
    assert!(typed(&room, "qqqq").is_empty());
    assert!(typed(&room, "").is_empty());
    assert!(room.index.search("the", 0).is_empty());
    let qualities: Vec<f32> = room.index.search("alien", 8).iter().map(|hit| hit.quality).collect();
    assert!(qualities.is_sorted_by(|left, right| left >= right) && qualities[0] == 1.0, "{qualities:?}");
}

#[test]
fn films_that_no_year_tells_apart_can_still_be_chosen() {
    let film = |id, year, ratings| {
        let movie = Movie {
            id,
            title: "Emma".into(),
            other_titles: vec![],
            year,
            genres: vec![],
            imdb_id: None,
            tmdb_id: None,
        };
        (movie, MovieStats { ratings, half_stars_sum: 0 })
    };
    let catalogue = Catalogue::new([film(1, Some(1996), 30), film(2, Some(1996), 3), film(3, None, 5)]);
    let index = TitleIndex::build(&catalogue);
    assert_eq!(index.find("Emma (1996)"), TitleMatch::One(1), "of two entries of one film the better known");
    assert_eq!(index.find("Emma"), TitleMatch::Several(vec![1, 3]));
    let Intent::Clarify { options, .. } = understand("films like emma", Lang::Es, &index, &catalogue).intent else {
        panic!("two films are called Emma")
    };
    let chosen = understand(&options[1].text, Lang::Es, &index, &catalogue).intent;
    assert!(matches!(chosen, Intent::Like { movies, .. } if movies == [3]), "{}", options[1].text);
}
