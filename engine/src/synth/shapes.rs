//! The shapes that a synthetic dataset can have: the published figures of MovieLens, and nothing of its contents.
//!
//! Counts, scales, periods and minimums are those of the README that comes with each dataset
//! (<https://grouplens.org/datasets/movielens/>) and of Harper and Konstan, "The MovieLens Datasets: History and
//! Context" (ACM TiiS 5(4), 2015), table 1. Quartiles, maximums and shares of each rating summarise the ratings files
//! that go with them; ml-10m's quartiles and shares are those of a random nine tenths of its ratings, scaled.

use super::Error;

/// How much of what a dataset holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Users, every one with a rating.
    pub users: u32,
    /// Films, every one with a rating.
    pub films: u32,
    /// Ratings, at most one a user and film.
    pub ratings: u32,
    /// How many ratings a user gives.
    pub activity: LongTail,
    /// How many ratings a film gets.
    pub popularity: LongTail,
    /// Relative frequency of 0.5, 1, ... 5 stars, in any unit.
    pub half_star_shares: [f64; 10],
    /// No rating is before the first or after the second time, in seconds since 1970.
    pub period: (i64, i64),
}

/// A long-tailed distribution of counts over users or films.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LongTail {
    /// Nobody has less.
    pub minimum: u32,
    /// What a quarter, half, and three quarters of them do not exceed.
    pub quartiles: [f64; 3],
    /// What the foremost has.
    pub maximum: u32,
}

const fn tail(minimum: u32, quartiles: [f64; 3], maximum: u32) -> LongTail {
    LongTail { minimum, quartiles, maximum }
}

/// 1995-01-09, when the first rating that is still there was given.
const FIRST_RATING: i64 = 789_609_600;

impl Shape {
    /// The shape of MovieLens 100k: 943 users, 1,682 films, 100,000 ratings in whole stars, September 1997 to April
    /// 1998.
    pub const ML_100K: Shape = Shape {
        users: 943,
        films: 1_682,
        ratings: 100_000,
        activity: tail(20, [33.0, 65.0, 148.0], 737),
        popularity: tail(1, [6.0, 27.0, 80.0], 583),
        half_star_shares: [0.0, 6.1, 0.0, 11.4, 0.0, 27.1, 0.0, 34.2, 0.0, 21.2],
        period: (874_713_600, 893_289_599),
    };

    /// The shape of MovieLens 1M: 6,040 users, 3,706 films, 1,000,209 ratings in whole stars, April 2000 to February
    /// 2003.
    pub const ML_1M: Shape = Shape {
        users: 6_040,
        films: 3_706,
        ratings: 1_000_209,
        activity: tail(20, [44.0, 96.0, 208.0], 2_314),
        popularity: tail(1, [33.0, 123.0, 350.0], 3_428),
        half_star_shares: [0.0, 5.6, 0.0, 10.8, 0.0, 26.1, 0.0, 34.9, 0.0, 22.6],
        period: (956_620_800, 1_046_476_799),
    };

    /// The shape of MovieLens 10M: 69,878 users, 10,677 films, 10,000,054 ratings, January 1995 to January 2009.
    pub const ML_10M: Shape = Shape {
        users: 69_878,
        films: 10_677,
        ratings: 10_000_054,
        activity: tail(20, [35.0, 69.0, 156.0], 7_359),
        popularity: tail(1, [34.0, 135.0, 627.0], 34_864),
        half_star_shares: [0.9, 3.8, 1.2, 7.9, 3.7, 23.6, 8.8, 28.8, 5.8, 15.5],
        period: (FIRST_RATING, 1_231_200_000),
    };

    /// The shape of MovieLens 20M: 138,493 users, 26,744 films, 20,000,263 ratings, January 1995 to March 2015.
    pub const ML_20M: Shape = Shape {
        users: 138_493,
        films: 26_744,
        ratings: 20_000_263,
        activity: tail(20, [35.0, 68.0, 155.0], 9_254),
        popularity: tail(1, [3.0, 18.0, 205.0], 67_310),
        half_star_shares: [1.2, 3.4, 1.4, 7.2, 4.4, 21.4, 11.0, 27.8, 7.7, 14.5],
        period: (FIRST_RATING, 1_427_759_999),
    };

    /// The shape of MovieLens 25M: 162,541 users, 59,047 films, 25,000,095 ratings, January 1995 to November 2019.
    pub const ML_25M: Shape = Shape {
        users: 162_541,
        films: 59_047,
        ratings: 25_000_095,
        activity: tail(20, [36.0, 71.0, 162.0], 32_202),
        popularity: tail(1, [2.0, 6.0, 36.0], 81_491),
        half_star_shares: [1.6, 3.1, 1.6, 6.6, 5.1, 19.6, 12.7, 26.6, 8.8, 14.5],
        period: (FIRST_RATING, 1_574_294_400),
    };

    /// The shapes that have a name.
    pub const NAMED: [(&'static str, Shape); 5] = [
        ("ml-100k", Shape::ML_100K),
        ("ml-1m", Shape::ML_1M),
        ("ml-10m", Shape::ML_10M),
        ("ml-20m", Shape::ML_20M),
        ("ml-25m", Shape::ML_25M),
    ];

    /// The shape called `name`, as in "ml-20m".
    pub fn named(name: &str) -> Option<Shape> {
        Shape::NAMED.into_iter().find_map(|(known, shape)| (known == name).then_some(shape))
    }

    /// A shape of any size, with tails and stars about as in MovieLens 20M, for tests and trials; whether there can be
    /// such a dataset is found out when it is made.
    pub fn of_size(users: u32, films: u32, ratings: u32) -> Shape {
        let spread = |over: u32, most: u32, minimum: u32| {
            let mean = f64::from(ratings) / f64::from(over.max(1));
            let quartiles = [0.24, 0.47, 1.07].map(|of_mean| (mean * of_mean).max(f64::from(minimum)));
            tail(minimum, quartiles, most.min((mean * 64.0) as u32).max(minimum))
        };
        let minimum = (f64::from(ratings) / f64::from(users.max(1)) * 0.14).clamp(1.0, 20.0) as u32;
        Shape {
            users,
            films,
            ratings,
            activity: spread(users, films, minimum),
            popularity: spread(films, users / 2, 1),
            ..Shape::ML_20M
        }
    }

    /// Whether there can be a dataset of this shape.
    pub(super) fn check(&self) -> Result<(), Error> {
        let Shape { users, films, ratings, .. } = *self;
        let impossible = |reason: String| Err(Error::Impossible { ratings, users, films, reason });
        let (users, films, ratings) = (u64::from(users), u64::from(films), u64::from(ratings));
        if users == 0 || films == 0 {
            return impossible("there must be a user and a film".to_owned());
        }
        if ratings > users * films {
            return impossible(format!("there are only {} pairs of a user and a film", users * films));
        }
        let of_each_film = u64::from(self.popularity.minimum.max(1));
        if of_each_film * films > ratings {
            let needed = if of_each_film == 1 { "a rating".to_owned() } else { format!("{of_each_film} ratings") };
            return impossible(format!("every film needs {needed}"));
        }
        if u64::from(self.activity.minimum) * users > ratings || ratings < users {
            return impossible(format!("every user needs {} ratings", self.activity.minimum.max(1)));
        }
        if self.activity.minimum > self.films {
            return impossible(format!("no user can rate {} films", self.activity.minimum));
        }
        let shares = self.half_star_shares;
        if !shares.iter().all(|share| share.is_finite() && *share >= 0.0) || shares.iter().sum::<f64>() <= 0.0 {
            return impossible("the shares of half-stars must be above 0 in sum, and none below".to_owned());
        }
        for of in [self.activity, self.popularity] {
            if !of.quartiles.iter().all(|quartile| quartile.is_finite()) {
                return impossible("the quartiles must be finite".to_owned());
            }
        }
        // Years of four digits, and far from the ends of the calendar's range.
        if self.period.0 < 0 || self.period.0 > self.period.1 || self.period.1 >= 253_402_300_800 {
            return impossible("its period must lie between 1970 and 9999 and not end before it begins".to_owned());
        }
        Ok(())
    }
}
