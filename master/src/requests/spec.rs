//! A request made concrete: all that is needed to compute it, also after a restart of the master.

use cineswarm_engine::{Filters, HalfStars, MovieId, NeighbourOptions, Profile, RankOptions, UserId};
use cineswarm_proto::messages::{QueryOptions, TaskQuery};
use serde::{Deserialize, Serialize};

use crate::words::Note;
use cineswarm_chat::{Lang, Topic, Understanding};

/// What is to be computed; stored as JSON beside the request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// From neighbours, or simply popular films.
    pub source: Source,
    /// Whether the profile is the session's own ratings, which may have changed when more is asked for.
    pub own: bool,
    /// The viewer's ratings, ascending by film id.
    pub profile: Vec<(MovieId, HalfStars)>,
    /// Whose neighbours.
    pub neighbours: NeighbourOptions,
    /// The number of who asks among all users, who is never a neighbour; none has who has never rated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewer: Option<UserId>,
    /// How their films are put in order.
    pub ranking: RankOptions,
    /// Which films may appear.
    pub filters: Filters,
    /// The language of the answer's notes.
    pub lang: Lang,
    /// What the viewer is to know about the answer.
    pub note: Option<Note>,
    /// Parts of the sentence that the answer does not take into account, as typed.
    pub ignored: Vec<String>,
    /// Themes and the like that are asked for; the filters have their films.
    #[serde(default)]
    pub topics: Vec<Topic>,
    /// How the sentence was read; specs stored before there were readings have none.
    #[serde(default)]
    pub reading: Option<Understanding>,
    /// For a question about one film: what "more" goes on with afterwards.
    pub rest: Option<Box<Spec>>,
    /// For a question about one film: the list before it, whose places "the third one" means.
    #[serde(default)]
    pub shown: Vec<MovieId>,
}

/// Where the films come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The farm computes the viewer's neighbours.
    Neighbours,
    /// Films that many like, known to the master.
    Popular,
    /// Films that people liked who liked the same as the viewer, likewise.
    Graph,
}

impl Spec {
    /// Stands in for a stored spec that cannot be read, so that its request can be ended.
    pub fn unreadable() -> Spec {
        Spec {
            source: Source::Popular,
            own: false,
            profile: Vec::new(),
            neighbours: NeighbourOptions::default(),
            viewer: None,
            ranking: RankOptions::default(),
            filters: Filters::default(),
            lang: Lang::default(),
            note: None,
            ignored: Vec::new(),
            topics: Vec::new(),
            reading: None,
            rest: None,
            shown: Vec::new(),
        }
    }

    /// The films that similar ones are wanted to; none if the profile is somebody's ratings.
    pub fn like(&self) -> Vec<MovieId> {
        if self.own || self.neighbours != NeighbourOptions::like_these() {
            return Vec::new();
        }
        // What the sentence speaks against is in the profile, too, with the lowest rating.
        self.profile.iter().filter(|(_, rating)| *rating == HalfStars::MAX).map(|(movie, _)| *movie).collect()
    }

    /// The profile as the engine takes it.
    pub fn profile(&self) -> Profile {
        Profile::from_ratings(self.profile.iter().copied())
    }

    /// Which neighbours are looked for: of nobody their own.
    pub fn wanted(&self) -> NeighbourOptions {
        NeighbourOptions { exclude_user: self.neighbours.exclude_user.or(self.viewer), ..self.neighbours }
    }

    /// The query that goes to workers.
    pub fn query(&self, query_id: String) -> TaskQuery {
        let (profile, wanted) = (self.profile(), self.wanted());
        TaskQuery {
            query_id,
            movie_ids: profile.movie_ids().to_vec(),
            half_stars: profile.half_stars().to_vec(),
            k: u32::try_from(wanted.k).unwrap_or(u32::MAX),
            options: QueryOptions {
                min_overlap: wanted.min_overlap,
                shrink: wanted.shrink,
                exclude_user: wanted.exclude_user,
            },
        }
    }
}
