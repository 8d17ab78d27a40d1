//! Orders that name no film: "undo", "what have I rated", "the second one", and what is asked or said of a place in the list.
//! Longer than other files: what each kind of `data/patterns.tsv` means is one table.

use cineswarm_engine::{Filters, MovieId};

use crate::context::Last;
use crate::films::titles::Reading;
use crate::intent::{Intent, Mark, OfItself, Order, Question, Shift, Wanted};
use crate::talk::{degrees, in_short};
use crate::words::fold::Sentence;
use crate::words::patterns::Fitting;
use crate::words::places::{Places, place};
use crate::words::{bags, cues, fold, patterns, plainly, turns};
use crate::{Chat, ClarifyOption, Lang, ratings, replies};

/// Stars that are offered for a verdict in words, the likeliest first.
pub(crate) const GOOD: &[f64] = &[5.0, 4.5, 4.0];
pub(crate) const MEH: &[f64] = &[3.0, 2.5, 2.0];
pub(crate) const BAD: &[f64] = &[1.0, 1.5, 2.0, 0.5];

impl Chat<'_> {
    /// Orders without a title: "undo", "what have I rated", "the second one".
    pub(crate) fn order(&self) -> Option<Intent> {
        let sentence = self.reader.sentence;
        // "talk like a pirate" names no film, and wishes none.
        let is_of_itself = |kind: &str| kind.starts_with("itself ");
        let whole =
            patterns::fitting(sentence).filter(|fitting| fitting.film.is_none() || is_of_itself(fitting.kind.0));
        whole
            .into_iter()
            .find_map(|fitting| self.ordered(&fitting))
            .or_else(|| self.order_by_degree())
            .or_else(|| self.place_alone())
            .or_else(|| self.order_asked_for())
            .or_else(|| self.order_after_remark())
            .or_else(|| self.order_by_its_words())
    }

    /// "go back to what you had before". A whole title comes first: "What We Did on Our Holiday".
    fn order_by_its_words(&self) -> Option<Intent> {
        let sentence = self.reader.sentence;
        let is_title = || self.reader.index.find_as(&sentence.tokens, Reading::Exact).is_some();
        let fitting = bags::fitting(sentence).filter(|_| !is_title())?;
        self.ordered(&fitting)
    }

    /// "not that much romance". A whole title comes first: "More War".
    fn order_by_degree(&self) -> Option<Intent> {
        let sentence = self.reader.sentence;
        let is_title = || self.reader.index.find_as(&sentence.tokens, Reading::Exact).is_some();
        let kind = degrees::order(sentence).filter(|_| !is_title())?;
        self.ordered(&Fitting { kind, film: None, numbers: Vec::new(), places: None })
    }

    /// "quita lo del 2005", "forget about the 90s": whatever the year, of a list.
    pub(crate) fn forgets_years(&self) -> Option<Intent> {
        const TAIL: [&str; 12] =
            ["thing", "stuff", "bit", "part", "cualquier", "any", "ano", "year", "era", "da", "igual", "then"];
        const BEGINNINGS: [&[&str]; 10] = [
            &["olvidate", "de"],
            &["olvidate", "del"],
            &["quita", "lo", "del"],
            &["quita", "lo", "de"],
            &["olvida", "lo", "del"],
            &["olvida", "lo", "de"],
            &["forget", "about"],
            &["forget", "the"],
            &["never", "mind", "the"],
            &["drop", "the"],
        ];
        let tokens = &self.reader.sentence.tokens;
        let says =
            |words: &[&str]| tokens.iter().map(|token| token.word.as_str()).take(words.len()).eq(words.iter().copied());
        let from = BEGINNINGS.iter().find(|words| says(words))?.len();
        let is_article = tokens.get(from).is_some_and(|token| fold::is_article(&token.word));
        let starts = [Some(from), is_article.then_some(from + 1)];
        let is_tail = |end: usize| tokens[end..].iter().all(|token| TAIL.contains(&token.word.as_str()));
        let ends = |at| crate::words::years::bound(tokens, at, u16::MAX, true).is_some_and(|(_, end)| is_tail(end));
        (self.goes_on() && starts.into_iter().flatten().any(ends)).then(|| Intent::shift(Shift::AnyYear))
    }

    /// "too long, shorter": an order after a remark that says the same, or nothing; "no not that one give me another", too.
    fn order_after_remark(&self) -> Option<Intent> {
        let sentence = self.reader.sentence;
        let at = (1..sentence.len()).rev().find(|at| sentence.breaks_before(*at));
        let asks = |at: &usize| turns::is_word("asks_after", &sentence.tokens[*at].word);
        at.into_iter().chain((2..sentence.len()).filter(asks)).find_map(|at| self.order_after_remark_at(at))
    }

    fn order_after_remark_at(&self, at: usize) -> Option<Intent> {
        let sentence = self.reader.sentence;
        let (remark, order) = (sentence.typed(0, at), sentence.typed(at, sentence.len()));
        let (remark, mut order) = (Sentence::new(remark), Sentence::new(order));
        // "more like it for the weekend".
        if let Some(plain) = plainly::plainly(&order).filter(|_| patterns::fitting(&order).next().is_none()) {
            order = Sentence::new(&plain);
        }
        // "esa ya la vi, dame otra".
        let mut asks_more = patterns::fitting(&order).map(|fitting| fitting.kind.0);
        let is_said_of_it = |fitting: Fitting| matches!(fitting.kind.0, "hide_it" | "seen_it" | "bad_it" | "meh_it");
        if self.goes_on()
            && self.pointed_at().is_none()
            && patterns::fitting(&remark).any(is_said_of_it)
            && in_short::asks_for_others(&order)
        {
            return Some(Intent::More);
        }
        if asks_more.any(|kind| matches!(kind, "other" | "like_it" | "newest")) {
            let seen = patterns::fitting(&remark).filter(|fitting| matches!(fitting.kind.0, "seen_it" | "hide_it"));
            if let Some(intent) = seen.into_iter().find_map(|fitting| self.ordered(&fitting)) {
                return Some(intent);
            }
        }
        if let Some(intent) = self.asked_of_place(&remark, &order).or_else(|| self.asked_of_place(&order, &remark)) {
            return Some(intent);
        }
        let says_no_more = |kind| {
            let mut remarks = patterns::fitting(&remark).filter(|fitting| fitting.film.is_none());
            remarks.any(|fitting| fitting.kind == kind || fitting.kind.is_chat())
        };
        // Numbers are counted in the whole sentence.
        let mut orders = patterns::fitting(&order).filter(|found| found.film.is_none() && found.numbers.is_empty());
        orders.find_map(|fitting| says_no_more(fitting.kind).then(|| self.ordered(&fitting)).flatten())
    }

    /// "number 1 please, who directed it?": the film of the list that is pointed at, and what is asked of it.
    fn asked_of_place(&self, remark: &Sentence, order: &Sentence) -> Option<Intent> {
        // "fine, I'll take 5. more like it".
        let chosen = bags::fitting(remark).filter(|fitting| fitting.kind.0 == "thanks" && fitting.places.is_some());
        let pointing = patterns::fitting(remark).filter(|fitting| {
            matches!(fitting.kind.0, "about_shown" | "like_shown" | "good_shown" | "chosen") && fitting.film.is_none()
        });
        let mut pointing = pointing.chain(chosen);
        let pointed = pointing.find_map(|fitting| {
            let place = fitting.numbers.first().and_then(|at| place(&remark.tokens.get(*at)?.word));
            let places = fitting.places.or_else(|| place.map(|place| Places::These(vec![place])))?;
            places.of(self.context.shown)
        });
        let [movie] = pointed?[..] else { return None };
        let orders = patterns::fitting(order).filter(|fitting| fitting.film.is_none() && fitting.numbers.is_empty());
        orders.into_iter().find_map(|fitting| match fitting.kind.0.split_once(' ').unwrap_or((fitting.kind.0, "")) {
            ("it", wanted) => Some(Intent::About { wanted: Wanted::from_name(wanted)?, movie }),
            ("like_it", _) => {
                Some(Intent::Like { movies: vec![movie], filters: Filters::default(), tweak: crate::Tweak::None })
            }
            ("seen_it", _) => Some(Intent::Mark { movies: vec![movie], mark: Mark::Seen }),
            ("hide_it", _) => Some(Intent::Mark { movies: vec![movie], mark: Mark::NotForMe }),
            _ => None,
        })
    }

    pub(crate) fn ordered(&self, fitting: &Fitting) -> Option<Intent> {
        let asked = || self.reader.sentence.text.trim().to_owned();
        let has_list = !self.context.shown.is_empty();
        let has_places = !self.context.counted().is_empty();
        let all_places = || match &fitting.places {
            Some(places) => self.films_at(places),
            None => self.films_at(&Places::These(fitting.numbers.iter().filter_map(|at| self.place(*at)).collect())),
        };
        let pointed_at = |then: &dyn Fn(Vec<MovieId>) -> Intent| match all_places() {
            _ if self.ends_in_title_of_places() => None,
            Some(movies) if !movies.is_empty() => Some(then(movies)),
            // "the other one" may be something else than one of two.
            _ if fitting.places == Some(Places::Other) => {
                let changes = matches!(fitting.kind.0, "seen_shown" | "hide_shown");
                (changes && self.context.about.is_some()).then_some(Intent::WhichOne)
            }
            _ if has_places => Some(Intent::NoSuchPlace { asked: asked() }),
            // "the first one" of nothing; "300" and "the fifth element" are films.
            _ if self.context.options.is_empty() && self.says_place_in_words(fitting) => {
                Some(Intent::NotUnderstood { asked: asked() })
            }
            _ => None,
        };
        let one = |then: &dyn Fn(MovieId) -> Intent| {
            pointed_at(&|movies| match movies.as_slice() {
                [movie] => then(*movie),
                _ => Intent::WhichOne,
            })
        };
        let it = |then: &dyn Fn(MovieId) -> Intent| match self.pointed_at() {
            Some(movie) => Some(then(movie)),
            None if has_list => Some(Intent::WhichOne),
            None => None,
        };
        let verdict = |stars: &'static [f64]| move |movie| self.confirm_rating(movie, stars);
        let mark = |mark| move |movies| Intent::Mark { movies, mark };
        let mark_it = |mark| move |movie| Intent::Mark { movies: vec![movie], mark };
        let like = |movie| Intent::Like { movies: vec![movie], filters: Default::default(), tweak: crate::Tweak::None };
        let (kind, genre) = fitting.kind.0.split_once(' ').unwrap_or((fitting.kind.0, ""));
        match kind {
            "my_ratings" => Some(Intent::MyRatings),
            "my_seen" => Some(Intent::MySeen),
            "wipe" => Some(self.what_to_delete()),
            "count" => Some(Intent::CountFilms),
            "its_series" => self.series_spoken_of(),
            "whole_series" => self.whole_series(),
            "series_of_list" if has_list => self.series_in_list(),
            "same" => self.same_of_both(Wanted::from_name(genre)?),
            "name_shown" => one(&|movie| Intent::About { wanted: Wanted::Genre, movie }),
            "name_top" => {
                self.context.shown.first().map(|movie| Intent::About { wanted: Wanted::Genre, movie: *movie })
            }
            "chat" if !genre.is_empty() => Some(Intent::OfItself(OfItself::from_name(genre)?)),
            // After a list it is of films in that language.
            "speak" if !self.goes_on() => Some(Intent::OfItself(OfItself::Languages)),
            "itself" => Some(Intent::OfItself(OfItself::from_name(genre)?)),
            "plots" => Some(match self.compared_last() {
                Some(pair) => Intent::Compare { wanted: Wanted::Plot, movies: pair.to_vec() },
                None => Intent::OfItself(OfItself::Endings),
            }),
            "thanks" | "chosen" if fitting.places.is_some() || !fitting.numbers.is_empty() => {
                pointed_at(&|movies| movies.first().map_or(Intent::Thanks, |movie| Intent::Chosen { movie: *movie }))
            }
            "thanks" => Some(Intent::Thanks),
            "chosen_it" => match self.pointed_at() {
                Some(movie) => Some(Intent::Chosen { movie }),
                None if self.goes_on() || self.context.about.is_some() => Some(Intent::Thanks),
                None => Some(Intent::NotUnderstood { asked: asked() }),
            },
            // After a rating "it" is that one.
            "delete_it" if self.context.last == Last::Rating && self.spoken_of().is_some() => {
                self.spoken_of().map(|movie| Intent::Unrate { movie })
            }
            "undo" | "delete_it" => Some(Intent::Undo),
            "remove_it" if self.context.last == Last::Rating => self.spoken_of().map(|movie| Intent::Unrate { movie }),
            "remove_it" => it(&mark_it(Mark::NotForMe)).or(Some(Intent::WhichOne)),
            // After a film was spoken of, the list is asked for again; else the one before it.
            "carry_on" if self.goes_on() && !self.context.last.is_list() => {
                Some(Intent::Refine { filters: Filters::default(), tweak: crate::Tweak::None, shift: None })
            }
            "carry_on" => Some(Intent::Undo),
            "again" if self.goes_on() => {
                Some(Intent::Refine { filters: Filters::default(), tweak: crate::Tweak::None, shift: None })
            }
            "agrees" if !self.context.options.is_empty() => None,
            "agrees" => Some(Intent::OfItself(OfItself::Agreed)),
            // Nothing was asked.
            "chat" if self.goes_on() && self.reader.tokens().iter().all(|token| token.word == "no") => {
                Some(Intent::OfItself(OfItself::NotThese))
            }
            "seen_all" if has_list => Some(Intent::Mark { movies: self.context.shown.to_vec(), mark: Mark::Seen }),
            "why_it" => it(&|movie| Intent::Why { movie }),
            "restart" => Some(Intent::StartOver),
            "none" if !self.context.options.is_empty() => Some(Intent::Declined),
            "none_then" if self.goes_on() || !self.context.options.is_empty() => Some(Intent::Declined),
            "help" => Some(Intent::Help),
            "chat" => Some(Intent::NotUnderstood { asked: asked() }),
            // "that's all?" wants more, "that's all." does not.
            "thats_all" if self.reader.sentence.text.contains(['?', '¿']) => Some(Intent::More),
            "thats_all" => Some(Intent::OfItself(OfItself::Farewell)),
            "other" => Some(Intent::More),
            // After somebody was told it is of them (`people/whose.rs`).
            "by_told" if self.goes_on() => Some(Intent::More),
            "lesser_known" if self.goes_on() => Some(Intent::LessKnown),
            "both" if self.goes_on() => Some(Intent::shift(Shift::Both)),
            "any_year" if self.goes_on() => Some(Intent::shift(Shift::AnyYear)),
            "in_order" if has_list => Some(self.in_order(Order::from_name(genre)?)),
            "in_order" => Some(Intent::NotUnderstood { asked: asked() }),
            "newer" if has_list => Some(Intent::shift(Shift::Newer)),
            "older" if has_list => Some(Intent::shift(Shift::Older)),
            // "which is the newest" "and the oldest?"
            "newest" if self.was_asked_of_list() => self.first_of_list("Newest", false),
            "oldest" if self.was_asked_of_list() => self.first_of_list("Oldest", false),
            "newest" if has_list => Some(Intent::shift(Shift::NewestFirst)),
            "oldest" if has_list => Some(Intent::shift(Shift::OldestFirst)),
            "better_known" if has_list => Some(Intent::shift(Shift::BetterKnown)),
            // What is said of a whole list asks for another; of a film that is spoken of it is a verdict.
            "dull" if self.pointed_at().is_some() || !self.context.options.is_empty() => None,
            "dull" if has_list => Some(Intent::More),
            "dull" => Some(Intent::NotUnderstood { asked: asked() }),
            // "pick one", of a list, is one of what was asked for.
            "anything" if self.draws_on_it() || (self.goes_on() && self.chooses_one()) => {
                Some(Intent::Refine { filters: Filters::default(), tweak: crate::Tweak::None, shift: None })
            }
            "anything" => Some(Intent::ForMe { filters: Filters::default() }),
            "shorter" | "longer" if has_list && !self.reader.index.has_facts() => {
                Some(Intent::OutsideTheData { asked: asked() })
            }
            "shorter" if has_list => Some(Intent::shift(Shift::Shorter)),
            "longer" if has_list => Some(Intent::shift(Shift::Longer)),
            "more" if self.goes_on() => self.refined_by(genre, true),
            "less" if self.goes_on() => self.refined_by(genre, false),
            // Of nothing that was asked before.
            "more" => self.refined_by(genre, true).map(|refined| match refined {
                Intent::Refine { filters, tweak, .. } => Intent::Browse { filters, tweak },
                other => other,
            }),
            "of_list" if has_list || self.context.last == Last::Series || self.compared_last().is_some() => {
                self.first_of_list(genre, false)
            }
            // Of an answer about one film, or of nothing, none is the best.
            "of_list" if !self.goes_on() => Some(match self.context.about {
                Some(_) => Intent::WhichOne,
                None => Intent::NotUnderstood { asked: asked() },
            }),
            "next_of_list" if has_list || self.compared_last().is_some() => self.first_of_list(genre, true),
            "of_all" if has_list || self.compared_last().is_some() => {
                let movies = self.compared_last().map_or(self.context.shown.to_vec(), |pair| pair.to_vec());
                Some(Intent::Compare { wanted: Wanted::from_name(genre)?, movies })
            }
            // "why do you recommend it?"
            "why" if fitting.places.is_none() && fitting.numbers.is_empty() => it(&|movie| Intent::Why { movie }),
            "why" => one(&|movie| Intent::Why { movie }),
            "like_shown" => {
                pointed_at(&|movies| Intent::Like { movies, filters: Default::default(), tweak: crate::Tweak::None })
            }
            "it" => {
                let wanted = Wanted::from_name(genre)?;
                // Of a list of films like one, a question about "it" means that one.
                match self.pointed_at().or(self.spoken_of()) {
                    Some(movie) => Some(self.asked_of(wanted, movie)),
                    None if has_list => Some(Intent::WhichOne),
                    None => None,
                }
            }
            // Of a whole list it is more of the same.
            "like_it" => self.pointed_at().map(like).or(has_list.then_some(Intent::More)),
            "about_shown" if self.context.options.is_empty() => {
                one(&|movie| Intent::About { wanted: Wanted::Plot, movie })
            }
            // "is the third good?" asks, where "the third is good" says.
            "good_shown" | "meh_shown" | "bad_shown" if self.asks() => {
                one(&|movie| Intent::About { wanted: Wanted::Opinion, movie })
            }
            "good_shown" => one(&verdict(GOOD)),
            "meh_shown" => one(&verdict(MEH)),
            "bad_shown" => one(&verdict(BAD)),
            "good_it" => it(&verdict(GOOD)),
            "meh_it" => it(&verdict(MEH)),
            "bad_it" => it(&verdict(BAD)),
            "unrate_it" => self.spoken_of().map(|movie| Intent::Unrate { movie }),
            // "mejor no le pongas nada".
            "no_stars" => Some(self.only_film_named().map_or(Intent::WhichOne, |movie| Intent::Unrate { movie })),
            // "have I seen the first?" asks.
            "seen_shown" if self.asks() || self.begins_with_a_question() => {
                one(&|movie| Intent::About { wanted: Wanted::MyRating, movie })
            }
            "seen_shown" => pointed_at(&mark(Mark::Seen)),
            "hide_shown" => pointed_at(&|movies| self.taken_away(movies, fitting.places.as_ref())),
            // "I saw that one already" of films like the only one that was named is of that one.
            "seen_it" => Some(self.only_film_named().map_or(Intent::WhichOne, mark_it(Mark::Seen))),
            "hide_it" => it(&mark_it(Mark::NotForMe)).or(Some(Intent::WhichOne)),
            // "swap the last one", "esa no me late": another film in its place.
            "swap_shown" if self.context.counts_rated() => pointed_at(&|_| Intent::OfItself(OfItself::Swap)),
            "swap_shown" => pointed_at(&|movies| self.others_in_place_of(movies)),
            "swap_it" if !has_list => self.pointed_at().map(verdict(BAD)),
            "swap_it" => it(&|movie| self.others_in_place_of(vec![movie])),
            "rate_shown" | "stars_shown" => {
                let [first, second] = fitting.numbers.as_slice() else { return None };
                let (place, stars) = if fitting.kind.0 == "rate_shown" { (first, second) } else { (second, first) };
                match self.shown(*place) {
                    Some(movie) => self.rerated(movie, *stars),
                    // "rate 10 4" where the list is shorter.
                    None if self.is_title_of_one_word(*place) => None,
                    None if has_list => Some(Intent::NoSuchPlace { asked: asked() }),
                    None => Some(Intent::NotUnderstood { asked: asked() }),
                }
            }
            _ => None,
        }
    }

    /// "pick one", "escoge tú una"; "you choose" may be of anything.
    fn chooses_one(&self) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let is_one = |word: &str| matches!(word, "one" | "una" | "uno");
        tokens.iter().any(|token| cues::is("chooses", &token.word)) && tokens.iter().any(|token| is_one(&token.word))
    }

    /// The last question again without these films; those that it did not find are not wanted either way.
    pub(crate) fn others_in_place_of(&self, movies: Vec<MovieId>) -> Intent {
        if !movies.iter().all(|movie| self.context.shown.contains(movie)) {
            return Intent::Mark { movies, mark: Mark::NotForMe };
        }
        let filters = Filters { exclude_movie_ids: movies, ..Filters::default() };
        Intent::Refine { filters, tweak: crate::Tweak::None, shift: None }
    }

    /// Whether it was asked last which of the list is so most.
    fn was_asked_of_list(&self) -> bool {
        let is_shown = |movie| self.context.shown.contains(&movie);
        self.context.shown.len() > 1
            && self.context.about.is_some_and(is_shown)
            && matches!(self.context.last, Last::Asked(Wanted::Year | Wanted::Runtime | Wanted::Opinion))
    }

    fn is_title_of_one_word(&self, at: usize) -> bool {
        let words = self.reader.sentence.tokens.get(at..=at);
        words.is_some_and(|words| self.reader.index.find_as(words, Reading::Exact).is_some())
    }

    fn begins_with_a_question(&self) -> bool {
        self.reader.tokens().first().is_some_and(|first| matches!(first.word.as_str(), "have" | "did"))
    }

    pub(crate) fn asks(&self) -> bool {
        self.reader.sentence.text.contains(['?', '¿'])
    }

    /// "films like One, Two, Three" is of the film.
    fn ends_in_title_of_places(&self) -> bool {
        const SHORTEST: usize = 3;
        let tokens = &self.reader.sentence.tokens;
        let is_title = |from: usize| {
            let words = &tokens[from..];
            // "seen 1, 2, 3" of a list.
            (self.context.shown.is_empty() || words.iter().any(|token| token.number().is_none()))
                && words.iter().all(|token| place(&token.word).is_some())
                && self.reader.index.find_as(words, Reading::Exact).is_some()
        };
        (0..=tokens.len().saturating_sub(SHORTEST)).any(|from| tokens.len() - from >= SHORTEST && is_title(from))
    }

    fn says_place_in_words(&self, fitting: &Fitting) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let in_words = |at: &usize| tokens.get(*at).is_some_and(|token| token.number().is_none());
        fitting.numbers.iter().all(in_words) && self.reader.index.find_as(tokens, Reading::Exact).is_none()
    }

    /// The last question again with this genre, or without it, where the catalogue has it.
    pub(crate) fn refined_by(&self, genre: &str, wanted: bool) -> Option<Intent> {
        if !self.catalogue.genres().iter().any(|own| own == genre) {
            return None;
        }
        let genres = vec![genre.to_owned()];
        let (filters, shift) = match wanted {
            true => (Filters { genres, ..Filters::default() }, Some(Shift::Besides)),
            false => (Filters { exclude_genres: genres, ..Filters::default() }, None),
        };
        Some(Intent::Refine { filters, tweak: crate::Tweak::None, shift })
    }

    /// The film that was spoken of last, or asked for films like; of two that were compared neither.
    pub(crate) fn spoken_of(&self) -> Option<MovieId> {
        self.context.about.filter(|_| !matches!(self.context.last, Last::Compared(_) | Last::Ordered(_)))
    }

    /// The film that "that one" means: the one spoken of since the last list, or the only one of that list.
    pub(crate) fn pointed_at(&self) -> Option<MovieId> {
        let spoken_of = self.spoken_of().filter(|_| !self.context.last.is_list());
        spoken_of.or(match self.context.shown {
            [only] => Some(*only),
            _ => None,
        })
    }

    pub(crate) fn place(&self, at: usize) -> Option<usize> {
        place(&self.reader.sentence.tokens.get(at)?.word)
    }

    /// The film of the list that a number or ordinal means.
    pub(crate) fn shown(&self, at: usize) -> Option<MovieId> {
        Places::These(vec![self.place(at)?]).of(self.context.counted())?.first().copied()
    }

    /// "delete everything" may be of the conversation, or of what was rated.
    fn what_to_delete(&self) -> Intent {
        let options = match self.lang {
            Lang::En => [("The conversation", "start over"), ("My ratings", "delete all my ratings")],
            Lang::Es => [("La conversación", "empezar de nuevo"), ("Mis notas", "borra todas mis notas")],
        };
        Intent::Clarify {
            question: Question::WhatToDelete,
            about: self.reader.sentence.text.trim().to_owned(),
            film: None,
            options: options.map(|(label, text)| ClarifyOption { label: label.into(), text: text.into() }).to_vec(),
        }
    }

    pub(crate) fn rerated(&self, movie: MovieId, number: usize) -> Option<Intent> {
        let (said, half_stars) = ratings::stars_at(&self.reader, number)?;
        Some(match half_stars {
            Some(half_stars) => Intent::Rate { movie, half_stars },
            None => Intent::RateOffScale { movie, said },
        })
    }

    /// A verdict in words is no number: the person says how many stars it is worth.
    pub(crate) fn confirm_rating(&self, movie: MovieId, stars: &[f64]) -> Intent {
        let options = stars.iter().filter_map(|stars| {
            let (_, text) = self.rating_option(movie, *stars)?;
            Some(ClarifyOption { label: replies::stars(*stars, self.lang), text })
        });
        Intent::Clarify {
            question: Question::ConfirmRating,
            about: self.label(movie),
            film: Some(movie),
            options: options.collect(),
        }
    }
}
