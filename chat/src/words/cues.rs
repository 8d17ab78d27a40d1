//! Words that tell what a sentence does to the question before it. The words are in `data/cues.tsv`, which a translator
//! can edit:
//!
//! - `asks`: begins a question that is no wish for films;
//! - `one_that`: begins what the wanted films are, or are not;
//! - `refines`: begins a condition on the list before; `may_refine`: does so where no word for films follows;
//! - `beside`: begins a theme or somebody wanted beside the one before, not in its place;
//! - `adds`: begins what is wanted beside the rest; `instead`: takes that back;
//! - `either`: begins an alternative to what was asked for last; `swaps`: what is said replaces what is of its kind;
//! - `subject`, `wishes`: somebody does something, and it is a wish;
//! - `names`: may stand before a surname;
//! - `thanks`: begins a remark rather than a title;
//! - `too`: what follows is more than is wanted;
//! - `life`: tells what happened in a year; `grown`, `young` (after "as a", "de"): tell of the years when somebody was young;
//! - `breaks_off`: ends what somebody cannot bear, where nothing follows: "he falls asleep";
//! - `happens`: befalls somebody in a film, who is not asked for;
//! - `elsewhere`: is nothing that films are;
//! - `beside_stars`: says no more than that a number is a rating;
//! - `before_stars`: stands before a rating that begins a sentence; `remarks`: begins what is said beside one;
//! - `gives`: gives stars; `around_given`: may stand between them and the place of a film;
//! - `around_rated`: says nothing beside the films and the stars of a sentence that rates several; `other_viewer`: rates, too;
//! - `corrects_stars`: is said instead of stars given before; `takes_back`: begins an order to forget a rating;
//! - `film_or_list`: says that no rating is meant; `others_rated`: speaks of others than the one rated;
//! - `says_seen`: is said of a film that was seen, `disliked` of one that was not liked; `joins_told`: between that and a wish;
//! - `raises`, `lowers`: change a rating; `stars_more`, `stars_less`: do so beside a `star_unit`; `around_degree`: stands between;
//! - `size`, `size_adverb`: "long", and how long; `before_size`, `after_size`: stand beside it where it tells of films;
//! - `wants`, `others_want`: somebody wishes something, and somebody else does;
//! - `picks`: before "one", asks for a single film; `after_one`: may follow that;
//! - `copula`: is the verb of a question about a film; `frames`: stands around what is asked of it;
//! - `together`: of two people, asks for films with both; `ends_phrase`: may follow "his films";
//! - `oldest`, `newest`, `longest`, `shortest`: with "-est" or "más", the first of all films;
//! - `goes_back`, `before`: speak of what was asked before;
//! - `complains`: begins what is wrong with a list; `says_only`: leaves nothing else of it;
//! - `stands_for`: is somebody spoken of; `film_word`: is a film; `pronoun`, `relates`: are one of those before, and what it is;
//! - `too_also`: adds to what was asked for; `agrees`: begins a sentence and says nothing;
//! - `when`: says when a film is wanted;
//! - `all`, `of_all`: "everything about", before what is ruled out;
//! - `versions`: asks of films of one name;
//! - `by_verb`, `by_directs`, `by_acts`, `by_frame`: make a question whether a film is by somebody or somebody is in it;
//! - `made_verb`, `made_acts`, `made_spanish`: what somebody did in films; `made_between`: stands between them and that;
//! - `made_asks`, `made_opening`: begin what asks for such films; `made_somebody`: after "ese"; `made_not`: tells more;
//! - `of_trilogy`: stands around "trilogy";
//! - `but_for`: begins what a rating of all leaves out; `all_of_them`: says all;
//! - `asks_whether`, `asks_for_part`, `part_of_series`: ask whether there is a third part;
//! - `beside_not_his`: stands around "not by him but similar"; `says_others`: asks for others than the one spoken of;
//! - `version_older`, `version_newer`: which versions of a film are asked for;
//! - `says_no`: denies, and says no more;
//! - `alike`: beside a film, asks for what is like it; `denies`: tells against that.

use std::collections::HashSet;
use std::sync::LazyLock;

static CUES: LazyLock<HashSet<(&str, &str)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/cues.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).collect()
});

/// Whether the word gives this cue.
pub(crate) fn is(cue: &str, word: &str) -> bool {
    CUES.contains(&(cue, word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn every_cue_is_one_word_written_folded() {
        assert!(CUES.len() > 100);
        for (cue, word) in CUES.iter() {
            let words: Vec<String> = tokenize(word).into_iter().map(|token| token.word).collect();
            assert_eq!(words, [*word], "{cue}");
        }
    }

    #[test]
    fn a_word_gives_its_own_cues_only() {
        assert!(is("either", "or") && is("adds", "con"));
        assert!(!is("either", "con") && !is("cue", "or"));
    }
}
