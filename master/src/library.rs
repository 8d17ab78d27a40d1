//! What the master serves: one dataset version, with everything made from it once at start, and everybody's ratings as they
//! are now.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use cineswarm_engine::dataset::{Dataset, Watermark};
use cineswarm_engine::models::ServedModel;
use cineswarm_engine::ranking::graph::FEWEST_IN_COMMON;
use cineswarm_engine::{Catalogue, FIRST_LIVE_ID, HalfStars, MovieId, MovieStats, Profile, Ranker, UserId, starters};
use cineswarm_proto::events::SharedChange;
use cineswarm_proto::messages::{LiveRatings, Shared};
use cineswarm_ratings::gate::{DatasetRating, Known};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use cineswarm_chat::TitleIndex;

/// How many well-known films a first visitor may be shown.
const STARTERS: usize = 60;

/// Tags of a film that are shown.
const MOST_TAGS: usize = 12;

/// Films that are named as liked beside one.
const MOST_ALSO_LIKED: usize = 6;

/// Versions that have grown from the one that is served and are still sent.
const GROWN_OFFERED: usize = 2;

/// How far a worker may be ahead in the log, which it reads from this very process.
const LONGEST_LAG: Duration = Duration::from_secs(1);

/// The hash of `film-facts/film-facts.tsv.gz`.
const SHIPPED_FACTS_SHA256: &str = "5f149d78f98ac436c65afbac04de4d3b26553e8158511e14c1d10a7960a63352";

/// A dataset version ready to be served.
pub struct Library {
    /// The ratings, by shard.
    pub dataset: Arc<Dataset>,
    /// Finds its films by title.
    pub titles: TitleIndex,
    /// Well-known films of different kinds.
    pub starters: Vec<MovieId>,
    /// Its films, and how they were rated when it was imported.
    catalogue: Arc<Catalogue>,
    /// Ranks its films by everybody's ratings as they are now.
    ranker: RwLock<Arc<Ranker>>,
    /// Whose ratings count beside those of the dataset.
    shared: Option<Shared>,
    /// Later versions of it, made of it and the log, the last two: shards are fetched from the last one once there is one,
    /// and from the one before by who has begun.
    grown: RwLock<Vec<Arc<Dataset>>>,
    /// How far the log of ratings is in the ranker.
    taken: watch::Sender<u64>,
    /// The number in the log of the last change that is in it.
    last_change: AtomicU64,
    /// The trained model, once there is one.
    model: OnceLock<Arc<OfferedModel>>,
}

/// A trained model as workers are offered it.
pub struct OfferedModel {
    /// Its algorithm, a slash, and its version.
    pub name: String,
    /// What workers hold.
    pub model: ServedModel,
    /// What they fetch.
    pub bytes: Bytes,
    /// The SHA-256 of that, in hexadecimal digits.
    pub sha256: String,
}

impl OfferedModel {
    /// The model in the form in which workers fetch it.
    pub fn new(name: String, model: ServedModel) -> OfferedModel {
        let bytes = Bytes::from(model.to_bytes());
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        OfferedModel { name, model, bytes, sha256 }
    }
}

/// A film as browsers get it.
#[derive(Clone, Debug, Serialize)]
pub struct Film<'a> {
    movie_id: MovieId,
    /// What the dataset's source calls it, where that is not its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_id: Option<&'a str>,
    title: &'a str,
    year: Option<u16>,
    genres: &'a [String],
    ratings: u32,
    mean: Option<f64>,
}

/// All that the dataset has of a film.
#[derive(Clone, Debug, Serialize)]
pub struct FilmDetails<'a> {
    movie: Film<'a>,
    other_titles: &'a [String],
    imdb_id: Option<u32>,
    tmdb_id: Option<u32>,
    /// How many users gave it 0.5, 1, … 5 stars.
    histogram: [u32; 10],
    /// What viewers have tagged it, the commonest first.
    tags: Vec<&'a str>,
    /// What is known beside the ratings; `None` where nothing is.
    facts: Option<Facts<'a>>,
    /// What most of the people liked, too, who liked it.
    also_liked: Vec<AlsoLiked<'a>>,
}

/// A film, and how many people liked it beside another.
#[derive(Clone, Debug, Serialize)]
pub struct AlsoLiked<'a> {
    movie: Film<'a>,
    people: u32,
}

/// Facts about a film, from the file that was given to the import.
#[derive(Clone, Debug, Serialize)]
pub struct Facts<'a> {
    directors: &'a [String],
    cast: &'a [String],
    runtime_min: Option<u16>,
    /// ISO 639-1 codes.
    languages: &'a [String],
    /// ISO 3166-1 codes.
    countries: &'a [String],
    series: Option<&'a str>,
    /// Whether they are from the file that the program comes with, whose authors are to be named.
    shipped: bool,
}

/// The titles of a dataset's films, with what is known beside them: what both the page and the terminal find films by.
pub fn title_index(dataset: &Dataset) -> TitleIndex {
    // Tags make themes known; without them, or if they cannot be read, the chat says that it knows no themes.
    let tags = dataset.tags().unwrap_or_else(|error| {
        tracing::warn!(%error, "the dataset's tags cannot be read; the chat finds no themes");
        Vec::new()
    });
    let facts = dataset.facts().unwrap_or_else(|error| {
        tracing::warn!(%error, "the facts about films cannot be read; the chat knows no people, lengths and languages");
        Vec::new()
    });
    let catalogue = dataset.catalogue();
    TitleIndex::build(catalogue)
        .with_tags(tags.iter().map(|tag| (tag.movie, tag.tag.as_str())))
        .with_facts(facts, catalogue)
}

impl Library {
    /// Takes a second or so for millions of ratings. Those of the dataset count, and of what is rated later what is
    /// `shared`.
    pub fn new(dataset: Dataset, shared: Option<Shared>) -> Library {
        let catalogue = Arc::new(dataset.catalogue().clone());
        let titles = title_index(&dataset);
        let ranker = made_of(&catalogue, &dataset);
        Library {
            titles,
            starters: starters(&catalogue, STARTERS),
            catalogue,
            shared,
            grown: RwLock::default(),
            taken: watch::Sender::new(ranker.taken()),
            last_change: AtomicU64::new(ranker.taken()),
            ranker: RwLock::new(Arc::new(ranker)),
            dataset: Arc::new(dataset),
            model: OnceLock::new(),
        }
    }

    /// How shards and this grow with what is rated, `None` if they do not; and the version that shards are fetched from
    /// where that is a later one.
    pub fn growth(&self) -> (Option<LiveRatings>, Option<String>) {
        let Some(shared) = self.shared else { return (None, None) };
        let grown = self.grown();
        let metadata = grown.as_ref().unwrap_or(&self.dataset).metadata();
        let Watermark { seq: after_seq, id: after_id } =
            metadata.watermark.clone().unwrap_or(Watermark { seq: 0, id: String::new() });
        let live = LiveRatings { after_seq, after_id, shared };
        (Some(live), grown.map(|grown| grown.metadata().version.clone()))
    }

    /// Whose ratings count beside those of the dataset.
    pub fn shared(&self) -> Option<Shared> {
        self.shared
    }

    fn grown(&self) -> Option<Arc<Dataset>> {
        self.grown.read().unwrap_or_else(PoisonError::into_inner).last().cloned()
    }

    /// The version of this name, if shards may be fetched from it.
    pub fn offered(&self, version: &str) -> Option<Arc<Dataset>> {
        let grown = self.grown.read().unwrap_or_else(PoisonError::into_inner);
        grown.iter().chain([&self.dataset]).find(|dataset| dataset.metadata().version == version).cloned()
    }

    /// The version that has most of the log: what was last grown, or the one that is served.
    pub fn latest(&self) -> Arc<Dataset> {
        self.grown().unwrap_or_else(|| self.dataset.clone())
    }

    /// The number in the log of the last change that is in [`Library::latest`].
    pub fn latest_made_at(&self) -> u64 {
        made_at(&self.latest())
    }

    /// From now on shards are fetched from this version, which has grown from [`Library::latest`] by the log.
    pub fn grow(&self, grown: Dataset) {
        let mut all = self.grown.write().unwrap_or_else(PoisonError::into_inner);
        all.push(Arc::new(grown));
        let too_many = all.len().saturating_sub(GROWN_OFFERED);
        all.drain(..too_many);
    }

    /// The number in the log of the last change that is in the dataset version itself.
    pub fn made_at(&self) -> u64 {
        made_at(&self.dataset)
    }

    /// What an event of the log changes here. That a user is gone does whatever is shared, for the dataset's users, too.
    pub fn changed_by(&self, kind: &str, key: &str, payload: Option<&str>, is_last: bool) -> Option<SharedChange> {
        let shared = self.shared.unwrap_or(Shared::Accounts);
        let change = SharedChange::read(kind, key, payload, is_last, shared)?;
        (self.shared.is_some() || matches!(change, SharedChange::UserGone { .. })).then_some(change)
    }

    /// Everybody's ratings as they are now, and stay in what this gives.
    pub fn ranker(&self) -> Arc<Ranker> {
        self.ranker.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes changes, each by its number in the log and in the order of these, but for those that were taken before; all up
    /// to `through` have been looked at.
    pub fn take(&self, changes: &[(u64, SharedChange)], through: u64) {
        let taken = {
            let mut now = self.ranker.write().unwrap_or_else(PoisonError::into_inner);
            // What others are looking at is copied, but for the rows that nobody changes.
            let ranker = Arc::make_mut(&mut now);
            let before = ranker.taken();
            for &(at, change) in changes.iter().filter(|(at, _)| *at > before) {
                match change {
                    SharedChange::Rated { user_id, movie_id, half_stars } => {
                        ranker.rate(user_id, movie_id, half_stars.and_then(HalfStars::new), at);
                    }
                    SharedChange::UserGone { user_id } => ranker.delete_user(user_id, at),
                }
            }
            if let Some((last, _)) = changes.last() {
                self.last_change.fetch_max(*last, Ordering::Relaxed);
            }
            ranker.pass(through.max(before));
            ranker.taken()
        };
        self.taken.send_replace(taken);
    }

    /// Everybody's ratings are again those of the dataset.
    pub fn start_over(&self) {
        self.grown.write().unwrap_or_else(PoisonError::into_inner).clear();
        let ranker = made_of(&self.catalogue, &self.dataset);
        let taken = ranker.taken();
        self.last_change.store(taken, Ordering::Relaxed);
        *self.ranker.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ranker);
        self.taken.send_replace(taken);
    }

    /// The number in the log of the last change of everybody's ratings.
    pub fn last_change(&self) -> u64 {
        self.last_change.load(Ordering::Relaxed)
    }

    /// How far the log of ratings is in everybody's ratings, as it moves.
    pub fn moves(&self) -> watch::Receiver<u64> {
        self.taken.subscribe()
    }

    /// Waits until the log is in everybody's ratings up to this number; `false` if that takes too long.
    pub async fn has_taken(&self, seq: u64) -> bool {
        let mut taken = self.taken.subscribe();
        let reached = taken.wait_for(|taken| *taken >= seq);
        matches!(tokio::time::timeout(LONGEST_LAG, reached).await, Ok(Ok(_)))
    }

    /// What a user of the dataset has rated, as it is now; `None` for one without ratings, and for viewers, whose ratings are
    /// nobody's to ask for.
    pub fn profile(&self, user: UserId) -> Option<Profile> {
        if user >= FIRST_LIVE_ID {
            return None;
        }
        let profile = self.ranker().changed_profile(user).or_else(|| self.dataset.profile(user));
        profile.filter(|profile| !profile.is_empty())
    }

    /// How a film is rated by everybody now.
    pub fn stats(&self, movie: MovieId) -> MovieStats {
        self.ranker().catalogue().stats(movie)
    }

    /// The trained model, if there is one.
    pub fn model(&self) -> Option<&Arc<OfferedModel>> {
        self.model.get()
    }

    /// From now on this model answers. The first one stays for as long as the master runs: results of another one would be
    /// taken for wrong.
    pub fn offer(&self, model: OfferedModel) {
        let _ = self.model.set(Arc::new(model));
    }

    /// The films, and how they were rated when the dataset was imported.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The dataset version's name, as it stands in tasks and answers.
    pub fn version(&self) -> &str {
        &self.dataset.metadata().version
    }

    /// All that is known of a film; `None` if it is not in the catalogue. Looks into every user's row, which takes a few
    /// milliseconds for hundreds of thousands of users.
    pub fn details(&self, movie: MovieId) -> Option<FilmDetails<'_>> {
        let film = self.film(movie)?;
        let known = self.catalogue().get(movie)?;
        let histogram = self.ranker().histogram(movie);
        let (imdb_id, tmdb_id) = (known.imdb_id, known.tmdb_id);
        let tags = self.titles.tags_of(movie, MOST_TAGS);
        let facts = self.titles.facts(movie).map(|facts| Facts {
            directors: &facts.directors,
            cast: &facts.cast,
            runtime_min: facts.runtime_min,
            languages: &facts.languages,
            countries: &facts.countries,
            series: facts.series.as_deref(),
            shipped: self.dataset.metadata().facts_sha256.as_deref() == Some(SHIPPED_FACTS_SHA256),
        });
        let also_liked = self.also_liked(movie);
        Some(FilmDetails {
            also_liked,
            movie: film,
            other_titles: &known.other_titles,
            imdb_id,
            tmdb_id,
            histogram,
            tags,
            facts,
        })
    }

    fn also_liked(&self, movie: MovieId) -> Vec<AlsoLiked<'_>> {
        let ranker = self.ranker();
        let mut reached = ranker.walk(&Profile::from_ratings([(movie, HalfStars::MAX)]), None).reached();
        reached.retain(|other| other.people >= FEWEST_IN_COMMON);
        reached.sort_unstable_by_key(|other| (std::cmp::Reverse(other.people), other.movie_id));
        let shown = reached.into_iter().take(MOST_ALSO_LIKED);
        shown.filter_map(|other| Some(AlsoLiked { movie: self.film(other.movie_id)?, people: other.people })).collect()
    }

    /// A film as browsers get it; `None` if it is not in the catalogue.
    pub fn film(&self, movie: MovieId) -> Option<Film<'_>> {
        let known = self.catalogue().get(movie)?;
        let stats = self.stats(movie);
        Some(Film {
            movie_id: movie,
            source_id: self.catalogue().source_id(movie),
            title: &known.title,
            year: known.year,
            genres: &known.genres,
            ratings: stats.ratings,
            mean: stats.mean_stars(),
        })
    }
}

fn made_at(dataset: &Dataset) -> u64 {
    dataset.metadata().watermark.as_ref().map_or(0, |watermark| watermark.seq.unsigned_abs())
}

fn made_of(catalogue: &Arc<Catalogue>, dataset: &Dataset) -> Ranker {
    Ranker::new(catalogue.clone(), dataset.rows()).made_at(made_at(dataset))
}

impl Known for Library {
    fn film(&self, called: &str) -> Option<(MovieId, Option<u16>)> {
        self.catalogue().of_source(called).map(|film| (film.id, film.year))
    }

    fn user(&self, called: &str) -> Option<(UserId, Vec<DatasetRating>)> {
        // A version that has grown has users of sources and of this page, too.
        let is_known = |user: &UserId| *user < FIRST_LIVE_ID && self.dataset.user_shown(*user) == called;
        let user = self.dataset.user_of(called).filter(is_known)?;
        let ratings = self.dataset.ratings_of(user)?;
        Some((user, ratings.map(|(movie, half_stars, at)| (movie, half_stars, at.saturating_mul(1_000))).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cineswarm_engine::dataset::{ImportOptions, import};

    #[test]
    fn films_and_users_of_a_dataset_are_known_by_its_sources_ids() {
        let folder = tempfile::tempdir().unwrap();
        let known = |users: [&str; 2], films: [&str; 2]| {
            let source = folder.path().join(users[0]);
            std::fs::create_dir(&source).unwrap();
            let movies =
                format!("movieId,title,genres\n{},Heat (1995),Crime\n{},Up (2009),Drama\n", films[0], films[1]);
            let (ana, bob, heat, up) = (users[0], users[1], films[0], films[1]);
            let ratings =
                format!("userId,movieId,rating,timestamp\n{ana},{heat},4.5,1600000000\n{bob},{up},2,1600000001\n");
            std::fs::write(source.join("movies.csv"), movies).unwrap();
            std::fs::write(source.join("ratings.csv"), ratings).unwrap();
            import(&source, &ImportOptions::new(folder.path(), users[0], 1_800_000_000), &mut |_| {}).unwrap();
            let library = Library::new(Dataset::open(folder.path(), users[0]).unwrap(), None);
            let (film, year) = Known::film(&library, heat).unwrap();
            let (_, rated) = library.user(ana).unwrap();
            assert_eq!(year, Some(1995));
            assert_eq!(
                rated.iter().map(|(movie, half, at)| (*movie, half.get(), *at)).collect::<Vec<_>>(),
                [(film, 9, 1_600_000_000_000)]
            );
            library
        };
        let numbers = known(["42", "7"], ["6", "1000"]);
        assert!(Known::film(&numbers, "7").is_none() && numbers.user("042").is_none() && numbers.user("43").is_none());
        let texts = known(["ana", "bob"], ["tt0113277", "tt1049413"]);
        assert!(
            Known::film(&texts, "1").is_none() && texts.user("1").is_none(),
            "what it is numbered inside is nobody's business"
        );
    }

    #[test]
    fn the_facts_that_come_with_the_program_are_known_by_their_hash() {
        use sha2::Digest as _;
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../film-facts/film-facts.tsv.gz");
        let hash = sha2::Sha256::digest(std::fs::read(file).unwrap());
        let written: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(written, SHIPPED_FACTS_SHA256, "film-facts.tsv.gz has changed: write its hash here");
    }
}
