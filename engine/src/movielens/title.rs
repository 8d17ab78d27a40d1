//! Titles as MovieLens writes them ("City of Lost Children, The (Cité des enfants perdus, La) (1995)") taken apart
//! into what a person would say, the year, and the other titles.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Articles that MovieLens moves behind a comma. Those ending in an apostrophe join without a space.
const ARTICLES: [&str; 34] = [
    "The", "A", "An", "Le", "La", "Les", "L'", "L’", "Un", "Une", "Il", "Lo", "I", "Gli", "Uno", "Una", "El", "Los",
    "Las", "Der", "Die", "Das", "Ein", "Eine", "Den", "Det", "De", "Het", "En", "Et", "O", "Os", "As", "Um",
];

/// Years that can be a film's.
pub(crate) const YEARS: std::ops::RangeInclusive<u16> = 1870..=2100;

/// A title taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedTitle {
    /// In reading order, without year and other titles.
    pub title: String,
    /// The titles in parentheses, in reading order, without "a.k.a.".
    pub other_titles: Vec<String>,
    /// The year of release; of a span of years, the first.
    pub year: Option<u16>,
}

/// Takes a raw title apart. Whatever does not follow the custom stays in the title.
pub fn parse_title(raw: &str) -> ParsedTitle {
    take_apart(raw, |word| ARTICLES.contains(&word))
}

/// Takes apart what a person typed, who does not mind capitals: "matrix, the (1999)".
pub fn parse_typed_title(typed: &str) -> ParsedTitle {
    let is_article = |word: &str| {
        let word = word.to_lowercase();
        ARTICLES.iter().any(|article| article.to_lowercase() == word)
    };
    take_apart(typed, is_article)
}

/// A title as titles are compared: without case, accents and punctuation, however its accents are typed.
pub fn folded_title(title: &str) -> String {
    let mut folded = String::with_capacity(title.len());
    let mut ends_word = false;
    for character in title.nfkd().filter(|character| !is_combining_mark(*character)) {
        match character {
            '\'' | '’' | '.' => {}
            '&' => {
                folded.push_str(if folded.is_empty() { "and" } else { " and" });
                ends_word = true;
            }
            _ if character.is_alphanumeric() => {
                if std::mem::take(&mut ends_word) && !folded.is_empty() {
                    folded.push(' ');
                }
                folded.extend(character.to_lowercase());
            }
            _ => ends_word = true,
        }
    }
    // Of nothing but signs the signs are the title.
    if folded.is_empty() { title.trim().to_lowercase() } else { folded }
}

fn take_apart(raw: &str, is_article: impl Fn(&str) -> bool) -> ParsedTitle {
    let mut rest = raw.trim();
    let mut year = None;
    let mut other_titles = Vec::new();
    while let Some((before, inside)) = split_last_parentheses(rest) {
        match parse_year(inside) {
            Some(_) if year.is_some() => break,
            Some(found) => year = Some(found),
            // "Frontière(s)" is one word.
            None if !before.ends_with(char::is_whitespace) => break,
            // 100k marks what was made for video or television so.
            None if matches!(inside, "V" | "TV") => {}
            None => other_titles.push(article_first(without_also_known_as(inside), &is_article)),
        }
        rest = before.trim_end();
    }
    let title = article_first(rest, &is_article);
    other_titles.retain(|other| !other.is_empty() && *other != title);
    other_titles.reverse();
    ParsedTitle { title, other_titles, year }
}

/// "A (b (c))" is "A" and "b (c)"; `None` if no text ends in balanced parentheses with something before them.
fn split_last_parentheses(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_suffix(')')?;
    let mut depth = 1;
    for (at, character) in inner.char_indices().rev() {
        match character {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let before = &text[..at];
            return (!before.trim().is_empty()).then(|| (before, inner[at + 1..].trim()));
        }
    }
    None
}

/// "1995", "2006-2007", "2006–2007" and "2007-" are years.
fn parse_year(inside: &str) -> Option<u16> {
    let is_year = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let (first, last) = inside.split_once(['-', '–']).unwrap_or((inside, ""));
    let (first, last) = (first.trim(), last.trim());
    if !is_year(first) || !(last.is_empty() || is_year(last)) {
        return None;
    }
    first.parse().ok().filter(|year| YEARS.contains(year))
}

fn without_also_known_as(inside: &str) -> &str {
    for prefix in ["a.k.a.", "a.k.a ", "aka "] {
        if let Some(start) = inside.get(..prefix.len())
            && start.eq_ignore_ascii_case(prefix)
        {
            return inside[prefix.len()..].trim();
        }
    }
    inside
}

fn article_first(title: &str, is_article: impl Fn(&str) -> bool) -> String {
    if let Some((rest, article)) = title.rsplit_once(',') {
        let (rest, article) = (rest.trim_end(), article.trim());
        if !rest.is_empty() && is_article(article) {
            let space = if article.ends_with(['\'', '’']) { "" } else { " " };
            return format!("{article}{space}{rest}");
        }
    }
    title.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_read_as_people_say_them() {
        let cases: [(&str, &str, &[&str], Option<u16>); 25] = [
            ("Matrix, The (1999)", "The Matrix", &[], Some(1999)),
            ("  Heat (1995)  ", "Heat", &[], Some(1995)),
            ("Death Note (2006–2007)", "Death Note", &[], Some(2006)),
            ("Big Bang Theory, The (2007-)", "The Big Bang Theory", &[], Some(2007)),
            ("Babylon 5", "Babylon 5", &[], None),
            ("City of God (Cidade de Deus) (2002)", "City of God", &["Cidade de Deus"], Some(2002)),
            ("Misérables, Les (1995)", "Les Misérables", &[], Some(1995)),
            ("Avventura, L' (1960)", "L'Avventura", &[], Some(1960)),
            ("Seven (a.k.a. Se7en) (1995)", "Seven", &["Se7en"], Some(1995)),
            (
                "City of Lost Children, The (Cité des enfants perdus, La) (1995)",
                "The City of Lost Children",
                &["La Cité des enfants perdus"],
                Some(1995),
            ),
            (
                "Good, the Bad and the Ugly, The (Buono, il brutto, il cattivo, Il) (1966)",
                "The Good, the Bad and the Ugly",
                &["Il Buono, il brutto, il cattivo"],
                Some(1966),
            ),
            ("One (Two) (a.k.a. Three) (2000)", "One", &["Two", "Three"], Some(2000)),
            ("(500) Days of Summer (2009)", "(500) Days of Summer", &[], Some(2009)),
            ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", &[], Some(1968)),
            ("1984 (1956)", "1984", &[], Some(1956)),
            ("I, Robot (2004)", "I, Robot", &[], Some(2004)),
            ("Paris, Texas (1984)", "Paris, Texas", &[], Some(1984)),
            ("Dinosaur Valley (1995) (V)", "Dinosaur Valley", &[], Some(1995)),
            ("Nested (b (c)) (1990)", "Nested", &["b (c)"], Some(1990)),
            ("Caf\u{e9}(s) (2007)", "Café(s)", &[], Some(2007)),
            ("Joined(2007)", "Joined", &[], Some(2007)),
            ("North (a.k.a South) (1994)", "North", &["South"], Some(1994)),
            ("(1990)", "(1990)", &[], None),
            ("Open (1990", "Open (1990", &[], None),
            ("Far Future (9999)", "Far Future", &["9999"], None),
        ];
        for (raw, title, others, year) in cases {
            let parsed = parse_title(raw);
            assert_eq!(parsed.title, title, "title of {raw:?}");
            assert_eq!(parsed.other_titles, others, "other titles of {raw:?}");
            assert_eq!(parsed.year, year, "year of {raw:?}");
        }
    }

    #[test]
    fn who_types_a_title_need_not_mind_capitals() {
        for (typed, title) in [
            ("matrix, the (1999)", "the matrix"),
            ("MATRIX, THE", "THE MATRIX"),
            ("avventura, l'", "l'avventura"),
            ("paris, texas", "paris, texas"),
        ] {
            assert_eq!(parse_typed_title(typed).title, title, "{typed:?}");
        }
        assert_eq!(parse_title("matrix, the").title, "matrix, the", "MovieLens writes articles with capitals");
    }

    #[test]
    fn titles_are_compared_without_case_accents_and_punctuation() {
        for (one, other) in [
            ("Amélie", "AME\u{301}LIE"),
            ("WALL·E", "wall e"),
            ("Fast & Furious", "fast and furious"),
            ("Schindler’s List", "Schindlers list"),
            ("Face/Off", "face off"),
            ("L.A. Confidential", "la confidential"),
            ("[REC]", "rec"),
        ] {
            assert_eq!(folded_title(one), folded_title(other));
        }
        assert_ne!(folded_title("..."), folded_title("!"));
        assert_ne!(folded_title("Alien"), folded_title("Aliens"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd_for_a_title(raw in "[A(), ’'19é)-]{0,40}") {
            let parsed = parse_title(&raw);
            proptest::prop_assert_eq!(parsed.title.is_empty(), raw.trim().is_empty());
        }
    }
}
