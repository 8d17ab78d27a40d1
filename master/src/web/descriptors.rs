//! File descriptors: how many the process may have, and how many of them browsers may take.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More is never asked for: some systems have no limit, and tables are made for each.
const ENOUGH: u64 = 1 << 20;
/// Kept from browsers at the least and at the most: for workers, the database, the broker, and for asking how it goes.
const SMALLEST_RESERVE: u64 = 64;
const LARGEST_RESERVE: u64 = 1_024;

/// Raises the soft limit to the hard one; login shells and systemd set it to 1,024 for the sake of programs that use
/// `select`. Gives the limit that holds now.
pub fn raise_limit() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let before = current.unwrap_or(ENOUGH);
    let wanted = maximum.unwrap_or(ENOUGH).min(ENOUGH);
    if wanted <= before {
        return before.min(ENOUGH);
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, before, wanted, "the limit of file descriptors stays as it is");
            before
        }
    }
}

/// Connections that browsers may have open, of so many descriptors.
pub fn for_browsers(limit: u64) -> usize {
    let reserve = (limit / 4).clamp(SMALLEST_RESERVE, LARGEST_RESERVE);
    usize::try_from(limit.saturating_sub(reserve)).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_few_descriptors_and_a_thousand_of_many_are_kept_for_the_farm() {
        assert_eq!(for_browsers(1_024), 768);
        assert_eq!(for_browsers(100), 36);
        assert_eq!(for_browsers(1 << 20), (1 << 20) - 1_024);
        assert_eq!(for_browsers(10), 1);
    }

    #[test]
    fn the_soft_limit_is_the_hard_one_after_the_start() {
        let limit = raise_limit();
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        assert_eq!(current.unwrap_or(ENOUGH).min(ENOUGH), limit);
        assert_eq!(maximum.unwrap_or(ENOUGH).min(ENOUGH), limit);
    }
}
