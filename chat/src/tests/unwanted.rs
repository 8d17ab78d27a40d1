//! What is not wanted: that it is left out, and that what cannot be is said.

use std::collections::BTreeSet;

use super::sample::{film_called, index_with_facts, sample};
use super::*;
use crate::TopicKind;

/// A chip for what is not wanted does something: the first film is left out, the second is not.
#[test]
fn what_is_not_wanted_is_left_out() {
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
    for (sentence, unwanted, other) in [
        ("war films that aren't American", "Saving Private Ryan (1998)", "Das Boot (1981)"),
        ("películas de guerra que no sean americanas", "Full Metal Jacket (1987)", "Das Boot (1981)"),
        ("comedias que no sean gringas", "Clueless (1995)", "Amelie (2001)"),
        ("cine coreano que no sea de venganzas", "Old Boy (2003)", "The Host (2006)"),
        ("anime, not ghibli", "Spirited Away (2001)", "Akira (1988)"),
        ("anime not by Miyazaki", "Spirited Away (2001)", "Akira (1988)"),
        ("sin nolan", "Memento (2000)", "Fight Club (1999)"),
        ("superheroes but no marvel", "Iron Man (2008)", "The Dark Knight (2008)"),
        ("superheroes sin dc", "The Dark Knight (2008)", "Iron Man (2008)"),
        ("sin Batman", "The Dark Knight (2008)", "Iron Man (2008)"),
        ("westerns, not the clint ones", "The Good, the Bad and the Ugly (1966)", "Duck, You Sucker (1971)"),
        ("silent films but not chaplin", "Modern Times (1936)", "Nosferatu (1922)"),
        ("swedish films that aren't bergman", "The Seventh Seal (1957)", "Let the Right One In (2008)"),
        ("horror but not gory", "Saw (2004)", "The Sixth Sense (1999)"),
        ("films with Frances McDormand that aren't by the Coens", "Fargo (1996)", "Almost Famous (2000)"),
        ("no asian films", "Old Boy (2003)", "Amelie (2001)"),
        ("nada europeo", "Amelie (2001)", "Old Boy (2003)"),
        ("animation without disney", "The Lion King (1994)", "Shrek (2001)"),
    ] {
        let film = |name: &str| film_called(name, &index, &catalogue);
        let understood = understand(sentence, Lang::En, &index, &catalogue);
        let filters = understood.intent.filters().unwrap_or_else(|| panic!("{sentence:?}: {understood:?}"));
        assert!(!filters.allow(film(unwanted), false), "{sentence:?} lets {unwanted} pass");
        assert!(!filters.exclude_movie_ids.contains(&film(other).id), "{sentence:?} leaves {other} out");
        assert!(understood.ignored.is_empty(), "{sentence:?} leaves something unread: {:?}", understood.ignored);
    }
}

/// Where no film that would be shown is known to be of a theme, leaving it out would do nothing.
#[test]
fn what_cannot_be_left_out_is_said() {
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
    let understood = understand("quiero una mexicana, que no sea de narcos", Lang::Es, &index, &catalogue);
    assert_eq!(understood.ignored, ["narcos"]);
    assert!(understood.topics.iter().all(|topic| topic.kind != TopicKind::Without), "{:?}", understood.topics);
}

/// A line of another year or spelling would never be met.
#[test]
fn every_film_of_a_group_is_found() {
    let Some(catalogue) = sample() else { return };
    let named: BTreeSet<(String, Option<u16>)> = catalogue
        .movies()
        .iter()
        .map(|movie| (crate::words::fold::key(&crate::words::fold::tokenize(&movie.title)), movie.year))
        .collect();
    for line in include_str!("../../data/groups.tsv").lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let key = crate::words::fold::key(&crate::words::fold::tokenize(fields[1]));
        assert!(named.contains(&(key, fields[2].parse().ok())), "{line:?} is of no film");
    }
}
