//! The markets, and those who hold positions in them when the day begins.
//!
//! Sizes, leverage and how many hold how much: the calibration of that day's public record (log-normal; a mean notional
//! of 12,060 dollars and a sigma of 2.2; leverage with a median of 9.1 and a sigma of 0.83, at most 100 on the two
//! largest symbols and 50 on the others; entered within 4 % of the price). Everybody opens at the price, with the margin
//! that the entry would have left.

use units::{Money, Price, Quantity, Timestamp};
use venue_core::{
    AccountId, AssetSettings, Bracket, Command, Filters, Lifetime, Lots, MarketId, MarketSettings,
    PlaceOrder, PriceOf, PriceUpdate, Side, Ticks, Transfer, VenueSettings,
};

use super::exchange::Exchange;
use crate::venue::draw::Draw;
use crate::venue::risk::SYMBOLS;

/// A tick is a tenth, a lot a thousandth, so that a lot is worth a ten-thousandth for each tick.
const TICK: Price = Price::from_raw(100_000_000_000);
pub(super) const TICK_VALUE: Money = Money::from_raw(100_000_000);

/// What the fund, the backstop and each maker begin with, in dollars. Makers are those who do not fail that day.
const FUND: i128 = 300_000_000;
const BACKSTOP: i128 = 300_000_000;
const MAKER: i128 = 10_000_000_000_000;

/// From which notional on which rates hold, in hundredths of a per cent: maintenance, and for new risk.
type Rows = [(i128, i128, i128); 5];
const LARGE: Rows = [
    (0, 40, 100),
    (300_000, 50, 100),
    (3_000_000, 100, 200),
    (15_000_000, 250, 500),
    (60_000_000, 500, 1_000),
];
const OTHERS: Rows = [
    (0, 100, 200),
    (50_000, 150, 300),
    (250_000, 250, 500),
    (1_000_000, 500, 1_000),
    (5_000_000, 1_000, 2_000),
];

/// A position that somebody opens.
struct Position {
    market: MarketId,
    side: Side,
    lots: i64,
    leverage: u16,
}

/// The market of a symbol.
pub(super) fn market(symbol: usize) -> MarketId {
    MarketId::new(u16::try_from(symbol).unwrap_or(u16::MAX))
}

/// The account that quotes a symbol; behind the backstop, before everybody else.
pub(super) fn maker(symbol: usize) -> AccountId {
    AccountId::new(u32::from(market(symbol).number()) + 1)
}

/// A price in ticks as a price from outside that is known well.
pub(super) fn live(symbol: usize, ticks: i64, now: Timestamp) -> PriceUpdate {
    PriceUpdate::live(PriceOf::Index(market(symbol)), price(ticks), now)
}

/// A price in ticks.
pub(super) fn price(ticks: i64) -> Price {
    Price::from_raw(i128::from(ticks) * TICK.raw())
}

fn rows(symbol: usize) -> Rows {
    if symbol < 2 { LARGE } else { OTHERS }
}

/// Opens a venue with its markets, the backstop and the makers.
pub(super) fn open(exchange: &mut Exchange, prices: &[i64]) {
    exchange.does(&Command::AddAsset(AssetSettings::plain("USDT")));
    for (symbol, ticks) in prices.iter().enumerate() {
        let name = format!("SYMBOL{symbol}");
        let usual = MarketSettings::perpetual(&name, TICK, Quantity::from_raw(1_000_000_000));
        let settings = MarketSettings {
            filters: Filters {
                lots_max: Lots::new(1 << 36),
                market_lots_max: Lots::new(1 << 36),
                notional_min: Money::ZERO,
                ..usual.filters
            },
            brackets: Bracket::rows(&rows(symbol)),
            ..usual
        };
        exchange.does(&Command::AddMarket(Box::new(settings)));
        exchange.does(&Command::Price(live(symbol, *ticks, exchange.now)));
    }
    for account in 0..=prices.len() {
        let account = AccountId::new(u32::try_from(account).unwrap_or(u32::MAX));
        exchange.does(&Command::OpenAccount);
        let dollars = if account.number() == 0 { BACKSTOP } else { MAKER };
        deposit(exchange, account, Money::whole(dollars));
    }
    let backstop = AccountId::new(0);
    for symbol in 0..prices.len() {
        let market = market(symbol);
        exchange.does(&Command::SetLeverage { account: backstop, market, leverage: 10 });
    }
    let settings = VenueSettings { backstop: Some(backstop), ..VenueSettings::default() };
    exchange.does(&Command::Configure(settings));
    exchange.does(&Command::Fund(Money::whole(FUND)));
}

fn deposit(exchange: &mut Exchange, account: AccountId, amount: Money) {
    exchange.does(&Command::Deposit(Transfer::money(account, amount)));
}

/// Has so many accounts open their positions with the makers, a tick beside the price. How many positions there are.
pub(super) fn fill(exchange: &mut Exchange, prices: &[i64], accounts: usize) -> usize {
    let lots = Lots::new(1 << 35);
    for (symbol, ticks) in prices.iter().enumerate() {
        for (side, at) in [(Side::Sell, ticks + 1), (Side::Buy, ticks - 1)] {
            let order =
                PlaceOrder::limit(maker(symbol), market(symbol), side, Ticks::new(at), lots);
            exchange.does(&Command::Place(order));
        }
    }
    let mut draw = Draw::new(1);
    let weights: Vec<f64> = (1..=prices.len()).map(|rank| 1.0 / rank as f64).collect();
    let mut opened = 0;
    let first = exchange.venue.accounts();
    for account in first..first + accounts {
        let account = AccountId::new(u32::try_from(account).unwrap_or(u32::MAX));
        opened += join(exchange, account, prices, &weights, &mut draw);
        exchange.wait(1_000);
    }
    for symbol in 0..prices.len() {
        exchange.does(&Command::CancelAll { account: maker(symbol), market: None });
    }
    opened
}

/// An account comes with its money, and opens its positions.
fn join(
    exchange: &mut Exchange,
    account: AccountId,
    prices: &[i64],
    weights: &[f64],
    draw: &mut Draw,
) -> usize {
    let share = draw.uniform();
    let count = 1 + usize::from(share >= 0.60) + usize::from(share >= 0.85);
    let mut positions: Vec<Position> = Vec::new();
    let mut cash = Money::ZERO;
    for _ in 0..count {
        let mut symbol = draw.weighted(weights);
        while positions.iter().any(|other| other.market == market(symbol)) {
            symbol = draw.weighted(weights);
        }
        let (position, money) = position(draw, symbol, prices[symbol]);
        positions.push(position);
        cash = cash.plus(money);
    }
    exchange.does(&Command::OpenAccount);
    deposit(exchange, account, cash);
    for Position { market, side, lots, leverage } in &positions {
        exchange.does(&Command::SetLeverage { account, market: *market, leverage: *leverage });
        let ticks = prices[usize::from(market.number())];
        let limit = Ticks::new(ticks + side.signed(Lots::new(1)).number());
        let order = PlaceOrder {
            lifetime: Lifetime::ImmediateOrCancel,
            ..PlaceOrder::limit(account, *market, *side, limit, Lots::new(*lots))
        };
        exchange.does(&Command::Place(order));
    }
    positions.len()
}

/// A position, and the money that its owner has for it.
fn position(draw: &mut Draw, symbol: usize, ticks: i64) -> (Position, Money) {
    let most = if symbol < 2 { 100.0 } else { 50.0 };
    let leverage = (9.1 * (0.83 * draw.normal()).exp()).clamp(1.0, most);
    let notional = 1_070.0 * (2.2 * draw.normal()).exp();
    let side = if draw.uniform() < 0.55 { Side::Buy } else { Side::Sell };
    let lot = ticks as f64 * 1e-4;
    let lots = ((notional / lot) as i64).max(1);
    let notional = lots as f64 * lot;
    let moved = 0.04 * (2.0 * draw.uniform() - 1.0);
    let row = rows(symbol).into_iter().rfind(|row| row.0 as f64 <= notional * 1.001);
    let most = row.map_or(50.0, |row| (10_000 / row.2) as f64);
    let part = (1.0 / leverage + moved).clamp(1.001 / most, 1.0);
    let leverage = (1.0 / part).ceil().clamp(1.0, most) as u16;
    // The fee, and the tick that the order is away from the price.
    let money = notional * part + notional * 0.000_6 + lots as f64 * 2e-4 + 0.01;
    let money = Money::from_raw((money * 1e12) as i128);
    (Position { market: market(symbol), side, lots, leverage }, money)
}

/// The prices that the day begins with, in ticks.
pub(super) fn prices() -> Vec<i64> {
    let mut draw = Draw::new(2);
    (0..SYMBOLS).map(|_| 100_000 + i64::from(draw.below(900_000))).collect()
}

/// So many hundredths of a per cent of a price.
pub(super) fn part(of: Price, bps: i128) -> Price {
    Price::from_raw(of.raw() / 10_000 * bps)
}
