//! Wishes that are put in a way of their own, each written anew as a plain one.

pub(crate) mod between_lengths;
pub(crate) mod like_one_but;
pub(crate) mod occasions;
pub(crate) mod own_language;
pub(crate) mod series_out;
pub(crate) mod than_a_film;
pub(crate) mod that_year;
pub(crate) mod told_before;
pub(crate) mod told_beside;
pub(crate) mod turned_down;
pub(crate) mod year_beside;
