"""ccxt's streams go on over a restart of the venue, with nothing but what every user of ccxt has: the call again after a
network error. Says `restart` when it wants one, and goes on when it reads a line.
"""

import asyncio
import os
import sys

import ccxt
import ccxt.pro

from venue_common import SYMBOL, await_prices, check, endow, exchange, make_maker, step, within

SEEN = {}
BREAKS = {}


async def follow(name, watch):
    while True:
        try:
            SEEN[name] = await watch()
        except ccxt.NetworkError:
            BREAKS[name] = BREAKS.get(name, 0) + 1
            await asyncio.sleep(0.2)


async def until(name, holds):
    async def wait():
        while not holds():
            await asyncio.sleep(0.05)
    await within(name, wait())
    check(name, True, None)


async def again(call):
    """The answer to a call that may fall into the restart."""
    for _ in range(100):
        try:
            return await call()
        except ccxt.NetworkError:
            await asyncio.sleep(0.2)
    raise SystemExit("the venue does not come back")


async def trade(trader, maker, price, amount):
    await maker.create_order(SYMBOL, "limit", "sell", 0.5, price)
    return await trader.create_order(SYMBOL, "limit", "buy", amount, price)


def all_have_heard(when, order, price, contracts):
    return [
        (f"watchOrders {when}", lambda: any(it["id"] == order["id"] for it in SEEN.get("watchOrders", []))),
        (f"watchTrades {when}", lambda: any(it["price"] == price for it in SEEN.get("watchTrades", []))),
        (f"watchPositions {when}", lambda: any(
            it["contracts"] == contracts for it in SEEN.get("watchPositions", []))),
        (f"watchBalance {when}", lambda: SEEN.get("watchBalance", {}).get("USDT", {}).get("total") is not None),
    ]


async def main():
    await_prices()
    endow()
    of_maker = make_maker()
    trader = exchange(ccxt.pro, os.environ["KEY"], os.environ["SECRET"])
    maker = exchange(ccxt.pro, *of_maker)
    await trader.load_markets()
    await maker.load_markets()
    mark = (await trader.fetch_funding_rate(SYMBOL))["markPrice"]
    watches = {
        "watchOrderBook": lambda: trader.watch_order_book(SYMBOL), "watchTrades": lambda: trader.watch_trades(SYMBOL),
        "watchOrders": lambda: trader.watch_orders(SYMBOL), "watchBalance": lambda: trader.watch_balance(),
        "watchPositions": lambda: trader.watch_positions([SYMBOL]),
    }
    loops = [asyncio.ensure_future(follow(name, watch)) for name, watch in watches.items()]
    await asyncio.sleep(4)
    first, second = round(mark * 1.001, 1), round(mark * 1.002, 1)
    order = await trade(trader, maker, first, 0.02)
    for name, holds in all_have_heard("before", order, first, 0.02):
        await until(name, holds)
    await maker.cancel_all_orders(SYMBOL)
    SEEN.pop("watchBalance")
    step("restart", "please")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    await again(lambda: trader.fetch_time())
    await asyncio.to_thread(await_prices)
    await asyncio.sleep(4)
    order = await again(lambda: trade(trader, maker, second, 0.03))
    for name, holds in all_have_heard("after", order, second, 0.05):
        await until(name, holds)
    book = await trader.fetch_order_book(SYMBOL, 5)
    await until("watchOrderBook after", lambda: SEEN["watchOrderBook"]["asks"][:5] == book["asks"])
    check("all of them broke off", all(name in BREAKS for name in watches), BREAKS)
    for loop in loops:
        loop.cancel()
    await trader.close()
    await maker.close()
    step("done", "ok")


asyncio.run(main())
