//! A wish beside what is told of other films: "a Korean thriller, I've seen Oldboy", "Ratatouille ya la vi, y nada animado",
//! "I hated Titanic, is there a good war film?". The wish counts, without those films; what was not liked counts against it.
//! Told before a wish for more of the kind, films are what it is like (see `told_before`).

use cineswarm_engine::MovieId;

use crate::Setting;
use crate::commands::BAD;
use crate::films::titles::TitleMatch;
use crate::intent::{ClarifyOption, Intent, Mark, Question, Understood};
use crate::replies;
use crate::topics::{Topic, TopicKind};
use crate::words::fold::Sentence;
use crate::words::{cues, turns};

const MOST_WORDS: usize = 30;
/// Places at which a sentence is cut, at most: each costs the reading of two.
const MOST_CUTS: usize = 4;
/// Parts of parts are cut no more: they would be read again and again.
const DEEPEST: u8 = 2;

/// Films that are told of, and whether they were not liked.
struct Told {
    films: Vec<MovieId>,
    is_disliked: bool,
}

/// What is wished for in the part that tells of no film.
pub(crate) fn wish(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let tokens = &sentence.tokens;
    let tells = |from: usize, to: usize| {
        tokens[from..to].iter().any(|token| cues::is("says_seen", &token.word) || cues::is("disliked", &token.word))
    };
    if setting.depth > DEEPEST || tokens.len() > MOST_WORDS || !tells(0, tokens.len()) {
        return None;
    }
    let joins = |at: usize| cues::is("joins_told", &tokens[at].word);
    // "we saw Alien, something like that" is like it.
    if (0..tokens.len()).any(|at| turns::beginnings("as_told", &tokens[at..]).next().is_some()) {
        return None;
    }
    let cuts = (1..tokens.len() - 1).filter(|at| sentence.breaks_before(*at) || joins(*at)).take(MOST_CUTS);
    cuts.into_iter().find_map(|cut| {
        let right = cut + usize::from(joins(cut));
        let (before, after) = (sentence.typed(0, cut), sentence.typed(right, tokens.len()));
        match (tells(0, cut), tells(right, tokens.len())) {
            (true, false) => beside(&Sentence::new(before), after, setting),
            (false, true) => beside(&Sentence::new(after), before, setting),
            _ => None,
        }
    })
}

/// What is wished for, without the films that are told of.
fn beside(told: &Sentence, wish: &str, setting: Setting<'_>) -> Option<Understood> {
    let mut wished = setting.understand(wish);
    let (like, is_left_out) = (wished.intent.films(), !wished.ignored.is_empty());
    let goes_on = matches!(wished.intent, Intent::Refine { .. });
    // "Jaws, Alien and Heat" after "I've seen" are no wish, and what goes on with a list is read as a whole.
    let filters = match &mut wished.intent {
        Intent::Browse { filters, .. } | Intent::ForMe { filters } | Intent::Popular { filters } => filters,
        Intent::Like { filters, .. }
            if Sentence::new(wish).tokens.iter().any(|token| cues::is("alike", &token.word)) =>
        {
            filters
        }
        Intent::Refine { filters, .. } if setting.goes_on() && !is_left_out => filters,
        _ => return None,
    };
    let Told { films, is_disliked } = told_of(told, &filters.movie_ids, setting)?;
    if (goes_on && is_disliked) || films.iter().any(|movie| like.contains(movie)) {
        return None;
    }
    // What is disliked is left out, too, and counts as a low rating.
    match is_disliked {
        true => wished.disliked.extend(&films),
        false => filters.exclude_movie_ids.extend(&films),
    }
    let without = |movie: &MovieId| {
        let name = replies::film_name(setting.catalogue.get(*movie)?);
        Some(Topic { kind: TopicKind::Without, label: name.clone(), said: name })
    };
    wished.topics.extend(films.iter().filter_map(without));
    Some(wished)
}

/// The films that this tells of: seen, or not liked. Of several of a name the one is meant that would be among those wished for.
fn told_of(told: &Sentence, wished: &[MovieId], setting: Setting<'_>) -> Option<Told> {
    // "what is there, if I've seen Heat?" asks, and what it tells does not.
    let read = setting.understand(told.text.trim_end_matches('?')).intent;
    let is_disliked = |film: MovieId| read == setting.chat(told).confirm_rating(film, BAD);
    match &read {
        Intent::Mark { movies, mark: Mark::Seen } => Some(Told { films: movies.clone(), is_disliked: false }),
        Intent::Clarify { question: Question::ConfirmRating, film: Some(film), .. } if is_disliked(*film) => {
            Some(Told { films: vec![*film], is_disliked: true })
        }
        Intent::Clarify { question: Question::WhichFilm, options, .. } => {
            let is_wished = |option: &&ClarifyOption| matches!(setting.index.find(&option.label), TitleMatch::One(movie) if wished.contains(&movie));
            let mut meant = options.iter().filter(is_wished);
            let (option, None) = (meant.next()?, meant.next()) else { return None };
            // Settled by its year it is asked no more.
            let settled = Sentence::new(&option.text);
            (settled.text != told.text).then(|| told_of(&settled, wished, setting)).flatten()
        }
        _ => None,
    }
}
