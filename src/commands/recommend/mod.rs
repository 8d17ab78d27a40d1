//! `cineswarm recommend`: one answer on the terminal, computed in this process with the settings the server uses.

mod print;
mod profile;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::bail;
use cineswarm_engine::models::{self, Algorithm};
use cineswarm_engine::ranking::MAX_RECOMMENDATIONS;
use cineswarm_engine::{
    Catalogue, Dataset, Filters, HalfStars, MovieId, NeighbourOptions, Profile, RankOptions, Recommendation, Shortage,
    UserId, popular,
};
use clap::ValueEnum;
use clap::builder::FalseyValueParser;
use serde_json::Value;

use super::{DatasetChoice, films, user_of};
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
    #[arg(long, env = "RECOMMEND_USER", allow_negative_numbers = true, value_name = "ID", group = "basis")]
    user: Option<String>,

    /// Films like these: titles, with the year in parentheses if need be, or ids
    #[arg(long, env = "RECOMMEND_LIKE", value_name = "TITLE;TITLE", group = "basis")]
    like: Vec<String>,

    /// For whose file this is: an export of Letterboxd, IMDb, Trakt, MovieLens or TMDb (zip, CSV or JSON), or a CSV file
    /// with titles or ids, and ratings
    #[arg(long, env = "RECOMMEND_PROFILE", value_name = "FILE", group = "basis")]
    profile: Option<PathBuf>,

    /// Write what of the profile's file was found, and what not and why, to this file
    #[arg(long, env = "RECOMMEND_REPORT", value_name = "FILE.json", requires = "profile")]
    report: Option<PathBuf>,

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

    /// Print the answer as a table for people, for spreadsheets or for a page
    #[arg(
        id = "answer_format",
        long = "format",
        env = "RECOMMEND_FORMAT",
        value_name = "FORMAT",
        default_value = "table",
        conflicts_with = "json"
    )]
    format: Format,
}

/// How an answer is printed.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    Table,
    Csv,
    Json,
    Markdown,
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
    /// What became of the viewer's file, if there is one.
    brought: Option<Value>,
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
    /// The user of the dataset, if it is for one.
    user: Option<UserId>,
    neighbours: NeighbourOptions,
    ranking: RankOptions,
    /// Why nothing is known of the viewer, if the profile is empty.
    note: String,
    /// Films that the viewer has seen, rated or not.
    seen: Vec<MovieId>,
    /// What became of the viewer's file.
    brought: Option<Value>,
}

impl Basis {
    /// The answer to somebody of whom nothing is known.
    fn popular(self, dataset: &Dataset, filters: &Filters) -> Answer {
        let started = Instant::now();
        let recommendations = popular(dataset.catalogue(), filters, &self.profile, self.ranking.n);
        let note = match recommendations.is_empty() {
            true => in_words(Shortage::NothingFits, 0),
            false => format!("{}, so these are popular films", self.note),
        };
        let note = Some(note);
        let (heading, processing_time_ms) = ("Popular films".into(), milliseconds_since(started));
        Answer { heading, note, source: Source::Popular, recommendations, processing_time_ms, brought: None }
    }
}

/// Computes and prints an answer.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let dataset = arguments.choice.open()?;
    let answer = arguments.answer(&dataset)?;
    match arguments.format {
        _ if arguments.json => print::json(&answer, &dataset),
        Format::Json => print::json(&answer, &dataset),
        Format::Table => print::table(&answer, &dataset),
        Format::Csv => print::csv(&answer, &dataset),
        Format::Markdown => print::markdown(&answer, &dataset),
    }
}

impl Arguments {
    fn answer(&self, dataset: &Dataset) -> anyhow::Result<Answer> {
        let mut filters = self.filters(dataset.catalogue())?;
        let mut basis = self.basis(dataset)?;
        filters.exclude_movie_ids = std::mem::take(&mut basis.seen);
        let brought = basis.brought.take();
        let answer = match self.algorithm {
            Some(algorithm) => self.by_model(algorithm, basis, dataset, &filters),
            None if basis.profile.is_empty() => Ok(basis.popular(dataset, &filters)),
            None => self.by_neighbours(basis, dataset, &filters),
        };
        answer.map(|answer| Answer { brought, ..answer })
    }

    fn by_neighbours(&self, basis: Basis, dataset: &Dataset, filters: &Filters) -> anyhow::Result<Answer> {
        let Basis { heading, profile, mut neighbours, ranking, .. } = basis;
        neighbours.k = self.k.map_or(neighbours.k, |k| k as usize);
        let local = Local::new(dataset)?;
        // Indexing is not counted: a worker does it once and not for every answer.
        let started = Instant::now();
        let found = local.neighbours(&profile, &neighbours);
        let (recommendations, shortage) = local.recommend(&profile, &found, filters, &ranking);
        let processing_time_ms = milliseconds_since(started);
        let (source, heading) = match shortage {
            Some(shortage) if shortage.is_popular() => (Source::Popular, format!("{heading}: popular films")),
            _ => (Source::Neighbours, heading),
        };
        let note = shortage.map(|shortage| in_words(shortage, found.len()));
        Ok(Answer { heading, note, source, recommendations, processing_time_ms, brought: None })
    }

    fn by_model(
        &self,
        algorithm: Algorithm,
        mut basis: Basis,
        dataset: &Dataset,
        filters: &Filters,
    ) -> anyhow::Result<Answer> {
        let loaded = load(&self.choice.place.data_dir, dataset, algorithm)?;
        let asker = Asker::new(&loaded, &basis.profile, basis.user);
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
        Ok(Answer { heading: basis.heading, note, source, recommendations, processing_time_ms, brought: None })
    }

    fn basis(&self, dataset: &Dataset) -> anyhow::Result<Basis> {
        let catalogue = dataset.catalogue();
        let n = self.n as usize;
        let mut basis = Basis {
            heading: String::new(),
            profile: Profile::default(),
            user: None,
            neighbours: NeighbourOptions::default(),
            ranking: RankOptions { n, ..RankOptions::default() },
            note: "nothing was said of your taste".into(),
            seen: Vec::new(),
            brought: None,
        };
        if let Some(user) = &self.user {
            let known = user_of(dataset, user)?;
            let user = films::for_terminal(user);
            basis.heading = format!("For user {user}");
            basis.user = known;
            basis.profile = known.and_then(|user| dataset.profile(user)).unwrap_or_default();
            basis.neighbours.exclude_user = known;
            basis.note = format!("user {user} has no ratings in dataset {}", dataset.metadata().name);
        } else if !self.like.is_empty() {
            let liked = films::Finder::new(dataset).find_all(&self.like.join(";"))?;
            basis.heading = format!("Films like {}", films::listed(catalogue, &liked));
            basis.profile = Profile::from_ratings(liked.into_iter().map(|movie| (movie, HalfStars::MAX)));
            basis.neighbours = NeighbourOptions::like_these();
            basis.ranking = RankOptions::like_these(n);
            basis.note = "no film was named".into();
        } else if let Some(path) = &self.profile {
            basis.heading = format!("For the ratings in {}", path.display());
            let own = profile::read_own(path, self.report.as_deref(), catalogue)?;
            basis.profile = own.matched.profile();
            basis.note = format!("{} has no ratings", path.display());
            basis.seen = own.matched.seen;
            basis.brought = Some(own.report);
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

/// Why a list is not what was asked for.
fn in_words(shortage: Shortage, neighbours: usize) -> String {
    let viewers = if neighbours == 1 { "the one viewer".to_owned() } else { format!("the {neighbours} viewers") };
    match shortage {
        Shortage::NobodyShares => "nobody else has rated any of these films, so these are popular films".into(),
        Shortage::FewShare => format!("{viewers} who share a film agree on no other, so each one's films count"),
        Shortage::NothingElse => {
            format!("{viewers} who share a film have rated nothing else, so these are popular films")
        }
        Shortage::Filtered => format!(
            "none of the films that {viewers} who share a film have rated passes the filters, so these are popular films \
             that do"
        ),
        Shortage::NothingFits => {
            "no film passes that people have rated and you have not; if there are filters, allow more genres or years"
                .into()
        }
    }
}

fn milliseconds_since(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1000.0
}
