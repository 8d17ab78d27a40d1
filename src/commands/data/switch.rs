//! `cineswarm data switch`: another dataset, or a newer version of the same one, is served without a restart.

use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use cineswarm_engine::movielens::folded_title;
use cineswarm_engine::{Catalogue, Dataset};

use crate::commands::DataDir;
use crate::datasets::{self, looking_in};
use crate::switching::{Answer, Desk, Order, Served};

const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// What to serve, and who.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cineswarm data switch ml-25m                          # the one master that serves from this folder\n  \
    cineswarm data switch ml-25m --data ml-latest-small   # masters that were started with --data ml-latest-small\n  \
    cineswarm data switch ml-latest-small --data ml-latest-small   # and back")]
pub(crate) struct Arguments {
    /// The dataset to serve from now on, in its latest version
    #[arg(value_name = "NAME")]
    name: String,

    /// What the masters were started with, which need not be what they serve now [default: what the only master was that
    /// serves from this folder]
    #[arg(long = "data", env = "DATASET", value_name = "NAME-OR-PATH")]
    started_with: Option<String>,

    /// Seconds to wait until it is served; 0 to say it and go
    #[arg(long, env = "SWITCH_WAIT", value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u64).range(0..=3_600))]
    wait: u64,

    #[command(flatten)]
    place: DataDir,
}

/// Tells masters, and waits until one has done it.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { name, started_with, wait, place } = arguments;
    let data_dir = &place.data_dir;
    // Opened here, too: what cannot be served is refused before anybody is told.
    let wanted = datasets::open(data_dir, &name)?;
    let serve = Served::from(wanted.metadata());
    let desk = match started_with {
        Some(started_with) => Desk::of(data_dir, &started_with)?.ok_or_else(|| {
            anyhow!(
                "no master was started with {started_with:?}: no dataset is called so; see `cineswarm data list{}`",
                looking_in(data_dir)
            )
        })?,
        None => the_only(Desk::attended(data_dir)?)?,
    };
    let Desk { started_with, .. } = &desk;
    let before = desk.answer()?;
    if let Some(Answer { serves: Served { dataset, version }, .. }) = &before
        && let Ok(served) = Dataset::open_version(data_dir, dataset, version)
    {
        warn_of_other_films(served.catalogue(), wanted.catalogue());
    }
    let order = desk.tell(serve.clone())?;
    let Served { dataset, version } = &serve;
    let mut out = io::stdout().lock();
    if before.is_none() {
        writeln!(out, "{dataset}: served by masters that are started with --data {started_with}; none runs now")?;
        writeln!(out, "  version   {version}")?;
        return Ok(());
    }
    if wait == 0 {
        writeln!(out, "{dataset}: the master that was started with --data {started_with} is told")?;
        writeln!(out, "  version   {version}")?;
        return Ok(());
    }
    eprintln!("waiting for the master that was started with --data {started_with}");
    match answered(&desk, &order, Duration::from_secs(wait))? {
        None => bail!(
            "no master has answered within {wait} s; if one runs, it serves {dataset} as soon as it can, and \
             `cineswarm health` says what it serves; one that is started with --data {started_with} serves it"
        ),
        Some(Answer { refused: None, .. }) => {
            writeln!(out, "{dataset}: is served now")?;
            writeln!(out, "  version   {version}")?;
            Ok(())
        }
        Some(Answer { serves, refused: Some(reason), .. }) => {
            let goes_on = format!("{} {} goes on", serves.dataset, serves.version);
            give_up(&desk, &order, serves)?;
            bail!("the master does not serve {dataset} {version}, and {goes_on}: {reason}")
        }
    }
}

/// Viewers' ratings are kept by number.
fn warn_of_other_films(served: &Catalogue, wanted: &Catalogue) {
    let in_both = served.movies().iter().filter_map(|film| Some((film, wanted.get(film.id)?)));
    let (mut common, mut others) = (0, 0);
    for (one, other) in in_both {
        common += 1;
        // Another edition spells some titles otherwise, and seldom changes the year as well.
        let same = one.year == other.year || folded_title(&one.title) == folded_title(&other.title);
        others += u64::from(!same);
    }
    if common == 0 {
        eprintln!("note: no film has the same number in both datasets; what viewers have rated is kept by number");
    } else if others * 10 > common {
        eprintln!(
            "note: {others} of {common} films that both datasets have under one number are others; what viewers have rated \
             is kept by number"
        );
    }
}

fn the_only(mut attended: Vec<Desk>) -> anyhow::Result<Desk> {
    match (attended.pop(), attended.is_empty()) {
        (Some(desk), true) => Ok(desk),
        (None, _) => bail!("no master serves from this folder; say with --data what masters are started with"),
        (Some(last), false) => {
            let mut names: Vec<&str> = attended.iter().map(|desk| &*desk.started_with).collect();
            names.push(&last.started_with);
            bail!("masters were started with {}; say with --data which of them are told", names.join(" and with "))
        }
    }
}

fn answered(desk: &Desk, order: &Order, wait: Duration) -> anyhow::Result<Option<Answer>> {
    let deadline = Instant::now() + wait;
    loop {
        let answer = desk.answer()?.filter(|answer| answer.order == Some(order.id));
        if answer.is_some() || Instant::now() >= deadline {
            return Ok(answer);
        }
        thread::sleep(LOOK_INTERVAL);
    }
}

/// What was refused is not what masters try that start later, unless somebody has told them otherwise since.
fn give_up(desk: &Desk, order: &Order, serves: Served) -> anyhow::Result<()> {
    if desk.order()?.is_none_or(|now| now.id != order.id) {
        return Ok(());
    }
    if serves.dataset == desk.started_with {
        return desk.take_back();
    }
    desk.tell(serves).map(drop)
}
