//! Common ground: what the films that a viewer likes have in common is what the viewer means, the more surely, the more of
//! them have it and the fewer films there are that do. One film has nothing in common with others, and what many of all kinds
//! have is only what most films have.
//!
//! An attribute is meant, or it is there by chance. If it is meant, each further liked film has it with probability M
//! ([`MEANT`]); by chance with probability p, its share of all likes. So one that has it is evidence of `ln(M / p)`, one
//! that has not is evidence against of `ln((1 - p) / (1 - M))`, and an attribute has to overcome what it takes to single it
//! out ([`DOUBT`]):
//!
//! ```text
//! E = max(0, r ln(M / p) - (R - r) ln((1 - p) / (1 - M)) - DOUBT)
//! ```
//!
//! where R counts the liked films but for the first and r those of them that have it. As no film is the first, of likings l,
//! 0 to 1, it is `R = (sum l) - (sum l^2) / (sum l)` over all films, which is n - 1 of n that are liked alike and 0 of one,
//! and r the same over those that have the attribute. A film is of the common ground by the evidence for all that it has, a
//! liked film, `X = (sum E) / (R + CALM)`, so that one more among many moves little. Its score is multiplied by
//!
//! ```text
//! 1 + strength (X / CLEAR)^2 / (1 + (X / ENOUGH)^2)
//! ```
//!
//! The logarithms are learned. What is left to whoever answers are sums, products and quotients in the order of profile and
//! attributes, so that all get the same bits.

use super::attributes::Attributes;
use super::{NAME, check_finite, liking};
use crate::models::{Array, Error, FilmContent, Parts, Viewer};

/// How likely a film that the viewer likes is to have what is meant.
const MEANT: f32 = 0.8;
/// The evidence below which something in common is chance.
const DOUBT: f64 = 2.0;
/// So many liked films more are thought of where evidence is taken for each.
const CALM: f64 = 4.0;
/// With this much evidence a liked film a score is doubled; with less there is hardly any common ground.
const CLEAR: f64 = 1.0 / 3.0;
/// From about here on more evidence counts less and less.
const ENOUGH: f64 = 3.0;

/// What each film is, and what it is evidence of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ground {
    strength: f32,
    /// Where the attributes of each film begin, and where the last one's end.
    offsets: Vec<u32>,
    /// Ascending within a film.
    attributes: Vec<u32>,
    /// The evidence that a film with the attribute is for it, by attribute.
    with: Vec<f32>,
    /// The evidence that a film without it is against it.
    without: Vec<f32>,
}

/// Likings and their squares, summed.
#[derive(Clone, Copy, Default)]
struct Liked {
    sum: f64,
    squares: f64,
}

impl Liked {
    fn add(&mut self, liking: f64) {
        self.sum += liking;
        self.squares += liking * liking;
    }

    /// How many films there are but for the first.
    fn further(&self) -> f64 {
        if self.sum > 0.0 { self.sum - self.squares / self.sum } else { 0.0 }
    }
}

impl Ground {
    /// Takes what is known of the films, how many like each, and how much common ground is to count.
    pub fn new(content: &FilmContent, likes: &[f32], strength: f32) -> Ground {
        if strength == 0.0 {
            return Ground::default();
        }
        let Attributes { of_films, chances } = Attributes::new(content, likes);
        let mut end = 0;
        let ends = of_films.iter().map(|attributes| {
            end += attributes.len() as u32;
            end
        });
        Ground {
            strength,
            offsets: std::iter::once(0).chain(ends).collect(),
            attributes: of_films.concat(),
            with: chances.iter().map(|chance| (MEANT / chance).ln()).collect(),
            without: chances.iter().map(|chance| ((1.0 - chance) / (1.0 - MEANT)).ln()).collect(),
        }
    }

    /// How much it counts; 0 if nothing is known of the films.
    pub fn strength(&self) -> f32 {
        self.strength
    }

    /// Raises the scores above 0 of films that have what the viewer's have in common.
    pub fn weigh(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        if self.strength == 0.0 || viewer.columns.len() < 2 {
            return;
        }
        let evidence = self.evidence(viewer);
        for (film, score) in scores.iter_mut().enumerate().filter(|(_, score)| **score > 0.0) {
            let mut sum = 0.0;
            self.of(film).iter().for_each(|&attribute| sum += evidence[attribute as usize]);
            if sum > 0.0 {
                let (clear, enough) = (sum / CLEAR, sum / ENOUGH);
                let more = f64::from(self.strength) * (clear * clear) / (1.0 + enough * enough);
                *score *= (1.0 + more) as f32;
            }
        }
    }

    /// E of each attribute, of what there is of it for each liked film.
    fn evidence(&self, viewer: &Viewer<'_>) -> Vec<f64> {
        let (mut all, mut having) = (Liked::default(), vec![Liked::default(); self.with.len()]);
        for (&column, &half_stars) in viewer.columns.iter().zip(viewer.half_stars) {
            let liking = f64::from(liking(half_stars, 0.0));
            if liking > 0.0 {
                all.add(liking);
                self.of(column as usize).iter().for_each(|&attribute| having[attribute as usize].add(liking));
            }
        }
        let evidence = having.iter().zip(self.with.iter().zip(&self.without)).map(|(having, (&with, &without))| {
            let (with_it, others) = (having.further(), all.further() - having.further());
            let evidence = with_it * f64::from(with) - others * f64::from(without) - DOUBT;
            evidence.max(0.0) / (all.further() + CALM)
        });
        evidence.collect()
    }

    /// The attributes of a film; none of one there is not.
    fn of(&self, film: usize) -> &[u32] {
        match self.offsets.get(film..film + 2) {
            Some(&[start, end]) => &self.attributes[start as usize..end as usize],
            _ => &[],
        }
    }

    /// Its arrays; none if nothing is known of the films.
    pub fn parts(&self) -> Parts {
        if self.strength == 0.0 {
            return Parts::default();
        }
        Parts::default()
            .with("strength", Array::F32(vec![self.strength]))
            .with("offsets", Array::U32(self.offsets.clone()))
            .with("attributes", Array::U32(self.attributes.clone()))
            .with("with", Array::F32(self.with.clone()))
            .with("without", Array::F32(self.without.clone()))
    }

    /// Takes the arrays of a model of so many films; without a strength it knows nothing of them.
    ///
    /// # Errors
    /// Unless the strength is above 0, the offsets ascend over all attributes, and these ascend in each film and exist.
    pub fn from_parts(mut parts: Parts, films: usize) -> Result<Ground, Error> {
        if parts.length("strength") == 0 {
            return Ok(Ground::default());
        }
        let (held, count) = (parts.length("attributes"), parts.length("with"));
        let ground = Ground {
            strength: parts.take_f32(NAME, "strength", 1)?[0],
            offsets: parts.take_u32(NAME, "offsets", films + 1)?,
            attributes: parts.take_u32(NAME, "attributes", held)?,
            with: parts.take_f32(NAME, "with", count)?,
            without: parts.take_f32(NAME, "without", count)?,
        };
        if !(ground.strength > 0.0 && ground.strength.is_finite()) {
            return Err(Error::damaged(NAME, "strength", "is not above 0"));
        }
        let ends = (ground.offsets.first(), ground.offsets.last());
        if ends != (Some(&0), Some(&(held as u32))) || !ground.offsets.is_sorted() {
            return Err(Error::damaged(NAME, "offsets", "do not ascend from 0 to the number of attributes"));
        }
        for own in (0..films).map(|film| ground.of(film)) {
            let known = own.last().is_none_or(|&last| (last as usize) < count);
            if !known || own.windows(2).any(|pair| pair[0] >= pair[1]) {
                return Err(Error::damaged(NAME, "attributes", format!("do not ascend within {count} for each film")));
            }
        }
        check_finite(NAME, "with", &ground.with)?;
        check_finite(NAME, "without", &ground.without)?;
        Ok(ground)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAMA: u32 = 0;
    const KUROSAWA: u32 = 1;
    const HORROR: u32 = 2;
    const VARDA: u32 = 3;

    /// Films 0 to 4 are dramas, 0 to 3 by Kurosawa; 5 to 7 are horror; 7 is by Varda, and so is the drama 8.
    fn ground() -> Ground {
        let films: [&[u32]; 9] = [
            &[DRAMA, KUROSAWA],
            &[DRAMA, KUROSAWA],
            &[DRAMA, KUROSAWA],
            &[DRAMA, KUROSAWA],
            &[DRAMA],
            &[HORROR],
            &[HORROR],
            &[HORROR, VARDA],
            &[DRAMA, VARDA],
        ];
        let chances = [0.5f32, 0.01, 0.05, 0.01];
        let mut ends = vec![0];
        films.iter().for_each(|film| ends.push(ends[ends.len() - 1] + film.len() as u32));
        Ground {
            strength: 1.0,
            offsets: ends,
            attributes: films.concat(),
            with: chances.map(|chance| (MEANT / chance).ln()).to_vec(),
            without: chances.map(|chance| ((1.0 - chance) / (1.0 - MEANT)).ln()).to_vec(),
        }
    }

    /// By what each film's score is multiplied.
    fn weighed(rated: &[(u32, u8)]) -> [f32; 9] {
        let (columns, half_stars): (Vec<u32>, Vec<u8>) = rated.iter().copied().unzip();
        let mut scores = [1.0; 9];
        ground().weigh(&Viewer { row: None, columns: &columns, half_stars: &half_stars }, &mut scores);
        scores
    }

    #[test]
    fn one_film_has_nothing_in_common() {
        assert_eq!(weighed(&[(0, 10)]), [1.0; 9]);
        assert_eq!(weighed(&[(0, 10), (5, 5), (6, 3)]), [1.0; 9], "nor has one liked film with others that are not");
    }

    #[test]
    fn what_several_have_counts_by_how_many_and_how_rare_it_is() {
        let (two, three) = (weighed(&[(0, 10), (1, 10)]), weighed(&[(0, 10), (1, 10), (2, 10)]));
        assert!(1.0 < two[3] && two[3] < three[3], "a third film makes it surer: {two:?}, {three:?}");
        let and_another = weighed(&[(0, 10), (1, 10), (5, 10)]);
        assert!(and_another[3] < two[3], "and one of another kind less sure: {and_another:?}");
        assert_eq!(three[4], 1.0, "three dramas are chance");
        let horror = weighed(&[(5, 10), (6, 10), (7, 10)])[5];
        assert!(1.0 < horror && horror < three[3], "three of what is less rare say less: {horror}");
        assert!(three.iter().all(|&factor| factor <= 1.0 + (ENOUGH / CLEAR).powi(2) as f32), "and there is a bound");
    }

    #[test]
    fn a_profile_of_all_kinds_has_no_common_ground() {
        assert_eq!(weighed(&[(0, 10), (4, 9), (5, 10), (8, 8)]), [1.0; 9]);
        // A pair in it is chance, the more so the longer it is.
        assert_eq!(weighed(&[(0, 10), (1, 10), (4, 10), (5, 10), (6, 10), (7, 10), (8, 10)]), [1.0; 9]);
    }

    #[test]
    fn what_is_not_liked_makes_no_common_ground_and_what_is_liked_less_says_less() {
        assert_eq!(weighed(&[(0, 1), (1, 2), (2, 5), (5, 10), (8, 10)]), [1.0; 9]);
        let by_rating = (5..=10).map(|half_stars| weighed(&[(0, 10), (1, 10), (2, half_stars)])[3]);
        let by_rating: Vec<f32> = by_rating.collect();
        assert!(by_rating.is_sorted() && by_rating[0] < by_rating[5], "{by_rating:?}");
        assert_eq!(by_rating[0], weighed(&[(0, 10), (1, 10)])[3], "from nothing on, without a jump");
    }

    #[test]
    fn what_is_not_to_be_recommended_stays_so() {
        let mut scores = [-1.0, f32::NEG_INFINITY, 0.0, 1.0];
        let viewer = Viewer { row: None, columns: &[0, 1], half_stars: &[10, 10] };
        ground().weigh(&viewer, &mut scores);
        assert_eq!(scores[..3], [-1.0, f32::NEG_INFINITY, 0.0]);
    }

    #[test]
    fn it_comes_out_of_its_arrays_as_it_went_in_and_of_others_none_does() {
        assert_eq!(Ground::from_parts(ground().parts(), 9).unwrap(), ground());
        assert_eq!(Ground::from_parts(Parts::default(), 9).unwrap(), Ground::default());
        let others = [
            Ground { strength: f32::NAN, ..ground() },
            Ground { offsets: vec![0; 10], ..ground() },
            Ground { attributes: vec![9; ground().attributes.len()], ..ground() },
            Ground { without: vec![f32::NAN; 4], ..ground() },
        ];
        assert!(others.into_iter().all(|other| Ground::from_parts(other.parts(), 9).is_err()));
        assert!(Ground::from_parts(ground().parts(), 8).is_err());
    }
}
