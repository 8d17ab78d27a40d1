//! What somebody made, asked with a verb: "what did the Coen brothers make in the 2000s", "just what he made in the fifties",
//! "¿qué ha hecho él con Scorsese?". Put as a wish for the films by that person, with what follows the verb.
//! The words are the kinds `made_` in `data/cues.tsv`.

use crate::films::knowledge::Role;
use crate::intent::Lang;
use crate::people::whose;
use crate::request::Reader;
use crate::words::fold::Sentence;
use crate::words::{cues, lexicon, patterns};
use crate::{Setting, words::turns};

/// Who made films, and what they do in those that are meant; nothing where it is not told.
struct Maker {
    name: String,
    directs: Option<bool>,
}

/// A verb, and who does it.
struct Told {
    /// Where what is told begins and ends.
    from: usize,
    to: usize,
    maker: Option<Maker>,
    acts: bool,
    directs: bool,
}

/// The films that are meant, as a wish.
pub(crate) fn as_wish(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    const MOST_WORDS: usize = 16;
    let tokens = &sentence.tokens;
    let is_verb = |at: usize| cues::is("made_verb", &tokens[at].word) || cues::is("made_acts", &tokens[at].word);
    if tokens.len() > MOST_WORDS || !setting.index.has_facts() || !(0..tokens.len()).any(is_verb) {
        return None;
    }
    let reader = Reader::new(sentence, setting.index, setting.catalogue);
    let told = (0..tokens.len()).filter(|at| is_verb(*at)).find_map(|at| told_at(at, &reader, setting))?;
    let Told { from, to, maker, acts, directs } = told;
    let maker = maker?;
    let opening = &tokens[..from];
    let opens = opening.iter().all(|token| {
        let word = token.word.as_str();
        cues::is("made_opening", word) || cues::is("made_asks", word) || patterns::is_courtesy(word) || counts(word)
    });
    let begins_so = opening.first().is_some_and(|first| matches!(first.word.as_str(), "did" | "has" | "have" | "ha"));
    let mut rest = to;
    // "did he direct any of these himself?"
    let of_list = turns::beginnings("by_list", &tokens[rest..]).next();
    let any = |at: usize| {
        tokens.get(at).is_some_and(|token| {
            matches!(token.word.as_str(), "anything" | "something" | "algo" | "alguna" | "algunas" | "any" | "else")
        })
    };
    let asks = opening.iter().any(|token| cues::is("made_asks", &token.word))
        || ((begins_so || opening.is_empty()) && (of_list.is_some() || any(rest)));
    if !opens || !asks {
        return None;
    }
    rest += of_list.unwrap_or(0);
    while rest < tokens.len()
        && (any(rest)
            || matches!(
                tokens[rest].word.as_str(),
                "himself" | "herself" | "themselves" | "mismo" | "misma" | "films" | "movies" | "tambien" | "too"
            ))
    {
        rest += 1;
    }
    // "two others he did, no more than two"; "ones he directed but isn't in", "what he does in it": of the one part nothing is known, the other is another question.
    let is_count_again = |word: &str| matches!(word, "no" | "max" | "tops" | "maximo" | "solo" | "only");
    let ends = opening.iter().any(|token| counts(&token.word))
        && tokens.get(rest).is_some_and(|first| is_count_again(&first.word));
    let rest = if ends { tokens.len() } else { rest };
    let says_otherwise = tokens[rest..].iter().any(|token| cues::is("made_not", &token.word));
    if says_otherwise {
        return None;
    }
    let by = match (maker.directs, acts, directs) {
        (_, true, _) => Some(false),
        (_, _, true) => Some(true),
        (known, ..) => known,
    };
    let by = match (setting.lang, by) {
        (Lang::En, Some(true)) => "directed by",
        (Lang::En, Some(false)) => "with",
        (Lang::En, None) => "from",
        (Lang::Es, Some(true)) => "dirigidas por",
        (Lang::Es, Some(false)) => "con",
        (Lang::Es, None) => "de",
    };
    let films = if setting.lang == Lang::En { "films" } else { "películas" };
    let count = opening.iter().find(|token| counts(&token.word)).map_or("", |token| token.word.as_str());
    let after = tail(sentence, rest, &maker, setting, &reader);
    let which = match (of_list.is_some(), setting.lang) {
        (false, _) => format!("{count} {films} "),
        (true, Lang::En) => "which of these are ".to_owned(),
        (true, Lang::Es) => "cuáles de estas son ".to_owned(),
    };
    Some(format!("{}{by} {}{after}", which.trim_start(), maker.name))
}

/// What follows the verb: whom they worked with is told by what those do.
fn tail(sentence: &Sentence, rest: usize, maker: &Maker, setting: Setting<'_>, reader: &Reader<'_>) -> String {
    let tokens = &sentence.tokens;
    let Some(first) = tokens.get(rest) else { return String::new() };
    if matches!(first.word.as_str(), "with" | "con")
        && let Some((name, end)) = reader.named_at(rest + 1, Role::Either)
        && end == tokens.len()
        && name != maker.name
    {
        let directs = setting.index.knowledge.is_director(name);
        return match (setting.lang, directs) {
            (Lang::En, true) => format!(" directed by {name}"),
            (Lang::En, false) => format!(" with {name}"),
            (Lang::Es, true) => format!(" dirigidas por {name}"),
            (Lang::Es, false) => format!(" con {name}"),
        };
    }
    format!(" {}", sentence.typed(rest, tokens.len()))
}

/// Who does what the verb at `at` says: before it in English, mostly after it in Spanish; whoever was spoken of, where nobody
/// is named.
fn told_at(at: usize, reader: &Reader<'_>, setting: Setting<'_>) -> Option<Told> {
    let tokens = reader.tokens();
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    let acts = cues::is("made_acts", word(at));
    let directs = matches!(word(at), "direct" | "directed" | "dirigio" | "dirigido" | "dirigieron");
    let spoken_of = || {
        let (name, is_director) = whose::meant(if acts { "actor" } else { "him" }, setting.index, setting.context)?;
        Some(Maker { name, directs: Some(is_director) })
    };
    let named = |from: usize| {
        let (name, end) = reader.named_at(from, Role::Either)?;
        Some((Maker { name: name.to_owned(), directs: None }, end))
    };
    let is_spanish = cues::is("made_spanish", word(at));
    let mut to = at + 1;
    if matches!(word(to), "in" | "en") && (acts || word(at) == "been") {
        to += 1;
    }
    let mut before = at;
    while before > 0 && cues::is("made_between", word(before - 1)) {
        before -= 1;
    }
    // "he made", "the Coen brothers make", "él ha hecho".
    let pronoun =
        |at: usize| matches!(word(at), "he" | "she" | "they" | "hes" | "shes" | "theyve" | "el" | "ella" | "ellos");
    if before > 0 && pronoun(before - 1) && !(is_spanish && word(before - 1) == "el" && before == 1) {
        return Some(Told { from: before - 1, to, maker: spoken_of(), acts, directs });
    }
    let ends_here = |from: &usize| named(*from).filter(|(_, end)| *end == before).map(|(maker, _)| (maker, *from));
    let begins = before.saturating_sub(5);
    if let Some((maker, from)) = (begins..before).find_map(|from| ends_here(&from)) {
        return Some(Told { from, to, maker: Some(maker), acts, directs });
    }
    if !is_spanish {
        return None;
    }
    if pronoun(to) {
        return Some(Told { from: before, to: to + 1, maker: spoken_of(), acts, directs });
    }
    if matches!(word(to), "ese" | "esa" | "este" | "esta") && cues::is("made_somebody", word(to + 1)) {
        return Some(Told { from: before, to: to + 2, maker: spoken_of(), acts, directs });
    }
    if let Some((maker, end)) = named(to) {
        return Some(Told { from: before, to: end, maker: Some(maker), acts, directs });
    }
    // "¿qué más tiene?" may be of the list.
    let needs_name = matches!(word(at), "tiene" | "tienen");
    (!needs_name).then(|| Told { from: before, to, maker: spoken_of(), acts, directs })
}

fn counts(word: &str) -> bool {
    lexicon::number_word(word).is_some() || word.parse::<u8>().is_ok()
}
