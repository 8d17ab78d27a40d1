//! The parts of a sentence that ask for facts, and which goes first: who made it or is in it (`people.rs`), how long it is
//! (`lengths.rs`), where it comes from, its series. Where the dataset has no facts nothing is read here, and the sentence is
//! told that they are not known.

use std::collections::HashMap;
use std::sync::LazyLock;

use cineswarm_engine::{FilmFacts, MovieId};

use super::{Reader, Request};
use crate::films::knowledge::{Person, Role};
use crate::topics::{Named, Topic, TopicKind};
use crate::words::fold::{Token, tokenize};
use crate::words::lexicon;

/// Words of a person's or a series' name at the most.
pub(super) const LONGEST_NAME: usize = 6;
/// A phrase for a language or country, and its codes.
static ORIGINS: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let lines = include_str!("../../data/origins.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).map(|(phrase, codes)| (phrase, codes.split(' ').collect())).collect()
});

impl Reader<'_> {
    /// Reads a fact that is asked for at `at`, and returns the place after it.
    pub(super) fn read_fact(&self, at: usize, request: &mut Request) -> Option<usize> {
        if self.index.knowledge.is_empty() {
            return None;
        }
        let (kind, label, said, films, end) = self.fact_at(at)?;
        // "movie night with friends" is with nobody called Friend.
        let is_phrase =
            |(meaning, to): (lexicon::Meaning, usize)| meaning == lexicon::Meaning::Filler && to > at + 1 && to >= end;
        if lexicon::meanings(self.tokens(), at).any(is_phrase) {
            return None;
        }
        // "something short, under 90 minutes" asks for one thing.
        let is_known = request.named.iter().any(|named| named.topic.kind == kind && named.topic.label == label);
        if matches!(kind, TopicKind::LengthAtMost | TopicKind::LengthAtLeast) && self.is_vague_length(at) {
            request.vague_length = Some(Named { topic: Topic { kind, label, said }, films });
        } else if !is_known {
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
            // "sin guerra y que no dure más de dos horas" denies for itself.
            TopicKind::LengthAtMost | TopicKind::LengthAtLeast
                if self.tokens()[at..end].iter().any(|token| matches!(token.word.as_str(), "no" | "not")) =>
            {
                return None;
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

    /// The films of the series that is called so.
    pub(crate) fn series_films(&self, words: &[Token]) -> Vec<MovieId> {
        self.series_called(words).map(|(_, films)| films.to_vec()).unwrap_or_default()
    }

    /// "las de Del Toro", "by van sant": a surname of two words.
    pub(super) fn surnamed_in_two(&self, at: usize, role: Role) -> Option<(&Person, usize)> {
        let [before, surname] = self.tokens().get(at..at + 2)? else { return None };
        let begins = matches!(before.word.as_str(), "del" | "de" | "van" | "von");
        let person = self.index.knowledge.surnamed_in_two(&before.word, &surname.word, role);
        person.filter(|_| begins).map(|person| (person, at + 2))
    }

    fn fact_at(&self, at: usize) -> Option<Asked> {
        self.series_at(at).or_else(|| self.length_at(at)).or_else(|| self.origin_at(at)).or_else(|| self.person_at(at))
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
        // What the films of a series are called together is no name of one.
        let is_plural =
            |word: &str| word.strip_suffix('s').is_some_and(|one| self.series_called(&tokenize(one)).is_some());
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
                // "best of the bonds".
                (None, None) if count == 1 && is_plural(&tokens[from].word) => end,
                (None, None) => return None,
            };
            // "Up movies" and "comedy movies" are no series.
            let says_series = (announced.is_some() && telling.is_none())
                || !matches!(tokens[end - 1].word.as_str(), "films" | "movies" | "peliculas" | "pelis");
            let is_telling = count > 1 || tokens[from].word.len() >= 4 && !lexicon::is_known(&tokens[from].word);
            if !says_series && !is_telling {
                return None;
            }
            let films = films.iter().chain(self.index.knowledge.others_of_hero(name)).copied().collect();
            Some((TopicKind::Series, name.to_owned(), name.to_owned(), films, end))
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

    /// "French films", "in Spanish", "cine coreano".
    fn origin_at(&self, at: usize) -> Option<Asked> {
        let (codes, end) = self.origin_codes_at(at)?;
        let said = self.sentence.typed(at, end).to_owned();
        Some((TopicKind::Origin, said.clone(), said, self.films_from(codes, false), end))
    }

    fn origin_codes_at(&self, at: usize) -> Option<(&'static [&'static str], usize)> {
        origin_codes(self.tokens(), at)
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

    /// The films of these languages and countries: not those that were only paid for there, or in which a language is only
    /// heard. Where they are not wanted, these too, and those of directors who work there, in any of their languages.
    fn films_from(&self, codes: &[&str], widely: bool) -> Vec<MovieId> {
        let starts = |code: &str, kind: fn(&char) -> bool| code.chars().next().is_some_and(|first| kind(&first));
        let of =
            |kind: fn(&char) -> bool| codes.iter().copied().filter(|code| starts(code, kind)).collect::<Vec<&str>>();
        let (languages, countries) = (of(char::is_ascii_lowercase), of(char::is_ascii_uppercase));
        let other_than: Vec<&str> = codes.iter().filter_map(|code| code.strip_prefix('!')).collect();
        let makers = self.index.knowledge.makers();
        self.index.knowledge.films(|known| {
            let is_spoken = |own: &String| languages.contains(&own.as_str());
            let spoken = match widely {
                true if !countries.is_empty() => known.languages.iter().any(is_spoken),
                true => known.languages.first().is_some_and(is_spoken),
                false => known.languages.first().is_some_and(is_spoken) && !makers.only_heard(known, &languages),
            };
            let is_made = known.countries.iter().any(|own| countries.contains(&own.as_str()));
            let made = match widely {
                true => is_made || makers.are_at_home_in(known, &countries),
                false => is_made && !makers.only_paid_for_in(known, &countries),
            };
            let foreign = known.languages.first().is_some_and(|own| !other_than.contains(&own.as_str()));
            (languages.is_empty() || spoken) && (countries.is_empty() || made) && (other_than.is_empty() || foreign)
        })
    }
}

/// Whether the words at `at` are a language or a country, whether this film is of it, and the place after them.
pub(crate) fn is_from(tokens: &[Token], at: usize, facts: Option<&FilmFacts>) -> Option<(bool, usize)> {
    let (codes, end) = origin_codes(tokens, at)?;
    let is_language = |code: &&&str| code.starts_with(|first: char| first.is_lowercase());
    let is_country = |code: &&&str| code.starts_with(|first: char| first.is_uppercase());
    let (mut languages, mut countries) =
        (codes.iter().filter(is_language).peekable(), codes.iter().filter(is_country).peekable());
    let is_of = facts.is_some_and(|known| {
        (languages.peek().is_none() || languages.any(|code| known.languages.first().is_some_and(|own| own == code)))
            && (countries.peek().is_none() || countries.any(|code| known.countries.iter().any(|own| own == code)))
    });
    Some((is_of, end))
}

fn origin_codes(tokens: &[Token], at: usize) -> Option<(&'static [&'static str], usize)> {
    (1..=4).rev().find_map(|count| {
        let words: Vec<&str> = tokens.get(at..at + count)?.iter().map(|token| token.word.as_str()).collect();
        Some((ORIGINS.get(words.join(" ").as_str())?.as_slice(), at + count))
    })
}

/// Kind, label, what is said, films, and the place after it.
pub(super) type Asked = (TopicKind, String, String, Vec<MovieId>, usize);

/// The place after a phrase that stands at `at`.
pub(super) fn after_words(tokens: &[Token], at: usize, phrase: &str) -> Option<usize> {
    let mut end = at;
    for word in phrase.split(' ') {
        if tokens.get(end)?.word != word {
            return None;
        }
        end += 1;
    }
    Some(end)
}
