//! What an account is told about itself.

use units::Money;
use venue_core::{AccountId, AssetId, BalanceReason, Lots, PositionSide, PositionView};
use venue_views::{
    AccountChange, AccountReason, Ending, Execution, Forced, OrderChange, UserTrade,
};
use wire_binance::answer::PositionMargin;
use wire_binance::stream::{
    AccountConfigUpdate, AccountUpdate, AlgoOrderUpdate, AlgoUpdate, BalanceUpdate, LeverageUpdate,
    OrderTradeUpdate, OrderUpdate, PositionUpdate,
};
use wire_binance::{
    AlgoStatus, AlgoType, ClientOrderId, Decimal, ExecutionType, OrderStatus, OrderType,
    PriceMatch, TimeInForce, UpdateReason,
};

use crate::front::market::{Market, Markets};
use crate::front::show;

/// What is told of an order; `None` where nothing is, since it is told of as a conditional one.
pub(super) fn order(
    change: &OrderChange,
    market: &Market,
    markets: &Markets,
    now: u64,
) -> Option<OrderTradeUpdate> {
    let order = &change.order;
    let waited = order.placed.trigger.is_some() && order.triggered_at.is_none();
    let (trade, forced) = match &change.execution {
        Execution::Trade(trade) => (Some(trade), None),
        Execution::Forced(trade, forced) => (Some(trade), Some(*forced)),
        Execution::New | Execution::Amended | Execution::Triggered | Execution::Ended => {
            (None, None)
        }
    };
    if waited && trade.is_none() {
        return None;
    }
    let execution = match &change.execution {
        Execution::New | Execution::Triggered => ExecutionType::New,
        Execution::Trade(_) => ExecutionType::Trade,
        Execution::Forced(..) => ExecutionType::Calculated,
        Execution::Amended => ExecutionType::Amendment,
        Execution::Ended => ended(order.ending),
    };
    let mut update = update(change, market, execution);
    if let Some(trade) = trade {
        of_trade(&mut update, trade, market, markets);
    }
    if let (Some(forced), Some(trade)) = (forced, trade) {
        of_forced(&mut update, forced, trade, market);
    }
    let transaction_time = show::millis(change.at);
    Some(OrderTradeUpdate { event_time: now, transaction_time, order: update })
}

const fn ended(ending: Option<Ending>) -> ExecutionType {
    match ending {
        Some(
            Ending::Cancelled | Ending::CancelAfter | Ending::Protection | Ending::Liquidation,
        ) => ExecutionType::Canceled,
        Some(Ending::Filled) => ExecutionType::Trade,
        Some(
            Ending::Immediate
            | Ending::Expired
            | Ending::SelfTrade
            | Ending::ReduceOnly
            | Ending::Refused,
        )
        | None => ExecutionType::Expired,
    }
}

fn update(change: &OrderChange, market: &Market, execution: ExecutionType) -> OrderUpdate {
    let order = &change.order;
    let (activation_price, callback_rate) = show::order::trailing(order, market);
    OrderUpdate {
        symbol: market.symbol,
        client_order_id: show::client(order.client, order.number.number()),
        side: show::side(order.side()),
        order_type: show::order::now(order),
        time_in_force: show::order::time_in_force(order),
        original_quantity: market.quantity(order.lots()),
        price: market.price_or_zero(order.price),
        average_price: market.average(order.quote, order.traded),
        stop_price: market.price_or_zero(show::order::stop_price(order)),
        execution_type: execution,
        status: show::order::status(order),
        order_id: order.number.number(),
        last_filled_quantity: market.quantity(Lots::ZERO),
        filled_quantity: market.quantity(order.traded),
        last_filled_price: Decimal::ZERO,
        trade_time: show::millis(change.at),
        trade_id: 0,
        bids_notional: Decimal::ZERO,
        asks_notional: Decimal::ZERO,
        maker: false,
        reduce_only: order.placed.reduce_only,
        working_type: show::order::working(order),
        original_type: show::order::original(order),
        position_side: show::position(order.placed.position),
        close_position: order.placed.trigger.is_some_and(|trigger| trigger.close_position),
        price_protect: false,
        ignored_si: 0,
        ignored_ss: 0,
        realized_profit: show::money(Money::ZERO),
        self_trade_prevention: show::order::self_trade(order),
        price_match: PriceMatch::None,
        good_till_date: show::order::good_till(order),
        commission_asset: None,
        commission: None,
        activation_price,
        callback_rate,
        expire_reason: None,
    }
}

fn of_trade(update: &mut OrderUpdate, trade: &UserTrade, market: &Market, markets: &Markets) {
    update.last_filled_quantity = market.quantity(trade.lots);
    update.last_filled_price = market.price(trade.price);
    update.trade_time = show::millis(trade.at);
    update.trade_id = trade.trade.number();
    update.maker = trade.maker;
    update.realized_profit = show::money(trade.realised);
    update.commission_asset = Some(show::asset(markets.settlement()));
    update.commission = Some(show::money(trade.fee));
}

/// An order that the account did not send: told by what it is called.
fn of_forced(update: &mut OrderUpdate, forced: Forced, trade: &UserTrade, market: &Market) {
    let time = show::millis(trade.at);
    let name = match forced {
        Forced::Liquidation => ClientOrderId::new(&format!("autoclose-{time}")),
        Forced::Deleverage => ClientOrderId::new("adl_autoclose"),
    };
    if let Some(name) = name {
        update.client_order_id = name;
    }
    update.order_type = match forced {
        Forced::Liquidation => OrderType::Liquidation,
        Forced::Deleverage => OrderType::Market,
    };
    update.original_type = update.order_type;
    update.time_in_force = TimeInForce::ImmediateOrCancel;
    update.status = OrderStatus::Filled;
    update.side = show::side(trade.side);
    update.position_side = show::position(trade.position);
    update.original_quantity = market.quantity(trade.lots);
    update.filled_quantity = market.quantity(trade.lots);
    update.price = market.price(trade.price);
    update.average_price = market.price(trade.price);
    update.reduce_only = true;
}

/// What is told of a conditional order; `None` where the order never waited, or has long fired.
pub(super) fn algo(change: &OrderChange, market: &Market, now: u64) -> Option<AlgoUpdate> {
    let order = &change.order;
    order.placed.trigger?;
    let told = match &change.execution {
        Execution::New | Execution::Triggered | Execution::Ended => true,
        Execution::Trade(_) => order.ending.is_some(),
        Execution::Amended | Execution::Forced(..) => false,
    };
    if !told {
        return None;
    }
    let fired = order.triggered_at;
    let status = show::algo::status(order);
    let rejected = status == AlgoStatus::Rejected;
    Some(AlgoUpdate {
        transaction_time: show::millis(change.at),
        event_time: now,
        order: AlgoOrderUpdate {
            client_algo_id: show::client(order.client, order.number.number()),
            algo_id: order.number.number(),
            algo_type: AlgoType::Conditional,
            order_type: show::order::original(order),
            symbol: market.symbol,
            side: show::side(order.side()),
            position_side: show::position(order.placed.position),
            time_in_force: show::order::time_in_force(order),
            quantity: market.quantity(order.lots()),
            status,
            actual_order_id: fired.map_or_else(String::new, |_| order.number.number().to_string()),
            average_price: market.average(order.quote, order.traded),
            executed_quantity: market.quantity(order.traded),
            actual_type: fired.map_or("0", |_| show::order::now(order).as_str()).to_owned(),
            trigger_price: market.price_or_zero(show::order::stop_price(order)),
            price: market.price_or_zero(order.placed.limit),
            self_trade_prevention: show::order::self_trade(order),
            working_type: show::order::working(order),
            price_match: PriceMatch::None,
            close_position: order.placed.trigger.is_some_and(|trigger| trigger.close_position),
            price_protect: false,
            reduce_only: order.placed.reduce_only,
            trigger_time: fired.map_or(0, show::millis),
            good_till_date: show::order::good_till(order),
            reject_reason: rejected.then(|| "the order was refused".to_owned()),
        },
    })
}

/// Why an account's balances are told, in Binance's words.
const fn reason(reason: AccountReason) -> UpdateReason {
    match reason {
        AccountReason::Order => UpdateReason::Order,
        AccountReason::Balance(reason) => match reason {
            BalanceReason::Deposit => UpdateReason::Deposit,
            BalanceReason::Withdrawal => UpdateReason::Withdraw,
            BalanceReason::Funding => UpdateReason::FundingFee,
            BalanceReason::Margin => UpdateReason::MarginTransfer,
            BalanceReason::Conversion => UpdateReason::AutoExchange,
            BalanceReason::LiquidationFee | BalanceReason::Fund | BalanceReason::Takeover => {
                UpdateReason::InsuranceClear
            }
            BalanceReason::Interest | BalanceReason::Deleverage | BalanceReason::Socialised => {
                UpdateReason::Adjustment
            }
        },
    }
}

/// What is to be known of an account to tell what has changed of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// The margin of all isolated positions.
    isolated: Money,
    /// Whether it holds both sides at once.
    hedge: bool,
}

impl Standing {
    /// An account's.
    pub(super) fn of(desk: &venue_views::Desk, account: AccountId) -> Self {
        let margins = desk.venue().positions(account).filter_map(|position| position.isolated);
        let hedge = desk.venue().account(account).is_some_and(|account| account.hedge);
        Self { isolated: margins.fold(Money::ZERO, Money::plus), hedge }
    }

    /// Whether a position is one that its mode has. What is left of the other mode is empty, and clients that keep one
    /// position a side would take it for the other mode's.
    fn has(self, view: &PositionView) -> bool {
        view.lots != Lots::ZERO || self.hedge == (view.side != PositionSide::Both)
    }
}

/// Balances and positions that have changed.
pub(super) fn account(
    change: &AccountChange,
    markets: &Markets,
    standing: Standing,
    now: u64,
) -> AccountUpdate {
    let balances = change.balances.iter().map(|(asset, amount, changed)| {
        let settles = *asset == AssetId::SETTLEMENT;
        let own = if settles { standing.isolated } else { Money::ZERO };
        BalanceUpdate {
            asset: show::asset(markets.asset(*asset)),
            wallet_balance: show::money(amount.plus(own)),
            cross_wallet_balance: show::money(*amount),
            balance_change: show::money(*changed),
        }
    });
    let held = change.positions.iter().filter(|view| standing.has(view));
    let positions = held.filter_map(|view| Some(position(view, markets.get(view.market)?)));
    AccountUpdate {
        event_time: now,
        transaction_time: show::millis(change.at),
        update: wire_binance::stream::AccountChange {
            reason: reason(change.reason),
            balances: balances.collect(),
            positions: positions.collect(),
        },
    }
}

fn position(view: &PositionView, market: &Market) -> PositionUpdate {
    let entry = market.average(view.cost, view.lots);
    PositionUpdate {
        symbol: market.symbol,
        amount: market.quantity(view.lots),
        entry_price: entry,
        break_even_price: entry,
        accumulated_realized: show::money(Money::ZERO),
        unrealized_profit: show::money(view.profit),
        margin_type: if view.isolated.is_some() {
            PositionMargin::Isolated
        } else {
            PositionMargin::Cross
        },
        isolated_wallet: show::money(view.isolated.unwrap_or(Money::ZERO)),
        position_side: show::position(view.side),
    }
}

/// A leverage that was set.
pub(super) fn leverage(market: &Market, leverage: u16, now: u64) -> AccountConfigUpdate {
    AccountConfigUpdate {
        event_time: now,
        transaction_time: now,
        leverage: Some(LeverageUpdate { symbol: market.symbol, leverage: u32::from(leverage) }),
        multi_assets: None,
    }
}
