//! What each signal counts. Learned once, on ml-latest-small and by a small procedure that docs/LISTS.md describes; nothing
//! of it is learned anew with a dataset.

/// How much a signal counts for a film that a tenth of the viewers have rated, and how much more for one that e times as
/// many have.
pub(super) type Weight = (f32, f32);

/// The weights, beside the logarithm of how many of those who like one film like the other, which counts 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Learned {
    /// Resemblance in genres, 0 to 1; so are the cosines of words.
    pub genres: Weight,
    pub tags: Weight,
    pub themes: Weight,
    pub cast: Weight,
    pub title: Weight,
    /// Being of one time, 0 to 1.
    pub year: Weight,
    /// The same again, for an old film.
    pub old: Weight,
    /// A director in common; the next two are yes or no, too.
    pub director: Weight,
    pub series: Weight,
    /// The same language, where it is not the one of most films.
    pub language: Weight,
    /// One film is drawn and the other is not.
    pub drawn_or_not: Weight,
    pub both_drawn: Weight,
    pub documentary_or_not: Weight,
}

impl Learned {
    pub const WEIGHTS: Learned = Learned {
        genres: (0.5, -0.3),
        tags: (0.4, -0.35),
        themes: (0.65, 0.3),
        cast: (1.1, -1.3),
        title: (0.55, 0.2),
        year: (0.7, -0.1),
        old: (0.85, 1.15),
        director: (0.3, 0.0),
        series: (0.5, 0.0),
        language: (0.85, 0.75),
        drawn_or_not: (-0.25, -0.2),
        both_drawn: (0.4, 0.15),
        documentary_or_not: (-0.65, 0.0),
    };
}
