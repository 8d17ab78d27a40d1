//! The people that a sentence names: in full, by a surname, as a family or for short; and what stands before them, which tells
//! whether they made a film or are in it.

use std::collections::HashMap;
use std::sync::LazyLock;

use cineswarm_engine::MovieId;

use super::facts::{Asked, LONGEST_NAME, after_words};
use super::{Reader, Request};
use crate::films::knowledge::{Person, Role};
use crate::films::titles::{Reading, TitleMatch};
use crate::topics::{Alternatives, Named, Topic, TopicKind};
use crate::words::cues;
use crate::words::fold::tokenize;
use crate::words::lexicon;
use crate::words::patterns;
use crate::words::years;

/// Words that a surname alone may not be short of, so that "with a day off" is about nobody.
const SURNAME_LETTERS: usize = 4;
/// Ratings of the films of somebody whose family is called by its name: "the Coens".
const KNOWN_FAMILY: u64 = 200;
/// A director with so many times the ratings of a film that is called by their surname is meant rather than it.
const FAR_BETTER_KNOWN: u64 = 10;
/// Ratings of the films of a director whose style is called by their name.
const KNOWN_STYLE: u64 = 50;
/// So many times the films that somebody directed are tagged with the name of an author.
const AUTHORED: usize = 4;
/// Letters of a name that one of them may be misspelt in; in half as many again, two.
const LETTERS_PER_TYPO: usize = 8;

/// What stands before a person, in the order in which it is tried.
static BEFORE_PEOPLE: LazyLock<Vec<(&str, Role)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/before_people.tsv").lines().filter(|line| !line.starts_with('#'));
    let role = |name: &str| match name {
        "directs" => Role::Directs,
        "acts" => Role::Acts,
        _ => Role::Either,
    };
    lines.filter_map(|line| line.split_once('\t')).map(|(name, phrase)| (phrase, role(name))).collect()
});

/// What people are called for short, and their names.
static PEOPLE: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let lines = include_str!("../../data/people.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).collect()
});

impl Reader<'_> {
    /// "directed by Nolan", "with Tom Hanks", "Tarantino movies", "de Almodóvar".
    pub(super) fn person_at(&self, at: usize) -> Option<Asked> {
        let (person, role, end) = self.person_said_at(at)?;
        // "by Tom Hanks" of somebody who hardly directs means the films with him.
        let role = match role {
            Role::Directs if person.films(Role::Directs).is_empty() => Role::Acts,
            Role::Acts if person.films(Role::Acts).is_empty() => Role::Directs,
            // "con Scorsese", who is hardly ever in a film.
            Role::Acts if self.is_plainly_beside(at) && is_far_better_known_as_director(person) => Role::Directs,
            role => person.role(role),
        };
        let kind = if role == Role::Directs { TopicKind::Director } else { TopicKind::Cast };
        // An author who made a film, too: viewers have tagged more films with the name.
        let is_author = |from: usize| {
            let tagged = self.index.theme_at(self.tokens(), from).filter(|(_, to)| *to == end);
            role == Role::Directs && tagged.is_some_and(|(films, _)| films.len() > AUTHORED * person.films(role).len())
        };
        if (at..end).any(is_author) {
            return None;
        }
        let said = person.name.clone();
        Some((kind, person.name.clone(), said, person.films(role).to_vec(), end))
    }

    /// What somebody at `at` has made or is in, where that is not wanted: what is called "of" them is both.
    pub(super) fn films_of_person_unwanted(&self, at: usize) -> Option<(Vec<MovieId>, usize, Option<String>)> {
        if self.index.knowledge.is_empty() {
            return None;
        }
        let (person, role, end) = self.person_said_at(at)?;
        let films = match role {
            Role::Directs | Role::Acts if !person.films(role).is_empty() => person.films(role).to_vec(),
            _ => person.all_films(),
        };
        // "the Coens" are more than the one of them whose films these are.
        let said = &self.tokens()[end - 1].word;
        let is_plural =
            said.strip_suffix('s').is_some_and(|one| tokenize(&person.name).iter().any(|own| own.word == one));
        let is_family = is_plural
            || matches!(said.as_str(), "brothers" | "sisters")
            || (at..end).any(|at| matches!(self.tokens()[at].word.as_str(), "hermanos" | "hermanas" | "los"));
        Some((films, end, (!is_family).then(|| person.name.clone())))
    }

    /// Who is named at `at`, and in which role.
    pub(super) fn person_said_at(&self, at: usize) -> Option<(&Person, Role, usize)> {
        let (from, role) = self.before_person(at).unwrap_or((at, Role::Either));
        let is_announced = from > at || self.follows_person(at);
        // "no de niro" is of nobody called Niro.
        let (from, is_announced) =
            if self.is_called_for_short(at, at + 2) { (at, false) } else { (from, is_announced) };
        if is_announced && self.follows_first_name(at) {
            return None;
        }
        let (person, end) = self.person_named_at(from).or_else(|| self.person_surnamed_at(from, role, is_announced))?;
        Some((person, role, end))
    }

    /// Whether "Pacino" stands after "De Niro and".
    pub(super) fn follows_person(&self, at: usize) -> bool {
        let Some(before) = at
            .checked_sub(1)
            .filter(|before| matches!(self.tokens()[*before].word.as_str(), "and" | "y" | "e" | "or" | "o" | "u"))
        else {
            return false;
        };
        let ends_here = |from: usize| {
            let named = self.person_named_at(from).or_else(|| self.person_surnamed_at(from, Role::Either, true));
            named.is_some_and(|(_, end)| end == before)
        };
        (before.saturating_sub(LONGEST_NAME)..before).any(ends_here)
    }

    /// "I love Nolan": the place after somebody who follows a word that announces titles, unless it is a title.
    pub(super) fn read_person_liked(&self, at: usize, request: &mut Request) -> Option<usize> {
        if self.index.knowledge.is_empty() {
            return None;
        }
        let (person, end) = self.person_named_at(at).or_else(|| self.person_surnamed_at(at, Role::Either, true))?;
        // "en plan Hitchcock" speaks of no film of that name that few have seen.
        let is_lesser_known = |movie: MovieId| {
            person.fame(Role::Directs) >= FAR_BETTER_KNOWN * u64::from(self.catalogue.stats(movie).ratings)
        };
        let is_title = |to: usize| match self.index.find_as(&self.tokens()[at..to], Reading::Exact) {
            Some(TitleMatch::One(movie)) => to != end || !is_lesser_known(movie),
            found => found.is_some(),
        };
        if self.title_ends(at).into_iter().any(is_title) {
            return None;
        }
        let role = person.role(Role::Either);
        let kind = if role == Role::Directs { TopicKind::Director } else { TopicKind::Cast };
        let topic = Topic { kind, label: person.name.clone(), said: person.name.clone() };
        request.named.push(Named { topic, films: person.films(role).to_vec() });
        Some(end)
    }

    /// "I love Kubrick, Lynch and Fincher": what follows the first of them, who is named at `at..end`.
    pub(super) fn read_more_liked(
        &self,
        mut at: usize,
        mut end: usize,
        known: &mut Alternatives,
        request: &mut Request,
    ) -> usize {
        known.are_liked = true;
        loop {
            self.join_alternatives(at, end, known, &mut request.named);
            let further = self.after_list_joint(end);
            let Some((next, to)) = further.and_then(|next| Some((next, self.read_person_liked(next, request)?))) else {
                return end;
            };
            (at, end) = (next, to);
        }
    }

    /// Somebody whose surname is the whole sentence.
    pub(crate) fn person_alone(&self) -> Option<&Person> {
        let is_alone = self.tokens().len() == 1 && !self.index.knowledge.is_empty();
        is_alone.then(|| self.person_surnamed_at(0, Role::Either, false)).flatten().map(|(person, _)| person)
    }

    /// Whether `from..to` is what somebody is called for short.
    pub(super) fn is_called_for_short(&self, from: usize, to: usize) -> bool {
        let Some(words) = self.tokens().get(from..to) else { return false };
        let said: Vec<&str> = words.iter().map(|token| token.word.as_str()).collect();
        PEOPLE.contains_key(said.join(" ").as_str())
    }

    pub(super) fn before_person(&self, at: usize) -> Option<(usize, Role)> {
        let tokens = self.tokens();
        BEFORE_PEOPLE.iter().find_map(|(phrase, role)| {
            let end = after_words(tokens, at, phrase)?;
            Some((end, *role))
        })
    }

    /// Somebody's whole name, what they are called for short, or a name with a letter amiss.
    pub(super) fn person_named_at(&self, at: usize) -> Option<(&Person, usize)> {
        let tokens = self.tokens();
        let knowledge = &self.index.knowledge;
        let spans = || (1..=LONGEST_NAME).rev().filter_map(|count| Some((tokens.get(at..at + count)?, at + count)));
        let named = spans().find_map(|(words, end)| {
            let said: Vec<&str> = words.iter().map(|token| token.word.as_str()).collect();
            let whole = match PEOPLE.get(said.join(" ").as_str()) {
                Some(name) => knowledge.person_named(&tokenize(name)),
                None if words.len() > 1 => knowledge.person_named(words),
                None => None,
            };
            Some((whole?, end))
        });
        named.or_else(|| {
            spans().filter(|(words, _)| words.len() > 1).find_map(|(words, end)| {
                let is_of_names = words.iter().skip(1).all(|token| {
                    matches!(token.word.as_str(), "de" | "del" | "la" | "di" | "van" | "von")
                        || !(lexicon::is_known(&token.word) || patterns::says(&token.word))
                });
                let letters: usize = words.iter().map(|token| token.word.chars().count()).sum();
                let is_title = || self.index.find_as(words, Reading::Exact).is_some();
                let typos = (letters / LETTERS_PER_TYPO).min(2);
                if !is_of_names || typos == 0 || is_title() || self.index.theme_at(tokens, at).is_some() {
                    return None;
                }
                Some((knowledge.person_nearly_named(words, typos)?, end))
            })
        })
    }

    /// Whether "with" alone stands here, which tells less of a role than "starring" does.
    fn is_plainly_beside(&self, at: usize) -> bool {
        let is_next = self.before_person(at).is_some_and(|(next, _)| next == at + 1);
        is_next && self.tokens().get(at).is_some_and(|token| matches!(token.word.as_str(), "with" | "con"))
    }

    fn names_at(&self, at: usize) -> bool {
        self.person_named_at(at).is_some()
    }

    /// Whether `from..to` is somebody's name and nothing else.
    pub(crate) fn names_somebody(&self, from: usize, to: usize) -> bool {
        self.person_named_at(from).is_some_and(|(_, end)| end == to)
    }

    /// Two people with an "and" between their names: "Delpy and Hawke".
    pub(crate) fn two_people(&self) -> Option<(&str, &str)> {
        if self.index.knowledge.is_empty() {
            return None;
        }
        let tokens = self.tokens();
        let joins = |at: &usize| matches!(tokens[*at].word.as_str(), "and" | "y" | "e" | "con" | "with");
        (1..tokens.len()).filter(joins).find_map(|joint| {
            let ends_here = |found: &(&Person, usize)| found.1 == joint;
            let whole = (joint.saturating_sub(LONGEST_NAME)..joint)
                .find_map(|from| self.person_named_at(from).filter(ends_here));
            let (one, _) = whole.or_else(|| self.person_surnamed_at(joint - 1, Role::Acts, true))?;
            let other = self.person_named_at(joint + 1);
            let (other, _) = other.or_else(|| self.person_surnamed_at(joint + 1, Role::Acts, true))?;
            (one.name != other.name).then_some((one.name.as_str(), other.name.as_str()))
        })
    }

    /// Who is named at this word, and where the name ends; of those of a surname who is best known in the role.
    pub(crate) fn named_at(&self, at: usize, role: Role) -> Option<(&str, usize)> {
        if self.index.knowledge.is_empty() {
            return None;
        }
        let surnamed = || self.person_surnamed_at(at, role, true);
        self.person_named_at(at).or_else(surnamed).map(|(person, end)| (person.name.as_str(), end))
    }

    /// Whether "de nero" stands after a first name, and so begins no other one's.
    pub(super) fn follows_first_name(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.tokens().get(before));
        before.is_some_and(|token| {
            self.index.knowledge.is_first_name(&token.word)
                && !lexicon::is_known(&token.word)
                && !patterns::says(&token.word)
                && !self.sentence.breaks_before(at)
        })
    }

    /// The films of somebody who is better known by this surname than any film is by this title: "no Hitchcock".
    pub(super) fn films_of_surname(&self, at: usize, is_theme: bool) -> Option<(Vec<MovieId>, usize, String)> {
        if self.index.knowledge.is_empty() {
            return None;
        }
        let (people, end) = match self.person_surnamed_at(at, Role::Either, true) {
            Some((person, end)) => (vec![person], end),
            // "not Bergman" is neither of them.
            None if is_theme => return None,
            None => {
                let word = &self.tokens().get(at)?.word;
                let is_name = word.len() >= SURNAME_LETTERS && !lexicon::is_known(word) && self.ends_name(at + 1);
                (self.index.knowledge.people_surnamed(word).into_iter().filter(|_| is_name).collect(), at + 1)
            }
        };
        let titled = match self.index.find_as(self.tokens().get(at..end)?, Reading::Exact) {
            Some(TitleMatch::One(movie)) => Some(movie),
            Some(TitleMatch::Several(movies)) => movies.first().copied(),
            _ => None,
        };
        let ratings = titled.map_or(0, |movie| u64::from(self.catalogue.stats(movie).ratings));
        let is_better_known = people.first().is_some_and(|person| person.fame(Role::Either) > ratings);
        let said = self.sentence.typed(at, end);
        let is_family = |person: &Person| !is_part_of(&person.name, &self.tokens()[end - 1].word);
        let names: Vec<&str> = match people.as_slice() {
            [one] if is_family(one) && said.ends_with('s') => vec![said],
            people => people.iter().map(|person| person.name.as_str()).collect(),
        };
        is_better_known.then(|| (people.iter().flat_map(|person| person.all_films()).collect(), end, names.join(", ")))
    }

    /// A surname alone is a person only after what announces one, or before "films", or as the whole sentence; and never a
    /// word that requests are made of.
    pub(super) fn person_surnamed_at(&self, at: usize, role: Role, is_announced: bool) -> Option<(&Person, usize)> {
        let tokens = self.tokens();
        // "con la Loren".
        let skipped = ["the", "hermanos", "los hermanos", "las hermanas", "la", "el"];
        let skipped = if is_announced { &skipped[..] } else { &skipped[..4] };
        let at = skipped.iter().filter_map(|phrase| after_words(tokens, at, phrase)).max().unwrap_or(at);
        let is_family = at > 0 && matches!(tokens[at - 1].word.as_str(), "hermanos" | "hermanas");
        let token = tokens.get(at)?;
        let end = at + 1;
        if is_family {
            return Some((self.index.knowledge.first_surnamed(&token.word)?, end));
        }
        if let Some(found) = self.surnamed_in_two(at, role).filter(|_| is_announced) {
            return Some(found);
        }
        // "nor the coens".
        let is_plural = at > 0 && matches!(tokens[at - 1].word.as_str(), "the" | "los" | "las");
        let family = token.word.strip_suffix('s').filter(|name| is_plural && is_announced && !lexicon::is_known(name));
        if let Some(person) = family.and_then(|name| self.index.knowledge.first_surnamed(name))
            && person.fame(role) >= KNOWN_FAMILY
            && self.index.find_as(&tokens[at..end], Reading::Exact).is_none()
        {
            return Some((person, end));
        }
        // "best of the Coens".
        if let Some(person) = token
            .word
            .strip_suffix('s')
            .filter(|_| is_plural)
            .and_then(|name| self.index.knowledge.family_surnamed(name))
        {
            return Some((person, end));
        }
        // "Hitchcockian thrillers".
        let is_joined = |word: &str| matches!(word, "esque" | "style" | "ish" | "like");
        let joined = tokens.get(end).is_some_and(|next| self.sentence.gap(end) == "-" && is_joined(&next.word));
        if let Some(person) = self.named_by_style(&token.word, joined) {
            return Some((person, end + usize::from(joined)));
        }
        let before_films = lexicon::meanings(tokens, end).any(|(meaning, _)| {
            use lexicon::Meaning::{FilmNoun, Genres, Old, Popular};
            matches!(meaning, FilmNoun | Genres(_) | Old | Popular)
        });
        // "scorsese in the 70s".
        // "some hitchcock", "algo de Nolan", where "algo de" was read before.
        let is_named = at > 0 && !is_announced && cues::is("names", &tokens[at - 1].word);
        // "scorsese but no de niro", "Almodóvar sí, pero ...", "80s, Spielberg, aliens".
        let begins_clause = at == 0 || self.sentence.breaks_before(at);
        let says_yes = || tokens.get(end).is_some_and(|next| matches!(next.word.as_str(), "si" | "yes" | "sure"));
        let is_limited = (at == 0
            && (says_yes()
                || lexicon::meanings(tokens, end)
                    .any(|(meaning, _)| matches!(meaning, lexicon::Meaning::But | lexicon::Meaning::Not))))
            || (begins_clause && end < tokens.len() && self.sentence.breaks_before(end));
        // "hitchcock with grace kelly".
        let is_cast = || self.before_person(end).is_some_and(|(next, role)| role == Role::Acts && self.names_at(next));
        let is_limited = is_limited || (at == 0 && is_cast());
        // "kaurismaki tienes?"
        let asks_for_it = at == 0 && tokens.len() == 2 && cues::is("picks", &tokens[1].word);
        let before_films = before_films
            || is_named
            || asks_for_it
            || is_limited
            || (at == 0 && years::bound(tokens, end, self.index.newest, false).is_some());
        let is_whole = tokens.len() == 1;
        if !(is_announced || before_films || is_whole)
            || token.word.len() < SURNAME_LETTERS
            || lexicon::is_known(&token.word)
        {
            return None;
        }
        let of = |surname: &str| self.index.knowledge.person_surnamed(surname, role);
        // "the Coen brothers".
        if tokens.get(end).is_some_and(|next| matches!(next.word.as_str(), "brothers" | "sisters")) {
            return Some((self.index.knowledge.first_surnamed(&token.word)?, end + 1));
        }
        // "Tarantino's films".
        let person = of(&token.word).or_else(|| {
            token.word.strip_suffix('s').filter(|name| !lexicon::is_known(name) && !patterns::says(name)).and_then(of)
        })?;
        // "pirates" are a theme, whoever is called so; viewers have tagged some films "hitchcock", and he made more.
        let tagged = self.index.theme_at(tokens, at).map_or(0, |(films, _)| films.len());
        // "any hitchcock" means the director, whatever film is called so.
        let outshines = || match self.index.find_as(&tokens[at..end], Reading::Exact) {
            Some(TitleMatch::One(movie)) => person.fame(Role::Either) > u64::from(self.catalogue.stats(movie).ratings),
            Some(_) => false,
            None => true,
        };
        let is_meant = !(is_named || is_limited) || outshines();
        (is_meant && self.ends_name(end) && person.films(role).len() > tagged).then_some((person, end))
    }

    /// A well-known director by whose name a style is called: "Lynchian", "almodovariana".
    fn named_by_style(&self, word: &str, is_surname: bool) -> Option<&Person> {
        const ENDS: [&str; 10] = ["esque", "ianos", "ianas", "iano", "iana", "ian", "escos", "escas", "esco", "esca"];
        if lexicon::is_known(word) || patterns::says(word) {
            return None;
        }
        let surname = if is_surname { word } else { ENDS.iter().find_map(|end| word.strip_suffix(end))? };
        let person = self.index.knowledge.person_surnamed(surname, Role::Directs)?;
        (surname.len() >= SURNAME_LETTERS && person.fame(Role::Directs) >= KNOWN_STYLE).then_some(person)
    }

    /// Whether a surname may end here: "forrest gump" speaks of nobody called Forrest.
    pub(super) fn ends_name(&self, at: usize) -> bool {
        let Some(next) = self.tokens().get(at) else { return true };
        self.sentence.breaks_before(at) || lexicon::is_known(&next.word) || patterns::says(&next.word)
    }
}

fn is_far_better_known_as_director(person: &Person) -> bool {
    person.fame(Role::Directs) >= FAR_BETTER_KNOWN * person.fame(Role::Acts)
}

/// Whether a word is part of a name.
fn is_part_of(name: &str, word: &str) -> bool {
    tokenize(name).iter().any(|own| own.word == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_before_people_is_written_folded_and_comes_before_those_that_begin_it() {
        let lines = include_str!("../../data/before_people.tsv").lines().filter(|line| !line.starts_with('#'));
        assert_eq!(BEFORE_PEOPLE.len(), lines.count(), "a line has no phrase");
        for (at, (phrase, _)) in BEFORE_PEOPLE.iter().enumerate() {
            let folded: Vec<String> = tokenize(phrase).into_iter().map(|token| token.word).collect();
            assert_eq!(folded.join(" "), *phrase);
            let shadowed = BEFORE_PEOPLE[..at].iter().find(|(before, _)| phrase.starts_with(&format!("{before} ")));
            assert_eq!(shadowed, None, "{phrase} is never met");
        }
    }
}
