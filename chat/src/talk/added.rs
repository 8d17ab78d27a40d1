//! What is wanted beside the question before, in more words than a bare "with": "black and white would be nice", "mi novio
//! pide que haya tiros"; in place of a part of it: "dragons instead of dinosaurs"; and without whom it asked for: "then
//! without them". Each is put as a plain refinement, and stands only where all of that is read.

use cineswarm_engine::Filters;

use crate::films::titles::Reading;
use crate::intent::{Intent, Lang, Understood};
use crate::request::Reader;
use crate::talk::{degrees, lifting};
use crate::topics::{Topic, TopicKind};
use crate::whole::says;
use crate::words::fold::{Sentence, Token, is_article, without_article};
use crate::words::{cues, language, patterns, turns};
use crate::{Lifted, Setting, Shift, Tweak};

/// The question before with what the sentence adds to it, puts in place of a part of it, or takes out.
pub(crate) fn to_the_question_before(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    const MOST_WORDS: usize = 14;
    let is_title = || setting.index.find_as(&sentence.tokens, Reading::Exact).is_some();
    if !setting.goes_on() || !setting.context.options.is_empty() || sentence.len() > MOST_WORDS || is_title() {
        return None;
    }
    toned_down(sentence, setting)
        .or_else(|| lifts(sentence, setting))
        .or_else(|| lifts_and_wishes(sentence, setting))
        .or_else(|| widened(sentence, setting))
        .or_else(|| other_person(sentence, setting))
        .or_else(|| seen_all(sentence, setting))
        .or_else(|| in_place_of(sentence, setting))
        .or_else(|| would_be_nice(sentence, setting))
        .or_else(|| has_to_have(sentence, setting))
        .or_else(|| without_them(sentence, setting))
}

/// "give me the slashers back", whose last word is no remark beside a wish for slashers.
fn lifts(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    const MOST_WORDS: usize = 7;
    let is_short = sentence.len() <= MOST_WORDS && !(1..sentence.len()).any(|at| sentence.breaks_before(at));
    let reader = is_short.then(|| Reader::new(sentence, setting.index, setting.catalogue))?;
    let (intent, lifted) = lifting::lifted(&reader, setting.context)?;
    Some(Understood { lifted, ..says(sentence, intent) })
}

/// "not so sad" after dramas: these stay, as there are less sad ones, and the word is said to be left out.
fn toned_down(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let (genre, word) = degrees::toned_down(sentence)?;
    let again = Intent::Refine { filters: Filters::default(), tweak: Tweak::None, shift: None };
    // "a romantic drama" is both at once.
    let is_of_it = |topic: &Topic| topic.kind == TopicKind::Genres && topic.label.split(" + ").any(|one| one == genre);
    let context = setting.context;
    let is_asked_for = context.genres.iter().any(|asked| asked == genre) || context.topics.iter().any(is_of_it);
    is_asked_for.then(|| Understood { ignored: vec![word.to_owned()], ..says(sentence, again) })
}

/// "forget Jim Carrey, just good comedies": what holds no more, and what is wanted then.
fn lifts_and_wishes(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let mut ends = (2..sentence.len()).rev().filter(|at| sentence.breaks_before(*at));
    let (at, lifted) = ends.find_map(|at| {
        let first = Sentence::new(sentence.typed(0, at));
        let reader = Reader::new(&first, setting.index, setting.catalogue);
        let (_, lifted) = lifting::lifted(&reader, setting.context)?;
        (!lifted.is_empty()).then_some((at, lifted))
    })?;
    let read = setting.understand(sentence.typed(at, sentence.len())).meant_instead();
    let is_all = matches!(read.intent, Intent::Refine { .. }) && read.ignored.is_empty() && read.lifted.is_empty();
    is_all.then_some(Understood { lifted, ..read })
}

/// "¿y de barcos en general?" after pirates: this theme instead of the narrower one.
fn widened(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let said = turns::without_end("in_general", &sentence.tokens);
    let read = refined((said.len() < sentence.len()).then(|| sentence.typed(0, said.len()))?, setting)?;
    Some(read.meant_instead())
}

/// "cambia de actor, Robin Williams": somebody else, of the same kind of film.
fn other_person(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let tokens = &sentence.tokens;
    let from = tokens.iter().take_while(|token| patterns::is_courtesy(&token.word)).count();
    let at = from + turns::beginnings("other_person", tokens.get(from..)?).next()?;
    let at = at + turns::beginnings("swap_to", &tokens[at..]).next().unwrap_or(0);
    let said = (at < tokens.len()).then(|| sentence.typed(at, tokens.len()))?;
    beside(said, is_spanish(sentence, setting), setting).map(Understood::meant_instead)
}

/// "de ese director ya vi todo": without films of theirs.
fn seen_all(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let tokens = &sentence.tokens;
    let before = turns::without_end("seen_all", tokens);
    let of = match turns::beginnings("seen_all", tokens).next() {
        _ if before.len() < tokens.len() => sentence.typed(0, before.len()),
        Some(len) if len < tokens.len() => sentence.typed(len, tokens.len()),
        _ => return None,
    };
    let nothing = if is_spanish(sentence, setting) { "sin películas" } else { "nothing" };
    refined(&format!("{nothing} {of}"), setting)
}

/// A sentence that is all read, as a change of the question before.
fn refined(text: &str, setting: Setting<'_>) -> Option<Understood> {
    let read = setting.understand(text);
    (matches!(read.intent, Intent::Refine { .. }) && read.ignored.is_empty()).then_some(read)
}

fn is_spanish(sentence: &Sentence, setting: Setting<'_>) -> bool {
    language::language(&sentence.text, &sentence.tokens).unwrap_or(setting.lang) == Lang::Es
}

/// What is said, after a word that adds it.
fn beside(said: &str, is_spanish: bool, setting: Setting<'_>) -> Option<Understood> {
    let words = if is_spanish { ["con", "pero"] } else { ["with", "but"] };
    words.iter().find_map(|word| refined(&format!("{word} {said}"), setting))
}

/// "black and white would be nice", "unas risas estarían bien".
fn would_be_nice(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let tokens = &sentence.tokens;
    let said = turns::without_end("would_be_nice", tokens);
    if said.len() == tokens.len() || is_wish_of_its_own(said, setting) {
        return None;
    }
    let from = said.iter().take_while(|token| patterns::is_courtesy(&token.word)).count().min(said.len() - 1);
    // "a comedy would be nice" is a wish of its own.
    let reader = Reader::new(sentence, setting.index, setting.catalogue);
    if is_article(&said[from].word) && reader.genres_said(without_article(&said[from..])).is_some() {
        return None;
    }
    let said = sentence.typed(from, said.len());
    beside(said, is_spanish(sentence, setting), setting)
}

/// "mi novio pide que haya tiros", "my wife wants some romance in it": what stands before only says who wants it.
fn has_to_have(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let tokens = &sentence.tokens;
    let (at, len) = (0..tokens.len())
        .find_map(|at| Some((at, turns::beginnings("has_to_have", &tokens[at..]).next()?)))
        .filter(|(at, len)| at + len < tokens.len())?;
    if at > 0 && is_wish_of_its_own(&tokens[..at], setting) {
        return None;
    }
    let wanted = turns::without_end("in_it", &tokens[at + len..]);
    beside(sentence.typed(at + len, at + len + wanted.len()), is_spanish(sentence, setting), setting)
}

/// Whether these words name films, or what they are to be.
fn is_wish_of_its_own(words: &[Token], setting: Setting<'_>) -> bool {
    let said: Vec<&str> = words.iter().map(|token| token.word.as_str()).collect();
    let said = Sentence::new(&said.join(" "));
    let request = Reader::new(&said, setting.index, setting.catalogue).read();
    let is_kept = |word: &str| cues::is("film_word", word);
    request.film_noun || !request.titles.is_empty() || words.iter().any(|token| is_kept(&token.word))
}

/// "dragons instead of dinosaurs", where dinosaurs were asked for.
fn in_place_of(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let tokens = &sentence.tokens;
    let (at, len) =
        (1..tokens.len()).find_map(|at| Some((at, turns::beginnings("in_place_of", &tokens[at..]).next()?)))?;
    let reader = Reader::new(sentence, setting.index, setting.catalogue);
    let lifted = lifting::asked_for(&reader, setting.context, tokens.get(at + len..).filter(|rest| !rest.is_empty())?)?;
    if lifted.is_empty() {
        return None;
    }
    let said = sentence.typed(0, at);
    let link = if is_spanish(sentence, setting) { "con" } else { "with" };
    let wished = [said.to_owned(), format!("{link} {said}")].into_iter().map(|text| setting.understand(&text));
    let read = wished.map(Understood::meant_instead).find(|read| {
        matches!(read.intent, Intent::Refine { shift: None | Some(Shift::Instead | Shift::Besides), .. })
            && read.ignored.is_empty()
    })?;
    let lifted = Lifted {
        topics: [read.lifted.topics, lifted.topics].concat(),
        genres: [read.lifted.genres, lifted.genres].concat(),
        ..read.lifted
    };
    Some(Understood { lifted, ..read })
}

/// "then without them": whom the question before asked for.
fn without_them(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let tokens = &sentence.tokens;
    let from = tokens.iter().take_while(|token| patterns::is_courtesy(&token.word) || cues::is("when", &token.word));
    let from = from.count().min(tokens.len().checked_sub(1)?);
    if !turns::is("without_them", &tokens[from..]) {
        return None;
    }
    let is_person = |kind: TopicKind| matches!(kind, TopicKind::Director | TopicKind::Cast);
    let people = setting.context.topics.iter().filter(|topic| is_person(topic.kind));
    let people: Vec<&str> = people.map(|topic| topic.label.as_str()).collect();
    if people.is_empty() {
        return None;
    }
    refined(
        &match is_spanish(sentence, setting) {
            true => format!("sin {}", people.join(" ni ")),
            false => format!("without {}", people.join(" or ")),
        },
        setting,
    )
}
