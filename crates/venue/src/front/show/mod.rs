//! What the desk knows, in the shapes that Binance's clients know.

pub(crate) mod algo;
pub(crate) mod order;
pub(crate) mod trade;

use units::{Money, Timestamp};
use venue_core::{PositionSide, Side};
use venue_views::ClientId;
use wire_binance::answer::Each;
use wire_binance::{Asset, ClientOrderId, Decimal, Failure};

use super::market::MONEY_PLACES;

/// An amount of money, rounded towards zero.
pub(crate) fn money(money: Money) -> Decimal {
    Decimal::money(money, MONEY_PLACES).cut(MONEY_PLACES)
}

/// A time in milliseconds since 1970.
pub(crate) const fn millis(at: Timestamp) -> u64 {
    at.as_millis()
}

/// What became of one of several.
pub(crate) fn each<T>(answer: Result<T, Failure>) -> Each<T> {
    match answer {
        Ok(done) => Each::Done(done),
        Err(failure) => Each::Refused(failure),
    }
}

/// The word of a side.
pub(crate) const fn side(side: Side) -> wire_binance::Side {
    match side {
        Side::Buy => wire_binance::Side::Buy,
        Side::Sell => wire_binance::Side::Sell,
    }
}

/// The word of a position's side.
pub(crate) const fn position(side: PositionSide) -> wire_binance::PositionSide {
    match side {
        PositionSide::Both => wire_binance::PositionSide::Both,
        PositionSide::Long => wire_binance::PositionSide::Long,
        PositionSide::Short => wire_binance::PositionSide::Short,
    }
}

/// The name of an order: its client's, or its number where it has none.
pub(crate) fn client(name: ClientId, number: u64) -> ClientOrderId {
    let own = ClientOrderId::new(name.as_str());
    let number = || ClientOrderId::new(&number.to_string());
    own.or_else(number).expect("invariant: digits are a client's name of an order")
}

/// The name of an asset, which the configuration has checked.
pub(crate) fn asset(name: &str) -> Asset {
    Asset::new(name)
        .or_else(|| Asset::new("UNKNOWN"))
        .expect("invariant: letters are an asset's name")
}
