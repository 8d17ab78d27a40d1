//! What was said before, as far as a sentence can refer to it, and what an intent leaves to be referred to.

use cineswarm_engine::{HalfStars, MovieId};

use crate::asks::order::Order;
use crate::asks::wanted::Wanted;
use crate::films::somebody::Somebody;
use crate::intent::{ClarifyOption, Intent, Mark};
use crate::topics::Topic;

/// What was said before, as far as a sentence can refer to it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The films of the last answer, in their order.
    pub shown: &'a [MovieId],
    /// Whether films were asked for before, however many there were.
    pub goes_on: bool,
    /// The choices of a question that was asked back and is open.
    pub options: &'a [ClarifyOption],
    /// The film that was spoken of last.
    pub about: Option<MovieId>,
    /// The films that the last question asked for films like.
    pub like: &'a [MovieId],
    /// Whether the last question only ruled out, so that the next one is about what is left.
    pub only_ruled_out: bool,
    /// What was said last.
    pub last: Last,
    /// Who the last question asked for films of or with.
    pub person: Option<&'a Topic>,
    /// The themes and the like that the last question asked for.
    pub topics: &'a [Topic],
    /// The genres that it asked for.
    pub genres: &'a [String],
    /// The genres that it ruled out.
    pub unwanted_genres: &'a [String],
    /// What the viewer rated the film that was spoken of last, if that is what was spoken of.
    pub stars: Option<HalfStars>,
    /// The films that the viewer has rated since the last list, in the order in which they were rated first, or those that
    /// were listed as rated. One whose rating was taken back keeps its place.
    pub rated: &'a [MovieId],
    /// Whether `shown` is the list of what the viewer has rated.
    pub shows_ratings: bool,
}

impl<'a> Context<'a> {
    /// The films that places count: of the last list, or, where there is none, those that were rated one after the other.
    pub(crate) fn counted(&self) -> &'a [MovieId] {
        if self.counts_rated() { self.rated } else { self.shown }
    }

    /// Whether what places count are films that the viewer has rated, so that what is taken away is a rating.
    pub(crate) fn counts_rated(&self) -> bool {
        self.shows_ratings || (self.shown.is_empty() && self.rated.len() > 1)
    }
}

/// What was said last, as far as it tells what "it" and "4" mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Last {
    /// A list of films, or nothing of one film.
    #[default]
    List,
    /// The films of that list, in this order.
    Ordered(Order),
    /// The films of a series, of which the one that is told is the first.
    Series,
    /// Something about one film.
    Film,
    /// What somebody wanted to know of one film.
    Asked(Wanted),
    /// What somebody wanted to know of one film and one person.
    AskedOf(Wanted, Somebody),
    /// The viewer's rating of one film, or a question for it.
    Rating,
    /// That the number that was told is no rating of that film, so that nothing changed.
    OffScale,
    /// That the viewer has seen one film, or does not want it.
    Marked(Mark),
    /// That film beside this one, so that "it" is neither.
    Compared(MovieId),
}

impl Last {
    /// Whether several films were told of, and not one of them.
    pub(crate) fn is_list(self) -> bool {
        matches!(self, Last::List | Last::Ordered(_) | Last::Series)
    }
}

impl Intent {
    /// The film that "it" means after this, and what was said of it.
    pub fn speaks_of(&self) -> (Option<MovieId>, Last) {
        match self {
            Intent::Rate { movie, .. }
            | Intent::RateInstead { movie, .. }
            | Intent::RateBy { movie, .. }
            | Intent::Unrate { movie } => (Some(*movie), Last::Rating),
            Intent::RateOffScale { movie, .. } => (Some(*movie), Last::OffScale),
            Intent::UnrateSeveral { movies } => (movies.last().copied().filter(|_| movies.len() == 1), Last::Rating),
            Intent::RateSeveral { ratings, .. } => (ratings.last().map(|(movie, _)| *movie), Last::Rating),
            Intent::MarkInstead { movie, mark, .. } => (Some(*movie), Last::Marked(*mark)),
            Intent::About { movie, wanted: Wanted::MyRating } => (Some(*movie), Last::Rating),
            Intent::About { movie, wanted } | Intent::AboutBoth { movie, wanted: [_, wanted] } => {
                (Some(*movie), Last::Asked(*wanted))
            }
            Intent::IsBy { movie, wanted, name, .. } => (Some(*movie), Last::AskedOf(*wanted, Somebody::called(name))),
            Intent::Why { movie } | Intent::Tagged { movie, .. } | Intent::Chosen { movie } => {
                (Some(*movie), Last::Film)
            }
            Intent::Compare { movies, .. } => match movies[..] {
                [one, other] => (Some(one), Last::Compared(other)),
                _ => (None, Last::List),
            },
            // "is Alien on the list?", and then "who directed it?"
            Intent::AmongShown { film: Some(movie), .. } => (Some(*movie), Last::Film),
            Intent::AmongShown { found, .. } => match found[..] {
                [(_, only)] => (Some(only), Last::Film),
                _ => (None, Last::List),
            },
            // "in which order" asks of its series again; "it" is none of them.
            Intent::Series { movies, .. } => (movies.first().copied(), Last::Series),
            Intent::InOrder { movies, order } => (movies.first().copied(), Last::Ordered(*order)),
            Intent::Clarify { film: Some(movie), .. } => (Some(*movie), Last::Rating),
            Intent::Mark { movies, mark } => match movies.as_slice() {
                [only] => (Some(*only), Last::Marked(*mark)),
                _ => (None, Last::List),
            },
            _ => (None, Last::List),
        }
    }
}
