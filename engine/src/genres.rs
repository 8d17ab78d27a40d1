//! How much films resemble each other in their genres. Nothing here looks at the ratings of single users.

use rustc_hash::FxHashMap;

use crate::catalogue::Catalogue;

/// Each film's genres as a set of bits, and what it means for two films to share a genre.
///
/// Genres past the 64th in alphabetical order are not regarded (MovieLens has 19).
#[derive(Clone, Debug)]
pub(crate) struct GenreSets {
    /// Parallel to the catalogue; bit `g` stands for the catalogue's genre `g`.
    of_film: Vec<u64>,
    /// The inverse document frequency of each genre, `ln(films / films of this genre)`: that two films are both
    /// animation says more than that they are both drama.
    rarity: Vec<f64>,
}

impl GenreSets {
    pub(crate) fn new(catalogue: &Catalogue) -> GenreSets {
        let mut films_of_genre = vec![0u32; catalogue.genres().len().min(64)];
        let of_film = catalogue
            .movies()
            .iter()
            .map(|movie| {
                let places = movie.genres.iter().filter_map(|genre| catalogue.genres().binary_search(genre).ok());
                let set = places.filter(|&genre| genre < 64).fold(0u64, |set, genre| set | 1 << genre);
                for genre in members(set) {
                    films_of_genre[genre] += 1;
                }
                set
            })
            .collect();
        let films = catalogue.len() as f64;
        let rarity = films_of_genre.iter().map(|&with| (films / f64::from(with.max(1))).ln()).collect();
        GenreSets { of_film, rarity }
    }

    /// The sets of some films given by position and weight, each set once with the sum of its weights.
    pub(crate) fn gather(&self, films: impl Iterator<Item = (u32, f64)>) -> Vec<(u64, f64)> {
        let mut sets: Vec<(u64, f64)> = films.map(|(film, weight)| (self.of_film[film as usize], weight)).collect();
        sets.sort_by_key(|(set, _)| *set);
        sets.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0.0 };
            same
        });
        sets
    }

    /// The weighted mean resemblance, 0 to 1, of a film to others whose sets were gathered: for each pair the Jaccard
    /// similarity of their genres, every genre counting by its rarity. The answer for a set of genres is kept in
    /// `known`, which must be emptied when the others change.
    pub(crate) fn resemblance(&self, position: u32, others: &[(u64, f64)], known: &mut FxHashMap<u64, f64>) -> f64 {
        let set = self.of_film[position as usize];
        *known.entry(set).or_insert_with(|| {
            let (sum, weights) = others.iter().fold((0.0, 0.0), |(sum, weights), &(other, weight)| {
                let either = self.rarity_of(set | other);
                let jaccard = if either > 0.0 { self.rarity_of(set & other) / either } else { 0.0 };
                (sum + weight * jaccard, weights + weight)
            });
            // Rounding could otherwise carry the mean of ones past 1.
            if weights > 0.0 { (sum / weights).min(1.0) } else { 0.0 }
        })
    }

    fn rarity_of(&self, set: u64) -> f64 {
        members(set).map(|genre| self.rarity[genre]).sum()
    }
}

fn members(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (set != 0).then(|| {
            let lowest = set.trailing_zeros() as usize;
            set &= set - 1;
            lowest
        })
    })
}
