//! What a sentence does in a conversation: goes on with what was asked before, changes it, takes it back.

pub(crate) mod another_meant;
pub(crate) mod by_degrees;
pub(crate) mod choosing;
pub(crate) mod degrees;
pub(crate) mod earlier;
pub(crate) mod follow_up;
pub(crate) mod given_to_place;
pub(crate) mod going_back;
pub(crate) mod in_passing;
pub(crate) mod in_short;
pub(crate) mod lifting;
pub(crate) mod made_by;
pub(crate) mod misspelt;
pub(crate) mod not_remembered;
pub(crate) mod occasions;
pub(crate) mod of_hero;
pub(crate) mod open_question;
pub(crate) mod rated_otherwise;
pub(crate) mod rated_several;
pub(crate) mod refining;
pub(crate) mod remarks;
pub(crate) mod somebody;
pub(crate) mod that_year;
pub(crate) mod turned_down;
pub(crate) mod which_film;
pub(crate) mod whose;
