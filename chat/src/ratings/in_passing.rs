//! Stars in a clause of their own: "seen it, loved it, 5", "El halcón maltés la tengo vista, es un 5", "didn't like it much,
//! 2 stars". The other clauses tell of which film, or it is the one that is spoken of.

use cineswarm_engine::MovieId;

use crate::context::Last;
use crate::intent::{Intent, Question};
use crate::request::Reader;
use crate::whole::understood_whole;
use crate::words::fold::Sentence;
use crate::words::{patterns, plainly};
use crate::{Chat, ratings};

impl Chat<'_> {
    pub(crate) fn rated_in_passing(&self) -> Option<Intent> {
        let clauses: Vec<Sentence> =
            plainly::clauses_of(self.reader.sentence).iter().map(|clause| Sentence::new(clause)).collect();
        let (index, catalogue) = (self.reader.index, self.catalogue);
        let number = |clause: &Sentence| ratings::number_alone(&Reader::new(clause, index, catalogue));
        let numbers = clauses.iter().enumerate().rev();
        let (at, (said, half_stars)) = numbers.into_iter().find_map(|(at, clause)| Some((at, number(clause)?)))?;
        let mut film = None;
        let mut is_judged = clauses[at].len() > 1;
        for clause in clauses[..at].iter().chain(&clauses[at + 1..]) {
            let (named, judges) = self.told_by(clause)?;
            is_judged |= judges;
            match (film, named) {
                (Some(known), Some(other)) if known != other => return None,
                _ => film = film.or(named),
            }
        }
        let spoken_of = || match self.context.last {
            Last::List | Last::Ordered(_) | Last::Series | Last::Compared(_) => self.only_film_named(),
            Last::Film | Last::Asked(_) | Last::AskedOf(..) | Last::Rating | Last::OffScale | Last::Marked(_) => {
                self.context.about
            }
        };
        let movie = film.or_else(spoken_of).filter(|_| is_judged)?;
        Some(match half_stars {
            Some(half_stars) => Intent::Rate { movie, half_stars },
            None => Intent::RateOffScale { movie, said },
        })
    }

    /// The film that a clause tells of, and whether it says that it was seen, or how it was; `None` if it says something
    /// else, such as which films are wanted.
    fn told_by(&self, clause: &Sentence) -> Option<(Option<MovieId>, bool)> {
        let read = understood_whole(clause, self.setting());
        let named = Reader::new(clause, self.reader.index, self.catalogue).films_named();
        let named = match named.as_slice() {
            [] => None,
            [slot] => Some(self.resolved(slot).ok()?),
            _ => return None,
        };
        match read.intent {
            Intent::Mark { movies, .. } => match movies.as_slice() {
                [only] => Some((Some(*only), true)),
                _ => None,
            },
            Intent::Clarify {
                film: Some(movie), question: Question::ConfirmRating | Question::HowManyStars, ..
            }
            | Intent::Rate { movie, .. } => Some((Some(movie), true)),
            Intent::Like { movies, .. } if named.is_some_and(|named| movies == [named]) => Some((named, false)),
            // "seen it", and which one is told elsewhere, or not at all.
            Intent::WhichOne => {
                let says_seen = |fitting: patterns::Fitting| fitting.kind.0 == "seen_it";
                Some((named, patterns::fitting(clause).any(says_seen)))
            }
            Intent::Help
            | Intent::Thanks
            | Intent::Chosen { .. }
            | Intent::OfItself(_)
            | Intent::Undo
            | Intent::NotUnderstood { .. } => Some((named, false)),
            Intent::UnknownTitle { .. } | Intent::OutsideTheData { .. } => Some((named, false)),
            _ => None,
        }
    }
}
