//! Places in the list before: "2", "1 and 3", "the first two", "all of them", in both languages.
//! Never knows how long the list is.

use cineswarm_engine::MovieId;

use crate::words::fold::Token;
use crate::words::lexicon;

/// Films of a list, as a sentence points at them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Places {
    /// Counted from 1; 0 is the last.
    These(Vec<usize>),
    /// So many from the beginning.
    First(usize),
    /// So many from the end.
    Last(usize),
    All,
    /// "both", "las tres": all of a list that has exactly so many.
    AllOf(usize),
    /// "the other one": of two, the one that is not spoken of.
    Other,
    /// All but those that are counted.
    AllBut(Vec<usize>),
}

impl Places {
    /// The films of this list; `None` where it does not go so far.
    pub(crate) fn of(&self, shown: &[MovieId]) -> Option<Vec<MovieId>> {
        let count = shown.len();
        let at = |place: &usize| shown.get(if *place == 0 { count.checked_sub(1)? } else { place - 1 }).copied();
        let films = match self {
            Places::These(places) => return places.iter().map(at).collect(),
            Places::AllBut(places) => {
                let but: Vec<MovieId> = places.iter().map(at).collect::<Option<_>>()?;
                return Some(shown.iter().copied().filter(|movie| !but.contains(movie)).collect());
            }
            Places::First(wanted) => shown.get(..*wanted)?,
            Places::Last(wanted) => shown.get(count.checked_sub(*wanted)?..)?,
            Places::All => shown,
            Places::AllOf(wanted) => Some(shown).filter(|shown| shown.len() == *wanted)?,
            Places::Other => return None,
        };
        (!films.is_empty()).then(|| films.to_vec())
    }
}

/// What these words point at, if they all do.
pub(crate) fn read(tokens: &[Token]) -> Option<Places> {
    const AROUND: [&str; 16] = [
        "the", "number", "no", "film", "movie", "la", "el", "las", "los", "numero", "num", "peli", "pelicula", "films",
        "movies", "pelis",
    ];
    const ALL: [&str; 12] = [
        "all",
        "all of them",
        "them all",
        "all them",
        "all of these",
        "all of those",
        "all these",
        "all those",
        "every one",
        "todas",
        "todos",
        "todas ellas",
    ];
    const OF_LIST: [&[&str]; 9] = [
        &["on", "the", "list"],
        &["of", "the", "list"],
        &["in", "the", "list"],
        &["from", "the", "list"],
        &["on", "your", "list"],
        &["de", "la", "lista"],
        &["de", "tu", "lista"],
        &["of", "those"],
        &["of", "these"],
    ];
    let said: Vec<&str> = tokens.iter().map(|token| token.word.as_str()).collect();
    if let Some(tail) = OF_LIST.iter().find(|tail| said.len() > tail.len() && said.ends_with(tail)) {
        return read(&tokens[..said.len() - tail.len()]).filter(|places| *places != Places::Other);
    }
    match said[..] {
        ["both" | "ambas" | "ambos"] | ["both", "of", "them" | "these" | "those"] => return Some(Places::AllOf(2)),
        ["the", "other"]
        | ["the", "other", "one" | "film" | "movie"]
        | ["la" | "el", "otra" | "otro"]
        | ["la", "otra", "peli" | "pelicula"] => return Some(Places::Other),
        ["the" | "las" | "los" | "all", many] | ["all" | "todas", "the" | "las", many] => {
            let is_digit = |many: &str| many.parse::<u8>().is_ok();
            let count = lexicon::number_word(many).and_then(|many| usize::try_from(many).ok());
            if let Some(count) = count.filter(|count| (2..=10).contains(count) && !is_digit(many)) {
                return Some(Places::AllOf(count));
            }
        }
        _ => {}
    }
    if ALL.contains(&said.join(" ").as_str()) {
        return Some(Places::All);
    }
    let but = said.iter().position(|word| matches!(*word, "except" | "but" | "menos" | "excepto" | "salvo"));
    if let Some(but) = but.filter(|but| ALL.contains(&said[..*but].join(" ").as_str())) {
        let from = but + 1 + usize::from(said.get(but + 1) == Some(&"for"));
        return match read(tokens.get(from..)?)? {
            Places::These(places) => Some(Places::AllBut(places)),
            _ => None,
        };
    }
    let words: Vec<&str> = said.iter().copied().filter(|word| !AROUND.contains(word)).collect();
    if let [left, right] = words.as_slice() {
        let count = |word: &str| {
            let number = word.parse::<u64>().ok().or_else(|| lexicon::number_word(word))?;
            usize::try_from(number).ok().filter(|number| (2..=100).contains(number))
        };
        match (*left, *right, count(left), count(right)) {
            ("first" | "primeras" | "primeros", _, _, Some(count)) => return Some(Places::First(count)),
            ("last" | "ultimas" | "ultimos", _, _, Some(count)) => return Some(Places::Last(count)),
            (_, "first" | "primeras" | "primeros", Some(count), _) => return Some(Places::First(count)),
            (_, "last" | "ultimas" | "ultimos", Some(count), _) => return Some(Places::Last(count)),
            ("first", "couple", ..) => return Some(Places::First(2)),
            _ => {}
        }
    }
    let mut places = Vec::new();
    let mut after_ordinal = false;
    for word in words {
        let is_joint = matches!(word, "and" | "y" | "e" | "or" | "o" | "n" | "ni" | "nor");
        // "the second one".
        if is_joint || (after_ordinal && matches!(word, "one" | "ones")) {
            after_ordinal = false;
            continue;
        }
        let place = place(word)?;
        after_ordinal = word.parse::<usize>().is_err();
        if !places.contains(&place) {
            places.push(place);
        }
    }
    (!places.is_empty()).then_some(Places::These(places))
}

/// A place in a list, from 1; the last is 0.
pub(crate) fn place(word: &str) -> Option<usize> {
    Some(match word {
        "first" | "1st" | "primera" | "primero" | "primer" => 1,
        "second" | "2nd" | "segunda" | "segundo" => 2,
        "third" | "3rd" | "tercera" | "tercero" | "tercer" => 3,
        "fourth" | "4th" | "cuarta" | "cuarto" => 4,
        "fifth" | "5th" | "quinta" | "quinto" => 5,
        "sixth" | "6th" | "sexta" | "sexto" => 6,
        "seventh" | "7th" | "septima" | "septimo" => 7,
        "eighth" | "8th" | "octava" | "octavo" => 8,
        "ninth" | "9th" | "novena" | "noveno" => 9,
        "tenth" | "10th" | "decima" | "decimo" => 10,
        "last" | "ultima" | "ultimo" => 0,
        "one" | "una" | "uno" => 1,
        "two" | "dos" => 2,
        "three" | "tres" => 3,
        "four" | "cuatro" => 4,
        "five" | "cinco" => 5,
        _ => return word.parse().ok().filter(|place| (1..=100).contains(place)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    fn films(said: &str) -> Option<Vec<MovieId>> {
        read(&tokenize(said))?.of(&[10, 20, 30, 40])
    }

    #[test]
    fn places_are_read_in_both_languages() {
        for (said, expected) in [
            ("2", &[20][..]),
            ("1 and 3", &[10, 30]),
            ("the first, the third and the last one", &[10, 30, 40]),
            ("the first two", &[10, 20]),
            ("las dos primeras", &[10, 20]),
            ("las 2 últimas", &[30, 40]),
            ("la 2, la 3 y la 4", &[20, 30, 40]),
            ("number two", &[20]),
            ("them all", &[10, 20, 30, 40]),
            ("todas", &[10, 20, 30, 40]),
            ("las cuatro", &[10, 20, 30, 40]),
            ("the first two on the list", &[10, 20]),
            ("all of those except 3", &[10, 20, 40]),
            ("todas menos la primera y la 4", &[20, 30]),
        ] {
            assert_eq!(films(said), Some(expected.to_vec()), "{said}");
        }
    }

    #[test]
    fn what_the_list_does_not_have_is_no_place_of_it() {
        for said in ["5", "both", "las dos", "the first six", "300", "fargo", "the", "", "1 and fargo"] {
            assert_eq!(films(said), None, "{said}");
        }
        assert_eq!(Places::All.of(&[]), None);
        assert_eq!(Places::These(vec![0]).of(&[]), None);
    }
}
