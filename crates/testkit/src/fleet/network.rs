//! The driver's state: the nodes, the journal of blocks and the pending transactions.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockWriteGuard};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::member::{Entry, Member, Mode, Pending};
use super::{Block, Gates, Ledger, WATCHED, held};
use crate::contract;
use crate::node::{CHAIN_ID, Node};
use crate::rpc::{self, RpcError};
use crate::tools;

/// The last of anvil's ten unlocked accounts; clients under test use the first ones.
const DRIVER: &str = "0xa0ee7a142d267c1f36714e4a8f75612f20a79720";

type Outcome<T> = Result<T, String>;

#[derive(Debug)]
pub(super) struct Network {
    members: Vec<Member>,
    gates: Arc<Gates>,
    ledger: Arc<Mutex<Ledger>>,
    genesis: u64,
    journal: Vec<Entry>,
    mined: BTreeSet<String>,
    pending: BTreeMap<String, Pending>,
    nonce: u64,
    contract: String,
    is_paused: bool,
}

fn closed(gate: &RwLock<()>) -> RwLockWriteGuard<'_, ()> {
    gate.write().unwrap_or_else(PoisonError::into_inner)
}

fn text<E: ToString>(error: E) -> String {
    error.to_string()
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn number_of(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

impl Network {
    pub(super) fn start(count: usize, gates: Arc<Gates>, ledger: Arc<Mutex<Ledger>>) -> Self {
        let genesis = unix_seconds() - 60;
        let members = (0..count).map(|_| {
            let address = tools::free_address();
            let node = Some(Node::anvil(address, genesis));
            Member { node, address, mode: Mode::Following }
        });
        Self {
            members: members.collect(),
            gates,
            ledger,
            genesis,
            journal: Vec::new(),
            mined: BTreeSet::new(),
            pending: BTreeMap::new(),
            nonce: 0,
            contract: String::new(),
            is_paused: false,
        }
    }

    pub(super) fn contract(&self) -> &str {
        &self.contract
    }

    pub(super) fn address(&self, node: usize) -> SocketAddr {
        self.members[node].address
    }

    pub(super) const fn set_paused(&mut self, paused: bool) {
        self.is_paused = paused;
    }

    pub(super) fn tick(&mut self) -> Outcome<()> {
        if self.is_paused { Ok(()) } else { self.make_block() }
    }

    /// Takes up what each living node has in its pool, and gives it to the others.
    pub(super) fn gossip(&mut self) {
        let gates = Arc::clone(&self.gates);
        let _no_block_meanwhile = closed(&gates.transactions);
        let pools = self.collect();
        for (member, pool) in self.members.iter().zip(pools) {
            let Some(pool) = pool else { continue };
            for (hash, pending) in &self.pending {
                if !pool.contains(hash) {
                    // Refused where it does not fit there; a dead node is found out when mining.
                    drop(member.call("eth_sendRawTransaction", &json!([pending.raw])));
                }
            }
        }
    }

    /// Each living node's pool as hashes; new transactions are added to `pending`.
    fn collect(&mut self) -> Vec<Option<BTreeSet<String>>> {
        let mut pools = Vec::new();
        for member in &self.members {
            let Ok(pool) = member.pool() else {
                pools.push(None);
                continue;
            };
            for (hash, sender, nonce) in &pool {
                if self.mined.contains(hash) || self.pending.contains_key(hash) {
                    continue;
                }
                if let Ok(Some(raw)) = member.raw(hash) {
                    let pending = Pending { sender: sender.clone(), nonce: *nonce, raw };
                    self.pending.insert(hash.clone(), pending);
                }
            }
            pools.push(Some(pool.into_iter().map(|(hash, ..)| hash).collect()));
        }
        pools
    }

    /// The pending transactions in the one order that all nodes get them in.
    fn ordered(&self) -> Vec<String> {
        let mut all: Vec<&Pending> = self.pending.values().collect();
        all.sort_by(|a, b| (&a.sender, a.nonce, &a.raw).cmp(&(&b.sender, b.nonce, &b.raw)));
        all.into_iter().map(|pending| pending.raw.clone()).collect()
    }

    fn leader(&self) -> Outcome<usize> {
        let following = |member: &Member| member.is_alive() && member.mode == Mode::Following;
        self.members.iter().position(following).ok_or_else(|| "no node follows".to_owned())
    }

    fn sign(
        &mut self,
        leader: usize,
        to: Option<&str>,
        value: &str,
        data: &str,
    ) -> Outcome<String> {
        let mut transaction = json!({
            "from": DRIVER, "value": value, "data": data, "nonce": rpc::hex(self.nonce),
            "gas": "0x7a120", "maxFeePerGas": "0x174876e800", "maxPriorityFeePerGas": "0x3b9aca00",
            "chainId": rpc::hex(CHAIN_ID),
        });
        if let Some(to) = to {
            transaction["to"] = json!(to);
        }
        let signed = self.members[leader].call("eth_signTransaction", &json!([transaction]));
        self.nonce += 1;
        let signed = signed.map_err(text)?;
        signed.as_str().map(str::to_owned).ok_or_else(|| format!("not signed: {signed}"))
    }

    /// The driver's own transactions for the next block.
    fn own_transactions(&mut self, leader: usize) -> Outcome<Vec<String>> {
        let mut raws = vec![self.sign(leader, Some(WATCHED), "0x1", "0x")?];
        if self.contract.is_empty() {
            raws.push(self.sign(leader, None, "0x0", &contract::counter_code())?);
        } else {
            let contract = self.contract.clone();
            raws.push(self.sign(leader, Some(&contract), "0x0", contract::INCREMENT)?);
        }
        Ok(raws)
    }

    /// Makes the next block on every node, each in its mode.
    pub(super) fn make_block(&mut self) -> Outcome<()> {
        let gates = Arc::clone(&self.gates);
        let _no_transactions_meanwhile = closed(&gates.transactions);
        self.collect();
        let leader = self.leader()?;
        let mut raws = self.own_transactions(leader)?;
        raws.extend(self.ordered());
        let first = Instant::now();
        let transactions = {
            let _held_off = closed(&gates.nodes[leader]);
            self.lead(leader, raws)?
        };
        for node in (0..self.members.len()).filter(|node| *node != leader) {
            self.advance(node)?;
        }
        self.record(leader, self.journal.len(), transactions, first)?;
        Ok(())
    }

    /// Makes a new block on the leader and writes it into the journal.
    fn lead(&mut self, leader: usize, raws: Vec<String>) -> Outcome<Vec<String>> {
        let last = self.journal.last().map_or(self.genesis, |entry| entry.timestamp);
        let timestamp = unix_seconds().max(last + 1);
        let (hash, transactions) = self.members[leader].make(timestamp, &raws).map_err(text)?;
        for hash in &transactions {
            self.pending.remove(hash);
            self.mined.insert(hash.clone());
        }
        self.journal.push(Entry { timestamp, raws, hash });
        Ok(transactions)
    }

    /// Brings a node to where its mode wants it after a new block.
    fn advance(&self, node: usize) -> Outcome<()> {
        let member = &self.members[node];
        let target = match member.mode {
            _ if !member.is_alive() => return Ok(()),
            Mode::Frozen => return Ok(()),
            Mode::Following => self.journal.len(),
            Mode::Lagging(blocks) => self.journal.len().saturating_sub(blocks),
            Mode::Apart => {
                let _held_off = closed(&self.gates.nodes[node]);
                let timestamp = self.journal.last().map_or(0, |entry| entry.timestamp);
                return member.make(timestamp + 1, &[]).map(drop).map_err(text);
            }
        };
        self.catch_up(node, target)
    }

    /// Takes a node along the journal up to block `target`, back to where they part if need be.
    fn catch_up(&self, node: usize, target: usize) -> Outcome<()> {
        let member = &self.members[node];
        let (head, hash, _) = member.head().map_err(text)?;
        let mut common = head.min(number_of(self.journal.len()));
        let known = |number: u64| {
            let at = usize::try_from(number).ok()?.checked_sub(1)?;
            self.journal.get(at).map(|entry| entry.hash.as_str())
        };
        let mut own = if common == head { hash } else { member.hash_at(common).map_err(text)? };
        while common > 0 && known(common) != Some(own.as_str()) {
            common -= 1;
            own = member.hash_at(common).map_err(text)?;
        }
        // Back and forth to the same height is one step to clients; later blocks come one by one.
        let mut held_off = Some(closed(&self.gates.nodes[node]));
        member.roll_back(head - common).map_err(text)?;
        let from = usize::try_from(common).unwrap_or(usize::MAX);
        for (offset, entry) in self.journal.iter().enumerate().take(target).skip(from) {
            if number_of(offset) >= head {
                drop(held_off.take());
                held_off = Some(closed(&self.gates.nodes[node]));
            }
            let (hash, _) = member.make(entry.timestamp, &entry.raws).map_err(text)?;
            if hash != entry.hash {
                let number = offset + 1;
                return Err(format!(
                    "node {node} made {hash} of block {number}, not {}",
                    entry.hash
                ));
            }
        }
        Ok(())
    }

    /// Writes what is true at block `number` into the ledger.
    fn record(
        &mut self,
        leader: usize,
        number: usize,
        transactions: Vec<String>,
        first: Instant,
    ) -> Outcome<()> {
        let settled = Instant::now();
        let number = number_of(number);
        let member = &self.members[leader];
        if self.contract.is_empty() {
            for hash in &transactions {
                let receipt = member.call("eth_getTransactionReceipt", &json!([hash]));
                if let Some(address) = receipt.map_err(text)?["contractAddress"].as_str() {
                    address.clone_into(&mut self.contract);
                }
            }
        }
        let at = rpc::hex(number);
        let read = |method: &str, params: Value| -> Outcome<u128> {
            let value: Result<Value, RpcError> = member.call(method, &params);
            let value = value.map_err(text)?;
            rpc::quantity(&value).ok_or_else(|| format!("{method} gives {value}"))
        };
        let balance = read("eth_getBalance", json!([WATCHED, at]))?;
        let call = json!({"to": self.contract, "data": contract::NUMBER});
        let counter = read("eth_call", json!([call, at]))?;
        let hash = member.hash_at(number).map_err(text)?;
        held(&self.ledger).push(Block {
            number,
            hash,
            balance,
            counter,
            transactions,
            first,
            settled,
            replaced: None,
        });
        Ok(())
    }

    pub(super) fn set_mode(&mut self, node: usize, mode: Mode) -> Outcome<()> {
        self.members[node].mode = mode;
        if mode == Mode::Following && self.members[node].is_alive() {
            self.catch_up(node, self.journal.len())?;
        }
        Ok(())
    }

    pub(super) fn kill(&mut self, node: usize) {
        if let Some(mut process) = self.members[node].node.take() {
            process.kill();
        }
    }

    pub(super) fn revive(&mut self, node: usize) -> Outcome<()> {
        if !self.members[node].is_alive() {
            // Nobody is to see it before it is at the journal's end: a node that was off syncs first.
            let gates = Arc::clone(&self.gates);
            let _held_off = closed(&gates.nodes[node]);
            let address = self.members[node].address;
            self.members[node].node = Some(Node::anvil(address, self.genesis));
            let member = &self.members[node];
            for (offset, entry) in self.journal.iter().enumerate() {
                let (hash, _) = member.make(entry.timestamp, &entry.raws).map_err(text)?;
                if hash != entry.hash {
                    return Err(format!(
                        "node {node} differs at block {} after a restart",
                        offset + 1
                    ));
                }
            }
        }
        Ok(())
    }

    /// Replaces the last `depth` blocks; see [`super::Fleet::reorg`].
    pub(super) fn reorg(&mut self, depth: u64, staying: &[usize]) -> Outcome<()> {
        let gates = Arc::clone(&self.gates);
        let _no_transactions_meanwhile = closed(&gates.transactions);
        self.collect();
        for node in staying {
            self.members[*node].mode = Mode::Apart;
        }
        let leader = self.leader()?;
        held(&self.ledger).begin_reorg();
        let first = Instant::now();
        let keep = self.journal.len().saturating_sub(usize::try_from(depth).unwrap_or(0));
        let replaced = self.journal.split_off(keep);
        let mut made = Vec::new();
        {
            let _held_off = closed(&gates.nodes[leader]);
            self.members[leader].roll_back(number_of(replaced.len())).map_err(text)?;
            let again = replaced.iter().flat_map(|entry| entry.raws.clone()).collect();
            made.push(self.lead(leader, again)?);
            for _ in 0..depth {
                let raws = self.own_transactions(leader)?;
                made.push(self.lead(leader, raws)?);
            }
        }
        for node in (0..self.members.len()).filter(|node| *node != leader) {
            let mode = self.members[node].mode;
            if self.members[node].is_alive() && mode == Mode::Following {
                self.catch_up(node, self.journal.len())?;
            }
        }
        held(&self.ledger).replace_above(number_of(keep));
        for (offset, transactions) in made.into_iter().enumerate() {
            self.record(leader, keep + 1 + offset, transactions, first)?;
        }
        Ok(())
    }
}
