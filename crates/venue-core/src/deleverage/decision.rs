//! One decision of deleveraging, with all that is needed to work it out again.

use thiserror::Error;
use units::Money;

use crate::deleverage::holder::{At, Holder};
use crate::deleverage::share::{ShareError, share};
use crate::id::{AccountId, MarketId};
use crate::settings::Deleverage;
use crate::value::{Lots, PositionSide, Side, Ticks};

/// What has to be decided: lots that nobody took, and a deficit that the fund did not pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Where.
    pub market: MarketId,
    /// The rule, as the market is configured.
    pub rule: Deleverage,
    /// The side of the orders that would close the positions: `Sell` for long ones. Holders are on this side.
    pub side: Side,
    /// The price that they are closed at: the mark, or by a ranking the bankruptcy price.
    pub price: Ticks,
    /// The mark.
    pub mark: Ticks,
    /// What one lot is worth for each tick of price.
    pub tick_value: Money,
    /// Whose positions nobody took, the most urgent first; one by a ranking.
    pub losers: Vec<Loser>,
    /// All who hold the opposite, by rising account.
    pub holders: Vec<Holder>,
}

/// Somebody whose position nobody took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loser {
    /// Who.
    pub account: AccountId,
    /// Which of the account's positions.
    pub position: PositionSide,
    /// Lots that are to be closed.
    pub lots: Lots,
    /// What is missing and the fund did not pay.
    pub deficit: Money,
}

/// What one holder gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// Who.
    pub account: AccountId,
    /// Which of the account's positions.
    pub position: PositionSide,
    /// Lots that are closed.
    pub lots: Lots,
    /// What is paid of the deficit.
    pub money: Money,
}

/// A decision: the question and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What was to be decided.
    pub question: Question,
    /// Who gives what, by rising account; who gives nothing is not in it.
    pub given: Vec<Given>,
    /// Lots that nobody was there to take; none, as long as what is held long is held short.
    pub left: Lots,
    /// What of the deficit the holders could not pay.
    pub unpaid: Money,
}

/// Why a decision does not follow from its question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Mismatch {
    /// Holders are not in rising order, one a position.
    #[error("the holders are not in rising order of their accounts")]
    Order,
    /// The numbers cannot be shared out.
    #[error("it cannot be shared out: {0}")]
    Share(#[from] ShareError),
    /// Somebody gives something else than the rule says.
    #[error("{0} gives something else than what the rule says")]
    Given(AccountId),
    /// What is left over is something else than what the rule says.
    #[error("what is left over is something else than what the rule says")]
    Left,
}

impl Question {
    /// What holders' scores are worked out at.
    #[must_use]
    pub const fn at(&self) -> At {
        At { side: self.side, mark: self.mark, tick_value: self.tick_value }
    }

    /// How many lots are to be closed in all.
    #[must_use]
    pub fn lots(&self) -> Lots {
        self.losers.iter().fold(Lots::ZERO, |sum, loser| sum.plus(loser.lots))
    }

    /// What is missing in all.
    #[must_use]
    pub fn deficit(&self) -> Money {
        self.losers.iter().fold(Money::ZERO, |sum, loser| sum.plus(loser.deficit))
    }

    /// Answers it: lots first, then money, each from the holders who are not hedged before those who are.
    ///
    /// # Errors
    /// Where numbers are out of range, which those of a venue never are.
    pub fn decide(self) -> Result<Decision, ShareError> {
        let (lots, left) = match self.rule {
            Deleverage::ProRata => self.pro_rata()?,
            Deleverage::Binance | Deleverage::Bitmex | Deleverage::Hyperliquid => self.in_order(),
        };
        let (money, unpaid) = self.pay()?;
        let mut given = Vec::new();
        for ((holder, lots), money) in self.holders.iter().zip(lots).zip(money) {
            if lots > 0 || money > 0 {
                given.push(Given {
                    account: holder.account,
                    position: holder.position,
                    lots: Lots::new(i64::try_from(lots).unwrap_or(0)),
                    money: Money::from_raw(money),
                });
            }
        }
        Ok(Decision { question: self, given, left, unpaid })
    }

    /// Lots in proportion to lots, group by group.
    fn pro_rata(&self) -> Result<(Vec<i128>, Lots), ShareError> {
        let (mut parts, mut left) = (vec![0; self.holders.len()], i128::from(self.lots().number()));
        for group in 0..=3 {
            let in_group = |holder: &Holder| holder.group() == group;
            left =
                self.spread(&mut parts, left, in_group, |holder| i128::from(holder.lots.number()))?;
        }
        Ok((parts, Lots::new(i64::try_from(left).unwrap_or(0))))
    }

    /// Money in proportion to what each can give; of the hedged only what the others could not.
    fn pay(&self) -> Result<(Vec<i128>, Money), ShareError> {
        let (mut parts, mut left) = (vec![0; self.holders.len()], self.deficit().raw());
        for hedged in [false, true] {
            let in_group = |holder: &Holder| holder.hedged == hedged;
            left = self.spread(&mut parts, left, in_group, |holder| holder.can_give().raw())?;
        }
        Ok((parts, Money::from_raw(left)))
    }

    /// Shares out what is left among some of the holders, at most what they can take; gives what is left then.
    fn spread(
        &self,
        parts: &mut [i128],
        left: i128,
        of: impl Fn(&Holder) -> bool,
        weight: impl Fn(&Holder) -> i128,
    ) -> Result<i128, ShareError> {
        if left == 0 {
            return Ok(0);
        }
        let chosen = || self.holders.iter().enumerate().filter(|(_, holder)| of(holder));
        let weights: Vec<_> =
            chosen().map(|(_, holder)| (holder.account, weight(holder))).collect();
        let mut all = 0_i128;
        for (_, weight) in &weights {
            all = all.checked_add(*weight).ok_or(ShareError::OutOfRange)?;
        }
        let taken = left.min(all);
        for ((place, _), part) in chosen().zip(share(taken, &weights)?) {
            if let Some(slot) = parts.get_mut(place) {
                *slot = part;
            }
        }
        Ok(left.saturating_sub(taken))
    }

    /// Lots by a ranking: each holder wholly, in the order of the scores.
    fn in_order(&self) -> (Vec<i128>, Lots) {
        let mut order: Vec<_> = self.holders.iter().enumerate().collect();
        let at = self.at();
        order.sort_by(|one, other| one.1.before(other.1, self.rule, at));
        let (mut parts, mut left) = (vec![0; self.holders.len()], self.lots());
        for (place, holder) in order {
            let lots = holder.lots.min(left);
            left = left.minus(lots);
            if let Some(part) = parts.get_mut(place) {
                *part = i128::from(lots.number());
            }
        }
        (parts, left)
    }
}

impl Decision {
    /// What all holders together pay.
    #[must_use]
    pub fn paid(&self) -> Money {
        self.question.deficit().minus(self.unpaid)
    }

    /// How many lots are closed.
    #[must_use]
    pub fn closed(&self) -> Lots {
        self.question.lots().minus(self.left)
    }
}

/// Works a decision out again from what is written in it.
///
/// # Errors
/// Where the answer is another one; the error says what differs first.
pub fn verify(decision: &Decision) -> Result<(), Mismatch> {
    let holders = &decision.question.holders;
    let rising = holders.windows(2).all(|pair| match pair {
        [one, other] => (one.account, one.position) < (other.account, other.position),
        _ => true,
    });
    if !rising {
        return Err(Mismatch::Order);
    }
    let again = decision.question.clone().decide()?;
    let mut theirs = decision.given.iter();
    for ours in &again.given {
        match theirs.next() {
            Some(given) if given == ours => {}
            Some(given) => return Err(Mismatch::Given(given.account.min(ours.account))),
            None => return Err(Mismatch::Given(ours.account)),
        }
    }
    if let Some(more) = theirs.next() {
        return Err(Mismatch::Given(more.account));
    }
    if (again.left, again.unpaid) == (decision.left, decision.unpaid) {
        Ok(())
    } else {
        Err(Mismatch::Left)
    }
}
