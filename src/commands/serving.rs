//! A master until it is told to stop, and another one in its place, in the same process and on the same ports, when it is
//! told to serve another dataset.

use std::pin::pin;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use cineswarm_engine::Dataset;
use cineswarm_master::library::Library;
use cineswarm_master::{Handle, Options, Ports, start};
use uuid::Uuid;

use super::told_to_stop;
use crate::default_model;
use crate::progress::ImportProgress;
use crate::switching::{Answer, Chosen, Desk, Order, Served, choose};

/// Between two looks whether another dataset is to be served.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Opens what the master of these options is to serve, and shows how far that has come if it takes long.
pub(super) fn open_served(options: &Options) -> anyhow::Result<Chosen> {
    let mut shown = ImportProgress::default();
    let progress = &mut |progress| shown.show(progress);
    choose(&options.data_dir, options.dataset.as_deref(), options.facts.as_deref(), progress)
}

/// A master that serves.
pub(super) struct Serving {
    options: Options,
    ports: Ports,
    master: Handle,
    orders: Orders,
    /// Whether a model is trained where there is none, and the thread that does.
    may_train: bool,
    training: Option<JoinHandle<()>>,
}

impl Serving {
    /// Starts it.
    pub(super) async fn start(options: Options, chosen: Chosen, may_train: bool) -> anyhow::Result<Serving> {
        let Chosen { dataset, desk, order } = chosen;
        let ports = Ports::take(&options).await?;
        let serves = Served::from(dataset.metadata());
        let orders = Orders { desk, serves, heard: order, unreadable: None };
        let shared = options.ratings_shared.shared();
        let master = start(ports.again()?, options.clone(), move || Library::new(dataset, shared)).await?;
        let training = default_model::offer(&master, &options.data_dir, may_train, None);
        orders.answer(None);
        Ok(Serving { options, ports, master, orders, may_train, training })
    }

    /// The one that serves now.
    #[cfg(feature = "embedded-broker")]
    pub(super) fn master(&self) -> &Handle {
        &self.master
    }

    /// Serves until it is told to stop, and stops; an error if it stopped by itself.
    pub(super) async fn run_to_the_end(mut self, on_stop: impl FnOnce()) -> anyhow::Result<()> {
        // One for all masters: a signal that comes between two is heard by the next.
        let mut stop = pin!(told_to_stop());
        let told = loop {
            let stopper = self.master.stopper();
            tokio::select! {
                biased;
                told = &mut stop => break told,
                () = stopper.cancelled() => {
                    break Err(anyhow::anyhow!("the master stopped by itself; the reason is in its log"));
                }
                library = self.orders.next(&self.options) => self = self.switch(library).await?,
            }
        };
        on_stop();
        let Serving { ports, master, orders, .. } = self;
        // Nobody is to wait for a master that does not come.
        drop(ports);
        master.stop();
        master.stopped().await;
        if let Err(error) = orders.desk.leave() {
            tracing::debug!(error = format!("{error:#}"), "whoever looks takes this master for one that was killed");
        }
        told
    }

    /// Stops the master as any stop does, so that all that was acknowledged is stored, and starts one that serves this; or,
    /// if that one cannot start, one that serves what was served before.
    async fn switch(self, library: Library) -> anyhow::Result<Serving> {
        let Serving { options, ports, master, mut orders, may_train, training } = self;
        let began = Instant::now();
        master.stop();
        master.stopped().await;
        let wanted = Served::from(library.dataset.metadata());
        let (master, refused) = match start(ports.again()?, options.clone(), move || library).await {
            Ok(master) => {
                orders.serves = wanted;
                (master, None)
            }
            Err(error) => {
                let reason = error.to_string();
                tracing::error!(dataset = wanted.dataset, version = wanted.version, reason, "cannot be served");
                let library = open(&options, orders.serves.clone()).await?;
                (start(ports.again()?, options.clone(), move || library).await?, Some(reason))
            }
        };
        let training = default_model::offer(&master, &options.data_dir, may_train, training);
        let Served { dataset, version } = &orders.serves;
        tracing::info!(dataset, version, took_ms = began.elapsed().as_millis(), "serves after a switch");
        orders.answer(refused);
        Ok(Serving { options, ports, master, orders, may_train, training })
    }
}

/// What a master is told by `cineswarm data switch`.
struct Orders {
    desk: Desk,
    /// What is served.
    serves: Served,
    /// The order that was carried out or refused last.
    heard: Option<Uuid>,
    /// What was said of a file that cannot be read, which is not said again.
    unreadable: Option<String>,
}

impl Orders {
    /// Waits until another dataset version is to be served, and makes it ready.
    async fn next(&mut self, options: &Options) -> Library {
        loop {
            tokio::time::sleep(LOOK_INTERVAL).await;
            let Some(Order { id, serve, .. }) = self.look().await else { continue };
            self.heard = Some(id);
            if serve == self.serves {
                self.answer(None);
                continue;
            }
            let Served { dataset, version } = serve.clone();
            tracing::info!(dataset, version, "is to be served; it is made ready");
            match open(options, serve).await {
                Ok(library) => return library,
                Err(error) => {
                    let reason = format!("{error:#}");
                    let serves = &self.serves.dataset;
                    tracing::error!(
                        dataset,
                        version,
                        reason,
                        serves,
                        "cannot be served; what was served before goes on"
                    );
                    self.answer(Some(reason));
                }
            }
        }
    }

    /// An order that was not heard yet.
    async fn look(&mut self) -> Option<Order> {
        let desk = self.desk.clone();
        let read = tokio::task::spawn_blocking(move || desk.order()).await.ok()?;
        match read {
            Ok(order) => {
                self.unreadable = None;
                order.filter(|order| self.heard != Some(order.id))
            }
            Err(error) => {
                let error = format!("{error:#}");
                if self.unreadable.as_ref() != Some(&error) {
                    tracing::warn!(error, "whether another dataset is to be served is not known");
                    self.unreadable = Some(error);
                }
                None
            }
        }
    }

    fn answer(&self, refused: Option<String>) {
        let answer = Answer { serves: self.serves.clone(), order: self.heard, refused };
        if let Err(error) = self.desk.say(&answer) {
            tracing::warn!(error = format!("{error:#}"), "`cineswarm data switch` does not hear what is served");
        }
    }
}

/// Makes a dataset version ready to be served, beside what is served.
async fn open(options: &Options, wanted: Served) -> anyhow::Result<Library> {
    let (data_dir, shared) = (options.data_dir.clone(), options.ratings_shared.shared());
    let opening = move || {
        let Served { dataset, version } = wanted;
        Ok(Library::new(Dataset::open_version(&data_dir, &dataset, &version)?, shared))
    };
    tokio::task::spawn_blocking(opening).await.context("making a dataset ready to be served")?
}
