//! People that are spoken of otherwise than by their name: "his other films", "that woman from Pretty Woman".

pub(crate) mod made_by;
pub(crate) mod not_by_him;
pub(crate) mod of_cast;
pub(crate) mod who_is_in;
pub(crate) mod whose;
