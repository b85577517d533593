// ccxt, of which nothing is changed but its addresses, trades on the venue: what traders do most, over REST, streams and
// the WebSocket API. VENUE is the venue's URL, KEY and SECRET are the trader's, who is an administrator, too. Somebody
// else to trade with is made over the administration API. Prints one line of JSON for each step; the first failure ends it.

import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';

const { NPM, VENUE, KEY, SECRET } = process.env;
const ccxt = createRequire(`${NPM}/`)('ccxt');

const SYMBOL = 'BTC/USDT:USDT';
const PATIENCE_MS = 20_000;
const SOCKET = VENUE.replace(/^http/, 'ws');
const PATHS = {
  fapiPublic: '/fapi/v1', fapiPublicV2: '/fapi/v2', fapiPublicV3: '/fapi/v3', fapiPrivate: '/fapi/v1',
  fapiPrivateV2: '/fapi/v2', fapiPrivateV3: '/fapi/v3', fapiData: '/futures/data', sapi: '/sapi/v1',
};

function step(name, result) {
  console.log(JSON.stringify({ step: name, result }));
}

function check(name, holds, seen) {
  if (!holds) throw new Error(`${name}: ${JSON.stringify(seen)}`);
  step(name, 'ok');
}

async function refused(name, call, kind) {
  let seen;
  try {
    seen = await call();
  } catch (error) {
    check(name, error instanceof kind, `${error.constructor.name}: ${error.message}`);
    return;
  }
  throw new Error(`${name}: ${JSON.stringify(seen)}`);
}

function within(name, promise) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`${name}: nothing came`)), PATIENCE_MS).unref());
  return Promise.race([promise, late]);
}

async function administrate(method, path, params) {
  const query = new URLSearchParams({ ...params, timestamp: Date.now() }).toString();
  const signature = createHmac('sha256', SECRET).update(query).digest('hex');
  const url = `${VENUE}/v1/admin/${path}?${query}&signature=${signature}`;
  const answer = await fetch(url, { method, headers: { 'X-MBX-APIKEY': KEY } });
  return answer.json();
}

async function exchange(apiKey, secret) {
  const api = Object.fromEntries(Object.entries(PATHS).map(([name, path]) => [name, VENUE + path]));
  api.ws = { future: `${SOCKET}/ws`, 'ws-api': { future: `${SOCKET}/ws-fapi/v1` } };
  const made = new ccxt.pro.binanceusdm({ apiKey, secret, urls: { api }, enableRateLimit: false });
  // Sockets without TLS need this once.
  await made.loadHttpProxyAgent();
  await made.loadMarkets();
  return made;
}

async function changedPosition(trader) {
  for (;;) { // the first is what there was before
    const positions = await trader.watchPositions([SYMBOL]);
    if (positions.length > 0) return positions;
  }
}

async function rest(trader, maker, mark) {
  await trader.setLeverage(10, SYMBOL);
  await trader.setMarginMode('isolated', SYMBOL);
  await refused('setMarginMode twice', () => trader.setMarginMode('isolated', SYMBOL), ccxt.BaseError);
  await trader.setMarginMode('cross', SYMBOL);
  const low = Math.round(mark * 9.7) / 10;
  const ask = Math.round(mark * 10.01) / 10;
  const order = await trader.createOrder(SYMBOL, 'limit', 'buy', 0.01, low);
  check('createOrder', order.status === 'open', order);
  const changed = await trader.editOrder(order.id, SYMBOL, 'limit', 'buy', 0.02, low - 1);
  check('editOrder', changed.amount === 0.02, changed);
  check('cancelOrder', (await trader.cancelOrder(order.id, SYMBOL)).status === 'canceled', null);
  await refused('cancelOrder twice', () => trader.cancelOrder(order.id, SYMBOL), ccxt.OrderNotFound);
  await maker.createOrder(SYMBOL, 'limit', 'sell', 1, ask, { postOnly: true });
  const bought = await trader.createOrder(SYMBOL, 'market', 'buy', 0.05);
  check('createOrder market', bought.status === 'closed' && bought.average === ask, bought);
  const stop = await trader.createOrder(SYMBOL, 'STOP_MARKET', 'sell', 0.05, undefined, { stopPrice: low });
  check('createOrder stop', stop.id !== undefined, stop);
  await trader.cancelOrder(stop.id, SYMBOL, { trigger: true });
  const [position] = await trader.fetchPositions([SYMBOL]);
  check('fetchPositions', position.contracts === 0.05 && position.side === 'long' && position.leverage === 10, position);
  const balance = await trader.fetchBalance();
  check('fetchBalance', balance.USDT.used > 0, balance.USDT);
  check('fetchMyTrades', (await trader.fetchMyTrades(SYMBOL)).at(-1).order === bought.id, null);
  check('fetchOrderBook', (await trader.fetchOrderBook(SYMBOL, 5)).asks[0][0] === ask, null);
  check('fetchOHLCV', (await trader.fetchOHLCV(SYMBOL, '1m')).at(-1)[4] === ask, null);
  check('fetchFundingRate', (await trader.fetchFundingRate(SYMBOL)).markPrice > 0, null);
  await maker.createOrder(SYMBOL, 'limit', 'buy', 1, Math.round(mark * 9.99) / 10);
  await trader.createOrder(SYMBOL, 'market', 'sell', 0.05, undefined, { reduceOnly: true });
  check('closed', (await trader.fetchPositions([SYMBOL])).length === 0, null);
  await maker.cancelAllOrders(SYMBOL);
}

async function streams(trader, maker, mark) {
  const wait = (name, promise) => within(name, promise);
  const coming = {
    watchOrders: wait('watchOrders', trader.watchOrders(SYMBOL)),
    watchMyTrades: wait('watchMyTrades', trader.watchMyTrades(SYMBOL)),
    watchPositions: wait('watchPositions', changedPosition(trader)),
    watchOrderBook: wait('watchOrderBook', trader.watchOrderBook(SYMBOL)),
    watchTrades: wait('watchTrades', trader.watchTrades(SYMBOL)),
    watchOHLCV: wait('watchOHLCV', trader.watchOHLCV(SYMBOL, '1m')),
    watchTicker: wait('watchTicker', trader.watchTicker(SYMBOL)),
    watchBidsAsks: wait('watchBidsAsks', trader.watchBidsAsks([SYMBOL])),
    watchMarkPrice: wait('watchMarkPrice', trader.watchMarkPrice(SYMBOL)),
  };
  await new Promise((resolve) => setTimeout(resolve, 3_000)); // until every stream is subscribed to
  const ask = Math.round(mark * 10.02) / 10;
  await maker.createOrder(SYMBOL, 'limit', 'sell', 0.5, ask);
  const placed = await trader.createOrder(SYMBOL, 'limit', 'buy', 0.02, ask);
  const orders = await coming.watchOrders;
  check('watchOrders', orders.at(-1).id === placed.id, orders.at(-1));
  check('watchMyTrades', (await coming.watchMyTrades).at(-1).order === placed.id, null);
  check('watchPositions', (await coming.watchPositions).at(-1).contracts === 0.02, null);
  check('watchTrades', (await coming.watchTrades).at(-1).price === ask, null);
  for (const name of ['watchOrderBook', 'watchOHLCV', 'watchTicker', 'watchBidsAsks', 'watchMarkPrice']) {
    check(name, (await coming[name]) !== undefined, null);
  }
  const sent = await within('createOrderWs', trader.createOrderWs(SYMBOL, 'limit', 'buy', 0.01, Math.round(mark * 9.7) / 10));
  check('createOrderWs', sent.status === 'open', sent);
  const ended = await within('cancelOrderWs', trader.cancelOrderWs(sent.id, SYMBOL));
  check('cancelOrderWs', ended.status === 'canceled', ended);
}

async function awaitPrices() {
  for (let look = 0; look < 300; look += 1) {
    const answer = await fetch(`${VENUE}/v1/markets`).then((it) => it.json(), () => ({ items: [] }));
    if (answer.items.length > 0 && answer.items.every((market) => market.status === 'live')) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('the venue has no prices');
}

await awaitPrices();
const name = `maker-${process.pid}-${Date.now()}`;
await administrate('POST', 'accounts', { name });
await administrate('POST', 'deposits', { account: name, asset: 'USDT', amount: '1000000' });
const made = await administrate('POST', 'keys', { account: name, permissions: 'read,trade' });
const [trader, maker] = [await exchange(KEY, SECRET), await exchange(made.key, made.secret)];
step('version', `ccxt ${ccxt.version}`);
const mark = (await trader.fetchFundingRate(SYMBOL)).markPrice;
await rest(trader, maker, mark);
await streams(trader, maker, mark);
await trader.close();
await maker.close();
step('done', 'ok');
// A timer that would lengthen the user's stream later keeps the process alive.
process.exit(0);
