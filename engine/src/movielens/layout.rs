//! The ways in which MovieLens has been published or is kept, told apart by the names of the files.

use serde::{Deserialize, Serialize};

/// What a file of a dataset holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Ratings,
    Movies,
    Links,
    Tags,
    Genres,
    GenomeTags,
    GenomeScores,
}

/// A way in which MovieLens has been published or is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Layout {
    /// `ratings.csv`, `movies.csv`: ml-latest, ml-latest-small, 20m, 25m, 32m.
    #[serde(rename = "csv")]
    Csv,
    /// `rating.csv`, `movie.csv`: Kaggle's renaming of 20m, with times as quoted text.
    #[serde(rename = "kaggle")]
    Kaggle,
    /// `ratings.dat`, `movies.dat` with `::` between fields: 1m, 10m.
    #[serde(rename = "dat")]
    Dat,
    /// `u.data`, `u.item`: 100k.
    #[serde(rename = "100k")]
    HundredK,
    /// `NAME.inter`, `NAME.item`: RecBole's atomic files, with types in the header and tabs between fields.
    #[serde(rename = "atomic")]
    Atomic,
    /// `ratings.parquet`, with films in Parquet or CSV, as people write it.
    #[serde(rename = "parquet")]
    Parquet,
}

impl Layout {
    pub(super) const ALL: [Layout; 6] =
        [Layout::Csv, Layout::Kaggle, Layout::Dat, Layout::HundredK, Layout::Atomic, Layout::Parquet];

    /// The files that are read; ratings and movies, the first two, must be there. Of two names for the same, the last
    /// found is read.
    pub(super) fn files(self) -> &'static [(Role, &'static str)] {
        use Role::*;
        match self {
            Layout::Csv => &[
                (Ratings, "ratings.csv"),
                (Movies, "movies.csv"),
                (Links, "links.csv"),
                (Tags, "tags.csv"),
                (GenomeTags, "genome_tags.csv"),
                (GenomeTags, "genome-tags.csv"),
                (GenomeScores, "genome_scores.csv"),
                (GenomeScores, "genome-scores.csv"),
            ],
            Layout::Kaggle => &[
                (Ratings, "rating.csv"),
                (Movies, "movie.csv"),
                (Links, "link.csv"),
                (Tags, "tag.csv"),
                (GenomeTags, "genome-tags.csv"),
                (GenomeTags, "genome_tags.csv"),
                (GenomeScores, "genome-scores.csv"),
                (GenomeScores, "genome_scores.csv"),
            ],
            Layout::Dat => &[(Ratings, "ratings.dat"), (Movies, "movies.dat"), (Tags, "tags.dat")],
            Layout::HundredK => &[(Ratings, "u.data"), (Movies, "u.item"), (Genres, "u.genre")],
            // Behind the dataset's name.
            Layout::Atomic => &[(Ratings, ".inter"), (Movies, ".item")],
            // Nobody has published one.
            Layout::Parquet => &[],
        }
    }

    /// Names that people give these files, tried where no file has one that was published; in lower case, as all are
    /// looked up.
    pub(super) fn files_by_other_names(self) -> &'static [(Role, &'static str)] {
        use Role::*;
        match self {
            Layout::Csv => &[
                (Ratings, "rating.csv"),
                (Ratings, "ratings.txt"),
                (Ratings, "ratings.tsv"),
                (Ratings, "ratings.csv"),
                (Movies, "items.csv"),
                (Movies, "films.csv"),
                (Movies, "movie.csv"),
                (Movies, "movies.txt"),
                (Movies, "movies.tsv"),
                (Movies, "movies.csv"),
                (Links, "link.csv"),
                (Links, "links.txt"),
                (Links, "links.tsv"),
                (Links, "links.csv"),
                (Tags, "tag.csv"),
                (Tags, "tags.txt"),
                (Tags, "tags.tsv"),
                (Tags, "tags.csv"),
            ],
            Layout::Parquet => &[
                (Ratings, "ratings.pq"),
                (Ratings, "rating.parquet"),
                (Ratings, "ratings.parquet"),
                (Movies, "items.csv"),
                (Movies, "films.csv"),
                (Movies, "movie.csv"),
                (Movies, "movies.csv"),
                (Movies, "movies.pq"),
                (Movies, "items.parquet"),
                (Movies, "films.parquet"),
                (Movies, "movie.parquet"),
                (Movies, "movies.parquet"),
                (Links, "link.csv"),
                (Links, "links.csv"),
                (Links, "link.parquet"),
                (Links, "links.parquet"),
                (Tags, "tag.csv"),
                (Tags, "tags.csv"),
                (Tags, "tag.parquet"),
                (Tags, "tags.parquet"),
                (GenomeTags, "genome-tags.csv"),
                (GenomeTags, "genome-tags.parquet"),
                (GenomeScores, "genome-scores.csv"),
                (GenomeScores, "genome-scores.parquet"),
            ],
            _ => &[],
        }
    }

    /// What stands between the fields of the ratings file where the layout says so; the others' headers tell.
    pub(super) fn fixed_separator(self) -> Option<&'static [u8]> {
        match self {
            Layout::Csv | Layout::Kaggle | Layout::Atomic | Layout::Parquet => None,
            Layout::Dat => Some(b"::"),
            Layout::HundredK => Some(b"\t"),
        }
    }

    /// What stands between genres.
    pub(super) fn genre_separator(self) -> char {
        match self {
            Layout::Atomic => ' ',
            _ => '|',
        }
    }
}
