//! What the chat says of itself, and to somebody who has found a film. Never lists films.

use cineswarm_engine::Movie;

use super::film_name;
use crate::{Lang, OfItself};

/// For somebody who will watch this film.
pub fn chosen(movie: &Movie, lang: Lang) -> String {
    let name = film_name(movie);
    match lang {
        Lang::En => format!("Enjoy {name}! Tell me afterwards how many stars it is worth to you."),
        Lang::Es => format!("¡Que disfrutes de {name}! Luego me dices cuántas estrellas le das."),
    }
}

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
