// Hands recorded frames to ccxt.pro's exchange classes, as its own WebSocket client would: JSON.parse, handleMessage.
// FRAMES is a file of lines `venue TAB frame`. Prints frames a second of a second pass; the first warms up the compiler.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { NPM, FRAMES } = process.env;
const ccxt = createRequire(`${NPM}/`)('ccxt');

const CLASSES = {
  binance: ['binance', 'USDT', 'wss://stream.binance.com:9443/ws', (base, quote) => `${base}${quote}`],
  bybit: ['bybit', 'USDT', 'wss://stream.bybit.com/v5/public/spot', (base, quote) => `${base}${quote}`],
  okx: ['okx', 'USDT', 'wss://ws.okx.com:8443/ws/v5/public', (base, quote) => `${base}-${quote}`],
  coinbase: ['coinbaseexchange', 'USD', 'wss://ws-feed.exchange.coinbase.com', (base, quote) => `${base}-${quote}`],
  kraken: ['kraken', 'USD', 'wss://ws.kraken.com/v2', (base, quote) => `${base}/${quote}`],
  bitstamp: ['bitstamp', 'USD', 'wss://ws.bitstamp.net', (base, quote) => `${base}${quote}`.toLowerCase()],
};
const ASSETS = 500;

function open([name, quote, url, id]) {
  const exchange = new ccxt.pro[name]({ newUpdates: true });
  const markets = Array.from({ length: ASSETS }, (_, asset) => {
    const base = `A${String(asset).padStart(3, '0')}`;
    return {
      id: id(base, quote), symbol: `${base}/${quote}`, base, quote, baseId: base, quoteId: quote, type: 'spot',
      spot: true, margin: false, swap: false, future: false, option: false, contract: false, active: true,
      wsId: `${base}/${quote}`, precision: { amount: 1e-8, price: 0.01 }, limits: {}, info: { wsname: `${base}/${quote}` },
    };
  });
  exchange.setMarkets(markets);
  if (name === 'kraken') {
    exchange.options.marketsByWsName = Object.fromEntries(markets.map((market) => [market.wsId, exchange.market(market.symbol)]));
  }
  // What the class touches of its connection; nobody waits for anything.
  const client = {
    url, subscriptions: {}, futures: {}, rejections: {}, messageQueue: {}, lastPong: 0,
    resolve: (result) => result, reject: (error) => { throw error; }, future: () => ({}),
  };
  return { exchange, client };
}

const venues = Object.fromEntries(Object.entries(CLASSES).map(([venue, it]) => [venue, open(it)]));
const frames = readFileSync(FRAMES, 'utf8').split('\n').filter(Boolean).map((line) => {
  const tab = line.indexOf('\t');
  return [venues[line.slice(0, tab)], line.slice(tab + 1)];
});

function pass() {
  const start = process.hrtime.bigint();
  for (const [{ exchange, client }, text] of frames) exchange.handleMessage(client, JSON.parse(text));
  return Number(process.hrtime.bigint() - start) / 1e9;
}

pass();
const seconds = pass();
// A class that understood nothing would be fast.
for (const [venue, { exchange }] of Object.entries(venues)) {
  const seen = [exchange.tickers, exchange.bidsasks, exchange.orderbooks].some((it) => Object.keys(it ?? {}).length > 0);
  const trades = Object.keys(exchange.trades ?? {}).length;
  if (trades === 0 || (!seen && venue !== 'bitstamp')) {
    console.error(`${venue}: ${trades} markets with trades, best prices ${seen}`);
    process.exit(1);
  }
}
console.log(frames.length / seconds);
process.exit(0);
