//! Answers to a question for stars that are no choice of it: "cuatro", "1 or 2", "between 3 and 4", "zero". Of two nothing is
//! stored: which of them is asked.

use cineswarm_engine::HalfStars;

use crate::Setting;
use crate::context::Last;
use crate::intent::{Intent, Understood};
use crate::which_film::choosing::are_stars;
use crate::whole::says;
use crate::words::fold::{Sentence, Token};
use crate::words::{cues, lexicon, patterns};

const MOST_WORDS: usize = 8;

/// The stars that are told, or what else is made of them.
pub(crate) fn answered(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let context = setting.context;
    let tokens = &sentence.tokens;
    let is_asked = context.last == Last::Rating && !context.options.is_empty() && are_stars(context.options);
    let movie = context.about.filter(|_| is_asked && tokens.len() <= MOST_WORDS)?;
    let stars = |token: &Token| match token.word.as_str() {
        "zero" | "cero" => Some(0),
        word => token.number().or_else(|| lexicon::number_word(word)),
    };
    let is_around = |token: &Token| {
        matches!(token.word.as_str(), "between" | "entre" | "and" | "y" | "or" | "o" | "a" | "un")
            || cues::is("star_unit", &token.word)
            || patterns::is_courtesy(&token.word)
    };
    // "2.5" is one number.
    let is_parted = (1..tokens.len()).any(|at| matches!(sentence.gap(at), "." | ","));
    if is_parted || !tokens.iter().all(|token| stars(token).is_some() || is_around(token)) {
        return None;
    }
    let told: Vec<u64> = tokens.iter().filter_map(stars).collect();
    let intent = match (told.as_slice(), tokens.len()) {
        ([0], _) => Intent::RateOffScale { movie, said: "0".to_owned() },
        ([given @ 1..=5], 1) => Intent::Rate { movie, half_stars: HalfStars::new(u8::try_from(given * 2).ok()?)? },
        ([least @ 1..=5, most @ 1..=5], _) if least < most => {
            let each: Vec<f64> = (least * 2..=most * 2).map(|half_stars| half_stars as f64 / 2.0).collect();
            setting.chat(sentence).confirm_rating(movie, &each)
        }
        _ => return None,
    };
    Some(says(sentence, intent))
}
