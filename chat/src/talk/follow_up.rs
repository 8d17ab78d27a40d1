//! What takes up the question or the rating before: a correction, a beginning anew, "make it 5".
//! Never reads a sentence that stands by itself.

use cineswarm_engine::Filters;

use crate::context::Last;
use crate::films::titles::{Reading, TitleIndex, TitleMatch};
use crate::intent::{Intent, Lang, OfItself, Wanted};
use crate::words::fold::{self, Sentence};
use crate::words::{cues, lexicon, patterns, places, turns};
use crate::{Chat, Context, Tweak, ratings};

/// "start over: something like Die Hard", "forget it, give me a comedy": a new question, of which nothing before counts.
pub(crate) fn after_beginning_anew(sentence: &Sentence) -> Option<String> {
    const LONGEST: usize = 6;
    let mut breaks = (1..sentence.len().min(LONGEST)).filter(|at| sentence.breaks_before(*at));
    // "ok, cambiemos: mejor un musical".
    if let Some(at) = breaks.clone().find(|at| is_new_wish(&sentence.tokens[..*at])) {
        return Some(sentence.typed(at, sentence.len()).to_owned());
    }
    let at = breaks.next()?;
    let first = Sentence::new(sentence.typed(0, at));
    let begins_anew = patterns::fitting(&first).any(|fitting| {
        let forgets = matches!(
            first.tokens[0].word.as_str(),
            "forget"
                | "olvida"
                | "olvidalo"
                | "olvidate"
                | "nevermind"
                | "never"
                | "nvm"
                | "scrap"
                | "strike"
                | "ignore"
        );
        fitting.film.is_none() && (fitting.kind.0 == "restart" || (fitting.kind.0 == "undo" && forgets))
    });
    let rest = sentence.typed(at, sentence.len());
    let said = Sentence::new(rest);
    // "oops, undo" is one order, as "forget it, start over" is.
    let says_more = patterns::fitting(&said).all(|fitting| fitting.film.is_some() || fitting.kind.0 == "restart");
    (begins_anew && says_more).then(|| rest.to_owned())
}

/// "let's change", whatever polite word stands before.
fn is_new_wish(said: &[fold::Token]) -> bool {
    let from = said.iter().take_while(|token| patterns::is_courtesy(&token.word)).count();
    (0..=from).any(|from| turns::is("new_wish", &said[from..]))
}

/// "sorry, I meant horror": what was meant.
pub(crate) fn after_correction(sentence: &Sentence) -> Option<String> {
    const BEGINNINGS: [&[&str]; 14] = [
        &["scratch", "that"],
        &["i", "meant"],
        &["meant"],
        &["i", "mean"],
        &["i", "was", "thinking", "of"],
        &["queria", "decir"],
        &["quise", "decir"],
        &["me", "referia", "a"],
        &["digo"],
        &["o", "sea"],
        &["correction"],
        &["make", "that"],
        &["quiero", "decir"],
        &["rather"],
    ];
    const BEFORE: [&str; 8] = ["sorry", "no", "perdon", "perdona", "oops", "ups", "wait", "espera"];
    let words: Vec<&str> = sentence.tokens.iter().map(|token| token.word.as_str()).collect();
    let from = words.iter().take_while(|word| BEFORE.contains(word)).count();
    let begun = BEGINNINGS.iter().find(|beginning| words[from..].starts_with(beginning))?;
    let at = from + begun.len();
    // "make that 5" of a rating, "make that the second": what follows is a wish of its own.
    let is_told = from > 0 || !matches!(begun[0], "make" | "rather" | "digo" | "o");
    (is_told && at < words.len()).then(|| sentence.typed(at, sentence.len()).to_owned())
}

/// "and Aliens?", "y la segunda?" after a question about a film: the same question of the other film, in full.
pub(crate) fn asked_of_another(sentence: &Sentence, index: &TitleIndex, context: &Context<'_>) -> Option<String> {
    const BEGINNINGS: [(&[&str], Lang); 8] = [
        (&["and", "what", "about"], Lang::En),
        (&["and", "how", "about"], Lang::En),
        (&["what", "about"], Lang::En),
        (&["how", "about"], Lang::En),
        (&["and"], Lang::En),
        (&["y", "que", "tal"], Lang::Es),
        (&["y", "que", "hay", "de"], Lang::Es),
        (&["y"], Lang::Es),
    ];
    const BEFORE_IT: [&str; 6] = ["in", "of", "for", "en", "de", "a"];
    let wanted = match context.last {
        Last::Asked(wanted) | Last::AskedOf(wanted, _) => wanted,
        Last::Rating if sentence.text.contains(['?', '¿']) => Wanted::MyRating,
        _ => return None,
    };
    let tokens = &sentence.tokens;
    let begins =
        |words: &[&str]| tokens.iter().map(|token| token.word.as_str()).take(words.len()).eq(words.iter().copied());
    // "5?" after "what is number 4 about".
    let is_asked = sentence.text.contains(['?', '¿']);
    let bare =
        || (is_asked && context.options.is_empty() && places::read(tokens).is_some()).then_some((&[][..], Lang::En));
    let (beginning, lang) = BEGINNINGS.into_iter().find(|(words, _)| begins(words)).or_else(bare)?;
    let mut from = beginning.len();
    while tokens.get(from).is_some_and(|token| BEFORE_IT.contains(&token.word.as_str())) {
        from += 1;
    }
    let rest = tokens.get(from..)?;
    let is_place =
        places::read(rest).is_some_and(|places| places.of(context.shown).is_some_and(|films| films.len() == 1));
    let is_title = matches!(index.find_as(rest, Reading::Exact), Some(TitleMatch::One(_) | TitleMatch::Several(_)));
    // "and horror?" asks for films of that kind, whatever film is called so.
    let is_kind = lexicon::meanings(rest, 0)
        .any(|(meaning, next)| next == rest.len() && matches!(meaning, lexicon::Meaning::Genres(_)));
    if rest.is_empty() || !(is_place || (is_title && !is_kind)) {
        return None;
    }
    question(wanted, lang, sentence.typed(from, tokens.len()))
}

/// A question in full that asks this of a film.
pub(crate) fn question(wanted: Wanted, lang: Lang, film: &str) -> Option<String> {
    let lines = include_str!("../../data/again.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut questions =
        lines.filter_map(|line| line.split_once('\t').and_then(|(tag, line)| Some((tag, line.split_once('\t')?))));
    let (_, (_, question)) =
        questions.find(|(tag, (name, _))| Lang::from_tag(tag) == lang && Wanted::from_name(name) == Some(wanted))?;
    Some(question.replace('*', film))
}

impl Chat<'_> {
    /// "4.5" where stars were asked for, "make it 5" after a rating.
    pub(crate) fn stars_alone(&self) -> Option<Intent> {
        let gives = || {
            let said = |token: &fold::Token| {
                matches!(
                    token.word.as_str(),
                    "give"
                        | "rate"
                        | "ponle"
                        | "le"
                        | "dale"
                        | "puntuala"
                        | "id"
                        | "venga"
                        | "pon"
                        | "pongo"
                        | "un"
                        | "sube"
                        | "subele"
                        | "subela"
                        | "subelo"
                        | "baja"
                        | "bajale"
                        | "bajala"
                        | "bajalo"
                        | "raise"
                        | "lower"
                        | "mine"
                        | "yes"
                        | "yeah"
                        | "si"
                )
            };
            self.reader.sentence.tokens.iter().any(said) || self.says_stars()
        };
        // "le doy un 5" of the only film that a list is like.
        let is_only = self.context.like.len() == 1 && self.context.like.first() == self.context.about.as_ref();
        let is_spoken_of = |last| {
            last == Last::Rating
                || ((matches!(last, Last::Film | Last::Asked(_) | Last::AskedOf(..) | Last::Marked(_)) || is_only)
                    && gives())
        };
        let tokens = &self.reader.sentence.tokens;
        // A film that is not known here, or somebody's stars.
        if (0..tokens.len()).any(|at| self.is_film_by_its_place(at)) || self.may_be_somebodys_stars() {
            return (self.context.last == Last::Rating).then_some(Intent::WhichOne);
        }
        let corrects = self.corrects_stars(0, tokens.len()) || !ratings::nearly_before_stars(&self.reader).is_empty();
        let Some(movie) = self.context.about.filter(|_| is_spoken_of(self.context.last)) else {
            // "me equivoqué, cuatro", and no film was said.
            let is_mistake = tokens.iter().any(|token| token.word.starts_with("equivo") || token.word == "confundi");
            let is_rating = is_mistake && corrects && ratings::number_alone(&self.reader).is_some();
            return (is_rating && self.context.options.is_empty()).then_some(Intent::WhichOne);
        };
        // "la primera es un 5" is of that one.
        // "esa última bájala a 3" is of the one that was rated last.
        let points =
            |at: usize| at > 0 && matches!(tokens[at - 1].word.as_str(), "that" | "esa" | "ese" | "this" | "esta");
        let is_last = |at: usize| points(at) && places::place(&tokens[at].word) == Some(0);
        let is_ordinal = |at: usize| {
            let token = &tokens[at];
            token.number().is_none()
                && token.canonical.parse::<u64>().is_err()
                // "me equivoqué, cuatro", and not "la primera".
                && !(corrects && at > 0 && !fold::is_article(&tokens[at - 1].word) && lexicon::number_word(&token.word).is_some())
                && places::place(&token.word).is_some()
                && !(is_last(at) && self.context.last == Last::Rating)
        };
        if (0..tokens.len()).any(is_ordinal) {
            return None;
        }
        let (said, half_stars) = ratings::number_alone(&self.reader)?;
        let asks_whether = self.reader.sentence.text.contains(['?', '¿'])
            && tokens.iter().any(|token| cues::is("may_one", &token.word));
        Some(match half_stars {
            // "can I give it 4.5?"
            Some(_) if asks_whether => Intent::OfItself(OfItself::HowToRate),
            Some(half_stars) => Intent::Rate { movie, half_stars },
            None => Intent::RateOffScale { movie, said },
        })
    }

    /// "me equivoqué, cuatro" after a rating.
    pub(crate) fn stars_corrected(&self) -> Option<Intent> {
        let corrects = self.corrects_stars(0, self.reader.sentence.len())
            || !ratings::nearly_before_stars(&self.reader).is_empty();
        let rated = (corrects && self.context.last == Last::Rating).then(|| self.stars_alone()).flatten();
        rated.filter(|intent| matches!(intent, Intent::Rate { .. }))
    }

    /// "the 1995 one": the film of that year among those shown, or the one that was meant instead of its namesake.
    pub(crate) fn film_of_that_year(&self) -> Option<Intent> {
        const AROUND: [&str; 16] = [
            "the", "one", "from", "of", "in", "la", "el", "de", "del", "film", "movie", "version", "peli", "pelicula",
            "a", "mean",
        ];
        const POINTS: [&str; 8] = ["one", "la", "el", "film", "movie", "version", "peli", "pelicula"];
        let tokens = &self.reader.sentence.tokens;
        let says = |words: &[&str], token: &fold::Token| words.contains(&token.word.as_str());
        let mut years = tokens.iter().filter_map(fold::Token::year);
        let (Some(year), None) = (years.next(), years.next()) else { return None };
        let is_plain = tokens.iter().all(|token| token.year().is_some() || says(&AROUND, token));
        if !is_plain || !tokens.iter().any(|token| says(&POINTS, token)) {
            return None;
        }
        let of_year = |movie: &&cineswarm_engine::MovieId| {
            self.catalogue.get(**movie).is_some_and(|movie| movie.year == Some(year))
        };
        if let [only] = self.context.like
            && let Some(known) = self.catalogue.get(*only)
            && let Some(meant) =
                self.catalogue.movies().iter().find(|movie| movie.year == Some(year) && movie.title == known.title)
        {
            return Some(Intent::LikeInstead { movies: vec![meant.id] });
        }
        // "rate Gladiator", "the 1992 one".
        let namesakes = self.context.about.filter(|_| self.context.last == Last::Rating);
        let namesakes = namesakes.map(|movie| self.reader.index.namesakes(movie)).unwrap_or_default();
        if namesakes.len() > 1
            && let Some(meant) = namesakes.iter().find(of_year)
        {
            return Some(self.how_many_stars(*meant));
        }
        let shown: Vec<_> = self.context.shown.iter().filter(of_year).copied().collect();
        match shown[..] {
            [] => None,
            [movie] => Some(Intent::About { wanted: Wanted::Plot, movie }),
            _ => Some(Intent::Refine {
                filters: Filters { year_from: Some(year), year_to: Some(year), ..Filters::default() },
                tweak: Tweak::None,
                shift: None,
            }),
        }
    }
}
