//! "is The Hudsucker Proxy theirs too?", "¿sale Andie MacDowell?", "is any of these by Miyazaki?": whether somebody made a film
//! or is in it. The somebody is named or spoken of, the film is named, counted in the list or spoken of, or the list is meant;
//! every other word must be such as these questions are made of (`by_frame` and its like in `data/cues.tsv`).
//! Never a wish for films.

use cineswarm_engine::MovieId;

use crate::Chat;
use crate::asks::about::is_of_grammar;
use crate::context::Last;
use crate::films::knowledge::Role;
use crate::films::titles::{MAX_TITLE_TOKENS, Reading, TitleMatch};
use crate::intent::{Intent, Wanted};
use crate::people::whose;
use crate::words::fold::Sentence;
use crate::words::{cues, patterns, turns};

/// What the words of the question name.
#[derive(Default)]
struct Asked {
    /// The name, and what the person did in films that were asked for before.
    somebody: Option<String>,
    film: Option<MovieId>,
    of_list: bool,
    directs: bool,
    acts: bool,
    has_verb: bool,
    /// Somebody is meant who was not spoken of.
    is_nobody_known: bool,
}

impl Chat<'_> {
    /// Whether somebody made the film or is in it, or in which of the list.
    pub(crate) fn is_by_somebody(&self) -> Option<Intent> {
        const MOST_WORDS: usize = 18;
        let sentence = self.reader.sentence;
        let tokens = &sentence.tokens;
        if tokens.len() > MOST_WORDS || !self.reader.index.has_facts() || !is_question(sentence) {
            return None;
        }
        let asked = self.named_in_question()?;
        if let (true, Some(movie)) = (asked.is_nobody_known, asked.film) {
            return Some(Intent::About { wanted: Wanted::Director, movie });
        }
        let name = asked.somebody.as_deref()?;
        let is_again = matches!(self.context.last, Last::AskedOf(..));
        if !(asked.has_verb || (is_again && tokens.len() <= 5))
            || self.reader.index.find_as(tokens, Reading::Exact).is_some()
        {
            return None;
        }
        let shown = self.context.shown;
        let spoken_of = || self.context.about.filter(|_| !self.context.last.is_list());
        let film = asked.film.or_else(|| if asked.of_list { None } else { spoken_of() });
        let Some(movie) = film else {
            let is_his = |movie: &MovieId| self.did(*movie, name, &asked).is_some_and(|(_, holds)| holds);
            let found = shown.iter().enumerate().filter(|(_, movie)| is_his(movie));
            let found = found.map(|(at, movie)| (at + 1, *movie)).collect();
            return (!shown.is_empty()).then_some(Intent::AmongShown { film: None, found });
        };
        let before = match self.context.last {
            Last::AskedOf(wanted, _) if !asked.has_verb => Some(wanted),
            _ => None,
        };
        let (wanted, holds) = self.did(movie, name, &asked)?;
        let (wanted, holds) = match before {
            Some(Wanted::Cast) => (Wanted::Cast, self.has(movie, name).1),
            Some(Wanted::Director) => (Wanted::Director, self.has(movie, name).0),
            _ => (wanted, holds),
        };
        Some(Intent::IsBy { movie, name: name.to_owned(), wanted, holds })
    }

    /// Whether the person directed the film, and whether they are in it.
    fn has(&self, movie: MovieId, name: &str) -> (bool, bool) {
        let is_it = |own: &String| own == name;
        self.reader
            .index
            .facts(movie)
            .map_or((false, false), |known| (known.directors.iter().any(is_it), known.cast.iter().any(is_it)))
    }

    /// What is asked that the person did, and whether they did it; of what is not told, what they are better known for.
    fn did(&self, movie: MovieId, name: &str, asked: &Asked) -> Option<(Wanted, bool)> {
        let (directed, acted) = self.has(movie, name);
        let is_director = || self.reader.index.knowledge.is_director(name);
        Some(match (asked.directs, asked.acts) {
            (true, _) => (Wanted::Director, directed),
            (false, true) => (Wanted::Cast, acted),
            (false, false) if directed || (is_director() && !acted) => (Wanted::Director, directed),
            (false, false) => (Wanted::Cast, acted),
        })
    }

    /// What the words name; nothing if one of them says something else.
    fn named_in_question(&self) -> Option<Asked> {
        let sentence = self.reader.sentence;
        let tokens = &sentence.tokens;
        let at_place = self.film_at_place();
        let mut asked = Asked::default();
        let mut at = 0;
        while at < tokens.len() {
            let word = tokens[at].word.as_str();
            if at > 0 && at + 2 == tokens.len() && ends_in_tag(sentence) {
                break;
            }
            if let Some(slot) = at_place.as_ref().filter(|slot| slot.from == at) {
                let TitleMatch::One(movie) = slot.found else { return None };
                (asked.film, at) = (Some(movie), slot.to);
                continue;
            }
            if let Some(count) = turns::beginnings("by_list", &tokens[at..]).next() {
                (asked.of_list, at) = (true, at + count);
                continue;
            }
            if let Some(count) = turns::beginnings("by_whom", &tokens[at..]).next().filter(|_| asked.somebody.is_none())
            {
                let is_with = matches!(tokens[at].word.as_str(), "with" | "con");
                match whose::meant("him", self.reader.index, self.context) {
                    Some((name, directs)) => {
                        asked.directs |= directs && !is_with;
                        asked.somebody = Some(name);
                    }
                    None => asked.is_nobody_known = !is_with,
                }
                at += count;
                continue;
            }
            let film = (asked.film.is_none() && !asked.of_list).then(|| self.film_from(at)).flatten();
            let is_frame = cues::is("by_frame", word) || is_verb(word) || patterns::is_courtesy(word);
            let person = (asked.somebody.is_none() && (!is_frame || matches!(word, "los" | "the")))
                .then(|| self.reader.named_at(at, Role::Either))
                .flatten()
                .map(|(name, end)| (name.to_owned(), end));
            // "did Hitchcock direct Psycho?" speaks of no film called "Hitchcock".
            let is_person_first = |end: usize| {
                film.is_none_or(|(_, to)| end >= to)
                    && (end > at + 1
                        || film.is_none()
                        || asked.film.is_some()
                        // "Hitchcock did one, didn't he".
                        || (at == 0 && ends_in_tag(sentence))
                        || at.checked_sub(1).is_some_and(|before| is_before_name(&tokens[before].word)))
            };
            if let Some((name, end)) = person.filter(|(_, end)| is_person_first(*end)) {
                (asked.somebody, at) = (Some(name), end);
            } else if let Some((movie, end)) = film {
                (asked.film, at) = (Some(movie), end);
            } else if is_frame {
                asked.has_verb |= is_verb(word);
                asked.directs |= cues::is("by_directs", word);
                asked.acts |= cues::is("by_acts", word);
                at += 1;
            } else {
                return None;
            }
        }
        Some(asked)
    }

    /// The longest title from here that is no word of the grammar.
    fn film_from(&self, at: usize) -> Option<(MovieId, usize)> {
        let sentence = self.reader.sentence;
        let tokens = &sentence.tokens;
        let is_capital = |at: usize| sentence.typed(at, at + 1).starts_with(char::is_uppercase);
        let ends = (at + 1..=tokens.len().min(at + MAX_TITLE_TOKENS)).rev();
        ends.into_iter().find_map(|to| {
            let words = &tokens[at..to];
            let is_grammar = words.iter().all(|token| is_of_grammar(&token.word) || cues::is("by_frame", &token.word));
            // "did kubrick direct ai".
            let is_directed = at > 0
                && matches!(tokens[at - 1].word.as_str(), "direct" | "directed" | "dirigio")
                && !words.iter().any(|token| cues::is("by_frame", &token.word));
            if is_grammar && !(at > 0 && is_capital(at)) && !is_directed {
                return None;
            }
            match self.reader.index.find_as(words, Reading::Exact)? {
                TitleMatch::One(movie) => Some((movie, to)),
                TitleMatch::Several(movies) => movies.first().map(|movie| (*movie, to)),
                TitleMatch::Nothing { .. } => None,
            }
        })
    }
}

/// A verb, without which nothing is asked.
fn is_verb(word: &str) -> bool {
    cues::is("by_verb", word)
        || cues::is("by_directs", word) && !matches!(word, "by" | "por" | "director" | "directora")
}

/// After these rather somebody is named than a film.
fn is_before_name(word: &str) -> bool {
    matches!(word, "by" | "with" | "de" | "por" | "con" | "did" | "sale" | "dirigio" | "hizo" | "actua" | "does" | "lo")
}

/// Whether it asks: by its mark, or its first word, with a remark before it or not.
fn is_question(sentence: &Sentence) -> bool {
    let tokens = &sentence.tokens;
    let is_before = |word: &str| {
        patterns::is_courtesy(word) || matches!(word, "by" | "the" | "way" | "por" | "cierto" | "una" | "cosa")
    };
    let first = tokens.iter().find(|token| !is_before(&token.word));
    let begins = first
        .is_some_and(|first| cues::is("by_verb", &first.word) && !matches!(first.word.as_str(), "made" | "directed"));
    sentence.text.contains(['?', '¿']) || begins || ends_in_tag(sentence)
}

/// "Hitchcock did one, didn't he".
fn ends_in_tag(sentence: &Sentence) -> bool {
    let [.., verb, pronoun] = &sentence.tokens[..] else { return false };
    matches!(verb.word.as_str(), "didnt" | "isnt" | "wasnt" | "doesnt" | "hasnt")
        && matches!(pronoun.word.as_str(), "he" | "she" | "they")
}
