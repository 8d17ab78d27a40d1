//! Where titles stand in a sentence and how far each reaches: after "like", between commas, around what is no title. Which film a
//! title means is `films/titles.rs`.

use super::{Reader, Request, TitleSlot};
use crate::films::titles::{MAX_TITLE_TOKENS, Reading, TitleMatch};
use crate::words::fold::{self, Token, is_article, tokenize};
use crate::words::lexicon::{self, Meaning};
use crate::words::{everyday, patterns, places, turns, years};

/// Titles of one sentence; further ones are not read.
const MAX_TITLES: usize = 20;
/// A misspelt "similar" must have this many letters: a "lover" is nobody who "loved" a film.
const LONG_ENOUGH_TO_ANNOUNCE: usize = 6;
/// A misspelt title that spans an "and" must be this long: "up and it" is no typo of anything.
const MIN_LETTERS_ACROSS_AND: usize = 12;

impl Reader<'_> {
    /// The place after "like" or "similar to", unless a longer phrase begins there ("like this").
    pub(super) fn title_announced(&self, at: usize) -> Option<usize> {
        let tokens = self.tokens();
        if let Some(next) = self.misspelt_announcement(at) {
            return Some(next);
        }
        let (longer, longest) = lexicon::meanings(tokens, at).next()?;
        let next = lexicon::after(tokens, at, Meaning::LikeTitle)?;
        // "después de 2010" announces a year, "después de ver Fargo" a film.
        if years::bound(tokens, at, self.index.newest, false).is_some() {
            return None;
        }
        // "como mucho dos horas".
        if self.length_begins(at) || turns::beginnings("no_more_than", &tokens[at..]).next().is_some() {
            return None;
        }
        // "films like One Crazy Summer", "movies like At Close Range": what follows is a title, if misspelt.
        let follows_films = at > 0 && lexicon::after(tokens, at - 1, Meaning::FilmNoun) == Some(at);
        // "seen it like five times" counts, and names nothing.
        let is_number = |word: &Token| {
            word.year().is_none() && (word.number().is_some() || lexicon::number_word(&word.word).is_some())
        };
        let names_film = || {
            let mut ends = self.title_ends(next).into_iter();
            ends.any(|end| self.index.find_as(&tokens[next..end], Reading::Exact).is_some())
        };
        let may_count = tokens[at].word == "like" && at > 0 && !follows_films;
        if may_count && tokens.get(next).is_some_and(is_number) && !names_film() {
            return None;
        }
        // "otra parecida para mañana", "another like it for tomorrow".
        let is_occasion = |(meaning, end): (Meaning, usize)| meaning == Meaning::Filler && end == tokens.len();
        let occasion = next + usize::from(tokens.get(next).is_some_and(|word| points(&word.word)));
        let announces = |word: &Token| matches!(word.word.as_str(), "for" | "para");
        if tokens.get(occasion).is_some_and(announces)
            && tokens.len() > occasion + 1
            && lexicon::meanings(tokens, occasion).any(is_occasion)
        {
            return None;
        }
        // "based on a true story" announces no title.
        if self.index.theme_at(tokens, at).is_some_and(|(_, end)| end > next) {
            return None;
        }
        let titled_past = |least: usize| {
            let mut ends = self.title_ends(next).into_iter().rev().filter(|end| *end > least);
            ends.any(|end| self.index.find_as(&tokens[next..end], Reading::Exact).is_some())
        };
        // "what is the weather like in London".
        let is_place = tokens.get(next).is_some_and(|word| matches!(word.word.as_str(), "in" | "at"));
        if is_place && !follows_films && !titled_past(next) {
            return None;
        }
        // "films like This Is Spinal Tap" are no more of the same, and "like To Die For" is no wish.
        let titled = || titled_past(longest);
        (next == longest || (matches!(longer, Meaning::More | Meaning::Filler) && titled())).then_some(next)
    }

    /// The place after "simliar to" and the like.
    pub(super) fn misspelt_announcement(&self, at: usize) -> Option<usize> {
        let word = &self.tokens().get(at)?.word;
        let known = tokenize(lexicon::corrected(word).filter(|_| word.len() >= LONG_ENOUGH_TO_ANNOUNCE)?);
        lexicon::after(&known, 0, Meaning::LikeTitle)?;
        let joint = self.tokens().get(at + 1).is_some_and(|next| matches!(next.word.as_str(), "to" | "a" | "al"));
        Some(at + 1 + usize::from(joint))
    }

    /// Reads "A, B and C" and returns the place after it; nothing is read where no title begins.
    pub(crate) fn read_titles(&self, from: usize, request: &mut Request) -> usize {
        let mut at = from;
        while request.titles.len() < MAX_TITLES {
            let Some(slot) = self.title(at, at == from) else { return at };
            at = slot.to;
            request.titles.push(slot);
            match self.after_list_joint(at) {
                Some(next) => at = next,
                None => return at,
            }
        }
        at
    }

    /// The place after a comma, an "and" or both; `None` where a list ends.
    pub(super) fn after_list_joint(&self, at: usize) -> Option<usize> {
        let word =
            lexicon::after(self.tokens(), at, Meaning::And).or_else(|| lexicon::after(self.tokens(), at, Meaning::Or));
        word.or_else(|| (at < self.sentence.len() && self.sentence.breaks_before(at)).then_some(at))
    }

    /// The title that begins at `at`, as long as possible and read as strictly as possible.
    pub(super) fn title(&self, at: usize, first: bool) -> Option<TitleSlot> {
        let ends = self.title_ends(at);
        let shortest = *ends.first()?;
        if (first && (self.is_lone_genre(at) || self.is_theme_of_films(at))) || self.is_kind_with_titles(at) {
            return None;
        }
        let may_be_genre = |end: usize| !first && end == at + 1 && self.genres_at(at).is_some();
        // "Scream pero que no ..." turns after a title: "scream pero" is no typo of "Screamers".
        let is_exact = |end: usize| self.index.find_as(&self.tokens()[at..end], Reading::Exact).is_some();
        let turn = ends.iter().copied().find(|end| self.turns(*end) && is_exact(*end));
        // "Relatos salvajes, ¿hay más?" is no misspelt longer title.
        let known = ends.iter().copied().find(|end| is_exact(*end));
        let adds_nothing = |end: usize| {
            known.is_some_and(|known| known < end && self.tokens()[known..end].iter().all(everyday::is_everyday))
        };
        let reaches = |end: usize| is_exact(end) || (turn.is_none_or(|turn| end <= turn) && !adds_nothing(end));
        // "Fargo, nothing from before 1990" speaks of no film called "Nothing".
        let may_be_turn = |end: usize| !first && end == at + 1 && self.turns(at);
        let may_be_title = |end: &usize| !may_be_genre(*end) && !may_be_turn(*end) && reaches(*end);
        for end in ends.iter().rev().copied().filter(may_be_title) {
            if let Some(found) = self.whole_title(at, end) {
                return Some(TitleSlot { from: at, to: end, found });
            }
        }
        let turns = !first && self.turns(at);
        // "When Harry Met Sally, would enjoy": a list of titles does not go on with a word that carries nothing.
        let goes_astray = !first
            && !is_article(&self.tokens()[at].word)
            && lexicon::meanings(self.tokens(), at).next().is_some_and(|(meaning, _)| {
                matches!(meaning, Meaning::Filler | Meaning::Tail | Meaning::ForMe | Meaning::More)
            });
        if turns || goes_astray || self.says_no_title(at, shortest, first) {
            return None;
        }
        // "based on that" speaks of no film called "That ...", "me gusta la tercera" of no "Third Kind".
        let points =
            |token: &Token| points(&token.word) || is_article(&token.word) || places::place(&token.word).is_some();
        if self.tokens()[at..shortest].iter().all(points) {
            return None;
        }
        for end in ends.iter().rev().copied() {
            if let Some(found) = self.index.find_as(&self.tokens()[at..end], Reading::Part) {
                return Some(TitleSlot { from: at, to: end, found });
            }
        }
        self.title_among_words(at, shortest).or_else(|| {
            let (from, to) = self.trimmed(at, shortest);
            // "me encantó, ¿hay más?" names nothing.
            if self.tokens()[from..to].iter().all(everyday::is_everyday) && !(at + 1..=shortest).any(is_exact) {
                return None;
            }
            let nearest = self.index.nearest(&self.tokens()[from..to]);
            Some(TitleSlot { from, to: shortest, found: TitleMatch::Nothing { nearest } })
        })
    }

    /// "I love romance" is no verdict on the film of that name.
    pub(super) fn is_lone_genre(&self, at: usize) -> bool {
        let tokens = self.tokens();
        let from = at + usize::from(tokens.get(at).is_some_and(|token| is_article(&token.word)));
        let is_genre = self.genres_at(from).is_some_and(|(_, end)| end == from + 1);
        is_genre
            && self.sentence.typed(from, from + 1).starts_with(char::is_lowercase)
            && (from + 1 == tokens.len()
                || self.sentence.breaks_before(from + 1)
                || matches!(tokens[from + 1].word.as_str(), "with" | "con")
                || lexicon::after(tokens, from + 1, Meaning::And).is_some())
    }

    /// "loves [romantic comedies such as] Notting Hill", "enjoyed [slow dramas like] Her": what the titles that follow are.
    fn is_kind_with_titles(&self, at: usize) -> bool {
        let tokens = self.tokens();
        let is_title = |from: usize, least: usize| {
            let mut ends = self.title_ends(from).into_iter().filter(|end| *end > least);
            ends.any(|end| self.index.find_as(&tokens[from..end], Reading::Exact).is_some())
        };
        let end = (at + 1..tokens.len()).find(|end| self.sentence.breaks_before(*end)).unwrap_or(tokens.len());
        // Only a word that is spelt right: to look for each misspelt one would take longer than all the rest.
        let announces = |at: &usize| lexicon::after(tokens, *at, Meaning::LikeTitle).is_some();
        let mut announced = (at + 1..end).filter(announces);
        let titled = announced.find(|at| self.title_announced(*at).is_some_and(|title| is_title(title, title)));
        let is_kind = || self.kind_at(at).is_some() || !is_title(at, at);
        titled.is_some_and(|titled| !is_title(at, titled) && is_kind())
    }

    /// "I love superhero movies" is no verdict on "Superhero Movie".
    fn is_theme_of_films(&self, at: usize) -> bool {
        let tokens = self.tokens();
        let end = self.index.theme_at(tokens, at).map(|(_, end)| end);
        let films = end.filter(|end| *end < tokens.len() && !self.sentence.breaks_before(*end));
        let end = films.and_then(|end| lexicon::after(tokens, end, Meaning::FilmNoun));
        end.is_some_and(|end| {
            tokens[end - 1].word.ends_with('s') && !self.sentence.typed(at, end).starts_with(char::is_uppercase)
        })
    }

    /// Titles of a list from `from` to the end of the text, every one of them whole; `None` if one is not.
    pub(crate) fn whole_titles(&self, from: usize, to: usize) -> Option<Vec<TitleSlot>> {
        let mut slots = Vec::new();
        let mut at = from;
        while at < to {
            let ends: Vec<usize> = self.title_ends(at).into_iter().filter(|end| *end <= to).collect();
            let slot = ends
                .iter()
                .rev()
                .chain((ends.last() != Some(&to)).then_some(&to))
                .find_map(|end| self.whole_title(at, *end).map(|found| TitleSlot { from: at, to: *end, found }))?;
            at = slot.to;
            slots.push(slot);
            if at < to {
                at = self.after_list_joint(at)?;
            }
            if slots.len() >= MAX_TITLES {
                break;
            }
        }
        (!slots.is_empty()).then_some(slots)
    }

    /// The tokens as one whole title, perhaps with typos.
    pub(crate) fn whole_title(&self, from: usize, to: usize) -> Option<TitleMatch> {
        let tokens = self.tokens().get(from..to)?;
        if let Some(found) = self.index.find_as(tokens, Reading::Exact) {
            return Some(found);
        }
        let letters: usize = tokens.iter().map(|token| token.word.len()).sum();
        let spans_and = (from + 1..to).any(|at| self.is_list_joint(at));
        if spans_and && letters < MIN_LETTERS_ACROSS_AND {
            return None;
        }
        // A word of the lexicon is spelt right; "horror" is no typo of a title, nor is "the first".
        let named = fold::without_article(tokens);
        let is_word = |token: &Token| {
            lexicon::is_known(&token.word)
                || patterns::says(&token.word)
                || places::place(&token.word).is_some()
                || self.index.theme_at(std::slice::from_ref(token), 0).is_some()
        };
        if let [word] = named
            && is_word(word)
        {
            return None;
        }
        let left = self.typo_searches_left.get().checked_sub(1)?;
        self.typo_searches_left.set(left);
        self.index.find_as(tokens, Reading::Close)
    }

    /// The title in `from..to` with any words around it that are no part of titles ("the film Heat please").
    pub(crate) fn title_among_words(&self, from: usize, to: usize) -> Option<TitleSlot> {
        let (trimmed_from, trimmed_to) = self.trimmed(from, to);
        for (from, to) in [(from, to), (trimmed_from, to), (from, trimmed_to), (trimmed_from, trimmed_to)] {
            if let Some(found) = self.whole_title(from, to) {
                return Some(TitleSlot { from, to, found });
            }
        }
        for (from, to) in [(from, to), (trimmed_from, trimmed_to)] {
            let tokens = &self.tokens()[from..to];
            let found =
                [Reading::Part, Reading::Loose].into_iter().find_map(|reading| self.index.find_as(tokens, reading));
            if let Some(found) = found {
                return Some(TitleSlot { from, to, found });
            }
        }
        None
    }

    /// Without words at both ends that say "film", "please" and the like; never empty if `from..to` is not.
    pub(crate) fn trimmed(&self, mut from: usize, mut to: usize) -> (usize, usize) {
        let tokens = self.tokens();
        let empty_word = |at: usize| {
            !is_article(&tokens[at].word)
                // "Stranger Things" are no things like "The Stranger".
                && !matches!(tokens[at].word.as_str(), "things" | "stuff" | "cosas")
                && lexicon::meanings(tokens, at).any(|(meaning, end)| {
                    end == at + 1 && matches!(meaning, Meaning::Filler | Meaning::FilmNoun | Meaning::Tail)
                })
        };
        while to > from + 1 && empty_word(to - 1) {
            to -= 1;
        }
        let mut start = from;
        while start + 1 < to && (empty_word(start) || is_article(&tokens[start].word)) {
            start += 1;
            // "the film Heat": the article goes only with the word after it.
            if !is_article(&tokens[start - 1].word) {
                from = start;
            }
        }
        (from, to)
    }

    pub(super) fn is_list_joint(&self, at: usize) -> bool {
        self.sentence.breaks_before(at)
            || lexicon::meanings(self.tokens(), at).any(|(meaning, _)| matches!(meaning, Meaning::And | Meaning::Or))
    }

    /// Where a title that begins at `at` can end, the nearest first.
    pub(super) fn title_ends(&self, at: usize) -> Vec<usize> {
        let len = self.sentence.len();
        let furthest = len.min(at + MAX_TITLE_TOKENS);
        (at + 1..=furthest).filter(|end| *end == len || self.stops_title(*end)).collect()
    }

    /// Whether a "but" or a "not" stands here.
    pub(super) fn turns(&self, at: usize) -> bool {
        lexicon::meanings(self.tokens(), at).any(|(meaning, _)| matches!(meaning, Meaning::But | Meaning::Not))
    }

    pub(super) fn stops_title(&self, at: usize) -> bool {
        let tokens = self.tokens();
        self.is_list_joint(at)
            || self.fact_begins(at)
            || lexicon::meanings(tokens, at).any(|(meaning, end)| match meaning {
                Meaning::But | Meaning::Tail | Meaning::LessKnown | Meaning::SeenToo | Meaning::Not => true,
                Meaning::User => tokens.get(end).and_then(Token::number).is_some(),
                Meaning::Genres(_) => end > at + 1,
                _ => false,
            })
            || (!is_plain_condition(tokens, at) && years::bound(tokens, at, self.index.newest, false).is_some())
    }

    /// Whether `from..to` is all genres, years and the like, and no part of a title.
    pub(super) fn says_no_title(&self, from: usize, to: usize, first: bool) -> bool {
        let mut request = Request::default();
        let mut at = from;
        while at < to {
            match self.read_part(at, &mut request) {
                Some(next) => at = next,
                // After a title, one condition at the head is enough: "Alien, no romance at all".
                None => return !first && at > from && (request.has_conditions() || request.less_known),
            }
        }
        request.unread.is_empty()
            && (!first
                || request.has_conditions()
                || request.less_known
                || request.popular
                || request.film_noun
                || request.for_me)
    }
}

/// Words that stand for what was spoken of.
fn points(word: &str) -> bool {
    matches!(
        word,
        "that"
            | "this"
            | "these"
            | "those"
            | "it"
            | "them"
            | "esa"
            | "ese"
            | "eso"
            | "esas"
            | "esos"
            | "esta"
            | "este"
            | "esto"
            | "estas"
            | "estos"
            | "ella"
            | "ellas"
    )
}

/// "new", "old": words that are also parts of titles, and so end none.
fn is_plain_condition(tokens: &[Token], at: usize) -> bool {
    lexicon::meanings(tokens, at).any(|(meaning, _)| matches!(meaning, Meaning::Recent | Meaning::Old))
}
