//! "back one year", "un año antes", after films of one year: those of the year beside it.

use crate::Setting;
use crate::words::fold::Sentence;
use crate::words::{cues, patterns, turns};

/// The year that is meant, as a sentence.
pub(crate) fn told(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let says_nothing =
        |word: &str| patterns::is_courtesy(word) || cues::is("when", word) || matches!(word, "y" | "and");
    let begins = sentence.tokens.iter().take_while(|token| says_nothing(&token.word)).count();
    let said = turns::without_end("lift_tail", sentence.tokens.get(begins..).filter(|rest| !rest.is_empty())?);
    let is_before = turns::is("year_before", said);
    if !(is_before || turns::is("year_after", said)) {
        return None;
    }
    let year = |movie: &u32| setting.catalogue.get(*movie).and_then(|movie| movie.year);
    let (first, others) = setting.context.shown.split_first()?;
    let of_list = year(first).filter(|of_first| others.iter().all(|other| year(other) == Some(*of_first)))?;
    let wanted = if is_before { of_list.checked_sub(1)? } else { of_list.checked_add(1)? };
    Some(format!("de {wanted}"))
}

#[cfg(test)]
mod tests {
    use crate::tests::sample::{index_with_facts, sample};
    use crate::{Context, Intent, Lang, understand_in};

    #[test]
    fn the_year_beside_that_of_the_list_is_asked_for() {
        let Some(catalogue) = sample() else { return };
        let index = index_with_facts(&catalogue);
        let of = |year| catalogue.movies().iter().filter(move |movie| movie.year == Some(year)).map(|movie| movie.id);
        let of_one: Vec<u32> = of(2015).take(4).collect();
        let of_two: Vec<u32> = of(2015).take(2).chain(of(1999).take(2)).collect();
        let year = |said, shown: &[u32]| {
            let context = Context { shown, goes_on: true, ..Context::default() };
            match understand_in(said, Lang::En, &index, &catalogue, &context).intent {
                Intent::Refine { filters, .. } => filters.year_from.filter(|_| filters.year_from == filters.year_to),
                _ => None,
            }
        };
        for said in ["back one year", "one year earlier please", "un año antes", "y el año anterior"] {
            assert_eq!(year(said, &of_one), Some(2014), "{said:?}");
            assert_eq!(year(said, &of_two), None, "{said:?}");
        }
        for said in ["the next year", "el año siguiente"] {
            assert_eq!(year(said, &of_one), Some(2016), "{said:?}");
        }
    }
}
