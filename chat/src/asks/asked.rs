//! Yes-or-no and either-or questions about a film, whatever their words: "is it Mexican or Spanish?", "sale Penélope Cruz en
//! Vanilla Sky?". What is left of the sentence beside the film must read as one kind of condition, and as nothing else;
//! the answer is the film's fact of that kind. Never a wish for films.

use cineswarm_engine::MovieId;

use crate::asks::about::is_of_grammar;
use crate::films::themes::Tagged;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Question, Wanted};
use crate::request::{Request, TitleSlot};
use crate::topics::TopicKind;
use crate::words::fold::tokenize;
use crate::words::lexicon;
use crate::words::places::{self, place};
use crate::words::{cues, patterns};
use crate::{Chat, Ignored};

impl Chat<'_> {
    /// "is the second one in black and white?", "Ciudad de Dios es brasileña o portuguesa?"
    pub(crate) fn asked_whether(&self, films: &[TitleSlot], movie: MovieId) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        let is_film = |at: usize| films.iter().any(|slot| (slot.from..slot.to).contains(&at));
        let others = || (0..tokens.len()).filter(|at| !is_film(*at));
        // "hindi or tamil, number one?"
        let is_either_of_place =
            || self.asks() && self.film_at_place().is_some() && others().any(|at| cues::is("either", &tokens[at].word));
        let says_copula = others().any(|at| cues::is("copula", &tokens[at].word)) || is_either_of_place();
        if !self.puts_a_question(films) || !says_copula {
            return None;
        }
        let around = self.reader.read_around(films);
        // "in French or English": of alternatives one that reads is enough.
        let is_alternative =
            |at: usize| at > 0 && matches!(tokens[at - 1].word.as_str(), "or" | "o" | "u") && around.has_conditions();
        let is_of_question = |&(from, to): &(usize, usize)| {
            (from..to).all(|at| cues::is("frames", &tokens[at].word) || is_alternative(at))
        };
        let says_more = around.less_known || around.more || around.popular || around.year_from.is_some();
        if says_more || around.titles.len() > films.len() || !around.unread.iter().all(is_of_question) {
            return None;
        }
        self.fact_of_condition(&around, movie)
    }

    /// Whether what reads as a wish may be a question all the same: "y es de México o de España?" of a film that is spoken of,
    /// "I love number 2, more like that" where a film is called "Number Two".
    pub(crate) fn may_ask(&self, intent: &Intent, ignored: &Ignored) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let first = tokens.iter().find(|token| !patterns::is_courtesy(&token.word));
        let begins = first.is_some_and(|first| cues::is("copula", &first.word));
        let says_copula = || tokens.iter().any(|token| cues::is("copula", &token.word));
        let tells = |kinds: &[&str]| kinds.iter().any(|kind| self.tells_anywhere(kind));
        match intent {
            Intent::Refine { .. } | Intent::Browse { .. } | Intent::Popular { .. } => {
                (self.asks() && (begins || says_copula() || self.film_at_place().is_some()))
                    || (begins && self.asks_of_it())
                    || (tells(&["series"]) && !self.says_wish())
            }
            Intent::Clarify { question: Question::WhichFilm, .. } => tells(&["series", "latest"]),
            Intent::Like { movies, .. } => {
                let is_taken =
                    |slot: &TitleSlot| matches!(slot.found, TitleMatch::One(movie) if movies.contains(&movie));
                let asks_fact =
                    !ignored.is_empty() && tells(&["country", "runtime", "director", "cast", "role", "year"]);
                // "would my grandma like Amelie?" wishes nothing.
                let asks_of_taste = || {
                    matches!(first.map(|first| first.word.as_str()), Some("would" | "will" | "le" | "crees"))
                        && self.asks()
                };
                asks_fact
                    || (tells(&["company"]) && asks_of_taste())
                    || (self.asks() && tells(&["in_list"]))
                    || (self.film_at_place().is_some_and(|slot| !is_taken(&slot))
                        && self.reader.films_named().is_empty())
            }
            _ => false,
        }
    }

    /// "is it sad", "was that one funny", with no mark.
    fn asks_of_it(&self) -> bool {
        let words = self.reader.sentence.tokens.iter().map(|token| token.word.as_str());
        let mut words = words.skip_while(|word| patterns::is_courtesy(word));
        let begins = words.next().is_some_and(|word| cues::is("copula", word));
        begins && matches!(words.next(), Some("it" | "that" | "this" | "he" | "she" | "muy" | "esa" | "esta" | "eso"))
    }

    fn says_wish(&self) -> bool {
        self.reader.sentence.tokens.iter().any(|token| cues::is("wishes", &token.word))
    }

    /// The fact of a film that says whether conditions hold of it.
    fn fact_of_condition(&self, around: &Request, movie: MovieId) -> Option<Intent> {
        let about = |wanted| Some(Intent::About { wanted, movie });
        let Some(named) = around.named.first().or_else(|| around.without.first()) else {
            let says_genre = !around.genres.is_empty() || !around.exclude_genres.is_empty();
            return says_genre.then_some(Intent::About { wanted: Wanted::Genre, movie });
        };
        match named.topic.kind {
            TopicKind::Origin => about(Wanted::Country),
            TopicKind::Cast | TopicKind::Director if self.is_directing_asked() => about(Wanted::Director),
            TopicKind::Director => about(Wanted::Director),
            TopicKind::Cast => about(Wanted::Cast),
            TopicKind::LengthAtLeast | TopicKind::LengthAtMost => about(Wanted::Runtime),
            TopicKind::Genres => about(Wanted::Genre),
            // "does it have a sequel" asks for its series.
            TopicKind::Theme if Tagged::tag_of(&tokenize(&named.topic.said)) == Some("sequel") => {
                self.series_of(movie).or_else(|| about(Wanted::Series))
            }
            TopicKind::Series => self.series_of(movie).or_else(|| about(Wanted::Series)),
            TopicKind::Theme => {
                Some(Intent::Tagged { movie, said: named.topic.said.clone(), holds: named.films.contains(&movie) })
            }
            _ => None,
        }
    }

    fn is_directing_asked(&self) -> bool {
        let words = self.reader.sentence.tokens.iter();
        words.map(|token| token.word.as_str()).any(|word| {
            matches!(word, "directed" | "made" | "by" | "director" | "dirigio" | "dirige" | "hizo" | "directora")
        })
    }

    /// Whether the sentence asks, by its mark, its first word, or its end: "no?", "o que", "right".
    pub(crate) fn puts_a_question(&self, films: &[TitleSlot]) -> bool {
        if self.asks_what_there_is() {
            return false;
        }
        const TAGS: [&[&str]; 12] = [
            &["o", "que"],
            &["or", "what"],
            &["or", "not"],
            &["o", "no"],
            &["right"],
            &["verdad"],
            &["cierto"],
            &["isnt", "it"],
            &["innit"],
            &["o", "quien"],
            &["a", "que", "si"],
            &["huh"],
        ];
        let tokens = &self.reader.sentence.tokens;
        let words: Vec<&str> = tokens.iter().map(|token| token.word.as_str()).collect();
        let first = (0..tokens.len()).find(|at| !patterns::is_courtesy(words[*at]));
        let begins = first.is_some_and(|at| {
            let is_film = films.iter().any(|slot| slot.from == at);
            !is_film && (cues::is("copula", words[at]) || cues::is("asks", words[at]))
        });
        // "Alien es de miedo o de acción".
        let is_after_film = |at: usize| films.iter().any(|slot| slot.to == at);
        let is_either = (0..words.len()).any(|at| is_after_film(at) && cues::is("copula", words[at]))
            && words.iter().any(|word| matches!(*word, "o" | "u" | "or"));
        // "hurry up and tell me if The Room is good".
        const WHETHER: [&[&str]; 9] = [
            &["me", "if"],
            &["me", "whether"],
            &["know", "if"],
            &["know", "whether"],
            &["wonder", "if"],
            &["idea", "if"],
            &["dime", "si"],
            &["sabes", "si"],
            &["sabeis", "si"],
        ];
        let whether = || WHETHER.iter().any(|phrase| words.windows(phrase.len()).any(|said| said == *phrase));
        self.asks() || begins || is_either || whether() || TAGS.iter().any(|tag| words.ends_with(tag))
    }

    /// "is there a comedy with robots?" is a wish, where "is there much violence in Heat?" is of a film.
    pub(crate) fn asks_what_there_is(&self) -> bool {
        if self.ends_in_film() {
            return false;
        }
        let words = self.reader.sentence.tokens.iter().map(|token| token.word.as_str());
        // "qué otras de vampiros hay?", "what other ones are there".
        let says = |of: &[&str]| words.clone().any(|word| of.contains(&word));
        if says(&["otra", "otras", "otro", "otros", "other"]) && says(&["hay", "there", "tienes", "tenes"]) {
            return true;
        }
        let mut words = words.skip_while(|word| patterns::is_courtesy(word));
        match words.next() {
            Some("is" | "are" | "isnt" | "arent") => words.next() == Some("there"),
            Some("hay" | "theres") => true,
            _ => false,
        }
    }

    /// "... in Heat": the title of a film that everybody knows, and no place where one is set.
    fn ends_in_film(&self) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let Some(at) = tokens.iter().rposition(|token| matches!(token.word.as_str(), "in" | "en")) else {
            return false;
        };
        let is_set = at > 0 && cues::is("set_in", &tokens[at - 1].word);
        let best_known = match self.reader.index.find_as(&tokens[at + 1..], Reading::Exact) {
            Some(TitleMatch::One(movie)) => Some(movie),
            Some(TitleMatch::Several(movies)) => movies.first().copied(),
            _ => None,
        };
        !is_set
            && best_known.is_some_and(|movie| self.reader.index.is_well_known(movie))
            && !tokens[at + 1..].iter().all(|token| is_of_grammar(&token.word))
    }

    /// The film of the list that stands at a place: "number 2", "no. 3", "the 2nd one", "la 4", "the last one on your list".
    pub(crate) fn film_at_place(&self) -> Option<TitleSlot> {
        let tokens = &self.reader.sentence.tokens;
        let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
        let is_number = |at: usize| tokens.get(at).is_some_and(|token| token.number().is_some());
        let counts = |at: usize| matches!(word(at), "number" | "no" | "num" | "nr" | "numero" | "nro");
        let of_place = |from: usize, at: usize, to: usize| {
            let place = if word(at) == "top" { Some(1) } else { place(word(at)) }?;
            let movie = places::Places::These(vec![place]).of(self.context.shown)?.first().copied()?;
            let is_title = self.reader.index.find_as(&tokens[from..to], Reading::Exact).is_some();
            (!is_title || is_number(at)).then_some(TitleSlot { from, to, found: TitleMatch::One(movie) })
        };
        (0..tokens.len()).find_map(|at| {
            if counts(at)
                && place(word(at + 1)).is_some()
                && (word(at) != "no" || self.reader.sentence.gap(at + 1).contains('.'))
            {
                let from = at - usize::from(at > 0 && matches!(word(at - 1), "the" | "la" | "el"));
                return of_place(from, at + 1, at + 2);
            }
            if !matches!(word(at), "the" | "la" | "el" | "that" | "esa" | "your") {
                return None;
            }
            let is_ordinal = place(word(at + 1)).is_some() && !matches!(word(at + 1), "one" | "una" | "uno");
            let is_top = word(at + 1) == "top" && matches!(word(at + 2), "one" | "film" | "movie");
            if !(is_ordinal || is_top) {
                return None;
            }
            let mut to = at + 2;
            let is_named = matches!(word(to), "one" | "film" | "movie" | "peli" | "pelicula");
            if is_named {
                to += 1;
            } else if matches!(word(at), "the" | "your") && !is_number(at + 1) && place(word(to)).is_some() {
                return None;
            }
            if matches!(word(to), "on" | "in" | "of" | "de" | "en")
                && matches!(word(to + 1), "your" | "the" | "la" | "tu" | "that")
                && matches!(word(to + 2), "list" | "lista")
            {
                to += 3;
            }
            // "la segunda parte", "the first two": of something else, or of several.
            let goes_on = matches!(
                word(to),
                "parte"
                    | "part"
                    | "season"
                    | "guerra"
                    | "time"
                    | "vez"
                    | "decade"
                    | "decada"
                    | "century"
                    | "siglo"
                    | "few"
            ) || is_number(to)
                || lexicon::number_word(word(to)).is_some();
            // "the top one part of a series".
            let goes_on = goes_on && !(is_named && word(to) == "part");
            if goes_on { None } else { of_place(at, at + 1, to) }
        })
    }

    /// The film that a question without a film is of: the one that is spoken of. Only where all its words are such as
    /// questions are made of.
    pub(crate) fn spoken_of_silently(&self) -> Option<MovieId> {
        const MOST_WORDS: usize = 9;
        let tokens = &self.reader.sentence.tokens;
        let asks = self.puts_a_question(&[]);
        (asks && tokens.len() <= MOST_WORDS).then(|| self.pointed_at().or(self.spoken_of())).flatten()
    }
}
