//! How long films may be: "under two hours", "de hora y media como mucho", "something short".

use std::collections::HashMap;
use std::sync::LazyLock;

use cineswarm_engine::MovieId;

use super::Reader;
use super::facts::{Asked, after_words};
use crate::topics::{Named, Topic, TopicKind};
use crate::words::cues;
use crate::words::fold::Token;
use crate::words::lexicon::{self, Meaning};

/// What "something short" is, if no length is said.
const SHORT_MINUTES: u16 = 90;
/// What "a long one" is.
const LONG_MINUTES: u16 = 150;
/// Words between what stands before a length and its number: "maybe about 80 minutes".
const MOST_WORDS_BETWEEN: usize = 2;

/// What follows hours, and its minutes.
const PARTS_OF_AN_HOUR: [(&str, u16); 7] = [
    ("and a half", 30),
    ("and a quarter", 15),
    ("and three quarters", 45),
    ("y media", 30),
    ("y cuarto", 15),
    ("y un cuarto", 15),
    ("y tres cuartos", 45),
];

/// What a phrase of `data/lengths.tsv` makes of the length beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Around {
    Most,
    Least,
    /// At the least, where the sentence speaks against it.
    Past,
    Short,
    Long,
    MostAfter,
    LeastAfter,
    About,
}

/// What a phrase makes of a length, and its words.
type Phrase = (Around, Vec<&'static str>);

/// The phrases by their first word, the longest first.
static PHRASES: LazyLock<HashMap<&str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: HashMap<&str, Vec<Phrase>> = HashMap::new();
    let lines = include_str!("../../data/lengths.tsv").lines().filter(|line| !line.starts_with('#'));
    for (around, phrase) in lines.filter_map(|line| line.split_once('\t')) {
        let around = match around {
            "most" => Around::Most,
            "least" => Around::Least,
            "past" => Around::Past,
            "short" => Around::Short,
            "long" => Around::Long,
            "most_after" => Around::MostAfter,
            "least_after" => Around::LeastAfter,
            "about" => Around::About,
            _ => continue,
        };
        let words: Vec<&str> = phrase.split(' ').collect();
        phrases.entry(words[0]).or_default().push((around, words));
    }
    phrases.values_mut().for_each(|phrases| phrases.sort_by_key(|(_, words)| std::cmp::Reverse(words.len())));
    phrases
});

/// The places after phrases of this kind that begin at `at`, the longest first.
fn phrases_at(tokens: &[Token], at: usize, wanted: Around) -> impl Iterator<Item = usize> {
    let phrases = tokens.get(at).and_then(|token| PHRASES.get(token.word.as_str())).into_iter().flatten();
    phrases.filter(move |(around, _)| *around == wanted).filter_map(move |(_, words)| {
        let own = tokens.get(at..at + words.len())?;
        own.iter().zip(words).all(|(own, word)| own.word == *word).then_some(at + words.len())
    })
}

impl Reader<'_> {
    /// "[nothing] over 100 minutes", "[I fall asleep] after two hours": of at most so many.
    pub(super) fn length_at_the_other_side(&self, at: usize) -> Option<(Named, usize)> {
        if self.index.knowledge.is_empty() {
            return None;
        }
        // "[not] three hours long".
        let past = || phrases_at(self.tokens(), at, Around::Past).chain([at]).find_map(|end| self.duration_at(end));
        let past = || past().map(|(minutes, end)| (TopicKind::LengthAtLeast, minutes.to_string(), end));
        let said = self.length_at(at).map(|(kind, label, _, _, end)| (kind, label, end));
        let (kind, label, end) = said.or_else(past)?;
        let (kind, films) = self.films_as_long(label.parse().ok()?, kind == TopicKind::LengthAtLeast);
        Some((Named { topic: Topic { kind, said: label.clone(), label }, films }, end))
    }

    /// Whether "less than two hours" and the like begins here.
    pub(super) fn length_begins(&self, at: usize) -> bool {
        self.length_at(at).is_some()
    }

    /// "under two hours", "de menos de 90 minutos", "tengo dos horas".
    pub(super) fn length_at(&self, at: usize) -> Option<Asked> {
        let tokens = self.tokens();
        let before = |around: Around| {
            let mut ends = phrases_at(tokens, at, around);
            ends.find_map(|end| self.duration_at(end))
        };
        let follows = |around: Around, end: usize| phrases_at(tokens, end, around).next();
        // "under two hours long".
        let past_long = |end: usize| after_words(tokens, end, "long").unwrap_or(end);
        let (minutes, end, is_most) = if let Some((minutes, end)) = before(Around::Most) {
            // "tengo 100 minutos justos".
            (minutes, follows(Around::MostAfter, end).unwrap_or(past_long(end)), true)
        } else if let Some((minutes, end)) = before(Around::Least) {
            (minutes, past_long(end), false)
        } else if let Some((minutes, end)) = self.vague_length_at(at) {
            (minutes, end, minutes == SHORT_MINUTES)
        } else {
            // "de hora y media como mucho", "90 minutes or less".
            let (minutes, end) = self.duration_at(after_words(tokens, at, "de").unwrap_or(at))?;
            let most = follows(Around::MostAfter, end).map(|end| (end, true));
            let (end, is_most) = most.or_else(|| Some((follows(Around::LeastAfter, end)?, false)))?;
            (minutes, end, is_most)
        };
        let (kind, films) = self.films_as_long(minutes, is_most);
        Some((kind, minutes.to_string(), minutes.to_string(), films, end))
    }

    /// Whether a length begins here that no number tells.
    pub(super) fn is_vague_length(&self, at: usize) -> bool {
        let tokens = self.tokens();
        let tells = |around| phrases_at(tokens, at, around).any(|end| self.duration_at(end).is_some());
        !(tells(Around::Most) || tells(Around::Least)) && self.vague_length_at(at).is_some()
    }

    /// "something short", "a long epic": the minutes that these stand for.
    fn vague_length_at(&self, at: usize) -> Option<(u16, usize)> {
        let tokens = self.tokens();
        let sized = [(Around::Short, SHORT_MINUTES), (Around::Long, LONG_MINUTES)];
        sized.into_iter().find_map(|(around, minutes)| {
            let end = phrases_at(tokens, at, around).find(|end| {
                let is_bare = *end == at + 1 && cues::is("size", &tokens[at].word);
                !is_bare || self.is_size(at)
            })?;
            Some((minutes, end))
        })
    }

    /// Whether "short" and "long" tell of films: "a long drama", but neither "how long" nor "long hair".
    fn is_size(&self, at: usize) -> bool {
        let tokens = self.tokens();
        let adverbs = (0..at).rev().take_while(|at| cues::is("size_adverb", &tokens[*at].word)).count();
        let from = at - adverbs;
        let ends_genre =
            || (from.saturating_sub(3)..from).any(|start| self.genres_at(start).is_some_and(|(_, end)| end == from));
        let begins = from == 0
            || self.sentence.breaks_before(from)
            || cues::is("before_size", &tokens[from - 1].word)
            || ends_genre();
        let is_of_films = |(meaning, _): (Meaning, usize)| {
            use Meaning::{And, But, Decade, FilmNoun, Genres, Mood, Old, Or, Recent, Tail};
            matches!(meaning, And | But | Decade(_) | FilmNoun | Genres(_) | Mood(..) | Old | Or | Recent | Tail)
        };
        let goes_on = at + 1 == tokens.len()
            || self.sentence.breaks_before(at + 1)
            || cues::is("after_size", &tokens[at + 1].word)
            || lexicon::meanings(tokens, at + 1).any(is_of_films);
        begins && goes_on
    }

    fn films_as_long(&self, minutes: u16, is_most: bool) -> (TopicKind, Vec<MovieId>) {
        let fits = |length: u16| if is_most { length <= minutes } else { length >= minutes };
        let films = self.index.knowledge.films(|known| known.runtime_min.is_some_and(fits));
        (if is_most { TopicKind::LengthAtMost } else { TopicKind::LengthAtLeast }, films)
    }

    /// Minutes.
    pub(super) fn duration_at(&self, at: usize) -> Option<(u16, usize)> {
        let tokens = self.tokens();
        let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
        let is_hours = |word: &str| {
            matches!(word, "hour" | "hours" | "h" | "hr" | "hrs" | "hora" | "horas" | "horita" | "horitas")
        };
        let is_minutes = |word: &str| matches!(word, "minute" | "minutes" | "min" | "mins" | "minuto" | "minutos");
        let between = |at: &usize| phrases_at(tokens, *at, Around::About).next();
        let at = std::iter::successors(Some(at), between).take(MOST_WORDS_BETWEEN + 1).last()?;
        let minutes_more = |at: usize| {
            let at = at + usize::from(matches!(word(at), "and" | "y"));
            let minutes = tokens.get(at)?.number().and_then(|minutes| u16::try_from(minutes).ok())?;
            (5..60).contains(&minutes).then(|| (minutes, at + 1 + usize::from(is_minutes(word(at + 1)))))
        };
        // "2.5 hours", "2,5 h"; of "5 hours" in these nothing is read.
        let is_point = |at: usize| at < tokens.len() && matches!(self.sentence.gap(at), "." | ",");
        let digits = |at: usize| tokens.get(at).and_then(Token::number).filter(|_| is_point(at));
        if at > 0 && digits(at).is_some() && tokens[at - 1].number().is_some() {
            return None;
        }
        if let (Some(whole), true) = (tokens.get(at).and_then(Token::number), is_point(at + 1)) {
            let parted = word(at + 1).strip_suffix('h').map(|part| (part, at + 2));
            let (part, end) = parted.unwrap_or((word(at + 1), at + 3));
            let is_of_hours = parted.is_some() || is_hours(word(at + 2));
            let part: f64 = format!("0.{part}").parse().ok().filter(|_| is_of_hours)?;
            let more = (part * 60.0).round() as u16;
            return u16::try_from(whole)
                .ok()
                .filter(|hours| (1..=9).contains(hours))
                .map(|hours| (hours * 60 + more, end));
        }
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
        let part_more = |at: usize| {
            PARTS_OF_AN_HOUR.iter().find_map(|(phrase, minutes)| Some((*minutes, after_words(tokens, at, phrase)?)))
        };
        // "hora y media", "hora y tres cuartos".
        if let Some((minutes, end)) = part_more(at + 1).filter(|_| matches!(word(at), "hora" | "horita")) {
            return Some((60 + minutes, end));
        }
        let number = match word(at) {
            "a" | "an" | "una" => 1,
            text => tokens.get(at)?.number().or_else(|| lexicon::number_word(text)).or_else(|| tens(text))?,
        };
        let number = u16::try_from(number).ok()?;
        if is_minutes(word(at + 1)) {
            return (1..=900).contains(&number).then_some((number, at + 2));
        }
        // "two and a half hours".
        if let Some(end) = after_words(tokens, at + 1, "and a half").filter(|end| is_hours(word(*end))) {
            return (1..=9).contains(&number).then_some((number * 60 + 30, end + 1));
        }
        if !is_hours(word(at + 1)) || !(1..=9).contains(&number) {
            return None;
        }
        let more = part_more(at + 2).or_else(|| minutes_more(at + 2));
        Some(more.map_or((number * 60, at + 2), |(minutes, end)| (number * 60 + minutes, end)))
    }
}

/// Minutes in words, of which decades are called so, too.
fn tens(word: &str) -> Option<u64> {
    Some(match word {
        "forty" | "cuarenta" => 40,
        "sixty" | "sesenta" => 60,
        "seventy" | "setenta" => 70,
        "eighty" | "ochenta" => 80,
        "ninety" | "noventa" => 90,
        "hundred" | "cien" => 100,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn every_phrase_is_written_folded_and_of_a_kind() {
        let lines = include_str!("../../data/lengths.tsv").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(PHRASES.values().map(Vec::len).sum::<usize>(), lines);
        for (_, words) in PHRASES.values().flatten() {
            let folded: Vec<String> = tokenize(&words.join(" ")).into_iter().map(|token| token.word).collect();
            assert_eq!(folded, *words);
        }
    }
}
