//! "The Hunt, is that the one from 2012?", "¿Titanic es la del 97?": whether a film that is named is of a year. Of several films
//! of its name it is the one of that year. Never a wish for films of that year.

use crate::Setting;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Understood, Wanted};
use crate::whole::says;
use crate::words::fold::Sentence;
use crate::words::{cues, patterns, years};

/// The film, and that its year is asked; `None` where anything else is said.
pub(crate) fn asked(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    const MOST_WORDS: usize = 16;
    let tokens = &sentence.tokens;
    if tokens.len() > MOST_WORDS || tokens.len() < 3 {
        return None;
    }
    let chat = setting.chat(sentence);
    let at = tokens.iter().rposition(|token| token.number().is_some())?;
    let year = tokens[at].year().or_else(|| years::short_year(tokens, at))?;
    let is_plain =
        |own: usize| own == at || cues::is("of_year", &tokens[own].word) || patterns::is_courtesy(&tokens[own].word);
    // The title is what is left, with words around it that may be of it.
    let first = (0..tokens.len()).find(|own| !is_plain(*own)).unwrap_or(0);
    let last = (0..tokens.len()).rev().find(|own| !is_plain(*own)).unwrap_or(0);
    let exactly = |from: usize, to: usize| setting.index.find_as(&tokens[from..to], Reading::Exact);
    let (from, to, found) = [first.saturating_sub(1), first]
        .into_iter()
        .find_map(|from| exactly(from, last + 1).map(|found| (from, last + 1, found)))?;
    let says_copula = (0..from).chain(to..tokens.len()).any(|own| {
        cues::is("copula", &tokens[own].word) || matches!(tokens[own].word.as_str(), "thats" | "isnt" | "wasnt")
    });
    if (from..to).contains(&at) || !says_copula || !chat.puts_a_question(&[]) {
        return None;
    }
    let is_of_year =
        |movie: &&u32| setting.catalogue.get(**movie).and_then(|film| film.year).is_some_and(|own| own == year);
    let movie = match found {
        TitleMatch::One(movie) => movie,
        TitleMatch::Several(movies) => *movies.iter().find(is_of_year).or(movies.first())?,
        TitleMatch::Nothing { .. } => return None,
    };
    let namesakes = setting.index.namesakes(movie);
    let movie = namesakes.iter().find(is_of_year).copied().unwrap_or(movie);
    Some(says(sentence, Intent::About { wanted: Wanted::Year, movie }))
}
