//! The network between the nodes as a pure state machine: who has which block, who makes the next one,
//! which messages are on their way. Time comes in as an argument, randomness from a seed.

mod load;
mod split;

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, keccak256};
use machine::Prng;
use units::{Span, Timestamp};

use crate::chain::{
    Block, BlockStore, HISTORY_BLOCKS, MarkSource, Pool, Template, Transaction, View, build_block,
    faucet_key, faucet_transfer, genesis_block,
};
use crate::fault::{Faults, GarbleKind};
use crate::node::{Identity, NodeSnapshot};

/// Blocks that exist when the world starts, so that some are final.
const BACK_DATED_BLOCKS: u64 = 24;
/// How far back a branch leaves the main one.
const BRANCH_DEPTH: u64 = 3;
/// The faucet sends something in every so many blocks.
const FAUCET_PERIOD: u64 = 3;
/// How many accounts the faucet sends to, in turn by chance.
const FAUCET_RECIPIENTS: usize = 16;
/// Who earns the tips, in turn.
const MAKERS: [&str; 4] = ["northwind", "harbour", "meridian", "breakwater"];

/// A branch of the chain: 0 is the main one.
pub(crate) type BranchId = u32;

/// What a network is made from.
#[derive(Clone, Debug)]
pub(crate) struct NetworkOptions {
    /// The chain's id.
    pub(crate) chain_id: u64,
    /// The span between blocks.
    pub(crate) block_time: Span,
    /// The seed of all randomness.
    pub(crate) seed: u64,
    /// The answers to `web3_clientVersion`, one a node.
    pub(crate) client_versions: Vec<String>,
    /// Wall-clock seconds since 1970 at `start`.
    pub(crate) unix_seconds: u64,
    /// The monotonic time at the start.
    pub(crate) start: Timestamp,
    /// Where the prices of the contracts of a market come from, where there are any.
    pub(crate) marks: Option<Arc<dyn MarkSource>>,
}

pub(crate) use load::Turn;
pub(crate) use split::Split;
pub use split::{Finality, maker_of_splits};

/// The network's whole state.
#[derive(Debug)]
pub(crate) struct Network {
    options: NetworkOptions,
    store: BlockStore,
    branches: BTreeMap<BranchId, Branch>,
    next_branch: BranchId,
    nodes: Vec<NetworkNode>,
    messages: BTreeMap<(Timestamp, u64), Message>,
    message_count: u64,
    next_block: Timestamp,
    /// Turns to make a block since the start; a slow branch makes one only at some.
    turns: u64,
    /// The pace of the branch of nodes that refuse a block by themselves.
    refusal_pace: u64,
    prng: Prng,
}

/// One node: what it has and what is wrong with it.
#[derive(Debug)]
struct NetworkNode {
    identity: Arc<Identity>,
    view: Arc<View>,
    pool: Arc<Pool>,
    faults: Faults,
    branch: BranchId,
    delay: Span,
    /// When it will have worked off all that it was asked.
    free_at: Timestamp,
}

/// One branch and those who extend it.
#[derive(Debug)]
struct Branch {
    head: Arc<Block>,
    pool: Pool,
    /// It gets a block at every so many turns.
    pace: u64,
    /// Whether the faucet and the makers of blocks do other things here than on the main one.
    is_split: bool,
    /// Up to where its blocks can become final, where that is bounded.
    final_max: Option<u64>,
    /// Whether those who extend it have the bug of 2020.
    old_rules: bool,
    /// The block after which it left the main one in a split.
    forked_after: Option<u64>,
}

impl Branch {
    /// A branch that grows and becomes final as usual.
    fn ordinary(head: Arc<Block>, pool: Pool) -> Self {
        Self {
            head,
            pool,
            pace: 1,
            is_split: false,
            final_max: None,
            old_rules: false,
            forked_after: None,
        }
    }
}

/// Something on its way to a node.
#[derive(Debug)]
enum Message {
    Block { node: usize, branch: BranchId, hash: B256 },
    Transaction { node: usize, transaction: Arc<Transaction> },
}

/// A block to be made, apart from the network so that nothing waits for it.
#[derive(Debug)]
pub(crate) struct BlockJob {
    branch: BranchId,
    template: Template,
    candidates: Vec<Arc<Transaction>>,
    faucet: Option<FaucetTransfer>,
    /// Whether there are nodes that would execute it by the old rules.
    has_old_nodes: bool,
}

#[derive(Clone, Copy, Debug)]
struct FaucetTransfer {
    nonce: u64,
    to: Address,
    wei: u64,
}

impl BlockJob {
    /// Makes the block.
    pub(crate) fn build(&self) -> Block {
        self.build_from(&self.template)
    }

    /// Whether nodes with the bug of 2020 come to another state, and so refuse the block.
    pub(crate) fn is_refused(&self, block: &Block) -> bool {
        let by_old = || Template { old_rules: true, ..self.template.clone() };
        self.has_old_nodes && self.build_from(&by_old()).hash != block.hash
    }

    fn build_from(&self, template: &Template) -> Block {
        let mut candidates = self.candidates.clone();
        if let Some(transfer) = self.faucet {
            let FaucetTransfer { nonce, to, wei } = transfer;
            let transfer = faucet_transfer(&faucet_key(), self.template.chain_id, nonce, to, wei);
            candidates.push(Arc::new(transfer));
        }
        build_block(template, &candidates)
    }
}

impl Network {
    /// A network with some blocks already made, the last of them at the start.
    pub(crate) fn new(options: NetworkOptions) -> Self {
        let spacing = block_seconds(options.block_time);
        let age = spacing.saturating_mul(BACK_DATED_BLOCKS);
        let born = options.unix_seconds.saturating_sub(age);
        let marks = options.marks.as_ref().map(|source| source.marks(born));
        let genesis = Arc::new(genesis_block(born, marks.as_ref()));
        let mut store = BlockStore::default();
        store.insert(Arc::clone(&genesis));
        let mut prng = Prng::new(options.seed);
        let view = Arc::new(View::new(Arc::clone(&genesis)));
        let peers = options.client_versions.len().saturating_sub(1);
        let mut node = |client_version: &String| {
            let identity = Identity {
                client_version: client_version.clone(),
                chain_id: options.chain_id,
                peers,
                block_seconds: spacing,
            };
            NetworkNode {
                identity: Arc::new(identity),
                view: Arc::clone(&view),
                pool: Arc::default(),
                faults: Faults::default(),
                branch: 0,
                delay: Span::from_millis(2 + prng.below(60)),
                free_at: options.start,
            }
        };
        let nodes = options.client_versions.iter().map(&mut node).collect();
        let main = Branch::ordinary(genesis, Pool::default());
        let mut network = Self {
            next_block: options.start.after(options.block_time),
            options,
            store,
            branches: BTreeMap::from([(0, main)]),
            next_branch: 1,
            nodes,
            messages: BTreeMap::new(),
            message_count: 0,
            turns: 0,
            refusal_pace: split::REFUSAL_PACE,
            prng,
        };
        for number in 1..=BACK_DATED_BLOCKS {
            let timestamp =
                network.options.unix_seconds.saturating_sub(spacing * (BACK_DATED_BLOCKS - number));
            network.extend_now(0, timestamp);
        }
        for node in 0..network.nodes.len() {
            network.synchronize(node);
        }
        network
    }

    /// When [`Network::advance`] wants to be called next.
    pub(crate) fn next_deadline(&self) -> Timestamp {
        let message = self.messages.first_key_value().map_or(Timestamp::MAX, |((due, _), _)| *due);
        message.min(self.next_block)
    }

    /// Delivers what is due and gives the blocks that are to be made now, each to be handed to
    /// [`Network::publish`].
    pub(crate) fn advance(&mut self, now: Timestamp) -> Vec<BlockJob> {
        while let Some(entry) = self.messages.first_entry().filter(|entry| entry.key().0 <= now) {
            let message = entry.remove();
            self.deliver(message);
        }
        if now < self.next_block {
            return Vec::new();
        }
        // After a pause, such as a laptop's sleep, blocks go on from now instead of catching up.
        let due = self.next_block.after(self.options.block_time);
        self.next_block = if due > now { due } else { now.after(self.options.block_time) };
        let elapsed = now.since(self.options.start).as_secs();
        let unix_seconds = self.options.unix_seconds.saturating_add(elapsed);
        self.turns = self.turns.wrapping_add(1);
        let turns = self.turns;
        let due = self.branches.iter().filter(|(_, branch)| turns.is_multiple_of(branch.pace));
        let branches: Vec<BranchId> = due.map(|(id, _)| *id).collect();
        branches.into_iter().filter_map(|branch| self.job(branch, unix_seconds)).collect()
    }

    /// Puts a block that was made on top of its branch and sends it to the nodes that follow.
    pub(crate) fn publish(&mut self, now: Timestamp, job: &BlockJob, block: Block) {
        let block = Arc::new(block);
        if !self.put_on_branch(job.branch, &block) {
            return;
        }
        for node in 0..self.nodes.len() {
            let due = now.after(self.latency(node));
            self.send(due, Message::Block { node, branch: job.branch, hash: block.hash });
        }
        let oldest = block.number().saturating_sub(2 * HISTORY_BLOCKS);
        self.store.prune(oldest);
    }

    /// A node as it is now, for answering a request.
    pub(crate) fn snapshot(&self, node: usize) -> Option<NodeSnapshot> {
        let node = self.nodes.get(node)?;
        Some(NodeSnapshot {
            identity: Arc::clone(&node.identity),
            view: Arc::clone(&node.view),
            pool: Arc::clone(&node.pool),
            lie: node.faults.lie,
            breakage: node.faults.breakage.clone(),
            accepted: Vec::new(),
            failed: false,
        })
    }

    /// A node's faults.
    pub(crate) fn faults(&self, node: usize) -> Option<&Faults> {
        self.nodes.get(node).map(|node| &node.faults)
    }

    /// A node's newest block: number and hash.
    pub(crate) fn head(&self, node: usize) -> Option<(u64, B256)> {
        self.nodes.get(node).map(|node| (node.view.head().number(), node.view.head().hash))
    }

    /// Whether this request of a node is to be garbled, and how.
    pub(crate) fn draw_garble(&mut self, node: usize) -> Option<GarbleKind> {
        let garble = self.nodes.get(node)?.faults.garble?;
        (self.prng.below(100) < u64::from(garble.percent)).then_some(garble.kind)
    }

    /// Takes over transactions that a node accepted, and carries them to the others.
    pub(crate) fn carry(&mut self, now: Timestamp, node: usize, transactions: &[Arc<Transaction>]) {
        let Some(origin) = self.nodes.get_mut(node) else { return };
        for transaction in transactions {
            Arc::make_mut(&mut origin.pool).gossip(transaction);
        }
        if origin.faults.is_connected() {
            self.gossip(now, node, transactions);
        }
    }

    /// Changes a node's faults and lets the consequences follow: a node that comes back catches up.
    pub(crate) fn change(&mut self, now: Timestamp, node: usize, change: impl FnOnce(&mut Faults)) {
        let Some(entry) = self.nodes.get_mut(node) else { return };
        let before = entry.faults.clone();
        change(&mut entry.faults);
        let after = entry.faults.clone();
        if after.astray != before.astray || before.parted && !after.parted {
            let branch = if after.astray { self.fork() } else { 0 };
            self.follow(node, branch);
        }
        if after.client != before.client {
            self.sign(node, after.client.as_deref());
        }
        if after.is_connected() && !before.is_connected() {
            self.synchronize(node);
            let waiting = self.nodes.get(node).map(|node| node.pool.all()).unwrap_or_default();
            self.gossip(now, node, &waiting);
        }
    }

    /// Makes a node follow a branch, from now on.
    fn follow(&mut self, node: usize, branch: BranchId) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.branch = branch;
        }
        self.synchronize(node);
        self.forget_empty_branches();
    }

    /// Starts a branch that leaves the main one a few blocks back and is as long from the start.
    fn fork(&mut self) -> BranchId {
        let id = self.next_branch;
        self.next_branch = self.next_branch.saturating_add(1);
        let Some(main) = self.branches.get(&0) else { return 0 };
        let (head, pool) = (Arc::clone(&main.head), main.pool.clone());
        let parent = self.store.ancestor(&head, BRANCH_DEPTH);
        let missing = head.number().saturating_sub(parent.number());
        self.branches.insert(id, Branch::ordinary(parent, pool));
        for _ in 0..missing {
            let timestamp = self.branches.get(&id).map_or(0, |branch| branch.head.header.timestamp);
            self.extend_now(id, timestamp + block_seconds(self.options.block_time));
        }
        id
    }

    /// What the next block of a branch is to be made of.
    fn job(&self, id: BranchId, unix_seconds: u64) -> Option<BlockJob> {
        let branch = self.branches.get(&id)?;
        let parent = Arc::clone(&branch.head);
        let number = parent.number() + 1;
        let candidates = branch.pool.best(&parent.state, parent.next_base_fee());
        let turn = usize::try_from(number).unwrap_or_default() % MAKERS.len();
        let maker = MAKERS.get(turn).copied().unwrap_or_default();
        let maker = if branch.is_split { split::MAKER } else { maker };
        let seed = self.options.seed;
        let salt = if branch.is_split { id } else { 0 };
        let pays = branch.is_split || number.is_multiple_of(FAUCET_PERIOD);
        let faucet = pays.then(|| faucet_transfer_on(&parent, seed, salt));
        let timestamp = unix_seconds.max(parent.header.timestamp + 1);
        let template = Template {
            hashes: self.store.hashes(&parent),
            chain_id: self.options.chain_id,
            timestamp,
            beneficiary: account_of(maker),
            prev_randao: chance(seed, "randao", id, number),
            beacon_root: chance(seed, "beacon root", id, number),
            extra_data: Bytes::from(format!("practice branch {id}").into_bytes()),
            marks: self.options.marks.as_ref().map(|source| source.marks(timestamp)),
            old_rules: branch.old_rules,
            parent,
        };
        let has_old_nodes = id == 0 && self.old_nodes().next().is_some();
        Some(BlockJob { branch: id, template, candidates, faucet, has_old_nodes })
    }

    /// Makes the next block of a branch here and now, and sends it to nobody.
    fn extend_now(&mut self, branch: BranchId, timestamp: u64) {
        if let Some(job) = self.job(branch, timestamp) {
            self.put_on_branch(branch, &Arc::new(job.build()));
        }
    }

    /// Makes `block` the head of a branch; false where the branch is gone or has moved on.
    fn put_on_branch(&mut self, id: BranchId, block: &Arc<Block>) -> bool {
        let Some(branch) = self.branches.get_mut(&id) else { return false };
        if branch.head.hash != block.header.parent_hash {
            return false;
        }
        branch.head = Arc::clone(block);
        branch.pool.settle(&block.state);
        self.store.insert(Arc::clone(block));
        true
    }

    /// Gives a node the head of its branch.
    fn synchronize(&mut self, node: usize) {
        let Some(branch) = self.nodes.get(node).and_then(|node| self.branches.get(&node.branch))
        else {
            return;
        };
        let (head, final_max) = (Arc::clone(&branch.head), branch.final_max);
        if let Some(node) = self.nodes.get_mut(node) {
            Arc::make_mut(&mut node.view).bound_finality(final_max);
        }
        self.adopt(node, &head);
    }

    fn adopt(&mut self, node: usize, head: &Arc<Block>) {
        let Some(node) = self.nodes.get_mut(node) else { return };
        let dropped = Arc::make_mut(&mut node.view).adopt(head, &self.store);
        let pool = Arc::make_mut(&mut node.pool);
        for transaction in &dropped {
            pool.gossip(transaction);
        }
        pool.settle(&head.state);
    }

    fn deliver(&mut self, message: Message) {
        match message {
            Message::Block { node, branch, hash } => {
                let Some(to) = self.nodes.get(node) else { return };
                let Some(block) = self.store.get(hash).cloned() else { return };
                let newer = block.number() > to.view.head().number();
                if to.faults.is_connected() && to.branch == branch && newer {
                    self.adopt(node, &block);
                }
            }
            Message::Transaction { node, transaction } => {
                let Some(to) = self.nodes.get_mut(node) else { return };
                let pending = transaction.nonce() >= to.view.head().state.nonce(transaction.sender);
                if to.faults.is_connected() && pending {
                    Arc::make_mut(&mut to.pool).gossip(&transaction);
                }
            }
        }
    }

    /// Hands transactions of one node to the makers of blocks at once and to the other nodes soon.
    fn gossip(&mut self, now: Timestamp, origin: usize, transactions: &[Arc<Transaction>]) {
        for transaction in transactions {
            for branch in self.branches.values_mut() {
                if transaction.nonce() >= branch.head.state.nonce(transaction.sender) {
                    branch.pool.gossip(transaction);
                }
            }
            for node in (0..self.nodes.len()).filter(|node| *node != origin) {
                let due = now.after(self.latency(node));
                self.send(due, Message::Transaction { node, transaction: Arc::clone(transaction) });
            }
        }
    }

    /// How long the next message to a node takes.
    fn latency(&mut self, node: usize) -> Span {
        let base = self.nodes.get(node).map_or(Span::ZERO, |node| node.delay);
        base.plus(Span::from_millis(self.prng.below(20)))
    }

    fn send(&mut self, due: Timestamp, message: Message) {
        self.message_count = self.message_count.wrapping_add(1);
        self.messages.insert((due, self.message_count), message);
    }
}

/// Whole seconds between blocks; at least one, as timestamps must rise.
fn block_seconds(block_time: Span) -> u64 {
    block_time.as_secs().max(1)
}

/// What chance brings for a block. It depends on the block alone and not on the traffic, so a run
/// with the same seed and transactions gives the same bytes whatever else clients ask.
fn chance(seed: u64, what: &str, branch: BranchId, number: u64) -> B256 {
    let words = [seed.to_be_bytes(), u64::from(branch).to_be_bytes(), number.to_be_bytes()];
    keccak256([words.concat().as_slice(), what.as_bytes()].concat())
}

/// What the faucet sends in the block after `parent`; the same on every branch with the same `salt`.
fn faucet_transfer_on(parent: &Block, seed: u64, salt: BranchId) -> FaucetTransfer {
    let chance = chance(seed, "faucet", salt, parent.number() + 1);
    let word = u64::from_be_bytes(chance.0.first_chunk().copied().unwrap_or_default());
    let mut prng = Prng::new(word);
    FaucetTransfer {
        nonce: parent.state.nonce(Address::from_private_key(&faucet_key())),
        to: account_of(&format!("recipient {}", prng.index(FAUCET_RECIPIENTS))),
        wei: 1 + prng.below(1_000_000_000),
    }
}

/// The account of an invented party. Nobody has its key.
fn account_of(name: &str) -> Address {
    Address::from_word(keccak256(name))
}
