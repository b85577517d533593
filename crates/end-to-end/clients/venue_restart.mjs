// ccxt's streams go on over a restart of the venue, with nothing but what every user of ccxt has: the call again after a
// network error. Says `restart` when it wants one, and goes on when it reads a line.

import { createInterface } from 'node:readline/promises';

import { SYMBOL, awaitPrices, ccxt, check, endow, exchange, makeMaker, step, within } from './venue_common.mjs';

const { KEY, SECRET } = process.env;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const [seen, breaks] = [{}, {}];
let over = false;

async function follow(name, watch) {
  while (!over) {
    try {
      seen[name] = await watch();
    } catch (error) {
      if (!(error instanceof ccxt.NetworkError)) throw error;
      breaks[name] = (breaks[name] ?? 0) + 1;
      await pause(200);
    }
  }
}

async function until(name, holds) {
  const wait = async () => {
    while (!holds()) await pause(50);
  };
  await within(name, wait());
  check(name, true, null);
}

// The answer to a call that may fall into the restart.
async function again(call) {
  for (let look = 0; look < 100; look += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ccxt.NetworkError)) throw error;
      await pause(200);
    }
  }
  throw new Error('the venue does not come back');
}

async function trade(trader, maker, price, amount) {
  await maker.createOrder(SYMBOL, 'limit', 'sell', 0.5, price);
  return trader.createOrder(SYMBOL, 'limit', 'buy', amount, price);
}

async function allHaveHeard(when, order, price, contracts) {
  const some = (name, holds) => () => (seen[name] ?? []).some(holds);
  await until(`watchOrders ${when}`, some('watchOrders', (it) => it.id === order.id));
  await until(`watchTrades ${when}`, some('watchTrades', (it) => it.price === price));
  await until(`watchPositions ${when}`, some('watchPositions', (it) => it.contracts === contracts));
  await until(`watchBalance ${when}`, () => seen.watchBalance?.USDT?.total !== undefined);
}

await awaitPrices();
await endow();
const made = await makeMaker();
const [trader, maker] = [await exchange(KEY, SECRET), await exchange(made.key, made.secret)];
const mark = (await trader.fetchFundingRate(SYMBOL)).markPrice;
const watches = {
  watchOrderBook: () => trader.watchOrderBook(SYMBOL), watchTrades: () => trader.watchTrades(SYMBOL),
  watchOrders: () => trader.watchOrders(SYMBOL), watchBalance: () => trader.watchBalance(),
  watchPositions: () => trader.watchPositions([SYMBOL]),
};
for (const [name, watch] of Object.entries(watches)) follow(name, watch);
await pause(4_000);
const [first, second] = [1.001, 1.002].map((part) => Math.round(mark * part * 10) / 10);
await allHaveHeard('before', await trade(trader, maker, first, 0.02), first, 0.02);
await maker.cancelAllOrders(SYMBOL);
delete seen.watchBalance;
step('restart', 'please');
const input = createInterface({ input: process.stdin });
await new Promise((resolve) => input.once('line', resolve));
await again(() => trader.fetchTime());
await awaitPrices();
await pause(4_000);
await allHaveHeard('after', await again(() => trade(trader, maker, second, 0.03)), second, 0.05);
const book = await trader.fetchOrderBook(SYMBOL, 5);
const same = () => JSON.stringify(seen.watchOrderBook.asks.slice(0, 5)) === JSON.stringify(book.asks);
await until('watchOrderBook after', same);
check('all of them broke off', Object.keys(watches).every((name) => name in breaks), breaks);
over = true;
step('done', 'ok');
process.exit(0);
