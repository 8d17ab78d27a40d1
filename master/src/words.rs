//! The master's own sentences, in the viewer's language: what went wrong and the way out, and notes on answers.

use std::borrow::Cow;

use cineswarm_mqtt::quoted;
use serde::Serialize;

use cineswarm_chat::Lang;

/// An error for the person who asked: what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refusal {
    /// Stable, for programs; the list is in docs/PROTOCOL.md.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// When to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// Everything that can be wrong with what a browser sends, or with the farm at that moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// A field is missing, of the wrong type or out of range; the detail names it.
    BadRequest(String),
    /// A file that a viewer brought is not read, for this reason.
    UnreadableFile {
        /// The reason in English, a part of a sentence.
        en: String,
        /// And in Spanish.
        es: String,
    },
    /// The text has this many characters.
    TextTooLong(usize),
    /// A film id that is not in the dataset.
    UnknownMovie(u32),
    /// A request that this session never made.
    UnknownRequest,
    /// Too many events; wait so many milliseconds.
    RateLimited(u64),
    /// Too many requests under way in the whole farm.
    QueueFull,
    /// No worker answered before the deadline.
    TimedOut,
    /// The viewer cancelled.
    Cancelled,
    /// The database did not take it.
    Storage,
    /// The master is stopping or starting.
    Unavailable,
    /// A part of the master failed in a way that trying again does not mend.
    Internal,
}

/// The longest text that is read, in characters.
pub const LONGEST_TEXT: usize = 500;

impl Trouble {
    /// The code in docs/PROTOCOL.md.
    pub fn code(&self) -> &'static str {
        match self {
            Trouble::BadRequest(_) => "bad_request",
            Trouble::UnreadableFile { .. } => "unreadable_file",
            Trouble::TextTooLong(_) => "text_too_long",
            Trouble::UnknownMovie(_) => "unknown_movie",
            Trouble::UnknownRequest => "unknown_request",
            Trouble::RateLimited(_) => "rate_limited",
            Trouble::QueueFull => "queue_full",
            Trouble::TimedOut => "timed_out",
            Trouble::Cancelled => "cancelled",
            Trouble::Storage => "storage",
            Trouble::Unavailable => "unavailable",
            Trouble::Internal => "internal",
        }
    }

    /// The whole of it, in words.
    pub fn refusal(&self, lang: Lang) -> Refusal {
        let (message, hint) = match lang {
            Lang::En => self.in_english(),
            Lang::Es => self.in_spanish(),
        };
        let retry_after_ms = match self {
            Trouble::RateLimited(wait_ms) => Some(*wait_ms),
            Trouble::QueueFull | Trouble::Storage | Trouble::Unavailable => Some(1_000),
            _ => None,
        };
        Refusal { code: self.code(), message, hint, retry_after_ms }
    }

    fn in_english(&self) -> (String, String) {
        let (message, hint): (String, &str) = match self {
            Trouble::BadRequest(detail) => (
                format!("This is not a valid request: {}.", quoted(detail)),
                "See docs/PROTOCOL.md for what each event takes.",
            ),
            Trouble::UnreadableFile { en, .. } => (
                format!("The file was not read: {}.", quoted(en)),
                "Bring an export of Letterboxd, IMDb, Trakt, MovieLens or TMDb as it is, or a table as title,year,rating.",
            ),
            Trouble::TextTooLong(characters) => (
                format!("That text has {characters} characters; up to {LONGEST_TEXT} are read."),
                "Say it in fewer words, for example: films like Heat.",
            ),
            Trouble::UnknownMovie(id) => {
                (format!("There is no film with the id {id}."), "Look the film up by its title first.")
            }
            Trouble::UnknownRequest => {
                ("This session has no such request.".into(), "Use the request_id that ask was acknowledged with.")
            }
            Trouble::RateLimited(_) => ("That was too much at once.".into(), "Wait a moment, then go on more slowly."),
            Trouble::QueueFull => ("Too many people are asking right now.".into(), "Try again in a moment."),
            Trouble::TimedOut => (
                "No worker answered in time.".into(),
                "Ask again in a moment; if it stays like this, the farm has no workers.",
            ),
            Trouble::Cancelled => ("You cancelled this.".into(), "Ask again whenever you like."),
            Trouble::Storage => ("The request could not be stored.".into(), "Try again in a moment."),
            Trouble::Unavailable => ("The service is restarting.".into(), "Try again in a moment."),
            Trouble::Internal => (
                "Something here is broken, and it was not what you asked.".into(),
                "Ask for something else; whoever runs this finds the fault in the master's log.",
            ),
        };
        (message, hint.into())
    }

    fn in_spanish(&self) -> (String, String) {
        let (message, hint): (String, &str) = match self {
            Trouble::BadRequest(detail) => (
                format!("La petición no es válida: {}.", quoted(detail)),
                "En docs/PROTOCOL.md está lo que admite cada evento.",
            ),
            Trouble::UnreadableFile { es, .. } => (
                format!("El archivo no se ha leído: {}.", quoted(es)),
                "Trae tal cual lo que exportan Letterboxd, IMDb, Trakt, MovieLens o TMDb, o una tabla como title,year,rating.",
            ),
            Trouble::TextTooLong(characters) => (
                format!("El texto tiene {characters} caracteres; se leen hasta {LONGEST_TEXT}."),
                "Dilo con menos palabras, por ejemplo: películas como Heat.",
            ),
            Trouble::UnknownMovie(id) => {
                (format!("No hay ninguna película con el id {id}."), "Busca antes la película por su título.")
            }
            Trouble::UnknownRequest => {
                ("Esta sesión no tiene esa petición.".into(), "Usa el request_id con el que se confirmó la pregunta.")
            }
            Trouble::RateLimited(_) => ("Demasiado de una vez.".into(), "Espera un momento y sigue más despacio."),
            Trouble::QueueFull => {
                ("Hay demasiada gente preguntando ahora.".into(), "Vuelve a intentarlo en un momento.")
            }
            Trouble::TimedOut => (
                "Ningún trabajador respondió a tiempo.".into(),
                "Pregunta otra vez en un momento; si sigue igual, la granja no tiene trabajadores.",
            ),
            Trouble::Cancelled => ("Lo has cancelado.".into(), "Pregunta otra vez cuando quieras."),
            Trouble::Storage => ("No se pudo guardar la petición.".into(), "Vuelve a intentarlo en un momento."),
            Trouble::Unavailable => ("El servicio se está reiniciando.".into(), "Vuelve a intentarlo en un momento."),
            Trouble::Internal => (
                "Algo aquí está roto, y no es por lo que has pedido.".into(),
                "Pide otra cosa; quien lleva este servicio encuentra el fallo en el registro del maestro.",
            ),
        };
        (message, hint.into())
    }
}

/// The first so many characters of a text that may quote what was sent, which may be megabytes.
pub fn shortened(text: &str, longest: usize) -> Cow<'_, str> {
    match text.char_indices().nth(longest) {
        None => text.into(),
        Some((end, _)) => format!("{}…", &text[..end]).into(),
    }
}

/// Why an answer is not simply the viewer's neighbours' films.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The dataset has no such user.
    UnknownUser(u32),
    /// The viewer has rated nothing yet.
    EmptyProfile,
    /// Nobody rated the films that the profile consists of.
    NoNeighbours,
    /// So few rated them that what each of these has rated counts.
    FewNeighbours,
    /// Who rated them rated nothing else.
    NothingElse,
    /// What those have rated does not meet the conditions.
    Filtered,
    /// Some shards did not answer in time.
    Partial,
    /// Nothing meets the conditions.
    NothingFits,
}

impl Note {
    /// The note as a sentence.
    pub fn words(self, lang: Lang) -> String {
        match (self, lang) {
            (Note::UnknownUser(id), Lang::En) => {
                format!("There is no user {id} in the data, so these are films that many people like.")
            }
            (Note::UnknownUser(id), Lang::Es) => {
                format!("No hay ningún usuario {id} en los datos; estas son películas que gustan a mucha gente.")
            }
            (Note::EmptyProfile, Lang::En) => {
                "You have not rated any film yet, so these are films that many people like. Rate a few and ask again."
                    .into()
            }
            (Note::EmptyProfile, Lang::Es) => {
                "Aún no has puntuado ninguna película; estas gustan a mucha gente. Puntúa algunas y vuelve a preguntar."
                    .into()
            }
            (Note::NoNeighbours, Lang::En) => {
                "Nobody has rated films in common with you, so these are films that many people like.".into()
            }
            (Note::NoNeighbours, Lang::Es) => {
                "Nadie ha puntuado películas en común contigo; estas son películas que gustan a mucha gente.".into()
            }
            (Note::FewNeighbours, Lang::En) => {
                "Very few people have rated films in common with you, so these are simply the films of each.".into()
            }
            (Note::FewNeighbours, Lang::Es) => {
                "Muy pocas personas han puntuado películas en común contigo; estas son simplemente las de cada una.".into()
            }
            (Note::NothingElse, Lang::En) => {
                "Who has rated films in common with you has rated nothing else, so these are films that many people like."
                    .into()
            }
            (Note::NothingElse, Lang::Es) => {
                "Quien ha puntuado películas en común contigo no ha puntuado nada más; estas gustan a mucha gente.".into()
            }
            (Note::Filtered, Lang::En) => {
                "Nothing that people like you have rated meets these conditions, so these are films that many people like."
                    .into()
            }
            (Note::Filtered, Lang::Es) => {
                "Nada de lo que han puntuado personas como tú cumple estas condiciones; estas gustan a mucha gente.".into()
            }
            (Note::Partial, Lang::En) => {
                "A part of the farm did not answer in time, so this is computed from fewer viewers.".into()
            }
            (Note::Partial, Lang::Es) => {
                "Una parte de la granja no respondió a tiempo; esto se ha calculado con menos espectadores.".into()
            }
            (Note::NothingFits, Lang::En) => "No film meets all of these conditions. Try with fewer.".into(),
            (Note::NothingFits, Lang::Es) => {
                "Ninguna película cumple todas estas condiciones. Prueba con menos.".into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TROUBLES: [fn() -> Trouble; 12] = [
        || Trouble::BadRequest("n: 0 is not from 1 to 100".into()),
        || Trouble::UnreadableFile { en: "it is empty".into(), es: "está vacío".into() },
        || Trouble::TextTooLong(501),
        || Trouble::UnknownMovie(7),
        || Trouble::UnknownRequest,
        || Trouble::RateLimited(20),
        || Trouble::QueueFull,
        || Trouble::TimedOut,
        || Trouble::Cancelled,
        || Trouble::Storage,
        || Trouble::Unavailable,
        || Trouble::Internal,
    ];

    #[test]
    fn every_trouble_says_what_is_wrong_and_what_to_do_in_both_languages() {
        for trouble in TROUBLES.map(|make| make()) {
            let (english, spanish) = (trouble.refusal(Lang::En), trouble.refusal(Lang::Es));
            assert_eq!(english.code, spanish.code);
            assert_eq!(english.retry_after_ms, spanish.retry_after_ms);
            for (one, other) in [(&english.message, &spanish.message), (&english.hint, &spanish.hint)] {
                assert!(!one.is_empty() && !other.is_empty(), "{trouble:?} has nothing to say");
                assert_ne!(one, other, "{trouble:?} is not translated");
            }
        }
    }

    #[test]
    fn codes_tell_troubles_apart() {
        let codes: std::collections::BTreeSet<_> = TROUBLES.iter().map(|make| make().code()).collect();
        assert_eq!(codes.len(), TROUBLES.len());
    }

    #[test]
    fn every_code_is_one_that_refusals_are_counted_by() {
        use cineswarm_telemetry::metrics::{Family, Values, list};
        let Values::Of(counted) = list::REFUSALS.declaration().labels[0].values else {
            panic!("they are a closed list")
        };
        for trouble in TROUBLES.map(|make| make()) {
            assert!(counted.contains(&trouble.code()), "{trouble:?} would be counted as something else");
        }
    }

    #[test]
    fn who_asked_too_much_is_told_how_long_to_wait_and_others_when_it_helps_at_all() {
        let wait = |trouble: Trouble| trouble.refusal(Lang::En).retry_after_ms;
        assert_eq!(wait(Trouble::RateLimited(20)), Some(20));
        assert!(wait(Trouble::QueueFull).is_some());
        assert_eq!(wait(Trouble::UnknownMovie(7)), None, "it will not be there later either");
        let refusal = serde_json::to_value(Trouble::UnknownMovie(7).refusal(Lang::En)).unwrap();
        assert!(refusal.get("retry_after_ms").is_none(), "{refusal}");
    }

    #[test]
    fn megabytes_of_nonsense_are_not_sent_back() {
        let nonsense = "¿".repeat(5_000_000);
        for lang in [Lang::En, Lang::Es] {
            let message = Trouble::BadRequest(format!("algorithm: {nonsense}")).refusal(lang).message;
            assert!(message.contains("algorithm: ¿"), "{message}");
            assert!(message.chars().count() < 400, "it has {} characters", message.chars().count());
        }
    }

    #[test]
    fn notes_are_sentences_in_both_languages_and_name_the_user() {
        let notes = [
            Note::UnknownUser(42),
            Note::EmptyProfile,
            Note::NoNeighbours,
            Note::FewNeighbours,
            Note::NothingElse,
            Note::Filtered,
            Note::Partial,
            Note::NothingFits,
        ];
        for note in notes {
            let (english, spanish) = (note.words(Lang::En), note.words(Lang::Es));
            assert_ne!(english, spanish);
            assert!(english.ends_with('.') && spanish.ends_with('.'), "{note:?}");
        }
        assert!(Note::UnknownUser(42).words(Lang::En).contains("42"));
        assert!(Note::UnknownUser(42).words(Lang::Es).contains("42"));
    }
}
