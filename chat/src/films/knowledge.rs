//! What is known of films beside titles, genres and tags: people, series, lengths, languages. An index over facts that a
//! dataset may have or not. Never reads a sentence.

use std::collections::{BTreeMap, HashMap};

use cineswarm_engine::{Catalogue, FilmFacts, Makers, MovieId};

use crate::films::somebody::Somebody;
use crate::words::fold::{Token, tokenize};
use crate::words::spelling::{Signature, Spelling};

/// Of several people of one surname the one meant without a first name has so many times the ratings of the next.
const BETTER_KNOWN: u64 = 3;

/// Ratings of somebody's films below which a surname alone does not mean them.
const KNOWN_BY_SURNAME: u64 = 50;

/// Films of somebody who is known by a surname, however few have rated them.
const FILMS_OF_THE_KNOWN: usize = 3;

/// Films of a director whose surname nobody else has.
const FILMS_OF_AN_ONLY_DIRECTOR: usize = 2;

/// Of several people of one surname so many are left out together.
const MOST_OF_A_SURNAME: usize = 3;

/// Letters of a name that one may be amiss in, and of one that two may be.
const SHORTEST_MISSPELT: usize = 6;
const SHORTEST_WITH_TWO_TYPOS: usize = 8;

/// What a person does in films that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Directs,
    Acts,
    /// Whatever they are better known for.
    Either,
}

/// Somebody who made or is in films.
#[derive(Debug, Default)]
pub(crate) struct Person {
    pub(crate) name: String,
    directed: Vec<MovieId>,
    acted: Vec<MovieId>,
    /// Ratings of the films directed, and of those acted in.
    fame: (u64, u64),
}

/// The index.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    by_film: BTreeMap<MovieId, FilmFacts>,
    people: Vec<Person>,
    /// From a name to people, the best known first.
    by_name: HashMap<String, Vec<usize>>,
    by_surname: HashMap<String, Vec<usize>>,
    /// From a first name to people, the best known first.
    by_first_name: HashMap<String, Vec<usize>>,
    /// Names and surnames of those whom many have seen, for such as are misspelt.
    well_known: Vec<(String, Signature, usize)>,
    series: HashMap<String, (String, Vec<MovieId>)>,
    /// Films of another series of which one is called after this series, which is a hero: "The Dark Knight" of Batman.
    of_hero: HashMap<String, Vec<MovieId>>,
    makers: Makers,
}

impl Knowledge {
    pub(crate) fn new(facts: Vec<FilmFacts>, catalogue: &Catalogue) -> Knowledge {
        let mut people: HashMap<String, Person> = HashMap::new();
        let mut series: HashMap<String, (String, Vec<MovieId>)> = HashMap::new();
        for known in &facts {
            let ratings = u64::from(catalogue.stats(known.movie).ratings);
            for (names, directs) in [(&known.directors, true), (&known.cast, false)] {
                for name in names {
                    let person = people.entry(joined(&tokenize(name))).or_default();
                    person.name.clone_from(name);
                    let (films, fame) = match directs {
                        true => (&mut person.directed, &mut person.fame.0),
                        false => (&mut person.acted, &mut person.fame.1),
                    };
                    films.push(known.movie);
                    *fame += ratings;
                }
            }
            if let Some(name) = &known.series {
                // "James Bond - 007" is called James Bond.
                let called = name.split(" - ").next().unwrap_or(name);
                let (_, films) =
                    series.entry(joined(&tokenize(called))).or_insert_with(|| (called.to_owned(), Vec::new()));
                films.push(known.movie);
            }
        }
        people.remove("");
        series.remove("");
        let of_hero = of_heroes(&facts, &series, catalogue);
        let mut sorted: Vec<(String, Person)> = people.into_iter().collect();
        sorted.sort_by(|(left_key, left), (right_key, right)| {
            (right.fame.0 + right.fame.1).cmp(&(left.fame.0 + left.fame.1)).then_with(|| left_key.cmp(right_key))
        });
        let mut knowledge = Knowledge { series, of_hero, ..Knowledge::default() };
        for (place, (key, person)) in sorted.into_iter().enumerate() {
            if let Some((_, surname)) = key.rsplit_once(' ') {
                knowledge.by_surname.entry(surname.to_owned()).or_default().push(place);
                let first_name = key.split(' ').next().unwrap_or_default();
                knowledge.by_first_name.entry(first_name.to_owned()).or_default().push(place);
                if person.fame(Role::Either) >= KNOWN_BY_SURNAME {
                    let names = [key.as_str(), surname].map(|name| (name.to_owned(), Signature::new(name), place));
                    knowledge.well_known.extend(names);
                }
            }
            knowledge.by_name.entry(key).or_default().push(place);
            knowledge.people.push(person);
        }
        knowledge.makers = Makers::new(&facts);
        knowledge.by_film = facts.into_iter().map(|known| (known.movie, known)).collect();
        knowledge
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_film.is_empty()
    }

    /// What is known of a film.
    pub(crate) fn of(&self, movie: MovieId) -> Option<&FilmFacts> {
        self.by_film.get(&movie)
    }

    /// The films of which this holds.
    pub(crate) fn films(&self, holds: impl Fn(&FilmFacts) -> bool) -> Vec<MovieId> {
        self.by_film.values().filter(|known| holds(known)).map(|known| known.movie).collect()
    }

    /// The person with this whole name.
    pub(crate) fn person_named(&self, words: &[Token]) -> Option<&Person> {
        let name = joined(words);
        self.by_name.get(&name)?.first().map(|place| &self.people[*place])
    }

    /// The name of somebody who was spoken of.
    pub(crate) fn name_of(&self, somebody: Somebody) -> Option<&str> {
        self.people.iter().map(|person| person.name.as_str()).find(|name| Somebody::called(name) == somebody)
    }

    /// Whether somebody of this name is better known for films that they directed.
    pub(crate) fn is_director(&self, name: &str) -> bool {
        self.person_named(&tokenize(name)).is_some_and(|person| person.role(Role::Either) == Role::Directs)
    }

    /// Whether somebody is called so before their surname.
    pub(crate) fn is_first_name(&self, word: &str) -> bool {
        self.by_first_name.contains_key(word)
    }

    /// The best known person of that first name whose whole name differs in so many letters at the most.
    pub(crate) fn person_nearly_named(&self, words: &[Token], typos: usize) -> Option<&Person> {
        let called = self.by_first_name.get(&words.first()?.word)?;
        let name = joined(words);
        let near = |place: &&usize| {
            let person = &self.people[**place];
            let known = person.fame(Role::Either) >= KNOWN_BY_SURNAME;
            known && strsim::osa_distance(&joined(&tokenize(&person.name)), &name) <= typos
        };
        called.iter().find(near).map(|place| &self.people[*place])
    }

    /// The best known person whose name or surname is written so but for a letter or two: "tarkosvky", "Brat Pit".
    pub(crate) fn person_misspelt(&self, words: &[Token]) -> Option<&Person> {
        let name = joined(words);
        let letters = name.chars().count();
        if letters < SHORTEST_MISSPELT {
            return None;
        }
        let spelling = Spelling::within(&name, if letters < SHORTEST_WITH_TWO_TYPOS { 1 } else { 2 });
        let near = |(known, signature, place): &(String, Signature, usize)| {
            Some((spelling.distance(known, *signature)?, *place))
        };
        self.well_known.iter().filter_map(near).min().map(|(_, place)| &self.people[place])
    }

    /// The person who is meant by a surname alone: one who is far better known than others of that name.
    pub(crate) fn person_surnamed(&self, surname: &str, role: Role) -> Option<&Person> {
        let mut fames: Vec<(u64, usize)> =
            self.by_surname.get(surname)?.iter().map(|place| (self.people[*place].fame(role), *place)).collect();
        fames.sort_unstable_by_key(|(fame, place)| (std::cmp::Reverse(*fame), *place));
        let (best, place) = *fames.first()?;
        let next = fames.get(1).map_or(0, |(fame, _)| *fame);
        let person = &self.people[place];
        // Of a director whom few have seen, a name that nobody else has is enough.
        let is_only_director = fames.len() == 1 && person.directed.len() >= FILMS_OF_AN_ONLY_DIRECTOR;
        let is_known = best >= KNOWN_BY_SURNAME || person.films(role).len() >= FILMS_OF_THE_KNOWN || is_only_director;
        (is_known && best >= next.saturating_mul(BETTER_KNOWN)).then(|| &self.people[place])
    }

    /// The best known whose surname is of two words: "del Toro", "van Sant".
    pub(crate) fn surnamed_in_two(&self, before: &str, surname: &str, role: Role) -> Option<&Person> {
        let ends_so = |person: &&Person| {
            let mut words = tokenize(&person.name).into_iter().rev().map(|token| token.word);
            words.next().as_deref() == Some(surname) && words.next().as_deref() == Some(before)
        };
        let people = self.by_surname.get(surname)?.iter().map(|place| &self.people[*place]).filter(ends_so);
        // "las de del Toro" are of who directs, where somebody of the name does.
        let directs = |person: &Person| role == Role::Either && person.directed.len() >= FILMS_OF_AN_ONLY_DIRECTOR;
        let known = people.filter(|person| person.fame(role) >= KNOWN_BY_SURNAME);
        known.max_by_key(|person| (directs(person), person.fame(role)))
    }

    /// The best known of a surname: one of "the Coen brothers" stands for both.
    pub(crate) fn first_surnamed(&self, surname: &str) -> Option<&Person> {
        self.by_surname.get(surname)?.first().map(|place| &self.people[*place])
    }

    /// The best known of a family who made most of their films together: "the Coens".
    pub(crate) fn family_surnamed(&self, surname: &str) -> Option<&Person> {
        let places = self.by_surname.get(surname)?;
        let mut people = places.iter().map(|place| &self.people[*place]).filter(|person| person.directed.len() > 1);
        let (one, other) = (people.next()?, people.next()?);
        let together = one.directed.iter().filter(|film| other.directed.contains(film)).count();
        (together * 2 > one.directed.len()).then_some(one)
    }

    /// Those who may be meant by a surname that several share, who did most first.
    pub(crate) fn people_surnamed(&self, surname: &str) -> Vec<&Person> {
        let Some(places) = self.by_surname.get(surname) else { return Vec::new() };
        let films = |person: &&Person| person.directed.len().max(person.acted.len());
        let mut people: Vec<&Person> = places.iter().map(|place| &self.people[*place]).collect();
        people.retain(|person| person.fame(Role::Either) >= KNOWN_BY_SURNAME || films(person) >= FILMS_OF_THE_KNOWN);
        people.sort_by_key(|person| std::cmp::Reverse(films(person)));
        let most = people.first().map_or(0, films);
        people.retain(|person| films(person) * 2 >= most);
        people.truncate(MOST_OF_A_SURNAME);
        people
    }

    /// The films of every series in whose name this word stands.
    pub(crate) fn of_series_about(&self, word: &str) -> Vec<MovieId> {
        let is_about = |name: &str| tokenize(name).iter().any(|own| own.word == word);
        self.films(|known| known.series.as_deref().is_some_and(is_about))
    }

    /// Where those who made the films work.
    pub(crate) fn makers(&self) -> &Makers {
        &self.makers
    }

    /// Films of other series about the hero whom this series is called after.
    pub(crate) fn others_of_hero(&self, series: &str) -> &[MovieId] {
        self.of_hero.get(&joined(&tokenize(series))).map_or(&[], Vec::as_slice)
    }

    /// The series of this name, as it is written, and its films.
    pub(crate) fn series_named(&self, words: &[Token]) -> Option<(&str, &[MovieId])> {
        let named = joined(words);
        let found = self.series.get(&named).or_else(|| self.series.get(&format!("the {named}")))?;
        (found.1.len() > 1).then_some((found.0.as_str(), found.1.as_slice()))
    }
}

impl Person {
    /// Ratings of their films.
    pub(crate) fn fame(&self, role: Role) -> u64 {
        match role {
            Role::Directs => self.fame.0,
            Role::Acts => self.fame.1,
            Role::Either => self.fame.0.max(self.fame.1),
        }
    }

    /// What the person is better known for, if it is not said.
    pub(crate) fn role(&self, said: Role) -> Role {
        match said {
            Role::Either if self.fame.0 >= self.fame.1 => Role::Directs,
            Role::Either => Role::Acts,
            said => said,
        }
    }

    /// The films directed and those acted in.
    pub(crate) fn all_films(&self) -> Vec<MovieId> {
        self.directed.iter().chain(&self.acted).copied().collect()
    }

    /// The films in that role; none if the person has done none.
    pub(crate) fn films(&self, role: Role) -> &[MovieId] {
        match self.role(role) {
            Role::Directs => &self.directed,
            _ => &self.acted,
        }
    }
}

/// For each series the films of others of which so many are called after it: "Batman Begins" is one of three.
fn of_heroes(
    facts: &[FilmFacts],
    series: &HashMap<String, (String, Vec<MovieId>)>,
    catalogue: &Catalogue,
) -> HashMap<String, Vec<MovieId>> {
    const LONGEST_NAME: usize = 4;
    const ONE_IN: usize = 3;
    let key = |name: &str| joined(&tokenize(name.split(" - ").next().unwrap_or(name)));
    let mut called: HashMap<(String, String), usize> = HashMap::new();
    for known in facts {
        let (Some(own), Some(film)) = (known.series.as_deref().map(key), catalogue.get(known.movie)) else { continue };
        let words = tokenize(&film.title);
        for count in 1..words.len().min(LONGEST_NAME + 1) {
            let hero = joined(&words[..count]);
            if series.contains_key(&hero) && hero != own {
                *called.entry((hero, own.clone())).or_default() += 1;
            }
        }
    }
    let mut of_hero: HashMap<String, Vec<MovieId>> = HashMap::new();
    for ((hero, own), count) in called {
        let films = series.get(&own).map(|(_, films)| films.as_slice()).unwrap_or_default();
        if count * ONE_IN >= films.len() {
            of_hero.entry(hero).or_default().extend(films);
        }
    }
    for films in of_hero.values_mut() {
        films.sort_unstable();
        films.dedup();
    }
    of_hero
}

fn joined(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.word.as_str()).collect::<Vec<_>>().join(" ")
}
