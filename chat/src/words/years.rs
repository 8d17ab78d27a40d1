//! Years and decades in a sentence: "the 90s", "antes de 1970", "between 1970 and 1980", "los últimos 5 años".
//! Never reads the clock: "recent" is relative to the newest film of the catalogue.

use crate::words::fold::Token;
use crate::words::lexicon::{Meaning, after, meanings, number_word};
use crate::words::turns;

/// Films before this year are "old" and "classic".
const OLD_BEFORE: u16 = 1980;
/// The first year of this century, as people count.
const CENTURY: u16 = 2000;
/// How many years before and after it "around 1985" reaches.
const ABOUT_YEARS: u16 = 2;
/// How many years back "recent" reaches.
const RECENT_YEARS: u16 = 5;

/// A condition on the year of release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum YearBound {
    /// Between these years, both included.
    Within(u16, u16),
    /// In this year or later.
    From(u16),
    /// In this year or earlier.
    To(u16),
}

/// "an old guy", "un señor viejo", "con un viejo": that somebody is old says nothing of the film's year.
fn is_of_somebody(tokens: &[Token], at: usize, end: usize) -> bool {
    let is_one = |at: usize| tokens.get(at).is_some_and(|token| turns::is_word("somebody", &token.word));
    let word = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at].word.as_str());
    let is_noun = matches!(word(2), "con" | "sobre") && matches!(word(1), "un" | "una") && end == tokens.len();
    is_one(end) || (at > 0 && is_one(at - 1)) || is_noun
}

/// The condition that begins at token `at`, with the place after it. `bare` also takes a year on its own ("1999").
pub(crate) fn bound(tokens: &[Token], at: usize, newest: u16, bare: bool) -> Option<(YearBound, usize)> {
    if let Some(found) = about_a_year(tokens, at) {
        return Some(found);
    }
    for (meaning, next) in meanings(tokens, at) {
        let found = match meaning {
            // "before the 20th century".
            Meaning::Before if century(tokens, next).is_some() => {
                century(tokens, next).map(|(first, end)| (YearBound::To(first - 1), end))
            }
            Meaning::Before => year_or_span(tokens, next, newest).map(|(from, _, end)| (YearBound::To(from - 1), end)),
            Meaning::After => year_or_span(tokens, next, newest).map(|(_, to, end)| (YearBound::From(to + 1), end)),
            Meaning::Since => {
                span(tokens, next, newest).map(|(from, to, end)| range(tokens, from, to, end, newest, true))
            }
            Meaning::Until => span(tokens, next, newest).map(|(_, to, end)| (YearBound::To(to), end)),
            Meaning::Between => span(tokens, next, newest).and_then(|(from, to, end)| {
                let (bound, further) = range(tokens, from, to, end, newest, false);
                (further > end).then_some((bound, further))
            }),
            Meaning::In => {
                let spanned = span(tokens, next, newest);
                let short = || short_year(tokens, next).map(|year| (YearBound::Within(year, year), next + 1));
                let spanned = spanned.map(|(from, to, end)| range(tokens, from, to, end, newest, false));
                spanned.or_else(|| short_years(tokens, next)).or_else(short)
            }
            // "the newest films": of the last two years, so that none of them is old.
            Meaning::Recent if tokens[at].word == "newest" && after(tokens, next, Meaning::FilmNoun).is_some() => {
                Some((YearBound::From(newest.saturating_sub(1)), next))
            }
            Meaning::Recent if matches!(tokens[next - 1].word.as_str(), "decade" | "decada") => {
                Some((YearBound::From(newest / 10 * 10), next))
            }
            Meaning::Recent => Some((YearBound::From(newest.saturating_sub(RECENT_YEARS - 1)), next)),
            Meaning::Old if is_of_somebody(tokens, at, next) => None,
            Meaning::Old => Some((YearBound::To(OLD_BEFORE - 1), next)),
            Meaning::ThisYear => Some((YearBound::Within(newest, newest), next)),
            Meaning::ThisCentury => Some((YearBound::From(CENTURY), next)),
            Meaning::LastCentury => Some((YearBound::To(CENTURY - 1), next)),
            Meaning::LastYears => last_years(tokens, next, newest),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    let (from, to, end) = span(tokens, at, newest)?;
    let (bound, further) = range(tokens, from, to, end, newest, false);
    let single_year = tokens[at].year().is_some();
    (bare || !single_year || further > end).then_some((bound, further))
}

/// "1985ish", "around 1985", "1985 o por ahí": the years next to it, too.
fn about_a_year(tokens: &[Token], at: usize) -> Option<(YearBound, usize)> {
    let led = turns::beginnings("around_year", &tokens[at..]).next();
    let at = at + led.unwrap_or(0);
    let token = tokens.get(at)?;
    let ish = token.word.strip_suffix("ish").and_then(|digits| digits.parse().ok());
    let ish = ish.filter(|year| (1874..=2099).contains(year));
    let year = ish.or(token.year())?;
    let tail = turns::beginnings("around_year_after", &tokens[at + 1..]).next();
    let is_about = led.is_some() || ish.is_some() || tail.is_some();
    is_about.then_some((YearBound::Within(year - ABOUT_YEARS, year + ABOUT_YEARS), at + 1 + tail.unwrap_or(0)))
}

/// The first year of "the 20th century", and the place after it.
fn century(tokens: &[Token], at: usize) -> Option<(u16, usize)> {
    meanings(tokens, at).find_map(|(meaning, end)| match meaning {
        Meaning::LastCentury => Some((CENTURY - 100, end)),
        Meaning::ThisCentury => Some((CENTURY, end)),
        _ => None,
    })
}

/// As [`span`], and "anteriores al 85".
fn year_or_span(tokens: &[Token], at: usize, newest: u16) -> Option<(u16, u16, usize)> {
    let short = || short_year(tokens, at).map(|year| (year, year, at + 1));
    span(tokens, at, newest).or_else(short)
}

/// "del 87", "in 94": a year of the last century without its first digits, and nothing that is counted.
pub(crate) fn short_year(tokens: &[Token], at: usize) -> Option<u16> {
    let says_year = matches!(tokens[at.checked_sub(1)?].word.as_str(), "del" | "in" | "from" | "ano" | "al");
    let ends =
        tokens.get(at + 1).is_none_or(|next| matches!(next.word.as_str(), "and" | "y" | "but" | "pero" | "please"));
    let token = tokens.get(at).filter(|token| says_year && ends && token.word.len() == 2)?;
    token.number().filter(|year| (30..=99).contains(year)).and_then(|year| u16::try_from(1900 + year).ok())
}

/// "del 70 al 75", "from 70 to 75": years of the last century without their first digits.
fn short_years(tokens: &[Token], at: usize) -> Option<(YearBound, usize)> {
    let year = |at: usize| {
        let token = tokens.get(at).filter(|token| token.word.len() == 2)?;
        token.number().filter(|year| (30..=99).contains(year)).and_then(|year| u16::try_from(1900 + year).ok())
    };
    let end = after(tokens, at + 1, Meaning::To).filter(|end| !matches!(tokens[end - 1].word.as_str(), "y" | "and"))?;
    let (from, to) = (year(at)?, year(end)?);
    let is_counted = tokens.get(end + 1).is_some_and(|next| next.word.starts_with("min"));
    (from < to && !is_counted).then_some((YearBound::Within(from, to), end + 1))
}

/// "1970 to 1980", "1970-1980", "1970 onwards", or the one span.
fn range(tokens: &[Token], from: u16, to: u16, at: usize, newest: u16, open: bool) -> (YearBound, usize) {
    // "de 1985 o por ahí".
    if let Some(tail) = turns::beginnings("around_year_after", tokens.get(at..).unwrap_or_default()).next()
        && from == to
    {
        return (YearBound::Within(from - ABOUT_YEARS, to + ABOUT_YEARS), at + tail);
    }
    if let Some(end) = after(tokens, at, Meaning::Onwards) {
        return (YearBound::From(from), end);
    }
    if let Some(end) = after(tokens, at, Meaning::Backwards) {
        return (YearBound::To(to), end);
    }
    let joined = after(tokens, at, Meaning::To).or_else(|| {
        // "1970-1980": only a dash between two years of four digits.
        let both = tokens.get(at).and_then(Token::year).is_some() && tokens[at - 1].year().is_some();
        both.then_some(at)
    });
    // "de los 60 o 70", where "1960 o 1970" is none of the years between.
    let joined = joined.or_else(|| after(tokens, at, Meaning::Or).filter(|_| to == from + 9));
    // "los 60 y 70": the second has nothing but its digits.
    let other = joined.and_then(|next| {
        span(tokens, next, newest).or_else(|| {
            let digits = &tokens.get(next).filter(|digits| to == from + 9 && digits.word.len() == 2)?.word;
            decade(digits, newest).map(|from| (from, from + 9, next + 1))
        })
    });
    if let Some((other_from, other_to, end)) = other {
        return (YearBound::Within(from.min(other_from), to.max(other_to)), end);
    }
    (if open { YearBound::From(from) } else { YearBound::Within(from, to) }, at)
}

fn last_years(tokens: &[Token], at: usize, newest: u16) -> Option<(YearBound, usize)> {
    let token = tokens.get(at)?;
    if let Some(end) = after(tokens, at, Meaning::Years) {
        return Some((YearBound::From(newest.saturating_sub(RECENT_YEARS - 1)), end));
    }
    let (count, at) = match token.word.as_str() {
        "decade" | "decada" => return Some((YearBound::From(newest.saturating_sub(9)), at + 1)),
        _ => (token.number().or_else(|| number_word(&token.word))?, at + 1),
    };
    let end = after(tokens, at, Meaning::Years)?;
    let count = u16::try_from(count.clamp(1, 200)).ok()?;
    Some((YearBound::From(newest.saturating_sub(count - 1)), end))
}

/// First and last year of a year or decade, and the place after it.
fn span(tokens: &[Token], mut at: usize, newest: u16) -> Option<(u16, u16, usize)> {
    let mut part = None;
    let mut says_decade = false;
    // "a finales de la década de los 90": at most a few such words.
    for _ in 0..4 {
        let decade = meanings(tokens, at).find(|(meaning, _)| matches!(meaning, Meaning::Decade(_)));
        if decade.is_some() {
            break;
        }
        let Some((meaning, next)) = meanings(tokens, at)
            .find(|(meaning, _)| matches!(meaning, Meaning::Early | Meaning::Mid | Meaning::Late | Meaning::DecadeOf))
        else {
            break;
        };
        if meaning == Meaning::DecadeOf {
            says_decade = true;
        } else {
            part = Some(meaning);
        }
        at = next;
    }
    let within = |from: u16, end: usize| {
        let (first, last) = match part {
            Some(Meaning::Early) => (from, from + 3),
            Some(Meaning::Mid) => (from + 4, from + 6),
            Some(Meaning::Late) => (from + 7, from + 9),
            _ => (from, from + 9),
        };
        (first, last, end)
    };
    let in_words = meanings(tokens, at).find_map(|(meaning, next)| match meaning {
        Meaning::Decade(from) => Some((from, next)),
        _ => None,
    });
    if let Some((from, end)) = in_words {
        return Some(within(from, end));
    }
    let token = tokens.get(at)?;
    if let Some(digits) = token.word.strip_suffix('s') {
        return decade(digits, newest).map(|from| within(from, at + 1));
    }
    if let Some(year) = token.year() {
        // "de los 2000".
        let follows_plural = at > 0 && tokens[at - 1].word == "los";
        if year % 10 == 0 && (part.is_some() || follows_plural || (says_decade && names_a_decade(tokens, at))) {
            return Some(within(year, at + 1));
        }
        return Some((year, year, at + 1));
    }
    if says_decade || part.is_some() {
        return decade(&token.word, newest).map(|from| within(from, at + 1));
    }
    None
}

/// "los años 1990" and "la década de 1990" are decades; "the 1990 ..." is a year.
fn names_a_decade(tokens: &[Token], at: usize) -> bool {
    tokens[at.saturating_sub(2)..at]
        .iter()
        .any(|token| matches!(token.word.as_str(), "anos" | "decada" | "decade" | "los"))
}

/// The first year of the decade "90" or "1990".
fn decade(digits: &str, newest: u16) -> Option<u16> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u16 = digits.parse().ok()?;
    if !number.is_multiple_of(10) {
        return None;
    }
    match (digits.len(), number) {
        (2, 0 | 10) => Some(2000 + number),
        (2, 20) => Some(if newest >= 2020 { 2020 } else { 1920 }),
        (2, _) => Some(1900 + number),
        (4, 1870..=2090) => Some(number),
        _ => None,
    }
}
