//! A person's own file as a profile: what was found in the dataset is said, and what was not, and why.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, bail};
use cineswarm_engine::Catalogue;
use cineswarm_engine::viewer_files::{Brought, How, Kind, LARGEST_FILE, Matched, Miss, read};
use indicatif::HumanCount;
use serde_json::{Value, json};

use crate::commands::films::{for_terminal, listed};
use crate::datasets::now;

/// More ratings are taken for a mistake; the server takes no more either.
const LONGEST_PROFILE: usize = 10_000;

/// How many of the films that were not found are named on the terminal.
const SHOWN: usize = 10;

/// A person's films, and a report of how they were found.
pub(super) struct Own {
    pub(super) matched: Matched,
    pub(super) report: Value,
}

/// Reads the file and says on standard error what became of its rows.
pub(super) fn read_own(path: &Path, report_to: Option<&Path>, catalogue: &Catalogue) -> anyhow::Result<Own> {
    let mut contents = Vec::new();
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    file.take(LARGEST_FILE + 1).read_to_end(&mut contents).with_context(|| format!("reading {}", path.display()))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let brought = read(&name, &contents, now())?;
    let (service, rows) = (brought.service, brought.entries.len() + brought.left_out.len());
    let (assumptions, left_out) = (brought.assumptions.clone(), brought.left_out.clone());
    let matched = Matched::new(Brought { left_out: Vec::new(), ..brought }, catalogue);
    if matched.ratings.len() > LONGEST_PROFILE {
        bail!("{} has more than {LONGEST_PROFILE} ratings; give it fewer", path.display());
    }
    let mut misses: Vec<(String, u64, String)> =
        left_out.into_iter().map(|row| (row.file, row.line, row.reason)).collect();
    misses.extend(matched.unmatched.iter().map(|miss| {
        let entry = &miss.entry;
        (
            entry.file.clone(),
            entry.line,
            reason(&entry.title, entry.year, entry.source_id.as_deref(), &miss.why, catalogue),
        )
    }));
    if rows > 0 && matched.matched.is_empty() {
        let first: Vec<String> = misses.iter().take(3).map(in_words).collect();
        bail!("none of the {rows} rows of {} is a film of this dataset: {}", path.display(), first.join("; "));
    }
    let by = |how: How| matched.matched.iter().filter(|one| one.how == how).count();
    let found = [
        (by(How::Id), "by id"),
        (by(How::TitleAndYear), "by title and year"),
        (by(How::YearBeside), "by title and a year beside"),
        (by(How::Title), "by title, without a year"),
    ];
    if rows > 0 {
        let found: Vec<String> = found
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, how)| format!("{} {how}", HumanCount(*count as u64)))
            .collect();
        eprintln!(
            "note: {}, read as {}: {} of {} rows found ({}), {} films rated, {} seen",
            path.display(),
            service.name(),
            HumanCount(matched.matched.len() as u64),
            HumanCount(rows as u64),
            found.join(", "),
            HumanCount(matched.ratings.len() as u64),
            HumanCount(matched.seen.len() as u64),
        );
    }
    assumptions.iter().for_each(|assumed| eprintln!("note: {assumed}"));
    misses.iter().take(SHOWN).for_each(|miss| eprintln!("note: not taken: {}", in_words(miss)));
    if misses.len() > SHOWN {
        eprintln!("note: and {} more; --report FILE.json lists all", misses.len() - SHOWN);
    }
    let report = json!({
        "service": service.name(),
        "rows": rows,
        "found": matched.matched.iter().map(|one| json!({
            "file": one.entry.file,
            "line": one.entry.line,
            "title": one.entry.title,
            "year": one.entry.year,
            "movie_id": one.movie,
            "by": match one.how {
                How::Id => "id",
                How::TitleAndYear => "title_and_year",
                How::YearBeside => "year_beside",
                How::Title => "title",
            },
            "kind": match one.entry.kind {
                Kind::Rated => "rated",
                Kind::Watched => "watched",
                Kind::Wanted => "wanted",
                Kind::Liked => "liked",
                Kind::Listed => "listed",
            },
            "rating": one.entry.half_stars.map(|half_stars| half_stars.stars()),
        })).collect::<Vec<Value>>(),
        "not_taken": misses.iter().map(|(file, line, reason)| json!({ "file": file, "line": line, "reason": reason })).collect::<Vec<Value>>(),
        "assumptions": assumptions,
    });
    if let Some(to) = report_to {
        let text = serde_json::to_vec_pretty(&report).context("writing the report")?;
        File::create(to)
            .and_then(|mut file| file.write_all(&text))
            .with_context(|| format!("writing {}", to.display()))?;
    }
    Ok(Own { matched, report })
}

fn in_words((file, line, reason): &(String, u64, String)) -> String {
    format!("{}:{line}: {}", for_terminal(file), for_terminal(reason))
}

fn reason(title: &str, year: Option<u16>, id: Option<&str>, why: &Miss, catalogue: &Catalogue) -> String {
    let year = year.map(|year| format!(" ({year})")).unwrap_or_default();
    let named = format!("\"{title}\"{year}");
    match why {
        Miss::UnknownId => match id {
            Some(id) => format!("there is no film {id} in this dataset"),
            None => "no film of this dataset has the id, and there is no title".to_owned(),
        },
        Miss::UnknownTitle => format!("no film is called {named}"),
        Miss::OtherYears(movies) => format!("{named} is of another year here: {}", listed(catalogue, movies)),
        Miss::Several(movies) => format!("{named} may be any of {}", listed(catalogue, movies)),
        Miss::OtherId(movie) => format!("{named} is not {}, which has another id", listed(catalogue, &[*movie])),
    }
}
