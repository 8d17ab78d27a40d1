//! How long films may be: "under two hours", "de hora y media como mucho", "something short".

use super::Reader;
use super::facts::{Asked, after_words};
use crate::lexicon;
use crate::topics::{Named, Topic, TopicKind};

/// What "something short" is, if no length is said.
const SHORT_MINUTES: u16 = 90;

impl Reader<'_> {
    /// "[nothing] over 100 minutes": of at most so many.
    pub(super) fn length_at_the_other_side(&self, at: usize) -> Option<(Named, usize)> {
        let (kind, label, said, _, end) = self.length_at(at).filter(|_| !self.index.knowledge.is_empty())?;
        let minutes: u16 = label.parse().ok()?;
        let is_most = kind == TopicKind::LengthAtLeast;
        let fits = |length: u16| if is_most { length <= minutes } else { length >= minutes };
        let films = self.index.knowledge.films(|known| known.runtime_min.is_some_and(fits));
        let kind = if is_most { TopicKind::LengthAtMost } else { TopicKind::LengthAtLeast };
        Some((Named { topic: Topic { kind, label, said }, films }, end))
    }

    /// Whether "less than two hours" and the like begins here.
    pub(super) fn length_begins(&self, at: usize) -> bool {
        self.length_at(at).is_some()
    }

    /// "under two hours", "de menos de 90 minutos", "tengo dos horas".
    pub(super) fn length_at(&self, at: usize) -> Option<Asked> {
        const AT_MOST: [&str; 56] = [
            "corta de",
            "cortas de",
            "corta que",
            "mas corta de",
            "mas cortas de",
            "mas corta que",
            "mas cortas que",
            "que no dure mas de",
            "que no duren mas de",
            "q no pase de",
            "que no pase de",
            "que no pasen de",
            "no mas de",
            "lasting less than",
            "maximo",
            "ive only got",
            "i only got",
            "we have",
            "we only have",
            "solo tengo",
            "that last less than",
            "that lasts less than",
            "nothing over",
            "nothing longer than",
            "nothing above",
            "not over",
            "isnt over",
            "arent over",
            "doesnt go over",
            "nada de mas de",
            "nada que dure mas de",
            "nada que pase de",
            "nada mas largo que",
            "nada mas largo de",
            "que no dure mas de",
            "que no duren mas de",
            "no longer than",
            "not longer than",
            "no more than",
            "less than",
            "shorter than",
            "under",
            "at most",
            "i have only",
            "i have",
            "i only have",
            "weve got",
            "ive got",
            "max",
            "maximum",
            "que dure menos de",
            "que duren menos de",
            "de menos de",
            "menos de",
            "tengo",
            "como mucho",
        ];
        const AT_LEAST: [&str; 16] = [
            "minimo",
            "minimum",
            "que dure al menos",
            "go on for at least",
            "longer than",
            "more than",
            "at least",
            "over",
            "que dure mas de",
            "que duren mas de",
            "de mas de",
            "mas de",
            "al menos",
            "de al menos",
            "mas larga que",
            "mas largas que",
        ];
        const SHORT: [&str; 23] = [
            "cortas",
            "cortita",
            "cortitas",
            "something short",
            "anything short",
            "short film",
            "short films",
            "short movie",
            "short movies",
            "a short one",
            "short one",
            "shortish",
            "algo corto",
            "algo cortito",
            "una corta",
            "una cortita",
            "peli corta",
            "pelis cortas",
            "pelicula corta",
            "peliculas cortas",
            "que sea corta",
            "que no sea larga",
            "nothing too long",
        ];
        let tokens = self.tokens();
        const AFTER_MOST: [&str; 14] = [
            "at most",
            "at the most",
            "or less",
            "or shorter",
            "or under",
            "max",
            "maximum",
            "tops",
            "como mucho",
            "como maximo",
            "maximo",
            "o menos",
            "a lo sumo",
            "y no mas",
        ];
        const AFTER_LEAST: [&str; 9] =
            ["plus", "or more", "or longer", "at least", "minimum", "o mas", "como minimo", "por lo menos", "minimo"];
        let follows = |phrases: &[&str], end: usize| phrases.iter().find_map(|phrase| after_words(tokens, end, phrase));
        let is_short = SHORT.iter().find_map(|phrase| after_words(tokens, at, phrase));
        let before = AT_MOST
            .iter()
            .find_map(|phrase| Some((after_words(tokens, at, phrase)?, true)))
            .or_else(|| AT_LEAST.iter().find_map(|phrase| Some((after_words(tokens, at, phrase)?, false))));
        let (minutes, end, is_most) = match before {
            None if let Some(end) = is_short => (SHORT_MINUTES, end, true),
            Some((from, is_most)) => {
                let (minutes, end) = self.duration_at(from)?;
                (minutes, end, is_most)
            }
            // "de hora y media como mucho", "90 minutes or less".
            None => {
                let (minutes, end) = self.duration_at(after_words(tokens, at, "de").unwrap_or(at))?;
                let most = follows(&AFTER_MOST, end).map(|end| (end, true));
                let (end, is_most) = most.or_else(|| Some((follows(&AFTER_LEAST, end)?, false)))?;
                (minutes, end, is_most)
            }
        };
        let fits = |length: u16| if is_most { length <= minutes } else { length >= minutes };
        let films = self.index.knowledge.films(|known| known.runtime_min.is_some_and(fits));
        let kind = if is_most { TopicKind::LengthAtMost } else { TopicKind::LengthAtLeast };
        Some((kind, minutes.to_string(), minutes.to_string(), films, end))
    }

    /// Minutes.
    pub(super) fn duration_at(&self, at: usize) -> Option<(u16, usize)> {
        let tokens = self.tokens();
        let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
        let is_hours = |word: &str| matches!(word, "hour" | "hours" | "h" | "hr" | "hrs" | "hora" | "horas");
        let is_minutes = |word: &str| matches!(word, "minute" | "minutes" | "min" | "mins" | "minuto" | "minutos");
        let at = at + usize::from(matches!(word(at), "about" | "only" | "unas" | "unos" | "solo" | "just"));
        let minutes_more = |at: usize| {
            let at = at + usize::from(matches!(word(at), "and" | "y"));
            let minutes = tokens.get(at)?.number().and_then(|minutes| u16::try_from(minutes).ok())?;
            (5..60).contains(&minutes).then(|| (minutes, at + 1 + usize::from(is_minutes(word(at + 1)))))
        };
        // "1h", "1h45", "1h 45".
        let in_hours = word(at).split_once('h').and_then(|(hours, minutes)| {
            let minutes = if minutes.is_empty() { 0 } else { minutes.parse::<u16>().ok()? };
            Some((hours.parse::<u16>().ok()?, minutes))
        });
        if let Some((hours, minutes)) = in_hours {
            let more = minutes_more(at + 1).filter(|_| minutes == 0);
            let (more, end) = more.unwrap_or((minutes, at + 1));
            return (hours <= 9 && more < 60).then_some((hours * 60 + more, end));
        }
        if let Some(end) = after_words(tokens, at, "hora y media") {
            return Some((90, end));
        }
        let number = match word(at) {
            "a" | "an" | "una" => 1,
            text => tokens.get(at)?.number().or_else(|| lexicon::number_word(text))?,
        };
        let number = u16::try_from(number).ok()?;
        if is_minutes(word(at + 1)) {
            return (1..=900).contains(&number).then_some((number, at + 2));
        }
        if !is_hours(word(at + 1)) || !(1..=9).contains(&number) {
            return None;
        }
        let half = ["and a half", "y media"].iter().find_map(|phrase| after_words(tokens, at + 2, phrase));
        let more = half.map(|end| (30, end)).or_else(|| minutes_more(at + 2));
        Some(more.map_or((number * 60, at + 2), |(minutes, end)| (number * 60 + minutes, end)))
    }
}
