//! `cineswarm recommend`: one answer on the terminal, computed in this process with the settings the server uses.

mod print;
mod profile;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::bail;
use cineswarm_engine::models::{self, Algorithm};
use cineswarm_engine::ranking::MAX_RECOMMENDATIONS;
use cineswarm_engine::{
    Catalogue, Dataset, Filters, HalfStars, MovieId, NeighbourOptions, Profile, RankOptions, Recommendation, UserId,
    popular,
};
use clap::builder::FalseyValueParser;

use super::{DatasetChoice, films};
use crate::local::Local;
use crate::models::{Asker, algorithm_parser, load};

/// For whom, how many, and which films.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cineswarm recommend --like \"Heat; Alien (1979)\"\n  \
    cineswarm recommend --data ml-latest-small --user 42 --n 5 --genres Comedy --from 1990 --to 1999\n  \
    cineswarm recommend --profile my-ratings.csv --not-genres Horror,War --json\n  \
    cineswarm recommend --user 42 --algorithm ials\n\n\
    Without --user, --like or --profile, the answer is popular films.")]
pub(crate) struct Arguments {
    /// For a user of the dataset
    #[arg(long, env = "RECOMMEND_USER", value_name = "ID", group = "basis")]
    user: Option<UserId>,

    /// Films like these: titles, with the year in parentheses if need be, or ids
    #[arg(long, env = "RECOMMEND_LIKE", value_name = "TITLE;TITLE", group = "basis", value_delimiter = ';')]
    like: Vec<String>,

    /// For who gave these ratings: a CSV file with the columns movie_id and rating (0.5 to 5 stars)
    #[arg(long, env = "RECOMMEND_PROFILE", value_name = "FILE.csv", group = "basis")]
    profile: Option<PathBuf>,

    /// A trained model instead of the neighbours that the server asks
    #[arg(long, env = "RECOMMEND_ALGORITHM", value_name = "NAME", value_parser = algorithm_parser(), conflicts_with = "k")]
    algorithm: Option<Algorithm>,

    /// How many films
    #[arg(short, long, env = "RECOMMEND_N", value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=MAX_RECOMMENDATIONS as i64))]
    n: u32,

    /// How many neighbours are asked [default: 40, or 100 for films like others]
    #[arg(long, env = "RECOMMEND_K", value_name = "K", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    k: Option<u32>,

    /// Only films of one of these genres
    #[arg(long, env = "RECOMMEND_GENRES", value_name = "A,B", value_delimiter = ',')]
    genres: Vec<String>,

    /// No films of these genres
    #[arg(long, env = "RECOMMEND_NOT_GENRES", value_name = "A,B", value_delimiter = ',')]
    not_genres: Vec<String>,

    /// Only films of this year or later
    #[arg(long, env = "RECOMMEND_FROM", value_name = "YEAR")]
    from: Option<u16>,

    /// Only films of this year or earlier
    #[arg(long, env = "RECOMMEND_TO", value_name = "YEAR")]
    to: Option<u16>,

    #[command(flatten)]
    choice: DatasetChoice,

    /// Print the answer as the server sends it
    #[arg(long, env = "OUTPUT_JSON", value_parser = FalseyValueParser::new())]
    json: bool,
}

/// What there is to print.
struct Answer {
    /// For whom, or like what.
    heading: String,
    /// Why it is popular films, if it is.
    note: Option<String>,
    source: Source,
    recommendations: Vec<Recommendation>,
    processing_time_ms: f64,
}

/// Where an answer comes from.
enum Source {
    /// The neighbours' ratings.
    Neighbours,
    /// What everybody likes.
    Popular,
    /// A trained model.
    Model {
        /// Which.
        algorithm: Algorithm,
        /// Which version of it.
        version: String,
    },
}

/// What an answer goes by.
struct Basis {
    heading: String,
    profile: Profile,
    neighbours: NeighbourOptions,
    ranking: RankOptions,
    /// Why nothing is known of the viewer, if the profile is empty.
    note: String,
}

impl Basis {
    /// The answer to somebody of whom nothing is known.
    fn popular(self, dataset: &Dataset, filters: &Filters) -> Answer {
        let started = Instant::now();
        let recommendations = popular(dataset.catalogue(), filters, &self.profile, self.ranking.n);
        let note = Some(format!("{}, so these are popular films", self.note));
        let (heading, processing_time_ms) = ("Popular films".into(), milliseconds_since(started));
        Answer { heading, note, source: Source::Popular, recommendations, processing_time_ms }
    }
}

/// Computes and prints an answer.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let dataset = arguments.choice.open()?;
    let answer = arguments.answer(&dataset)?;
    if arguments.json { print::json(&answer, &dataset) } else { print::table(&answer, &dataset) }
}

impl Arguments {
    fn answer(&self, dataset: &Dataset) -> anyhow::Result<Answer> {
        let filters = self.filters(dataset.catalogue())?;
        let basis = self.basis(dataset)?;
        match self.algorithm {
            Some(algorithm) => self.by_model(algorithm, basis, dataset, &filters),
            None if basis.profile.is_empty() => Ok(basis.popular(dataset, &filters)),
            None => self.by_neighbours(basis, dataset, &filters),
        }
    }

    fn by_neighbours(&self, basis: Basis, dataset: &Dataset, filters: &Filters) -> anyhow::Result<Answer> {
        let Basis { heading, profile, mut neighbours, ranking, .. } = basis;
        neighbours.k = self.k.map_or(neighbours.k, |k| k as usize);
        let local = Local::new(dataset)?;
        // Indexing is not counted: a worker does it once and not for every answer.
        let started = Instant::now();
        let found = local.neighbours(&profile, &neighbours);
        let recommendations = local.recommend(&profile, &found, filters, &ranking);
        let processing_time_ms = milliseconds_since(started);
        Ok(Answer { heading, note: None, source: Source::Neighbours, recommendations, processing_time_ms })
    }

    fn by_model(
        &self,
        algorithm: Algorithm,
        mut basis: Basis,
        dataset: &Dataset,
        filters: &Filters,
    ) -> anyhow::Result<Answer> {
        let loaded = load(&self.choice.place.data_dir, dataset, algorithm)?;
        let asker = Asker::new(&loaded, &basis.profile, self.user);
        if asker.is_unknown() && !basis.profile.is_empty() {
            basis.note = format!("model {} knows none of these films", algorithm.name());
        }
        let started = Instant::now();
        let (model, data, viewer) = (&*loaded.model, &loaded.data, asker.viewer());
        let recommendations = models::recommend(model, data, dataset.catalogue(), &viewer, filters, &basis.ranking);
        if asker.is_unknown() && recommendations.is_empty() {
            return Ok(basis.popular(dataset, filters));
        }
        let processing_time_ms = milliseconds_since(started);
        let source = Source::Model { algorithm, version: loaded.metadata.version };
        let note = asker.is_unknown().then_some(basis.note);
        Ok(Answer { heading: basis.heading, note, source, recommendations, processing_time_ms })
    }

    fn basis(&self, dataset: &Dataset) -> anyhow::Result<Basis> {
        let catalogue = dataset.catalogue();
        let n = self.n as usize;
        let mut basis = Basis {
            heading: String::new(),
            profile: Profile::default(),
            neighbours: NeighbourOptions::default(),
            ranking: RankOptions { n, ..RankOptions::default() },
            note: "nothing was said of your taste".into(),
        };
        if let Some(user) = self.user {
            basis.heading = format!("For user {user}");
            basis.profile = dataset.profile(user).unwrap_or_default();
            basis.neighbours.exclude_user = Some(user);
            basis.note = format!("user {user} has no ratings in dataset {}", dataset.metadata().name);
        } else if !self.like.is_empty() {
            let titles = self.like.iter().map(|wanted| wanted.trim()).filter(|wanted| !wanted.is_empty());
            let liked =
                titles.map(|wanted| films::find(catalogue, wanted)).collect::<anyhow::Result<Vec<MovieId>>>()?;
            basis.heading = format!("Films like {}", films::listed(catalogue, &liked));
            basis.profile = Profile::from_ratings(liked.into_iter().map(|movie| (movie, HalfStars::MAX)));
            basis.neighbours = NeighbourOptions::like_these();
            basis.ranking = RankOptions::like_these(n);
            basis.note = "no film was named".into();
        } else if let Some(path) = &self.profile {
            basis.heading = format!("For the ratings in {}", path.display());
            basis.profile = profile::read(path, catalogue)?;
            basis.note = format!("{} has no ratings", path.display());
        }
        Ok(basis)
    }

    fn filters(&self, catalogue: &Catalogue) -> anyhow::Result<Filters> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from > to
        {
            bail!("no film is from {from} or later and from {to} or earlier; swap --from and --to");
        }
        let known = |genres: &[String]| -> anyhow::Result<Vec<String>> {
            let genres = genres.iter().map(|genre| genre.trim()).filter(|genre| !genre.is_empty());
            let known = genres.map(|genre| {
                if !catalogue.genres().iter().any(|known| known.eq_ignore_ascii_case(genre)) {
                    bail!(
                        "no film is of genre \"{}\"; there are: {}",
                        genre.escape_debug(),
                        catalogue.genres().join(", ")
                    );
                }
                Ok(genre.to_owned())
            });
            known.collect()
        };
        Ok(Filters {
            genres: known(&self.genres)?,
            exclude_genres: known(&self.not_genres)?,
            year_from: self.from,
            year_to: self.to,
            ..Filters::default()
        })
    }
}

fn milliseconds_since(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1000.0
}
