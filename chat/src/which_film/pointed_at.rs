//! Which film of several of a name is meant: "the peter jackson one", "la antigua", "carpenter's", "and the other one?",
//! "not the American one, the original". The several are the choices of an open question, or the namesakes of the film that
//! is spoken of. The words that point at it give way to its title and year, and the sentence is read again; one that says
//! no more than which it is goes on with what was said before.

use cineswarm_engine::MovieId;

use crate::context::Last;
use crate::films::titles::TitleMatch;
use crate::intent::{Intent, Question, Understood, Wanted};
use crate::which_film::choosing;
use crate::which_film::told_apart::{Pointed, is_somebody_of, told_of};
use crate::whole::says;
use crate::words::fold::{Sentence, Token, tokenize, without_article};
use crate::words::which::{is_film_word, is_possessive, phrase_at, says_only};
use crate::words::years::{self, YearBound};
use crate::words::{language, patterns, places, plainly};
use crate::{ClarifyOption, Context, Setting, replies};

/// Words of a sentence, and what they point at.
struct Span {
    from: usize,
    to: usize,
    pointed: Pointed,
    is_denied: bool,
}

/// The films that may be meant.
struct Several<'a> {
    setting: Setting<'a>,
    films: Vec<MovieId>,
    options: Vec<ClarifyOption>,
    /// The films of its series, of which only somebody who is in one tells which is meant.
    series: Vec<MovieId>,
    /// The one that was taken or spoken of.
    current: Option<MovieId>,
}

/// What the sentence says of the film of several that it points at.
pub(crate) fn said_of_one(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    const MOST_WORDS: usize = 20;
    let may_point = |at: usize| points(&sentence.tokens[at].word) || is_possessive(sentence, at);
    // "the Tim Burton ones" are several, and "which is the oldest?" asks.
    let says_other = |token: &Token| token.word == "ones" || matches!(token.word.as_str(), "which" | "cual" | "cuales");
    let is_short = sentence.len() <= MOST_WORDS;
    // "Winona Ryder" answers "which one do you mean?", and is a wish of its own elsewhere.
    let is_asked = !setting.context.options.is_empty();
    if !is_short || !(is_asked || (0..sentence.len()).any(may_point)) {
        return None;
    }
    // "the Sinatra one's worth a 3".
    if let Some(spelt_out) = with_is_spelt_out(sentence) {
        return said_of_one(&spelt_out, setting);
    }
    if sentence.tokens.iter().any(says_other) {
        return which_of_options(sentence, setting);
    }
    let several = Several::new(setting)?;
    // "The Mummy (1932)" points at nothing: it is told.
    let is_told = several.options.iter().any(|option| sentence.text.contains(&option.label));
    if is_told { None } else { several.read(sentence) }
}

/// "neither, the fifties one" of The Thing: a film whose title begins so and that was not offered, from `from` on; none, where
/// a year is told and there is no such film.
pub(crate) fn another_of_the_name(sentence: &Sentence, from: usize, setting: Setting<'_>) -> Option<Understood> {
    let several = Several::new(setting)?;
    let said = &sentence.tokens[from..];
    let is_told = |token: &Token| {
        points(&token.word) || is_film_word(&token.word) || matches!(token.word.as_str(), "from" | "de" | "del" | "los")
    };
    let first = said.iter().position(|token| !is_told(token))?;
    let (bound, end) = years::bound(said, first, 2000, true)?;
    if !said[end..].iter().all(is_told) {
        return None;
    }
    let known = several.current.or(several.films.first().copied())?;
    let title = tokenize(&setting.catalogue.get(known)?.title);
    let mut films = setting.index.named_so(&title);
    films.extend(setting.index.named_so(without_article(&title)));
    films.retain(|film| several.current.is_some_and(|own| own != *film) || !several.films.contains(film));
    films.sort_unstable();
    films.dedup();
    let of_year = |film: &MovieId| {
        let year = setting.catalogue.get(*film).and_then(|film| film.year)?;
        let fits = match bound {
            YearBound::Within(from, to) => (from..=to).contains(&year),
            YearBound::From(from) => year >= from,
            YearBound::To(to) => year <= to,
        };
        fits.then(|| several.label(*film)).flatten()
    };
    let mut found = films.iter().filter_map(of_year);
    let found = found.next().filter(|_| found.next().is_none());
    Some(match found {
        Some(label) => setting.after(&Context::default()).understand(&label),
        None => says(sentence, Intent::Declined),
    })
}

/// "the Sinatra one gets a 3" for "the Sinatra one's worth a 3".
pub(super) fn with_is_spelt_out(sentence: &Sentence) -> Option<Sentence> {
    let text = &sentence.text;
    let text = text.replace('’', "'");
    let spelt = text.replace("one's worth ", "one gets ").replace("one's ", "one ");
    (spelt != *text).then(|| Sentence::new(&spelt))
}

/// "¿cuál es la más viejita?" of the films that were named in a question back.
fn which_of_options(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let several = Several::new(setting).filter(|several| several.current.is_none())?;
    let asks = |token: &Token| {
        matches!(token.word.as_str(), "which" | "cual" | "cuales" | "one" | "ones" | "is" | "was" | "es" | "era")
    };
    let first = sentence.tokens.iter().find(|token| !patterns::is_courtesy(&token.word))?;
    let from = sentence.tokens.iter().position(|token| !(asks(token) || patterns::is_courtesy(&token.word)))?;
    let told = told_of(&several.films, &sentence.tokens[from..], setting).filter(|_| asks(first))?;
    let Pointed::Film(movie) = told else { return None };
    Some(says(sentence, Intent::About { wanted: Wanted::Year, movie }))
}

pub(super) fn points(word: &str) -> bool {
    matches!(word, "the" | "la" | "el" | "al" | "that" | "esa" | "ese")
}

impl<'a> Several<'a> {
    fn new(setting: Setting<'a>) -> Option<Several<'a>> {
        let Setting { index, catalogue, context, .. } = setting;
        let film_of = |option: &ClarifyOption| match index.find(&option.label) {
            TitleMatch::One(movie) if option.label.ends_with(')') => Some(movie),
            _ => None,
        };
        let asked: Option<Vec<MovieId>> = context.options.iter().map(film_of).collect();
        if let Some(films) = asked.filter(|films| !films.is_empty()) {
            let (series, options) = (Vec::new(), context.options.to_vec());
            return Some(Several { setting, films, options, series, current: None });
        }
        let only = context.like.first().copied().filter(|_| context.like.len() == 1);
        // A series that was told speaks of its first film.
        let of_series = || context.about.filter(|_| context.like.is_empty());
        let current = context.about.filter(|_| !context.last.is_list()).or(only).or_else(of_series)?;
        let films = index.versions(current);
        let series = index.series_of(current).iter().flat_map(|movie| index.namesakes(*movie)).collect();
        let options = films.iter().filter_map(|movie| replies::film_option(*movie, catalogue)).collect();
        Some(Several { setting, films, options, series, current: Some(current) })
    }

    fn read(&self, sentence: &Sentence) -> Option<Understood> {
        let spans = self.spans(sentence);
        // "era para la otra, la vieja": the other one is told twice.
        let is_told = spans.iter().any(|span| !span.is_denied && matches!(span.pointed, Pointed::Film(_)));
        let says_again = |span: &Span| is_told && span.pointed == Pointed::Other;
        let mut chosen = spans.iter().filter(|span| !span.is_denied && !says_again(span));
        let (span, pointed) = match (chosen.next(), chosen.next()) {
            (Some(span), None) => (span, span.pointed),
            // "not the American one" of two.
            (None, _) => match (&spans[..], &self.films[..]) {
                ([span], [one, other]) => {
                    let film = if span.pointed == Pointed::Film(*one) { *other } else { *one };
                    (span, Pointed::Film(film))
                }
                _ => return None,
            },
            (Some(one), Some(other)) if one.pointed == other.pointed => (other, other.pointed),
            (Some(one), Some(other)) => return self.compared(one, other, sentence),
        };
        let left: Vec<Token> = (0..sentence.len())
            .filter(|at| {
                let is_told = |span: &Span| span.pointed == pointed || span.pointed == Pointed::Other;
                let told = |span: &&Span| !span.is_denied && is_told(span) && (span.from..span.to).contains(at);
                !(span.from..span.to).contains(at) && !spans.iter().any(|span| told(&span)) && !is_denied(sentence, *at)
            })
            .map(|at| sentence.tokens[at].clone())
            .collect();
        let is_all = says_only(&left, &["beside"]);
        let language = language::language(&sentence.text, sentence.tokens.iter());
        let film = match pointed {
            Pointed::Film(film) => film,
            Pointed::Other => match self.others()[..] {
                [film] => film,
                ref others if is_all && others.len() > 1 => return Some(says(sentence, self.which(sentence, others))),
                _ => return None,
            },
        };
        if let Some(intent) = self.judged(film, span, &left, sentence) {
            return Some(Understood { language, ..says(sentence, intent) });
        }
        if is_all {
            return Some(Understood { language, ..self.goes_on_with(film, sentence) });
        }
        if let Some(said) = self.said_of(film, span, sentence) {
            return Some(Understood { language, ..said });
        }
        // "nah too long. what about the oldest": what stands in a sentence beside it is why.
        let parts = plainly::sentences(sentence);
        let tells = |part: &String| {
            let part = Sentence::new(part);
            let spans = self.spans(&part);
            let [own] = &spans[..] else { return false };
            let mut left = part.tokens.clone();
            left.drain(own.from..own.to);
            own.pointed == pointed && says_only(&left, &["beside"])
        };
        let told = parts.iter().position(tells)?;
        let ignored = parts.iter().enumerate().filter(|(at, _)| *at != told).map(|(_, part)| part.clone()).collect();
        Some(Understood { language, ignored, ..self.goes_on_with(film, sentence) })
    }

    /// "is the remake better than the original?", "5 for the old one, 3 for the new": both with their titles.
    fn compared(&self, one: &Span, other: &Span, sentence: &Sentence) -> Option<Understood> {
        let label = |span: &Span| match span.pointed {
            Pointed::Film(film) => self.label(film),
            Pointed::Other => None,
        };
        let ((start, end), (from, to)) =
            (sentence.byte_range(one.from, one.to), sentence.byte_range(other.from, other.to));
        let text = &sentence.text;
        let named = format!("{}{}{}{}{}", &text[..start], label(one)?, &text[end..from], label(other)?, &text[to..]);
        let read = self.setting.after(&self.setting.without_options()).understand(&named);
        matches!(read.intent, Intent::Compare { .. } | Intent::RateSeveral { .. }).then_some(read)
    }

    /// The films that are not spoken of, where the sentence can mean those.
    fn others(&self) -> Vec<MovieId> {
        let Setting { context, .. } = self.setting;
        // A film of the list is one of the list, whatever else is called so.
        let is_of_list = |movie: &MovieId| context.shown.contains(movie) && !context.like.contains(movie);
        let Some(current) = self.current.filter(|current| !is_of_list(current)) else { return Vec::new() };
        self.films.iter().copied().filter(|movie| *movie != current).collect()
    }

    /// Which of them, asked back; each choice asks what was asked before.
    fn which(&self, sentence: &Sentence, films: &[MovieId]) -> Intent {
        let options = films.iter().filter_map(|film| {
            let label = self.label(*film)?;
            let text = match self.setting.context.last {
                Last::Asked(wanted) | Last::AskedOf(wanted, _) => {
                    crate::talk::follow_up::question(wanted, self.setting.lang, &label)
                }
                _ => None,
            };
            Some(ClarifyOption { text: text.unwrap_or_else(|| label.clone()), label })
        });
        let about = sentence.text.trim().to_owned();
        Intent::Clarify { question: Question::WhichFilm, about, film: None, options: options.collect() }
    }

    fn label(&self, film: MovieId) -> Option<String> {
        self.setting.catalogue.get(film).map(replies::film_name)
    }

    /// "is the remake better?" than the one spoken of; "y la del 98 ¿qué tal?", whatever was asked before.
    fn judged(&self, film: MovieId, span: &Span, left: &[Token], sentence: &Sentence) -> Option<Intent> {
        let after = &sentence.tokens[span.to..];
        if !after.is_empty() && says_only(after, &["good"]) && says_only(&sentence.tokens[..span.from], &["beside"]) {
            return Some(Intent::About { wanted: Wanted::Opinion, movie: film });
        }
        let first = sentence.tokens.iter().find(|token| !patterns::is_courtesy(&token.word))?;
        let asks = matches!(first.word.as_str(), "is" | "was" | "es" | "era" | "sera");
        let other = match self.current? {
            current if current != film => current,
            _ => *self.films.iter().find(|other| **other != film).filter(|_| self.films.len() == 2)?,
        };
        let holds_against = (0..left.len()).any(|at| phrase_at(left, at, left.len(), &["better"]).is_some());
        (asks && holds_against && says_only(left, &["better", "beside"]))
            .then(|| Intent::Compare { wanted: Wanted::Opinion, movies: vec![film, other] })
    }

    /// What was said before, of this film.
    fn goes_on_with(&self, film: MovieId, sentence: &Sentence) -> Understood {
        let Context { about, last, stars, goes_on, .. } = *self.setting.context;
        let settled = self.setting.without_options();
        if self.current.is_none() {
            let option = self.options.iter().zip(&self.films).find(|(_, own)| **own == film);
            let text = option.map_or(sentence.text.as_str(), |(option, _)| option.text.as_str());
            return self.setting.after(&settled).understand(text);
        }
        let label = self.label(film).unwrap_or_default();
        match last {
            Last::Asked(wanted) | Last::AskedOf(wanted, _) => says(sentence, Intent::About { wanted, movie: film }),
            Last::Rating if let (Some(of), Some(half_stars)) = (about.filter(|of| *of != film), stars) => {
                says(sentence, Intent::RateInstead { movie: film, half_stars, of })
            }
            // It is the one that was rated.
            Last::Rating if about == Some(film) && stars.is_some() => {
                says(sentence, Intent::About { wanted: Wanted::MyRating, movie: film })
            }
            // Stars were asked for.
            Last::Rating if stars.is_none() => self.setting.after(&settled).understand(&format!("rate {label}")),
            _ if goes_on => says(sentence, Intent::LikeInstead { movies: vec![film] }),
            // Read for itself: after what was said before "The Mummy (1999)" would point at that film again.
            _ => self.setting.after(&Context::default()).understand(&label),
        }
    }

    /// What the rest of the sentence says of the film.
    fn said_of(&self, film: MovieId, span: &Span, sentence: &Sentence) -> Option<Understood> {
        let label = self.label(film)?;
        let about = [film];
        let settled = Context { about: Some(film), last: Last::Film, options: &[], ..*self.setting.context };
        let alone = Context { shown: &about, like: &about, ..settled };
        let (start, end) = sentence.byte_range(span.from, span.to);
        let (before, after) = (&sentence.text[..start], &sentence.text[end..]);
        let is_of_film = |said: &Understood| match &said.intent {
            Intent::Rate { movie, .. }
            | Intent::RateInstead { movie, .. }
            | Intent::RateOffScale { movie, .. }
            | Intent::Unrate { movie }
            | Intent::Why { movie }
            | Intent::AboutBoth { movie, .. }
            | Intent::IsBy { movie, .. }
            | Intent::Tagged { movie, .. }
            | Intent::Chosen { movie } => *movie == film,
            Intent::About { movie, wanted } => *movie == film && *wanted != Wanted::Other,
            Intent::Mark { movies, .. } | Intent::Like { movies, .. } => movies[..] == about,
            Intent::Clarify { film: of, .. } => *of == Some(film),
            _ => false,
        };
        let named = self.setting.after(&settled).understand(&format!("{before}{label}{after}"));
        if is_of_film(&named) && (named.ignored.is_empty() || !matches!(named.intent, Intent::Like { .. })) {
            return Some(named);
        }
        // "the original, put it on my seen list": the rest speaks of it; "and the original 5" rates it, too.
        let rest = format!("{} {}", before.trim_end(), after.trim_start_matches([',', ';', '.', ':', ' ']));
        let words = tokenize(&rest);
        let begins = words.iter().find(|token| !patterns::is_courtesy(&token.word)).map_or(0, |token| token.start);
        let says = |last| self.setting.after(&Context { last, ..alone }).understand(&rest[begins..]);
        let is_said = |said: &Understood| is_of_film(said) && !matches!(said.intent, Intent::Like { .. });
        let is_rated = words.iter().any(|token| token.number().is_some());
        let rated = || is_rated.then(|| says(Last::Rating)).filter(is_said);
        Some(says(Last::Film)).filter(is_said).or_else(rated)
    }

    /// The words that point at one of them.
    fn spans(&self, sentence: &Sentence) -> Vec<Span> {
        const LONGEST: usize = 8;
        let count = sentence.len();
        let mut spans = Vec::new();
        let mut at = 0;
        while at < count {
            let end = (at + 1..count).find(|end| sentence.breaks_before(*end)).unwrap_or(count);
            let begins = (0..at).rev().find(|begin| sentence.breaks_before(begin + 1)).map_or(0, |begin| begin + 1);
            let begins_clause = says_only(&sentence.tokens[begins..at], &["beside"]);
            let is_somebodys = begins_clause && (at..end.min(at + 3)).any(|at| is_possessive(sentence, at));
            let ends = (at + 1..=end.min(at + LONGEST)).rev();
            let read = |to: usize| {
                // "la antigua la he visto": the second article is no part of it.
                let last = &sentence.tokens[to - 1].word;
                if at + 1 < to && phrase_at(&sentence.tokens, to - 1, to, &["around"]).is_some() && !is_film_word(last)
                {
                    return None;
                }
                let is_clause = begins_clause && says_only(&sentence.tokens[to..end], &["beside"]);
                let typed = || Sentence::new(sentence.typed(at, to));
                let told = self
                    .told(&sentence.tokens[at..to])
                    .filter(|_| points(&sentence.tokens[at].word) || (is_possessive(sentence, to - 1) || to == end));
                told.or_else(|| if is_clause { self.chosen(&typed()) } else { None })
            };
            let is_bare = || self.current.is_none() && begins_clause;
            let found = if points(&sentence.tokens[at].word) || is_somebodys {
                ends.into_iter().find_map(|to| read(to).map(|pointed| (to, pointed)))
            } else if is_bare() {
                let told = self.told(&sentence.tokens[at..end]);
                let is_named = |film| is_somebody_of(film, &sentence.tokens[at..end], self.setting);
                told.filter(|told| matches!(told, Pointed::Film(film) if is_named(*film))).map(|told| (end, told))
            } else {
                None
            };
            let Some((to, pointed)) = found else {
                at += 1;
                continue;
            };
            let is_single =
                self.films.len() < 2 && !matches!(pointed, Pointed::Film(film) if !self.films.contains(&film));
            let is_denied = is_denied(sentence, at);
            // Of a film without a namesake only "the French one, not that with De Niro" speaks.
            if !is_single || (!is_denied && (0..count).any(|at| self::is_denied(sentence, at))) {
                spans.push(Span { from: at, to, pointed, is_denied });
            }
            at = to;
        }
        spans
    }

    /// The one that a clause tells by its genre, country, tag and the like.
    fn chosen(&self, clause: &Sentence) -> Option<Pointed> {
        let Setting { index, catalogue, .. } = self.setting;
        let says_place = |token: &Token| token.word != "one" && places::place(&token.word).is_some();
        // "the second one" is of the list, and "the remake I've already seen" says more than which.
        let says_more = |at: usize| phrase_at(&clause.tokens, at, clause.len(), &["says_more"]).is_some();
        let is_of_list = self.current.is_some() && clause.tokens.iter().any(says_place);
        if is_of_list || (0..clause.len()).any(says_more) {
            return None;
        }
        let option = choosing::choice(clause, &self.options, index, catalogue)?;
        let at = self.options.iter().position(|own| own == option)?;
        self.films.get(at).copied().map(Pointed::Film)
    }

    /// The one that these words tell by who made it, its year, or its place among them in time; every word must tell.
    fn told(&self, tokens: &[Token]) -> Option<Pointed> {
        let told = |films: &[MovieId]| told_of(films, tokens, self.setting);
        // "the Sinatra one" of the films of a series, "la de Herzog" of those whose title begins so; "the new one" may be any.
        let told_by_name = |films: &[MovieId]| match told(films) {
            Some(Pointed::Film(film)) if is_somebody_of(film, tokens, self.setting) => Some(Pointed::Film(film)),
            _ => None,
        };
        let begins_so = || {
            let film = self.setting.catalogue.get(self.current?)?;
            told_by_name(&self.setting.index.named_so(&tokenize(&film.title)))
        };
        told(&self.films).or_else(|| told_by_name(&self.series)).or_else(begins_so)
    }
}

/// Whether the word stands in a clause that says which film is not meant: "no la de Al Capone".
fn is_denied(sentence: &Sentence, at: usize) -> bool {
    let begins = (1..=at).rev().find(|at| sentence.breaks_before(*at)).unwrap_or(0);
    let words = &sentence.tokens[begins..=at];
    let denies = |pair: &[Token]| matches!(pair[0].word.as_str(), "no" | "not" | "ni") && points(&pair[1].word);
    let before = words.len() < 2 || !words.windows(2).any(denies);
    let follows = sentence.tokens.get(at..at + 2).is_some_and(denies) && !sentence.breaks_before(at + 1);
    !before || follows
}
