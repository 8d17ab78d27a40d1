//! "both", "las dos", "all of them" after "which one do you mean?": what was said counts for each choice, where each is a wish
//! for films like one, a mark or stars. "neither": for none.

use crate::intent::{Intent, Understood};
use crate::which_film::pointed_at;
use crate::words::fold::Sentence;
use crate::words::{cues, patterns};
use crate::{Setting, whole};

/// What was said, of all the choices.
pub(crate) fn taken(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    const MOST_WORDS: usize = 5;
    let options = setting.context.options;
    let says_all = |word: &str| cues::is("all_options", word);
    let is_around = |word: &str| cues::is("around_all", word) || patterns::is_courtesy(word);
    let mut words = sentence.tokens.iter().map(|token| token.word.as_str());
    let is_said = words.clone().any(says_all) && words.all(|word| says_all(word) || is_around(word));
    // "both" of three tells nothing.
    let says_two = sentence.tokens.iter().any(|token| cues::is("two_options", &token.word));
    if options.len() < 2 || (says_two && options.len() > 2) || sentence.len() > MOST_WORDS || !is_said {
        return None;
    }
    let settled = setting.without_options();
    let each = options.iter().map(|option| setting.after(&settled).understand(&option.text).intent);
    let both = each.map(Some).reduce(|one, other| joined(one?, other?)).flatten()?;
    Some(whole::says(sentence, both))
}

/// "neither, the one with the plane": none of the choices, whatever else is said, unless that is understood.
pub(crate) fn none_taken(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let end = (1..sentence.len()).find(|at| sentence.breaks_before(*at))?;
    let first = Sentence::new(sentence.typed(0, end));
    let is_none = |said: &Sentence| patterns::fitting(said).any(|fitting| fitting.kind.0 == "none");
    // "no, the old one" and "no, de los 90" say which.
    let says_so = is_none(&first) && !first.tokens.iter().all(|token| cues::is("says_no", &token.word));
    if !says_so {
        return None;
    }
    if let Some(read) = pointed_at::another_of_the_name(sentence, end, setting) {
        return Some(read);
    }
    if setting.context.options.len() < 2 {
        return None;
    }
    let rest = setting.after(&setting.without_options()).understand(sentence.typed(end, sentence.len()));
    let is_whole = !rest.intent.is_at_a_loss()
        && rest.ignored.is_empty()
        && !matches!(rest.intent, Intent::WhichOne | Intent::Help);
    Some(if is_whole { rest } else { whole::says(sentence, Intent::Declined) })
}

/// Both as one, if they are of a kind.
fn joined(one: Intent, other: Intent) -> Option<Intent> {
    Some(match (one, other) {
        (Intent::Like { mut movies, filters, tweak }, Intent::Like { movies: others, filters: same, .. })
            if filters == same =>
        {
            movies.extend(others);
            Intent::Like { movies, filters, tweak }
        }
        (Intent::Mark { mut movies, mark }, Intent::Mark { movies: others, mark: same }) if mark == same => {
            movies.extend(others);
            Intent::Mark { movies, mark }
        }
        (Intent::Rate { movie, half_stars }, Intent::Rate { movie: other, half_stars: given }) => {
            Intent::RateSeveral { ratings: vec![(movie, half_stars), (other, given)], left_out: Vec::new() }
        }
        (Intent::RateSeveral { mut ratings, left_out }, Intent::Rate { movie, half_stars }) => {
            ratings.push((movie, half_stars));
            Intent::RateSeveral { ratings, left_out }
        }
        _ => return None,
    })
}
