//! What is done for each intent of a sentence: a spec to compute, a change to store, or something to say at once.

use cineswarm_engine::{FilmFacts, Filters, HalfStars, Movie, MovieId, MovieStats};

use super::{ChoiceOfText, Reply, Resolved, Resolver, both};
use crate::store::FeedbackKind;
use crate::words::Trouble;
use cineswarm_chat::{ClarifyOption, Intent, Lang, Mark, OfItself, Topic, Tweak, Wanted, replies};

impl Resolver<'_> {
    pub(super) fn intent(&self, intent: Intent, topics: &mut Vec<Topic>, asked: Filters) -> Result<Resolved, Trouble> {
        let catalogue = self.library.catalogue();
        let merged = |said: Filters| both(said, asked.clone());
        match intent {
            Intent::Like { movies, filters, tweak } => self.like(&movies, merged(filters), tweak),
            Intent::Browse { filters, tweak } => Ok(self.tweaked(self.own(merged(filters)), tweak)),
            Intent::ForMe { filters } => Ok(self.own(merged(filters))),
            Intent::ForUser { user_id, filters } => Ok(self.user(user_id, merged(filters))),
            Intent::Popular { filters } => Ok(self.popular(merged(filters), None)),
            Intent::Rate { movie, half_stars } => {
                let known = catalogue.get(movie).ok_or(Trouble::UnknownMovie(movie))?;
                let message = replies::rated(known, half_stars, self.lang);
                Ok(Resolved::Rate { movie, rating: half_stars, instead_of: None, message })
            }
            Intent::RateInstead { movie, half_stars, of } => {
                let known = catalogue.get(movie).ok_or(Trouble::UnknownMovie(movie))?;
                let mistaken = catalogue.get(of).ok_or(Trouble::UnknownMovie(of))?;
                let message = replies::rated_instead(known, half_stars, mistaken, self.lang);
                Ok(Resolved::Rate { movie, rating: half_stars, instead_of: Some(of), message })
            }
            Intent::RateSeveral { ratings, left_out } => {
                let message = replies::rated_several(&ratings, &left_out, catalogue, self.lang);
                Ok(Resolved::RateSeveral { ratings, message })
            }
            Intent::RateBy { movie, half_stars } => self.rated_by(movie, half_stars),
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
                // "an 8" may be out of ten: that is offered, and never taken.
                let of_ten = said.parse().ok().filter(|of_ten| (6..=10).contains(of_ten)).and_then(HalfStars::new);
                let Some(given) = of_ten else {
                    return Ok(self.say(replies::off_scale(known, &said, self.lang), Vec::new()));
                };
                let (label, name) = (replies::stars(given.stars(), self.lang), replies::film_name(known));
                let text = match self.lang {
                    Lang::En => format!("rate {name} {label}"),
                    Lang::Es => format!("puntúa {name} con {label}"),
                };
                let message = replies::off_scale_but_of_ten(&said, &label, self.lang);
                Ok(Resolved::Say(Reply::Clarify { message, options: vec![ChoiceOfText { label, text }] }))
            }
            Intent::OutsideTheData { asked } => {
                Ok(self.say(replies::outside_the_data(&asked, self.library.titles.has_facts(), self.lang), Vec::new()))
            }
            Intent::About { wanted, movie } => self.about(&[wanted], movie),
            Intent::AboutBoth { wanted, movie } => self.about(&wanted, movie),
            Intent::IsBy { movie, name, wanted, holds } => {
                let known = catalogue.get(movie).ok_or(Trouble::UnknownMovie(movie))?;
                let facts = self.library.titles.facts(movie);
                let message = replies::is_by(known, &name, wanted, holds, facts, self.lang);
                Ok(self.say(message, self.wishes_about(known)))
            }
            Intent::Tagged { movie, said, holds } => {
                let known = catalogue.get(movie).ok_or(Trouble::UnknownMovie(movie))?;
                Ok(self.say(replies::tagged(known, &said, holds, self.lang), self.wishes_about(known)))
            }
            Intent::MyRatings => {
                let said = self.say(replies::my_ratings(&self.viewer.ratings, catalogue, self.lang), Vec::new());
                Ok(match said {
                    Resolved::Say(reply) => Resolved::SayRatings(reply),
                    other => other,
                })
            }
            Intent::MySeen => {
                let (seen, rated) = (&self.viewer.seen, self.viewer.ratings.len());
                Ok(self.say(replies::my_seen(seen, rated, catalogue, self.lang), Vec::new()))
            }
            Intent::CountFilms => Ok(self.say(replies::count_films(catalogue, self.lang), Vec::new())),
            Intent::CountOf { filters, wish } => {
                let filters = merged(filters);
                let count = catalogue.movies().iter().filter(|movie| filters.allow(movie, false)).count();
                let message = replies::count_of(count, &filters, topics, self.lang);
                // An open question, so that "yes" lists them.
                Ok(Resolved::Say(Reply::Clarify {
                    message,
                    options: vec![ChoiceOfText { label: wish.clone(), text: wish }],
                }))
            }
            Intent::Compare { wanted, movies } => {
                let known = self.known(&movies);
                Ok(self.say(replies::compare(wanted, &known, self.lang), self.likes(&movies)))
            }
            Intent::AmongShown { film, found } => {
                let named = film.and_then(|movie| catalogue.get(movie));
                let told: Vec<MovieId> = film.into_iter().chain(found.iter().map(|(_, movie)| *movie)).collect();
                Ok(self.say(replies::among_shown(named, &found, catalogue, self.lang), self.likes(&told)))
            }
            Intent::InOrder { order, movies } => {
                let known = self.known(&movies);
                Ok(self.say(replies::in_order(order, &known, self.lang), self.likes(&movies)))
            }
            Intent::Series { name, movies } => {
                Ok(self.say(replies::series(&name, &movies, catalogue, self.lang), Vec::new()))
            }
            Intent::Thanks => Ok(self.say(replies::welcome(self.lang).to_owned(), Vec::new())),
            Intent::Chosen { movie } => {
                let known = catalogue.get(movie).ok_or(Trouble::UnknownMovie(movie))?;
                Ok(self.say(replies::chosen(known, self.lang), self.wishes_about(known)))
            }
            Intent::OfItself(OfItself::Swap) if self.two_swapped().is_some() => {
                let ratings = self.two_swapped().unwrap_or_default();
                let message = replies::rated_several(&ratings, &[], catalogue, self.lang);
                Ok(Resolved::RateSeveral { ratings, message })
            }
            Intent::OfItself(said) => Ok(self.say(replies::of_itself(said, self.lang).to_owned(), Vec::new())),
            Intent::Unrate { movie } => {
                let known = catalogue.get(movie).ok_or(Trouble::UnknownMovie(movie))?;
                let had = self.viewer.ratings.iter().any(|(rated, _)| *rated == movie);
                let message = replies::unrated(known, had, self.lang);
                Ok(if had { Resolved::Unrate { movie, message } } else { self.say(message, Vec::new()) })
            }
            Intent::UnrateSeveral { mut movies } => {
                movies.retain(|movie| self.viewer.ratings.iter().any(|(rated, _)| rated == movie));
                let message = replies::unrated_several(&movies, catalogue, self.lang);
                Ok(match movies.is_empty() {
                    true => self.say(message, Vec::new()),
                    false => Resolved::UnrateSeveral { movies, message },
                })
            }
            Intent::Refine { filters, tweak, shift } => Ok(self.refined(merged(filters), topics, tweak, shift)),
            Intent::LikeInstead { movies } => Ok(self.like_instead(&movies)),
            Intent::NotUnderstood { asked } => {
                let mut examples = replies::examples(self.lang, &self.library.titles, catalogue);
                examples.truncate(3);
                Ok(self.say(replies::not_understood(&asked, self.lang), examples))
            }
            Intent::Mark { movies, mark } => {
                let message = replies::marked(&movies, mark, catalogue, self.lang);
                Ok(Resolved::Mark { movies, kind: kind_of(mark), instead_of: None, message })
            }
            Intent::MarkInstead { movie, mark, of } => {
                let mistaken = catalogue.get(of).ok_or(Trouble::UnknownMovie(of))?;
                let message = replies::marked_instead(movie, mark, mistaken, catalogue, self.lang);
                Ok(Resolved::Mark { movies: vec![movie], kind: kind_of(mark), instead_of: Some(of), message })
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

    /// The two films that were just rated, each with the other's stars; of more it is not certain which are meant.
    fn two_swapped(&self) -> Option<Vec<(MovieId, HalfStars)>> {
        let [one, other] = self.viewer.rated[..] else { return None };
        let stars = |movie| self.viewer.ratings.iter().find(|(rated, _)| *rated == movie).map(|(_, stars)| *stars);
        Some(vec![(one, stars(other)?), (other, stars(one)?)])
    }

    fn known(&self, movies: &[MovieId]) -> Vec<(&Movie, MovieStats, Option<&FilmFacts>)> {
        let known = |movie: &MovieId| {
            let film = self.library.catalogue().get(*movie)?;
            Some((film, self.library.stats(*movie), self.library.titles.facts(*movie)))
        };
        movies.iter().filter_map(known).collect()
    }

    /// What can be said next of films that were told of.
    fn likes(&self, movies: &[MovieId]) -> Vec<String> {
        let films = movies.iter().filter_map(|movie| self.library.catalogue().get(*movie));
        films.take(2).filter_map(|film| self.wishes_about(film).into_iter().next()).collect()
    }

    /// The viewer's rating of a film, higher or lower; said, where there is none or the scale ends.
    fn rated_by(&self, movie: MovieId, half_stars: i8) -> Result<Resolved, Trouble> {
        let known = self.library.catalogue().get(movie).ok_or(Trouble::UnknownMovie(movie))?;
        let Some((_, own)) = self.viewer.ratings.iter().find(|(rated, _)| *rated == movie) else {
            return self.about(&[Wanted::MyRating], movie);
        };
        Ok(match HalfStars::from_stars(own.stars() + f64::from(half_stars) / 2.0) {
            Ok(rating) => {
                let message = replies::rated(known, rating, self.lang);
                Resolved::Rate { movie, rating, instead_of: None, message }
            }
            Err(_) => self.say(replies::no_such_step(known, *own, half_stars, self.lang), Vec::new()),
        })
    }

    pub(super) fn about(&self, wanted: &[Wanted], movie: MovieId) -> Result<Resolved, Trouble> {
        let catalogue = self.library.catalogue();
        let known = catalogue.get(movie).ok_or(Trouble::UnknownMovie(movie))?;
        let own = self.viewer.ratings.iter().find(|(rated, _)| *rated == movie).map(|(_, rating)| *rating);
        let (stats, facts) = (self.library.stats(movie), self.library.titles.facts(movie));
        let said = wanted.iter().map(|wanted| replies::about(*wanted, known, stats, own, facts, self.lang));
        let message = said.collect::<Vec<_>>().join(" ");
        Ok(self.say(message, self.wishes_about(known)))
    }

    /// What can be said next of a film.
    fn wishes_about(&self, movie: &Movie) -> Vec<String> {
        let name = replies::film_name(movie);
        match self.lang {
            Lang::En => vec![format!("films like {name}"), format!("rate {name} 4 stars")],
            Lang::Es => vec![format!("películas como {name}"), format!("puntúa {name} con 4 estrellas")],
        }
    }

    pub(super) fn say(&self, message: String, mut examples: Vec<String>) -> Resolved {
        if examples.is_empty() {
            examples = replies::examples(self.lang, &self.library.titles, self.library.catalogue());
        }
        Resolved::Say(Reply::Help { message, examples })
    }
}

fn kind_of(mark: Mark) -> FeedbackKind {
    match mark {
        Mark::Seen => FeedbackKind::Seen,
        Mark::NotForMe => FeedbackKind::NotInterested,
    }
}
