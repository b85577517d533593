"""Order flow of many accounts, far from the prices at which anything trades, until it is ended. Each line says how many
requests were answered so far. The environment is that of `venue_common.py`.
"""

import asyncio
import hashlib
import hmac
import ssl
import time
import urllib.parse

import aiohttp

from venue_common import CERTIFICATE, VENUE, await_prices, make_maker

ACCOUNTS = 24
ANSWERED = 0


def signed(secret, **params):
    query = urllib.parse.urlencode({**params, "timestamp": int(time.time() * 1000)})
    return f"{query}&signature={hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()}"


async def trade(session, key, secret, price):
    global ANSWERED
    headers = {"X-MBX-APIKEY": key}
    number = 0
    while True:
        number += 1
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
        name = f"load-{number}"
        place = signed(secret, **order, price=price - number % 50, newClientOrderId=name)
        async with session.post(f"{VENUE}/fapi/v1/order?{place}", headers=headers) as answer:
            await answer.read()
        cancel = signed(secret, symbol="BTCUSDT", origClientOrderId=name)
        async with session.delete(f"{VENUE}/fapi/v1/order?{cancel}", headers=headers) as answer:
            await answer.read()
        ANSWERED += 2


async def main():
    await_prices()
    accounts = [make_maker() for _ in range(ACCOUNTS)]
    trusted = ssl.create_default_context(cafile=CERTIFICATE) if CERTIFICATE else None
    connector = aiohttp.TCPConnector(limit=ACCOUNTS, ssl=trusted) if trusted else aiohttp.TCPConnector(limit=ACCOUNTS)
    async with aiohttp.ClientSession(connector=connector) as session:
        async with session.get(f"{VENUE}/v1/markets") as answer:
            markets = (await answer.json())["items"]
        # Seven per cent below: within the band, and below all that the flow does.
        price = int(float(next(it["mark"] for it in markets if it["symbol"] == "BTCUSDT")) * 0.93)
        flows = [asyncio.ensure_future(trade(session, *account, price)) for account in accounts]
        while True:
            await asyncio.wait(flows, timeout=1, return_when=asyncio.FIRST_COMPLETED)
            for flow in flows:
                if flow.done():
                    flow.result()
            print(ANSWERED, flush=True)


asyncio.run(main())
