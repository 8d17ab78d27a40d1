//! The orders in which the films shown may be asked for.

use std::cmp::Reverse;

use cineswarm_engine::{Catalogue, MovieId, damped_means};

use crate::films::titles::TitleIndex;

/// An order of films that were shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By year, the last first.
    NewestFirst,
    /// By year.
    OldestFirst,
    /// By minutes, the most first.
    LongestFirst,
    /// By minutes.
    ShortestFirst,
    /// By the viewers' stars, where few have given some drawn towards the average.
    BestFirst,
}

impl Order {
    /// The films in this order; what is not known of some, at the end.
    pub(crate) fn sort(self, movies: &mut [MovieId], catalogue: &Catalogue, index: &TitleIndex) {
        let year = |movie: &MovieId| catalogue.get(*movie).and_then(|film| film.year);
        let minutes = |movie: &MovieId| index.facts(*movie).and_then(|known| known.runtime_min);
        match self {
            Order::NewestFirst => movies.sort_by_key(|movie| Reverse(year(movie))),
            Order::OldestFirst => movies.sort_by_key(|movie| year(movie).unwrap_or(u16::MAX)),
            Order::LongestFirst => movies.sort_by_key(|movie| Reverse(minutes(movie))),
            Order::ShortestFirst => movies.sort_by_key(|movie| minutes(movie).unwrap_or(u16::MAX)),
            Order::BestFirst => {
                let worth = damped_means(catalogue);
                movies.sort_by(|a, b| worth(*b).total_cmp(&worth(*a)));
            }
        }
    }

    /// From its name in the patterns.
    pub(crate) fn from_name(name: &str) -> Option<Order> {
        Some(match name {
            "Newest" => Order::NewestFirst,
            "Oldest" => Order::OldestFirst,
            "Longest" => Order::LongestFirst,
            "Shortest" => Order::ShortestFirst,
            "Best" => Order::BestFirst,
            _ => return None,
        })
    }
}
