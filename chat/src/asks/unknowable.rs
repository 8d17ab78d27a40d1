//! What no fact says of a film: where it can be seen, for whom it is fit and how frightening it is, prizes, trailers, endings,
//! colour. Every word of the sentence must be of such a question (`data/unknowable.tsv`) or of the film that it is about, which
//! may be named, counted in the list or spoken of; the answer says that it is not known. Never a wish for films.

use std::collections::HashMap;
use std::sync::LazyLock;

use cineswarm_engine::MovieId;

use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, OfItself, Understood, Wanted};
use crate::request::TitleSlot;
use crate::whole::says;
use crate::words::fold::{Sentence, Token};
use crate::words::{cues, lexicon, places};
use crate::{Chat, Setting};

/// Words of such a question; longer sentences say something else, too.
const MOST_WORDS: usize = 16;
/// Words of a title that nobody knows.
const LONGEST_UNKNOWN: usize = 4;

/// What a phrase asks for, and its words.
type Phrase = (&'static str, Vec<&'static str>);

/// Phrases by their first word, the longest first: what they ask for, or that they only stand around it.
static PHRASES: LazyLock<HashMap<&str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: HashMap<&str, Vec<Phrase>> = HashMap::new();
    let lines = include_str!("../../data/unknowable.tsv").lines().filter(|line| !line.starts_with('#'));
    for (kind, phrase) in lines.filter_map(|line| line.split_once('\t')) {
        let words: Vec<&str> = phrase.split(' ').collect();
        phrases.entry(words[0]).or_default().push((kind, words));
    }
    phrases.values_mut().for_each(|phrases| phrases.sort_by_key(|(_, words)| std::cmp::Reverse(words.len())));
    phrases
});

/// The phrase that begins here, and how many words it has; a `#` stands for a number.
fn phrase_at(tokens: &[Token]) -> Option<(&'static str, usize)> {
    let is_number = |token: &Token| token.number().is_some() || lexicon::number_word(&token.word).is_some();
    let said = |token: &Token, word: &str| token.word == word || (word == "#" && is_number(token));
    let first = tokens.first()?;
    let of = |first: &str| PHRASES.get(first).into_iter().flatten();
    let counted = of("#").filter(|_| is_number(first));
    of(&first.word).chain(counted).find_map(|(kind, words)| {
        let own = tokens.get(..words.len())?;
        own.iter().zip(words).all(|(own, word)| said(own, word)).then_some((*kind, words.len()))
    })
}

/// What is asked that nobody knows; says so, with what is known of the film.
pub(crate) fn asked(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let tokens = &sentence.tokens;
    if tokens.len() > MOST_WORDS || setting.index.find_as(tokens, Reading::Exact).is_some() {
        return None;
    }
    let mut kind = None;
    let mut is_told = vec![false; tokens.len()];
    let mut asks = vec![false; tokens.len()];
    let mut at = 0;
    while at < tokens.len() {
        let Some((own, count)) = phrase_at(&tokens[at..]) else {
            at += 1;
            continue;
        };
        is_told[at..at + count].fill(true);
        if own != "frame" {
            asks[at..at + count].fill(true);
            // "is it ok for a 3 year old, or too scary?" asks for both at once.
            kind = kind.or(Some(own));
        }
        at += count;
    }
    let kind = kind?;
    // "not so scary" after a list is a wish, also where it is of films like one.
    let denies = tokens
        .first()
        .is_some_and(|first| matches!(first.word.as_str(), "not" | "no" | "nothing" | "less" | "menos" | "nada"));
    if denies && setting.goes_on() && setting.context.last.is_list() && !sentence.text.contains(['?', '¿']) {
        return None;
    }
    let chat = setting.chat(sentence);
    let wishes_any = (1..tokens.len()).any(|at| {
        let is_film = matches!(tokens[at].word.as_str(), "film" | "movie" | "peli" | "pelicula");
        is_film && matches!(tokens[at - 1].word.as_str(), "a" | "an" | "any" | "una" | "alguna" | "kid" | "good")
    });
    // "Dead in a Year" is no question of a year.
    let is_in_title = chat.reader.films_named().iter().any(|slot| {
        let words = slot.from..slot.to;
        words.clone().any(|at| asks[at]) && !words.clone().all(|at| asks[at])
    });
    if wishes_any || is_in_title {
        return None;
    }
    let wanted = match kind {
        "where" => Wanted::WhereToWatch,
        "ages" | "fright" => Wanted::Suits,
        _ => Wanted::Other,
    };
    let about = |movie| Some(says(sentence, Intent::About { wanted, movie }));
    if let Some(TitleSlot { from, to, found: TitleMatch::One(movie) }) = chat.film_at_place() {
        let is_all = (0..tokens.len()).all(|at| is_told[at] || (from..to).contains(&at));
        return is_all.then(|| about(movie)).flatten();
    }
    let unread = |told: &[bool]| Some((told.iter().position(|told| !told)?, told.iter().rposition(|told| !told)? + 1));
    if let Some((from, to)) = unread(&is_told) {
        return match chat.film_around(from, to, &asks) {
            Some(movie) => about(movie),
            None => chat.unknown_between(from, to).map(|intent| says(sentence, intent)),
        };
    }
    chat.asked_of_what_is_spoken_of(kind, wanted).map(|intent| says(sentence, intent))
}

/// "what's the difference between action and adventure": asks for no films of both.
pub(crate) fn asks_what_differs(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let says = |phrase: &[&str]| {
        let words: Vec<&str> = sentence.tokens.iter().map(|token| token.word.as_str()).collect();
        words.windows(phrase.len()).any(|said| said == phrase)
    };
    const DIFFERS: [&[&str]; 7] = [
        &["difference", "between"],
        &["differences", "between"],
        &["diff", "between"],
        &["diferencia", "entre"],
        &["diferencias", "entre"],
        &["diferencia", "hay"],
        &["se", "diferencian"],
    ];
    let is_title = || setting.index.find_as(&sentence.tokens, Reading::Exact).is_some();
    let wishes = sentence.tokens.iter().any(|token| cues::is("wishes", &token.word));
    let differs = DIFFERS.iter().any(|phrase| says(phrase)) && !wishes && !is_title();
    differs.then(|| says_of_itself(sentence, OfItself::Meanings))
}

fn says_of_itself(sentence: &Sentence, said: OfItself) -> Understood {
    says(sentence, Intent::OfItself(said))
}

impl Chat<'_> {
    /// The film whose title these words are, with words around them that may stand around titles, too.
    fn film_around(&self, from: usize, to: usize, asks: &[bool]) -> Option<MovieId> {
        const WIDER: usize = 3;
        let tokens = &self.reader.sentence.tokens;
        let begins = (from.saturating_sub(WIDER)..=from).filter(|begin| !asks[*begin..from].contains(&true));
        let spans = begins.flat_map(|begin| {
            let ends = (to..=tokens.len().min(to + WIDER)).rev();
            ends.filter(move |end| !asks[to..*end].contains(&true)).map(move |end| (begin, end))
        });
        let exactly = |(from, to): (usize, usize)| match self.reader.index.find_as(&tokens[from..to], Reading::Exact)? {
            TitleMatch::One(movie) => Some(movie),
            // Of what nobody knows it need not be asked of which film of that name.
            TitleMatch::Several(movies) => movies.first().copied(),
            TitleMatch::Nothing { .. } => None,
        };
        spans.into_iter().find_map(exactly).or_else(|| {
            let found = self.reader.whole_title(from, to)?;
            let slot = TitleSlot { from, to, found };
            match slot.found {
                TitleMatch::One(movie) if self.is_near(&tokens[from..to], &slot) => Some(movie),
                _ => None,
            }
        })
    }

    /// "¿Chucky da mucho miedo?": a name that no film has. Words of the grammar are none.
    fn unknown_between(&self, from: usize, to: usize) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        let is_word = |at: usize| {
            lexicon::is_known(&tokens[at].word)
                || cues::is("wishes", &tokens[at].word)
                || places::place(&tokens[at].word).is_some()
                || self.reader.genres_at(at).is_some()
                || self.reader.index.theme_at(tokens, at).is_some()
        };
        let is_name = to - from <= LONGEST_UNKNOWN
            && !(from..to).any(|at| is_word(at) || self.reader.sentence.breaks_before(at) && at > from);
        (is_name && self.puts_a_question(&[])).then(|| self.unknown(from, to))
    }

    /// Of the film that is spoken of; of two that were compared of both; of none it is said all the same.
    fn asked_of_what_is_spoken_of(&self, kind: &str, wanted: Wanted) -> Option<Intent> {
        let says = |of: &[&str]| self.reader.sentence.tokens.iter().any(|token| of.contains(&token.word.as_str()));
        let is_of_several = says(&["they", "them", "these", "those", "las", "son", "estan", "estas", "esas"]);
        let is_of_one = says(&[
            "it", "its", "that", "this", "esa", "esta", "eso", "la", "lo", "verla", "verlo", "ese", "este", "es",
        ]);
        if let Some(pair) = self.compared_last().filter(|_| is_of_several || !is_of_one) {
            return Some(Intent::Compare { wanted, movies: pair.to_vec() });
        }
        // "en color" of a list: of which of them it is so nobody knows.
        if kind == "colour" && !is_of_one && self.goes_on() && self.context.last.is_list() {
            return Some(Intent::OfItself(OfItself::Unknown));
        }
        if let Some(movie) = self.pointed_at().or(self.spoken_of()).filter(|_| !is_of_several) {
            return Some(Intent::About { wanted, movie });
        }
        let points = is_of_one || is_of_several;
        let of_itself = match kind {
            "where" => OfItself::WhereToWatch,
            "ages" | "fright" if points && self.puts_a_question(&[]) => OfItself::Fitness,
            "ending" => OfItself::Endings,
            "trailer" => OfItself::Unknown,
            "other" if points || self.puts_a_question(&[]) => OfItself::Unknown,
            "colour" if points && self.puts_a_question(&[]) => OfItself::Unknown,
            _ => return None,
        };
        Some(Intent::OfItself(of_itself))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn every_phrase_is_written_folded_and_of_a_kind() {
        assert!(PHRASES.len() > 100);
        for (kind, words) in PHRASES.values().flatten() {
            assert!(
                ["where", "ages", "fright", "other", "trailer", "colour", "ending", "frame"].contains(kind),
                "{kind}"
            );
            let said = words.join(" ").replace('#', "5");
            let folded: Vec<String> = tokenize(&said).into_iter().map(|token| token.word).collect();
            assert_eq!(folded.join(" "), said);
        }
    }
}
