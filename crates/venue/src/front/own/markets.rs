//! Markets that the administration adds while the venue runs.

use units::{Price, Quantity};
use venue_core::{Command, MarketSettings};
use venue_views::Labels;
use wire_binance::answer::Done;
use wire_binance::{Decimal, ErrorCode, Failure, Params, Symbol, ToJson as _, Value as _};

use super::wanted;
use crate::front::refusal::{self, Tried};
use crate::front::{Front, json};
use crate::listed::{self, MarketNote};

/// Longest name of a feed, as in the configuration.
const FEED_MAX: usize = 48;

/// Adds a market with the usual settings, in which all may trade once its feed has a price. What the core does not know of it
/// is kept as a note, so that it is there after a restart.
pub(super) async fn add(front: &Front, params: &Params<'_>) -> Result<Vec<u8>, Failure> {
    let symbol = Symbol::read(wanted(params, "symbol")?, "symbol")?;
    let feed = wanted(params, "feed")?;
    let named = feed.split_once('/').filter(|(asset, unit)| !asset.is_empty() && !unit.is_empty());
    if named.is_none() || feed.len() > FEED_MAX {
        return Err(Failure::illegal("feed", "^.+/.+$"));
    }
    let (tick, lot) = (step(params, "tick")?, step(params, "lot")?);
    let (tick, lot) = (Price::from_raw(tick.raw()), Quantity::from_raw(lot.raw()));
    let settings = MarketSettings::perpetual(symbol.as_str(), tick, lot);
    if settings.tick_value().is_none() {
        return Err(Failure::with(ErrorCode::InvalidParameter, &["tick"]));
    }
    let markets = front.markets();
    let base = symbol.as_str().strip_suffix(markets.settlement()).filter(|base| !base.is_empty());
    let base = base.ok_or_else(|| Failure::with(ErrorCode::InvalidParameter, &["symbol"]))?;
    if front.look(|desk| desk.market_named(symbol.as_str()).is_some()) {
        let words = "There is a market of that symbol.";
        return Err(Failure::said(ErrorCode::UnsupportedOperation, words));
    }
    let note = json(&MarketNote { base: base.to_owned(), feed: feed.to_owned() })?;
    let labels = Labels::note(format!("{}{symbol}", listed::MARKETS), Some(note));
    let done = front.own_work(Command::AddMarket(Box::new(settings)), labels).await?;
    refusal::none(&done, Tried::Other, None)?;
    front.refresh();
    Ok(Done::success().to_json())
}

/// A step of prices or of quantities.
fn step(params: &Params<'_>, name: &'static str) -> Result<Decimal, Failure> {
    let step = Decimal::read(wanted(params, name)?, name)?;
    if step.raw() > 0 { Ok(step) } else { Err(Failure::with(ErrorCode::InvalidParameter, &[name])) }
}
