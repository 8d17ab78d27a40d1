//! What a sentence is about that no pattern fits: films that it names in full, and a word that tells what is said of them
//! or asked (`data/gist.tsv`). Looked at only where nothing else was understood, so that "run time of Gone with the Wind?"
//! is no failure. Of several films only others like them can be wished, and where words deny it, nothing is guessed.

use std::collections::HashSet;
use std::sync::LazyLock;

use cineswarm_engine::{Filters, MovieId};

use crate::asks::about::is_of_grammar;
use crate::commands::{BAD, GOOD, MEH};
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Mark, Tweak, Wanted};
use crate::request::{Request, TitleSlot};
use crate::words::lexicon::{self, Meaning};
use crate::words::{cues, fold, patterns, plainly};
use crate::{Chat, Ignored, ratings};

/// Words beside the films; in longer sentences something else is said, too.
const MOST_WORDS: usize = 14;

/// What a phrase tells, and its words.
pub(crate) static PHRASES: LazyLock<Vec<(&str, Vec<&str>)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/gist.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).map(|(kind, phrase)| (kind, phrase.split(' ').collect())).collect()
});

/// Whether what was decided leaves room for doubt: nothing was understood, or part of the sentence was not, or a title was
/// taken that nothing announced, which is often asked about.
pub(crate) fn is_unsure(intent: &Intent, ignored: &Ignored, is_announced: bool) -> bool {
    match intent {
        Intent::NotUnderstood { .. } | Intent::UnknownTitle { .. } | Intent::OutsideTheData { .. } | Intent::Help => {
            true
        }
        Intent::Like { .. } => !is_announced,
        Intent::Browse { .. } | Intent::Popular { .. } | Intent::LessKnown => !is_announced && !ignored.is_empty(),
        _ => false,
    }
}

impl Chat<'_> {
    /// What is asked about a film, or said of it, and the films that others are wished like.
    pub(crate) fn gist(&self, taken: &Intent) -> Option<(Intent, Option<Request>)> {
        // "1917 or Dunkirk?" of which one is unknown is no wish for films like the other.
        if self.compared().is_some() {
            return None;
        }
        let mut films = self.reader.films_named();
        if films.len() < 2 {
            films = self.reader.films_beside_or().unwrap_or(films);
        }
        // "is the second one in black and white?" asks of no film called "White".
        let is_word = |slot: &TitleSlot| {
            slot.to == slot.from + 1 && !self.reader.sentence.typed(slot.from, slot.to).starts_with(char::is_uppercase)
        };
        if self.film_at_place().is_some() && films.iter().all(is_word) {
            films.clear();
        }
        let mut is_only_asked = false;
        if films.is_empty() && self.film_at_place().is_none() {
            films.extend(self.film_asked_about(taken));
            is_only_asked = !films.is_empty();
        }
        let is_pointed_at = films.is_empty();
        let mut silently = None;
        if is_pointed_at {
            films.extend(self.film_at_place().or_else(|| self.film_pointed_at()));
            silently = self.spoken_of_silently().filter(|_| films.is_empty());
        }
        let tokens = &self.reader.sentence.tokens;
        let may_be_series = self.tells_anywhere("series") || self.tells_anywhere("latest");
        // "a film that isn't a sequel, or a superhero thing" asks for no series.
        let is_denied = (1..tokens.len()).any(|at| lexicon::after(tokens, at, Meaning::Not).is_some());
        if may_be_series
            && !is_denied
            && let Some(intent) = self.series_in_words()
        {
            return Some((intent, None));
        }
        let is_film = |at: usize| films.iter().any(|slot| (slot.from..slot.to).contains(&at));
        let others: Vec<usize> = (0..tokens.len()).filter(|at| !is_film(*at)).collect();
        if (films.is_empty() && silently.is_none()) || others.is_empty() || others.len() > MOST_WORDS {
            return None;
        }
        let is_said = |phrase: &[&str]| {
            // "about Alien, what else" asks not "about what".
            let words = |words: &[usize]| {
                words.iter().map(|at| tokens[*at].word.as_str()).eq(phrase.iter().copied())
                    && words
                        .windows(2)
                        .all(|pair| pair[0] + 1 == pair[1] || !self.reader.sentence.breaks_before(pair[1]))
            };
            others.windows(phrase.len()).any(words)
        };
        let told: HashSet<&str> = PHRASES.iter().filter(|(_, phrase)| is_said(phrase)).map(|(kind, _)| *kind).collect();
        let tells = |kind| told.contains(kind);
        let denies = others.iter().any(|at| cues::is("denies", &tokens[*at].word));
        // "seen it like 6 times" counts.
        let counts = |at: usize| {
            let next = tokens.get(at + 1);
            tokens[at].word == "like"
                && next.is_some_and(|next| next.number().is_some() || lexicon::number_word(&next.word).is_some())
        };
        let alike = tells("alike") || others.iter().any(|at| cues::is("alike", &tokens[*at].word) && !counts(*at));
        // What is pointed at is no title that could be doubtful.
        // Of what nobody knows it need not be asked of which film of that name.
        let is_unknown = tells("unknown") || tells("where");
        let one = match films.as_slice() {
            [TitleSlot { found: TitleMatch::One(movie), .. }] if is_pointed_at => Some(*movie),
            [TitleSlot { found: TitleMatch::Several(movies), .. }] if is_unknown => movies.first().copied(),
            [slot] => self.resolved(slot).ok(),
            [] => silently,
            _ => None,
        };
        const ASKED: [&str; 15] = [
            "plot", "runtime", "director", "role", "cast", "genre", "year", "country", "mine", "have", "series",
            "where", "unknown", "title", "whom",
        ];
        let may_be_whether = |slot: &TitleSlot| match &slot.found {
            TitleMatch::Several(movies) => {
                movies.first().is_some_and(|movie| self.asked_whether(&films, *movie).is_some())
            }
            _ => false,
        };
        if let (None, [slot]) = (one, films.as_slice())
            && (ASKED.iter().any(|kind| tells(kind))
                || (tells("opinion") && self.puts_a_question(&films))
                || may_be_whether(slot))
            && let Err(question) = self.resolved(slot)
            && !question.is_at_a_loss()
        {
            return Some((*question, None));
        }
        // Of the film that is spoken of without a word for it nothing is said, only asked.
        if silently.is_some() {
            let is_asked = ASKED.iter().any(|kind| !matches!(*kind, "mine" | "have") && tells(kind));
            let tells_of = |at: &usize| {
                let word = tokens[*at].word.as_str();
                PHRASES.iter().any(|(kind, phrase)| ASKED.contains(kind) && phrase.contains(&word))
            };
            let is_of_question = |at: &usize| {
                tells("role")
                    || tells("whom")
                    || is_of_grammar(&tokens[*at].word)
                    || cues::is("frames", &tokens[*at].word)
                    || tells_of(at)
            };
            if !(is_asked && others.iter().all(is_of_question)) {
                return self.asked_whether(&films, one?).map(|intent| (intent, None));
            }
        }
        let asks_who = tokens.iter().any(|token| matches!(token.word.as_str(), "who" | "whos" | "quien" | "quienes"));
        if let Some(movie) = one {
            let about = |wanted| Some(Intent::About { wanted, movie });
            let mark = |mark| Some(Intent::Mark { movies: vec![movie], mark });
            let said = match () {
                () if tells("removes") && tells("stars") => Some(Intent::Unrate { movie }),
                () if tells("hides") => mark(Mark::NotForMe),
                () if tells("mine") => about(Wanted::MyRating),
                () if tells("why") && is_pointed_at => Some(Intent::Why { movie }),
                () if let Some(half_stars) = ratings::marked(&self.reader) => Some(Intent::Rate { movie, half_stars }),
                () if tells("bad") => Some(self.confirm_rating(movie, BAD)),
                () if tells("meh") && !alike => Some(self.confirm_rating(movie, MEH)),
                () if tells("in_list") => about(Wanted::Have),
                () if tells("where") => about(Wanted::WhereToWatch),
                () if tells("unknown") => about(Wanted::Other),
                () if tells("title") => about(Wanted::Title),
                // "vi Coraline con mi hija" asks nothing.
                () if tells("suits") && tells("seen") && !self.asks_something(&films) => mark(Mark::Seen),
                () if tells("suits") => about(Wanted::Suits),
                () if tells("counts") || self.asks_of_kind(&films) => about(Wanted::Genre),
                () if tells("company") && self.puts_a_question(&films) => about(Wanted::Genre),
                () if tells("role") || (tells("whom") && asks_who) => about(Wanted::Role),
                () if let Some(intent) = self.asked_whether(&films, movie) => Some(intent),
                () if tells("plot") => about(Wanted::Plot),
                () if tells("runtime") => about(Wanted::Runtime),
                () if tells("director") => about(Wanted::Director),
                () if tells("cast") => about(Wanted::Cast),
                () if tells("genre") => about(Wanted::Genre),
                () if tells("year") => about(Wanted::Year),
                () if tells("country") => about(Wanted::Country),
                () if tells("series") => self.series_of(movie).or_else(|| about(Wanted::Series)),
                () if tells("opinion") => about(Wanted::Opinion),
                // "anything by Bergman besides The Seventh Seal" asks for others.
                () if tells("have") && tells("besides") => return None,
                () if tells("have") => about(Wanted::Have),
                () if is_only_asked => return None,
                () if alike => None,
                // "I have never seen Casablanca" marks nothing.
                () if tells("seen") && !denies => mark(Mark::Seen),
                () if tells("good") => Some(self.confirm_rating(movie, GOOD)),
                () => None,
            };
            if said.is_some() {
                return said.map(|intent| (intent, None));
            }
            // "is Blade Runner 2049 better than the original"
            if tells("compares")
                && tells("original")
                && let Some(original) = self.original_of(movie)
            {
                return Some((Intent::Compare { wanted: Wanted::Opinion, movies: vec![movie, original] }, None));
            }
        }
        // "does the dog die in Marley and Me?": what nobody knows, with what is known of the film.
        let at_a_loss = matches!(taken, Intent::NotUnderstood { .. } | Intent::OutsideTheData { .. });
        let wishes = others.iter().any(|at| cues::is("wishes", &tokens[*at].word));
        let best_known = || match films.as_slice() {
            [TitleSlot { found: TitleMatch::Several(movies), .. }] => movies.first().copied(),
            _ => None,
        };
        if let Some(movie) =
            one.or_else(best_known).filter(|_| at_a_loss && !alike && !wishes && self.asks_something(&films))
        {
            let wanted = if asks_who { Wanted::Role } else { Wanted::Other };
            return Some((Intent::About { wanted, movie }, None));
        }
        if is_pointed_at {
            // "me la apunto. y con Eduardo Noriega que más" wishes something of its own.
            if !plainly::sentences(self.reader.sentence).is_empty() {
                return None;
            }
            let movie = one.filter(|_| alike && !denies)?;
            return Some((Intent::Like { movies: vec![movie], filters: Filters::default(), tweak: Tweak::None }, None));
        }
        let wishes_others = others.iter().any(|at| matches!(tokens[*at].word.as_str(), "but" | "pero"));
        if films.len() > 1 && tells("compares") && !wishes_others {
            let movies: Result<Vec<_>, _> = films.iter().map(|slot| self.resolved(slot)).collect();
            let wanted = match () {
                () if tells("runtime") || tells("length") => Wanted::Runtime,
                () if tells("year") || tells("age") => Wanted::Year,
                () => Wanted::Opinion,
            };
            let compare = |movies| Intent::Compare { wanted, movies };
            return Some((movies.map_or_else(|question| *question, compare), None));
        }
        // "Con Air minus Nicolas Cage": the rest is read, too.
        let around = self.reader.read_around(&films);
        let is_read = around.unread.is_empty() && (around.has_conditions() || around.less_known);
        // "what should I watch that isn't Jaws?" is like none.
        if around.titles.is_empty() || !(is_read || (alike && !denies)) {
            return None;
        }
        let request = Request { unread: Vec::new(), ..around };
        let (intent, _) = self.like(&request.titles, &request);
        Some((intent, Some(request)))
    }
}

impl Chat<'_> {
    /// Whether a phrase of this kind stands anywhere in the sentence.
    pub(crate) fn tells_anywhere(&self, kind: &str) -> bool {
        let words: Vec<&str> = self.reader.sentence.tokens.iter().map(|token| token.word.as_str()).collect();
        let mut phrases = PHRASES.iter().filter(|(own, _)| *own == kind);
        phrases.any(|(_, phrase)| words.windows(phrase.len()).any(|said| said == phrase.as_slice()))
    }

    /// The first film of its series, or the one whose title it begins with, if it is another.
    pub(crate) fn original_of(&self, movie: MovieId) -> Option<MovieId> {
        let year = |movie: &MovieId| self.catalogue.get(*movie).and_then(|film| film.year);
        let series = match self.series_of(movie) {
            Some(Intent::Series { movies, .. }) => movies,
            _ => Vec::new(),
        };
        let title = fold::tokenize(&self.catalogue.get(movie)?.title);
        let begins = || {
            (1..title.len()).rev().find_map(|to| match self.reader.index.find_as(&title[..to], Reading::Exact)? {
                TitleMatch::One(other) => Some(other),
                _ => None,
            })
        };
        let first = series.iter().copied().min_by_key(year).or_else(begins)?;
        (first != movie && year(&first) < year(&movie)).then_some(first)
    }

    /// Whether it asks, also by a word that begins many a wish, too: "can", "will".
    pub(crate) fn asks_something(&self, films: &[TitleSlot]) -> bool {
        let first = self.reader.sentence.tokens.iter().find(|token| !patterns::is_courtesy(&token.word));
        self.puts_a_question(films) || first.is_some_and(|first| cues::is("may_ask", &first.word))
    }

    /// "is Seven horror or a thriller?"
    fn asks_of_kind(&self, films: &[TitleSlot]) -> bool {
        let asks = matches!(self.reader.sentence.tokens[0].word.as_str(), "is" | "was" | "es" | "era");
        asks && !self.asks_what_there_is() && !self.reader.read_around(films).genres.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn every_phrase_is_written_folded() {
        assert!(PHRASES.len() > 10);
        for phrase in PHRASES.iter().map(|(_, phrase)| phrase) {
            let said = phrase.join(" ");
            let words: Vec<String> = tokenize(&said).into_iter().map(|token| token.word).collect();
            assert_eq!(words.join(" "), said);
        }
    }
}
