//! Who was closed by deleveraging, what it took from them, and what of that was needed.

use std::collections::{BTreeMap, BTreeSet};

use units::Timestamp;
use venue_core::deleverage::{Decision, Given};
use venue_core::{AccountId, Event, Liquidated, Lots, MarketId, Side};

use super::asset::Asset;
use super::exchange::dollars;

/// What has come of deleveraging so far.
#[derive(Debug, Default)]
pub(crate) struct Closed {
    assets: Vec<Asset>,
    people: BTreeMap<AccountId, Person>,
    /// What the fund has, in dollars.
    fund: f64,
    budgets: BTreeMap<MarketId, Budget>,
    /// Who gave lots or money.
    pub(crate) users: BTreeSet<AccountId>,
    /// Of these: whose book was further from neutral afterwards.
    pub(crate) unhedged: BTreeSet<AccountId>,
    /// Of these: whose hedge was in another market of the venue, which it can see.
    pub(crate) unhedged_here: BTreeSet<AccountId>,
    /// By how much they were further from it, in dollars.
    pub(crate) grown: f64,
    /// Dollars of short and of long positions that were closed.
    pub(crate) shorts: f64,
    pub(crate) longs: f64,
    /// What it took from holders beside closing them at the mark, in dollars: money, and a worse price than the mark.
    pub(crate) taken: f64,
    /// What of that was more than was missing and the fund might not pay.
    pub(crate) overshoot: f64,
    /// What those who were closed first lost of their own: a price that was worse for them than the mark.
    pub(crate) forfeited: f64,
}

/// What somebody holds that may be closed, and what they hold elsewhere.
#[derive(Clone, Debug, Default)]
struct Person {
    lots: BTreeMap<MarketId, i64>,
    /// Lots at other places, by market: the venue does not see them.
    outside: BTreeMap<MarketId, i64>,
    /// Lots at the beginning, and those that were closed, whatever the side.
    at_first: i64,
    closed: i64,
}

/// What a market may still use of the fund in its window, worked out from what the venue says that it has paid.
#[derive(Clone, Copy, Debug, Default)]
struct Budget {
    until: Timestamp,
    left: f64,
    /// When nothing was left of it for the first time.
    used_up: Option<Timestamp>,
    /// What holders gave that the fund might have paid.
    spared: f64,
}

/// Less than this of a budget is nothing, in dollars: what one lot costs the fund.
const NOTHING: f64 = 1_000.0;

impl Closed {
    pub(crate) fn new(assets: &[Asset]) -> Self {
        Self { assets: assets.to_vec(), ..Self::default() }
    }

    /// Gets to know what an account holds, here and elsewhere, by market.
    pub(crate) fn knows(
        &mut self,
        account: AccountId,
        here: impl Iterator<Item = (MarketId, i64)>,
        outside: impl Iterator<Item = (MarketId, i64)>,
    ) {
        let person = self.people.entry(account).or_default();
        person.lots.extend(here);
        person.outside.extend(outside);
        person.at_first = person.lots.values().filter(|lots| **lots < 0).map(|lots| -lots).sum();
    }

    pub(crate) fn hear(&mut self, now: Timestamp, event: &Event) {
        if let Event::Deleveraged(decision) = event {
            self.decided(now, decision);
        } else if let Event::Fund { market, change, balance } = event {
            self.fund = dollars(*balance);
            if let Some(market) = market {
                self.paid(now, *market, dollars(*change));
            }
        } else if let Event::Tape(entry) = event
            && let Liquidated::Position { market, side, lots, .. } = entry.what
            && let Some(person) = self.people.get_mut(&entry.account)
        {
            *person.lots.entry(market).or_default() += side.signed(lots).number();
        }
    }

    /// The fund has paid, or got a fee.
    fn paid(&mut self, now: Timestamp, market: MarketId, change: f64) {
        if change >= 0.0 {
            return;
        }
        let Some(asset) = self.assets.get(market.place()) else { return };
        let terms = &asset.settings.liquidation;
        let budget = self.budgets.entry(market).or_default();
        if now >= budget.until {
            budget.until = now.after(terms.fund_window);
            budget.left = (self.fund - change) * (terms.fund_share.raw() as f64 / 1e12);
        }
        budget.left += change;
        if budget.left.min(self.fund) < NOTHING {
            budget.used_up.get_or_insert(now);
        }
    }

    /// When nothing was left of what one of the markets may use of the fund.
    pub(crate) fn used_up(&self) -> Option<Timestamp> {
        self.budgets.values().filter_map(|budget| budget.used_up).min()
    }

    /// What the fund might still pay for a market.
    fn payable(&self, now: Timestamp, market: MarketId, fund: f64) -> f64 {
        let share = self.assets.get(market.place()).map(|it| it.settings.liquidation.fund_share);
        let share = share.map_or(0.0, |share| share.raw() as f64 / 1e12);
        let budget = self.budgets.get(&market).copied().unwrap_or_default();
        let left = if now < budget.until { budget.left } else { fund * share };
        (left.min(fund) - budget.spared).max(0.0)
    }

    fn decided(&mut self, now: Timestamp, decision: &Decision) {
        let question = &decision.question;
        let market = question.market;
        let Some(asset) = self.assets.get(market.place()).cloned() else { return };
        let (mark, price) = (asset.dollars(question.mark), asset.dollars(question.price));
        // Below zero the holders are better off than by the mark.
        let worse = match question.side {
            Side::Sell => price - mark,
            Side::Buy => mark - price,
        };
        let by_price = asset.worth(decision.closed(), 1.0) * worse;
        let money = dollars(decision.paid());
        let notional = asset.worth(decision.closed(), mark);
        match question.side {
            Side::Sell => self.shorts += notional,
            Side::Buy => self.longs += notional,
        }
        self.taken += by_price.max(0.0) + money;
        self.forfeited += (-by_price).max(0.0);
        let spared = by_price.max(0.0).min(self.payable(now, market, self.fund));
        self.overshoot += spared;
        self.budgets.entry(market).or_default().spared += spared;
        for given in &decision.given {
            self.gives(given, market, question.side);
        }
    }

    /// An account gives lots or money.
    fn gives(&mut self, given: &Given, market: MarketId, side: Side) {
        self.users.insert(given.account);
        let before = self.delta(given.account);
        let lots = side.opposite().signed(given.lots).number();
        let Some(person) = self.people.get_mut(&given.account) else { return };
        let hedges = person.lots.values().any(|lots| *lots > 0);
        *person.lots.entry(market).or_default() += lots;
        person.closed += given.lots.number();
        let after = self.delta(given.account);
        if after.abs() > before.abs() + NOTHING {
            self.unhedged.insert(given.account);
            self.grown += after.abs() - before.abs();
            if hedges {
                self.unhedged_here.insert(given.account);
            }
        }
    }

    /// How far an account is from neutral, here and elsewhere, in dollars by the prices of the beginning.
    fn delta(&self, account: AccountId) -> f64 {
        let Some(person) = self.people.get(&account) else { return 0.0 };
        let worth = |(market, lots): (&MarketId, &i64)| {
            let asset = self.assets.get(market.place());
            asset.map_or(0.0, |asset| asset.worth(Lots::new(*lots), asset.start))
        };
        person.lots.iter().chain(&person.outside).map(worth).sum()
    }

    /// How unlike holders were treated: the standard deviation, in hundredths, of the part of what each held short that
    /// was closed.
    pub(crate) fn unfairness(&self) -> f64 {
        let holders = self.people.values().filter(|person| person.at_first > 0);
        let parts: Vec<f64> =
            holders.map(|person| person.closed as f64 / person.at_first as f64 * 100.0).collect();
        let count = parts.len().max(1) as f64;
        let mean = parts.iter().sum::<f64>() / count;
        libm::sqrt(parts.iter().map(|part| (part - mean) * (part - mean)).sum::<f64>() / count)
    }

    /// How many might have been closed.
    pub(crate) fn holders(&self) -> usize {
        self.people.values().filter(|person| person.at_first > 0).count()
    }
}

#[cfg(test)]
mod tests {
    use units::{Money, Price, Quantity};
    use venue_core::deleverage::{Loser, Question};
    use venue_core::{Deleverage, MarketSettings, PositionSide, Ticks};

    use super::*;
    use crate::market::asset::assets;

    const MARKET: MarketId = MarketId::new(0);

    /// One of two accounts gives lots at a price, where the mark is 100 and a lot is worth a dollar for each tick.
    fn decision(account: u32, lots: i64, price: i64) -> Event {
        let (account, position) = (AccountId::new(account), PositionSide::Both);
        let lots = Lots::new(lots);
        Event::Deleveraged(Box::new(Decision {
            question: Question {
                market: MARKET,
                rule: Deleverage::Hyperliquid,
                side: Side::Sell,
                price: Ticks::new(price),
                mark: Ticks::new(100),
                tick_value: Money::ONE,
                losers: vec![Loser {
                    account: AccountId::new(9),
                    position,
                    lots,
                    deficit: Money::ZERO,
                }],
                holders: Vec::new(),
            },
            given: vec![Given { account, position, lots, money: Money::ZERO }],
            left: Lots::ZERO,
            unpaid: Money::ZERO,
        }))
    }

    fn closed() -> Closed {
        let settings = MarketSettings::perpetual("AUSDT", Price::whole(1), Quantity::whole(1));
        let assets = assets(std::iter::once(&settings), &[100.0]).expect("an asset");
        let mut closed = Closed::new(&assets);
        let here = |lots: i64| [(MARKET, lots)].into_iter();
        closed.knows(AccountId::new(1), here(-100), here(100));
        closed.knows(AccountId::new(2), here(-100), here(0));
        closed
    }

    #[test]
    fn a_price_beyond_the_mark_is_taken_from_holders() {
        // Deleveraging that costs holders nothing in a report is praised for what they paid by the price.
        let mut closed = closed();
        let now = Timestamp::from_nanos(1);
        let fund = |change| Event::Fund {
            market: Some(MARKET),
            change: Money::whole(change),
            balance: Money::whole(1_000),
        };
        closed.hear(now, &fund(10));
        closed.hear(now, &decision(2, 50, 104));
        assert_eq!((closed.taken, closed.forfeited, closed.shorts), (200.0, 0.0, 5_000.0));
        // A fund of 1,000 may pay 300 of it in this market; 100 of that are left to the next.
        assert_eq!(closed.overshoot, 200.0);
        closed.hear(now, &decision(2, 50, 104));
        assert_eq!((closed.taken, closed.overshoot), (400.0, 300.0));
        closed.hear(now, &decision(1, 10, 98));
        assert_eq!((closed.taken, closed.forfeited), (400.0, 20.0));
    }

    #[test]
    fn a_hedge_that_loses_its_leg_is_counted() {
        // Whoever is neutral and is closed here is long at the worst moment.
        let mut closed = closed();
        let now = Timestamp::from_nanos(1);
        closed.hear(now, &decision(1, 50, 100));
        closed.hear(now, &decision(2, 50, 100));
        assert_eq!((closed.users.len(), closed.unhedged.len(), closed.grown), (2, 1, 5_000.0));
        assert_eq!(closed.unfairness(), 0.0);
        closed.hear(now, &decision(2, 50, 100));
        assert_eq!(closed.unfairness(), 25.0);
    }
}
