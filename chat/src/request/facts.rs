//! The parts of a sentence that ask for facts: who made it or is in it, how long it is, where it comes from, its series.
//! Where the dataset has no facts nothing is read here, and the sentence is told that they are not known.
//! Longer than other files: each kind of fact is a few lines, and which goes first stands in one place.

use std::collections::HashMap;
use std::sync::LazyLock;

use cineswarm_engine::MovieId;

use super::{Reader, Request};
use crate::cues;
use crate::fold::{Token, tokenize};
use crate::knowledge::{Person, Role};
use crate::lexicon;
use crate::patterns;
use crate::titles::{Reading, TitleMatch};
use crate::topics::{Named, Topic, TopicKind};
use crate::years;

/// Words of a person's or a series' name at the most.
const LONGEST_NAME: usize = 6;
/// Words that a surname alone may not be short of, so that "with a day off" is about nobody.
const SURNAME_LETTERS: usize = 4;

/// Ratings of the films of somebody whose family is called by its name: "the Coens".
const KNOWN_FAMILY: u64 = 200;
/// What "something short" is, if no length is said.
const SHORT_MINUTES: u16 = 90;
/// Letters of a name that one of them may be misspelt in; in half as many again, two.
const LETTERS_PER_TYPO: usize = 8;

/// What stands before a person, the longest first.
const BEFORE_PEOPLE: [(&str, Role); 57] = [
    ("que ha dirigido", Role::Directs),
    ("ha dirigido", Role::Directs),
    ("que ha hecho", Role::Directs),
    ("donde actuen juntos", Role::Acts),
    ("donde salgan juntos", Role::Acts),
    ("donde actue", Role::Acts),
    ("donde actuen", Role::Acts),
    ("donde salgan", Role::Acts),
    ("en la que salga", Role::Acts),
    ("en la que sale", Role::Acts),
    ("que salga", Role::Acts),
    ("where they star together", Role::Acts),
    ("in which stars", Role::Acts),
    ("with both", Role::Acts),
    ("con ambos", Role::Acts),
    ("films has", Role::Directs),
    ("movies has", Role::Directs),
    ("films did", Role::Directs),
    ("movies did", Role::Directs),
    ("pelis ha hecho", Role::Directs),
    ("peliculas ha hecho", Role::Directs),
    ("pelis tiene", Role::Directs),
    ("peliculas tiene", Role::Directs),
    ("films directed by", Role::Directs),
    ("movies directed by", Role::Directs),
    ("films made by", Role::Directs),
    ("directed by", Role::Directs),
    ("made by", Role::Directs),
    ("by the director", Role::Directs),
    ("from director", Role::Directs),
    ("from the director", Role::Directs),
    ("director", Role::Directs),
    ("dirigida por", Role::Directs),
    ("dirigidas por", Role::Directs),
    ("dirigido por", Role::Directs),
    ("del director", Role::Directs),
    ("de la directora", Role::Directs),
    ("lo ultimo de", Role::Directs),
    ("the latest by", Role::Directs),
    ("the latest from", Role::Directs),
    ("by", Role::Directs),
    ("starring", Role::Acts),
    ("stars", Role::Acts),
    ("featuring", Role::Acts),
    ("with the actor", Role::Acts),
    ("with the actress", Role::Acts),
    ("with", Role::Acts),
    ("where plays", Role::Acts),
    ("protagonizada por", Role::Acts),
    ("protagonizadas por", Role::Acts),
    ("con el actor", Role::Acts),
    ("con la actriz", Role::Acts),
    ("con", Role::Acts),
    ("donde salga", Role::Acts),
    ("en las que sale", Role::Acts),
    ("from", Role::Either),
    ("de", Role::Either),
];

/// A phrase for a language or country, and its codes.
static ORIGINS: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let lines = include_str!("../../data/origins.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).map(|(phrase, codes)| (phrase, codes.split(' ').collect())).collect()
});

/// What people are called for short, and their names.
static PEOPLE: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let lines = include_str!("../../data/people.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).collect()
});

impl Reader<'_> {
    /// Reads a fact that is asked for at `at`, and returns the place after it.
    pub(super) fn read_fact(&self, at: usize, request: &mut Request) -> Option<usize> {
        if self.index.knowledge.is_empty() {
            return None;
        }
        let (kind, label, said, films, end) = self.fact_at(at)?;
        // "something short, under 90 minutes" asks for one thing.
        let is_known = request.named.iter().any(|named| named.topic.kind == kind && named.topic.label == label);
        if !is_known {
            request.named.push(Named { topic: Topic { kind, label, said }, films });
        }
        Some(end)
    }

    /// Whether a title ends here because "directed by", "in French" or the like begins.
    pub(super) fn fact_begins(&self, at: usize) -> bool {
        const ANNOUNCES: [&str; 14] = [
            "with",
            "con",
            "by",
            "directed",
            "dirigida",
            "dirigidas",
            "starring",
            "in",
            "en",
            "under",
            "de",
            "que",
            "shorter",
            "protagonizada",
        ];
        let announces = self.tokens().get(at).is_some_and(|token| ANNOUNCES.contains(&token.word.as_str()));
        announces && !self.index.knowledge.is_empty() && self.fact_at(at).is_some()
    }

    /// The films of a fact at `at`, and the place after it.
    pub(super) fn fact_films_at(&self, at: usize) -> Option<(Vec<MovieId>, usize)> {
        if self.index.knowledge.is_empty() {
            return None;
        }
        self.fact_at(at).map(|(.., films, end)| (films, end))
    }

    /// The films of a fact that is not wanted, what it is called if that is not what was typed, and the place after it.
    pub(super) fn fact_unwanted_at(&self, at: usize) -> Option<(Vec<MovieId>, Option<String>, usize)> {
        if self.index.knowledge.is_empty() {
            return None;
        }
        let (kind, _, _, films, end) = self.fact_at(at)?;
        Some(match kind {
            TopicKind::Origin => (self.films_of_origin_unwanted(at)?.0, None, end),
            TopicKind::Director | TopicKind::Cast => {
                let (films, end, name) = self.films_of_person_unwanted(at)?;
                (films, name, end)
            }
            _ => (films, None, end),
        })
    }

    /// What a fact at `at` asks for, and the place after it.
    pub(super) fn fact_topic_at(&self, at: usize) -> Option<(TopicKind, String, String, usize)> {
        if self.index.knowledge.is_empty() {
            return None;
        }
        self.fact_at(at).map(|(kind, label, said, _, end)| (kind, label, said, end))
    }

    /// "[nothing] over 100 minutes": of at most so many.
    pub(super) fn length_at_the_other_side(&self, at: usize) -> Option<(Named, usize)> {
        let (kind, label, said, _, end) = self.length_at(at).filter(|_| !self.index.knowledge.is_empty())?;
        let minutes: u16 = label.parse().ok()?;
        let is_most = kind == TopicKind::LengthAtLeast;
        let fits = |length: u16| if is_most { length <= minutes } else { length >= minutes };
        let films = self.index.knowledge.films(|known| known.runtime_min.is_some_and(fits));
        let kind = if is_most { TopicKind::LengthAtMost } else { TopicKind::LengthAtLeast };
        Some((Named { topic: Topic { kind, label, said }, films }, end))
    }

    /// The films of the series that is called so.
    pub(crate) fn series_films(&self, words: &[Token]) -> Vec<MovieId> {
        self.series_called(words).map(|(_, films)| films.to_vec()).unwrap_or_default()
    }

    /// Whether "less than two hours" and the like begins here.
    pub(super) fn length_begins(&self, at: usize) -> bool {
        self.length_at(at).is_some()
    }

    fn fact_at(&self, at: usize) -> Option<Asked> {
        self.series_at(at).or_else(|| self.length_at(at)).or_else(|| self.origin_at(at)).or_else(|| self.person_at(at))
    }

    /// "directed by Nolan", "with Tom Hanks", "Tarantino movies", "de Almodóvar".
    fn person_at(&self, at: usize) -> Option<Asked> {
        let (person, role, end) = self.person_said_at(at)?;
        // "by Tom Hanks" of somebody who hardly directs means the films with him.
        let role = match role {
            Role::Directs if person.films(Role::Directs).is_empty() => Role::Acts,
            Role::Acts if person.films(Role::Acts).is_empty() => Role::Directs,
            role => person.role(role),
        };
        let kind = if role == Role::Directs { TopicKind::Director } else { TopicKind::Cast };
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
    fn person_said_at(&self, at: usize) -> Option<(&Person, Role, usize)> {
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
    fn follows_person(&self, at: usize) -> bool {
        let Some(before) = at
            .checked_sub(1)
            .filter(|before| matches!(self.tokens()[*before].word.as_str(), "and" | "y" | "e" | "or" | "o" | "u"))
        else {
            return false;
        };
        (before.saturating_sub(LONGEST_NAME)..before).any(|from| self.names_somebody(from, before))
    }

    /// "I love Nolan": the place after somebody who follows a word that announces titles, unless it is a title.
    pub(super) fn read_person_liked(&self, at: usize, request: &mut Request) -> Option<usize> {
        if self.index.knowledge.is_empty() {
            return None;
        }
        let (person, end) = self.person_named_at(at).or_else(|| self.person_surnamed_at(at, Role::Either, true))?;
        let is_title = |to: usize| self.index.find_as(&self.tokens()[at..to], Reading::Exact).is_some();
        if self.title_ends(at).into_iter().any(is_title) {
            return None;
        }
        let role = person.role(Role::Either);
        let kind = if role == Role::Directs { TopicKind::Director } else { TopicKind::Cast };
        let topic = Topic { kind, label: person.name.clone(), said: person.name.clone() };
        request.named.push(Named { topic, films: person.films(role).to_vec() });
        Some(end)
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

    fn before_person(&self, at: usize) -> Option<(usize, Role)> {
        let tokens = self.tokens();
        BEFORE_PEOPLE.iter().find_map(|(phrase, role)| {
            let end = after_words(tokens, at, phrase)?;
            Some((end, *role))
        })
    }

    /// Somebody's whole name, what they are called for short, or a name with a letter amiss.
    fn person_named_at(&self, at: usize) -> Option<(&Person, usize)> {
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

    /// Somebody who is named anywhere, and what of.
    pub(crate) fn somebody(&self) -> Option<(String, TopicKind)> {
        if self.index.knowledge.is_empty() {
            return None;
        }
        let person = |at: usize| self.person_at(at).map(|(kind, name, ..)| (name, kind));
        (0..self.tokens().len()).find_map(person)
    }

    /// Whether "de nero" stands after a first name, and so begins no other one's.
    fn follows_first_name(&self, at: usize) -> bool {
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
    fn person_surnamed_at(&self, at: usize, role: Role, is_announced: bool) -> Option<(&Person, usize)> {
        let tokens = self.tokens();
        let skipped = ["the", "hermanos", "los hermanos", "las hermanas"];
        let at = skipped.iter().filter_map(|phrase| after_words(tokens, at, phrase)).max().unwrap_or(at);
        let is_family = at > 0 && matches!(tokens[at - 1].word.as_str(), "hermanos" | "hermanas");
        let token = tokens.get(at)?;
        let end = at + 1;
        if is_family {
            return Some((self.index.knowledge.first_surnamed(&token.word)?, end));
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
        let before_films = lexicon::meanings(tokens, end).any(|(meaning, _)| {
            use lexicon::Meaning::{FilmNoun, Genres, Old, Popular};
            matches!(meaning, FilmNoun | Genres(_) | Old | Popular)
        });
        // "scorsese in the 70s".
        // "some hitchcock", "algo de Nolan", where "algo de" was read before.
        let is_named = at > 0 && !is_announced && cues::is("names", &tokens[at - 1].word);
        // "scorsese but no de niro".
        let is_limited = at == 0
            && lexicon::meanings(tokens, end)
                .any(|(meaning, _)| matches!(meaning, lexicon::Meaning::But | lexicon::Meaning::Not));
        let before_films = before_films
            || is_named
            || is_limited
            || (at == 0 && years::bound(tokens, end, self.newest, false).is_some());
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

    /// Whether a surname may end here: "forrest gump" speaks of nobody called Forrest.
    fn ends_name(&self, at: usize) -> bool {
        let Some(next) = self.tokens().get(at) else { return true };
        self.sentence.breaks_before(at) || lexicon::is_known(&next.word) || patterns::says(&next.word)
    }

    /// "the Alien series", "all the Harry Potter films", "la saga de Rocky".
    fn series_at(&self, at: usize) -> Option<Asked> {
        /// "pelis de Rocky", but not "pelis de piratas".
        const BEFORE_TELLING: [&str; 7] = [
            "todas las pelis de",
            "todas las peliculas de",
            "las pelis de",
            "las peliculas de",
            "las de",
            "pelis de",
            "peliculas de",
        ];
        const BEFORE: [&str; 10] = [
            "la saga de",
            "la saga",
            "saga de",
            "la serie de",
            "la serie",
            "la trilogia de",
            "la trilogia",
            "trilogia de",
            "la franquicia de",
            "todas las de",
        ];
        const AFTER: [&str; 14] = [
            "series",
            "saga",
            "franchise",
            "trilogy",
            "films",
            "movies",
            "film series",
            "movie series",
            "collection",
            "universe",
            "quadrilogy",
            "peliculas",
            "pelis",
            "sagas",
        ];
        let tokens = self.tokens();
        let announced = BEFORE.iter().find_map(|phrase| after_words(tokens, at, phrase));
        let from = announced.unwrap_or_else(|| {
            let skipped = ["all the", "the whole", "the entire", "the", "all"];
            skipped.iter().find_map(|phrase| after_words(tokens, at, phrase)).unwrap_or(at)
        });
        let telling =
            BEFORE_TELLING.iter().find_map(|phrase| after_words(tokens, at, phrase)).filter(|_| announced.is_none());
        let is_theme = |at: usize| {
            self.index.theme_at(tokens, at).is_some_and(|(films, _)| !films.is_empty()) || self.genres_at(at).is_some()
        };
        let telling = telling.filter(|from| !is_theme(*from) && !is_theme(from - 1));
        let (from, announced) = match telling {
            Some(from) => (from, telling),
            None => (from, announced),
        };
        (1..=LONGEST_NAME).rev().find_map(|count| {
            let end = from + count;
            let (name, films) = self.series_called(tokens.get(from..end)?)?;
            let follows = AFTER.iter().filter_map(|phrase| after_words(tokens, end, phrase)).max();
            // "all the star wars" speaks of no wars; "a scary movie" of no series.
            let says_film = |at| lexicon::after(tokens, at, lexicon::Meaning::FilmNoun).is_some();
            let hides_genre = || (from..end).any(|at| self.genres_at(at).is_some()) && !(from..end).any(says_film);
            let end = match (announced, follows) {
                (_, Some(after)) => after,
                (Some(_), None) => end,
                (None, None) if count > 1 && hides_genre() => end,
                (None, None) => return None,
            };
            // "Up movies" and "comedy movies" are no series.
            let says_series = (announced.is_some() && telling.is_none())
                || !matches!(tokens[end - 1].word.as_str(), "films" | "movies" | "peliculas" | "pelis");
            let is_telling = count > 1 || tokens[from].word.len() >= 4 && !lexicon::is_known(&tokens[from].word);
            if !says_series && !is_telling {
                return None;
            }
            Some((TopicKind::Series, name.to_owned(), name.to_owned(), films.to_vec(), end))
        })
    }

    /// A series by its name, or by what it is called for short.
    pub(crate) fn series_called(&self, words: &[Token]) -> Option<(&str, &[MovieId])> {
        static SHORT: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
            let lines = include_str!("../../data/series.tsv").lines().filter(|line| !line.starts_with('#'));
            lines.filter_map(|line| line.split_once('\t')).collect()
        });
        let said: Vec<&str> = words.iter().map(|token| token.word.as_str()).collect();
        let named = SHORT.get(said.join(" ").as_str()).map(|name| tokenize(name));
        self.index.knowledge.series_named(named.as_deref().unwrap_or(words))
    }

    /// "under two hours", "de menos de 90 minutos", "tengo dos horas".
    fn length_at(&self, at: usize) -> Option<Asked> {
        const AT_MOST: [&str; 56] = [
            "corta de",
            "cortas de",
            "corta que",
            "mas corta de",
            "mas cortas de",
            "mas corta que",
            "mas cortas que",
            "que no dure mas de",
            "que no duren mas de",
            "q no pase de",
            "que no pase de",
            "que no pasen de",
            "no mas de",
            "lasting less than",
            "maximo",
            "ive only got",
            "i only got",
            "we have",
            "we only have",
            "solo tengo",
            "that last less than",
            "that lasts less than",
            "nothing over",
            "nothing longer than",
            "nothing above",
            "not over",
            "isnt over",
            "arent over",
            "doesnt go over",
            "nada de mas de",
            "nada que dure mas de",
            "nada que pase de",
            "nada mas largo que",
            "nada mas largo de",
            "que no dure mas de",
            "que no duren mas de",
            "no longer than",
            "not longer than",
            "no more than",
            "less than",
            "shorter than",
            "under",
            "at most",
            "i have only",
            "i have",
            "i only have",
            "weve got",
            "ive got",
            "max",
            "maximum",
            "que dure menos de",
            "que duren menos de",
            "de menos de",
            "menos de",
            "tengo",
            "como mucho",
        ];
        const AT_LEAST: [&str; 16] = [
            "minimo",
            "minimum",
            "que dure al menos",
            "go on for at least",
            "longer than",
            "more than",
            "at least",
            "over",
            "que dure mas de",
            "que duren mas de",
            "de mas de",
            "mas de",
            "al menos",
            "de al menos",
            "mas larga que",
            "mas largas que",
        ];
        const SHORT: [&str; 23] = [
            "cortas",
            "cortita",
            "cortitas",
            "something short",
            "anything short",
            "short film",
            "short films",
            "short movie",
            "short movies",
            "a short one",
            "short one",
            "shortish",
            "algo corto",
            "algo cortito",
            "una corta",
            "una cortita",
            "peli corta",
            "pelis cortas",
            "pelicula corta",
            "peliculas cortas",
            "que sea corta",
            "que no sea larga",
            "nothing too long",
        ];
        let tokens = self.tokens();
        const AFTER_MOST: [&str; 14] = [
            "at most",
            "at the most",
            "or less",
            "or shorter",
            "or under",
            "max",
            "maximum",
            "tops",
            "como mucho",
            "como maximo",
            "maximo",
            "o menos",
            "a lo sumo",
            "y no mas",
        ];
        const AFTER_LEAST: [&str; 9] =
            ["plus", "or more", "or longer", "at least", "minimum", "o mas", "como minimo", "por lo menos", "minimo"];
        let follows = |phrases: &[&str], end: usize| phrases.iter().find_map(|phrase| after_words(tokens, end, phrase));
        let is_short = SHORT.iter().find_map(|phrase| after_words(tokens, at, phrase));
        let before = AT_MOST
            .iter()
            .find_map(|phrase| Some((after_words(tokens, at, phrase)?, true)))
            .or_else(|| AT_LEAST.iter().find_map(|phrase| Some((after_words(tokens, at, phrase)?, false))));
        let (minutes, end, is_most) = match before {
            None if let Some(end) = is_short => (SHORT_MINUTES, end, true),
            Some((from, is_most)) => {
                let (minutes, end) = self.duration_at(from)?;
                (minutes, end, is_most)
            }
            // "de hora y media como mucho", "90 minutes or less".
            None => {
                let (minutes, end) = self.duration_at(after_words(tokens, at, "de").unwrap_or(at))?;
                let most = follows(&AFTER_MOST, end).map(|end| (end, true));
                let (end, is_most) = most.or_else(|| Some((follows(&AFTER_LEAST, end)?, false)))?;
                (minutes, end, is_most)
            }
        };
        let fits = |length: u16| if is_most { length <= minutes } else { length >= minutes };
        let films = self.index.knowledge.films(|known| known.runtime_min.is_some_and(fits));
        let kind = if is_most { TopicKind::LengthAtMost } else { TopicKind::LengthAtLeast };
        Some((kind, minutes.to_string(), minutes.to_string(), films, end))
    }

    /// Minutes.
    fn duration_at(&self, at: usize) -> Option<(u16, usize)> {
        let tokens = self.tokens();
        let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
        let is_hours = |word: &str| matches!(word, "hour" | "hours" | "h" | "hr" | "hrs" | "hora" | "horas");
        let is_minutes = |word: &str| matches!(word, "minute" | "minutes" | "min" | "mins" | "minuto" | "minutos");
        let at = at + usize::from(matches!(word(at), "about" | "only" | "unas" | "unos" | "solo" | "just"));
        let minutes_more = |at: usize| {
            let at = at + usize::from(matches!(word(at), "and" | "y"));
            let minutes = tokens.get(at)?.number().and_then(|minutes| u16::try_from(minutes).ok())?;
            (5..60).contains(&minutes).then(|| (minutes, at + 1 + usize::from(is_minutes(word(at + 1)))))
        };
        // "1h", "1h45", "1h 45".
        let in_hours = word(at).split_once('h').and_then(|(hours, minutes)| {
            let minutes = if minutes.is_empty() { 0 } else { minutes.parse::<u16>().ok()? };
            Some((hours.parse::<u16>().ok()?, minutes))
        });
        if let Some((hours, minutes)) = in_hours {
            let more = minutes_more(at + 1).filter(|_| minutes == 0);
            let (more, end) = more.unwrap_or((minutes, at + 1));
            return (hours <= 9 && more < 60).then_some((hours * 60 + more, end));
        }
        if let Some(end) = after_words(tokens, at, "hora y media") {
            return Some((90, end));
        }
        let number = match word(at) {
            "a" | "an" | "una" => 1,
            text => tokens.get(at)?.number().or_else(|| lexicon::number_word(text))?,
        };
        let number = u16::try_from(number).ok()?;
        if is_minutes(word(at + 1)) {
            return (1..=900).contains(&number).then_some((number, at + 2));
        }
        if !is_hours(word(at + 1)) || !(1..=9).contains(&number) {
            return None;
        }
        let half = ["and a half", "y media"].iter().find_map(|phrase| after_words(tokens, at + 2, phrase));
        let more = half.map(|end| (30, end)).or_else(|| minutes_more(at + 2));
        Some(more.map_or((number * 60, at + 2), |(minutes, end)| (number * 60 + minutes, end)))
    }

    /// "French films", "in Spanish", "cine coreano".
    fn origin_at(&self, at: usize) -> Option<Asked> {
        let (codes, end) = self.origin_codes_at(at)?;
        let said = self.sentence.typed(at, end).to_owned();
        Some((TopicKind::Origin, said.clone(), said, self.films_from(codes, false), end))
    }

    fn origin_codes_at(&self, at: usize) -> Option<(&'static [&'static str], usize)> {
        let tokens = self.tokens();
        (1..=4).rev().find_map(|count| {
            let words: Vec<&str> = tokens.get(at..at + count)?.iter().map(|token| token.word.as_str()).collect();
            Some((ORIGINS.get(words.join(" ").as_str())?.as_slice(), at + count))
        })
    }

    /// The films of a language or country that is not wanted.
    pub(super) fn films_of_origin_unwanted(&self, at: usize) -> Option<(Vec<MovieId>, usize)> {
        let (codes, end) = self.origin_codes_at(at).filter(|_| !self.index.knowledge.is_empty())?;
        let mut films = self.films_from(codes, true);
        // Where nothing is known of a film, it is American more often than not.
        if codes.contains(&"US") {
            let unknown = self.catalogue.movies().iter().filter(|movie| self.index.knowledge.of(movie.id).is_none());
            films.extend(unknown.map(|movie| movie.id));
        }
        Some((films, end))
    }

    /// The films of these languages and countries. Where they are not wanted, also those of directors who work there, in any
    /// of their languages: the facts of an American film may name those who paid for it alone.
    fn films_from(&self, codes: &[&str], widely: bool) -> Vec<MovieId> {
        let starts = |code: &str, kind: fn(&char) -> bool| code.chars().next().is_some_and(|first| kind(&first));
        let of =
            |kind: fn(&char) -> bool| codes.iter().copied().filter(|code| starts(code, kind)).collect::<Vec<&str>>();
        let (languages, countries) = (of(char::is_ascii_lowercase), of(char::is_ascii_uppercase));
        let other_than: Vec<&str> = codes.iter().filter_map(|code| code.strip_prefix('!')).collect();
        let knowledge = &self.index.knowledge;
        knowledge.films(|known| {
            let is_spoken = |own: &String| languages.contains(&own.as_str());
            let spoken = known.languages.first().is_some_and(is_spoken)
                || (widely && !countries.is_empty() && known.languages.iter().any(is_spoken));
            let made = known.countries.iter().any(|own| countries.contains(&own.as_str()))
                || (widely && knowledge.is_by_somebody_of(known, &countries));
            let foreign = known.languages.first().is_some_and(|own| !other_than.contains(&own.as_str()));
            (languages.is_empty() || spoken) && (countries.is_empty() || made) && (other_than.is_empty() || foreign)
        })
    }
}

/// Kind, label, what is said, films, and the place after it.
type Asked = (TopicKind, String, String, Vec<MovieId>, usize);

/// Whether a word is part of a name.
fn is_part_of(name: &str, word: &str) -> bool {
    tokenize(name).iter().any(|own| own.word == word)
}

/// The place after a phrase that stands at `at`.
fn after_words(tokens: &[Token], at: usize, phrase: &str) -> Option<usize> {
    let mut end = at;
    for word in phrase.split(' ') {
        if tokens.get(end)?.word != word {
            return None;
        }
        end += 1;
    }
    Some(end)
}
