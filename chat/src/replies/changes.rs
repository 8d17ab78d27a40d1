//! What is said of changes: a film rated, marked, and each of that undone. Never makes the change.

use cineswarm_engine::{Catalogue, HalfStars, Movie, MovieId};

use super::{film_name, names_in_words, stars};
use crate::{Lang, Mark, NotRated};

/// For a stored rating.
pub fn rated(movie: &Movie, half_stars: HalfStars, lang: Lang) -> String {
    let (name, given) = (film_name(movie), stars(half_stars.stars(), lang));
    match lang {
        Lang::En => format!("Noted: {given} for {name}."),
        Lang::Es => format!("Anotado: {given} para {name}."),
    }
}

/// For a rating that was meant for another film.
pub fn rated_instead(movie: &Movie, half_stars: HalfStars, mistaken: &Movie, lang: Lang) -> String {
    let noted = rated(movie, half_stars, lang);
    let name = film_name(mistaken);
    match lang {
        Lang::En => format!("{noted} Your rating of {name} is gone."),
        Lang::Es => format!("{noted} He quitado tu nota de {name}."),
    }
}

/// For the stored ratings of several films, and what of the sentence is not kept.
pub fn rated_several(
    ratings: &[(MovieId, HalfStars)],
    left_out: &[NotRated],
    catalogue: &Catalogue,
    lang: Lang,
) -> String {
    let of_each = ratings.iter().filter_map(|(movie, given)| {
        let (name, given) = (film_name(catalogue.get(*movie)?), stars(given.stars(), lang));
        Some(match lang {
            Lang::En => format!("{given} for {name}"),
            Lang::Es => format!("{given} para {name}"),
        })
    });
    let of_each: Vec<String> = of_each.collect();
    let noted = match lang {
        Lang::En => format!("Noted: {}.", names_in_words(&of_each, "and")),
        Lang::Es => format!("Anotado: {}.", names_in_words(&of_each, "y")),
    };
    let not_kept = left_out.iter().map(|left| match (left, lang) {
        (NotRated::Unknown(asked), Lang::En) => format!(" I don't know “{asked}”, so it has no rating."),
        (NotRated::Unknown(asked), Lang::Es) => format!(" No conozco «{asked}», así que queda sin nota."),
        (NotRated::NotYours(said), Lang::En) => format!(" I keep one viewer's ratings, yours: “{said}” is not noted."),
        (NotRated::NotYours(said), Lang::Es) => {
            format!(" Guardo las notas de una sola persona, las tuyas: «{said}» no queda anotado.")
        }
        (NotRated::OffScale(movie, said), _) => {
            catalogue.get(*movie).map(|known| format!(" {}", off_scale(known, said, lang))).unwrap_or_default()
        }
    });
    noted + &not_kept.collect::<String>()
}

/// For a rating that cannot go so far up or down.
pub fn no_such_step(movie: &Movie, own: HalfStars, half_stars: i8, lang: Lang) -> String {
    let (name, given) = (film_name(movie), stars(own.stars(), lang));
    let step = stars(f64::from(half_stars.unsigned_abs()) / 2.0, lang);
    match (half_stars > 0, lang) {
        (true, Lang::En) => {
            format!("{name} has {given} from you: {step} more would be off the scale, which ends at 5.")
        }
        (false, Lang::En) => {
            format!("{name} has {given} from you: {step} less would be off the scale, which begins at half a star.")
        }
        (true, Lang::Es) => {
            format!("Tu nota de {name} es {given}: con {step} más se saldría de la escala, que acaba en 5.")
        }
        (false, Lang::Es) => {
            format!(
                "Tu nota de {name} es {given}: con {step} menos se saldría de la escala, que empieza en media estrella."
            )
        }
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

/// For a number that is a rating out of ten, which would be so many stars.
pub fn off_scale_but_of_ten(said: &str, stars: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("My scale ends at 5 stars. Out of ten, {said} would be {stars}: shall I note that?"),
        Lang::Es => format!("Mi escala acaba en 5 estrellas. Sobre diez, un {said} serían {stars}: ¿lo apunto?"),
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

/// For ratings that were taken back; `had` are the films that have one.
pub fn unrated_several(had: &[MovieId], catalogue: &Catalogue, lang: Lang) -> String {
    let named: Vec<String> = had.iter().filter_map(|movie| catalogue.get(*movie)).map(film_name).collect();
    match (named.is_empty(), lang) {
        (false, Lang::En) => format!("Your ratings of {} are gone.", names_in_words(&named, "and")),
        (false, Lang::Es) => format!("He quitado tus notas de {}.", names_in_words(&named, "y")),
        (true, Lang::En) => "You have rated none of them, so there is nothing to take back.".to_owned(),
        (true, Lang::Es) => "No has puntuado ninguna, así que no hay nada que quitar.".to_owned(),
    }
}

/// Which films are marked as seen, the first ten by name; `rated` films count as seen, too.
pub fn my_seen(seen: &[MovieId], rated: usize, catalogue: &Catalogue, lang: Lang) -> String {
    const MOST_NAMED: usize = 10;
    let named: Vec<String> =
        seen.iter().take(MOST_NAMED).filter_map(|movie| catalogue.get(*movie)).map(film_name).collect();
    let count = seen.len();
    let marked = match (count, lang) {
        (0, Lang::En) => "You have marked no film as seen.".to_owned(),
        (0, Lang::Es) => "No has marcado ninguna película como vista.".to_owned(),
        (_, Lang::En) if count > MOST_NAMED => {
            format!("You have marked {count} as seen, among them {}.", names_in_words(&named, "and"))
        }
        (_, Lang::Es) if count > MOST_NAMED => {
            format!("Has marcado {count} como vistas, entre ellas {}.", names_in_words(&named, "y"))
        }
        (_, Lang::En) => format!("You have marked as seen: {}.", names_in_words(&named, "and")),
        (_, Lang::Es) => format!("Has marcado como vistas: {}.", names_in_words(&named, "y")),
    };
    match (rated, lang) {
        (0, _) => marked,
        (_, Lang::En) => format!("{marked} What you have rated ({rated}) counts as seen, too."),
        (_, Lang::Es) => format!("{marked} Lo que has puntuado ({rated}) también cuenta como visto."),
    }
}

/// For films that are marked as seen or not wanted.
pub fn marked(movies: &[MovieId], mark: Mark, catalogue: &Catalogue, lang: Lang) -> String {
    let named: Vec<String> = movies.iter().filter_map(|movie| catalogue.get(*movie)).map(film_name).collect();
    let named = names_in_words(&named, if lang == Lang::En { "and" } else { "y" });
    let (one, english) = (movies.len() == 1, lang == Lang::En);
    match (mark, one, english) {
        (Mark::Seen, true, true) => {
            format!("You have seen {named}: I won't suggest it again. Say “undo” if that is wrong.")
        }
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

/// After a mark, where more was asked for in the same sentence.
pub fn then_more(lang: Lang) -> &'static str {
    match lang {
        Lang::En => " Say “more” for further films.",
        Lang::Es => " Di «más» y busco otras.",
    }
}

/// For a mark that was meant for another film.
pub fn marked_instead(movie: MovieId, mark: Mark, mistaken: &Movie, catalogue: &Catalogue, lang: Lang) -> String {
    let (marked, name) = (marked(&[movie], mark, catalogue, lang), film_name(mistaken));
    match lang {
        Lang::En => format!("{marked} {name} is as before."),
        Lang::Es => format!("{marked} {name} queda como antes."),
    }
}

/// For a rating that is as it was before the viewer changed it.
pub fn rated_as_before(movie: &Movie, rating: Option<HalfStars>, lang: Lang) -> String {
    let name = film_name(movie);
    match (rating, lang) {
        (Some(rating), Lang::En) => format!("Undone: your rating of {name} is {} again.", stars(rating.stars(), lang)),
        (Some(rating), Lang::Es) => {
            format!("Deshecho: tu nota de {name} vuelve a ser {}.", stars(rating.stars(), lang))
        }
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
