// What ccxt's flows over the venue share.
//
// VENUE is the venue's URL, KEY and SECRET are the trader's, who is an administrator, too; ENDOW is the trader's account
// where it has nothing yet. Somebody else to trade with is made over the administration API. Each step prints one line of
// JSON; the first failure ends the flow. Under TLS Node is told by NODE_EXTRA_CA_CERTS what to trust.

import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';

const { NPM, KEY, SECRET, ENDOW } = process.env;
export const { VENUE } = process.env;
export const ccxt = createRequire(`${NPM}/`)('ccxt');

export const SYMBOL = 'BTC/USDT:USDT';
export const PATHS = {
  fapiPublic: '/fapi/v1', fapiPublicV2: '/fapi/v2', fapiPublicV3: '/fapi/v3', fapiPrivate: '/fapi/v1',
  fapiPrivateV2: '/fapi/v2', fapiPrivateV3: '/fapi/v3', fapiData: '/futures/data', sapi: '/sapi/v1',
};
const PATIENCE_MS = 20_000;

export function step(name, result) {
  console.log(JSON.stringify({ step: name, result }));
}

export function check(name, holds, seen) {
  if (!holds) throw new Error(`${name}: ${JSON.stringify(seen)}`);
  step(name, 'ok');
}

export async function refused(name, call, kind) {
  let seen;
  try {
    seen = await call();
  } catch (error) {
    if (!(error instanceof kind)) throw new Error(`${name}: ${error.constructor.name}: ${error.message}`);
    step(name, error.constructor.name);
    return;
  }
  throw new Error(`${name}: ${JSON.stringify(seen)}`);
}

export function within(name, promise) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`${name}: nothing came`)), PATIENCE_MS).unref());
  return Promise.race([promise, late]);
}

export async function administrate(method, path, params) {
  const query = new URLSearchParams({ ...params, timestamp: Date.now() }).toString();
  const signature = createHmac('sha256', SECRET).update(query).digest('hex');
  const url = `${VENUE}/v1/admin/${path}?${query}&signature=${signature}`;
  const answer = await fetch(url, { method, headers: { 'X-MBX-APIKEY': KEY } });
  return answer.json();
}

export async function awaitPrices() {
  for (let look = 0; look < 300; look += 1) {
    const answer = await fetch(`${VENUE}/v1/markets`).then((it) => it.json(), () => ({ items: [] }));
    if (answer.items.length > 0 && answer.items.every((market) => market.status === 'live')) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('the venue has no prices');
}

// The key of an account that is made for this flow, with money.
export async function makeMaker() {
  const name = `maker-${process.pid}-${Date.now()}`;
  await administrate('POST', 'accounts', { name });
  await administrate('POST', 'deposits', { account: name, asset: 'USDT', amount: '1000000' });
  return administrate('POST', 'keys', { account: name, permissions: 'read,trade' });
}

export async function endow() {
  if (ENDOW) await administrate('POST', 'deposits', { account: ENDOW, asset: 'USDT', amount: '1000000' });
}

// The methods that the flow has called; what those call themselves does not count.
export const CALLED = new Set();

export async function exchange(apiKey, secret, options = {}) {
  const socket = VENUE.replace(/^http/, 'ws');
  const api = Object.fromEntries(Object.entries(PATHS).map(([name, path]) => [name, VENUE + path]));
  api.ws = { future: `${socket}/ws`, 'ws-api': { future: `${socket}/ws-fapi/v1` } };
  const made = new ccxt.pro.binanceusdm({ apiKey, secret, urls: { api }, enableRateLimit: false, ...options });
  // Sockets without TLS need this once.
  if (VENUE.startsWith('http:')) await made.loadHttpProxyAgent();
  await made.loadMarkets();
  return new Proxy(made, {
    get(target, name) {
      const found = target[name];
      if (typeof found !== 'function') return found;
      CALLED.add(name);
      return found.bind(target);
    },
  });
}
