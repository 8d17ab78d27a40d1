//! The sentences that answer a person without a computation, in English and in Spanish.
//! Never decides what to answer; says what an intent means.
//! Longer than other files because all that the chat says stands side by side in both languages, for a translator.

mod changes;
mod films;
mod itself;
mod shown;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::LazyLock;

use cineswarm_engine::{Catalogue, Filters, Movie, MovieId};

pub use changes::*;
pub use films::*;
pub use itself::*;
pub use shown::*;

use crate::{ClarifyOption, Intent, Lang, Mark, Question, TitleIndex, TitleMatch, Topic, TopicKind, Tweak};

/// What help says, and sentences that work on this catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// For the person to read.
    pub message: String,
    /// To be sent as they are.
    pub examples: Vec<String>,
}

/// A film as a choice, which says nothing but its title and year.
pub(crate) fn film_option(movie: MovieId, catalogue: &Catalogue) -> Option<ClarifyOption> {
    let label = film_name(catalogue.get(movie)?);
    Some(ClarifyOption { text: label.clone(), label })
}

/// "Heat (1995)"; the title alone for a film of unknown year.
pub fn film_name(movie: &Movie) -> String {
    match movie.year {
        Some(year) => format!("{} ({year})", movie.title),
        None => movie.title.clone(),
    }
}

/// "4.5 stars", "4,5 estrellas", "1 star".
pub fn stars(stars: f64, lang: Lang) -> String {
    let one = (stars - 1.0).abs() < f64::EPSILON;
    match lang {
        Lang::En => format!("{stars} {}", if one { "star" } else { "stars" }),
        Lang::Es => {
            format!("{} {}", stars.to_string().replace('.', ","), if one { "estrella" } else { "estrellas" })
        }
    }
}

/// A genre as the language calls it: "comedia". Genres that are not in `data/genres.tsv` keep their names.
pub fn genre_name(genre: &str, lang: Lang) -> &str {
    static SPANISH: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
        let lines = include_str!("../data/genres.tsv").lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split_once('\t')).collect()
    });
    match lang {
        Lang::En => genre,
        Lang::Es => SPANISH.get(genre).copied().unwrap_or(genre),
    }
}

fn genre_names(genres: &[String], lang: Lang) -> Vec<String> {
    genres.iter().map(|genre| genre_name(genre, lang).to_owned()).collect()
}

/// A topic as the language calls it.
pub fn topic_name(topic: &Topic, lang: Lang) -> String {
    match topic.kind {
        TopicKind::Director if lang == Lang::En => format!("directed by {}", topic.label),
        TopicKind::Director => format!("dirigidas por {}", topic.label),
        TopicKind::Cast if lang == Lang::En => format!("with {}", topic.label),
        TopicKind::Cast => format!("con {}", topic.label),
        TopicKind::Series if lang == Lang::En => format!("the {} series", topic.label),
        TopicKind::Series => format!("la saga de {}", topic.label),
        TopicKind::LengthAtMost if lang == Lang::En => format!("no more than {} minutes", topic.label),
        TopicKind::LengthAtMost => format!("de menos de {} minutos", topic.label),
        TopicKind::LengthAtLeast if lang == Lang::En => format!("at least {} minutes", topic.label),
        TopicKind::LengthAtLeast => format!("de al menos {} minutos", topic.label),
        TopicKind::Genres => {
            topic.label.split(" + ").map(|genre| genre_name(genre, lang)).collect::<Vec<_>>().join(" + ")
        }
        TopicKind::Theme | TopicKind::Origin => topic.label.clone(),
        TopicKind::Without if lang == Lang::En => format!("without {}", topic.label),
        TopicKind::Without => format!("sin {}", topic.label),
        TopicKind::BetterKnown if lang == Lang::En => "better known".to_owned(),
        TopicKind::BetterKnown => "más conocidas".to_owned(),
    }
}

/// The words that ask for a topic in a sentence.
pub(crate) fn topic_said(topic: &Topic, lang: Lang) -> String {
    match topic.kind {
        TopicKind::Genres | TopicKind::Theme | TopicKind::Origin => topic.said.clone(),
        _ => topic_name(topic, lang),
    }
}

/// What can be asked, with examples about the best-known films of the catalogue.
pub fn help(lang: Lang, index: &TitleIndex, catalogue: &Catalogue) -> Help {
    let message = match lang {
        Lang::En => {
            "Ask for films like those you love, by genre, by year, or for what many people watch. \
             You can rate films and ask why one was recommended. For example:"
        }
        Lang::Es => {
            "Pide películas parecidas a las que te gustan, por género, por año, o lo que más se ve. \
             Puedes puntuar películas y preguntar por qué se recomendó una. Por ejemplo:"
        }
    };
    Help { message: message.to_owned(), examples: examples(lang, index, catalogue) }
}

/// Five or six sentences that are understood on this catalogue; fewer on one with few films or genres.
pub fn examples(lang: Lang, index: &TitleIndex, catalogue: &Catalogue) -> Vec<String> {
    let mut by_popularity: Vec<&Movie> = catalogue.movies().iter().collect();
    by_popularity.sort_by_key(|movie| (Reverse(catalogue.stats(movie.id).ratings), movie.id));
    // Short titles that leave no doubt and that are easy to type.
    let mut titles = by_popularity
        .into_iter()
        .filter(|movie| movie.title.chars().count() <= 24 && !movie.title.contains([':', ',']))
        .filter(|movie| index.find(&movie.title) == TitleMatch::One(movie.id))
        .map(|movie| movie.title.as_str());
    let has = |genre: &str| catalogue.genres().iter().any(|own| own.eq_ignore_ascii_case(genre));
    let mut examples = Vec::new();
    let first = titles.next();
    match (lang, first, titles.next()) {
        (Lang::En, Some(first), Some(second)) => examples.push(format!("films like {first} and {second}")),
        (Lang::Es, Some(first), Some(second)) => examples.push(format!("películas como {first} y {second}")),
        _ => {}
    }
    if has("Comedy") && has("Romance") {
        examples.push(match lang {
            Lang::En => "90s comedies, no romance".to_owned(),
            Lang::Es => "comedias de los 90 sin romance".to_owned(),
        });
    }
    if has("Horror") {
        examples.push(match lang {
            Lang::En => "something scary but less known".to_owned(),
            Lang::Es => "algo de miedo pero menos conocido".to_owned(),
        });
    }
    examples.push(match lang {
        Lang::En => "what's popular?".to_owned(),
        Lang::Es => "lo más visto".to_owned(),
    });
    if let Some(title) = titles.next().or(first) {
        examples.push(match lang {
            Lang::En => format!("rate {title} 4.5 stars"),
            Lang::Es => format!("puntúa {title} con 4,5 estrellas"),
        });
    }
    if let Some(title) = first {
        examples.push(match lang {
            Lang::En => format!("why {title}?"),
            Lang::Es => format!("¿por qué {title}?"),
        });
    }
    examples
}

/// The question that goes with the options of [`Intent::Clarify`].
pub fn clarify(question: Question, about: &str, lang: Lang) -> String {
    match (question, lang) {
        (Question::WhichFilm, Lang::En) => format!("Several films fit “{about}”. Which one do you mean?"),
        (Question::WhichFilm, Lang::Es) => format!("Hay varias películas que encajan con «{about}». ¿Cuál dices?"),
        (Question::FilmLike, Lang::En) => {
            format!("I know nobody called “{about}”, but there is a film. Do you mean films like it?")
        }
        (Question::FilmLike, Lang::Es) => {
            format!("No conozco a nadie llamado «{about}», pero hay una película. ¿Quieres decir películas así?")
        }
        (Question::HowManyStars, Lang::En) => format!("How many stars for {about}? Half stars are fine too."),
        (Question::HowManyStars, Lang::Es) => format!("¿Cuántas estrellas le das a {about}? También valen medias."),
        (Question::ConfirmRating, Lang::En) => format!("How many stars is {about} worth to you, then?"),
        (Question::ConfirmRating, Lang::Es) => format!("Entonces, ¿cuántas estrellas le das a {about}?"),
        (Question::FilmOrKind, Lang::En) => format!("“{about}” is a title and a kind of film. Which do you mean?"),
        (Question::FilmOrKind, Lang::Es) => format!("«{about}» es un título y un tipo de película. ¿Cuál dices?"),
        (Question::RatingOrTitle, Lang::En) => format!("Is the number your rating, or do you mean {about}?"),
        (Question::RatingOrTitle, Lang::Es) => format!("¿El número es tu nota, o te refieres a {about}?"),
        (Question::PersonLike, Lang::En) => format!("I know nobody called “{about}”. Do you mean somebody else?"),
        (Question::PersonLike, Lang::Es) => format!("No conozco a nadie llamado «{about}». ¿Dices otra persona?"),
        (Question::WhatToDelete, Lang::En) => "Delete what? Your ratings stay unless you say so.".to_owned(),
        (Question::WhatToDelete, Lang::Es) => "¿Borrar qué? Tus notas se quedan mientras no lo digas.".to_owned(),
        (Question::WhatDiffers, Lang::En) => format!("{about} Which one do you mean?"),
        (Question::WhatDiffers, Lang::Es) => format!("{about} ¿Cuál dices?"),
        (Question::StillOpen, Lang::En) => format!("Before “{about}”: do you mean one of these? If not, say “none”."),
        (Question::StillOpen, Lang::Es) => format!("Antes de «{about}»: ¿dices alguna de estas? Si no, di «ninguna»."),
        (Question::WhichPerson, Lang::En) => format!("Several people are in {about}. Whom do you mean?"),
        (Question::WhichPerson, Lang::Es) => format!("En {about} sale más de una persona. ¿Quién dices?"),
    }
}

/// For a title that no film has.
pub fn unknown_title(asked: &str, nearest: &[MovieId], catalogue: &Catalogue, lang: Lang) -> String {
    let names: Vec<String> = nearest.iter().filter_map(|movie| catalogue.get(*movie)).map(film_name).collect();
    let either = names_in_words(
        &names,
        match lang {
            Lang::En => "or",
            Lang::Es => "o",
        },
    );
    match (lang, names.is_empty()) {
        (Lang::En, true) => format!("I don't know “{asked}”. Check the spelling, or try the original title."),
        (Lang::En, false) => format!("I don't know “{asked}”. Did you mean {either}?"),
        (Lang::Es, true) => format!("No conozco «{asked}». Revisa cómo se escribe o prueba con el título original."),
        (Lang::Es, false) => format!("No conozco «{asked}». ¿Quieres decir {either}?"),
    }
}

/// For countries, people and plots, which the data does not hold.
pub fn outside_the_data(asked: &str, has_facts: bool, lang: Lang) -> String {
    match (lang, has_facts) {
        (Lang::En, false) => format!(
            "I can't search for “{asked}”: I know films by title, genre, year and ratings, not by country, people or plot."
        ),
        (Lang::Es, false) => format!(
            "No puedo buscar «{asked}»: conozco las películas por título, género, año y notas, no por país, personas o argumento."
        ),
        (Lang::En, true) => format!(
            "I can't search for “{asked}”: of people, themes, languages and lengths I know what the facts about these films say, and it is not there."
        ),
        (Lang::Es, true) => format!(
            "No puedo buscar «{asked}»: de personas, temas, idiomas y duraciones sé lo que dicen los datos de estas películas, y eso no está."
        ),
    }
}

/// For somebody who says thank you.
pub fn welcome(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "You're welcome. Whenever you want another film, for example:",
        Lang::Es => "De nada. Cuando quieras otra película, por ejemplo:",
    }
}

/// For what the chat asks back without choices, or does not have.
pub fn cannot(intent: &Intent, lang: Lang) -> Option<&'static str> {
    Some(match (intent, lang) {
        (Intent::WhichOne, Lang::En) => "Which film do you mean? Say its number in the list, or its title.",
        (Intent::WhichOne, Lang::Es) => "¿Qué película dices? Di su número en la lista, o su título.",
        (Intent::Declined, Lang::En) => "Fine, none of those. Say it another way, or ask for something else.",
        (Intent::Declined, Lang::Es) => "Vale, ninguna de esas. Dilo de otra manera, o pide otra cosa.",
        (Intent::NoSuchPlace { .. }, Lang::En) => "The last list does not go that far.",
        (Intent::NoSuchPlace { .. }, Lang::Es) => "La última lista no llega tan lejos.",
        _ => return None,
    })
}

/// For what means nothing here.
pub fn not_understood(asked: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("I did not understand “{asked}”. I find films by titles you like, genres and years:"),
        Lang::Es => format!("No he entendido «{asked}». Busco películas por títulos que te gustan, géneros y años:"),
    }
}

/// For somebody who was told just now that the sentence is not understood, and says it again.
pub fn still_at_a_loss(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "That is still beyond me. Say it with a film you like, a genre, a mood or years, like this:",
        Lang::Es => "Sigo sin entenderlo. Dilo con una película que te guste, un género, un ánimo o unos años, así:",
    }
}

/// For parts of a sentence that the answer leaves out; `None` if there are none.
pub fn ignored(parts: &[String], lang: Lang) -> Option<String> {
    let quoted: Vec<String> = parts
        .iter()
        .map(|part| match lang {
            Lang::En => format!("“{part}”"),
            Lang::Es => format!("«{part}»"),
        })
        .collect();
    (!quoted.is_empty()).then(|| match lang {
        Lang::En => format!("I did not take into account {}.", names_in_words(&quoted, "and")),
        Lang::Es => format!("No he tenido en cuenta {}.", names_in_words(&quoted, "y")),
    })
}

/// How a list for somebody begins, and how one for anybody.
pub(crate) const FOR_YOU: [(&str, &str); 2] = [("Films for you", "Films"), ("Películas para ti", "Películas")];

/// One line that says how a sentence was understood: "Films like Heat (1995) and Alien (1979), less known".
pub fn describe(intent: &Intent, topics: &[Topic], catalogue: &Catalogue, lang: Lang) -> String {
    let english = lang == Lang::En;
    let pick = |en: &str, es: &str| if english { en.to_owned() } else { es.to_owned() };
    let name = |movie: &MovieId| catalogue.get(*movie).map(film_name).unwrap_or_default();
    match intent {
        Intent::Like { movies, filters, tweak } => {
            let names: Vec<String> = movies.iter().map(name).collect();
            let names = names_in_words(&names, if english { "and" } else { "y" });
            with_conditions(pick("Films like ", "Películas como ") + &names, filters, topics, *tweak, lang)
        }
        Intent::Browse { filters, tweak } => {
            with_conditions(pick(FOR_YOU[0].0, FOR_YOU[1].0), filters, topics, *tweak, lang)
        }
        Intent::ForMe { filters } => {
            with_conditions(pick(FOR_YOU[0].0, FOR_YOU[1].0), filters, topics, Tweak::None, lang)
        }
        Intent::ForUser { user_id, filters } => {
            let start = pick("Films for user ", "Películas para el usuario ") + &user_id.to_string();
            with_conditions(start, filters, topics, Tweak::None, lang)
        }
        Intent::Popular { filters } => {
            with_conditions(pick("Popular films", "Películas populares"), filters, topics, Tweak::None, lang)
        }
        Intent::Rate { movie, half_stars } | Intent::RateInstead { movie, half_stars, .. } => {
            format!("{}: {}", name(movie), stars(half_stars.stars(), lang))
        }
        Intent::RateSeveral { ratings, .. } => {
            let each = ratings.iter().map(|(movie, given)| format!("{}: {}", name(movie), stars(given.stars(), lang)));
            each.collect::<Vec<_>>().join(", ")
        }
        Intent::RateBy { movie, half_stars } => {
            format!("{}: {}{}", name(movie), if *half_stars > 0 { "+" } else { "" }, f64::from(*half_stars) / 2.0)
        }
        Intent::MarkInstead { movie, .. } => name(movie),
        Intent::RateOffScale { movie, said } => format!("{}: {said}", name(movie)),
        Intent::Why { movie } => pick("Why ", "Por qué ") + &name(movie),
        Intent::More => pick("More", "Más"),
        Intent::LessKnown => pick("Less known", "Menos conocidas"),
        Intent::Clarify { about, .. } => about.clone(),
        Intent::UnknownTitle { asked, .. }
        | Intent::OutsideTheData { asked }
        | Intent::NoSuchPlace { asked }
        | Intent::NotUnderstood { asked } => asked.clone(),
        Intent::CountOf { filters, .. } => {
            with_conditions(pick("Films", "Películas"), filters, topics, Tweak::None, lang)
        }
        Intent::About { movie, .. }
        | Intent::AboutBoth { movie, .. }
        | Intent::IsBy { movie, .. }
        | Intent::Tagged { movie, .. }
        | Intent::Unrate { movie } => name(movie),
        Intent::MyRatings => pick("What you have rated", "Lo que has puntuado"),
        Intent::MySeen => pick("What you have seen", "Lo que has visto"),
        Intent::UnrateSeveral { movies } => {
            let names: Vec<String> = movies.iter().map(name).collect();
            names_in_words(&names, if english { "and" } else { "y" })
        }
        Intent::CountFilms => pick("How many films there are", "Cuántas películas hay"),
        Intent::Compare { movies, .. } => {
            let names: Vec<String> = movies.iter().map(name).collect();
            names_in_words(&names, if english { "or" } else { "o" })
        }
        Intent::AmongShown { film: Some(movie), .. } => name(movie),
        Intent::AmongShown { .. } => pick("Which of these", "Cuáles de estas"),
        Intent::InOrder { .. } => pick("In order", "Por orden"),
        Intent::Series { name, .. } => name.clone(),
        Intent::Thanks => pick("Thanks", "Gracias"),
        Intent::Chosen { movie } => name(movie),
        Intent::OfItself(_) => pick("About this chat", "Sobre este chat"),
        Intent::Refine { filters, tweak, .. } => {
            with_conditions(pick("The same question", "La misma pregunta"), filters, topics, *tweak, lang)
        }
        Intent::LikeInstead { movies } => {
            let names: Vec<String> = movies.iter().map(name).collect();
            pick("Films like ", "Películas como ") + &names_in_words(&names, if english { "and" } else { "y" })
        }
        Intent::Undo => pick("Undo", "Deshacer"),
        Intent::StartOver => pick("Start over", "Empezar de nuevo"),
        Intent::Mark { movies, mark } => {
            let names: Vec<String> = movies.iter().map(name).collect();
            let start = match mark {
                Mark::Seen => pick("Seen: ", "Vistas: "),
                Mark::NotForMe => pick("Not for me: ", "No son para mí: "),
            };
            start + &names_in_words(&names, if english { "and" } else { "y" })
        }
        Intent::WhichOne => pick("Which one", "Cuál"),
        Intent::Declined => pick("None of those", "Ninguna de esas"),
        Intent::Help => pick("Help", "Ayuda"),
    }
}

fn with_conditions(start: String, filters: &Filters, topics: &[Topic], tweak: Tweak, lang: Lang) -> String {
    let english = lang == Lang::En;
    let mut parts = vec![start];
    parts.extend(topics.iter().map(|topic| topic_name(topic, lang)));
    if !filters.genres.is_empty() {
        parts.push(names_in_words(&genre_names(&filters.genres, lang), if english { "or" } else { "o" }));
    }
    if !filters.exclude_genres.is_empty() {
        let genres = names_in_words(&genre_names(&filters.exclude_genres, lang), if english { "or" } else { "ni" });
        parts.push(format!("{} {genres}", if english { "no" } else { "sin" }));
    }
    match (filters.year_from, filters.year_to, english) {
        (Some(from), Some(to), _) if from == to => parts.push(from.to_string()),
        (Some(from), Some(to), _) => parts.push(format!("{from}–{to}")),
        (Some(from), None, true) => parts.push(format!("{from} or later")),
        (Some(from), None, false) => parts.push(format!("{from} o posteriores")),
        (None, Some(to), true) => parts.push(format!("{to} or earlier")),
        (None, Some(to), false) => parts.push(format!("{to} o anteriores")),
        (None, None, _) => {}
    }
    if tweak == Tweak::LessKnown {
        parts.push(if english { "less known" } else { "menos conocidas" }.to_owned());
    }
    if !filters.exclude_seen {
        parts.push(if english { "seen ones too" } else { "también vistas" }.to_owned());
    }
    parts.join(", ")
}

/// "A", "A and B", "A, B and C".
fn names_in_words(names: &[String], joint: &str) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {joint} {last}", first.join(", ")),
    }
}
