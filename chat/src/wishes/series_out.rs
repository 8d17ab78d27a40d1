//! A series that is not wanted, in other words than "without the Alien series": "quita las de spiderman", "tarantino without
//! the kill bills", "the others of alien out too", "bond doesn't count"; and all of somebody, or those with somebody: "todo
//! almodóvar", "menos las que sale banderas". Each is written anew, as a sentence that is read. The words are the kinds
//! `series_out`, `series_out_end`, `series_rest`, `cast_out` and `all_by` in `data/which.tsv`.

use crate::films::series::in_singular;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::Lang;
use crate::request::Reader;
use crate::words::fold::{Sentence, Token, tokenize, without_article};
use crate::words::which::{phrase_at, says_only};
use crate::{Setting, replies};

/// The sentence with the series named as one that is left out, or the person as one of whom all is wanted or nothing.
pub(crate) fn named(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    const MOST_WORDS: usize = 12;
    let count = sentence.len();
    if !(2..=MOST_WORDS).contains(&count) || setting.index.find_as(&sentence.tokens, Reading::Exact).is_some() {
        return None;
    }
    let begins = |at: usize, kind: &'static str| phrase_at(&sentence.tokens, at, count, &[kind]).map(|(_, end)| end);
    let without = if setting.lang == Lang::En { "without" } else { "sin" };
    if let Some(from) = begins(0, "all_by").filter(|from| *from < count) {
        return all_by(sentence, from, setting);
    }
    let ends = |from: usize| (from + 1..count).find(|to| begins(*to, "series_out_end") == Some(count)).unwrap_or(count);
    (0..count).find_map(|at| {
        if at > 0 && !sentence.breaks_before(at) && begins(at, "series_out").is_none() {
            return None;
        }
        if let Some(from) = begins(at, "cast_out").filter(|from| *from < count) {
            return Some(
                format!("{} {without} {}", sentence.typed(0, at), sentence.typed(from, count)).trim().to_owned(),
            );
        }
        // "bond doesn't count" begins with the name.
        let says_end = |from: usize| ends(from) < count;
        let rest = || begins(at, "series_rest").filter(|from| says_end(*from));
        let from = begins(at, "series_out").or_else(rest).or_else(|| (at == 0 && says_end(0)).then_some(0))?;
        let to = ends(from);
        let series = series_called(sentence.tokens.get(from..to)?, from > at, setting)?;
        let head = if at == 0 { "" } else { sentence.typed(0, at) };
        let out = match setting.lang {
            Lang::En => format!("{head} without the {} series", series.strip_prefix("The ").unwrap_or(&series)),
            Lang::Es => format!("{head} sin la saga de {series}"),
        };
        Some(out.trim().to_owned())
    })
}

/// "todo almodóvar": his films, where somebody who directs is called so.
fn all_by(sentence: &Sentence, from: usize, setting: Setting<'_>) -> Option<String> {
    let reader = Reader::new(sentence, setting.index, setting.catalogue);
    let (name, end) = reader.named_at(from, crate::films::knowledge::Role::Directs)?;
    let by = if setting.lang == Lang::En { "films directed by" } else { "películas dirigidas por" };
    says_only(&sentence.tokens[end..], &["beside"]).then(|| format!("{by} {name}"))
}

/// The series of this name, of one film of it, or of which this is the plural.
fn series_called(words: &[Token], may_be_plural: bool, setting: Setting<'_>) -> Option<String> {
    let sentence = Sentence::new("");
    let reader = Reader::new(&sentence, setting.index, setting.catalogue);
    let words = without_article(words);
    let is_noun = |token: &Token| matches!(token.word.as_str(), "films" | "movies" | "ones" | "pelis" | "peliculas");
    let words = &words[..words.len() - words.iter().rev().take_while(|token| is_noun(token)).count()];
    let named = |words: &[Token]| reader.series_called(words).map(|(name, _)| name.to_owned());
    let of_film = |words: &[Token]| {
        let movie = match setting.index.find_as(words, Reading::Exact)? {
            TitleMatch::One(movie) => movie,
            TitleMatch::Several(movies) => *movies.first()?,
            TitleMatch::Nothing { .. } => return None,
        };
        let title = setting.catalogue.get(movie).map(replies::film_name)?;
        let series = setting.index.facts(movie)?.series.as_deref()?.split(" - ").next()?;
        // "las de spiderman": a film that is called as its series is.
        let letters = |text: &str| tokenize(text).into_iter().map(|token| token.word).collect::<String>();
        letters(&title).starts_with(&letters(series)).then(|| named(&tokenize(series))).flatten()
    };
    let plural = in_singular(words);
    let of_plural = || if may_be_plural { named(&plural) } else { None };
    if words.is_empty() { None } else { named(words).or_else(of_plural).or_else(|| of_film(words)) }
}
