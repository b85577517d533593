//! Whoever wants into a block: a crowd, bots after liquidations, and people whose loan needs a top-up in time.

use gateway_core::Inclusion;
use machine::Prng;

use super::market::{Bid, GWEI, Market, Tip};
use super::wallet::{Rule, Wallet};

/// Gas of the crowd's transactions: a swap.
const CROWD_GAS: u64 = 120_000;
/// Gas of a top-up of a loan.
const TOP_UP_GAS: u64 = 90_000;
/// Gas of a liquidation; one that comes too late pays for it all the same.
const LIQUIDATION_GAS: u64 = 300_000;
/// What a wallet tips by itself. Source: the usual setting of wallets since August 2021, 1.5 to 2 gwei.
const WALLET_TIP: u128 = 2 * GWEI;
/// Values of the crowd are drawn in parts of this.
const PARTS: u64 = 1_000_000;

/// The crowd.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crowd {
    /// What the one of the least will pays at most, in wei; half of all pay twice as much, a tenth ten times.
    pub(super) least: u128,
    /// Per cent of them that bid anew each block for a share of what they would pay.
    pub(super) bidding_percent: u64,
}

impl Crowd {
    /// So many come before the next block.
    pub(super) fn come(self, count: u64, market: &mut Market, prng: &mut Prng) {
        let since = market.number();
        for _ in 0..count {
            let part = u128::from(prng.below(PARTS) + 1);
            let max_fee = self.least * u128::from(PARTS) / part;
            let bids = !market.has_base_fee() || prng.below(100) < self.bidding_percent;
            let tip = if bids {
                Tip::Share(30 + u128::from(prng.below(40)))
            } else {
                Tip::Fixed(WALLET_TIP)
            };
            // Whoever would not pay even the base fee does not send.
            if max_fee > market.base_fee() {
                market.offer_crowd(Bid { max_fee, tip, gas: CROWD_GAS, since, who: None });
            }
        }
    }
}

/// Bots after one position: each bids for a share of what it earns, and all but one for nothing.
pub(super) fn bots(count: u64, worth: u128, market: &mut Market, prng: &mut Prng) {
    for _ in 0..count {
        let share = 50 + u128::from(prng.below(50));
        let (max_fee, since) = (market.base_fee() + worth * share / 100, market.number());
        let bid = Bid { max_fee, tip: Tip::Share(100), gas: LIQUIDATION_GAS, since, who: None };
        market.offer_crowd(bid);
    }
}

/// Somebody with a loan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    /// The block at which the alarm comes.
    pub(super) alarm: u64,
    /// The block from which on the loan is liquidated.
    pub(super) deadline: u64,
    /// When the last bid was made.
    sent: Option<u64>,
    pub(super) end: Option<End>,
}

/// How it ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// The top-up was in a block in time.
    Saved {
        /// Blocks from the alarm.
        blocks: u64,
        /// Wei a unit of gas.
        paid: u128,
    },
    /// It was not.
    Lost,
}

impl Person {
    pub(super) const fn new(alarm: u64, deadline: u64) -> Self {
        Self { alarm, deadline, sent: None, end: None }
    }

    /// Bids, where it is time to.
    pub(super) fn act(
        &mut self,
        who: usize,
        wallet: Wallet,
        market: &mut Market,
        told: Option<[Inclusion; 3]>,
    ) {
        let now = market.number();
        if self.end.is_some() || now < self.alarm {
            return;
        }
        if now >= self.deadline {
            self.end = Some(End::Lost);
            return;
        }
        let again = match (self.sent, wallet.again_blocks) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(sent), Some(blocks)) => now >= sent + blocks,
        };
        let Some((max_fee, tip)) = again.then(|| price(wallet, market, told)).flatten() else {
            return;
        };
        self.sent = Some(now);
        let tip = Tip::Fixed(tip);
        market.offer(Bid { max_fee, tip, gas: TOP_UP_GAS, since: now, who: Some(who) });
    }
}

/// The most and the tip that a wallet offers.
fn price(wallet: Wallet, market: &Market, told: Option<[Inclusion; 3]>) -> Option<(u128, u128)> {
    let base = market.base_fee();
    let by_tip = |tip: u128| (base * 2 + tip, tip);
    match wallet.rule {
        // Twice the base fee and the tip: the usual setting of libraries.
        Rule::Fixed => Some(by_tip(wallet.fixed.unwrap_or(WALLET_TIP))),
        Rule::Node => Some(by_tip(market.node_tip())),
        Rule::Seawall => {
            let [next, three, ten] = told?;
            let of = |blocks| {
                if blocks <= 1 {
                    next
                } else if blocks <= 3 {
                    three
                } else {
                    ten
                }
            };
            let offer = of(wallet.within_blocks);
            Some((offer.max_fee, offer.tip))
        }
    }
}
