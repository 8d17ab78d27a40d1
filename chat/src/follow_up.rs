//! What takes up the question or the rating before: a choice of an open question, "make it 5".
//! Never reads a sentence that stands by itself.

use cineswarm_engine::{Catalogue, Filters, MovieId};

use crate::fold::{self, Sentence, without_article};
use crate::intent::{Intent, Lang, Last, Wanted};
use crate::titles::{Reading, TitleIndex, TitleMatch};
use crate::{Chat, ClarifyOption, Context, Tweak, choosing, lexicon, patterns, places, ratings};

/// Words around what tells a choice from the others.
const AROUND: [&str; 36] = [
    "the",
    "one",
    "number",
    "option",
    "la",
    "el",
    "numero",
    "opcion",
    "stars",
    "star",
    "estrellas",
    "estrella",
    "a",
    "un",
    "una",
    "give",
    "it",
    "ponle",
    "le",
    "doy",
    "from",
    "of",
    "de",
    "del",
    "film",
    "movie",
    "peli",
    "pelicula",
    "please",
    "porfa",
    "i",
    "mean",
    "version",
    "esa",
    "mas",
    "most",
];

/// The choice of an open question that the sentence takes, however it is told.
pub(crate) fn choice<'o>(
    sentence: &Sentence,
    options: &'o [ClarifyOption],
    index: &TitleIndex,
    catalogue: &Catalogue,
) -> Option<&'o ClarifyOption> {
    chosen(sentence, options)
        .or_else(|| chosen(&choosing::without_count(sentence)?, options))
        .or_else(|| chosen_by_person(sentence, options, index))
        .or_else(|| chosen_by_genre(sentence, options, index, catalogue))
        .or_else(|| chosen_by_tag(sentence, options, index))
        .or_else(|| choosing::by_conditions(sentence, options, index, catalogue))
}

/// Whether the word tells no choice from the others.
pub(crate) fn is_around(word: &str) -> bool {
    AROUND.contains(&word)
}

/// The only one there is.
fn only<'o>(mut fitting: impl Iterator<Item = &'o ClarifyOption>) -> Option<&'o ClarifyOption> {
    fitting.next().filter(|_| fitting.next().is_none())
}

/// The only choice whose film is such.
pub(crate) fn only_film<'o>(
    options: &'o [ClarifyOption],
    index: &TitleIndex,
    is_such: impl Fn(MovieId) -> bool,
) -> Option<&'o ClarifyOption> {
    only(options.iter().filter(|option| matches!(index.find(&option.label), TitleMatch::One(movie) if is_such(movie))))
}

/// The choice of an open question that the sentence takes: by its place, its year, its stars or its words.
fn chosen<'o>(sentence: &Sentence, options: &'o [ClarifyOption]) -> Option<&'o ClarifyOption> {
    const YES: [&str; 14] = [
        "yes", "yep", "yeah", "yup", "sure", "right", "correct", "exactly", "si", "claro", "correcto", "exacto", "eso",
        "ese",
    ];
    if options.is_empty() || sentence.len() > 12 {
        return None;
    }
    let says = |text: &str| fold::key(without_article(&fold::tokenize(text)));
    let said = fold::key(without_article(&sentence.tokens));
    if let Some(option) = options.iter().find(|option| says(&option.label) == said) {
        return Some(option);
    }
    if let [only] = options
        && sentence.len() <= 4
        && sentence.tokens.first().is_some_and(|first| YES.contains(&first.word.as_str()))
    {
        return Some(only);
    }
    let is_telling = |word: &str| !AROUND.contains(&word) && !matches!(word, "mas" | "most" | "more");
    let telling: Vec<&fold::Token> = sentence.tokens.iter().filter(|token| is_telling(&token.word)).collect();
    // "Kim Novak", "Novak" of people, whose labels end in no year.
    let is_said = |option: &&ClarifyOption| {
        let name = fold::tokenize(&option.label);
        let says = |word: &fold::Token| name.iter().any(|own| own.word == word.word);
        !option.label.ends_with(')') && option.text.contains(&option.label) && telling.iter().all(|word| says(word))
    };
    if !telling.is_empty()
        && let Some(option) = only(options.iter().filter(is_said))
    {
        return Some(option);
    }
    let [telling] = telling.as_slice() else { return None };
    if telling.year().is_some() {
        return only(options.iter().filter(|option| option.label.contains(&format!("({})", telling.word))));
    }
    // "la del 98".
    if let Some(year) = telling.number().filter(|_| telling.word.len() == 2 && sentence.len() > 1) {
        let is_of = |option: &&ClarifyOption| year_of(option).is_some_and(|of| u64::from(of % 100) == year);
        if let Some(option) = only(options.iter().filter(is_of)) {
            return Some(option);
        }
    }
    match telling.word.as_str() {
        "newer" | "newest" | "latest" | "recent" | "new" | "nueva" | "reciente" | "moderna" | "remake" | "actual" => {
            return options.iter().filter(|option| year_of(option).is_some()).max_by_key(|option| year_of(option));
        }
        "older" | "oldest" | "old" | "original" | "antigua" | "vieja" | "earliest" | "clasica" => {
            return options.iter().filter(|option| year_of(option).is_some()).min_by_key(|option| year_of(option));
        }
        _ => {}
    }
    // "4" means four stars, not the fourth choice.
    let are_stars = options.iter().all(|option| option.label.starts_with(|first: char| first.is_ascii_digit()));
    let number = lexicon::number_word(&telling.word).map_or_else(|| telling.word.clone(), |number| number.to_string());
    if are_stars && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return options.iter().find(|option| option.label.split(' ').next() == Some(number.as_str()));
    }
    match places::place(&telling.word)? {
        0 => options.last(),
        place => options.get(place - 1),
    }
}

/// "the one with DiCaprio" after "which Titanic?": the only choice that has that person.
fn chosen_by_person<'o>(
    sentence: &Sentence,
    options: &'o [ClarifyOption],
    index: &TitleIndex,
) -> Option<&'o ClarifyOption> {
    const BESIDE: [&str; 9] = ["with", "by", "starring", "directed", "has", "con", "por", "dirigida", "sale"];
    const MOST_WORDS: usize = 9;
    if options.is_empty() || sentence.len() > MOST_WORDS {
        return None;
    }
    let is_beside = |word: &str| AROUND.contains(&word) || BESIDE.contains(&word);
    // A name alone may be a new wish.
    if !sentence.tokens.first().is_some_and(|first| is_beside(&first.word)) {
        return None;
    }
    let name: Vec<&str> =
        sentence.tokens.iter().map(|token| token.word.as_str()).filter(|word| !is_beside(word)).collect();
    if name.is_empty() {
        return None;
    }
    let is_named = |person: &String| {
        let parts = fold::tokenize(person);
        name.iter().all(|word| parts.iter().any(|part| part.word == *word))
    };
    only_film(options, index, |movie| {
        index.facts(movie).is_some_and(|facts| facts.cast.iter().chain(&facts.directors).any(is_named))
    })
}

/// "the disney one" after "which Frozen?": the only choice that viewers have tagged so.
fn chosen_by_tag<'o>(
    sentence: &Sentence,
    options: &'o [ClarifyOption],
    index: &TitleIndex,
) -> Option<&'o ClarifyOption> {
    const TAGS: usize = 50;
    let telling: Vec<&str> =
        sentence.tokens.iter().map(|token| token.word.as_str()).filter(|word| !AROUND.contains(word)).collect();
    let points = |token: &fold::Token| matches!(token.word.as_str(), "one" | "la" | "el" | "version");
    if telling.is_empty() || telling.len() > 3 || !sentence.tokens.iter().any(points) {
        return None;
    }
    let said = telling.join(" ");
    only_film(options, index, |movie| index.tags_of(movie, TAGS).contains(&said.as_str()))
}

/// "the disney one, 4" after "which Frozen?": the rating of that choice, as a sentence.
pub(crate) fn chosen_with_stars(
    sentence: &Sentence,
    options: &[ClarifyOption],
    index: &TitleIndex,
    catalogue: &Catalogue,
) -> Option<String> {
    let at = (1..sentence.len()).rev().find(|at| sentence.breaks_before(*at)).filter(|_| !options.is_empty())?;
    let option = choice(&Sentence::new(sentence.typed(0, at)), options, index, catalogue)?;
    Some(format!("{} {}", option.text, sentence.typed(at, sentence.len())))
}

/// "the horror one" after "which Frozen?": the only choice of that genre.
fn chosen_by_genre<'o>(
    sentence: &Sentence,
    options: &'o [ClarifyOption],
    index: &TitleIndex,
    catalogue: &Catalogue,
) -> Option<&'o ClarifyOption> {
    const BESIDE: [&str; 4] = ["no", "not", "that", "ones"];
    const MOST_WORDS: usize = 6;
    let points =
        |word: &str| matches!(word, "one" | "la" | "el" | "esa" | "ese" | "version" | "peli" | "film" | "movie");
    if options.is_empty() || sentence.len() > MOST_WORDS || !sentence.tokens.iter().any(|token| points(&token.word)) {
        return None;
    }
    let mut named = None;
    for at in 0..sentence.len() {
        let word = sentence.tokens[at].word.as_str();
        let genre = lexicon::meanings(&sentence.tokens, at).find_map(|(meaning, _)| match meaning {
            lexicon::Meaning::Genres([genre]) => Some(*genre),
            _ => None,
        });
        match genre {
            Some(_) => named = genre,
            None if AROUND.contains(&word) || BESIDE.contains(&word) => {}
            None => return None,
        }
    }
    let genre = named?;
    only_film(options, index, |movie| {
        catalogue.get(movie).is_some_and(|film| film.genres.iter().any(|own| own == genre))
    })
}

/// "start over: something like Die Hard", "forget it, give me a comedy": a new question, of which nothing before counts.
pub(crate) fn after_beginning_anew(sentence: &Sentence) -> Option<String> {
    const LONGEST: usize = 6;
    let at = (1..sentence.len().min(LONGEST)).find(|at| sentence.breaks_before(*at))?;
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

/// "sorry, I meant horror": what was meant.
pub(crate) fn after_correction(sentence: &Sentence) -> Option<String> {
    const BEGINNINGS: [&[&str]; 13] = [
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
        Last::Asked(wanted) => wanted,
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
    let lines = include_str!("../data/again.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut questions =
        lines.filter_map(|line| line.split_once('\t').and_then(|(tag, line)| Some((tag, line.split_once('\t')?))));
    let (_, (_, question)) =
        questions.find(|(tag, (name, _))| Lang::from_tag(tag) == lang && Wanted::from_name(name) == Some(wanted))?;
    Some(question.replace('*', sentence.typed(from, tokens.len())))
}

/// The year in "Heat (1995)".
fn year_of(option: &ClarifyOption) -> Option<u16> {
    let (_, year) = option.label.strip_suffix(')')?.rsplit_once('(')?;
    year.parse().ok()
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
                        | "yes"
                        | "yeah"
                        | "si"
                )
            };
            self.reader.sentence.tokens.iter().any(said) || self.says_stars()
        };
        // "le doy un 5" of the only film that a list is like.
        let is_only = self.context.like.len() == 1 && self.context.like.first() == self.context.about.as_ref();
        let is_spoken_of =
            |last| last == Last::Rating || ((matches!(last, Last::Film | Last::Asked(_)) || is_only) && gives());
        let movie = self.context.about.filter(|_| is_spoken_of(self.context.last))?;
        let (said, half_stars) = ratings::number_alone(&self.reader)?;
        Some(match half_stars {
            Some(half_stars) => Intent::Rate { movie, half_stars },
            None => Intent::RateOffScale { movie, said },
        })
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
