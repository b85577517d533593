//! Where somebody stands in the queue of deleveraging, as numbers.

use serde::Serialize;
use wire_binance::{Decimal, Failure};

use super::Listed;
use crate::front::keys::Key;
use crate::front::{Front, json, show};

/// A position's place.
#[derive(Debug, Serialize)]
struct Place {
    symbol: String,
    position_side: &'static str,
    quantity: Decimal,
    /// How many holders are closed before this one.
    ahead: u32,
    /// How many are closed together with it, in proportion, this one included.
    beside: u32,
    /// How many holders there are.
    holders: u32,
    /// What is closed before anything of this position is.
    quantity_ahead: Decimal,
}

/// The places of an account's positions.
pub(super) fn places(front: &Front, key: &Key) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let items = front.look(|desk| {
        let venue = desk.venue();
        let held = venue.positions(key.account).filter(|position| position.lots.number() != 0);
        let places = held.filter_map(|position| {
            let market = markets.get(position.market)?;
            let place = venue.queue_place(key.account, position.market, position.side)?;
            Some(Place {
                symbol: market.symbol.to_string(),
                position_side: show::position(position.side).as_str(),
                quantity: market.quantity(position.lots),
                ahead: place.ahead,
                beside: place.beside,
                holders: place.holders,
                quantity_ahead: market.quantity(place.lots_ahead),
            })
        });
        places.collect()
    });
    json(&Listed { items })
}
