//! The films of a series: how many there are, in which order, and the one at a place of it.

use cineswarm_engine::{Catalogue, MovieId};

use crate::films::titles::{Reading, TitleIndex, TitleMatch};
use crate::intent::{Intent, Wanted};
use crate::request::Reader;
use crate::words::fold::{self, Sentence};
use crate::words::places::place;
use crate::words::{cues, lexicon, patterns};
use crate::{Chat, Last, Setting, replies};

/// "the third Indiana Jones", "la última de Harry Potter": the sentence with that film's title and year instead.
pub(crate) fn part_named(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    const LONGEST: usize = 6;
    const SHORTEST: usize = 4;
    let Setting { index, catalogue, .. } = setting;
    let tokens = &sentence.tokens;
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    let is_article = |at: usize| matches!(word(at), "the" | "la" | "el" | "los" | "las");
    let is_noun = |at: usize| {
        matches!(
            word(at),
            "film" | "movie" | "part" | "one" | "installment" | "peli" | "pelicula" | "parte" | "entrega"
        )
    };
    let is_link = |at: usize| matches!(word(at), "of" | "in" | "from" | "de" | "del" | "saga" | "series" | "serie");
    let nth = |word: &str| match word {
        "latest" | "newest" | "final" => Some(0),
        "one" | "una" | "uno" | "un" => None,
        word if word.bytes().all(|letter| letter.is_ascii_digit()) => None,
        word => place(word),
    };
    (1..tokens.len()).find_map(|at| {
        let place = nth(word(at)).filter(|_| is_article(at - 1))?;
        let mut from = at + 1;
        while is_noun(from) || is_link(from) || (from > at + 1 && is_article(from)) {
            from += 1;
        }
        let reader = Reader::new(sentence, index, catalogue);
        let of_title = |words: &[fold::Token]| {
            let letters: usize = words.iter().map(|token| token.word.len()).sum();
            let found = if letters < SHORTEST { None } else { index.find_as(words, Reading::Exact) };
            let movie = match found? {
                TitleMatch::One(movie) => movie,
                TitleMatch::Several(movies) => *movies.first()?,
                TitleMatch::Nothing { .. } => return None,
            };
            let name = index.facts(movie)?.series.as_deref()?.split(" - ").next()?;
            Some(reader.series_films(&fold::tokenize(name)))
        };
        let mut ends = (from + 1..=tokens.len().min(from + LONGEST)).rev();
        let (end, films) = ends.find_map(|end| {
            let words = &tokens[from..end];
            let films =
                Some(reader.series_films(words)).filter(|films| !films.is_empty()).or_else(|| of_title(words))?;
            (films.len() > 1).then_some((end, films))
        })?;
        // "The Last Samurai".
        if index.find_as(&tokens[at - 1..end], Reading::Exact).is_some() {
            return None;
        }
        let mut films: Vec<(Option<u16>, MovieId)> =
            films.into_iter().map(|film| (catalogue.get(film).and_then(|film| film.year), film)).collect();
        films.sort_unstable();
        let (_, film) = if place == 0 { films.last() } else { films.get(place - 1) }?;
        let to = if is_noun(end) { end + 1 } else { end };
        let (start, end) = sentence.byte_range(at - 1, to);
        let title = replies::film_name(catalogue.get(*film)?);
        Some(format!("{}{title}{}", &sentence.text[..start], &sentence.text[end..]))
    })
}

/// The parts of a series by their years: no shorts, and nothing that hardly anybody knows beside the others.
pub(crate) fn parts(films: &[MovieId], index: &TitleIndex, catalogue: &Catalogue) -> Vec<MovieId> {
    const SHORTEST_MINUTES: u16 = 60;
    const SEEN_BY_ONE_IN: u32 = 50;
    let ratings = |movie: &MovieId| catalogue.stats(*movie).ratings;
    let most = films.iter().map(ratings).max().unwrap_or(0);
    let year = |movie: &MovieId| catalogue.get(*movie).and_then(|film| film.year);
    let is_part = |movie: &&MovieId| {
        let minutes = index.facts(**movie).and_then(|facts| facts.runtime_min);
        let is_short = minutes.is_some_and(|minutes| u64::from(minutes) < u64::from(SHORTEST_MINUTES));
        year(movie).is_some() && !is_short && ratings(movie).saturating_mul(SEEN_BY_ONE_IN) >= most
    };
    let mut films: Vec<MovieId> = films.iter().filter(is_part).copied().collect();
    films.sort_by_key(year);
    films
}

/// "he visto Shrek 1, 2 y 3", "I've seen Rocky 1 to 4": the sentence with each of these films named.
pub(crate) fn numbered_parts(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    const LONGEST: usize = 6;
    const MOST_PARTS: u64 = 12;
    let Setting { index, catalogue, lang, .. } = setting;
    let tokens = &sentence.tokens;
    let number = |at: usize| tokens.get(at).filter(|token| token.year().is_none()).and_then(fold::Token::number);
    let says = |at: usize, of: &[&str]| tokens.get(at).is_some_and(|token| of.contains(&token.word.as_str()));
    // "1, 2 y 3", "1 y la 2", "1 to 3".
    let numbers_from = |first: usize| {
        let (mut numbers, mut end) = (vec![number(first)?], first + 1);
        loop {
            let joined = says(end, &["and", "y", "e", "n"]);
            let spans = says(end, &["to", "through", "thru", "a"]) && numbers.len() == 1;
            let mut next = end + usize::from(joined || spans);
            next += usize::from(says(next, &["la", "part", "parte"]));
            let last = *numbers.last()?;
            match number(next) {
                Some(more) if spans && last == 1 && more > 1 => numbers.extend(last + 1..=more.min(MOST_PARTS)),
                Some(more) if more == last + 1 && (joined || sentence.breaks_before(next)) => numbers.push(more),
                _ => break,
            }
            end = next + 1;
        }
        (numbers.len() > 1 && numbers.iter().all(|number| (1..=MOST_PARTS).contains(number))).then_some((numbers, end))
    };
    let reader = Reader::new(sentence, index, catalogue);
    (1..tokens.len()).find_map(|at| {
        let (numbers, end) = numbers_from(at)?;
        let (from, films) = (at.saturating_sub(LONGEST)..at).find_map(|from| {
            let films = reader.series_films(&tokens[from..at]);
            (films.len() > 1).then_some((from, films))
        })?;
        let films = parts(&films, index, catalogue);
        let part = |number: &u64| {
            let film = films.get(usize::try_from(*number).ok()?.checked_sub(1)?)?;
            catalogue.get(*film).map(replies::film_name)
        };
        let names = numbers.iter().map(part).collect::<Option<Vec<String>>>()?;
        let joint = if lang == crate::Lang::En { " and " } else { " y " };
        let (start, end) = sentence.byte_range(from, end);
        Some(format!("{}{}{}", &sentence.text[..start], names.join(joint), &sentence.text[end..]))
    })
}

/// "is there a second part?", "¿hay una cuarta?": that film of the series that is spoken of, else what is known of that.
pub(crate) fn part_asked_for(sentence: &Sentence, setting: Setting<'_>) -> Option<Intent> {
    const MOST_WORDS: usize = 9;
    let Setting { index, catalogue, context, .. } = setting;
    let tokens = &sentence.tokens;
    let is_ordinal =
        |token: &&fold::Token| token.number().is_none() && place(&token.word).is_some_and(|place| place > 1);
    let mut ordinals = tokens.iter().filter(is_ordinal);
    let (ordinal, None) = (ordinals.next()?, ordinals.next()) else { return None };
    let says_part = tokens.iter().any(|token| cues::is("part_of_series", &token.word));
    let is_around = |token: &fold::Token| {
        token == ordinal
            || cues::is("asks_for_part", &token.word)
            || cues::is("part_of_series", &token.word)
            || patterns::is_courtesy(&token.word)
    };
    let asks = tokens.iter().any(|token| cues::is("asks_whether", &token.word));
    if tokens.len() > MOST_WORDS || !asks || !tokens.iter().all(is_around) {
        return None;
    }
    let is_of_list = context.last.is_list() && context.last != Last::Series;
    let only = context.like.first().copied().filter(|_| context.like.len() == 1);
    let Some(movie) = context.about.filter(|_| !is_of_list).or(only) else {
        return says_part.then_some(Intent::WhichOne);
    };
    let films = parts(index.series_of(movie), index, catalogue);
    // Of a film that was made again the second of all is none of its own parts.
    let versions = index.versions(movie);
    let part = place(&ordinal.word).and_then(|place| films.get(place - 1).copied());
    Some(
        match part.filter(|part| *part != movie && !films.iter().any(|film| film != &movie && versions.contains(film)))
        {
            Some(part) => Intent::About { wanted: Wanted::Have, movie: part },
            None => setting.chat(sentence).asked_of(Wanted::Series, movie),
        },
    )
}

impl Chat<'_> {
    /// "in what order do I watch the Bourne films?": of a series by its name.
    pub(crate) fn series_asked(&self, words: &[fold::Token]) -> Option<Intent> {
        let named =
            self.reader.series_called(words).or_else(|| self.reader.series_called(fold::without_article(words)));
        let (name, movies) = named?;
        Some(Intent::Series { name: name.to_owned(), movies: movies.to_vec() })
    }

    /// The same of a series whose name nobody knows, but whose films are called so.
    pub(crate) fn series_of_titles(&self, from: usize, to: usize) -> Option<Intent> {
        let movies = match self.reader.index.find_as(&self.reader.sentence.tokens[from..to], Reading::Part)? {
            TitleMatch::One(movie) => vec![movie],
            TitleMatch::Several(movies) => movies,
            TitleMatch::Nothing { .. } => return None,
        };
        movies.into_iter().find_map(|movie| self.series_of(movie))
    }

    /// "list the Mad Max films in order": of a series that is named among other words.
    pub(crate) fn series_in_words(&self) -> Option<Intent> {
        const LONGEST: usize = 6;
        let tokens = &self.reader.sentence.tokens;
        let spans = (1..=LONGEST.min(tokens.len()))
            .rev()
            .flat_map(|count| (0..=tokens.len() - count).map(move |from| (from, from + count)));
        // "todas en orden" names no film called "A por todas".
        let names = |(from, to): &(usize, usize)| {
            let is_of_grammar = |word: &str| lexicon::is_known(word) || patterns::says(word);
            to - from > 1 || !is_of_grammar(&tokens[*from].word)
        };
        spans.into_iter().filter(names).find_map(|(from, to)| self.series_asked(&tokens[from..to]))
    }

    /// "in what order do I watch them?": of the series of the film that is spoken of.
    pub(crate) fn series_spoken_of(&self) -> Option<Intent> {
        // "all of them in order", where it was asked back which.
        let offered = self.context.options.iter().filter_map(|option| match self.reader.index.find(&option.label) {
            TitleMatch::One(movie) => Some(movie),
            _ => None,
        });
        let mut films = offered.chain(self.context.about).chain(self.context.like.iter().copied());
        // One film of a series among others does not make the list one of that series.
        let shows_several = |series: &Intent| {
            let Intent::Series { movies, .. } = series else { return false };
            self.context.shown.iter().filter(|movie| movies.contains(movie)).nth(1).is_some()
        };
        let shown = || self.context.shown.iter().filter_map(|movie| self.series_of(*movie)).find(shows_several);
        films.find_map(|movie| self.series_of(movie)).or_else(shown)
    }

    /// "show me the whole series": of the film that is spoken of, and of no other one.
    pub(crate) fn whole_series(&self) -> Option<Intent> {
        match self.pointed_at() {
            Some(movie) => self.series_of(movie).or(Some(Intent::About { wanted: Wanted::Series, movie })),
            None => self.series_spoken_of(),
        }
    }

    /// "is there a series among them?": the first of the list that belongs to one, else what is known of each.
    pub(crate) fn series_in_list(&self) -> Option<Intent> {
        let shown = self.context.shown;
        let found = shown.iter().find_map(|movie| self.series_of(*movie));
        found.or_else(|| Some(Intent::Compare { wanted: Wanted::Series, movies: shown.to_vec() }))
    }

    /// "¿tiene segunda parte?" asks for its series.
    pub(crate) fn asked_of(&self, wanted: Wanted, movie: MovieId) -> Intent {
        let series = (wanted == Wanted::Series).then(|| self.series_of(movie)).flatten();
        series.unwrap_or(Intent::About { wanted, movie })
    }

    pub(crate) fn series_of(&self, movie: MovieId) -> Option<Intent> {
        let name = self.reader.index.facts(movie)?.series.as_ref()?;
        self.series_asked(&fold::tokenize(name.split(" - ").next()?))
    }
}

/// "alien films" has no plural of its own, "the harry potters" has.
pub(crate) fn in_singular(words: &[fold::Token]) -> Vec<fold::Token> {
    let mut words = words.to_vec();
    if let Some(last) = words.last_mut()
        && let Some(one) = last.word.strip_suffix('s')
    {
        last.word = one.to_owned();
    }
    words
}
