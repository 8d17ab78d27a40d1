//! How many films are asked for: "5 films", "top ten", "another three". Never counts what films are about.

use super::{Reader, Request};
use crate::words::cues;
use crate::words::fold::is_article;
use crate::words::lexicon::{self, Meaning};
use crate::words::{patterns, turns};

impl Reader<'_> {
    /// Whether nothing follows that is counted, but "please" and the like.
    fn ends_count(&self, at: usize) -> bool {
        let tokens = self.tokens();
        at == tokens.len()
            || self.sentence.breaks_before(at)
            || lexicon::meanings(tokens, at).any(|(meaning, _)| matches!(meaning, Meaning::FilmNoun | Meaning::Tail))
            || patterns::is_courtesy(&tokens[at].word)
    }

    /// "[two,] one scary and one funny": where each is said.
    fn one_of_each(&self) -> Option<(usize, usize)> {
        let tokens = self.tokens();
        let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
        let is_one = |at: usize| matches!(word(at), "one" | "una" | "uno" | "un");
        let first = (1..tokens.len()).find(|at| is_one(*at) && self.sentence.breaks_before(*at))?;
        let is_other = |at: usize| matches!(word(at), "otra" | "otro" | "another") || is_one(at);
        let second = (first + 2..tokens.len()).find(|at| matches!(word(at - 1), "and" | "y") && is_other(*at))?;
        Some((first, second))
    }

    /// "two want [action]", "one of us wants [romance]": the place after people that are counted, and what they do.
    fn people_counted(&self, at: usize) -> Option<usize> {
        const OF_THEM: [&[&str]; 6] =
            [&["of", "us"], &["of", "them"], &["de", "nosotros"], &["de", "ellos"], &["people"], &["personas"]];
        let says = |words: &[&str]| {
            let said = self.tokens().get(at + 1..at + 1 + words.len());
            said.is_some_and(|said| said.iter().map(|token| token.word.as_str()).eq(words.iter().copied()))
        };
        let verb = at + 1 + OF_THEM.iter().find(|words| says(words)).map_or(0, |words| words.len());
        let is_verb =
            self.tokens().get(verb).is_some_and(|token| cues::is("wants", &token.word) && token.word != "like");
        is_verb.then_some(verb + 1)
    }

    /// "no more than two", "como mucho tres", at the end of a clause.
    pub(super) fn read_most(&self, at: usize, request: &mut Request) -> Option<usize> {
        let tokens = self.tokens();
        let count = at + turns::beginnings("no_more_than", &tokens[at..]).next()?;
        let token = tokens.get(count)?;
        let number = token.number().filter(|_| token.word.len() <= 2).or_else(|| lexicon::number_word(&token.word))?;
        if !self.ends_count(count + 1) {
            return None;
        }
        request.n = Some(listed(number));
        Some(count + 1)
    }

    /// "5 films", "top ten", "dame 3".
    pub(super) fn read_count(&self, at: usize, request: &mut Request) -> Option<usize> {
        let tokens = self.tokens();
        let token = tokens.get(at)?;
        // "just one", "solo una": nothing else is said.
        let is_only_one = at > 0
            && tokens.len() == at + 1
            && tokens[..at - 1].iter().all(|token| patterns::is_courtesy(&token.word))
            && matches!(token.word.as_str(), "one" | "1" | "una" | "uno")
            && matches!(tokens[at - 1].word.as_str(), "just" | "only" | "solo" | "solamente");
        if is_only_one {
            request.n = Some(1);
            return Some(at + 1);
        }
        // "I've only ever seen like ten films".
        let tells = |back: usize, words: &[&str]| at >= back && words.contains(&tokens[at - back].word.as_str());
        if tells(1, &["like"]) && tells(2, &["seen", "watched", "rated"]) {
            return None;
        }
        // "pick one", "dime una y ya está".
        let is_only = |word: &str| matches!(word, "just" | "only" | "solo" | "solamente");
        // "escoge tú una".
        let is_beside = |word: &str| is_only(word) || matches!(word, "tu" | "vos" | "usted");
        let before = at.saturating_sub(1 + usize::from(at > 1 && is_beside(&tokens[at - 1].word)));
        let is_one_picked = at > 0
            && matches!(token.word.as_str(), "one" | "una" | "uno")
            && cues::is("picks", &tokens[before].word)
            && tokens
                .get(at + 1)
                .is_none_or(|next| self.sentence.breaks_before(at + 1) || cues::is("after_one", &next.word));
        if is_one_picked {
            request.n = Some(1);
            return Some(at + 1);
        }
        // "another one", "una más".
        let is_one = matches!(token.word.as_str(), "one" | "una" | "uno");
        let is_more = |at: usize| tokens.get(at).is_some_and(|next| matches!(next.word.as_str(), "more" | "mas"));
        let is_another = is_one && tells(1, &["another"]) && self.ends_count(at + 1);
        // "solo una película".
        let is_one_film = is_one
            && tells(1, &["just", "only", "solo", "solamente"])
            && lexicon::after(tokens, at + 1, Meaning::FilmNoun).is_some();
        if is_another || is_one_film || (is_one && is_more(at + 1) && self.ends_count(at + 2)) {
            request.n = Some(1);
            return Some(at + 1);
        }
        if let Some(end) = self.read_count_beside(at, request) {
            return Some(end);
        }
        let number = token.number().filter(|_| token.word.len() <= 3).or_else(|| lexicon::number_word(&token.word))?;
        // "2 of them".
        let is_of_them = tokens.len() == at + 3
            && matches!(tokens[at + 1].word.as_str(), "of" | "de")
            && matches!(tokens[at + 2].word.as_str(), "them" | "these" | "those" | "estas" | "esas" | "ellas");
        if is_of_them {
            request.n = Some(listed(number));
            return Some(at + 3);
        }
        if let Some(end) = self.people_counted(at) {
            return Some(end);
        }
        // "recommend two, one scary and one funny": one list has no place for one of each.
        if let Some((first, second)) = self.one_of_each() {
            if at < first {
                request.without_effect.push((at, at + 1));
            }
            if at <= first || at == second {
                return Some(at + 1);
            }
        }
        // "another three", "ponme otras tres".
        let is_of_others = at > 0
            && matches!(tokens[at - 1].word.as_str(), "another" | "otras" | "otros")
            && number > 1
            && self.ends_count(at + 1);
        if is_of_others {
            request.n = Some(listed(number));
            return Some(at + 1);
        }
        let follows = |wanted: Meaning| {
            at > 0 && lexicon::meanings(tokens, at - 1).any(|(meaning, end)| meaning == wanted && end == at)
        };
        let mut next = at + 1;
        while let Some((_, end)) =
            lexicon::meanings(tokens, next).find(|(meaning, end)| *meaning == Meaning::Filler && *end == next + 1)
        {
            next = end;
        }
        // "I'll take 5. More like it".
        let ends = self.sentence.gap(next).contains(['.', '?', '!', ';']);
        let counts = !ends
            && lexicon::meanings(tokens, next).any(|(meaning, _)| {
                matches!(
                    meaning,
                    Meaning::FilmNoun
                        | Meaning::Genres(_)
                        | Meaning::Popular
                        | Meaning::LessKnown
                        | Meaning::More
                        | Meaning::Recent
                        | Meaning::Old
                )
            });
        let counts = counts
            || (!ends && self.genres_at(next).is_some())
            || (!ends && token.number().is_some() && self.index.theme_at(tokens, next).is_some());
        // "dame 3", but not "it is a 5".
        let follows_article = at > 0 && is_article(&tokens[at - 1].word);
        // "just five", "dame diez": a number in letters needs a word that asks for so many.
        let is_told = token.number().is_some()
            || (number > 1
                && at > 0
                && matches!(
                    tokens[at - 1].word.as_str(),
                    "just"
                        | "only"
                        | "solo"
                        | "solamente"
                        | "dame"
                        | "muestrame"
                        | "ensename"
                        | "ponme"
                        | "quiero"
                        | "give"
                        | "me"
                        | "show"
                ));
        // "just the best two", "las mejores dos".
        let is_of_best = (2..=10).contains(&number) && follows(Meaning::Popular) && self.ends_count(at + 1);
        let asked = is_of_best
            || follows(Meaning::Top)
            || (!follows_article
                && next == tokens.len()
                && (follows(Meaning::Filler) || follows(Meaning::ForMe))
                && is_told);
        if !counts && !asked {
            return None;
        }
        request.n = Some(listed(number));
        request.counted = self.genres_at(next).map(|_| at);
        Some(at + 1)
    }

    /// "three comedies [and two dramas]": one list of so many, of either; how many of each has no effect.
    fn read_count_beside(&self, at: usize, request: &mut Request) -> Option<usize> {
        let tokens = self.tokens();
        let (first, token) = (request.counted?, tokens.get(at)?);
        let joins =
            self.sentence.breaks_before(at) || matches!(tokens[at - 1].word.as_str(), "and" | "y" | "plus" | "e");
        let is_one = matches!(token.word.as_str(), "a" | "an" | "un" | "una");
        let number = token.number().or_else(|| lexicon::number_word(&token.word)).or(is_one.then_some(1))?;
        self.genres_at(at + 1).filter(|_| joins)?;
        request.n = Some(listed(number.saturating_add(request.n? as u64)));
        request.without_effect.extend([(first, first + 1), (at, at + 1)]);
        Some(at + 1)
    }
}

/// So many films as a list may have.
fn listed(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX).clamp(1, 100)
}
