//! How long to wait between two tries of what may pass: doubled from a first pause to a longest one, for ever. Whether a
//! thing may pass, and until when it is tried, is for the room that tries it; nothing here waits.

#![forbid(unsafe_code)]

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::time::Duration;

/// The pauses between the tries of one thing.
#[derive(Debug)]
pub struct Backoff {
    builder: ExponentialBuilder,
    pauses: ExponentialBackoff,
    longest: Duration,
}

impl Backoff {
    /// Doubles from the first pause to the longest.
    pub fn between(first: Duration, longest: Duration) -> Backoff {
        let builder = ExponentialBuilder::new().with_min_delay(first).with_max_delay(longest).without_max_times();
        Backoff::of(builder, longest)
    }

    /// Like [`Backoff::between`], but each pause is a random one from half of it to all of it, so that those who lost the
    /// same peer at once do not come back at once.
    pub fn with_jitter(first: Duration, longest: Duration) -> Backoff {
        // The jitter adds up to once more of what it is given.
        let halves = ExponentialBuilder::new().with_min_delay(first / 2).with_max_delay(longest / 2);
        Backoff::of(halves.without_max_times().with_jitter(), longest)
    }

    fn of(builder: ExponentialBuilder, longest: Duration) -> Backoff {
        Backoff { builder, pauses: builder.build(), longest }
    }

    /// How long to wait before the next try, to the millisecond.
    pub fn next_pause(&mut self) -> Duration {
        // There is no last one; and what is counted in binary fractions is not told as 199 ms.
        let pause = self.pauses.next().unwrap_or(self.longest);
        Duration::from_millis((pause.as_secs_f64() * 1000.0).round() as u64)
    }

    /// It has worked: the next pause is the first again.
    pub fn start_over(&mut self) {
        self.pauses = self.builder.build();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(20);
    const LONGEST: Duration = Duration::from_millis(500);

    #[test]
    fn pauses_double_up_to_the_longest_and_never_end() {
        let mut backoff = Backoff::between(FIRST, LONGEST);
        let pauses: Vec<u128> = (0..8).map(|_| backoff.next_pause().as_millis()).collect();
        assert_eq!(pauses, [20, 40, 80, 160, 320, 500, 500, 500]);
        assert!((0..10_000).all(|_| backoff.next_pause() == LONGEST));
        backoff.start_over();
        assert_eq!(backoff.next_pause(), FIRST);
    }

    #[test]
    fn jitter_takes_from_half_to_all_of_a_pause_and_differs() {
        let mut firsts = Vec::new();
        for _ in 0..200 {
            let mut backoff = Backoff::with_jitter(FIRST, LONGEST);
            for full in [20, 40, 80, 160, 320, 500, 500] {
                let pause = backoff.next_pause().as_millis();
                assert!((full / 2..=full).contains(&pause), "{pause} of {full}");
            }
            backoff.start_over();
            firsts.push(backoff.next_pause());
        }
        assert!(firsts.iter().any(|&pause| pause < FIRST * 3 / 4) && firsts.iter().any(|&pause| pause > FIRST * 3 / 4));
    }
}
