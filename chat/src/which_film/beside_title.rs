//! Which film of several of a name is meant, told beside its title: "Psycho, the original", "psycho not the remake", "the new
//! Blade Runner", "King Kong la nueva", "la del pianista de Polanski". Title and telling words give way to the title with its
//! year, and the sentence is read again. A director after the title tells which film it is, and is no further wish.

use cineswarm_engine::MovieId;

use crate::asks::about::is_of_grammar;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::Understood;
use crate::which_film::pointed_at::points;
use crate::which_film::told_apart::{Pointed, is_somebody_of, told_of};
use crate::words::fold::{Sentence, is_article};
use crate::words::which::{is_film_word, is_possessive, phrase_at};
use crate::words::{cues, language};
use crate::{Setting, replies};

/// Words before or after a title that tell at the most.
const LONGEST_TELLING: usize = 7;

/// What the sentence says of the film that it tells from others of its name.
pub(crate) fn named(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    const MOST_WORDS: usize = 20;
    const LONGEST_TITLE: usize = 8;
    let count = sentence.len();
    if !(2..=MOST_WORDS).contains(&count) || !setting.index.has_facts() || !(0..count).any(|at| may_tell(sentence, at))
    {
        return None;
    }
    let mut titles: Vec<(usize, usize)> = Vec::new();
    for length in (1..=LONGEST_TITLE.min(count)).rev() {
        for from in 0..=count - length {
            let to = from + length;
            // "the new world" is no newer film called "The World".
            if titles.iter().any(|(start, end)| from < *end && *start < to) {
                continue;
            }
            if let Some(films) = films_called(sentence, from, to, setting) {
                titles.push((from, to));
                if let Some(said) = (Named { sentence, setting, from, to, films }).read() {
                    return Some(said);
                }
            }
        }
    }
    None
}

/// Whether a word may be one of those that tell a film from another.
fn may_tell(sentence: &Sentence, at: usize) -> bool {
    let is_order = phrase_at(&sentence.tokens, at, sentence.len(), &["oldest", "newest"]).is_some();
    is_order
        || is_maker_link(&sentence.tokens[at].word)
        || sentence.tokens[at].word == "one"
        || is_possessive(sentence, at)
}

/// A word between a title and who made the film.
fn is_maker_link(word: &str) -> bool {
    matches!(word, "de" | "del" | "by" | "from")
}

/// The films of which these words are the whole title, the best known first.
fn films_called(sentence: &Sentence, from: usize, to: usize, setting: Setting<'_>) -> Option<Vec<MovieId>> {
    const SHORTEST: usize = 3;
    let words = &sentence.tokens[from..to];
    let typed = sentence.typed(from, to);
    // "la de antes", "the one by Carpenter" name no films, if they are typed so.
    // "Psycho, the original" is no list's way to write "The Psycho".
    let ends_so = words.len() > 1 && words.last().is_some_and(|token| is_article(&token.word));
    let is_ordinary = words.iter().all(|token| is_of_grammar(&token.word));
    // "the thing, the carpenter one" names one first.
    let is_ordinary =
        is_ordinary && !(from == 0 && words.len() > 1 && to < sentence.len() && sentence.breaks_before(to));
    if ends_so || typed.len() < SHORTEST || (is_ordinary && !typed.starts_with(char::is_uppercase)) {
        return None;
    }
    match setting.index.find_as(words, Reading::Exact)? {
        TitleMatch::One(movie) => Some(setting.index.versions(movie)),
        TitleMatch::Several(movies) => Some(movies),
        TitleMatch::Nothing { .. } => None,
    }
}

/// A title in a sentence, and the films that are called so.
struct Named<'a> {
    sentence: &'a Sentence,
    setting: Setting<'a>,
    from: usize,
    to: usize,
    films: Vec<MovieId>,
}

impl Named<'_> {
    fn read(&self) -> Option<Understood> {
        let (mut from, to, film) = self.told_after().or_else(|| self.told_before())?;
        // "la del pianista de Polanski".
        let before = |back: usize| from.checked_sub(back).map_or("", |at| self.sentence.tokens[at].word.as_str());
        if matches!(before(1), "de" | "del") && matches!(before(2), "la" | "el") {
            from -= 2;
        }
        let (start, end) = self.sentence.byte_range(from, to);
        let label = self.setting.catalogue.get(film).map(replies::film_name)?;
        let text = &self.sentence.text;
        // "king kong (the 1976 one)" closes what it has opened.
        let after = text[end..].strip_prefix(')').unwrap_or(&text[end..]);
        let read = self.setting.understand(&format!("{}{label}{after}", &text[..start]));
        let language = language::language(text, self.sentence.tokens.iter());
        // A film that is not taken for one beside the rest of the sentence is no mend.
        let is_taken = read.intent.filters().is_none() || read.ignored.is_empty();
        (is_taken && !read.intent.is_at_a_loss()).then_some(Understood { language, ..read })
    }

    /// "Psycho, the original", "psycho not the remake", "Drácula de Coppola".
    fn told_after(&self) -> Option<(usize, usize, MovieId)> {
        let Named { sentence, to, .. } = *self;
        let tokens = &sentence.tokens;
        let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
        let but = to + usize::from(matches!(word(to), "but" | "pero"));
        let is_denied = matches!(word(but), "not" | "no") && points(word(but + 1));
        let begins = but + usize::from(is_denied);
        let ends = begins + 1..=tokens.len().min(begins + LONGEST_TELLING);
        let mut ends = ends.rev().filter(|end| !(begins + 1..*end).any(|at| sentence.breaks_before(at)));
        // "psycho remake".
        let is_bare = self.films.len() > 1
            && phrase_at(tokens, to, tokens.len(), &["oldest", "newest"]).is_some_and(|(_, end)| end == tokens.len());
        if is_bare {
            return self.film(to, tokens.len()).map(|film| (self.from, tokens.len(), film));
        }
        let is_linked = is_maker_link(word(begins));
        if !is_linked && !points(word(begins)) {
            return None;
        }
        ends.find_map(|end| {
            // "King Kong la nueva la he visto": the second article is no part of it.
            let goes_on = phrase_at(tokens, end - 1, end, &["around"]).is_some() && !is_film_word(word(end - 1));
            let film = if goes_on { None } else { self.film(begins, end) }?;
            let is_meant = !is_linked || self.is_made_by(film, begins, end);
            if !is_meant {
                return None;
            }
            let film = match (is_denied, &self.films[..]) {
                (false, _) => film,
                (true, [one, other]) => {
                    if film == *one {
                        *other
                    } else {
                        *one
                    }
                }
                (true, _) => return None,
            };
            Some((self.from, end, film))
        })
    }

    /// "the new Blade Runner", "la nueva de Godzilla", "Tim Burton's Batman".
    fn told_before(&self) -> Option<(usize, usize, MovieId)> {
        let Named { sentence, from, to, .. } = *self;
        let tokens = &sentence.tokens;
        // "the old Star Trek films" are several.
        let is_several =
            tokens.get(to).is_some_and(|token| cues::is("works", &token.word) && token.word.ends_with('s'));
        let is_broken = |start: usize| (start + 1..=from).any(|at| sentence.breaks_before(at));
        if is_several {
            return None;
        }
        let starts = (from.saturating_sub(LONGEST_TELLING)..from).filter(|start| !is_broken(*start));
        starts.into_iter().find_map(|start| {
            let is_somebodys = is_possessive(sentence, from - 1);
            if !points(&tokens[start].word) && !is_somebodys {
                return None;
            }
            let film = self.film(start, from)?;
            let is_meant = !is_somebodys || self.is_made_by(film, start, from);
            is_meant.then_some((start, to, film))
        })
    }

    /// The one of the films that these words tell; of a single one, of its series.
    fn film(&self, from: usize, to: usize) -> Option<MovieId> {
        let words = &self.sentence.tokens[from..to];
        let told = |films: &[MovieId]| match told_of(films, words, self.setting) {
            Some(Pointed::Film(film)) => Some(film),
            _ => None,
        };
        let says_order = (0..words.len()).any(|at| phrase_at(words, at, words.len(), &["oldest", "newest"]).is_some());
        match self.films[..] {
            [only] if says_order => {
                let series = self.setting.index.series_of(only);
                if series.len() > 1 { told(series) } else { None }
            }
            _ => told(&self.films),
        }
    }

    fn is_made_by(&self, film: MovieId, from: usize, to: usize) -> bool {
        let words = &self.sentence.tokens[from..to];
        let directors = self.setting.index.facts(film).map(|facts| facts.directors.join(" ")).unwrap_or_default();
        let directors = Sentence::new(&directors);
        let directs = |word: &str| {
            let one = word.strip_suffix('s').unwrap_or(word);
            directors.tokens.iter().any(|part| part.word == word || part.word == one)
        };
        let is_maker = words.iter().any(|token| directs(&token.word));
        // Of a film without a namesake whoever is in it is a further wish.
        is_maker || (self.films.len() > 1 && is_somebody_of(film, words, self.setting))
    }
}
