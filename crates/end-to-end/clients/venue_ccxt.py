"""ccxt, of which nothing is changed but its addresses, trades on the venue: every method that it has for such an exchange,
in one account. The environment says where; see `venue_common.py`.
"""

import asyncio
import os
import socket

import ccxt
import ccxt.pro

from venue_common import (
    CALLED, CERTIFICATE, PATHS, SYMBOL, VENUE, await_prices, check, endow, exchange, make_maker, refused, step, within,
)

def market_data(trader, mark):
    check("fetchTime", trader.fetch_time() > 1_600_000_000_000, None)
    ticker = trader.fetch_ticker(SYMBOL)
    check("fetchTicker", ticker["symbol"] == SYMBOL, ticker)
    check("fetchTickers", SYMBOL in trader.fetch_tickers(), None)
    check("fetchBidsAsks", SYMBOL in trader.fetch_bids_asks([SYMBOL]), None)
    rate = trader.fetch_funding_rate(SYMBOL)
    check("fetchFundingRate", abs(rate["markPrice"] / mark - 1) < 0.05 and rate["fundingTimestamp"] > 0, rate)
    check("fetchFundingRates", SYMBOL in trader.fetch_funding_rates([SYMBOL]), None)
    check("fetchFundingRateHistory", isinstance(trader.fetch_funding_rate_history(SYMBOL), list), None)
    interest = trader.fetch_open_interest(SYMBOL)
    check("fetchOpenInterest", interest["openInterestAmount"] is not None, interest)
    check("fetchLeverageTiers", len(trader.fetch_leverage_tiers([SYMBOL])[SYMBOL]) == 5, None)
    check("fetchMarketLeverageTiers", len(trader.fetch_market_leverage_tiers(SYMBOL)) == 5, None)
    check("fetchTradingFee", trader.fetch_trading_fee(SYMBOL)["taker"] == 0.0005, None)
    check("fetchTradingFees", isinstance(trader.fetch_trading_fees(), dict), None)
    check("fetchMarkets", any(it["symbol"] == SYMBOL for it in trader.fetch_markets()), None)
    check("fetchCurrencies", trader.fetch_currencies() == {}, None)
    check("fetchTradingLimits", isinstance(trader.fetch_trading_limits([SYMBOL]), dict), None)
    check("fetchStatus", trader.fetch_status()["status"] == "ok", None)
    check("fetchMarkPrice", abs(trader.fetch_mark_price(SYMBOL)["markPrice"] / mark - 1) < 0.05, None)
    check("fetchMarkPrices", SYMBOL in trader.fetch_mark_prices(), None)
    check("fetchFundingInterval", trader.fetch_funding_interval(SYMBOL)["interval"] == "8h", None)
    check("fetchFundingIntervals", SYMBOL in trader.fetch_funding_intervals(), None)
    for name, candles, low, high in [
        ("fetchMarkOHLCV", trader.fetch_mark_ohlcv(SYMBOL, "1m"), mark * 0.95, mark * 1.05),
        ("fetchIndexOHLCV", trader.fetch_index_ohlcv(SYMBOL, "1m"), mark * 0.95, mark * 1.05),
        ("fetchPremiumIndexOHLCV", trader.fetch_premium_index_ohlcv(SYMBOL, "1m"), -0.05, 0.05),
    ]:
        check(name, candles and low <= candles[-1][4] <= high, candles[-1:])
    pair = {"symbol": trader.market_id(SYMBOL)}
    fund = trader.fapiPublicGetInsuranceBalance(pair)
    check("insuranceBalance", fund["assets"][0]["asset"] == "USDT", fund)
    check("constituents", trader.fapiPublicGetConstituents(pair)["symbol"] == pair["symbol"], None)
    check("assetIndex", isinstance(trader.fapiPublicGetAssetIndex(), list), None)
    check("symbolAdlRisk", trader.fapiPublicGetSymbolAdlRisk(pair)["symbol"] == pair["symbol"], None)


def settings(trader):
    trader.set_leverage(20, SYMBOL)
    check("setLeverage", trader.fetch_leverage(SYMBOL)["longLeverage"] == 20, None)
    trader.set_margin_mode("isolated", SYMBOL)
    refused("setMarginMode twice", lambda: trader.set_margin_mode("isolated", SYMBOL), ccxt.BaseError)
    trader.set_margin_mode("cross", SYMBOL)
    trader.set_position_mode(True)
    check("fetchPositionMode", trader.fetch_position_mode()["hedged"] is True, None)
    trader.set_position_mode(False)
    step("setMarginMode, setPositionMode", "ok")
    check("fetchLeverages", SYMBOL in trader.fetch_leverages([SYMBOL]), None)
    check("fetchMarginMode", trader.fetch_margin_mode(SYMBOL)["marginMode"] == "cross", None)
    check("fetchMarginModes", SYMBOL in trader.fetch_margin_modes([SYMBOL]), None)
    multi = trader.fapiPrivateGetMultiAssetsMargin()["multiAssetsMargin"]
    refused("multiAssetsMargin as it is", lambda: trader.fapiPrivatePostMultiAssetsMargin(
        {"multiAssetsMargin": str(multi).lower()}), ccxt.BaseError)


def orders(trader, maker, mark):
    low, high = round(mark * 0.97, 1), round(mark * 1.03, 1)
    order = trader.create_order(SYMBOL, "limit", "buy", 0.01, low, {"clientOrderId": "mine-1"})
    check("createOrder limit", order["status"] == "open" and order["clientOrderId"] == "mine-1", order)
    check("fetchOrder", trader.fetch_order(order["id"], SYMBOL)["price"] == low, None)
    refused("the same client order id", lambda: trader.create_order(
        SYMBOL, "limit", "buy", 0.01, low, {"clientOrderId": "mine-1"}), ccxt.BaseError)
    changed = trader.edit_order(order["id"], SYMBOL, "limit", "buy", 0.02, low - 10)
    check("editOrder", changed["amount"] == 0.02 and changed["price"] == low - 10, changed)
    check("fetchOpenOrders", [it["id"] for it in trader.fetch_open_orders(SYMBOL)] == [order["id"]], None)
    check("cancelOrder", trader.cancel_order(order["id"], SYMBOL)["status"] == "canceled", None)
    pair = {"symbol": trader.market_id(SYMBOL), "orderId": order["id"]}
    changes = trader.fapiPrivateGetOrderAmendment(pair)
    check("orderAmendment", [it["amendment"]["origQty"]["after"] for it in changes] == ["0.020"], changes)
    refused("cancelOrder twice", lambda: trader.cancel_order(order["id"], SYMBOL), ccxt.OrderNotFound)
    refused("fetchOrder unknown", lambda: trader.fetch_order("999999999", SYMBOL), ccxt.OrderNotFound)
    post_only = trader.create_order(SYMBOL, "limit", "sell", 0.01, high, {"postOnly": True})
    check("createOrder postOnly", post_only["postOnly"] is True, post_only)
    batch = trader.create_orders([
        {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": low},
        {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": low - 1},
    ])
    check("createOrders", [it["status"] for it in batch] == ["open", "open"], batch)
    check("fetchOpenOrder", trader.fetch_open_order(batch[0]["id"], SYMBOL)["price"] == low, None)
    changed = trader.edit_orders([
        {"id": it["id"], "symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.03, "price": low - 2} for it in batch
    ])
    check("editOrders", [it["amount"] for it in changed] == [0.03, 0.03], changed)
    ended = trader.cancel_orders([it["id"] for it in batch], SYMBOL)
    check("cancelOrders", len(ended) == 2, ended)
    ended = {it["id"] for it in trader.fetch_canceled_orders(SYMBOL)}
    check("fetchCanceledOrders", {it["id"] for it in batch} <= ended, None)
    ended = {it["id"] for it in trader.fetch_canceled_and_closed_orders(SYMBOL)}
    check("fetchCanceledAndClosedOrders", {it["id"] for it in batch} <= ended, None)
    for name, make in [
        ("createLimitOrder", lambda: trader.create_limit_order(SYMBOL, "buy", 0.01, low)),
        ("createLimitBuyOrder", lambda: trader.create_limit_buy_order(SYMBOL, 0.01, low)),
        ("createLimitSellOrder", lambda: trader.create_limit_sell_order(SYMBOL, 0.01, high)),
        ("createPostOnlyOrder", lambda: trader.create_post_only_order(SYMBOL, "limit", "buy", 0.01, low)),
        ("createOrder GTD", lambda: trader.create_order(SYMBOL, "limit", "buy", 0.01, low, {
            "timeInForce": "GTD", "goodTillDate": int(trader.milliseconds()) + 700_000})),
    ]:
        check(name, make()["status"] == "open", None)
    ended = trader.create_order(SYMBOL, "limit", "buy", 0.01, low, {"timeInForce": "IOC"})
    check("createOrder IOC", ended["status"] in ("expired", "canceled"), ended)
    refused("createOrder FOK", lambda: trader.create_order(
        SYMBOL, "limit", "buy", 0.01, low, {"timeInForce": "FOK"}), ccxt.InvalidOrder)
    check("createOrder test", isinstance(trader.create_order(SYMBOL, "limit", "buy", 0.01, low, {"test": True}), dict), None)
    for kind, side, params in [
        ("STOP_MARKET", "sell", {"stopPrice": round(mark * 0.95, 1)}),
        ("STOP", "sell", {"stopPrice": round(mark * 0.95, 1), "price": low}),
        ("TAKE_PROFIT_MARKET", "sell", {"stopPrice": round(mark * 1.05, 1)}),
        ("TAKE_PROFIT", "sell", {"stopPrice": round(mark * 1.05, 1), "price": high}),
        ("TRAILING_STOP_MARKET", "sell", {"callbackRate": 1.0, "trailingPercent": 1.0}),
    ]:
        price = params.pop("price", None)
        waiting = trader.create_order(SYMBOL, kind, side, 0.01, price, params)
        check(f"createOrder {kind}", waiting["id"] is not None, waiting)
    waiting = trader.fetch_open_orders(SYMBOL, params={"trigger": True})
    check("fetchOpenOrders trigger", len(waiting) == 5, waiting)
    one = trader.fetch_order(waiting[0]["id"], SYMBOL, {"trigger": True})
    check("fetchOrder trigger", one["triggerPrice"] == waiting[0]["triggerPrice"], one)
    every = {it["id"] for it in trader.fetch_orders(SYMBOL, params={"trigger": True})}
    check("fetchOrders trigger", {it["id"] for it in waiting} <= every, None)
    ended = trader.cancel_order(waiting[0]["id"], SYMBOL, {"trigger": True})
    check("cancelOrder trigger", ended["id"] == waiting[0]["id"], ended)
    trader.cancel_all_orders(SYMBOL)
    check("cancelAllOrders", trader.fetch_open_orders(SYMBOL) == [], None)
    check("stops stay", len(trader.fetch_open_orders(SYMBOL, params={"trigger": True})) == 4, None)
    below, above = round(mark * 0.95, 1), round(mark * 1.05, 1)
    for name, make in [
        ("createTriggerOrder", lambda: trader.create_trigger_order(SYMBOL, "market", "sell", 0.01, None, below)),
        ("createStopLossOrder", lambda: trader.create_stop_loss_order(SYMBOL, "market", "sell", 0.01, None, below)),
        ("createTakeProfitOrder", lambda: trader.create_take_profit_order(SYMBOL, "market", "sell", 0.01, None, above)),
        ("createStopMarketOrder", lambda: trader.create_stop_market_order(SYMBOL, "sell", 0.01, below)),
        ("createStopLimitOrder", lambda: trader.create_stop_limit_order(SYMBOL, "sell", 0.01, low, below)),
    ]:
        check(name, make()["id"] is not None, None)
    trader.cancel_all_orders(SYMBOL, {"trigger": True})
    for name, make in [
        ("createStopOrder", lambda: trader.create_stop_order(SYMBOL, "market", "sell", 0.01, None, below)),
        ("createTrailingPercentOrder", lambda: trader.create_trailing_percent_order(
            SYMBOL, "market", "sell", 0.01, None, 1.0, mark)),
        ("createOrder closePosition", lambda: trader.create_order(SYMBOL, "STOP_MARKET", "sell", None, None, {
            "stopPrice": below, "closePosition": True})),
    ]:
        check(name, make()["id"] is not None, None)
    trader.cancel_all_orders(SYMBOL, {"trigger": True})
    check("cancelAllOrders trigger", trader.fetch_open_orders(SYMBOL, params={"trigger": True}) == [], None)
    for countdown in ("60000", "0"):
        told = trader.fapiPrivatePostCountdownCancelAll({"symbol": trader.market_id(SYMBOL), "countdownTime": countdown})
        check("countdownCancelAll", told["countdownTime"] == countdown, told)
    refused("no margin", lambda: trader.create_order(SYMBOL, "limit", "buy", 900, low), ccxt.BaseError)
    refused("too small", lambda: trader.create_order(SYMBOL, "limit", "buy", 0.00001, low), ccxt.BaseError)


def trades(trader, maker, mark):
    ask = round(mark * 1.001, 1)
    resting = maker.create_order(SYMBOL, "limit", "sell", 1, ask, {"postOnly": True})
    bought = trader.create_order(SYMBOL, "market", "buy", 0.05)
    check("createOrder market", bought["status"] == "closed" and bought["average"] == ask, bought)
    book = trader.fetch_order_book(SYMBOL, 10)
    check("fetchOrderBook", book["asks"][0] == [ask, 0.95], book["asks"])
    check("fetchL2OrderBook", trader.fetch_l2_order_book(SYMBOL)["asks"][0] == [ask, 0.95], None)
    check("fetchLastPrices", trader.fetch_last_prices([SYMBOL])[SYMBOL]["price"] == ask, None)
    mine = trader.fetch_my_trades(SYMBOL)
    check("fetchMyTrades", mine[-1]["amount"] == 0.05 and mine[-1]["fee"]["currency"] == "USDT", mine[-1:])
    check("fetchTrades", trader.fetch_trades(SYMBOL)[-1]["price"] == ask, None)
    candles = trader.fetch_ohlcv(SYMBOL, "1m")
    check("fetchOHLCV", candles and candles[-1][4] == ask, candles[-1:])
    position = trader.fetch_positions([SYMBOL])[0]
    seen = (position["side"], position["contracts"], position["entryPrice"], position["marginMode"])
    check("fetchPositions", seen == ("long", 0.05, ask, "cross"), position)
    check("liquidationPrice", position["leverage"] == 20, position)
    check("fetchPositionsRisk", trader.fetch_positions_risk([SYMBOL])[0]["contracts"] == 0.05, None)
    account = trader.fetch_positions([SYMBOL], {"method": "account"})
    check("fetchPositions account", account[0]["contracts"] == 0.05, account)
    check("fetchADLRank", trader.fetch_adl_rank(SYMBOL)["symbol"] == SYMBOL, None)
    check("fetchPositionADLRank", trader.fetch_position_adl_rank(SYMBOL)["symbol"] == SYMBOL, None)
    ranks = trader.fetch_positions_adl_rank([SYMBOL])
    check("fetchPositionsADLRank", [it["symbol"] for it in ranks] == [SYMBOL], ranks)
    balance = trader.fetch_balance()
    check("fetchBalance", balance["USDT"]["total"] > 0 and balance["USDT"]["used"] > 0, balance["USDT"])
    maker.create_order(SYMBOL, "limit", "buy", 1, round(mark * 0.999, 1))
    closed = trader.create_order(SYMBOL, "market", "sell", 0.05, None, {"reduceOnly": True})
    check("reduceOnly", closed["status"] == "closed" and closed["reduceOnly"] is True, closed)
    check("flat", trader.fetch_positions([SYMBOL]) == [], None)
    refused("reduceOnly of nothing", lambda: trader.create_order(
        SYMBOL, "market", "sell", 0.05, None, {"reduceOnly": True}), ccxt.BaseError)
    orders = trader.fetch_orders(SYMBOL)
    check("fetchOrders", {bought["id"], closed["id"]} <= {it["id"] for it in orders}, None)
    check("fetchClosedOrders", bought["id"] in {it["id"] for it in trader.fetch_closed_orders(SYMBOL)}, None)
    check("fetchLedger", any(it["type"] for it in trader.fetch_ledger("USDT")), None)
    check("fetchFundingHistory", isinstance(trader.fetch_funding_history(SYMBOL), list), None)
    check("fetchMyLiquidations", isinstance(trader.fetch_my_liquidations(SYMBOL), list), None)
    maker.cancel_all_orders(SYMBOL)
    check("the maker's order", resting["id"] is not None, None)


def small_orders(trader, maker, mark):
    """Every word for a market order, each closed by the next; then isolated margin, and both sides at once."""
    ask, bid = round(mark * 1.001, 1), round(mark * 0.999, 1)
    maker.create_order(SYMBOL, "limit", "sell", 5, ask)
    maker.create_order(SYMBOL, "limit", "buy", 5, bid)
    for name, make in [
        ("createMarketBuyOrder", lambda: trader.create_market_buy_order(SYMBOL, 0.02)),
        ("createMarketSellOrder", lambda: trader.create_market_sell_order(SYMBOL, 0.02)),
        ("createMarketOrder", lambda: trader.create_market_order(SYMBOL, "buy", 0.02)),
        ("createReduceOnlyOrder", lambda: trader.create_reduce_only_order(SYMBOL, "market", "sell", 0.02)),
    ]:
        check(name, make()["status"] == "closed", None)
    trader.set_margin_mode("isolated", SYMBOL)
    trader.create_order(SYMBOL, "market", "buy", 0.02)
    before = trader.fetch_positions([SYMBOL])[0]
    trader.add_margin(SYMBOL, 50)
    after = trader.fetch_positions([SYMBOL])[0]
    moved = after["initialMargin"] is not None and after["collateral"] - before["collateral"]
    check("addMargin", before["marginMode"] == "isolated" and 49 < moved < 51, after)
    trader.reduce_margin(SYMBOL, 40)
    check("reduceMargin", trader.fetch_positions([SYMBOL])[0]["collateral"] < after["collateral"], None)
    check("fetchMarginAdjustmentHistory", isinstance(trader.fetch_margin_adjustment_history(SYMBOL), list), None)
    trader.create_order(SYMBOL, "market", "sell", 0.02, None, {"reduceOnly": True})
    trader.set_margin_mode("cross", SYMBOL)
    trader.set_position_mode(True)
    trader.create_order(SYMBOL, "market", "buy", 0.03, None, {"positionSide": "LONG"})
    trader.create_order(SYMBOL, "market", "sell", 0.02, None, {"positionSide": "SHORT"})
    held = {it["side"]: it["contracts"] for it in trader.fetch_positions([SYMBOL])}
    check("both sides at once", held == {"long": 0.03, "short": 0.02}, held)
    trader.create_order(SYMBOL, "market", "sell", 0.03, None, {"positionSide": "LONG"})
    trader.create_order(SYMBOL, "market", "buy", 0.02, None, {"positionSide": "SHORT"})
    check("both sides closed", trader.fetch_positions([SYMBOL]) == [], None)
    trader.set_position_mode(False)
    maker.cancel_all_orders(SYMBOL)


async def changed_position(trader):
    while True:  # the first is what there was before
        positions = await trader.watch_positions([SYMBOL])
        if positions:
            return positions


async def told(trader, maker, mark):
    """Every stream tells what happens."""
    both = [SYMBOL, "ETH/USDT:USDT"] if "ETH/USDT:USDT" in trader.markets else [SYMBOL]
    coming = {
        "watchOrderBook": trader.watch_order_book(SYMBOL), "watchOrders": trader.watch_orders(SYMBOL),
        "watchMyTrades": trader.watch_my_trades(SYMBOL), "watchPositions": changed_position(trader),
        "watchBalance": trader.watch_balance(), "watchTrades": trader.watch_trades(SYMBOL),
        "watchOHLCV": trader.watch_ohlcv(SYMBOL, "1m"), "watchTicker": trader.watch_ticker(SYMBOL),
        "watchTickers": trader.watch_tickers(both), "watchBidsAsks": trader.watch_bids_asks([SYMBOL]),
        "watchMarkPrice": trader.watch_mark_price(SYMBOL), "watchMarkPrices": trader.watch_mark_prices([SYMBOL]),
        "watchOrderBookForSymbols": trader.watch_order_book_for_symbols(both),
        "watchTradesForSymbols": trader.watch_trades_for_symbols(both),
        "watchOHLCVForSymbols": trader.watch_ohlcv_for_symbols([[it, "5m"] for it in both]),
    }
    coming = {name: asyncio.ensure_future(within(name, it)) for name, it in coming.items()}
    await asyncio.sleep(4)  # until every stream is subscribed to
    ask = round(mark * 1.002, 1)
    await maker.create_order(SYMBOL, "limit", "sell", 0.5, ask)
    placed = await trader.create_order(SYMBOL, "limit", "buy", 0.02, ask)
    seen = {name: await it for name, it in coming.items()}
    check("watchOrders", seen["watchOrders"][-1]["id"] == placed["id"], None)
    check("watchMyTrades", seen["watchMyTrades"][-1]["order"] == placed["id"], None)
    check("watchTrades", seen["watchTrades"][-1]["price"] == ask, None)
    check("watchTradesForSymbols", seen["watchTradesForSymbols"][-1]["price"] == ask, None)
    check("watchPositions", seen["watchPositions"][-1]["contracts"] == 0.02, seen["watchPositions"])
    check("watchBalance", seen["watchBalance"]["USDT"]["total"] > 0, None)
    check("watchOrderBook", seen["watchOrderBook"]["nonce"] is not None, None)
    check("watchOrderBookForSymbols", seen["watchOrderBookForSymbols"]["nonce"] is not None, None)
    check("watchOHLCV", seen["watchOHLCV"][-1][4] > 0, None)
    check("watchOHLCVForSymbols", SYMBOL in seen["watchOHLCVForSymbols"] or "ETH/USDT:USDT" in seen["watchOHLCVForSymbols"], None)
    check("watchTicker", seen["watchTicker"]["last"] is not None, None)
    check("watchTickers", seen["watchTickers"], None)
    check("watchBidsAsks", SYMBOL in seen["watchBidsAsks"], None)
    check("watchMarkPrice", seen["watchMarkPrice"]["markPrice"] > 0, None)
    check("watchMarkPrices", seen["watchMarkPrices"][SYMBOL]["markPrice"] > 0, None)
    for _ in range(3):
        await maker.create_order(SYMBOL, "limit", "sell", 0.1, ask + 1)
        book = await within("watchOrderBook goes on", trader.watch_order_book(SYMBOL))
    check("watchOrderBook goes on", book["asks"][0][0] == ask, book["asks"][:3])
    for name, end in [
        ("unWatchOrderBook", trader.un_watch_order_book(SYMBOL)), ("unWatchTrades", trader.un_watch_trades(SYMBOL)),
        ("unWatchOHLCV", trader.un_watch_ohlcv(SYMBOL, "1m")), ("unWatchTicker", trader.un_watch_ticker(SYMBOL)),
        ("unWatchTickers", trader.un_watch_tickers(both)), ("unWatchMarkPrice", trader.un_watch_mark_price(SYMBOL)),
        ("unWatchMarkPrices", trader.un_watch_mark_prices([SYMBOL])),
        ("unWatchBidsAsks", trader.un_watch_bids_asks([SYMBOL])),
        ("unWatchOrderBookForSymbols", trader.un_watch_order_book_for_symbols(both)),
        ("unWatchTradesForSymbols", trader.un_watch_trades_for_symbols(both)),
        ("unWatchOHLCVForSymbols", trader.un_watch_ohlcv_for_symbols([[it, "5m"] for it in both])),
    ]:
        await within(name, end)
        step(name, "ok")


async def asked(trader, maker, mark):
    """The WebSocket API does what REST does."""
    low = round(mark * 0.97, 1)
    sent = await within("createOrderWs", trader.create_order_ws(SYMBOL, "limit", "buy", 0.01, low))
    check("createOrderWs", sent["status"] == "open", sent)
    changed = await within("editOrderWs", trader.edit_order_ws(sent["id"], SYMBOL, "limit", "buy", 0.02, low))
    check("editOrderWs", changed["amount"] == 0.02, changed)
    check("fetchOrderWs", (await within("fetchOrderWs", trader.fetch_order_ws(sent["id"], SYMBOL)))["amount"] == 0.02, None)
    for name, coming in [
        ("fetchMyTradesWs", trader.fetch_my_trades_ws(SYMBOL)), ("fetchTradesWs", trader.fetch_trades_ws(SYMBOL)),
        ("fetchOHLCVWs", trader.fetch_ohlcv_ws(SYMBOL, "1m")), ("fetchOrderBookWs", trader.fetch_order_book_ws(SYMBOL)),
        ("fetchTickerWs", trader.fetch_ticker_ws(SYMBOL)), ("fetchBalanceWs", trader.fetch_balance_ws()),
        ("fetchPositionsWs", trader.fetch_positions_ws([SYMBOL])), ("fetchPositionWs", trader.fetch_position_ws(SYMBOL)),
    ]:
        check(name, await within(name, coming), None)
    ended = await within("cancelOrderWs", trader.cancel_order_ws(sent["id"], SYMBOL))
    check("cancelOrderWs", ended["status"] == "canceled", ended)
    closed = await maker.create_order(SYMBOL, "limit", "buy", 0.5, round(mark * 0.998, 1))
    ended = await within("createMarketOrderWs", trader.create_market_order_ws(SYMBOL, "sell", 0.02, None, {"reduceOnly": True}))
    check("createMarketOrderWs", ended["id"] is not None and closed["id"] is not None, None)
    await maker.cancel_all_orders(SYMBOL)
    await trader.cancel_all_orders(SYMBOL)


async def streams(mark, of_maker):
    trader = exchange(ccxt.pro, os.environ["KEY"], os.environ["SECRET"])
    maker = exchange(ccxt.pro, *of_maker)
    try:
        await trader.load_markets()
        await maker.load_markets()
        await told(trader, maker, mark)
        await asked(trader, maker, mark)
    finally:
        await trader.close()
        await maker.close()


def error_classes(of_maker):
    """The classes that ccxt has for Binance's errors, which it uses only where the address is like Binance's. The name
    stands for this machine, as a line in its list of hosts would have it."""
    port = VENUE.rsplit(":", 1)[1]
    look_up = socket.getaddrinfo
    socket.getaddrinfo = lambda host, *rest, **more: look_up(
        "127.0.0.1" if host == "fapi.seawall.test" else host, *rest, **more)
    base = f"https://fapi.seawall.test:{port}"
    urls = {"api": {name: base + path for name, path in PATHS.items()}}
    trader = exchange(ccxt, *of_maker, urls=urls, hostname=f"seawall.test:{port}")
    trader.load_markets()
    low = round(trader.fetch_funding_rate(SYMBOL)["markPrice"] * 0.97, 1)
    refused("-2019", lambda: trader.create_order(SYMBOL, "limit", "buy", 900, low), ccxt.InsufficientFunds)
    refused("-2022", lambda: trader.create_order(
        SYMBOL, "market", "sell", 0.01, None, {"reduceOnly": True}), ccxt.InvalidOrder)
    refused("-4164", lambda: trader.create_order(SYMBOL, "limit", "buy", 0.001, 1.0), ccxt.BaseError)
    refused("-1121", lambda: trader.fapiPublicGetDepth({"symbol": "NOTHING"}), ccxt.BadSymbol)


# What ccxt has for other products of Binance's (loans, conversion, options, transfers between wallets, deposits and
# withdrawals of coins), what it only says of itself, what the venue keeps no history of, and what only happens to who is
# liquidated: the proof of the wave looks at that.
NOT_OF_THIS = {
    "borrowCrossMargin", "borrowIsolatedMargin", "repayCrossMargin", "repayIsolatedMargin", "fetchBorrowInterest",
    "fetchBorrowRateHistory", "fetchCrossBorrowRate", "fetchIsolatedBorrowRate", "fetchIsolatedBorrowRates",
    "createConvertTrade", "fetchConvertCurrencies", "fetchConvertQuote", "fetchConvertTrade", "fetchConvertTradeHistory",
    "createMarketBuyOrderWithCost", "createMarketOrderWithCost", "createMarketSellOrderWithCost", "fetchCurrenciesWs",
    "fetchAllGreeks", "fetchGreeks", "fetchOption", "fetchMySettlementHistory", "fetchSettlementHistory",
    "fetchDepositAddress", "fetchDepositWithdrawFee", "fetchDepositWithdrawFees", "fetchDeposits", "fetchWithdrawals",
    "fetchTransactionFee", "fetchTransactionFees", "fetchTransfers", "transfer", "withdraw", "fetchLedgerEntry",
    "fetchPositionForSymbolWs", "fetchOrderTrades", "cancelAllOrdersWs", "fetchOrdersWs", "fetchOpenOrdersWs", "watchOrdersForSymbols", "fetchPosition", "fetchLongShortRatioHistory", "fetchOpenInterestHistory", "future", "swap", "sandbox",
    "privateAPI", "publicAPI", "ws", "watchLiquidations", "watchLiquidationsForSymbols", "watchMyLiquidations",
    "watchMyLiquidationsForSymbols",
}


def every_method(trader):
    called = {name.replace("_", "").lower() for name in CALLED}
    left = {name for name, has in trader.has.items() if has and name.lower() not in called}
    check("every method of ccxt", not left - NOT_OF_THIS, sorted(left - NOT_OF_THIS))


def main():
    await_prices()
    trader = exchange(ccxt, os.environ["KEY"], os.environ["SECRET"])
    endow()
    of_maker = make_maker()
    maker = exchange(ccxt, *of_maker)
    check("loadMarkets", SYMBOL in trader.load_markets(), None)
    maker.load_markets()
    step("version", ccxt.__version__)
    mark = trader.fetch_funding_rate(SYMBOL)["markPrice"]
    market_data(trader, mark)
    settings(trader)
    trades(trader, maker, mark)
    small_orders(trader, maker, mark)
    orders(trader, maker, mark)
    asyncio.run(streams(mark, of_maker))
    if CERTIFICATE:
        error_classes(of_maker)
    every_method(exchange(ccxt.pro, "", ""))
    step("done", "ok")


main()
