//! Which dataset masters serve instead of the one that they were started with, and what they say that they serve: two small
//! files for each dataset that masters are started with, in `DATA_DIR/serving/NAME/`. The order is written by
//! `cineswarm data switch`, the other one by the master. Nothing here waits.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use cineswarm_engine::dataset::{self, Dataset, Metadata};
use cineswarm_engine::movielens::Progress;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::datasets::{self, DEMO, name_for, open_or_make};

const FOLDER: &str = "serving";
const ORDER_FILE: &str = "order.json";
const SERVED_FILE: &str = "served.json";

/// A dataset version by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Served {
    pub(crate) dataset: String,
    pub(crate) version: String,
}

impl From<&Metadata> for Served {
    fn from(metadata: &Metadata) -> Served {
        Served { dataset: metadata.name.clone(), version: metadata.version.clone() }
    }
}

/// What masters are told. One that runs goes to this version once; one that starts takes the dataset's latest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// By which an answer is known to be to this order.
    pub(crate) id: Uuid,
    #[serde(flatten)]
    pub(crate) serve: Served,
    /// Seconds since 1970.
    pub(crate) at: i64,
}

/// What a master says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    #[serde(flatten)]
    pub(crate) serves: Served,
    /// The last order that it has carried out or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<Uuid>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<String>,
}

/// Where masters that are started with one dataset are told, and answer.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    /// The dataset.
    pub(crate) started_with: String,
    directory: PathBuf,
}

impl Desk {
    /// For the name of a dataset, which must be [one](datasets).
    fn new(data_dir: &Path, started_with: &str) -> Desk {
        Desk { started_with: started_with.to_owned(), directory: data_dir.join(FOLDER).join(started_with) }
    }

    /// Where masters are told that are started with `--data` and this; `None` if nothing has such a name yet.
    pub(crate) fn of(data_dir: &Path, name_or_path: &str) -> anyhow::Result<Option<Desk>> {
        // Of a name that could be a path or a hidden file there are no versions to look for.
        if let Ok(versions) = dataset::versions(data_dir, name_or_path) {
            let desk = Desk::new(data_dir, name_or_path);
            if name_or_path == DEMO || !versions.is_empty() || desk.directory.is_dir() {
                return Ok(Some(desk));
            }
        }
        let path = Path::new(name_or_path);
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(Desk::new(data_dir, &name_for(path)?)))
    }

    /// Those at which a master answers, or has been killed.
    pub(crate) fn attended(data_dir: &Path) -> anyhow::Result<Vec<Desk>> {
        let folder = data_dir.join(FOLDER);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).with_context(|| format!("listing {}", folder.display())),
        };
        let mut desks = Vec::new();
        for entry in entries {
            let entry = entry.with_context(|| format!("listing {}", folder.display()))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if dataset::versions(data_dir, &name).is_ok() && entry.path().join(SERVED_FILE).is_file() {
                desks.push(Desk::new(data_dir, &name));
            }
        }
        desks.sort_unstable_by(|one, other| one.started_with.cmp(&other.started_with));
        Ok(desks)
    }

    pub(crate) fn order_path(&self) -> PathBuf {
        self.directory.join(ORDER_FILE)
    }

    /// What masters are told now; `None` if they serve what they are started with.
    pub(crate) fn order(&self) -> anyhow::Result<Option<Order>> {
        read(&self.order_path())
    }

    /// Tells masters to serve this version.
    pub(crate) fn tell(&self, serve: Served) -> anyhow::Result<Order> {
        let order = Order { id: Uuid::new_v4(), serve, at: datasets::now() };
        write(&self.directory, ORDER_FILE, &order)?;
        Ok(order)
    }

    /// Masters that start from now on serve again what they are started with.
    pub(crate) fn take_back(&self) -> anyhow::Result<()> {
        remove(&self.order_path())
    }

    /// What a master has said last; `None` if none serves.
    pub(crate) fn answer(&self) -> anyhow::Result<Option<Answer>> {
        read(&self.directory.join(SERVED_FILE))
    }

    /// Says what a master serves.
    pub(crate) fn say(&self, answer: &Answer) -> anyhow::Result<()> {
        write(&self.directory, SERVED_FILE, answer)
    }

    /// No master serves any more.
    pub(crate) fn leave(&self) -> anyhow::Result<()> {
        remove(&self.directory.join(SERVED_FILE))
    }
}

/// What a master serves that is started now.
pub(crate) struct Chosen {
    pub(crate) dataset: Dataset,
    pub(crate) desk: Desk,
    /// The order by which it serves that.
    pub(crate) order: Option<Uuid>,
}

/// Opens what a master is to serve that is started with `--data` and this: what [`open_or_make`] gives, unless masters
/// that are started so were told to serve another dataset.
///
/// # Errors
/// If what they were told cannot be read or served any more: serving something else would be worse. Otherwise as
/// [`open_or_make`].
pub(crate) fn choose(
    data_dir: &Path,
    name_or_path: Option<&str>,
    facts: Option<&Path>,
    progress: &mut dyn FnMut(Progress),
) -> anyhow::Result<Chosen> {
    let asked = name_or_path.map_or_else(|| datasets::the_only(data_dir), |asked| Ok(asked.to_owned()))?;
    let desk = Desk::of(data_dir, &asked)?;
    if let Some(desk) = desk.clone()
        && let Some(Order { id, serve, .. }) = desk.order()?
    {
        let started_with = &desk.started_with;
        let dataset = datasets::open(data_dir, &serve.dataset).with_context(|| {
            format!(
                "masters that are started with {started_with} were told to serve {}; tell them otherwise with `cineswarm data \
                 switch NAME --data {started_with}`",
                serve.dataset
            )
        })?;
        let version = &dataset.metadata().version;
        tracing::info!(dataset = serve.dataset, version, started_with, "serves what `cineswarm data switch` said last");
        return Ok(Chosen { dataset, desk, order: Some(id) });
    }
    let dataset = open_or_make(data_dir, Some(&asked), facts, progress)?;
    let desk = desk.unwrap_or_else(|| Desk::new(data_dir, &dataset.metadata().name));
    Ok(Chosen { dataset, desk, order: None })
}

fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Option<T>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
    };
    let read = serde_json::from_slice(&text);
    read.map(Some).with_context(|| {
        format!(
            "{} is not what was written; say again what is to be served with `cineswarm data switch`",
            path.display()
        )
    })
}

/// Readers see what was there before, or all of it.
fn write(directory: &Path, name: &str, content: &impl Serialize) -> anyhow::Result<()> {
    let path = directory.join(name);
    let write = || {
        fs::create_dir_all(directory)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".unfinished-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As any file is made: a master may run as another user than who tells it.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let mut file = builder.tempfile_in(directory)?;
        serde_json::to_writer(&mut file, content)?;
        writeln!(file)?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        File::open(directory)?.sync_all()
    };
    write().with_context(|| format!("writing {}", path.display()))
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        _ => Ok(()),
    }
}
