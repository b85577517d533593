//! The venue that inputs are played to, and inputs to start from.

use machine::{Codec, Prng};
use units::{Money, Price, Quantity, Ratio, Span, Timestamp};
use venue_core::{
    AccountId, AssetId, AssetSettings, Bracket, Command, Fees, Filters, HaircutTier, Lifetime,
    LiquidationSettings, Lots, MarkSettings, MarketId, MarketKind, MarketSettings, MarketState,
    OrderId, PlaceOrder, PositionSide, PriceOf, PriceStatus, PriceUpdate, Protection, Residual,
    SelfTrade, Side, Ticks, Transfer, Trigger, TriggerCondition, TriggerPrice,
};

/// Accounts of the venue.
const ACCOUNTS: u64 = 6;

/// Ticks around which orders are placed.
const MIDDLE: i64 = 10_000;

/// The settlement asset, collateral, a perpetual contract, a spot market, and accounts with money.
pub(super) fn opening() -> Vec<Command> {
    let tier = HaircutTier {
        floor: Money::ZERO,
        initial: Ratio::from_bps(2_500),
        maintenance: Ratio::from_bps(900),
    };
    let collateral = AssetSettings { name: "USDE".to_owned(), haircuts: vec![tier] };
    let settlement = AssetSettings::plain("USDT");
    let mut commands = vec![
        Command::AddAsset(settlement),
        Command::AddAsset(collateral),
        Command::AddMarket(Box::new(market("BTCUSDT", MarketKind::Perpetual))),
        Command::AddMarket(Box::new(market(
            "USDEUSDT",
            MarketKind::Spot { base: AssetId::new(1) },
        ))),
        Command::Fund(Money::whole(50)),
    ];
    for market in 0..2 {
        commands.push(price(PriceOf::Index(MarketId::new(market)), PriceStatus::Live, MIDDLE));
        commands.push(Command::SetState(MarketId::new(market), MarketState::Trading));
    }
    commands.push(price(PriceOf::Asset(AssetId::new(1)), PriceStatus::Live, MIDDLE));
    for account in 0..u32::try_from(ACCOUNTS).unwrap_or(u32::MAX) {
        commands.push(Command::OpenAccount);
        for asset in 0..2 {
            commands.push(Command::Deposit(Transfer {
                account: AccountId::new(account),
                asset: AssetId::new(asset),
                amount: Money::whole(1_000),
            }));
        }
    }
    commands
}

/// Steps of a cent and a hundredth, a hundred dollars a unit.
fn market(name: &str, kind: MarketKind) -> MarketSettings {
    let step = 10_000_000_000;
    let usual = MarketSettings::perpetual(name, Price::from_raw(step), Quantity::from_raw(step));
    MarketSettings {
        kind,
        filters: Filters {
            lots_max: Lots::new(100_000),
            market_lots_max: Lots::new(50_000),
            notional_min: Money::ONE,
            orders_max: 12,
            triggers_max: 4,
            band: Ratio::from_bps(1_000),
            take_bound: Ratio::from_bps(500),
        },
        fees: Fees { maker: Ratio::from_bps(-1), ..usual.fees },
        brackets: Bracket::rows(&[(0, 50, 100), (2_000, 100, 200), (20_000, 250, 500)]),
        mark: MarkSettings {
            impact: Money::whole(500),
            half_life: Span::from_secs(2),
            basis_band: Ratio::from_bps(100),
        },
        liquidation: LiquidationSettings {
            floor: Money::whole(1_000),
            time_cap: Span::from_secs(3),
            grace: Span::from_secs(2),
            fund_window: Span::from_secs(60),
            fund_share: Ratio::from_bps(5_000),
            residual: Residual::Socialise,
            ..usual.liquidation
        },
        ..usual
    }
}

/// A price, with lanes that are the same.
fn price(of: PriceOf, status: PriceStatus, ticks: i64) -> Command {
    let price = Price::from_raw(i128::from(ticks) * 10_000_000_000);
    Command::Price(PriceUpdate {
        of,
        status,
        market: price,
        liquidation: price,
        confidence: Price::from_raw(price.raw() / 500),
        as_of: Timestamp::MAX,
    })
}

/// Days of trading, each with a crash.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    (0..24).map(seed).collect()
}

fn seed(number: u64) -> Vec<u8> {
    let (mut bytes, mut prng) = (Vec::new(), Prng::new(number));
    let mut middle = MIDDLE;
    for _ in 0..120 {
        bytes.push(u8::from(prng.below(4) == 0) * 3);
        let fall = if prng.below(30) == 0 { 600 } else { 20 };
        middle = (middle + between(&mut prng, -fall, fall - 1)).max(200);
        command(middle, &mut prng).encode(&mut bytes);
    }
    bytes
}

fn between(prng: &mut Prng, low: i64, high: i64) -> i64 {
    low + i64::try_from(prng.below(high.abs_diff(low) + 1)).unwrap_or(0)
}

fn command(middle: i64, prng: &mut Prng) -> Command {
    let account = AccountId::new(u32::try_from(prng.below(ACCOUNTS)).unwrap_or(0));
    let market = MarketId::new(u16::from(prng.below(4) == 0));
    let statuses = [
        PriceStatus::Live,
        PriceStatus::Live,
        PriceStatus::Live,
        PriceStatus::Capped,
        PriceStatus::Degraded,
        PriceStatus::Split,
        PriceStatus::Held,
        PriceStatus::Halted,
    ];
    let order_number = OrderId::new(1 + prng.below(80));
    match prng.below(32) {
        0..=15 => Command::Place(order(account, market, middle, prng)),
        16 => Command::PlaceAll((0..3).map(|_| order(account, market, middle, prng)).collect()),
        17..=19 => Command::Cancel { account, order: order_number },
        20 => Command::Amend {
            account,
            order: order_number,
            price: Ticks::new(middle + between(prng, -50, 50)),
            lots: Lots::new(between(prng, 1, 300)),
        },
        21..=24 => {
            let status = statuses[prng.index(statuses.len())];
            price(PriceOf::Index(market), status, middle)
        }
        25 => price(PriceOf::Asset(AssetId::new(1)), PriceStatus::Live, middle),
        26 => Command::SetLeverage { account, market, leverage: 50 },
        27 => Command::Withdraw(Transfer {
            account,
            asset: AssetId::SETTLEMENT,
            amount: Money::whole(i128::from(between(prng, 1, 1_500))),
        }),
        28 => Command::SetMarginMode { account, market, isolated: prng.below(2) == 0 },
        29 => Command::Funding { market, rate: Ratio::from_bps(i128::from(between(prng, -9, 9))) },
        30 => Command::Protect {
            account,
            market,
            protection: Some(Protection {
                window: Span::from_secs(1),
                lots_max: Lots::new(200),
                frozen: Span::from_secs(1),
            }),
        },
        _ => Command::CancelAll { account, market: None },
    }
}

fn order(account: AccountId, market: MarketId, middle: i64, prng: &mut Prng) -> PlaceOrder {
    let price = Ticks::new(middle + between(prng, -40, 40));
    let lifetimes = [
        Lifetime::GoodTillCancelled,
        Lifetime::GoodTillCancelled,
        Lifetime::ImmediateOrCancel,
        Lifetime::FillOrKill,
        Lifetime::PostOnly,
    ];
    let conditions = [
        TriggerCondition::Stop(price),
        TriggerCondition::TakeProfit(price),
        TriggerCondition::Trailing { callback: Ratio::from_bps(100), from: None },
    ];
    let self_trades =
        [SelfTrade::Allow, SelfTrade::CancelTaker, SelfTrade::CancelMaker, SelfTrade::CancelBoth];
    PlaceOrder {
        account,
        market,
        side: if prng.below(2) == 0 { Side::Buy } else { Side::Sell },
        position: PositionSide::Both,
        limit: (prng.below(8) > 0).then_some(price),
        lots: Lots::new(between(prng, 1, 2_000)),
        lifetime: lifetimes[prng.index(lifetimes.len())],
        reduce_only: prng.below(5) == 0,
        self_trade: self_trades[prng.index(self_trades.len())],
        trigger: (prng.below(8) == 0).then(|| Trigger {
            condition: conditions[prng.index(conditions.len())],
            by: if prng.below(2) == 0 { TriggerPrice::Mark } else { TriggerPrice::Last },
            close_position: false,
        }),
        tag: prng.below(1_000),
    }
}
