"""What ccxt's flows over the venue share.

VENUE is the venue's URL, KEY and SECRET are the trader's, who is an administrator, too; CERTIFICATE is what to trust under
TLS, and ENDOW the trader's account where it has nothing yet. Somebody else to trade with is made over the administration
API. Each step prints one line of JSON; the first failure ends the flow.
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


CALLED = set()


class Traced:
    """An exchange, and which of its methods the flow has called; what those call themselves does not count."""

    def __init__(self, exchange):
        self.exchange = exchange

    def __getattr__(self, name):
        CALLED.add(name)
        return getattr(self.exchange, name)


def exchange(kind, key, secret, **options):
    options = {"urls": addresses(), **options}
    made = kind.binanceusdm({"apiKey": key, "secret": secret, "enableRateLimit": False, **options})
    if CERTIFICATE and kind is ccxt:
        made.session.trust_env = made.requests_trust_env = True
    if CERTIFICATE and kind is ccxt.pro:
        made.ssl_context = ssl.create_default_context(cafile=CERTIFICATE)
    return Traced(made)


def endow():
    if "ENDOW" in os.environ:
        administrate("POST", "deposits", account=os.environ["ENDOW"], asset="USDT", amount="1000000")


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


async def within(name, coming):
    try:
        return await asyncio.wait_for(coming, PATIENCE_S)
    except asyncio.TimeoutError:
        check(name, False, "nothing came")
