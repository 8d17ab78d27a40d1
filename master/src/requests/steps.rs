//! What a viewer has done since the session was opened, so that "undo" finds it, and what "it" and "undo" mean.
//! Never changes anything itself; gone when the session's last tab is.

use std::collections::VecDeque;

use cineswarm_chat::Last;
use cineswarm_engine::{HalfStars, MovieId};
use uuid::Uuid;

use crate::store::FeedbackKind;

/// Steps that are remembered; earlier ones cannot be undone in words.
const MOST_STEPS: usize = 20;

/// Something that can be undone.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A question was answered, or is being.
    Asked(Uuid),
    /// Films were rated, or their ratings were taken back; each with its rating before.
    Rated(Vec<(MovieId, Option<HalfStars>)>),
    /// Films were marked; each with its mark before.
    Marked(Vec<(MovieId, Option<FeedbackKind>)>),
}

/// What is to be done to undo a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Undoing {
    /// Ask the request before again.
    AskAgain(Uuid),
    /// There is none before: the conversation begins anew.
    Forget,
    /// Give films the ratings they had.
    Rate(Vec<(MovieId, Option<HalfStars>)>),
    /// Give films the marks they had.
    Mark(Vec<(MovieId, Option<FeedbackKind>)>),
}

/// The steps of a session.
#[derive(Debug, Default)]
pub struct Steps {
    steps: VecDeque<Step>,
    spoken_of: Option<(MovieId, Last)>,
    /// The films that were rated since the last question, in the order in which they were rated first, or that were listed
    /// as rated; one whose rating was taken back keeps its place.
    rated: Vec<MovieId>,
    shows_ratings: bool,
    /// The key of the last sentence that undid something: it may be sent again.
    undone_by: Option<String>,
}

impl Steps {
    /// Remembers a step.
    pub fn push(&mut self, step: Step) {
        match &step {
            Step::Asked(_) => self.forget_rated(),
            Step::Rated(films) => {
                for (movie, _) in films {
                    if !self.rated.contains(movie) {
                        self.rated.push(*movie);
                    }
                }
            }
            Step::Marked(_) => {}
        }
        if self.steps.len() == MOST_STEPS {
            self.steps.pop_front();
        }
        self.steps.push_back(step);
    }

    /// Takes the last step back; `None` if there is none, or if this sentence has been sent before.
    pub fn undo(&mut self, key: Option<&str>) -> Option<Undoing> {
        if key.is_some() && key == self.undone_by.as_deref() {
            return None;
        }
        let undoing = match self.steps.pop_back()? {
            Step::Rated(before) => Undoing::Rate(before),
            Step::Marked(before) => Undoing::Mark(before),
            // Asked again it is the last question.
            Step::Asked(_) => self.take_last_asked().map_or(Undoing::Forget, Undoing::AskAgain),
        };
        self.undone_by = key.map(str::to_owned);
        Some(undoing)
    }

    /// The last question that was asked, which is none of the steps any more.
    pub fn take_last_asked(&mut self) -> Option<Uuid> {
        let last = self.steps.iter().rposition(|step| matches!(step, Step::Asked(_)))?;
        match self.steps.remove(last) {
            Some(Step::Asked(request)) => Some(request),
            _ => None,
        }
    }

    /// The questions that were asked, the first one first.
    pub fn asked(&self) -> Vec<Uuid> {
        let asked = |step: &Step| match step {
            Step::Asked(request) => Some(*request),
            _ => None,
        };
        self.steps.iter().filter_map(asked).collect()
    }

    /// The questions so far are no context any more; what was rated and marked can be undone all the same.
    pub fn begin(&mut self) {
        self.steps.retain(|step| !matches!(step, Step::Asked(_)));
        self.spoken_of = None;
        self.forget_rated();
    }

    fn forget_rated(&mut self) {
        self.rated.clear();
        self.shows_ratings = false;
    }

    /// The films that places of what is rated count, and whether they were listed.
    pub fn rated(&self) -> (Vec<MovieId>, bool) {
        (self.rated.clone(), self.shows_ratings)
    }

    /// What is rated was listed: from here on places count it.
    pub fn shows_ratings(&mut self, listed: Vec<MovieId>) {
        self.shows_ratings = !listed.is_empty();
        self.rated = listed;
    }

    /// The film that "it" means, and what was said of it.
    pub fn spoken_of(&self) -> Option<(MovieId, Last)> {
        self.spoken_of
    }

    /// From here on "it" means this film, or none.
    pub fn speak_of(&mut self, film: Option<(MovieId, Last)>) {
        self.spoken_of = film;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(number: u128) -> Step {
        Step::Asked(Uuid::from_u128(number))
    }

    #[test]
    fn a_refinement_is_undone_by_the_question_before_it_and_then_by_forgetting() {
        let mut steps = Steps::default();
        for step in [request(1), Step::Rated(vec![(5, None)]), request(2)] {
            steps.push(step);
        }
        assert_eq!(steps.undo(None), Some(Undoing::AskAgain(Uuid::from_u128(1))));
        steps.push(request(3));
        assert_eq!(steps.undo(None), Some(Undoing::Forget));
        assert_eq!(steps.undo(None), Some(Undoing::Rate(vec![(5, None)])));
        assert_eq!(steps.undo(None), None);
    }

    #[test]
    fn undo_that_is_sent_twice_undoes_once() {
        let mut steps = Steps::default();
        steps.push(Step::Marked(vec![(1, None)]));
        steps.push(Step::Marked(vec![(2, Some(FeedbackKind::Seen))]));
        assert_eq!(steps.undo(Some("key")), Some(Undoing::Mark(vec![(2, Some(FeedbackKind::Seen))])));
        assert_eq!(steps.undo(Some("key")), None);
        assert_eq!(steps.undo(Some("another")), Some(Undoing::Mark(vec![(1, None)])));
    }

    #[test]
    fn the_oldest_steps_are_forgotten_and_a_new_conversation_forgets_questions() {
        let mut steps = Steps::default();
        for movie in 0..=20 {
            steps.push(Step::Rated(vec![(movie, None)]));
        }
        assert_eq!(std::iter::from_fn(|| steps.undo(None)).count(), MOST_STEPS);
        steps.push(request(1));
        steps.push(Step::Rated(vec![(1, None)]));
        steps.push(request(2));
        steps.begin();
        assert_eq!(steps.undo(None), Some(Undoing::Rate(vec![(1, None)])));
        assert_eq!(steps.undo(None), None);
    }
}
