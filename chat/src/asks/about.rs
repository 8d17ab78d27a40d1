//! Questions about a film that a sentence names or points at, and verdicts on one.
//! Says nothing where the film is not certain: the sentence is then read as any other.

use cineswarm_engine::MovieId;

use crate::Chat;
use crate::commands::{BAD, GOOD, MEH};
use crate::context::Last;
use crate::films::knowledge::Role;
use crate::films::series;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Mark, OfItself, Wanted};
use crate::request::TitleSlot;
use crate::words::places::place;
use crate::words::{cues, fold, lexicon, patterns};

/// What a slot for a film means.
enum Meant {
    One(MovieId),
    Several(TitleSlot),
    /// "it", and nothing was shown.
    NothingBefore,
    Unknown(usize, usize),
}

impl Chat<'_> {
    /// Questions about a film, and verdicts on one.
    pub(crate) fn about_a_film(&self) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        patterns::fitting(self.reader.sentence).find_map(|fitting| {
            let (from, to) = fitting.film?;
            let kind = fitting.kind.0;
            // "who's in Chinatown besides Jack Nicholson?" asks of the film; he is known already.
            let excepts = || (from + 1..to).find(|at| lexicon::after(tokens, *at, lexicon::Meaning::Not).is_some());
            let is_unknown = || kind == "cast" && matches!(self.meant(from, to, false), Meant::Unknown(..));
            let to = excepts().filter(|_| is_unknown()).unwrap_or(to);
            // "i watched it last night" marks no film called "Last Night".
            let points = matches!(tokens[from].word.as_str(), "it" | "that" | "this" | "esa" | "esta" | "la");
            if kind == "seen_film"
                && points
                && to > from + 1
                && self.reader.index.find_as(&tokens[from..to], Reading::Exact).is_none()
            {
                return Some(
                    self.pointed_at()
                        .map_or(Intent::WhichOne, |movie| Intent::Mark { movies: vec![movie], mark: Mark::Seen }),
                );
            }
            if kind == "series" {
                return self.series_asked(&tokens[from..to]).or_else(|| self.series_of_titles(from, to));
            }
            // "he visto Tiburón" says, where "¿he visto Tiburón?" asks.
            if kind == "mine" && tokens[0].word == "he" && !self.asks() {
                return None;
            }
            // "have you seen Titanic?" asks the program, which sees no films.
            if kind == "you_saw" {
                let is_film = !matches!(self.meant(from, to, false), Meant::Unknown(..));
                return is_film.then_some(Intent::OfItself(OfItself::Nature));
            }
            // "I haven't seen anything by him" is of no film.
            if kind == "unsee_film" && matches!(self.meant(from, to, false), Meant::Unknown(..)) {
                return None;
            }
            if kind == "unsee_film" {
                return Some(Intent::OfItself(OfItself::Marks));
            }
            // "what did I give the first one?" where there is no list: which was rated first is not known.
            if kind == "mine" && self.context.counted().is_empty() && self.is_place(from, to) {
                return Some(Intent::MyRatings);
            }
            // "got anything with robots?" asks for a kind of film, "have you got vampires?" too.
            if matches!(kind, "have" | "in_list" | "chosen_film") && self.is_kind_of_film(from, to) {
                return None;
            }
            // "I can't stand Adam Sandler" is no verdict on a film.
            if matches!(kind, "good_word" | "meh_word" | "bad_word" | "like_film") && self.names_somebody(from, to) {
                return None;
            }
            // "ya vi Tiburón y Alien", "I've seen all the Star Wars".
            if kind == "seen_film"
                && let Some(intent) = self.seen_several(from, to).or_else(|| self.seen_all_of(from, to))
            {
                return Some(intent);
            }
            // "I've seen all the Bond films" marks none that is called nearly so.
            if kind == "seen_film" && self.says_all_of(from, to) {
                return Some(self.not_understood());
            }
            // "whats number 2 about" of a list that has none.
            if self.is_place(from, to) && self.shown_in(from, to).is_none() {
                let asked = self.reader.sentence.text.trim().to_owned();
                return match self.goes_on() {
                    true => Some(Intent::NoSuchPlace { asked }),
                    // "la 1 ya la vi" of no list speaks of no film called "The One".
                    false if self.counts_in_digits(from, to) => Some(Intent::NotUnderstood { asked }),
                    false => None,
                };
            }
            // "hide horror films" is a wish.
            if kind == "hide_film" && self.is_kind_of_film(from, to) {
                return None;
            }
            // "and who directed it?" speaks of no film called "and".
            if tokens[from..to].iter().all(|token| patterns::is_courtesy(&token.word)) {
                return None;
            }
            // "jaws year" is a question, "the best of the year" is none.
            let is_title_and_word = from == 0 && tokens.len() == to + 1;
            let says_so = !is_title_and_word
                && matches!(
                    kind,
                    "director"
                        | "cast"
                        | "role"
                        | "year"
                        | "plot"
                        | "runtime"
                        | "country"
                        | "where"
                        | "mine"
                        | "unrate"
                        | "off_list"
                        | "rerate"
                );
            let changes_films = matches!(kind, "add_film" | "drop_film");
            // "forget Titanic" after it was rated.
            if kind == "drop_film"
                && cues::is("takes_back", &tokens[0].word)
                && let Some(movie) = self.rated_before(&tokens[from..to])
                && (self.context.last == Last::Rating || !self.context.like.contains(&movie))
            {
                return Some(Intent::Unrate { movie });
            }
            if changes_films && (self.context.like.is_empty() || self.is_kind_of_film(from, to)) {
                return None;
            }
            // "remove Up": written as a name, it is one.
            let is_capital = self.reader.sentence.typed(from, to).starts_with(char::is_uppercase);
            let is_exact = || self.reader.index.find_as(&tokens[from..to], Reading::Exact).is_some();
            // "do you know Up?": so is one within the sentence that is all of a title.
            let is_name = is_capital && (changes_films || (from > 0 && is_exact()));
            // "Ghost ya la vimos": what was seen is a film, whatever its title means.
            let is_name = is_name
                || (kind == "seen_film"
                    && from == 0
                    && tokens[to - 1..].iter().any(|token| matches!(token.word.as_str(), "la" | "lo"))
                    && is_exact());
            let meant = match self.meant(from, to, says_so || is_name) {
                Meant::Unknown(..) if says_so => self.meant_before_break(from, to).unwrap_or(Meant::Unknown(from, to)),
                meant => meant,
            };
            let movie = match meant {
                Meant::One(movie) => movie,
                // The one that the question had is dropped, whatever else is called so.
                Meant::Several(TitleSlot { found: TitleMatch::Several(movies), .. })
                    if kind == "drop_film" && movies.iter().any(|movie| self.context.like.contains(movie)) =>
                {
                    *movies.iter().find(|movie| self.context.like.contains(movie))?
                }
                // Of several films called so, the one that is shown.
                Meant::Several(TitleSlot { found: TitleMatch::Several(movies), .. })
                    if kind == "in_list" && movies.iter().any(|movie| self.context.shown.contains(movie)) =>
                {
                    *movies.iter().find(|movie| self.context.shown.contains(movie))?
                }
                Meant::Several(slot)
                    if says_so
                        || matches!(
                            kind,
                            "good"
                                | "genre"
                                | "suits"
                                | "have"
                                | "in_list"
                                | "good_word"
                                | "meh_word"
                                | "bad_word"
                                | "seen_film"
                                | "hide_film"
                                | "add_film"
                        ) =>
                {
                    return self.resolved(&slot).err().map(|question| *question);
                }
                // "is it scary?" is no wish.
                Meant::NothingBefore if matches!(kind, "genre" | "suits") && !self.context.shown.is_empty() => {
                    return Some(Intent::WhichOne);
                }
                Meant::NothingBefore if says_so || matches!(kind, "genre" | "suits") => {
                    return Some(self.not_understood());
                }
                Meant::Unknown(from, to)
                    if says_so && tokens[from..to].iter().all(|token| is_of_grammar(&token.word)) =>
                {
                    return Some(self.not_understood());
                }
                Meant::Unknown(from, to) if says_so => return Some(self.unknown(from, to)),
                _ => return None,
            };
            let about = |wanted| Some(Intent::About { wanted, movie });
            match kind {
                "director" => about(Wanted::Director),
                "cast" => about(Wanted::Cast),
                "role" => about(Wanted::Role),
                "year" => about(Wanted::Year),
                "genre" => about(Wanted::Genre),
                "suits" => about(Wanted::Suits),
                "plot" => about(Wanted::Plot),
                "add_film" if !self.context.like.is_empty() => {
                    let added = std::iter::once(movie).filter(|movie| !self.context.like.contains(movie));
                    Some(Intent::LikeInstead { movies: self.context.like.iter().copied().chain(added).collect() })
                }
                "drop_film" if self.context.like.contains(&movie) => {
                    let kept = self.context.like.iter().copied().filter(|known| *known != movie);
                    Some(Intent::LikeInstead { movies: kept.collect() })
                }
                "like_film" => {
                    Some(Intent::Like { movies: vec![movie], filters: Default::default(), tweak: crate::Tweak::None })
                }
                "good" => about(Wanted::Opinion),
                "in_list" if !self.context.shown.is_empty() => Some(self.is_shown(movie)),
                "swap_film" if self.context.shown.contains(&movie) && !self.context.counts_rated() => {
                    Some(self.others_in_place_of(vec![movie]))
                }
                "have" | "in_list" => about(Wanted::Have),
                "runtime" => about(Wanted::Runtime),
                "country" => about(Wanted::Country),
                "where" => about(Wanted::WhereToWatch),
                "mine" => about(Wanted::MyRating),
                // "is Alien still there?" after a rating asks for it.
                "still" if self.context.last == Last::Rating => about(Wanted::MyRating),
                "still" => about(Wanted::Have),
                "chosen_film" => Some(Intent::Chosen { movie }),
                "unrate" => Some(Intent::Unrate { movie }),
                // "my list" is of what the viewer has rated, or of what is shown.
                "off_list" if self.context.shown.contains(&movie) && !self.context.counts_rated() => {
                    Some(Intent::Mark { movies: vec![movie], mark: Mark::NotForMe })
                }
                "off_list" => Some(Intent::Unrate { movie }),
                "rerate" if self.is_rated_in_doubt(&TitleSlot { from, to, found: TitleMatch::One(movie) }) => {
                    Some(self.ask_whether(&TitleSlot { from, to, found: TitleMatch::One(movie) }))
                }
                "rerate" => self.rerated(movie, *fitting.numbers.first()?),
                "seen_film" => Some(Intent::Mark { movies: vec![movie], mark: Mark::Seen }),
                "hide_film" => Some(Intent::Mark { movies: vec![movie], mark: Mark::NotForMe }),
                "good_word" | "meh_word" | "bad_word" if self.asks() => about(Wanted::Opinion),
                "good_word" => Some(self.confirm_rating(movie, GOOD)),
                "meh_word" => Some(self.confirm_rating(movie, MEH)),
                "bad_word" => Some(self.confirm_rating(movie, BAD)),
                _ => None,
            }
        })
    }

    fn names_somebody(&self, from: usize, to: usize) -> bool {
        let words = &self.reader.sentence.tokens[from..to];
        self.reader.index.find_as(words, Reading::Exact).is_none() && self.reader.names_somebody(from, to)
    }

    /// "number 2", "la segunda".
    fn is_place(&self, from: usize, to: usize) -> bool {
        let words = &self.reader.sentence.tokens[from..to];
        let says_place = |token: &fold::Token| place(&token.word).is_some();
        let is_link = |word: &str| matches!(word, "the" | "one" | "number" | "la" | "el" | "numero");
        words.iter().any(says_place)
            && words.iter().all(|token| says_place(token) || is_link(&token.word) || patterns::is_courtesy(&token.word))
            && (self.counts_in_digits(from, to) || self.reader.index.find_as(words, Reading::Exact).is_none())
    }

    /// "la 1", "number 2".
    fn counts_in_digits(&self, from: usize, to: usize) -> bool {
        let words = &self.reader.sentence.tokens[from..to];
        // "who's in 1" of a list speaks of no film called "The One", where "who's in 300" does.
        if let [number] = words
            && let Some(number) = number.number()
        {
            return (1..=self.context.shown.len() as u64).contains(&number);
        }
        matches!(words, [article, number]
            if matches!(article.word.as_str(), "the" | "number" | "la" | "el" | "numero") && number.number().is_some())
    }

    fn shown_in(&self, from: usize, to: usize) -> Option<MovieId> {
        (from..to).find(|at| self.place(*at).is_some()).and_then(|at| self.shown(at))
    }

    /// All films of a series are seen, or all of somebody's: "all the Bond films", "todas las de Nolan".
    fn seen_all_of(&self, from: usize, to: usize) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        let is_around = |at: &usize| cues::is("seen_all", &tokens[*at].word);
        // "The Mask" with its article is that one film.
        if let Some(TitleMatch::One(movie)) = self.reader.index.find_as(&tokens[from..to], Reading::Exact)
            && fold::is_article(&tokens[from].word)
            && let Some(film) = self.catalogue.get(movie)
            && fold::tokenize(&film.title).first().is_some_and(|first| first.word == tokens[from].word)
        {
            return None;
        }
        let begins = (from..to).find(|at| !is_around(at))?;
        if begins == 0 || !is_around(&(begins - 1)) {
            return None;
        }
        let ends = (begins..to).rev().find(|at| !is_around(at))? + 1;
        let words = &tokens[begins..ends];
        let of_somebody = || {
            let says_all = tokens[..begins].iter().any(|token| {
                matches!(token.word.as_str(), "all" | "every" | "everything" | "todas" | "todo" | "todos")
            });
            let named = self.reader.named_at(begins, Role::Either).filter(|(_, end)| says_all && *end == ends);
            let person = named.and_then(|(name, _)| self.reader.index.knowledge.person_named(&fold::tokenize(name)));
            person.map(|person| person.films(Role::Either).to_vec()).unwrap_or_default()
        };
        let found = [self.reader.series_films(words), self.reader.series_films(&series::in_singular(words))];
        let movies = found.into_iter().find(|films| !films.is_empty()).unwrap_or_else(of_somebody);
        (!movies.is_empty()).then_some(Intent::Mark { movies, mark: Mark::Seen })
    }

    /// "all the Bond films", which is no title.
    fn says_all_of(&self, from: usize, to: usize) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let says_all = |token: &fold::Token| matches!(token.word.as_str(), "all" | "todas" | "every");
        tokens[..=from].iter().any(says_all) && self.reader.index.find_as(&tokens[from..to], Reading::Exact).is_none()
    }

    /// All films of a list of titles are seen; one of several names is asked for.
    fn seen_several(&self, from: usize, to: usize) -> Option<Intent> {
        let slots = self.reader.whole_titles(from, to).filter(|slots| slots.len() > 1)?;
        let mut movies = Vec::new();
        for slot in &slots {
            match self.resolved(slot) {
                Ok(movie) => movies.push(movie),
                Err(question) => return Some(*question),
            }
        }
        movies.dedup();
        Some(Intent::Mark { movies, mark: Mark::Seen })
    }

    /// "anything with robots", "vampires": no title, unless it is spoken of as one.
    fn is_kind_of_film(&self, from: usize, to: usize) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let speaks_of_kind = lexicon::meanings(tokens, from)
            .any(|(meaning, end)| meaning == lexicon::Meaning::FilmNoun && end < to && tokens[from].word != "the");
        let said = self.reader.sentence.typed(from, to);
        let is_quoted = said.contains(['(', '"', '“', '«']) || said.starts_with(char::is_uppercase);
        let is_theme =
            || self.reader.index.theme_at(tokens, from).is_some_and(|(films, end)| end == to && !films.is_empty());
        let is_genre = || self.reader.genres_at(from).is_some_and(|(_, end)| end == to);
        // "any spy films"; "Scary Movie" is one.
        let is_noun = |at: usize| lexicon::after(tokens, at, lexicon::Meaning::FilmNoun) == Some(to);
        let ends_in_films =
            to > from + 1 && is_noun(to - 1) && self.reader.index.find_as(&tokens[from..to], Reading::Exact).is_none();
        // "do you have a scary movie" asks for any.
        let is_one_of_kind = || {
            let of_kind =
                self.reader.genres_at(from + 1).is_some_and(|(_, end)| end == to || (end + 1 == to && is_noun(end)));
            matches!(tokens[from].word.as_str(), "a" | "an" | "una" | "un") && of_kind
        };
        ends_in_films || speaks_of_kind || (!is_quoted && (is_theme() || is_genre() || is_one_of_kind()))
    }

    /// "heat, the Michael Mann one": the film before the break, told from others of its name by whom the rest names.
    fn meant_before_break(&self, from: usize, to: usize) -> Option<Meant> {
        let sentence = self.reader.sentence;
        let at = (from + 1..to).find(|at| sentence.breaks_before(*at))?;
        let found = self.reader.index.find_as(&sentence.tokens[from..at], Reading::Exact)?;
        let name = (at..to).find_map(|at| self.reader.named_at(at, Role::Either)).map(|(name, _)| name.to_owned());
        let has = |movie: &MovieId| {
            let facts = self.reader.index.facts(*movie);
            name.as_ref().is_some_and(|name| {
                facts.is_some_and(|facts| facts.directors.contains(name) || facts.cast.contains(name))
            })
        };
        Some(match &found {
            TitleMatch::One(movie) => Meant::One(*movie),
            TitleMatch::Several(movies) => match movies.iter().find(|movie| has(movie)) {
                Some(movie) => Meant::One(*movie),
                None => Meant::Several(TitleSlot { from, to: at, found }),
            },
            TitleMatch::Nothing { .. } => return None,
        })
    }

    fn meant(&self, from: usize, to: usize, freely: bool) -> Meant {
        let tokens = &self.reader.sentence.tokens;
        let words: Vec<&str> = tokens[from..to].iter().map(|token| token.word.as_str()).collect();
        let refers =
            ["it", "that", "this", "that one", "this one", "that film", "that movie", "this film", "this movie"];
        let refers_es = ["esa", "esta", "ella", "eso", "ese", "esa peli", "esta peli", "esa pelicula", "esta pelicula"];
        let said = words.join(" ");
        if refers.contains(&said.as_str()) || refers_es.contains(&said.as_str()) {
            let only = self.spoken_of().or(match self.context.shown {
                [only] => Some(*only),
                _ => None,
            });
            return only.map_or(Meant::NothingBefore, Meant::One);
        }
        if !self.context.counted().is_empty()
            && self.is_place(from, to)
            && let Some(movie) = self.shown_in(from, to)
        {
            return Meant::One(movie);
        }
        let (trimmed, end) = self.reader.trimmed(from, to);
        // "I hate musicals" speaks of a kind, whatever film is called so.
        let is_whole = to > from + 1 && self.reader.index.find_as(&tokens[from..to], Reading::Exact).is_some();
        if !freely && !is_whole && end == trimmed + 1 && lexicon::is_known(&tokens[trimmed].word) {
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
            let slot = TitleSlot { from: trimmed, to: end, found: close };
            // What is said of a film changes something: one letter of eight may be amiss.
            (freely || self.is_near(&tokens[trimmed..end], &slot)).then_some(slot)
        });
        let found = found.or_else(|| {
            let tokens = fold::without_article(tokens.get(trimmed..end)?);
            // "what did i rate so far" speaks of no film called "Far and Away".
            let says_title = freely && tokens.iter().any(|token| !is_of_grammar(&token.word));
            let found = says_title.then(|| self.reader.index.find_as(tokens, Reading::Part)).flatten()?;
            Some(TitleSlot { from: trimmed, to: end, found })
        });
        match found {
            Some(TitleSlot { found: TitleMatch::One(movie), .. }) => Meant::One(movie),
            Some(slot) => Meant::Several(slot),
            None => Meant::Unknown(from, to),
        }
    }
}

/// Whether sentences are made of this word, whatever titles have it.
pub(crate) fn is_of_grammar(word: &str) -> bool {
    lexicon::is_known(word) || patterns::says(word)
}
