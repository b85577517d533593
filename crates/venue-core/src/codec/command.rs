//! Commands.

use machine::{codec_enum, codec_struct};

use crate::command::{
    Command, Lifetime, MarketState, PlaceOrder, PriceOf, PriceStatus, PriceUpdate, Protection,
    SelfTrade, Transfer, Trigger, TriggerCondition, TriggerPrice,
};

codec_enum! {
    Command {
        0 = Configure(settings),
        1 = AddAsset(settings),
        2 = SetAsset(asset, settings),
        3 = AddMarket(settings),
        4 = SetMarket(market, settings),
        5 = SetState(market, state),
        6 = OpenAccount,
        7 = Deposit(transfer),
        8 = Withdraw(transfer),
        9 = Fund(amount),
        10 = SetLeverage { account, market, leverage },
        11 = SetMarginMode { account, market, isolated },
        12 = SetHedgeMode { account, hedge },
        13 = MoveMargin { account, market, side, amount },
        14 = Place(order),
        15 = PlaceAll(orders),
        16 = Amend { account, order, price, lots },
        17 = Cancel { account, order },
        18 = CancelAll { account, market },
        19 = CancelAfter { account, market, after },
        20 = Protect { account, market, protection },
        21 = Price(update),
        22 = Funding { market, rate },
        23 = Interest { rate },
        24 = Tick,
    }
    MarketState { 0 = Trading, 1 = ReduceOnly, 2 = CancelOnly, 3 = Auction, 4 = Halted }
    Lifetime {
        0 = GoodTillCancelled,
        1 = GoodTill(until),
        2 = ImmediateOrCancel,
        3 = FillOrKill,
        4 = PostOnly,
    }
    SelfTrade { 0 = Allow, 1 = CancelTaker, 2 = CancelMaker, 3 = CancelBoth }
    TriggerCondition { 0 = Stop(price), 1 = TakeProfit(price), 2 = Trailing { callback, from } }
    TriggerPrice { 0 = Mark, 1 = Last }
    PriceOf { 0 = Index(market), 1 = Asset(asset) }
    PriceStatus { 0 = Live, 1 = Capped, 2 = Degraded, 3 = Held, 4 = Split, 5 = Halted }
}

codec_struct! {
    Transfer { account, asset, amount }
    PlaceOrder {
        account, market, side, position, limit, lots, lifetime, reduce_only, self_trade, trigger, tag,
    }
    Trigger { condition, by, close_position }
    Protection { window, lots_max, frozen }
    PriceUpdate { of, status, market, liquidation, confidence, as_of }
}
