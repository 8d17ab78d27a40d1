//! What the page is shown of a file, and what it is refused.

use serde_json::{Value, json};

use super::super::sample::{ALIEN, HEAT, library};
use super::*;
use crate::words::Refusal;
use cineswarm_chat::Lang;

const NOW: i64 = 1_800_000_000;

fn shown(name: &str, contents: impl AsRef<[u8]>) -> Value {
    json!(preview(name, contents.as_ref(), NOW, &library()).unwrap())
}

fn refused(name: &str, contents: &[u8]) -> [Refusal; 2] {
    let trouble = preview(name, contents, NOW, &library()).unwrap_err();
    [trouble.refusal(Lang::En), trouble.refusal(Lang::Es)]
}

#[test]
fn a_file_is_shown_by_film_with_what_was_not_found_and_why() {
    let table = "Date,Name,Year,Letterboxd URI,Rating\n2020-01-02,Heat,1995,https://boxd.it/1,4.5\n\
        2021-01-02,Heat,1995,https://boxd.it/1,2\n2020-01-02,Alien,1978,https://boxd.it/2,3\n\
        2020-01-02,Fargo,1950,https://boxd.it/3,5\n2020-01-02,Nowhere at All,1999,https://boxd.it/4,5\n\
        2020-01-02,Nowhere at All,1999,https://boxd.it/4,1\n2020-01-02,Casino,1995,https://boxd.it/5,9\n";
    let shown = shown("ratings.csv", table);
    assert_eq!(shown["service"], "Letterboxd");
    assert_eq!(shown["rows"], 7);
    let heat = &shown["films"][0];
    assert_eq!(heat["movie"]["movie_id"], HEAT);
    assert_eq!(
        (&heat["rating"], &heat["by"], &heat["place"]),
        (&json!(2.0), &json!("title_and_year"), &json!("ratings.csv:2"))
    );
    assert_eq!(heat["rated_at"], 1_609_545_600_000_i64, "the later of two ratings counts");
    let alien = &shown["films"][1];
    assert_eq!(
        (&alien["movie"]["movie_id"], &alien["said"], &alien["by"]),
        (&json!(ALIEN), &json!("Alien (1978)"), &json!("year_beside"))
    );
    let missed: Vec<(&Value, &Value)> =
        shown["missed"].as_array().unwrap().iter().map(|row| (&row["said"], &row["why"])).collect();
    assert_eq!(
        missed,
        [(&json!("Fargo (1950)"), &json!("other_years")), (&json!("Nowhere at All (1999)"), &json!("unknown_title"))]
    );
    assert_eq!(shown["missed"][0]["candidates"][0]["title"], "Fargo");
    assert_eq!(shown["missed_in_all"], 2);
    assert_eq!(shown["left_out_in_all"], 1);
    assert!(shown["left_out"][0]["reason"].as_str().unwrap().contains('9'), "{shown:#}");
}

#[test]
fn thousands_of_films_that_are_not_there_are_counted_and_the_first_thousand_listed() {
    let rows: String = (0..3_000).map(|film| format!("Unheard of {film},1990,4\n")).collect();
    let shown = shown("mine.csv", format!("title,year,rating\n{rows}"));
    assert_eq!(shown["missed"].as_array().unwrap().len(), MOST_LISTED);
    assert_eq!(shown["missed_in_all"], 3_000);
    assert_eq!(shown["missed"][0]["said"], "Unheard of 0 (1990)", "in the order of the file");
}

#[test]
fn what_is_no_file_of_films_is_refused_in_both_languages_with_the_way_out() {
    let several = b"userId,movieId,rating\n1,1,4\n2,1,4\n";
    for (contents, en, es) in [
        (&b"a,b\n1,2\n"[..], "no column with a film's title or id", "no tiene ninguna columna"),
        (b"PK\x03\x04 no zip", "as a zip archive", "como archivo zip"),
        (b"{\"a\":", "expected a list of films as Trakt", "no es una lista de pel\u{ed}culas"),
        (several, "ratings of several users", "puntuaciones de varias personas"),
        (b"  \n", "is empty", "la tabla no se puede leer"),
    ] {
        let [english, spanish] = refused("x.csv", contents);
        assert_eq!(english.code, "unreadable_file");
        assert!(english.message.contains(en), "{}", english.message);
        assert!(spanish.message.contains(es), "{}", spanish.message);
        assert!(english.hint.contains("Letterboxd") && spanish.hint.contains("Letterboxd"));
    }
}

#[test]
fn more_ratings_than_a_profile_may_have_are_refused() {
    let mut table = "title,year,rating\n".to_owned();
    table.push_str(&"Heat,1995,4\n".repeat(MOST_ENTRIES + 1));
    let [english, spanish] = refused("x.csv", table.as_bytes());
    assert!(english.message.contains("100000 rows") && spanish.message.contains("100000 filas"), "{}", english.message);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, ..Default::default() })]

    #[test]
    fn no_bytes_make_a_preview_panic(name in "[a-z/.]{0,12}", noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        static LIBRARY: std::sync::LazyLock<Library> = std::sync::LazyLock::new(library);
        for start in [&b"title,rating\nHeat,"[..], b"[{\"rating\":9,\"movie\":{\"title\":\"Heat", b""] {
            let _ = preview(&name, &[start, &noise].concat(), NOW, &LIBRARY);
        }
    }
}
