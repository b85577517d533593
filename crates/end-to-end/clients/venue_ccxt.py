"""ccxt, of which nothing is changed but its addresses, trades on the venue: every call of the surface, in one account.

VENUE is the venue's URL, KEY and SECRET are the trader's, who is an administrator, too; CERTIFICATE is what to trust under
TLS, and ENDOW the trader's account where it has nothing yet. Somebody else to trade with is made over the administration API. Prints one line of JSON for each step; the first
failure ends it.
"""

import asyncio
import hashlib
import hmac
import json
import os
import ssl
import sys
import time
import urllib.parse
import urllib.request

import ccxt
import ccxt.pro

VENUE = os.environ["VENUE"]
SYMBOL = "BTC/USDT:USDT"
PATHS = {
    "fapiPublic": "/fapi/v1", "fapiPublicV2": "/fapi/v2", "fapiPublicV3": "/fapi/v3", "fapiPrivate": "/fapi/v1",
    "fapiPrivateV2": "/fapi/v2", "fapiPrivateV3": "/fapi/v3", "fapiData": "/futures/data", "sapi": "/sapi/v1",
}
PATIENCE_S = 20
PRICES_WITHIN_S = 60
CERTIFICATE = os.environ.get("CERTIFICATE")
if CERTIFICATE:
    os.environ["REQUESTS_CA_BUNDLE"] = CERTIFICATE


def administrate(method, path, **params):
    params["timestamp"] = int(time.time() * 1000)
    query = urllib.parse.urlencode(params)
    signature = hmac.new(os.environ["SECRET"].encode(), query.encode(), hashlib.sha256).hexdigest()
    url = f"{VENUE}/v1/admin/{path}?{query}&signature={signature}"
    request = urllib.request.Request(url, method=method, headers={"X-MBX-APIKEY": os.environ["KEY"]})
    trusted = ssl.create_default_context(cafile=CERTIFICATE) if CERTIFICATE else None
    return json.load(urllib.request.urlopen(request, context=trusted))


def await_prices():
    trusted = ssl.create_default_context(cafile=CERTIFICATE) if CERTIFICATE else None
    for _ in range(PRICES_WITHIN_S * 5):
        try:
            markets = json.load(urllib.request.urlopen(VENUE + "/v1/markets", context=trusted))["items"]
            if all(market["status"] == "live" for market in markets):
                return
        except OSError:
            pass  # it does not listen yet
        time.sleep(0.2)
    raise SystemExit("the venue has no prices")


def make_maker():
    name = f"maker-{time.time_ns()}"
    administrate("POST", "accounts", name=name)
    administrate("POST", "deposits", account=name, asset="USDT", amount="1000000")
    made = administrate("POST", "keys", account=name, permissions="read,trade")
    return made["key"], made["secret"]


def addresses():
    api = {name: VENUE + path for name, path in PATHS.items()}
    socket = VENUE.replace("http", "ws", 1)
    api["ws"] = {"future": socket + "/ws", "ws-api": {"future": socket + "/ws-fapi/v1"}}
    return {"api": api}


def exchange(kind, key, secret):
    made = kind.binanceusdm({"apiKey": key, "secret": secret, "urls": addresses(), "enableRateLimit": False})
    if CERTIFICATE and kind is ccxt:
        made.session.trust_env = made.requests_trust_env = True
    return made


def step(name, result):
    print(json.dumps({"step": name, "result": result}), flush=True)


def check(name, holds, seen):
    if not holds:
        print(f"{name}: {json.dumps(seen, default=str)}", file=sys.stderr)
        raise SystemExit(1)
    step(name, "ok")


def refused(name, call, kind):
    try:
        seen = call()
    except kind as error:
        return step(name, type(error).__name__)
    except Exception as error:  # the class is what is looked at
        check(name, False, f"{type(error).__name__}: {error}")
    check(name, False, seen)


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
    check("fetchTradingFee", trader.fetch_trading_fee(SYMBOL)["taker"] == 0.0005, None)


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
    refused("cancelOrder twice", lambda: trader.cancel_order(order["id"], SYMBOL), ccxt.OrderNotFound)
    refused("fetchOrder unknown", lambda: trader.fetch_order("999999999", SYMBOL), ccxt.OrderNotFound)
    post_only = trader.create_order(SYMBOL, "limit", "sell", 0.01, high, {"postOnly": True})
    check("createOrder postOnly", post_only["postOnly"] is True, post_only)
    batch = trader.create_orders([
        {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": low},
        {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": low - 1},
    ])
    check("createOrders", [it["status"] for it in batch] == ["open", "open"], batch)
    ended = trader.cancel_orders([it["id"] for it in batch], SYMBOL)
    check("cancelOrders", len(ended) == 2, ended)
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
    ended = trader.cancel_order(waiting[0]["id"], SYMBOL, {"trigger": True})
    check("cancelOrder trigger", ended["id"] == waiting[0]["id"], ended)
    trader.cancel_all_orders(SYMBOL)
    check("cancelAllOrders", trader.fetch_open_orders(SYMBOL) == [], None)
    check("stops stay", len(trader.fetch_open_orders(SYMBOL, params={"trigger": True})) == 4, None)
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
    mine = trader.fetch_my_trades(SYMBOL)
    check("fetchMyTrades", mine[-1]["amount"] == 0.05 and mine[-1]["fee"]["currency"] == "USDT", mine[-1:])
    check("fetchTrades", trader.fetch_trades(SYMBOL)[-1]["price"] == ask, None)
    candles = trader.fetch_ohlcv(SYMBOL, "1m")
    check("fetchOHLCV", candles and candles[-1][4] == ask, candles[-1:])
    position = trader.fetch_positions([SYMBOL])[0]
    seen = (position["side"], position["contracts"], position["entryPrice"], position["marginMode"])
    check("fetchPositions", seen == ("long", 0.05, ask, "cross"), position)
    check("liquidationPrice", position["leverage"] == 20, position)
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


async def within(name, coming):
    try:
        return await asyncio.wait_for(coming, PATIENCE_S)
    except asyncio.TimeoutError:
        check(name, False, "nothing came")


async def changed_position(trader):
    while True:  # the first is what there was before
        positions = await trader.watch_positions([SYMBOL])
        if positions:
            return positions


async def streams(mark, of_maker):
    trader = exchange(ccxt.pro, os.environ["KEY"], os.environ["SECRET"])
    maker = exchange(ccxt.pro, *of_maker)
    if CERTIFICATE:
        trusted = ssl.create_default_context(cafile=CERTIFICATE)
        trader.ssl_context = maker.ssl_context = trusted
    try:
        await trader.load_markets()
        await maker.load_markets()
        book = asyncio.ensure_future(within("watchOrderBook", trader.watch_order_book(SYMBOL)))
        mine = asyncio.ensure_future(within("watchOrders", trader.watch_orders(SYMBOL)))
        own = asyncio.ensure_future(within("watchMyTrades", trader.watch_my_trades(SYMBOL)))
        moved = asyncio.ensure_future(within("watchPositions", changed_position(trader)))
        seen = asyncio.ensure_future(within("watchTrades", trader.watch_trades(SYMBOL)))
        candle = asyncio.ensure_future(within("watchOHLCV", trader.watch_ohlcv(SYMBOL, "1m")))
        ticker = asyncio.ensure_future(within("watchTicker", trader.watch_ticker(SYMBOL)))
        best = asyncio.ensure_future(within("watchBidsAsks", trader.watch_bids_asks([SYMBOL])))
        marked = asyncio.ensure_future(within("watchMarkPrice", trader.watch_mark_price(SYMBOL)))
        await asyncio.sleep(3)  # until every stream is subscribed to
        ask = round(mark * 1.002, 1)
        await maker.create_order(SYMBOL, "limit", "sell", 0.5, ask)
        placed = await trader.create_order(SYMBOL, "limit", "buy", 0.02, ask)
        check("watchOrders", (await mine)[-1]["id"] == placed["id"], None)
        check("watchMyTrades", (await own)[-1]["order"] == placed["id"], None)
        check("watchTrades", (await seen)[-1]["price"] == ask, None)
        check("watchPositions", (await moved)[-1]["contracts"] == 0.02, None)
        check("watchOrderBook", (await book)["nonce"] is not None, None)
        check("watchOHLCV", (await candle)[-1][4] > 0, None)
        check("watchTicker", (await ticker)["last"] is not None, None)
        check("watchBidsAsks", SYMBOL in (await best), None)
        check("watchMarkPrice", (await marked)["markPrice"] > 0, None)
        for _ in range(3):
            await maker.create_order(SYMBOL, "limit", "sell", 0.1, ask + 1)
            book = await within("watchOrderBook goes on", trader.watch_order_book(SYMBOL))
        check("watchOrderBook goes on", book["asks"][0][0] == ask, book["asks"][:3])
        sent = await within("createOrderWs", trader.create_order_ws(SYMBOL, "limit", "buy", 0.01, round(mark * 0.97, 1)))
        check("createOrderWs", sent["status"] == "open", sent)
        ended = await within("cancelOrderWs", trader.cancel_order_ws(sent["id"], SYMBOL))
        check("cancelOrderWs", ended["status"] == "canceled", ended)
        closed = await maker.create_order(SYMBOL, "limit", "buy", 0.5, round(mark * 0.998, 1))
        await trader.create_order(SYMBOL, "market", "sell", 0.02, None, {"reduceOnly": True})
        check("closed", closed["id"] is not None, None)
        await maker.cancel_all_orders(SYMBOL)
        await trader.cancel_all_orders(SYMBOL)
    finally:
        await trader.close()
        await maker.close()


def main():
    await_prices()
    trader = exchange(ccxt, os.environ["KEY"], os.environ["SECRET"])
    if "ENDOW" in os.environ:
        administrate("POST", "deposits", account=os.environ["ENDOW"], asset="USDT", amount="1000000")
    of_maker = make_maker()
    maker = exchange(ccxt, *of_maker)
    check("loadMarkets", SYMBOL in trader.load_markets(), None)
    maker.load_markets()
    step("version", ccxt.__version__)
    mark = trader.fetch_funding_rate(SYMBOL)["markPrice"]
    market_data(trader, mark)
    settings(trader)
    trades(trader, maker, mark)
    orders(trader, maker, mark)
    asyncio.run(streams(mark, of_maker))
    step("done", "ok")


main()
