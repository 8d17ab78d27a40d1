//! The master itself: puts its rooms together, starts them in order and stops them in the other. A few lines longer than
//! other files, as there are many rooms.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::{Duration, Instant};

use cineswarm_mqtt::{FarmLog, Message};
use cineswarm_proto::Topics;
use cineswarm_proto::events::RATINGS;
use cineswarm_ratings::gate::Limits;
use cineswarm_ratings::intake::Intake;
use cineswarm_ratings::lake::address::Address as LakeAddress;
use cineswarm_ratings::lake::keeping;
use cineswarm_ratings::outbox::RawLines;
use cineswarm_ratings::passing;
use cineswarm_telemetry::metrics::{self, Group, list};
use socketioxide::SocketIo;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::App;
use crate::app::desk::Desk;
use crate::app::following::{Following, NotCaughtUp, catch_up};
use crate::app::sessions::Sessions;
use crate::app::underway::{Room, Underway};
use crate::app::uploads::Uploads;
use crate::compaction::Compaction;
use crate::computing::Computing;
use crate::farm::coordinator::{self, Live, NotTaken, Parameters, master_status};
use crate::farm::doorbell::MqttDoorbell;
use crate::farm::grpc;
use crate::farm::raw_ratings::{self, Taps};
use crate::label::SessionLabels;
use crate::library::{Library, OfferedModel};
use crate::locks;
use crate::options::Options;
use crate::ports::{Listeners, NotListening, Ports};
use crate::requests::spec::{Source, Spec};
use crate::store::{self, EndState, Store, StoredRequest};
use crate::web::gate::{Bounds, Gate};
use crate::web::health::Health;
use crate::web::operators::Operators;
use crate::web::origin::{self, AllowedOrigin};
use crate::web::reception::Reception;
use crate::web::tab::PostInAll;
use crate::web::{descriptors, http, ingest, serve, socket};
use crate::words::Trouble;

/// Packets that a connection holds while a browser does not read: few, because nobody counts their bytes. What waits
/// beside them is counted; see `web::tab`.
const SOCKET_BUFFER: usize = 8;
/// Both ends take the connection for lost when they add up: after the network went, a page says "connected" no longer than
/// this. A phone that is busy has the second to answer.
const PING_INTERVAL: Duration = Duration::from_secs(6);
const PING_TIMEOUT: Duration = Duration::from_secs(9);
/// Twice the largest message that makes sense, a profile of 10,000 ratings; a larger one closes its connection.
const LARGEST_MESSAGE: usize = 1 << 20;
const PRUNE_INTERVAL: Duration = Duration::from_secs(3_600);
/// Between two looks for dead letters.
const COUNT_INTERVAL: Duration = Duration::from_secs(10);
/// Between two signs of life in the database, and so how soon it is noticed that it cannot be written.
const SIGN_OF_LIFE_INTERVAL: Duration = Duration::from_secs(2);
/// How long browsers' connections may take to end when the master stops.
const GOODBYE: Duration = Duration::from_secs(2);

/// Why a master cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The topic prefix is not one.
    #[error(transparent)]
    Prefix(#[from] cineswarm_proto::topics::BadPrefix),
    /// A port is taken or not allowed.
    #[error(transparent)]
    Ports(#[from] NotListening),
    /// The broker's address, password or certificates.
    #[error(transparent)]
    Broker(#[from] cineswarm_mqtt::BadBroker),
    /// Addresses, passwords or certificates of the master's own.
    #[error(transparent)]
    Locks(#[from] locks::Error),
    /// The database cannot be opened.
    #[error("cannot open the database: {0}")]
    Store(#[from] store::Error),
    /// The log of ratings cannot be read.
    #[error("cannot follow the log of ratings: {0}")]
    Events(#[from] cineswarm_events::Error),
    /// Or is not the dataset's.
    #[error("cannot follow the log of ratings: {0}")]
    Following(#[from] NotCaughtUp),
}

/// A running master.
pub struct Handle {
    http_address: SocketAddr,
    grpc_address: SocketAddr,
    farm: coordinator::Handle,
    library: Arc<Library>,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Handle {
    /// Where the page is served.
    pub fn http_address(&self) -> SocketAddr {
        self.http_address
    }

    /// Where workers call back.
    pub fn grpc_address(&self) -> SocketAddr {
        self.grpc_address
    }

    /// The farm's status, to look at or to wait on.
    pub fn farm_status(&self) -> tokio::sync::watch::Receiver<coordinator::FarmStatus> {
        self.farm.status()
    }

    /// What is served.
    pub fn library(&self) -> Arc<Library> {
        self.library.clone()
    }

    /// Takes a trained model, also when it comes later.
    pub fn offering(&self) -> Offering {
        Offering { library: self.library.clone(), farm: self.farm.clone(), runtime: tokio::runtime::Handle::current() }
    }

    /// Asks the master to stop; see [`Handle::stopped`].
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Cancelling it is the same as [`Handle::stop`]. It is cancelled, too, when the master stops by itself because a
    /// part of it has failed.
    pub fn stopper(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Waits until the master has stopped.
    pub async fn stopped(self) {
        if let Err(error) = self.running.await {
            tracing::error!(%error, "the master ended abnormally");
        }
    }
}

/// Takes a trained model, from any thread.
pub struct Offering {
    library: Arc<Library>,
    farm: coordinator::Handle,
    runtime: tokio::runtime::Handle,
}

impl Offering {
    /// From now on this model answers; see [`Library::offer`].
    pub fn offer(self, model: OfferedModel) {
        let Offering { library, farm, runtime } = self;
        library.offer(model);
        runtime.spawn(async move { farm.model_offered().await });
    }
}

/// Starts a master on ports that were taken before, and with what may have been made before: so that it can follow another
/// one of the same process at once. The other one has to have [stopped](Handle::stopped).
pub async fn start(ports: Ports, options: Options, library: impl FnOnce() -> Library + Send) -> Result<Handle, Error> {
    let started = Instant::now();
    metrics::expose(Group::Process);
    metrics::expose(Group::Master);
    let topics = Topics::new(&options.topic_prefix)?;
    let broker = options.broker.broker()?;
    let database_url = locks::database_url(&options.database, &options.data_dir)?;
    let grpc_tls = locks::grpc_tls(&options)?.map(Arc::new);
    let ingest_token = locks::ingest_token(&options)?;
    let descriptor_limit = descriptors::raise_limit();
    let Listeners { http: http_listener, grpc: grpc_listener, operators: operators_port } = ports.listen()?;
    let http_address = local_address(&http_listener);
    let grpc_address = local_address(&grpc_listener);
    let grpc_endpoint =
        locks::grpc_endpoint(options.grpc_endpoint.as_deref(), &host_name(), grpc_address.port(), grpc_tls.is_some())?;

    let keep_bytes = options.keep_mib << 20;
    let store = Store::open(store::Options { keep_bytes, ..store::Options::new(database_url.expose()) }).await?;
    let unfinished = store.unfinished().await?;
    // What sessions know begins after this: no browser is let in before.
    let follow_from = store.log().last().await?;
    let library = Arc::new(library());
    let changes = catch_up(&library, store.log(), follow_from).await?;
    tracing::info!(changes, up_to = follow_from.seq, "took what was rated since the dataset version");
    let sessions = Arc::new(Sessions::default());
    let stop = CancellationToken::new();

    let epoch = Uuid::new_v4().simple().to_string()[..12].to_owned();
    let disconnect = CancellationToken::new();
    let last_will = master_status(&epoch, &grpc_endpoint, library.version(), options.heartbeat_interval, false);
    let (client, events) = cineswarm_mqtt::connect(
        cineswarm_mqtt::Options {
            broker: broker.clone(),
            client_id: format!("{}-master-{epoch}", options.topic_prefix.replace('/', "-")),
            // Its own status, too, for a Last Will of an earlier master that comes late.
            subscriptions: vec![
                topics.register(),
                topics.workers_status(),
                topics.master_status(),
                topics.ring(RATINGS),
            ],
            // Not its own status, which every worker reads.
            probes: vec![topics.register(), topics.workers_status()],
            last_will: Some(Message::json(topics.master_status(), &last_will).retained()),
        },
        disconnect.clone(),
    );
    let log = FarmLog::new(client.clone(), topics.logs(), "master");
    let computing = Computing::default();
    let underway = Arc::new(Underway::new(options.max_requests, options.request_timeout));
    let desk =
        Desk::new(library.clone(), store.clone(), sessions.clone(), underway.clone(), computing.clone(), log.clone());
    let labels = SessionLabels::new();
    let doorbell = MqttDoorbell { client: client.clone(), topics: topics.clone() };
    let ring = cineswarm_events::ring::start(store.log().clone(), doorbell, disconnect.clone());
    // On a connection of their own: a flood of ratings holds up no task.
    let (ratings_client, ratings_events) = cineswarm_mqtt::connect(
        cineswarm_mqtt::Options {
            broker: broker.clone(),
            client_id: format!("{}-ratings-{epoch}", options.topic_prefix.replace('/', "-")),
            subscriptions: vec![topics.ratings_raw()],
            probes: Vec::new(),
            last_will: None,
        },
        disconnect.clone(),
    );
    let intake = Intake::new(store.clone());
    let taps = Taps { client: ratings_client, topics: topics.clone() };
    let ratings_gate = passing::Gate {
        known: library.clone(),
        readers: store.readers(),
        writer: store.clone(),
        room: intake.room(),
        limits: Limits::default(),
        tap: options.ratings_taps.then(|| Arc::new(taps) as Arc<dyn passing::Tap>),
        keeps_raw: options.lake.is_some(),
    };
    let passing = tokio::spawn(ratings_gate.run(stop.clone()));
    let listening =
        tokio::spawn(raw_ratings::listen(ratings_events, topics.ratings_raw(), intake.clone(), stop.clone()));
    let coordinator_stop = CancellationToken::new();
    let (farm, mut coordinating) = coordinator::start(
        Parameters {
            library: library.clone(),
            topics,
            client,
            log: log.clone(),
            epoch,
            grpc_endpoint: grpc_endpoint.clone(),
            replication: options.replication as usize,
            lease: options.lease,
            heartbeat: options.heartbeat_interval,
            max_requests: options.max_requests,
            labels: labels.clone(),
            ring,
            outlet: Arc::new(desk.clone()),
        },
        events,
        coordinator_stop.clone(),
    );
    let grpc_stop = CancellationToken::new();
    let service = grpc::Service::new(library.clone(), farm.clone(), computing.clone());
    let (tls, log_read) = (grpc_tls.clone(), store.log().clone());
    let serving_grpc = tokio::spawn(grpc::serve(grpc_listener, tls, service, log_read, grpc_stop.clone()));
    let room = Room::new(farm.clone(), Arc::new(desk.clone()), options.max_requests);
    desk.serve(room.clone());
    let resuming =
        tokio::spawn(resume(unfinished, farm.clone(), desk.clone(), options.clone(), coordinator_stop.clone()));

    let (socket_layer, io) = SocketIo::builder()
        .max_buffer_size(SOCKET_BUFFER)
        .ping_interval(PING_INTERVAL)
        .ping_timeout(PING_TIMEOUT)
        .max_payload(LARGEST_MESSAGE as u64)
        .ws_max_message_size(LARGEST_MESSAGE)
        .ws_max_frame_size(LARGEST_MESSAGE)
        .build_layer();
    let app = Arc::new(App {
        library: library.clone(),
        store: store.clone(),
        room: room.clone(),
        desk: desk.clone(),
        sessions: sessions.clone(),
        underway: underway.clone(),
        computing: computing.clone(),
        uploads: Uploads::default(),
        labels,
        request_timeout: options.request_timeout,
    });
    let (reception, post_in_all) = (Reception::new(app.clone(), options.events_per_second), PostInAll::default());
    let followed = Arc::new(AtomicI64::new(follow_from.seq));
    let following = tokio::spawn(cineswarm_events::follow(
        store.log().clone(),
        cineswarm_events::Filter::default(),
        follow_from,
        Following::new(app.clone(), followed.clone()),
        Arc::default(),
        stop.clone(),
    ));
    let compaction = Compaction {
        library: library.clone(),
        log: store.log().clone(),
        data_dir: options.data_dir.clone(),
        after: options.compact_after,
    };
    let compacting = tokio::spawn(compaction.keep(stop.clone()));
    // It goes on until nobody appends any more.
    let (lake_stop, lake_given_up) = (CancellationToken::new(), CancellationToken::new());
    let keeping_lake = keep_lake(options.lake, store.clone(), lake_stop.clone(), lake_given_up.clone());
    let keeping_lake = tokio::spawn(keeping_lake);
    let context = socket::Context {
        app,
        reception: reception.clone(),
        coordinator: farm.clone(),
        post_in_all: post_in_all.clone(),
        events_per_second: options.events_per_second,
        posters: options.posters.clone(),
    };
    socket::register(&io, Arc::new(context));
    let keeping_room = tokio::spawn(room.clone().keep(stop.clone()));
    let telling = tokio::spawn(socket::tell_status(io.clone(), farm.clone(), library.clone(), stop.clone()));
    let pruning = tokio::spawn(keep_house(store.clone(), options.keep_days, stop.clone()));
    let gate = Gate::new(Bounds {
        in_all: descriptors::for_browsers(descriptor_limit),
        per_address: options.connections_per_address as usize,
        trusted_proxies: options.trusted_proxies.clone(),
    });
    let health = Arc::new(Health {
        library: library.clone(),
        store: store.clone(),
        coordinator: farm.clone(),
        room,
        underway,
        gate: gate.clone(),
        started,
    });
    if let Some(port) = operators_port {
        let health = health.clone();
        let operators = Operators { health, reception, sessions, post_in_all, followed, broker, grpc_tls };
        port.answer(operators, stop.clone());
    }
    let http_context = http::Context {
        library: library.clone(),
        searches: Semaphore::new(http::SEARCHES),
        computing,
        health,
        posters: options.posters,
    };
    let allowed_origins: Arc<[AllowedOrigin]> = options.allowed_origins.into();
    let ingest_context = ingest::Context::new(intake, store.clone(), ingest_token.as_ref());
    let router = http::router(Arc::new(http_context))
        .merge(ingest::router(Arc::new(ingest_context)))
        .layer(socket_layer)
        .layer(axum::middleware::from_fn_with_state(allowed_origins, origin::check));
    let serving_http = tokio::spawn(serve::serve(http_listener, router, gate, stop.clone()));
    log.info(format!("serving {} on {http_address}, workers call {grpc_endpoint}", library.version()));

    let stopping = stop.clone();
    let running = tokio::spawn(async move {
        let coordinator_failed = tokio::select! {
            () = stopping.cancelled() => false,
            ended = &mut coordinating => {
                // Without it every request would be refused for ever, by a master that still looks alive.
                tracing::error!(?ended, "the coordinator ended by itself; the master stops");
                stopping.cancel();
                true
            }
        };
        // Browsers first, so that nothing new comes; then the farm, what it has ended, and last the database.
        if tokio::time::timeout(GOODBYE, io.close()).await.is_err() {
            // It waits for the last packet to each browser, and one that does not read never takes it.
            tracing::debug!("some browsers did not take the goodbye in time");
        }
        if tokio::time::timeout(GOODBYE, serving_http).await.is_err() {
            tracing::debug!("some browsers did not let go in time");
        }
        let _ = tokio::join!(telling, pruning, keeping_room, following, passing, listening, compacting);
        lake_stop.cancel();
        if tokio::time::timeout(GOODBYE, keeping_lake).await.is_err() {
            tracing::debug!("the rest of the log comes into the lake with the next start");
        }
        lake_given_up.cancel();
        coordinator_stop.cancel();
        let _ = resuming.await;
        if !coordinator_failed {
            let _ = coordinating.await;
        }
        grpc_stop.cancel();
        let _ = serving_grpc.await;
        let _ = tokio::time::timeout(GOODBYE, desk.close()).await;
        store.close().await;
        disconnect.cancel();
    });
    Ok(Handle { http_address, grpc_address, farm, library, stop, running })
}

/// Copies the log of ratings, and the lines that came in, to a lake, if one is wanted.
async fn keep_lake(lake: Option<LakeAddress>, store: Store, stop: CancellationToken, give_up: CancellationToken) {
    if let Some(lake) = lake {
        let (log, raw) = (store.log().clone(), RawLines { readers: store.readers(), writer: store });
        keeping::keep(keeping::Options::default(), move || lake.to_write(give_up.clone()), log, raw, stop).await;
    }
}

/// Counts the time that passes and lets go of what nobody looks at any more, until `stop` is cancelled.
async fn keep_house(store: Store, keep_days: u32, stop: CancellationToken) {
    let keep = Duration::from_secs(u64::from(keep_days) * 24 * 3_600);
    let (mut lived_to, mut pruned_at, mut counted_at) = (Instant::now(), None::<Instant>, None::<Instant>);
    loop {
        let now = Instant::now();
        match stop.run_until_cancelled(store.live(now - lived_to)).await {
            Some(Ok(())) => lived_to = now,
            // The writer says what is wrong, and health.
            Some(Err(error)) => tracing::debug!(%error, "no sign of life in the database"),
            None => return,
        }
        if counted_at.is_none_or(|counted_at| counted_at.elapsed() >= COUNT_INTERVAL) {
            counted_at = Some(now);
            match stop.run_until_cancelled(store.dead_letters()).await {
                Some(Ok(dead)) => list::DEAD_LETTERS.set([], dead as f64),
                Some(Err(error)) => tracing::debug!(%error, "dead letters were not counted"),
                None => return,
            }
        }
        if pruned_at.is_none_or(|pruned_at| pruned_at.elapsed() >= PRUNE_INTERVAL) {
            pruned_at = Some(now);
            match stop.run_until_cancelled(store.prune(keep)).await {
                Some(Ok(0)) => {}
                Some(Ok(pruned)) => tracing::info!(pruned, keep_days, "removed old rows from the database"),
                Some(Err(error)) => tracing::warn!(%error, "old rows were not removed from the database"),
                None => return,
            }
        }
        if stop.run_until_cancelled(tokio::time::sleep(SIGN_OF_LIFE_INTERVAL)).await.is_none() {
            return;
        }
    }
}

/// Takes up what an earlier master accepted and did not end; past half the bound it waits for room, so that whoever
/// asks now is served as well. Ends early when `stop` is cancelled: what is left is taken up by the next master.
async fn resume(
    unfinished: Vec<StoredRequest>,
    farm: coordinator::Handle,
    desk: Desk,
    options: Options,
    stop: CancellationToken,
) {
    if !unfinished.is_empty() {
        tracing::info!(requests = unfinished.len(), "taking up what was not ended before the restart");
    }
    let at_a_time = options.max_requests.div_ceil(2);
    let mut status = farm.status();
    for StoredRequest { request_id, session_id, query, spec, .. } in unfinished {
        let parsed: Result<Spec, _> = serde_json::from_str(&spec);
        let readable = parsed.is_ok();
        // What an older version wrote and this one cannot read still has to end.
        let spec = Arc::new(parsed.unwrap_or_else(|_| Spec::unreadable()));
        let query: Arc<str> = query.into();
        let live = || Live::stored(request_id, session_id, query.clone(), spec.clone());
        if !readable {
            desk.fail(&live(), EndState::Failed, &Trouble::Unavailable).await;
            continue;
        }
        if spec.source != Source::Neighbours {
            desk.end(live()).await;
            continue;
        }
        loop {
            let room = status.wait_for(|farm| farm.load.requests < at_a_time);
            if !matches!(stop.run_until_cancelled(room).await, Some(Ok(_))) {
                return;
            }
            match farm.submit(live(), options.request_timeout).await {
                Ok(_) => break,
                Err(NotTaken::Stopping) => return,
                // Others took the room; there will be some again.
                Err(NotTaken::QueueFull) => {}
            }
        }
    }
}

fn local_address(listener: &TcpListener) -> SocketAddr {
    // A bound socket has an address.
    listener.local_addr().unwrap_or_else(|_| SocketAddr::from(([0, 0, 0, 0], 0)))
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "localhost".into() } else { name.trim().into() }
}
