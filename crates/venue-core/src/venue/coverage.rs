//! Whether the fund would be enough if prices moved.

use units::{Money, Ratio, Rounding, Span};

use crate::coverage::Coverage;
use crate::id::AccountId;
use crate::state::{Account, Leg};
use crate::value::worth;
use crate::venue::Venue;
use crate::venue::liquidate::Party;

/// How often the coverage that margin for new risk depends on is worked out: it looks at everybody.
const COVERAGE_EVERY: Span = Span::from_secs(60);

impl Venue {
    /// What the fund would have to pay if all prices moved by a part of themselves at once, up or (below zero) down:
    /// marks, and what collateral is worth where it falls. Looks at all accounts.
    #[must_use]
    pub fn coverage(&self, shock: Ratio) -> Coverage {
        let accounts = (0..).zip(&self.accounts);
        let crossed = accounts.map(|(number, account)| self.shocked(number, account, shock));
        let isolated = self.legs.iter().filter(|leg| leg.isolated.is_some());
        let isolated = isolated.map(|leg| {
            let margin = leg.isolated.unwrap_or(Money::ZERO);
            margin.plus(self.profit_at_mark(leg)).plus(self.move_of(leg, shock))
        });
        Coverage::of(shock, self.ledger.fund, crossed.chain(isolated))
    }

    /// What an account would have.
    fn shocked(&self, number: u32, account: &Account, shock: Ratio) -> Money {
        let (equity, _) = self.standing(Party::account(AccountId::new(number)));
        let legs = account.legs.iter().filter_map(|leg| self.legs.get(leg.place()));
        let crossed = legs.filter(|leg| leg.isolated.is_none());
        let moved = crossed.fold(equity, |sum, leg| sum.plus(self.move_of(leg, shock)));
        if shock >= Ratio::ZERO {
            return moved;
        }
        account.holdings.iter().fold(moved, |sum, holding| {
            let asset = self.assets.get(holding.asset.place());
            let value = asset.map_or(Money::ZERO, |asset| asset.risk.better(holding.amount));
            sum.plus(value.times(shock, Rounding::Down).unwrap_or(Money::ZERO))
        })
    }

    /// What a position would win by a move of its mark.
    fn move_of(&self, leg: &Leg, shock: Ratio) -> Money {
        let Some(market) = self.markets.get(leg.market.place()) else { return Money::ZERO };
        let Some(marks) = market.marks else { return Money::ZERO };
        let value = worth(leg.lots, marks.mark, market.tick_value);
        value.times(shock, Rounding::Down).unwrap_or(Money::ZERO)
    }

    fn profit_at_mark(&self, leg: &Leg) -> Money {
        let Some(market) = self.markets.get(leg.market.place()) else { return Money::ZERO };
        market.marks.map_or(Money::ZERO, |marks| leg.profit(marks.mark, market.tick_value))
    }

    /// Works the coverage out anew that margin for new risk depends on, where it is time: the worse of a move up and one
    /// down by the configured shock.
    pub(super) fn refresh_coverage(&mut self) {
        let Some(scale) = self.settings.coverage else { return };
        if self.covered_at.is_some_and(|at| self.now.since(at) < COVERAGE_EVERY) {
            return;
        }
        self.covered_at = Some(self.now);
        let down = Ratio::from_raw(scale.shock.raw().saturating_neg());
        let ratios = [down, scale.shock].map(|shock| self.coverage(shock).ratio());
        self.known_coverage = ratios.into_iter().flatten().min();
        self.set_surcharges();
    }
}
