//! What an ask means: a request to compute, or something that can be said at once.

use std::collections::BTreeSet;

use cineswarm_engine::{
    Filters, HalfStars, MovieId, NeighbourOptions, PopularityPenalty, Profile, RankOptions, UserId,
};
use serde::Serialize;
use serde_json::Value;

use super::ask::{Ask, Basis, DEFAULT_N};
use super::spec::{Source, Spec};
use crate::chat::{self, ClarifyOption, Intent, Lang, Tweak, replies};
use crate::library::{Film, Library};
use crate::words::{Note, Trouble};

/// Below this many ratings a viewer's own profile is too short for plain cosine, which then prefers users who rated
/// hardly anything else; it is treated like a few films that similar ones are wanted to.
const SHORT_PROFILE: usize = 10;

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
}

/// What is to be done with an ask.
#[derive(Debug)]
pub enum Resolved<'a> {
    /// Compute this.
    Compute(Box<Spec>),
    /// Say this.
    Say(Reply),
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

struct Resolver<'v, 'a> {
    lang: Lang,
    n: Option<usize>,
    viewer: &'v Viewer<'v>,
    library: &'a Library,
}

impl<'a> Resolver<'_, 'a> {
    fn text(mut self, text: &str, asked: Filters) -> Result<Resolved<'a>, Trouble> {
        let understood = chat::understand(text, self.lang, &self.library.titles, self.library.catalogue());
        self.n = self.n.or(understood.n);
        let ignored = understood.ignored;
        let mut resolved = self.intent(understood.intent, asked)?;
        if let Resolved::Compute(spec) = &mut resolved {
            spec.ignored = ignored;
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
            Intent::Clarify { question, about, options } => Ok(Resolved::Say(Reply::Clarify {
                message: replies::clarify(question, &about, self.lang),
                options: options
                    .into_iter()
                    .map(|ClarifyOption { label, text }| ChoiceOfText { label, text })
                    .collect(),
            })),
            Intent::UnknownTitle { asked, nearest } => {
                let message = replies::unknown_title(&asked, &nearest, catalogue, self.lang);
                let like = |movie: &MovieId| catalogue.get(*movie).map(replies::film_name);
                let examples = nearest.iter().filter_map(like).map(|name| match self.lang {
                    Lang::En => format!("films like {name}"),
                    Lang::Es => format!("películas como {name}"),
                });
                Ok(self.say(message, examples.collect()))
            }
            Intent::RateOffScale { movie, said } => {
                let known = catalogue.get(movie).ok_or(Trouble::UnknownMovie(movie))?;
                Ok(self.say(replies::off_scale(known, &said, self.lang), Vec::new()))
            }
            Intent::OutsideTheData { asked } => Ok(self.say(replies::outside_the_data(&asked, self.lang), Vec::new())),
            Intent::Help => {
                let help = replies::help(self.lang, &self.library.titles, catalogue);
                Ok(self.say(help.message, help.examples))
            }
        }
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
        if let Resolved::Compute(spec) = &mut resolved
            && is_short
        {
            spec.neighbours = NeighbourOptions::like_these();
            spec.ranking = RankOptions::like_these(spec.ranking.n);
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
            profile: Vec::new(),
            neighbours: NeighbourOptions::default(),
            ranking: RankOptions { n: self.n.unwrap_or(DEFAULT_N), ..RankOptions::default() },
            filters,
            lang: self.lang,
            note,
            ignored: Vec::new(),
            rest: None,
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
                Resolved::Compute(spec)
            }
            (resolved, _) => resolved,
        }
    }

    /// The last request again, without the films that were shown.
    fn more(&self, tweak: Tweak) -> Resolved<'a> {
        let Some((spec, answer)) = self.viewer.last else {
            return self.tweaked(self.own(Filters::default()), tweak);
        };
        let mut spec = without_shown(spec, answer);
        // Also what the viewer has hidden since.
        spec.filters = self.without_hidden(spec.filters);
        spec.lang = self.lang;
        spec.ranking.n = self.n.unwrap_or(spec.ranking.n);
        self.tweaked(Resolved::Compute(Box::new(spec)), tweak)
    }

    /// The last request again, for one film only: its reasons are then the answer's. Without one, what the viewer's own
    /// ratings say of it.
    fn why(&self, movie: MovieId) -> Resolved<'a> {
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
        Resolved::Compute(Box::new(spec))
    }
}

/// What is left of a request after an answer: its spec without the films that were shown. A question about one film
/// leaves what the request before it left.
fn without_shown(spec: &Spec, answer: &Value) -> Spec {
    if let Some(rest) = &spec.rest {
        return (**rest).clone();
    }
    let shown = answer["recommendations"].as_array().into_iter().flatten();
    let shown = shown.filter_map(|film| film["movie_id"].as_u64()).filter_map(|id| MovieId::try_from(id).ok());
    let without: BTreeSet<MovieId> = spec.filters.exclude_movie_ids.iter().copied().chain(shown).collect();
    let mut rest = spec.clone();
    rest.filters.exclude_movie_ids = without.into_iter().collect();
    rest
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
        movie_ids: beside.movie_ids,
        exclude_movie_ids: beside.exclude_movie_ids,
    }
}

#[cfg(test)]
mod tests;
