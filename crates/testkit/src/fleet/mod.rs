//! A network of anvils that hold identical blocks.
//!
//! A driver stands for the peer-to-peer network: it relays each node's pending transactions to the
//! others, and once a block time tells every node to make the same block of them, with the same
//! timestamp, and checks that all came to the same hash. Each block holds a transfer of one wei to
//! [`WATCHED`] and one increment of the counter contract, so that a balance or a call's result says
//! which block it was read at. Every block is kept in a journal, from which nodes that were dead,
//! frozen or apart are brought up to date block by block.

mod ledger;
mod member;
mod network;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use ledger::{Block, Ledger};
pub use member::Mode;
use network::Network;

/// The account that gains one wei with each block.
pub const WATCHED: &str = "0x00000000000000000000000000000000005ea3a1";

/// How many blocks are made before the fleet is handed out.
const FIRST_BLOCKS: usize = 12;
/// How often pending transactions are relayed.
const GOSSIP_EVERY: Duration = Duration::from_millis(100);

/// Holds clients off a node for the few milliseconds in which it changes its head, so that each
/// change is one step to them, as it is on a real node. Proxies pass through here.
#[derive(Debug)]
pub struct Gates {
    /// Transactions come in only while no block is being made, or one could be lost.
    pub(crate) transactions: RwLock<()>,
    /// One gate a node.
    pub(crate) nodes: Vec<RwLock<()>>,
}

/// The running network; its nodes end with it.
#[derive(Debug)]
pub struct Fleet {
    network: Arc<Mutex<Network>>,
    ledger: Arc<Mutex<Ledger>>,
    gates: Arc<Gates>,
    block_time: Duration,
    contract: String,
    stop: Arc<AtomicBool>,
    driver: Option<JoinHandle<()>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Fleet {
    /// Starts `count` nodes with a few blocks behind them, and one more each `block_time`.
    ///
    /// # Panics
    /// Where anvil is not installed or the nodes do not come to the same blocks.
    #[must_use]
    pub fn start(count: usize, block_time: Duration) -> Self {
        let gates = Arc::new(Gates {
            transactions: RwLock::new(()),
            nodes: (0..count).map(|_| RwLock::new(())).collect(),
        });
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let mut network = Network::start(count, Arc::clone(&gates), Arc::clone(&ledger));
        for _ in 0..FIRST_BLOCKS {
            network.make_block().unwrap_or_else(|why| panic!("the network fails: {why}"));
        }
        let contract = network.contract().to_owned();
        let network = Arc::new(Mutex::new(network));
        let stop = Arc::new(AtomicBool::new(false));
        let driver = {
            let (network, stop) = (Arc::clone(&network), Arc::clone(&stop));
            let ledger = Arc::clone(&ledger);
            thread::spawn(move || drive(&network, &ledger, &stop, block_time))
        };
        Self { network, ledger, gates, block_time, contract, stop, driver: Some(driver) }
    }

    /// The time between two blocks.
    #[must_use]
    pub const fn block_time(&self) -> Duration {
        self.block_time
    }

    /// The address of the counter contract.
    #[must_use]
    pub fn contract(&self) -> &str {
        &self.contract
    }

    /// What is true of the chain.
    #[must_use]
    pub fn ledger(&self) -> Arc<Mutex<Ledger>> {
        Arc::clone(&self.ledger)
    }

    /// The gates that proxies pass through.
    #[must_use]
    pub fn gates(&self) -> Arc<Gates> {
        Arc::clone(&self.gates)
    }

    /// Where a node answers, past any proxy; the same after a restart.
    #[must_use]
    pub fn address(&self, node: usize) -> SocketAddr {
        held(&self.network).address(node)
    }

    /// The number of the highest block that every following node has.
    #[must_use]
    pub fn head(&self) -> u64 {
        held(&self.ledger).settled()
    }

    /// Waits until the network has made `count` more blocks.
    ///
    /// # Panics
    /// Where it stands still.
    pub fn await_blocks(&self, count: u64) {
        let target = self.head() + count;
        let patience =
            Duration::from_secs(20) + self.block_time * u32::try_from(count).unwrap_or(9);
        let deadline = Instant::now() + patience;
        while self.head() < target {
            self.check();
            assert!(Instant::now() < deadline, "the network stands still at {}", self.head());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops or continues the making of blocks.
    pub fn set_paused(&self, paused: bool) {
        held(&self.network).set_paused(paused);
    }

    /// Says what a node does with new blocks. One that follows (again) takes what it has missed.
    pub fn set_mode(&self, node: usize, mode: Mode) {
        let outcome = held(&self.network).set_mode(node, mode);
        self.note(outcome);
    }

    /// Kills a node's process.
    pub fn kill(&self, node: usize) {
        held(&self.network).kill(node);
    }

    /// Starts a dead node at its old address; it takes all blocks from the first one on.
    pub fn revive(&self, node: usize) {
        let outcome = held(&self.network).revive(node);
        self.note(outcome);
    }

    /// Replaces the last `depth` blocks by `depth + 1` others on every following node. The nodes
    /// in `staying` go on on the old branch, which becomes theirs alone.
    pub fn reorg(&self, depth: u64, staying: &[usize]) {
        let outcome = held(&self.network).reorg(depth, staying);
        self.note(outcome);
    }

    fn note(&self, outcome: Result<(), String>) {
        if let Err(why) = outcome {
            held(&self.ledger).fail(why);
        }
        self.check();
    }

    /// Checks that the network itself works: all following nodes came to the same blocks.
    ///
    /// # Panics
    /// Where it does not, with the reason.
    pub fn check(&self) {
        let failure = held(&self.ledger).failure().map(str::to_owned);
        assert!(failure.is_none(), "the network fails: {}", failure.unwrap_or_default());
    }
}

fn drive(
    network: &Mutex<Network>,
    ledger: &Mutex<Ledger>,
    stop: &AtomicBool,
    block_time: Duration,
) {
    let mut next_block = Instant::now() + block_time;
    let mut next_gossip = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(5));
        let now = Instant::now();
        if now >= next_gossip {
            next_gossip = now + GOSSIP_EVERY;
            held(network).gossip();
        }
        if now < next_block {
            continue;
        }
        // A network that was held up goes on at its pace and does not make up for it in a burst.
        next_block = (next_block + block_time).max(now + block_time / 2);
        if let Err(why) = held(network).tick() {
            held(ledger).fail(why);
            return;
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(driver) = self.driver.take()
            && driver.join().is_err()
            && !thread::panicking()
        {
            panic!("the network's driver panicked");
        }
    }
}
