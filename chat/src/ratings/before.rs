//! Films that were rated before, as far as a sentence points at them: the one that stars without a title are of, the other
//! of two, and the one that a title means among them. Stores nothing, and never guesses which of several.

use cineswarm_engine::MovieId;

use crate::context::Last;
use crate::films::series;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Mark};
use crate::request::TitleSlot;
use crate::topics::TopicKind;
use crate::words::fold::{Token, key, tokenize, without_article};
use crate::words::places::{self, Places};
use crate::words::{cues, patterns};
use crate::{Chat, Context, ratings};

impl Chat<'_> {
    /// The film that is spoken of, or the only one that the last question asked for films like.
    pub(crate) fn only_film_named(&self) -> Option<MovieId> {
        let only = match self.context.like {
            [only] => Some(*only),
            _ => None,
        };
        self.pointed_at().or(only.filter(|only| self.context.about == Some(*only)))
    }

    /// The films of these places, in what is counted.
    pub(crate) fn films_at(&self, places: &Places) -> Option<Vec<MovieId>> {
        match places {
            Places::Other => self.other_of_two().map(|movie| vec![movie]),
            // "elimina las dos" after two were rated, and the list shows more.
            Places::AllOf(count) if self.are_all_rated(*count) => Some(self.context.rated.to_vec()),
            places => places.of(self.context.counted()),
        }
    }

    fn are_all_rated(&self, count: usize) -> bool {
        let Context { last, rated, shown, .. } = self.context;
        *last == Last::Rating && rated.len() == count && shown.len() != count
    }

    /// "quita la última", "remove the last one" right after a rating: that one, though a list is shown.
    pub(crate) fn takes_last_rating(&self, places: Option<&Places>) -> bool {
        let names_film = |token: &Token| cues::is("film_or_list", &token.word);
        self.context.last == Last::Rating
            && self.context.stars.is_some()
            && places == Some(&Places::These(vec![0]))
            && !self.reader.sentence.tokens.iter().any(names_film)
    }

    /// "the other one": of two that were rated, listed or asked for films like, one of which is spoken of.
    pub(crate) fn other_of_two(&self) -> Option<MovieId> {
        let current = self.context.about?;
        let rated = if self.context.last == Last::Rating { self.context.rated } else { &[] };
        [rated, self.context.counted(), self.context.like].into_iter().find_map(|films| match films {
            [one, other] if *one == current => Some(*other),
            [other, one] if *one == current => Some(*other),
            _ => None,
        })
    }

    /// What takes these films away: their ratings, if these are what is spoken of, else the films.
    pub(crate) fn taken_away(&self, movies: Vec<MovieId>, places: Option<&Places>) -> Intent {
        if let Some(movie) = self.spoken_of().filter(|_| self.takes_last_rating(places)) {
            return Intent::Unrate { movie };
        }
        let of_rated = self.context.counts_rated()
            || (matches!(places, Some(Places::AllOf(count)) if self.are_all_rated(*count)))
            || (places == Some(&Places::Other) && movies.iter().all(|movie| self.context.rated.contains(movie)));
        match (of_rated, &movies[..]) {
            (false, _) => Intent::Mark { movies, mark: Mark::NotForMe },
            (true, [only]) => Intent::Unrate { movie: *only },
            (true, _) => Intent::UnrateSeveral { movies },
        }
    }

    /// The film that these words mean among those rated before: "cars" of a film, and "up" of one.
    pub(crate) fn rated_before(&self, tokens: &[Token]) -> Option<MovieId> {
        if self.context.rated.is_empty() {
            return None;
        }
        let is_rated = |movie: &MovieId| self.context.rated.contains(movie);
        match self.reader.index.find_as(tokens, Reading::Exact)? {
            TitleMatch::One(movie) => Some(movie).filter(is_rated),
            TitleMatch::Several(movies) => {
                let mut rated = movies.into_iter().filter(is_rated);
                rated.next().filter(|_| rated.next().is_none())
            }
            TitleMatch::Nothing { .. } => None,
        }
    }

    /// "wait", "me equivoqué", "it deserves": what was rated is rated otherwise.
    pub(crate) fn corrects_stars(&self, from: usize, to: usize) -> bool {
        self.reader.sentence.tokens[from..to].iter().any(|token| cues::is("corrects_stars", &token.word))
    }

    /// "a Up le pongo un 3", "and Us 3", "y a her un 4", "Up gets a 3": words that say nothing elsewhere, or speak of somebody,
    /// where only a film can be given stars.
    pub(crate) fn is_film_by_its_place(&self, at: usize) -> bool {
        let sentence = self.reader.sentence;
        let tokens = &sentence.tokens;
        let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
        let before = at.checked_sub(1).map_or("", word);
        if !matches!(word(at), "up" | "it" | "her" | "them" | "us") || word(at + 1) == "to" {
            return false;
        }
        let is_up = word(at) == "up";
        let is_given = matches!(before, "a" | "al")
            || (is_up && matches!(before, "for" | "give" | "gave" | "rate" | "rated" | "put" | "para"));
        let begins = at == 0
            || sentence.breaks_before(at)
            || matches!(before, "and" | "y" | "but" | "pero")
            || patterns::is_courtesy(before);
        // "Her was a 2": nobody is called so who does something.
        let is_rated =
            matches!(word(at + 1), "gets" | "get" | "is" | "was" | "deserves" | "es" | "era" | "merece" | "le");
        let has_stars = || {
            let is_beside =
                |at: &usize| matches!(word(*at), "a" | "un" | "una" | "with" | "con" | "also" | "too" | "tambien");
            let from = (at + 1..tokens.len()).find(|at| !is_beside(at)).unwrap_or(tokens.len());
            ratings::stars_from(&self.reader, from).is_some()
        };
        let is_name = at > 0
            && sentence.typed(at, at + 1).starts_with(char::is_uppercase)
            && sentence.text.contains(char::is_lowercase);
        is_given || (begins && is_rated && word(at) != "it") || (begins && (is_up || is_name) && has_stars())
    }

    /// "and her a 5", "them 4": what somebody else gives, or a film that is called so.
    pub(crate) fn may_be_somebodys_stars(&self) -> bool {
        let sentence = self.reader.sentence;
        let word = |at: usize| sentence.tokens.get(at).map_or("", |token| token.word.as_str());
        (0..sentence.len()).any(|at| {
            let begins = at == 0 || sentence.breaks_before(at) || matches!(word(at - 1), "and" | "y" | "but" | "pero");
            let from = at + 1 + usize::from(matches!(word(at + 1), "a" | "un" | "una"));
            begins
                && matches!(word(at), "her" | "him" | "them" | "us" | "she" | "he" | "ella")
                && ratings::stars_from(&self.reader, from).is_some()
        })
    }

    /// "Legacy is a 2": a part of several titles. The film is the only one of these that was spoken of; else which of them is
    /// meant is asked, if more than one is well known.
    pub(crate) fn rated_film(&self, slot: &TitleSlot) -> Result<MovieId, Box<Intent>> {
        const KNOWN_BY_ONE_IN: u32 = 5;
        if self.is_rated_in_doubt(slot) {
            return Err(Box::new(self.ask_whether(slot)));
        }
        let words = without_article(self.reader.sentence.tokens.get(slot.from..slot.to).unwrap_or_default());
        let TitleMatch::One(movie) = slot.found else { return self.resolved(slot) };
        let index = self.reader.index;
        let typed = key(words);
        let is_whole = || index.keys_of(movie).any(|own| own == typed);
        if words.is_empty() || self.context.rated.contains(&movie) || is_whole() {
            return self.resolved(slot);
        }
        let fitting = index.with_part(words);
        if fitting.len() < 2 || !fitting.contains(&movie) {
            return self.resolved(slot);
        }
        let series = self.series_films_of(self.context.about);
        let told = [self.context.rated, self.context.shown, self.context.like, &series];
        let is_told = |movie: &&MovieId| told.iter().any(|films| films.contains(*movie));
        let mut spoken_of = fitting.iter().filter(is_told);
        if let (Some(only), None) = (spoken_of.next(), spoken_of.next()) {
            return Ok(*only);
        }
        let ratings = |movie: &MovieId| self.catalogue.stats(*movie).ratings;
        let most = fitting.iter().map(ratings).max().unwrap_or(0);
        let known: Vec<MovieId> =
            fitting.iter().copied().filter(|movie| ratings(movie) * KNOWN_BY_ONE_IN >= most).collect();
        match known.len() {
            0 | 1 => self.resolved(slot),
            _ => Err(Box::new(self.which_film(slot, &known))),
        }
    }

    /// What places count where a series was told last, or where "la quinta" follows a wish for one: its films by their years.
    pub(super) fn series_counted(&self) -> Option<Vec<MovieId>> {
        let series = match (self.context.last, self.context.topics) {
            (Last::Series, _) => self.series_films_of(self.context.about),
            (Last::List, [only]) if only.kind == TopicKind::Series && self.says_ordinal() => {
                self.reader.series_films(&tokenize(&only.label))
            }
            _ => Vec::new(),
        };
        let series = series::parts(&series, self.reader.index, self.catalogue);
        (series.len() > 1).then_some(series)
    }

    fn says_ordinal(&self) -> bool {
        let tokens = &self.reader.sentence.tokens;
        tokens.iter().any(|token| token.number().is_none() && places::place(&token.word).is_some_and(|place| place > 0))
    }

    /// The films of which a part of a title is enough: those that were rated, and the series of the one that is spoken of.
    pub(super) fn spoken_together(&self) -> Vec<MovieId> {
        let is_told = matches!(self.context.last, Last::Series | Last::Rating | Last::Marked(_));
        let series = self.series_films_of(self.context.about.filter(|_| is_told));
        let rated = self.context.rated.iter().copied().filter(|movie| !series.contains(movie));
        rated.chain(series.iter().copied()).collect()
    }

    /// "Legacy" of the Bourne films, "empire" of those that were rated: the only one of them whose title has these words.
    pub(super) fn told_in_short(&self, tokens: &[Token]) -> Option<MovieId> {
        self.told_in_short_among(tokens, &self.spoken_together())
    }

    /// The same, among those that were rated, by what they are called in either language.
    pub(super) fn rated_told_in_short(&self, tokens: &[Token]) -> Option<MovieId> {
        let words: Vec<&str> = without_article(tokens).iter().map(|token| token.word.as_str()).collect();
        let said = format!(" {} ", words.join(" "));
        let has_words =
            |movie: &&MovieId| self.reader.index.keys_of(**movie).any(|key| format!(" {key} ").contains(&said));
        let mut fitting = self.context.rated.iter().filter(has_words);
        let named = fitting.next().filter(|_| fitting.next().is_none()).copied();
        self.told_in_short_among(tokens, self.context.rated).or(named.filter(|_| !words.is_empty()))
    }

    fn told_in_short_among(&self, tokens: &[Token], films: &[MovieId]) -> Option<MovieId> {
        const TELLING_LETTERS: usize = 4;
        // "Legacy un 2".
        let ends = tokens.iter().rev().take_while(|token| matches!(token.word.as_str(), "a" | "un" | "una")).count();
        let words = without_article(&tokens[..tokens.len() - ends]);
        let is_telling = |token: &Token| token.word.len() >= TELLING_LETTERS && token.number().is_none();
        if !words.iter().any(is_telling) {
            return None;
        }
        let has_words = |movie: &MovieId| {
            let title = self.catalogue.get(*movie).map(|film| tokenize(&film.title)).unwrap_or_default();
            title.windows(words.len()).any(|part| part.iter().zip(words).all(|(own, said)| own.word == said.word))
        };
        let mut fitting = films.iter().copied().filter(has_words);
        fitting.next().filter(|_| fitting.next().is_none())
    }

    pub(super) fn series_films_of(&self, movie: Option<MovieId>) -> Vec<MovieId> {
        match movie.and_then(|movie| self.series_of(movie)) {
            Some(Intent::Series { movies, .. }) => movies,
            _ => Vec::new(),
        }
    }

    /// "both": the two that were held against each other, that were asked for, or that the list has.
    pub(super) fn all_of(&self, count: usize) -> Option<Vec<MovieId>> {
        if let (Some(one), Last::Compared(other), 2) = (self.context.about, self.context.last, count) {
            return Some(vec![one, other]);
        }
        let series = self.series_films_of(self.context.about);
        let rated = if self.context.last == Last::Rating { self.context.rated } else { &[] };
        let lists = [rated, self.context.shown, self.context.like, &series];
        lists.into_iter().find(|list| list.len() == count).map(<[MovieId]>::to_vec)
    }

    /// The three first films of the series that many have seen: "The Star Wars Holiday Special" is none of the trilogy.
    pub(super) fn trilogy(&self, of: Option<MovieId>) -> Option<Vec<MovieId>> {
        const SEEN_BY_ONE_IN: u32 = 5;
        let ratings = |movie: &MovieId| self.catalogue.stats(*movie).ratings;
        let mut films = self.series_films_of(of);
        let most = films.iter().map(ratings).max()?;
        films.retain(|movie| ratings(movie) * SEEN_BY_ONE_IN >= most);
        films.sort_by_key(|movie| self.catalogue.get(*movie).and_then(|film| film.year));
        films.truncate(3);
        (films.len() == 3).then_some(films)
    }
}
