// ccxt, of which nothing is changed but its addresses, trades on the venue: every method that it has for such an exchange, in
// one account. The environment says where; see `venue_common.mjs`.

import dns from 'node:dns';

import {
  CALLED, PATHS, SYMBOL, VENUE, awaitPrices, ccxt, check, endow, exchange, makeMaker, refused, step, within,
} from './venue_common.mjs';

const { KEY, SECRET } = process.env;
const tenths = (price) => Math.round(price * 10) / 10;

async function marketData(trader, mark) {
  const near = (price) => Math.abs(price / mark - 1) < 0.05;
  const pair = { symbol: trader.marketId(SYMBOL) };
  const one = [SYMBOL];
  const looks = {
    fetchTime: async () => (await trader.fetchTime()) > 1_600_000_000_000,
    fetchStatus: async () => (await trader.fetchStatus()).status === 'ok',
    fetchMarkets: async () => (await trader.fetchMarkets()).some((it) => it.symbol === SYMBOL),
    fetchCurrencies: async () => Object.keys(await trader.fetchCurrencies()).length === 0,
    fetchTradingLimits: async () => (await trader.fetchTradingLimits(one)) !== undefined,
    fetchTicker: async () => (await trader.fetchTicker(SYMBOL)).symbol === SYMBOL,
    fetchTickers: async () => SYMBOL in (await trader.fetchTickers()),
    fetchBidsAsks: async () => SYMBOL in (await trader.fetchBidsAsks(one)),
    fetchFundingRate: async () => near((await trader.fetchFundingRate(SYMBOL)).markPrice),
    fetchFundingRates: async () => SYMBOL in (await trader.fetchFundingRates(one)),
    fetchFundingRateHistory: async () => Array.isArray(await trader.fetchFundingRateHistory(SYMBOL)),
    fetchFundingInterval: async () => (await trader.fetchFundingInterval(SYMBOL)).interval === '8h',
    fetchFundingIntervals: async () => SYMBOL in (await trader.fetchFundingIntervals()),
    fetchMarkPrice: async () => near((await trader.fetchMarkPrice(SYMBOL)).markPrice),
    fetchMarkPrices: async () => SYMBOL in (await trader.fetchMarkPrices()),
    fetchMarkOHLCV: async () => near((await trader.fetchMarkOHLCV(SYMBOL, '1m')).at(-1)[4]),
    fetchIndexOHLCV: async () => near((await trader.fetchIndexOHLCV(SYMBOL, '1m')).at(-1)[4]),
    fetchPremiumIndexOHLCV: async () => Math.abs((await trader.fetchPremiumIndexOHLCV(SYMBOL, '1m')).at(-1)[4]) < 0.05,
    fetchOpenInterest: async () => (await trader.fetchOpenInterest(SYMBOL)).openInterestAmount !== undefined,
    fetchLeverageTiers: async () => (await trader.fetchLeverageTiers(one))[SYMBOL].length === 5,
    fetchMarketLeverageTiers: async () => (await trader.fetchMarketLeverageTiers(SYMBOL)).length === 5,
    fetchTradingFee: async () => (await trader.fetchTradingFee(SYMBOL)).taker === 0.0005,
    fetchTradingFees: async () => (await trader.fetchTradingFees()) !== undefined,
    insuranceBalance: async () => (await trader.fapiPublicGetInsuranceBalance(pair)).assets[0].asset === 'USDT',
    constituents: async () => (await trader.fapiPublicGetConstituents(pair)).symbol === pair.symbol,
    assetIndex: async () => Array.isArray(await trader.fapiPublicGetAssetIndex()),
    symbolAdlRisk: async () => (await trader.fapiPublicGetSymbolAdlRisk(pair)).symbol === pair.symbol,
  };
  for (const [name, look] of Object.entries(looks)) check(name, await look(), null);
}

async function settings(trader) {
  await trader.setLeverage(20, SYMBOL);
  check('fetchLeverage', (await trader.fetchLeverage(SYMBOL)).longLeverage === 20, null);
  check('fetchLeverages', SYMBOL in (await trader.fetchLeverages([SYMBOL])), null);
  await trader.setMarginMode('isolated', SYMBOL);
  await refused('setMarginMode twice', () => trader.setMarginMode('isolated', SYMBOL), ccxt.BaseError);
  await trader.setMarginMode('cross', SYMBOL);
  check('fetchMarginMode', (await trader.fetchMarginMode(SYMBOL)).marginMode === 'cross', null);
  check('fetchMarginModes', SYMBOL in (await trader.fetchMarginModes([SYMBOL])), null);
  await trader.setPositionMode(true);
  check('fetchPositionMode', (await trader.fetchPositionMode()).hedged === true, null);
  await trader.setPositionMode(false);
}

async function trades(trader, maker, mark) {
  const ask = tenths(mark * 1.001);
  await maker.createOrder(SYMBOL, 'limit', 'sell', 1, ask, { postOnly: true });
  const bought = await trader.createOrder(SYMBOL, 'market', 'buy', 0.05);
  check('createOrder market', bought.status === 'closed' && bought.average === ask, bought);
  check('fetchOrderBook', (await trader.fetchOrderBook(SYMBOL, 10)).asks[0][1] === 0.95, null);
  check('fetchL2OrderBook', (await trader.fetchL2OrderBook(SYMBOL)).asks[0][0] === ask, null);
  check('fetchLastPrices', (await trader.fetchLastPrices([SYMBOL]))[SYMBOL].price === ask, null);
  check('fetchMyTrades', (await trader.fetchMyTrades(SYMBOL)).at(-1).order === bought.id, null);
  check('fetchTrades', (await trader.fetchTrades(SYMBOL)).at(-1).price === ask, null);
  check('fetchOHLCV', (await trader.fetchOHLCV(SYMBOL, '1m')).at(-1)[4] === ask, null);
  const [position] = await trader.fetchPositions([SYMBOL]);
  check('fetchPositions', position.contracts === 0.05 && position.side === 'long' && position.leverage === 20, position);
  check('fetchPositionsRisk', (await trader.fetchPositionsRisk([SYMBOL]))[0].contracts === 0.05, null);
  check('fetchADLRank', (await trader.fetchADLRank(SYMBOL)).symbol === SYMBOL, null);
  check('fetchPositionADLRank', (await trader.fetchPositionADLRank(SYMBOL)).symbol === SYMBOL, null);
  check('fetchPositionsADLRank', (await trader.fetchPositionsADLRank([SYMBOL]))[0].symbol === SYMBOL, null);
  check('fetchBalance', (await trader.fetchBalance()).USDT.used > 0, null);
  await maker.createOrder(SYMBOL, 'limit', 'buy', 1, tenths(mark * 0.999));
  const closed = await trader.createReduceOnlyOrder(SYMBOL, 'market', 'sell', 0.05);
  check('createReduceOnlyOrder', closed.status === 'closed', closed);
  check('flat', (await trader.fetchPositions([SYMBOL])).length === 0, null);
  const ids = (await trader.fetchOrders(SYMBOL)).map((it) => it.id);
  check('fetchOrders', ids.includes(bought.id) && ids.includes(closed.id), ids);
  check('fetchClosedOrders', (await trader.fetchClosedOrders(SYMBOL)).some((it) => it.id === bought.id), null);
  check('fetchLedger', (await trader.fetchLedger('USDT')).length > 0, null);
  check('fetchFundingHistory', Array.isArray(await trader.fetchFundingHistory(SYMBOL)), null);
  check('fetchMyLiquidations', Array.isArray(await trader.fetchMyLiquidations(SYMBOL)), null);
  const small = {
    createMarketBuyOrder: () => trader.createMarketBuyOrder(SYMBOL, 0.02),
    createMarketSellOrder: () => trader.createMarketSellOrder(SYMBOL, 0.02),
    createMarketOrder: () => trader.createMarketOrder(SYMBOL, 'buy', 0.02),
    'closed again': () => trader.createOrder(SYMBOL, 'market', 'sell', 0.02, undefined, { reduceOnly: true }),
  };
  for (const [name, make] of Object.entries(small)) check(name, (await make()).status === 'closed', null);
  await margin(trader);
  await maker.cancelAllOrders(SYMBOL);
}

// Isolated margin, and both sides at once.
async function margin(trader) {
  const held = async () => (await trader.fetchPositions([SYMBOL]))[0];
  await trader.setMarginMode('isolated', SYMBOL);
  await trader.createOrder(SYMBOL, 'market', 'buy', 0.02);
  const before = await held();
  await trader.addMargin(SYMBOL, 50);
  const after = await held();
  check('addMargin', Math.abs(after.collateral - before.collateral - 50) < 1, after);
  await trader.reduceMargin(SYMBOL, 40);
  check('reduceMargin', (await held()).collateral < after.collateral, null);
  check('fetchMarginAdjustmentHistory', Array.isArray(await trader.fetchMarginAdjustmentHistory(SYMBOL)), null);
  await trader.createOrder(SYMBOL, 'market', 'sell', 0.02, undefined, { reduceOnly: true });
  await trader.setMarginMode('cross', SYMBOL);
  await trader.setPositionMode(true);
  await trader.createOrder(SYMBOL, 'market', 'buy', 0.03, undefined, { positionSide: 'LONG' });
  await trader.createOrder(SYMBOL, 'market', 'sell', 0.02, undefined, { positionSide: 'SHORT' });
  const both = (await trader.fetchPositions([SYMBOL])).map((it) => `${it.side} ${it.contracts}`).sort();
  check('both sides at once', both.join() === 'long 0.03,short 0.02', both);
  await trader.createOrder(SYMBOL, 'market', 'sell', 0.03, undefined, { positionSide: 'LONG' });
  await trader.createOrder(SYMBOL, 'market', 'buy', 0.02, undefined, { positionSide: 'SHORT' });
  await trader.setPositionMode(false);
}

async function orders(trader, mark) {
  const [low, high, below, above] = [0.97, 1.03, 0.95, 1.05].map((part) => tenths(mark * part));
  const order = await trader.createOrder(SYMBOL, 'limit', 'buy', 0.01, low, { clientOrderId: 'mine-1' });
  check('createOrder limit', order.status === 'open' && order.clientOrderId === 'mine-1', order);
  check('fetchOrder', (await trader.fetchOrder(order.id, SYMBOL)).price === low, null);
  const changed = await trader.editOrder(order.id, SYMBOL, 'limit', 'buy', 0.02, low - 1);
  check('editOrder', changed.amount === 0.02, changed);
  const changes = await trader.fapiPrivateGetOrderAmendment({ symbol: trader.marketId(SYMBOL), orderId: order.id });
  check('orderAmendment', changes.length === 1 && changes[0].amendment.origQty.after === '0.020', changes);
  check('fetchOpenOrders', (await trader.fetchOpenOrders(SYMBOL))[0].id === order.id, null);
  check('cancelOrder', (await trader.cancelOrder(order.id, SYMBOL)).status === 'canceled', null);
  await refused('cancelOrder twice', () => trader.cancelOrder(order.id, SYMBOL), ccxt.OrderNotFound);
  const wanted = [low, low - 1].map((price) => ({ symbol: SYMBOL, type: 'limit', side: 'buy', amount: 0.01, price }));
  const batch = await trader.createOrders(wanted);
  check('createOrders', batch.every((it) => it.status === 'open'), batch);
  check('fetchOpenOrder', (await trader.fetchOpenOrder(batch[0].id, SYMBOL)).price === low, null);
  const edits = batch.map(({ id }) => ({ id, symbol: SYMBOL, type: 'limit', side: 'buy', amount: 0.03, price: low - 2 }));
  check('editOrders', (await trader.editOrders(edits)).every((it) => it.amount === 0.03), null);
  check('cancelOrders', (await trader.cancelOrders(batch.map((it) => it.id), SYMBOL)).length === 2, null);
  const isThere = (all) => all.some((it) => it.id === batch[0].id);
  check('fetchCanceledOrders', isThere(await trader.fetchCanceledOrders(SYMBOL)), null);
  check('fetchCanceledAndClosedOrders', isThere(await trader.fetchCanceledAndClosedOrders(SYMBOL)), null);
  const resting = {
    createLimitOrder: () => trader.createLimitOrder(SYMBOL, 'buy', 0.01, low),
    createLimitBuyOrder: () => trader.createLimitBuyOrder(SYMBOL, 0.01, low),
    createLimitSellOrder: () => trader.createLimitSellOrder(SYMBOL, 0.01, high),
    createPostOnlyOrder: () => trader.createPostOnlyOrder(SYMBOL, 'limit', 'buy', 0.01, low),
  };
  for (const [name, make] of Object.entries(resting)) check(name, (await make()).status === 'open', null);
  const waiting = {
    createTriggerOrder: () => trader.createTriggerOrder(SYMBOL, 'market', 'sell', 0.01, undefined, below),
    createStopLossOrder: () => trader.createStopLossOrder(SYMBOL, 'market', 'sell', 0.01, undefined, below),
    createTakeProfitOrder: () => trader.createTakeProfitOrder(SYMBOL, 'market', 'sell', 0.01, undefined, above),
    createStopMarketOrder: () => trader.createStopMarketOrder(SYMBOL, 'sell', 0.01, below),
    createStopLimitOrder: () => trader.createStopLimitOrder(SYMBOL, 'sell', 0.01, low, below),
    createStopOrder: () => trader.createStopOrder(SYMBOL, 'market', 'sell', 0.01, undefined, below),
    createTrailingPercentOrder: () =>
      trader.createTrailingPercentOrder(SYMBOL, 'market', 'sell', 0.01, undefined, 1, mark),
  };
  for (const [name, make] of Object.entries(waiting)) check(name, (await make()).id !== undefined, null);
  const trigger = { trigger: true };
  const all = await trader.fetchOpenOrders(SYMBOL, undefined, undefined, trigger);
  check('fetchOpenOrders trigger', all.length === 7, all);
  check('fetchOrder trigger', (await trader.fetchOrder(all[0].id, SYMBOL, trigger)).id === all[0].id, null);
  check('cancelOrder trigger', (await trader.cancelOrder(all[0].id, SYMBOL, trigger)).id === all[0].id, null);
  await trader.cancelAllOrders(SYMBOL);
  await trader.cancelAllOrders(SYMBOL, trigger);
  const left = [await trader.fetchOpenOrders(SYMBOL), await trader.fetchOpenOrders(SYMBOL, undefined, undefined, trigger)];
  check('cancelAllOrders', left.flat().length === 0, left);
  for (const countdownTime of ['60000', '0']) {
    const told = await trader.fapiPrivatePostCountdownCancelAll({ symbol: trader.marketId(SYMBOL), countdownTime });
    check('countdownCancelAll', told.countdownTime === countdownTime, told);
  }
  await refused('no margin', () => trader.createOrder(SYMBOL, 'limit', 'buy', 900, low), ccxt.BaseError);
}

async function changedPosition(trader) {
  for (;;) { // the first is what there was before
    const positions = await trader.watchPositions([SYMBOL]);
    if (positions.length > 0) return positions;
  }
}

// Every stream tells what happens.
async function told(trader, maker, mark) {
  const other = 'ETH/USDT:USDT';
  const both = other in trader.markets ? [SYMBOL, other] : [SYMBOL];
  const spans = both.map((symbol) => [symbol, '5m']);
  const coming = {
    watchOrders: trader.watchOrders(SYMBOL), watchMyTrades: trader.watchMyTrades(SYMBOL),
    watchPositions: changedPosition(trader), watchBalance: trader.watchBalance(),
    watchOrderBook: trader.watchOrderBook(SYMBOL), watchOrderBookForSymbols: trader.watchOrderBookForSymbols(both),
    watchTrades: trader.watchTrades(SYMBOL), watchTradesForSymbols: trader.watchTradesForSymbols(both),
    watchOHLCV: trader.watchOHLCV(SYMBOL, '1m'), watchOHLCVForSymbols: trader.watchOHLCVForSymbols(spans),
    watchTicker: trader.watchTicker(SYMBOL), watchTickers: trader.watchTickers(both),
    watchBidsAsks: trader.watchBidsAsks([SYMBOL]), watchMarkPrice: trader.watchMarkPrice(SYMBOL),
    watchMarkPrices: trader.watchMarkPrices([SYMBOL]),
  };
  for (const name of Object.keys(coming)) coming[name] = within(name, coming[name]);
  await new Promise((resolve) => setTimeout(resolve, 4_000)); // until every stream is subscribed to
  const ask = tenths(mark * 1.002);
  await maker.createOrder(SYMBOL, 'limit', 'sell', 0.5, ask);
  const placed = await trader.createOrder(SYMBOL, 'limit', 'buy', 0.02, ask);
  const seen = {};
  for (const name of Object.keys(coming)) seen[name] = await coming[name];
  check('watchOrders', seen.watchOrders.at(-1).id === placed.id, seen.watchOrders.at(-1));
  check('watchMyTrades', seen.watchMyTrades.at(-1).order === placed.id, null);
  check('watchPositions', seen.watchPositions.at(-1).contracts === 0.02, seen.watchPositions);
  check('watchBalance', seen.watchBalance.USDT.total > 0, null);
  check('watchTrades', seen.watchTrades.at(-1).price === ask, null);
  for (const name of Object.keys(seen)) check(`${name} told`, seen[name] !== undefined, null);
  const ends = {
    unWatchOrderBook: trader.unWatchOrderBook(SYMBOL), unWatchOrderBookForSymbols: trader.unWatchOrderBookForSymbols(both),
    unWatchTrades: trader.unWatchTrades(SYMBOL), unWatchTradesForSymbols: trader.unWatchTradesForSymbols(both),
    unWatchOHLCV: trader.unWatchOHLCV(SYMBOL, '1m'), unWatchOHLCVForSymbols: trader.unWatchOHLCVForSymbols(spans),
    unWatchTicker: trader.unWatchTicker(SYMBOL), unWatchTickers: trader.unWatchTickers(both),
    unWatchMarkPrice: trader.unWatchMarkPrice(SYMBOL), unWatchMarkPrices: trader.unWatchMarkPrices([SYMBOL]),
    unWatchBidsAsks: trader.unWatchBidsAsks([SYMBOL]),
  };
  for (const [name, end] of Object.entries(ends)) {
    await within(name, end);
    step(name, 'ok');
  }
}

// The WebSocket API does what REST does.
async function asked(trader, maker, mark) {
  const low = tenths(mark * 0.97);
  const sent = await within('createOrderWs', trader.createOrderWs(SYMBOL, 'limit', 'buy', 0.01, low));
  check('createOrderWs', sent.status === 'open', sent);
  const changed = await within('editOrderWs', trader.editOrderWs(sent.id, SYMBOL, 'limit', 'buy', 0.02, low));
  check('editOrderWs', changed.amount === 0.02, changed);
  const looks = {
    fetchOrderWs: trader.fetchOrderWs(sent.id, SYMBOL), fetchMyTradesWs: trader.fetchMyTradesWs(SYMBOL),
    fetchTradesWs: trader.fetchTradesWs(SYMBOL), fetchOHLCVWs: trader.fetchOHLCVWs(SYMBOL, '1m'),
    fetchOrderBookWs: trader.fetchOrderBookWs(SYMBOL), fetchTickerWs: trader.fetchTickerWs(SYMBOL),
    fetchBalanceWs: trader.fetchBalanceWs(), fetchPositionsWs: trader.fetchPositionsWs([SYMBOL]),
    fetchPositionWs: trader.fetchPositionWs(SYMBOL),
  };
  for (const [name, look] of Object.entries(looks)) check(name, Boolean(await within(name, look)), null);
  const ended = await within('cancelOrderWs', trader.cancelOrderWs(sent.id, SYMBOL));
  check('cancelOrderWs', ended.status === 'canceled', ended);
  await maker.createOrder(SYMBOL, 'limit', 'buy', 0.5, tenths(mark * 0.998));
  const sold = trader.createMarketOrderWs(SYMBOL, 'sell', 0.02, undefined, { reduceOnly: true });
  check('createMarketOrderWs', (await within('createMarketOrderWs', sold)).id !== undefined, null);
  await maker.cancelAllOrders(SYMBOL);
}

// The classes that ccxt has for Binance's errors, which it uses only where the address is like Binance's. The name stands for
// this machine, as a line in its list of hosts would have it.
async function errorClasses(of) {
  const name = 'fapi.seawall.test';
  const lookUp = dns.lookup;
  dns.lookup = (host, ...rest) => lookUp(host === name ? '127.0.0.1' : host, ...rest);
  const port = VENUE.split(':').at(-1);
  const api = Object.fromEntries(Object.entries(PATHS).map(([key, path]) => [key, `https://${name}:${port}${path}`]));
  const trader = await exchange(of.key, of.secret, { urls: { api }, hostname: `seawall.test:${port}` });
  const low = tenths((await trader.fetchFundingRate(SYMBOL)).markPrice * 0.97);
  const sell = [SYMBOL, 'market', 'sell', 0.01, undefined, { reduceOnly: true }];
  await refused('-2019', () => trader.createOrder(SYMBOL, 'limit', 'buy', 900, low), ccxt.InsufficientFunds);
  await refused('-2022', () => trader.createOrder(...sell), ccxt.InvalidOrder);
  await trader.close();
}

// What ccxt has for other products of Binance's (loans, conversion, options, transfers between wallets, deposits and
// withdrawals of coins, spot alone), what it only says of itself, what the venue keeps no history of, and what only happens to
// who is liquidated: the proof of the wave looks at that.
const NOT_OF_THIS = /[Bb]orrow|Repay|repay|Convert|WithCost|Greeks|Option|Settlement|Deposit|Withdraw|withdraw|ransfer|Transaction|fetchLedgerEntry|fetchCurrenciesWs|fetchPositionForSymbolWs|fetchPosition$|fetchOrderTrades|cancelAllOrdersWs|fetchOrdersWs|fetchOpenOrdersWs|OrdersForSymbols|RatioHistory|InterestHistory|^future$|^swap$|^sandbox$|API$|^ws$|watch\w*Liquidations/;

await awaitPrices();
const made = await makeMaker();
await endow();
const [trader, maker] = [await exchange(KEY, SECRET), await exchange(made.key, made.secret)];
step('version', `ccxt ${ccxt.version}`);
const mark = (await trader.fetchFundingRate(SYMBOL)).markPrice;
await marketData(trader, mark);
await settings(trader);
await trades(trader, maker, mark);
await orders(trader, mark);
await told(trader, maker, mark);
await asked(trader, maker, mark);
if (VENUE.startsWith('https:')) await errorClasses(made);
const left = Object.keys(trader.has).filter((name) => trader.has[name] && !CALLED.has(name) && !NOT_OF_THIS.test(name));
check('every method of ccxt', left.length === 0, left);
await trader.close();
await maker.close();
step('done', 'ok');
// A timer that would lengthen the user's stream later keeps the process alive.
process.exit(0);
