//! One rating's parts: who, which film, how many half-stars.

use serde::{Deserialize, Serialize};

/// A viewer's number in the dataset, as MovieLens gives it.
pub type UserId = u32;

/// A film's number in the dataset, as MovieLens gives it.
pub type MovieId = u32;

/// From here on ids are those of people and films that came after a dataset.
pub const FIRST_LIVE_ID: u32 = 1 << 31;

/// From so many half-stars on, four stars, somebody liked a film.
pub const LIKED: u8 = 8;

/// A rating on the half-star scale, 1 (0.5 stars) to 10 (5 stars).
///
/// All similarity arithmetic is done on these integers, so that sums do not depend on their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct HalfStars(u8);

/// A rating that is not 0.5, 1.0, ... 5.0 stars.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a rating is 0.5 to 5.0 stars in steps of 0.5, not {0}")]
pub struct OffScale(pub f64);

impl HalfStars {
    /// The lowest rating, half a star.
    pub const MIN: HalfStars = HalfStars(1);

    /// The highest rating, five stars.
    pub const MAX: HalfStars = HalfStars(10);

    /// From a count of half-stars, 1 to 10.
    pub const fn new(half_stars: u8) -> Option<HalfStars> {
        match half_stars {
            1..=10 => Some(HalfStars(half_stars)),
            _ => None,
        }
    }

    /// From stars, 0.5 to 5.0 in exact steps of 0.5.
    pub fn from_stars(stars: f64) -> Result<HalfStars, OffScale> {
        let doubled = stars * 2.0;
        if doubled.fract() == 0.0 && (1.0..=10.0).contains(&doubled) {
            Ok(HalfStars(doubled as u8))
        } else {
            Err(OffScale(stars))
        }
    }

    /// The count of half-stars, 1 to 10.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The rating in stars, 0.5 to 5.0.
    pub fn stars(self) -> f64 {
        f64::from(self.0) / 2.0
    }
}

impl TryFrom<u8> for HalfStars {
    type Error = OffScale;
    fn try_from(half_stars: u8) -> Result<Self, OffScale> {
        HalfStars::new(half_stars).ok_or(OffScale(f64::from(half_stars) / 2.0))
    }
}

impl From<HalfStars> for u8 {
    fn from(half_stars: HalfStars) -> u8 {
        half_stars.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ten_steps_of_the_scale_are_ratings() {
        for step in 1..=10u8 {
            let stars = f64::from(step) / 2.0;
            assert_eq!(HalfStars::from_stars(stars).unwrap().get(), step);
        }
        for off in [0.0, -0.5, 0.25, 4.9, 5.5, f64::NAN, f64::INFINITY, 1e300] {
            assert!(HalfStars::from_stars(off).is_err(), "{off} is off the scale");
        }
    }
}
