//! Keeps the best few of many candidates. It knows nothing of what they are: the order is given.

use std::cmp::Ordering;

/// The first `limit` items in `order` of those offered, in constant amortised time an item.
pub(crate) struct Best<T> {
    limit: usize,
    order: fn(&T, &T) -> Ordering,
    kept: Vec<T>,
    /// Once `limit` items were seen and cut: the last place that still counts is `kept[limit - 1]` at that time.
    cut: bool,
}

impl<T: Copy> Best<T> {
    pub(crate) fn new(limit: usize, order: fn(&T, &T) -> Ordering) -> Best<T> {
        Best { limit, order, kept: Vec::new(), cut: false }
    }

    /// An item that at least `limit` others precede or equal, once known: what comes after it need not be offered.
    pub(crate) fn bar(&self) -> Option<&T> {
        if self.cut { self.kept.get(self.limit - 1) } else { None }
    }

    /// Offers an item; says whether the bar was raised.
    pub(crate) fn offer(&mut self, item: T) -> bool {
        if self.limit == 0 || self.bar().is_some_and(|bar| (self.order)(&item, bar) == Ordering::Greater) {
            return false;
        }
        self.kept.push(item);
        // Twice the limit between cuts makes a cut's linear cost constant an item.
        if self.kept.len() < self.limit.saturating_mul(2) {
            return false;
        }
        self.kept.select_nth_unstable_by(self.limit - 1, self.order);
        self.kept.truncate(self.limit);
        self.cut = true;
        true
    }

    /// Takes what another has kept.
    pub(crate) fn absorb(&mut self, other: Best<T>) {
        other.kept.into_iter().for_each(|item| {
            self.offer(item);
        });
    }

    /// The best items, in order.
    pub(crate) fn into_sorted(mut self) -> Vec<T> {
        self.kept.sort_unstable_by(self.order);
        self.kept.truncate(self.limit);
        self.kept
    }
}
