//! Sentences that rate a film: "rate Toy Story 4.5", "le doy un 4 a Fargo", "Fargo 8/10", "toy story: 4.5".
//! Never stores a rating; never guesses between a rating and a title that ends in a number.

pub(crate) mod all_but;
pub(crate) mod before;
pub(crate) mod by_degrees;
pub(crate) mod felt;
pub(crate) mod given_to_place;
pub(crate) mod in_passing;
pub(crate) mod marked_beside;
pub(crate) mod otherwise;
pub(crate) mod seen_aside;
pub(crate) mod several;
pub(crate) mod stars_asked;
pub(crate) mod taken_back;
pub(crate) mod verdict;

use std::ops::Range;

use cineswarm_engine::HalfStars;

use crate::films::titles::Reading;
use crate::request::{Reader, TitleSlot};
use crate::words::cues;
use crate::words::fold::Token;
use crate::words::lexicon::{self, Meaning};
use crate::words::patterns;
use crate::words::places;
use crate::words::turns;

/// Numbers of one sentence that are tried as the rating, from the last.
const MAX_NUMBERS: usize = 4;

/// What a sentence that rates a film says.
#[derive(Clone, Debug)]
pub(crate) enum RatingSaid {
    /// A film and a number, on the scale or not.
    Complete { title: TitleSlot, said: String, half_stars: Option<HalfStars> },
    /// A film without a number.
    WithoutStars { title: TitleSlot },
    /// "rate toy story 3": the number may belong to the title.
    RatingOrTitle { title: TitleSlot, half_stars: HalfStars, longer_title: TitleSlot },
    /// The verb alone.
    VerbAlone,
    /// The verb and something that is no title: tokens `from..to`.
    UnknownTitle { from: usize, to: usize },
}

/// A number that may be the rating.
#[derive(Clone, Debug)]
struct Number {
    from: usize,
    to: usize,
    /// `None` if it is off the scale.
    half_stars: Option<HalfStars>,
    /// It says that it is a rating: "stars", "/10", "%", a half, a colon before it.
    marked: bool,
}

/// Reads the sentence as a rating; `None` if it is none.
/// "and Interstellar 3" after another rating (`goes_on`) needs no verb.
pub(crate) fn read(reader: &Reader, goes_on: bool) -> Option<RatingSaid> {
    let tokens = &reader.sentence.tokens;
    let len = without_from_me(tokens);
    let (verb, from) = match verb(tokens) {
        (None, _) if goes_on && begins_another(tokens) > 0 => (Some(Meaning::Give), begins_another(tokens)),
        // "give me 3 random films".
        (Some(Meaning::Give), from)
            if tokens.get(from).is_some_and(|next| matches!(next.word.as_str(), "me" | "us")) =>
        {
            (None, 0)
        }
        said => said,
    };
    if verb == Some(Meaning::Rate) && from >= len {
        return Some(RatingSaid::VerbAlone);
    }
    let whole = exact_title(reader, from, len);
    if verb.is_none() && whole.is_some() {
        return None;
    }
    if let Some(said) = given_in_the_middle(reader).filter(|_| verb.is_none()) {
        return Some(said);
    }
    let mut best: Option<((bool, bool, bool), Number, TitleSlot)> = None;
    for number in numbers(reader, from) {
        // "8/10 for Fargo", "un 8/10 para Fargo".
        let begins = tokens[..number.from]
            .iter()
            .all(|token| cues::is("before_stars", &token.word) || patterns::is_courtesy(&token.word));
        // "4 for Heat" needs no word for stars.
        let is_for = begins && tokens.get(number.to).is_some_and(|next| matches!(next.word.as_str(), "for" | "para"));
        let ends_clause = number.to == len || reader.sentence.breaks_before(number.to);
        if verb.is_none() && !((number.marked && (ends_clause || begins)) || is_for) {
            continue;
        }
        let Some((title, exact)) = title_beside(reader, from, &number) else { continue };
        if verb.is_none() && !exact && (is_for || number.to < len) {
            continue;
        }
        let rank = (exact && number.half_stars.is_some(), number.marked, exact);
        if best.as_ref().is_none_or(|(known, _, _)| rank > *known) {
            best = Some((rank, number, title));
        }
    }
    match (best, whole) {
        (Some((_, number, title)), Some(longer_title)) if !number.marked && verb == Some(Meaning::Rate) => {
            match number.half_stars.filter(|_| number.to == len) {
                Some(half_stars) => Some(RatingSaid::RatingOrTitle { title, half_stars, longer_title }),
                None => Some(RatingSaid::WithoutStars { title: longer_title }),
            }
        }
        (Some((_, number, title)), _) => {
            // "I gave Fargo a 9 on imdb so I suppose 4.5".
            let later = || numbers(reader, number.to).find(|later| later.marked && later.half_stars.is_some());
            let number =
                Some(number.clone()).filter(|number| number.half_stars.is_some()).or_else(later).unwrap_or(number);
            let said = reader.sentence.typed(number.from, number.to);
            let negative = is_negative(reader, number.from);
            let said = if negative { format!("-{said}") } else { said.to_owned() };
            Some(RatingSaid::Complete { title, said, half_stars: number.half_stars })
        }
        (None, Some(title)) if verb == Some(Meaning::Rate) => Some(RatingSaid::WithoutStars { title }),
        (None, None) if verb == Some(Meaning::Rate) => Some(match reader.title_among_words(from, len) {
            Some(title) => RatingSaid::WithoutStars { title },
            None => {
                let to =
                    numbers(reader, from).next().filter(|number| number.from > from).map_or(len, |number| number.from);
                RatingSaid::UnknownTitle { from, to }
            }
        }),
        // "and tenet 2", where no film is called so.
        (None, None) if goes_on && verb == Some(Meaning::Give) => {
            let number = numbers(reader, from).next().filter(|number| number.to == len && number.from > from)?;
            let is_name = tokens[from..number.from].iter().all(|token| !lexicon::is_known(&token.word));
            (is_name && number.half_stars.is_some()).then_some(RatingSaid::UnknownTitle { from, to: number.from })
        }
        _ => None,
    }
}

/// The place before "for me", "from me", "para mí" at the end.
fn without_from_me(tokens: &[Token]) -> usize {
    let ends = matches!(tokens, [.., before, me] if matches!((before.word.as_str(), me.word.as_str()), ("for" | "from", "me") | ("para", "mi")));
    if ends && tokens.len() > 2 { tokens.len() - 2 } else { tokens.len() }
}

/// "and", "a", "ah bueno, entonces a": words before another film that is rated.
fn begins_another(tokens: &[Token]) -> usize {
    let begins = |word: &str| matches!(word, "and" | "y" | "also" | "tambien" | "a" | "al" | "to" | "for" | "para");
    let says_little = |word: &str| begins(word) || patterns::is_courtesy(word);
    let len = tokens.iter().take_while(|token| says_little(&token.word)).count();
    if tokens[..len].iter().any(|token| begins(&token.word)) { len } else { 0 }
}

/// "Canino le puse un 4 en su día", "Heat i gave a 4 back then".
fn given_in_the_middle(reader: &Reader) -> Option<RatingSaid> {
    let tokens = &reader.sentence.tokens;
    let is_given = |at: &usize| {
        let gives = matches!(
            tokens[at + 1].word.as_str(),
            "puse" | "di" | "doy" | "pongo" | "daria" | "pondria" | "gave" | "give" | "rated" | "gives"
        );
        gives && matches!(tokens[*at].word.as_str(), "le" | "i" | "id")
    };
    let at = (1..tokens.len().saturating_sub(2)).find(is_given)?;
    let said_before = tokens[..at].iter().take_while(|token| matches!(token.word.as_str(), "a" | "al")).count();
    // "a Alien le doy tres" is of "Alien", and "A Ghost Story le doy tres" of no "Ghost Story".
    let (whole, bare) = (exact_title(reader, 0, at), exact_title(reader, said_before, at));
    let is_same = || whole.as_ref().zip(bare.as_ref()).is_some_and(|(one, other)| one.found == other.found);
    let title = if is_same() { bare } else { whole.or(bare) }?;
    let from = at + 2 + usize::from(matches!(tokens[at + 2].word.as_str(), "a" | "an" | "un" | "una"));
    let number = number_at(reader, from).or_else(|| number_in_words(reader, from))?;
    let said = reader.sentence.typed(number.from, number.to).to_owned();
    Some(RatingSaid::Complete { title, said, half_stars: number.half_stars })
}

/// "un cuatro", where it is certain that a rating is told.
fn number_in_words(reader: &Reader, at: usize) -> Option<Number> {
    let value = lexicon::number_word(&reader.sentence.tokens.get(at)?.word)? as f64;
    Some(Number { from: at, to: at + 1, half_stars: HalfStars::from_stars(value).ok(), marked: true })
}

/// The stars at a place where it is certain that a rating is told, and where they end.
#[derive(Clone, Debug)]
pub(crate) struct Stars {
    pub(crate) to: usize,
    /// As typed.
    pub(crate) said: String,
    /// `None` if they are off the scale.
    pub(crate) half_stars: Option<HalfStars>,
    /// They say what they are: "stars", "/10".
    pub(crate) is_marked: bool,
}

/// The stars that begin here.
pub(crate) fn stars_from(reader: &Reader, at: usize) -> Option<Stars> {
    let exactly = number_at(reader, at);
    let is_marked = exactly.as_ref().is_some_and(|number| number.marked);
    let number = exactly.or_else(|| number_in_words(reader, at))?;
    let said = reader.sentence.typed(number.from, number.to).to_owned();
    Some(Stars { to: number.to, said, half_stars: number.half_stars, is_marked })
}

/// The stars at a place where it is certain that a rating is told.
pub(crate) fn stars_at(reader: &Reader, at: usize) -> Option<(String, Option<HalfStars>)> {
    stars_from(reader, at).map(|stars| (stars.said, stars.half_stars))
}

/// The last number of the sentence that says that it is a rating: "five stars", "8/10".
pub(crate) fn marked(reader: &Reader) -> Option<HalfStars> {
    numbers(reader, 0).find(|number| number.marked)?.half_stars
}

/// The verb at the beginning, after "please" and the like, and the place after it.
fn verb(tokens: &[Token]) -> (Option<Meaning>, usize) {
    let mut at = 0;
    for _ in 0..4 {
        let Some((meaning, end)) = lexicon::meanings(tokens, at).next() else { break };
        // A phrase of several meanings is a verb if one of them is.
        let verb = lexicon::meanings(tokens, at)
            .find(|(meaning, other_end)| *other_end == end && matches!(meaning, Meaning::Rate | Meaning::Give));
        if let Some((verb, end)) = verb {
            return (Some(verb), end);
        }
        if !matches!(meaning, Meaning::Filler | Meaning::Tail) {
            break;
        }
        at = end;
    }
    (None, 0)
}

fn exact_title(reader: &Reader, from: usize, to: usize) -> Option<TitleSlot> {
    let (trimmed_from, trimmed_to) = reader.trimmed(from, to);
    [(from, to), (trimmed_from, trimmed_to)].into_iter().find_map(|(from, to)| {
        let found = reader.index.find_as(reader.sentence.tokens.get(from..to)?, Reading::Exact)?;
        Some(TitleSlot { from, to, found })
    })
}

/// The title before or after the number, and whether it is a whole title.
fn title_beside(reader: &Reader, from: usize, number: &Number) -> Option<(TitleSlot, bool)> {
    let tokens = &reader.sentence.tokens;
    let is_link = |at: usize, links: &[&str]| links.contains(&tokens[at].word.as_str());
    let mut before = (from, number.from);
    while before.1 > before.0
        && is_link(
            before.1 - 1,
            &[
                "a", "an", "un", "una", "with", "con", "as", "at", "gets", "is", "to", "solid", "full", "strong",
                "buen", "es", "un", "was", "era", "the", "down", "le", "doy", "pongo", "daria", "pondria", "se",
                "merece", "deserves", "get", "gave", "otro", "another",
            ],
        )
    {
        before.1 -= 1;
    }
    // "a Alien le doy tres".
    let says_giving = before.1 < number.from && is_link(before.1, &["le"]);
    if says_giving && before.1 > before.0 + 1 && is_link(before.0, &["a", "al"]) {
        before.0 += 1;
    }
    let mut after = (number.to, tokens.len());
    while after.0 < after.1 && is_link(after.0, &["to", "for", "para", "al", "a"]) {
        after.0 += 1;
    }
    let beside = [before, after].into_iter().filter(|(from, to)| from < to);
    // "a Gravity un 4 y medio".
    let after_preposition =
        (before.1 > before.0 + 1 && is_link(before.0, &["a", "al"])).then_some((before.0 + 1, before.1));
    // "I'd go with 3.5 for Heat" rates no film called "Go".
    let announced = (after.0 > number.to && after.0 < after.1).then_some(after);
    let spans = announced.into_iter().chain(after_preposition).chain(beside.clone());
    let exact = spans.into_iter().find_map(|(from, to)| exact_title(reader, from, to));
    if let Some(slot) = exact.or_else(|| title_before_remark(reader, after)) {
        return Some((slot, true));
    }
    // "give number 2 a 5" speaks of a place, not of "Jackass Number Two".
    let says_place =
        |(from, to): &(usize, usize)| tokens[*from..*to].iter().any(|token| places::place(&token.word).is_some());
    let beside = beside.filter(|span| !says_place(span));
    beside.rev().find_map(|(from, to)| reader.title_among_words(from, to)).map(|slot| (slot, false))
}

/// "ponle un 2 a la de Titanic y me quedo corto": the longest whole title after which something else begins.
fn title_before_remark(reader: &Reader, (mut from, to): (usize, usize)) -> Option<TitleSlot> {
    let tokens = &reader.sentence.tokens;
    let says = |at: usize, words: &[&str]| {
        tokens[at..].iter().map(|token| token.word.as_str()).take(words.len()).eq(words.iter().copied())
    };
    if from < to && says(from, &["la", "de"]) {
        from += 2;
    }
    let goes_on = |at: &usize| reader.sentence.breaks_before(*at) || cues::is("remarks", &tokens[*at].word);
    (from + 1..to).rev().filter(goes_on).find_map(|to| exact_title(reader, from, to))
}

/// The number that a whole sentence is beside words that carry nothing: "make it 4.5", "mejor un 8/10".
pub(crate) fn number_alone(reader: &Reader) -> Option<(String, Option<HalfStars>)> {
    let tokens = &reader.sentence.tokens;
    let begins = |at: &usize| {
        let is_pronoun = matches!(tokens[*at].word.as_str(), "una" | "uno" | "one");
        !(is_pronoun && (tokens.len() >= 3 || *at > 0)) && !counts_films(tokens, *at)
    };
    // "ponle un cinco de su parte", "me equivoqué, cuatro".
    let gives = tokens.first().is_some_and(|first| cues::is("gives", &first.word))
        || tokens.iter().any(|token| cues::is("corrects_stars", &token.word));
    let nearly = nearly_before_stars(reader);
    let in_words =
        |at| number_in_words(reader, at).filter(|number| (gives || !nearly.is_empty()) && number.half_stars.is_some());
    let number = (0..tokens.len()).filter(begins).find_map(|at| number_at(reader, at).or_else(|| in_words(at)))?;
    let is_nearly = |at: &usize| nearly.contains(at);
    let around = (0..number.from).chain(number.to..tokens.len()).filter(|at| !is_nearly(at)).map(|at| &tokens[at]);
    let said = reader.sentence.typed(number.from, number.to).to_owned();
    let says_nothing =
        |word: &str| cues::is("beside_stars", word) || cues::is("corrects_stars", word) || patterns::is_courtesy(word);
    around.into_iter().all(|token| says_nothing(&token.word)).then_some((said, number.half_stars))
}

/// The words right before stars that say that these are nearly so many: "closer to three and a half", "más bien un 3".
pub(crate) fn nearly_before_stars(reader: &Reader) -> Range<usize> {
    let tokens = &reader.sentence.tokens;
    let found = (0..tokens.len()).find_map(|at| {
        let mut ends = turns::beginnings("nearly_stars", &tokens[at..]).map(|len| at + len);
        ends.find(|end| stars_from(reader, *end).is_some()).map(|end| at..end)
    });
    found.unwrap_or(0..0)
}

/// "the next five", "otras tres", "the best two": so many films, and no stars.
pub(crate) fn counts_films(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).is_some_and(|before| cues::is("counts_on", &tokens[before].word));
    let after = tokens.get(at + 1).is_some_and(|after| cues::is("counts_on", &after.word));
    before || after
}

/// Numbers from token `from`, the last first.
fn numbers<'a>(reader: &'a Reader, from: usize) -> impl Iterator<Item = Number> + 'a {
    let mut found = Vec::new();
    let mut at = from;
    while at < reader.sentence.len() {
        match number_at(reader, at) {
            Some(number) => {
                at = number.to;
                found.push(number);
            }
            None => at += 1,
        }
    }
    found.into_iter().rev().take(MAX_NUMBERS)
}

/// What says half a star without a number.
const HALF_A_STAR: [&[&str]; 4] =
    [&["half", "a", "star"], &["half", "star"], &["media", "estrella"], &["medio", "punto"]];

/// What says five stars without a number.
const FULL: [&[&str]; 8] = [
    &["full", "marks"],
    &["top", "marks"],
    &["maximum", "stars"],
    &["all", "the", "stars"],
    &["maxima", "puntuacion"],
    &["maxima", "nota"],
    &["puntuacion", "maxima"],
    &["todas", "las", "estrellas"],
];

fn number_at(reader: &Reader, at: usize) -> Option<Number> {
    let sentence = reader.sentence;
    let tokens = &sentence.tokens;
    let says = |words: &&&[&str]| {
        tokens[at..].iter().map(|token| token.word.as_str()).take(words.len()).eq(words.iter().copied())
    };
    if let Some(words) = FULL.iter().find(says) {
        return Some(Number { from: at, to: at + words.len(), half_stars: Some(HalfStars::MAX), marked: true });
    }
    if let Some(words) = HALF_A_STAR.iter().find(says) {
        let half_stars = HalfStars::from_stars(0.5).ok();
        return Some(Number { from: at, to: at + words.len(), half_stars, marked: true });
    }
    let word_at = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    // "Heat (1995)".
    if sentence.gap(at).ends_with('(') && tokens.get(at)?.year().is_some() {
        return None;
    }
    // "we've seen it 100 times".
    if cues::is("counted", word_at(at + 1)) {
        return None;
    }
    let in_digits = tokens.get(at)?.number();
    // "una estrella y media".
    let is_one_star = || word_at(at) == "una" && lexicon::after(tokens, at + 1, Meaning::Stars).is_some();
    let in_words = || lexicon::number_word(word_at(at)).or_else(|| is_one_star().then_some(1));
    let mut value = in_digits.or_else(in_words)? as f64;
    let mut to = at + 1;
    // "Origen es un 4".
    let said_so = || at > 1 && matches!((word_at(at - 2), word_at(at - 1)), ("is" | "was", "a") | ("es" | "era", "un"));
    let mut marked = (sentence.gap(at).contains([':', '=']) && at > 0) || (in_digits.is_some() && said_so());
    let decimals = tokens.get(to).filter(|decimals| {
        in_digits.is_some()
            && matches!(sentence.gap(to), "." | ",")
            && decimals.number().is_some()
            && decimals.word.len() <= 3
    });
    if let Some(decimals) = decimals {
        value += decimals.number()? as f64 / 10f64.powi(decimals.word.len() as i32);
        to += 1;
        marked = true;
    }
    if let Some(end) = half_after(tokens, to) {
        (value, to, marked) = (value + 0.5, end, true);
    }
    if let Some(end) = lexicon::after(tokens, to, Meaning::Stars) {
        (to, marked) = (end, true);
        // "tres estrellas y media".
        if let Some(end) = half_after(tokens, to).filter(|_| value.fract() == 0.0) {
            (value, to) = (value + 0.5, end);
        }
    }
    let scale_at = match (sentence.gap(to).trim(), word_at(to), word_at(to + 1)) {
        ("/", _, _) => Some(to),
        (_, "out", "of") => Some(to + 2),
        (_, "sobre" | "de" | "of", _) => Some(to + 1),
        _ => None,
    };
    let scale = scale_at.and_then(|at| {
        let said = tokens.get(at)?;
        let scale = said.number().or_else(|| lexicon::number_word(&said.word));
        Some((scale.filter(|scale| matches!(scale, 5 | 10 | 20 | 100))?, at + 1))
    });
    let mut stars = value;
    if let Some((scale, end)) = scale {
        stars = value * 5.0 / scale as f64;
        (to, marked) = (lexicon::after(tokens, end, Meaning::Stars).unwrap_or(end), true);
    } else if sentence.gap(to).trim_start().starts_with('%') {
        stars = value / 20.0;
        marked = true;
    }
    // A number word is a rating only with stars or at the end: "Seven Samurai" is none.
    let is_given = matches!(word_at(to), "a" | "al" | "to" | "for" | "para");
    if in_digits.is_none() && !marked && to != tokens.len() && !is_given {
        return None;
    }
    let half_stars = HalfStars::from_stars(stars).ok().filter(|_| !is_negative(reader, at));
    Some(Number { from: at, to, half_stars, marked })
}

/// The place after "and a half", "y media".
fn half_after(tokens: &[Token], at: usize) -> Option<usize> {
    let word_at = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    match (word_at(at), word_at(at + 1), word_at(at + 2)) {
        ("and", "a", "half") => Some(at + 3),
        ("y", "media" | "medio", _) => Some(at + 2),
        _ => None,
    }
}

fn is_negative(reader: &Reader, at: usize) -> bool {
    let gap = reader.sentence.gap(at);
    gap.ends_with(['-', '−']) && gap.trim_end_matches(['-', '−']).ends_with(' ') && !gap.ends_with("--")
}
