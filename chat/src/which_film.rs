//! Which film of several is meant: told by its place, its makers, its year, its series, or as the answer to a question back.

pub(crate) mod all_options;
pub(crate) mod another_meant;
pub(crate) mod beside_title;
pub(crate) mod choosing;
pub(crate) mod most_said;
pub(crate) mod not_remembered;
pub(crate) mod of_hero;
pub(crate) mod open_question;
pub(crate) mod places_said;
pub(crate) mod pointed_at;
pub(crate) mod sequel;
pub(crate) mod series_said;
pub(crate) mod title_alone;
pub(crate) mod told_apart;
pub(crate) mod what_differs;
