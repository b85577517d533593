//! Where scenarios are played: one at a time, on a thread of its own.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::client::Endpoint;
use runtime::task::sync::watch;
use runtime::{clock, task};
use units::Span;

use crate::action::Action;
use crate::fault::Capacity;
use crate::load::Load;
use crate::nodes::{ActionError, Nodes};
use crate::scenario::{Scenario, Scene, Script, Step, short, stands_per_second};

/// How often calls that are due are made.
const TICK: Span = Span::from_millis(10);
/// A node dies of a backlog that it would need so long to work off: clients have given up by then, and
/// their retries only make it longer.
const BACKLOG_MAX: Span = Span::from_millis(1_500);

/// The stage of a world.
#[derive(Debug)]
pub(crate) struct Stage {
    nodes: Arc<Nodes>,
    block_time: Span,
    gateway: Mutex<Option<Endpoint>>,
    playing: Mutex<Option<Playing>>,
}

/// A scenario that is played, or was.
#[derive(Debug)]
struct Playing {
    scene: Arc<Mutex<Scene>>,
    /// Dropping it ends the play.
    _go_on: watch::Sender<()>,
}

impl Stage {
    /// An empty stage.
    pub(crate) fn new(nodes: Arc<Nodes>, block_time: Span) -> Self {
        Self { nodes, block_time, gateway: Mutex::new(None), playing: Mutex::new(None) }
    }

    /// Says where the clients of a storm call.
    pub(crate) fn set_gateway(&self, gateway: Endpoint) {
        *lock(&self.gateway) = Some(gateway);
    }

    /// How the scenario that is played, or the last one, stands.
    pub(crate) fn scene(&self) -> Option<Scene> {
        lock(&self.playing).as_ref().map(|playing| lock(&playing.scene).clone())
    }

    /// Bounds what each node stands, in requests a second, or no longer does.
    pub(crate) fn limit(&self, per_second: Option<u64>) {
        limit(&self.nodes, per_second);
    }

    /// Starts a scenario in the place of the one that is played.
    ///
    /// # Errors
    /// Where a node that it names does not exist, or it needs a gateway and none is known.
    pub(crate) fn play(&self, scenario: &Scenario) -> Result<(), ActionError> {
        let gateway = lock(&self.gateway).clone();
        let is_storm = matches!(scenario, Scenario::Storm { .. });
        if is_storm && gateway.is_none() {
            return Err(ActionError::NotHere(
                "no gateway stands before these nodes, so none can be stormed",
            ));
        }
        let clients: Vec<String> =
            self.nodes.views().into_iter().map(|node| node.client_version).collect();
        let hit = self.hit(scenario)?;
        let script = scenario.script(&clients, &hit, self.block_time);
        self.start(script, gateway.filter(|_| is_storm));
        Ok(())
    }

    /// Ends what is played and heals every node; those that run another client come back one by one.
    ///
    /// # Errors
    /// Where a killed node cannot have its port back; the others are healed all the same.
    pub(crate) async fn heal(&self) -> Result<(), ActionError> {
        drop(lock(&self.playing).take());
        let is_other = |index: &usize| self.nodes.faults(*index).client.is_some();
        let others: Vec<usize> = (0..self.nodes.count()).filter(is_other).collect();
        if others.is_empty() {
            return self.nodes.heal_all().await;
        }
        let mut outcome = Ok(());
        for index in (0..self.nodes.count()).filter(|index| !others.contains(index)) {
            outcome = outcome.and(self.nodes.apply(index, &Action::Heal).await);
        }
        for index in &others {
            outcome = outcome.and(self.nodes.apply(*index, &Action::Revive).await);
            // Nothing but its client and its branch stays until its turn.
            self.nodes.change(*index, |faults| {
                let (client, parted) = (faults.client.take(), faults.parted);
                *faults = crate::fault::Faults { client, parted, ..Default::default() };
            });
        }
        self.start(Script::restore(&others, self.block_time), None);
        outcome
    }

    /// The nodes that a scenario parts from the others.
    fn hit(&self, scenario: &Scenario) -> Result<Vec<usize>, ActionError> {
        let Scenario::Split { nodes, .. } = scenario else { return Ok(Vec::new()) };
        if nodes.is_empty() {
            return Ok((0..=self.nodes.count() / 2)
                .filter(|it| *it < self.nodes.count())
                .collect());
        }
        nodes.iter().map(|name| self.nodes.find(name)).collect()
    }

    fn start(&self, script: Script, gateway: Option<Endpoint>) {
        let scene = Arc::new(Mutex::new(Scene { name: script.name, ..Scene::default() }));
        let (go_on, stopped) = watch::channel(());
        *lock(&self.playing) = Some(Playing { scene: Arc::clone(&scene), _go_on: go_on });
        let nodes = Arc::clone(&self.nodes);
        let play = move || async move {
            let mut play = Play { nodes, scene, load: gateway.map(Load::new), stopped };
            play.run(script).await;
        };
        drop(task::spawn_thread("practice-scenario", play));
    }
}

/// One scenario being played.
struct Play {
    nodes: Arc<Nodes>,
    scene: Arc<Mutex<Scene>>,
    load: Option<Load>,
    stopped: watch::Receiver<()>,
}

impl Play {
    async fn run(&mut self, script: Script) {
        let start = clock::now();
        for (at, step) in script.steps {
            while clock::now() < start.after(at) {
                let wait = clock::now().after(TICK).min(start.after(at));
                task::select! {
                    _ = self.stopped.changed() => return self.leave(),
                    () = clock::sleep_until(wait) => {}
                }
                self.tick().await;
            }
            if self.stopped.has_changed().is_err() {
                return self.leave();
            }
            if let Err(error) = self.step(step).await {
                tracing::warn!(%error, "a step of a practice scenario failed");
                lock(&self.scene).phase = error.to_string();
                break;
            }
        }
        lock(&self.scene).is_over = true;
    }

    /// Whoever ended it heals the nodes; here only what nobody else knows of is undone.
    fn leave(&self) {
        self.limit(false);
    }

    /// Makes calls that are due, buries nodes that died of them, and tells how it goes.
    async fn tick(&mut self) {
        let Some(load) = &mut self.load else { return };
        load.tick();
        let seconds = load.seconds();
        for index in 0..self.nodes.count() {
            if !self.nodes.faults(index).felled {
                continue;
            }
            self.nodes.change(index, |faults| faults.felled = false);
            if self.nodes.apply(index, &Action::Kill).await.is_ok() {
                lock(&self.scene).felled += 1;
            }
        }
        lock(&self.scene).seconds = seconds;
    }

    async fn step(&mut self, step: Step) -> Result<(), ActionError> {
        match step {
            Step::Say(phase) => lock(&self.scene).phase = phase,
            Step::Kill(node) => self.nodes.apply(node, &Action::Kill).await?,
            Step::Revive(node) => self.nodes.apply(node, &Action::Revive).await?,
            Step::Heal(node) => self.nodes.apply(node, &Action::Heal).await?,
            Step::Sign(node, client) => {
                self.nodes.change(node, |faults| faults.client = Some(client));
            }
            Step::Limit(is_limited) => self.limit(is_limited),
            Step::Calls(rate) => {
                if let Some(load) = &mut self.load {
                    load.set_rate(rate);
                }
            }
            Step::Part(split) => {
                let fork = self.nodes.shared().network().part(&split).unwrap_or_default();
                self.nodes.shared().wake();
                let views = self.nodes.views();
                let runs: BTreeSet<String> = split
                    .nodes
                    .iter()
                    .filter_map(|node| views.get(*node))
                    .map(|view| short(&view.client_version))
                    .collect();
                let runs = runs.into_iter().collect::<Vec<_>>().join(", ");
                lock(&self.scene).phase = format!(
                    "split after block {fork}: {} ({runs}) follow a branch of their own, one block where \
                     the others get {}",
                    self.nodes.names(&split.nodes),
                    split.slow
                );
            }
        }
        Ok(())
    }

    fn limit(&self, is_limited: bool) {
        limit(&self.nodes, is_limited.then(stands_per_second));
    }
}

fn limit(nodes: &Nodes, per_second: Option<u64>) {
    let capacity = per_second.map(|per_second| Capacity {
        each: Span::from_secs(1).divided_by(per_second.max(1)),
        backlog_max: BACKLOG_MAX,
    });
    for index in 0..nodes.count() {
        nodes.change(index, |faults| faults.capacity = capacity);
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
