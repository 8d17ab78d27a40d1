//! What an ask means: a request to compute, or something that can be said at once.

mod again;

use std::collections::BTreeSet;

use cineswarm_engine::{
    Filters, HalfStars, MovieId, NeighbourOptions, PopularityPenalty, Profile, RankOptions, UserId,
};
use serde::Serialize;
use serde_json::Value;

use super::ask::{Ask, Basis, DEFAULT_N};
use super::spec::{Source, Spec};
use crate::library::{Film, Library};
use crate::store::FeedbackKind;
use crate::words::{Note, Trouble};
use cineswarm_chat::{self as chat, ClarifyOption, Context, Intent, Lang, Last, Mark, Tweak, Wanted, replies};

/// Below this many ratings a viewer's own profile is too short for plain cosine, which then prefers users who rated
/// hardly anything else; it is treated like a few films that similar ones are wanted to.
const SHORT_PROFILE: usize = 10;

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
}

/// What is to be done with an ask.
#[derive(Debug)]
pub enum Resolved<'a> {
    /// Compute this.
    Compute(Box<Spec>),
    /// Say this.
    Say(Reply),
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
    /// Store this rating and confirm it.
    Rate {
        /// The film.
        film: Film<'a>,
        /// Its id.
        movie: MovieId,
        /// The rating.
        rating: HalfStars,
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
pub fn resolve<'a>(ask: &Ask, viewer: &Viewer<'_>, library: &'a Library) -> Result<Resolved<'a>, Trouble> {
    let lang = ask.lang.unwrap_or(viewer.lang);
    let resolver = Resolver { lang, n: ask.n, viewer, library };
    let filters = ask.filters.clone();
    match &ask.basis {
        Basis::Own => Ok(resolver.own(filters)),
        Basis::User(user) => Ok(resolver.user(*user, filters)),
        Basis::Like(movies) => resolver.like(movies, filters, Tweak::None),
        Basis::Profile(ratings) => {
            let profile = Profile::from_ratings(ratings.iter().copied());
            let unknown = profile.movie_ids().iter().find(|movie| library.catalogue().get(**movie).is_none());
            match unknown {
                Some(movie) => Err(Trouble::UnknownMovie(*movie)),
                None => Ok(resolver.by_profile(profile, None, filters)),
            }
        }
        Basis::Text(text) => resolver.text(text, filters),
    }
}

/// The film that "it" means after this question: the one whose reasons were asked, or the only one asked about.
fn only_film_of(spec: &Spec) -> Option<MovieId> {
    let films = if spec.rest.is_some() { spec.filters.movie_ids.clone() } else { spec.like() };
    match films.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

struct Resolver<'v, 'a> {
    lang: Lang,
    n: Option<usize>,
    viewer: &'v Viewer<'v>,
    library: &'a Library,
}

impl<'a> Resolver<'_, 'a> {
    fn text(mut self, text: &str, asked: Filters) -> Result<Resolved<'a>, Trouble> {
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
        let context = Context { shown: &shown, options: &options, about, last };
        let catalogue = self.library.catalogue();
        let understood = chat::understand_in(text, self.lang, &self.library.titles, catalogue, &context);
        self.n = self.n.or(understood.n);
        // Who types in another language than the page's is answered in it.
        self.lang = understood.language.unwrap_or(self.lang);
        let reading = chat::reading(&understood.intent, &understood.topics, catalogue, self.lang);
        let refines = matches!(understood.intent, Intent::Refine { .. });
        let is_at_a_loss = matches!(
            understood.intent,
            Intent::NotUnderstood { .. } | Intent::OutsideTheData { .. } | Intent::UnknownTitle { .. }
        );
        let spoken_of = understood.intent.speaks_of();
        let mut resolved = self.intent(understood.intent, asked)?;
        if let (true, Resolved::Say(reply)) = (is_at_a_loss, &mut resolved)
            && self.viewer.said_last == Some(&*reply)
        {
            let mut examples = replies::examples(self.lang, &self.library.titles, catalogue);
            let half = examples.len() / 2;
            examples.rotate_left(half);
            *reply = Reply::Help { message: replies::still_at_a_loss(self.lang).to_owned(), examples };
        }
        if let (Resolved::Say(reply), (Some(movie), last)) = (&resolved, spoken_of) {
            return Ok(Resolved::SayOf { reply: reply.clone(), movie, last });
        }
        if let Resolved::Compute(spec) = &mut resolved {
            spec.ignored = understood.ignored;
            if refines {
                self.read_again(spec, understood.topics);
            } else if reading.is_some() {
                spec.reading = reading;
                spec.topics = understood.topics;
            }
            self.weigh_against(spec, &understood.disliked);
        }
        Ok(resolved)
    }

    fn intent(&self, intent: Intent, asked: Filters) -> Result<Resolved<'a>, Trouble> {
        let catalogue = self.library.catalogue();
        let merged = |said: Filters| both(said, asked.clone());
        match intent {
            Intent::Like { movies, filters, tweak } => self.like(&movies, merged(filters), tweak),
            Intent::Browse { filters, tweak } => Ok(self.tweaked(self.own(merged(filters)), tweak)),
            Intent::ForMe { filters } => Ok(self.own(merged(filters))),
            Intent::ForUser { user_id, filters } => Ok(self.user(user_id, merged(filters))),
            Intent::Popular { filters } => Ok(self.popular(merged(filters), None)),
            Intent::Rate { movie, half_stars } => {
                let film = self.library.film(movie).ok_or(Trouble::UnknownMovie(movie))?;
                let known = catalogue.get(movie).ok_or(Trouble::UnknownMovie(movie))?;
                let message = replies::rated(known, half_stars, self.lang);
                Ok(Resolved::Rate { film, movie, rating: half_stars, message })
            }
            Intent::Why { movie } => Ok(self.why(movie)),
            Intent::More => Ok(self.more(Tweak::None)),
            Intent::LessKnown => Ok(self.more(Tweak::LessKnown)),
            Intent::Clarify { question, about, options, film: _ } => Ok(Resolved::Say(Reply::Clarify {
                message: replies::clarify(question, &about, self.lang),
                options: options
                    .into_iter()
                    .map(|ClarifyOption { label, text }| ChoiceOfText { label, text })
                    .collect(),
            })),
            Intent::UnknownTitle { asked, nearest } => {
                let message = replies::unknown_title(&asked, &nearest, catalogue, self.lang);
                let named = |movie: &MovieId| catalogue.get(*movie).map(replies::film_name);
                let options = nearest.iter().filter_map(named).map(|label| match self.lang {
                    Lang::En => ChoiceOfText { text: format!("films like {label}"), label },
                    Lang::Es => ChoiceOfText { text: format!("películas como {label}"), label },
                });
                let options: Vec<ChoiceOfText> = options.collect();
                if options.is_empty() {
                    return Ok(self.say(message, Vec::new()));
                }
                // An open question, so that "yes" and "the second one" answer it.
                Ok(Resolved::Say(Reply::Clarify { message, options }))
            }
            Intent::RateOffScale { movie, said } => {
                let known = catalogue.get(movie).ok_or(Trouble::UnknownMovie(movie))?;
                Ok(self.say(replies::off_scale(known, &said, self.lang), Vec::new()))
            }
            Intent::OutsideTheData { asked } => {
                Ok(self.say(replies::outside_the_data(&asked, self.library.titles.has_facts(), self.lang), Vec::new()))
            }
            Intent::About { wanted, movie } => self.about(wanted, movie),
            Intent::MyRatings => {
                Ok(self.say(replies::my_ratings(&self.viewer.ratings, catalogue, self.lang), Vec::new()))
            }
            Intent::CountFilms => Ok(self.say(replies::count_films(catalogue, self.lang), Vec::new())),
            Intent::Unrate { movie } => {
                let known = catalogue.get(movie).ok_or(Trouble::UnknownMovie(movie))?;
                let had = self.viewer.ratings.iter().any(|(rated, _)| *rated == movie);
                let message = replies::unrated(known, had, self.lang);
                Ok(if had { Resolved::Unrate { movie, message } } else { self.say(message, Vec::new()) })
            }
            Intent::Refine { filters, tweak, shift } => Ok(self.refined(merged(filters), tweak, shift)),
            Intent::NotUnderstood { asked } => {
                let mut examples = replies::examples(self.lang, &self.library.titles, catalogue);
                examples.truncate(3);
                Ok(self.say(replies::not_understood(&asked, self.lang), examples))
            }
            Intent::Mark { movies, mark } => {
                let message = replies::marked(&movies, mark, catalogue, self.lang);
                let kind = match mark {
                    Mark::Seen => FeedbackKind::Seen,
                    Mark::NotForMe => FeedbackKind::NotInterested,
                };
                Ok(Resolved::Mark { movies, kind, message })
            }
            // An open question is dropped; that changes nothing.
            Intent::Undo if matches!(self.viewer.said_last, Some(Reply::Clarify { .. })) => {
                Ok(self.say(replies::question_dropped(self.lang).to_owned(), Vec::new()))
            }
            Intent::Undo => Ok(Resolved::Undo),
            Intent::StartOver => Ok(Resolved::StartOver),
            Intent::WhichOne | Intent::Declined | Intent::NoSuchPlace { .. } => {
                let message = replies::cannot(&intent, self.lang).unwrap_or_default();
                Ok(self.say(message.to_owned(), Vec::new()))
            }
            Intent::Help => {
                let help = replies::help(self.lang, &self.library.titles, catalogue);
                Ok(self.say(help.message, help.examples))
            }
        }
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

    fn about(&self, wanted: Wanted, movie: MovieId) -> Result<Resolved<'a>, Trouble> {
        let catalogue = self.library.catalogue();
        let known = catalogue.get(movie).ok_or(Trouble::UnknownMovie(movie))?;
        let own = self.viewer.ratings.iter().find(|(rated, _)| *rated == movie).map(|(_, rating)| *rating);
        let message =
            replies::about(wanted, known, catalogue.stats(movie), own, self.library.titles.facts(movie), self.lang);
        let name = replies::film_name(known);
        let examples = match self.lang {
            Lang::En => vec![format!("films like {name}"), format!("rate {name} 4 stars")],
            Lang::Es => vec![format!("películas como {name}"), format!("puntúa {name} con 4 estrellas")],
        };
        Ok(self.say(message, examples))
    }

    fn say(&self, message: String, mut examples: Vec<String>) -> Resolved<'a> {
        if examples.is_empty() {
            examples = replies::examples(self.lang, &self.library.titles, self.library.catalogue());
        }
        Resolved::Say(Reply::Help { message, examples })
    }

    fn own(&self, filters: Filters) -> Resolved<'a> {
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

    fn user(&self, user: UserId, filters: Filters) -> Resolved<'a> {
        match self.library.dataset.profile(user) {
            Some(profile) => self.by_profile(profile, Some(user), filters),
            None => self.popular(filters, Some(Note::UnknownUser(user))),
        }
    }

    fn like(&self, movies: &[MovieId], filters: Filters, tweak: Tweak) -> Result<Resolved<'a>, Trouble> {
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

    fn by_profile(&self, profile: Profile, user: Option<UserId>, filters: Filters) -> Resolved<'a> {
        if profile.is_empty() {
            return self.popular(filters, Some(Note::EmptyProfile));
        }
        let rated = profile.iter().filter_map(|(movie, half_stars)| Some((movie, HalfStars::new(half_stars)?)));
        let mut spec = self.spec(Source::Neighbours, filters, None);
        spec.profile = rated.collect();
        spec.neighbours.exclude_user = user;
        Resolved::Compute(Box::new(spec))
    }

    fn popular(&self, filters: Filters, note: Option<Note>) -> Resolved<'a> {
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

    fn tweaked(&self, resolved: Resolved<'a>, tweak: Tweak) -> Resolved<'a> {
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
    let join = |mut a: Vec<String>, b: Vec<String>| {
        a.extend(b);
        a
    };
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
        exclude_movie_ids: beside.exclude_movie_ids,
    }
}

#[cfg(test)]
mod tests;
