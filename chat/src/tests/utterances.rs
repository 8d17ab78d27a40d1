//! One line per sentence: what is typed, what is understood; as long as there are sentences.

use super::*;
use crate::{ClarifyOption, replies};
use proptest::prelude::*;

const UTTERANCES: &[(&str, &str)] = &[
    // Films like others.
    ("films like Heat (1995) and Alien", "like Heat 1995 + Alien 1979"),
    ("films like heat 1995 and alien", "like Heat 1995 + Alien 1979"),
    ("FILMS LIKE ALIEN AND FARGO", "like Alien 1979 + Fargo 1996"),
    ("something similar to the matrix", "like The Matrix 1999"),
    ("something similar to matrix", "like The Matrix 1999"),
    ("movies like amelie but less known", "like Amelie 2001 less known"),
    ("películas como Amélie pero menos conocidas", "like Amelie 2001 less known"),
    ("movies like the matirx", "like The Matrix 1999"),
    ("films like blade runer", "like Blade Runner 1982"),
    ("films like Blade Runner 2049", "like Blade Runner 2049 2017"),
    ("películas como El laberinto del fauno y Alien", "like Pan's Labyrinth 2006 + Alien 1979"),
    ("peliculas como laberinto del fauno", "like Pan's Labyrinth 2006"),
    ("I loved Alien and Blade Runner, what next?", "like Alien 1979 + Blade Runner 1982"),
    ("i loved fargo what should i watch next", "like Fargo 1996"),
    ("I really enjoyed Spirited Away", "like Spirited Away 2001"),
    ("me encantó El viaje de Chihiro", "like Spirited Away 2001"),
    ("me gustó Fargo, ¿qué más?", "like Fargo 1996"),
    ("me gustaron Alien, Aliens y Fargo", "like Alien 1979 + Aliens 1986 + Fargo 1996"),
    ("5 films like Fargo", "like Fargo 1996 n=5"),
    ("cinco películas como Fargo", "like Fargo 1996 n=5"),
    ("top 20 films like Fargo", "like Fargo 1996 n=20"),
    ("give me 3 movies similar to Alien please", "like Alien 1979 n=3"),
    ("dame 3 pelis parecidas a Alien por favor", "like Alien 1979 n=3"),
    ("500 films like Fargo", "like Fargo 1996 n=100"),
    ("0 films like Fargo", "like Fargo 1996 n=1"),
    ("films like The Good, the Bad and the Ugly and Alien", "like The Good, the Bad and the Ugly 1966 + Alien 1979"),
    ("films like alien and the good the bad and the ugly", "like Alien 1979 + The Good, the Bad and the Ugly 1966"),
    ("like Beauty and the Beast (1991) and Up", "like Beauty and the Beast 1991 + Up 2009"),
    ("like beauty & the beast 2017", "like Beauty and the Beast 2017"),
    ("like beuty and the beast 1991", "like Beauty and the Beast 1991"),
    ("películas como Y tu mamá también y Alien", "like And Your Mother Too 2001 + Alien 1979"),
    ("peliculas como y tu mama tambien", "like And Your Mother Too 2001"),
    ("films like 1917", "like 1917 2019"),
    ("films like 300 and 1917", "like 300 2007 + 1917 2019"),
    ("films like 2001: A Space Odyssey", "like 2001: A Space Odyssey 1968"),
    ("films like 2001 a space odyssey and alien", "like 2001: A Space Odyssey 1968 + Alien 1979"),
    ("films like seven", "like Seven 1995"),
    ("films like Se7en", "like Seven 1995"),
    ("films like seven samurai", "like Seven Samurai 1954"),
    ("films like 12 monkeys", "like Twelve Monkeys 1995"),
    ("films like twelve angry men", "like 12 Angry Men 1957"),
    ("films like before sunrise", "like Before Sunrise 1995"),
    ("films like no country for old men", "like No Country for Old Men 2007"),
    ("films like No Country for Old Men but no westerns", "like No Country for Old Men 2007 -Western"),
    ("películas como Sin City sin romance", "like Sin City 2005 -Romance"),
    ("films like alien before 1980", "like Alien 1979 [..1979]"),
    ("films like Alien from the 80s", "like Alien 1979 [1980..1989]"),
    ("films like Alien, 80s, no comedies", "like Alien 1979 -Comedy [1980..1989]"),
    ("like Alien but not horror", "like Alien 1979 -Horror"),
    ("like alien but funny", "like Alien 1979 +Comedy"),
    ("something like alien but for kids", "like Alien 1979 +Children"),
    ("algo como Alien que no sea de terror", "like Alien 1979 -Horror"),
    ("parecidas a matrix pero sin ciencia ficción", "like The Matrix 1999 -Sci-Fi"),
    ("films like Kids", "like Kids 1995"),
    ("films like Up", "like Up 2009"),
    ("films like walle and spiderman", "like WALL·E 2008 + Spider-Man 2002"),
    ("films like monsters inc", "like Monsters, Inc. 2001"),
    ("films like Monsters, Inc. and Up", "like Monsters, Inc. 2001 + Up 2009"),
    ("films like godfather part 2", "like The Godfather: Part II 1974"),
    ("films like the godfather", "like The Godfather 1972"),
    ("films like the empire strikes back", "like Star Wars: Episode V - The Empire Strikes Back 1980"),
    ("films like star wars episode 4", "like Star Wars: Episode IV - A New Hope 1977"),
    ("films like shawshank", "like The Shawshank Redemption 1994"),
    ("films like the shawshenk redemtion", "like The Shawshank Redemption 1994"),
    ("films like cidade de deus", "like City of God 2002"),
    ("como agua para chocolate", "like Like Water for Chocolate 1992"),
    ("películas como como agua para chocolate", "like Like Water for Chocolate 1992"),
    ("some like it hot", "like Some Like It Hot 1959"),
    ("some like it hott", "like Some Like It Hot 1959"),
    ("films like the movie Fargo please", "like Fargo 1996"),
    ("similar a Fargo", "like Fargo 1996"),
    ("algo del estilo de Fargo", "like Fargo 1996"),
    ("otra como Fargo", "like Fargo 1996"),
    ("more like Fargo", "like Fargo 1996"),
    ("could you recommend me something like Fargo tonight?", "like Fargo 1996"),
    ("¿me recomiendas algo parecido a Fargo?", "like Fargo 1996"),
    ("i'm in the mood for something like Alien", "like Alien 1979"),
    ("films like Alien including ones I've seen", "like Alien 1979 seen too"),
    ("films like alien and scary movie", "like Alien 1979 + Scary Movie 2000"),
    ("films like Fargo and Fargo", "like Fargo 1996"),
    ("like fargo, but newer", "like Fargo 1996 [1997..]"),
    ("pelis de terror como Alien", "like Alien 1979 +Horror"),
    ("90s films like heat 1995", "like Heat 1995 [1990..1999]"),
    // Titles alone.
    ("Fargo", "like Fargo 1996"),
    ("fargo", "like Fargo 1996"),
    ("laberinto del fauno", "like Pan's Labyrinth 2006"),
    ("The Good, the Bad and the Ugly", "like The Good, the Bad and the Ugly 1966"),
    ("1917", "like 1917 2019"),
    ("war of the worlds", "like War of the Worlds 2005"),
    ("Heat (1995)", "like Heat 1995"),
    ("alien, fargo", "like Alien 1979 + Fargo 1996"),
    ("shawshank", "like The Shawshank Redemption 1994"),
    ("the shawshank redemtion", "like The Shawshank Redemption 1994"),
    ("Why Him?", "like Why Him? 2016"),
    ("More (1998)", "like More 1998"),
    ("popular (2004)", "like Popular 2004"),
    // When several films fit.
    ("films like Heat", "WhichFilm Heat: Heat (1995) | Heat (1986)"),
    ("the thing", "WhichFilm the thing: The Thing (1982) | The Thing (2011)"),
    ("films like thing", "WhichFilm thing: The Thing (1982) | The Thing (2011)"),
    ("films like the thing 2011", "like The Thing 2011"),
    ("films like the thing from 2011", "like The Thing 2011"),
    (
        "films like star wars",
        "WhichFilm star wars: Star Wars: Episode IV - A New Hope (1977) | Star Wars: Episode V - The Empire Strikes Back (1980) \
         | Star Wars: Episode VI - Return of the Jedi (1983)",
    ),
    (
        "lord of the rings",
        "WhichFilm lord of the rings: The Lord of the Rings: The Fellowship of the Ring (2001) | The Lord of the Rings: The Two \
         Towers (2002) | The Lord of the Rings (1978)",
    ),
    ("scary movie", "FilmOrKind scary movie: Scary Movie (2000) | Any film of this kind"),
    ("rate toy story 3", "RatingOrTitle Toy Story 3 (2010): Toy Story (1995): 3 stars | Toy Story 3 (2010)"),
    ("rate fargo", "HowManyStars Fargo (1996): 5 stars | 4 stars | 3 stars | 2 stars | 1 star"),
    ("rate 1917", "HowManyStars 1917 (2019): 5 stars | 4 stars | 3 stars | 2 stars | 1 star"),
    ("rate heat 4", "WhichFilm heat: Heat (1995) | Heat (1986)"),
    ("why the thing?", "WhichFilm the thing: The Thing (1982) | The Thing (2011)"),
    // Titles nobody knows.
    ("films like Qwertyuiop", "unknown Qwertyuiop: "),
    ("films like toy story 4", "unknown toy story 4: "),
    ("films like Fargo 1950", "unknown Fargo 1950: Fargo 1996"),
    ("why qwertyuiop", "unknown qwertyuiop: "),
    ("rate qwertyuiop 4", "unknown qwertyuiop: "),
    // Genres and years.
    ("90s comedies, no romance", "browse +Comedy -Romance [1990..1999]"),
    ("90s comedies no romance", "browse +Comedy -Romance [1990..1999]"),
    ("comedias de los 90 sin romance", "browse +Comedy -Romance [1990..1999]"),
    ("comedias de los años 90, nada de romance", "browse +Comedy -Romance [1990..1999]"),
    ("comedias noventeras", "browse +Comedy [1990..1999]"),
    ("comedias de los noventa", "browse +Comedy [1990..1999]"),
    ("comedies from the nineties", "browse +Comedy [1990..1999]"),
    ("comedies of the 1990s", "browse +Comedy [1990..1999]"),
    ("a scary movie from the 80s", "browse +Horror [1980..1989]"),
    ("scary movies from the 1980's", "browse +Horror [1980..1989]"),
    ("una de miedo", "browse +Horror"),
    ("una peli de miedo de los ochenta", "browse +Horror [1980..1989]"),
    ("otra de miedo", "browse +Horror"),
    ("thrillers before 1970", "browse +Thriller [..1969]"),
    ("thrillers de antes de 1970", "browse +Thriller [..1969]"),
    ("thrillers older than 1980", "browse +Thriller [..1979]"),
    ("sci-fi after 2010 and not animation", "browse +Sci-Fi -Animation [2011..]"),
    ("ciencia ficción después de 2010 y que no sea de animación", "browse +Sci-Fi -Animation [2011..]"),
    ("science fiction since 2000", "browse +Sci-Fi [2000..]"),
    ("scifi desde 2000", "browse +Sci-Fi [2000..]"),
    ("dramas between 1970 and 1980", "browse +Drama [1970..1980]"),
    ("dramas entre 1970 y 1980", "browse +Drama [1970..1980]"),
    ("dramas 1970-1980", "browse +Drama [1970..1980]"),
    ("dramas from 1970 to 1980", "browse +Drama [1970..1980]"),
    ("dramas de 1970 a 1980", "browse +Drama [1970..1980]"),
    ("dramas de 1980 en adelante", "browse +Drama [1980..]"),
    ("dramas until 1960", "browse +Drama [..1960]"),
    ("films from 1917", "browse [1917..1917]"),
    ("películas de 1999", "browse [1999..1999]"),
    ("movies from the early 90s", "browse [1990..1993]"),
    ("películas de finales de los 90", "browse [1997..1999]"),
    ("60's westerns", "browse +Western [1960..1969]"),
    ("películas del oeste de los 60", "browse +Western [1960..1969]"),
    ("comedies from the 80s or the 90s", "browse +Comedy [1980..1999]"),
    ("recent horror", "browse +Horror [2015..]"),
    ("comedias recientes", "browse +Comedy [2015..]"),
    ("thrillers from the last 10 years", "browse +Thriller [2010..]"),
    ("thrillers de los últimos 10 años", "browse +Thriller [2010..]"),
    ("old westerns", "browse +Western [..1979]"),
    ("cine negro", "browse +Film-Noir"),
    ("film noir", "browse +Film-Noir"),
    ("bélicas sin drama", "browse +War -Drama"),
    ("romántica", "browse +Romance"),
    ("películas románticas", "browse +Romance"),
    ("something for kids", "browse +Children"),
    ("algo para niños", "browse +Children"),
    ("cartoons without musicals or war", "browse +Animation -Musical -War"),
    ("dibujos animados sin musicales ni guerra", "browse +Animation -Musical -War"),
    ("comedy, no romance, war or horror", "browse +Comedy -Romance -War -Horror"),
    ("no romance, comedies please", "browse +Comedy -Romance"),
    ("no horror movies", "browse -Horror"),
    ("que no sea de terror", "browse -Horror"),
    ("funny but not animated", "browse +Comedy -Animation"),
    ("horror comedies", "browse +Horror&Comedy"),
    ("5 comedies from the 90s", "browse +Comedy [1990..1999] n=5"),
    ("dame 5 comedias de los 90", "browse +Comedy [1990..1999] n=5"),
    ("i want to watch a good thriller tonight", "browse +Thriller"),
    ("quiero ver un buen thriller esta noche", "browse +Thriller"),
    ("i like comedies", "browse +Comedy"),
    ("me gustan las comedias", "browse +Comedy"),
    ("commedies from the 90s", "browse +Comedy [1990..1999]"),
    ("thrilers", "browse +Thriller"),
    ("comdeias de los 90", "browse +Comedy [1990..1999]"),
    ("recommend me a scary movie", "browse +Horror"),
    ("hidden gems from the 80s", "browse [1980..1989] less known"),
    ("comedias menos conocidas", "browse +Comedy less known"),
    ("horror, not too popular", "browse +Horror less known"),
    ("documentaries", "browse +Documentary"),
    ("a documentary about penguins", "browse +Documentary ignoring about penguins"),
    ("90s comedies with Jim Carrey", "browse +Comedy [1990..1999] ignoring Jim Carrey"),
    // For the viewer.
    ("recommend me something", "for me"),
    ("recommend", "for me"),
    ("recomiéndame algo", "for me"),
    ("recomienda", "for me"),
    ("what should I watch tonight?", "for me"),
    ("what should i watch", "for me"),
    ("qué veo esta noche", "for me"),
    ("¿Qué veo hoy?", "for me"),
    ("surprise me", "for me"),
    ("sorpréndeme", "for me"),
    ("recommend me 5 films", "for me n=5"),
    ("recommend 5", "for me n=5"),
    ("recommend me something including ones I've seen", "for me seen too"),
    ("recomiéndame algo aunque las haya visto", "for me seen too"),
    ("something new to me", "for me"),
    ("could you please suggest a film", "for me"),
    // For a user of the dataset.
    ("recommend something for user 42", "user 42"),
    ("recomienda algo para el usuario 42", "user 42"),
    ("user 42", "user 42"),
    ("user #42", "user 42"),
    ("comedies for user 7, no romance", "user 7 +Comedy -Romance"),
    ("5 films for user 42", "user 42 n=5"),
    ("user 99999999999999999999999", "user 4294967295"),
    // Popular.
    ("popular", "popular"),
    ("Popular!", "popular"),
    ("what's popular", "popular"),
    ("what's popular in horror", "popular +Horror"),
    ("lo más visto", "popular"),
    ("lo mas visto de los 90", "popular [1990..1999]"),
    ("películas populares", "popular"),
    ("most watched thrillers", "popular +Thriller"),
    ("best comedies of the 90s", "popular +Comedy [1990..1999]"),
    ("las mejores comedias", "popular +Comedy"),
    ("top 10 popular", "popular n=10"),
    ("what are people watching?", "popular"),
    // Ratings.
    ("rate Toy Story 4.5", "rate Toy Story 1995: 4.5"),
    ("rate toy story (1995) 3", "rate Toy Story 1995: 3"),
    ("Rate Toy Story: 4", "rate Toy Story 1995: 4"),
    ("I give Fargo 4 stars", "rate Fargo 1996: 4"),
    ("i'd give fargo a 4", "rate Fargo 1996: 4"),
    ("I give 4 stars to Fargo", "rate Fargo 1996: 4"),
    ("toy story: 4.5", "rate Toy Story 1995: 4.5"),
    ("Toy Story 4.5", "rate Toy Story 1995: 4.5"),
    ("puntúa Toy Story con 4,5", "rate Toy Story 1995: 4.5"),
    ("puntua toy story con un 4,5", "rate Toy Story 1995: 4.5"),
    ("le doy un 4 a Fargo", "rate Fargo 1996: 4"),
    ("le doy 4 estrellas a Fargo", "rate Fargo 1996: 4"),
    ("le doy a Fargo un 4", "rate Fargo 1996: 4"),
    ("Fargo 8/10", "rate Fargo 1996: 4"),
    ("rate Fargo 7 out of 10", "rate Fargo 1996: 3.5"),
    ("Fargo: 80%", "rate Fargo 1996: 4"),
    ("Fargo ★★★★", "rate Fargo 1996: 4"),
    ("Fargo 4½", "rate Fargo 1996: 4.5"),
    ("rate Fargo four stars", "rate Fargo 1996: 4"),
    ("rate fargo 4 and a half stars", "rate Fargo 1996: 4.5"),
    ("cuatro estrellas para Fargo", "rate Fargo 1996: 4"),
    ("rate 300 4.5", "rate 300 2007: 4.5"),
    ("rate 1917 4", "rate 1917 2019: 4"),
    ("I give Toy Story 3 5 stars", "rate Toy Story 3 2010: 5"),
    ("rate toy story 3 5", "rate Toy Story 3 2010: 5"),
    ("le doy un 4 a 300", "rate 300 2007: 4"),
    ("rate se7en 5", "rate Seven 1995: 5"),
    ("please rate the matirx 4", "rate The Matrix 1999: 4"),
    ("rate Heat 1995 4", "rate Heat 1995: 4"),
    ("rate The Good, the Bad and the Ugly 5", "rate The Good, the Bad and the Ugly 1966: 5"),
    ("rate Toy Story 7", "off scale Toy Story 1995: 7"),
    ("rate Toy Story 0", "off scale Toy Story 1995: 0"),
    ("rate Toy Story -1", "off scale Toy Story 1995: -1"),
    ("rate Toy Story 4.3", "off scale Toy Story 1995: 4.3"),
    ("puntúa Fargo con 11", "off scale Fargo 1996: 11"),
    // Why.
    ("why Fargo?", "why Fargo 1996"),
    ("why fargo", "why Fargo 1996"),
    ("¿por qué Fargo?", "why Fargo 1996"),
    ("por que fargo", "why Fargo 1996"),
    ("why did you recommend Fargo?", "why Fargo 1996"),
    ("why was Fargo recommended", "why Fargo 1996"),
    ("¿por qué me recomiendas El laberinto del fauno?", "why Pan's Labyrinth 2006"),
    ("and why The Matrix", "why The Matrix 1999"),
    ("explain Fargo", "why Fargo 1996"),
    // Commands.
    ("more", "more"),
    ("More!", "more"),
    ("more please", "more"),
    ("show me more", "more"),
    ("5 more", "more n=5"),
    ("más", "more"),
    ("mas", "more"),
    ("otra", "more"),
    ("otras", "more"),
    ("dame más", "more"),
    ("mostrar más", "more"),
    ("another one", "more n=1"),
    ("more like this", "more"),
    ("less known", "less known"),
    ("menos conocidas", "less known"),
    ("hidden gems", "less known"),
    ("joyas ocultas", "less known"),
    ("something less known", "less known"),
    ("help", "help"),
    ("ayuda", "help"),
    ("hello", "help"),
    ("¡Hola!", "help"),
    ("gracias", "thanks"),
    ("why?", "help"),
    ("rate", "help"),
    ("", "help"),
    ("   ", "help"),
    ("???", "help"),
    ("😀", "help"),
    ("asdfgh", "help"),
    ("what is the capital of France and how many people live there at the moment in winter", "help"),
    // What the data does not say.
    ("películas españolas", "outside españolas"),
    ("french films", "outside french"),
    ("films by Tarantino", "outside by Tarantino"),
    ("películas con Al Pacino", "outside Al Pacino"),
];

#[test]
fn sentences_in_both_languages_are_understood_whatever_language_is_set() {
    let room = Room::new();
    let mut wrong = Vec::new();
    for (text, expected) in UTTERANCES {
        let english = room.in_short(text, Lang::En);
        let spanish = room.understand(text, Lang::Es);
        let same = match &spanish.intent {
            // Labels are in the person's language.
            Intent::Clarify { options, .. } => {
                matches!(room.understand(text, Lang::En).intent, Intent::Clarify { options: own, .. } if own.len() == options.len())
            }
            _ => in_short(&spanish, &room.catalogue) == english,
        };
        if english != *expected || !same {
            wrong.push(format!("{text:?}\n   expected {expected}\n   was      {english}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), UTTERANCES.len(), wrong.join("\n"));
}

#[test]
fn every_option_of_a_question_ends_that_doubt() {
    let room = Room::new();
    let questions = UTTERANCES.iter().map(|(text, _)| *text).chain([
        "films like heat and the thing, no romance",
        "películas como heat y star wars pero menos conocidas",
        "rate star wars 4",
        "puntúa heat con 4,5",
        "why star wars?",
        "beauty and the beast",
        "5 films like \"lord of the rings\" from the 90s",
    ]);
    let mut asked = 0;
    for text in questions {
        for lang in [Lang::En, Lang::Es] {
            let Intent::Clarify { question, about, options, .. } = room.understand(text, lang).intent else { continue };
            asked += 1;
            assert!(options.len() >= 2, "{text:?} offers a choice");
            for ClarifyOption { label, text: next } in &options {
                let understood = room.understand(next, lang);
                match &understood.intent {
                    Intent::Clarify { question: further, about: other, .. } => {
                        // "rate Toy Story 3 (2010)" still lacks its stars; "heat and the thing" its second film.
                        assert!(*further != question || *other != about, "{next:?} asks the same again");
                    }
                    Intent::UnknownTitle { .. } | Intent::Help | Intent::OutsideTheData { .. } => {
                        panic!("{next:?}, offered for {text:?}, is not understood: {:?}", understood.intent)
                    }
                    Intent::Like { movies, .. } => {
                        assert!(
                            movies
                                .iter()
                                .any(|movie| replies::film_name(room.catalogue.get(*movie).unwrap()) == *label),
                            "{label}"
                        );
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(asked >= 20, "only {asked} questions were met");
}

#[test]
fn two_doubts_in_one_sentence_are_asked_one_after_the_other() {
    let room = Room::new();
    let mut text = "films like heat and the thing, no romance".to_owned();
    for about in ["heat", "the thing"] {
        let Intent::Clarify { about: asked, options, .. } = room.understand(&text, Lang::En).intent else {
            panic!("{text:?} is ambiguous")
        };
        assert_eq!(asked, about);
        text = options[1].text.clone();
    }
    assert_eq!(text, "films like Heat (1986) and The Thing (2011), no romance");
    assert_eq!(room.in_short(&text, Lang::En), "like Heat 1986 + The Thing 2011 -Romance");
}

#[test]
fn the_examples_of_help_are_understood() {
    let room = Room::new();
    for lang in [Lang::En, Lang::Es] {
        let help = replies::help(lang, &room.index, &room.catalogue);
        assert!((5..=6).contains(&help.examples.len()), "{:?}", help.examples);
        for example in help.examples {
            let understood = room.understand(&example, lang);
            assert!(understood.ignored.is_empty(), "{example:?}: {understood:?}");
            assert!(
                !matches!(
                    understood.intent,
                    Intent::Help | Intent::UnknownTitle { .. } | Intent::Clarify { .. } | Intent::OutsideTheData { .. }
                ),
                "{example:?}: {understood:?}"
            );
        }
    }
}

#[test]
fn a_catalogue_without_films_or_genres_only_ever_helps() {
    let catalogue = Catalogue::default();
    let index = TitleIndex::build(&catalogue);
    for (text, _) in UTTERANCES {
        let understood = understand(text, Lang::En, &index, &catalogue);
        assert!(
            !matches!(understood.intent, Intent::Rate { .. } | Intent::Why { .. } | Intent::Clarify { .. }),
            "{text:?}"
        );
    }
    assert_eq!(replies::examples(Lang::En, &index, &catalogue), ["what's popular?"]);
}

#[test]
fn what_was_understood_is_said_in_one_line() {
    let room = Room::new();
    let described = |text: &str, lang| {
        let understood = room.understand(text, lang);
        replies::describe(&understood.intent, &understood.topics, &room.catalogue, lang)
    };
    assert_eq!(
        described("movies like fargo and alien but less known", Lang::En),
        "Films like Fargo (1996) and Alien (1979), less known"
    );
    assert_eq!(described("90s comedies, no romance", Lang::Es), "Películas para ti, comedia, sin romance, 1990–1999");
    assert_eq!(described("puntúa Fargo con 4,5", Lang::Es), "Fargo (1996): 4,5 estrellas");
}

#[test]
fn replies_name_the_films_and_the_scale() {
    let room = Room::new();
    let Intent::UnknownTitle { asked, nearest } = room.understand("films like Fargo 1950", Lang::En).intent else {
        panic!("there was no such film in 1950")
    };
    assert_eq!(
        replies::unknown_title(&asked, &nearest, &room.catalogue, Lang::En),
        "I don't know “Fargo 1950”. Did you mean Fargo (1996)?"
    );
    let fargo = room.catalogue.get(nearest[0]).unwrap();
    let stats = cineswarm_engine::MovieStats::default();
    let said = |wanted| replies::about(wanted, fargo, stats, None, None, Lang::En);
    assert!(said(crate::Wanted::Other).starts_with("That I don't know of Fargo (1996)."));
    assert!(replies::count_of(36, &Filters::default(), &[], Lang::Es).starts_with("Conozco 36 películas"));
    assert!(replies::off_scale(fargo, "7", Lang::Es).contains("media estrella a 5"));
    assert_eq!(
        replies::ignored(&["with Al Pacino".to_owned()], Lang::En).unwrap(),
        "I did not take into account “with Al Pacino”."
    );
}

/// Words that appear in real sentences, to reach deeper than arbitrary characters do.
fn sentence_like() -> impl Strategy<Value = String> {
    let words: Vec<&'static str> = UTTERANCES
        .iter()
        .flat_map(|(text, _)| text.split(' '))
        .chain(["(", ")", "/", "½", "★", "5", "of", "-"])
        .collect();
    prop::collection::vec(prop::sample::select(words), 0..60).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![any::<String>(), "\\PC{0,300}", "[\\PC\\n ]{0,10000}", sentence_like()]) {
        let room = Room::new();
        for lang in [Lang::En, Lang::Es] {
            let understood = room.understand(&text, lang);
            replies::describe(&understood.intent, &understood.topics, &room.catalogue, lang);
            if let Some(n) = understood.n {
                prop_assert!((1..=100).contains(&n));
            }
        }
        room.index.find(&text);
        prop_assert!(room.index.search(&text, 8).len() <= 8);
    }
}

/// A sentence for each of ten films is hard to read.
#[test]
fn the_lengths_of_a_list_are_said_in_one_line() {
    let catalogue = super::catalogue();
    let facts = |minutes| cineswarm_engine::FilmFacts { runtime_min: minutes, ..Default::default() };
    let known = [facts(Some(91)), facts(None), facts(Some(120))];
    let films: Vec<_> = catalogue
        .movies()
        .iter()
        .zip(&known)
        .map(|(movie, facts)| (movie, MovieStats::default(), Some(facts)))
        .collect();
    let names: Vec<String> = films.iter().map(|(movie, ..)| replies::film_name(movie)).collect();
    let said = replies::compare(crate::Wanted::Runtime, &films, Lang::En);
    assert_eq!(said, format!("{}: 91 minutes; {}: not known; {}: 120 minutes.", names[0], names[1], names[2]));
}

/// "honest" in the files of sentences does not tell these from what is not understood.
#[test]
fn small_talk_is_answered_as_what_it_is() {
    let room = Room::new();
    for (sentence, said) in [
        ("la de un niño que ve muertos", "ByPlot"),
        ("the one where a guy wakes up on the same day again and again", "ByPlot"),
        ("i can't sleep", "SmallTalk"),
        ("jaja me dio hambre", "SmallTalk"),
        ("estoy muy triste", "Sorrow"),
        ("wow", "Reaction"),
        ("no me digas", "Reaction"),
        ("jaja qué malo eres", "Reproach"),
        ("that's not what I asked", "Reproach"),
        ("no wait, don't", "NothingDone"),
        ("talk like yoda", "OnlyFilms"),
        ("¿cuál es tu peli favorita?", "Favourite"),
    ] {
        assert_eq!(room.in_short(sentence, Lang::En), said, "{sentence}");
    }
}
