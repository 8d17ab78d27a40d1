//! An answer as a table for people, or as the JSON the server sends.

use std::io::{self, Write};

use cineswarm_engine::movielens::csv_field;
use cineswarm_engine::{Catalogue, Dataset, Recommendation};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use console::Term;
use serde_json::{Value, json};

use super::{Answer, Source};
use crate::commands::films::{for_terminal, with_year};
use crate::commands::{print_json, with_source_id};

/// Prints a table as wide as the terminal.
pub(super) fn table(answer: &Answer, dataset: &Dataset) -> anyhow::Result<()> {
    let catalogue = dataset.catalogue();
    note(answer);
    if answer.recommendations.is_empty() {
        if answer.note.is_none() {
            eprintln!("note: no film passes that was not rated; if there are filters, allow more genres or years");
        }
        if let Source::Model { algorithm, .. } = answer.source {
            eprintln!("note: it may also be that model {} can say nothing; try another", algorithm.name());
        }
        return Ok(());
    }
    // Not every model predicts ratings and gives reasons, and popular films need none.
    let predicted = answer.recommendations.iter().any(|film| film.predicted_rating.is_some());
    let explained = answer.recommendations.iter().any(|film| !film.because.is_empty());
    let mut headings = vec!["#", "Title", "Year", "Genres"];
    headings.extend(predicted.then_some("Predicted"));
    headings.extend(explained.then_some("Because of"));
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(headings);
    if let Some((_, columns)) = Term::stdout().size_checked() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns);
    }
    for (rank, recommendation) in (1..).zip(&answer.recommendations) {
        table.add_row(row(catalogue, rank, recommendation, predicted, explained));
    }
    let on_the_right = [0, 2].into_iter().chain(predicted.then_some(4));
    for column in on_the_right {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut out = io::stdout().lock();
    let by = match &answer.source {
        Source::Model { algorithm, .. } => format!("model {}, ", algorithm.name()),
        _ => String::new(),
    };
    writeln!(out, "{} ({by}dataset {})", answer.heading, dataset.metadata().name)?;
    writeln!(out, "{table}")?;
    Ok(())
}

/// Prints the answer's payload.
pub(super) fn json(answer: &Answer, dataset: &Dataset) -> anyhow::Result<()> {
    let catalogue = dataset.catalogue();
    let dataset_version = &dataset.metadata().version;
    let (algorithm, source, version) = match &answer.source {
        Source::Neighbours => ("user-knn", "neighbours", dataset_version),
        Source::Popular => ("popularity", "popular", dataset_version),
        Source::Model { algorithm, version } => (algorithm.name(), "model", version),
    };
    // Hardly a model counts people.
    let neighbours = |count: u32| (source != "model" || count > 0).then_some(count);
    let films = (1..).zip(&answer.recommendations);
    let films: Vec<Value> = films
        .filter_map(|(rank, recommendation): (u32, _)| {
            let movie = catalogue.get(recommendation.movie_id)?;
            let because = recommendation.because.iter().filter_map(|because| {
                let movie = catalogue.get(because.movie_id)?;
                let reason = json!({
                    "movie_id": movie.id,
                    "title": movie.title,
                    "year": movie.year,
                    "share": because.share,
                    "neighbours": neighbours(because.neighbours),
                });
                Some(with_source_id(reason, catalogue, movie.id))
            });
            let film = json!({
                "rank": rank,
                "movie_id": movie.id,
                "title": movie.title,
                "year": movie.year,
                "genres": movie.genres,
                "score": recommendation.score,
                "predicted_rating": recommendation.predicted_rating,
                "neighbours": neighbours(recommendation.neighbours),
                "because": because.collect::<Vec<Value>>(),
            });
            Some(with_source_id(film, catalogue, movie.id))
        })
        .collect();
    let mut payload = json!({
        "recommendations": films,
        "meta": {
            "algorithm": algorithm,
            "source": source,
            "note": answer.note,
            "processing_time_ms": answer.processing_time_ms,
            "coverage": 1,
            "model_version": version,
        },
    });
    if let Some(brought) = &answer.brought {
        payload["profile"] = brought.clone();
    }
    print_json(&payload)
}

/// Prints a row of CSV for each film.
pub(super) fn csv(answer: &Answer, dataset: &Dataset) -> anyhow::Result<()> {
    let catalogue = dataset.catalogue();
    note(answer);
    let mut out = io::stdout().lock();
    writeln!(out, "rank,movie_id,title,year,genres,score,predicted_rating,imdb_id,tmdb_id")?;
    for (rank, recommendation) in (1..).zip(&answer.recommendations) {
        let Some(movie) = catalogue.get(recommendation.movie_id) else { continue };
        let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        let (title, genres) = (movie.title.as_str(), movie.genres.join("|"));
        let imdb = movie.imdb_id.map(|id| format!("tt{id:07}")).unwrap_or_default();
        writeln!(
            out,
            "{rank},{},{},{},{},{},{},{imdb},{}",
            csv_field(&catalogue.id_shown(movie.id)),
            csv_field(title),
            number(movie.year.map(u32::from)),
            csv_field(&genres),
            recommendation.score,
            recommendation.predicted_rating.map(|stars| format!("{stars:.2}")).unwrap_or_default(),
            number(movie.tmdb_id),
        )?;
    }
    Ok(())
}

/// Prints a list for a page, with links where they are known.
pub(super) fn markdown(answer: &Answer, dataset: &Dataset) -> anyhow::Result<()> {
    let catalogue = dataset.catalogue();
    note(answer);
    let mut out = io::stdout().lock();
    writeln!(out, "## {}\n", escaped(&answer.heading))?;
    for (rank, recommendation) in (1u32..).zip(&answer.recommendations) {
        let Some(movie) = catalogue.get(recommendation.movie_id) else { continue };
        let name = escaped(&with_year(movie));
        let name = match movie.imdb_id {
            Some(id) => format!("[{name}](https://www.imdb.com/title/tt{id:07}/)"),
            None => name,
        };
        let genres = escaped(&for_terminal(&movie.genres.join(", ")));
        let genres = if genres.is_empty() { genres } else { format!(", {genres}") };
        writeln!(out, "{rank}. {name}{genres}")?;
    }
    Ok(())
}

fn note(answer: &Answer) {
    if let Some(note) = &answer.note {
        eprintln!("note: {note}");
    }
}

/// What would be a sign of Markdown is a letter.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '&') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn row(
    catalogue: &Catalogue,
    rank: u32,
    recommendation: &Recommendation,
    predicted: bool,
    explained: bool,
) -> Vec<String> {
    let movie = catalogue.get(recommendation.movie_id);
    let mut cells = vec![
        rank.to_string(),
        movie.map(|movie| for_terminal(&movie.title)).unwrap_or_default(),
        movie.and_then(|movie| movie.year).map(|year| year.to_string()).unwrap_or_default(),
        movie.map(|movie| for_terminal(&movie.genres.join(", "))).unwrap_or_default(),
    ];
    if predicted {
        cells.push(recommendation.predicted_rating.map(|stars| format!("{stars:.1}")).unwrap_or_default());
    }
    if explained {
        let because = recommendation.because.iter().filter_map(|because| catalogue.get(because.movie_id));
        cells.push(because.map(|movie| for_terminal(&movie.title)).collect::<Vec<String>>().join(", "));
    }
    cells
}
