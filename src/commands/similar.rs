//! `cineswarm similar`: the films most like a film, by a trained model.

use std::io::{self, Write};

use anyhow::bail;
use cineswarm_engine::models::{Algorithm, Weighted};
use cineswarm_engine::ranking::MAX_RECOMMENDATIONS;
use cineswarm_engine::{Catalogue, Movie};
use clap::builder::FalseyValueParser;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use console::Term;
use serde_json::{Value, json};

use super::films::{Finder, for_terminal, with_year};
use super::{DatasetChoice, print_json, with_source_id};
use crate::models::{algorithm_parser, column_of, load};

/// Like which film, by which model.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  cineswarm similar \"The Matrix\" --data ml-latest-small --model item-knn -n 5")]
pub(crate) struct Arguments {
    /// The film: its title, with the year in parentheses if need be, or its id
    #[arg(env = "SIMILAR_FILM", value_name = "TITLE")]
    film: String,

    /// The model, which must have been trained
    #[arg(long, env = "SIMILAR_MODEL", value_name = "NAME", default_value = "item-knn", value_parser = algorithm_parser())]
    model: Algorithm,

    /// How many films
    #[arg(short, long, env = "SIMILAR_N", value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=MAX_RECOMMENDATIONS as i64))]
    n: u32,

    #[command(flatten)]
    choice: DatasetChoice,

    /// Print {"film", "similar", "meta"}
    #[arg(long, env = "OUTPUT_JSON", value_parser = FalseyValueParser::new())]
    json: bool,
}

/// Finds and lists them, the most similar first.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { film, model, n, choice, json } = arguments;
    let data_dir = &choice.place.data_dir;
    let dataset = choice.open()?;
    let catalogue = dataset.catalogue();
    let wanted = Finder::new(&dataset).find(&film)?;
    let loaded = load(data_dir, &dataset, model)?;
    let column = column_of(&loaded, wanted)?;
    let similar = loaded.model.similar(column, n as usize);
    let of = |weighted: &Weighted| catalogue.get(*loaded.data.matrix.movie_ids().get(weighted.column as usize)?);
    let people = |weighted: &Weighted| loaded.model.coincidences(column, weighted.column);
    let similar: Vec<(&Movie, f32, Option<u32>)> =
        similar.iter().filter_map(|weighted| Some((of(weighted)?, weighted.weight, people(weighted)))).collect();
    let name = model.name();
    let Some(wanted) = catalogue.get(wanted) else { bail!("film {wanted} is not in the catalogue") };
    if similar.is_empty() {
        bail!("model {name} knows no film like {}; try another --model", with_year(wanted));
    }
    if json {
        let listed = (1u32..).zip(&similar).map(|(rank, (movie, similarity, people))| {
            let mut listed = facts(catalogue, movie);
            listed["rank"] = rank.into();
            listed["similarity"] = (*similarity).into();
            if let Some(people) = people {
                listed["coincidences"] = (*people).into();
            }
            listed
        });
        let meta = json!({
            "algorithm": name,
            "model_version": loaded.metadata.version,
            "dataset_version": loaded.metadata.dataset_version,
        });
        return print_json(
            &json!({ "film": facts(catalogue, wanted), "similar": listed.collect::<Vec<Value>>(), "meta": meta }),
        );
    }
    let mut table = Table::new();
    let counted = similar.iter().any(|(_, _, people)| people.is_some());
    let headings = ["#", "Title", "Year", "Genres", "Similarity"].into_iter().chain(counted.then_some("People"));
    table.load_preset(presets::NOTHING).set_header(headings);
    if let Some((_, columns)) = Term::stdout().size_checked() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns);
    }
    for (rank, (movie, similarity, people)) in (1..).zip(&similar) {
        let cells = [
            format!("{rank}"),
            for_terminal(&movie.title),
            movie.year.map(|year| year.to_string()).unwrap_or_default(),
            for_terminal(&movie.genres.join(", ")),
            format!("{similarity:.4}"),
        ];
        table.add_row(cells.into_iter().chain(people.map(|people| people.to_string())));
    }
    for column in [0, 2, 4, 5] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut out = io::stdout().lock();
    writeln!(out, "Films like {} (model {name}, dataset {})", with_year(wanted), dataset.metadata().name)?;
    writeln!(out, "{table}")?;
    Ok(())
}

fn facts(catalogue: &Catalogue, movie: &Movie) -> Value {
    let facts = json!({ "movie_id": movie.id, "title": movie.title, "year": movie.year, "genres": movie.genres });
    with_source_id(facts, catalogue, movie.id)
}
