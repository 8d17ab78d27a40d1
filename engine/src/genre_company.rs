//! How much a film is of a genre, told by the genres beside it. Datasets list a film's genres in the order of the alphabet, so
//! what stands first says nothing; but comedies are seldom thrillers, and a film that is both is less of a comedy.

/// A film of a genre is never less of it than this, whatever stands beside it.
const LEAST: f64 = 0.3;

/// Genres past this many in the order of the alphabet are not regarded.
const MOST_GENRES: usize = 64;

/// For each two genres, how often films have both.
#[derive(Clone, Debug, Default)]
pub(crate) struct GenreCompany {
    /// By genre, what stands beside it, `MOST_GENRES` at the most either way: `min(1, together / by chance)`.
    beside: Vec<Vec<f64>>,
}

impl GenreCompany {
    /// Counts `films`, the genres of each, which are all among `genres` (sorted).
    ///
    /// What two genres count for is the lift of their being together (Brin et al. 1997, "interest"), with one film added to
    /// both what is there and what chance would give, and never more than 1: a comedy is not more of one for being a romance.
    pub(crate) fn new<'a>(genres: &[String], films: impl Iterator<Item = &'a [String]>) -> GenreCompany {
        let count = genres.len().min(MOST_GENRES);
        let mut together = vec![vec![0u32; count]; count];
        let mut all = 0u32;
        for own in films {
            all += 1;
            let places = places(genres, own);
            for &one in &places {
                for &other in &places {
                    together[one][other] += 1;
                }
            }
        }
        let of = |genre: usize| f64::from(together[genre][genre]);
        let lift = |one: usize, other: usize| {
            let by_chance = of(one) * of(other) / f64::from(all.max(1));
            ((f64::from(together[one][other]) + 1.0) / (by_chance + 1.0)).min(1.0)
        };
        GenreCompany { beside: (0..count).map(|one| (0..count).map(|other| lift(one, other)).collect()).collect() }
    }

    /// How much a film with these genres is of the wanted ones, [`LEAST`] to 1: for the one that it is of most, the product over
    /// the genres beside it. 1 where none is wanted, and for a film with none of them.
    pub(crate) fn standing(&self, genres: &[String], own: &[String], wanted: &[String]) -> f64 {
        let is_wanted = |place: usize| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(&genres[place]));
        let (wanted, others): (Vec<usize>, Vec<usize>) = match wanted.is_empty() {
            true => return 1.0,
            false => places(genres, own).into_iter().partition(|place| is_wanted(*place)),
        };
        let standing = |one: &usize| others.iter().map(|other| self.beside[*one][*other]).product::<f64>();
        wanted.iter().map(standing).max_by(f64::total_cmp).map_or(1.0, |most| most.max(LEAST))
    }
}

fn places(genres: &[String], own: &[String]) -> Vec<usize> {
    own.iter().filter_map(|genre| genres.binary_search(genre).ok()).filter(|place| *place < MOST_GENRES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(genres: &[&str]) -> Vec<String> {
        genres.iter().map(|genre| (*genre).to_owned()).collect()
    }

    /// Ten comedies and ten thrillers, of which one film is both; romances are comedies.
    fn company() -> (Vec<String>, GenreCompany) {
        let mut films = vec![names(&["Comedy", "Romance"]); 5];
        films.extend(vec![names(&["Comedy"]); 4]);
        films.extend(vec![names(&["Thriller"]); 9]);
        films.push(names(&["Comedy", "Thriller"]));
        let genres = names(&["Comedy", "Romance", "Thriller"]);
        let company = GenreCompany::new(&genres, films.iter().map(Vec::as_slice));
        (genres, company)
    }

    #[test]
    fn what_is_seldom_beside_a_genre_makes_a_film_less_of_it() {
        let (genres, company) = company();
        let standing = |own: &[&str], wanted: &[&str]| company.standing(&genres, &names(own), &names(wanted));
        assert_eq!(standing(&["Comedy"], &["comedy"]), 1.0);
        assert_eq!(standing(&["Comedy", "Romance"], &["Comedy"]), 1.0, "a romance is no less of a comedy");
        // Together once; by chance 10 * 10 / 19 times; one added to both.
        let seldom = 2.0 / (100.0 / 19.0 + 1.0);
        assert!((standing(&["Comedy", "Thriller"], &["Comedy"]) - seldom).abs() < 1e-12);
        assert_eq!(standing(&["Comedy", "Thriller"], &["Thriller", "Comedy"]), 1.0, "both are wanted");
        assert_eq!(standing(&["Comedy", "Romance", "Thriller"], &["Romance"]), LEAST.max(1.0 / (50.0 / 19.0 + 1.0)));
    }

    #[test]
    fn where_no_genre_is_wanted_or_had_every_film_stands_the_same() {
        let (genres, company) = company();
        assert_eq!(company.standing(&genres, &names(&["Comedy", "Thriller"]), &[]), 1.0);
        assert_eq!(company.standing(&genres, &names(&["Thriller"]), &names(&["Western"])), 1.0);
        assert_eq!(company.standing(&genres, &names(&["Unheard of"]), &names(&["Comedy"])), 1.0);
        assert_eq!(GenreCompany::default().standing(&[], &names(&["Comedy"]), &names(&["Comedy"])), 1.0);
    }
}
