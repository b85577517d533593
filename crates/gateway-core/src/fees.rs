//! What it costs to get a transaction into one of the next blocks, as pure arithmetic in wei a unit of gas.
//!
//! The price of gas has two parts (EIP-1559). The base fee is the chain's, is known for the next block and
//! grows by at most an eighth from block to block, so that its worst case is a matter of arithmetic. The tip
//! is a bid, and is drawn from what recent blocks took.

use std::collections::{BTreeMap, VecDeque};

use units::{Span, Timestamp};

use crate::block::BlockRef;
use crate::settings::UpstreamId;

/// Blocks that one price looks back on: four minutes of Ethereum, within which wallets' estimates move.
pub const FEE_BLOCKS: u64 = 20;

/// Shares of a block's gas, in per cent, at which its tips are asked for: the lowest tenth is what it took
/// to get in, leaving out the few that pay their way otherwise.
pub const FEE_PERCENTILES: [u8; 3] = [10, 50, 90];

/// Within how many blocks a transaction is to be included.
const HORIZONS: [u64; 3] = [1, 3, 10];

/// Out of ten stretches of recent blocks so many would have taken the tip.
const STRETCHES_OF_TEN: usize = 9;

/// The smallest tip in wei: Geth's pool refuses less (`txpool.pricelimit`).
const TIP_MIN: u128 = 1;

/// How long samples are put together, and how many such slots make up a day.
const SLOT: Span = Span::from_secs(300);
const SLOTS_MAX: usize = 288;

/// The fewest slots before a price is compared with them; a multiple of one minute's price says nothing.
const SLOTS_MIN: usize = 3;

/// How long an upstream that refused to tell prices is not asked for them.
const REFUSED_FOR: Span = Span::from_secs(600);

/// What an upstream told about recent blocks: `eth_feeHistory`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeHistory {
    /// The number of the newest block told about.
    pub newest: u64,
    /// The base fee of each block in wei, oldest first, and at the end that of the block after the newest.
    pub base_fees: Vec<u128>,
    /// The tips of each block in wei at [`FEE_PERCENTILES`] of its gas; `None` where the block is empty.
    pub tips: Vec<Option<[u128; 3]>>,
}

/// Where a price is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FeeSource {
    /// From `eth_feeHistory`: a base fee and what others tip.
    History,
    /// From `eth_gasPrice`, on chains without EIP-1559: one price that the node suggests.
    GasPrice,
}

impl FeeSource {
    /// The source as it is written in answers: the method's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::History => "eth_feeHistory",
            Self::GasPrice => "eth_gasPrice",
        }
    }
}

/// What to offer for inclusion within some blocks, in wei a unit of gas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inclusion {
    /// Within so many blocks.
    pub blocks: u64,
    /// The most to offer: the tip and a base fee that has grown as fast as it can until then.
    pub max_fee: u128,
    /// The tip.
    pub tip: u128,
}

/// The price at one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeQuote {
    /// When it was told.
    pub at: Timestamp,
    /// The newest block that it rests on.
    pub block: BlockRef,
    /// Where it is from.
    pub source: FeeSource,
    /// Blocks that it rests on.
    pub blocks: u64,
    /// The base fee of the next block in wei; `None` where the chain has none.
    pub base_fee: Option<u128>,
    /// What others tip: the median over the blocks at each of [`FEE_PERCENTILES`]; `None` where all are empty.
    pub tips: Option<[u128; 3]>,
    /// What to offer for the next 1, 3 and 10 blocks.
    pub inclusion: [Inclusion; 3],
}

/// How the price for the next block stands to the last day's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeStress {
    /// The price by the day's median, in thousandths, rounded down.
    pub multiple_milli: u64,
    /// The median of the last day, or of as much of it as is known, in wei a unit of gas.
    pub median: u128,
    /// Prices that the median rests on.
    pub samples: u64,
    /// How far back they reach; a day at most, and never beyond the start of the process.
    pub covers: Span,
}

/// What is known of a chain's prices at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeReport {
    /// The last price told, however old.
    pub quote: Option<FeeQuote>,
    /// How old it is.
    pub age: Span,
    /// Whether it is young enough to go by.
    pub fresh: bool,
    /// Its comparison with the last day; `None` until there is enough to compare it with.
    pub stress: Option<FeeStress>,
    /// Whether every upstream that could be asked refuses to tell prices.
    pub refused: bool,
}

/// One slot of past prices.
#[derive(Clone, Copy, Debug)]
struct Slot {
    number: u64,
    sum: u128,
    count: u64,
}

/// The prices of a chain: the last one, those of the last day, and who is asked next.
#[derive(Debug, Default)]
pub(crate) struct Fees {
    pub(crate) quote: Option<FeeQuote>,
    /// Whether a question is under way: one upstream is asked for all.
    pub(crate) asking: bool,
    /// Not to be asked again before this, after a failure.
    pub(crate) rest_until: Timestamp,
    /// Counts the questions, so that each block another upstream is asked.
    pub(crate) turn: usize,
    /// Whether the last look found only upstreams that refuse.
    pub(crate) all_refuse: bool,
    refused: BTreeMap<(UpstreamId, FeeSource), Timestamp>,
    slots: VecDeque<Slot>,
}

impl Fees {
    /// Takes a price in.
    pub(crate) fn take(&mut self, quote: FeeQuote) {
        self.quote = Some(quote);
        let price = next_block(&quote);
        let number = slot_of(quote.at);
        match self.slots.back_mut().filter(|slot| slot.number == number) {
            Some(slot) => {
                slot.sum = slot.sum.saturating_add(price);
                slot.count = slot.count.saturating_add(1);
            }
            None => self.slots.push_back(Slot { number, sum: price, count: 1 }),
        }
        self.forget(quote.at);
    }

    /// An upstream would not tell prices this way.
    pub(crate) fn refuse(&mut self, now: Timestamp, id: UpstreamId, source: FeeSource) {
        self.refused.insert((id, source), now.after(REFUSED_FOR));
    }

    /// Whether an upstream is known not to tell prices this way.
    pub(crate) fn is_refused(&self, now: Timestamp, id: UpstreamId, source: FeeSource) -> bool {
        self.refused.get(&(id, source)).is_some_and(|until| now < *until)
    }

    /// What is known; a price younger than `fresh_for` is good.
    pub(crate) fn report(&self, now: Timestamp, fresh_for: Span) -> FeeReport {
        let age = self.quote.map_or(Span::ZERO, |quote| now.since(quote.at));
        let fresh = self.quote.is_some() && age <= fresh_for;
        let stress = self.quote.filter(|_| fresh).and_then(|quote| self.stress(now, &quote));
        FeeReport { quote: self.quote, age, fresh, stress, refused: self.all_refuse }
    }

    /// The price by the median of the slots' means; those of before yesterday do not count.
    fn stress(&self, now: Timestamp, quote: &FeeQuote) -> Option<FeeStress> {
        let oldest = oldest_slot(now);
        let day = || self.slots.iter().filter(|slot| slot.number >= oldest);
        let mut means: Vec<u128> =
            day().filter_map(|slot| slot.sum.checked_div(u128::from(slot.count))).collect();
        if means.len() < SLOTS_MIN {
            return None;
        }
        means.sort_unstable();
        let median = middle(&means)?;
        let thousandths = next_block(quote).saturating_mul(1_000).checked_div(median)?;
        let first = day().map(|slot| slot.number).min()?;
        let begun = Timestamp::ZERO.after(SLOT.times(first));
        Some(FeeStress {
            multiple_milli: u64::try_from(thousandths).unwrap_or(u64::MAX),
            median,
            samples: day().fold(0, |sum, slot| sum.saturating_add(slot.count)),
            covers: now.since(begun),
        })
    }

    /// Drops what is older than a day.
    fn forget(&mut self, now: Timestamp) {
        let oldest = oldest_slot(now);
        while self.slots.len() > SLOTS_MAX || self.slots.front().is_some_and(|s| s.number < oldest)
        {
            self.slots.pop_front();
        }
    }
}

/// The price for the next block.
pub(crate) fn next_block(quote: &FeeQuote) -> u128 {
    let [next, ..] = quote.inclusion;
    next.max_fee
}

fn slot_of(at: Timestamp) -> u64 {
    at.as_nanos().checked_div(SLOT.as_nanos()).unwrap_or(0)
}

/// The first slot of the last day.
fn oldest_slot(now: Timestamp) -> u64 {
    let others = u64::try_from(SLOTS_MAX).unwrap_or(u64::MAX).saturating_sub(1);
    slot_of(now).saturating_sub(others)
}

/// The price that a history of blocks makes at its newest block, which is `block`; `None` where it is about
/// another block or does not fit together.
pub(crate) fn from_history(
    at: Timestamp,
    block: BlockRef,
    history: &FeeHistory,
) -> Option<FeeQuote> {
    let whole = history.base_fees.len() == history.tips.len().saturating_add(1);
    let base_fee = *history.base_fees.last()?;
    if history.newest != block.number || !whole || history.tips.is_empty() {
        return None;
    }
    let entries: Vec<Option<u128>> =
        history.tips.iter().map(|tips| tips.map(|[entry, ..]| entry)).collect();
    let mut inclusion = [Inclusion::default(); 3];
    let mut tip = u128::MAX;
    for (offer, blocks) in inclusion.iter_mut().zip(HORIZONS) {
        // Who can wait longer never needs to pay more.
        tip = tip.min(tip_within(blocks, &entries));
        let max_fee = worst_base_fee(base_fee, blocks).saturating_add(tip);
        *offer = Inclusion { blocks, max_fee, tip };
    }
    Some(FeeQuote {
        at,
        block,
        source: FeeSource::History,
        blocks: u64::try_from(history.tips.len()).unwrap_or(u64::MAX),
        base_fee: Some(base_fee),
        tips: usual_tips(&history.tips),
        inclusion,
    })
}

/// The price that a node suggests, which is the same for every horizon: there is no base fee to grow, and no
/// telling what others bid.
pub(crate) fn from_gas_price(at: Timestamp, block: BlockRef, price: u128) -> FeeQuote {
    let inclusion = HORIZONS.map(|blocks| Inclusion { blocks, max_fee: price, tip: price });
    FeeQuote {
        at,
        block,
        source: FeeSource::GasPrice,
        blocks: 1,
        base_fee: None,
        tips: None,
        inclusion,
    }
}

/// The highest base fee that the last of the next `blocks` blocks can have, where the first has `next`: full
/// blocks raise it by an eighth each, and at least by 1 (EIP-1559); rounded up.
fn worst_base_fee(next: u128, blocks: u64) -> u128 {
    (1..blocks).fold(next, |base, _| {
        let eighth = base.checked_add(7).and_then(|base| base.checked_div(8)).unwrap_or(base);
        base.saturating_add(eighth.max(1))
    })
}

/// The tip that half of the blocks would have taken in nine of ten stretches of `blocks` recent ones, where
/// `entries` is what it took to get into each. Half and not one of them, so that one odd block is not
/// relied on. Empty blocks took nothing at any price and do not count.
fn tip_within(blocks: u64, entries: &[Option<u128>]) -> u128 {
    let length = usize::try_from(blocks).unwrap_or(usize::MAX).clamp(1, entries.len().max(1));
    let mut stretches: Vec<u128> = entries
        .windows(length)
        .filter_map(|stretch| {
            let mut taken: Vec<u128> = stretch.iter().flatten().copied().collect();
            taken.sort_unstable();
            middle(&taken)
        })
        .collect();
    stretches.sort_unstable();
    let rank = stretches.len().saturating_mul(STRETCHES_OF_TEN).div_ceil(10).saturating_sub(1);
    stretches.get(rank).copied().unwrap_or(TIP_MIN).max(TIP_MIN)
}

/// The median over the blocks at each percentile.
fn usual_tips(blocks: &[Option<[u128; 3]>]) -> Option<[u128; 3]> {
    let column = |pick: fn(&[u128; 3]) -> u128| {
        let mut column: Vec<u128> = blocks.iter().flatten().map(pick).collect();
        column.sort_unstable();
        middle(&column)
    };
    Some([column(|[low, ..]| *low)?, column(|[_, mid, _]| *mid)?, column(|[.., high]| *high)?])
}

/// The median of sorted values, the lower one of two.
fn middle(sorted: &[u128]) -> Option<u128> {
    sorted.get(sorted.len().saturating_sub(1) >> 1).copied()
}

#[cfg(test)]
mod tests;
