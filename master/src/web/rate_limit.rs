//! How many events a socket may send: a token bucket (as in RFC 2697, with one rate).

use std::time::{Duration, Instant};

/// Saved-up events a socket starts with and may save up again, in seconds' worth.
const BURST_SECONDS: f64 = 2.0;

/// One socket's allowance.
#[derive(Debug)]
pub struct Allowance {
    per_second: f64,
    left: f64,
    counted_at: Instant,
}

impl Allowance {
    /// Full at the beginning.
    pub fn new(per_second: u32, now: Instant) -> Allowance {
        let per_second = f64::from(per_second);
        Allowance { per_second, left: per_second * BURST_SECONDS, counted_at: now }
    }

    /// Takes one event off the allowance, or says how long to wait for the next.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let earned = now.saturating_duration_since(self.counted_at).as_secs_f64() * self.per_second;
        self.left = (self.left + earned).min(self.per_second * BURST_SECONDS);
        self.counted_at = now;
        if self.left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - self.left) / self.per_second));
        }
        self.left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let start = Instant::now();
        let mut allowance = Allowance::new(10, start);
        let passed = (0..100).filter(|_| allowance.take(start).is_ok()).count();
        assert_eq!(passed, 20);
        assert_eq!(allowance.take(start), Err(Duration::from_millis(100)));
        assert!(allowance.take(start + Duration::from_millis(100)).is_ok());
        let later = start + Duration::from_secs(3600);
        assert_eq!((0..100).filter(|_| allowance.take(later).is_ok()).count(), 20, "more than the burst is not saved");
    }
}
