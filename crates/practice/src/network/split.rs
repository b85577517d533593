//! A split of the chain: some nodes follow a branch of their own from the present head on, as those with
//! a bug did on 2020-11-11.

use std::sync::Arc;

use super::{Branch, BranchId, Network};
use crate::chain::{TRIGGER_SENDER, has_bug, trigger_transaction};
use crate::node::Identity;

/// Who makes the blocks of a split branch and earns their tips.
pub(super) const MAKER: &str = "lighthouse";

/// The account that earns the tips on split branches, and nowhere else: it has a balance on them alone.
#[must_use]
pub fn maker_of_splits() -> String {
    super::account_of(MAKER).to_string()
}

/// The slowest that a split branch grows: a block in a hundred turns, where Ethereum's was one in eighteen.
const PACE_MAX: u64 = 100;

/// Nodes that refuse a block get one where the others get so many: what the minority of 2020-11-11 had.
pub(super) const REFUSAL_PACE: u64 = 18;

/// On which side of a split blocks go on becoming final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finality {
    /// On the main one: it has two thirds of the stake.
    Main,
    /// On both, as where a node calls final what is some blocks old.
    Both,
    /// On none: neither side has two thirds.
    Nowhere,
}

/// How a split is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// The nodes that part, by index.
    pub(crate) nodes: Vec<usize>,
    /// Their branch gets one block where the main one gets so many; from 1 to [`PACE_MAX`].
    pub(crate) slow: u64,
    /// Where blocks go on becoming final.
    pub(crate) finality: Finality,
}

impl Network {
    /// Parts nodes from the others at the main branch's head. Both sides share that block and no later one:
    /// other payments by other makers, so that receipts and balances differ as hashes do.
    pub(crate) fn part(&mut self, split: &Split) -> Option<u64> {
        self.part_by(split, false)
    }

    /// The nodes of the main branch that have the bug of 2020.
    pub(super) fn old_nodes(&self) -> impl Iterator<Item = usize> {
        let nodes = self.nodes.iter().enumerate();
        let is_old =
            |node: &super::NetworkNode| node.branch == 0 && has_bug(&node.identity.client_version);
        nodes.filter(move |(_, node)| is_old(node)).map(|(index, _)| index)
    }

    /// Those with the bug do not take the next block of the main branch, and go on by themselves, as they execute it.
    pub(crate) fn refuse(&mut self) {
        let split = Split {
            nodes: self.old_nodes().collect(),
            slow: self.refusal_pace,
            finality: Finality::Nowhere,
        };
        self.part_by(&split, true);
    }

    /// Sends the transaction on which nodes with the bug and others do not agree; where there are such nodes the chain
    /// parts by itself in the block that it gets into. The branch of those with the bug then gets one block where the
    /// others get `slow`.
    pub(crate) fn send_trigger(&mut self, now: units::Timestamp, slow: u64) {
        self.refusal_pace = slow;
        let Some(main) = self.branches.get(&0) else { return };
        let nonce = main.head.state.nonce(TRIGGER_SENDER);
        let transaction = Arc::new(trigger_transaction(self.options.chain_id, nonce));
        self.carry(now, 0, &[transaction]);
    }

    /// The block after which nodes are on a split branch, where some are.
    pub(crate) fn forked_after(&self) -> Option<u64> {
        self.branches.values().find_map(|branch| branch.forked_after)
    }

    fn part_by(&mut self, split: &Split, old_rules: bool) -> Option<u64> {
        let main = self.branches.get_mut(&0)?;
        let head = Arc::clone(&main.head);
        // What is final at the fork is so on both sides and stays so.
        let at_fork = self
            .nodes
            .iter()
            .filter(|node| node.branch == 0)
            .map(|node| node.view.finalized().number())
            .max();
        let bound = |stops: bool| if stops { at_fork } else { None };
        main.final_max = bound(split.finality == Finality::Nowhere);
        let branch = Branch {
            head: Arc::clone(&head),
            pool: main.pool.clone(),
            pace: split.slow.clamp(1, PACE_MAX),
            is_split: true,
            final_max: bound(split.finality != Finality::Both),
            old_rules,
            forked_after: Some(head.number()),
        };
        let id: BranchId = self.next_branch;
        self.next_branch = self.next_branch.saturating_add(1);
        self.branches.insert(id, branch);
        for node in 0..self.nodes.len() {
            let parts = split.nodes.contains(&node);
            let Some(entry) = self.nodes.get_mut(node) else { continue };
            if parts {
                entry.faults.parted = true;
                entry.branch = id;
            }
            if entry.faults.is_connected() {
                self.synchronize(node);
            }
        }
        self.forget_empty_branches();
        Some(head.number())
    }

    /// Drops the branches that nobody follows. Once the main one is alone again it becomes final as usual.
    pub(super) fn forget_empty_branches(&mut self) {
        let nodes = &self.nodes;
        self.branches.retain(|id, _| *id == 0 || nodes.iter().any(|node| node.branch == *id));
        let is_split = self.branches.values().any(|branch| branch.is_split);
        if let Some(main) = self.branches.get_mut(&0).filter(|_| !is_split) {
            main.final_max = None;
        }
        let bound = self.branches.get(&0).and_then(|main| main.final_max);
        for node in self.nodes.iter_mut().filter(|node| node.branch == 0) {
            if node.view.final_max() != bound {
                Arc::make_mut(&mut node.view).bound_finality(bound);
            }
        }
    }

    /// What a node says it runs.
    pub(crate) fn client_version(&self, node: usize) -> Option<&str> {
        self.nodes.get(node).map(|node| node.identity.client_version.as_str())
    }

    /// Lets a node say that it runs `client`, or again what it was declared with.
    pub(super) fn sign(&mut self, node: usize, client: Option<&str>) {
        let declared = self.options.client_versions.get(node).cloned();
        let Some(entry) = self.nodes.get_mut(node) else { return };
        let client_version = client.map(str::to_owned).or(declared).unwrap_or_default();
        let identity = Identity { client_version, ..Identity::clone(&entry.identity) };
        entry.identity = Arc::new(identity);
    }
}

#[cfg(test)]
mod tests {
    use units::{Span, Timestamp};

    use super::*;
    use crate::network::NetworkOptions;
    use crate::node::NodeSnapshot;

    struct Bench {
        network: Network,
        now: Timestamp,
    }

    impl Bench {
        fn new() -> Self {
            Self::of(&["Geth/v1", "Geth/v1", "besu/v1"])
        }

        fn of(clients: &[&str]) -> Self {
            let options = NetworkOptions {
                chain_id: 31_337,
                block_time: Span::from_secs(2),
                seed: 7,
                client_versions: clients.iter().copied().map(str::to_owned).collect(),
                unix_seconds: 1_750_000_000,
                start: Timestamp::ZERO,
                marks: None,
            };
            Self { network: Network::new(options), now: Timestamp::ZERO }
        }

        fn mine(&mut self, turns: u64) {
            for _ in 0..turns {
                self.now = self.now.after(Span::from_secs(2));
                for job in self.network.advance(self.now) {
                    self.put(&job);
                }
                self.network.advance(self.now.after(Span::from_millis(100)));
            }
        }

        fn put(&mut self, job: &crate::network::BlockJob) {
            let block = job.build();
            if job.is_refused(&block) {
                self.network.refuse();
            }
            self.network.publish(self.now, job, block);
        }

        fn node(&self, node: usize) -> NodeSnapshot {
            self.network.snapshot(node).expect("a node")
        }

        fn head(&self, node: usize) -> u64 {
            self.node(node).view.head().number()
        }

        fn part(&mut self, slow: u64, finality: Finality) -> u64 {
            let split = Split { nodes: vec![0, 1], slow, finality };
            self.network.part(&split).expect("a main branch")
        }
    }

    #[test]
    fn both_sides_are_true_chains_that_differ_in_hash_and_state() {
        let mut bench = Bench::new();
        let fork = bench.part(1, Finality::Both);
        bench.mine(12);
        let (bad, good) = (bench.node(0), bench.node(2));
        let block =
            |node: &NodeSnapshot, number| Arc::clone(node.view.by_number(number).expect("a block"));
        assert_eq!(block(&bad, fork).hash, block(&good, fork).hash);
        for number in fork + 1..=fork + 12 {
            assert_ne!(block(&bad, number).hash, block(&good, number).hash);
            assert_ne!(
                block(&bad, number).header.state_root,
                block(&good, number).header.state_root
            );
            assert!(good.view.by_hash(block(&bad, number).hash).is_none());
        }
        let receipts = |node: &NodeSnapshot| {
            (fork + 1..=fork + 12)
                .map(|number| block(node, number).header.receipts_root)
                .collect::<Vec<_>>()
        };
        assert_ne!(receipts(&bad), receipts(&good));
        assert_eq!(bench.node(1).view.head().hash, bad.view.head().hash, "both are on one branch");
    }

    #[test]
    fn one_transaction_parts_the_versions_with_the_bug_from_the_others_by_itself() {
        // The split would only be staged: as on 2020-11-11 nobody commands it, and both sides have the transaction.
        let mut bench = Bench::of(&["Geth/v1.9.13", "Geth/v1.9.23", "besu/v20.10.1"]);
        bench.mine(3);
        assert_eq!(bench.network.forked_after(), None, "nothing parts without it");
        bench.network.send_trigger(bench.now, 2);
        bench.mine(6);
        let fork = bench.network.forked_after().expect("parted");
        let at = |node: usize| bench.node(node).view.by_number(fork + 1).map(|block| block.hash);
        assert!(at(0).is_some() && at(0) != at(2));
        assert_eq!(at(1), at(2));
        let contract = TRIGGER_SENDER.create(0);
        let read = |node: usize| {
            let block = Arc::clone(bench.node(node).view.head());
            block
                .state
                .account(contract)
                .map(|account| account.slot(Default::default()).to::<u64>())
        };
        assert_eq!((read(0), read(1), read(2)), (Some(2), Some(1), Some(1)));
        assert!(bench.head(0) < bench.head(2));
    }

    #[test]
    fn the_minority_grows_slower_and_comes_back_by_a_reorganisation() {
        let mut bench = Bench::new();
        let fork = bench.part(4, Finality::Main);
        bench.mine(16);
        assert_eq!((bench.head(2) - fork, bench.head(0) - fork), (16, 4));
        let bad = bench.node(0).view.head().hash;
        for node in [0, 1] {
            bench.network.change(bench.now, node, |faults| faults.parted = false);
        }
        assert_eq!(bench.network.head(0), bench.network.head(2));
        assert!(bench.node(0).view.by_hash(bad).is_none());
        bench.mine(1);
        assert_eq!(bench.network.head(0), bench.network.head(2));
    }

    #[test]
    fn nothing_becomes_final_where_two_thirds_are_missing() {
        let finals = |finality| {
            let mut bench = Bench::new();
            let at_fork = bench.node(0).view.finalized().number();
            let fork = bench.part(1, finality);
            bench.mine(10);
            let above = |node| {
                let number = bench.node(node).view.finalized().number();
                assert!(number == at_fork || number > fork, "{number}");
                number > fork
            };
            let after = (above(0), above(2));
            for node in [0, 1] {
                bench.network.change(bench.now, node, |faults| faults.parted = false);
            }
            bench.mine(1);
            assert!(bench.node(2).view.finalized().number() > fork, "it goes on once healed");
            after
        };
        assert_eq!(finals(Finality::Main), (false, true));
        assert_eq!(finals(Finality::Both), (true, true));
        assert_eq!(finals(Finality::Nowhere), (false, false));
    }

    #[test]
    fn a_node_says_the_client_it_is_told_to_and_then_its_own_again() {
        let mut bench = Bench::new();
        let client = Some("Geth/v1.9.13".to_owned());
        bench.network.change(bench.now, 2, |faults| faults.client.clone_from(&client));
        assert_eq!(bench.network.client_version(2), Some("Geth/v1.9.13"));
        bench.network.change(bench.now, 2, |faults| faults.client = None);
        assert_eq!(bench.network.client_version(2), Some("besu/v1"));
    }
}
