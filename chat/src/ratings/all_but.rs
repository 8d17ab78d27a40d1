//! One rating for all films but some: "all 4s except Legacy", "ponles un 4 a todas menos a la última"; and the rating of the one
//! that was left out: "except empire, that's a 5". The words are cues: `but_for` begins what is left out.

use cineswarm_engine::{HalfStars, MovieId};

use crate::context::Last;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::Intent;
use crate::ratings;
use crate::words::fold::{Sentence, Token};
use crate::words::places;
use crate::words::{cues, patterns};
use crate::{Chat, Setting};

pub(crate) fn rated(sentence: &Sentence, setting: Setting<'_>) -> Option<Intent> {
    const MOST_WORDS: usize = 14;
    let tokens = &sentence.tokens;
    let at = tokens.iter().position(|token| cues::is("but_for", &token.word)).filter(|_| tokens.len() <= MOST_WORDS)?;
    let rest = at + 1 + usize::from(tokens.get(at + 1).is_some_and(|token| token.word == "for"));
    let chat = setting.chat(sentence);
    if at == 0 {
        let is_of_rating = setting.context.last == Last::Rating && tokens.iter().any(|token| token.number().is_some());
        let one = sentence.typed(rest, tokens.len()).replace("that's", "is").replace("thats", "is").replace(',', "");
        let read = is_of_rating.then(|| setting.understand(&one).intent)?;
        return matches!(read, Intent::Rate { .. } | Intent::RateSeveral { .. }).then_some(read);
    }
    let half_stars = chat.rates_all(&tokens[..at])?;
    let films = chat.counted_in(None);
    let mut end = tokens.len();
    while end > rest && patterns::is_courtesy(&tokens[end - 1].word) {
        end -= 1;
    }
    let left_out = chat.films_left_out(&tokens[rest..end], &films)?;
    let ratings: Vec<(MovieId, HalfStars)> =
        films.into_iter().filter(|movie| !left_out.contains(movie)).map(|movie| (movie, half_stars)).collect();
    (ratings.len() > 1).then_some(Intent::RateSeveral { ratings, left_out: Vec::new() })
}

impl Chat<'_> {
    /// The stars that these words give to all of them, and nothing else.
    fn rates_all(&self, tokens: &[Token]) -> Option<HalfStars> {
        let is_all = |token: &Token| cues::is("all_of_them", &token.word);
        let number = |at: usize| match tokens[at].word.strip_suffix('s') {
            // "4s".
            Some(stars) if stars.bytes().all(|digit| digit.is_ascii_digit()) => {
                stars.parse::<u8>().ok().and_then(|stars| HalfStars::new(stars.checked_mul(2)?))
            }
            _ => ratings::stars_from(&self.reader, at)
                .filter(|stars| stars.to <= tokens.len())
                .and_then(|stars| stars.half_stars),
        };
        let at = (0..tokens.len()).find(|at| number(*at).is_some())?;
        let is_around = |other: usize| {
            let word = tokens[other].word.as_str();
            let is_number = other >= at && (number(other).is_some() || matches!(word, "half" | "medio" | "media"));
            is_number
                || is_all(&tokens[other])
                || cues::is("around_rated", word)
                || matches!(word, "star" | "stars" | "estrella" | "estrellas")
                || patterns::is_courtesy(word)
        };
        let says_all = tokens.iter().any(is_all) && (0..tokens.len()).all(is_around);
        number(at).filter(|_| says_all)
    }

    /// The films of these that the words name: by a place, a title or a part of it.
    fn films_left_out(&self, words: &[Token], films: &[MovieId]) -> Option<Vec<MovieId>> {
        let is_link = |token: &Token| matches!(token.word.as_str(), "a" | "al" | "for" | "to");
        let words = &words[words.iter().take_while(|token| is_link(token)).count()..];
        let told = self.told_in_short(words).filter(|movie| films.contains(movie));
        let titled = || match self.reader.index.find_as(words, Reading::Exact)? {
            TitleMatch::One(movie) => Some(movie),
            TitleMatch::Several(several) => several.into_iter().find(|movie| films.contains(movie)),
            TitleMatch::Nothing { .. } => None,
        };
        let only = told.or_else(|| titled().filter(|movie| films.contains(movie))).map(|movie| vec![movie]);
        only.or_else(|| places::read(words)?.of(films))
    }
}
