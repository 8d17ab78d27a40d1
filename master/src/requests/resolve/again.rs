//! What refers to the answer before: more of it, why one of its films, the same with other conditions.

use std::collections::BTreeSet;

use cineswarm_engine::{Filters, HalfStars, Movie, MovieId, PopularityPenalty, RankOptions};
use serde_json::Value;

use super::{Resolved, Resolver, list_before, shown, sorted};
use crate::requests::spec::{Source, Spec};
use crate::words::Note;
use cineswarm_chat::{self as chat, Intent, Lifted, Shift, Topic, TopicKind, Tweak};

/// Films that a length leaves to choose from, the best known of them.
const MOST_FILMS: usize = 1000;

impl Resolver<'_> {
    /// The last question again with other conditions. What it asks for of one kind replaces what was asked before.
    pub(super) fn refined(
        &self,
        said: Filters,
        topics: &mut Vec<Topic>,
        tweak: Tweak,
        shift: Option<Shift>,
    ) -> Resolved {
        let Some((last, answer)) = self.viewer.last else { return self.tweaked(self.own(said), tweak) };
        let mut spec = last.rest.as_deref().unwrap_or(last).clone();
        spec.ignored.clear();
        let known = &mut spec.filters;
        if shift == Some(Shift::Either) {
            known
                .genres
                .extend(said.genres.into_iter().filter(|genre| !known.genres.contains(genre)).collect::<Vec<_>>());
        } else if shift == Some(Shift::Besides) && !known.genres.is_empty() {
            spec.topics.extend(self.besides(known, said.genres));
        } else if !said.genres.is_empty() {
            known.genres = said.genres;
        }
        known.genres.retain(|genre| !said.exclude_genres.contains(genre));
        known.exclude_genres.retain(|genre| !known.genres.contains(genre));
        known.exclude_genres.extend(said.exclude_genres);
        if said.year_from.is_some() || said.year_to.is_some() {
            (known.year_from, known.year_to) = match shift {
                // From the first of both to the last; a bound that one of them lacks holds for neither.
                Some(Shift::Either) if known.year_from.is_some() || known.year_to.is_some() => (
                    known.year_from.zip(said.year_from).map(|(one, other)| one.min(other)),
                    known.year_to.zip(said.year_to).map(|(one, other)| one.max(other)),
                ),
                _ => (said.year_from, said.year_to),
            };
        }
        if !said.movie_ids.is_empty() {
            spec.ignored = self.take_films(known, &mut spec.topics, said.movie_ids, topics, shift);
        }
        known.exclude_seen &= said.exclude_seen;
        known.exclude_movie_ids.extend(said.exclude_movie_ids);
        let catalogue = self.library.catalogue();
        let mut years: Vec<u16> = shown(answer).iter().filter_map(|movie| catalogue.get(*movie)?.year).collect();
        years.sort_unstable();
        match (shift, years.get(years.len() / 2)) {
            (Some(Shift::Newer), Some(middle)) => {
                let from = middle.saturating_add(1);
                (known.year_from, known.year_to) = (Some(from), said.year_to.filter(|to| *to >= from));
            }
            (Some(Shift::Older), Some(middle)) => {
                let to = middle.saturating_sub(1);
                (known.year_from, known.year_to) = (said.year_from.filter(|from| *from <= to), Some(to));
            }
            // Not beyond the years that were asked for.
            (Some(Shift::NewestFirst), Some(middle)) => known.year_from = known.year_from.max(Some(*middle)),
            (Some(Shift::OldestFirst), Some(middle)) => {
                known.year_to = Some(known.year_to.map_or(*middle, |asked| asked.min(*middle)));
            }
            (Some(Shift::Both), _) if known.genres.len() > 1 => {
                let genres = std::mem::take(&mut known.genres);
                spec.topics.extend(self.besides(known, genres));
            }
            (Some(Shift::Both), _) => self.both_people(known, &mut spec.topics),
            (Some(Shift::AnyYear), _) => (known.year_from, known.year_to) = (None, None),
            (Some(Shift::BetterKnown), _) => {
                self.better_known(known, spec.ranking.n);
                spec.ranking.popularity_penalty = PopularityPenalty::None;
                spec.topics.retain(|topic| topic.kind != TopicKind::BetterKnown);
                let topic = Topic { kind: TopicKind::BetterKnown, label: String::new(), said: String::new() };
                spec.topics.push(topic);
            }
            (Some(shift @ (Shift::Shorter | Shift::Longer)), _) => {
                self.forget_length(known, &mut spec.topics);
                if let Some(topic) = self.of_other_length(known, &shown(answer), shift) {
                    spec.topics.push(topic);
                }
            }
            _ => {}
        }
        spec.filters = self.without_hidden(spec.filters);
        self.with_ratings_since(&mut spec);
        spec.lang = self.lang;
        spec.ranking.n = self.n.unwrap_or(spec.ranking.n);
        self.tweaked(Resolved::Compute(Box::new(spec)), tweak)
    }

    /// Only films of what is said, too. Where it is an alternative to what was asked for of its kind, films of either; where
    /// it is instead of that, or where no film is both, films of what is said alone. Themes and the like that hold no more
    /// though nobody said so are returned, to be told.
    fn take_films(
        &self,
        filters: &mut Filters,
        known: &mut Vec<Topic>,
        said: Vec<MovieId>,
        topics: &mut Vec<Topic>,
        shift: Option<Shift>,
    ) -> Vec<String> {
        let (index, catalogue) = (&self.library.titles, self.library.catalogue());
        // Of what was said and of what is said the best known alone were kept, which may have no film in common.
        let is_told = !known.iter().any(|topic| topic.kind == TopicKind::BetterKnown);
        let all = self.films_of_all(known.iter().chain(topics.iter()));
        let both = match is_told && !all.is_empty() {
            true => all,
            false => films_of_both(&filters.movie_ids, said.clone()),
        };
        let has_kind = |topic: &Topic| topics.iter().any(|new| new.kind.is_like(topic.kind));
        let is_of_kind = known.iter().any(has_kind);
        let is_either = shift == Some(Shift::Either);
        let is_instead = shift == Some(Shift::Instead) || both == [MovieId::MAX];
        if !is_of_kind || !(is_either || is_instead) {
            filters.movie_ids = both;
            return Vec::new();
        }
        let mut dropped = Vec::new();
        let mut wanted = said;
        let last = known.iter().rfind(|topic| has_kind(topic)).cloned().filter(|_| is_either && topics.len() == 1);
        if let (Some(last), Some(new)) = (last, topics.first().cloned()) {
            wanted.extend(chat::films_of(&last, index, catalogue).unwrap_or_default());
            *topics = vec![chat::either_topic(&last, &new, self.lang)];
            known.retain(|topic| *topic != last);
        } else {
            let takes_place = |topic: &Topic| topics.iter().any(|new| new.kind.is_like(topic.kind));
            // One person or country stands in another's place; of a theme that is lost, the answer says so.
            if shift != Some(Shift::Instead) {
                let is_lost = |topic: &&Topic| topic.kind == TopicKind::Theme && takes_place(topic);
                dropped.extend(known.iter().filter(is_lost).map(|topic| topic.label.clone()));
            }
            known.retain(|topic| !takes_place(topic));
        }
        known.retain(|topic| topic.kind != TopicKind::BetterKnown);
        wanted.retain(|movie| *movie != MovieId::MAX);
        wanted.sort_by_key(|movie| (std::cmp::Reverse(catalogue.stats(*movie).ratings), *movie));
        wanted.dedup();
        let kept = known.iter().filter_map(|topic| chat::films_of(topic, index, catalogue));
        filters.movie_ids = kept.fold(wanted, |films, own| films_of_both(&own, films));
        filters.movie_ids.truncate(MOST_FILMS);
        dropped
    }

    /// Only films that are of these genres, too: "a thriller", "with some romance". One genre asked for before and these
    /// become one thing, as "romantic comedy" is.
    fn besides(&self, filters: &mut Filters, said: Vec<String>) -> Option<Topic> {
        filters.exclude_genres.retain(|genre| !said.contains(genre));
        let mut genres: Vec<String> = said.into_iter().filter(|genre| !filters.genres.contains(genre)).collect();
        if genres.is_empty() {
            return None;
        }
        if let [_] = filters.genres.as_slice() {
            genres.splice(0..0, filters.genres.drain(..));
        }
        let catalogue = self.library.catalogue();
        let has_all = |movie: &&Movie| genres.iter().all(|genre| movie.genres.contains(genre));
        let mut films: Vec<MovieId> = catalogue.movies().iter().filter(has_all).map(|movie| movie.id).collect();
        films.sort_by_key(|movie| (std::cmp::Reverse(catalogue.stats(*movie).ratings), *movie));
        films.truncate(MOST_FILMS);
        filters.movie_ids = films_of_both(&filters.movie_ids, films);
        Some(Topic { kind: TopicKind::Genres, said: genres.join(" ").to_lowercase(), label: genres.join(" + ") })
    }

    /// "De Niro or Pacino", and then "both": films that have what was asked for as alternatives together.
    fn both_people(&self, filters: &mut Filters, topics: &mut Vec<Topic>) {
        let Some(at) = topics.iter().rposition(|topic| !chat::parts_of_either(topic).is_empty()) else { return };
        let parts = chat::parts_of_either(&topics[at]);
        topics.splice(at..=at, parts);
        filters.movie_ids = self.films_of_all(topics.iter());
    }

    /// The films of which all of this holds, the best known of them; none, where nothing of this has films of its own.
    fn films_of_all<'t>(&self, topics: impl Iterator<Item = &'t Topic>) -> Vec<MovieId> {
        self.best_known(self.all_films_of(topics))
    }

    fn all_films_of<'t>(&self, topics: impl Iterator<Item = &'t Topic>) -> Vec<MovieId> {
        let (index, catalogue) = (&self.library.titles, self.library.catalogue());
        let films = topics.filter_map(|topic| chat::films_of(topic, index, catalogue));
        films.fold(Vec::new(), |films, own| films_of_both(&films, own))
    }

    fn best_known(&self, mut films: Vec<MovieId>) -> Vec<MovieId> {
        let catalogue = self.library.catalogue();
        films.sort_by_key(|movie| (std::cmp::Reverse(catalogue.stats(*movie).ratings), *movie));
        films.truncate(MOST_FILMS);
        films
    }

    /// "dramas in English from 1956": where more films are of the themes, lengths or languages that are asked for than are
    /// kept, those are kept that meet the other conditions, too, and not the best known of all.
    pub(super) fn keep_what_fits(&self, spec: &mut Spec) {
        let is_better_known = |topic: &Topic| topic.kind == TopicKind::BetterKnown;
        // A question about one film is of that.
        if spec.rest.is_some() || spec.topics.iter().any(is_better_known) {
            return;
        }
        let mut films = self.all_films_of(spec.topics.iter());
        if films.len() <= MOST_FILMS {
            return;
        }
        let others = Filters { movie_ids: Vec::new(), ..spec.filters.clone() };
        let catalogue = self.library.catalogue();
        films.retain(|movie| catalogue.get(*movie).is_some_and(|film| others.allow(film, false)));
        // An empty list would let every film pass.
        spec.filters.movie_ids = if films.is_empty() { vec![MovieId::MAX] } else { self.best_known(films) };
    }

    /// "even if they are not Korean": what was asked for holds no more.
    pub(super) fn lift(&self, spec: &mut Spec, lifted: &Lifted, added: &[Topic]) {
        if !lifted.films.is_empty() {
            self.allow_again(spec, &lifted.films);
        }
        let known = &mut spec.filters;
        known.genres.retain(|genre| !lifted.genres.contains(genre));
        known.exclude_genres.retain(|genre| !lifted.genres.contains(genre));
        if lifted.years {
            (known.year_from, known.year_to) = (None, None);
        }
        let (index, catalogue) = (&self.library.titles, self.library.catalogue());
        let films = |topic: &Topic| chat::films_of(topic, index, catalogue);
        let is_lifted = |topic: &Topic| {
            let same = |other: &&Topic| topic.kind.is_like(other.kind) && films(topic) == films(other);
            topic.kind != TopicKind::Without && lifted.topics.iter().any(|other| same(&other))
        };
        let before = spec.topics.len();
        spec.topics.retain(|topic| !(lifted.topics.contains(topic) || is_lifted(topic)));
        if spec.topics.len() < before {
            known.movie_ids = self.films_of_all(spec.topics.iter().chain(added));
        }
    }

    /// What was ruled out may be shown again, but what the viewer has seen or hidden.
    fn allow_again(&self, spec: &mut Spec, films: &[MovieId]) {
        let is_rated = |movie: &MovieId| self.viewer.ratings.iter().any(|(rated, _)| rated == movie);
        let is_again = |movie: &MovieId| films.contains(movie) && !is_rated(movie);
        spec.filters.exclude_movie_ids.retain(|movie| !is_again(movie));
        spec.profile.retain(|(movie, rating)| !(is_again(movie) && Some(*rating) == HalfStars::new(1)));
        spec.filters = self.without_hidden(std::mem::take(&mut spec.filters));
    }

    /// "shorter" of films of three hours and more is not of three hours.
    fn forget_length(&self, filters: &mut Filters, topics: &mut Vec<Topic>) {
        let is_length = |topic: &Topic| matches!(topic.kind, TopicKind::LengthAtMost | TopicKind::LengthAtLeast);
        if !topics.iter().any(is_length) {
            return;
        }
        topics.retain(|topic| !is_length(topic));
        filters.movie_ids = self.films_of_all(topics.iter());
    }

    /// Only films shorter, or longer, than the middle one of those shown, and how that is called; without facts nothing
    /// changes.
    fn of_other_length(&self, filters: &mut Filters, shown: &[MovieId], shift: Shift) -> Option<Topic> {
        let titles = &self.library.titles;
        let length = |movie: MovieId| titles.facts(movie).and_then(|known| known.runtime_min);
        let mut lengths: Vec<u16> = shown.iter().filter_map(|movie| length(*movie)).collect();
        lengths.sort_unstable();
        let middle = lengths.get(lengths.len() / 2)?;
        let fits = |movie: MovieId| {
            length(movie).is_some_and(|own| if shift == Shift::Shorter { own < *middle } else { own > *middle })
        };
        let catalogue = self.library.catalogue();
        let mut films: Vec<MovieId> = match filters.movie_ids.is_empty() {
            true => catalogue.movies().iter().map(|movie| movie.id).collect(),
            false => filters.movie_ids.clone(),
        };
        films.retain(|movie| fits(*movie));
        films.sort_by_key(|movie| (std::cmp::Reverse(catalogue.stats(*movie).ratings), *movie));
        films.truncate(MOST_FILMS);
        filters.movie_ids = if films.is_empty() { vec![MovieId::MAX] } else { films };
        let (kind, bound) = match shift {
            Shift::Shorter => (TopicKind::LengthAtMost, middle.saturating_sub(1)),
            _ => (TopicKind::LengthAtLeast, middle.saturating_add(1)),
        };
        Some(Topic { kind, label: bound.to_string(), said: String::new() })
    }

    /// Only the best known quarter of the films that fit, as long as a list can be made of them.
    fn better_known(&self, filters: &mut Filters, wanted: usize) {
        let catalogue = self.library.catalogue();
        let fitting = catalogue.movies().iter().filter(|movie| filters.allow(movie, false));
        let mut films: Vec<MovieId> = fitting.map(|movie| movie.id).collect();
        films.sort_by_key(|movie| (std::cmp::Reverse(catalogue.stats(*movie).ratings), *movie));
        films.truncate((films.len() / 4).max(wanted).min(MOST_FILMS));
        // An empty list would let every film pass.
        if !films.is_empty() {
            filters.movie_ids = films;
        }
    }

    /// The last question again for films like these; without any, for the viewer.
    pub(super) fn like_instead(&self, movies: &[MovieId]) -> Resolved {
        let Some((last, _)) = self.viewer.last else { return self.own(Filters::default()) };
        let mut spec = last.rest.as_deref().unwrap_or(last).clone();
        spec.filters = self.without_hidden(spec.filters);
        if movies.is_empty() {
            return self.own(spec.filters);
        }
        let weighed_against = spec.profile.iter().filter(|(_, rating)| *rating != HalfStars::MAX).copied();
        spec.profile = sorted(movies.iter().map(|movie| (*movie, HalfStars::MAX)).chain(weighed_against));
        self.with_ratings_since(&mut spec);
        spec.lang = self.lang;
        spec.ranking.n = self.n.unwrap_or(spec.ranking.n);
        Resolved::Compute(Box::new(spec))
    }

    /// How a refined question reads as a whole.
    pub(super) fn read_again(&self, spec: &mut Spec, topics: Vec<Topic>) {
        spec.topics.extend(topics.into_iter().filter(|topic| !spec.topics.contains(topic)).collect::<Vec<_>>());
        let filters = said_of(&spec.filters);
        let tweak = match spec.ranking.popularity_penalty {
            PopularityPenalty::Strong => Tweak::LessKnown,
            _ => Tweak::None,
        };
        let intent = match spec.source {
            // Popular films only for want of ratings, or turned to those that fewer know.
            Source::Popular if spec.note == Some(Note::EmptyProfile) || tweak == Tweak::LessKnown => {
                Intent::Browse { filters, tweak }
            }
            Source::Popular => Intent::Popular { filters },
            Source::Neighbours | Source::Graph => match spec.like() {
                movies if movies.is_empty() => Intent::Browse { filters, tweak },
                movies => Intent::Like { movies, filters, tweak },
            },
        };
        spec.reading = chat::reading(&intent, &spec.topics, self.library.catalogue(), self.lang);
    }

    /// What the viewer rated after the request was first asked counts too.
    pub(super) fn with_ratings_since(&self, spec: &mut Spec) {
        let ratings = &self.viewer.ratings;
        if ratings.is_empty() {
            return;
        }
        if spec.note == Some(Note::EmptyProfile) {
            // It was popular films only for want of ratings; what was asked for holds on.
            if let Resolved::Compute(own) = self.own(spec.filters.clone()) {
                let asked = std::mem::replace(spec, *own);
                spec.ranking.n = asked.ranking.n;
                if asked.ranking.popularity_penalty == PopularityPenalty::Strong {
                    spec.ranking.popularity_penalty = PopularityPenalty::Strong;
                }
                (spec.topics, spec.ignored, spec.reading) = (asked.topics, asked.ignored, asked.reading);
                (spec.rest, spec.shown) = (asked.rest, asked.shown);
            }
        } else if spec.own || spec.source == Source::Popular {
            spec.profile = sorted(ratings.iter().copied());
        } else if spec.filters.exclude_seen && spec.neighbours.exclude_user.is_none() {
            spec.filters.exclude_movie_ids.extend(ratings.iter().map(|(movie, _)| *movie));
            spec.filters.exclude_movie_ids.sort_unstable();
            spec.filters.exclude_movie_ids.dedup();
        }
    }

    /// The last request again, without the films that were shown.
    pub(super) fn more(&self, tweak: Tweak) -> Resolved {
        let Some((spec, answer)) = self.viewer.last else {
            return self.tweaked(self.own(Filters::default()), tweak);
        };
        let mut spec = without_shown(spec, answer);
        // Also what the viewer has hidden since.
        spec.filters = self.without_hidden(spec.filters);
        self.with_ratings_since(&mut spec);
        spec.lang = self.lang;
        spec.ranking.n = self.n.unwrap_or(spec.ranking.n);
        self.tweaked(Resolved::Compute(Box::new(spec)), tweak)
    }

    /// The last request again, for one film only: its reasons are then the answer's. Without one, what the viewer's own
    /// ratings say of it.
    pub(super) fn why(&self, movie: MovieId) -> Resolved {
        let rest = match (self.viewer.last, self.own(Filters::default())) {
            (Some((spec, answer)), _) => without_shown(spec, answer),
            (None, Resolved::Compute(own)) => *own,
            (None, other) => return other,
        };
        let mut spec = rest.clone();
        spec.lang = self.lang;
        spec.ranking = RankOptions { n: 1, min_raters: 1, ..spec.ranking };
        spec.filters = Filters { movie_ids: vec![movie], exclude_seen: false, ..Filters::default() };
        spec.rest = Some(Box::new(rest));
        spec.shown = self.viewer.last.map(|(last, answer)| list_before(last, answer)).unwrap_or_default();
        Resolved::Compute(Box::new(spec))
    }
}

/// The conditions that a person can see and take out, without the lists of films.
fn said_of(filters: &Filters) -> Filters {
    Filters { movie_ids: Vec::new(), exclude_movie_ids: Vec::new(), ..filters.clone() }
}

/// The films that are in both lists, where an empty one is of all films; where none is, one that no film is.
fn films_of_both(known: &[MovieId], said: Vec<MovieId>) -> Vec<MovieId> {
    if known.is_empty() {
        return said;
    }
    let known: BTreeSet<MovieId> = known.iter().copied().collect();
    let both: Vec<MovieId> = said.into_iter().filter(|movie| known.contains(movie)).collect();
    if both.is_empty() { vec![MovieId::MAX] } else { both }
}

/// What is left of a request after an answer: its spec without the films that were shown. A question about one film
/// leaves what the request before it left.
fn without_shown(spec: &Spec, answer: &Value) -> Spec {
    if let Some(rest) = &spec.rest {
        return (**rest).clone();
    }
    let without: BTreeSet<MovieId> = spec.filters.exclude_movie_ids.iter().copied().chain(shown(answer)).collect();
    let mut rest = spec.clone();
    rest.filters.exclude_movie_ids = without.into_iter().collect();
    rest
}
