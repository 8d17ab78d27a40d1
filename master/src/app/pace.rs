//! How often somebody says something.

use std::time::Instant;

/// How often somebody speaks: a count that decays with a time constant of a second, so that it is about what was said in
/// the last one.
#[derive(Debug)]
pub struct Pace {
    said: f64,
    counted_at: Instant,
}

impl Pace {
    /// Of somebody who has said nothing yet.
    pub fn new(now: Instant) -> Pace {
        Pace { said: 0.0, counted_at: now }
    }

    /// Counts something said; gives how much was said in about the last second.
    pub fn say(&mut self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.counted_at).as_secs_f64();
        self.counted_at = now;
        self.said = self.said * (-passed).exp() + 1.0;
        self.said
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_pace_is_about_what_is_said_in_a_second_and_is_forgotten() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let steady: Vec<f64> = (0..250).map(|at| pace.say(start + Duration::from_millis(at * 40))).collect();
        assert_eq!(steady[0], 1.0);
        assert!((24.0..27.0).contains(&steady[249]), "25 a second are taken for {}", steady[249]);
        assert!(pace.say(start + Duration::from_secs(30)) < 1.001);
    }
}
