//! What a sentence that fits a pattern asks for: facts of a film, the list before, undoing.
//! Says nothing where the film is not certain: the sentence is then read as any other.

use cineswarm_engine::{HalfStars, MovieId};

use crate::intent::{Intent, Question, Shift, Wanted};
use crate::patterns::{self, Fitting};
use crate::request::TitleSlot;
use crate::titles::{Reading, TitleMatch};
use crate::{Chat, ClarifyOption, fold, lexicon, replies};

/// What a slot for a film means.
enum Meant {
    One(MovieId),
    Several(TitleSlot),
    /// "it", and nothing was shown.
    NothingBefore,
    Unknown(usize, usize),
}

impl Chat<'_> {
    /// Orders without a title: "undo", "what have I rated", "the second one".
    pub(crate) fn order(&self) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        patterns::fitting(tokens).filter(|fitting| fitting.film.is_none()).find_map(|fitting| self.ordered(&fitting))
    }

    fn ordered(&self, fitting: &Fitting) -> Option<Intent> {
        let asked = || self.reader.sentence.text.trim().to_owned();
        let places = || fitting.numbers.iter().filter_map(|at| self.shown(*at)).collect::<Vec<MovieId>>();
        let has_list = !self.context.shown.is_empty();
        let one = |then: fn(&Self, MovieId) -> Intent| match places().first() {
            Some(movie) => Some(then(self, *movie)),
            None if has_list => Some(Intent::NoSuchPlace { asked: asked() }),
            // "the first one" of nothing; "300" and "the fifth element" are films.
            None if self.context.options.is_empty() && self.says_place_in_words(&fitting.numbers) => {
                Some(Intent::NotUnderstood { asked: asked() })
            }
            None => None,
        };
        match fitting.kind.0 {
            "my_ratings" => Some(Intent::MyRatings),
            "count" => Some(Intent::CountFilms),
            "undo" => Some(Intent::Undo),
            "restart" => Some(Intent::StartOver),
            "chat" => Some(Intent::NotUnderstood { asked: asked() }),
            "other" => Some(Intent::More),
            "newer" if has_list => Some(Intent::shift(Shift::Newer)),
            "older" if has_list => Some(Intent::shift(Shift::Older)),
            "shorter" | "longer" if has_list && !self.reader.index.has_facts() => {
                Some(Intent::OutsideTheData { asked: asked() })
            }
            "shorter" if has_list => Some(Intent::shift(Shift::Shorter)),
            "longer" if has_list => Some(Intent::shift(Shift::Longer)),
            "funnier" if has_list => Some(self.more_of("Comedy")),
            "scarier" if has_list => Some(self.more_of("Horror")),
            "why" => one(|_, movie| Intent::Why { movie }),
            "like_shown" => one(|_, movie| Intent::Like {
                movies: vec![movie],
                filters: Default::default(),
                tweak: crate::Tweak::None,
            }),
            "about_shown" if self.context.options.is_empty() => {
                one(|_, movie| Intent::About { wanted: Wanted::Plot, movie })
            }
            "bad_shown" => one(|chat, movie| chat.confirm_rating(movie, &[1.0, 1.5, 2.0, 0.5])),
            "good_shown" => one(|chat, movie| chat.confirm_rating(movie, &[5.0, 4.5, 4.0])),
            "seen_shown" => Some(Intent::SeenOnCards),
            "rate_shown" | "stars_shown" => {
                let [first, second] = fitting.numbers.as_slice() else { return None };
                let (place, stars) = if fitting.kind.0 == "rate_shown" { (first, second) } else { (second, first) };
                match self.shown(*place) {
                    Some(movie) => self.rerated(movie, *stars),
                    None if has_list => Some(Intent::NoSuchPlace { asked: asked() }),
                    None => Some(Intent::NotUnderstood { asked: asked() }),
                }
            }
            _ => None,
        }
    }

    fn says_place_in_words(&self, numbers: &[usize]) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let in_words = |at: &usize| tokens.get(*at).is_some_and(|token| token.number().is_none());
        numbers.iter().all(in_words) && self.reader.index.find_as(tokens, Reading::Exact).is_none()
    }

    fn more_of(&self, genre: &str) -> Intent {
        let filters = cineswarm_engine::Filters { genres: vec![genre.to_owned()], ..Default::default() };
        Intent::Refine { filters, tweak: crate::Tweak::None, shift: None }
    }

    /// The film of the list that a number or ordinal means.
    fn shown(&self, at: usize) -> Option<MovieId> {
        let place = patterns::place(&self.reader.sentence.tokens.get(at)?.word)?;
        match place {
            0 => self.context.shown.last().copied(),
            place => self.context.shown.get(place - 1).copied(),
        }
    }

    /// Questions about a film, and verdicts on one.
    pub(crate) fn about_a_film(&self) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        patterns::fitting(tokens).find_map(|fitting| {
            let (from, to) = fitting.film?;
            let kind = fitting.kind.0;
            // "jaws year" is a question, "the best of the year" is none.
            let is_title_and_word = from == 0 && tokens.len() == to + 1;
            let says_so = !is_title_and_word
                && matches!(
                    kind,
                    "director"
                        | "cast"
                        | "year"
                        | "plot"
                        | "runtime"
                        | "country"
                        | "where"
                        | "mine"
                        | "unrate"
                        | "rerate"
                );
            let movie = match self.meant(from, to, says_so) {
                Meant::One(movie) => movie,
                Meant::Several(slot)
                    if says_so
                        || matches!(
                            kind,
                            "good" | "genre" | "have" | "good_word" | "meh_word" | "bad_word" | "seen_film"
                        ) =>
                {
                    return self.resolved(&slot).err().map(|question| *question);
                }
                Meant::NothingBefore if says_so => {
                    let asked = self.reader.sentence.text.trim().to_owned();
                    return Some(Intent::NotUnderstood { asked });
                }
                Meant::Unknown(from, to) if says_so => return Some(self.unknown(from, to)),
                _ => return None,
            };
            let about = |wanted| Some(Intent::About { wanted, movie });
            match kind {
                "director" => about(Wanted::Director),
                "cast" => about(Wanted::Cast),
                "year" => about(Wanted::Year),
                "genre" => about(Wanted::Genre),
                "plot" => about(Wanted::Plot),
                "good" => about(Wanted::Opinion),
                "have" => about(Wanted::Have),
                "runtime" => about(Wanted::Runtime),
                "country" => about(Wanted::Country),
                "where" => about(Wanted::WhereToWatch),
                "mine" => about(Wanted::MyRating),
                "unrate" => Some(Intent::Unrate { movie }),
                "rerate" => self.rerated(movie, *fitting.numbers.first()?),
                "seen_film" => Some(Intent::SeenOnCards),
                "good_word" => Some(self.confirm_rating(movie, &[5.0, 4.5, 4.0])),
                "meh_word" => Some(self.confirm_rating(movie, &[3.0, 2.5, 2.0])),
                "bad_word" => Some(self.confirm_rating(movie, &[1.0, 1.5, 2.0, 0.5])),
                _ => None,
            }
        })
    }

    fn rerated(&self, movie: MovieId, number: usize) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        let said = self.reader.sentence.typed(number, tokens.len());
        let said = said.split_whitespace().next()?;
        let stars: f64 = said.replace(',', ".").parse().ok()?;
        Some(match HalfStars::from_stars(stars) {
            Ok(half_stars) => Intent::Rate { movie, half_stars },
            Err(_) => Intent::RateOffScale { movie, said: said.to_owned() },
        })
    }

    /// A verdict in words is no number: the person says how many stars it is worth.
    pub(crate) fn confirm_rating(&self, movie: MovieId, stars: &[f64]) -> Intent {
        let options = stars.iter().filter_map(|stars| {
            let (_, text) = self.rating_option(movie, *stars)?;
            Some(ClarifyOption { label: replies::stars(*stars, self.lang), text })
        });
        Intent::Clarify { question: Question::ConfirmRating, about: self.label(movie), options: options.collect() }
    }

    fn meant(&self, from: usize, to: usize, freely: bool) -> Meant {
        let tokens = &self.reader.sentence.tokens;
        let words: Vec<&str> = tokens[from..to].iter().map(|token| token.word.as_str()).collect();
        let refers =
            ["it", "that", "this", "that one", "this one", "that film", "that movie", "this film", "this movie"];
        let refers_es = ["esa", "esta", "ella", "eso", "ese", "esa peli", "esta peli", "esa pelicula", "esta pelicula"];
        let said = words.join(" ");
        if refers.contains(&said.as_str()) || refers_es.contains(&said.as_str()) {
            let only = self.context.about.or(match self.context.shown {
                [only] => Some(*only),
                _ => None,
            });
            return only.map_or(Meant::NothingBefore, Meant::One);
        }
        if !self.context.shown.is_empty()
            && let Some(at) = (from..to).find(|at| patterns::place(&tokens[*at].word).is_some())
            && words.iter().all(|word| {
                patterns::place(word).is_some() || matches!(*word, "the" | "one" | "number" | "la" | "el" | "numero")
            })
            && let Some(movie) = self.shown(at)
        {
            return Meant::One(movie);
        }
        let (trimmed, end) = self.reader.trimmed(from, to);
        // "I hate musicals" speaks of a kind, whatever film is called so.
        if !freely && end == trimmed + 1 && lexicon::is_known(&tokens[trimmed].word) {
            return Meant::Unknown(from, to);
        }
        let spans = [(from, to), (trimmed, end)];
        let found = spans.into_iter().find_map(|(from, to)| {
            let found = self.reader.index.find_as(&tokens[from..to], Reading::Exact)?;
            Some(TitleSlot { from, to, found })
        });
        let found = found.or_else(|| {
            let letters: usize = words.iter().map(|word| word.len()).sum();
            let close = (letters >= 5).then(|| self.reader.whole_title(trimmed, end)).flatten()?;
            Some(TitleSlot { from: trimmed, to: end, found: close })
        });
        let found = found.or_else(|| {
            let tokens = fold::without_article(tokens.get(trimmed..end)?);
            let found = freely.then(|| self.reader.index.find_as(tokens, Reading::Part)).flatten()?;
            Some(TitleSlot { from: trimmed, to: end, found })
        });
        match found {
            Some(TitleSlot { found: TitleMatch::One(movie), .. }) => Meant::One(movie),
            Some(slot) => Meant::Several(slot),
            None => Meant::Unknown(from, to),
        }
    }
}
