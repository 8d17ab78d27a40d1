//! `cineswarm data get`: the datasets that GroupLens publishes.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, anyhow};
use cineswarm_engine::dataset::import;
use clap::builder::FalseyValueParser;

use super::import::{How, summarise};
use crate::commands::DataDir;
use crate::download::{Downloader, Event, has_checksum};
use crate::progress::{ByteProgress, ImportProgress};

const LICENCE: &str = "MovieLens data is GroupLens': for research, with acknowledgement; selling or redistributing it takes \
                       their permission. The README in the archive has the terms.";

/// A published dataset.
#[derive(Clone, Copy)]
struct Published {
    /// As in the address.
    name: &'static str,
    /// What people call it.
    short: &'static str,
    /// It changes from time to time, and has no checksum that can be relied upon to be there.
    may_lack_checksum: bool,
}

const PUBLISHED: [Published; 6] = [
    Published { name: "ml-latest-small", short: "latest-small", may_lack_checksum: true },
    Published { name: "ml-100k", short: "100k", may_lack_checksum: false },
    Published { name: "ml-1m", short: "1m", may_lack_checksum: false },
    Published { name: "ml-20m", short: "20m", may_lack_checksum: false },
    Published { name: "ml-25m", short: "25m", may_lack_checksum: false },
    Published { name: "ml-32m", short: "32m", may_lack_checksum: false },
];

/// What to download, and from where.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cineswarm data get ml-latest-small\n  \
    cineswarm data get 25m --shards 32\n\n\
    What was interrupted goes on where it stopped. Archives are kept in DIR/downloads.")]
pub(crate) struct Arguments {
    /// ml-latest-small (1 MB), 100k (5 MB), 1m (6 MB), 20m (190 MB), 25m (250 MB) or 32m (239 MB)
    #[arg(env = "GET_DATASET", value_name = "NAME", value_parser = parse_name)]
    published: Published,

    #[command(flatten)]
    place: DataDir,

    #[command(flatten)]
    how: How,

    /// Only download
    #[arg(long, env = "NO_IMPORT", value_parser = FalseyValueParser::new())]
    no_import: bool,

    /// Where NAME.zip and NAME.zip.md5 are
    #[arg(long, env = "GROUPLENS_URL", value_name = "URL", value_parser = parse_base_url,
          default_value = "https://files.grouplens.org/datasets/movielens")]
    base_url: String,

    /// How often to try again when the network or the server fails
    #[arg(long, env = "DOWNLOAD_RETRIES", value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u32).range(0..=100))]
    retries: u32,
}

/// Downloads, checks, and imports unless told not to.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { published, place, how, no_import, base_url, retries } = arguments;
    eprintln!("{LICENCE}");
    let folder = place.data_dir.join("downloads");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let archive = folder.join(format!("{}.zip", published.name));
    let url = format!("{base_url}/{}.zip", published.name);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(download(published, &url, &archive, retries))?;
    if no_import {
        eprintln!("import it with `cineswarm data import {}`", archive.display());
        return Ok(());
    }
    let options = how.options(&place, published.name.into());
    let mut shown = ImportProgress::default();
    let report = import(&archive, &options, &mut |progress| shown.show(progress))?;
    drop(shown);
    summarise(&mut io::stdout().lock(), &report)?;
    Ok(())
}

async fn download(published: Published, url: &str, archive: &Path, retries: u32) -> anyhow::Result<()> {
    let downloader = Downloader::new(url, retries)?;
    let mut bar = ByteProgress::new(published.name);
    let mut show = |event: Event<'_>| match event {
        Event::Bytes(done, total) => bar.set(done, total, 0),
        Event::Continuing(offset) => bar.say(&format!("continuing after the {offset} bytes that are there already")),
        Event::StartingOver => bar.say("starting over: the file has changed, or the server sends whole files only"),
        Event::Retrying(error, pause) => bar.say(&format!("{error}; trying again in {:.1} s", pause.as_secs_f64())),
    };
    let expected = downloader.checksum(url, &mut show).await?;
    match &expected {
        Some(expected) if has_checksum(archive, expected) => {
            bar.say(&format!("{} is there already, with the published checksum", archive.display()));
            return Ok(());
        }
        None if !published.may_lack_checksum => {
            return Err(anyhow!(
                "{url}.md5 is not there, and without the checksum {} is not downloaded; check --base-url",
                published.name
            ));
        }
        _ => {}
    }
    downloader.file(url, archive, expected.as_deref(), &mut show).await?;
    let checked = if expected.is_some() { "its checksum is right" } else { "no checksum is published for it" };
    bar.say(&format!("downloaded {} to {}; {checked}", published.name, archive.display()));
    Ok(())
}

fn parse_name(text: &str) -> Result<Published, String> {
    let known = PUBLISHED.into_iter().find(|published| text == published.name || text == published.short);
    known.ok_or_else(|| format!("there are: {}", PUBLISHED.map(|published| published.name).join(", ")))
}

fn parse_base_url(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text).map_err(|reason| reason.to_string())?;
    match url.scheme() {
        "http" | "https" => Ok(text.trim_end_matches('/').to_owned()),
        other => Err(format!("it begins with \"{other}:\", not http: or https:")),
    }
}
