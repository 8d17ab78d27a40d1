//! A title of which the person does not remember which film of that name is meant: those are asked back.

use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Question};
use crate::words::fold::Sentence;
use crate::words::turns;
use crate::{ClarifyOption, Setting, replies};

/// "busco Drácula pero no me acuerdo cuál": the films that are called so, asked back.
pub(crate) fn not_remembered(sentence: &Sentence, setting: Setting<'_>) -> Option<Intent> {
    let Setting { index, catalogue, .. } = setting;
    let tokens = &sentence.tokens;
    let kept = turns::without_end("forgets_which", tokens);
    let end = kept.len();
    let said = |from: usize| match index.find_as(&tokens[from..end], Reading::Exact)? {
        TitleMatch::One(movie) => Some((from, movie)),
        TitleMatch::Several(movies) => movies.first().map(|movie| (from, *movie)),
        TitleMatch::Nothing { .. } => None,
    };
    let (from, movie) = if end < tokens.len() { (0..end).find_map(said) } else { None }?;
    let options: Vec<ClarifyOption> =
        index.versions(movie).iter().filter_map(|movie| replies::film_option(*movie, catalogue)).collect();
    let about = sentence.typed(from, end).to_owned();
    (options.len() > 1).then_some(Intent::Clarify { question: Question::WhichFilm, about, film: None, options })
}
