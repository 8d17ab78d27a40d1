//! The sentences that answer a person without a computation, in English and in Spanish.
//! Never decides what to answer; says what an intent means.
//! Longer than other files because all that the chat says stands side by side in both languages, for a translator.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::LazyLock;

use cineswarm_engine::{Catalogue, FilmFacts, Filters, HalfStars, Movie, MovieId, MovieStats};

use super::{Intent, Lang, Mark, Question, TitleIndex, TitleMatch, Topic, TopicKind, Tweak, Wanted};

/// What help says, and sentences that work on this catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// For the person to read.
    pub message: String,
    /// To be sent as they are.
    pub examples: Vec<String>,
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

/// For a stored rating.
pub fn rated(movie: &Movie, half_stars: HalfStars, lang: Lang) -> String {
    let (name, given) = (film_name(movie), stars(half_stars.stars(), lang));
    match lang {
        Lang::En => format!("Noted: {given} for {name}."),
        Lang::Es => format!("Anotado: {given} para {name}."),
    }
}

/// For a number that is no rating.
pub fn off_scale(movie: &Movie, said: &str, lang: Lang) -> String {
    let name = film_name(movie);
    match lang {
        Lang::En => format!(
            "“{said}” is off the scale: a rating is half a star to 5 stars, in half stars. For example: rate {name} 4.5 stars"
        ),
        Lang::Es => format!(
            "«{said}» se sale de la escala: una nota va de media estrella a 5, en medias. \
             Por ejemplo: puntúa {name} con 4,5 estrellas"
        ),
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

/// What is wanted to be known of a film, or that it is not known, with what is.
pub fn about(
    wanted: Wanted,
    movie: &Movie,
    stats: MovieStats,
    own: Option<HalfStars>,
    facts: Option<&FilmFacts>,
    lang: Lang,
) -> String {
    let english = lang == Lang::En;
    let pick = |en: String, es: String| if english { en } else { es };
    let name = film_name(movie);
    let genres = names_in_words(&genre_names(&movie.genres, lang), if english { "and" } else { "y" });
    let opinion = opinion(&name, stats, english);
    let unknown = |en: &str, es: &str| {
        let start = pick(format!("I don't know {en} {name}."), format!("No sé {es} {name}."));
        let known = pick(format!("Its genres: {genres}."), format!("Sus géneros: {genres}."));
        let known = if movie.genres.is_empty() { String::new() } else { format!(" {known}") };
        format!("{start}{known} {opinion}")
    };
    match wanted {
        Wanted::Director if facts.is_some_and(|known| !known.directors.is_empty()) => {
            let directors = names(facts.map(|known| &known.directors), lang);
            pick(format!("{name} was directed by {directors}."), format!("{name} la dirigió {directors}."))
        }
        Wanted::Cast if facts.is_some_and(|known| !known.cast.is_empty()) => {
            let cast = names(facts.map(|known| &known.cast), lang);
            pick(format!("In {name}: {cast}."), format!("En {name} salen {cast}."))
        }
        Wanted::Runtime if facts.is_some_and(|known| known.runtime_min.is_some()) => {
            let minutes = facts.and_then(|known| known.runtime_min).unwrap_or_default();
            pick(format!("{name} is {minutes} minutes long."), format!("{name} dura {minutes} minutos."))
        }
        Wanted::Plot if facts.is_some() => {
            let known = all_known(facts, lang);
            let start = pick(format!("I don't know the plot of {name}."), format!("No sé de qué va {name}."));
            let kind = pick(format!("It is {genres}."), format!("Es de {genres}."));
            let kind = if movie.genres.is_empty() { String::new() } else { format!(" {kind}") };
            format!("{start}{kind}{known} {opinion}")
        }
        Wanted::Director => unknown("who directed", "quién dirigió"),
        Wanted::Cast => unknown("who is in", "quién sale en"),
        Wanted::Plot => unknown("the plot of", "de qué va"),
        Wanted::Runtime => unknown("how long it is:", "cuánto dura"),
        Wanted::Country => unknown("the country or language of", "el país ni el idioma de"),
        Wanted::WhereToWatch => unknown("where to watch", "dónde se puede ver"),
        Wanted::Year => match movie.year {
            Some(year) => pick(format!("{} is from {year}.", movie.title), format!("{} es de {year}.", movie.title)),
            None => pick(format!("I don't know the year of {name}."), format!("No sé de qué año es {name}.")),
        },
        Wanted::Genre if movie.genres.is_empty() => {
            pick(format!("I don't know the genres of {name}."), format!("No sé de qué género es {name}."))
        }
        Wanted::Genre => pick(format!("{name}: {genres}."), format!("{name}: {genres}.")),
        Wanted::Opinion => opinion,
        Wanted::Have => pick(format!("Yes, I have {name}. {opinion}"), format!("Sí, tengo {name}. {opinion}")),
        Wanted::MyRating => match own {
            Some(own) => pick(
                format!("You gave {name} {}.", stars(own.stars(), lang)),
                format!("Le diste {} a {name}.", stars(own.stars(), lang)),
            ),
            None => pick(format!("You have not rated {name}."), format!("No has puntuado {name}.")),
        },
    }
}

fn names(listed: Option<&Vec<String>>, lang: Lang) -> String {
    let joint = if lang == Lang::En { "and" } else { "y" };
    names_in_words(listed.map_or(&[][..], Vec::as_slice), joint)
}

/// " Directed by ..., with ...; 98 minutes; about ..."; empty where nothing is known.
fn all_known(facts: Option<&FilmFacts>, lang: Lang) -> String {
    let Some(known) = facts else { return String::new() };
    let english = lang == Lang::En;
    let mut parts = Vec::new();
    if !known.directors.is_empty() {
        let by = names(Some(&known.directors), lang);
        parts.push(if english { format!("Directed by {by}") } else { format!("Dirigida por {by}") });
    }
    if !known.cast.is_empty() {
        let cast: Vec<String> = known.cast.iter().take(3).cloned().collect();
        let cast = names(Some(&cast), lang);
        parts.push(if english { format!("With {cast}") } else { format!("Con {cast}") });
    }
    if let Some(minutes) = known.runtime_min {
        parts.push(if english { format!("{minutes} minutes") } else { format!("{minutes} minutos") });
    }
    if !known.themes.is_empty() && english {
        parts.push(format!("Themes: {}", known.themes.join(", ")));
    }
    parts.into_iter().map(|part| format!(" {part}.")).collect()
}

fn opinion(name: &str, stats: MovieStats, english: bool) -> String {
    match (stats.mean_stars(), english) {
        (Some(mean), true) if stats.ratings == 1 => format!("One viewer gave {name} {mean:.1} stars."),
        (Some(mean), true) => format!("{} viewers gave {name} {mean:.1} stars on average.", stats.ratings),
        (Some(mean), false) => {
            let mean = format!("{mean:.1}").replace('.', ",");
            if stats.ratings == 1 {
                return format!("Un espectador le dio a {name} {mean} estrellas.");
            }
            format!("{} espectadores le dieron a {name} {mean} estrellas de media.", stats.ratings)
        }
        (None, true) => format!("Nobody has rated {name} yet."),
        (None, false) => format!("Nadie ha puntuado {name} todavía."),
    }
}

/// What the viewer has rated, the first ten by name.
pub fn my_ratings(ratings: &[(MovieId, HalfStars)], catalogue: &Catalogue, lang: Lang) -> String {
    let english = lang == Lang::En;
    if ratings.is_empty() {
        return if english {
            "You have not rated any film yet."
        } else {
            "Todavía no has puntuado ninguna película."
        }
        .to_owned();
    }
    let mut best: Vec<&(MovieId, HalfStars)> = ratings.iter().collect();
    best.sort_by_key(|(movie, rating)| (Reverse(*rating), *movie));
    let named = best.iter().take(10).filter_map(|(movie, rating)| {
        let movie = catalogue.get(*movie)?;
        Some(format!("{}: {}", film_name(movie), stars(rating.stars(), lang)))
    });
    let named = named.collect::<Vec<_>>().join("; ");
    let count = ratings.len();
    match (english, count > 10) {
        (true, false) => format!("You have rated {count}: {named}."),
        (true, true) => format!("You have rated {count}. The best of them: {named}."),
        (false, false) => format!("Has puntuado {count}: {named}."),
        (false, true) => format!("Has puntuado {count}. Las mejores: {named}."),
    }
}

/// How many films there are.
pub fn count_films(catalogue: &Catalogue, lang: Lang) -> String {
    match lang {
        Lang::En => format!("I know {} films.", catalogue.len()),
        Lang::Es => format!("Conozco {} películas.", catalogue.len()),
    }
}

/// For a rating that was taken back.
pub fn unrated(movie: &Movie, had: bool, lang: Lang) -> String {
    let name = film_name(movie);
    match (had, lang) {
        (true, Lang::En) => format!("Your rating of {name} is gone."),
        (true, Lang::Es) => format!("He quitado tu nota de {name}."),
        (false, Lang::En) => format!("You have not rated {name}, so there is nothing to take back."),
        (false, Lang::Es) => format!("No has puntuado {name}, así que no hay nada que quitar."),
    }
}

/// For films that are marked as seen or not wanted.
pub fn marked(movies: &[MovieId], mark: Mark, catalogue: &Catalogue, lang: Lang) -> String {
    let named: Vec<String> = movies.iter().filter_map(|movie| catalogue.get(*movie)).map(film_name).collect();
    let named = names_in_words(&named, if lang == Lang::En { "and" } else { "y" });
    let (one, english) = (movies.len() == 1, lang == Lang::En);
    match (mark, one, english) {
        (Mark::Seen, true, true) => format!("You have seen {named}: I won't suggest it again. Say “undo” if that is wrong."),
        (Mark::Seen, false, true) => {
            format!("You have seen {named}: I won't suggest them again. Say “undo” if that is wrong.")
        }
        (Mark::Seen, true, false) => {
            format!("Ya has visto {named}: no te la propondré más. Di «deshacer» si no es así.")
        }
        (Mark::Seen, false, false) => {
            format!("Ya has visto {named}: no te las propondré más. Di «deshacer» si no es así.")
        }
        (Mark::NotForMe, true, true) => format!("{named} won't come again. Say “undo” if that is wrong."),
        (Mark::NotForMe, false, true) => format!("{named} won't come again. Say “undo” if that is wrong."),
        (Mark::NotForMe, true, false) => format!("{named} no saldrá más. Di «deshacer» si no es así."),
        (Mark::NotForMe, false, false) => format!("{named} no saldrán más. Di «deshacer» si no es así."),
    }
}

/// For a rating that is as it was before the viewer changed it.
pub fn rated_as_before(movie: &Movie, rating: Option<HalfStars>, lang: Lang) -> String {
    let name = film_name(movie);
    match (rating, lang) {
        (Some(rating), Lang::En) => format!("Undone: your rating of {name} is {} again.", stars(rating.stars(), lang)),
        (Some(rating), Lang::Es) => format!("Deshecho: tu nota de {name} vuelve a ser {}.", stars(rating.stars(), lang)),
        (None, Lang::En) => format!("Undone: {name} has no rating of yours."),
        (None, Lang::Es) => format!("Deshecho: {name} queda sin nota tuya."),
    }
}

/// For films that are marked as they were before.
pub fn marked_as_before(movies: &[MovieId], catalogue: &Catalogue, lang: Lang) -> String {
    let named: Vec<String> = movies.iter().filter_map(|movie| catalogue.get(*movie)).map(film_name).collect();
    match lang {
        Lang::En => format!("Undone: {} as before.", names_in_words(&named, "and")),
        Lang::Es => format!("Deshecho: {} como antes.", names_in_words(&named, "y")),
    }
}

/// For "undo", where there is no list or change to go back to.
pub fn nothing_to_undo(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "There is nothing that I could take back: I know of what was said since this page was opened.",
        Lang::Es => "No hay nada que pueda deshacer: sé lo que se ha dicho desde que se abrió esta página.",
    }
}

/// For an open question that is to be dropped.
pub fn question_dropped(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "Fine, I drop the question. Nothing was changed.",
        Lang::Es => "Vale, olvido la pregunta. No ha cambiado nada.",
    }
}

/// For a first question that is taken back.
pub fn question_forgotten(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "That question is forgotten. Ask me something else.",
        Lang::Es => "Esa pregunta queda olvidada. Pregúntame otra cosa.",
    }
}

/// For a conversation that begins anew.
pub fn begun(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "A new conversation. Your ratings stay.",
        Lang::Es => "Una conversación nueva. Tus notas se quedan.",
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
            with_conditions(pick("Films for you", "Películas para ti"), filters, topics, *tweak, lang)
        }
        Intent::ForMe { filters } => {
            with_conditions(pick("Films for you", "Películas para ti"), filters, topics, Tweak::None, lang)
        }
        Intent::ForUser { user_id, filters } => {
            let start = pick("Films for user ", "Películas para el usuario ") + &user_id.to_string();
            with_conditions(start, filters, topics, Tweak::None, lang)
        }
        Intent::Popular { filters } => {
            with_conditions(pick("Popular films", "Películas populares"), filters, topics, Tweak::None, lang)
        }
        Intent::Rate { movie, half_stars } => format!("{}: {}", name(movie), stars(half_stars.stars(), lang)),
        Intent::RateOffScale { movie, said } => format!("{}: {said}", name(movie)),
        Intent::Why { movie } => pick("Why ", "Por qué ") + &name(movie),
        Intent::More => pick("More", "Más"),
        Intent::LessKnown => pick("Less known", "Menos conocidas"),
        Intent::Clarify { about, .. } => about.clone(),
        Intent::UnknownTitle { asked, .. }
        | Intent::OutsideTheData { asked }
        | Intent::NoSuchPlace { asked }
        | Intent::NotUnderstood { asked } => asked.clone(),
        Intent::About { movie, .. } | Intent::Unrate { movie } => name(movie),
        Intent::MyRatings => pick("What you have rated", "Lo que has puntuado"),
        Intent::CountFilms => pick("How many films there are", "Cuántas películas hay"),
        Intent::Refine { filters, tweak, .. } => {
            with_conditions(pick("The same question", "La misma pregunta"), filters, topics, *tweak, lang)
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
