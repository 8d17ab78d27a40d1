//! Several films rated in one sentence: "Jaws 4, Alien 5 and Aliens 4.5", "la segunda un 5 y las demás un 4", "5 to both",
//! "4 stars from me, 5 from her". The sentence is cut where it may be, so that every part has one number and says whose it is;
//! where it cannot be cut so, nothing is said here.

use cineswarm_engine::{HalfStars, MovieId};

use crate::Chat;
use crate::context::Last;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, NotRated};
use crate::ratings::{self, Stars};
use crate::request::TitleSlot;
use crate::words::fold::Token;
use crate::words::{cues, lexicon, patterns, places};

/// Places where a sentence may be cut; one that has more is no list of ratings.
const MOST_CUTS: usize = 14;

/// What is rated by a part of the sentence.
#[derive(Clone)]
enum Rated {
    /// "it", or nothing that is said.
    Spoken,
    Titles(Vec<TitleSlot>),
    /// Counted in the list, or in a series.
    Places(places::Places),
    /// "la tercera parte": counted in the series.
    PartOfSeries(usize),
    /// "the other two", "las demás": so many that were not rated, if it is said how many.
    Others(Option<usize>),
    /// "both", "las tres".
    AllOf(usize),
    /// "the original trilogy": of this series, or of the one that is spoken of.
    Trilogy(Option<MovieId>),
    /// "from her": by somebody else.
    NotYours,
    /// A name that no film has.
    Unknown(String),
}

#[derive(Clone)]
struct Part {
    rated: Rated,
    stars: Stars,
    typed: String,
    /// Words or marks beside the number tell that it is a rating.
    is_given: bool,
    /// It is said instead of what was said before.
    corrects: bool,
}

impl Chat<'_> {
    /// Ratings of several films, or one beside which something else is said that is not kept.
    pub(crate) fn rated_several(&self) -> Option<Intent> {
        let parts = self.parts_with_stars()?;
        let says_several = match &parts[..] {
            [Part { rated: Rated::Places(_), corrects: true, is_given: true, .. }] => true,
            [Part { rated, .. }] => match rated {
                Rated::Titles(slots) if self.is_of_rated(slots) => true,
                Rated::Titles(slots) if slots.iter().any(|slot| self.is_film_by_its_place(slot.from)) => true,
                Rated::AllOf(_) | Rated::Others(_) | Rated::Trilogy(_) => true,
                Rated::Titles(slots) => slots.len() > 1,
                Rated::Places(places::Places::These(places)) => places.len() > 1,
                Rated::Places(_) => true,
                _ => false,
            },
            _ => true,
        };
        // "seen 1 and 5", "otras cinco": a number alone rates nothing.
        // "both 5" of two that were just rated.
        let is_of_both = |rated: &Rated| matches!(rated, Rated::AllOf(_)) && self.context.last == Last::Rating;
        let is_rating = |part: &Part| {
            part.is_given
                || is_of_both(&part.rated)
                || !matches!(part.rated, Rated::Spoken | Rated::Others(_) | Rated::AllOf(_) | Rated::NotYours)
        };
        (says_several && parts.iter().any(is_rating)).then(|| self.all_rated(&parts)).flatten()
    }

    /// "y la segunda un 5 también", "a esa le pongo un 4": of one film, where the sentence was read as nothing else.
    pub(crate) fn rated_by_the_way(&self) -> Option<Intent> {
        match &self.parts_with_stars()?[..] {
            [part] if part.is_given && !matches!(part.rated, Rated::NotYours | Rated::Unknown(_)) => {
                self.all_rated(std::slice::from_ref(part))
            }
            _ => None,
        }
    }

    fn all_rated(&self, parts: &[Part]) -> Option<Intent> {
        let mut films: Vec<(MovieId, &Part)> = Vec::new();
        let mut left_out = Vec::new();
        let asked = || self.reader.sentence.text.trim().to_owned();
        for part in parts {
            let last = films.last().map(|(movie, _)| *movie);
            let found = match &part.rated {
                // "I gave Avatar 2 stars but it deserves a 3".
                Rated::Spoken if part.corrects && last.is_some() => {
                    let before = films.pop();
                    films.extend(before.map(|(movie, _)| (movie, part)));
                    continue;
                }
                Rated::Spoken => self.only_film_named().map(|movie| vec![movie]),
                Rated::Titles(slots) => {
                    let found: Result<Vec<MovieId>, Box<Intent>> =
                        slots.iter().map(|slot| self.rated_film(slot)).collect();
                    match found {
                        Ok(found) => Some(found),
                        Err(question) => return Some(*question),
                    }
                }
                Rated::Places(_) if self.counts_either(part) => None,
                Rated::Places(places) => match places.of(&self.counted_in(last)) {
                    Some(found) => Some(found),
                    None if self.goes_on() => return Some(Intent::NoSuchPlace { asked: asked() }),
                    None => None,
                },
                Rated::PartOfSeries(place) => {
                    places::Places::These(vec![*place]).of(&self.series_films_of(last.or(self.context.about)))
                }
                Rated::Others(count) => {
                    let list = self.counted_in(last);
                    let rest: Vec<MovieId> =
                        list.into_iter().filter(|movie| films.iter().all(|(known, _)| known != movie)).collect();
                    Some(rest).filter(|rest| !rest.is_empty() && count.is_none_or(|count| count == rest.len()))
                }
                Rated::AllOf(count) => self.all_of(*count),
                Rated::Trilogy(of) => self.trilogy(of.or(last).or(self.context.about)),
                Rated::NotYours => {
                    left_out.push(NotRated::NotYours(part.typed.clone()));
                    continue;
                }
                Rated::Unknown(name) => {
                    left_out.push(NotRated::Unknown(name.clone()));
                    continue;
                }
            };
            // What would be rated is not certain, and rating the rest alone would not be what was said.
            let Some(found) = found else {
                let is_of_before = self.goes_on() || self.context.about.is_some();
                return Some(if is_of_before { Intent::WhichOne } else { Intent::NotUnderstood { asked: asked() } });
            };
            films.extend(found.into_iter().map(|movie| (movie, part)));
        }
        let is_twice = |at: usize| films[..at].iter().any(|(movie, _)| *movie == films[at].0);
        if films.is_empty() || (0..films.len()).any(is_twice) {
            return None;
        }
        if let ([(movie, part)], []) = (&films[..], &left_out[..]) {
            return Some(match part.stars.half_stars {
                Some(half_stars) => Intent::Rate { movie: *movie, half_stars },
                None => Intent::RateOffScale { movie: *movie, said: part.stars.said.clone() },
            });
        }
        let mut ratings: Vec<(MovieId, HalfStars)> = Vec::new();
        for (movie, part) in films {
            match part.stars.half_stars {
                Some(half_stars) => ratings.push((movie, half_stars)),
                None => left_out.push(NotRated::OffScale(movie, part.stars.said.clone())),
            }
        }
        (!ratings.is_empty()).then_some(Intent::RateSeveral { ratings, left_out })
    }

    /// What "the second" and "the others" count: the list, else the series of the film that was named or spoken of last.
    pub(super) fn counted_in(&self, named: Option<MovieId>) -> Vec<MovieId> {
        if let Some(series) = self.series_counted() {
            return series;
        }
        match self.context.counted() {
            [] => self.series_films_of(self.context.about.or(named)),
            shown => shown.to_vec(),
        }
    }

    /// "y a la segunda un 3" after two films were rated, one of a series: the second of both, or of the series.
    fn counts_either(&self, part: &Part) -> bool {
        let Rated::Places(places) = &part.rated else { return false };
        if part.corrects || self.context.shows_ratings || !self.context.counts_rated() {
            return false;
        }
        let of_series = places.of(&self.series_films_of(self.context.about));
        of_series.is_some() && of_series != places.of(self.context.counted())
    }

    fn is_of_rated(&self, slots: &[TitleSlot]) -> bool {
        let [slot] = slots else { return false };
        let is_told = |movie: &MovieId| self.context.rated.contains(movie) || self.spoken_together().contains(movie);
        matches!(&slot.found, TitleMatch::One(movie) if is_told(movie))
    }

    /// "each of the original Star Wars trilogy", "la trilogía original".
    fn trilogy_named(&self, from: usize, to: usize) -> Option<Rated> {
        let tokens = &self.reader.sentence.tokens[from..to];
        let is_trilogy = |token: &Token| matches!(token.word.as_str(), "trilogy" | "trilogia");
        let says_nothing = |token: &&Token| is_trilogy(token) || cues::is("of_trilogy", &token.word);
        if !tokens.iter().any(is_trilogy) {
            return None;
        }
        let begin = tokens.iter().take_while(says_nothing).count();
        let end = tokens.len() - tokens.iter().rev().take_while(says_nothing).count();
        if begin >= end {
            return Some(Rated::Trilogy(None));
        }
        let films = self.reader.series_films(&tokens[begin..end]);
        films.first().map(|first| Rated::Trilogy(Some(*first)))
    }

    /// The parts of a sentence that is nothing but ratings.
    fn parts_with_stars(&self) -> Option<Vec<Part>> {
        let sentence = self.reader.sentence;
        let tokens = &sentence.tokens;
        let is_number = |at: usize| ratings::stars_from(&self.reader, at).is_some();
        if sentence.text.contains(['?', '¿']) || !(0..tokens.len()).any(is_number) {
            return None;
        }
        let wants_films = tokens.windows(2).any(|two| {
            matches!(two[0].word.as_str(), "give" | "get" | "show") && matches!(two[1].word.as_str(), "me" | "us")
        });
        // "Jaws: 4" is one part.
        let tells = |at: usize| sentence.gap(at).contains([':', '=']);
        let may_cut = |at: &usize| (sentence.breaks_before(*at) && !tells(*at)) || is_joint(&tokens[*at].word);
        let mut cuts: Vec<usize> = (1..tokens.len()).filter(may_cut).collect();
        if wants_films || cuts.len() > MOST_CUTS {
            return None;
        }
        cuts.push(tokens.len());
        let has_verb = tokens.iter().any(|token| cues::is("gives", &token.word))
            || lexicon::after(tokens, 0, lexicon::Meaning::Rate).is_some();
        // From the end: what may follow each place where the sentence is cut.
        let mut rests: Vec<(usize, Vec<Part>)> = vec![(tokens.len(), Vec::new())];
        for from in cuts.iter().rev().skip(1).copied().chain([0]) {
            let found = cuts.iter().filter(|to| **to > from).find_map(|to| {
                let (_, rest) = rests.iter().find(|(at, _)| at == to)?;
                let part = self.part_with_stars(from, *to, has_verb)?;
                Some(part.into_iter().chain(rest.iter().cloned()).collect::<Vec<Part>>())
            });
            rests.extend(found.map(|parts| (from, parts)));
        }
        let (_, parts) = rests.into_iter().find(|(at, _)| *at == 0)?;
        (!parts.is_empty()).then_some(parts)
    }

    /// What tokens `from..to` rate, if they say nothing else; no part where they say nothing at all.
    fn part_with_stars(&self, from: usize, to: usize, has_verb: bool) -> Option<Option<Part>> {
        let tokens = &self.reader.sentence.tokens;
        // "closer to three and a half" rates no film called "Closer".
        let nearly = ratings::nearly_before_stars(&self.reader);
        let says_nothing = |at: usize| {
            let word = tokens[at].word.as_str();
            let corrects = |at: usize| tokens.get(at).is_some_and(|token| cues::is("corrects_stars", &token.word));
            // "wait no, Cars 4", but "no es un 4" tells what it is not.
            let denies_before = word == "no" && (self.reader.sentence.breaks_before(at + 1) || corrects(at + 1));
            let is_more = matches!(word, "more" | "mas" | "better" | "less" | "menos") && at > 0 && corrects(at - 1);
            !self.is_film_by_its_place(at)
                && (cues::is("around_rated", word)
                    || nearly.contains(&at)
                    || corrects(at)
                    || denies_before
                    || is_more
                    || patterns::is_courtesy(word))
        };
        if (from..to).all(says_nothing) && !(from..to).any(|at| tokens[at].number().is_some()) {
            return Some(None);
        }
        let found = (from..to).find_map(|at| {
            let stars = ratings::stars_from(&self.reader, at).filter(|stars| stars.to <= to)?;
            let before =
                |at: usize| at.checked_sub(1).filter(|at| *at >= from).map_or("", |at| tokens[at].word.as_str());
            let after = tokens.get(stars.to).filter(|_| stars.to < to).map_or("", |token| token.word.as_str());
            // "all but the first one" gives no star.
            if !stars.is_marked && at > from && matches!(tokens[at].word.as_str(), "one" | "ones") && stars.to == at + 1
            {
                return None;
            }
            let gap = self.reader.sentence.gap(at);
            let is_given = stars.is_marked
                || matches!(before(at), "a" | "an" | "un" | "with" | "con" | "otro" | "another")
                || matches!(after, "to" | "for" | "a" | "para" | "al" | "from")
                || (at > from && gap.contains([':', '=']));
            let span = [(from, at), (stars.to, to)];
            let silent = |(from, to): (usize, usize)| (from..to).all(says_nothing);
            let rated = [(span[0], span[1]), (span[1], span[0])].into_iter().find_map(|(said, other)| {
                let is_new = said.1 <= at;
                silent(other).then(|| self.rated_within(said, has_verb || is_given, is_new, &says_nothing)).flatten()
            });
            let rated = match rated {
                Some(rated) => rated,
                None if span.into_iter().all(silent) => Rated::Spoken,
                None => return None,
            };
            // "Alien 3" without a word that rates may be that film.
            let is_title = || self.reader.index.find_as(&tokens[from..to], Reading::Exact).is_some();
            let begins = from + usize::from(is_joint(&tokens[from].word));
            let is_title_after_joint = || {
                tokens.get(begins..to).is_some_and(|words| self.reader.index.find_as(words, Reading::Exact).is_some())
            };
            // "Alien 3 and Toy Story 2" are two.
            let ends_in_title = || match &rated {
                Rated::Titles(slots) => slots.last().is_some_and(|slot| {
                    tokens
                        .get(slot.from..stars.to)
                        .is_some_and(|words| self.reader.index.find_as(words, Reading::Exact).is_some())
                }),
                _ => false,
            };
            if !has_verb && !is_given && (is_title() || is_title_after_joint() || ends_in_title()) {
                return None;
            }
            let typed = self.reader.sentence.typed(begins, to).to_owned();
            // "me equivoqué, la primera es un 5".
            let corrects = self.corrects_stars(0, to);
            Some(Part { rated, stars, typed, is_given: is_given || has_verb, corrects })
        });
        found.map(Some)
    }

    /// What is rated within these tokens, beside words that say nothing.
    fn rated_within(
        &self,
        (from, to): (usize, usize),
        is_certain: bool,
        is_before: bool,
        says_nothing: &dyn Fn(usize) -> bool,
    ) -> Option<Rated> {
        let before = (from..to).take_while(|at| says_nothing(*at)).count();
        let after = (from..to).rev().take_while(|at| says_nothing(*at)).count();
        let joint = usize::from(from < to && is_joint(&self.reader.sentence.tokens[from].word));
        let spans =
            (joint..=before).flat_map(|begin| (0..=after).map(move |end| (from + begin, to.saturating_sub(end))));
        // "5 from her" speaks of no film called "Her".
        let tokens = &self.reader.sentence.tokens;
        let is_whose = (from..to).any(|at| matches!(tokens[at].word.as_str(), "from" | "my" | "mi" | "de"));
        let mut told = (from..to).filter(|at| !says_nothing(*at)).peekable();
        if is_whose && told.peek().is_some() && told.all(|at| cues::is("other_viewer", &tokens[at].word)) {
            return Some(Rated::NotYours);
        }
        // "un 4 a Fargo" is of "Fargo", and "4 for A Ghost Story" of no "Ghost Story".
        let exactly = |from: usize, to: usize| self.reader.index.find_as(&tokens[from..to], Reading::Exact);
        let is_preposition = |(from, to): &(usize, usize)| {
            matches!(tokens[*from].word.as_str(), "a" | "al")
                && from + 1 < *to
                && exactly(from + 1, *to).is_some_and(|bare| exactly(*from, *to).is_none_or(|whole| whole == bare))
        };
        // The article of "a 3" in "the others a 3" is no end of "Others, The".
        let ends_in_article =
            |(from, to): &(usize, usize)| from + 1 < *to && matches!(tokens[to - 1].word.as_str(), "a" | "an" | "un");
        let is_span = |span: &(usize, usize)| span.0 < span.1 && !is_preposition(span) && !ends_in_article(span);
        let spans: Vec<(usize, usize)> = spans.filter(is_span).collect();
        // Whole titles before those that are nearly so: "a Fargo".
        let found =
            |nearly: bool| spans.iter().find_map(|(from, to)| self.rated_exactly(*from, *to, is_certain, nearly));
        found(false)
            .or_else(|| is_certain.then(|| found(true)).flatten())
            .or_else(|| self.rated_otherwise_within(from, to, is_certain && is_before, says_nothing))
    }

    /// What exactly these tokens are of what can be rated.
    fn rated_exactly(&self, from: usize, to: usize, is_certain: bool, nearly: bool) -> Option<Rated> {
        let tokens = &self.reader.sentence.tokens[from..to];
        // "but it deserves a 3" names no film called "It".
        let is_pronoun = |token: &Token| matches!(token.word.as_str(), "it" | "that" | "this" | "them");
        let is_by_place = to == from + 1 && self.is_film_by_its_place(from);
        let is_name = is_by_place || self.reader.sentence.typed(from, to).starts_with(char::is_uppercase);
        if tokens.len() == 1 && is_pronoun(&tokens[0]) && !is_name {
            return None;
        }
        if let Some(trilogy) = self.trilogy_named(from, to) {
            return Some(trilogy);
        }
        let words: Vec<&str> = tokens.iter().map(|token| token.word.as_str()).collect();
        let article = usize::from(words.len() > 1 && matches!(words[0], "the" | "las" | "los" | "la" | "el"));
        let count = |word: &str| {
            let number = word.parse::<u64>().ok().or_else(|| lexicon::number_word(word))?;
            usize::try_from(number).ok().filter(|number| (2..=10).contains(number))
        };
        match words[article..] {
            ["both" | "ambas" | "ambos"] | ["both", "of", "them" | "these" | "those"] => return Some(Rated::AllOf(2)),
            ["all", many] if count(many).is_some() => return count(many).map(Rated::AllOf),
            [many] if article == 1 && words[0] != "la" && words[0] != "el" && count(many).is_some() => {
                return count(many).map(Rated::AllOf);
            }
            ["others" | "otras" | "otros" | "demas" | "rest" | "resto" | "restantes"]
            | ["rest", "of", "them"]
            | ["other", "ones" | "films" | "movies"] => return Some(Rated::Others(None)),
            ["other" | "otra" | "otro"] | ["other", "one" | "film" | "movie"] => return Some(Rated::Others(Some(1))),
            ["other" | "otras" | "otros", many]
            | [many, "others" | "restantes"]
            | ["other", many, "ones" | "films" | "movies"]
                if count(many).is_some() =>
            {
                return count(many).map(|count| Rated::Others(Some(count)));
            }
            [place, "part" | "parte" | "entrega"] | ["part" | "parte", place] => {
                return places::place(place).map(Rated::PartOfSeries);
            }
            _ => {}
        }
        // "2 for the one below it" names no film called "Below".
        if words.iter().any(|word| matches!(*word, "below" | "above" | "under" | "debajo" | "encima"))
            && words.len() == 1
        {
            return None;
        }
        let is_ordinal =
            |word: &str| places::place(word).is_some() && count(word).is_none() && word.parse::<u8>().is_err();
        let points = article == 1 || matches!(words[0], "number" | "numero" | "num" | "no");
        let is_place = match words[..] {
            ["one" | "una" | "uno"] | ["the", "one"] => false,
            [only] => is_ordinal(only) || matches!(only, "todas" | "todos" | "all") || self.is_numbered(to),
            _ => points || words.iter().any(|word| is_ordinal(word) || *word == "all" || *word == "todas"),
        };
        if let Some(places) = places::read(tokens).filter(|_| is_place) {
            return Some(Rated::Places(places));
        }
        // "cars 4, up 2" of films that were rated, "Legacy is a 2" of a series.
        if let Some(movie) = self.rated_before(tokens).or_else(|| self.told_in_short(tokens)) {
            return Some(Rated::Titles(vec![TitleSlot { from, to, found: TitleMatch::One(movie) }]));
        }
        // "5 horror films" is a wish.
        if !is_certain && !is_by_place && words.len() == 1 && lexicon::is_known(words[0]) {
            return None;
        }
        let slots = self.reader.whole_titles(from, to)?;
        let is_sure = |slot: &TitleSlot| {
            let words = &self.reader.sentence.tokens[slot.from..slot.to];
            let is_known = !matches!(slot.found, TitleMatch::Nothing { .. });
            let is_exact = || self.reader.index.find_as(words, Reading::Exact).is_some();
            is_known && (is_exact() || (nearly && self.is_near(words, slot)))
        };
        slots.iter().all(is_sure).then_some(Rated::Titles(slots))
    }

    /// "1: 4": a place by its number.
    fn is_numbered(&self, end: usize) -> bool {
        end < self.reader.sentence.len() && self.reader.sentence.gap(end).contains([':', '=', ')', '-'])
    }

    /// Somebody else, or a name that no film has.
    fn rated_otherwise_within(
        &self,
        from: usize,
        to: usize,
        may_be_name: bool,
        says_nothing: &dyn Fn(usize) -> bool,
    ) -> Option<Rated> {
        let tokens = &self.reader.sentence.tokens;
        let mut told = (from..to).filter(|at| !says_nothing(*at));
        let says_other = |at: usize| cues::is("other_viewer", &tokens[at].word);
        if told.clone().next().is_some() && told.clone().all(says_other) {
            return Some(Rated::NotYours);
        }
        const LONGEST: usize = 4;
        let first = told.next()?;
        let is_strange = |at: usize| {
            let word = tokens[at].word.as_str();
            !lexicon::is_known(word) && !patterns::says(word) && places::place(word).is_none()
        };
        let is_name = may_be_name && to - first <= LONGEST && (first..to).all(is_strange);
        is_name.then(|| Rated::Unknown(self.reader.sentence.typed(first, to).to_owned()))
    }
}

/// Words between the parts of a sentence.
fn is_joint(word: &str) -> bool {
    matches!(word, "and" | "y" | "e" | "but" | "pero" | "then" | "plus" | "while" | "mientras")
}
