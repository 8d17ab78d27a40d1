//! Questions about films, and what is asked: of one, of two, of a place in the list, of how many there are.

pub(crate) mod about;
pub(crate) mod asked;
pub(crate) mod asked_twice;
pub(crate) mod by_plot;
pub(crate) mod by_viewers;
pub(crate) mod comparing;
pub(crate) mod counted;
pub(crate) mod film_meant;
pub(crate) mod gist;
pub(crate) mod is_by;
pub(crate) mod most;
pub(crate) mod of_itself;
pub(crate) mod of_list;
pub(crate) mod of_year;
pub(crate) mod order;
pub(crate) mod questions;
pub(crate) mod unknowable;
pub(crate) mod versions;
pub(crate) mod wanted;
