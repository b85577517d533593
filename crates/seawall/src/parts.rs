//! The running parts and how they are wired: gateway, oracle, status page, practice world.

use std::sync::Arc;

use gateway::config::{ChainConfig, GatewayConfig};
use gateway::{Gateway, StartError};
use oracle::config::OracleConfig;
use oracle::{Journal, Published};
use runtime::client::Endpoint;
use runtime::clock;
use runtime::http::{Limits, Listener, serve};
use runtime::task::{self, sync::watch};
use status::{ControlView, EventView, StatusOptions, StatusState, handler};
use units::Span;
use venue::config::VenueConfig;

use crate::config::{Config, StatusConfig};
use crate::controls::Controls;
use crate::error::{CommandError, listen_error};
use crate::overview::{event, overview};
use crate::practice::Practice;
use crate::prices::noted;
use crate::venue_account::account;
use crate::venue_view::{Door, VenueLook};

/// How often the status page looks.
const LOOK: Span = Span::from_secs(1);

/// Which settings a message names where an address cannot be had.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AddressKeys {
    /// Where the gateway's address is set.
    pub gateway: &'static str,
    /// Where the oracle's address is set.
    pub oracle: &'static str,
    /// Where the venue's address is set.
    pub venue: &'static str,
    /// Where the status page's address is set.
    pub status: &'static str,
}

/// The keys of the configuration file.
pub(crate) const FILE_KEYS: AddressKeys = AddressKeys {
    gateway: "gateway.listen",
    oracle: "oracle.listen",
    venue: "venue.listen",
    status: "status.listen",
};

/// Everything that runs, until it is stopped.
#[derive(Debug)]
pub(crate) struct Parts {
    gateway: Option<Arc<Gateway>>,
    oracle: Option<oracle::Running>,
    venue: Option<venue::Running>,
    page: Option<Page>,
    /// Held because its nodes go when it is dropped.
    practice: Option<Practice>,
}

#[derive(Debug)]
struct Page {
    url: String,
    state: Arc<StatusState>,
    stop: watch::Sender<bool>,
    thread: std::thread::JoinHandle<()>,
}

impl Parts {
    /// Starts what the configuration names, over the practice world where one is given.
    ///
    /// # Errors
    /// Where an address cannot be bound; the message names the key to change.
    pub(crate) fn start(
        config: &Config,
        practice: Option<Practice>,
        keys: AddressKeys,
    ) -> Result<Self, CommandError> {
        if let Some(names) = config.names.clone()
            && !runtime::client::look_names_up(names)
        {
            tracing::warn!("[names] comes too late: this process has looked names up already");
        }
        let gateway = config.gateway.as_ref().map(|gateway| start_gateway(gateway, keys));
        let gateway = gateway.transpose()?;
        if let Some(Practice { world, .. }) = &practice
            && let Some(gateway) = &gateway
            && let Ok(endpoint) = Endpoint::parse(&format!("http://{}", gateway.address()))
        {
            world.set_gateway(endpoint);
        }
        let oracle = config.oracle.as_ref().map(|oracle| start_oracle(oracle, keys)).transpose()?;
        let door = config.venue.as_ref().map(|_| Door::default());
        let page = match &config.status {
            Some(status) => {
                let chains = config.gateway.as_ref().map_or(&[][..], |gateway| &gateway.chains);
                let shown = Shown {
                    gateway: gateway.as_ref(),
                    chains,
                    oracle: oracle.as_ref(),
                    door: door.as_ref(),
                };
                Some(Page::start(status, &shown, practice.as_ref(), keys)?)
            }
            None => None,
        };
        let measure = |venue: Option<&venue::Running>| {
            let meters = meters(gateway.as_ref(), oracle.as_ref(), venue);
            let Some(page) = &page else { return };
            page.state.set_metrics(Arc::new(move || joined(&meters)));
        };
        // The page and the metrics of the others are to be there while a long journal is read.
        measure(None);
        let venue = config.venue.as_ref().map(|venue| start_venue(venue, keys)).transpose()?;
        measure(venue.as_ref());
        if let (Some(door), Some(venue)) = (&door, &venue) {
            let _set_once = door.set(venue.watch()).is_ok();
        }
        Ok(Self { gateway, oracle, venue, page, practice })
    }

    /// Where the gateway is, if there is one.
    pub(crate) fn gateway_url(&self) -> Option<String> {
        self.gateway.as_ref().map(|gateway| format!("http://{}", gateway.address()))
    }

    /// Where the oracle is, if there is one.
    pub(crate) fn oracle_url(&self) -> Option<String> {
        self.oracle.as_ref().map(|oracle| format!("http://{}", oracle.address()))
    }

    /// Where the venue is, if there is one.
    pub(crate) fn venue_url(&self) -> Option<String> {
        let venue = self.venue.as_ref()?;
        let scheme = if venue.is_tls() { "https" } else { "http" };
        Some(format!("{scheme}://{}", venue.address()))
    }

    /// The venue, if there is one.
    pub(crate) const fn venue(&self) -> Option<&venue::Running> {
        self.venue.as_ref()
    }

    /// Where the status page is, if there is one.
    pub(crate) fn page_url(&self) -> Option<&str> {
        self.page.as_ref().map(|page| page.url.as_str())
    }

    /// Waits until the process is told to stop, then ends the parts.
    pub(crate) fn run_until_stopped(self) {
        task::block_on(runtime::signal::stop_requested());
        tracing::info!("stopping: calls in flight may end");
        self.stop();
    }

    /// Ends the parts in order.
    pub(crate) fn stop(self) {
        if let Some(page) = self.page {
            page.stop();
        }
        if let Some(practice) = &self.practice {
            practice.drills.stop();
        }
        if let Some(traders) = self.practice.as_ref().and_then(|practice| practice.traders.get()) {
            traders.stop();
        }
        // Before the oracle, whose prices it takes.
        if let Some(venue) = self.venue {
            venue.stop();
        }
        if let Some(oracle) = self.oracle {
            oracle.stop();
        }
        match self.gateway.map(Arc::try_unwrap) {
            Some(Ok(gateway)) => gateway.stop(),
            Some(Err(_)) => tracing::warn!("the gateway is still in use and ends with the process"),
            None => {}
        }
    }
}

fn start_gateway(config: &GatewayConfig, keys: AddressKeys) -> Result<Arc<Gateway>, CommandError> {
    let gateway = Gateway::start(config.clone())
        .map_err(|StartError::Listen(error)| listen_error(keys.gateway, &error))?;
    for (chain, report) in gateway.domain_reports() {
        tracing::info!(chain, "{report}");
        for warning in &report.warnings {
            tracing::warn!(chain, "{warning}");
        }
    }
    tracing::info!(address = %gateway.address(), "the gateway listens");
    Ok(Arc::new(gateway))
}

fn start_oracle(config: &OracleConfig, keys: AddressKeys) -> Result<oracle::Running, CommandError> {
    let running = oracle::Running::start(config.clone()).map_err(|error| match error {
        oracle::StartError::Listen(error) => listen_error(keys.oracle, &error),
        oracle::StartError::Config(mistakes) => CommandError::Config(
            mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        ),
        oracle::StartError::Record(error) => CommandError::Failed(error.into()),
    })?;
    tracing::info!(address = %running.address(), "the oracle listens");
    Ok(running)
}

fn start_venue(config: &VenueConfig, keys: AddressKeys) -> Result<venue::Running, CommandError> {
    let running = venue::Running::start(config.clone()).map_err(|error| {
        if let venue::StartError::Listen(error) = &error {
            return listen_error(keys.venue, error);
        }
        CommandError::Failed(error.into())
    })?;
    tracing::info!(address = %running.address(), tls = running.is_tls(), "the venue listens");
    Ok(running)
}

/// What gives a part's metrics as text.
type Meter = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// The metrics of all parts that run.
fn meters(
    gateway: Option<&Arc<Gateway>>,
    oracle: Option<&oracle::Running>,
    venue: Option<&venue::Running>,
) -> Vec<Meter> {
    let mut meters: Vec<Meter> = Vec::new();
    if let Some(gateway) = gateway.map(Arc::downgrade) {
        meters.push(Box::new(move || gateway.upgrade().map(|gateway| gateway.metrics())));
    }
    if let Some(meter) = oracle.map(oracle::Running::meter) {
        meters.push(Box::new(move || Some(meter())));
    }
    if let Some(meter) = venue.map(venue::Running::meter) {
        meters.push(Box::new(move || Some(meter())));
    }
    meters
}

/// The parts that the page shows.
struct Shown<'a> {
    gateway: Option<&'a Arc<Gateway>>,
    chains: &'a [ChainConfig],
    oracle: Option<&'a oracle::Running>,
    /// Where the venue will be.
    door: Option<&'a Door>,
}

impl Page {
    fn start(
        config: &StatusConfig,
        shown: &Shown<'_>,
        practice: Option<&Practice>,
        keys: AddressKeys,
    ) -> Result<Self, CommandError> {
        let listener =
            Listener::bind(config.listen).map_err(|error| listen_error(keys.status, &error))?;
        let url = format!("http://{}", listener.address());
        let mut options = StatusOptions { url: url.clone(), ..StatusOptions::default() };
        if let Some(name) = &config.name {
            options.page_name.clone_from(name);
        }
        let state = Arc::new(StatusState::new(options));
        let notices = notices(&state, practice);
        if let Some(door) = shown.door.cloned() {
            state.set_accounts(Arc::new(move |request, body| account(&door, request, body)));
        }
        let (stop, stopped) = watch::channel(false);
        let watcher = Watcher {
            gateway: shown.gateway.cloned(),
            chains: shown.chains.to_vec(),
            state: Arc::clone(&state),
            notices,
            published: shown.oracle.map(oracle::Running::published),
            journal: shown.oracle.map(|oracle| oracle.journal().clone()),
            venue: shown.door.cloned().map(VenueLook::new),
            shown: Vec::new(),
            noted: 0,
        };
        let (served, controls) = (Arc::clone(&state), config.controls.clone());
        let thread = task::spawn_thread("status", move || async move {
            let ended = stopped.clone();
            let look = task::spawn(watcher.run(stopped, Controls::start(&controls)));
            serve(
                listener,
                Limits::default(),
                Arc::new(handler(served)),
                task::told_to_stop(ended),
            )
            .await;
            if look.await.is_err() {
                tracing::error!("the status page's watcher ended in a panic");
            }
        });
        tracing::info!(url, "the status page listens");
        Ok(Self { url, state, stop, thread })
    }

    fn stop(self) {
        let _watcher_lives = self.stop.send(true).is_ok();
        self.state.close();
        if self.thread.join().is_err() {
            tracing::error!("the status page's thread ended in a panic");
        }
    }
}

/// The metrics of all parts as one text: each ends with a mark of its own, of which the last one stays.
fn joined(meters: &[Meter]) -> String {
    let texts: Vec<String> = meters.iter().filter_map(|meter| meter()).collect();
    let Some((last, before)) = texts.split_last() else { return String::new() };
    let before = before.iter().map(|text| text.strip_suffix("# EOF\n").unwrap_or(text));
    before.chain([last.as_str()]).collect()
}

/// Mounts the practice world's buttons, where there is one, and says so on the page.
fn notices(state: &StatusState, practice: Option<&Practice>) -> Vec<String> {
    let Some(practice) = practice else { return Vec::new() };
    practice.mount(state);
    let notice = "This is a practice world: its nodes and venues run inside this process and fail when you tell them to.";
    vec![notice.to_owned()]
}

/// Shows the page what the gateway knows, once a second.
struct Watcher {
    gateway: Option<Arc<Gateway>>,
    chains: Vec<ChainConfig>,
    state: Arc<StatusState>,
    notices: Vec<String>,
    published: Option<watch::Receiver<Arc<Published>>>,
    journal: Option<Journal>,
    venue: Option<VenueLook>,
    /// The newest events of the gateway that the page has, to tell which are new.
    shown: Vec<(Span, String)>,
    /// The number of the oracle's newest entry that it has.
    noted: u64,
}

impl Watcher {
    async fn run(mut self, stopped: watch::Receiver<bool>, controls: Controls) {
        let mut stopped = std::pin::pin!(task::told_to_stop(stopped));
        loop {
            self.look(controls.views());
            task::select! {
                biased;
                () = &mut stopped => return,
                () = clock::sleep(LOOK) => {}
            }
        }
    }

    fn look(&mut self, controls: Vec<ControlView>) {
        let events = self.gateway.as_ref().map_or_else(Vec::new, |gateway| gateway.events());
        let key = |event: &gateway::LoggedEvent| (event.at, event.text.clone());
        let new = events.iter().filter(|event| !self.shown.contains(&key(event)));
        let mut new: Vec<EventView> = new.cloned().map(event).collect();
        self.shown = events.iter().map(key).collect();
        let entries = self.journal.as_ref().map(|journal| journal.after(self.noted));
        for entry in entries.unwrap_or_default() {
            self.noted = entry.number;
            new.push(noted(entry));
        }
        let published = self.published.as_ref().map(|published| Arc::clone(&published.borrow()));
        let venue = self.venue.as_mut().map(VenueLook::view);
        let gateway = self.gateway.as_deref();
        let overview = overview(
            gateway,
            &self.chains,
            published.as_deref(),
            self.notices.clone(),
            controls,
            venue,
        );
        self.state.update(overview, new);
    }
}
