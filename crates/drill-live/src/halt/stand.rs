//! The shortened day: nodes, the real gateway, and clients that ask for the newest block.

use std::time::{Duration, Instant};

use incident::{Scene, Values, Watch};
use practice::{Action, Finality, Scenario, World, WorldOptions};
use runtime::http::Bytes;
use runtime::{clock, task};
use serde_json::Value;
use units::Span;

use super::judge::{Answer, Log, Phase, Sample};
use crate::front::{self, Caller, Front};

/// Longest wait for an answer; wallets wait as long.
const PATIENCE: Span = Span::from_secs(2);
/// Largest answer that is read: a block without its transactions' bodies.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// How long is waited for a state of the nodes, or for the gateway to be fresh, before the run is given up.
const WAIT_MAX: Duration = Duration::from_secs(15);
/// How often is looked at the nodes while waiting for them.
const LOOK_EVERY: Span = Span::from_millis(10);
/// How long is asked on after the chain goes on.
const BACK_SECONDS: f64 = 2.5;
/// The longest phase, in seconds: a drill is shortened.
const SECONDS_MAX: f64 = 120.0;

const QUESTION: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["latest",false]}"#;

/// What is done, and for how long.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    alone: Alone,
    nodes: usize,
    alone_seconds: f64,
    /// Nothing where the chain does not stand.
    stands_seconds: Option<f64>,
    block_time: Span,
    pause: Span,
}

/// How one provider's nodes fail.
#[derive(Clone, Debug)]
enum Alone {
    /// Each by itself.
    Each(Action),
    /// They follow one branch of their own, and nothing becomes final on either.
    Together,
}

impl Plan {
    pub(super) fn read(values: &Values, stands: bool) -> Result<Self, String> {
        let alone = match values.word("alone")? {
            "freeze" => Alone::Each(Action::Freeze),
            "branch" => Alone::Each(Action::Branch),
            "split" => Alone::Together,
            other => return Err(format!("`alone` is freeze, branch or split, and not {other}")),
        };
        let nodes = values.count("alone_nodes")?;
        let alone_seconds = values.number("alone_seconds")?;
        let stands_seconds = values.number("stands_seconds")?;
        let (block, reads) = (values.count("block_ms")?, values.count("reads_per_second")?);
        let sound = (1..=4).contains(&nodes)
            && (0.0..=SECONDS_MAX).contains(&alone_seconds)
            && (0.0..=SECONDS_MAX).contains(&stands_seconds)
            && (200..=10_000).contains(&block)
            && (1..=100).contains(&reads);
        if !sound {
            return Err(format!(
                "alone_nodes is 1 to 4, seconds are {SECONDS_MAX} at most, block_ms is 200 to 10,000 and \
                 reads_per_second 1 to 100"
            ));
        }
        Ok(Self {
            alone,
            nodes: usize::try_from(nodes).unwrap_or(1),
            alone_seconds,
            stands_seconds: stands.then_some(stands_seconds),
            block_time: Span::from_millis(block),
            pause: Span::from_millis(1_000).divided_by(reads),
        })
    }
}

/// Runs it.
///
/// # Errors
/// Where nodes or gateway do not come to stand as they should.
pub(super) fn run(scene: &Scene<'_>, plan: &Plan, watch: &dyn Watch) -> Result<Log, String> {
    watch.progress(0, "nodes and gateway start");
    let options = WorldOptions { block_time: plan.block_time, ..WorldOptions::default() };
    let (world, places) = front::nodes(scene, options)?;
    let places = places.with("block-time", plan.block_time.as_millis());
    let front = Front::open(scene, &places, "", watch)?;
    let day = Day {
        world,
        caller: front.caller(ANSWER_BYTES_MAX),
        began: Instant::now(),
        broken: Vec::new(),
        log: Log::default(),
    };
    let log = task::block_on(day.pass(plan, watch))?;
    front.end()?;
    Ok(log)
}

struct Day {
    world: World,
    caller: Caller,
    began: Instant,
    /// The nodes that fail alone: what they hold says nothing about the chain.
    broken: Vec<String>,
    log: Log,
}

impl Day {
    async fn pass(mut self, plan: &Plan, watch: &dyn Watch) -> Result<Log, String> {
        let names: Vec<String> = self.world.nodes().into_iter().map(|node| node.name).collect();
        self.settle().await?;
        watch.progress(100, "one provider's nodes fail, and the chain goes on");
        self.broken = names.iter().take(plan.nodes).cloned().collect();
        self.fail(&plan.alone).await?;
        self.ask(Phase::Alone, plan.alone_seconds, plan.pause).await;
        self.heal().await?;
        self.broken.clear();
        if let Some(seconds) = plan.stands_seconds {
            self.settle().await?;
            watch.progress(500, "the chain stands");
            self.stand_still(&names).await?;
            let begin = self.seconds();
            self.ask(Phase::Stands, seconds, plan.pause).await;
            watch.progress(900, "the chain goes on");
            self.heal().await?;
            self.log.stood = Some((begin, self.seconds()));
            self.ask(Phase::Back, BACK_SECONDS, plan.pause).await;
        }
        watch.progress(1_000, "over");
        Ok(self.log)
    }

    async fn fail(&self, alone: &Alone) -> Result<(), String> {
        match alone {
            Alone::Each(action) => {
                for name in &self.broken {
                    self.apply(name, action).await?;
                }
                Ok(())
            }
            Alone::Together => {
                let (nodes, finality) = (self.broken.clone(), Finality::Nowhere);
                let split = Scenario::Split { nodes, client: None, slow: 1, finality };
                self.world.play(&split).map_err(|error| error.to_string())
            }
        }
    }

    fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    async fn apply(&self, node: &str, action: &Action) -> Result<(), String> {
        self.world.apply(node, action).await.map_err(|error| error.to_string())
    }

    async fn heal(&self) -> Result<(), String> {
        self.world.heal_all().await.map_err(|error| error.to_string())
    }

    /// The chain's newest block, as the nodes hold it that do not fail.
    fn head(&mut self) -> u64 {
        let mut newest = 0;
        for node in self.world.nodes() {
            if !self.broken.contains(&node.name) {
                let (number, hash) = node.head;
                newest = newest.max(number);
                self.log.blocks.insert(number, hash);
            }
        }
        newest
    }

    /// Waits until the gateway answers with the newest block and says nothing besides.
    async fn settle(&mut self) -> Result<(), String> {
        let until = Instant::now() + WAIT_MAX;
        while Instant::now() < until {
            let head = self.head();
            let fresh = |answer: Answer| !answer.labelled && answer.number + 1 >= head;
            if self.question().await.is_some_and(fresh) {
                return Ok(());
            }
            clock::sleep(LOOK_EVERY).await;
        }
        Err("the gateway did not come to answer with the newest block".to_owned())
    }

    /// Freezes all nodes at one head.
    async fn stand_still(&mut self, names: &[String]) -> Result<(), String> {
        let until = Instant::now() + WAIT_MAX;
        let mut last = self.head();
        while Instant::now() < until {
            let heads: Vec<_> = self.world.nodes().into_iter().map(|node| node.head).collect();
            let is_one = heads.windows(2).all(|pair| pair.first() == pair.last());
            let newest = self.head();
            if is_one && newest > last {
                for name in names {
                    self.apply(name, &Action::Freeze).await?;
                }
                let nodes = self.world.nodes();
                if nodes.iter().all(|node| Some(&node.head) == heads.first()) {
                    return Ok(());
                }
                self.heal().await?;
                last = newest;
            }
            clock::sleep(LOOK_EVERY).await;
        }
        Err("the nodes did not come to stand at one head".to_owned())
    }

    /// Asks for so long.
    async fn ask(&mut self, phase: Phase, seconds: f64, pause: Span) {
        let end = self.seconds() + seconds;
        let mut next = clock::now();
        while self.seconds() < end {
            let (at, head) = (self.seconds(), self.head());
            let answer = self.question().await;
            self.log.samples.push(Sample { at, phase, head, answer });
            next = next.after(pause);
            clock::sleep_until(next).await;
        }
    }

    async fn question(&self) -> Option<Answer> {
        let body = Bytes::from_static(QUESTION.as_bytes());
        let answer = self.caller.post(body, PATIENCE).await?;
        let labelled = answer.headers.get("x-seawall-verdict") == Some("stalled");
        let said: Value = serde_json::from_slice(&answer.body).ok()?;
        let block = said.get("result")?;
        let text = block.get("number")?.as_str()?;
        let number = u64::from_str_radix(text.trim_start_matches("0x"), 16).ok()?;
        Some(Answer { number, hash: block.get("hash")?.as_str()?.to_owned(), labelled })
    }
}
