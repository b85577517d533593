//! A market for room in blocks: bids, a base fee, and who gets in.
//!
//! All amounts are wei a unit of gas. With a base fee it moves by an eighth at most from block to block (EIP-1559);
//! without one the price is what each bids. Whoever makes a block takes the bids that pay them most.
//!
//! Left out: transactions of unequal size, nonces and replacements as nodes do them, and private order flow.

use std::cmp::Reverse;
use std::collections::VecDeque;

/// Gas of a block at most. Source: Ethereum's, 2021 and 2022.
pub(super) const GAS_MAX: u64 = 30_000_000;
/// Gas of a block at which the base fee stays.
const GAS_TARGET: u64 = GAS_MAX / 2;
/// The base fee moves by one part in so many at most (EIP-1559).
const BASE_FEE_PARTS: u128 = 8;
/// Blocks of which is remembered what they took; as many as a fee history is asked for.
const BLOCKS_KEPT: usize = 20;
/// Blocks after which a bid of the crowd is given up.
const PATIENCE_BLOCKS: u64 = 20;
/// Most bids that wait, the best of them: nodes keep some thousands, and what is below never gets in.
const WAITING_MAX: usize = 6_000;
/// Per cent of the gas at which a block's tips are told.
const PERCENTILES: [u64; 3] = [10, 50, 90];

/// One gwei in wei.
pub(super) const GWEI: u128 = 1_000_000_000;

/// What is left for who makes the block.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tip {
    /// So much, if the bid's most allows it.
    Fixed(u128),
    /// So many per cent of what the bid's most leaves above the base fee: who bids anew every block.
    Share(u128),
}

/// A transaction that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bid {
    pub(super) max_fee: u128,
    pub(super) tip: Tip,
    pub(super) gas: u64,
    /// The block before which it came.
    pub(super) since: u64,
    /// Whose it is, where it is not the crowd's.
    pub(super) who: Option<usize>,
}

impl Bid {
    /// What it leaves for who makes the block; nothing where it does not pay the base fee.
    fn pays(&self, base: u128) -> Option<u128> {
        let above = self.max_fee.checked_sub(base)?;
        Some(match self.tip {
            Tip::Fixed(tip) => tip.min(above),
            Tip::Share(percent) => above.saturating_mul(percent) / 100,
        })
    }
}

/// What a block took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) base_fee: u128,
    /// Tips at [`PERCENTILES`] of its gas; nothing where it was empty.
    pub(super) tips: Option<[u128; 3]>,
    /// The lowest tip that it took.
    lowest: Option<u128>,
}

/// The market at one block.
#[derive(Debug)]
pub(super) struct Market {
    has_base_fee: bool,
    base_fee: u128,
    number: u64,
    waiting: Vec<Bid>,
    told: VecDeque<Told>,
}

impl Market {
    pub(super) fn new(base_fee: Option<u128>) -> Self {
        Self {
            has_base_fee: base_fee.is_some(),
            base_fee: base_fee.unwrap_or(0),
            number: 0,
            waiting: Vec::new(),
            told: VecDeque::new(),
        }
    }

    /// The newest block.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The base fee of the next block; zero where there is none.
    pub(super) const fn base_fee(&self) -> u128 {
        self.base_fee
    }

    pub(super) const fn has_base_fee(&self) -> bool {
        self.has_base_fee
    }

    /// What the newest blocks took, oldest first.
    pub(super) fn told(&self) -> impl ExactSizeIterator<Item = &Told> {
        self.told.iter()
    }

    /// What a node suggests to pay above the base fee: of the lowest tips of the last blocks the one at 60 per cent.
    /// Source: Geth's `gasprice` oracle, which looks at 20 blocks.
    pub(super) fn node_tip(&self) -> u128 {
        let mut lowest: Vec<u128> = self.told.iter().filter_map(|told| told.lowest).collect();
        lowest.sort_unstable();
        lowest.get(lowest.len().saturating_sub(1) * 60 / 100).copied().unwrap_or(GWEI).max(1)
    }

    /// Takes a bid in; one of the same person is replaced.
    pub(super) fn offer(&mut self, bid: Bid) {
        self.waiting.retain(|waits| waits.who != bid.who);
        self.waiting.push(bid);
    }

    /// Takes a bid of the crowd in.
    pub(super) fn offer_crowd(&mut self, bid: Bid) {
        self.waiting.push(bid);
    }

    /// Makes the next block; whose bids are in it, and what each paid in all.
    pub(super) fn make_block(&mut self) -> Vec<(usize, u128)> {
        let base = self.base_fee;
        self.number += 1;
        let number = self.number;
        self.waiting.retain(|bid| bid.who.is_some() || bid.since + PATIENCE_BLOCKS > number);
        let mut order: Vec<(Reverse<u128>, usize)> = Vec::new();
        for (index, bid) in self.waiting.iter().enumerate() {
            order.extend(bid.pays(base).map(|tip| (Reverse(tip), index)));
        }
        order.sort_unstable();
        let (mut used, mut taken, mut tips) = (0_u64, Vec::new(), Vec::new());
        let mut is_in = vec![false; self.waiting.len()];
        for (Reverse(tip), index) in order {
            let Some(bid) = self.waiting.get(index) else { continue };
            if used + bid.gas > GAS_MAX {
                continue;
            }
            used += bid.gas;
            tips.push((tip, bid.gas));
            taken.extend(bid.who.map(|who| (who, base + tip)));
            if let Some(place) = is_in.get_mut(index) {
                *place = true;
            }
        }
        let mut place = is_in.into_iter();
        self.waiting.retain(|_| place.next() != Some(true));
        self.forget_the_least(base);
        self.tell(base, tips, used);
        if self.has_base_fee {
            self.base_fee = next_base_fee(base, used);
        }
        taken
    }

    fn forget_the_least(&mut self, base: u128) {
        if self.waiting.len() > WAITING_MAX {
            self.waiting.sort_by_key(|bid| (bid.who.is_none(), Reverse(bid.pays(base))));
            self.waiting.truncate(WAITING_MAX);
        }
    }

    fn tell(&mut self, base_fee: u128, mut tips: Vec<(u128, u64)>, used: u64) {
        tips.sort_unstable();
        let at = |percent: u64| {
            let mut gas = 0;
            let reached = tips.iter().find(|(_, of)| {
                gas += of;
                gas * 100 >= used * percent
            });
            reached.map_or(0, |(tip, _)| *tip)
        };
        let lowest = tips.first().map(|(tip, _)| *tip);
        self.told.push_back(Told { base_fee, tips: lowest.map(|_| PERCENTILES.map(at)), lowest });
        if self.told.len() > BLOCKS_KEPT {
            self.told.pop_front();
        }
    }
}

/// The base fee after a block that used so much gas (EIP-1559).
pub(super) fn next_base_fee(base: u128, used: u64) -> u128 {
    let target = u128::from(GAS_TARGET);
    let off = u128::from(used.abs_diff(GAS_TARGET));
    let moved = base * off / target / BASE_FEE_PARTS;
    match used >= GAS_TARGET {
        true if used == GAS_TARGET => base,
        true => base + moved.max(1),
        false => base.saturating_sub(moved).max(1),
    }
}

/// How many full blocks it takes for the base fee to reach so many times itself.
pub(super) fn full_blocks_to(times: u128) -> u64 {
    let begin = 100 * GWEI;
    let (mut base, mut blocks) = (begin, 0);
    while base < begin * times {
        base = next_base_fee(base, GAS_MAX);
        blocks += 1;
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_fee_grows_as_on_the_chain() {
        // The multiples of the report's figure would not be the chain's. 38.2, 28.9 and 31.3 blocks by arithmetic.
        assert_eq!((full_blocks_to(90), full_blocks_to(30), full_blocks_to(40)), (39, 29, 32));
        assert_eq!(next_base_fee(800, GAS_TARGET), 800);
        assert_eq!(next_base_fee(800, 0), 700);
    }

    #[test]
    fn who_pays_most_above_the_base_fee_is_in_and_who_does_not_pay_it_is_not() {
        // Else a bid with a stale most would look as good as one that was raised.
        let mut market = Market::new(Some(100));
        let bid = |who, max_fee, tip| Bid {
            max_fee,
            tip: Tip::Fixed(tip),
            gas: GAS_MAX / 2,
            since: 0,
            who: Some(who),
        };
        for (who, max_fee, tip) in [(0, 99, 50), (1, 200, 2), (2, 200, 3), (3, 104, 50)] {
            market.offer(bid(who, max_fee, tip));
        }
        assert_eq!(market.make_block(), [(3, 104), (2, 103)]);
        assert_eq!(market.base_fee(), 112);
        market.offer(bid(1, 300, 9));
        assert_eq!(
            market.make_block(),
            [(1, 121)],
            "the second bid has taken the place of the first"
        );
    }
}
