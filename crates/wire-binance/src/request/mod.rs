//! What requests are sent with, one struct for each kind. Times are in milliseconds since 1970.

mod account;
mod algo;
mod batch;
mod market;
mod order;
#[cfg(test)]
mod tests;

pub use account::{
    ForceOrders, IncomeHistory, MarginHistory, MultiAssets, NewLeverage, NewMarginType,
    NewPositionMargin, PositionMode, WhichStream,
};
pub use algo::{AlgoHistory, NewAlgoOrder, OpenAlgoOrders, WhichAlgoOrder};
pub use batch::{BATCH_MAX, Batch, Entries};
pub use market::{
    AggTrades, ContinuousKlines, DataHistory, Depth, DepthLimit, FundingRates, HistoricalTrades,
    Klines, LatestTrades, MaybeSymbol, OneSymbol, PairKlines,
};
pub use order::{
    Amendments, ChangedOrder, Countdown, NewOrder, OrderHistory, TradeHistory, WhichOrder,
    WhichOrders,
};

use crate::failure::Failure;
use crate::params::{Parameters, Sink, Taker};

/// Nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nothing;

impl Parameters for Nothing {
    fn take(_taker: &mut Taker<'_>) -> Result<Self, Failure> {
        Ok(Self)
    }

    fn put<S: Sink>(&self, _sink: &mut S) {}
}

/// Anything: what is sent along does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anything;

impl Parameters for Anything {
    fn take(taker: &mut Taker<'_>) -> Result<Self, Failure> {
        taker.take_all();
        Ok(Self)
    }

    fn put<S: Sink>(&self, _sink: &mut S) {}
}
