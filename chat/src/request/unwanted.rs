//! What a sentence rules out: genres, themes, people, years, films, in any wording. What cannot be ruled out is left
//! unread, so that it is said; never is it taken for a wish.

use std::collections::HashSet;
use std::sync::LazyLock;

use cineswarm_engine::{Filters, MovieId};

use super::denied::leaves_nothing_of;
use super::unwanted_films::Unwanted;
use super::{Reader, Request};
use crate::topics::{Named, Topic, TopicKind};
use crate::words::cues;
use crate::words::fold::{is_article, tokenize};
use crate::words::lexicon::{self, Meaning};
use crate::words::patterns;
use crate::words::years::{self, YearBound};

/// Words after a "not" that are left unread where nothing there is known, so that none of them is taken for a wish.
const UNREAD_AFTER_NOT: usize = 3;
/// What stands between a "not" and what is not wanted.
static LINKS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("../../data/links.tsv").lines().filter(|line| !line.starts_with('#')).collect());

impl Reader<'_> {
    /// "no romance", "sin musicales ni guerra", "not about war", "que no sean de los 80".
    pub(super) fn read_negation(&self, at: usize, request: &mut Request, longest: usize) -> Option<usize> {
        let tokens = self.tokens();
        // "too silly", of a list.
        let is_too_much = at == 0 && tokens.len() > 1 && cues::is("too", &tokens[0].word);
        let after_not = lexicon::after(tokens, at, Meaning::Not).or(is_too_much.then_some(1))?;
        // "no, a comedy" takes back what was said, and rules nothing out.
        let begins = tokens[..at].iter().all(|token| patterns::is_courtesy(&token.word));
        let takes_back = begins
            && matches!(tokens[at].word.as_str(), "no" | "not")
            && tokens.get(at + 1).is_some_and(|next| {
                matches!(next.word.as_str(), "wait" | "espera" | "mejor" | "better" | "se")
                    || (tokens[at].word == "no" && next.word == "really")
                    // "no the one with Brie Larson".
                    || (next.word == "the" && tokens.get(at + 2).is_some_and(|word| word.word == "one"))
            });
        // "tanto no. De los 80": nothing after the break is meant by it.
        let is_answer = matches!(tokens[at].word.as_str(), "no" | "not" | "nada" | "nothing" | "tampoco")
            && longest <= at + 1
            && at + 1 < tokens.len()
            && self.sentence.breaks_before(at + 1);
        if takes_back || is_answer {
            return Some(at + 1);
        }
        // "he falls asleep, comedies please".
        let is_broken_off = cues::is("breaks_off", &tokens[after_not - 1].word)
            && after_not < tokens.len()
            && self.sentence.breaks_before(after_not);
        if is_broken_off {
            request.leave_unread(at, after_not);
            return Some(after_not);
        }
        // "and no longer than 100 minutes".
        // "nada de más de dos horas" denies what "no más de dos horas" says.
        let denies = |at: usize| {
            matches!(
                tokens[at].word.as_str(),
                "no" | "not" | "isnt" | "arent" | "that" | "which" | "que" | "menos" | "less" | "nothing" | "nada"
            )
        };
        if (at..after_not).any(|at| denies(at) && self.length_begins(at)) {
            return None;
        }
        // "less known" and "not before 1970" are longer than the "not" they may begin with.
        let meant = lexicon::meanings(tokens, at).find(|(_, end)| *end == longest).map(|(meaning, _)| meaning);
        // "don't ever show me those" says no more than what was said before.
        let is_remark = matches!(meant, Some(Meaning::Tail | Meaning::Filler)) && longest > after_not + 1;
        if after_not < longest
            && (is_remark || !matches!(meant, Some(Meaning::Tail | Meaning::Filler | Meaning::But | Meaning::And)))
        {
            return None;
        }
        let is_beside_films = !request.titles.is_empty();
        let mut object = after_not;
        let end = loop {
            if let Some(end) = self.read_unwanted(at, object, request) {
                break Some(end);
            }
            match self.after_link(object).filter(|next| !self.sentence.breaks_before(*next)) {
                Some(next) => object = next,
                None => break None,
            }
        };
        if let Some(end) = end {
            return Some(end);
        }
        // "I can't stand Adam Sandler, comedies without him".
        let stands_for = |word: &str| matches!(word, "him" | "her" | "them" | "el" | "ella" | "ellos" | "ellas");
        let ends_there = after_not + 1 == tokens.len() || self.ends_clause(after_not + 1);
        if ends_there
            && tokens.get(after_not).is_some_and(|token| stands_for(&token.word))
            && !(request.without.is_empty() && request.disliked.is_empty())
        {
            return Some(after_not + 1);
        }
        let is_without = tokens[at..after_not].iter().any(|token| matches!(token.word.as_str(), "without" | "sin"));
        let spoken_against = [after_not, object]
            .into_iter()
            .find_map(|start| self.title_spoken_against(start).map(|(movie, end)| (movie, start, end)));
        if let Some((movie, start, end)) = spoken_against.filter(|_| is_beside_films)
            && let films = self.series_films(&tokens[start..end])
            && films.len() > 1
            && !self.is_whole_title(movie, start, end)
        {
            // "like Dune but not Star Wars" speaks of all of them.
            self.rule_out(start, end, Unwanted { films, ..Unwanted::default() }, request);
            return Some(self.read_further(end, request));
        }
        let called = if is_beside_films && spoken_against.is_some() { None } else { self.films_called(object) };
        // "like Alien but not Aliens": beside films a film is spoken of, whatever else is called so. "Sci-fi that isn't
        // Star Wars" speaks of all of them.
        // "hated La La Land" speaks of no other film called "Land".
        let is_called_so = |movie: &MovieId| called.as_ref().is_some_and(|(films, _)| films.contains(movie));
        let is_whole =
            spoken_against.is_some_and(|(movie, start, end)| start < object && object < end && !is_called_so(&movie));
        let is_of_several = !is_beside_films && !is_whole && called.as_ref().is_some_and(|(films, _)| films.len() > 1);
        if let Some((movie, start, end)) = spoken_against
            && (is_beside_films || !(is_without || is_of_several))
            && (is_beside_films || self.is_said_as_title(movie, start, end))
        {
            request.disliked.push(movie);
            return Some(self.read_further(end, request));
        }
        if let Some((films, end)) = called {
            self.rule_out(object, end, Unwanted { films, ..Unwanted::default() }, request);
            return Some(self.read_further(end, request));
        }
        if let Some((films, end)) = self.films_in_part(object, request) {
            request.disliked.extend(films);
            return Some(self.read_further(end, request));
        }
        let mut end = object.max(after_not);
        while end < tokens.len() && end < object + UNREAD_AFTER_NOT && !self.ends_clause(end) {
            end += 1;
        }
        request.leave_unread(at, end);
        Some(end)
    }

    /// The place after words that carry nothing between a "not" and its object.
    pub(super) fn after_link(&self, at: usize) -> Option<usize> {
        let tokens = self.tokens();
        let word = tokens.get(at)?.word.as_str();
        let empty = lexicon::meanings(tokens, at)
            .find(|(meaning, _)| matches!(meaning, Meaning::Filler | Meaning::FilmNoun | Meaning::Not | Meaning::More))
            .map(|(_, end)| end);
        empty.or_else(|| LINKS.contains(word).then_some(at + 1))
    }

    pub(super) fn ends_clause(&self, at: usize) -> bool {
        self.is_list_joint(at)
            || lexicon::meanings(self.tokens(), at).any(|(meaning, _)| matches!(meaning, Meaning::But | Meaning::Not))
    }

    /// What is not wanted and stands at `at`, after a negation that begins at `from`.
    fn read_unwanted(&self, from: usize, at: usize, request: &mut Request) -> Option<usize> {
        let tokens = self.tokens();
        let theme = self.index.theme_at(tokens, at);
        let theme_end = theme.map_or(at, |(_, end)| end);
        // "not slashers" leaves other horror in: what viewers have tagged says more than the genre it belongs to.
        let genre_end = self.genres_at(at).map_or(at, |(_, end)| end);
        let is_theme = theme.is_some_and(|(films, end)| !films.is_empty() && end >= genre_end);
        if let Some((genres, end)) = self.genre_run(at).filter(|(_, end)| !is_theme && *end >= theme_end) {
            let may_be_years = !tokens[from..at].iter().any(|token| matches!(token.word.as_str(), "without" | "sin"))
                && !request.film_noun
                && !request.has_conditions();
            if let Some((both, further)) = self.both_unwanted(end, may_be_years, &genres) {
                self.rule_out(at, further, Unwanted { films: both, ..Unwanted::default() }, request);
                return Some(self.read_further(further, request));
            }
            // "drama but not sad" asks for dramas all the same; no filter tells them apart.
            if genres.iter().all(|genre| request.genres.contains(genre)) {
                request.leave_unread(from, end);
                return Some(end);
            }
            self.rule_out_genres(genres, at, end, request);
            return Some(self.read_further(end, request));
        }
        if let Some(end) = lexicon::after(tokens, at, Meaning::Popular) {
            // "these are all great" is praise.
            let is_praise =
                tokens[from..at].iter().any(|token| matches!(token.word.as_str(), "all" | "todas" | "todos"));
            request.less_known |= !is_praise;
            return Some(end);
        }
        // "nothing over 100 minutes".
        if let Some((named, end)) = self.length_at_the_other_side(at) {
            request.named.push(named);
            return Some(end);
        }
        // "like Alien but not Aliens" speaks of a film, not of aliens.
        // "can't stand blood" speaks of none.
        let is_film = !request.titles.is_empty()
            && self.title_spoken_against(at).is_some_and(|(movie, end)| {
                // "like The Matrix without Keanu" speaks of somebody.
                !self.is_called_for_short(at, end) && (!is_theme || self.is_said_as_title(movie, at, end))
            });
        if is_film {
            return None;
        }
        let known = self.films_of(at);
        // "sin Piratas del Caribe" speaks of those films, not of pirates.
        // "not another superhero movie" speaks of no film of that name.
        let is_kind_of_film = |end: usize| {
            lexicon::after(tokens, end, Meaning::FilmNoun).is_some()
                && !self.sentence.typed(at, end).starts_with(char::is_uppercase)
        };
        let is_part_of_name =
            known.as_ref().is_some_and(|(_, end)| self.name_goes_on(at, *end) && !is_kind_of_film(*end));
        let called = if is_part_of_name { self.films_called(at) } else { None };
        if let Some((films, end)) = called {
            self.rule_out(at, end, Unwanted { films, ..Unwanted::default() }, request);
            return Some(self.read_further(end, request));
        }
        if let Some((mut unwanted, mut end)) = known {
            if let Some(end) = self.happening_after(end).filter(|_| unwanted.is_theme) {
                request.leave_unread(from, end);
                return Some(end);
            }
            if unwanted.films.is_empty() {
                // What nobody has tagged may be what films are called: "no Monty Python".
                match self.films_called(at).filter(|(_, further)| *further >= end) {
                    Some((films, further)) => {
                        self.rule_out(at, further, Unwanted { films, ..Unwanted::default() }, request)
                    }
                    None => request.leave_unread(from, end),
                }
                return Some(self.read_further(end, request));
            }
            if let Some((told, further)) = self.told_of_unwanted(at, end) {
                unwanted.films.retain(|movie| told.contains(movie));
                (unwanted.name, end) = (None, further);
            }
            // "no French comedies" rules out what is both.
            if let Some((genres, further)) = self.genres_at(end).filter(|_| !self.sentence.breaks_before(end)) {
                let both = unwanted.films.into_iter().filter(|movie| self.is_of_genre(*movie, &genres)).collect();
                self.rule_out(at, further, Unwanted { films: both, ..Unwanted::default() }, request);
                return Some(further);
            }
            self.rule_out(at, end, unwanted, request);
            return Some(self.read_further(end, request));
        }
        if let Some((_, end)) = lexicon::meanings(tokens, at).find(|(meaning, _)| matches!(meaning, Meaning::Mood(..)))
        {
            request.leave_unread(from, end);
            return Some(end);
        }
        let (bound, end) = years::bound(tokens, at, self.index.newest, true)?;
        // "no 80s horror".
        if let (YearBound::Within(first, last), Some((genres, further))) = (bound, self.genres_at(end))
            && !self.sentence.breaks_before(end)
        {
            let films = self.films_of_genre_and_years(&genres, first, last);
            self.rule_out(at, further, Unwanted { films, ..Unwanted::default() }, request);
            return Some(self.read_further(further, request));
        }
        self.rule_out_years(from, end, bound, request);
        // "not from the 70s or 80s".
        let further = self.after_and_or(end).and_then(|next| years::bound(tokens, next, self.index.newest, false));
        // "not too old, and made before 1990" says what is wanted.
        let further = further.filter(|(bound, _)| matches!(bound, YearBound::Within(..)));
        let Some((bound, further)) = further else { return Some(end) };
        self.rule_out_years(from, further, bound, request);
        Some(further)
    }

    /// Rules out the genres that are named at `at..end`. "Not another romcom" leaves other comedies in.
    pub(super) fn rule_out_genres(&self, genres: Vec<String>, at: usize, end: usize, request: &mut Request) {
        let is_one =
            genres.len() > 1 && self.genres_at(at).is_some_and(|(one, to)| one.len() == genres.len() && to == end);
        if !is_one {
            request.exclude_genres.extend(genres);
            return;
        }
        let is_all = |movie: &MovieId| genres.iter().all(|genre| self.is_of_genre(*movie, std::slice::from_ref(genre)));
        let films = self.catalogue.movies().iter().map(|movie| movie.id).filter(is_all).collect();
        self.rule_out(at, end, Unwanted { films, ..Unwanted::default() }, request);
    }

    /// Whether something that can be ruled out is named at `at`.
    fn is_something_unwanted(&self, at: usize) -> bool {
        self.genres_at(at).is_some() || self.films_of(at).is_some_and(|(unwanted, _)| !unwanted.films.is_empty())
    }

    /// Rules out what is named by the words from `at` to `end`, if anything is.
    pub(super) fn rule_out_named(&self, at: usize, end: usize, request: &mut Request) -> bool {
        let known = self.films_of(at).filter(|(unwanted, to)| *to == end && !unwanted.films.is_empty());
        // "de James Bond".
        let from = at + usize::from(matches!(self.tokens()[at].word.as_str(), "de" | "con") && at + 1 < end);
        let is_name = || {
            let is_series = || !self.series_films(&self.tokens()[from..end]).is_empty();
            self.sentence.typed(from, end).starts_with(char::is_uppercase) || is_series()
        };
        let called = || self.films_called(from).filter(|(_, to)| *to == end && is_name());
        let called = || called().map(|(films, _)| (Unwanted { films, ..Unwanted::default() }, end));
        let Some((unwanted, _)) = known.or_else(called) else { return false };
        self.rule_out(at, end, unwanted, request);
        true
    }

    fn after_and_or(&self, at: usize) -> Option<usize> {
        let tokens = self.tokens();
        lexicon::after(tokens, at, Meaning::And).or_else(|| lexicon::after(tokens, at, Meaning::Or))
    }

    /// "nothing before 2000" is from then on; "not from the 90s" leaves them out. What the sentence asks for is not ruled
    /// out: "old but not black and white" has no film.
    fn rule_out_years(&self, from: usize, end: usize, bound: YearBound, request: &mut Request) {
        let (first, last) = match bound {
            YearBound::Within(first, last) => (first, last),
            YearBound::From(first) => (first, u16::MAX),
            YearBound::To(last) => (0, last),
        };
        let is_vague = (from..end).any(|at| self.says_vague_years(at));
        let wanted_first =
            request.year_from.max(request.vague_from).max(request.within.map(|(first, _)| first)).unwrap_or(0);
        let wanted_last =
            [request.year_to, request.vague_to, request.within.map(|(_, last)| last)].into_iter().flatten().min();
        if first <= wanted_first && last >= wanted_last.unwrap_or(u16::MAX) {
            request.leave_unread(from, end);
            return;
        }
        match bound {
            YearBound::To(last) if is_vague => request.restrict_vaguely(YearBound::From(last.saturating_add(1))),
            YearBound::From(first) if is_vague => request.restrict_vaguely(YearBound::To(first.saturating_sub(1))),
            YearBound::To(last) => request.restrict_years(YearBound::From(last.saturating_add(1))),
            YearBound::From(first) => request.restrict_years(YearBound::To(first.saturating_sub(1))),
            YearBound::Within(first, last) => {
                let is_of_them =
                    |movie: &&cineswarm_engine::Movie| movie.year.is_some_and(|year| (first..=last).contains(&year));
                let films = self.catalogue.movies().iter().filter(is_of_them).map(|movie| movie.id).collect();
                let label = if first == last { first.to_string() } else { format!("{first}–{last}") };
                let topic = Topic { kind: TopicKind::Without, said: label.clone(), label };
                request.without.push(Named { topic, films });
            }
        }
    }

    fn rule_out(&self, from: usize, to: usize, unwanted: Unwanted, request: &mut Request) {
        let said = self.sentence.typed(from, to).to_owned();
        let is_name = self.is_called_for_short(from, to);
        let links = ["de ", "about ", "sobre ", "con ", "with ", "by ", "from "];
        let bare = links.iter().find_map(|link| said.strip_prefix(link)).filter(|_| !is_name);
        let label = unwanted.name.unwrap_or_else(|| bare.unwrap_or(&said).to_owned());
        let said = if label.contains(", ") { said } else { label.clone() };
        // "without Batman": The Dark Knight is not called so.
        let mut films = unwanted.films;
        films.extend((from..to).flat_map(|at| self.index.tagged_so(&self.tokens()[at..to]).iter().copied()));
        let tagged = (from..to).find_map(|at| self.index.theme_at(self.tokens(), at).filter(|(_, end)| *end == to));
        films.extend(tagged.iter().flat_map(|(tagged, _)| tagged.iter().copied()));
        // The facts do not have every film of somebody; viewers' tags may.
        films.extend(self.index.tagged_so(&tokenize(&label)));
        // "a dog film for people who hate dogs" is one all the same.
        if leaves_nothing_of(&request.named, &films) {
            request.leave_unread(from, to);
            return;
        }
        // "not Godard, I've had it with Godard" says one thing twice.
        if request.without.iter().any(|known| known.topic.label == label) {
            return;
        }
        if unwanted.is_theme {
            films.extend(self.series_films(&self.tokens()[from..to]));
            request.doubtful.push((request.without.len(), from, to));
        }
        request.without.push(Named { topic: Topic { kind: TopicKind::Without, label, said }, films });
    }

    /// "[not Korean], Japanese or Chinese", "[isn't a sequel], a remake or a superhero thing": after a comma something that can
    /// be ruled out, and an "or" at last.
    fn is_listed_with_or(&self, at: usize) -> bool {
        if at >= self.tokens().len() || !self.sentence.gap(at).contains(',') {
            return false;
        }
        let at = at + usize::from(is_article(&self.tokens()[at].word));
        let films = || self.films_of(at).filter(|(unwanted, _)| !unwanted.films.is_empty()).map(|(_, end)| end);
        let Some(end) = self.genres_at(at).map(|(_, end)| end).or_else(films) else { return false };
        lexicon::after(self.tokens(), end, Meaning::Or).is_some() || self.is_listed_with_or(end)
    }

    /// "hates horror and violence", "sin zombis ni vampiros": what is not wanted beside it. A wish after an "and" has a
    /// word of its own: "no romance and some action".
    fn read_further(&self, at: usize, request: &mut Request) -> usize {
        // "not Korean, Japanese or Chinese".
        let goes_on = || self.is_listed_with_or(at).then_some(at);
        // "no action films or sequels".
        let after_films = lexicon::after(self.tokens(), at, Meaning::FilmNoun);
        let after_films = after_films.and_then(|end| lexicon::after(self.tokens(), end, Meaning::Or));
        let Some(mut next) = self.after_and_or(at).or(after_films).or_else(goes_on) else { return at };
        // "ni las de Van Damme", "y todo lo de la mafia".
        let says =
            |at: usize, words: &[&str]| self.tokens().get(at).is_some_and(|token| words.contains(&token.word.as_str()));
        let says_all = self.tokens().get(next).is_some_and(|token| cues::is("all", &token.word));
        // "nor a sequel", where "and a comedy" is a wish.
        let is_wish = lexicon::after(self.tokens(), at, Meaning::And).is_some();
        while says(next, &["las", "los", "la", "the"]) || (!is_wish && says(next, &["a", "an", "un", "una"])) {
            next += 1;
        }
        while says_all && !self.is_something_unwanted(next) {
            let Some(link) = self.after_link(next).filter(|link| !self.sentence.breaks_before(*link)) else { break };
            next = link;
        }
        if let Some((genres, end)) = self.genre_run(next) {
            request.exclude_genres.extend(genres);
            return self.read_further(end, request);
        }
        if let Some((unwanted, end)) = self.films_of(next).filter(|(_, end)| !self.name_goes_on(next, *end)) {
            if unwanted.films.is_empty() {
                request.leave_unread(next, end);
            } else {
                self.rule_out(next, end, unwanted, request);
            }
            return self.read_further(end, request);
        }
        if let Some((films, end)) = self.films_called(next) {
            self.rule_out(next, end, Unwanted { films, ..Unwanted::default() }, request);
            return self.read_further(end, request);
        }
        let exactly = self
            .title_spoken_against(next)
            .filter(|(movie, end)| self.is_said_as_title(*movie, next, *end) || self.ends_denied(next, *end))
            .map(|(movie, end)| (vec![movie], end));
        let Some((films, end)) = exactly.or_else(|| self.films_in_part(next, request)) else { return at };
        request.disliked.extend(films);
        self.read_further(end, request)
    }

    /// What is not wanted and is not wanted in vain: where no film that would be shown is known to be so, the chip would do
    /// nothing, and what viewers have not tagged may be so all the same.
    pub(super) fn drop_what_has_no_effect(&self, request: &mut Request) {
        if request.named.is_empty() {
            return;
        }
        let wanted = Filters { exclude_movie_ids: Vec::new(), ..request.filters() };
        let would_be_shown =
            |movie: &MovieId| self.catalogue.get(*movie).is_some_and(|movie| wanted.allow(movie, false));
        for (place, from, to) in std::mem::take(&mut request.doubtful).into_iter().rev() {
            if !request.without[place].films.iter().any(would_be_shown) {
                request.without.remove(place);
                request.without_effect.push((from, to));
            }
        }
    }
}
