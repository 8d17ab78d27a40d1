//! What a sentence asks for, of all that its parts may say: which reading goes before which.

use cineswarm_engine::{Catalogue, Filters, MovieId};

use crate::films::titles::TitleMatch;
use crate::ratings::{self, RatingSaid};
use crate::request::{Reader, Request, TitleSlot};
use crate::words::fold::Token;
use crate::words::lexicon::{self, Meaning};
use crate::words::{cues, patterns, places};
use crate::{Context, Ignored, Intent, Lang, Last, Setting, Tweak};

/// A sentence, what it is read with and what was said before.
pub(crate) struct Chat<'a> {
    pub(crate) reader: Reader<'a>,
    pub(crate) lang: Lang,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) context: &'a Context<'a>,
    /// See [`Setting`].
    pub(crate) is_example: bool,
    pub(crate) depth: u8,
}

impl Chat<'_> {
    pub(crate) fn not_understood(&self) -> Intent {
        Intent::NotUnderstood { asked: self.reader.sentence.text.trim().to_owned() }
    }

    pub(crate) fn setting(&self) -> Setting<'_> {
        Setting {
            lang: self.lang,
            index: self.reader.index,
            catalogue: self.catalogue,
            context: self.context,
            is_example: self.is_example,
            depth: self.depth,
        }
    }

    /// What the sentence asks for, and what of it is not taken into account.
    pub(crate) fn decide(&self, request: &Request) -> (Intent, Ignored) {
        let none = Ignored::new();
        let of_list = self.says_rather(request).then(|| Request { popular: false, ..request.clone() });
        let request = of_list.as_ref().unwrap_or(request);
        if self.reader.sentence.tokens.is_empty() {
            return (Intent::Help, none);
        }
        if let Some(intent) = self.rated_by_degrees().or_else(|| self.rated_several()).or_else(|| self.stars_alone()) {
            return (intent, none);
        }
        if let Some(intent) = self.rated_otherwise().or_else(|| self.rated_in_passing()) {
            return (intent, none);
        }
        if let Some(intent) = self.given_to_a_place() {
            return (intent, none);
        }
        if let Some(intent) = self.order().or_else(|| self.forgets_years()).or_else(|| self.film_of_that_year()) {
            return match intent {
                Intent::Like { .. } if self.gives_stars_to_places() => (self.not_understood(), none),
                Intent::Like { movies, filters, tweak } => self.like_but(movies, filters, tweak, request),
                intent => (intent, none),
            };
        }
        if let Some(intent) = self.whole_sentence_is_title(request) {
            return (intent, none);
        }
        if self.speaks_of_others() {
            return (self.not_understood(), none);
        }
        if let Some(intent) = self.compared().or_else(|| self.versions()) {
            return (intent, none);
        }
        if let Some(intent) = self.asks_for_awards_alone() {
            return (intent, none);
        }
        if let Some(intent) = self.about_a_film() {
            return (intent, none);
        }
        if let Some(said) = ratings::read(&self.reader, self.context.last == Last::Rating) {
            return (self.rating(said), none);
        }
        if let Some(intent) = self.most_of_all(request).or_else(|| self.asks_for_awards()) {
            return (intent, none);
        }
        if let Some(intent) = self.why() {
            return (intent, none);
        }
        if self.is_other_question(request) {
            return (self.not_understood(), none);
        }
        // "Coco es preciosa, 5 estrellas" is a rating that was not read, and no wish.
        if (self.says_stars() || self.begins_rating()) && request.titles.is_empty() {
            return (self.not_understood(), none);
        }
        // "what's the weather like tomorrow" speaks of no film called "Tomorrow".
        let is_of_something_else = self.reader.sentence.tokens.iter().any(|token| cues::is("elsewhere", &token.word));
        if is_of_something_else && !request.film_noun && request.titles.len() <= 1 && !request.has_conditions() {
            return (self.not_understood(), none);
        }
        if self.gives_stars_to_places() {
            return (self.not_understood(), none);
        }
        // "the best five of these" are none of all films.
        let is_of_list = || self.chooses_of_list() || self.says_how_many_best(request);
        if request.popular && request.titles.is_empty() && !request.has_conditions() && is_of_list() {
            let tokens = &self.reader.sentence.tokens;
            let points = |token: &Token| matches!(token.word.as_str(), "these" | "those" | "them" | "estas" | "esas");
            let unread = request.unread.iter().copied().filter(|&(from, to)| !tokens[from..to].iter().all(points));
            return (self.refinement(&Request { popular: false, ..request.clone() }), unread.collect());
        }
        if let Some(user_id) = request.user {
            return (Intent::ForUser { user_id, filters: request.filters() }, request.unread.clone());
        }
        // "tv series like Breaking Bad" are no films, whatever film is called nearly so.
        let is_elsewhere = |slot: &TitleSlot| matches!(slot.found, TitleMatch::Nothing { .. });
        if request.outside && !request.titles.is_empty() && request.titles.iter().all(is_elsewhere) {
            let asked = self.reader.sentence.text.trim().to_owned();
            return (Intent::OutsideTheData { asked }, none);
        }
        if !request.titles.is_empty() {
            return self.like(&request.titles, request);
        }
        if request.unread.is_empty() {
            if self.refines(request) {
                return (self.refinement(request), none);
            }
            let says_only_dislike = !request.has_conditions() && !request.popular;
            // "quita Troya" of a question that has no such film is no verdict on it.
            let drops = patterns::fitting(self.reader.sentence).any(|fitting| fitting.kind.0 == "drop_film");
            if says_only_dislike && drops && !request.disliked.is_empty() && self.says_removal() {
                return (self.not_understood(), none);
            }
            if let Some(movie) = request.disliked.first().filter(|_| says_only_dislike) {
                return (self.confirm_rating(*movie, &[1.0, 1.5, 2.0, 0.5]), none);
            }
            return match without_titles(request) {
                Intent::Help if !request.help => (self.not_understood(), none),
                intent => (intent, none),
            };
        }
        self.title_without_verb(request)
    }

    /// "is X better than Y?", "how many Oscars did it win?": no wish for films, whatever themes its words are.
    fn is_other_question(&self, request: &Request) -> bool {
        let Some(first) = self.reader.sentence.tokens.first() else { return false };
        // "who is Tarantino?" asks for no list of his films.
        let is_about_somebody = matches!(first.word.as_str(), "who" | "whos" | "quien" | "quienes");
        // "are there any films by Kurosawa?" is a wish.
        let is_wish = self.reader.sentence.tokens.get(1).is_some_and(|next| next.word == "there");
        let asks_otherwise = cues::is("asks", &first.word)
            && !is_wish
            && (!request.unread.is_empty() || (is_about_somebody && !request.named.is_empty()));
        request.titles.is_empty() && (asks_otherwise || self.asks_who_made_the_music())
    }

    /// "like the second but funnier": what is said after the turn holds, or is said to be left out.
    fn like_but(&self, movies: Vec<MovieId>, filters: Filters, tweak: Tweak, request: &Request) -> (Intent, Ignored) {
        let tokens = &self.reader.sentence.tokens;
        let after = (1..tokens.len()).find_map(|at| lexicon::after(tokens, at, Meaning::But));
        let Some(from) = after.filter(|from| *from < tokens.len()) else {
            return (Intent::Like { movies, filters, tweak }, Ignored::new());
        };
        if let Some(Intent::Refine { filters, .. }) = self.turned(from, tokens.len()) {
            return (Intent::Like { movies, filters, tweak }, Ignored::new());
        }
        let left = request.unread.iter().copied().filter(|(at, _)| *at >= from).collect();
        let left = if request.has_conditions() { left } else { vec![(from, tokens.len())] };
        (Intent::Like { movies, filters: request.filters(), tweak }, left)
    }

    /// "a la primera un 5 y a la otra un 4": stars for places of the list that were not read are no wish.
    fn gives_stars_to_places(&self) -> bool {
        let words: Vec<&str> = self.reader.sentence.tokens.iter().map(|token| token.word.as_str()).collect();
        let is_place = |word: &str| places::place(word).is_some() || matches!(word, "otra" | "otro" | "other");
        let to_place = words.windows(3).any(|said| {
            matches!(said, ["a", "la", place] if is_place(place))
                || matches!(said, ["to", "the", place] if is_place(place))
        });
        let is_stars = |word: &str| word.parse::<f64>().is_ok_and(|stars| (0.5..=5.0).contains(&stars));
        let stars = words.windows(2).any(|said| matches!(said[0], "un" | "a") && is_stars(said[1]));
        self.goes_on() && to_place && stars
    }

    /// "and the other two?": films that no list tells, and none called "The Other Guys".
    fn speaks_of_others(&self) -> bool {
        let words: Vec<&str> = self.reader.sentence.tokens.iter().map(|token| token.word.as_str()).collect();
        let is_count = |word: &str| matches!(word, "two" | "three" | "dos" | "tres" | "2" | "3");
        let begins = matches!(words.as_slice(), ["and" | "what" | "how" | "y" | "que", ..]);
        let ends = matches!(words.as_slice(), [.., "other" | "otras" | "otros", count] if is_count(count));
        self.goes_on() && begins && ends
    }

    /// "which one's the most watched?", "the best five of these", after a list.
    fn chooses_of_list(&self) -> bool {
        let words: Vec<&str> = self.reader.sentence.tokens.iter().map(|token| token.word.as_str()).collect();
        let which = matches!(words.as_slice(), ["which", "one" | "ones" | "of", ..] | ["cual" | "cuales", ..]);
        self.goes_on() && (self.says_of_list() || which)
    }

    /// "just the best two", "las dos mejores", after a list.
    fn says_how_many_best(&self, request: &Request) -> bool {
        const MOST_WORDS: usize = 5;
        let tokens = &self.reader.sentence.tokens;
        let wishes = tokens.iter().any(|token| cues::is("wishes", &token.word));
        self.goes_on()
            && request.n.is_some()
            && tokens.len() <= MOST_WORDS
            && !(request.film_noun || request.for_me || wishes)
    }

    /// "what won best picture in 1994": who won what is in no fact.
    pub(crate) fn asks_for_awards(&self) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        let words: Vec<&str> = tokens.iter().map(|token| token.word.as_str()).collect();
        let asks = words.iter().take(3).any(|word| {
            matches!(*word, "what" | "which" | "who" | "how" | "did" | "que" | "quien" | "cual" | "cuantos" | "gano")
        });
        let wins = words.iter().any(|word| {
            matches!(*word, "won" | "win" | "wins" | "gano" | "ganaron" | "nominated" | "nominadas" | "nominada")
        });
        let is_award = words.iter().any(|word| is_award(word));
        (asks && wins && is_award)
            .then(|| Intent::OutsideTheData { asked: self.reader.sentence.text.trim().to_owned() })
    }

    /// "¿qué ganó el Óscar en 1995?" speaks of no film called "Oscar", nor of any other.
    pub(crate) fn asks_for_awards_alone(&self) -> Option<Intent> {
        let asked = self.asks_for_awards()?;
        let tokens = &self.reader.sentence.tokens;
        let names_film = |slot: &TitleSlot| !tokens[slot.from..slot.to].iter().any(|token| is_award(&token.word));
        (!self.reader.films_named().iter().any(names_film)).then_some(asked)
    }

    /// "and the music, who did that?"
    fn asks_who_made_the_music(&self) -> bool {
        let says = |of: &[&str]| self.reader.sentence.tokens.iter().any(|token| of.contains(&token.word.as_str()));
        says(&["who", "whos", "quien"]) && says(&["music", "musica", "soundtrack", "sonora"])
    }

    /// "5 stars", "cinco estrellas".
    pub(crate) fn says_stars(&self) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let is_number = |at: usize| tokens[at].number().is_some() || lexicon::number_word(&tokens[at].word).is_some();
        (1..tokens.len()).any(|at| is_number(at - 1) && lexicon::after(tokens, at, Meaning::Stars).is_some())
    }

    /// "ponle un 2 a la de ...": no wish, whatever the words after it mean.
    fn begins_rating(&self) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let Some(first) = tokens.first() else { return false };
        let is_order = lexicon::after(tokens, 0, Meaning::Rate).is_some()
            || matches!(first.word.as_str(), "ponle" | "pongale" | "ponles");
        is_order && tokens.iter().any(|token| token.number().is_some())
    }

    fn rating(&self, said: RatingSaid) -> Intent {
        match said {
            RatingSaid::VerbAlone => Intent::Help,
            RatingSaid::UnknownTitle { from, to } => self.unknown(from, to),
            RatingSaid::Complete { title, said, half_stars } => match self.rated_film(&title) {
                Ok(movie) => match half_stars {
                    Some(half_stars) => Intent::Rate { movie, half_stars },
                    None => Intent::RateOffScale { movie, said },
                },
                Err(question) => *question,
            },
            RatingSaid::WithoutStars { title } => match self.resolved(&title) {
                Ok(movie) => self.how_many_stars(movie),
                Err(question) => *question,
            },
            RatingSaid::RatingOrTitle { title, half_stars, longer_title } => {
                match (self.resolved(&title), self.resolved(&longer_title)) {
                    (Ok(movie), Ok(longer)) if movie != longer => self.rating_or_title(movie, half_stars, longer),
                    (Ok(movie), _) => Intent::Rate { movie, half_stars },
                    (Err(question), _) => *question,
                }
            }
        }
    }

    /// "why Fargo?", "¿por qué me recomiendas Fargo?"
    fn why(&self) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        let from = (0..tokens.len().min(4)).find_map(|at| {
            lexicon::after(tokens, at, Meaning::Why).filter(|_| {
                // Only "and", "but", "please" may stand before it.
                (0..at).all(|before| {
                    matches!(
                        lexicon::meanings(tokens, before).last(),
                        Some((Meaning::And | Meaning::But | Meaning::Filler | Meaning::Tail | Meaning::Help, _))
                    )
                })
            })
        })?;
        const AFTER: [&str; 17] = [
            "recommended",
            "suggested",
            "here",
            "list",
            "recomendada",
            "recomendado",
            "recomiendas",
            "aqui",
            "lista",
            "la",
            "on",
            "in",
            "the",
            "my",
            "en",
            "mi",
            "me",
        ];
        let mut to = tokens.len();
        while to > from + 1 && AFTER.contains(&tokens[to - 1].word.as_str()) {
            to -= 1;
        }
        let points = |word: &str| {
            matches!(word, "this" | "that" | "these" | "those" | "esto" | "esta" | "estas" | "esa" | "ese")
        };
        if from >= to || tokens[from..to].iter().all(|token| points(&token.word)) {
            return Some(Intent::Help);
        }
        // "por qué me das la 1" speaks of no film called "The One".
        if let Some(TitleSlot { from: at, found: TitleMatch::One(movie), .. }) = self.film_at_place()
            && self.reader.title_among_words(from, to).is_some_and(|slot| slot.from >= at)
        {
            return Some(Intent::Why { movie });
        }
        Some(match self.reader.title_among_words(from, to) {
            Some(slot) => self.resolved(&slot).map_or_else(|question| *question, |movie| Intent::Why { movie }),
            None => self.unknown(from, to),
        })
    }
}

fn is_award(word: &str) -> bool {
    matches!(
        word,
        "oscar"
            | "oscars"
            | "picture"
            | "award"
            | "awards"
            | "goya"
            | "goyas"
            | "palme"
            | "globe"
            | "globes"
            | "premio"
            | "premios"
            | "palma"
            | "bafta"
            | "oso"
    )
}

pub(crate) fn tweak(request: &Request) -> Tweak {
    if request.less_known { Tweak::LessKnown } else { Tweak::None }
}

/// What a sentence without titles asks for.
pub(crate) fn without_titles(request: &Request) -> Intent {
    let filters = request.filters();
    if request.popular && !request.less_known {
        Intent::Popular { filters }
    } else if request.has_conditions() || (request.less_known && (request.for_me || request.popular)) {
        Intent::Browse { filters, tweak: tweak(request) }
    } else if request.less_known {
        Intent::LessKnown
    } else if request.more {
        Intent::More
    } else if request.for_me || request.film_noun || request.n.is_some() || !filters.exclude_seen {
        Intent::ForMe { filters }
    } else {
        Intent::Help
    }
}
