//! "go back" inside a longer sentence, and back to something that is named. Each is found as the words that say so; what
//! is said before them is why. Never reads a sentence that is a title.

use crate::Setting;
use crate::films::titles::{Reading, TitleIndex};
use crate::words::fold::Sentence;
use crate::words::{bags, cues, patterns, plainly, turns};

/// "too new, hardly anyone's heard of these. go back", "uy no tanto, vuelve a lo de antes": the order that ends it.
pub(crate) fn order_at_the_end(sentence: &Sentence, index: &TitleIndex) -> Option<String> {
    let tokens = &sentence.tokens;
    // "Alien I gave a 4 back then".
    let gives_stars = tokens
        .windows(3)
        .any(|words| cues::is("gives", &words[0].word) && words[1..].iter().any(|word| word.number().is_some()));
    if gives_stars || index.find_as(tokens, Reading::Exact).is_some() {
        return None;
    }
    let denies =
        |at: usize| matches!(tokens[at].word.as_str(), "dont" | "not" | "no" | "cant" | "never" | "sin" | "to");
    let begins = |at: &usize| {
        let is_verb = cues::is("goes_back", &tokens[*at].word) && tokens.len() - at > 1 && !denies(at - 1);
        is_verb || sentence.breaks_before(*at)
    };
    (1..tokens.len()).filter(begins).find_map(|at| {
        let order = sentence.typed(at, tokens.len());
        // "una de Almodóvar, Volver".
        let is_title = index.find_as(&tokens[at..], Reading::Exact).is_some();
        (!is_title && is_order(&Sentence::new(order))).then(|| order.to_owned())
    })
}

/// "leave it as it was": what is to stay as it is, where nothing was changed.
pub(crate) fn leaves_it(text: &str) -> bool {
    let sentence = Sentence::new(text);
    let from = sentence.tokens.iter().take_while(|token| patterns::is_courtesy(&token.word)).count();
    let said = turns::without_end("degree_end", &sentence.tokens[from.min(sentence.len().saturating_sub(1))..]);
    turns::is("leave_it", said)
}

/// Whether it takes back what was said last, or all of it, in words that speak of going back.
pub(crate) fn is_order(order: &Sentence) -> bool {
    let is_of = |kind: &str| matches!(kind, "undo" | "restart" | "carry_on");
    let speaks_of_it =
        order.tokens.iter().any(|token| cues::is("goes_back", &token.word) || cues::is("before", &token.word));
    let by_pattern = || patterns::fitting(order).any(|fitting| fitting.film.is_none() && is_of(fitting.kind.0));
    speaks_of_it && (by_pattern() || bags::fitting(order).is_some_and(|fitting| is_of(fitting.kind.0)))
}

/// "nah back to the 70s", "volvamos a las comedias": what is wanted again.
pub(crate) fn back_to(sentence: &Sentence, index: &TitleIndex) -> Option<String> {
    after(sentence, index, |tokens| turns::beginnings("back_to", tokens).next())
}

/// "take me back to the sixties", where nothing was asked before: films of then.
pub(crate) fn back_to_a_time(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    if setting.goes_on() { None } else { back_to(sentence, setting.index) }
}

/// "ok swap it, make that irish", "cámbialo por italianas": what is wanted instead.
pub(crate) fn swapped(sentence: &Sentence, index: &TitleIndex) -> Option<String> {
    after(sentence, index, |tokens| {
        let swap = turns::beginnings("swap", tokens).next()?;
        Some(swap + turns::beginnings("swap_to", &tokens[swap..]).next().unwrap_or(0))
    })
}

fn after(
    sentence: &Sentence,
    index: &TitleIndex,
    begins: impl Fn(&[crate::words::fold::Token]) -> Option<usize>,
) -> Option<String> {
    let tokens = &sentence.tokens;
    let says_nothing = |word: &str| patterns::is_courtesy(word) || plainly::is_idle(word) || word == "no";
    let from = tokens.iter().take_while(|token| says_nothing(&token.word)).count();
    let len = (0..=from).rev().find_map(|from| Some(from + begins(tokens.get(from..)?)?))?;
    // "Back to the Future".
    let is_title = (len..=tokens.len()).any(|end| index.find_as(&tokens[from.min(len)..end], Reading::Exact).is_some());
    (len < tokens.len() && !is_title && !is_order(sentence)).then(|| sentence.typed(len, tokens.len()).to_owned())
}
