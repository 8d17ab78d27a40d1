//! Which films there are: their titles and how they are typed, series, themes, and what facts know of them. Reads no sentence.

pub(crate) mod knowledge;
pub(crate) mod series;
pub(crate) mod somebody;
pub(crate) mod themes;
pub(crate) mod titles;
