//! "dramas de ese año", "from the same decade": the year of the film that is spoken of, said in its place. Without a film
//! that is spoken of the sentence is left as it is.

use crate::Setting;
use crate::words::fold::Sentence;
use crate::words::turns;

/// The sentence with the year, or the decade, that it means.
pub(crate) fn told(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let tokens = &sentence.tokens;
    let find = |kind| (0..tokens.len()).find_map(|at| Some((at, at + turns::beginnings(kind, &tokens[at..]).next()?)));
    let (span, is_decade) =
        find("that_decade").map(|span| (span, true)).or_else(|| Some((find("that_year")?, false)))?;
    let year = {
        let only = match setting.context.like {
            [only] => Some(*only),
            _ => None,
        };
        setting.catalogue.get(setting.context.about.or(only)?)?.year?
    };
    let (from, to) = span;
    let said = match is_decade {
        // As a span of years, so that it reads alike in both languages.
        true => format!("{}-{}", year / 10 * 10, year / 10 * 10 + 9),
        false => year.to_string(),
    };
    let (before, after) = (sentence.typed(0, from), sentence.typed(to, tokens.len()));
    Some(format!("{before} {said} {after}").trim().to_owned())
}

/// "last 5 years", in digits: those years, and not the film "The Last Five Years".
pub(crate) fn last_years(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let [last, number, years] = &sentence.tokens[..] else { return None };
    number.number()?;
    let (films, from) = match (last.word.as_str(), years.word.as_str()) {
        ("last" | "past", "years") => ("films", format!("from the last {} years", number.word)),
        ("ultimos" | "pasados", "anos") => ("películas", format!("de los últimos {} años", number.word)),
        _ => return None,
    };
    Some(if setting.goes_on() { from } else { format!("{films} {from}") })
}
