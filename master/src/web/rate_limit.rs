//! How many events a socket may send, and how many bytes: two token buckets (as in RFC 2697, with one rate).

use std::time::{Duration, Instant};

/// Saved-up events a socket starts with and may save up again, in seconds' worth.
const BURST_SECONDS: f64 = 2.0;

/// Bytes that come with each event of the allowance: a second's worth of the usual 50 is one message of the largest size.
const BYTES_PER_EVENT: u32 = 20 << 10;

/// One socket's allowance.
#[derive(Debug)]
pub struct Allowance {
    events: Bucket,
    bytes: Bucket,
    counted_at: Instant,
}

#[derive(Debug)]
struct Bucket {
    per_second: f64,
    left: f64,
}

impl Bucket {
    fn full(per_second: f64) -> Bucket {
        Bucket { per_second, left: per_second * BURST_SECONDS }
    }

    fn earn(&mut self, seconds: f64) {
        self.left = (self.left + seconds * self.per_second).min(self.per_second * BURST_SECONDS);
    }

    /// How long until there is enough, in seconds; more than the bucket holds is never there and costs all of it.
    fn wait(&self, cost: f64) -> f64 {
        (cost.min(self.per_second * BURST_SECONDS) - self.left) / self.per_second
    }
}

impl Allowance {
    /// Full at the beginning.
    pub fn new(events_per_second: u32, now: Instant) -> Allowance {
        let per_second = f64::from(events_per_second);
        let bytes = per_second * f64::from(BYTES_PER_EVENT);
        Allowance { events: Bucket::full(per_second), bytes: Bucket::full(bytes), counted_at: now }
    }

    /// Takes an event of so many bytes off the allowance, or says how long to wait for it.
    pub fn take(&mut self, bytes: usize, now: Instant) -> Result<(), Duration> {
        let passed = now.saturating_duration_since(self.counted_at).as_secs_f64();
        self.counted_at = now;
        self.events.earn(passed);
        self.bytes.earn(passed);
        let wait = self.events.wait(1.0).max(self.bytes.wait(bytes as f64));
        if wait > 0.0 {
            return Err(Duration::from_secs_f64(wait));
        }
        self.events.left -= 1.0;
        self.bytes.left = (self.bytes.left - bytes as f64).max(0.0);
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
        let passed = (0..100).filter(|_| allowance.take(1, start).is_ok()).count();
        assert_eq!(passed, 20);
        assert_eq!(allowance.take(1, start), Err(Duration::from_millis(100)));
        assert!(allowance.take(1, start + Duration::from_millis(100)).is_ok());
        let later = start + Duration::from_secs(3600);
        assert_eq!(
            (0..100).filter(|_| allowance.take(1, later).is_ok()).count(),
            20,
            "more than the burst is not saved"
        );
    }

    #[test]
    fn large_messages_are_charged_by_their_bytes() {
        let start = Instant::now();
        let mut allowance = Allowance::new(50, start);
        let megabyte = 1 << 20;
        let passed = (0..50).filter(|_| allowance.take(megabyte, start).is_ok()).count();
        assert!((1..=2).contains(&passed), "{passed} megabytes passed at once");
        let wait = allowance.take(megabyte, start).unwrap_err();
        assert!(wait <= Duration::from_millis(1_100), "{wait:?}");
        assert!(allowance.take(megabyte, start + wait).is_ok(), "who waits as long as was said is let through");
    }
}
