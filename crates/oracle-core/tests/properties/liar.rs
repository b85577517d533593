//! Venues that lie, each in its own way for a while.

use machine::Prng;
use oracle_core::Quote;
use units::Price;

/// A way to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// Tells the truth, for now.
    None,
    /// Far from everybody.
    Far,
    /// Just beyond the highest or the lowest honest price.
    Beyond,
    /// As near as the gate allows.
    Beside,
    /// Goes up and up, a little each tick.
    Leak,
    /// Stands still.
    Still,
    /// Nothing comes.
    Silent,
    /// Bid above ask.
    Crossed,
    /// A book as wide as a barn door.
    Wide,
    /// The right price at a wrong time.
    Time,
    /// A number that nothing comes after.
    Number,
}

const LIES: [Lie; 11] = [
    Lie::None,
    Lie::Far,
    Lie::Beyond,
    Lie::Beside,
    Lie::Leak,
    Lie::Still,
    Lie::Silent,
    Lie::Crossed,
    Lie::Wide,
    Lie::Time,
    Lie::Number,
];

impl Lie {
    pub(crate) fn random(prng: &mut Prng) -> Self {
        LIES[prng.index(LIES.len())]
    }

    /// Its word in the tallies, where it is to have happened.
    pub(crate) const fn word(self) -> Option<&'static str> {
        match self {
            Self::Beyond => Some("a lie beyond the honest"),
            Self::Beside => Some("a lie beside the honest"),
            Self::Time => Some("a lie about the time"),
            Self::Number => Some("a lie about the number"),
            Self::None
            | Self::Far
            | Self::Leak
            | Self::Still
            | Self::Silent
            | Self::Crossed
            | Self::Wide => None,
        }
    }

    /// What is said instead of `honest`; `None` where nothing is. `low` and `high` are the ends of what honest venues
    /// say, `up` is the liars' direction of the day, `last` is what this one said before.
    pub(crate) fn told(
        self,
        honest: Quote,
        (low, high): (Price, Price),
        up: bool,
        last: Option<Quote>,
        prng: &mut Prng,
    ) -> Option<Quote> {
        let part = |price: Price, bps: i128| {
            Price::from_raw(price.raw() + price.raw() / 10_000 * if up { bps } else { -bps })
        };
        let flat = |price: Price| Quote { bid: price, ask: price, ..honest };
        let edge = if up { high } else { low };
        match self {
            Self::None => Some(honest),
            Self::Far => Some(flat(part(honest.bid, 3_500))),
            Self::Beyond => Some(flat(part(edge, 1))),
            Self::Beside => Some(flat(part(edge, 10 + i128::from(prng.below(80))))),
            Self::Leak => {
                let from = last.map_or(honest.bid, |last| last.bid);
                Some(flat(part(from, i128::from(prng.below(4)))))
            }
            Self::Still => Some(last.map_or(honest, |last| Quote {
                time_ms: honest.time_ms,
                sequence: honest.sequence,
                ..last
            })),
            Self::Silent => None,
            Self::Crossed => Some(Quote { bid: honest.ask, ask: honest.bid, ..honest }),
            Self::Wide => Some(Quote { ask: part(honest.ask, 900).max(honest.ask), ..honest }),
            Self::Time => {
                let time_ms = honest.time_ms.map(|time_ms| time_ms - 20_000);
                Some(Quote { time_ms, ..flat(part(edge, 5)) })
            }
            Self::Number => Some(Quote { sequence: u64::MAX, ..flat(part(edge, 5)) }),
        }
    }
}
