//! What anybody may know of the markets.

pub(crate) mod book;
pub(crate) mod candles;
pub(crate) mod fund;
pub(crate) mod info;
pub(crate) mod premium;
pub(crate) mod tickers;
pub(crate) mod trades;

use wire_binance::{MaybeSymbol, ToJson};

/// One answer where one market was asked for, and a list where all were.
fn one_or_all<T: ToJson>(asked: &MaybeSymbol, mut all: Vec<T>) -> Vec<u8> {
    match (asked.symbol, all.len()) {
        (Some(_), 1) => all.pop().map_or_else(|| b"{}".to_vec(), |one| one.to_json()),
        _ => all.to_json(),
    }
}
