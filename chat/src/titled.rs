//! What the titles in a sentence ask for: films like them, or a question which are meant. Never looks for titles itself.

use cineswarm_engine::MovieId;

use crate::decide::{tweak, without_titles};
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Shift, Tweak};
use crate::request::{Request, TitleSlot};
use crate::words::fold::{self, Sentence, without_article};
use crate::words::lexicon::{self, Meaning};
use crate::words::{cues, patterns};
use crate::{Chat, Ignored};

/// A sentence with more words than this that mean nothing is no title.
const MAX_UNREAD_TOKENS: usize = 8;

impl Chat<'_> {
    /// "films by ...", "películas de ...": what follows is somebody, whatever film is called so.
    fn names_a_maker(&self, at: usize) -> bool {
        let before = self.reader.sentence.tokens.get(at.wrapping_sub(1));
        before.is_some_and(|token| matches!(token.word.as_str(), "by" | "de" | "del" | "con" | "with" | "from"))
    }

    /// "The Good, the Bad and the Ugly" and nothing else. Where the sentence is a command too ("popular"), the command
    /// wins; where it is also a kind of film ("scary movie"), the person is asked.
    pub(crate) fn whole_sentence_is_title(&self, request: &Request) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        let words = without_article(tokens);
        let named = words.split_last().filter(|(last, rest)| last.year().is_some() && !rest.is_empty());
        let named = named.map_or(words, |(_, rest)| rest);
        let dated = named.len() < words.len() && self.reader.sentence.text.contains('(');
        let is_command = request.popular || request.less_known || request.more || request.for_me || request.help;
        let says_something = is_command || request.has_conditions() || request.film_noun;
        // "Los otros" is a film, "the best" an order.
        let named_with_article = tokens.len() > 1 && words.len() < tokens.len();
        let only_more = (request.more || request.film_noun)
            && !(request.popular || request.less_known || request.for_me || request.help || request.has_conditions());
        if !dated
            && says_something
            && !(named_with_article && only_more)
            && matches!(named, [word] if word.year().is_none() && lexicon::is_known(&word.word))
        {
            return None;
        }
        // "top 5" is an order; the film is "Top Five".
        let counts = request.n.is_some() && tokens.iter().any(|token| token.number().is_some());
        if counts && tokens.len() == 2 && lexicon::after(tokens, 0, Meaning::Top) == Some(1) {
            return None;
        }
        let found = self.reader.index.find_as(tokens, Reading::Exact)?;
        // "in space", of a list, asks for no part of a series that few know.
        let is_obscure = matches!(found, TitleMatch::One(movie) if !self.reader.index.is_well_known(movie));
        let is_written_as_name = self.reader.sentence.text.trim_start().starts_with(char::is_uppercase);
        if is_obscure && !is_written_as_name && request.unread.is_empty() && self.refines(request) {
            return None;
        }
        if self.is_rather_theme(&found) {
            return None;
        }
        let slot = TitleSlot { from: 0, to: tokens.len(), found };
        if let Some(question) = self.film_or_person(&slot) {
            return Some(question);
        }
        let is_request = request.unread.is_empty() && request.titles.is_empty() && !request.corrected && !dated;
        // Nobody means any film about war and galaxies by "la guerra de las galaxias".
        const MOST_WORDS_OF_A_KIND: usize = 3;
        let most = if request.film_noun { MOST_WORDS_OF_A_KIND } else { MOST_WORDS_OF_A_KIND - 1 };
        let may_be_kind = (2..=most).contains(&words.len());
        if is_request && (request.has_conditions() || request.film_noun) && may_be_kind {
            return Some(self.film_or_kind(&slot));
        }
        // "good morning vietnam": a whole title of three words is one, whatever they mean apart.
        let is_said_whole = words.len() == MOST_WORDS_OF_A_KIND && !request.film_noun && !is_obscure;
        if is_request && request.has_conditions() && is_said_whole {
            return Some(self.like(&[slot], &Request::default()).0);
        }
        if is_request && is_command && !(named_with_article && only_more) {
            return None;
        }
        Some(self.like(&[slot], &Request::default()).0)
    }

    /// "vampires", "robots": a theme in the plural is no film of that name that is less known than those about it.
    fn is_rather_theme(&self, found: &TitleMatch) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let [word] = tokens.as_slice() else { return false };
        let TitleMatch::One(movie) = found else { return false };
        let is_name = self.reader.sentence.typed(0, 1).starts_with(char::is_uppercase);
        if is_name && self.reader.index.is_well_known(*movie) {
            return false;
        }
        let theme = self.reader.index.theme_at(tokens, 0);
        let ratings = |movie: MovieId| self.catalogue.stats(movie).ratings;
        // "samurai", where few know the film.
        let may_be_theme = word.word.ends_with('s') || !self.reader.index.is_well_known(*movie);
        may_be_theme
            && theme.is_some_and(|(films, _)| {
                films.iter().any(|other| other != movie && ratings(*other) >= ratings(*movie))
            })
    }

    /// Films like these titles, or the first question that one of them raises.
    pub(crate) fn like(&self, titles: &[TitleSlot], request: &Request) -> (Intent, Ignored) {
        let mut movies: Vec<MovieId> = Vec::new();
        let mut is_told_by_year = false;
        for slot in titles {
            let told_by_year = match &slot.found {
                TitleMatch::Several(fitting) => self.of_the_year_said(slot, fitting),
                TitleMatch::One(movie) => self.namesake_of_year_said(slot, *movie),
                TitleMatch::Nothing { .. } => None,
            };
            if let Some(movie) = told_by_year {
                is_told_by_year = true;
                movies.push(movie);
                continue;
            }
            match self.resolved(slot) {
                Ok(movie) if movies.contains(&movie) => {}
                Ok(movie) => movies.push(movie),
                Err(question) => {
                    // "Like Watr for Chocolate" begins like a request but is a title.
                    let whole = self.reader.whole_title(0, self.reader.sentence.len());
                    return match whole {
                        Some(TitleMatch::One(movie)) if matches!(*question, Intent::UnknownTitle { .. }) => (
                            Intent::Like { movies: vec![movie], filters: Default::default(), tweak: Tweak::None },
                            Vec::new(),
                        ),
                        _ => (*question, Vec::new()),
                    };
                }
            }
        }
        let (mut filters, mut unread) = (request.filters(), Ignored::new());
        if is_told_by_year {
            (filters.year_from, filters.year_to) = (None, None);
        }
        for &(from, to) in &request.unread {
            match self.turned(from, to) {
                Some(Intent::Refine { filters: turned, .. }) => {
                    filters.genres.extend(turned.genres);
                    filters.exclude_genres.extend(turned.exclude_genres);
                }
                _ => unread.push((from, to)),
            }
        }
        if let Some((shift, at)) = self.turned_in_years() {
            unread.retain(|(from, _)| *from < at);
            let years = || movies.iter().filter_map(|movie| self.catalogue.get(*movie)?.year);
            match shift {
                Shift::Newer => {
                    filters.year_from = years().max().map(|year| year.saturating_add(1)).or(filters.year_from)
                }
                _ => filters.year_to = years().min().map(|year| year.saturating_sub(1)).or(filters.year_to),
            }
        }
        (Intent::Like { movies, filters, tweak: tweak(request) }, unread)
    }

    /// "but funnier" of a film: as of a list.
    pub(crate) fn turned(&self, from: usize, to: usize) -> Option<Intent> {
        let said = Sentence::new(self.reader.sentence.typed(from, to));
        patterns::fitting(&said).find_map(|fitting| match fitting.kind.0.split_once(' ')? {
            ("more", genre) => self.refined_by(genre, true),
            ("less", genre) => self.refined_by(genre, false),
            _ => None,
        })
    }

    /// "but newer", "pero más antigua" at the end of a wish for films like others.
    fn turned_in_years(&self) -> Option<(Shift, usize)> {
        let tokens = &self.reader.sentence.tokens;
        let but = |at: &usize| matches!(tokens[*at].word.as_str(), "but" | "only" | "just" | "pero");
        let turn = (1..tokens.len()).rev().find(but)?;
        let said = Sentence::new(self.reader.sentence.typed(turn + 1, tokens.len()));
        patterns::fitting(&said).find_map(|fitting| match fitting.kind.0 {
            "newer" => Some((Shift::Newer, turn)),
            "older" => Some((Shift::Older, turn)),
            _ => None,
        })
    }

    /// "i give up", "you got it wrong": somebody does something, and one word of it may be a title.
    fn says_something_else(&self, slot: &TitleSlot) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let says = |cue, at: usize| tokens.get(at).is_some_and(|token| cues::is(cue, &token.word));
        let wishes = (0..slot.from).any(|at| says("wishes", at));
        let is_name = self.reader.sentence.typed(slot.from, slot.to).starts_with(char::is_uppercase);
        slot.to == slot.from + 1 && slot.from > 0 && says("subject", 0) && !wishes && !is_name
    }

    /// Whether a "not" stands before the title that the words resemble.
    fn rules_out_title(&self, from: usize, to: usize, titles: &[TitleSlot]) -> bool {
        let Some(next) = lexicon::after(&self.reader.sentence.tokens, from, Meaning::Not) else { return false };
        let [slot] = titles else { return false };
        let is_whole = self.reader.index.find_as(&self.reader.sentence.tokens[from..to], Reading::Exact).is_some();
        next < to && !is_whole && self.reader.whole_title(next, to).as_ref() == Some(&slot.found)
    }

    /// Something that no verb says is a title: "laberinto del fauno", "heat, alien", "the shawshenk redemption".
    pub(crate) fn title_without_verb(&self, request: &Request) -> (Intent, Ignored) {
        let tokens = &self.reader.sentence.tokens;
        let (Some((first, _)), Some((_, last))) = (request.unread.first(), request.unread.last()) else {
            return (Intent::Help, Vec::new());
        };
        let (first, last) = (*first, *last);
        let with_article = first - usize::from(first > 0 && fold::is_article(&tokens[first - 1].word));
        let whole = [(0, tokens.len()), (with_article, last), (first, last)];
        for (from, to) in whole {
            if let Some(titles) = self.reader.whole_titles(from, to) {
                // "no hitchcock" is no misspelt "Hitchcock".
                if self.rules_out_title(from, to, &titles) {
                    if request.has_conditions() {
                        break;
                    }
                    let asked = self.reader.sentence.typed(from, to).to_owned();
                    return (Intent::NotUnderstood { asked }, Vec::new());
                }
                if let [slot] = titles.as_slice()
                    && self.says_something_else(slot)
                {
                    return (self.ask_whether(slot), Vec::new());
                }
                // Conditions that the words of the title were taken for are none.
                let outside_title = if from == 0 && to == tokens.len() { Request::default() } else { request.clone() };
                if let Some(doubtful) = titles.iter().find(|slot| !self.is_certain(slot, &outside_title)) {
                    if outside_title.has_conditions() {
                        break;
                    }
                    return (self.ask_whether(doubtful), Vec::new());
                }
                if from > 0 && request.film_noun && self.names_a_maker(from) {
                    return (self.did_you_mean(&titles), Vec::new());
                }
                return self.like(&titles, &Request { unread: Vec::new(), ..outside_title });
            }
        }
        if (request.has_conditions() || !request.disliked.is_empty()) && self.refines(request) {
            return (self.refinement(request), request.unread.clone());
        }
        if request.has_conditions() || request.popular {
            return (without_titles(request), request.unread.clone());
        }
        // "no Hitchcock" is no title, where nothing is known to be ruled out either.
        if lexicon::after(tokens, first, Meaning::Not).is_some() && !request.outside {
            let asked = self.reader.sentence.typed(first, last).to_owned();
            return (Intent::NotUnderstood { asked }, Vec::new());
        }
        // "with Al Pacino": the preposition tells a person or a plot from a title.
        let preposition = (first.saturating_sub(3)..first)
            .find(|at| matches!(tokens[*at].word.as_str(), "with" | "con" | "by" | "about" | "sobre" | "starring"));
        if request.outside || preposition.is_some() {
            let from = preposition.map_or(first, |at| at + 1);
            if let Some(question) = self.person_nearly_named(from, last) {
                return (question, Vec::new());
            }
            return (Intent::OutsideTheData { asked: self.reader.sentence.typed(from, last).to_owned() }, Vec::new());
        }
        let not_understood = || {
            let asked = self.reader.sentence.typed(first, last).to_owned();
            (Intent::NotUnderstood { asked }, Vec::new())
        };
        // "thx that helps" asks for no film called "The Help".
        let is_remark = first > 0 && cues::is("thanks", &tokens[0].word);
        if last - first > MAX_UNREAD_TOKENS && request.less_known {
            return (without_titles(request), request.unread.clone());
        }
        if last - first > MAX_UNREAD_TOKENS || is_remark {
            return not_understood();
        }
        let covers_sentence =
            self.reader.trimmed(0, tokens.len()) == (with_article, last) || last - with_article == tokens.len();
        if let Some(slot) = self.reader.title_among_words(with_article, last) {
            // In the middle of other words a part of a title is too little to go by.
            // "whats the meaning of life" asks for no film.
            let is_asked = matches!(
                tokens[0].word.as_str(),
                "what"
                    | "whats"
                    | "who"
                    | "whos"
                    | "how"
                    | "when"
                    | "where"
                    | "que"
                    | "cual"
                    | "quien"
                    | "como"
                    | "cuando"
            );
            let is_asked = is_asked || self.says_something_else(&slot);
            if covers_sentence && (slot.from == 0 || !is_asked) && self.is_certain(&slot, request) {
                return self.like(&[slot], &Request { unread: Vec::new(), ..request.clone() });
            }
            let slot = TitleSlot { from: first, to: last, ..slot };
            return (self.ask_whether(&slot), Vec::new());
        }
        // "what's the weather tonight" says "tonight", and asks for no films.
        if request.less_known || (request.for_me && request.film_noun) {
            return (without_titles(request), request.unread.clone());
        }
        if request.for_me {
            return not_understood();
        }
        match self.unknown(with_article, last) {
            Intent::UnknownTitle { nearest, .. } if nearest.is_empty() => {
                self.person_nearly_named(first, last).map_or_else(not_understood, |question| (question, Vec::new()))
            }
            unknown => (unknown, Vec::new()),
        }
    }

    /// "King Kong, the one from 1933": the only one of that year.
    fn of_the_year_said(&self, slot: &TitleSlot, movies: &[MovieId]) -> Option<MovieId> {
        let tokens = &self.reader.sentence.tokens;
        let outside = (0..tokens.len()).filter(|at| !(slot.from..slot.to).contains(at));
        let mut years = outside.filter_map(|at| tokens[at].year());
        let (Some(year), None) = (years.next(), years.next()) else { return None };
        let is_of_year = |movie: &&MovieId| self.catalogue.get(**movie).is_some_and(|film| film.year == Some(year));
        let mut of_year = movies.iter().filter(is_of_year);
        of_year.next().copied().filter(|_| of_year.next().is_none())
    }

    /// "Titanic, the one from 1953": that film, where a better known one of its title would be meant.
    fn namesake_of_year_said(&self, slot: &TitleSlot, movie: MovieId) -> Option<MovieId> {
        let tokens = &self.reader.sentence.tokens;
        let is_year = |at: usize| tokens[at].year().is_some() && !self.reader.sentence.gap(at).ends_with('(');
        let says_year = (0..tokens.len()).any(is_year) && !(slot.from..slot.to).any(|at| tokens[at].year().is_some());
        let namesakes = if says_year { self.reader.index.namesakes(movie) } else { Vec::new() };
        (namesakes.len() > 1).then(|| self.of_the_year_said(slot, &namesakes)).flatten()
    }

    fn is_only_a_pronoun(&self, slot: &TitleSlot) -> bool {
        const SAYS_NOTHING: [&str; 15] = [
            "it",
            "that",
            "this",
            "them",
            "everything",
            "everybody",
            "yes",
            "yeah",
            "todo",
            "nada",
            "che",
            "they",
            "he",
            "she",
            "we",
        ];
        let tokens = &self.reader.sentence.tokens;
        let is_name = self.reader.sentence.typed(slot.from, slot.to).starts_with(char::is_uppercase);
        // "anything else with her?" speaks of no film called "Her".
        let is_with_somebody = matches!(tokens[slot.from].word.as_str(), "her" | "him")
            && slot.from > 0
            && matches!(tokens[slot.from - 1].word.as_str(), "with" | "by" | "of");
        if is_with_somebody && slot.to == slot.from + 1 && !is_name {
            return true;
        }
        slot.to == slot.from + 1
            && tokens.len() > 2
            && !is_name
            && SAYS_NOTHING.contains(&tokens[slot.from].word.as_str())
    }

    /// The film a title means, or the question to ask.
    pub(crate) fn resolved(&self, slot: &TitleSlot) -> Result<MovieId, Box<Intent>> {
        if let Some(movie) = self.film_numbered(slot.from, slot.to) {
            return Ok(movie);
        }
        match &slot.found {
            TitleMatch::One(movie) if self.is_doubtful(slot, *movie) => Err(Box::new(self.ask_whether(slot))),
            // "I adored it, is there more?" speaks of no film called "It".
            TitleMatch::One(_) | TitleMatch::Several(_) if self.is_only_a_pronoun(slot) => {
                let asked = self.reader.sentence.text.trim().to_owned();
                Err(Box::new(Intent::NotUnderstood { asked }))
            }
            TitleMatch::One(movie) => Ok(self.namesake_of_year_said(slot, *movie).unwrap_or(*movie)),
            // "The Irishman" fits neither film called "The Freshman".
            TitleMatch::Several(movies) if movies.iter().all(|movie| self.is_doubtful(slot, *movie)) => {
                const NEAREST: usize = 3;
                let asked = self.reader.sentence.typed(slot.from, slot.to).to_owned();
                let nearest = movies.iter().copied().take(NEAREST).collect();
                Err(Box::new(Intent::UnknownTitle { asked, nearest }))
            }
            TitleMatch::Several(movies) => Err(Box::new(self.which_film(slot, movies))),
            TitleMatch::Nothing { nearest } => {
                let (from, to) = self.reader.trimmed(slot.from, slot.to);
                let asked = self.reader.sentence.typed(from, to).to_owned();
                Err(Box::new(Intent::UnknownTitle { asked, nearest: nearest.clone() }))
            }
        }
    }
}
