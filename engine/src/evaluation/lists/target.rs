//! What is asked of who answers, by name: each target says with what it asks and what is right.

use std::fmt;
use std::str::FromStr;

/// What the right answers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Asked with so many films that a viewer likes: what else the viewer likes.
    CoLiked(usize),
    /// Asked with so many of a viewer's ratings, high and low: what else the viewer likes.
    Profile(usize),
    /// Asked with so many films that have the same two tags: others that have them; nobody is told the tags.
    Tags(usize),
    /// Asked with so many films of a series: others of it; nobody is told series and titles.
    Series(usize),
    /// Asked with so many films by a director: others; nobody is told directors.
    Director(usize),
}

impl Target {
    /// What is measured where nothing is chosen.
    pub const ALL: [Target; 11] = [
        Target::CoLiked(1),
        Target::CoLiked(3),
        Target::Profile(5),
        Target::Profile(9),
        Target::Profile(20),
        Target::Tags(1),
        Target::Tags(3),
        Target::Series(1),
        Target::Series(2),
        Target::Director(1),
        Target::Director(3),
    ];
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, films) = match self {
            Target::CoLiked(films) => return write!(out, "co-liked:{films}"),
            Target::Profile(ratings) => return write!(out, "profile:{ratings}"),
            Target::Tags(films) => ("tags", films),
            Target::Series(films) => ("series", films),
            Target::Director(films) => ("director", films),
        };
        if *films == 1 { out.write_str(kind) } else { write!(out, "{kind}:{films}") }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(name: &str) -> Result<Target, String> {
        let unknown = || {
            format!(
                "there is no target {name:?}; there are co-liked:N, profile:N, tags, tags:N, series, series:N, director, \
                 director:N (N from 1 to 100)"
            )
        };
        let (kind, number) = name.split_once(':').map_or((name, None), |(kind, number)| (kind, Some(number)));
        let number = number.map(|number| number.parse().ok().filter(|n| (1..=100).contains(n)).ok_or_else(unknown));
        let number: Option<usize> = number.transpose()?;
        match (kind, number) {
            ("co-liked", Some(films)) => Ok(Target::CoLiked(films)),
            ("profile", Some(ratings)) => Ok(Target::Profile(ratings)),
            ("tags", films) => Ok(Target::Tags(films.unwrap_or(1))),
            ("series", films) => Ok(Target::Series(films.unwrap_or(1))),
            ("director", films) => Ok(Target::Director(films.unwrap_or(1))),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_named_as_it_is_asked_for() {
        for target in Target::ALL {
            assert_eq!(target.to_string().parse(), Ok(target));
        }
        assert_eq!("director:1".parse(), Ok(Target::Director(1)));
        for name in ["", "co-liked", "profile:", "tags:0", "series:101", "director:three", "director:3:3", "genre"] {
            assert!(name.parse::<Target>().is_err(), "{name:?} is no target");
        }
    }
}
