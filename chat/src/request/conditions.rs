//! The parts of a sentence that are no titles: genres, years, themes, counts, what is not wanted.
//! Never decides what they ask for together.

use cineswarm_engine::UserId;

use super::{MoodSaid, Reader, Request};
use crate::topics::{GenreRun, Named, Topic, TopicKind};
use crate::words::fold::{Token, is_article, key, tokenize};
use crate::words::lexicon::{self, Meaning};
use crate::words::years::{self, YearBound};
use crate::words::{cues, patterns, turns};

/// Years of age up to which somebody is said to be a child of the family.
const OLDEST_AT_HOME: u64 = 17;
/// Years of age up to which somebody is meant to see films for children.
const OLDEST_CHILD: u64 = 11;

impl Reader<'_> {
    /// Reads what stands at `at` if it is no title, and returns the place after it.
    pub(super) fn read_part(&self, at: usize, request: &mut Request) -> Option<usize> {
        let tokens = self.tokens();
        let longest = lexicon::meanings(tokens, at).map(|(_, end)| end).max().unwrap_or(at);
        if let Some(end) = self.read_most(at, request) {
            return Some(end);
        }
        if let Some(end) = self.read_lifted(at, request) {
            return Some(end);
        }
        if let Some(end) = self.read_taste_of_others(at, request).or_else(|| self.read_rather_than(at, request)) {
            return Some(end);
        }
        if let Some(end) = self.read_negation(at, request, longest) {
            return Some(end);
        }
        if let Some(end) = self.read_denied(at, request) {
            return Some(end);
        }
        // "new york" is no recent york.
        let theme = self.index.theme_at(tokens, at);
        let theme_end = theme.map_or(at, |(_, end)| end);
        if longest <= at + 1 && self.is_part_of_name(at, theme_end) {
            request.leave_unread(at, at + 2);
            return Some(at + 2);
        }
        if let Some((bound, end)) = self.years_of_event(at) {
            request.restrict_years(bound);
            return Some(end);
        }
        if let Some(end) = self.before_event(at) {
            return Some(end);
        }
        if let Some(end) = self.after_untold_event(at) {
            request.leave_unread(at, end);
            return Some(end);
        }
        let conditions_end = years::bound(tokens, at, self.index.newest, true);
        if let Some((bound, end)) = conditions_end.filter(|(_, end)| *end >= longest.max(theme_end)) {
            match () {
                () if self.is_of_life(at) && request.of_life.is_none() => request.of_life = Some((bound, at, end)),
                () if self.says_vague_years(at) => request.restrict_vaguely(bound),
                () => request.restrict_years(bound),
            }
            return Some(end);
        }
        if let Some(end) = self.read_user(at, request) {
            return Some(end);
        }
        // "crime stuff first" says in which order things are asked for.
        let is_first = at > 0 && at + 1 == tokens.len() && matches!(tokens[at].word.as_str(), "first" | "primero");
        let begins_so = at == 0 && tokens.len() > 1 && tokens[at].word == "primero";
        if begins_so || (is_first && request.has_conditions()) {
            return Some(at + 1);
        }
        if let Some(end) = self.read_age(at, request) {
            return Some(end);
        }
        if let Some(end) = self.read_count(at, request) {
            return Some(end);
        }
        // "Stephen King adaptations" are not directed by him.
        let is_longer_theme = theme.is_some_and(|(films, _)| !films.is_empty())
            && self.fact_topic_at(at).is_some_and(|(.., end)| end < theme_end);
        if !is_longer_theme && let Some(end) = self.read_fact(at, request) {
            return Some(end);
        }
        if let Some((films, end)) = theme.filter(|(_, end)| *end >= longest) {
            let is_genre = films.is_empty() && self.genres_at(at).is_some_and(|(_, own)| own == end);
            if films.is_empty() && !is_genre {
                request.outside = true;
                request.leave_unread(at, end);
                return Some(end);
            }
            // "the dog dies" asks for no dogs.
            if let Some(end) = self.happening_after(end).filter(|_| !is_genre) {
                request.leave_unread(at, end);
                return Some(end);
            }
            if !is_genre {
                let said = self.sentence.typed(at, end).to_owned();
                let topic = Topic { kind: TopicKind::Theme, label: said.clone(), said };
                request.named.push(Named { topic, films: films.to_vec() });
                return Some(end);
            }
        }
        if let Some((genres, end)) = self.genres_at(at).filter(|(_, end)| *end >= longest) {
            // "where the kid sees dead people" is for no kids.
            if self.is_somebody_in_it(at) {
                request.leave_unread(at, end);
                return Some(end);
            }
            // "terror no, por favor", "pero comedias no".
            if self.is_closing_no(end) {
                self.rule_out_genres(genres, at, end, request);
                return Some(end + 1);
            }
            self.take_genres(genres, at, end, request);
            return Some(end);
        }
        for (meaning, end) in lexicon::meanings(tokens, at) {
            match meaning {
                Meaning::Mood(wants, avoids) => {
                    let own = |genres| self.own_names(genres).unwrap_or_default();
                    request.moods.push(MoodSaid { wants: own(wants), avoids: own(avoids), from: at, to: end });
                }
                Meaning::LessKnown => request.less_known = true,
                Meaning::SeenToo => request.seen_too = true,
                Meaning::Popular if self.means_rather(at) => {}
                Meaning::Popular => request.popular = true,
                Meaning::ForMe => {
                    request.for_me = true;
                    // "just pick one".
                    let is_one = matches!(tokens[end - 1].word.as_str(), "one" | "una" | "uno");
                    request.n = request.n.or((is_one && end > at + 1).then_some(1));
                }
                Meaning::More => {
                    request.more = true;
                    // "another one".
                    let is_one = matches!(tokens[end - 1].word.as_str(), "one" | "una" | "uno");
                    request.n = request.n.or(is_one.then_some(1));
                }
                Meaning::Help => request.help = true,
                Meaning::FilmNoun => request.film_noun = true,
                Meaning::Genres(_) => {
                    // A kind of film that this catalogue does not know.
                    request.outside = true;
                    request.leave_unread(at, end);
                }
                // "about the mafia" is its theme.
                Meaning::Outside if self.is_about_theme(at, end) => {}
                Meaning::Outside => {
                    request.outside = true;
                    request.leave_unread(at, end);
                }
                Meaning::Filler | Meaning::Tail | Meaning::And | Meaning::Or | Meaning::But | Meaning::Top => {}
                _ => continue,
            }
            return Some(end);
        }
        self.read_misspelt(at, request)
    }

    /// Whether "recent", "old" and the like stand here.
    pub(super) fn says_vague_years(&self, at: usize) -> bool {
        lexicon::meanings(self.tokens(), at).any(|(meaning, _)| matches!(meaning, Meaning::Recent | Meaning::Old))
    }

    /// "where the", "en la que un": somebody in the film follows.
    fn is_somebody_in_it(&self, at: usize) -> bool {
        let word = |back: usize| at.checked_sub(back).map_or("", |at| self.tokens()[at].word.as_str());
        let follows = matches!(word(2), "where" | "when" | "which" | "donde") || (word(3) == "la" && word(2) == "que");
        is_article(word(1)) && follows
    }

    /// Takes genres that are named at `at..end`, with those that stand before as one thing where they do.
    pub(super) fn take_genres(&self, genres: Vec<String>, at: usize, end: usize, request: &mut Request) {
        let joins = request.genre_runs.last().is_some_and(|run| self.joins(run, at, end));
        match request.genre_runs.last_mut().filter(|_| joins) {
            Some(run) => run.extend(&genres, end),
            None => request.genre_runs.push(GenreRun { genres: genres.clone(), from: at, to: end }),
        }
        request.genres.extend(genres);
    }

    /// "new jersey": a "new" before a word that nothing is known of.
    fn is_part_of_name(&self, at: usize, theme_end: usize) -> bool {
        let tokens = self.tokens();
        let is_unknown = |next: &Token| {
            !(lexicon::is_known(&next.word)
                || patterns::says(&next.word)
                || next.number().is_some()
                || lexicon::corrected(&next.word).is_some())
        };
        let says_nothing = |at: usize| {
            self.index.theme_at(tokens, at).is_none()
                && self.genres_at(at).is_none()
                && self.fact_films_at(at).is_none()
        };
        tokens[at].word == "new"
            && theme_end <= at + 1
            && !self.sentence.breaks_before(at + 1)
            && tokens.get(at + 1).is_some_and(is_unknown)
            && says_nothing(at + 1)
    }

    /// "action comedy" and "ciencia ficción y terror" are one thing; "comedies, action" and "comedies and dramas" are not.
    fn joins(&self, run: &GenreRun, at: usize, end: usize) -> bool {
        let tokens = self.tokens();
        let is_plural = |last: usize| tokens[last].word.ends_with('s');
        let joined = lexicon::after(tokens, run.to, Meaning::And) == Some(at);
        // "documentales de música", "terror con humor".
        let is_of = run.to + 1 == at && matches!(tokens[run.to].word.as_str(), "de" | "con" | "with");
        let side_by_side = run.to == at || is_of || (joined && !is_plural(run.to - 1) && !is_plural(end - 1));
        let is_audience = matches!(tokens[at].word.as_str(), "for" | "para") && self.says_nothing_between(run.to, at);
        // "my kids want a comedy" is one for children.
        let wants =
            |at: usize| cues::is("wants", &tokens[at].word) || matches!(tokens[at].word.as_str(), "love" | "loves");
        let is_wished_by = run.genres == ["Children"]
            && (run.from..at).any(wants)
            && !(run.to..at)
                .any(|at| cues::is("either", &tokens[at].word) || lexicon::after(tokens, at, Meaning::And).is_some());
        (side_by_side || is_audience || is_wished_by) && !self.sentence.breaks_before(at)
    }

    /// "comedies [that are good] for kids": words for films, and those that carry nothing.
    fn says_nothing_between(&self, from: usize, to: usize) -> bool {
        let mut at = from;
        while at < to {
            let mut meanings = lexicon::meanings(self.tokens(), at);
            let carries_nothing = meanings.find(|(meaning, end)| {
                matches!(meaning, Meaning::FilmNoun | Meaning::Filler | Meaning::Tail) && *end <= to
            });
            let is_word =
                matches!(self.tokens()[at].word.as_str(), "for" | "my" | "a" | "para" | "mi" | "un" | "una" | "de");
            match carries_nothing {
                Some((_, end)) => at = end,
                None if is_word => at += 1,
                None => return false,
            }
        }
        true
    }

    /// "mejor una comedia": rather a comedy, not the best one.
    fn means_rather(&self, at: usize) -> bool {
        let tokens = self.tokens();
        let begins = tokens[..at]
            .iter()
            .all(|token| matches!(token.word.as_str(), "no" | "tampoco" | "venga" | "espera" | "y" | "pues"));
        let goes_on = tokens.get(at + 1).is_some_and(|next| {
            matches!(
                next.word.as_str(),
                "un" | "una"
                    | "unas"
                    | "unos"
                    | "algo"
                    | "de"
                    | "del"
                    | "sin"
                    | "con"
                    | "que"
                    | "deja"
                    | "quita"
                    | "pon"
            )
        });
        // "comedia no, mejor drama".
        let follows_no = at > 0 && matches!(tokens[at - 1].word.as_str(), "no" | "sino");
        tokens[at].word == "mejor" && ((begins && goes_on) || follows_no)
    }

    fn is_about_theme(&self, at: usize, end: usize) -> bool {
        let tokens = self.tokens();
        let is_about = matches!(tokens[at].word.as_str(), "about" | "sobre" | "acerca" | "que");
        let next = end + usize::from(tokens.get(end).is_some_and(|token| is_article(&token.word)));
        let has_films = |at: usize| self.index.theme_at(tokens, at).is_some_and(|(films, _)| !films.is_empty());
        is_about && (has_films(end) || has_films(next))
    }

    fn read_misspelt(&self, at: usize, request: &mut Request) -> Option<usize> {
        let known = lexicon::corrected(&self.tokens()[at].word)?;
        let corrected = tokenize(known);
        let (meaning, _) = lexicon::meanings(&corrected, 0).find(|(_, end)| *end == corrected.len())?;
        match meaning {
            Meaning::Genres(names) => self.take_genres(self.own_names(names)?, at, at + 1, request),
            Meaning::Popular => request.popular = true,
            Meaning::FilmNoun => request.film_noun = true,
            Meaning::ForMe => request.for_me = true,
            Meaning::Decade(from) => request.restrict_years(YearBound::Within(from, from + 9)),
            _ => return None,
        }
        request.corrected = true;
        Some(at + 1)
    }

    /// The genres of "romance, war or horror". A comma alone ends the run: "no romance, comedies please".
    pub(super) fn genre_run(&self, at: usize) -> Option<(Vec<String>, usize)> {
        let tokens = self.tokens();
        let (mut genres, mut end) = self.genres_at(at).or_else(|| self.misspelt_genres_at(at))?;
        let (mut pending, mut next): (Vec<String>, usize) = (Vec::new(), end);
        loop {
            while let Some(after) = lexicon::after(tokens, next, Meaning::FilmNoun) {
                next = after;
            }
            let comma = next < tokens.len() && self.sentence.gap(next).contains([',', '/']);
            let or = lexicon::after(tokens, next, Meaning::Or).or_else(|| lexicon::after(tokens, next, Meaning::And));
            let mut further = match or {
                Some(after) => after,
                None if comma => next,
                None => break,
            };
            // "no romance and some action" asks for action, "no horror and a comedy" for a comedy.
            let begins_wish = |word: &Token| {
                matches!(word.word.as_str(), "some" | "algo" | "mucho" | "more" | "mas" | "a" | "an" | "un" | "una")
            };
            let is_wish =
                lexicon::after(tokens, next, Meaning::And).is_some() && tokens.get(further).is_some_and(begins_wish);
            if is_wish {
                break;
            }
            while let Some(after) =
                lexicon::after(tokens, further, Meaning::Filler).filter(|_| self.genres_at(further).is_none())
            {
                further = after;
            }
            let Some((more, after)) = self.genres_at(further) else { break };
            pending.extend(more);
            next = after;
            if or.is_some() {
                genres.append(&mut pending);
                end = after;
            }
        }
        Some((genres, end))
    }

    fn misspelt_genres_at(&self, at: usize) -> Option<(Vec<String>, usize)> {
        // "fantasmas" are no misspelt fantasy.
        if self.index.theme_at(self.tokens(), at).is_some() {
            return None;
        }
        let corrected = tokenize(lexicon::corrected(&self.tokens().get(at)?.word)?);
        lexicon::meanings(&corrected, 0).find_map(|(meaning, _)| match meaning {
            Meaning::Genres(names) => Some((self.own_names(names)?, at + 1)),
            _ => None,
        })
    }

    /// The catalogue's genres that the longest phrase at `at` names.
    pub(crate) fn genres_at(&self, at: usize) -> Option<(Vec<String>, usize)> {
        let tokens = self.tokens();
        let in_lexicon = lexicon::meanings(tokens, at).find_map(|(meaning, end)| match meaning {
            Meaning::Genres(names) => Some((self.own_names(names)?, end)),
            _ => None,
        });
        // A catalogue may have genres of its own.
        in_lexicon.or_else(|| {
            (1..=3).rev().find_map(|count| {
                let own = self.index.genre_names.get(&key(tokens.get(at..at + count)?))?;
                Some((vec![own.clone()], at + count))
            })
        })
    }

    /// `None` if the catalogue has none of these genres.
    fn own_names(&self, usual: &[&str]) -> Option<Vec<String>> {
        let own: Vec<String> =
            usual.iter().filter_map(|genre| self.index.genre_names.get(&key(&tokenize(genre)))).cloned().collect();
        (!own.is_empty()).then_some(own)
    }

    fn read_user(&self, at: usize, request: &mut Request) -> Option<usize> {
        lexicon::meanings(self.tokens(), at).find_map(|(meaning, end)| {
            let number = self.tokens().get(end).filter(|_| meaning == Meaning::User).and_then(Token::number)?;
            // A number beyond all user ids is an unknown user like any other.
            request.user = Some(UserId::try_from(number).unwrap_or(UserId::MAX));
            Some(end + 1)
        })
    }

    /// Whether what stands before tells how old children are, and nothing but numbers follows that.
    pub(crate) fn tells_ages(&self, at: usize) -> bool {
        let tokens = self.tokens();
        let is_number = |token: &Token| {
            token.number().is_some()
                || lexicon::number_word(&token.word).is_some()
                || matches!(token.word.as_str(), "and" | "y" | "anos" | "years" | "old")
        };
        let after = (0..at).find_map(|from| Some(from + turns::beginnings("kids_are", &tokens[from..]).next()?));
        after.is_some_and(|after| after <= at && tokens[after..at].iter().all(is_number))
    }

    /// "for my 6 year old", "para un niño de 6 años": films for children.
    fn read_age(&self, at: usize, request: &mut Request) -> Option<usize> {
        let tokens = self.tokens();
        let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
        let years = tokens.get(at)?.number().or_else(|| lexicon::number_word(word(at)))?;
        // "mis hijos tienen 8 y 11": which films suit an age is not known.
        if years <= OLDEST_AT_HOME && self.tells_ages(at) {
            request.leave_unread(at, at + 1);
            return Some(at + 1);
        }
        if !(1..=OLDEST_CHILD).contains(&years) {
            return None;
        }
        // "he's only five", and nothing else.
        let says_little =
            |word: &str| cues::is("is_so_old", word) || cues::is("says_only", word) || patterns::is_courtesy(word);
        let is_of_somebody =
            (0..at).any(|at| cues::is("is_so_old", word(at))) && (0..at).all(|at| says_little(word(at)));
        let tells_age = at + 1 == tokens.len() && is_of_somebody;
        let end = match (word(at + 1), word(at + 2)) {
            ("", _) if tells_age => at + 1,
            ("year" | "years" | "yr", "old" | "olds") => at + 3,
            ("yo", _) => at + 2,
            ("anos", _) if at > 0 && matches!(word(at - 1), "de" | "tiene" | "con") => at + 2,
            _ => return None,
        };
        let children = self.own_names(&["Children"])?;
        if is_of_somebody {
            request.unread.clear();
        }
        // "a cartoon for my 5 year old" is both.
        let joins = request.genre_runs.last().is_some_and(|run| self.says_nothing_between(run.to, at));
        if let Some(run) = request.genre_runs.last_mut().filter(|_| joins) {
            run.extend(&children, end);
        }
        request.genres.extend(children);
        Some(end)
    }
}
