//! A rating that goes up or down: "súbele medio punto", "one more star", "knock half a star off Fargo". Only where nothing else
//! is said than by how much, and of which film. The words are in `data/cues.tsv`.

use cineswarm_engine::MovieId;

use crate::Chat;
use crate::films::titles::Reading;
use crate::intent::Intent;
use crate::request::TitleSlot;
use crate::words::fold::Token;
use crate::words::{cues, lexicon, patterns};

/// Up or down, and how clearly a word says that it is of a rating.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// "raise", "bájale".
    Changes(i8),
    /// "more", "quítale": of films, too, but of stars beside a unit.
    MoreOrLess(i8),
}

impl Chat<'_> {
    pub(crate) fn rated_by_degrees(&self) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        let way_at =
            |at: usize| way_of(&tokens[at].word).filter(|_| !self.is_film_by_its_place(at) && !self.is_other_film(at));
        let mut ways = (0..tokens.len()).filter_map(way_at);
        let first = ways.next()?;
        // "take half a star off" says it twice.
        let sign = |way: Way| match way {
            Way::Changes(sign) | Way::MoreOrLess(sign) => sign,
        };
        let says_down = sign(first) < 0 || ways.clone().any(|way| sign(way) < 0);
        let is_change = matches!(first, Way::Changes(_)) || ways.any(|way| matches!(way, Way::Changes(_)));
        let amount = (0..tokens.len()).find_map(|at| amount_at(tokens, at));
        let (from, to) = amount.as_ref().map_or((0, 0), |(from, to, ..)| (*from, *to));
        let says_nothing = |at: usize| {
            let word = tokens[at].word.as_str();
            (from..to).contains(&at)
                || way_at(at).is_some()
                || cues::is("around_degree", word)
                || patterns::is_courtesy(word)
        };
        // "súbelo a 4" and "raise it to 4" tell what it becomes.
        let becomes = from > 0 && matches!(tokens[from - 1].word.as_str(), "to" | "a" | "al" | "en");
        let (half_stars, has_unit) = match amount {
            Some((.., half_stars, has_unit)) => (Some(half_stars), has_unit),
            None => (None, false),
        };
        if becomes || !(has_unit || (is_change && !self.says_other_number(from, to))) {
            return None;
        }
        let silent: Vec<bool> = (0..tokens.len()).map(says_nothing).collect();
        let named = match silent.iter().position(|silent| !silent) {
            None => None,
            // "the other half a star more".
            Some(begin) if self.is_other_film(begin) && silent[begin + 1..].iter().all(|silent| *silent) => {
                let Some(other) = self.other_of_two() else { return Some(Intent::WhichOne) };
                Some(other)
            }
            Some(begin) => {
                let end = silent.iter().rposition(|silent| !silent)? + 1;
                let found = self.title_around(begin, end, &silent)?;
                match self.resolved(&found) {
                    Ok(movie) => Some(movie),
                    Err(question) => return Some(*question),
                }
            }
        };
        let movie: MovieId = match named.or_else(|| self.rated_last()) {
            Some(movie) => movie,
            None if is_change && self.goes_on() => return Some(Intent::WhichOne),
            None => return None,
        };
        Some(match half_stars {
            Some(half_stars) => Intent::RateBy { movie, half_stars: if says_down { -half_stars } else { half_stars } },
            None => self.how_many_stars(movie),
        })
    }

    /// "la otra", "the other", and not "otra estrella".
    fn is_other_film(&self, at: usize) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let is_other = matches!(tokens[at].word.as_str(), "other" | "otra" | "otro");
        is_other && at > 0 && matches!(tokens[at - 1].word.as_str(), "the" | "la" | "el" | "al")
    }

    /// "bájala 2" may be by two or to two.
    fn says_other_number(&self, from: usize, to: usize) -> bool {
        let tokens = self.reader.sentence.tokens.iter().enumerate();
        let is_number = |token: &Token| token.number().is_some() || lexicon::number_word(&token.word).is_some();
        tokens.filter(|(at, _)| !(from..to).contains(at)).any(|(_, token)| is_number(token))
    }

    fn rated_last(&self) -> Option<MovieId> {
        self.spoken_of().filter(|_| !self.context.last.is_list())
    }

    /// The title that has these tokens, perhaps with words beside them: "A Separation".
    fn title_around(&self, begin: usize, end: usize, silent: &[bool]) -> Option<TitleSlot> {
        let tokens = &self.reader.sentence.tokens;
        let first = silent[..begin].iter().rposition(|silent| !silent).map_or(0, |at| at + 1);
        (first..=begin).rev().find_map(|from| {
            let found = self.reader.index.find_as(&tokens[from..end], Reading::Exact)?;
            Some(TitleSlot { from, to: end, found })
        })
    }
}

fn way_of(word: &str) -> Option<Way> {
    const KINDS: [(&str, Way); 4] = [
        ("raises", Way::Changes(1)),
        ("lowers", Way::Changes(-1)),
        ("stars_more", Way::MoreOrLess(1)),
        ("stars_less", Way::MoreOrLess(-1)),
    ];
    KINDS.into_iter().find_map(|(kind, way)| cues::is(kind, word).then_some(way))
}

/// "half a star", "un punto y medio", "1", in half stars, where it begins and ends, and whether it says what it is.
fn amount_at(tokens: &[Token], at: usize) -> Option<(usize, usize, i8, bool)> {
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    let is_unit = |word: &str| cues::is("star_unit", word);
    let is_half = |word: &str| matches!(word, "half" | "medio" | "media");
    let article = usize::from(matches!(word(at), "a" | "una" | "un") && is_half(word(at + 1)));
    if is_half(word(at + article)) {
        let mut to = at + article + 1;
        if word(to) == "a" && is_unit(word(to + 1)) {
            to += 1;
        }
        let has_unit = is_unit(word(to));
        return Some((at, to + usize::from(has_unit), 1, has_unit));
    }
    let whole = match word(at) {
        "a" | "an" | "un" | "una" | "another" | "otra" | "otro" if is_unit(word(at + 1)) => 1.0,
        "uno" | "una" | "one" => 1.0,
        number => tokens.get(at)?.number().or_else(|| lexicon::number_word(number))? as f64,
    };
    let mut to = at + 1;
    // "one more star", "un punto".
    if matches!(word(to), "more" | "extra" | "less" | "whole" | "full") && is_unit(word(to + 1)) {
        to += 1;
    }
    let has_unit = is_unit(word(to));
    to += usize::from(has_unit);
    let half = match (word(to), word(to + 1), word(to + 2)) {
        ("and", "a", "half") => 3,
        ("y", "media" | "medio", _) => 2,
        _ => 0,
    };
    to += half;
    let trailing = !has_unit && is_unit(word(to));
    to += usize::from(trailing);
    let by = (whole * 2.0).round() + if half > 0 { 1.0 } else { 0.0 };
    // Bare numbers above one may tell what the rating becomes.
    let is_clear = has_unit || trailing || whole <= 1.0;
    ((1.0..=10.0).contains(&by) && is_clear).then_some((at, to, by as i8, has_unit || trailing))
}
