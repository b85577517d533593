//! Markets and their prices, the fund and its coverage, and the proof that money is conserved.

use serde::Serialize;
use units::Money;
use venue_core::{MOVES, MarketState, PriceOf, PriceStatus, PriceUpdate};
use wire_binance::{Decimal, Failure};

use super::Listed;
use crate::front::market::{MONEY_PLACES, Market};
use crate::front::{Front, json};

/// An amount as it is written, with every place that it has: what was rounded away could not be added up again.
pub(super) fn amount(money: Money) -> Decimal {
    Decimal::money(money, MONEY_PLACES)
}

/// All states.
pub(crate) const STATES: [MarketState; 5] = [
    MarketState::Trading,
    MarketState::ReduceOnly,
    MarketState::CancelOnly,
    MarketState::Auction,
    MarketState::Halted,
];

/// All statuses.
pub(crate) const STATUSES: [PriceStatus; 6] = [
    PriceStatus::Live,
    PriceStatus::Capped,
    PriceStatus::Degraded,
    PriceStatus::Held,
    PriceStatus::Split,
    PriceStatus::Halted,
];

/// The word of a state.
pub(crate) const fn state(state: MarketState) -> &'static str {
    match state {
        MarketState::Trading => "trading",
        MarketState::ReduceOnly => "reduce_only",
        MarketState::CancelOnly => "cancel_only",
        MarketState::Auction => "auction",
        MarketState::Halted => "halted",
    }
}

/// The word of a status.
pub(crate) const fn status(status: PriceStatus) -> &'static str {
    match status {
        PriceStatus::Live => "live",
        PriceStatus::Capped => "capped",
        PriceStatus::Degraded => "degraded",
        PriceStatus::Held => "held",
        PriceStatus::Split => "split",
        PriceStatus::Halted => "halted",
    }
}

/// A market in a list.
#[derive(Debug, Serialize)]
struct MarketLine<'a> {
    symbol: &'a str,
    state: &'static str,
    /// What the index is good for.
    status: &'static str,
    index: Option<Decimal>,
    mark: Option<Decimal>,
    last: Option<Decimal>,
    open_interest: Decimal,
    trades: u64,
}

/// All markets, and how they stand.
pub(super) fn markets(front: &Front) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    front.look(|desk| {
        let line = |market: &'_ std::sync::Arc<Market>| {
            let view = desk.venue().market(market.id)?;
            Some(MarketLine {
                symbol: markets.get(market.id)?.symbol.as_str(),
                state: state(view.state),
                status: status(view.status),
                index: view.index.map(|price| market.price(price)),
                mark: view.mark.map(|price| market.price(price)),
                last: view.last.map(|price| market.price(price)),
                open_interest: market.quantity(view.open_interest),
                trades: view.trades,
            })
        };
        let items = markets.all().iter().filter_map(line).collect();
        json(&Listed { items })
    })
}

/// A price in a list.
#[derive(Debug, Serialize)]
struct PriceLine {
    /// A market's symbol, or an asset.
    of: String,
    feed: String,
    status: &'static str,
    market: Decimal,
    liquidation: Decimal,
    confidence: Decimal,
    /// When it was true, in milliseconds since 1970.
    as_of: u64,
}

impl PriceLine {
    fn new(of: String, feed: String, price: &PriceUpdate) -> Self {
        let shown = |price| Decimal::price(price, 0).cut(MONEY_PLACES);
        Self {
            of,
            feed,
            status: status(price.status),
            market: shown(price.market),
            liquidation: shown(price.liquidation),
            confidence: shown(price.confidence),
            as_of: price.as_of.as_millis(),
        }
    }
}

/// What each price is, and what it is good for.
pub(super) fn prices(front: &Front) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let items = front.look(|desk| {
        let indexes = markets.all().iter().filter_map(|market| {
            let price = desk.price(PriceOf::Index(market.id))?;
            Some(PriceLine::new(market.symbol.to_string(), market.feed.clone(), &price))
        });
        let assets = markets.assets().filter_map(|(id, name)| {
            let price = desk.price(PriceOf::Asset(id))?;
            let configured = front.config.assets.iter().find(|asset| asset.settings.name == name);
            let feed = configured.map_or_else(String::new, |asset| asset.feed.clone());
            Some(PriceLine::new(name.to_owned(), feed, &price))
        });
        indexes.chain(assets).collect()
    });
    json(&Listed { items })
}

/// The fund, and what it would have to pay.
#[derive(Debug, Serialize)]
struct FundAnswer {
    asset: String,
    fund: Decimal,
    coverage: Vec<CoverageLine>,
}

/// What the fund would have to pay at a move.
#[derive(Debug, Serialize)]
struct CoverageLine {
    /// The move of all prices at once, as a part; below zero it is a fall.
    r#move: Decimal,
    /// What the two accounts with the largest losses would be below zero.
    two_largest: Decimal,
    /// What all would be.
    all: Decimal,
    /// The fund over the loss of the two largest; `null` where there is none.
    ratio: Option<Decimal>,
}

/// The fund and its coverage.
pub(super) fn fund(front: &Front) -> Result<Vec<u8>, Failure> {
    let asset = front.markets().settlement().to_owned();
    let (fund, coverages) = front.look(|desk| {
        let moves = MOVES.into_iter().flat_map(|size| [units::Ratio::ZERO.minus(size), size]);
        let coverages: Vec<_> = moves.map(|shock| desk.venue().coverage(shock)).collect();
        (desk.venue().fund().fund, coverages)
    });
    let coverage = coverages.into_iter().map(|coverage| CoverageLine {
        r#move: Decimal::ratio(coverage.shock, 2),
        two_largest: amount(coverage.two_largest),
        all: amount(coverage.all),
        ratio: coverage.ratio().map(|ratio| Decimal::ratio(ratio, 4).cut(4)),
    });
    json(&FundAnswer { asset, fund: amount(fund), coverage: coverage.collect() })
}

/// Where all money is.
#[derive(Debug, Serialize)]
struct Conservation {
    asset: String,
    /// Deposits less withdrawals, of accounts and of the fund.
    brought_in: Decimal,
    /// The cash and the isolated margin of all accounts.
    accounts: Decimal,
    fund: Decimal,
    fees: Decimal,
    dust: Decimal,
    house: Decimal,
    /// What the collateral is worth that the house has not sold, at the worse end of the liquidation lane. It is in no sum.
    house_worth: Decimal,
    /// What positions have cost and is not realised yet; it is taken off.
    costs: Decimal,
    /// Money that is there and was never brought in: always zero.
    excess: Decimal,
    /// The invariants that do not hold when everything is counted anew: none, always.
    broken: Vec<&'static str>,
    /// How many commands the venue has done.
    commands: u64,
}

/// The proof that money is conserved: every sum, and a count of everything.
pub(super) fn conservation(front: &Front) -> Result<Vec<u8>, Failure> {
    let asset = front.markets().settlement().to_owned();
    let (fund, worth, broken, commands) = front.look(|desk| {
        let venue = desk.venue();
        let worth = venue.house().fold(Money::ZERO, |sum, held| sum.plus(held.worth));
        (venue.fund(), worth, venue.audit(), venue.commands())
    });
    json(&Conservation {
        asset,
        brought_in: amount(fund.brought_in),
        accounts: amount(fund.accounts),
        fund: amount(fund.fund),
        fees: amount(fund.fees),
        dust: amount(fund.dust),
        house: amount(fund.house),
        house_worth: amount(worth),
        costs: amount(fund.costs),
        excess: amount(fund.excess()),
        broken,
        commands,
    })
}
