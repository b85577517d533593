//! What can happen to all nodes at once: a split, one version everywhere, a storm of clients.
//!
//! A scenario becomes a script, steps at their times, by a pure function; [`crate::stage`] plays it.

use units::Span;

use crate::load::Tally;
use crate::network::{Finality, Split};

/// The scenarios with their parameters and defaults, for people.
pub(crate) const SCENARIOS: [&str; 3] = [
    "split?nodes=a,b,c&client=Geth/v1.9.13|keep&slow=3&finality=main|both|none",
    "one-version?client=Geth/v1.9.13",
    "storm?rate=20&times=50",
];

/// What the nodes on the wrong side of a split run: a release with the bug of 2020-11-11.
const BUGGY_CLIENT: &str = "Geth/v1.9.13-stable-cbc4ac26/linux-amd64/go1.14.2";

/// Longest client version, which is what gateways cut to as well.
const CLIENT_CHARS_MAX: usize = 120;

/// The most calls a second that clients make usually, and in a storm: the world and its clients are one
/// process, and more would measure that process instead of the gateway.
const RATE_MAX: u64 = 50;
const STORM_RATE_MAX: u64 = 2_000;

/// In a storm each node stands so many calls a second: five times the usual load alone, and all five of them
/// together half of the storm, so that something must give.
const STANDS_PER_SECOND: u64 = 100;

/// Time between two nodes that come back in a storm.
const COMES_BACK_EVERY: Span = Span::from_secs(4);

/// Something that happens to all nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Some nodes come to run one client, and then follow a branch of their own.
    Split {
        /// Their names; the first half and one more where it is empty.
        nodes: Vec<String>,
        /// What they run; what they ran before where there is none.
        client: Option<String>,
        /// Their branch gets one block where the main one gets so many, 1 to 100.
        slow: u64,
        /// On which side blocks go on becoming final.
        finality: Finality,
    },
    /// All nodes come to run one client, one after another.
    OneVersion {
        /// What they run.
        client: String,
    },
    /// All nodes die, the clients call many times as often, and the nodes come back one by one.
    Storm {
        /// Calls a second before and after.
        rate: u64,
        /// How many times as many in the storm.
        times: u64,
    },
}

/// How a scenario stands, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// The scenario in one word.
    pub name: &'static str,
    /// What happens at present, in a sentence without a full stop.
    pub phase: String,
    /// Whether its last step is done.
    pub is_over: bool,
    /// Nodes that died of the load.
    pub felled: u64,
    /// What became of the clients' calls, one entry a second, oldest first; empty where it has none.
    pub seconds: Vec<Tally>,
}

/// One step of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Tells people what happens from here on.
    Say(String),
    /// Ends a node's process.
    Kill(usize),
    /// Starts it again.
    Revive(usize),
    /// Undoes all that is wrong with it.
    Heal(usize),
    /// Lets it run this client.
    Sign(usize, String),
    /// Bounds what each node stands, or no longer does.
    Limit(bool),
    /// Parts the chain.
    Part(Split),
    /// Clients make so many calls a second from here on.
    Calls(u64),
}

/// Steps, each with its time from the start, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) steps: Vec<(Span, Step)>,
    now: Span,
}

/// How many calls a second a node stands in a storm.
pub(crate) const fn stands_per_second() -> u64 {
    STANDS_PER_SECOND
}

impl Scenario {
    /// Reads a scenario's name and its parameters in the form of a query; `None` where there is no such one.
    ///
    /// # Errors
    /// What is wrong and what would be right.
    pub fn parse(name: &str, query: &str) -> Option<Result<Self, String>> {
        let parameter = |key: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .filter(|(name, value)| *name == key && !value.is_empty())
                .map(|it| it.1)
                .next_back()
        };
        let number = |key: &str, default: u64, most: u64| match parameter(key).map(str::parse) {
            None => Ok(default),
            Some(Ok(number)) if (1..=most).contains(&number) => Ok(number),
            Some(_) => Err(format!("{key} must be a whole number from 1 to {most}")),
        };
        let client = || client_version(parameter("client").unwrap_or(BUGGY_CLIENT));
        let read = || {
            Ok(match name {
                "split" => Self::Split {
                    nodes: parameter("nodes")
                        .map(|names| names.split(',').map(str::to_owned).collect())
                        .unwrap_or_default(),
                    client: match parameter("client") {
                        Some("keep") => None,
                        _ => Some(client()?),
                    },
                    slow: number("slow", 3, 100)?,
                    finality: finality(parameter("finality").unwrap_or("main"))?,
                },
                "one-version" => Self::OneVersion { client: client()? },
                _ => {
                    let (rate, times) = (number("rate", 20, RATE_MAX)?, number("times", 50, 100)?);
                    if rate * times > STORM_RATE_MAX {
                        return Err(format!("rate times times must be at most {STORM_RATE_MAX}"));
                    }
                    Self::Storm { rate, times }
                }
            })
        };
        matches!(name, "split" | "one-version" | "storm").then(read)
    }

    /// The script over nodes that run `clients`. `hit` are the nodes that part, where any do.
    pub(crate) fn script(&self, clients: &[String], hit: &[usize], block_time: Span) -> Script {
        match self {
            Self::Split { client, slow, finality, .. } => {
                let mut script = Script::new("split");
                if let Some(client) = client {
                    script.upgrade(clients, hit, client, block_time);
                }
                let split = Split { nodes: hit.to_vec(), slow: *slow, finality: *finality };
                script.add(Step::Part(split));
                script
            }
            Self::OneVersion { client } => {
                let all: Vec<usize> = (0..clients.len()).collect();
                let mut script = Script::new("one-version");
                script.upgrade(clients, &all, client, block_time);
                script.add(Step::Say(format!("all nodes run {}", short(client))));
                script
            }
            Self::Storm { rate, times } => Script::storm(clients.len(), *rate, *times),
        }
    }
}

impl Script {
    const fn new(name: &'static str) -> Self {
        Self { name, steps: Vec::new(), now: Span::ZERO }
    }

    /// Lets nodes that run another client come back to their own, one after another.
    pub(crate) fn restore(nodes: &[usize], block_time: Span) -> Self {
        let mut script = Self::new("heal");
        for (done, node) in nodes.iter().enumerate() {
            let count = format!("{} of {}", done + 1, nodes.len());
            script.add(Step::Say(format!("nodes restart on their own clients, {count}")));
            script.restart(*node, Step::Heal(*node), block_time);
        }
        script.add(Step::Say("all nodes are healed".to_owned()));
        script
    }

    /// Rolls out a client, node by node, and waits until a gateway has had time to hear of it.
    fn upgrade(&mut self, clients: &[String], nodes: &[usize], client: &str, block_time: Span) {
        let others: Vec<usize> = nodes
            .iter()
            .copied()
            .filter(|node| clients.get(*node).is_none_or(|runs| runs != client))
            .collect();
        for (done, node) in others.iter().enumerate() {
            let count = format!("{} of {}", done + 1, others.len());
            self.add(Step::Say(format!("nodes restart on {}, {count}", short(client))));
            self.restart(*node, Step::Sign(*node, client.to_owned()), block_time);
        }
        if !others.is_empty() {
            self.add(Step::Say(format!("{} nodes run {}", nodes.len(), short(client))));
            self.wait(block_time.times(3));
        }
    }

    /// A node is away for long enough that whoever watches it asks anew what it runs.
    fn restart(&mut self, node: usize, change: Step, block_time: Span) {
        self.add(Step::Kill(node));
        self.wait(block_time.times(3).divided_by(2).max(Span::from_secs(1)));
        self.add(change);
        self.add(Step::Revive(node));
        self.wait(block_time.divided_by(2));
    }

    fn storm(nodes: usize, rate: u64, times: u64) -> Self {
        let mut script = Self::new("storm");
        let storm = rate * times;
        script.add(Step::Say(format!("clients make {rate} calls a second")));
        script.add(Step::Calls(rate));
        script.wait(Span::from_secs(5));
        script.add(Step::Limit(true));
        (0..nodes).for_each(|node| script.add(Step::Kill(node)));
        script
            .add(Step::Say(format!("all nodes are dead, and clients make {storm} calls a second")));
        script.add(Step::Calls(storm));
        script.wait(Span::from_secs(5));
        for node in 0..nodes {
            script.add(Step::Revive(node));
            script.add(Step::Say(format!(
                "{} of {nodes} nodes have been started again, each stands {STANDS_PER_SECOND} calls a second, and clients make {storm}",
                node + 1
            )));
            script.wait(COMES_BACK_EVERY);
        }
        // Whoever died of the load is started again, as a supervisor would.
        (0..nodes).for_each(|node| script.add(Step::Revive(node)));
        script.add(Step::Say(format!("the storm is over: {rate} calls a second again")));
        script.add(Step::Calls(rate));
        script.wait(Span::from_secs(10));
        script.add(Step::Calls(0));
        script.add(Step::Limit(false));
        (0..nodes).for_each(|node| script.add(Step::Revive(node)));
        script.add(Step::Say("the storm is over".to_owned()));
        script
    }

    fn add(&mut self, step: Step) {
        self.steps.push((self.now, step));
    }

    fn wait(&mut self, span: Span) {
        self.now = self.now.plus(span);
    }
}

/// The family and version of a client.
pub(crate) fn short(client: &str) -> String {
    let version = |part: &str| part.split(['-', '+']).next().unwrap_or_default().to_owned();
    client.split('/').take(2).map(version).collect::<Vec<_>>().join(" ")
}

fn client_version(text: &str) -> Result<String, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>&".contains(&byte));
    if !plain || text.is_empty() || text.len() > CLIENT_CHARS_MAX {
        return Err(format!(
            "client must be up to {CLIENT_CHARS_MAX} plain characters, such as Geth/v1.9.13"
        ));
    }
    Ok(text.to_owned())
}

fn finality(name: &str) -> Result<Finality, String> {
    match name {
        "main" => Ok(Finality::Main),
        "both" => Ok(Finality::Both),
        "none" => Ok(Finality::Nowhere),
        other => Err(format!("finality cannot go on on {other:?}, only on main, both or none")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: Span = Span::from_secs(2);

    fn clients() -> Vec<String> {
        ["Geth/v1.16.4", "besu/v25", BUGGY_CLIENT, "erigon/3", "reth/v1"].map(str::to_owned).into()
    }

    #[test]
    fn scenarios_read_with_defaults_and_say_what_is_wrong() {
        let split = Scenario::parse("split", "").expect("known").expect("reads");
        let expected = Scenario::Split {
            nodes: Vec::new(),
            client: Some(BUGGY_CLIENT.to_owned()),
            slow: 3,
            finality: Finality::Main,
        };
        assert_eq!(split, expected);
        let query = "nodes=a,b&client=keep&slow=18&finality=none";
        let split = Scenario::parse("split", query).expect("known").expect("reads");
        let nodes = vec!["a".to_owned(), "b".to_owned()];
        let expected =
            Scenario::Split { nodes, client: None, slow: 18, finality: Finality::Nowhere };
        assert_eq!(split, expected);
        assert_eq!(Scenario::parse("explode", ""), None);
        for (name, query) in [
            ("split", "slow=0"),
            ("split", "finality=both!"),
            ("one-version", "client=<b>"),
            ("storm", "rate=51"),
            ("storm", "rate=50&times=100"),
        ] {
            assert!(Scenario::parse(name, query).expect("known").is_err(), "{name}?{query}");
        }
    }

    /// A split before the gateway has heard of the versions would be voted on by what the nodes ran before.
    #[test]
    fn nodes_run_the_client_for_a_while_before_they_part() {
        let split = Scenario::parse("split", "").expect("known").expect("reads");
        let script = split.script(&clients(), &[0, 1, 2], BLOCK);
        let signed = |(at, step): &(Span, Step)| matches!(step, Step::Sign(..)).then_some(*at);
        let signs: Vec<Span> = script.steps.iter().filter_map(signed).collect();
        assert_eq!(signs.len(), 2, "one runs it already");
        let (at, last) = script.steps.last().expect("steps");
        assert!(matches!(last, Step::Part(split) if split.nodes == [0, 1, 2]));
        assert!(*at >= signs[1].plus(BLOCK.times(3)));
        // Never two at once, so that the others go on serving.
        let mut down = 0_i32;
        for (_, step) in &script.steps {
            down += i32::from(matches!(step, Step::Kill(_)));
            down -= i32::from(matches!(step, Step::Revive(_)));
            assert!((0..=1).contains(&down));
        }
    }

    /// A storm that did not stop by itself would be an attack on the machine that tries the world out.
    #[test]
    fn a_storm_ends_by_itself_with_every_node_back() {
        let storm = Scenario::parse("storm", "rate=20&times=100").expect("known").expect("reads");
        let script = storm.script(&clients(), &[], BLOCK);
        let calls: Vec<u64> = script
            .steps
            .iter()
            .filter_map(|(_, step)| if let Step::Calls(rate) = step { Some(*rate) } else { None })
            .collect();
        assert_eq!(calls, [20, 2_000, 20, 0]);
        let (end, _) = script.steps.last().expect("steps");
        assert!(*end <= Span::from_secs(60), "{end}");
        let limits = script.steps.iter().filter(|(_, step)| *step == Step::Limit(false)).count();
        let revived = script.steps.iter().filter(|(_, step)| matches!(step, Step::Revive(_)));
        assert!(limits == 1 && revived.count() == 15);
    }
}
