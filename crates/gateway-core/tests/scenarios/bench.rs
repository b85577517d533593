//! A chain over scripted upstreams that answer every probe at once, in virtual time.

use std::collections::BTreeMap;

use gateway_core::{
    BlockHash, BlockRef, Call, CallInput, CallOutput, CallRequest, Chain, ChainSettings,
    ChainSnapshot, Event, EventKind, FeeHistory, Header, MethodClass, Needs, Probe, ProbeAnswer,
    ProbeFailure, QuotaSettings, Reply, State, UpstreamId, UpstreamSettings, Verdict,
};
use units::{Span, Timestamp};

/// The chain's block time in milliseconds.
pub(crate) const BLOCK: u64 = 1_000;

/// The hash of a block on a named branch.
pub(crate) fn hash(number: u64, branch: u8) -> BlockHash {
    let mut bytes = [branch; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    BlockHash(bytes)
}

/// The blocks of all branches.
#[derive(Debug, Default)]
pub(crate) struct Blocks(BTreeMap<BlockHash, Header>);

impl Blocks {
    /// Adds blocks after `parent` up to `number` on `branch`; the last one.
    pub(crate) fn grow(&mut self, parent: BlockRef, number: u64, branch: u8) -> BlockRef {
        let mut tip = parent;
        for next in parent.number + 1..=number {
            let hash = hash(next, branch);
            let header = Header { number: next, hash, parent: tip.hash, timestamp: next };
            self.0.insert(hash, header);
            tip = header.block();
        }
        tip
    }

    /// The block before.
    pub(crate) fn parent(&self, block: BlockRef) -> BlockRef {
        BlockRef { number: block.number - 1, hash: self.0[&block.hash].parent }
    }
}

/// What an upstream answers.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) chain_id: u64,
    pub(crate) genesis: BlockHash,
    pub(crate) head: Option<BlockRef>,
    pub(crate) safe: Option<BlockRef>,
    pub(crate) finalized: Option<BlockRef>,
    /// Whether it shows blocks by hash.
    pub(crate) shows_parents: bool,
    /// What it says it runs.
    pub(crate) version: &'static str,
    /// What it tells of prices.
    pub(crate) fees: FeeScript,
    /// Whether its headers hash to their hash, where that can be told.
    pub(crate) seal: Option<bool>,
    /// What it answers to every probe instead.
    pub(crate) fails: Option<ProbeFailure>,
}

/// What an upstream tells of prices, in wei.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FeeScript {
    /// This base fee in every block, and half of it as the tip.
    History(u128),
    /// This price, and no history.
    GasPrice(u128),
    /// Neither.
    Refuses,
    /// A history that ends at another block than was asked for.
    OtherBlock,
}

impl FeeScript {
    fn history(self, block: BlockRef) -> ProbeAnswer {
        let (newest, base) = match self {
            Self::History(base) => (block.number, base),
            Self::OtherBlock => (block.number - 1, 1),
            Self::GasPrice(_) | Self::Refuses => return refused(),
        };
        ProbeAnswer::FeeHistory(FeeHistory {
            newest,
            base_fees: vec![base; 4],
            tips: vec![Some([base / 2; 3]); 3],
        })
    }

    fn gas_price(self) -> ProbeAnswer {
        if let Self::GasPrice(price) = self { ProbeAnswer::GasPrice(price) } else { refused() }
    }
}

fn refused() -> ProbeAnswer {
    ProbeAnswer::Failed(ProbeFailure::Refused("answers with error -32601".to_owned()))
}

/// The chain, its upstreams' scripts and the time.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) chain: Chain,
    pub(crate) blocks: Blocks,
    pub(crate) scripts: Vec<Script>,
    pub(crate) events: Vec<Event>,
    /// How many probes were made.
    pub(crate) probes: u64,
    /// Who was asked for prices.
    pub(crate) fee_probes: Vec<UpstreamId>,
    now: Timestamp,
}

/// An upstream that cannot be reached.
pub(crate) fn down() -> Option<ProbeFailure> {
    Some(ProbeFailure::Unreachable("no connection".to_owned()))
}

impl Bench {
    /// Upstreams of the given operators, none of which has been asked anything yet, all at block 100.
    pub(crate) fn silent(operators: &[&str], genesis: Option<BlockHash>) -> Self {
        Self::adapted(operators, genesis, |_| {})
    }

    /// The same, with settings of their own.
    pub(crate) fn adapted(
        operators: &[&str],
        genesis: Option<BlockHash>,
        adapt: impl FnOnce(&mut ChainSettings),
    ) -> Self {
        let upstreams = operators.iter().enumerate().map(|(index, operator)| UpstreamSettings {
            client: Some(format!("client-{index}")),
            ..declared(index, operator)
        });
        Self::over(upstreams.collect(), genesis, adapt)
    }

    /// Upstreams of operators that each run what the pair says, which agree on block 100.
    pub(crate) fn of_clients(clients: &[(&str, &'static str)]) -> Self {
        Self::set_up(clients, |_| {})
    }

    /// The same, with the settings changed before the start.
    pub(crate) fn set_up(
        clients: &[(&str, &'static str)],
        change: impl FnOnce(&mut ChainSettings),
    ) -> Self {
        let mut bench = Self::unstarted(clients, change);
        bench.pass(BLOCK / 2);
        bench
    }

    /// The same, not asked anything yet.
    pub(crate) fn unasked(clients: &[(&str, &'static str)]) -> Self {
        Self::unstarted(clients, |_| {})
    }

    fn unstarted(
        clients: &[(&str, &'static str)],
        change: impl FnOnce(&mut ChainSettings),
    ) -> Self {
        let all = clients.iter().enumerate();
        let upstreams = all.map(|(index, (operator, _))| declared(index, operator));
        let mut bench = Self::over(upstreams.collect(), None, change);
        for (script, (_, version)) in bench.scripts.iter_mut().zip(clients) {
            script.version = version;
        }
        bench
    }

    fn over(
        upstreams: Vec<UpstreamSettings>,
        genesis: Option<BlockHash>,
        change: impl FnOnce(&mut ChainSettings),
    ) -> Self {
        let count = upstreams.len();
        let mut settings = ChainSettings::new("test", 1, Span::from_millis(BLOCK), upstreams);
        settings.genesis = genesis;
        change(&mut settings);
        let mut blocks = Blocks::default();
        let head = blocks.grow(BlockRef { number: 0, hash: hash(0, 0) }, 100, 0);
        let script = Script {
            chain_id: 1,
            genesis: hash(0, 0),
            head: Some(head),
            safe: None,
            finalized: None,
            shows_parents: true,
            version: "v1",
            fees: FeeScript::History(7_000_000_000),
            seal: None,
            fails: None,
        };
        Self {
            chain: Chain::new(settings, 7, Timestamp::ZERO),
            blocks,
            scripts: vec![script; count],
            events: Vec::new(),
            probes: 0,
            fee_probes: Vec::new(),
            now: Timestamp::ZERO,
        }
    }

    /// Upstreams of the given operators that agree on block 100.
    pub(crate) fn new(operators: &[&str]) -> Self {
        let mut bench = Self::silent(operators, None);
        bench.pass(BLOCK / 2);
        bench
    }

    /// Three upstreams of three operators that agree on block 100.
    pub(crate) fn three() -> Self {
        Self::new(&["one", "two", "three"])
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Block `number` on `branch`, which must exist.
    pub(crate) fn block(&self, number: u64, branch: u8) -> BlockRef {
        self.blocks.0[&hash(number, branch)].block()
    }

    /// The main branch as far as `number`.
    pub(crate) fn main(&mut self, number: u64) -> BlockRef {
        self.blocks.grow(BlockRef { number: 0, hash: hash(0, 0) }, number, 0)
    }

    /// A branch that leaves the main one after `fork` and reaches `number`.
    pub(crate) fn branch(&mut self, fork: u64, number: u64, branch: u8) -> BlockRef {
        let fork = self.main(fork);
        self.blocks.grow(fork, number, branch)
    }

    /// Sets the heads that upstreams show, in order; those beyond the list keep theirs.
    pub(crate) fn heads(&mut self, heads: &[BlockRef]) {
        for (script, head) in self.scripts.iter_mut().zip(heads) {
            script.head = Some(*head);
        }
    }

    /// Lets so many milliseconds pass; every probe that comes due is answered at once.
    pub(crate) fn pass(&mut self, millis: u64) {
        let end = self.now.after(Span::from_millis(millis));
        loop {
            self.answer_probes();
            let (deadline, why) = self.chain.next_deadline();
            assert!(deadline > self.now, "{why}, but everything due was asked");
            if deadline > end {
                break;
            }
            self.now = deadline;
        }
        self.now = end;
    }

    /// Lets blocks be made on the main branch one by one, which the given upstreams follow.
    pub(crate) fn produce(&mut self, count: u64, followers: &[usize]) {
        let mut number = self.agreed().number;
        for index in followers {
            number = number.max(self.scripts[*index].head.map_or(0, |head| head.number));
        }
        for next in number + 1..=number + count {
            let block = self.main(next);
            for index in followers {
                self.scripts[*index].head = Some(block);
            }
            self.pass(BLOCK);
        }
    }

    fn answer_probes(&mut self) {
        while let Some(order) = self.chain.poll_probe(self.now) {
            self.probes += 1;
            assert!(self.probes < 1_000_000, "probes without end");
            if matches!(order.probe, Probe::FeeHistory(_) | Probe::GasPrice(_)) {
                self.fee_probes.push(order.upstream);
            }
            let answer = self.sealed(order.upstream, self.answer(order.upstream, order.probe));
            self.chain.on_probe(self.now, order.upstream, order.probe, answer);
        }
        self.events.extend(std::iter::from_fn(|| self.chain.poll_event()));
    }

    fn sealed(&self, upstream: UpstreamId, answer: ProbeAnswer) -> ProbeAnswer {
        match (answer, self.scripts[upstream.index()].seal) {
            (ProbeAnswer::Header(Some(header)), Some(matches)) => {
                ProbeAnswer::Hashed { header, matches }
            }
            (answer, _) => answer,
        }
    }

    pub(crate) fn answer(&self, upstream: UpstreamId, probe: Probe) -> ProbeAnswer {
        let script = &self.scripts[upstream.index()];
        if let Some(failure) = &script.fails {
            return ProbeAnswer::Failed(failure.clone());
        }
        let known = |block: BlockRef| self.blocks.0.get(&block.hash).copied();
        match probe {
            Probe::ChainId => ProbeAnswer::ChainId(script.chain_id),
            Probe::Genesis => {
                let parent = BlockHash::default();
                let header = Header { number: 0, hash: script.genesis, parent, timestamp: 0 };
                ProbeAnswer::Header(Some(header))
            }
            Probe::ClientVersion => {
                let version = script.version.to_owned();
                let family = version.split('/').next().unwrap_or_default().to_ascii_lowercase();
                ProbeAnswer::ClientVersion { version, family }
            }
            Probe::Head => ProbeAnswer::Header(script.head.and_then(known)),
            Probe::Safe => ProbeAnswer::Header(script.safe.and_then(known)),
            Probe::Finalized => ProbeAnswer::Header(script.finalized.and_then(known)),
            Probe::Header(hash) => {
                let header = self.blocks.0.get(&hash).filter(|_| script.shows_parents);
                ProbeAnswer::Header(header.copied())
            }
            Probe::HashPins(_) => ProbeAnswer::HashPins(true),
            Probe::FeeHistory(block) => script.fees.history(block),
            Probe::GasPrice(_) => script.fees.gas_price(),
        }
    }

    pub(crate) fn agreed(&self) -> BlockRef {
        self.chain.view().expect("a head is agreed").head
    }

    pub(crate) fn state(&self, index: u8) -> State {
        self.chain.state(UpstreamId(index)).expect("a declared upstream")
    }

    pub(crate) fn snapshot(&self) -> ChainSnapshot {
        self.chain.snapshot(self.now)
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.snapshot().verdict
    }

    /// Events of a kind since the last look.
    pub(crate) fn take_events(&mut self, kind: EventKind) -> Vec<String> {
        self.events.extend(std::iter::from_fn(|| self.chain.poll_event()));
        let all = std::mem::take(&mut self.events);
        all.into_iter().filter(|event| event.kind == kind).map(|event| event.text).collect()
    }

    /// A read pinned to the agreed head that starts now, with eight seconds to go, and what it wants done.
    pub(crate) fn read(&mut self, class: MethodClass) -> (Call<'static>, Vec<CallOutput>) {
        let needs = Needs::Head(self.agreed());
        self.ask(class, needs, true)
    }

    pub(crate) fn ask(
        &mut self,
        class: MethodClass,
        needs: Needs,
        idempotent: bool,
    ) -> (Call<'static>, Vec<CallOutput>) {
        let deadline = self.now.after(Span::from_secs(8));
        let method = "eth_any";
        let mut call = Call::new(CallRequest { class, method, needs, idempotent, deadline });
        let outputs = self.input(&mut call, CallInput::Start);
        (call, outputs)
    }

    pub(crate) fn input(&mut self, call: &mut Call<'_>, input: CallInput) -> Vec<CallOutput> {
        call.handle_input(&mut self.chain, self.now, input);
        std::iter::from_fn(|| call.poll_output()).collect()
    }

    pub(crate) fn reply(
        &mut self,
        call: &mut Call<'_>,
        attempt: u8,
        reply: Reply,
    ) -> Vec<CallOutput> {
        self.input(call, CallInput::Replied { attempt, reply })
    }

    /// Lets time pass to the call's next deadline, and what it wants done then.
    pub(crate) fn wake(&mut self, call: &mut Call<'_>) -> Vec<CallOutput> {
        let (at, _) = call.next_deadline().expect("a call under way has a deadline");
        self.now = self.now.max(at);
        let outputs = self.input(call, CallInput::Woke);
        assert!(call.next_deadline().is_none_or(|(at, why)| at > self.now || panic!("{why}")));
        outputs
    }

    /// Lets milliseconds pass without any probe.
    pub(crate) fn skip(&mut self, millis: u64) {
        self.now = self.now.after(Span::from_millis(millis));
    }

    /// Makes a read of a class whose every attempt is answered by `reply`; who was asked, and the end.
    pub(crate) fn served(
        &mut self,
        class: MethodClass,
        reply: impl Fn(UpstreamId) -> Reply,
    ) -> (Vec<UpstreamId>, CallOutput) {
        let (mut call, mut outputs) = self.read(class);
        let mut asked = Vec::new();
        loop {
            let mut next = Vec::new();
            for output in outputs {
                match output {
                    CallOutput::Send { attempt, upstream } => {
                        asked.push(upstream);
                        self.skip(1);
                        next.extend(self.reply(&mut call, attempt, reply(upstream)));
                    }
                    CallOutput::Trial { upstream } => {
                        let (now, took) = (self.now, Span::from_millis(1));
                        self.chain.on_trial(now, upstream, class, reply(upstream), took);
                    }
                    CallOutput::Deliver { .. } | CallOutput::Refuse(_) => return (asked, output),
                    CallOutput::Cancel { .. } => {}
                }
            }
            outputs = if next.is_empty() { self.wake(&mut call) } else { next };
        }
    }
}

fn declared(index: usize, operator: &str) -> UpstreamSettings {
    UpstreamSettings {
        name: format!("node-{index}"),
        operator: operator.to_owned(),
        cloud: None,
        client: None,
        trusted: false,
        quota: QuotaSettings::default(),
    }
}

/// Where the sends among some outputs go.
pub(crate) fn sends(outputs: &[CallOutput]) -> Vec<UpstreamId> {
    let target = |output: &CallOutput| match output {
        CallOutput::Send { upstream, .. } => Some(*upstream),
        CallOutput::Cancel { .. }
        | CallOutput::Deliver { .. }
        | CallOutput::Refuse(_)
        | CallOutput::Trial { .. } => None,
    };
    outputs.iter().filter_map(target).collect()
}
