//! What the chat says of itself, and to somebody who has found a film. Never lists films.

use std::sync::LazyLock;

use cineswarm_engine::Movie;

use super::{film_name, names_in_words};
use crate::{Lang, OfItself};

/// For somebody who will watch this film.
pub fn chosen(movie: &Movie, lang: Lang) -> String {
    let name = film_name(movie);
    match lang {
        Lang::En => format!("Enjoy {name}! Tell me afterwards how many stars it is worth to you."),
        Lang::Es => format!("¡Que disfrutes de {name}! Luego me dices cuántas estrellas le das."),
    }
}

/// Which genres there are, in English and in Spanish.
static GENRES: LazyLock<[String; 2]> = LazyLock::new(|| {
    let lines = include_str!("../../data/genres.tsv").lines().filter(|line| !line.starts_with('#'));
    let (own, spanish): (Vec<String>, Vec<String>) =
        lines.filter_map(|line| line.split_once('\t')).map(|(own, name)| (own.to_owned(), name.to_owned())).unzip();
    [
        format!("I know these genres: {}.", names_in_words(&own, "and")),
        format!("Conozco estos géneros: {}.", names_in_words(&spanish, "y")),
    ]
});

/// What it is, or where what it cannot do is done.
pub fn of_itself(said: OfItself, lang: Lang) -> &'static str {
    match (said, lang) {
        (OfItself::Nature, Lang::En) => {
            "I am Cineswarm's chat, a program and no person: I find films by what viewers have rated. For example:"
        }
        (OfItself::Nature, Lang::Es) => {
            "Soy el chat de Cineswarm, un programa y ninguna persona: busco películas por lo que han puntuado los \
             espectadores. Por ejemplo:"
        }
        (OfItself::OnlyFilms, Lang::En) => "I can only talk about films, and find some for you. For example:",
        (OfItself::OnlyFilms, Lang::Es) => "Solo sé hablar de películas y buscarlas. Por ejemplo:",
        (OfItself::Farewell, Lang::En) => "Goodbye, and enjoy the film! Your ratings will be here.",
        (OfItself::Farewell, Lang::Es) => "¡Hasta luego, y que disfrutes de la película! Tus notas se quedan aquí.",
        (OfItself::Agreed, Lang::En) => {
            "All right. Tell me when you want another film, or what should be different. For example:"
        }
        (OfItself::Agreed, Lang::Es) => "De acuerdo. Dime cuándo quieres otra película, o qué cambio. Por ejemplo:",
        (OfItself::NotThese, Lang::En) => {
            "What should be different? “Something else” brings others, “no comedies” or “newer” change the list. For example:"
        }
        (OfItself::NotThese, Lang::Es) => {
            "¿Qué cambio? «Otras» trae más, «sin comedias» o «más nuevas» cambian la lista. Por ejemplo:"
        }
        (OfItself::HowToRate, Lang::En) => {
            "Type a film with its stars, from half a star to five (“Alien 4.5”), or tap the stars on its card. Said again \
             with others, that replaces them; “delete my rating of Alien” takes them back."
        }
        (OfItself::HowToRate, Lang::Es) => {
            "Escribe una película con sus estrellas, de media a cinco («Alien 4,5»), o toca las de su tarjeta. Si lo dices \
             otra vez con otras, esas valen; «borra mi nota de Alien» las quita."
        }
        (OfItself::NoWorst, Lang::En) => {
            "I look for films that people like, not for the worst. Of a list you can ask which is rated worst. For example:"
        }
        (OfItself::NoWorst, Lang::Es) => {
            "Busco películas que gustan, no las peores. De una lista puedes preguntar cuál es la peor valorada. Por ejemplo:"
        }
        (OfItself::AllRatings, Lang::En) => {
            "I take ratings back one at a time: “delete my rating of ...”, or under “My ratings” on this page."
        }
        (OfItself::AllRatings, Lang::Es) => {
            "Las notas las quito de una en una: «borra mi nota de ...», o en «Mis notas», en esta página."
        }
        (OfItself::Swap, Lang::En) => {
            "I can't swap ratings. Tell me each film with its stars, such as “Alien 4, Aliens 5”, and that replaces them."
        }
        (OfItself::Swap, Lang::Es) => {
            "No puedo intercambiar notas. Dime cada película con las suyas, como «Alien 4, Aliens 5», y eso las cambia."
        }
        (OfItself::WhereToWatch, Lang::En) => {
            "Where films can be watched I don't know: I know what viewers have rated."
        }
        (OfItself::WhereToWatch, Lang::Es) => {
            "Dónde se pueden ver las películas no lo sé: sé lo que han puntuado los espectadores."
        }
        (OfItself::Fitness, Lang::En) => {
            "For what age films are fit, and how frightening they are, I don't know and can't judge; I know their genres."
        }
        (OfItself::Fitness, Lang::Es) => {
            "Para qué edad es una película, y cuánto miedo da, no lo sé ni lo puedo juzgar; sé de qué género es."
        }
        (OfItself::Endings, Lang::En) => "I know neither plots nor endings of films, so I give none away.",
        (OfItself::Endings, Lang::Es) => "No sé de qué van ni cómo acaban las películas, así que no destripo ninguna.",
        (OfItself::Unknown, Lang::En) => {
            "That I don't know of films: I know directors, casts, genres, years, lengths and what viewers have rated."
        }
        (OfItself::Unknown, Lang::Es) => {
            "Eso no lo sé de las películas: sé quién las dirige y quién sale, su género, año y duración, y sus notas."
        }
        (OfItself::Genres, Lang::En) => &GENRES[0],
        (OfItself::Genres, Lang::Es) => &GENRES[1],
        (OfItself::Meanings, Lang::En) => {
            "What words mean and how kinds of films differ I can't explain; name one, and I show you films of it."
        }
        (OfItself::Meanings, Lang::Es) => {
            "Qué significa cada palabra o en qué se diferencian los géneros no lo sé explicar; di uno y te pongo películas."
        }
        (OfItself::ByPlot, Lang::En) => {
            "I don't know plots, so I can't find a film by what happens in it. I can look for who is in it or made it, its \
             theme, genre and year. For example:"
        }
        (OfItself::ByPlot, Lang::Es) => {
            "No conozco los argumentos, así que no encuentro una película por lo que pasa en ella. Puedo buscar por quién \
             sale o la dirige, tema, género y año. Por ejemplo:"
        }
        (OfItself::SmallTalk, Lang::En) => {
            "Then a film may be just the thing. Tell me what you feel like. For example:"
        }
        (OfItself::SmallTalk, Lang::Es) => "Pues igual te viene bien una película. Dime qué te apetece. Por ejemplo:",
        (OfItself::Sorrow, Lang::En) => {
            "I'm sorry to hear that. If a film helps, tell me what you feel like. For example:"
        }
        (OfItself::Sorrow, Lang::Es) => "Lo siento mucho. Si una película ayuda, dime qué te apetece. Por ejemplo:",
        (OfItself::Reaction, Lang::En) => "There you go! Tell me what you feel like, or what should be different.",
        (OfItself::Reaction, Lang::Es) => "¡Pues sí! Dime qué te apetece ver, o qué cambio.",
        (OfItself::Reproach, Lang::En) => {
            "Sorry about that! Tell me what doesn't fit, or say it in other words; “undo” takes the last step back."
        }
        (OfItself::Reproach, Lang::Es) => {
            "¡Vaya, perdona! Dime qué no encaja, o dilo con otras palabras; «deshacer» quita lo último."
        }
        (OfItself::Languages, Lang::En) => {
            "I understand English and Spanish: write in the one that you like, and I answer in it."
        }
        (OfItself::Languages, Lang::Es) => {
            "Entiendo español e inglés: escribe en el que quieras, y en ese te contesto."
        }
        (OfItself::Favourite, Lang::En) => {
            "I have no favourite: I'm a program and watch no films. I can tell you which ones people like best. For example:"
        }
        (OfItself::Favourite, Lang::Es) => {
            "No tengo favorita: soy un programa y no veo películas. Te puedo decir cuáles gustan más. Por ejemplo:"
        }
        (OfItself::Memory, Lang::En) => {
            "I keep your ratings and which films you have seen or hidden; you find them on this page. What was said before \
             this page was opened, I don't."
        }
        (OfItself::Memory, Lang::Es) => {
            "Guardo tus notas y qué películas has visto u ocultado; están en esta página. Lo que se dijo antes de abrirla, \
             no."
        }
        (OfItself::Sources, Lang::En) => {
            "The ratings are from the viewers of MovieLens, a public set of data, and from those who rate here, such as you."
        }
        (OfItself::Sources, Lang::Es) => {
            "Las notas son de los espectadores de MovieLens, un conjunto de datos público, y de quienes puntúan aquí, como tú."
        }
        (OfItself::HowChosen, Lang::En) => {
            "A list is what viewers like who also like your films, or films like those you name, within what you asked \
             for; with neither, it is what many people like. Ask of one of them, such as “why 2?”."
        }
        (OfItself::HowChosen, Lang::Es) => {
            "Una lista es lo que gusta a quienes les gustan tus películas, o películas como las que nombras, dentro de lo \
             que pediste; sin eso, lo que gusta a mucha gente. Pregunta por una, como «¿por qué la 2?»."
        }
        (OfItself::NothingDone, Lang::En) => "All right, nothing more is changed. “Undo” takes the last step back.",
        (OfItself::NothingDone, Lang::Es) => "Vale, no cambio nada más. «Deshacer» quita lo último.",
        (OfItself::Marks, Lang::En) => {
            "A film that is marked as seen comes back under “Seen and hidden” on this page; right after the mark, “undo” \
             does it, too."
        }
        (OfItself::Marks, Lang::Es) => {
            "Una película marcada como vista se recupera en «Vistas y ocultas», en esta página; justo después de marcarla \
             también vale «deshacer»."
        }
    }
}
