//! The orders in which the films shown may be asked for.

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
    /// By the viewers' stars on average.
    BestFirst,
}

impl Order {
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
