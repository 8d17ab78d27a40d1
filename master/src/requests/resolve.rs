//! What an ask means: a request to compute, or something that can be said at once.

mod again;
mod intents;

use std::collections::BTreeSet;

use cineswarm_engine::{
    Filters, HalfStars, MovieId, NeighbourOptions, PopularityPenalty, Profile, RankOptions, SHORT_PROFILE, UserId,
};
use serde::Serialize;
use serde_json::Value;

use super::ask::{Ask, Basis, DEFAULT_N};
use super::spec::{Source, Spec};
use crate::library::Library;
use crate::store::FeedbackKind;
use crate::words::{Note, Trouble};
use cineswarm_chat::{self as chat, ClarifyOption, Context, Intent, Lang, Last, Topic, TopicKind, Tweak, replies};

/// Films that a popular list of less known ones leaves out.
const BEST_KNOWN: usize = 400;

/// What is known of the viewer who asks.
pub struct Viewer<'a> {
    /// The language of the session.
    pub lang: Lang,
    /// The session's ratings.
    pub ratings: Vec<(MovieId, HalfStars)>,
    /// Films never to recommend again.
    pub hidden: Vec<MovieId>,
    /// The last answer: what was computed, and what the browser got.
    pub last: Option<(&'a Spec, &'a Value)>,
    /// What was said last without computing; a question that was asked back is open.
    pub said_last: Option<&'a Reply>,
    /// The film that was spoken of since the last answer, and what was said of it.
    pub spoken_of: Option<(MovieId, Last)>,
    /// Films that are marked as seen.
    pub seen: Vec<MovieId>,
    /// The films that were rated since the last answer, in their order, or those that were listed as rated.
    pub rated: Vec<MovieId>,
    /// Whether they were listed.
    pub shows_ratings: bool,
}

/// What is to be done with an ask.
#[derive(Debug)]
pub enum Resolved {
    /// Compute this.
    Compute(Box<Spec>),
    /// Say this.
    Say(Reply),
    /// Say this, which lists what is rated: from then on places count those.
    SayRatings(Reply),
    /// Say this of a film, which "it" means from then on.
    SayOf {
        /// What is said.
        reply: Reply,
        /// The film.
        movie: MovieId,
        /// What kind of thing is said of it.
        last: Last,
    },
    /// Mark these films and confirm it.
    Mark {
        /// Their ids.
        movies: Vec<MovieId>,
        /// How.
        kind: FeedbackKind,
        /// The film that was marked by mistake: that is taken back.
        instead_of: Option<MovieId>,
        /// The confirmation.
        message: String,
    },
    /// Take the last step back.
    Undo,
    /// Begin a new conversation.
    StartOver,
    /// Take the rating of this film back and confirm it.
    Unrate {
        /// Its id.
        movie: MovieId,
        /// The confirmation.
        message: String,
    },
    /// Take the ratings of these films back, as one step, and confirm it.
    UnrateSeveral {
        /// Their ids; one or more.
        movies: Vec<MovieId>,
        /// The confirmation.
        message: String,
    },
    /// Store this film's rating and confirm it.
    Rate {
        /// Its id.
        movie: MovieId,
        /// The rating.
        rating: HalfStars,
        /// The film that it was given to by mistake: its rating is taken back.
        instead_of: Option<MovieId>,
        /// The confirmation.
        message: String,
    },
    /// Store the ratings of several films, as one step, and confirm them.
    RateSeveral {
        /// The films and their ratings.
        ratings: Vec<(MovieId, HalfStars)>,
        /// The confirmation.
        message: String,
    },
}

/// Something said without computing.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reply {
    /// Which of these is meant.
    Clarify {
        /// The question.
        message: String,
        /// The answers.
        options: Vec<ChoiceOfText>,
    },
    /// What can be asked.
    Help {
        /// The sentence.
        message: String,
        /// Texts that work.
        examples: Vec<String>,
    },
}

/// One meaning of an ambiguous sentence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChoiceOfText {
    /// What the choice is called.
    pub label: String,
    /// The sentence to ask instead.
    pub text: String,
}

/// Finds out what is to be done.
pub fn resolve(ask: &Ask, viewer: &Viewer<'_>, library: &Library) -> Result<Resolved, Trouble> {
    let lang = ask.lang.unwrap_or(viewer.lang);
    let resolver = Resolver { lang, n: ask.n, viewer, library };
    let filters = ask.filters.clone();
    let mut resolved = resolver.basis(&ask.basis, filters)?;
    match &mut resolved {
        Resolved::Compute(spec) if ask.by_graph && spec.source == Source::Neighbours => spec.source = Source::Graph,
        _ => {}
    }
    Ok(resolved)
}

/// An earlier question, to be asked again now: what the viewer has rated and hidden since counts.
pub fn asked_again(mut spec: Spec, viewer: &Viewer<'_>, library: &Library) -> Spec {
    let resolver = Resolver { lang: spec.lang, n: None, viewer, library };
    spec.filters = resolver.without_hidden(spec.filters);
    resolver.with_ratings_since(&mut spec);
    spec
}

/// The film that "it" means after this question: the one whose reasons were asked, or the only one asked about.
fn only_film_of(spec: &Spec) -> Option<MovieId> {
    let films = if spec.rest.is_some() { spec.filters.movie_ids.clone() } else { spec.like() };
    match films.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

struct Resolver<'v> {
    lang: Lang,
    n: Option<usize>,
    viewer: &'v Viewer<'v>,
    library: &'v Library,
}

impl Resolver<'_> {
    /// What follows from what an answer is to be based on.
    fn basis(self, basis: &Basis, filters: Filters) -> Result<Resolved, Trouble> {
        match basis {
            Basis::Own => Ok(self.own(filters)),
            Basis::User(user) => Ok(self.user(*user, filters)),
            Basis::Like(movies) => self.like(movies, filters, Tweak::None),
            Basis::Profile(ratings) => {
                let profile = Profile::from_ratings(ratings.iter().copied());
                let unknown = profile.movie_ids().iter().find(|movie| self.library.catalogue().get(**movie).is_none());
                match unknown {
                    Some(movie) => Err(Trouble::UnknownMovie(*movie)),
                    None => Ok(self.by_profile(profile, None, filters)),
                }
            }
            Basis::Text(text) => self.text(text, filters),
        }
    }

    fn text(mut self, text: &str, asked: Filters) -> Result<Resolved, Trouble> {
        let shown = self.viewer.last.map(|(spec, answer)| list_before(spec, answer)).unwrap_or_default();
        let options = match self.viewer.said_last {
            Some(Reply::Clarify { options, .. }) => options.as_slice(),
            _ => &[],
        };
        let options: Vec<ClarifyOption> = options
            .iter()
            .map(|option| ClarifyOption { label: option.label.clone(), text: option.text.clone() })
            .collect();
        let asked_about = || self.viewer.last.and_then(|(spec, _)| only_film_of(spec));
        let is_of_one_film = self.viewer.last.is_some_and(|(spec, _)| spec.rest.is_some());
        let (about, last) = match self.viewer.spoken_of {
            Some((movie, last)) => (Some(movie), last),
            None => (asked_about(), if is_of_one_film { Last::Film } else { Last::List }),
        };
        let like = self.viewer.last.map(|(spec, _)| spec.rest.as_deref().unwrap_or(spec).like()).unwrap_or_default();
        let goes_on = self.viewer.last.is_some();
        let topics = self.viewer.last.map(|(spec, _)| spec.rest.as_deref().unwrap_or(spec).topics.as_slice());
        let is_person = |topic: &&Topic| topic.kind.is_like(TopicKind::Director);
        let person = topics.and_then(|topics| topics.iter().rev().find(is_person));
        let genres = self.viewer.last.map(|(spec, _)| spec.rest.as_deref().unwrap_or(spec).filters.genres.as_slice());
        let unwanted_genres =
            self.viewer.last.map(|(spec, _)| spec.rest.as_deref().unwrap_or(spec).filters.exclude_genres.as_slice());
        let rated = about.filter(|_| matches!(last, Last::Rating | Last::OffScale));
        let stars = rated.and_then(|movie| self.viewer.ratings.iter().find(|(own, _)| *own == movie));
        let only_ruled_out = like.is_empty()
            && self.viewer.last.is_some_and(|(spec, _)| chat::only_rules_out(&spec.filters, &spec.topics));
        let context = Context {
            shown: if self.viewer.shows_ratings { &self.viewer.rated } else { &shown },
            goes_on,
            options: &options,
            about,
            like: &like,
            only_ruled_out,
            last,
            person,
            topics: topics.unwrap_or_default(),
            genres: genres.unwrap_or_default(),
            unwanted_genres: unwanted_genres.unwrap_or_default(),
            stars: stars.map(|(_, stars)| *stars),
            rated: &self.viewer.rated,
            shows_ratings: self.viewer.shows_ratings,
        };
        let catalogue = self.library.catalogue();
        let mut understood = chat::understand_in(text, self.lang, &self.library.titles, catalogue, &context);
        self.n = self.n.or(understood.n);
        // Who types in another language than the page's is answered in it.
        self.lang = understood.language.unwrap_or(self.lang);
        let reading = chat::reading(&understood.intent, &understood.topics, catalogue, self.lang);
        let refines = match understood.intent {
            Intent::Refine { .. } | Intent::LikeInstead { .. } => true,
            Intent::LessKnown => goes_on,
            _ => false,
        };
        let is_refined = matches!(understood.intent, Intent::Refine { .. });
        let is_at_a_loss = understood.intent.is_at_a_loss();
        let spoken_of = understood.intent.speaks_of();
        let is_of_given_films = !asked.movie_ids.is_empty();
        let mut resolved = self.intent(understood.intent, &mut understood.topics, asked)?;
        if let (true, Resolved::Say(reply)) = (is_at_a_loss, &mut resolved)
            && self.viewer.said_last == Some(&*reply)
        {
            let mut examples = replies::examples(self.lang, &self.library.titles, catalogue);
            let half = examples.len() / 2;
            examples.rotate_left(half);
            *reply = Reply::Help { message: replies::still_at_a_loss(self.lang).to_owned(), examples };
        }
        // "mark it seen and give me more": how to go on is left to be said.
        if let (Resolved::Mark { message, .. }, false) = (&mut resolved, understood.ignored.is_empty()) {
            message.push_str(replies::then_more(self.lang));
        }
        if let (Resolved::Say(reply), (Some(movie), last)) = (&resolved, spoken_of) {
            return Ok(Resolved::SayOf { reply: reply.clone(), movie, last });
        }
        if let Resolved::Compute(spec) = &mut resolved {
            let lost = std::mem::replace(&mut spec.ignored, understood.ignored);
            if is_refined {
                spec.ignored.extend(lost);
            }
            if refines {
                self.lift(spec, &understood.lifted, &understood.topics);
                self.read_again(spec, understood.topics);
            } else if reading.is_some() {
                spec.reading = reading;
                spec.topics = understood.topics;
            }
            self.weigh_against(spec, &understood.disliked);
            if !is_of_given_films {
                self.keep_what_fits(spec);
            }
            if spec.note == Some(Note::EmptyProfile) {
                spec.reading = spec.reading.take().map(chat::Understanding::for_anybody);
            }
        }
        Ok(resolved)
    }

    /// What the sentence speaks against counts as the lowest rating, and is not shown.
    fn weigh_against(&self, spec: &mut Spec, disliked: &[MovieId]) {
        let lowest = HalfStars::new(1);
        for movie in disliked {
            spec.profile.retain(|(rated, _)| rated != movie);
            spec.profile.extend(lowest.map(|lowest| (*movie, lowest)));
            spec.filters.exclude_movie_ids.push(*movie);
        }
        spec.profile.sort_unstable_by_key(|(movie, _)| *movie);
    }

    fn own(&self, filters: Filters) -> Resolved {
        if self.viewer.ratings.is_empty() {
            return self.popular(filters, Some(Note::EmptyProfile));
        }
        let profile = Profile::from_ratings(self.viewer.ratings.iter().copied());
        let is_short = profile.len() < SHORT_PROFILE;
        let mut resolved = self.by_profile(profile, None, filters);
        if let Resolved::Compute(spec) = &mut resolved {
            spec.own = true;
            if is_short {
                spec.neighbours = NeighbourOptions::like_these();
                spec.ranking = RankOptions::like_these(spec.ranking.n);
            }
        }
        resolved
    }

    fn user(&self, user: UserId, filters: Filters) -> Resolved {
        match self.library.profile(user) {
            Some(profile) => self.by_profile(profile, Some(user), filters),
            None => self.popular(filters, Some(Note::UnknownUser(user))),
        }
    }

    fn like(&self, movies: &[MovieId], filters: Filters, tweak: Tweak) -> Result<Resolved, Trouble> {
        if let Some(movie) = movies.iter().find(|movie| self.library.catalogue().get(**movie).is_none()) {
            return Err(Trouble::UnknownMovie(*movie));
        }
        // The profile is the films asked about, so the viewer's own would not count as seen.
        let mut filters = filters;
        if filters.exclude_seen {
            filters.exclude_movie_ids.extend(self.viewer.ratings.iter().map(|(movie, _)| *movie));
        }
        let spec = Spec {
            neighbours: NeighbourOptions::like_these(),
            ranking: RankOptions::like_these(self.n.unwrap_or(DEFAULT_N)),
            profile: sorted(movies.iter().map(|movie| (*movie, HalfStars::MAX))),
            ..self.spec(Source::Neighbours, filters, None)
        };
        Ok(self.tweaked(Resolved::Compute(Box::new(spec)), tweak))
    }

    fn by_profile(&self, profile: Profile, user: Option<UserId>, filters: Filters) -> Resolved {
        if profile.is_empty() {
            return self.popular(filters, Some(Note::EmptyProfile));
        }
        let rated = profile.iter().filter_map(|(movie, half_stars)| Some((movie, HalfStars::new(half_stars)?)));
        let mut spec = self.spec(Source::Neighbours, filters, None);
        spec.profile = rated.collect();
        spec.neighbours.exclude_user = user;
        Resolved::Compute(Box::new(spec))
    }

    fn popular(&self, filters: Filters, note: Option<Note>) -> Resolved {
        let mut spec = self.spec(Source::Popular, filters, note);
        spec.profile = sorted(self.viewer.ratings.iter().copied());
        Resolved::Compute(Box::new(spec))
    }

    /// With everything as it is unless said otherwise; the session's hidden films are always left out.
    fn spec(&self, source: Source, filters: Filters, note: Option<Note>) -> Spec {
        let filters = self.without_hidden(filters);
        Spec {
            source,
            own: false,
            profile: Vec::new(),
            neighbours: NeighbourOptions::default(),
            viewer: None,
            ranking: RankOptions { n: self.n.unwrap_or(DEFAULT_N), ..RankOptions::default() },
            filters,
            lang: self.lang,
            note,
            ignored: Vec::new(),
            topics: Vec::new(),
            reading: None,
            rest: None,
            shown: Vec::new(),
        }
    }

    fn without_hidden(&self, filters: Filters) -> Filters {
        let without: BTreeSet<MovieId> = filters.exclude_movie_ids.iter().chain(&self.viewer.hidden).copied().collect();
        Filters { exclude_movie_ids: without.into_iter().collect(), ..filters }
    }

    fn tweaked(&self, resolved: Resolved, tweak: Tweak) -> Resolved {
        match (resolved, tweak) {
            (Resolved::Compute(mut spec), Tweak::LessKnown) => {
                lesser_known(&mut spec);
                if spec.source == Source::Popular {
                    self.without_best_known(&mut spec);
                }
                Resolved::Compute(spec)
            }
            (resolved, _) => resolved,
        }
    }

    /// Popular films are in no neighbours' order that could be turned: those that everybody knows are left out.
    fn without_best_known(&self, spec: &mut Spec) {
        let catalogue = self.library.catalogue();
        let mut by_ratings: Vec<MovieId> = match spec.filters.movie_ids.is_empty() {
            true => catalogue.movies().iter().map(|movie| movie.id).collect(),
            // Of the films of a theme, the best known.
            false => spec.filters.movie_ids.clone(),
        };
        by_ratings.sort_by_key(|movie| (std::cmp::Reverse(catalogue.stats(*movie).ratings), *movie));
        by_ratings.truncate((by_ratings.len() / 4).min(BEST_KNOWN));
        spec.filters.exclude_movie_ids.extend(by_ratings);
    }
}

/// The films that "the third one" counts: of the last list, whatever was said of one of them since.
fn list_before(spec: &Spec, answer: &Value) -> Vec<MovieId> {
    if spec.rest.is_some() && !spec.shown.is_empty() { spec.shown.clone() } else { shown(answer) }
}

/// The films of an answer, in their order.
fn shown(answer: &Value) -> Vec<MovieId> {
    let shown = answer["recommendations"].as_array().into_iter().flatten();
    shown.filter_map(|film| film["movie_id"].as_u64()).filter_map(|id| MovieId::try_from(id).ok()).collect()
}

/// Away from what everybody knows. A film that few have rated needs more neighbours to have two of them.
fn lesser_known(spec: &mut Spec) {
    spec.ranking.popularity_penalty = PopularityPenalty::Strong;
    spec.ranking.min_raters = spec.ranking.min_raters.max(2);
    spec.neighbours.k = spec.neighbours.k.max(100);
}

fn sorted(ratings: impl Iterator<Item = (MovieId, HalfStars)>) -> Vec<(MovieId, HalfStars)> {
    let profile = Profile::from_ratings(ratings);
    profile.iter().filter_map(|(movie, half_stars)| Some((movie, HalfStars::new(half_stars)?))).collect()
}

/// What the sentence says, and what came beside it.
fn both(said: Filters, beside: Filters) -> Filters {
    fn join<T>(mut said: Vec<T>, beside: Vec<T>) -> Vec<T> {
        said.extend(beside);
        said
    }
    Filters {
        genres: if said.genres.is_empty() { beside.genres } else { said.genres },
        exclude_genres: join(said.exclude_genres, beside.exclude_genres),
        year_from: said.year_from.max(beside.year_from),
        year_to: match (said.year_to, beside.year_to) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        },
        exclude_seen: said.exclude_seen && beside.exclude_seen,
        movie_ids: if said.movie_ids.is_empty() { beside.movie_ids } else { said.movie_ids },
        exclude_movie_ids: join(said.exclude_movie_ids, beside.exclude_movie_ids),
    }
}

#[cfg(test)]
mod tests;
