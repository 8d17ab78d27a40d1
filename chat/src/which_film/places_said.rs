//! Places of the list before that are told by where they stand: "the middle one", "second from the bottom", "la penúltima".
//! Only says them by their number; what is asked of the film there is for others to read.

use crate::Setting;
use crate::films::titles::Reading;
use crate::words::fold::Sentence;
use crate::words::turns;

/// A kind of phrase, and the place that it means in a list of so many.
type Counted = (&'static str, fn(usize) -> Option<usize>);
const KINDS: [Counted; 6] = [
    // "The middle one" of four is none.
    ("place_middle", |count| (count % 2 == 1).then_some(count / 2 + 1)),
    ("place_top", |_| Some(1)),
    ("place_second", |_| Some(2)),
    ("place_last", Some),
    ("place_second_last", |count| count.checked_sub(1)),
    ("place_third_last", |count| count.checked_sub(2)),
];

/// The same sentence with the place's number.
pub(crate) fn counted(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let count = setting.context.shown.len();
    let tokens = &sentence.tokens;
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    let (from, to, place) = (0..tokens.len()).filter(|_| count > 1).find_map(|at| {
        KINDS.into_iter().find_map(|(kind, place)| {
            let to = at + turns::beginnings(kind, &tokens[at..]).next()?;
            Some((at, to, place(count).filter(|place| (1..=count).contains(place))?))
        })
    })?;
    let article = from.checked_sub(1).map(word).filter(|word| matches!(*word, "the" | "that" | "la" | "el" | "esa"));
    // "en medio de la nada" is no place of a list.
    let is_bare = sentence.breaks_before(from) || from == 0;
    if setting.index.find_as(tokens, Reading::Exact).is_some() || !(article.is_some() || is_bare) {
        return None;
    }
    let from = from - usize::from(article.is_some());
    let to = to + usize::from(matches!(word(to), "one" | "film" | "movie" | "peli"));
    let number = match article {
        Some("la" | "el" | "esa") => format!("la {place}"),
        _ => format!("number {place}"),
    };
    let said = format!("{} {number} {}", sentence.typed(0, from), sentence.typed(to, tokens.len()));
    let asks = if sentence.text.contains('?') { "?" } else { "" };
    Some(format!("{}{asks}", said.trim()))
}
