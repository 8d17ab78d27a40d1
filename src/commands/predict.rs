//! `cineswarm predict`: how a user would rate a film, by a trained model, and why.

use std::io::{self, Write};

use anyhow::anyhow;
use cineswarm_engine::models::{Algorithm, Weighted};
use cineswarm_engine::{HalfStars, Movie};
use clap::builder::FalseyValueParser;
use serde_json::{Value, json};

use super::films::{Finder, with_year};
use super::{DatasetChoice, print_json, user_in_json, user_of, with_source_id};
use crate::models::{Asker, algorithm_parser, column_of, load};

/// How many of the user's films are given as reasons.
const REASONS: usize = 3;

/// Whose rating, of which film, by which model.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  cineswarm predict --user 42 \"Heat\" --data ml-latest-small --model als")]
pub(crate) struct Arguments {
    /// The user of the dataset
    #[arg(long, env = "PREDICT_USER", allow_negative_numbers = true, value_name = "ID")]
    user: String,

    /// The film: its title, with the year in parentheses if need be, or its id
    #[arg(env = "PREDICT_FILM", value_name = "TITLE")]
    film: String,

    /// The model, which must have been trained
    #[arg(long, env = "PREDICT_MODEL", value_name = "NAME", default_value = "als", value_parser = algorithm_parser())]
    model: Algorithm,

    #[command(flatten)]
    choice: DatasetChoice,

    /// Print {"user", "movie_id", "predicted_rating", "rating", "because", ...}
    #[arg(long, env = "OUTPUT_JSON", value_parser = FalseyValueParser::new())]
    json: bool,
}

/// Predicts and says why.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { user, film, model, choice, json } = arguments;
    let data_dir = &choice.place.data_dir;
    let dataset = choice.open()?;
    let (catalogue, dataset_name) = (dataset.catalogue(), &dataset.metadata().name);
    let movie = Finder::new(&dataset).find(&film)?;
    let known = user_of(&dataset, &user)?.and_then(|user| Some((user, dataset.profile(user)?)));
    let (known, profile) =
        known.ok_or_else(|| anyhow!("user {user} has no ratings in dataset {dataset_name}; try another"))?;
    let loaded = load(data_dir, &dataset, model)?;
    let name = model.name();
    let column = column_of(&loaded, movie)?;
    let asker = Asker::new(&loaded, &profile, Some(known));
    let movie = catalogue.get(movie).ok_or_else(|| anyhow!("film {movie} is not in the catalogue"))?;
    let stars = loaded.model.predict(&asker.viewer(), column).ok_or_else(|| {
        anyhow!("model {name} predicts no rating of {} by user {user}; try another --model", with_year(movie))
    })?;
    let rated = profile.get(movie.id).and_then(HalfStars::new).map(HalfStars::stars);
    let because = loaded.model.because(&asker.viewer(), column, REASONS);
    let of = |weighted: &Weighted| catalogue.get(*loaded.data.matrix.movie_ids().get(weighted.column as usize)?);
    let because: Vec<(&Movie, f32)> =
        because.iter().filter_map(|weighted| Some((of(weighted)?, weighted.weight))).collect();
    let given = |movie: &Movie| profile.get(movie.id).and_then(HalfStars::new).map(HalfStars::stars);
    if json {
        let reasons = because.iter().map(|(movie, share)| {
            let reason = json!({
                "movie_id": movie.id,
                "title": movie.title,
                "year": movie.year,
                "rating": given(movie),
                "share": share,
            });
            with_source_id(reason, catalogue, movie.id)
        });
        let prediction = json!({
            "user": user_in_json(&dataset, known),
            "movie_id": movie.id,
            "title": movie.title,
            "year": movie.year,
            "predicted_rating": stars,
            "rating": rated,
            "because": reasons.collect::<Vec<Value>>(),
            "meta": {
                "algorithm": name,
                "model_version": loaded.metadata.version,
                "dataset_version": loaded.metadata.dataset_version,
            },
        });
        return print_json(&with_source_id(prediction, catalogue, movie.id));
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{}: {stars:.2} stars predicted for user {user} (model {name})", with_year(movie))?;
    if let Some(rated) = rated {
        writeln!(out, "rated by the user: {rated:.1} stars")?;
    }
    if !because.is_empty() {
        let reasons = because.iter().map(|(movie, _)| match given(movie) {
            Some(stars) => format!("{} ({stars:.1} stars)", with_year(movie)),
            None => with_year(movie),
        });
        writeln!(out, "because of: {}", reasons.collect::<Vec<String>>().join(", "))?;
    }
    Ok(())
}
