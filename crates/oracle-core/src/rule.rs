//! How others do it: rules that can be set in the place of this oracle's own, to see what its guards are worth.

use units::{Price, Rounding, fixed};

/// How what sources say becomes the market price of a feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The median of many, with a gate before it and a guard against jumps behind it. The one to use.
    #[default]
    Guarded,
    /// The first group alone: the mean of its books by what is traded there. An index of the venue's own book.
    First,
    /// The mean of all sources by what is traded there at the time. A market that everybody runs from is all of it.
    VolumeMean,
}

impl Rule {
    /// The word for it in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guarded => "guarded",
            Self::First => "first",
            Self::VolumeMean => "volume-mean",
        }
    }

    /// Whether prices have to agree: then there is a gate, a quorum, and a guard against jumps.
    #[must_use]
    pub const fn is_guarded(self) -> bool {
        matches!(self, Self::Guarded)
    }
}

/// What collateral is valued at, of an asset that can be redeemed for something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Collateral {
    /// The market price, kept near the fundamental one until markets of two kinds agree that it is worth less. The one
    /// to use.
    #[default]
    Banded,
    /// The market price, whatever it is.
    Market,
    /// The fundamental price, whatever the market says: a hard peg, blind where the promise is broken.
    Fundamental,
}

impl Collateral {
    /// The word for it in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Banded => "banded",
            Self::Market => "market",
            Self::Fundamental => "fundamental",
        }
    }
}

/// What an exchange rate that is read above its bound is taken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cap {
    /// Nothing is believed: the last rate that was within its bounds is held, and nobody is liquidated on the
    /// difference. The one to use.
    #[default]
    Hold,
    /// The bound is the rate. Where the bound is wrong, so is every price.
    Bind,
}

impl Cap {
    /// The word for it in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Bind => "bind",
        }
    }
}

/// The mean of prices by what is traded at each; the plain mean where nothing is. `None` of nothing.
pub(crate) fn mean(prices: impl Iterator<Item = (Price, u64)> + Clone) -> Option<Price> {
    let volume: i128 = prices.clone().map(|(_, volume)| i128::from(volume)).sum();
    let count = i128::try_from(prices.clone().count()).ok().filter(|count| *count > 0)?;
    let (of, plain) = if volume > 0 { (volume, false) } else { (count, true) };
    let part = |(price, volume): (Price, u64)| {
        let weight = if plain { 1 } else { i128::from(volume) };
        fixed::mul_div(price.raw(), weight, of, Rounding::Nearest)
    };
    let sum = prices.map(part).try_fold(0_i128, |sum, part| sum.checked_add(part?));
    sum.map(Price::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_goes_by_what_is_traded() {
        // Where volume did not count, the drill would show a rule that nobody has.
        let of = |rows: &[(i128, u64)]| {
            mean(rows.iter().map(|(price, volume)| (Price::whole(*price), *volume)))
        };
        assert_eq!(of(&[(100, 1), (20, 3)]), Some(Price::whole(40)));
        assert_eq!(of(&[(100, 0), (20, 0)]), Some(Price::whole(60)));
        assert_eq!(of(&[(100, u64::MAX), (20, 0)]), Some(Price::whole(100)));
        assert_eq!(of(&[]), None);
    }
}
