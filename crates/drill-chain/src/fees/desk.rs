//! The gateway's own core over three upstreams of a simulated chain, in simulated time: what its fee endpoint says.

use std::collections::BTreeMap;

use gateway_core::{
    BlockHash, Chain, ChainSettings, FeeHistory, Header, Inclusion, Probe, ProbeAnswer,
    QuotaSettings, UpstreamSettings,
};
use units::{Span, Timestamp};

use super::market::Market;

/// Headers that are remembered for questions about parents.
const HEADERS_KEPT: u64 = 64;

/// The gateway's view of the chain.
#[derive(Debug)]
pub(super) struct Desk {
    chain: Chain,
    now: Timestamp,
    block_seconds: u64,
    headers: BTreeMap<u64, Header>,
}

impl Desk {
    pub(super) fn new(block_seconds: u64) -> Self {
        let upstream = |name: &str| UpstreamSettings {
            name: name.to_owned(),
            operator: name.to_owned(),
            cloud: None,
            client: None,
            trusted: false,
            quota: QuotaSettings::default(),
        };
        let upstreams = ["alpha", "bravo", "charlie"].map(upstream).into();
        let span = Span::from_secs(block_seconds);
        let settings = ChainSettings::new("ethereum-like", 1, span, upstreams);
        let chain = Chain::new(settings, 1, Timestamp::ZERO);
        Self { chain, now: Timestamp::ZERO, block_seconds, headers: BTreeMap::new() }
    }

    /// A block has come, and its time passes: the gateway asks its upstreams as it does.
    pub(super) fn pass(&mut self, market: &Market) {
        let number = market.number();
        let header = Header {
            number,
            hash: hash(number),
            parent: hash(number.saturating_sub(1)),
            timestamp: number,
        };
        self.headers.insert(number, header);
        self.headers.retain(|known, _| known + HEADERS_KEPT > number);
        for _ in 0..self.block_seconds {
            self.now = self.now.after(Span::from_secs(1));
            while let Some(order) = self.chain.poll_probe(self.now) {
                let answer = self.answer(&order.probe, market);
                self.chain.on_probe(self.now, order.upstream, order.probe, answer);
            }
            while self.chain.poll_event().is_some() {}
        }
    }

    /// What it says to offer for inclusion within 1, 3 and 10 blocks, while it has a price to go by; in wei.
    pub(super) fn inclusion(&self) -> Option<[Inclusion; 3]> {
        let report = self.chain.fees(self.now);
        report.quote.filter(|_| report.fresh).map(|quote| quote.inclusion)
    }

    /// What an upstream answers.
    fn answer(&self, probe: &Probe, market: &Market) -> ProbeAnswer {
        match probe {
            Probe::ChainId => ProbeAnswer::ChainId(1),
            Probe::Genesis => ProbeAnswer::Header(Some(Header {
                number: 0,
                hash: hash(0),
                parent: BlockHash::default(),
                timestamp: 0,
            })),
            Probe::ClientVersion => ProbeAnswer::ClientVersion {
                version: "Geth/v1.10.8-stable/linux-amd64/go1.16.7".to_owned(),
                family: "geth".to_owned(),
            },
            Probe::Head => ProbeAnswer::Header(self.headers.get(&market.number()).copied()),
            Probe::Safe | Probe::Finalized => ProbeAnswer::Header(None),
            Probe::Header(wanted) => {
                let known = self.headers.values().find(|header| header.hash == *wanted);
                ProbeAnswer::Header(known.copied())
            }
            Probe::HashPins(_) => ProbeAnswer::HashPins(true),
            Probe::FeeHistory(block) if market.has_base_fee() => {
                let told = || market.told();
                let fees = told().map(|told| told.base_fee).chain([market.base_fee()]);
                let tips = told().map(|told| told.tips).collect();
                let base_fees = fees.collect();
                ProbeAnswer::FeeHistory(FeeHistory { newest: block.number, base_fees, tips })
            }
            Probe::FeeHistory(_) => {
                let why = "the method eth_feeHistory does not exist/is not available";
                ProbeAnswer::Failed(gateway_core::ProbeFailure::Refused(why.to_owned()))
            }
            Probe::GasPrice(_) => ProbeAnswer::GasPrice(market.node_tip()),
        }
    }
}

/// An invented hash of a block.
fn hash(number: u64) -> BlockHash {
    let mut bytes = [7_u8; 32];
    for (byte, of) in bytes.iter_mut().zip(number.to_be_bytes()) {
        *byte = of;
    }
    BlockHash(bytes)
}
