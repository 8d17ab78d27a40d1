//! The topics of a sentence put together: what is either, what is both at once, and the films of what a chip says.

use cineswarm_engine::{Catalogue, MovieId};

use super::facts::after_words;
use super::{Reader, Request};
use crate::intent::Lang;
use crate::words::cues;
use crate::words::fold::{Sentence, Token};

use crate::films::titles::TitleIndex;
use crate::replies;
use crate::topics::{Alternatives, GenreRun, Named, Topic, TopicKind, all_in_common, either};
use crate::words::lexicon::{self, Meaning};
use crate::words::{plainly, turns};

impl Reader<'_> {
    /// "French or Italian" are either; so are "French and Italian", and directors who made nothing together.
    pub(crate) fn join_alternatives(&self, at: usize, end: usize, known: &mut Alternatives, named: &mut Vec<Named>) {
        let tokens = self.tokens();
        let newest = named.len() - 1;
        // "French perhaps, or Italian".
        let known_end = known.end.map(|end| self.after_idle(end, at));
        let after = |meaning| known_end.and_then(|end| lexicon::after(tokens, end, meaning)) == Some(at);
        let (or, and) = (after(Meaning::Or), after(Meaning::And));
        let follows = known_end == Some(at) && self.sentence.breaks_before(at);
        let is_one_kind = newest > known.first
            && named[known.first..newest].iter().all(|other| other.topic.kind.is_like(named[newest].topic.kind));
        let is_other_wish = known_end.is_some_and(|end| self.is_wish_of_another(end, at))
            && named[newest].topic.kind.is_like(TopicKind::Cast);
        if !((or || and || follows || is_other_wish) && is_one_kind) {
            *known = Alternatives { first: newest, end: Some(end), ..*known };
            return;
        }
        let joint = known_end.unwrap_or(at);
        known.end = Some(end);
        let has_none_in_common = || !named[newest].films.iter().any(|film| named[known.first].films.contains(film));
        let excludes = || match named[newest].topic.kind {
            TopicKind::Origin => true,
            TopicKind::Director => has_none_in_common(),
            // "I love Streep and Hanks", but "with Streep and Hanks" are both.
            TopicKind::Cast => known.are_liked && has_none_in_common(),
            _ => false,
        };
        if !(or || is_other_wish || ((and || known.are_liked) && excludes())) {
            return;
        }
        let joint =
            if is_other_wish { (joint..at).find(|at| is_and(&tokens[*at].word)).unwrap_or(joint) } else { joint };
        let is_spanish = tokens.get(joint).is_some_and(|word| matches!(word.word.as_str(), "o" | "u" | "y" | "e"));
        let joint = if is_spanish { " o " } else { " or " };
        let one = named.drain(known.first..).reduce(|one, other| either(one, other, joint));
        named.extend(one);
    }

    /// "he wants films with John Wayne and I prefer [Judi Dench]": whether a wish of another one begins there.
    fn is_wish_of_another(&self, from: usize, to: usize) -> bool {
        let tokens = self.tokens();
        // "films like", but "I like".
        let says_who = |at: usize| at > 0 && matches!(tokens[at - 1].word.as_str(), "i" | "we" | "they");
        let wants = |at: usize| cues::is("wants", &tokens[at].word) && (tokens[at].word != "like" || says_who(at));
        let is_of_other = |at: usize| cues::is("others_want", &tokens[at].word);
        (0..from).any(wants) && (from..to).any(wants) && (0..to).any(is_of_other)
    }

    /// The place after words that say nothing, before `to`.
    fn after_idle(&self, from: usize, to: usize) -> usize {
        let says_nothing = |at: &usize| plainly::is_idle(&self.tokens()[*at].word);
        from + (from..to).take_while(says_nothing).count()
    }

    /// Whether two people want these: each after a verb of its own, or "for both".
    fn are_for_two(&self, one: &GenreRun, other: &GenreRun) -> bool {
        const FOR_BOTH: [&str; 8] = [
            "for both",
            "for us both",
            "suits both",
            "both happy",
            "para los dos",
            "para las dos",
            "para ambos",
            "a los dos",
        ];
        let tokens = self.tokens();
        // "I want action and she wants romance, is there one with both things?"
        if (0..tokens.len()).any(|at| turns::beginnings("in_one", &tokens[at..]).next().is_some()) {
            return true;
        }
        let wants = |from: usize, to: usize| {
            tokens[from..to].iter().map(|token| token.word.as_str()).find(|word| cues::is("wants", word))
        };
        // "comedies or dramas", "I like comedies but I want a drama".
        let parts = |at| [Meaning::Or, Meaning::But].iter().any(|part| lexicon::after(tokens, at, *part).is_some());
        let is_or = (one.to..other.from).any(parts);
        let is_somebody = |token: &Token| matches!(token.word.as_str(), "my" | "mi" | "the" | "la" | "el");
        // "I like comedies and I like dramas" is one's own taste.
        // "two want action, two want comedy".
        let counted = |from: usize, to: usize| {
            (from.max(1)..to).any(|at| {
                let who = &tokens[at - 1];
                let is_count = who.number().is_some() || lexicon::number_word(&who.word).is_some();
                cues::is("wants", &tokens[at].word) && (is_count || cues::is("some_people", &who.word))
            })
        };
        if counted(0, one.from) && counted(one.to, other.from) {
            return true;
        }
        let are_two = |first: &str, second: &str| {
            let says_other = cues::is("others_want", first) || cues::is("others_want", second);
            says_other && (first != second || tokens[one.to..other.from].iter().any(is_somebody))
        };
        let each =
            || wants(0, one.from).zip(wants(one.to, other.from)).is_some_and(|(first, second)| are_two(first, second));
        let for_both =
            || (0..tokens.len()).any(|at| FOR_BOTH.iter().any(|words| after_words(tokens, at, words).is_some()));
        !is_or && (each() || (wants(0, other.from).is_some() && for_both()))
    }

    /// "romantic comedy", "sci-fi horror": both at once, and no longer either.
    pub(crate) fn join_genres(&self, request: &mut Request) {
        let mut runs = std::mem::take(&mut request.genre_runs);
        // "my wife wants a drama and I want war": one film for both.
        if let [one, other] = runs.as_mut_slice()
            && self.are_for_two(one, other)
        {
            one.extend(&std::mem::take(&mut other.genres), other.to);
            runs.truncate(1);
        }
        for run in runs {
            if run.genres.len() < 2 {
                continue;
            }
            request.genres.retain(|genre| !run.genres.contains(genre));
            let has_all =
                |movie: &&cineswarm_engine::Movie| run.genres.iter().all(|genre| movie.genres.contains(genre));
            let films = self.catalogue.movies().iter().filter(has_all).map(|movie| movie.id).collect();
            let topic = Topic {
                kind: TopicKind::Genres,
                label: run.genres.join(" + "),
                said: self.sentence.typed(run.from, run.to).to_owned(),
            };
            request.named.push(Named { topic, films });
        }
    }
}

/// All films of what a chip says; `None` for what is not wanted, and for what has no films of its own.
pub fn films_of(topic: &Topic, index: &TitleIndex, catalogue: &Catalogue) -> Option<Vec<MovieId>> {
    if matches!(topic.kind, TopicKind::Without | TopicKind::BetterKnown) {
        return None;
    }
    let sentence = Sentence::new(&replies::topic_said(topic, Lang::En));
    let request = Reader::new(&sentence, index, catalogue).read();
    (!request.named.is_empty()).then(|| all_in_common(&request.named))
}

/// The films of what a chip says is not wanted.
pub(crate) fn films_ruled_out(topic: &Topic, index: &TitleIndex, catalogue: &Catalogue) -> Vec<MovieId> {
    if topic.kind != TopicKind::Without {
        return Vec::new();
    }
    let sentence = Sentence::new(&replies::topic_said(topic, Lang::En));
    let request = Reader::new(&sentence, index, catalogue).read();
    request.left_out.into_iter().chain(request.disliked).collect()
}

/// The parts of either of several topics: "French or Italian" is French, and Italian; none, if it is one.
pub fn parts_of_either(topic: &Topic) -> Vec<Topic> {
    let parts = |text: &str| -> Vec<String> {
        text.split(" or ").flat_map(|part| part.split(" o ")).map(str::to_owned).collect()
    };
    let (labels, said) = (parts(&topic.label), parts(&topic.said));
    if labels.len() < 2 || labels.len() != said.len() || topic.kind == TopicKind::Without {
        return Vec::new();
    }
    labels.into_iter().zip(said).map(|(label, said)| Topic { kind: topic.kind, label, said }).collect()
}

/// Either of two topics, as one to be said: "French or Italian".
pub fn either_topic(one: &Topic, other: &Topic, lang: Lang) -> Topic {
    let named = |topic: &Topic| Named { topic: topic.clone(), films: Vec::new() };
    either(named(one), named(other), if lang == Lang::Es { " o " } else { " or " }).topic
}

fn is_and(word: &str) -> bool {
    matches!(word, "and" | "y" | "e")
}
