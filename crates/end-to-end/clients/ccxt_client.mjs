// ccxt.pro reads the practice market's venues: an independent parser of the real venues' frames judges ours.
// VENUES is JSON, [{"name", "websocket", "rest"}]. Prints one JSON line a venue: what each of ccxt's methods read.

import { createRequire } from 'node:module';

const { NPM, VENUES } = process.env;
const ccxt = createRequire(`${NPM}/`)('ccxt');

const CLASSES = {
  binance: 'binance', coinbase: 'coinbaseexchange', kraken: 'kraken', okx: 'okx', bybit: 'bybit', bitstamp: 'bitstamp',
};
const QUOTES = { binance: 'USDT', okx: 'USDT', bybit: 'USDT', coinbase: 'USD', kraken: 'USD', bitstamp: 'USD' };
const BASES = ['BTC', 'ETH', 'USDE', 'WBETH'];
const PATIENCE_MS = 20_000;

// Every address of the exchange becomes the venue's, with the same path.
function redirect(urls, rest, stream) {
  if (typeof urls === 'string') {
    return urls.replace(/^https?:\/\/[^/]+/, rest).replace(/^wss?:\/\/[^/]+/, stream);
  }
  if (urls === null || typeof urls !== 'object') return urls;
  return Object.fromEntries(Object.entries(urls).map(([key, value]) => [key, redirect(value, rest, stream)]));
}

function within(promise, what) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`${what}: nothing came`)), PATIENCE_MS).unref());
  return Promise.race([promise, late]);
}

const pick = ({ bid, ask, last, bidVolume, askVolume, timestamp }) => ({ bid, ask, last, bidVolume, askVolume, timestamp });

async function read({ name, websocket, rest }) {
  const exchange = new ccxt.pro[CLASSES[name]]({ enableRateLimit: false, newUpdates: true });
  exchange.options.fetchMarkets = { ...exchange.options.fetchMarkets, types: ['spot'] };
  exchange.options.fetchMargins = false;
  exchange.options.adjustForTimeDifference = false;
  exchange.urls.api = redirect(exchange.urls.api, rest, new URL(websocket).origin.replace(/^http/, 'ws'));
  await exchange.loadHttpProxyAgent();
  await exchange.loadMarkets();
  const out = { name, client: `ccxt ${ccxt.version}`, markets: Object.keys(exchange.markets).length, symbols: {} };
  for (const base of BASES) {
    const symbol = `${base}/${QUOTES[name]}`;
    const seen = {};
    if (exchange.has.watchBidsAsks) {
      const told = await within(exchange.watchBidsAsks([symbol]), `${name} watchBidsAsks ${symbol}`);
      seen.watchBidsAsks = pick(told[symbol] ?? told);
    }
    if (exchange.has.watchTicker) {
      seen.watchTicker = pick(await within(exchange.watchTicker(symbol), `${name} watchTicker ${symbol}`));
    }
    const trades = await within(exchange.watchTrades(symbol), `${name} watchTrades ${symbol}`);
    const { price, amount, side, timestamp } = trades.at(-1);
    seen.watchTrades = { price, amount, side, timestamp };
    const book = await exchange.fetchOrderBook(symbol, 50);
    seen.fetchOrderBook = { bids: book.bids.length, asks: book.asks.length, bid: book.bids[0][0], ask: book.asks[0][0] };
    seen.fetchTicker = pick(await exchange.fetchTicker(symbol));
    out.symbols[symbol] = seen;
  }
  await exchange.close();
  return out;
}

const venues = JSON.parse(VENUES);
const results = await Promise.allSettled(venues.map(read));
results.forEach((result, index) => {
  const told = result.status === 'fulfilled' ? result.value : { name: venues[index].name, error: String(result.reason?.stack ?? result.reason) };
  console.log(JSON.stringify(told));
});
process.exit(results.every((it) => it.status === 'fulfilled') ? 0 : 1);
