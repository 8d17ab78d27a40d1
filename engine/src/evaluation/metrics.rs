//! The metrics by name, and the formula of each over one viewer's list. What a list is made of is decided elsewhere.
//!
//! Of a list cut after n films, `hits` are the positions (the first is 1) of its relevant films, and R is how many
//! relevant films there were to find.

use std::fmt;
use std::str::FromStr;

use super::Error;

/// The longest list that is measured.
pub const MAX_N: usize = 1000;

/// A metric, as "rmse" or "ndcg@10".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Of predicted ratings.
    Rating(RatingMetric),
    /// Of the first n films of a list.
    Ranking(RankingMetric, usize),
}

/// How far predicted ratings p lie from the true ones r, in stars, over all N held-out ratings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RatingMetric {
    /// Root of the mean squared error: `sqrt(sum (p - r)^2 / N)`.
    Rmse,
    /// Mean absolute error: `sum |p - r| / N`.
    Mae,
    /// Mean squared error: `sum (p - r)^2 / N`.
    Mse,
    /// Coefficient of determination: `1 - sum (p - r)^2 / sum (r - mean of r)^2`.
    R2,
}

/// How good the first n films of a list are. Means are over viewers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RankingMetric {
    /// `hits / n`, also where the list is shorter than n.
    Precision,
    /// `hits / R`.
    Recall,
    /// 1 if there is a hit, or else 0.
    HitRate,
    /// Normalised discounted cumulative gain with relevance 0 or 1 (Järvelin and Kekäläinen 2002, with the discount
    /// `1 / log2(position + 1)`): the sum over the hits, divided by that of a list that begins with min(n, R) hits.
    Ndcg,
    /// Reciprocal rank: `1 / position of the first hit`, 0 without one.
    Mrr,
    /// Average precision: the sum over the hits of the precision down to the hit, divided by min(n, R).
    Map,
    /// Catalogue coverage (Ge, Delgado-Battenfeld and Jannach 2010): the share of all films that are in some list.
    Coverage,
    /// Mean self-information (Zhou et al. 2010): the mean over a list of `-log2(raters of the film / users)` in the
    /// training part, in bits; a film without raters counts as having one.
    Novelty,
    /// Intra-list diversity (Smyth and McClave 2001): the mean over pairs of `1 - cosine` of their sets of raters in the
    /// training part.
    Diversity,
    /// Intra-list diversity by genre: the mean over pairs of 1 - (genres of both / genres of either); films without a
    /// known genre are left out.
    GenreDiversity,
    /// Average recommendation popularity (Yin et al. 2012): the mean over a list of its films' ratings in training.
    Popularity,
    /// Popularity lift (Abdollahpouri et al. 2020): the average recommendation popularity relative to the mean popularity
    /// of the films of the viewers' profiles, less 1. 0 is as popular as what they watch, 1 is twice that.
    PopularityLift,
    /// Gini index (Shani and Gunawardana 2011, equation 8.15) of how often each film is recommended: 0 if all F are
    /// equally often, 1 if only one ever is. `sum over j of (2j - F - 1) share_j / (F - 1)`, the shares ascending.
    Gini,
}

use RankingMetric as At;
use RatingMetric as Of;

const RATING: [(RatingMetric, &str); 4] = [(Of::Rmse, "rmse"), (Of::Mae, "mae"), (Of::Mse, "mse"), (Of::R2, "r2")];

const RANKING: [(RankingMetric, &str); 13] = [
    (At::Precision, "precision"),
    (At::Recall, "recall"),
    (At::HitRate, "hr"),
    (At::Ndcg, "ndcg"),
    (At::Mrr, "mrr"),
    (At::Map, "map"),
    (At::Coverage, "coverage"),
    (At::Novelty, "novelty"),
    (At::Diversity, "diversity"),
    (At::GenreDiversity, "genre-diversity"),
    (At::Popularity, "popularity"),
    (At::PopularityLift, "popularity-lift"),
    (At::Gini, "gini"),
];

impl Metric {
    /// Names of all metrics, in words for a message.
    pub fn known() -> String {
        let rating = RATING.iter().map(|(_, name)| (*name).to_owned());
        let ranking = RANKING.iter().map(|(_, name)| format!("{name}@N"));
        rating.chain(ranking).collect::<Vec<String>>().join(", ")
    }

    /// Whether less is better. For the popularity of what is recommended, less is taken to be less biased.
    pub fn lower_is_better(self) -> bool {
        match self {
            Metric::Rating(metric) => metric != Of::R2,
            Metric::Ranking(metric, _) => matches!(metric, At::Popularity | At::PopularityLift | At::Gini),
        }
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Metric, Error> {
        let unknown = || Error::UnknownMetric { name: name.to_owned(), known: Metric::known() };
        if let Some((metric, _)) = RATING.iter().find(|(_, known)| *known == name) {
            return Ok(Metric::Rating(*metric));
        }
        let (before, n) = name.split_once('@').ok_or_else(unknown)?;
        let (metric, _) = RANKING.iter().find(|(_, known)| *known == before).ok_or_else(unknown)?;
        match n.parse() {
            Ok(n) if (1..=MAX_N).contains(&n) => Ok(Metric::Ranking(*metric, n)),
            _ => Err(Error::BadCutoff { name: name.to_owned() }),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Metric::Rating(metric) => {
                let name = RATING.iter().find(|(known, _)| known == metric).map_or("", |(_, name)| name);
                out.pad(name)
            }
            Metric::Ranking(metric, n) => {
                let name = RANKING.iter().find(|(known, _)| known == metric).map_or("", |(_, name)| name);
                out.pad(&format!("{name}@{n}"))
            }
        }
    }
}

/// How well one viewer's list hits, by those metrics of [`RankingMetric`] that look at nothing else; `None` for the others.
///
/// `hits` are ascending positions from 1, of which those past n are passed over; `relevant` is R, at least 1.
pub fn of_hits(metric: RankingMetric, n: usize, hits: &[usize], relevant: usize) -> Option<f64> {
    let hits = &hits[..hits.partition_point(|&position| position <= n)];
    let count = hits.len() as f64;
    let best = n.min(relevant);
    Some(match metric {
        At::Precision => count / n as f64,
        At::Recall => count / relevant as f64,
        At::HitRate => f64::from(u8::from(!hits.is_empty())),
        At::Ndcg => hits.iter().copied().map(discount).sum::<f64>() / (1..=best).map(discount).sum::<f64>(),
        At::Mrr => hits.first().map_or(0.0, |&position| 1.0 / position as f64),
        At::Map => {
            let precisions = (1..).zip(hits).map(|(so_far, &position)| f64::from(so_far) / position as f64);
            precisions.sum::<f64>() / best as f64
        }
        At::Coverage
        | At::Novelty
        | At::Diversity
        | At::GenreDiversity
        | At::Popularity
        | At::PopularityLift
        | At::Gini => return None,
    })
}

fn discount(position: usize) -> f64 {
    1.0 / (position as f64 + 1.0).log2()
}

/// The Gini index of counts; 0 if there are fewer than two or all are 0.
pub fn gini(counts: &[u32]) -> f64 {
    let total: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    if counts.len() < 2 || total == 0 {
        return 0.0;
    }
    let mut ascending = counts.to_vec();
    ascending.sort_unstable();
    let films = ascending.len() as f64;
    let weighted: f64 =
        (1..).zip(&ascending).map(|(j, &count)| (2.0 * f64::from(j) - films - 1.0) * f64::from(count)).sum();
    weighted / (films - 1.0) / total as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        let names = "rmse mae mse r2 precision@1 recall@5 hr@10 ndcg@10 mrr@20 map@1000 coverage@3 novelty@3 diversity@3 \
                     genre-diversity@3 popularity@3 popularity-lift@3 gini@3";
        for name in names.split(' ') {
            assert_eq!(name.parse::<Metric>().unwrap().to_string(), name);
        }
        for bad in ["", "ndcg", "NDCG@10", "rmse@10", "ndcg@", "hits@10", "@10", "hr @10"] {
            let words = bad.parse::<Metric>().unwrap_err().to_string();
            assert!(words.contains("ndcg@N") || words.contains("1 to 1000"), "{words}");
        }
        for bad in ["ndcg@0", "ndcg@1001", "ndcg@-1", "ndcg@99999999999999999999", "ndcg@1.5"] {
            assert!(bad.parse::<Metric>().unwrap_err().to_string().contains("1 to 1000"), "{bad}");
        }
    }

    #[test]
    fn a_list_is_measured_as_by_hand() {
        // Films 2 and 5 of the list are relevant, and a third relevant film is not in it; n is 5.
        let at = |metric| of_hits(metric, 5, &[2, 5], 3).unwrap();
        assert!(close(at(At::Precision), 2.0 / 5.0));
        assert!(close(at(At::Recall), 2.0 / 3.0));
        assert!(close(at(At::HitRate), 1.0));
        assert!(close(at(At::Mrr), 1.0 / 2.0));
        // Precision down to position 2 is 1/2, down to 5 it is 2/5; three could have been hit.
        assert!(close(at(At::Map), (1.0 / 2.0 + 2.0 / 5.0) / 3.0));
        // log2(3) = 1.584962500721156 and log2(6) = 2.584962500721156 above; 1 + 1/log2(3) + 1/2 below.
        let dcg = 1.0 / 1.584962500721156 + 1.0 / 2.584962500721156;
        assert!(close(at(At::Ndcg), dcg / (1.5 + 1.0 / 1.584962500721156)));
    }

    #[test]
    fn a_hit_below_the_cut_does_not_count_and_the_ideal_is_no_longer_than_the_cut() {
        for metric in [At::Precision, At::Recall, At::HitRate, At::Ndcg, At::Mrr, At::Map] {
            assert_eq!(of_hits(metric, 4, &[5, 9], 2), Some(0.0), "{metric:?}");
        }
        // Twenty relevant films, and the three of the list are among them: nothing better is possible.
        for metric in [At::Precision, At::HitRate, At::Ndcg, At::Mrr, At::Map] {
            assert!(close(of_hits(metric, 3, &[1, 2, 3], 20).unwrap(), 1.0), "{metric:?}");
        }
        assert!(close(of_hits(At::Recall, 3, &[1, 2, 3], 20).unwrap(), 3.0 / 20.0));
    }

    #[test]
    fn gini_is_0_for_equals_and_1_for_a_single_winner() {
        assert!(close(gini(&[3, 3, 3, 3]), 0.0));
        assert!(close(gini(&[0, 9, 0, 0]), 1.0));
        // (-3 * 0 - 1 * 1 + 1 * 1 + 3 * 2) / 3 / 4
        assert!(close(gini(&[1, 2, 0, 1]), 6.0 / 12.0));
        assert_eq!((gini(&[]), gini(&[5]), gini(&[0, 0])), (0.0, 0.0, 0.0));
    }
}
