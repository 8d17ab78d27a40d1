//! `cineswarm ratings`: ratings from elsewhere that do not count, and what an operator makes of them. What is replayed the
//! master takes at its next look, if it runs, and at its next start if not.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::bail;
use cineswarm_master::store::forget;
use cineswarm_ratings::gate::Authority;
use cineswarm_ratings::intake::{Receipt, Writing};
use cineswarm_ratings::mending::{self, Desk, Mended};
use cineswarm_ratings::reason::Reason;
use cineswarm_ratings::store::admin::{self, Which};
use cineswarm_ratings::store::reads::Dead;
use cineswarm_ratings::store::{self, Write, Written};
use sqlx::{AnyConnection, Connection};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::block_on;
use super::events::{Place, say, table};
use super::films::for_terminal;

/// What can be done.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show ratings that do not count, with all reasons
    Dead {
        #[command(flatten)]
        chosen: Chosen,
        /// How many at the most
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        limit: u32,
        #[command(flatten)]
        place: Place,
    },
    /// Give a rating that does not count another line and have it judged again
    Mend {
        /// Its number, as `cineswarm ratings dead` shows it
        id: i64,
        /// The line, as JSON
        line: String,
        /// Count it even if nobody could have rated so fast, or all the same
        #[arg(long)]
        trust: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Have ratings judged again, on the operator's word: they may be of users of the dataset
    Replay {
        #[command(flatten)]
        chosen: Chosen,
        /// All of them
        #[arg(long, conflicts_with_all = ["ids", "reason", "batch"])]
        all: bool,
        /// Count them even if nobody could have rated so fast, or all the same
        #[arg(long)]
        trust: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Forget a user, with all that was rated and said: gone from everybody's answers within seconds, and for good
    Forget {
        /// The user's number: one of the dataset's, or from 2147483648 on one that was given out here
        user: u32,
        #[command(flatten)]
        place: Place,
    },
    /// Forget ratings that do not count
    Drop {
        #[command(flatten)]
        chosen: Chosen,
        /// All of them
        #[arg(long, conflicts_with_all = ["ids", "reason", "batch"])]
        all: bool,
        #[command(flatten)]
        place: Place,
    },
}

/// Some of them.
#[derive(clap::Args)]
pub(crate) struct Chosen {
    /// Their numbers, as `cineswarm ratings dead` shows them
    ids: Vec<i64>,
    /// Those with this reason among theirs, such as unknown_film
    #[arg(long, value_name = "REASON", value_parser = parse_reason, conflicts_with = "ids")]
    reason: Option<Reason>,
    /// Those that came with this batch, by the id that POST /ingest gave
    #[arg(long, value_name = "ID", conflicts_with = "ids")]
    batch: Option<Uuid>,
}

impl Chosen {
    fn which(self) -> Which {
        Which { ids: self.ids, reason: self.reason, batch_id: self.batch }
    }

    /// Those that are named; all only where that is said.
    fn named(self, all: bool) -> anyhow::Result<Which> {
        let which = self.which();
        if !all && which.ids.is_empty() && which.reason.is_none() && which.batch_id.is_none() {
            bail!("which ones? give their numbers, --reason, --batch or --all");
        }
        Ok(which)
    }
}

fn parse_reason(name: &str) -> Result<Reason, String> {
    Reason::named(name).ok_or_else(|| format!("the reasons are {}", Reason::names()))
}

impl Command {
    /// Runs to the end.
    pub(super) fn run(self) -> anyhow::Result<()> {
        block_on(self.ask())
    }

    async fn ask(self) -> anyhow::Result<()> {
        match self {
            Command::Dead { chosen, limit, place } => {
                show(&mending::page(&Alone::open(&place).await?, chosen.which(), 0, limit).await?.dead)
            }
            Command::Mend { id, line, trust, place } => {
                let mended = Mended::read(line.as_bytes())?;
                let desk = Alone::open(&place).await?;
                match mending::replay_one(&desk, id, Some(&mended), operator(trust), now()?).await? {
                    Some(receipt) => tell(&receipt),
                    None => bail!("rating {id} is not among the dead; see cineswarm ratings dead"),
                }
            }
            Command::Replay { chosen, all, trust, place } => {
                let which = chosen.named(all)?;
                let receipts = mending::replay(&Alone::open(&place).await?, which, operator(trust), now()?).await?;
                if receipts.is_empty() {
                    bail!("none of them is among the dead; see cineswarm ratings dead");
                }
                receipts.iter().try_for_each(tell)
            }
            Command::Forget { user, place } => match forget(&mut place.open().await?, user, now()?).await? {
                Some(gone) => say(format_args!("forgot user {user}, and {gone} ratings beside those of a dataset")),
                None => bail!("user {user} was forgotten before"),
            },
            Command::Drop { chosen, all, place } => {
                let which = chosen.named(all)?;
                match mending::drop(&Alone::open(&place).await?, which).await? {
                    0 => bail!("none of them is among the dead; see cineswarm ratings dead"),
                    dropped => say(format_args!("forgot {dropped} ratings")),
                }
            }
        }
    }
}

fn now() -> anyhow::Result<i64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as i64)
}

/// Who is at the terminal has the database.
fn operator(trust: bool) -> Authority {
    Authority { is_operator: true, has_looked: trust }
}

fn tell(Receipt { batch_id, lines }: &Receipt) -> anyhow::Result<()> {
    say(format_args!("{lines} ratings are judged again, as batch {batch_id}"))
}

/// The database, beside a master that may run: each order is a transaction of its own.
#[derive(Clone)]
struct Alone(Arc<Mutex<AnyConnection>>);

impl Alone {
    async fn open(place: &Place) -> anyhow::Result<Alone> {
        Ok(Alone(Arc::new(Mutex::new(place.open().await?))))
    }
}

impl Writing for Alone {
    type Error = sqlx::Error;

    async fn write(&self, write: Write) -> Result<Written, sqlx::Error> {
        let mut connection = self.0.lock().await;
        let mut transaction = connection.begin().await?;
        // No order of an operator makes users or events: those come of the gate.
        let written = store::write(&mut transaction, &write, None, &mut Vec::new()).await?;
        transaction.commit().await?;
        Ok(written)
    }
}

impl Desk for Alone {
    async fn dead(&self, which: Which, after: i64, limit: u32) -> Result<Vec<Dead>, sqlx::Error> {
        admin::dead(&mut *self.0.lock().await, &which, after, i64::from(limit)).await
    }

    async fn dead_ids(&self, which: Which) -> Result<Vec<i64>, sqlx::Error> {
        admin::dead_ids(&mut *self.0.lock().await, &which).await
    }
}

fn show(dead: &[Dead]) -> anyhow::Result<()> {
    if dead.is_empty() {
        return say(format_args!("nothing is kept aside"));
    }
    let mut table = table(["ID", "BATCH", "LINE", "REASONS", "RATING"]);
    for Dead { id, batch_id, line_number, line, faults, .. } in dead {
        let reasons: Vec<&str> = faults.iter().map(|fault| fault.reason.name()).collect();
        let words: Vec<&str> = faults.iter().map(|fault| fault.words.as_str()).collect();
        table.add_row([
            id.to_string(),
            batch_id.to_string(),
            line_number.to_string(),
            for_terminal(&format!("{}: {}", reasons.join(", "), words.join("; "))),
            for_terminal(line),
        ]);
    }
    say(format_args!("{table}"))
}
