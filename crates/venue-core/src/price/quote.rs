//! A price as the outside gives it: its ends, and what may be done on it.

use machine::{codec_enum, codec_struct};
use units::{Price, Span, Timestamp};

use crate::command::{PriceStatus, PriceUpdate};
use crate::value::Ends;

/// How long prices are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The greatest age of a price with values of its own; an older one counts as held.
    pub(crate) age: Span,
    /// How long a price counts as held; as halted afterwards.
    pub(crate) held: Span,
}

/// For how long two markets for one thing spare the solvent: waiting longer makes their losses the fund's.
const SPLIT_SPARES: Span = Span::from_secs(60);

/// Which lane of a price counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Of an index.
    Market,
    /// Of collateral.
    Liquidation,
}

/// What new orders a price permits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NewOrders {
    /// All.
    All,
    /// All, but what increases is margined in full.
    InFull,
    /// Those that reduce.
    #[default]
    Reducing,
}

codec_enum! { NewOrders { 0 = All, 1 = InFull, 2 = Reducing } }

/// Whose liquidation a price permits; a larger one permits less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Permit {
    /// Of all who are due at the better end.
    Due,
    /// Of those who have less than nothing at the better end.
    Insolvent,
    /// Of nobody, for the moment.
    Nobody,
}

/// The last price of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quote {
    /// What the last price was good for when it came; halted before the first.
    status: PriceStatus,
    /// What it is, and the ends that it may be at; zero before the first that had values.
    pub(crate) price: Ends<Price>,
    /// What new orders it permitted when it came.
    pub(crate) orders: NewOrders,
    /// When the last price with values of its own came; neither held nor halted.
    pub(crate) valued_at: Option<Timestamp>,
    /// When the outside saw it.
    as_of: Timestamp,
    /// Since when there are two markets for it, and none that is to be relied on.
    split_since: Option<Timestamp>,
    /// After this it counts as held.
    held_after: Timestamp,
    /// After this it counts as halted.
    halted_after: Timestamp,
}

codec_struct! {
    Quote { status, price, orders, valued_at, as_of, split_since, held_after, halted_after }
}

impl Quote {
    /// Whether a price may follow this one: it is not older, and has sensible values where it has any.
    pub(crate) fn may_be_followed_by(&self, now: Timestamp, update: &PriceUpdate) -> bool {
        let above_zero = |price: Price| price > Price::ZERO;
        let sensible = above_zero(update.market)
            && above_zero(update.liquidation)
            && update.confidence >= Price::ZERO;
        update.as_of.min(now) >= self.as_of && (sensible || !update.status.has_values())
    }

    /// Takes over a price that [may follow](Self::may_be_followed_by). Says what it is good for: one that is too old is
    /// held, and one that is held is halted where the last one was.
    pub(crate) fn take(
        &mut self,
        now: Timestamp,
        update: &PriceUpdate,
        lane: Lane,
        limits: Limits,
    ) -> PriceStatus {
        self.as_of = update.as_of.min(now);
        let old = update.status.has_values() && now.since(self.as_of) > limits.age;
        let status = if old { PriceStatus::Held } else { update.status };
        let before = self.status_at(now);
        let status = match (status, before) {
            (PriceStatus::Held, PriceStatus::Halted) => PriceStatus::Halted,
            _ => status,
        };
        self.status = status;
        if status.has_values() {
            self.held_after = self.as_of.after(limits.age);
            self.halted_after = self.held_after.after(limits.held);
        } else if before != PriceStatus::Held {
            (self.held_after, self.halted_after) = (now, now.after(limits.held));
        }
        self.orders = match status {
            PriceStatus::Live | PriceStatus::Capped => NewOrders::All,
            PriceStatus::Degraded => NewOrders::InFull,
            PriceStatus::Held => self.orders,
            PriceStatus::Split | PriceStatus::Halted => NewOrders::Reducing,
        };
        match status {
            PriceStatus::Live | PriceStatus::Capped | PriceStatus::Degraded => {
                self.split_since = None;
            }
            PriceStatus::Split => self.split_since = self.split_since.or(Some(now)),
            PriceStatus::Held | PriceStatus::Halted => {}
        }
        if status.has_values() {
            self.valued_at = Some(now);
            self.price = ends(update, lane);
        }
        status
    }

    /// What it is good for at a time, by its age.
    pub(crate) fn status_at(&self, now: Timestamp) -> PriceStatus {
        if self.status == PriceStatus::Halted || now > self.halted_after {
            PriceStatus::Halted
        } else if now > self.held_after {
            PriceStatus::Held
        } else {
            self.status
        }
    }

    /// Whether it permits only orders that reduce.
    pub(crate) fn only_reduces(&self, now: Timestamp) -> bool {
        self.orders == NewOrders::Reducing || now > self.halted_after
    }

    /// Whose liquidation it permits. One that is halted permits all but to sell what it is the price of: else a lot of
    /// a halted market would keep its holder from every liquidation.
    pub(crate) fn permit(&self, now: Timestamp) -> Permit {
        match self.status_at(now) {
            PriceStatus::Live
            | PriceStatus::Capped
            | PriceStatus::Degraded
            | PriceStatus::Halted => Permit::Due,
            PriceStatus::Split => {
                let spared = self.split_since.is_some_and(|since| since.after(SPLIT_SPARES) > now);
                if spared { Permit::Insolvent } else { Permit::Due }
            }
            PriceStatus::Held => Permit::Nobody,
        }
    }

    /// Whether what it is the price of may be sold by the venue.
    pub(crate) fn may_be_sold(&self, now: Timestamp) -> bool {
        self.status_at(now) != PriceStatus::Halted
    }
}

fn ends(update: &PriceUpdate, lane: Lane) -> Ends<Price> {
    let at = match lane {
        Lane::Market => update.market,
        Lane::Liquidation => update.liquidation,
    };
    match update.status {
        PriceStatus::Live | PriceStatus::Held | PriceStatus::Halted => Ends::known(at),
        PriceStatus::Capped | PriceStatus::Split => Ends {
            at,
            low: update.market.min(update.liquidation),
            high: update.market.max(update.liquidation),
        },
        PriceStatus::Degraded => Ends {
            at,
            low: at.minus(update.confidence).max(Price::ZERO),
            high: at.plus(update.confidence),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::PriceOf;
    use crate::id::MarketId;

    fn update(status: PriceStatus, market: i128, liquidation: i128) -> PriceUpdate {
        PriceUpdate {
            of: PriceOf::Index(MarketId::new(0)),
            status,
            market: Price::whole(market),
            liquidation: Price::whole(liquidation),
            confidence: Price::whole(3),
            as_of: Timestamp::ZERO,
        }
    }

    fn secs(secs: u64) -> Timestamp {
        Timestamp::from_nanos(secs * 1_000_000_000)
    }

    const NEVER: Limits = Limits { age: Span::MAX, held: Span::MAX };

    fn ends_of(quote: &Quote) -> (i128, i128, i128) {
        let whole = |price: Price| price.raw() / Price::ONE.raw();
        (whole(quote.price.low), whole(quote.price.at), whole(quote.price.high))
    }

    #[test]
    fn each_status_has_its_ends_and_permits() {
        // The table of the rules: a wrong row liquidates on a doubtful price, or lends on it.
        use PriceStatus as S;
        let mut quote = Quote::default();
        for (status, lane, ends, orders, permit) in [
            (S::Live, Lane::Market, (100, 100, 100), NewOrders::All, Permit::Due),
            (S::Live, Lane::Liquidation, (90, 90, 90), NewOrders::All, Permit::Due),
            (S::Capped, Lane::Market, (90, 100, 100), NewOrders::All, Permit::Due),
            (S::Capped, Lane::Liquidation, (90, 90, 100), NewOrders::All, Permit::Due),
            (S::Degraded, Lane::Market, (97, 100, 103), NewOrders::InFull, Permit::Due),
            (S::Held, Lane::Market, (97, 100, 103), NewOrders::InFull, Permit::Nobody),
            (S::Split, Lane::Market, (90, 100, 100), NewOrders::Reducing, Permit::Insolvent),
            (S::Degraded, Lane::Liquidation, (87, 90, 93), NewOrders::InFull, Permit::Due),
            (S::Halted, Lane::Market, (87, 90, 93), NewOrders::Reducing, Permit::Due),
        ] {
            quote.take(secs(1), &update(status, 100, 90), lane, NEVER);
            assert_eq!(ends_of(&quote), ends, "{status:?}");
            assert_eq!((quote.orders, quote.permit(secs(1))), (orders, permit), "{status:?}");
            assert_eq!(quote.may_be_sold(secs(1)), status != S::Halted);
        }
    }

    #[test]
    fn a_split_spares_the_solvent_for_a_minute_at_most() {
        // A feed that goes to and fro must not put off liquidation for ever.
        use PriceStatus as S;
        let mut quote = Quote::default();
        let mut at = |time: u64, status| {
            quote.take(secs(time), &update(status, 100, 90), Lane::Market, NEVER);
            quote.permit(secs(time))
        };
        assert_eq!(at(10, S::Split), Permit::Insolvent);
        assert_eq!(at(40, S::Held), Permit::Nobody);
        assert_eq!(at(50, S::Halted), Permit::Due);
        assert_eq!(at(69, S::Split), Permit::Insolvent);
        assert_eq!(at(70, S::Split), Permit::Due);
        assert_eq!(at(71, S::Degraded), Permit::Due);
        assert_eq!(at(72, S::Split), Permit::Insolvent, "a new one has its own minute");
    }

    #[test]
    fn a_price_that_is_older_or_makes_no_sense_is_refused() {
        // An old price that comes late would move marks backwards.
        let mut quote = Quote::default();
        let mut late = update(PriceStatus::Live, 100, 90);
        late.as_of = secs(5);
        assert!(quote.may_be_followed_by(secs(6), &late));
        quote.take(secs(6), &late, Lane::Market, NEVER);
        assert!(quote.may_be_followed_by(secs(6), &late), "as old as the last one");
        late.as_of = secs(4);
        assert!(!quote.may_be_followed_by(secs(6), &late));
        for (market, liquidation) in [(0, 1), (1, 0), (-1, 1)] {
            let mut update = update(PriceStatus::Split, market, liquidation);
            update.as_of = secs(6);
            assert!(!quote.may_be_followed_by(secs(6), &update));
            update.status = PriceStatus::Halted;
            assert!(quote.may_be_followed_by(secs(6), &update), "its values are not looked at");
        }
    }

    #[test]
    fn a_price_is_good_for_no_longer_than_it_may_be_old() {
        // A feed that stops, or says again what was true long ago, must neither lend nor liquidate.
        use PriceStatus as S;
        let limits = Limits { age: Span::from_secs(5), held: Span::from_secs(2) };
        let mut quote = Quote::default();
        let mut take = |now: u64, status, as_of: u64, at: i128| {
            let update = PriceUpdate { as_of: secs(as_of), ..update(status, at, at) };
            let taken = quote.take(secs(now), &update, Lane::Market, limits);
            (taken, quote)
        };
        let (taken, quote) = take(10, S::Live, 8, 100);
        assert_eq!(taken, S::Live);
        let seen = [12, 13, 14, 15, 16].map(|now| quote.status_at(secs(now)));
        assert_eq!(seen, [S::Live, S::Live, S::Held, S::Held, S::Halted]);
        assert_eq!(quote.permit(secs(14)), Permit::Nobody);
        assert_eq!((quote.permit(secs(16)), quote.may_be_sold(secs(16))), (Permit::Due, false));
        assert_eq!([15, 16].map(|now| quote.only_reduces(secs(now))), [false, true]);
        let (taken, quote) = take(14, S::Live, 8, 200);
        assert_eq!((taken, ends_of(&quote)), (S::Held, (100, 100, 100)), "too old when it came");
        let (taken, quote) = take(15, S::Held, 15, 0);
        assert_eq!(taken, S::Held);
        assert_eq!(quote.status_at(secs(16)), S::Halted, "held begins once, and not again");
        let (taken, _) = take(16, S::Held, 16, 0);
        assert_eq!(taken, S::Halted, "what is halted is not held again");
        let (taken, quote) = take(17, S::Capped, 99, 300);
        assert_eq!((taken, ends_of(&quote)), (S::Capped, (300, 300, 300)));
        assert_eq!(quote.status_at(secs(23)), S::Held, "the future is now");
        let (_, quote) = take(18, S::Held, 18, 0);
        assert_eq!([20, 21].map(|now| quote.status_at(secs(now))), [S::Held, S::Halted]);
    }
}
