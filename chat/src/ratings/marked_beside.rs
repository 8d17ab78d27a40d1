//! A mark and a verdict in one sentence: "hated the second one, never show it to me again", "esa ya la he visto y era un
//! tostón". The mark counts, and nobody is asked for stars. Of films that are given stars `ratings.rs` reads.

use cineswarm_engine::MovieId;

use crate::Setting;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Mark, Question, Understood};
use crate::ratings::seen_aside;
use crate::whole::says;
use crate::words::fold::Sentence;
use crate::words::{cues, patterns, plainly};

/// What one part of the sentence says.
enum Part {
    /// A mark of "it", or of these films.
    Marks(Mark, Option<Vec<MovieId>>),
    /// What is thought of "it", or of this film.
    Judges(Option<MovieId>),
}

/// The films that are marked.
pub(crate) fn marked(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let parts = plainly::parts_of(sentence);
    let orders: Vec<Option<Part>> = parts.iter().map(|part| order(part, setting)).collect();
    if !orders.iter().any(Option::is_some) {
        return None;
    }
    let read = |(order, part): (Option<Part>, &Sentence)| order.or_else(|| verdict(part, setting));
    let said: Vec<Part> = orders.into_iter().zip(&parts).map(read).collect::<Option<_>>()?;
    let judged = said.iter().find_map(|part| match part {
        Part::Judges(movie) => Some(*movie),
        Part::Marks(..) => None,
    })?;
    let marks = said.into_iter().filter_map(|part| match part {
        Part::Marks(mark, movies) => Some((mark, movies)),
        Part::Judges(_) => None,
    });
    // "Seen it, not for me": what is not wanted is not shown either way.
    let (mark, movies) = marks.max_by_key(|(mark, movies)| (movies.is_some(), *mark == Mark::NotForMe))?;
    let it = || judged.or_else(|| setting.chat(sentence).pointed_at()).map(|movie| vec![movie]);
    let Some(movies) = movies.or_else(it) else {
        // "la vi en el cine y me pareció floja", and no film was spoken of.
        return setting.goes_on().then(|| says(sentence, Intent::WhichOne));
    };
    Some(says(sentence, Intent::Mark { movies, mark }))
}

fn order(part: &Sentence, setting: Setting<'_>) -> Option<Part> {
    let shown = setting.context.shown;
    // "la vi en el cine".
    let bare = Sentence::new(part.typed(0, seen_aside::without_tail(&part.tokens).len()));
    let is_seen = |fitting: patterns::Fitting| fitting.kind.0 == "seen_it";
    if bare.len() < part.len() && patterns::fitting(&bare).any(is_seen) {
        return Some(Part::Marks(Mark::Seen, None));
    }
    patterns::fitting(part).find_map(|fitting| {
        let mark = match fitting.kind.0 {
            "hide_it" | "remove_it" | "hide_shown" | "hide_film" | "drop_film" => Mark::NotForMe,
            "seen_it" | "seen_shown" => Mark::Seen,
            _ => return None,
        };
        if matches!(fitting.kind.0, "hide_it" | "remove_it" | "seen_it") {
            return Some(Part::Marks(mark, None));
        }
        let movies = match (fitting.film, fitting.places) {
            (Some((from, to)), _) => match setting.index.find_as(&part.tokens[from..to], Reading::Exact)? {
                TitleMatch::One(movie) => vec![movie],
                TitleMatch::Several(movies) => vec![movies.into_iter().find(|movie| shown.contains(movie))?],
                TitleMatch::Nothing { .. } => return None,
            },
            (None, Some(places)) => places.of(shown)?,
            (None, None) => return None,
        };
        Some(Part::Marks(mark, Some(movies)))
    })
}

fn verdict(part: &Sentence, setting: Setting<'_>) -> Option<Part> {
    // "number one", before what is said of it.
    let is_place = |fitting: &patterns::Fitting| matches!(fitting.kind.0, "about_shown");
    let place = patterns::fitting(part).find(is_place).and_then(|fitting| fitting.places?.of(setting.context.shown));
    if let Some([movie]) = place.as_deref() {
        return Some(Part::Judges(Some(*movie)));
    }
    if let Intent::Clarify { question: Question::ConfirmRating, film, .. } = setting.understand(&part.text).intent {
        return Some(Part::Judges(film));
    }
    let judges = |fitting: patterns::Fitting| {
        fitting.film.is_none() && matches!(fitting.kind.0, "bad_it" | "meh_it" | "good_it" | "dull")
    };
    let looks = part.tokens.iter().take(2).any(|token| cues::is("impression", &token.word));
    (looks || patterns::fitting(part).any(judges)).then_some(Part::Judges(None))
}
