//! How people speak: sentences cut into words, what words and phrases mean, from the files in `data/`. Knows no film but by the
//! words that titles are made of.

pub(crate) mod bags;
pub(crate) mod cues;
pub(crate) mod everyday;
pub(crate) mod fold;
pub(crate) mod language;
pub(crate) mod lexicon;
pub(crate) mod patterns;
pub(crate) mod places;
pub(crate) mod plainly;
pub(crate) mod spelling;
pub(crate) mod turns;
pub(crate) mod which;
pub(crate) mod years;
